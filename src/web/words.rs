//! Formats counted things and sizes for people.

use super::components::count;

/// `1 row`, `2 rows`, `1,000 rows`.
pub fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `512 B`, `3.4 KB`, `1.2 MB`, in powers of 1,000.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if number < 1_000 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1_000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Splits a sentence at backticks; each part says whether it is a quoted name. An unpaired backtick is text.
pub fn names(sentence: &str) -> Vec<(bool, &str)> {
    let mut parts = Vec::new();
    let mut rest = sentence;
    while let Some((before, name, after)) = rest
        .split_once('`')
        .and_then(|(before, after)| after.split_once('`').map(|(name, after)| (before, name, after)))
    {
        parts.extend([(false, before), (true, name)]);
        rest = after;
    }
    parts.push((false, rest));
    parts.retain(|(_, part)| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_sentence_stand_between_backticks() {
        assert_eq!(
            names("No `a` here. `b`?"),
            [(false, "No "), (true, "a"), (false, " here. "), (true, "b"), (false, "?")]
        );
        assert_eq!(names("one ` alone"), [(false, "one ` alone")]);
        assert_eq!(names(""), []);
    }

    #[test]
    fn amounts_read_with_their_units() {
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(1_000, "row", "rows"), "1,000 rows");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_200_000), "1.2 MB");
        assert_eq!(bytes(999_999), "1.0 MB");
    }
}
