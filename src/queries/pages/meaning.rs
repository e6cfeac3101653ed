//! Compares the meaning of two versions of a query: the result's columns with their types and privacy levels, the
//! grain of a row, the sources, and the column to which the time window applies.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::amcsql::bound::{ColumnId, Computed, ExprKind, Extension, Node, Query as Bound, Relation, Scan};
use crate::amcsql::catalogue::{Catalogue, ColumnType, Threshold};
use crate::amcsql::{Context, check};
use crate::queries::model::QueryInput;
use crate::queries::prepare::prepare_form;
use crate::web::Fields;

/// Maximum depth of common table expressions when determining the grain.
const DEEPEST: usize = 64;

/// A difference between the versions; empty if a version doesn't have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) what: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// The outcome of the comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) differences: Vec<Difference>,
    /// What is the same in both, for display.
    pub(super) same: String,
    /// The numbers of versions that can't be parsed; nothing is compared then.
    pub(super) broken: Vec<i64>,
}

/// The meaning of a version.
struct Meaning {
    /// Name and description of each column of the result.
    columns: Vec<(String, String)>,
    grain: String,
    /// Name and time window of each source.
    sources: Vec<(String, String)>,
}

/// Compares two versions, each a number and its content, on an instance with these sources.
pub(super) fn compare(
    (from, before): (i64, &QueryInput),
    (to, after): (i64, &QueryInput),
    catalogue: &Catalogue,
    now: DateTime<Utc>,
) -> Comparison {
    let (before, after) = (Meaning::of(before, catalogue, now), Meaning::of(after, catalogue, now));
    let (Some(before), Some(after)) = (&before, &after) else {
        let broken = [(from, before.is_none()), (to, after.is_none())];
        return Comparison {
            broken: broken.into_iter().filter(|(_, is_broken)| *is_broken).map(|(number, _)| number).collect(),
            ..Comparison::default()
        };
    };
    let mut comparison = Comparison::default();
    let mut same = Vec::new();
    let differences = &mut comparison.differences;
    let counted = |count: usize, one, more| crate::web::words::counted(count as i64, one, more);
    match pairs("Column", &before.columns, &after.columns, differences) {
        0 => {}
        count => same.push(counted(count, "column", "columns")),
    }
    if order(&before.columns) != order(&after.columns) && sorted(&before.columns) == sorted(&after.columns) {
        let list = |columns| order(columns).join(", ");
        differences.push(Difference {
            what: "Order of columns".to_owned(),
            before: list(&before.columns),
            after: list(&after.columns),
        });
    }
    if before.grain == after.grain {
        same.push("what a row stands for".to_owned());
    } else {
        differences.push(Difference {
            what: "A row stands for".to_owned(),
            before: before.grain.clone(),
            after: after.grain.clone(),
        });
    }
    match pairs("Source", &before.sources, &after.sources, differences) {
        0 => {}
        count => same.push(counted(count, "source", "sources")),
    }
    comparison.same = same.join(", ");
    comparison
}

fn order(columns: &[(String, String)]) -> Vec<&str> {
    columns.iter().map(|(name, _)| name.as_str()).collect()
}

fn sorted(columns: &[(String, String)]) -> BTreeSet<&str> {
    columns.iter().map(|(name, _)| name.as_str()).collect()
}

/// The differences between two lists of names with descriptions; returns the number of equal ones.
fn pairs(
    what: &str,
    before: &[(String, String)],
    after: &[(String, String)],
    differences: &mut Vec<Difference>,
) -> usize {
    let of = |list: &[(String, String)], name: &str| {
        list.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    let mut same = 0;
    let gone = before.iter().filter(|(name, _)| !after.iter().any(|(other, _)| other == name));
    for (name, _) in after.iter().chain(gone) {
        let (before, after) = (of(before, name), of(after, name));
        if before == after {
            same += 1;
        } else {
            differences.push(Difference { what: format!("{what} `{name}`"), before, after });
        }
    }
    same
}

impl Meaning {
    /// `None` if the text has an error.
    fn of(written: &QueryInput, catalogue: &Catalogue, now: DateTime<Utc>) -> Option<Self> {
        // Samples of their types replace the parameters, which gives the same columns.
        let prepared = prepare_form(&written.script(), &Fields::default(), catalogue, now, true);
        let context = Context {
            parameters: Some(&prepared.parameters.declared),
            controls: false,
            ..Context::reporting(catalogue)
        };
        let query = check(&prepared.sql_sent, &context).query?;
        let column = |id: ColumnId| {
            let column = query.column(id);
            let role = match column.column_type {
                ColumnType::Dimension => "dimension",
                ColumnType::Metric => "metric",
            };
            format!("{}, {role}, privacy {}", column.data_type, level(column.threshold))
        };
        Some(Self {
            columns: query.outputs.iter().map(|output| (output.name.clone(), column(output.column))).collect(),
            grain: Grain { query: &query, text: &prepared.sql_sent }.of(&query.root, &BTreeMap::new(), 0),
            sources: sources(&query.scans),
        })
    }
}

fn level(threshold: Threshold) -> String {
    match threshold.users() {
        Some(1) => threshold.amc().to_owned(),
        Some(users) => format!("{} ({users} users)", threshold.amc()),
        None => format!("{} (never shown)", threshold.amc()),
    }
}

/// Determines the grain of a row: the keys of the nearest grouping.
struct Grain<'a> {
    query: &'a Bound,
    text: &'a str,
}

/// The names of columns in outer queries.
type Names = BTreeMap<ColumnId, String>;

impl Grain<'_> {
    /// The projection's names for the columns that it passes on.
    fn named(&self, items: &[Computed]) -> Names {
        let name = |item: &Computed| match &item.expr.kind {
            ExprKind::Column(id) => Some((*id, self.query.column(item.id).name.clone())),
            _ => None,
        };
        items.iter().filter_map(name).filter(|(_, name)| !name.is_empty()).collect()
    }

    /// A key of a grouping: its name in outer queries, otherwise its column, otherwise its text.
    fn key(&self, group: &Computed, names: &Names) -> String {
        if let Some(name) = names.get(&group.id) {
            return name.clone();
        }
        match &group.expr.kind {
            ExprKind::Column(id) if !self.query.column(*id).name.is_empty() => self.query.column(*id).name.clone(),
            _ => group.expr.span.of(self.text).to_owned(),
        }
    }

    fn of(&self, relation: &Relation, names: &Names, depth: usize) -> String {
        let Self { query, .. } = self;
        if depth > DEEPEST {
            return "a row of the common tables".to_owned();
        }
        let none = Names::new();
        let below = |relation: &Relation| self.of(relation, &none, depth + 1);
        match &relation.node {
            Node::Aggregate(aggregate) if aggregate.groups.is_empty() => "all rows together".to_owned(),
            Node::Aggregate(aggregate) => {
                let keys: Vec<String> = aggregate.groups.iter().map(|group| self.key(group, names)).collect();
                format!("each {}", keys.join(", "))
            }
            Node::Distinct { input } => {
                let names: Vec<&str> =
                    query.columns_of(input).into_iter().map(|id| query.column(id).name.as_str()).collect();
                format!("each distinct {}", names.join(", "))
            }
            Node::Project { input, items } => self.of(input, &self.named(items), depth + 1),
            Node::Filter { input, .. }
            | Node::Window { input, .. }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. } => self.of(input, names, depth + 1),
            Node::Explode { input, .. } => format!("an element of {}", below(input)),
            Node::Common { common, .. } => match query.commons.get(common.index()) {
                Some(common) => below(&common.relation),
                None => common_name(),
            },
            Node::Join(join) => format!("{} with {}", below(&join.left), below(&join.right)),
            Node::Set { inputs, .. } => {
                let each: BTreeSet<String> = inputs.iter().map(below).collect();
                each.into_iter().collect::<Vec<_>>().join(" or ")
            }
            Node::Scan(id) => {
                query.scans.get(id.index()).map_or_else(common_name, |scan| format!("each row of {}", scan.source))
            }
            Node::One => "one row".to_owned(),
            Node::Values { .. } => "each row of VALUES".to_owned(),
        }
    }
}

fn common_name() -> String {
    "a row of a common table".to_owned()
}

/// Each source once, with the column of the window and how far it is extended.
fn sources(scans: &[Scan]) -> Vec<(String, String)> {
    let mut sources: Vec<(String, BTreeSet<String>)> = Vec::new();
    for scan in scans.iter().filter(|scan| scan.path > 0) {
        let column = scan.time_window_column.as_deref();
        let cut = column.map_or_else(|| "no time window".to_owned(), |column| format!("time window on {column}"));
        let text = format!("{cut}{}", extension(scan.extension));
        match sources.iter_mut().find(|(name, _)| *name == scan.source) {
            Some((_, texts)) => {
                texts.insert(text);
            }
            None => sources.push((scan.source.clone(), BTreeSet::from([text]))),
        }
    }
    sources.into_iter().map(|(name, texts)| (name, texts.into_iter().collect::<Vec<_>>().join("; "))).collect()
}

fn extension(extension: Extension) -> String {
    let span = |seconds: i64| match (seconds % 86_400, seconds % 3_600) {
        (0, _) => format!("{} d", seconds / 86_400),
        (_, 0) => format!("{} h", seconds / 3_600),
        _ => format!("{seconds} s"),
    };
    match (extension.before_seconds, extension.after_seconds) {
        (0, 0) => String::new(),
        (before, after) => format!(", extended {} before and {} after", span(before), span(after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(before: &str, after: &str) -> Comparison {
        let input = |sql: &str| QueryInput { sql: sql.to_owned(), ..QueryInput::default() };
        let now = "2026-03-18T09:00:00Z".parse().unwrap();
        compare((1, &input(before)), (2, &input(after)), Catalogue::standard(), now)
    }

    fn changed(before: &str, after: &str) -> Vec<String> {
        let line = |it: Difference| format!("{}: {} -> {}", it.what, it.before, it.after);
        compared(before, after).differences.into_iter().map(line).collect()
    }

    #[test]
    fn columns_grain_sources_and_levels_are_compared() {
        let before = "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY campaign";
        let after = "WITH a AS (SELECT campaign, advertiser, COUNT(DISTINCT user_id) AS n FROM \
                     TABLE(EXTEND_TIME_WINDOW('dsp_clicks', 'P14D', 'P0D')) GROUP BY 1, 2) SELECT campaign, advertiser, n \
                     FROM a";
        let found = changed(before, after);
        assert!(
            found.contains(&"A row stands for: each campaign -> each campaign, advertiser".to_owned()),
            "{found:?}"
        );
        assert!(found.iter().any(|it| it.starts_with("Column `advertiser`:  -> STRING, dimension")), "{found:?}");
        assert!(found.iter().any(|it| it.starts_with("Column `n`: LONG, metric")), "{found:?}");
        assert!(
            found.iter().any(|it| it.ends_with("time window on click_dt_utc, extended 14 d before and 0 d after")),
            "{found:?}"
        );
        assert!(
            found.iter().any(|it| it == "Source `dsp_impressions`: time window on impression_dt_utc -> "),
            "{found:?}"
        );
        assert_eq!(compared(before, after).same, "1 column");
    }

    #[test]
    fn another_way_to_write_the_same_is_no_difference() {
        let before = "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY campaign";
        let after = "-- faster\nSELECT i.campaign, SUM(i.impressions) AS n\nFROM dsp_impressions i GROUP BY 1";
        let comparison = compared(before, after);
        assert_eq!(comparison.differences, []);
        assert_eq!(comparison.same, "2 columns, what a row stands for, 1 source");
    }

    #[test]
    fn the_order_of_columns_and_parameters_count_too() {
        let found = changed(
            "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions WHERE campaign = {{c}} GROUP BY campaign",
            "SELECT SUM(impressions) AS n, campaign FROM dsp_impressions WHERE campaign IN ({{c}}) GROUP BY campaign",
        );
        assert_eq!(found, ["Order of columns: campaign, n -> n, campaign"]);
    }

    #[test]
    fn a_version_with_errors_is_named() {
        assert_eq!(compared("SELECT x FROM nothing", "SELECT campaign FROM dsp_impressions GROUP BY 1").broken, [1]);
        assert_eq!(compared("SELECT", "").broken, [1, 2]);
    }
}
