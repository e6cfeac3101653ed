//! Type conversions, as lenient as AMC's.
//!
//! Text is parsed generously: surrounding spaces, `12.0` as an integer, dates followed by a time, `'today'` and
//! `'now'`. A text that can't be parsed is NULL for an implicit conversion, and an error for an explicit one.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Date32Array, Int64Array, StringArray, TimestampMillisecondArray};
use arrow::datatypes::{DataType, TimeUnit};
use chrono::NaiveTime;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast, try_cast,
};

use super::native::{invoke, safe_cast};
use super::text::gives_text;
use super::{Args, Native};
use crate::amcsql::moments::{read_date, read_timestamp};

/// Converts an expression from type `from` to type `to`. `now` is the time of the run, milliseconds in UTC.
pub(in super::super) fn convert(expr: Expr, from: &DataType, to: &DataType, explicit: bool, now: i64) -> Expr {
    if from == to {
        return expr;
    }
    match (from, to) {
        (DataType::Utf8, _) if !to.is_nested() => {
            let read = ReadText { signature: Signature::any(1, Volatility::Immutable), to: to.clone(), explicit, now };
            ScalarUDF::new_from_impl(read).call(vec![expr])
        }
        (DataType::Utf8View | DataType::LargeUtf8 | DataType::Null, _) => cast(expr, to.clone()),
        (_, DataType::Utf8) => Native::udf("amc_text", gives_text, |args| Ok(Arc::new(args.text(0)?))).call(vec![expr]),
        _ if explicit => cast(expr, to.clone()),
        _ => try_cast(expr, to.clone()),
    }
}

/// Parses text as another type.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ReadText {
    signature: Signature,
    to: DataType,
    explicit: bool,
    now: i64,
}

impl ScalarUDFImpl for ReadText {
    fn name(&self) -> &'static str {
        "amc_read"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.to.clone())
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        invoke(&call, |args| self.read(args))
    }
}

impl ReadText {
    fn read(&self, args: &Args<'_>) -> Result<ArrayRef> {
        let texts = args.text(0)?;
        let result: ArrayRef = match &self.to {
            DataType::Boolean => Arc::new(texts.iter().map(|it| boolean(it?)).collect::<BooleanArray>()),
            DataType::Date32 => Arc::new(texts.iter().map(|it| self.date(it?)).collect::<Date32Array>()),
            DataType::Timestamp(TimeUnit::Millisecond, None) => {
                Arc::new(texts.iter().map(|it| self.timestamp(it?)).collect::<TimestampMillisecondArray>())
            }
            DataType::Binary => safe_cast(args.array(0)?, &DataType::Binary)?,
            to if to.is_integer() => {
                let longs: ArrayRef = Arc::new(texts.iter().map(|it| long(it?)).collect::<Int64Array>());
                safe_cast(&longs, to)?
            }
            to => number(&texts, to)?,
        };
        if self.explicit {
            self.refuse_unread(&texts, &result)?;
        }
        Ok(result)
    }

    fn refuse_unread(&self, texts: &StringArray, result: &ArrayRef) -> Result<()> {
        let unread = (0..texts.len()).find(|row| texts.is_valid(*row) && result.is_null(*row));
        match unread {
            None => Ok(()),
            Some(row) => {
                let shown: String = texts.value(row).chars().take(60).collect();
                exec_err!("CAST cannot read '{shown}' as {}", amc_name(&self.to))
            }
        }
    }

    fn date(&self, text: &str) -> Option<i32> {
        let millis = match read_date(text.trim()) {
            Some(date) => date.and_time(NaiveTime::MIN).and_utc().timestamp_millis(),
            None => self.timestamp(text)?,
        };
        i32::try_from(millis.div_euclid(MILLIS_PER_DAY)).ok()
    }

    fn timestamp(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("now") {
            return Some(self.now);
        }
        if text.eq_ignore_ascii_case("today") {
            return Some(self.now.div_euclid(MILLIS_PER_DAY) * MILLIS_PER_DAY);
        }
        read_timestamp(text)
    }
}

const MILLIS_PER_DAY: i64 = 86_400_000;

fn amc_name(to: &DataType) -> String {
    match to {
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(..) => "TIMESTAMP".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Int32 => "INTEGER".to_owned(),
        DataType::Int16 => "SMALLINT".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Float32 => "FLOAT".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision},{scale})"),
        other => other.to_string().to_uppercase(),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

fn long(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && value.abs() < 9.2e18)?;
        Some(value.trunc() as i64)
    })
}

/// Exponents are parsed as floating point if the type itself doesn't support them.
fn number(texts: &StringArray, to: &DataType) -> Result<ArrayRef> {
    let trimmed: ArrayRef = Arc::new(texts.iter().map(|it| it.map(str::trim)).collect::<StringArray>());
    let direct = safe_cast(&trimmed, to)?;
    if direct.null_count() == texts.null_count() {
        return Ok(direct);
    }
    let doubles = texts.iter().map(|it| it?.trim().parse::<f64>().ok().filter(|value| value.is_finite()));
    let doubles: ArrayRef = Arc::new(doubles.collect::<arrow::array::Float64Array>());
    let read: BooleanArray = (0..direct.len()).map(|row| Some(direct.is_valid(row))).collect();
    Ok(arrow::compute::kernels::zip::zip(&read, &direct, &safe_cast(&doubles, to)?)?)
}

#[cfg(test)]
mod tests {
    use super::super::super::written;
    use super::*;

    fn reader(to: DataType) -> ReadText {
        let now = 1_700_000_000_000;
        ReadText { signature: Signature::any(1, Volatility::Immutable), to, explicit: false, now }
    }

    #[test]
    fn days_are_read_with_and_without_a_time() {
        let reader = reader(DataType::Date32);
        for text in ["2024-01-31", " 2024-1-31 ", "2024-01-31T23:59:59.999Z", "2024-01-31 10:00"] {
            assert_eq!(reader.date(text), Some(19_753), "{text}");
        }
        assert_eq!(reader.date("today"), Some(19_675));
        assert_eq!(reader.date("NOW"), Some(19_675));
        assert_eq!(reader.date("31.01.2024"), None);
    }

    #[test]
    fn moments_are_read_with_offsets() {
        assert_eq!(read_timestamp("2022-10-25T22:11:00.000Z"), Some(1_666_735_860_000));
        assert_eq!(read_timestamp("2022-10-26 00:11:00+02:00"), Some(1_666_735_860_000));
        assert_eq!(read_timestamp("soon"), None);
    }

    #[test]
    fn whole_numbers_are_read_from_texts_with_a_fraction() {
        assert_eq!((long(" 12 "), long("12.7"), long("1e3"), long("x")), (Some(12), Some(12), Some(1000), None));
    }

    #[test]
    fn decimals_are_read_with_an_exponent_too() {
        let texts = StringArray::from(vec![Some("1.5"), Some("2e1"), None, Some("x")]);
        let read = number(&texts, &DataType::Decimal128(10, 2)).unwrap();
        let texts = written::text_of(&read).unwrap();
        assert_eq!(texts.iter().collect::<Vec<_>>(), [Some("1.50"), Some("20.00"), None, None]);
    }
}
