//! Templates for programs: all, one, and a query created from one.

use super::model::{self, Entry};
use super::pages;
use super::store;
use crate::db::Tx;
use crate::guides::Guides;
use crate::ids::QueryId;
use crate::queries::{self, QueryInput};
use crate::web::{self, Fields, Person, Site};

/// A template, as a person sees it.
#[derive(Clone, Debug)]
pub struct TemplateView {
    /// Its name in addresses.
    pub slug: String,
    pub category: String,
    /// The question that it answers.
    pub use_case: String,
    pub version: i64,
    /// Who made it; `None` for a template from a file.
    pub owner: Option<String>,
    /// The data sources that it reads.
    pub sources: Vec<String>,
    /// The query that is created from it now.
    pub query: QueryInput,
}

impl TemplateView {
    fn new(entry: Entry, site: &Site) -> Self {
        Self {
            category: entry.category().to_owned(),
            use_case: entry.query.authored.use_case.clone(),
            sources: entry.query.sources.clone(),
            query: entry.input(site.clock.now(), site.config.is_demo()),
            owner: entry.own.as_ref().map(|own| own.owner.clone()),
            version: entry.version,
            slug: entry.slug,
        }
    }
}

/// The templates that a person can see and that contain all words, people's own ones first, then by category and name.
pub async fn templates(
    tx: &mut Tx,
    site: &Site,
    guides: &Guides,
    person: &Person,
    words: &str,
) -> web::Result<Vec<TemplateView>> {
    let own = store::own(tx, &person.id).await?;
    let words = model::words(words);
    let entries = model::entries(guides.templates().await, own);
    Ok(entries.into_iter().filter(|entry| entry.holds(&words)).map(|entry| TemplateView::new(entry, site)).collect())
}

/// The template with this name.
pub async fn template(
    tx: &mut Tx,
    site: &Site,
    guides: &Guides,
    person: &Person,
    slug: &str,
) -> web::Result<TemplateView> {
    Ok(TemplateView::new(pages::find(guides, tx, person, slug).await?, site))
}

/// Creates a query from a template, with the values (`param.<name>`), the window and the instance of the fields.
pub async fn create_query(
    tx: &mut Tx,
    site: &Site,
    guides: &Guides,
    person: &Person,
    slug: &str,
    fields: &Fields,
) -> web::Result<QueryId> {
    let id = pages::doing::made(tx, site, guides, person, slug, fields).await?;
    queries::note(tx, site, person, &id, "created from a template").await?;
    Ok(id)
}
