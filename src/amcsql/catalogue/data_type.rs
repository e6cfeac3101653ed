//! The types of AMC columns and expressions.

use std::fmt;

use arrow::datatypes::{DataType as Arrow, Field, Fields, TimeUnit};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The type of a column or an expression, in AMC's own terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// The type of a bare `NULL`; compatible with every type.
    Null,
    /// `BOOLEAN`.
    Boolean,
    /// `BYTE`, also written `TINYINT`: 8 bits.
    Byte,
    /// `SHORT`, also written `SMALLINT`: 16 bits.
    Short,
    /// `INTEGER`: 32 bits.
    Integer,
    /// `LONG`, also written `BIGINT`: 64 bits.
    Long,
    /// `DECIMAL(precision, scale)`; precision is at most 38.
    Decimal {
        /// Total number of digits.
        precision: u8,
        /// Number of decimal places.
        scale: u8,
    },
    /// `FLOAT`: 32 bits.
    Float,
    /// `DOUBLE`: 64 bits.
    Double,
    /// `STRING`, also written `VARCHAR`.
    String,
    /// `BINARY`.
    Binary,
    /// `DATE`.
    Date,
    /// `TIMESTAMP`, in milliseconds, UTC unless a column says otherwise.
    Timestamp,
    /// `ARRAY<element>`.
    Array(Box<DataType>),
    /// A row of named fields, from `NAMED_ROW`.
    Struct(Vec<(String, DataType)>),
    /// `MAP<key, value>`, from `STR_TO_MAP`.
    Map(Box<DataType>, Box<DataType>),
}

impl DataType {
    /// The meaning of a bare `DECIMAL` in the published table pages.
    pub const DECIMAL: Self = Self::Decimal { precision: 38, scale: 4 };

    /// The result of dividing integers or decimals; AMC has been observed to return `DECIMAL(38,17)`.
    pub const QUOTIENT: Self = Self::Decimal { precision: 38, scale: 17 };

    /// The corresponding Arrow type. Array elements and struct fields are nullable.
    pub fn arrow(&self) -> Arrow {
        match self {
            Self::Null => Arrow::Null,
            Self::Boolean => Arrow::Boolean,
            Self::Byte => Arrow::Int8,
            Self::Short => Arrow::Int16,
            Self::Integer => Arrow::Int32,
            Self::Long => Arrow::Int64,
            Self::Decimal { precision, scale } => Arrow::Decimal128(*precision, scale.cast_signed()),
            Self::Float => Arrow::Float32,
            Self::Double => Arrow::Float64,
            Self::String => Arrow::Utf8,
            Self::Binary => Arrow::Binary,
            Self::Date => Arrow::Date32,
            Self::Timestamp => Arrow::Timestamp(TimeUnit::Millisecond, None),
            Self::Array(element) => Arrow::List(Field::new("item", element.arrow(), true).into()),
            Self::Struct(fields) => {
                Arrow::Struct(fields.iter().map(|(name, kind)| Field::new(name, kind.arrow(), true)).collect())
            }
            Self::Map(key, value) => {
                let entry =
                    Fields::from(vec![Field::new("key", key.arrow(), false), Field::new("value", value.arrow(), true)]);
                Arrow::Map(Field::new("entries", Arrow::Struct(entry), false).into(), false)
            }
        }
    }

    /// Parses AMC's type names (`LONG`, `DECIMAL(38,4)`, `ARRAY<STRING>`), case-insensitively, and the synonyms in
    /// `CAST`; `None` for anything else. The maximum nesting is eight.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_at(text.trim(), 0)
    }

    fn parse_at(text: &str, depth: u8) -> Option<Self> {
        if depth > 8 || text.len() > 200 || !text.is_ascii() {
            return None;
        }
        let upper = text.to_ascii_uppercase();
        if let Some(inner) = upper.strip_prefix("ARRAY<").and_then(|rest| rest.strip_suffix('>')) {
            return Some(Self::Array(Box::new(Self::parse_at(inner.trim(), depth + 1)?)));
        }
        if let Some(inner) = upper.strip_prefix("DECIMAL(").and_then(|rest| rest.strip_suffix(')')) {
            let (precision, scale) = inner.split_once(',').unwrap_or((inner, "0"));
            return Self::decimal(precision.trim().parse().ok()?, scale.trim().parse().ok()?);
        }
        Self::named(&upper)
    }

    /// `DECIMAL(precision, scale)` if AMC has it: precision 1 to 38, scale up to precision.
    pub fn decimal(precision: u8, scale: u8) -> Option<Self> {
        (1..=38).contains(&precision).then_some(())?;
        (scale <= precision).then_some(Self::Decimal { precision, scale })
    }

    /// The type for one upper-case word, including synonyms.
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "NULL" => Self::Null,
            "BOOLEAN" => Self::Boolean,
            "BYTE" | "TINYINT" => Self::Byte,
            "SHORT" | "SMALLINT" => Self::Short,
            "INTEGER" | "INT" => Self::Integer,
            "LONG" | "BIGINT" => Self::Long,
            "DECIMAL" | "NUMERIC" | "DEC" => Self::DECIMAL,
            "FLOAT" | "REAL" => Self::Float,
            "DOUBLE" => Self::Double,
            "STRING" | "VARCHAR" | "CHAR" | "CHARACTER" | "SYMBOL" => Self::String,
            "BINARY" | "VARBINARY" => Self::Binary,
            "DATE" => Self::Date,
            "TIMESTAMP" => Self::Timestamp,
            _ => return None,
        })
    }

    pub fn is_numeric(&self) -> bool {
        self.is_integer() || matches!(self, Self::Decimal { .. } | Self::Float | Self::Double)
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Byte | Self::Short | Self::Integer | Self::Long)
    }

    /// Whether it is a date or a timestamp.
    pub fn is_temporal(&self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }

    /// The name in Calcite's messages about signatures, such as `BIGINT` for `LONG`.
    pub fn calcite(&self) -> String {
        match self {
            Self::Byte => "TINYINT".to_owned(),
            Self::Short => "SMALLINT".to_owned(),
            Self::Long => "BIGINT".to_owned(),
            Self::String => "VARCHAR".to_owned(),
            Self::Binary => "VARBINARY".to_owned(),
            Self::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
            Self::Array(element) => format!("{} ARRAY", element.calcite()),
            Self::Struct(_) => "ROW".to_owned(),
            Self::Map(..) => "MAP".to_owned(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "NULL",
            Self::Boolean => "BOOLEAN",
            Self::Byte => "BYTE",
            Self::Short => "SHORT",
            Self::Integer => "INTEGER",
            Self::Long => "LONG",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::String => "STRING",
            Self::Binary => "BINARY",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
            Self::Decimal { precision, scale } => return write!(f, "DECIMAL({precision},{scale})"),
            Self::Array(element) => return write!(f, "ARRAY<{element}>"),
            Self::Map(key, value) => return write!(f, "MAP<{key},{value}>"),
            Self::Struct(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, kind)| format!("{name}: {kind}")).collect();
                return write!(f, "STRUCT<{}>", fields.join(", "));
            }
        })
    }
}

impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a type of AMC")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for text in ["LONG", "STRING", "DECIMAL(38,2)", "ARRAY<LONG>", "ARRAY<ARRAY<STRING>>", "TIMESTAMP", "BYTE"] {
            assert_eq!(DataType::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_bare_decimal_has_four_digits_after_the_point() {
        assert_eq!(DataType::parse("decimal"), Some(DataType::DECIMAL));
        assert_eq!(DataType::DECIMAL.arrow(), Arrow::Decimal128(38, 4));
    }

    #[test]
    fn nonsense_is_no_type() {
        for text in ["", "DECIMAL(39,2)", "DECIMAL(4,5)", "ARRAY<>", "ARRAY<LONG", "MONEY", "DECIMAL(x)"] {
            assert_eq!(DataType::parse(text), None, "{text}");
        }
        let deep = format!("{}LONG{}", "ARRAY<".repeat(30), ">".repeat(30));
        assert_eq!(DataType::parse(&deep), None);
    }
}
