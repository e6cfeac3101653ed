//! The semantics of a result's columns, derived from how the query uses AMC's columns.
//!
//! The unit: a money column has AMC's unit if the query takes it from one of AMC's columns with nothing but sums,
//! averages and extremes. Its name alone proves nothing: `SUM(spend) / 100000000 AS spend` is no longer in
//! microcents.
//!
//! Whether its values add up: sums and counts do. Distinct users counted per row don't, since someone in two rows
//! would be counted twice; neither do averages, extremes and ratios.

use std::borrow::Cow;
use std::collections::HashMap;

use super::money::Unit;
use crate::amcsql::ast::{Body, Call, Cte, Expr, ExprKind, From, Item, Query, Select, Table, TableKind};
use crate::amcsql::bound::BinaryOp;
use crate::amcsql::parser;

/// Functions that preserve the semantics of their first argument.
const KEEPERS: &[&str] = &["ABS", "ROUND"];
/// Aggregates whose result has the unit of their argument and doesn't add up.
const OF_ONE: &[&str] = &["MIN", "MAX", "AVG", "MEDIAN"];
/// Those that are measures, whatever their argument is.
const MEANS: &[&str] = &["AVG", "MEDIAN"];

/// The semantics of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSemantics {
    /// The unit of a money column.
    pub unit: Option<Unit>,
    /// Whether the sum of its values is meaningful; `None` for AMC's own columns, which are judged by their type.
    pub adds_up: Option<bool>,
    /// Whether it is a count or a measure, shown with thousands separators; not for ids and times.
    pub is_amount: bool,
}

/// The columns of a query's result, by name in lower case; empty for invalid SQL.
pub fn of_columns(sql: &str) -> HashMap<String, ColumnSemantics> {
    let Ok(parsed) = parser::parse(sql) else { return HashMap::new() };
    query(&parsed.query, &HashMap::new()).into_iter().collect()
}

/// The columns of a relation.
type Columns = Vec<(String, ColumnSemantics)>;
/// The common table expressions in scope.
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
    columns.into_iter().zip(given).map(|((name, meaning), given)| (given.unwrap_or(name), meaning)).collect()
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
                for (place, (_, meaning)) in columns.iter_mut().enumerate() {
                    *meaning = other.get(place).map_or(ColumnSemantics::NONE, |(_, other)| meaning.and(*other));
                }
            }
            columns
        }
    }
}

/// The sources of a `SELECT`: the columns by alias; `None` for AMC's own tables.
type Sources = Vec<(String, Option<Columns>)>;

fn select(select: &Select, known: &Known) -> Columns {
    let mut sources = Vec::new();
    for from in &select.from {
        gather(from, known, &mut sources);
    }
    let item = |item: &Item| {
        let Item::Expr(value, alias) = item else { return (String::new(), ColumnSemantics::NONE) };
        let own = if let ExprKind::Name(path) = &value.kind { path.last() } else { None };
        let name = alias.as_ref().or(own).map(|name| name.name.to_lowercase()).unwrap_or_default();
        (name, expr(value, &sources).unwrap_or(ColumnSemantics::NONE))
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
        TableKind::Nested(_) | TableKind::Function { .. } | TableKind::Unknown => (String::new(), None),
    };
    (table.alias.as_ref().map_or(own, |alias| alias.name.to_lowercase()), columns)
}

impl ColumnSemantics {
    const NONE: Self = Self { unit: None, adds_up: Some(false), is_amount: false };
    /// A count.
    const COUNT: Self = Self { unit: None, adds_up: Some(true), is_amount: true };
    /// A distinct count, an average, a ratio.
    const RATE: Self = Self { is_amount: true, ..Self::NONE };

    /// Combines two values that may both be the result, or are added.
    fn and(self, other: Self) -> Self {
        let unit = self.unit.filter(|unit| other.unit == Some(*unit));
        let adds_up = match (self.adds_up, other.adds_up) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        Self { unit, adds_up, is_amount: self.is_amount || other.is_amount }
    }
}

/// The semantics of an expression; `None` for NULL and zero, which fit any unit.
fn expr(value: &Expr, sources: &Sources) -> Option<ColumnSemantics> {
    let of = |value: &Expr| expr(value, sources);
    let meaning = match &value.kind {
        ExprKind::Null => return None,
        ExprKind::Number(number) if number.trim_matches(['0', '.']).is_empty() => return None,
        ExprKind::Number(_) => ColumnSemantics { is_amount: false, ..ColumnSemantics::COUNT },
        ExprKind::Name(path) => {
            let names: Vec<String> = path.iter().map(|name| name.name.to_lowercase()).collect();
            column(&names, sources)
        }
        ExprKind::Cast { expr: inner, .. } | ExprKind::Negate(inner) => return of(inner),
        ExprKind::Binary { op: BinaryOp::Plus | BinaryOp::Minus, left, right } => {
            return all([of(left), of(right)].into_iter());
        }
        // A multiple is no longer in AMC's unit, but adds up as before.
        ExprKind::Binary { op: BinaryOp::Times, left, right } => times(left, right, sources),
        ExprKind::Binary { op: BinaryOp::Divide, left, right } if is_number(right) => times(left, right, sources),
        ExprKind::Binary { op: BinaryOp::Divide, left, right } => rate(left, right, sources),
        ExprKind::Case { branches, otherwise, .. } => {
            return all(branches.iter().map(|(_, then)| of(then)).chain(otherwise.as_deref().map(of)));
        }
        ExprKind::Call(call) => return self::call(call, sources),
        _ => ColumnSemantics::NONE,
    };
    Some(meaning)
}

fn call(call: &Call, sources: &Sources) -> Option<ColumnSemantics> {
    let name = call.name.name.to_uppercase();
    let mut args = call.args.iter().map(|arg| expr(arg, sources));
    let meaning = match name.as_str() {
        "IF" => return all(args.skip(1)),
        "COALESCE" | "NVL" | "IFNULL" => return all(args),
        _ if call.over.is_some() => ColumnSemantics::NONE,
        // Summing what doesn't add up is the author's decision; the sum itself adds up.
        "SUM" if !call.distinct => {
            let unit = args.next().flatten().and_then(|of| of.unit);
            ColumnSemantics { unit, ..ColumnSemantics::COUNT }
        }
        "COUNT" if !call.distinct => ColumnSemantics::COUNT,
        "COUNT" | "SUM" => ColumnSemantics::RATE,
        known if OF_ONE.contains(&known) => {
            let of = args.next().flatten().unwrap_or(ColumnSemantics::NONE);
            ColumnSemantics { adds_up: Some(false), is_amount: of.is_amount || MEANS.contains(&known), ..of }
        }
        known if KEEPERS.contains(&known) => return args.next().flatten(),
        _ => ColumnSemantics::NONE,
    };
    Some(meaning)
}

/// Combines several values, each of which may be the result.
fn all(values: impl Iterator<Item = Option<ColumnSemantics>>) -> Option<ColumnSemantics> {
    values.flatten().reduce(ColumnSemantics::and)
}

fn times(left: &Expr, right: &Expr, sources: &Sources) -> ColumnSemantics {
    let other = match (is_number(left), is_number(right)) {
        (_, true) => left,
        (true, false) => right,
        (false, false) => return rate(left, right, sources),
    };
    ColumnSemantics { unit: None, ..expr(other, sources).unwrap_or(ColumnSemantics::COUNT) }
}

/// A product or a ratio: an amount if one of its sides is.
fn rate(left: &Expr, right: &Expr, sources: &Sources) -> ColumnSemantics {
    let is_amount = [left, right].into_iter().any(|side| expr(side, sources).is_some_and(|it| it.is_amount));
    if is_amount { ColumnSemantics::RATE } else { ColumnSemantics::NONE }
}

fn is_number(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Number(_) => true,
        ExprKind::Cast { expr: inner, .. } | ExprKind::Negate(inner) => is_number(inner),
        _ => false,
    }
}

fn column(path: &[String], sources: &Sources) -> ColumnSemantics {
    let Some((name, before)) = path.split_last() else { return ColumnSemantics::NONE };
    let owner = before.last();
    let fits = |(source, _): &&(String, Option<Columns>)| owner.is_none_or(|owner| owner == source);
    for (_, columns) in sources.iter().filter(fits) {
        if let Some((_, meaning)) = columns.iter().flatten().find(|(known, _)| known == name) {
            return *meaning;
        }
    }
    let is_own = sources.iter().filter(fits).any(|(_, columns)| columns.is_none());
    let unit = Unit::of_source(name).filter(|_| is_own);
    ColumnSemantics { unit, adds_up: if is_own { None } else { Some(false) }, is_amount: unit.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(sql: &str, column: &str) -> Option<Unit> {
        of_columns(sql).get(column).and_then(|meaning| meaning.unit)
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
        assert!(of_columns("no SQL at all").is_empty());
    }

    #[test]
    fn what_counts_or_measures_is_an_amount_and_what_names_a_thing_or_a_time_is_not() {
        let sql = "SELECT campaign_id, MIN(campaign_id) AS least, EXTRACT(YEAR FROM impression_dt) AS year, 2026 AS now, \
            COUNT(DISTINCT user_id) AS reach, AVG(impressions) AS mean, MAX(total_cost) AS dearest, \
            SUM(total_cost) / COUNT(DISTINCT user_id) AS rate, SUM(impressions) * 2 AS twice \
            FROM dsp_impressions GROUP BY 1, 3";
        let columns = of_columns(sql);
        let mut amounts: Vec<&str> =
            columns.iter().filter(|(_, it)| it.is_amount).map(|(name, _)| name.as_str()).collect();
        amounts.sort_unstable();
        assert_eq!(amounts, ["dearest", "mean", "rate", "reach", "twice"]);
    }

    #[test]
    fn people_means_extremes_and_ratios_do_not_add_up() {
        let sql = "WITH u AS (SELECT campaign, user_id, SUM(impressions) AS seen, MAX(total_cost) AS dearest \
            FROM dsp_impressions GROUP BY 1, 2) \
            SELECT campaign, COUNT(DISTINCT user_id) AS reach, COUNT(*) AS rows_in, SUM(seen) AS seen, AVG(seen) AS mean, \
            MAX(dearest) AS dearest, SUM(dearest) AS dearest_sum, SUM(seen) / COUNT(*) AS frequency, \
            SUM(seen) / 1000 AS thousands, 100.0 * SUM(seen) AS hundred, \
            CASE WHEN campaign = 'x' THEN SUM(seen) ELSE 0 END AS some, \
            SUM(seen) + COUNT(DISTINCT user_id) AS both, SUM(SUM(seen)) OVER () AS running FROM u GROUP BY campaign";
        let columns = of_columns(sql);
        let mut adding: Vec<&str> = columns
            .iter()
            .filter(|(_, meaning)| meaning.adds_up == Some(true))
            .map(|(name, _)| name.as_str())
            .collect();
        adding.sort_unstable();
        assert_eq!(adding, ["dearest_sum", "hundred", "rows_in", "seen", "some", "thousands"]);
        assert_eq!(columns["campaign"].adds_up, None);
        assert_eq!(columns["dearest"].unit, Some(Unit::Millicents));
    }
}
