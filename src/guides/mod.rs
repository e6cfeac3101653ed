//! Build guides: pages of markdown that teach how to ask AMC, with queries that can be tried, run and taken along; and templates,
//! which are the same queries one step from use.
//!
//! Both are files in one format (`guides/README.md`), built into the program or read from a folder. Each is read once for each version of
//! its file, into parts that are HTML already and queries that are not: a query stays SQL with its parameters, so that it can be
//! shown, checked, tried, and handed over to the editor.
//!
//! Guides are written by people who may not be the ones who run the installation. So nothing of a guide reaches the page as it
//! stands: raw HTML is shown as text, and links lead to `http`, `https` or this program only.

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

/// All guides, in the order in which a newcomer takes them.
pub fn all() -> Vec<Arc<Guide>> {
    let own = Collection::built_in().guides.iter().filter(|guide| guide.item.language.is_empty());
    own.map(|guide| Arc::clone(&guide.item)).collect()
}

/// The guide for somebody who has no query yet.
pub fn first() -> Option<Arc<Guide>> {
    all().into_iter().next()
}

/// The guide of that folder.
pub fn find(slug: &str) -> Option<Arc<Guide>> {
    Collection::built_in().guide(slug, "").map(|guide| Arc::clone(&guide.item))
}

/// Guides in which every word of `text` occurs, whatever its case. No words find nothing.
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
