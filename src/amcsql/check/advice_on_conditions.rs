//! Warnings about conditions and joins that run, but probably don't do what was intended, or are slow.

use super::super::ast::{Expr as Written, ExprKind as Ast};
use super::super::bound::{ColumnId, Expr, ExprKind, JoinKind, Literal, Node, Relation, Truth};
use super::super::codes;
use super::super::finding::{Finding, Fix};
use super::super::text::Span;
use super::binder::{Binder, Value};
use super::scope::{Provider, Scope};
use super::select::Clause;

impl Binder<'_> {
    /// A pattern of `LIKE` with the syntax of `SIMILAR TO`, or vice versa.
    pub(super) fn advise_on_pattern(&mut self, pattern: &Value, is_like: bool) {
        let ExprKind::Literal(Literal::String(text)) = &pattern.expr.kind else { return };
        let expression = text.starts_with('^') || text.contains(".*") || text.starts_with("(?");
        let message = if is_like && expression && !text.contains('%') {
            "LIKE knows % and _ only, so this looks for the signs themselves. Write SIMILAR TO for a regular expression."
        } else if !is_like && text.contains('%') && !text.contains(['.', '^', '$', '[', '(']) {
            "SIMILAR TO takes a Java regular expression that may match anywhere, in which % is a percent sign. Write LIKE, or .* for anything."
        } else if !is_like && text.starts_with("(?!)") {
            "(?!) matches nothing. The flag that ignores case is (?i)."
        } else {
            return;
        };
        self.warning(codes::PATTERN, pattern.expr.span, message);
    }

    /// `NOT IN` with a subquery whose column may be NULL: a single NULL makes the result empty.
    pub(super) fn advise_on_not_in(&mut self, column: &Value, relation: &Relation, span: Span) {
        let ExprKind::Column(id) = column.expr.kind else { return };
        if self.may_be_null(id, relation) {
            let message = "If this subquery gives one NULL, NOT IN is true for no row. Add WHERE … IS NOT NULL, or use LEFT JOIN … IS NULL.";
            self.warning(codes::NOT_IN_NULL, span, message);
        }
    }

    /// Whether a column from a data source was never checked for NULL.
    pub(super) fn may_be_null(&self, id: ColumnId, relation: &Relation) -> bool {
        match &relation.node {
            Node::Filter { input, predicate } => !tests_null(predicate, id) && self.may_be_null(id, input),
            Node::Project { input, items } => match items.iter().find(|item| item.id == id).map(|item| &item.expr.kind)
            {
                Some(ExprKind::Column(from)) => self.may_be_null(*from, input),
                _ => false,
            },
            Node::Aggregate(aggregate) => {
                match aggregate.groups.iter().find(|it| it.id == id).map(|it| &it.expr.kind) {
                    Some(ExprKind::Column(from)) => self.may_be_null(*from, &aggregate.input),
                    _ => false,
                }
            }
            Node::Distinct { input } | Node::Sort { input, .. } | Node::Limit { input, .. } => {
                self.may_be_null(id, input)
            }
            Node::Common { common, columns } => {
                let from = columns.iter().find(|(new, _)| *new == id).map(|(_, from)| *from);
                let common = self.commons.get(common.index());
                from.zip(common).is_some_and(|(from, common)| self.may_be_null(from, &common.relation))
            }
            Node::Scan(_) => true,
            _ => false,
        }
    }

    /// `ARRAY_CONTAINS(ARRAY['a', 'b'], x)` in `WHERE`, evaluated for every row.
    pub(super) fn advise_on_array(&mut self, array: &Value, element: &Value, span: Span) {
        let ExprKind::Array(items) = &array.expr.kind else { return };
        let literals = items.iter().all(|it| matches!(it.kind, ExprKind::Literal(_)));
        let in_where = self.selects.last().is_some_and(|it| it.clause == Clause::Where);
        if !(in_where && literals && matches!(element.expr.kind, ExprKind::Column(_))) {
            return;
        }
        let list: Vec<&str> = items.iter().map(|it| self.text_of(it.span)).collect();
        let replacement = format!("{} IN ({})", self.text_of(element.expr.span), list.join(", "));
        let fix = Fix { sure: false, ..Fix::sure(span, replacement, "Change to IN (…)") };
        let message = "This function is computed for every row. IN (…) with the same values is faster.";
        self.report(Finding::info(codes::ARRAY_FILTER, span, message).with_fix(Some(fix)));
    }

    /// Joins that compare every row with every other.
    pub(super) fn advise_on_kind(&mut self, kind: JoinKind, condition: Option<&Written>, keyword: Span) {
        if kind == JoinKind::Full {
            let message = "A FULL JOIN of large tables is slow. Stack both with UNION ALL and aggregate once.";
            self.info(codes::FULL_JOIN, keyword, message);
        }
        if let Some(Written { kind: Ast::Logical { and: false, .. }, span, .. }) = condition {
            let message =
                "With OR in ON, every pair of rows is compared. Join once for each key and UNION ALL the results.";
            self.info(codes::OR_IN_ON, *span, message);
        }
    }

    /// Two event tables without a condition between them.
    pub(super) fn advise_on_product(&mut self, scope: &Scope, before: usize, span: Span) {
        let events = |it: &Provider| match it {
            Provider::Source(scan) => {
                self.readings.get(scan.index()).is_some_and(|it| it.source.time_window_column.is_some())
            }
            _ => false,
        };
        let (left, right) = scope.tables.split_at(before.min(scope.tables.len()));
        if left.iter().any(|it| events(&it.provider)) && right.iter().any(|it| events(&it.provider)) {
            let message = "This joins every event with every event of the other table. Join on a key, or aggregate both sides first.";
            self.warning(codes::CROSS_JOIN, span, message);
        }
    }

    /// A literal date compared with the column of the time window.
    pub(super) fn advise_on_date(&mut self, a: &Value, b: &Value, span: Span) {
        for (column, literal) in [(a, b), (b, a)] {
            let ExprKind::Column(id) = column.expr.kind else { continue };
            if !is_fixed_moment(&literal.expr) || !column.expr.data_type.is_temporal() {
                continue;
            }
            let reading = self.readings.iter().find(|it| it.columns.iter().any(|(own, _)| *own == id));
            let Some(reading) = reading.filter(|it| it.source.time_window_column.is_some()) else { continue };
            let name =
                reading.columns.iter().find(|(own, _)| *own == id).map(|(_, name)| name.as_str()).unwrap_or_default();
            let stem =
                |name: &str| name.trim_end_matches("_utc").trim_end_matches("_dt").trim_end_matches("_date").to_owned();
            let cut = reading.source.time_window_column.as_deref().unwrap_or_default();
            if stem(name) == stem(cut) {
                let message = "The time window of the run cuts these events already. A fixed date leaves nothing in another window: remove it, or make it a parameter.";
                self.info(codes::FIXED_DATE, span, message);
                return;
            }
        }
    }
}

/// Whether a predicate has, among its mandatory parts, a check that the column isn't NULL.
fn tests_null(predicate: &Expr, id: ColumnId) -> bool {
    match &predicate.kind {
        ExprKind::And(parts) => parts.iter().any(|part| tests_null(part, id)),
        ExprKind::Is { expr, truth: Truth::Null, negated: true } => {
            matches!(expr.kind, ExprKind::Column(own) if own == id)
        }
        // OK because a comparison that is true has no NULL on either side.
        ExprKind::Binary { op, left, right } if op.is_comparison() => {
            [left, right].iter().any(|it| matches!(it.kind, ExprKind::Column(own) if own == id))
        }
        ExprKind::InList { expr, negated: false, .. } => matches!(expr.kind, ExprKind::Column(own) if own == id),
        _ => false,
    }
}

/// A literal date or time; a text is parsed as one by the comparison.
fn is_fixed_moment(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Date(_) | Literal::Timestamp(_)) => true,
        ExprKind::Literal(Literal::String(text)) => text.starts_with(|it: char| it.is_ascii_digit()),
        ExprKind::Cast { expr, .. } => is_fixed_moment(expr),
        _ => false,
    }
}
