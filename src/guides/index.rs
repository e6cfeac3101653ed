//! Full-text search over guides: a guide must contain every word, and the section with the match is shown.

use std::cmp::Reverse;
use std::sync::Arc;

use super::content::Guide;

/// Number of characters shown around a match.
const AROUND: usize = 90;
/// Maximum number of words in a search.
const MOST_WORDS: usize = 12;

/// A guide that contains all words.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) guide: Arc<Guide>,
    /// The section with the match; `None` for a match in the title or tags.
    pub(super) section: Option<SectionHit>,
}

/// The place of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SectionHit {
    /// The id of its heading; empty before the first.
    pub(super) id: String,
    pub(super) title: String,
    /// The text around the match, in parts: before, the match, after.
    pub(super) pieces: [String; 3],
}

/// The words of a text, in lower case.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).take(MOST_WORDS).collect()
}

/// The guides that contain every word, starting with those that have one in the title. Without words, nothing is
/// found.
pub(super) fn search(guides: impl Iterator<Item = Arc<Guide>>, text: &str) -> Vec<Found> {
    let words = words(text);
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, Found)> = guides.filter_map(|guide| look(guide, &words)).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, found)| found).collect()
}

fn look(guide: Arc<Guide>, words: &[String]) -> Option<(usize, Found)> {
    let holds = |word: &String| {
        guide.plain.contains(word.as_str()) || guide.sections.iter().any(|it| it.plain.contains(word.as_str()))
    };
    if !words.iter().all(holds) {
        return None;
    }
    let title = guide.title.to_lowercase();
    let in_title = words.iter().filter(|word| title.contains(word.as_str())).count();
    let in_section = |plain: &str| words.iter().filter(|word| plain.contains(word.as_str())).count();
    // The first of the best ones: "Next steps" at the end mentions everything.
    let best = guide.sections.iter().min_by_key(|section| Reverse(in_section(&section.plain)));
    let section = best.and_then(|section| {
        let (at, word) = words.iter().find_map(|word| Some((section.plain.find(word.as_str())?, word)))?;
        // OK to show lower case if it changes the length of the text, because positions would be wrong otherwise.
        let text = if section.text.len() + section.title.len() + 1 == section.plain.len() {
            format!("{}\n{}", section.title, section.text)
        } else {
            section.plain.clone()
        };
        Some(SectionHit { id: section.id.clone(), title: section.title.clone(), pieces: pieces(&text, at, word.len()) })
    });
    Some((words.len() - in_title, Found { guide, section }))
}

/// The text around a match.
fn pieces(text: &str, at: usize, length: usize) -> [String; 3] {
    let start = text.floor_char_boundary(at.saturating_sub(AROUND));
    let start =
        if start == 0 { 0 } else { text.get(start..at).and_then(|it| it.find(' ')).map_or(start, |it| start + it + 1) };
    let end = text.ceil_char_boundary((at + length + AROUND).min(text.len()));
    let flat = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().replace('\n', " ");
    let before = if start > 0 { "… " } else { "" };
    let after = if end < text.len() { " …" } else { "" };
    [format!("{before}{}", flat(start..at)), flat(at..at + length), format!("{}{after}", flat(at + length..end))]
}
