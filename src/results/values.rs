//! The values of a column as numbers that can be compared, summed and grouped.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};

use super::kind::{Kind, write_date, write_decimal, write_double, write_timestamp};

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// A value that isn't text: an integer in the column's own unit, or a floating point number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Whole(i128),
    Binary(f64),
}

impl Value {
    /// The value of a row that isn't NULL; `None` for texts.
    pub(super) fn of(kind: Kind, array: &dyn Array, row: usize) -> Option<Self> {
        Some(match kind {
            Kind::Text => return None,
            Kind::Integer => Self::Whole(array.as_primitive::<Int64Type>().value(row).into()),
            Kind::Decimal { .. } => Self::Whole(array.as_primitive::<Decimal128Type>().value(row)),
            Kind::Double => Self::Binary(array.as_primitive::<Float64Type>().value(row)),
            Kind::Boolean => Self::Whole(array.as_boolean().value(row).into()),
            Kind::Date => Self::Whole(array.as_primitive::<Date32Type>().value(row).into()),
            Kind::Timestamp { .. } => Self::Whole(array.as_primitive::<TimestampMicrosecondType>().value(row).into()),
        })
    }

    /// As a number in the displayed unit; `NaN` stays `NaN`.
    pub(super) fn number(self, kind: Kind) -> f64 {
        match (self, kind) {
            (Self::Whole(number), Kind::Decimal { scale, .. }) => number as f64 / 10_f64.powi(scale.into()),
            (Self::Whole(number), _) => number as f64,
            (Self::Binary(number), _) => number,
        }
    }

    /// The instant of a date or a time, in microseconds since 1970.
    pub(super) fn micros(self, kind: Kind) -> Option<i64> {
        match (self, kind) {
            (Self::Whole(days), Kind::Date) => i64::try_from(days).ok()?.checked_mul(DAY),
            (Self::Whole(micros), Kind::Timestamp { .. }) => i64::try_from(micros).ok(),
            _ => None,
        }
    }

    /// Its exact text.
    pub(super) fn text(self, kind: Kind) -> String {
        let mut out = String::new();
        match (self, kind) {
            (Self::Whole(number), Kind::Decimal { scale, .. }) => write_decimal(&mut out, number, scale),
            (Self::Whole(flag), Kind::Boolean) => out.push_str(if flag == 0 { "false" } else { "true" }),
            (Self::Whole(days), Kind::Date) => write_date(&mut out, i32::try_from(days).unwrap_or_default()),
            (Self::Whole(micros), Kind::Timestamp { zoned, form }) => {
                write_timestamp(&mut out, i64::try_from(micros).unwrap_or_default(), zoned, form);
            }
            (Self::Whole(number), _) => write_decimal(&mut out, number, 0),
            (Self::Binary(number), _) => write_double(&mut out, number),
        }
        out
    }
}
