//! Names for downloads that say what is in them.

use std::fmt::Write as _;

use chrono::NaiveDate;

/// Characters of a query's name that a file's name keeps.
const NAME: usize = 80;

/// A file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    name: String,
}

/// The name for a file of a query's result: the query's name, the first and last day of its window, and
/// what kind of file it is.
///
/// Letters and digits of all scripts stay; what a file system or a terminal could stumble over becomes `-`.
pub fn file_name(query: &str, window: Option<(NaiveDate, NaiveDate)>, extension: &str) -> FileName {
    let mut name = String::new();
    for character in query.chars().take(NAME) {
        match character {
            _ if character.is_alphanumeric() || character == '_' => name.push(character),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-');
    let name = if name.is_empty() { "result" } else { name };
    let window = window.map_or_else(String::new, |(first, last)| format!("_{first}_{last}"));
    FileName { name: format!("{name}{window}.{extension}") }
}

impl FileName {
    /// The name with letters of all scripts.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The name in ASCII, with `-` for other letters.
    pub fn ascii(&self) -> String {
        let plain = |character: char| if character.is_ascii() { character } else { '-' };
        self.name.chars().map(plain).collect()
    }

    /// The value of a `Content-Disposition` header that downloads under this name, for old and new
    /// clients (RFC 6266 with the encoding of RFC 5987).
    pub fn disposition(&self) -> String {
        let mut text = format!("attachment; filename=\"{}\"", self.ascii());
        if !self.name.is_ascii() {
            text.push_str("; filename*=UTF-8''");
            for byte in self.name.bytes() {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
                    text.push(char::from(byte));
                } else {
                    // OK because writing to a String cannot fail.
                    let _ = write!(text, "%{byte:02X}");
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_named_after_its_query_and_window() {
        let day = |day| NaiveDate::from_ymd_opt(2025, 1, day).unwrap();
        let name = file_name("Reach by campaign (weekly)", Some((day(1), day(7))), "csv");
        assert_eq!(name.as_str(), "Reach-by-campaign-weekly_2025-01-01_2025-01-07.csv");
        assert_eq!(name.disposition(), format!("attachment; filename=\"{}\"", name.as_str()));
    }

    #[test]
    fn names_of_other_scripts_are_encoded_and_hostile_ones_are_harmless() {
        let name = file_name("Größe", None, "json");
        assert_eq!(name.disposition(), "attachment; filename=\"Gr--e.json\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.json");
        assert_eq!(file_name("../../etc\r\nSet-Cookie: \"x\"\u{202e}", None, "csv").as_str(), "etc-Set-Cookie-x.csv");
        assert_eq!(file_name("", None, "csv").as_str(), "result.csv");
        assert!(file_name(&"é".repeat(10_000), None, "csv").as_str().len() < 200);
    }
}
