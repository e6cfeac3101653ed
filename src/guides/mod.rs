//! Build guides: pages of markdown that teach how to ask AMC, with queries that open in the editor.
//!
//! A guide is `guides/<slug>/guide.md`, built into the program so that one file is all there is to
//! install. It is read once, into parts that are HTML already and queries that are not: a query stays
//! SQL with its fields, so that it can be shown, checked in the tests, and handed over to the editor.
//!
//! Guides are written by people who may not be the ones who run the installation. So nothing of a
//! guide reaches the page as it stands: raw HTML is shown as text, and links and images lead to
//! `http`, `https` or this program only. `docs/guides.md` tells authors what they can write.

mod address;
mod entries;
mod fields;
mod library;
mod model;
mod pages;
mod reader;
mod table;
#[cfg(test)]
mod tests;

pub use library::{all, find, first, search};
pub use model::{Fault, Guide, GuideQuery, Heading, Level, Part};

use futures::FutureExt as _;

use crate::web::Site;
use crate::web::room::{Hit, PageEntry, Room, Search};
use crate::web::shell::Section;

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

fn found(q: &str, most: i64) -> Vec<Hit> {
    let hit = |guide: &Guide| Hit {
        href: format!("/guides/{}", guide.slug),
        title: guide.title.clone(),
        note: guide.summary.clone(),
    };
    search(q).into_iter().take(usize::try_from(most).unwrap_or_default()).map(hit).collect()
}
