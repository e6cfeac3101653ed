//! Privacy rules: what a result may show, what may be compared with a literal, that rows are aggregated (AMC
//! documentation, aggregation thresholds).

use super::super::ast::{Body, ExprKind as Ast, Query};
use super::super::bound::{CommonId, Node, Output, Relation};
use super::super::catalogue::Threshold;
use super::super::finding::Level;
use super::super::text::Span;
use super::Purpose;
use super::binder::{Binder, Value};
use crate::amcsql::codes;

impl Binder<'_> {
    /// Reports a comparison of a protected value with one that depends on a literal.
    pub(super) fn no_literal(&mut self, a: &Value, b: &Value, span: Span) {
        for (guarded, other) in [(a, b), (b, a)] {
            if guarded.level.may_meet_literals() || !other.literal {
                continue;
            }
            let level = guarded.level.amc();
            let text: String = self.text_of(guarded.expr.span).chars().take(60).collect();
            let message = format!(
                "`{text}` has the aggregation threshold {level}, so it cannot be compared with a literal or a parameter. IS NULL, joins with other columns and COUNT work."
            );
            let amc = format!("Columns with the aggregation threshold {level} cannot be compared with a literal");
            self.error(codes::LITERAL_COMPARISON, span, message, &amc);
            return;
        }
    }

    /// The rules for the result as a whole.
    pub(super) fn final_rules(&mut self, query: &Query, relation: &Relation, outputs: &[Output]) {
        match self.context.purpose {
            Purpose::Audience => self.audience_output(outputs, query.span),
            Purpose::Reporting if self.context.controls => {
                self.hidden_columns(outputs);
                self.hidden_keys(query);
                // OK because a mistyped SUM isn't a missing one: other errors come first.
                let refused = self.findings.iter().any(|it| it.level == Level::Error);
                if !refused && !self.aggregates(relation) {
                    let place = query.body.span();
                    let message = "AMC returns aggregated rows only. Add SUM, COUNT and the like with GROUP BY, or SELECT DISTINCT.";
                    self.error(
                        codes::NOT_AGGREGATED,
                        place,
                        message,
                        "SQL query was invalid: the query must contain at least one aggregation",
                    );
                }
            }
            Purpose::Reporting => {}
        }
    }

    fn audience_output(&mut self, outputs: &[Output], span: Span) {
        if let [only] = outputs
            && only.name == "user_id"
        {
            return;
        }
        if outputs.is_empty() {
            return;
        }
        let place = outputs
            .iter()
            .find(|it| it.name != "user_id")
            .and_then(|it| self.columns.get(it.column.index()))
            .map_or(span, |it| it.span);
        let message = "An audience query gives one column, user_id, and nothing else.";
        self.error(codes::AUDIENCE_OUTPUT, place, message, "Audience queries must select user_id only");
    }

    fn hidden_columns(&mut self, outputs: &[Output]) {
        for output in outputs {
            let Some(column) = self.columns.get(output.column.index()) else { continue };
            if column.threshold.may_be_shown() {
                continue;
            }
            let (level, span) = (column.threshold.amc(), column.span);
            let message = format!(
                "`{}` is made of a column with the aggregation threshold {level}, which a result never shows. COUNT or COUNT(DISTINCT …) of it is possible.",
                output.name
            );
            let amc =
                format!("Column '{}' has the aggregation threshold {level} and cannot be in the output", output.name);
            self.error(codes::HIDDEN_COLUMN, span, message, &amc);
        }
    }

    /// Columns that are never shown may not group or order the final rows either.
    fn hidden_keys(&mut self, query: &Query) {
        let Body::Select(select) = &query.body else { return };
        let names = select.group_by.iter().flatten().filter(|it| matches!(it.kind, Ast::Name(_))).map(|it| it.span);
        let hidden: Vec<(Span, Threshold)> = names
            .filter_map(|span| {
                let column = self.columns.iter().find(|it| it.span == span)?;
                (!column.threshold.may_be_shown()).then_some((span, column.threshold))
            })
            .collect();
        for (span, level) in hidden {
            let level = level.amc();
            let message = format!(
                "The final rows cannot be grouped by a column with the aggregation threshold {level}. Group by it in a WITH."
            );
            let amc = format!("Columns with the aggregation threshold {level} cannot be in the final GROUP BY");
            self.error(codes::HIDDEN_KEY, span, message, &amc);
        }
    }

    /// Whether the rows of `relation` are aggregated, or come from literals only.
    fn aggregates(&self, relation: &Relation) -> bool {
        let mut known = Vec::with_capacity(self.commons.len());
        for common in &self.commons {
            // OK because a common table expression only uses earlier ones, which are known by then.
            known.push(aggregated(&common.relation, &known));
        }
        aggregated(relation, &known)
    }
}

fn aggregated(relation: &Relation, commons: &[bool]) -> bool {
    let of = |id: &CommonId| commons.get(id.index()).copied().unwrap_or(true);
    match &relation.node {
        Node::Scan(_) => false,
        Node::Common { common, .. } => of(common),
        Node::One | Node::Values { .. } | Node::Aggregate(_) | Node::Distinct { .. } => true,
        Node::Project { input, .. }
        | Node::Filter { input, .. }
        | Node::Window { input, .. }
        | Node::Sort { input, .. }
        | Node::Limit { input, .. }
        | Node::Explode { input, .. } => aggregated(input, commons),
        Node::Join(join) => {
            let (left, right) = (aggregated(&join.left, commons), aggregated(&join.right, commons));
            left && right || (left != right && reads_aggregate(&join.left, &join.right, commons))
        }
        Node::Set { inputs, all, .. } => !all || inputs.iter().all(|it| aggregated(it, commons)),
    }
}

/// Whether one side of a join is really aggregated, instead of being literal rows.
fn reads_aggregate(left: &Relation, right: &Relation, commons: &[bool]) -> bool {
    let text = |it: &Relation| matches!(it.node, Node::One | Node::Values { .. });
    (aggregated(left, commons) && !text(left)) || (aggregated(right, commons) && !text(right))
}
