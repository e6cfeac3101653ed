//! Explains privacy: for each column of a result the path from the columns of data sources, its level, and what to
//! change.

use std::collections::HashMap;

use serde::Serialize;

use super::bound::{ColumnId, Expr, Node, Query, Relation};
use super::catalogue::Threshold;
use super::text::Span;

/// One column of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputPrivacy {
    /// Its name in the result file.
    pub name: String,
    /// Its level: the strictest of the columns it was computed from.
    pub level: Threshold,
    /// Required users for a row; `None` if it can never be shown.
    pub users: Option<u32>,
    /// The columns of data sources it was computed from, the strictest first.
    pub paths: Vec<Path>,
    /// What to change so that fewer rows are removed; empty if nothing can be gained.
    pub advice: String,
}

/// The path of a source column to a result column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Path {
    /// The data source, in lower case.
    pub source: String,
    pub column: String,
    pub level: Threshold,
    /// Its names along the path, from the source to the result, without consecutive duplicates.
    pub steps: Vec<Step>,
}

/// A column along the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub name: String,
    /// Its position in the text.
    pub span: Span,
}

/// Maximum number of paths of one column.
const MOST_PATHS: usize = 20;

/// Maximum steps of a path; more are omitted in the middle.
const MOST_STEPS: usize = 12;

/// The privacy of each result column of `query`, in order.
pub fn privacy_paths(query: &Query) -> Vec<OutputPrivacy> {
    let mut made = HashMap::new();
    for common in &query.commons {
        gather(&common.relation, &mut made);
    }
    gather(&query.root, &mut made);
    let mut sources = HashMap::new();
    for scan in &query.scans {
        for (id, name) in &scan.columns {
            sources.insert(*id, (scan.source.as_str(), name.as_str()));
        }
    }
    let walk = Walk { query, made: &made, sources: &sources };
    query.outputs.iter().map(|output| walk.output(&output.name, output.column)).collect()
}

/// Which columns each column is computed from. Columns of counts have no relevant entry: they have no level.
fn gather(relation: &Relation, made: &mut HashMap<ColumnId, Vec<ColumnId>>) {
    for input in relation.inputs() {
        gather(input, made);
    }
    for expr in relation.exprs() {
        inner_queries(expr, made);
    }
    match &relation.node {
        Node::Project { items, .. } => items.iter().for_each(|item| note(item.id, [&item.expr], made)),
        Node::Common { columns, .. } => columns.iter().for_each(|(new, old)| made.entry(*new).or_default().push(*old)),
        Node::Aggregate(aggregate) => {
            aggregate.groups.iter().for_each(|item| note(item.id, [&item.expr], made));
            aggregate.calls.iter().for_each(|call| note(call.id, call.args.iter().chain(&call.filter), made));
        }
        Node::Window { calls, .. } => calls.iter().for_each(|call| note(call.id, call.exprs(), made)),
        Node::Explode { array, id, .. } => note(*id, [array], made),
        Node::Set { inputs, columns, .. } => {
            for input in inputs {
                if let Node::Project { items, .. } = &input.node {
                    for (column, item) in columns.iter().zip(items) {
                        made.entry(*column).or_default().push(item.id);
                    }
                }
            }
        }
        _ => {}
    }
}

fn inner_queries(expr: &Expr, made: &mut HashMap<ColumnId, Vec<ColumnId>>) {
    if let Some(query) = expr.query() {
        gather(query, made);
    }
    expr.parts().into_iter().for_each(|part| inner_queries(part, made));
}

fn note<'e>(id: ColumnId, exprs: impl IntoIterator<Item = &'e Expr>, made: &mut HashMap<ColumnId, Vec<ColumnId>>) {
    let mut from = Vec::new();
    exprs.into_iter().for_each(|expr| columns_of(expr, &mut from));
    made.entry(id).or_default().extend(from);
}

fn columns_of(expr: &Expr, found: &mut Vec<ColumnId>) {
    use super::bound::ExprKind as K;
    if let K::Column(id) | K::Outer(id) = expr.kind
        && !found.contains(&id)
    {
        found.push(id);
    }
    expr.parts().into_iter().for_each(|part| columns_of(part, found));
}

struct Walk<'q> {
    query: &'q Query,
    made: &'q HashMap<ColumnId, Vec<ColumnId>>,
    sources: &'q HashMap<ColumnId, (&'q str, &'q str)>,
}

impl Walk<'_> {
    fn output(&self, name: &str, id: ColumnId) -> OutputPrivacy {
        let level = self.query.column(id).threshold;
        let mut paths = Vec::new();
        let mut seen = std::collections::HashSet::new();
        self.follow(id, &mut vec![self.step(name.to_owned(), id)], &mut seen, &mut paths);
        // OK because stricter columns than the result were counted or compared along the path, and no longer affect
        // it.
        paths.retain(|path| path.level <= level);
        paths.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| (&a.source, &a.column).cmp(&(&b.source, &b.column))));
        paths.truncate(MOST_PATHS);
        let advice = advice(level, &paths);
        OutputPrivacy { name: name.to_owned(), level, users: level.users(), paths, advice }
    }

    fn step(&self, name: String, id: ColumnId) -> Step {
        Step { name, span: self.query.column(id).span }
    }

    fn follow(
        &self,
        id: ColumnId,
        way: &mut Vec<Step>,
        seen: &mut std::collections::HashSet<ColumnId>,
        paths: &mut Vec<Path>,
    ) {
        // OK because a column that was reached on another path has reported its sources there.
        if !seen.insert(id) || paths.len() > 4 * MOST_PATHS {
            return;
        }
        if let Some((source, column)) = self.sources.get(&id) {
            let mut steps: Vec<Step> = way.iter().rev().cloned().collect();
            steps.dedup_by(|a, b| a.name.eq_ignore_ascii_case(&b.name));
            if steps.len() > MOST_STEPS {
                steps.drain(MOST_STEPS / 2..steps.len() - MOST_STEPS / 2);
            }
            let level = self.query.column(id).threshold;
            paths.push(Path { source: (*source).to_owned(), column: (*column).to_owned(), level, steps });
            return;
        }
        for from in self.made.get(&id).into_iter().flatten() {
            let name = self.query.column(*from).name.clone();
            // OK because a key or an aggregate is named by its text, such as `1` or `SUM(x)`, which isn't useful as a
            // step.
            let is_step = super::template::is_name(&name);
            if is_step {
                way.push(self.step(name, *from));
            }
            self.follow(*from, way, seen, paths);
            if is_step {
                way.pop();
            }
        }
    }
}

fn advice(level: Threshold, paths: &[Path]) -> String {
    let strictest: Vec<&str> =
        paths.iter().filter(|path| path.level == level).map(|path| path.column.as_str()).take(3).collect();
    let names = strictest.join(", ");
    match level {
        Threshold::None | Threshold::Low => String::new(),
        _ if strictest.is_empty() => String::new(),
        Threshold::Medium | Threshold::High => format!(
            "Rows with fewer than 100 users are removed because of {names}. Leave it out, or use a coarser column: a day for a time, a state for a postal code."
        ),
        Threshold::VeryHigh | Threshold::Internal => {
            format!("{names} can't be shown. Count it with COUNT(DISTINCT …), or use it inside a WITH only.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Catalogue;
    use super::super::{Context, check};
    use super::*;

    fn paths(text: &str) -> Vec<OutputPrivacy> {
        let checked = check(text, &Context::reporting(Catalogue::standard()));
        privacy_paths(&checked.query.expect("it is right"))
    }

    #[test]
    fn a_column_leads_back_to_its_source_through_common_tables() {
        let found = paths(
            "WITH p AS (SELECT UPPER(postal_code) AS place, campaign, impressions FROM dsp_impressions), \
             q AS (SELECT place AS region, campaign, SUM(impressions) AS n FROM p GROUP BY 1, 2) \
             SELECT region, campaign, n, COUNT(1) AS rows_of FROM q GROUP BY 1, 2, 3",
        );
        let region = &found[0];
        assert_eq!((region.level, region.users), (Threshold::High, Some(100)));
        assert_eq!(
            (region.paths[0].source.as_str(), region.paths[0].column.as_str()),
            ("dsp_impressions", "postal_code")
        );
        let names: Vec<&str> = region.paths[0].steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["postal_code", "place", "region"]);
        assert!(region.advice.contains("postal_code"), "{}", region.advice);
        assert_eq!((found[1].level, found[1].advice.as_str()), (Threshold::Low, ""));
        assert_eq!((found[2].paths[0].column.as_str(), found[3].paths.len()), ("impressions", 0));
    }

    #[test]
    fn what_is_counted_needs_nobody_and_both_parts_of_a_union_are_reported() {
        let found = paths(
            "SELECT campaign AS c, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY 1 \
             UNION ALL SELECT advertiser, COUNT(DISTINCT user_id) FROM dsp_clicks GROUP BY 1",
        );
        let columns: Vec<&str> = found[0].paths.iter().map(|path| path.column.as_str()).collect();
        assert_eq!(columns, ["advertiser", "campaign"]);
        assert_eq!((found[1].level, found[1].users, found[1].paths.len()), (Threshold::None, Some(1), 0));
    }
}
