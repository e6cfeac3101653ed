//! Rows that are ambiguous because of a quotation mark that isn't valid CSV.
//!
//! A quoted value may span several lines. If each of those lines has as many values as there are columns, the
//! quotation marks may be ordinary characters and the lines rows: reading them as one value would then silently
//! swallow rows. Both readings are counted. It is read as rows if the columns' types support this, or if the only two
//! quotation marks stand alone with complete rows between them; otherwise as one value, as CSV specifies. Either way
//! it is reported.

use parquet::file::metadata::KeyValue;
use serde::{Deserialize, Serialize};

use super::column::ColumnSpec;
use super::error::Error;
use super::kind::{Kind, parse_date, parse_double, parse_timestamp};
use super::records::{Escapes, Record, values_of_line};

/// The key in the Parquet file's metadata that contains the ambiguous rows as JSON.
const ENTRY: &str = "recomamp.doubts";

/// Rows of a result that may have been misread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubts {
    /// The number of ambiguous places.
    pub places: u64,
    /// The first affected row, counted from 1 over all parts.
    pub first: u64,
    /// The part of the result with that row, counted from 1.
    pub part: usize,
    /// How many rows these places have as read.
    pub rows: u64,
    /// How many they would have in the other reading.
    pub otherwise: u64,
}

impl Doubts {
    /// A sentence for people.
    pub fn describe(&self) -> String {
        let Self { first, part, rows, otherwise, places } = self;
        let places = if *places == 1 { String::new() } else { format!(" This happens in {places} places.") };
        let rows = if *rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        format!(
            "Row {first} (part {part} of the file) can be read in two ways: a value holds a quotation mark or a line \
             break that is not written as CSV requires.{places} They were read as {rows}; read the other way there would \
             be {otherwise}. Compare these rows with AMC's file, or replace quotation marks and line breaks in the query."
        )
    }

    pub(super) fn add(&mut self, part: usize, row: u64, rows: u64, otherwise: u64) {
        if self.places == 0 {
            (self.first, self.part) = (row, part);
        }
        self.places += 1;
        self.rows += rows;
        self.otherwise += otherwise;
    }

    pub(super) fn to_entry(&self) -> Result<KeyValue, Error> {
        let json = serde_json::to_string(self).map_err(|error| Error::Damaged(error.into()))?;
        Ok(KeyValue::new(ENTRY.to_owned(), json))
    }

    /// The ambiguous rows recorded in a file; none in files stored before they were recorded.
    pub(super) fn from_entries(entries: Option<&Vec<KeyValue>>) -> Option<Self> {
        let entry = entries?.iter().find(|entry| entry.key == ENTRY)?;
        serde_json::from_str(entry.value.as_deref()?).ok()
    }
}

/// How a record is read.
pub(super) enum Reading {
    /// As one row.
    One,
    /// As one row, but it could be this many lines.
    DoubtfulOne(u64),
    /// As these rows, but it could be one.
    DoubtfulLines(Vec<Vec<Option<String>>>),
    /// As these rows: as a single row it doesn't have the right number of values.
    Lines(Vec<Vec<Option<String>>>),
}

impl Reading {
    /// Decides how to read a record, given the declared column types.
    pub(super) fn of(record: Record<'_>, escapes: Escapes, kinds: &[Option<Kind>]) -> Self {
        let Some(lines) = record.lines() else { return Self::One };
        let rows: Vec<Vec<Option<String>>> = lines.iter().map(|line| values_of_line(line, escapes)).collect();
        // In a table with one column every line is a valid row, so a multi-line value proves nothing.
        let says_nothing = kinds.len() == 1 && record.quotes() > 0;
        if rows.len() < 2 || says_nothing || rows.iter().any(|row| row.len() != kinds.len()) {
            return Self::One;
        }
        if record.len() != kinds.len() {
            return Self::Lines(rows);
        }
        let odd = |values: &mut dyn Iterator<Item = Option<&str>>| {
            values.zip(kinds).filter(|(value, kind)| !value.is_none_or(|value| fits(**kind, value))).count()
        };
        let as_one = odd(&mut record.values());
        let as_lines: usize = rows.iter().map(|row| odd(&mut row.iter().map(Option::as_deref))).sum();
        let is_whole = || rows.iter().flatten().all(Option::is_some);
        let is_alone = || rows.iter().flatten().any(|value| value.as_deref() == Some("\""));
        let between = rows.len() > 2 && record.quotes() == 2 && is_whole() && is_alone();
        if as_one > as_lines || (as_one == as_lines && between) {
            Self::DoubtfulLines(rows)
        } else {
            Self::DoubtfulOne(rows.len() as u64)
        }
    }
}

/// The declared types of the columns of a header.
pub(super) fn declared(specs: &[Option<&ColumnSpec>]) -> Vec<Option<Kind>> {
    specs.iter().map(|spec| spec.map(|spec| Kind::declared(&spec.data_type))).collect()
}

/// Whether a value matches its column's declared type.
fn fits(kind: Option<Kind>, value: &str) -> bool {
    match kind {
        None | Some(Kind::Text) => true,
        Some(Kind::Integer) => value.parse::<i128>().is_ok(),
        Some(Kind::Decimal { .. } | Kind::Double) => parse_double(value).is_some(),
        Some(Kind::Boolean) => matches!(value, "true" | "false"),
        Some(Kind::Date) => parse_date(value).is_some(),
        Some(Kind::Timestamp { .. }) => parse_timestamp(value).is_some(),
    }
}

/// Whether the lines of a file that starts like this end with a carriage return only.
pub(super) fn ends_with_returns(start: &[u8]) -> bool {
    let mut is_quoted = false;
    for (at, byte) in start.iter().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => return false,
            b'\r' if !is_quoted => return start.get(at + 1).is_some_and(|next| *next != b'\n'),
            _ => {}
        }
    }
    false
}
