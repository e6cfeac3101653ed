//! Descriptive file names for downloads.

use std::fmt::Write as _;

/// Maximum length of the first part of a name, and of each other part.
const FIRST: usize = 80;
const OTHER: usize = 40;

/// A file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    name: String,
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
    /// A name made of these parts; `otherwise` replaces an empty first part.
    ///
    /// Letters and digits of all scripts are kept, in lower case; characters that may cause problems in file systems
    /// or terminals become `-`.
    pub fn new<'a>(otherwise: &str, parts: impl IntoIterator<Item = &'a str>, extension: &str) -> Self {
        let mut parts = parts.into_iter();
        let first = plain(parts.next().unwrap_or_default(), FIRST);
        let mut name = if first.is_empty() { otherwise.to_owned() } else { first };
        for part in parts.map(|part| plain(part, OTHER)).filter(|part| !part.is_empty()) {
            name.push('_');
            name.push_str(&part);
        }
        Self { name: format!("{name}.{extension}") }
    }

    /// The name, including non-ASCII letters.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The name in ASCII, with `-` for other letters.
    fn ascii(&self) -> String {
        let plain = |character: char| if character.is_ascii() { character } else { '-' };
        self.name.chars().map(plain).collect()
    }

    /// The value of a `Content-Disposition` header for downloading under this name, for old and new clients (RFC 6266
    /// with the encoding of RFC 8187).
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
    fn a_file_is_named_after_its_parts() {
        let parts = ["Reach by campaign (weekly)", "Acme, US", "", "2025-01-01_2025-01-07", "filtered"];
        let name = FileName::new("result", parts, "csv");
        assert_eq!(name.as_str(), "reach-by-campaign-weekly_acme-us_2025-01-01_2025-01-07_filtered.csv");
        assert_eq!(name.disposition(), format!("attachment; filename=\"{}\"", name.as_str()));
    }

    #[test]
    fn names_of_other_scripts_are_encoded_and_hostile_ones_are_harmless() {
        let named = |first, extension| FileName::new("result", [first], extension);
        let name = named("Größe", "json");
        assert_eq!(name.disposition(), "attachment; filename=\"gr--e.json\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.json");
        assert_eq!(named("../../etc\r\nSet-Cookie: \"x\"\u{202e}", "csv").as_str(), "etc-set-cookie-x.csv");
        assert_eq!(named("", "csv").as_str(), "result.csv");
        assert!(named(&"é".repeat(10_000), "csv").as_str().len() < 200);
    }
}
