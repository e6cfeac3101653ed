//! The table: a page of rows, sorted and filtered.

use super::params::{ResultParams, View};
use super::{Table, at_result, failed};
use crate::amcsql::money::Unit;
use crate::executions::submit::Executions;
use crate::results::{self, Cell, Direction, Kind, PageRequest};
use crate::web;
use crate::web::components::{Address, Pager, ROUNDED, SortLink, brief};

/// Maximum decimal places; numbers with more are rounded.
const DIGITS: usize = 6;
/// Maximum number of cells that are links; more would make the page slow.
const LINKS: usize = 3_000;
/// Number of columns that fit side by side on a phone.
const NARROW: usize = 3;
/// Number of columns that are fitted to the screen width; more are scrolled horizontally.
const FITTED: usize = 12;

/// A column's header.
pub(in crate::executions::pages) struct Head {
    pub(in crate::executions::pages) name: String,
    pub(in crate::executions::pages) is_number: bool,
    pub(in crate::executions::pages) unit: String,
    pub(in crate::executions::pages) sort: SortLink,
    pub(in crate::executions::pages) total: Option<String>,
    /// Whether it is a metric without a total, since its numbers don't add up.
    pub(in crate::executions::pages) is_no_sum: bool,
    pub(in crate::executions::pages) note: String,
}

impl Head {
    /// The name in parts between which a line may break.
    pub(in crate::executions::pages) fn parts(&self) -> impl Iterator<Item = &str> {
        self.name.split_inclusive(['_', '.', '-', '/'])
    }
}

/// A displayed value; the title has the exact value if that differs.
pub(in crate::executions::pages) struct Shown {
    pub(in crate::executions::pages) text: String,
    pub(in crate::executions::pages) title: String,
    pub(in crate::executions::pages) is_number: bool,
    pub(in crate::executions::pages) is_null: bool,
    /// The address that filters by the same value. Empty if there is none.
    pub(in crate::executions::pages) href: String,
}

/// A page of rows.
pub(in crate::executions::pages) struct Grid {
    pub(in crate::executions::pages) heads: Vec<Head>,
    pub(in crate::executions::pages) rows: Vec<Vec<Shown>>,
    pub(in crate::executions::pages) pager: Pager,
    pub(in crate::executions::pages) has_totals: bool,
    /// Whether there are too many columns to fit the screen width.
    pub(in crate::executions::pages) is_wide: bool,
    pub(in crate::executions::pages) is_filtered: bool,
    /// Parameters kept by the page form.
    pub(in crate::executions::pages) kept: Vec<(String, String)>,
    /// The address with the totals of the filtered rows.
    pub(in crate::executions::pages) totals: String,
    pub(in crate::executions::pages) error: String,
}

impl Grid {
    /// Whether rows become cards on a narrow screen, where the columns don't fit side by side.
    pub(in crate::executions::pages) fn is_cards(&self) -> bool {
        !self.is_wide && self.heads.len() > NARROW
    }

    /// Whether any displayed numbers don't add up.
    pub(in crate::executions::pages) fn has_no_sums(&self) -> bool {
        self.heads.iter().any(|head| head.is_no_sum)
    }

    pub(super) async fn load(room: &Executions, table: &Table<'_>, params: &ResultParams) -> web::Result<Self> {
        let offset = (params.page - 1).saturating_mul(params.size);
        // Other views only need the number of rows.
        let (size, sort) = if params.view == View::Rows { (params.size, params.sort) } else { (1, None) };
        let limit = usize::try_from(size).unwrap_or(results::MOST_ROWS);
        let mut wanted = PageRequest { offset, limit, sort, filters: params.filters.clone() };
        let mut page = room.result_store.page(&table.key, wanted.clone()).await;
        let mut error = String::new();
        if let Err(refused @ results::Error::TooLargeToSort { .. }) = &page {
            error = refused.to_string();
            wanted.sort = None;
            page = room.result_store.page(&table.key, wanted.clone()).await;
        }
        let mut page = page.map_err(failed)?;
        if page.rows.is_empty() && page.total > 0 {
            // The address requests a page after the last one: show the last.
            wanted.offset = (page.total - 1) / params.size * params.size;
            page = room.result_store.page(&table.key, wanted.clone()).await.map_err(failed)?;
        }
        let here = params.here();
        let places = params.shown_columns(page.columns.len());
        let mut heads: Vec<Head> = places.iter().map(|place| head(table, params, *place)).collect();
        let is_long = |place: &usize| {
            let digits = |row: &Vec<Cell>| row.get(*place).and_then(|cell| fraction(&cell.exact));
            page.rows.iter().filter_map(digits).any(|digits| digits > DIGITS)
        };
        let looks: Vec<Look> = places
            .iter()
            .map(|place| Look {
                place: *place,
                unit: table.unit(*place).filter(|_| params.is_converted),
                is_amount: table.is_amount(*place),
                is_long: table.columns[*place].kind.is_number() && is_long(place),
            })
            .collect();
        let links = (page.rows.len() * places.len() <= LINKS).then(|| here.to_string());
        let mut rows: Vec<Vec<Shown>> =
            page.rows.into_iter().map(|row| shown(row, &looks, params, links.as_deref())).collect();
        align_columns(&mut heads, &mut rows);
        Ok(Self {
            has_totals: params.filters.is_empty() && heads.iter().any(|head| head.total.is_some()),
            is_wide: heads.len() > FITTED,
            heads,
            rows,
            pager: pager(&here, params, page.total),
            is_filtered: !params.filters.is_empty(),
            kept: here.fields().to_vec(),
            totals: at_result(&here.with("view", "columns")),
            error,
        })
    }
}

/// The format of a column's values.
#[derive(Clone, Copy, Default)]
struct Look {
    place: usize,
    /// The unit to convert from.
    unit: Option<Unit>,
    is_amount: bool,
    /// Whether some have too many decimal places, so that all are rounded.
    is_long: bool,
}

/// The displayed cells of a row; `links` is the address to which filter links are added.
fn shown(row: Vec<Cell>, looks: &[Look], params: &ResultParams, links: Option<&str>) -> Vec<Shown> {
    let mut cells: Vec<Option<Cell>> = row.into_iter().map(Some).collect();
    let cell = |look: &Look| {
        let cell = cells.get_mut(look.place)?.take()?;
        let value = if cell.is_null { None } else { Some(cell.exact.as_str()) };
        let href = links.filter(|_| !cell.cut).map(|here| params.narrowed(here, look.place, value));
        Some(Shown { href: href.unwrap_or_default(), ..Shown::of(cell, *look) })
    };
    looks.iter().filter_map(cell).collect()
}

fn head(table: &Table<'_>, params: &ResultParams, place: usize) -> Head {
    let column = &table.columns[place];
    let unit = table.unit(place);
    let current = params.sort.map(|sort| match sort.direction {
        Direction::Ascending => sort.column.to_string(),
        Direction::Descending => format!("-{}", sort.column),
    });
    let known = table.adds_up(place);
    let adds_up = known.unwrap_or_else(|| column.is_metric() && mostly_adds_up(column.kind));
    // OK because older stored results may have a total for no values.
    let has_values = column.nulls < table.rows;
    let total = column.total.as_deref().filter(|_| adds_up && has_values).map(|total| match unit {
        Some(unit) if params.is_converted => brief(&unit.converted(total)),
        _ => brief(total),
    });
    let name = place.to_string();
    let mut sort = SortLink::new(&params.here(), &name, &current.unwrap_or_default());
    if column.kind.is_number() && sort.direction.is_none() {
        // Numbers are sorted descending first.
        sort.href = params.here().with("page", "").with("sort", &format!("-{name}")).to_string();
    }
    Head {
        name: column.name.clone(),
        is_number: column.kind.is_number(),
        unit: unit.map(|unit| unit_text(unit, params.is_converted)).unwrap_or_default(),
        sort,
        is_no_sum: column.total.is_some() && known == Some(false),
        total,
        note: column.misfit.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// The pagination, whose links lead to the table and not to the top of its page.
fn pager(here: &Address, params: &ResultParams, total: u64) -> Pager {
    let mut pager = Pager::new(here, params.page, params.size, total);
    for href in [&mut pager.first, &mut pager.previous, &mut pager.next, &mut pager.last].into_iter().flatten() {
        href.push_str("#result");
    }
    pager
}

/// Aligns the decimal places of each numeric column.
fn align_columns(heads: &mut [Head], rows: &mut [Vec<Shown>]) {
    for (place, head) in heads.iter_mut().enumerate().filter(|(_, head)| head.is_number) {
        let texts = rows.iter_mut().filter_map(|row| Some(&mut row.get_mut(place)?.text));
        align(&mut texts.chain(&mut head.total).collect::<Vec<_>>());
    }
}

/// Pads numbers to the same number of decimal places, so that their points align. Other texts, and numbers with too
/// many decimal places, are unchanged.
pub(super) fn align(texts: &mut [&mut String]) {
    let most = texts.iter().filter_map(|text| fraction(text)).filter(|digits| *digits <= DIGITS).max().unwrap_or(0);
    for text in texts {
        let Some(digits) = fraction(text).filter(|digits| *digits < most) else { continue };
        text.push_str(if digits == 0 { "." } else { "" });
        text.extend(std::iter::repeat_n('0', most - digits));
    }
}

/// The number of decimal places of a plain number.
pub(super) fn fraction(number: &str) -> Option<usize> {
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || b"-,.".contains(&byte)) && !number.is_empty();
    is_plain.then(|| number.split_once('.').map_or(0, |(_, fraction)| fraction.len()))
}

/// The label beside the name of a money column.
pub(super) fn unit_text(unit: Unit, is_converted: bool) -> String {
    if is_converted { format!("currency, from {}", unit.name()) } else { unit.name().to_owned() }
}

impl Shown {
    fn of(cell: Cell, look: Look) -> Self {
        let is_number = cell.kind.is_number();
        let (mut text, mut title, href) = (cell.shown, String::new(), String::new());
        if cell.is_null {
            return Self { text, title, is_number, is_null: true, href };
        }
        if let Some(unit) = look.unit {
            let converted = unit.converted(&cell.exact);
            text = brief(&converted);
            title = format!("{} {}", results::grouped(&cell.exact), unit.name());
        } else if look.is_long && fraction(&cell.exact).is_some_and(|digits| digits > ROUNDED) {
            text = brief(&cell.exact);
            title = cell.exact;
        } else if look.is_amount {
            text = results::grouped(&cell.exact);
        } else if cell.cut {
            text.push('…');
        }
        Self { text, title, is_number, is_null: false, href }
    }
}

/// Whether the sum of a column is meaningful if its query doesn't tell. Fractions are mostly rates and averages,
/// which don't add up; a missing total misleads less than a wrong one.
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
        let long = Look { is_long: true, ..Look::default() };
        let shown = Shown::of(cell("1234.56789012"), long);
        assert_eq!((shown.text.as_str(), shown.title.as_str()), ("1,234.5679", "1234.56789012"));
        let shown = Shown::of(cell("1234.5"), Look::default());
        assert_eq!((shown.text.as_str(), shown.title.as_str()), ("1234.5", ""));
        assert_eq!(Shown::of(cell("0.00000001"), long).text, "0.00000001");
    }

    #[test]
    fn amounts_are_grouped_whatever_amc_calls_them() {
        assert_eq!(Shown::of(cell("1097"), Look { is_amount: true, ..Look::default() }).text, "1,097");
        assert_eq!(Shown::of(cell("1097"), Look::default()).text, "1097");
    }

    #[test]
    fn the_points_of_a_column_stand_below_each_other() {
        let look = Look { is_amount: true, is_long: true, ..Look::default() };
        let column = |texts: &[&str]| {
            let mut shown: Vec<String> = texts.iter().map(|text| Shown::of(cell(text), look).text).collect();
            align(&mut shown.iter_mut().collect::<Vec<_>>());
            shown
        };
        let shown = column(&["3267250.740000002", "3372355.18", "7", "0.00000001", "NaN"]);
        assert_eq!(shown, ["3,267,250.74", "3,372,355.18", "7.00", "0.00000001", "NaN"]);
        assert_eq!(column(&["0.500000", "0.6666666667", "0.67"]), ["0.5000", "0.6667", "0.6700"]);
    }

    #[test]
    fn money_is_shown_in_units_with_what_amc_gave_in_the_title() {
        let shown = Shown::of(cell("123456789"), Look { unit: Some(Unit::Microcents), ..Look::default() });
        assert_eq!((shown.text.as_str(), shown.title.as_str()), ("1.2346", "123,456,789 microcents"));
    }
}
