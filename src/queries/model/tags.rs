//! Tags: short words by which people find their queries again.
//!
//! They are small letters without commas, so that two spellings are one tag and a line of them can be typed,
//! stored and searched as it is.

use serde::{Deserialize, Serialize};

use crate::web::components::Errors;
use crate::web::naming;

/// Most tags of a query.
const MOST: usize = 20;
/// Longest tag, in characters.
const LENGTH: usize = 40;

/// The tags of one query, each once, as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<String>);

impl Tags {
    /// Reads a line of tags with commas between them; never fails, [`Tags::check`] says what does not fit.
    pub fn read(line: &str) -> Self {
        let mut tags: Vec<String> = Vec::new();
        for tag in line.split([',', '\n']) {
            let plain = naming::plain(tag).replace(char::is_control, " ").to_lowercase();
            let tag = plain.split_whitespace().collect::<Vec<_>>().join(" ");
            // OK to stop one beyond: the check says that there are too many, and nothing more is needed for it.
            if naming::is_seen(&tag) && !tags.contains(&tag) && tags.len() <= MOST {
                tags.push(tag);
            }
        }
        Self(tags)
    }

    /// As they are stored: `reach,weekly`.
    pub(in crate::queries) fn stored(&self) -> String {
        self.0.join(",")
    }

    /// As the form shows them: `reach, weekly`.
    pub(in crate::queries) fn line(&self) -> String {
        self.0.join(", ")
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says what keeps them from being saved.
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
    fn too_many_and_too_long_tags_are_told() {
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
