//! A field's value, and its only conversion to SQL.

use std::fmt::Write as _;

use chrono::{NaiveDate, NaiveDateTime};

use super::Field;
use crate::amcsql::catalogue::DataType;

/// Maximum number of items of a list. The maximum size of the text usually ends lists earlier.
pub const MOST_ITEMS: usize = 200_000;

/// Maximum number of characters of one text.
pub const MOST_CHARACTERS: usize = 10_000;

/// The value of a field, of its declared type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value, for optional fields.
    Null,
    /// Any text, including one of several choices.
    Text(String),
    /// A number as typed: digits, at most one point, optionally a minus.
    Number(String),
    /// True or false.
    Boolean(bool),
    Date(NaiveDate),
    /// A date and time, in UTC.
    DateTime(NaiveDateTime),
    /// Several values: written with commas in `IN (…)` and `ARRAY[…]`, as rows after `VALUES`.
    List(Vec<Value>),
}

/// Why a value can't be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("`{0}` isn't a number. Write digits, with a point before decimals.")]
    Number(String),
    /// A NUL, which can't be stored in text.
    #[error("the text holds a NUL character. Remove it.")]
    Nul,
    /// Longer than [`MOST_CHARACTERS`].
    #[error("the text has {0} characters; {MOST_CHARACTERS} are possible.")]
    TooLong(usize),
    #[error("the list is empty. Give it at least one item.")]
    EmptyList,
    /// More than [`MOST_ITEMS`].
    #[error("the list has {0} items; {MOST_ITEMS} are possible. Upload a table instead.")]
    TooMany(usize),
    /// A list in a list.
    #[error("a list cannot hold lists.")]
    Nested,
    /// A list where a single value is required.
    #[error("a list stands in IN (…), in ARRAY[…] or after VALUES only.")]
    ListOutside,
    /// A year without exactly four digits.
    #[error("the date must have a year from 0001 to 9999.")]
    Year,
}

impl Value {
    /// A list of texts as a list of the type that it is compared with, where every item reads as one; anything else as it is.
    /// Numbers that are written in another way than by their digits, such as `007`, are taken for texts.
    #[must_use]
    pub fn typed(self, data_type: &DataType) -> Self {
        let Self::List(items) = self else { return self };
        let item = |item: &Self| {
            let Self::Text(text) = item else { return None };
            let text = text.trim();
            match data_type {
                it if it.is_integer() => text
                    .parse::<i64>()
                    .ok()
                    .filter(|number| number.to_string() == text)
                    .map(|_| Self::Number(text.to_owned())),
                it if it.is_numeric() => number(text)
                    .ok()
                    .filter(|_| !text.starts_with('0') || text.starts_with("0.") || text == "0")
                    .map(|_| Self::Number(text.to_owned())),
                DataType::Date => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self::Date),
                _ => None,
            }
        };
        match items.iter().map(item).collect::<Option<Vec<Self>>>() {
            Some(typed) if !typed.is_empty() => Self::List(typed),
            _ => Self::List(items),
        }
    }

    /// The literal for `field`.
    pub(super) fn write(&self, field: &Field) -> Result<String, Invalid> {
        match self {
            Self::List(items) if field.rows => joined(items, |item| Ok(format!("({})", item.literal()?))),
            Self::List(items) if field.in_list => joined(items, Self::literal),
            Self::List(_) => Err(Invalid::ListOutside),
            one if field.rows => Ok(format!("({})", one.literal()?)),
            one => one.literal(),
        }
    }

    /// The literal of one value.
    pub fn literal(&self) -> Result<String, Invalid> {
        match self {
            Self::Null => Ok("NULL".to_owned()),
            Self::Text(text) => quoted(text),
            Self::Number(text) => number(text),
            Self::Boolean(value) => Ok(if *value { "TRUE" } else { "FALSE" }.to_owned()),
            Self::Date(date) => {
                let text = date.format("%Y-%m-%d").to_string();
                // OK because chrono writes years outside four digits with a sign, which AMC doesn't accept.
                if text.len() == 10 { Ok(format!("CAST('{text}' AS DATE)")) } else { Err(Invalid::Year) }
            }
            Self::DateTime(moment) => {
                let text = moment.format("%Y-%m-%d %H:%M:%S").to_string();
                if text.len() == 19 { Ok(format!("CAST('{text}' AS TIMESTAMP)")) } else { Err(Invalid::Year) }
            }
            Self::List(_) => Err(Invalid::Nested),
        }
    }
}

fn joined(items: &[Value], write: impl Fn(&Value) -> Result<String, Invalid>) -> Result<String, Invalid> {
    match items.len() {
        0 => return Err(Invalid::EmptyList),
        count if count > MOST_ITEMS => return Err(Invalid::TooMany(count)),
        _ => {}
    }
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        let separator = if at == 0 { "" } else { ", " };
        // OK because writing to a String cannot fail.
        let _ = write!(text, "{separator}{}", write(item)?);
    }
    Ok(text)
}

/// A single-quoted text with doubled quotes: AMC has no other escape.
fn quoted(text: &str) -> Result<String, Invalid> {
    if text.contains('\0') {
        return Err(Invalid::Nul);
    }
    let characters = text.chars().count();
    if characters > MOST_CHARACTERS {
        return Err(Invalid::TooLong(characters));
    }
    Ok(format!("'{}'", text.replace('\'', "''")))
}

/// Digits only, to prevent injection; a negative number is parenthesized, so that a preceding minus doesn't start a
/// comment.
fn number(text: &str) -> Result<String, Invalid> {
    let invalid = || Invalid::Number(text.chars().take(40).collect());
    let text = text.trim();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || digits.len() > 38 {
        return Err(invalid());
    }
    Ok(if negative { format!("(-{digits})") } else { digits.to_owned() })
}
