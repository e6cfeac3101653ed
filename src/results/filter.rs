//! Row filters of a result.

use std::cmp::Ordering;

use arrow::array::{Array, AsArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};

use super::cell::write_exact;
use super::column::StoredColumn;
use super::error::Error;
use super::kind::{Kind, parse_date, parse_decimal, parse_double, parse_timestamp};

/// Maximum number of filters; more are an error.
const FILTERS: usize = 10;
/// Maximum length of a filter's value in bytes.
const VALUE_BYTES: usize = 1_000;
const DAY: i64 = 86_400_000_000;

/// A condition on one column. Rows with NULL match only [`Op::Empty`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    /// The column's index, from 0.
    pub column: usize,
    pub op: Op,
    /// The value to compare with, in the text form of results; ignored for [`Op::Empty`] and [`Op::Filled`].
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal; case-sensitive for text.
    Equals,
    /// The value's text contains this, case-insensitively.
    Contains,
    /// Equal or greater, later, or after it in text order.
    AtLeast,
    /// Equal or less, earlier, or before it in text order. A date includes its whole day.
    AtMost,
    /// NULL or an empty text.
    Empty,
    /// The opposite of [`Op::Empty`].
    Filled,
}

impl Op {
    pub fn takes_value(self) -> bool {
        !matches!(self, Self::Empty | Self::Filled)
    }

    fn admits(self, order: Ordering) -> bool {
        match self {
            Self::AtLeast => order != Ordering::Less,
            Self::AtMost => order != Ordering::Greater,
            Self::Equals | Self::Contains | Self::Empty | Self::Filled => order == Ordering::Equal,
        }
    }
}

impl Filter {
    /// Whether the filter is valid for this column: its value is short and matches the column's type.
    pub fn check(&self, column: &StoredColumn) -> Result<(), Error> {
        check_bounds(std::slice::from_ref(self))?;
        Test::new(self, column).map(drop)
    }
}

pub(super) fn check_bounds(filters: &[Filter]) -> Result<(), Error> {
    if filters.len() > FILTERS {
        return Err(Error::TooMuchAsked { limit: FILTERS, of: "filters" });
    }
    let long = filters.iter().any(|filter| filter.value.len() > VALUE_BYTES);
    if long { Err(Error::TooMuchAsked { limit: VALUE_BYTES, of: "bytes in a filter" }) } else { Ok(()) }
}

/// A filter prepared for evaluation.
pub(super) struct Test {
    kind: Kind,
    against: Against,
}

enum Against {
    /// Whether there is a value: `true` selects rows without one.
    Nothing(bool),
    Part(String),
    Value(Op, Value),
}

enum Value {
    Text(String),
    Exact(Exact),
    Binary(f64),
    Boolean(bool),
    Days(i32),
    /// The first and the last matching microsecond.
    Micros(i64, i64),
}

impl Test {
    /// Parses the filter's value according to the column's type.
    pub(super) fn new(filter: &Filter, column: &StoredColumn) -> Result<Self, Error> {
        let kind = column.kind;
        let against = match filter.op {
            Op::Empty | Op::Filled => Against::Nothing(filter.op == Op::Empty),
            Op::Contains => Against::Part(filter.value.to_lowercase()),
            Op::Equals | Op::AtLeast | Op::AtMost => {
                let (holds, example) = kind.description_and_example();
                let shown = || filter.value.chars().take(40).collect();
                let value = Value::read(kind, &filter.value);
                let value = value.ok_or_else(|| Error::FilterValue {
                    column: column.name.clone(),
                    holds,
                    value: shown(),
                    example,
                })?;
                Against::Value(filter.op, value)
            }
        };
        Ok(Self { kind, against })
    }

    /// Which of the values match the filter.
    pub(super) fn matches(&self, array: &dyn Array) -> BooleanBuffer {
        let mut text = String::new();
        BooleanBuffer::collect_bool(array.len(), |row| match &self.against {
            Against::Nothing(wanted) => {
                let empty =
                    array.is_null(row) || (self.kind == Kind::Text && array.as_string::<i32>().value(row).is_empty());
                empty == *wanted
            }
            _ if array.is_null(row) => false,
            Against::Value(op, value) => value.compare(array, row, self.kind).is_some_and(|order| op.admits(order)),
            Against::Part(part) => {
                text.clear();
                write_exact(&mut text, self.kind, array, row);
                has_part(&text, part)
            }
        })
    }
}

/// Whether `text` contains `part`, which is in lower case.
fn has_part(text: &str, part: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(part);
    }
    let (text, part) = (text.as_bytes(), part.as_bytes());
    part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

impl Value {
    fn read(kind: Kind, text: &str) -> Option<Self> {
        let trimmed = text.trim();
        Some(match kind {
            Kind::Text => Self::Text(text.to_owned()),
            Kind::Integer | Kind::Decimal { .. } => Self::Exact(Exact::read(trimmed)?),
            Kind::Double => Self::Binary(parse_double(trimmed)?),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("true") => Self::Boolean(true),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("false") => Self::Boolean(false),
            Kind::Boolean => return None,
            Kind::Date => Self::Days(parse_date(trimmed)?),
            Kind::Timestamp { .. } => {
                let day = || {
                    let start = i64::from(parse_date(trimmed)?) * DAY;
                    Some((start, start + DAY - 1))
                };
                let (first, last) = parse_timestamp(trimmed).map(|(micros, _)| (micros, micros)).or_else(day)?;
                Self::Micros(first, last)
            }
        })
    }

    /// Compares the value of a row with this one.
    fn compare(&self, array: &dyn Array, row: usize, kind: Kind) -> Option<Ordering> {
        match self {
            Self::Text(text) => Some(array.as_string::<i32>().value(row).cmp(text)),
            Self::Exact(exact) => Some(match kind {
                Kind::Decimal { scale, .. } => exact.compare(array.as_primitive::<Decimal128Type>().value(row), scale),
                _ => exact.compare(array.as_primitive::<Int64Type>().value(row).into(), 0),
            }),
            Self::Binary(number) => array.as_primitive::<Float64Type>().value(row).partial_cmp(number),
            Self::Boolean(flag) => Some(array.as_boolean().value(row).cmp(flag)),
            Self::Days(days) => Some(array.as_primitive::<Date32Type>().value(row).cmp(days)),
            Self::Micros(first, last) => {
                let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
                Some(if micros < *first { Ordering::Less } else { micros.cmp(last).max(Ordering::Equal) })
            }
        }
    }
}

/// A decimal: `number * 10^-scale`.
struct Exact {
    number: i128,
    scale: i8,
}

impl Exact {
    fn read(text: &str) -> Option<Self> {
        let scale = text.split_once('.').map_or(0, |(_, part)| part.len());
        let scale = i8::try_from(scale).ok()?;
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
        Some(Self { number: parse_decimal(text, scale).filter(|_| plain && text != "-" && text != ".")?, scale })
    }

    fn compare(&self, number: i128, scale: i8) -> Ordering {
        let common = scale.max(self.scale);
        let raised = |number: i128, from: i8| {
            let factor = 10_i128.checked_pow(u32::try_from(common - from).ok()?)?;
            number.checked_mul(factor)
        };
        match (raised(number, scale), raised(self.number, self.scale)) {
            (Some(one), Some(other)) => one.cmp(&other),
            // OK because numbers that together need more than 38 digits differ in their leading ones.
            _ => real(number, scale).total_cmp(&real(self.number, self.scale)),
        }
    }
}

fn real(number: i128, scale: i8) -> f64 {
    number as f64 / 10_f64.powi(scale.into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};

    use super::*;

    fn matching(kind: Kind, array: &ArrayRef, op: Op, value: &str) -> Result<Vec<usize>, Error> {
        let filter = Filter { column: 0, op, value: value.to_owned() };
        let (name, declared, column_type) = ("a".to_owned(), None, None);
        let column = StoredColumn { name, declared, column_type, kind, nulls: 0, total: None, misfit: None };
        Ok(Test::new(&filter, &column)?.matches(array).set_indices().collect())
    }

    #[test]
    fn numbers_are_compared_exactly_with_fractions_and_absent_ones_never() {
        let array: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3), Some(i64::MAX)]));
        let found = |op, value| matching(Kind::Integer, &array, op, value);
        assert_eq!(found(Op::AtLeast, "2.5").unwrap(), [2, 3]);
        assert_eq!(found(Op::AtMost, " 3 ").unwrap(), [0, 2]);
        assert_eq!(found(Op::Equals, "9223372036854775807").unwrap(), [3]);
        assert_eq!(found(Op::AtMost, "0.99999999999999999999999999999999999").unwrap(), [] as [usize; 0]);
        assert_eq!(found(Op::Contains, "75807").unwrap(), [3]);
        assert_eq!(found(Op::Empty, "ignored").unwrap(), [1]);
        assert_eq!(found(Op::Filled, "").unwrap(), [0, 2, 3]);
        for odd in ["", "-", ".", "many", "1e5", "1.2.3", &"9".repeat(50)] {
            assert!(matches!(found(Op::Equals, odd), Err(Error::FilterValue { .. })), "{odd}");
        }
    }

    #[test]
    fn a_day_of_times_is_meant_to_its_last_microsecond() {
        let day = 20_000 * DAY;
        let times = TimestampMicrosecondArray::from(vec![day - 1, day, day + DAY - 1, day + DAY]);
        let array: ArrayRef = Arc::new(times);
        let found = |op| matching(Kind::declared("TIMESTAMP"), &array, op, "2024-10-04").unwrap();
        assert_eq!(found(Op::Equals), [1, 2]);
        assert_eq!(found(Op::AtLeast), [1, 2, 3]);
        assert_eq!(found(Op::AtMost), [0, 1, 2]);
    }

    #[test]
    fn texts_contain_a_part_in_any_case_and_equal_in_their_own() {
        let array: ArrayRef = Arc::new(StringArray::from(vec![Some("Étude ONE"), Some(""), None, Some("one")]));
        let found = |op, value| matching(Kind::Text, &array, op, value).unwrap();
        assert_eq!(found(Op::Contains, "One"), [0, 3]);
        assert_eq!(found(Op::Contains, "éTUDE"), [0]);
        assert_eq!(found(Op::Contains, ""), [0, 1, 3]);
        assert_eq!(found(Op::Equals, "one"), [3]);
        assert_eq!(found(Op::Empty, ""), [1, 2]);
        assert_eq!(found(Op::Filled, ""), [0, 3]);
    }
}
