//! In which unit a column of money comes, found by where the query takes it from.
//!
//! AMC gives costs in fractions of a cent (AMC documentation, data sources): sponsored ads' spend and the
//! fees of its DSP in microcents, the DSP's costs and budgets in millicents. A column of a result has such a
//! unit where the query takes it from one of those columns without computing anything but sums, means and
//! extremes. Its name alone says nothing: `SUM(spend) / 100000000 AS spend` is no longer in microcents.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::amcsql::ast::{Body, Cte, Expr, ExprKind, From, Item, Query, Select, Table, TableKind};
use crate::amcsql::bound::BinaryOp;
use crate::amcsql::parser;

/// A fraction of a unit of the advertiser's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// 100,000,000 to one.
    Microcents,
    /// 100,000 to one.
    Millicents,
}

const MICROCENTS: &[&str] = &[
    "audience_fee",
    "bid_price",
    "managed_service_fee",
    "ocm_fee",
    "platform_fee",
    "spend",
    "supply_cost",
    "third_party_fees",
];
const MILLICENTS: &[&str] = &[
    "campaign_budget_amount",
    "campaign_flight_budget_amount",
    "click_cost",
    "impression_cost",
    "line_item_budget_amount",
    "total_cost",
];
/// Functions whose result is in the unit of their first argument.
const KEEPERS: &[&str] = &["SUM", "MIN", "MAX", "AVG", "MEDIAN", "COALESCE", "NVL", "IFNULL", "ABS", "ROUND"];

impl Unit {
    /// The unit of a column of AMC's own tables.
    fn of_source(column: &str) -> Option<Self> {
        let is = |known: &&str| known.eq_ignore_ascii_case(column);
        if MICROCENTS.iter().any(is) {
            return Some(Self::Microcents);
        }
        MILLICENTS.iter().any(is).then_some(Self::Millicents)
    }

    /// Its name, as AMC writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Microcents => "microcents",
            Self::Millicents => "millicents",
        }
    }

    /// How many of it make one unit of the currency, as a power of ten.
    pub(super) fn digits(self) -> usize {
        match self {
            Self::Microcents => 8,
            Self::Millicents => 5,
        }
    }

    /// A number in this unit as units of the currency, exactly; what is no plain number as it is.
    pub(super) fn converted(self, number: &str) -> String {
        let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
        let (whole, part) = rest.split_once('.').unwrap_or((rest, ""));
        if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
            let scale = 10_f64.powi(self.digits() as i32);
            return number.parse::<f64>().map_or_else(|_| number.to_owned(), |number| (number / scale).to_string());
        }
        let padded = format!("{whole:0>width$}", width = self.digits() + 1);
        let (units, cents) = padded.split_at(padded.len() - self.digits());
        let units = Some(units.trim_start_matches('0')).filter(|units| !units.is_empty()).unwrap_or("0");
        let fraction = format!("{cents}{part}");
        let fraction = fraction.trim_end_matches('0');
        format!("{sign}{units}.{fraction:0<2}")
    }
}

/// The units of a query's columns, by their names in small letters; those without one are left out.
pub(super) fn units(sql: &str) -> HashMap<String, Unit> {
    let Ok(parsed) = parser::parse(sql) else { return HashMap::new() };
    let columns = query(&parsed.query, &HashMap::new());
    columns.into_iter().filter_map(|(name, unit)| Some((name, unit?))).collect()
}

/// The columns of something that gives rows.
type Columns = Vec<(String, Option<Unit>)>;
/// The common tables that are known at a place.
type Known = HashMap<String, Columns>;

fn query(query: &Query, around: &Known) -> Columns {
    let mut known = Cow::Borrowed(around);
    for cte in &query.with {
        let columns = named(self::query(&cte.query, &known), cte);
        known.to_mut().insert(cte.name.name.to_lowercase(), columns);
    }
    body(&query.body, &known)
}

fn named(columns: Columns, cte: &Cte) -> Columns {
    let given = cte.columns.iter().map(|name| Some(name.name.to_lowercase())).chain(std::iter::repeat(None));
    columns.into_iter().zip(given).map(|((name, unit), given)| (given.unwrap_or(name), unit)).collect()
}

fn body(body: &Body, known: &Known) -> Columns {
    match body {
        Body::Select(it) => select(it, known),
        Body::Values(_) => Vec::new(),
        Body::Query(it) => query(it, known),
        Body::Set { inputs, .. } => {
            let mut inputs = inputs.iter().map(|input| self::body(input, known));
            let mut columns = inputs.next().unwrap_or_default();
            for other in inputs {
                for (place, (_, unit)) in columns.iter_mut().enumerate() {
                    *unit = unit.filter(|unit| other.get(place).is_some_and(|(_, same)| *same == Some(*unit)));
                }
            }
            columns
        }
    }
}

/// What a `SELECT` reads from: by the name under which it is known, its columns; `None` for AMC's own tables.
type Sources = Vec<(String, Option<Columns>)>;

fn select(select: &Select, known: &Known) -> Columns {
    let mut sources = Vec::new();
    for from in &select.from {
        gather(from, known, &mut sources);
    }
    let item = |item: &Item| {
        let Item::Expr(value, alias) = item else { return (String::new(), None) };
        let own = if let ExprKind::Name(path) = &value.kind { path.last() } else { None };
        let name = alias.as_ref().or(own).map(|name| name.name.to_lowercase()).unwrap_or_default();
        (name, if let Found::Unit(unit) = expr(value, &sources) { Some(unit) } else { None })
    };
    select.items.iter().map(item).collect()
}

fn gather(from: &From, known: &Known, sources: &mut Sources) {
    for table in std::iter::once(&from.first).chain(from.joins.iter().map(|join| &join.right)) {
        if let TableKind::Nested(inner) = &table.kind {
            gather(inner, known, sources);
        } else {
            sources.push(source(table, known));
        }
    }
}

fn source(table: &Table, known: &Known) -> (String, Option<Columns>) {
    let (own, columns) = match &table.kind {
        TableKind::Named(path) => {
            let own = path.last().map(|name| name.name.to_lowercase()).unwrap_or_default();
            let columns = known.get(&own).filter(|_| path.len() == 1).cloned();
            (own, columns)
        }
        TableKind::Derived(inner) => (String::new(), Some(query(inner, known))),
        TableKind::Nested(_) | TableKind::Function { .. } => (String::new(), None),
    };
    (table.alias.as_ref().map_or(own, |alias| alias.name.to_lowercase()), columns)
}

/// What is known of a value.
#[derive(Clone, Copy, PartialEq)]
enum Found {
    Unit(Unit),
    /// Nothing or a zero, which are so in any unit.
    Neutral,
    Other,
}

impl Found {
    /// Of two values that may both be the result, or are added.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, Self::Neutral) | (Self::Neutral, one) => one,
            (Self::Unit(one), Self::Unit(other)) if one == other => self,
            _ => Self::Other,
        }
    }
}

fn expr(value: &Expr, sources: &Sources) -> Found {
    match &value.kind {
        ExprKind::Null => Found::Neutral,
        ExprKind::Number(number) if number.trim_matches(['0', '.']).is_empty() => Found::Neutral,
        ExprKind::Name(path) => {
            let names: Vec<String> = path.iter().map(|name| name.name.to_lowercase()).collect();
            column(&names, sources).map_or(Found::Other, Found::Unit)
        }
        ExprKind::Cast { expr: inner, .. } | ExprKind::Negate(inner) => expr(inner, sources),
        ExprKind::Binary { op: BinaryOp::Plus | BinaryOp::Minus, left, right } => {
            expr(left, sources).and(expr(right, sources))
        }
        ExprKind::Case { branches, otherwise, .. } => {
            let results = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref());
            results.map(|result| expr(result, sources)).reduce(Found::and).unwrap_or(Found::Other)
        }
        ExprKind::Call(call) => {
            let name = call.name.name.to_uppercase();
            let mut args = call.args.iter().map(|arg| expr(arg, sources));
            match name.as_str() {
                "IF" => args.skip(1).reduce(Found::and).unwrap_or(Found::Other),
                "COALESCE" | "NVL" | "IFNULL" => args.reduce(Found::and).unwrap_or(Found::Other),
                known if KEEPERS.contains(&known) => args.next().unwrap_or(Found::Other),
                _ => Found::Other,
            }
        }
        _ => Found::Other,
    }
}

fn column(path: &[String], sources: &Sources) -> Option<Unit> {
    let (name, before) = path.split_last()?;
    let owner = before.last();
    let fits = |(source, _): &&(String, Option<Columns>)| owner.is_none_or(|owner| owner == source);
    for (_, columns) in sources.iter().filter(fits) {
        if let Some((_, unit)) = columns.iter().flatten().find(|(known, _)| known == name) {
            return *unit;
        }
    }
    sources.iter().filter(fits).any(|(_, columns)| columns.is_none()).then(|| Unit::of_source(name)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::catalogue::Catalogue;

    fn unit(sql: &str, column: &str) -> Option<Unit> {
        units(sql).get(column).copied()
    }

    #[test]
    fn sums_and_extremes_keep_the_unit_and_arithmetic_ends_it() {
        let sql = "SELECT campaign, SUM(spend) AS cost, SUM(spend) / 100000000 AS spend, MAX(COALESCE(spend, 0)) AS most, \
            SUM(spend) * 2 AS twice, SUM(IF(clicks > 0, spend, 0)) AS clicked FROM sponsored_ads_traffic GROUP BY campaign";
        assert_eq!(unit(sql, "cost"), Some(Unit::Microcents));
        assert_eq!((unit(sql, "spend"), unit(sql, "twice"), unit(sql, "campaign")), (None, None, None));
        assert_eq!((unit(sql, "most"), unit(sql, "clicked")), (Some(Unit::Microcents), Some(Unit::Microcents)));
    }

    #[test]
    fn a_unit_goes_through_common_tables_and_joins() {
        let sql = "WITH dsp (c, paid) AS (SELECT campaign, SUM(total_cost) FROM dsp_impressions GROUP BY campaign), \
            ads AS (SELECT campaign, SUM(spend)/100000000 AS total_cost FROM sponsored_ads_traffic GROUP BY campaign) \
            SELECT d.c AS campaign, d.paid, a.total_cost, d.paid + a.total_cost AS both_costs \
            FROM dsp d LEFT JOIN ads a ON a.campaign = d.c";
        assert_eq!(unit(sql, "paid"), Some(Unit::Millicents));
        assert_eq!((unit(sql, "total_cost"), unit(sql, "both_costs")), (None, None));
    }

    #[test]
    fn a_union_has_a_unit_where_all_of_it_has() {
        let part = |column: &str| format!("SELECT {column} AS cost FROM dsp_impressions");
        let union = |one: &str, other: &str| format!("{} UNION ALL {}", part(one), part(other));
        assert_eq!(unit(&union("total_cost", "impression_cost"), "cost"), Some(Unit::Millicents));
        assert_eq!(unit(&union("total_cost", "supply_cost"), "cost"), None);
        assert!(units("no SQL at all").is_empty());
    }

    #[test]
    fn amounts_are_converted_without_losing_a_digit() {
        for (unit, number, text) in [
            (Unit::Microcents, "123456789012345678", "1234567890.12345678"),
            (Unit::Microcents, "-5", "-0.00000005"),
            (Unit::Millicents, "250000", "2.50"),
            (Unit::Millicents, "12.5", "0.000125"),
            (Unit::Millicents, "0", "0.00"),
            (Unit::Millicents, "2.5E7", "250"),
            (Unit::Millicents, "NaN", "NaN"),
        ] {
            assert_eq!(unit.converted(number), text, "{number}");
        }
    }

    #[test]
    fn the_table_of_units_is_what_the_catalogue_says() {
        for source in Catalogue::standard().sources() {
            for column in &source.columns {
                let says = |word: &str| column.description.to_lowercase().contains(word);
                let unit = Unit::of_source(&column.name);
                assert!(!says("microcent") || unit == Some(Unit::Microcents), "{}", column.name);
                assert!(!says("millicent") || unit == Some(Unit::Millicents), "{}", column.name);
            }
        }
    }
}
