//! Lowers literals and parameter values.

use std::collections::HashMap;

use arrow::datatypes::{DataType as Arrow, TimeUnit};
use chrono::{Datelike, NaiveDate};
use datafusion::common::ScalarValue;
use serde_json::Value;

use super::super::run::RunError;
use crate::amcsql::bound::Literal;
use crate::amcsql::moments::{read_date, read_timestamp};

/// A literal in the required Arrow type.
pub(super) fn value(literal: &Literal, kind: &Arrow) -> Result<ScalarValue, RunError> {
    let value = match literal {
        Literal::Null => return Ok(ScalarValue::try_from(kind)?),
        Literal::Boolean(value) => ScalarValue::Boolean(Some(*value)),
        Literal::Integer(value) => ScalarValue::Int64(Some(*value)),
        Literal::Decimal { unscaled, scale } => ScalarValue::Decimal128(Some(*unscaled), 38, scale.cast_signed()),
        Literal::Double(value) => ScalarValue::Float64(Some(*value)),
        Literal::String(value) => ScalarValue::Utf8(Some(value.clone())),
        Literal::Date(value) => ScalarValue::Date32(Some(days(*value))),
        Literal::Timestamp(value) => ScalarValue::TimestampMillisecond(Some(value.and_utc().timestamp_millis()), None),
    };
    if &value.data_type() == kind { Ok(value) } else { Ok(value.cast_to(kind)?) }
}

fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - NaiveDate::default().num_days_from_ce()
}

/// The value of a custom parameter, in the Arrow type of its declaration.
pub(super) fn parameter(
    name: &str,
    kind: &Arrow,
    values: &HashMap<String, Value>,
    now: i64,
) -> Result<ScalarValue, RunError> {
    let given = values
        .get(name)
        .or_else(|| values.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    let Some(given) = given else {
        return Err(RunError::Parameter(format!("The parameter '{name}' has no value and no default value.")));
    };
    let wrong = || {
        let shown: String = given.to_string().chars().take(60).collect();
        RunError::Parameter(format!("The parameter '{name}' cannot be read as {}: {shown}", describe(kind)))
    };
    read(given, kind, now)?.ok_or_else(wrong)
}

fn describe(kind: &Arrow) -> &'static str {
    match kind {
        Arrow::Boolean => "a boolean",
        Arrow::Date32 => "a date such as 2024-01-31",
        Arrow::Timestamp(..) => "a timestamp such as 2024-01-31T10:00:00",
        Arrow::List(_) => "an array",
        Arrow::Utf8 => "a text",
        kind if kind.is_integer() => "a whole number",
        kind if kind.is_numeric() => "a number",
        _ => "its declared type",
    }
}

fn read(given: &Value, kind: &Arrow, now: i64) -> Result<Option<ScalarValue>, RunError> {
    if given.is_null() {
        return Ok(Some(ScalarValue::try_from(kind)?));
    }
    let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
    let text = text.trim();
    Ok(match kind {
        Arrow::List(field) => return array(given, field.data_type(), now),
        _ if given.is_array() || given.is_object() => None,
        Arrow::Utf8 => Some(ScalarValue::Utf8(Some(given.as_str().map_or_else(|| given.to_string(), str::to_owned)))),
        Arrow::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(ScalarValue::Boolean(Some(true))),
            "false" | "0" => Some(ScalarValue::Boolean(Some(false))),
            _ => None,
        },
        Arrow::Date32 if text.eq_ignore_ascii_case("today") => {
            Some(ScalarValue::Date32(i32::try_from(now.div_euclid(86_400_000)).ok()))
        }
        Arrow::Date32 => {
            let day = text.get(..10).map_or(text, |day| if text.len() > 10 { day } else { text });
            read_date(day).map(|date| ScalarValue::Date32(Some(days(date))))
        }
        Arrow::Timestamp(TimeUnit::Millisecond, None) if text.eq_ignore_ascii_case("now") => {
            Some(ScalarValue::TimestampMillisecond(Some(now), None))
        }
        Arrow::Timestamp(TimeUnit::Millisecond, None) => {
            read_timestamp(text).map(|millis| ScalarValue::TimestampMillisecond(Some(millis), None))
        }
        Arrow::Binary => Some(ScalarValue::Binary(Some(text.as_bytes().to_vec()))),
        _ => ScalarValue::try_from_string(text.to_owned(), kind).ok(),
    })
}

fn array(given: &Value, element: &Arrow, now: i64) -> Result<Option<ScalarValue>, RunError> {
    // OK because a single value for an array parameter means an array with one element.
    let items = given.as_array().map_or_else(|| vec![given], |items| items.iter().collect());
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let Some(value) = read(item, element, now)? else { return Ok(None) };
        values.push(value);
    }
    Ok(Some(ScalarValue::List(ScalarValue::new_list_nullable(&values, element))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn given(value: Value, kind: &Arrow) -> Result<ScalarValue, RunError> {
        parameter("p", kind, &HashMap::from([("P".to_owned(), value)]), 0)
    }

    #[test]
    fn parameters_are_read_by_their_declared_type() {
        assert_eq!(given(json!("5"), &Arrow::Int64).unwrap(), ScalarValue::Int64(Some(5)));
        assert_eq!(given(json!(5), &Arrow::Utf8).unwrap(), ScalarValue::Utf8(Some("5".to_owned())));
        assert_eq!(given(json!("2024-01-31"), &Arrow::Date32).unwrap(), ScalarValue::Date32(Some(19_753)));
        assert!(given(json!(null), &Arrow::Int64).unwrap().is_null());
        assert!(given(json!("x"), &Arrow::Int64).is_err());
        assert!(given(json!({"a": 1}), &Arrow::Utf8).is_err());
    }

    #[test]
    fn a_parameter_without_a_value_is_named() {
        let error = parameter("budget", &Arrow::Int64, &HashMap::new(), 0).unwrap_err();
        assert!(error.to_string().contains("'budget'"));
    }

    mod fuzz {
        use proptest::prelude::*;

        use super::*;
        use crate::amcsql::catalogue::DataType;
        use crate::fuzz::run;

        /// The type before a line of `%%`; then the value as JSON.
        fn type_and_value(bytes: &[u8]) -> Option<(DataType, Value)> {
            let whole = String::from_utf8_lossy(bytes);
            let (kind, value) = whole.split_once("\n%%\n")?;
            Some((DataType::parse(kind)?, serde_json::from_str(value).ok()?))
        }

        #[test]
        fn any_value_of_a_parameter_is_one_of_its_type_or_is_refused_by_name() {
            run("parameters", 3_000, |bytes| {
                let Some((data_type, given)) = type_and_value(bytes) else { return Ok(()) };
                let kind = data_type.arrow();
                match parameter("p", &kind, &HashMap::from([("p".to_owned(), given)]), 1_700_000_000_000) {
                    Ok(value) => prop_assert_eq!(value.data_type(), kind),
                    Err(RunError::Parameter(words)) => {
                        prop_assert!(words.contains("'p'") && words.len() < 400, "{}", words);
                    }
                    Err(other) => prop_assert!(false, "{}", other),
                }
                Ok(())
            });
        }
    }
}
