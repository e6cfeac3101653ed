//! Tags: short words for finding queries.
//!
//! They are in lower case without commas, so that different spellings are one tag and a line of tags can be typed,
//! stored and searched directly.

use serde::{Deserialize, Serialize};

use crate::web::components::Errors;
use crate::web::naming;

/// Maximum number of tags of a query.
const MOST: usize = 20;
/// Maximum length of a tag, in characters.
const LENGTH: usize = 40;

/// The distinct tags of a query, in the typed order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<String>);

impl Tags {
    /// Parses comma-separated tags; never fails, [`Tags::check`] reports errors.
    pub fn read(line: &str) -> Self {
        let mut tags: Vec<String> = Vec::new();
        for tag in line.split([',', '\n']) {
            let plain = naming::plain(tag).replace(char::is_control, " ").to_lowercase();
            let tag = plain.split_whitespace().collect::<Vec<_>>().join(" ");
            // OK to stop after one too many: the check reports that there are too many, and needs no more.
            if naming::is_seen(&tag) && !tags.contains(&tag) && tags.len() <= MOST {
                tags.push(tag);
            }
        }
        Self(tags)
    }

    /// As stored: `reach,weekly`.
    pub(in crate::queries) fn stored(&self) -> String {
        self.0.join(",")
    }

    /// As in forms: `reach, weekly`.
    pub(in crate::queries) fn line(&self) -> String {
        self.0.join(", ")
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reports what prevents saving.
    pub(in crate::queries) fn check(&self, errors: &mut Errors) {
        if self.0.len() > MOST {
            errors.add("tags", format!("A query can have at most {MOST} tags."));
        }
        if let Some(long) = self.0.iter().find(|tag| tag.chars().count() > LENGTH) {
            let start: String = long.chars().take(LENGTH).collect();
            errors.add(
                "tags",
                format!(
                    "A tag can have at most {LENGTH} characters. Shorten “{start}…”, or separate \
                                        tags with commas."
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_tags_is_read_each_once_in_small_letters() {
        let tags = Tags::read(" Reach,weekly,, REACH , new   to\tbrand\0,");
        assert_eq!(tags.iter().collect::<Vec<_>>(), ["reach", "weekly", "new to brand"]);
        assert_eq!(Tags::read(&tags.line()), tags);
        assert_eq!(Tags::read(&tags.stored()), tags);
        assert!(Tags::read(" , ,").is_empty());
    }

    #[test]
    fn tags_that_nobody_sees_are_none_and_what_turns_the_text_is_left_out() {
        let tags = Tags::read("\u{200B},\u{202E}reach,re\u{200B}ach,\u{FEFF}");
        assert_eq!(tags.iter().collect::<Vec<_>>(), ["reach"]);
    }

    #[test]
    fn too_many_and_too_long_tags_are_reported() {
        let errors = |line: &str| {
            let mut errors = Errors::new();
            Tags::read(line).check(&mut errors);
            errors.len()
        };
        let many = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!((errors(&many(20)), errors(&many(21)), errors(&many(9_000))), (0, 1, 1));
        assert_eq!((errors(&"ü".repeat(40)), errors(&"ü".repeat(41))), (0, 1));
    }
}
