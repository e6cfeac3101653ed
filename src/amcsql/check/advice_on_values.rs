//! Remarks on amounts of money, divisions and missing users: queries that run, and give numbers that nobody meant.

use super::super::bound::{BinaryOp, ColumnId, Expr, ExprKind, Literal, Node, Relation};
use super::super::codes;
use super::super::finding::{Finding, Fix, Level};
use super::super::functions::AggregateFunction;
use super::super::text::Span;
use super::binder::{Binder, Unit, Value};

impl Unit {
    /// What amounts in it are said to be in.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Microcents => "in microcents",
            Self::Millicents => "in millicents",
            Self::Currency => "in the currency",
        }
    }

    /// What an amount is divided by to be in the currency.
    pub(super) fn divisor(self) -> i64 {
        match self {
            Self::Microcents => 100_000_000,
            Self::Millicents => 100_000,
            Self::Currency => 1,
        }
    }
}

/// A value without case and signs: *Sponsored Products* is written `sponsored_products`.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The unit of a quotient or of a sum.
pub(super) fn unit_of(op: BinaryOp, a: &Value, b: &Value) -> Option<Unit> {
    match op {
        BinaryOp::Plus | BinaryOp::Minus if a.unit == b.unit => a.unit,
        BinaryOp::Divide => a.unit.filter(|unit| round_number(&b.expr) == Some(unit.divisor())).map(|_| Unit::Currency),
        _ => None,
    }
}

/// The unit of a column that is made of these: theirs, where they agree; what is written out, such as a zero, has none of its own.
pub(super) fn common_unit(values: &[Value]) -> Option<Unit> {
    let unit = values.iter().find_map(|it| it.unit)?;
    let fits = |it: &Value| it.unit == Some(unit) || (it.unit.is_none() && it.literal && !it.metric);
    values.iter().all(fits).then_some(unit)
}

impl Binder<'_> {
    /// Costs in microcents or millicents divided by what fits the other, sales divided as if they were costs, and amounts in
    /// different units put together.
    pub(super) fn advise_on_arithmetic(&mut self, op: BinaryOp, a: &Value, b: &Value, span: Span) {
        if let (Some(left), Some(right)) = (a.unit, b.unit)
            && left != right
            && matches!(op, BinaryOp::Plus | BinaryOp::Minus | BinaryOp::Divide)
        {
            let message = format!(
                "The first amount is {}, the second {}. Bring both into the currency first: divide microcents by 100000000, millicents by 100000.",
                left.label(),
                right.label()
            );
            self.warning(codes::COST_UNIT, span, message);
            return;
        }
        if op != BinaryOp::Divide {
            return;
        }
        self.advise_on_divisor(&b.expr);
        let (Some(unit), Some(divisor)) = (a.unit, round_number(&b.expr)) else { return };
        // OK because only powers of ten that people take for the unit are remarked on.
        if divisor == unit.divisor() || ![100_000, 1_000_000, 10_000_000, 100_000_000].contains(&divisor) {
            return;
        }
        let message = match unit {
            Unit::Currency => "This amount is in the currency already: don't divide it.".to_owned(),
            unit => format!("This cost is {}: divide by {} for the currency.", unit.label(), unit.divisor()),
        };
        self.warning(codes::COST_UNIT, span, message);
    }

    /// Amounts in different units in one column of a set operation.
    pub(super) fn advise_on_units(&mut self, values: &[Value], sign: &str) {
        let mut known: Option<Unit> = None;
        for value in values {
            let Some(unit) = value.unit else { continue };
            let first = *known.get_or_insert(unit);
            if first != unit {
                let message = format!(
                    "This column of the {sign} is {} here and {} in the part before. Bring both into the currency first.",
                    unit.label(),
                    first.label()
                );
                self.warning(codes::COST_UNIT, value.expr.span, message);
                return;
            }
        }
    }

    /// A divisor that is zero, or that may be.
    fn advise_on_divisor(&mut self, divisor: &Expr) {
        if is_zero(divisor) {
            let message = "This divides by zero, which has no result.";
            self.warning(codes::DIVISION_BY_ZERO, divisor.span, message);
        } else if self.guards == 0
            && self.may_be_zero(divisor)
            // OK because one hint says it for all divisions of a text.
            && !self.findings.iter().any(|it| it.code == codes::UNGUARDED_DIVISION.definition.name)
        {
            let text = super::literals::short(self.text_of(divisor.span));
            let message = format!("If `{text}` is 0, this has no result. NULLIF({text}, 0) makes that NULL for sure.");
            self.info(codes::UNGUARDED_DIVISION, divisor.span, message);
        }
    }

    /// Whether an expression is a plain amount that may be zero; what a function made is taken to be thought of.
    fn may_be_zero(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Column(id) => {
                let state = self.selects.last();
                let is_window = state.is_some_and(|it| it.windows.iter().any(|call| call.id == *id));
                let call = state.and_then(|it| it.aggregates.iter().find(|call| call.id == *id));
                // OK because a group has rows, so counting them gives no zero.
                let is_count = call.is_some_and(|call| call.function == AggregateFunction::Count);
                !is_window && !is_count
            }
            ExprKind::Cast { expr, .. } => self.may_be_zero(expr),
            ExprKind::Binary { op: BinaryOp::Times, left, right } => self.may_be_zero(left) || self.may_be_zero(right),
            _ => false,
        }
    }

    /// A text that a column's documented values write in another way; for kinds of user ids, any other text.
    pub(super) fn advise_on_known(&mut self, a: &Value, b: &Value) {
        for (column, literal) in [(a, b), (b, a)] {
            let (ExprKind::Column(id), ExprKind::Literal(Literal::String(text))) =
                (&column.expr.kind, &literal.expr.kind)
            else {
                continue;
            };
            let reading = self.readings.iter().find(|it| it.columns.iter().any(|(own, _)| own == id));
            let name = reading.and_then(|it| it.columns.iter().find(|(own, _)| own == id)).map(|(_, name)| name);
            let known = reading.zip(name).and_then(|(reading, name)| reading.source.column(name));
            let Some(known) = known else { continue };
            let values: Vec<&str> = known.values.iter().filter_map(serde_json::Value::as_str).collect();
            let meant = values.iter().find(|value| plain(value) == plain(text));
            let is_closed = known.name == "user_id_type";
            if values.contains(&text.as_str()) || values.is_empty() || (meant.is_none() && !is_closed) {
                continue;
            }
            let (said, fix) = match meant {
                Some(meant) => {
                    let written = format!("'{}'", meant.replace('\'', "''"));
                    let fix = Fix::sure(literal.expr.span, written, format!("Change to '{meant}'"));
                    (format!("It has '{meant}'."), Some(Fix { sure: false, ..fix }))
                }
                None => (format!("It has '{}'.", values.join("', '")), None),
            };
            let shown = super::literals::short(text);
            let message = format!("`{}` never has the value '{shown}', so no row fits. {said}", known.name);
            let finding = Finding::warning(codes::UNKNOWN_VALUE, literal.expr.span, message);
            self.report(finding.with_fix(fix));
            return;
        }
    }

    /// Groups and joins by a user who may be missing: all events without one count as one user, and meet nobody in a join.
    pub(super) fn advise_on_users(&mut self, root: &Relation) {
        // OK because a refused query, and a join that multiplies, have more to be told first.
        let is_first = |it: &Finding| it.level == Level::Error || it.code == codes::JOIN_MULTIPLIES.definition.name;
        if self.findings.iter().any(is_first) {
            return;
        }
        let mut found = Vec::new();
        for common in &self.commons {
            self.users_in(&common.relation, &mut found);
        }
        self.users_in(root, &mut found);
        for (span, message) in found {
            self.info(codes::MISSING_USER, span, message);
        }
    }

    fn users_in(&self, relation: &Relation, found: &mut Vec<(Span, &'static str)>) {
        match &relation.node {
            Node::Aggregate(aggregate) => {
                let key = aggregate.groups.iter().find(|key| self.is_missing_user(&key.expr, &aggregate.input));
                if let Some(key) = key {
                    let message = "Events without a known user have NULL here, and all of them become one group. Add WHERE user_id IS NOT NULL.";
                    found.push((key.expr.span, message));
                }
            }
            Node::Join(join) => {
                let parts = match join.on.as_ref().map(|on| &on.kind) {
                    Some(ExprKind::And(parts)) => parts.iter().collect(),
                    _ => join.on.iter().collect::<Vec<_>>(),
                };
                let misses = |part: &&Expr| {
                    let ExprKind::Binary { op: BinaryOp::Eq, left, right } = &part.kind else { return false };
                    [left, right]
                        .into_iter()
                        .all(|side| self.is_missing_user(side, &join.left) || self.is_missing_user(side, &join.right))
                };
                if let Some(part) = parts.into_iter().find(misses) {
                    let message = "Events without a known user have NULL on both sides, and meet nobody in a join. Add user_id IS NOT NULL before it, which makes it faster.";
                    found.push((part.span, message));
                }
            }
            _ => {}
        }
        relation.inputs().into_iter().for_each(|input| self.users_in(input, found));
    }

    /// Whether it is the user of an event, and may be NULL as `relation` gives it.
    fn is_missing_user(&self, expr: &Expr, relation: &Relation) -> bool {
        let ExprKind::Column(id) = expr.kind else { return false };
        let is_user = self.columns.get(id.index()).is_some_and(|column| column.name.eq_ignore_ascii_case("user_id"));
        is_user && self.gives(relation, id) && self.may_be_null(id, relation)
    }

    /// Whether a column is one of a relation's.
    fn gives(&self, relation: &Relation, id: ColumnId) -> bool {
        match &relation.node {
            Node::Scan(scan) => {
                self.readings.get(scan.index()).is_some_and(|it| it.columns.iter().any(|(own, _)| *own == id))
            }
            Node::Common { columns, .. } => columns.iter().any(|(own, _)| *own == id),
            Node::Project { items, .. } => items.iter().any(|item| item.id == id),
            Node::Aggregate(aggregate) => aggregate.groups.iter().any(|key| key.id == id),
            Node::Filter { input, .. }
            | Node::Distinct { input }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. } => self.gives(input, id),
            _ => false,
        }
    }
}

fn is_zero(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Integer(value)) => *value == 0,
        ExprKind::Literal(Literal::Double(value)) => *value == 0.0,
        ExprKind::Literal(Literal::Decimal { unscaled, .. }) => *unscaled == 0,
        ExprKind::Cast { expr, .. } | ExprKind::Negate(expr) => is_zero(expr),
        _ => false,
    }
}

fn round_number(expr: &Expr) -> Option<i64> {
    match expr.kind {
        ExprKind::Literal(Literal::Integer(value)) => Some(value),
        ExprKind::Literal(Literal::Double(value)) if (1.0..1e15).contains(&value) => Some(value as i64),
        ExprKind::Literal(Literal::Decimal { unscaled, scale: 0 }) => i64::try_from(unscaled).ok(),
        _ => None,
    }
}
