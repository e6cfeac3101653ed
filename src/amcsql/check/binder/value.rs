//! A value during binding.

use crate::amcsql::bound::{Expr, ExprKind, Literal};
use crate::amcsql::catalogue::{DataType, Threshold};
use crate::amcsql::text::Span;

/// A bound expression and its properties.
#[derive(Clone, Debug)]
pub(in crate::amcsql::check) struct Value {
    pub(in crate::amcsql::check) expr: Expr,
    /// The strictest level of the columns it was computed from.
    pub(in crate::amcsql::check) level: Threshold,
    /// Whether it depends on a literal or a parameter.
    pub(in crate::amcsql::check) literal: bool,
    /// Whether it is a metric.
    pub(in crate::amcsql::check) metric: bool,
    /// The unit of an amount of money, while it still has one.
    pub(in crate::amcsql::check) unit: Option<Unit>,
}

/// AMC's units of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::amcsql::check) enum Unit {
    /// A hundred-millionth of the currency.
    Microcents,
    /// A hundred-thousandth of the currency.
    Millicents,
    /// The currency itself.
    Currency,
}

/// The size of an expression, without subqueries.
pub(in crate::amcsql::check) fn size(expr: &Expr) -> usize {
    1 + expr.parts().into_iter().map(size).sum::<usize>()
}

impl Value {
    pub(in crate::amcsql::check) fn new(kind: ExprKind, data_type: DataType, span: Span) -> Self {
        let expr = Expr { kind, data_type, span };
        Self { expr, level: Threshold::None, literal: false, metric: false, unit: None }
    }

    pub(in crate::amcsql::check) fn literal(literal: Literal, data_type: DataType, span: Span) -> Self {
        // OK because NULL selects no rows: it reveals nothing about what it is compared with.
        Self { literal: literal != Literal::Null, ..Self::new(ExprKind::Literal(literal), data_type, span) }
    }

    /// Replaces something that couldn't be resolved: compatible with everything.
    pub(in crate::amcsql::check) fn unknown(span: Span) -> Self {
        Self::new(ExprKind::Literal(Literal::Null), DataType::Null, span)
    }

    /// The same value, also depending on `others` for its level and literals.
    pub(in crate::amcsql::check) fn fed_by<'a>(mut self, others: impl IntoIterator<Item = &'a Value>) -> Self {
        for other in others {
            self.level = self.level.max(other.level);
            self.literal |= other.literal;
            self.metric |= other.metric;
        }
        self
    }
}
