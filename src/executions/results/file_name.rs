//! Names for downloads that say what is in them.

use std::fmt::Write as _;

use chrono::NaiveDate;

/// Characters of a query's and of an instance's name that a file's name keeps.
const QUERY: usize = 80;
const INSTANCE: usize = 40;

/// A file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    name: String,
}

/// What a file of a result holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Contents<'a> {
    /// The query's name.
    pub query: &'a str,
    /// The instance's name.
    pub instance: &'a str,
    /// The first and the last day of its window.
    pub window: Option<(NaiveDate, NaiveDate)>,
    /// What sets the file apart from others of the same result: `filtered`; mostly empty.
    pub mark: &'a str,
}

/// The name for a file of a query's result: the query's name, the instance's, the first and last day of
/// the window, and what kind of file it is.
///
/// Letters and digits of all scripts stay, small; what a file system or a terminal could stumble over
/// becomes `-`.
pub fn file_name(contents: Contents<'_>, extension: &str) -> FileName {
    let query = plain(contents.query, QUERY);
    let mut name = if query.is_empty() { "result".to_owned() } else { query };
    let window = contents.window.map(|(first, last)| format!("{first}_{last}")).unwrap_or_default();
    for part in [plain(contents.instance, INSTANCE), window, plain(contents.mark, INSTANCE)] {
        if !part.is_empty() {
            name.push('_');
            name.push_str(&part);
        }
    }
    FileName { name: format!("{name}.{extension}") }
}

fn plain(text: &str, most: usize) -> String {
    let mut name = String::new();
    for character in text.chars().take(most).flat_map(char::to_lowercase) {
        match character {
            _ if character.is_alphanumeric() || character == '_' => name.push(character),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.trim_end_matches('-').to_owned()
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
    /// clients (RFC 6266 with the encoding of RFC 8187).
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
    fn a_download_is_named_after_its_query_instance_and_window() {
        let day = |day| NaiveDate::from_ymd_opt(2025, 1, day).unwrap();
        let contents = Contents {
            query: "Reach by campaign (weekly)",
            instance: "Acme, US",
            window: Some((day(1), day(7))),
            mark: "filtered",
        };
        let name = file_name(contents, "csv");
        assert_eq!(name.as_str(), "reach-by-campaign-weekly_acme-us_2025-01-01_2025-01-07_filtered.csv");
        assert_eq!(name.disposition(), format!("attachment; filename=\"{}\"", name.as_str()));
    }

    #[test]
    fn names_of_other_scripts_are_encoded_and_hostile_ones_are_harmless() {
        let named = |query, extension| file_name(Contents { query, ..Contents::default() }, extension);
        let name = named("Größe", "json");
        assert_eq!(name.disposition(), "attachment; filename=\"gr--e.json\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.json");
        assert_eq!(named("../../etc\r\nSet-Cookie: \"x\"\u{202e}", "csv").as_str(), "etc-set-cookie-x.csv");
        assert_eq!(named("", "csv").as_str(), "result.csv");
        assert!(named(&"é".repeat(10_000), "csv").as_str().len() < 200);
    }
}
