//! The query library: built-in templates, templates from the folder of guides, and people's own templates; each
//! becomes a query in one step.
//!
//! A template is a query in the format of guides (`guides/README.md`), so it is checked and shown in the same way. A
//! query created from it is independent. The original text is stored, so that a newer version can be announced and
//! merged.

mod merge;
mod model;
mod pages;
mod programs;
mod store;

pub use programs::{TemplateView, create_query, template, templates};
pub use store::{owned, transfer};

use std::sync::Arc;

use futures::FutureExt as _;

use crate::db::{self, PageRange, Tx};
use crate::guides::Guides;
use crate::queries::Trials;
use crate::web::room::{Hit, PageEntry, Room, SearchWith};
use crate::web::shell::Section;
use crate::web::{Person, Site};

/// Registers the pages of templates and their entries in the search.
pub fn room(site: Site, guides: Guides, trials: Arc<Trials>) -> Room {
    let found_in = guides.clone();
    Room {
        section: Some(Section::Library),
        pages: const { &[PageEntry::new("/library", "Query library", "templates examples ready-made queries")] },
        searches_with: vec![SearchWith::new("Templates", "/library", move |tx, person, q, range| {
            let guides = found_in.clone();
            async move { found(&guides, tx, person, q, range).await }.boxed()
        })],
        ..Room::new(pages::routes(pages::Desk { site, guides, trials }))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/library` and its subpages.
    pub const Library: Self = Self::new("/library", "Library", "archive");
}

/// Results for the global search: templates from files, and those of people.
async fn found(guides: &Guides, tx: &mut Tx, person: &Person, q: &str, range: PageRange) -> db::Result<Vec<Hit>> {
    let own = store::own(tx, &person.id).await?;
    let entries = model::entries(guides.templates().await, own);
    let hit = |entry: &model::Entry| Hit {
        href: format!("/library/{}", entry.slug),
        title: entry.query.name().to_owned(),
        note: entry.query.authored.input.description.clone(),
    };
    let words = model::words(q);
    let found = entries.iter().filter(|entry| !words.is_empty() && entry.holds(&words));
    Ok(found.take(usize::try_from(range.most).unwrap_or_default()).map(hit).collect())
}
