//! The text of one value: exact for files, and formatted for pages.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};

use super::column::StoredColumn;
use super::kind::{Kind, show_timestamp, write_date, write_decimal, write_double, write_timestamp};

/// The maximum number of characters shown on a page; downloads contain the whole text.
const SHOWN: usize = 2_000;

/// One value on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The value as in files, `1234567.5` or `2025-01-31T08:00:00.000`, at most 2,000 characters.
    pub exact: String,
    /// The value for display: metrics with thousands separators (`1,234,567.5`), times without zero fractions.
    pub shown: String,
    /// Its kind, which determines its alignment.
    pub kind: Kind,
    /// Whether it is NULL; both texts are empty then.
    pub is_null: bool,
    /// Whether the text is truncated.
    pub cut: bool,
}

impl Cell {
    pub(super) fn of(column: &StoredColumn, array: &dyn Array, row: usize) -> Self {
        let kind = column.kind;
        let mut cell =
            Self { exact: String::new(), shown: String::new(), kind, is_null: array.is_null(row), cut: false };
        if cell.is_null {
            return cell;
        }
        if kind == Kind::Text {
            let text = array.as_string::<i32>().value(row);
            let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(end, _)| end);
            cell.exact.push_str(&text[..end]);
            cell.cut = end < text.len();
        } else {
            write_exact(&mut cell.exact, kind, array, row);
        }
        cell.shown = match kind {
            Kind::Timestamp { .. } => show_timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row)),
            _ if kind.is_number() && column.is_metric() => grouped(&cell.exact),
            _ => cell.exact.clone(),
        };
        cell
    }
}

/// Appends the exact text of a value that isn't NULL.
pub(super) fn write_exact(out: &mut String, kind: Kind, array: &dyn Array, row: usize) {
    match kind {
        Kind::Text => out.push_str(array.as_string::<i32>().value(row)),
        Kind::Integer => write_decimal(out, array.as_primitive::<Int64Type>().value(row).into(), 0),
        Kind::Decimal { scale, .. } => write_decimal(out, array.as_primitive::<Decimal128Type>().value(row), scale),
        Kind::Double => write_double(out, array.as_primitive::<Float64Type>().value(row)),
        Kind::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        Kind::Date => write_date(out, array.as_primitive::<Date32Type>().value(row)),
        Kind::Timestamp { zoned, form } => {
            write_timestamp(out, array.as_primitive::<TimestampMicrosecondType>().value(row), zoned, form);
        }
    }
}

/// A number with thousands separators in its integer part; other texts are unchanged.
pub fn grouped(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, tail) = rest.split_at(digits);
    let mut text = String::with_capacity(number.len() + digits / 3);
    text.push_str(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (digits - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push_str(tail);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three_before_the_point_only() {
        let numbers = [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567.12345", "-1,234,567.12345")];
        for (number, text) in
            numbers.into_iter().chain([("NaN", "NaN"), ("-Infinity", "-Infinity"), ("1.5E21", "1.5E21")])
        {
            assert_eq!(grouped(number), text);
        }
    }
}
