//! The full-text search over guides: every word has to occur, and what is found is shown where it stands.

use std::sync::Arc;

use super::content::Guide;

/// Characters around a hit that are shown.
const AROUND: usize = 90;
/// Most words that are looked for.
const MOST_WORDS: usize = 12;

/// A guide in which all words occur.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) guide: Arc<Guide>,
    /// The section in which the text stands; none for a hit in the title or the tags.
    pub(super) section: Option<SectionHit>,
}

/// Where a text was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SectionHit {
    /// The id of its heading; empty before the first.
    pub(super) id: String,
    pub(super) title: String,
    /// The text around the hit, in pieces: before it, the hit itself, after it.
    pub(super) pieces: [String; 3],
}

/// The words of a text, in small letters.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).take(MOST_WORDS).collect()
}

/// The guides in which every word occurs: those with one in the title first. No words find nothing.
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
    let best = guide.sections.iter().max_by_key(|section| in_section(&section.plain));
    let section = best.and_then(|section| {
        let (at, word) = words.iter().find_map(|word| Some((section.plain.find(word.as_str())?, word)))?;
        // OK to show small letters where some change their length: places would not fit otherwise.
        let text = if section.text.len() + section.title.len() + 1 == section.plain.len() {
            format!("{}\n{}", section.title, section.text)
        } else {
            section.plain.clone()
        };
        Some(SectionHit { id: section.id.clone(), title: section.title.clone(), pieces: pieces(&text, at, word.len()) })
    });
    Some((words.len() - in_title, Found { guide, section }))
}

/// The text around a hit.
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
