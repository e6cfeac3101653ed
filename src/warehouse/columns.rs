//! Columns of results, and which types of PostgreSQL can hold their values.

/// The type of a result's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Text,
    Integer,
    /// Exact numbers with up to so many decimal places.
    Decimal(u8),
    Double,
    Boolean,
    Date,
    /// A date and time without a zone.
    Timestamp,
    /// An instant.
    Instant,
}

/// A column that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: ColumnType,
}

impl Column {
    pub fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Self { name: name.into(), kind }
    }
}

impl ColumnType {
    /// The type of a new column for its values.
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "bigint",
            // Without precision and scale, no digit is ever rounded.
            Self::Decimal(_) => "numeric",
            Self::Double => "double precision",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Instant => "timestamp with time zone",
        }
    }

    /// Whether a column of a table with this type, as PostgreSQL writes it, takes its values without changing them.
    /// Shorter integers and texts are accepted: the database refuses a value that doesn't fit.
    pub(super) fn fits(self, found: &str) -> bool {
        let (name, scale) = parts(found);
        let is_exact = name == "numeric";
        match self {
            Self::Text => matches!(name, "text" | "character varying"),
            Self::Integer => is_exact && scale.is_none_or(|scale| scale >= 0) || is_integer(name),
            Self::Decimal(digits) => is_exact && scale.is_none_or(|scale| scale >= i32::from(digits)),
            Self::Double => name == "double precision" || (is_exact && scale.is_none()),
            Self::Boolean => name == "boolean",
            Self::Date => name == "date",
            Self::Timestamp => name == "timestamp without time zone",
            Self::Instant => name == "timestamp with time zone",
        }
    }
}

fn is_integer(name: &str) -> bool {
    matches!(name, "bigint" | "integer" | "smallint")
}

/// A type's name, and the scale of a `numeric(10,2)`. The precision of a timestamp is ignored.
fn parts(found: &str) -> (&str, Option<i32>) {
    if let Some(rest) = found.strip_prefix("numeric(") {
        let scale = rest.trim_end_matches(')').split_once(',').and_then(|(_, scale)| scale.trim().parse().ok());
        return ("numeric", Some(scale.unwrap_or(0)));
    }
    if found.starts_with("character varying") {
        return ("character varying", None);
    }
    match found.strip_prefix("timestamp(").and_then(|rest| rest.split_once(')')) {
        Some((_, " with time zone")) => ("timestamp with time zone", None),
        Some((_, " without time zone")) => ("timestamp without time zone", None),
        _ => (found, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_takes_what_it_holds_without_rounding() {
        for (kind, found) in [
            (ColumnType::Text, "character varying(40)"),
            (ColumnType::Integer, "bigint"),
            (ColumnType::Integer, "numeric(20,0)"),
            (ColumnType::Decimal(2), "numeric(38,4)"),
            (ColumnType::Decimal(8), "numeric"),
            (ColumnType::Instant, "timestamp(3) with time zone"),
        ] {
            assert!(kind.fits(found), "{kind:?} in {found}");
        }
        for (kind, found) in [
            (ColumnType::Text, "bigint"),
            (ColumnType::Integer, "text"),
            (ColumnType::Decimal(4), "numeric(10,2)"),
            (ColumnType::Decimal(0), "bigint"),
            (ColumnType::Double, "real"),
            (ColumnType::Timestamp, "timestamp with time zone"),
            (ColumnType::Date, "text"),
        ] {
            assert!(!kind.fits(found), "{kind:?} in {found}");
        }
    }

    #[test]
    fn a_new_column_takes_the_values_that_it_is_made_for() {
        for kind in [
            ColumnType::Text,
            ColumnType::Integer,
            ColumnType::Decimal(10),
            ColumnType::Double,
            ColumnType::Boolean,
            ColumnType::Date,
            ColumnType::Instant,
        ] {
            assert!(kind.fits(kind.sql()), "{kind:?}");
        }
    }
}
