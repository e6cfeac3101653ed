//! Cells of wide rows and their conversion to Arrow arrays of the catalog's types.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder, Int32Builder,
    Int64Builder, ListBuilder, StringBuilder, TimestampMillisecondBuilder, new_null_array,
};
use arrow::datatypes::{DataType, Field};

/// Milliseconds of a day.
const DAY_MILLIS: i64 = 86_400_000;

/// A value before conversion to the column's type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Whole(i64),
    Real(f64),
    /// Ten-thousandths.
    Money(i64),
    Flag(bool),
    /// Milliseconds since 1970; a date if the column is one.
    Time(i64),
    Wholes(Vec<i64>),
    Texts(Vec<&'static str>),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(whole: i64) -> Self {
        Self::Whole(whole)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Null, Into::into)
    }
}

impl Value<'_> {
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.into_owned()),
            Self::Whole(whole) => Some(whole.to_string()),
            Self::Flag(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    fn whole(&self) -> Option<i64> {
        match self {
            Self::Whole(whole) => Some(*whole),
            Self::Money(money) => Some(*money / 10_000),
            Self::Real(real) => Some(*real as i64),
            _ => None,
        }
    }

    fn real(&self) -> Option<f64> {
        match self {
            Self::Real(real) => Some(*real),
            Self::Money(money) => Some(*money as f64 / 10_000.0),
            Self::Whole(whole) => Some(*whole as f64),
            _ => None,
        }
    }

    /// The number in units of 10^-`scale`.
    fn scaled(&self, scale: i8) -> Option<i128> {
        let power = |places: i8| 10_i128.pow(u32::from(places.unsigned_abs().min(30)));
        match self {
            Self::Money(money) if scale >= 4 => Some(i128::from(*money) * power(scale - 4)),
            Self::Money(money) => Some(i128::from(*money) / power(4 - scale)),
            Self::Whole(whole) => Some(i128::from(*whole) * power(scale)),
            Self::Real(real) => Some((*real * power(scale) as f64).round() as i128),
            _ => None,
        }
    }

    fn flag(&self) -> Option<bool> {
        if let Self::Flag(flag) = self { Some(*flag) } else { None }
    }

    fn time(&self) -> Option<i64> {
        if let Self::Time(millis) = self { Some(*millis) } else { None }
    }

    fn day(&self) -> Option<i32> {
        self.time().map(|millis| millis.div_euclid(DAY_MILLIS) as i32)
    }

    fn wholes(self) -> Option<Vec<i64>> {
        if let Self::Wholes(wholes) = self { Some(wholes) } else { None }
    }
}

/// An array of the column's type. A value that doesn't fit the type becomes NULL.
pub(super) fn array<'a>(kind: &DataType, values: impl Iterator<Item = Value<'a>>) -> ArrayRef {
    match kind {
        DataType::Utf8 => texts(values),
        DataType::Int64 => {
            let mut builder = Int64Builder::new();
            values.for_each(|value| builder.append_option(value.whole()));
            Arc::new(builder.finish())
        }
        DataType::Int32 => {
            let mut builder = Int32Builder::new();
            values.for_each(|value| builder.append_option(value.whole().map(|whole| whole as i32)));
            Arc::new(builder.finish())
        }
        DataType::Float64 => {
            let mut builder = Float64Builder::new();
            values.for_each(|value| builder.append_option(value.real()));
            Arc::new(builder.finish())
        }
        DataType::Float32 => {
            let mut builder = Float32Builder::new();
            values.for_each(|value| builder.append_option(value.real().map(|real| real as f32)));
            Arc::new(builder.finish())
        }
        DataType::Boolean => {
            let mut builder = BooleanBuilder::new();
            values.for_each(|value| builder.append_option(value.flag()));
            Arc::new(builder.finish())
        }
        DataType::Date32 => {
            let mut builder = Date32Builder::new();
            values.for_each(|value| builder.append_option(value.day()));
            Arc::new(builder.finish())
        }
        DataType::Timestamp(_, _) => {
            let mut builder = TimestampMillisecondBuilder::new();
            values.for_each(|value| builder.append_option(value.time()));
            Arc::new(builder.finish())
        }
        DataType::Decimal128(_, scale) => {
            let mut builder = Decimal128Builder::new().with_data_type(kind.clone());
            values.for_each(|value| builder.append_option(value.scaled(*scale)));
            Arc::new(builder.finish())
        }
        DataType::List(item) => lists(item, values),
        other => new_null_array(other, values.count()),
    }
}

fn texts<'a>(values: impl Iterator<Item = Value<'a>>) -> ArrayRef {
    let mut builder = StringBuilder::new();
    for value in values {
        match value {
            Value::Text(text) => builder.append_value(text),
            other => builder.append_option(other.text()),
        }
    }
    Arc::new(builder.finish())
}

fn lists<'a>(item: &Arc<Field>, values: impl Iterator<Item = Value<'a>>) -> ArrayRef {
    match item.data_type() {
        DataType::Int32 => {
            let mut builder = ListBuilder::new(Int32Builder::new()).with_field(Arc::clone(item));
            for value in values {
                builder.append_option(value.wholes().map(|list| list.into_iter().map(|whole| Some(whole as i32))));
            }
            Arc::new(builder.finish())
        }
        DataType::Int64 => {
            let mut builder = ListBuilder::new(Int64Builder::new()).with_field(Arc::clone(item));
            for value in values {
                builder.append_option(value.wholes().map(|list| list.into_iter().map(Some)));
            }
            Arc::new(builder.finish())
        }
        DataType::Utf8 => {
            let mut builder = ListBuilder::new(StringBuilder::new()).with_field(Arc::clone(item));
            for value in values {
                let list = if let Value::Texts(list) = value { Some(list) } else { None };
                builder.append_option(list.map(|list| list.into_iter().map(Some)));
            }
            Arc::new(builder.finish())
        }
        _ => new_null_array(&DataType::List(Arc::clone(item)), values.count()),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::{Date32Type, Decimal128Type};

    use super::*;

    #[test]
    fn values_take_the_type_of_their_column() {
        let cents = array(&DataType::Decimal128(38, 2), [Value::Money(129_900), Value::Null].into_iter());
        assert_eq!(cents.as_primitive::<Decimal128Type>().value(0), 1299);
        assert!(cents.is_null(1));
        let day = array(&DataType::Date32, [Value::Time(DAY_MILLIS * 3 + 5)].into_iter());
        assert_eq!(day.as_primitive::<Date32Type>().value(0), 3);
        let text = array(&DataType::Utf8, [Value::Whole(42)].into_iter());
        assert_eq!(text.as_string::<i32>().value(0), "42");
    }
}
