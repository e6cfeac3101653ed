//! The pages of the library: the list, a template with its form, and updating to a newer version.

mod detail;
pub(super) mod doing;
mod list;
mod update;

use std::sync::Arc;

use super::model::{self, Entry};
use super::store::{self, Use};
use crate::db::Tx;
use crate::guides::Guides;
use crate::ids::TemplateId;
use crate::queries::{self, Trials};
use crate::web::routes::Who::{Analyst, Owner, SignedIn, Viewer};
use crate::web::routes::{Routes, get, post};
use crate::web::{self, Person, Site};

/// What the handlers of the room need.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) site: Site,
    pub(super) guides: Guides,
    pub(super) trials: Arc<Trials>,
}

pub(super) fn routes(desk: Desk) -> Routes {
    Routes::new()
        .route("/library", get(SignedIn, list::show))
        .route("/library.csv", get(SignedIn, list::export))
        .route("/library.json", get(SignedIn, list::export))
        .route("/library/own", post(SignedIn, doing::add).about("Save a query as a template"))
        .route(
            "/library/updates/{id}",
            get(Viewer, update::show)
                .post(Analyst, update::apply)
                .about("Update a query to its template's newer version"),
        )
        .route("/library/{slug}", get(SignedIn, detail::show).about("A template"))
        .route("/library/{slug}/try", post(SignedIn, doing::try_it).about("Try a template on synthetic data"))
        .route("/library/{slug}/use", post(SignedIn, doing::make).about("Create a query from a template"))
        .route("/library/{slug}/open", post(SignedIn, doing::open).about("Open a template in the editor"))
        .route("/library/{slug}/share", post(Owner, doing::share).about("Share or pin a template"))
        .route("/library/{slug}/change", post(Owner, doing::change).about("Change a template"))
        .route("/library/{slug}/delete", post(Owner, doing::delete).about("Delete a template"))
        .with_state(desk)
}

/// The template with this name, if the person can see it.
pub(super) async fn find(guides: &Guides, tx: &mut Tx, person: &Person, slug: &str) -> web::Result<Entry> {
    let own = match slug.parse::<TemplateId>() {
        Ok(id) => vec![store::find(tx, &person.id, &id).await?],
        Err(_) => Vec::new(),
    };
    let files = if own.is_empty() { guides.templates().await } else { Vec::new() };
    model::entries(files, own).into_iter().find(|entry| entry.slug == slug).ok_or(web::Error::Missing)
}

/// What a template gives now for an earlier query: windows too long to move keep the dates from that time.
fn now_of(entry: &Entry, made: &Use, is_demo: bool) -> String {
    queries::to_file(&entry.input(made.created_at, is_demo))
}

/// A query whose template has a newer version.
struct Newer {
    query: String,
    name: String,
    template: String,
}

/// A person's queries whose templates have changed since.
async fn newer(desk: &Desk, tx: &mut Tx, person: &Person, entries: &[Entry]) -> web::Result<Vec<Newer>> {
    let is_demo = desk.site.config.is_demo();
    let mut all = Vec::new();
    for made in store::uses(tx, &person.id).await? {
        let Some(entry) = entries.iter().find(|entry| entry.slug == made.template) else { continue };
        if now_of(entry, &made, is_demo) != made.base {
            let template = entry.query.name().to_owned();
            all.push(Newer { query: made.query.to_string(), name: made.query_name.clone(), template });
        }
    }
    Ok(all)
}
