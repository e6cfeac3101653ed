//! Help: a page for each check code, with a wrong and a right example.
//!
//! The texts are part of the checker, in [`crate::amcsql::codes`]; this room displays and searches them.

mod pages;

use futures::FutureExt as _;

use crate::amcsql::codes::{self, Definition};
use crate::web::Site;
use crate::web::room::{Hit, PageEntry, Room, Search};
use crate::web::shell::Section;

pub fn room(site: Site) -> Room {
    Room {
        settings: const { &[Section::Help] },
        pages: const { &[PageEntry::new("/help/checks", "Checks of a query", "help errors warnings codes findings sql")] },
        searches: const {
            &[Search {
                name: "Help",
                list: "/help/checks",
                find: |_, _, q, range| std::future::ready(Ok(found(q, range.most))).boxed(),
            }]
        },
        ..Room::new(pages::routes(site))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/help` and below.
    pub const Help: Self = Self::new("/help/checks", "Help", "circle-help");
}

fn found(q: &str, most: i64) -> Vec<Hit> {
    let hit = |it: &Definition| Hit {
        href: format!("/help/checks/{}", it.name),
        title: it.title.to_owned(),
        note: it.name.to_owned(),
    };
    codes::search(q).into_iter().take(usize::try_from(most).unwrap_or_default()).map(hit).collect()
}
