//! The list of guides, the page of a guide, and opening its queries in the editor.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::{Guide, Heading, Part};
use crate::queries::{self, Difficulty, DraftSeed};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Site, Visit, words};

pub(super) fn routes(site: Site) -> Router {
    Router::new()
        .route("/guides", get(show_list))
        .route("/guides.csv", get(export))
        .route("/guides.json", get(export))
        .route("/guides/{slug}", get(show))
        .route("/guides/{slug}/queries/{part}/open", post(open))
        .with_state(site)
}

/// Guides per page.
const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "guides/list.html")]
struct ListPage {
    shell: Shell,
    list: List,
    guides: Vec<Arc<Guide>>,
    pager: Pager,
    q: String,
    levels: Vec<Choice>,
    level: &'static str,
}

/// The filtered guides, with the search text and the level.
fn found(params: &mut ListParams) -> (Vec<Arc<Guide>>, String, Option<Difficulty>) {
    let (q, level) = (params.text("q"), params.value("level", "level", Difficulty::parse));
    let mut guides = if q.is_empty() { super::all() } else { super::search(&q) };
    guides.retain(|guide| level.is_none_or(|level| guide.level == level));
    (guides, q, level)
}

async fn show_list(_: Person, visit: Visit, mut params: ListParams) -> web::Result<Html<ListPage>> {
    let (guides, q, level) = found(&mut params);
    let (pager, guides) = params.page(SIZE).cut(guides);
    let levels = Difficulty::ALL.map(|level| Choice::new(level.name(), level.label()));
    Ok(Html(ListPage {
        shell: visit.shell("Guides", Section::Guides).await,
        list: params.list(&[]),
        guides,
        pager,
        q,
        levels: std::iter::once(Choice::new("", "All levels")).chain(levels).collect(),
        level: level.map(Difficulty::name).unwrap_or_default(),
    }))
}

/// A guide in an export.
struct Line(Arc<Guide>);

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &["title", "summary", "level", "minutes", "tags", "slug"];

    fn cells(&self) -> Vec<Value> {
        let Self(guide) = self;
        vec![
            json!(guide.title),
            json!(guide.summary),
            json!(guide.level.name()),
            json!(guide.minutes),
            json!(guide.tags),
            json!(guide.slug),
        ]
    }
}

/// The export of the filtered guides.
async fn export(State(site): State<Site>, _: Person, mut params: ListParams) -> web::Result<Response> {
    let (guides, ..) = found(&mut params);
    let file = list::export_rows(&params, Few(guides.into_iter().map(Line).collect())).await?;
    Ok(file.answer(&["guides"], site.clock.now()))
}

#[derive(Template)]
#[template(path = "guides/detail.html")]
struct DetailPage {
    shell: Shell,
    guide: Arc<Guide>,
}

impl DetailPage {
    /// The headings of sections, for the table of contents.
    fn sections(&self) -> impl Iterator<Item = &Heading> {
        self.guide.headings.iter().filter(|heading| heading.depth == 2)
    }

    fn minutes(&self) -> String {
        words::counted(self.guide.minutes.into(), "minute", "minutes")
    }
}

fn find(slug: &str) -> web::Result<Arc<Guide>> {
    super::find(slug).ok_or(web::Error::Missing)
}

async fn show(_: Person, visit: Visit, Path(slug): Path<String>) -> web::Result<Html<DetailPage>> {
    let guide = find(&slug)?;
    Ok(Html(DetailPage { shell: visit.shell(&guide.title, Section::Guides).await, guide }))
}

/// Creates a draft from a query and opens it in the editor.
async fn open(
    State(site): State<Site>,
    person: Person,
    Path((slug, query)): Path<(String, String)>,
) -> web::Result<Redirect> {
    let guide = find(&slug)?;
    let query = guide.query(&query).ok_or(web::Error::Missing)?;
    let now = site.clock.now();
    let text = DraftSeed {
        name: query.name(),
        source: &format!("Guide: {}", guide.title),
        sql: &query.authored.input.sql,
        fields: query.input(now, site.config.is_demo()).fields,
    };
    let mut tx = site.db.write(&person.scope()).await?;
    let draft = queries::create_draft(&mut tx, &site.random, now, &person.id, text).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/queries/new?draft={draft}")))
}

#[cfg(test)]
mod tests {
    use scraper::{Html as Dom, Selector};

    use super::*;

    #[test]
    fn a_guides_page_has_one_h1_its_queries_as_forms_and_a_contents_that_leads_to_it() {
        for guide in crate::guides::all() {
            let html = DetailPage { shell: Shell::new(&guide.title), guide: Arc::clone(&guide) }.render().unwrap();
            let dom = Dom::parse_document(&html);
            let count = |css: &str| dom.select(&Selector::parse(css).unwrap()).count();
            assert_eq!(count("h1"), 1);
            assert_eq!(count("[style]"), 0);
            assert_eq!(count("article form[method=post][action$='/open']"), guide.queries().count());
            for section in dom.select(&Selector::parse("nav ol a").unwrap()) {
                let id = section.attr("href").unwrap().trim_start_matches('#');
                assert_eq!(count(&format!("h2[id='{id}']")), 1, "{id}");
            }
        }
    }
}
