//! Type compatibility and implicit conversions.
//!
//! Lenient, as observed from AMC: text is compatible with numbers and dates, numbers widen, NULL is compatible with
//! everything.

use super::super::bound::{Expr, ExprKind};
use super::super::catalogue::DataType;
use super::binder::{Binder, Value};

/// The common type of values in `CASE`, `COALESCE` and set operations. Text wins over numbers and dates.
pub(super) fn widest(a: &DataType, b: &DataType) -> Option<DataType> {
    if let Some(same) = alike(a, b) {
        return Some(same);
    }
    let plain = |it: &DataType| it.is_numeric() || it.is_temporal() || *it == DataType::Boolean;
    match (a, b) {
        (DataType::String, other) | (other, DataType::String) if plain(other) => Some(DataType::String),
        _ => None,
    }
}

/// The type in which two values are compared. Numbers and dates win over text, which is parsed.
pub(super) fn comparable(a: &DataType, b: &DataType) -> Option<DataType> {
    if let Some(same) = alike(a, b) {
        return Some(same);
    }
    match (a, b) {
        (DataType::String, other) | (other, DataType::String)
            if other.is_numeric() || other.is_temporal() || *other == DataType::Boolean =>
        {
            Some(other.clone())
        }
        (DataType::Boolean, other) | (other, DataType::Boolean) if other.is_numeric() => Some(other.clone()),
        _ => None,
    }
}

fn alike(a: &DataType, b: &DataType) -> Option<DataType> {
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (DataType::Null, other) | (other, DataType::Null) => Some(other.clone()),
        _ if a.is_numeric() && b.is_numeric() => Some(wider_number(a, b)),
        _ if a.is_temporal() && b.is_temporal() => Some(DataType::Timestamp),
        (DataType::Array(a), DataType::Array(b)) => Some(DataType::Array(Box::new(widest(a, b)?))),
        (DataType::Struct(a), DataType::Struct(b)) if a.len() == b.len() => {
            let fields = a.iter().zip(b).map(|((name, a), (_, b))| Some((name.clone(), widest(a, b)?)));
            Some(DataType::Struct(fields.collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    }
}

/// The numeric type that can represent both.
fn wider_number(a: &DataType, b: &DataType) -> DataType {
    if a == b {
        return a.clone();
    }
    match (digits(a), digits(b)) {
        (Some((whole_a, scale_a)), Some((whole_b, scale_b))) => {
            if a.is_integer() && b.is_integer() {
                return if whole_a >= whole_b { a.clone() } else { b.clone() };
            }
            let scale = scale_a.max(scale_b);
            DataType::Decimal { precision: (whole_a.max(whole_b) + scale).min(38), scale }
        }
        _ => DataType::Double,
    }
}

/// Digits before and after the decimal point; `None` for floating point.
pub(super) fn digits(kind: &DataType) -> Option<(u8, u8)> {
    Some(match kind {
        DataType::Byte => (3, 0),
        DataType::Short => (5, 0),
        DataType::Integer => (10, 0),
        DataType::Long => (19, 0),
        DataType::Decimal { precision, scale } => (precision - scale, *scale),
        _ => return None,
    })
}

impl Binder<'_> {
    /// `value` as `target`, with a cast unless it has that type. A parameter of unknown type gets it.
    pub(super) fn coerced(&mut self, value: Value, target: &DataType) -> Value {
        let mut value = self.typed_parameter(value, target);
        if value.expr.data_type != *target {
            value.expr = cast(value.expr, target, false);
        }
        value
    }
}

/// `expr` converted to `target`.
pub(super) fn cast(expr: Expr, target: &DataType, explicit: bool) -> Expr {
    // OK because a literal NULL takes the required type.
    if expr.data_type == DataType::Null && matches!(expr.kind, ExprKind::Literal(_)) {
        return Expr { data_type: target.clone(), ..expr };
    }
    let span = expr.span;
    Expr { kind: ExprKind::Cast { expr: Box::new(expr), explicit }, data_type: target.clone(), span }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_meet_in_the_type_that_holds_both() {
        assert_eq!(widest(&DataType::Integer, &DataType::Long), Some(DataType::Long));
        let decimal = DataType::Decimal { precision: 38, scale: 4 };
        assert_eq!(widest(&DataType::Integer, &decimal), Some(decimal.clone()));
        assert_eq!(widest(&decimal, &DataType::Double), Some(DataType::Double));
    }

    #[test]
    fn text_wins_in_results_and_yields_in_comparisons() {
        assert_eq!(widest(&DataType::String, &DataType::Integer), Some(DataType::String));
        assert_eq!(comparable(&DataType::String, &DataType::Integer), Some(DataType::Integer));
        assert_eq!(comparable(&DataType::Date, &DataType::Timestamp), Some(DataType::Timestamp));
        assert_eq!(comparable(&DataType::Date, &DataType::Long), None);
    }
}
