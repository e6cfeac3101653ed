//! Binds operators: comparisons with the rule on literals, arithmetic with its result types.

use super::super::ast::{Expr, ExprKind as Ast, Query};
use super::super::bound::{BinaryOp, ExprKind, Literal};
use super::super::catalogue::{DataType, Threshold};
use super::super::finding::Level;
use super::super::text::Span;
use super::advice_on_values::unit_of;
use super::binder::{Binder, Value};
use super::coercion;
use super::literals;
use crate::amcsql::codes;

/// The size of an IN list above which a common table expression is faster.
const MANY: usize = 1_000;

/// The level of a label about how values compare. Identities compared with each other don't affect it: it has the
/// level of the other values. A single identity among other values keeps its own.
pub(super) fn label_level<'v>(values: impl IntoIterator<Item = &'v Value>) -> Threshold {
    let (mut shown, mut hidden, mut identities) = (Threshold::None, Threshold::None, 0);
    for value in values {
        if value.level.may_be_shown() {
            shown = shown.max(value.level);
        } else {
            hidden = hidden.max(value.level);
            identities += 1;
        }
    }
    if identities > 1 { shown } else { shown.max(hidden) }
}

impl Binder<'_> {
    pub(super) fn comparison(&mut self, op: BinaryOp, a: Value, b: Value, span: Span) -> Value {
        let mut whole = Value::unknown(span).fed_by([&a, &b]);
        whole.level = label_level([&a, &b]);
        let Some(kind) = self.compared(&a, &b, op.sign(), span) else {
            return Value::new(ExprKind::Literal(Literal::Null), DataType::Boolean, span);
        };
        let (left, right) = (Box::new(self.coerced(a, &kind).expr), Box::new(self.coerced(b, &kind).expr));
        Value::new(ExprKind::Binary { op, left, right }, DataType::Boolean, span).fed_by([&whole]).described()
    }

    /// The type in which two values are compared; reports if there is none, or if a protected value is compared with
    /// a literal.
    pub(super) fn compared(&mut self, a: &Value, b: &Value, sign: &str, span: Span) -> Option<DataType> {
        self.no_literal(a, b, span);
        let (left, right) = (&a.expr.data_type, &b.expr.data_type);
        let kind = coercion::comparable(left, right);
        if kind.is_none() {
            let message = format!("{left} and {right} cannot be compared. Cast one of them.");
            let amc = format!(
                "Cannot apply '{sign}' to arguments of type '<{}> {sign} <{}>'",
                left.calcite(),
                right.calcite()
            );
            self.error(codes::OPERANDS, span, message, &amc);
        } else {
            self.readable(a, b);
            self.readable(b, a);
            self.advise_on_known(a, b);
            self.advise_on_date(a, b, span);
        }
        kind
    }

    /// Warns about a text that is compared with a number or a date and can't be parsed as one: no row can match.
    fn readable(&mut self, written: &Value, other: &Value) {
        let ExprKind::Literal(Literal::String(text)) = &written.expr.kind else { return };
        if self.context.is_authored && text.contains("{{") {
            // OK because the parameter in quotes is reported as such.
            return;
        }
        let kind = &other.expr.data_type;
        let reads = match kind {
            it if it.is_numeric() => text.trim().parse::<f64>().is_ok(),
            DataType::Date | DataType::Timestamp => literals::reads_as_moment(text),
            DataType::Boolean => matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "false"),
            _ => true,
        };
        if reads {
            return;
        }
        let (shown, column) = (literals::short(text), self.text_of(other.expr.span));
        let hint = if column.to_ascii_lowercase().ends_with("campaign_id") {
            " The ids of sponsored ads are texts: compare campaign_id_string."
        } else if kind.is_temporal() {
            " Write a day as '2026-01-31'."
        } else {
            ""
        };
        let message = format!(
            "The text '{shown}' does not read as {}, the type of `{}`, so no row fits.{hint}",
            kind.to_string().to_uppercase(),
            literals::short(column)
        );
        self.warning(codes::TEXT_AS_VALUE, written.expr.span, message);
    }

    pub(super) fn between(&mut self, expr: &Expr, low: &Expr, high: &Expr, negated: bool, span: Span) -> Value {
        let (value, low, high) = (self.expr(expr), self.expr(low), self.expr(high));
        let whole = Value::unknown(span).fed_by([&value, &low, &high]);
        let first = self.compared(&value, &low, "BETWEEN", span);
        let second = self.compared(&value, &high, "BETWEEN", span);
        let kind = first.zip(second).and_then(|(a, b)| coercion::comparable(&a, &b)).unwrap_or(DataType::Null);
        let [expr, low, high] = [value, low, high].map(|it| Box::new(self.coerced(it, &kind).expr));
        Value::new(ExprKind::Between { expr, low, high, negated }, DataType::Boolean, span).fed_by([&whole]).described()
    }

    pub(super) fn in_list(&mut self, expr: &Expr, list: &[Expr], negated: bool, span: Span) -> Value {
        let value = self.expr(expr);
        let values = list.iter().map(|it| self.expr(it)).collect();
        for item in list {
            self.may_be_list(item);
        }
        if negated && let Some(null) = list.iter().find(|it| matches!(it.kind, Ast::Null)) {
            let message = "With a NULL in its list, NOT IN is true for no row. Leave it out, and add OR x IS NULL to keep rows without a value.";
            self.warning(codes::NOT_IN_NULL, null.span, message);
        }
        self.among(value, values, negated, span)
    }

    /// `value IN (list)` of bound parts.
    pub(super) fn among(&mut self, value: Value, list: Vec<Value>, negated: bool, span: Span) -> Value {
        let mut whole = Value::unknown(span).fed_by([&value]).fed_by(&list);
        whole.level = list.iter().map(|it| label_level([&value, it])).max().unwrap_or_default();
        let mut kind = value.expr.data_type.clone();
        for it in &list {
            if let Some(wider) = self.compared(&value, it, "IN", it.expr.span) {
                kind = coercion::comparable(&kind, &wider).unwrap_or(kind);
            }
        }
        if list.len() > MANY {
            let message = format!(
                "IN compares every row with {} values. Put them into a WITH v (x) AS (VALUES …) and write IN (SELECT x FROM v).",
                list.len()
            );
            self.info(codes::LARGE_IN, span, message);
        }
        let expr = Box::new(self.coerced(value, &kind).expr);
        let list = list.into_iter().map(|it| self.coerced(it, &kind).expr).collect();
        Value::new(ExprKind::InList { expr, list, negated }, DataType::Boolean, span).fed_by([&whole]).described()
    }

    pub(super) fn in_query(&mut self, expr: &Expr, query: &Query, negated: bool, span: Span) -> Value {
        let value = self.expr(expr);
        let (mut relation, columns) = self.subquery(query);
        let [column] = columns.as_slice() else {
            let message = format!("The subquery of IN gives one column; this one gives {}.", columns.len());
            let amc = "Values passed to IN operator must have compatible types";
            self.error(codes::SUBQUERY_COLUMNS, query.span, message, amc);
            return Value::new(ExprKind::Literal(Literal::Null), DataType::Boolean, span);
        };
        let mut whole = Value::unknown(span).fed_by([&value, column]);
        whole.level = label_level([&value, column]);
        if negated {
            self.advise_on_not_in(column, &relation, query.span);
        }
        let kind = self.compared(&value, column, "IN", span).unwrap_or(DataType::Null);
        if column.expr.data_type != kind && column.expr.data_type != DataType::Null {
            relation = self.converted(relation, column.clone(), &kind);
        }
        let expr = Box::new(self.coerced(value, &kind).expr);
        let kind = ExprKind::InQuery { expr, query: Box::new(relation), negated };
        Value::new(kind, DataType::Boolean, span).fed_by([&whole]).described()
    }

    fn converted(
        &mut self,
        relation: super::super::bound::Relation,
        column: Value,
        kind: &DataType,
    ) -> super::super::bound::Relation {
        use super::super::bound::{Computed, Node, Relation};
        let span = relation.span;
        let value = self.coerced(column, kind);
        let items = vec![Computed { id: self.column_of("in", &value), expr: value.expr }];
        Relation { node: Node::Project { input: Box::new(relation), items }, span }
    }

    pub(super) fn like(
        &mut self,
        expr: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        negated: bool,
        span: Span,
    ) -> Value {
        let (value, pattern) = self.texts(expr, pattern, "LIKE", span);
        self.advise_on_pattern(&pattern, true);
        let escape = escape.and_then(|it| match &it.kind {
            Ast::String(text) if text.chars().count() == 1 => text.chars().next(),
            _ => {
                self.error(codes::ESCAPE, it.span, "ESCAPE takes one character.", "Invalid escape character");
                None
            }
        });
        let whole = Value::unknown(span).fed_by([&value, &pattern]);
        let (expr, pattern) = (Box::new(value.expr), Box::new(pattern.expr));
        Value::new(ExprKind::Like { expr, pattern, escape, negated }, DataType::Boolean, span)
            .fed_by([&whole])
            .described()
    }

    pub(super) fn similar(&mut self, expr: &Expr, pattern: &Expr, negated: bool, span: Span) -> Value {
        let (value, pattern) = self.texts(expr, pattern, "SIMILAR TO", span);
        self.advise_on_pattern(&pattern, false);
        let whole = Value::unknown(span).fed_by([&value, &pattern]);
        let (expr, pattern) = (Box::new(value.expr), Box::new(pattern.expr));
        Value::new(ExprKind::SimilarTo { expr, pattern, negated }, DataType::Boolean, span).fed_by([&whole]).described()
    }

    fn texts(&mut self, expr: &Expr, pattern: &Expr, sign: &str, span: Span) -> (Value, Value) {
        let (value, pattern) = (self.expr(expr), self.expr(pattern));
        self.no_literal(&value, &pattern, span);
        for it in [&value, &pattern] {
            if matches!(it.expr.data_type, DataType::Array(_) | DataType::Struct(_) | DataType::Map(..)) {
                let kind = it.expr.data_type.clone();
                let message = format!("{sign} compares texts; this is {kind}.");
                let amc = format!("Cannot apply '{sign}' to arguments of type '<{}>'", kind.calcite());
                self.error(codes::OPERANDS, it.expr.span, message, &amc);
            }
        }
        (self.coerced(value, &DataType::String), self.coerced(pattern, &DataType::String))
    }

    pub(super) fn arithmetic(&mut self, op: BinaryOp, a: Value, b: Value, span: Span) -> Value {
        if self.is_unresolved(&a) || self.is_unresolved(&b) {
            return Value::unknown(span).fed_by([&a, &b]);
        }
        let (left, right) = (a.expr.data_type.clone(), b.expr.data_type.clone());
        if (left.is_temporal() && right == DataType::Null) || (left == DataType::Null && right.is_temporal()) {
            // OK because NULL gives NULL; and if it replaces an INTERVAL, AMC complains about that.
            return Value::unknown(span);
        }
        if left.is_temporal() || right.is_temporal() {
            let message = "AMC has no arithmetic on dates. SECONDS_BETWEEN(a, b) gives the difference in seconds.";
            let amc = arithmetic_error(op, &left, &right);
            self.error(codes::DATE_ARITHMETIC, span, message, &amc);
            return Value::unknown(span);
        }
        let number = |it: &DataType| it.is_numeric() || matches!(it, DataType::String | DataType::Null);
        if !number(&left) || !number(&right) {
            let message = format!("{left} {} {right} cannot be computed. Cast to a number first.", op.sign());
            let amc = arithmetic_error(op, &left, &right);
            self.error(codes::OPERANDS, span, message, &amc);
            return Value::unknown(span);
        }
        if op == BinaryOp::Modulo {
            let message = "The operator % is not in AMC's documentation. Write a - b * FLOOR(a / b).";
            self.warning(codes::MODULO, span, message);
        }
        self.advise_on_arithmetic(op, &a, &b, span);
        let unit = unit_of(op, &a, &b);
        let whole = Value::unknown(span).fed_by([&a, &b]);
        let a = self.number_of(a, &right);
        let b = self.number_of(b, &left);
        let kind = result(op, &a.expr.data_type, &b.expr.data_type);
        let fits = |it: &DataType| *it == kind || (matches!(kind, DataType::Decimal { .. }) && it.is_numeric());
        let [left, right] =
            [a, b].map(|it| Box::new(if fits(&it.expr.data_type) { it.expr } else { self.coerced(it, &kind).expr }));
        let value = Value::new(ExprKind::Binary { op, left, right }, kind, span).fed_by([&whole]);
        Value { unit, ..value }
    }

    /// Whether a value most likely has no type because of an error before it: a type guessed for what is computed from
    /// it would only lead to more errors.
    fn is_unresolved(&self, value: &Value) -> bool {
        value.expr.data_type == DataType::Null
            && !matches!(value.expr.kind, ExprKind::Parameter(_))
            && self.findings.iter().any(|it| it.level == Level::Error)
    }

    /// Warns about a text where a number is required: if it can't be parsed, it counts as NULL.
    pub(super) fn text_in_arithmetic(&mut self, value: &Value, what: &str) {
        if value.expr.data_type != DataType::String {
            return;
        }
        let reads = |text: &String| text.trim().parse::<f64>().is_ok();
        if matches!(&value.expr.kind, ExprKind::Literal(Literal::String(text)) if reads(text)) {
            return;
        }
        let text = literals::short(self.text_of(value.expr.span));
        let message =
            format!("{what} needs a number; `{text}` is text. What does not read as a number counts as nothing.");
        self.warning(codes::TEXT_AS_NUMBER, value.expr.span, message);
    }

    /// Text in arithmetic is converted to a number, and a value of unknown type takes that of its partner.
    fn number_of(&mut self, value: Value, partner: &DataType) -> Value {
        match value.expr.data_type {
            DataType::String => {
                self.text_in_arithmetic(&value, "Arithmetic");
                self.coerced(value, &DataType::Double)
            }
            DataType::Null => {
                let kind = if partner.is_numeric() { partner.clone() } else { DataType::Double };
                self.coerced(value, &kind)
            }
            _ => value,
        }
    }
}

fn arithmetic_error(op: BinaryOp, left: &DataType, right: &DataType) -> String {
    let sign = op.sign();
    format!("Cannot apply '{sign}' to arguments of type '<{}> {sign} <{}>'", left.calcite(), right.calcite())
}

/// The type of an arithmetic result: floating point if an operand is; fractions from division; otherwise decimals if
/// an operand is one, and 64 bits for integers.
fn result(op: BinaryOp, a: &DataType, b: &DataType) -> DataType {
    let (Some((_, scale_a)), Some((_, scale_b))) = (coercion::digits(a), coercion::digits(b)) else {
        return DataType::Double;
    };
    if op == BinaryOp::Divide {
        return DataType::QUOTIENT;
    }
    if a.is_integer() && b.is_integer() {
        return DataType::Long;
    }
    let scale = if op == BinaryOp::Times { (scale_a + scale_b).min(17) } else { scale_a.max(scale_b) };
    DataType::Decimal { precision: 38, scale }
}
