//! The query library: templates that come with the program or lie in the folder of guides, and people's own; each one step from
//! a query.
//!
//! A template is a query in the format of guides (`guides/README.md`), so that it is checked and shown like one. A query that is made of it
//! is independent of it; what is kept is which text it was made of, so that a newer version can be told and merged.

mod merge;
mod model;
mod pages;
mod store;

use std::sync::Arc;

use futures::FutureExt as _;

use crate::db::{self, PageRange, Tx};
use crate::guides::Guides;
use crate::queries::Trials;
use crate::web::room::{Hit, PageEntry, Room, Search};
use crate::web::shell::Section;
use crate::web::{Person, Site};

/// The room.
pub fn room(site: Site, guides: Guides, trials: Arc<Trials>) -> Room {
    Room {
        section: Some(Section::Library),
        pages: const { &[PageEntry::new("/library", "Query library", "templates examples ready-made queries")] },
        searches: const {
            &[Search {
                name: "Templates",
                list: "/library",
                find: |tx, person, q, range| found(tx, person, q, range).boxed(),
            }]
        },
        ..Room::new(pages::routes(pages::Desk { site, guides, trials }))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/library` and below.
    pub const Library: Self = Self::new("/library", "Library", "archive");
}

/// What the search of everything finds: the templates of the program, and those of people.
async fn found(tx: &mut Tx, person: &Person, q: &str, range: PageRange) -> db::Result<Vec<Hit>> {
    let own = store::own(tx, &person.id).await?;
    let entries = model::entries(crate::guides::built_in_templates(), own);
    let hit = |entry: &model::Entry| Hit {
        href: format!("/library/{}", entry.slug),
        title: entry.query.name().to_owned(),
        note: entry.query.authored.input.description.clone(),
    };
    let words = model::words(q);
    let found = entries.iter().filter(|entry| !words.is_empty() && entry.holds(&words));
    Ok(found.take(usize::try_from(range.most).unwrap_or_default()).map(hit).collect())
}
