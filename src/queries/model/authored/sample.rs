//! The sample of a result, written by the author as a small CSV.

use crate::queries::model::front_matter::{Entry, Fault};

/// Maximum rows of a sample.
const MOST_ROWS: usize = 50;

/// A table of texts; an empty cell is NULL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// The line of its first line in the file.
    pub line: usize,
}

impl Sample {
    /// Parses the key `sample`: the first line has the column names.
    pub(super) fn of_entry(entry: &Entry<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let text = unspaced(&entry.read::<String>(faults));
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
        let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        // OK because TOML drops a line end directly after the quotes, so the first line of the text is on the next
        // line of the file.
        let line = entry.line() + usize::from(text.contains('\n'));
        let columns = reader.headers().map(cells).unwrap_or_default();
        if columns.is_empty() {
            faults
                .push(entry.fault("`sample` is CSV: a line with the names of the columns, then a line for each row."));
            return None;
        }
        let mut rows = Vec::new();
        for record in reader.records().flatten() {
            if record.len() != columns.len() {
                let at = record.position().map_or(0, |position| position.line() as usize - 1);
                let (has, wants) = (record.len(), columns.len());
                let message = format!("This row of the sample has {has} values, its head {wants}.");
                faults.push(Fault::new(line + at, message));
            } else if rows.len() < MOST_ROWS {
                rows.push(cells(&record));
            }
        }
        Some(Self { columns, rows, line })
    }

    /// Whether all values of a column are numbers, and there is at least one.
    pub fn is_number(&self, column: usize) -> bool {
        let mut values =
            self.rows.iter().filter_map(|row| row.get(column)).filter(|value| !value.is_empty()).peekable();
        values.peek().is_some() && values.all(|value| sample_number(value).is_some())
    }
}

/// The text without spaces after commas, so that a quoted value may be preceded by one.
fn unspaced(text: &str) -> String {
    let (mut is_quoted, mut is_start) = (false, true);
    let kept = text.chars().filter(|letter| {
        let is_blank = is_start && !is_quoted && *letter == ' ';
        is_quoted ^= *letter == '"';
        is_start = is_blank || matches!(letter, ',' | '\n');
        !is_blank
    });
    kept.collect()
}

/// Parses `1,234.5` and `12%` as numbers.
pub fn sample_number(text: &str) -> Option<f64> {
    let plain = text.replace(',', "");
    plain.trim_end_matches('%').parse().ok().filter(|number: &f64| number.is_finite())
}
