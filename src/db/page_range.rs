//! What statements over long lists share: which range of rows, and texts that are looked for.

use chrono::{DateTime, Utc};

/// Later than anything happens, for lists that begin with the newest row; both databases hold it.
pub const LATEST: DateTime<Utc> = match DateTime::from_timestamp(253_370_764_800, 0) {
    Some(year_9999) => year_9999,
    None => DateTime::<Utc>::MAX_UTC,
};

/// A range of the rows that a filter leaves, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRange {
    /// How many rows come before it.
    pub skip: i64,
    /// How many rows it has at most.
    pub most: i64,
}

impl PageRange {
    /// The first `most` rows.
    pub const fn first(most: i64) -> Self {
        Self { skip: 0, most }
    }
}

/// The pattern for `like … escape '\'` that finds a text anywhere; an empty text gives the empty pattern,
/// by which statements know that nothing is looked for.
pub fn containing(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    // OK to drop NUL: no stored text holds one, and PostgreSQL takes none.
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
