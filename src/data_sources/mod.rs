//! AMC's data sources: what exists, what the columns mean, which instances have them, and what uses them.
//!
//! Combines the documentation ([`Catalogue`](crate::amcsql::catalogue::Catalogue)) with the lists of instances. A
//! source has a page, `/data-sources/{name}`, and a column an anchor on it, `#column`, so that every name on any page
//! can be a link.

mod compare;
mod described;
mod directory;
mod drafts;
mod drift;
mod filter;
mod index;
mod joins;
mod markdown;
mod pages;
mod programs;
mod samples;
mod store;

pub use compare::{Compared, Difference, compare};
pub use directory::View;
pub use programs::Match;

use futures::FutureExt as _;

use crate::db::{self, PageRange, Tx};
use crate::web::room::{Hit, PageEntry, Room, Search};
use crate::web::shell::Section;
use crate::web::{Person, Site};

/// Registers the explorer of data sources: pages, search and the drift list.
pub fn room(site: Site) -> Room {
    Room {
        section: Some(Section::DataSources),
        pages: const {
            &[
                PageEntry::new("/data-sources", "Data sources", "tables columns schema catalogue"),
                PageEntry::new("/data-sources/compare", "Compare data sources", "tables columns difference side"),
                PageEntry::new(
                    "/data-sources/drift",
                    "Data source changes",
                    "drift renamed deprecated removed columns",
                ),
                PageEntry::new("/data-sources/fields", "Fields", "field explorer columns filter builder data sources"),
            ]
        },
        searches: const {
            &[
                Search {
                    name: "Columns",
                    list: "/data-sources",
                    find: |tx, person, q, range| async move { Ok(found(tx, person, q, range).await?.0) }.boxed(),
                },
                Search {
                    name: "Data sources",
                    list: "/data-sources",
                    find: |tx, person, q, range| async move { Ok(found(tx, person, q, range).await?.1) }.boxed(),
                },
            ]
        },
        ..Room::new(pages::routes(site))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/data-sources` and below.
    pub const DataSources: Self = Self::new("/data-sources", "Data sources", "database");
}

/// Columns and sources that contain the words, each name once.
async fn found(tx: &mut Tx, person: &Person, q: &str, range: PageRange) -> db::Result<(Vec<Hit>, Vec<Hit>)> {
    let view = View::read(tx, &person.id).await?;
    let most = usize::try_from(range.most).unwrap_or_default();
    let (mut columns, mut sources): (Vec<ColumnHit>, Vec<Hit>) = (Vec::new(), Vec::new());
    for found in view.directory.index.search(q).iter() {
        let Some(source) = view.directory.at(found.source) else { continue };
        match found.column.and_then(|at| source.columns.get(at)) {
            None if sources.len() < most => sources.push(Hit {
                href: described::address(&source.id, None),
                title: source.id.clone(),
                note: source.description.clone(),
            }),
            None => {}
            Some(column) => match columns.iter().position(|hit| hit.name == column.name) {
                Some(known) => columns[known].sources.push(source.id.clone()),
                None if columns.len() < most => columns.push(ColumnHit {
                    href: described::address(&source.id, Some(&column.name)),
                    name: column.name.clone(),
                    sources: vec![source.id.clone()],
                    description: column.description.clone(),
                }),
                None => {}
            },
        }
    }
    Ok((columns.into_iter().map(Hit::from).collect(), sources))
}

/// A matching column, with the sources that have it.
struct ColumnHit {
    href: String,
    name: String,
    sources: Vec<String>,
    description: String,
}

impl From<ColumnHit> for Hit {
    fn from(hit: ColumnHit) -> Self {
        let sources = match hit.sources.as_slice() {
            [first, second, _, ..] => format!("in {first}, {second} and {} more", hit.sources.len() - 2),
            sources => format!("in {}", sources.join(", ")),
        };
        let note = if hit.description.is_empty() { sources } else { format!("{sources} · {}", hit.description) };
        Self { href: hit.href, title: hit.name, note }
    }
}
