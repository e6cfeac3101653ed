//! The result parameters of an address, and the addresses derived from them.

use std::collections::BTreeSet;

use super::{Chip, ColumnForm, FilterForm, at_result, choices};
use crate::results::{Direction, Filter, MOST_ROWS, Op, Sort, StoredColumn};
use crate::web::Fields;
use crate::web::components::{Address, Choice};

/// Default page size.
const SIZE: u64 = 50;
/// Maximum number of filters; further ones in the address are ignored.
const FILTERS: usize = 10;
/// Maximum length in bytes of a value that a link filters by; longer ones need the form.
const LINK_BYTES: usize = 200;
/// Maximum number of columns that the form can hide; no result has more.
const COLUMNS: usize = 10_000;
/// The parameters besides filters and page.
const NAMES: [&str; 10] = ["view", "money", "sort", "size", "hide", "along", "numbers", "series", "fold", "shape"];

/// The views of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Rows,
    Columns,
    Chart,
}

const VIEWS: [(View, &str, &str); 3] =
    [(View::Rows, "", "Rows"), (View::Columns, "columns", "Columns"), (View::Chart, "chart", "Chart")];

const OPS: [(Op, &str, &str); 6] = [
    (Op::Contains, "contains", "contains"),
    (Op::Equals, "is", "is"),
    (Op::AtLeast, "min", "is at least"),
    (Op::AtMost, "max", "is at most"),
    (Op::Empty, "empty", "is empty"),
    (Op::Filled, "filled", "is not empty"),
];

/// The parsed parameters.
pub(super) struct ResultParams {
    pub(super) view: View,
    pub(super) filters: Vec<Filter>,
    /// Why parts of the address were ignored, in sentences.
    pub(super) faults: Vec<String>,
    pub(super) sort: Option<Sort>,
    pub(super) page: u64,
    pub(super) size: u64,
    pub(super) is_converted: bool,
    /// The indexes of hidden columns.
    pub(super) hidden: BTreeSet<usize>,
    wrong: Option<Filter>,
    path: String,
    kept: Vec<(String, String)>,
}

fn op_name(op: Op) -> (&'static str, &'static str) {
    OPS.iter().find(|(known, ..)| *known == op).map_or(("is", "is"), |(_, name, words)| (name, words))
}

fn op_of(name: &str) -> Option<Op> {
    OPS.iter().find(|(_, known, _)| *known == name).map(|(op, ..)| *op)
}

/// A filter in address form: `2.min.10`.
fn written(filter: &Filter) -> String {
    format!("{}.{}.{}", filter.column, op_name(filter.op).0, filter.value)
}

fn parse(text: &str) -> Option<Filter> {
    let mut parts = text.splitn(3, '.');
    let (column, op) = (parts.next()?.parse().ok()?, op_of(parts.next()?)?);
    Some(Filter { column, op, value: parts.next().unwrap_or_default().to_owned() })
}

/// The redirect target of the column form: the address that lists the hidden columns. The form sends the column count
/// as `columns`, and `show` for each ticked one.
fn settled_columns(path: &str, fields: &Fields) -> Option<String> {
    let count: usize = fields.trimmed("columns").parse().ok().filter(|count| *count <= COLUMNS)?;
    let is_shown = |place: &usize| fields.all("show").any(|shown| shown.parse() == Ok(*place));
    let hidden: Vec<String> = (0..count).filter(|place| !is_shown(place)).map(|place| place.to_string()).collect();
    let form = ["columns", "show", "hide"];
    let rest = fields.iter().filter(|(name, value)| !form.contains(name) && !value.is_empty());
    let address = rest.fold(Address::new(path, ""), |address, (name, value)| address.and(name, value));
    Some(at_result(&address.with("hide", &hidden.join("."))))
}

/// The redirect target of the result's forms: the address with the added filter, or the hidden columns. `None` for an
/// address that didn't come from a form.
pub(in crate::executions::pages) fn settled(path: &str, fields: &Fields) -> Option<String> {
    if fields.has("columns") {
        return settled_columns(path, fields);
    }
    if !fields.has("column") {
        return None;
    }
    let op = op_of(fields.trimmed("op")).unwrap_or(Op::Equals);
    let value = if op.takes_value() { fields.get("value") } else { "" };
    let filter = fields.trimmed("column").parse().ok().filter(|_| !op.takes_value() || !value.is_empty());
    let mut address = Address::new(path, "");
    let form = ["column", "op", "value", "page"];
    for (name, value) in fields.iter().filter(|(name, value)| !form.contains(name) && !value.is_empty()) {
        address = address.and(name, value);
    }
    let added = filter.map(|column| written(&Filter { column, op, value: value.to_owned() }));
    if let Some(added) = added.filter(|added| !fields.all("f").any(|known| known == added)) {
        address = address.and("f", &added);
    }
    Some(at_result(&address))
}

impl ResultParams {
    pub(super) fn read(path: &str, fields: &Fields, columns: &[StoredColumn]) -> Self {
        let number = |name: &str, most: u64, default: u64| {
            fields.trimmed(name).parse().ok().filter(|n| (1..=most).contains(n)).unwrap_or(default)
        };
        let view = VIEWS.iter().find(|(_, name, _)| *name == fields.trimmed("view")).map_or(View::Rows, |it| it.0);
        let (sort, mut faults) = (sort(fields.trimmed("sort"), columns), Vec::new());
        let is_sortable = fields.trimmed("sort").is_empty() || sort.is_some();
        if !is_sortable {
            faults.push("Not sorted: the result has no such column.".to_owned());
        }
        let (mut filters, mut wrong): (Vec<Filter>, _) = (Vec::new(), None);
        for text in fields.all("f") {
            match usable(text, columns) {
                Ok(_) if filters.len() >= FILTERS => {
                    faults.push(format!("Only the first {FILTERS} filters are applied. Remove one to use another."));
                    break;
                }
                Ok(filter) if filters.contains(&filter) => {}
                Ok(filter) => filters.push(filter),
                Err(fault) => {
                    faults.push(fault);
                    wrong = parse(text).or(wrong);
                }
            }
        }
        let hidden = hidden(fields.trimmed("hide"), columns.len());
        if hidden.len() == columns.len() && !columns.is_empty() {
            faults.push("All columns are shown: at least one has to be.".to_owned());
        }
        let hidden = if hidden.len() < columns.len() { hidden } else { BTreeSet::new() };
        let is_used = |name: &str| match name {
            "sort" => is_sortable,
            "hide" => !hidden.is_empty(),
            _ => true,
        };
        let kept = |name: &&str| !fields.trimmed(name).is_empty() && is_used(name);
        Self {
            view,
            filters,
            faults,
            sort,
            page: number("page", u64::MAX, 1),
            size: number("size", MOST_ROWS as u64, SIZE),
            is_converted: fields.trimmed("money") == "units",
            wrong,
            path: path.to_owned(),
            kept: NAMES
                .iter()
                .filter(|name| kept(name))
                .map(|name| ((*name).to_owned(), fields.trimmed(name).to_owned()))
                .collect(),
            hidden,
        }
    }

    /// The address with other filters, on its first page.
    pub(super) fn address(&self, filters: &[Filter]) -> Address {
        let mut address = Address::new(&self.path, "");
        for (name, value) in &self.kept {
            address = address.and(name, value);
        }
        filters.iter().fold(address, |address, filter| address.and("f", &written(filter)))
    }

    /// The address on its first page.
    pub(super) fn here(&self) -> Address {
        self.address(&self.filters)
    }

    /// Only the filters, for download addresses.
    pub(super) fn filters_only(&self, path: &str) -> Address {
        self.filters.iter().fold(Address::new(path, ""), |address, filter| address.and("f", &written(filter)))
    }

    /// The filters, the order and the columns, for the address of the displayed rows.
    pub(super) fn shown_only(&self, path: &str) -> Address {
        let shown = self.kept.iter().filter(|(name, _)| matches!(name.as_str(), "sort" | "hide"));
        shown.fold(self.filters_only(path), |address, (name, value)| address.and(name, value))
    }

    /// The indexes of displayed columns, in order.
    pub(super) fn shown_columns(&self, columns: usize) -> Vec<usize> {
        (0..columns).filter(|place| !self.hidden.contains(place)).collect()
    }

    /// The address that filters by this value of a column: empty if a link can't express it.
    pub(super) fn narrowed(&self, here: &str, column: usize, value: Option<&str>) -> String {
        let filter = match value {
            None => Filter { column, op: Op::Empty, value: String::new() },
            Some(value) => Filter { column, op: Op::Equals, value: value.to_owned() },
        };
        let is_useless = filter.value.len() > LINK_BYTES || value == Some("");
        if is_useless || self.filters.len() >= FILTERS || self.filters.contains(&filter) {
            return String::new();
        }
        let sign = if here.contains('?') { '&' } else { '?' };
        let value: String = url::form_urlencoded::byte_serialize(written(&filter).as_bytes()).collect();
        format!("{here}{sign}f={value}#result")
    }

    pub(super) fn column_form(&self, columns: &[StoredColumn]) -> ColumnForm {
        let here = self.here().with("hide", "");
        ColumnForm {
            all: at_result(&here),
            kept: here.fields().to_vec(),
            columns: columns
                .iter()
                .enumerate()
                .map(|(place, column)| (place, column.name.clone(), !self.hidden.contains(&place)))
                .collect(),
            hidden: self.hidden.len(),
        }
    }

    pub(super) fn chips(&self, columns: &[StoredColumn]) -> Vec<Chip> {
        let chip = |(place, filter): (usize, &Filter)| {
            let others: Vec<Filter> = self
                .filters
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != place)
                .map(|(_, it)| it.clone())
                .collect();
            let column = columns.get(filter.column).map_or("", |column| &column.name);
            let value = if filter.op.takes_value() { format!(" {}", filter.value) } else { String::new() };
            Chip {
                text: format!("{column} {}{value}", op_name(filter.op).1),
                without: at_result(&self.address(&others)),
            }
        };
        self.filters.iter().enumerate().map(chip).collect()
    }

    pub(super) fn form(&self, columns: &[StoredColumn]) -> FilterForm {
        let wrong = self.wrong.as_ref();
        let first = columns
            .first()
            .map_or(Op::Contains, |column| if column.kind.is_number() { Op::AtLeast } else { Op::Contains });
        FilterForm {
            kept: self.here().fields().to_vec(),
            columns: choices(columns.iter().enumerate()),
            column: wrong.map(|filter| filter.column.to_string()).unwrap_or_default(),
            ops: OPS.map(|(_, name, words)| Choice::new(name, words)).to_vec(),
            op: op_name(wrong.map_or(first, |filter| filter.op)).0.to_owned(),
            value: wrong.map(|filter| filter.value.clone()).unwrap_or_default(),
            is_wrong: wrong.is_some(),
        }
    }
}

/// The indexes in `1.3`; invalid ones are ignored.
fn hidden(text: &str, columns: usize) -> BTreeSet<usize> {
    text.split('.').filter_map(|place| place.parse().ok()).filter(|place| *place < columns).collect()
}

/// A filter of the address, if it is valid for the result's columns.
fn usable(text: &str, columns: &[StoredColumn]) -> Result<Filter, String> {
    let filter = parse(text).ok_or("A filter in this address can't be read, so it was ignored.")?;
    let column = columns.get(filter.column).ok_or(
        "A filter names a column that the result doesn't have, so it was \
                                                   ignored.",
    )?;
    filter.check(column).map_err(|error| error.to_string())?;
    Ok(filter)
}

/// Parses the filters of a download's address. They must be valid: a file with other rows than requested would
/// mislead.
pub(super) fn filters(fields: &Fields, columns: &[StoredColumn]) -> Result<Vec<Filter>, String> {
    fields.all("f").map(|text| usable(text, columns)).collect()
}

fn sort(text: &str, columns: &[StoredColumn]) -> Option<Sort> {
    let (column, direction) = match text.strip_prefix('-') {
        Some(column) => (column, Direction::Descending),
        None => (text, Direction::Ascending),
    };
    let column = column.parse().ok().filter(|column| *column < columns.len())?;
    Some(Sort { column, direction })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Kind;

    fn columns() -> Vec<StoredColumn> {
        let column = |name: &str, kind| StoredColumn {
            name: name.to_owned(),
            declared: None,
            column_type: None,
            kind,
            nulls: 0,
            total: None,
            misfit: None,
        };
        vec![column("name", Kind::Text), column("n", Kind::Integer)]
    }

    fn params(query: &str) -> ResultParams {
        ResultParams::read("/executions/exe_1", &Fields::parse(query.as_bytes()), &columns())
    }

    #[test]
    fn filters_are_kept_beside_sort_and_view_and_each_can_be_taken_away() {
        let params = params("f=0.contains.a.b%26c&f=1.min.10&sort=-1&page=7&view=columns&unknown=x");
        assert_eq!(params.filters.len(), 2);
        assert_eq!(params.filters[0].value, "a.b&c");
        assert_eq!(params.here().to_string(), "/executions/exe_1?view=columns&sort=-1&f=0.contains.a.b%26c&f=1.min.10");
        let chips = params.chips(&columns());
        assert_eq!((chips[0].text.as_str(), chips[1].text.as_str()), ("name contains a.b&c", "n is at least 10"));
        assert_eq!(chips[0].without, "/executions/exe_1?view=columns&sort=-1&f=1.min.10#result");
    }

    #[test]
    fn what_cannot_be_used_is_said_and_the_rest_is_used() {
        let params = params("f=1.min.ten&f=9.is.x&f=nonsense&f=0.is.a&sort=7");
        assert_eq!(params.filters.len(), 1);
        assert_eq!(params.faults.len(), 4, "{:?}", params.faults);
        let form = params.form(&columns());
        assert_eq!((form.column.as_str(), form.op.as_str(), form.is_wrong), ("9", "is", true));
        let many = (0..40).map(|n| format!("f=1.is.{n}")).collect::<Vec<_>>().join("&");
        assert_eq!(super::tests::params(&many).filters.len(), FILTERS);
    }

    #[test]
    fn columns_are_hidden_by_the_address_and_never_all() {
        let led = |query: &str| settled("/executions/exe_1", &Fields::parse(query.as_bytes()));
        let expected = "/executions/exe_1?sort=1&f=0.is.a&hide=0#result";
        assert_eq!(led("sort=1&f=0.is.a&hide=1&columns=2&show=1").as_deref(), Some(expected));
        assert_eq!(led("hide=1&columns=2&show=1&show=0").as_deref(), Some("/executions/exe_1#result"));
        assert_eq!(params("hide=0.7.x").shown_columns(2), [1]);
        let none = params("hide=0.1&sort=1");
        assert_eq!((none.shown_columns(2).len(), none.faults.len()), (2, 1));
        assert_eq!(none.here().to_string(), "/executions/exe_1?sort=1");
    }

    #[test]
    fn a_cell_leads_to_the_rows_that_have_its_value() {
        let params = params("sort=1&f=1.min.1");
        let here = params.here().to_string();
        let led = |column, value: Option<&str>| params.narrowed(&here, column, value);
        let expected = "/executions/exe_1?sort=1&f=1.min.1&f=0.is.a%26b#result";
        assert_eq!(led(0, Some("a&b")), expected);
        assert!(led(0, None).ends_with("&f=0.empty.#result"));
        assert_eq!(led(0, Some(&"x".repeat(300))), "");
    }

    #[test]
    fn the_form_leads_to_an_address_with_its_filter() {
        let led = |query: &str| settled("/executions/exe_1", &Fields::parse(query.as_bytes()));
        let expected = "/executions/exe_1?sort=1&f=0.is.a&f=1.max.5#result";
        assert_eq!(led("sort=1&f=0.is.a&column=1&op=max&value=5&page=3").as_deref(), Some(expected));
        assert_eq!(led("column=1&op=empty&value=5").as_deref(), Some("/executions/exe_1?f=1.empty.#result"));
        assert_eq!(led("column=1&op=is&value=").as_deref(), Some("/executions/exe_1#result"));
        assert_eq!(led("f=0.is.a"), None);
    }
}
