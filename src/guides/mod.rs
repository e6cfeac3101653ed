//! How-to guides: Markdown pages that teach AMC analyses, with queries that can be tried, run and copied; and
//! templates, which are the same queries, ready to use.
//!
//! Both are files in one format (`guides/README.md`), built into the program or read from a folder. Each version of a
//! file is parsed once, into rendered HTML and queries: a query stays SQL with its parameters, so that it can be
//! shown, checked, tried, and opened in the editor.
//!
//! Guides may be written by other people than those who run the installation. So nothing of a guide reaches the page
//! unescaped: raw HTML is shown as text, and links lead only to `http`, `https` or this program.

mod check;
mod content;
mod pages;
#[cfg(test)]
mod tests;

pub use check::{Report, check, run};
pub use content::{Checked, Finding, Guide, GuideQuery, Heading, Level, Link, Part, SectionText, Target, Template};

use std::sync::Arc;

use futures::FutureExt as _;

use crate::web::Site;
use crate::web::room::{Hit, PageEntry, Room, Search};
use crate::web::shell::Section;
use content::Collection;

pub fn room(site: Site) -> Room {
    Room {
        section: Some(Section::Guides),
        pages: const { &[PageEntry::new("/guides", "Guides", "help learn documentation")] },
        searches: const {
            &[Search {
                name: "Guides",
                list: "",
                find: |_, _, q, range| std::future::ready(Ok(found(q, range.most))).boxed(),
            }]
        },
        ..Room::new(pages::routes(site))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/guides` and below.
    pub const Guides: Self = Self::new("/guides", "Guides", "book-open");
}

/// All guides, in the recommended order.
pub fn all() -> Vec<Arc<Guide>> {
    let own = Collection::built_in().guides.iter().filter(|guide| guide.item.language.is_empty());
    own.map(|guide| Arc::clone(&guide.item)).collect()
}

/// The guide for newcomers.
pub fn first() -> Option<Arc<Guide>> {
    all().into_iter().next()
}

/// The guide in that folder.
pub fn find(slug: &str) -> Option<Arc<Guide>> {
    Collection::built_in().guide(slug, "").map(|guide| Arc::clone(&guide.item))
}

/// Guides that contain every word of `text`, case-insensitively. Without words the result is empty.
pub fn search(text: &str) -> Vec<Arc<Guide>> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let holds = |guide: &Arc<Guide>| {
        let sections = guide.sections.iter().flat_map(|section| [&section.title, &section.text]);
        let texts = [&guide.title, &guide.summary].into_iter().chain(sections).chain(&guide.tags).chain(&guide.sources);
        let texts: Vec<String> = texts.map(|text| text.to_lowercase()).collect();
        words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    };
    all().into_iter().filter(holds).collect()
}

fn found(q: &str, most: i64) -> Vec<Hit> {
    let hit = |guide: Arc<Guide>| Hit {
        href: format!("/guides/{}", guide.slug),
        title: guide.title.clone(),
        note: guide.summary.clone(),
    };
    search(q).into_iter().take(usize::try_from(most).unwrap_or_default()).map(hit).collect()
}
