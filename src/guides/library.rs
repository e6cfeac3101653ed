//! The guides that are built into the program.

use std::sync::LazyLock;

use super::model::Guide;
use super::reader;

/// All guides, in the order in which a newcomer takes them: folder and file.
pub(super) const FILES: [(&str, &str); 1] = [("first-query", include_str!("../../guides/first-query/guide.md"))];

static GUIDES: LazyLock<Vec<Guide>> =
    LazyLock::new(|| FILES.into_iter().map(|(slug, text)| reader::read(slug, text).0).collect());

/// All guides, in the order in which a newcomer takes them.
pub fn all() -> &'static [Guide] {
    &GUIDES
}

/// The guide for somebody who has no query yet.
pub fn first() -> Option<&'static Guide> {
    all().first()
}

/// The guide of that folder.
pub fn find(slug: &str) -> Option<&'static Guide> {
    all().iter().find(|guide| guide.slug == slug)
}

/// Guides in which every word of `text` occurs, whatever its case. No words find nothing.
pub fn search(text: &str) -> Vec<&'static Guide> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let holds = |guide: &&Guide| {
        let heads = [&guide.title, &guide.summary, &guide.text].map(|text| text.to_lowercase());
        let marks = guide.tags.iter().chain(&guide.sources).map(|text| text.to_lowercase()).collect::<Vec<_>>();
        words.iter().all(|word| heads.iter().chain(&marks).any(|text| text.contains(word)))
    };
    all().iter().filter(holds).collect()
}
