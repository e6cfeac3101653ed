//! The text form of values: the same in result files, in `CONCAT` and in casts to text.
//!
//! AMC writes timestamps with milliseconds and a `Z`, dates as `2024-01-31`, booleans in lower case, arrays and
//! structs in square brackets separated by `, `. NULL inside an array or a struct is `null`; a NULL value has no
//! text, and the caller handles it. Decimals keep six decimal places if their type has that many, and drop trailing
//! zeros after these.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit, TimestampMillisecondType, UInt32Type, UInt64Type,
};
use chrono::{DateTime, Days, NaiveDate};
use datafusion::common::{Result, exec_err};

/// Appends the value of one row; nothing for NULL.
pub(super) type Writer<'a> = Box<dyn Fn(usize, &mut String) + 'a>;

/// Decimal places that are always written if the type has them.
const SHOWN_DECIMALS: usize = 6;

/// Whether the value of a row is NULL, also if the whole array has the NULL type.
pub(super) fn is_null(array: &dyn Array, row: usize) -> bool {
    array.data_type() == &DataType::Null || array.is_null(row)
}

/// All values of an array as text; NULL stays NULL.
pub(super) fn text_of(array: &ArrayRef) -> Result<StringArray> {
    if let Some(text) = array.as_string_opt::<i32>() {
        return Ok(text.clone());
    }
    let write = writer(array.as_ref())?;
    let mut out = StringBuilder::with_capacity(array.len(), array.len() * 8);
    let mut value = String::new();
    for row in 0..array.len() {
        if is_null(array, row) {
            out.append_null();
        } else {
            value.clear();
            write(row, &mut value);
            out.append_value(&value);
        }
    }
    Ok(out.finish())
}

/// A function that appends the text of a row of this array. It must not be called for NULL rows.
pub(super) fn writer(array: &dyn Array) -> Result<Writer<'_>> {
    Ok(match array.data_type() {
        DataType::Null => Box::new(|_, _| {}),
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            Box::new(|row, out| out.push_str(values.value(row)))
        }
        DataType::LargeUtf8 => {
            let values = array.as_string::<i64>();
            Box::new(|row, out| out.push_str(values.value(row)))
        }
        DataType::Utf8View => {
            let values = array.as_string_view();
            Box::new(|row, out| out.push_str(values.value(row)))
        }
        DataType::Boolean => {
            let values = array.as_boolean();
            Box::new(|row, out| out.push_str(if values.value(row) { "true" } else { "false" }))
        }
        DataType::Int8 => displayed::<Int8Type>(array),
        DataType::Int16 => displayed::<Int16Type>(array),
        DataType::Int32 => displayed::<Int32Type>(array),
        DataType::Int64 => displayed::<Int64Type>(array),
        DataType::UInt32 => displayed::<UInt32Type>(array),
        DataType::UInt64 => displayed::<UInt64Type>(array),
        DataType::Float32 => debugged::<Float32Type>(array),
        DataType::Float64 => debugged::<Float64Type>(array),
        DataType::Decimal128(_, scale) => {
            let values = array.as_primitive::<Decimal128Type>();
            let scale = usize::try_from(*scale).unwrap_or(0);
            Box::new(move |row, out| write_decimal(values.value(row), scale, out))
        }
        DataType::Date32 => {
            let values = array.as_primitive::<Date32Type>();
            Box::new(|row, out| write_date(values.value(row), out))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            let values = array.as_primitive::<TimestampMillisecondType>();
            Box::new(|row, out| write_timestamp(values.value(row), out))
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>();
            Box::new(|row, out| values.value(row).iter().for_each(|byte| push(out, format_args!("{byte:02x}"))))
        }
        DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => nested(array)?,
        other => return exec_err!("a value of type {other} has no text form"),
    })
}

fn nested(array: &dyn Array) -> Result<Writer<'_>> {
    if let Some(list) = array.as_list_opt::<i32>() {
        let items = list.values();
        let write = writer(items.as_ref())?;
        return Ok(Box::new(move |row, out| {
            let (start, end) = (list.value_offsets()[row] as usize, list.value_offsets()[row + 1] as usize);
            bracketed(out, (start..end).map(|item| (items.as_ref(), &write, item)));
        }));
    }
    if let Some(fields) = array.as_struct_opt() {
        let writers = fields.columns().iter().map(|column| writer(column.as_ref())).collect::<Result<Vec<_>>>()?;
        return Ok(Box::new(move |row, out| {
            bracketed(out, fields.columns().iter().zip(&writers).map(|(column, write)| (column.as_ref(), write, row)));
        }));
    }
    let Some(map) = array.as_map_opt() else {
        return exec_err!("a value of type {} has no text form", array.data_type());
    };
    let (keys, values) = (map.keys(), map.values());
    let (write_key, write_value) = (writer(keys.as_ref())?, writer(values.as_ref())?);
    Ok(Box::new(move |row, out| {
        let (start, end) = (map.value_offsets()[row] as usize, map.value_offsets()[row + 1] as usize);
        out.push('{');
        for entry in start..end {
            out.push_str(if entry == start { "" } else { ", " });
            write_key(entry, out);
            out.push('=');
            write_or_null(values.as_ref(), &write_value, entry, out);
        }
        out.push('}');
    }))
}

fn bracketed<'a, 'b: 'a>(out: &mut String, items: impl Iterator<Item = (&'a dyn Array, &'a Writer<'b>, usize)>) {
    out.push('[');
    for (place, (array, write, row)) in items.enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        write_or_null(array, write, row, out);
    }
    out.push(']');
}

fn write_or_null(array: &dyn Array, write: &Writer<'_>, row: usize, out: &mut String) {
    if is_null(array, row) { out.push_str("null") } else { write(row, out) }
}

fn displayed<T: ArrowPrimitiveType<Native: std::fmt::Display>>(array: &dyn Array) -> Writer<'_> {
    let values = array.as_primitive::<T>();
    Box::new(|row, out| push(out, format_args!("{}", values.value(row))))
}

fn debugged<T: ArrowPrimitiveType<Native: std::fmt::Debug>>(array: &dyn Array) -> Writer<'_> {
    let values = array.as_primitive::<T>();
    Box::new(|row, out| push(out, format_args!("{:?}", values.value(row))))
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // OK because writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

/// A decimal with `scale` decimal places.
pub(super) fn write_decimal(value: i128, scale: usize, out: &mut String) {
    let digits = value.unsigned_abs().to_string();
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let shown = fraction.trim_end_matches('0').len().max(scale.min(SHOWN_DECIMALS));
    out.push_str(if value < 0 { "-" } else { "" });
    out.push_str(whole);
    if shown > 0 {
        out.push('.');
        out.push_str(&fraction[..shown]);
    }
}

fn write_date(days: i32, out: &mut String) {
    match date(days) {
        Some(date) => push(out, format_args!("{}", date.format("%Y-%m-%d"))),
        None => push(out, format_args!("{days}")),
    }
}

fn write_timestamp(millis: i64, out: &mut String) {
    match DateTime::from_timestamp_millis(millis) {
        Some(time) => push(out, format_args!("{}", time.format("%Y-%m-%dT%H:%M:%S%.3fZ"))),
        None => push(out, format_args!("{millis}")),
    }
}

/// The date of a `Date32`, if the calendar supports it.
pub(super) fn date(days: i32) -> Option<NaiveDate> {
    let epoch = NaiveDate::default();
    let distance = Days::new(u64::from(days.unsigned_abs()));
    if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, Decimal128Array, Int64Array, ListArray, StructArray, TimestampMillisecondArray};
    use arrow::datatypes::{Field, Int32Type};

    use super::*;

    fn written(array: ArrayRef) -> Vec<Option<String>> {
        text_of(&array).unwrap().iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn timestamps_have_milliseconds_and_a_z() {
        let array = TimestampMillisecondArray::from(vec![Some(1_666_735_860_000), None, Some(-1)]);
        let texts = ["2022-10-25T22:11:00.000Z", "", "1969-12-31T23:59:59.999Z"];
        assert_eq!(written(Arc::new(array)), [Some(texts[0].into()), None, Some(texts[2].into())]);
    }

    #[test]
    fn dates_are_written_as_days() {
        assert_eq!(written(Arc::new(Date32Array::from(vec![19_753]))), [Some("2024-01-31".into())]);
    }

    #[test]
    fn decimals_keep_six_digits_and_lose_the_zeros_behind_them() {
        let array = Decimal128Array::from(vec![50_000_000_000_000_000, 33_333_333_333_333_333, -1])
            .with_precision_and_scale(38, 17)
            .unwrap();
        let texts = ["0.500000", "0.33333333333333333", "-0.00000000000000001"];
        assert_eq!(written(Arc::new(array)), texts.map(|text| Some(text.to_owned())));
        let money = Decimal128Array::from(vec![125_000]).with_precision_and_scale(38, 4).unwrap();
        assert_eq!(written(Arc::new(money)), [Some("12.5000".into())]);
    }

    #[test]
    fn arrays_and_structs_stand_in_square_brackets() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None, Some(vec![])]);
        assert_eq!(written(Arc::new(list)), [Some("[1, null]".into()), None, Some("[]".into())]);
        let order: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let name: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        let row = StructArray::from(vec![
            (Arc::new(Field::new("order", DataType::Int64, true)), order),
            (Arc::new(Field::new("name", DataType::Utf8, true)), name),
        ]);
        assert_eq!(written(Arc::new(row)), [Some("[1, x]".into())]);
    }
}
