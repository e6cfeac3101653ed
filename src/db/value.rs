//! The value types that both databases share, and conversion from rows.

use chrono::{DateTime, Utc};

/// One value bound to a statement or read from a row. Each kind can be NULL, since PostgreSQL requires the type of a
/// NULL too.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `text`
    Text(String),
    /// `bigint`
    Int(i64),
    /// `double precision`
    Real(f64),
    /// `boolean`
    Bool(bool),
    /// `timestamptz`, whole microseconds
    Time(DateTime<Utc>),
    /// `jsonb`, objects and arrays only: SQLite would turn a bare number into an INTEGER
    Json(serde_json::Value),
    /// NULL of the given kind
    Null(Kind),
}

/// The kinds of [`Value`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `text`
    Text,
    /// `bigint`
    Int,
    /// `double precision`
    Real,
    /// `boolean`
    Bool,
    /// `timestamptz`
    Time,
    /// `jsonb`
    Json,
}

/// A stored value that the code can't read: the database and the program disagree.
#[derive(Debug, thiserror::Error)]
#[error("a stored value is not a {expected}")]
pub struct WrongValue {
    expected: &'static str,
}

impl WrongValue {
    /// An error for a value that isn't `expected`.
    pub const fn new(expected: &'static str) -> Self {
        Self { expected }
    }
}

/// A type that can be read from a column of its kind.
pub trait FromValue: Column + Sized {
    /// Converts the value, or says what was expected.
    fn from_value(value: Value) -> Result<Self, WrongValue>;
}

/// A type stored in a column of one kind, so that NULL can be bound too.
pub trait Column {
    const KIND: Kind;
}

impl<T: Column> Column for Option<T> {
    const KIND: Kind = T::KIND;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, WrongValue> {
        match value {
            Value::Null(_) => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: Into<Value> + Column> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null(T::KIND), Into::into)
    }
}

macro_rules! plain {
    ($($rust:ty => $variant:ident $name:literal),+ $(,)?) => {$(
        impl From<$rust> for Value {
            fn from(value: $rust) -> Self {
                Self::$variant(value)
            }
        }

        impl Column for $rust {
            const KIND: Kind = Kind::$variant;
        }

        impl FromValue for $rust {
            fn from_value(value: Value) -> Result<Self, WrongValue> {
                match value {
                    Value::$variant(value) => Ok(value),
                    _ => Err(WrongValue::new($name)),
                }
            }
        }
    )+};
}

plain!(String => Text "text", i64 => Int "whole number", f64 => Real "number", bool => Bool "boolean",
    DateTime<Utc> => Time "time", serde_json::Value => Json "JSON document");

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Column for &str {
    const KIND: Kind = Kind::Text;
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl Column for &String {
    const KIND: Kind = Kind::Text;
}
