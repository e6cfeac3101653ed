//! The grid: a page of rows, sorted and filtered.

use super::asked::{Asked, View};
use super::{Table, at_result, failed};
use crate::executions::money::Unit;
use crate::executions::results::{self, Cell, Direction, Kind, PageRequest};
use crate::executions::submit::Executions;
use crate::web;
use crate::web::components::{Pager, SortLink};

/// Digits after the point up to which a number is shown whole.
const DIGITS: usize = 6;

/// A column's head.
pub(in crate::executions::pages) struct Head {
    pub(in crate::executions::pages) name: String,
    pub(in crate::executions::pages) is_number: bool,
    pub(in crate::executions::pages) unit: String,
    pub(in crate::executions::pages) sort: SortLink,
    pub(in crate::executions::pages) total: Option<String>,
    /// Whether it is a metric without a total, since its numbers do not add up.
    pub(in crate::executions::pages) is_no_sum: bool,
    pub(in crate::executions::pages) note: String,
}

/// A value as it is shown; the title has it exactly where that differs.
pub(in crate::executions::pages) struct Shown {
    pub(in crate::executions::pages) text: String,
    pub(in crate::executions::pages) title: String,
    pub(in crate::executions::pages) is_number: bool,
    pub(in crate::executions::pages) is_null: bool,
}

/// A page of rows.
pub(in crate::executions::pages) struct Grid {
    pub(in crate::executions::pages) heads: Vec<Head>,
    pub(in crate::executions::pages) rows: Vec<Vec<Shown>>,
    pub(in crate::executions::pages) pager: Pager,
    pub(in crate::executions::pages) has_totals: bool,
    pub(in crate::executions::pages) is_filtered: bool,
    /// What the form that jumps to a page keeps of the address.
    pub(in crate::executions::pages) kept: Vec<(String, String)>,
    /// Where the totals of filtered rows stand.
    pub(in crate::executions::pages) totals: String,
    pub(in crate::executions::pages) error: String,
}

impl Grid {
    /// Whether numbers are shown that do not add up.
    pub(in crate::executions::pages) fn has_no_sums(&self) -> bool {
        self.heads.iter().any(|head| head.is_no_sum)
    }

    pub(super) async fn load(room: &Executions, table: &Table<'_>, asked: &Asked) -> web::Result<Self> {
        let offset = (asked.page - 1).saturating_mul(asked.size);
        // Other views need the number of rows only.
        let (size, sort) = if asked.view == View::Rows { (asked.size, asked.sort) } else { (1, None) };
        let limit = usize::try_from(size).unwrap_or(results::MOST_ROWS);
        let mut wanted = PageRequest { offset, limit, sort, filters: asked.filters.clone() };
        let mut page = room.shelf.page(&table.key, wanted.clone()).await;
        let mut error = String::new();
        if let Err(refused @ results::Error::TooLargeToSort { .. }) = &page {
            error = refused.to_string();
            wanted.sort = None;
            page = room.shelf.page(&table.key, wanted.clone()).await;
        }
        let mut page = page.map_err(failed)?;
        if page.rows.is_empty() && page.total > 0 {
            // The address asks for a page behind the last one: show the last.
            wanted.offset = (page.total - 1) / asked.size * asked.size;
            page = room.shelf.page(&table.key, wanted.clone()).await.map_err(failed)?;
        }
        let here = asked.here();
        let heads: Vec<Head> = (0..page.columns.len()).map(|place| head(table, asked, place)).collect();
        let units: Vec<Option<Unit>> =
            (0..heads.len()).map(|place| table.unit(place).filter(|_| asked.is_converted)).collect();
        let shown = |row: Vec<Cell>| row.into_iter().zip(&units).map(|(cell, unit)| Shown::of(cell, *unit)).collect();
        Ok(Self {
            has_totals: asked.filters.is_empty() && heads.iter().any(|head| head.total.is_some()),
            heads,
            rows: page.rows.into_iter().map(shown).collect(),
            pager: Pager::new(&here, asked.page, asked.size, page.total),
            is_filtered: !asked.filters.is_empty(),
            kept: here.fields().to_vec(),
            totals: at_result(&here.with("view", "columns")),
            error,
        })
    }
}

fn head(table: &Table<'_>, asked: &Asked, place: usize) -> Head {
    let column = &table.columns[place];
    let unit = table.unit(place);
    let current = asked.sort.map(|sort| match sort.direction {
        Direction::Ascending => sort.column.to_string(),
        Direction::Descending => format!("-{}", sort.column),
    });
    let known = table.adds_up(place);
    let adds_up = known.unwrap_or_else(|| column.is_metric() && mostly_adds_up(column.kind));
    let total = column.total.as_deref().filter(|_| adds_up).map(|total| match unit {
        Some(unit) if asked.is_converted => brief(&unit.converted(total)),
        _ => brief(total),
    });
    Head {
        name: column.name.clone(),
        is_number: column.kind.is_number(),
        unit: unit.map(|unit| unit_words(unit, asked.is_converted)).unwrap_or_default(),
        sort: SortLink::new(&asked.here(), &place.to_string(), &current.unwrap_or_default()),
        is_no_sum: column.total.is_some() && known == Some(false),
        total,
        note: column.misfit.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// What stands beside the name of a column of money.
pub(super) fn unit_words(unit: Unit, is_converted: bool) -> String {
    if is_converted { format!("currency, from {}", unit.name()) } else { unit.name().to_owned() }
}

impl Shown {
    fn of(cell: Cell, unit: Option<Unit>) -> Self {
        let is_number = cell.kind.is_number();
        let (mut text, mut title) = (cell.shown, String::new());
        if cell.is_null {
            return Self { text, title, is_number, is_null: true };
        }
        if let Some(unit) = unit {
            let converted = unit.converted(&cell.exact);
            text = brief(&converted);
            title = format!("{} {}", results::grouped(&cell.exact), unit.name());
        } else if is_number && has_long_fraction(&cell.exact) {
            text = brief(&cell.exact);
            title = cell.exact;
        } else if cell.cut {
            text.push('…');
        }
        Self { text, title, is_number, is_null: false }
    }
}

fn has_long_fraction(number: &str) -> bool {
    number.split_once('.').is_some_and(|(_, fraction)| fraction.len() > DIGITS)
}

/// A number with at most four digits after the point, where more would not be read; very small and very
/// large ones as they are.
fn brief(number: &str) -> String {
    let rounded = number.parse::<f64>().ok().filter(|number| (0.001..1e12).contains(&number.abs()));
    match rounded.filter(|_| number.split_once('.').is_some_and(|(_, fraction)| fraction.len() > 4)) {
        Some(rounded) => results::grouped(&format!("{rounded:.4}")),
        None => results::grouped(number),
    }
}

/// Whether the sum of a column says something, where its query does not tell. Fractions are mostly rates and
/// averages, whose sum is none; a missing total misleads less than a wrong one.
fn mostly_adds_up(kind: Kind) -> bool {
    match kind {
        Kind::Integer => true,
        Kind::Decimal { scale, .. } => i32::from(scale) <= DIGITS as i32,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(exact: &str) -> Cell {
        let kind = Kind::Decimal { precision: 38, scale: 8 };
        Cell { exact: exact.to_owned(), shown: exact.to_owned(), kind, is_null: false, cut: false }
    }

    #[test]
    fn numbers_are_shortened_for_reading_and_exact_in_their_title() {
        let shown = Shown::of(cell("1234.56789012"), None);
        assert_eq!((shown.text.as_str(), shown.title.as_str()), ("1,234.5679", "1234.56789012"));
        let shown = Shown::of(cell("1234.5"), None);
        assert_eq!((shown.text.as_str(), shown.title.as_str()), ("1234.5", ""));
        assert_eq!(Shown::of(cell("0.00000001"), None).text, "0.00000001");
    }

    #[test]
    fn money_is_shown_in_units_with_what_amc_gave_in_the_title() {
        let shown = Shown::of(cell("123456789"), Some(Unit::Microcents));
        assert_eq!((shown.text.as_str(), shown.title.as_str()), ("1.2346", "123,456,789 microcents"));
    }
}
