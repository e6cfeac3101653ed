//! Guides as text.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::Api;
use super::endpoint::{Endpoint, Endpoints};
use super::paging::{Page, Paging};
use super::reply::{Conditions, Result, found};
use super::schema::answer;
use crate::guides::Guide as Content;
use crate::tokens::{Area, Level};
use crate::web::list::ListParams;
use crate::web::{Error, Person};

answer! {
    /// A guide in a list.
    GuideSummary {
        /// Its name in addresses.
        id: String,
        title: String,
        summary: String,
        level: String,
        /// The time for reading and doing it.
        minutes: u32,
        tags: Vec<String>,
        /// The names of the data sources that it uses.
        data_sources: Vec<String>,
    }

    /// A guide.
    Guide {
        /// Its name in addresses.
        id: String,
        title: String,
        summary: String,
        level: String,
        /// The time for reading and doing it.
        minutes: u32,
        tags: Vec<String>,
        sections: Vec<GuideSection>,
        queries: Vec<GuideQuery>,
        /// The names of guides to read next.
        next: Vec<String>,
    }

    /// A section of a guide, as plain text.
    GuideSection {
        title: String,
        text: String,
    }

    /// A query of a guide.
    GuideQuery {
        id: String,
        name: String,
        description: String,
        sql: String,
    }
}

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let list = Endpoint::get("/api/guides", "listGuides", "List guides")
        .scope(Area::Guides, Level::Read)
        .query("q", "Words in the guides.")
        .pages()
        .returns::<Page<GuideSummary>>(200, "Guides in the recommended order; the best matches first for a search.");
    let get = Endpoint::get("/api/guides/{slug}", "getGuide", "Read a guide")
        .scope(Area::Guides, Level::Read)
        .returns::<Guide>(200, "The guide.");
    routes.add(list, show_list).add(get, show)
}

impl From<&Content> for GuideSummary {
    fn from(guide: &Content) -> Self {
        Self {
            id: guide.slug.clone(),
            title: guide.title.clone(),
            summary: guide.summary.clone(),
            level: guide.level.name().to_owned(),
            minutes: guide.minutes,
            tags: guide.tags.clone(),
            data_sources: guide.sources.clone(),
        }
    }
}

impl From<&Content> for Guide {
    fn from(guide: &Content) -> Self {
        let section = |section: &crate::guides::SectionText| GuideSection {
            title: section.title.clone(),
            text: section.text.clone(),
        };
        let query = |query: &crate::guides::GuideQuery| GuideQuery {
            id: query.id.clone(),
            name: query.name().to_owned(),
            description: query.authored.input.description.clone(),
            sql: query.authored.input.sql.clone(),
        };
        Self {
            id: guide.slug.clone(),
            title: guide.title.clone(),
            summary: guide.summary.clone(),
            level: guide.level.name().to_owned(),
            minutes: guide.minutes,
            tags: guide.tags.clone(),
            sections: guide.sections.iter().map(section).collect(),
            queries: guide.queries().map(query).collect(),
            next: guide.next.clone(),
        }
    }
}

/// Whether this person sees a guide: drafts are for administrators.
fn is_visible(guide: &Arc<Content>, person: &Person) -> bool {
    !guide.draft || person.is_administrator
}

async fn show_list(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    mut params: ListParams,
) -> Result<Response> {
    let vault = &api.site.vault;
    let words = params.text("q");
    let paging = Paging::read(vault, &person.id, &params)?;
    let all = if words.is_empty() { api.guides.all().await } else { api.guides.search(&words).await };
    let visible = all.iter().filter(|guide| is_visible(guide, &person));
    let rows = paging.cut(visible.map(|guide| GuideSummary::from(guide.as_ref())));
    paging.answer(vault, &conditions, rows)
}

async fn show(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(slug): Path<String>,
) -> Result<Response> {
    let all = api.guides.all().await;
    let guide = all.iter().find(|guide| guide.slug == slug && is_visible(guide, &person)).ok_or(Error::Missing)?;
    found(&conditions, &Guide::from(guide.as_ref()))
}
