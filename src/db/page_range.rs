//! Shared by statements over long lists: row ranges and text search.

use chrono::{DateTime, Utc};

/// Later than any event, for lists that begin with the newest row; both databases can store it.
pub const LATEST: DateTime<Utc> = match DateTime::from_timestamp(253_370_764_800, 0) {
    Some(year_9999) => year_9999,
    None => DateTime::<Utc>::MAX_UTC,
};

/// A range of the filtered rows, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRange {
    /// How many rows to skip.
    pub skip: i64,
    /// The maximum number of rows.
    pub most: i64,
}

impl PageRange {
    /// The first `most` rows.
    pub const fn first(most: i64) -> Self {
        Self { skip: 0, most }
    }
}

/// The pattern for `lower(…) like lower($n) escape '\'` that finds a text anywhere, in any case; an empty text gives the
/// empty pattern, which statements treat as no search.
pub fn containing(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    // OK to drop NUL: no stored text contains one, and PostgreSQL doesn't accept it.
    let escaped = text.replace('\0', "").replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn what_means_something_in_a_pattern_is_looked_for_as_it_is() {
        assert_eq!(containing(""), "");
        assert_eq!(containing("a\0b"), "%ab%");
        assert_eq!(containing("100%_\\"), "%100\\%\\_\\\\%");
    }
}
