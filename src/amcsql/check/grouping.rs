//! Replaces references above a grouping by its keys and aggregates.

use crate::amcsql::codes;
use std::collections::HashSet;

use super::super::bound::{ColumnId, Expr, ExprKind, Relation, WindowCall};
use super::super::finding::{self, Finding};
use super::super::text::Span;
use super::binder::Binder;

/// What may be referenced above a grouping.
#[derive(Default)]
pub(super) struct Grouping {
    /// The keys: their expressions over the tables, and the resulting columns.
    pub(super) keys: Vec<(Expr, ColumnId)>,
    /// Columns of aggregates, window functions and exploded arrays.
    pub(super) computed: HashSet<ColumnId>,
}

impl<'a> Binder<'a> {
    /// Replaces every part of `expr` that is a key by the key's column, and reports columns that are neither in a key
    /// nor in an aggregate.
    pub(super) fn regroup(&mut self, expr: &mut Expr, grouping: &Grouping) {
        if let Some((_, id)) = grouping.keys.iter().find(|(key, _)| same(key, expr)) {
            expr.kind = ExprKind::Column(*id);
            return;
        }
        if let ExprKind::Column(id) = expr.kind {
            if !grouping.computed.contains(&id) && !grouping.keys.iter().any(|(_, key)| *key == id) {
                self.not_grouped(expr.span);
            }
            return;
        }
        for part in expr.parts_mut() {
            self.regroup(part, grouping);
        }
        if let Some(query) = expr.query_mut() {
            self.regroup_query(query, grouping);
        }
    }

    /// A subquery sees the groups of the enclosing query, not its single rows.
    fn regroup_query(&mut self, query: &mut Relation, grouping: &Grouping) {
        let mut stray = Vec::new();
        each_outer(query, &mut |id, span| {
            let key = grouping.keys.iter().find(|(key, _)| matches!(key.kind, ExprKind::Column(own) if own == *id));
            match key {
                Some((_, key)) => *id = *key,
                None if self.is_in_scope(*id) => stray.push(span),
                None => {}
            }
        });
        for span in stray {
            self.not_grouped(span);
        }
    }

    fn not_grouped(&mut self, span: Span) {
        let text = self.text_of(span).to_owned();
        let message = format!("`{text}` is neither in GROUP BY nor inside an aggregate such as SUM or MAX.");
        let amc = finding::located(&self.index, span, &format!("Expression '{text}' is not being grouped"));
        let because = self.wrong_key;
        self.report(Finding { because, ..Finding::error(codes::NOT_GROUPED, span, message, amc) });
    }

    pub(super) fn regroup_window(&mut self, call: &mut WindowCall, grouping: &Grouping) {
        for expr in call.exprs_mut() {
            self.regroup(expr, grouping);
        }
    }

    /// The author's text at a place.
    pub(super) fn text_of(&self, span: Span) -> &'a str {
        span.of(self.text)
    }
}

/// Calls `enter` for every column of an enclosing query that a subquery refers to.
fn each_outer(query: &mut Relation, enter: &mut impl FnMut(&mut ColumnId, Span)) {
    for expr in query.exprs_mut() {
        outer_in(expr, enter);
    }
    for input in query.inputs_mut() {
        each_outer(input, enter);
    }
}

fn outer_in(expr: &mut Expr, enter: &mut impl FnMut(&mut ColumnId, Span)) {
    let span = expr.span;
    if let ExprKind::Outer(id) = &mut expr.kind {
        enter(id, span);
    }
    for part in expr.parts_mut() {
        outer_in(part, enter);
    }
    if let Some(query) = expr.query_mut() {
        each_outer(query, enter);
    }
}

/// Whether two expressions are the same, regardless of their position. Subqueries never are.
pub(super) fn same(a: &Expr, b: &Expr) -> bool {
    a.data_type == b.data_type && same_kind(&a.kind, &b.kind)
}

fn same_list(a: &[Expr], b: &[Expr]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

fn same_option(a: Option<&Expr>, b: Option<&Expr>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => same(a, b),
        _ => false,
    }
}

fn same_kind(a: &ExprKind, b: &ExprKind) -> bool {
    use ExprKind as K;
    match (a, b) {
        (K::Column(a), K::Column(b)) | (K::Outer(a), K::Outer(b)) => a == b,
        (K::Literal(a), K::Literal(b)) => a == b,
        (K::WindowStart, K::WindowStart) | (K::WindowEnd, K::WindowEnd) => true,
        (K::Parameter(a), K::Parameter(b)) => a == b,
        (K::Cast { expr: a, .. }, K::Cast { expr: b, .. }) | (K::Not(a), K::Not(b)) | (K::Negate(a), K::Negate(b)) => {
            same(a, b)
        }
        (K::And(a), K::And(b)) | (K::Or(a), K::Or(b)) | (K::Array(a), K::Array(b)) => same_list(a, b),
        (K::Binary { op, left, right }, K::Binary { op: op_b, left: left_b, right: right_b }) => {
            op == op_b && same(left, left_b) && same(right, right_b)
        }
        (K::Is { expr, truth, negated }, K::Is { expr: b, truth: truth_b, negated: negated_b }) => {
            truth == truth_b && negated == negated_b && same(expr, b)
        }
        (
            K::Between { expr, low, high, negated },
            K::Between { expr: b, low: low_b, high: high_b, negated: negated_b },
        ) => negated == negated_b && same(expr, b) && same(low, low_b) && same(high, high_b),
        (K::InList { expr, list, negated }, K::InList { expr: b, list: list_b, negated: negated_b }) => {
            negated == negated_b && same(expr, b) && same_list(list, list_b)
        }
        (
            K::Like { expr, pattern, escape, negated },
            K::Like { expr: b, pattern: pattern_b, escape: escape_b, negated: negated_b },
        ) => negated == negated_b && escape == escape_b && same(expr, b) && same(pattern, pattern_b),
        (K::SimilarTo { expr, pattern, negated }, K::SimilarTo { expr: b, pattern: pattern_b, negated: negated_b }) => {
            negated == negated_b && same(expr, b) && same(pattern, pattern_b)
        }
        (K::Call { function, args }, K::Call { function: function_b, args: args_b }) => {
            function == function_b && same_list(args, args_b)
        }
        (K::NamedRow(a), K::NamedRow(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((name, a), (other, b))| name == other && same(a, b))
        }
        (
            K::Case { operand, branches, otherwise },
            K::Case { operand: operand_b, branches: branches_b, otherwise: otherwise_b },
        ) => {
            same_option(operand.as_deref(), operand_b.as_deref())
                && same_option(otherwise.as_deref(), otherwise_b.as_deref())
                && branches.len() == branches_b.len()
                && branches.iter().zip(branches_b).all(|((w, t), (w_b, t_b))| same(w, w_b) && same(t, t_b))
        }
        _ => false,
    }
}
