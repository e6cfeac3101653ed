//! The page of a data source: description, columns, joins, samples, and uses.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Sources, instance_choices, of_instance};
use crate::amcsql::catalogue::{Catalogue, ColumnDef, DataSource};
use crate::data_sources::described::{self, Mark, marks};
use crate::data_sources::directory::View;
use crate::data_sources::index::Index;
use crate::data_sources::joins::{Join, joins};
use crate::data_sources::samples::{self, Sample};
use crate::data_sources::{drafts, markdown};
use crate::db::{self, PageRange, Stamp, Tx};
use crate::guides::Guides;
use crate::ids::PersonId;
use crate::queries::{self, DraftSeed};
use crate::web::components::Choice;
use crate::web::list::{List, ListParams};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, FileName, Html, Person, Site, Visit, words};

/// Maximum number of named queries that use a source.
const USERS: usize = 20;
/// Maximum number of queries parsed to find them.
const LOOKED_AT: i64 = 200;

#[derive(Template)]
#[template(path = "data_sources/detail.html")]
pub(super) struct DetailPage {
    shell: Shell,
    list: List,
    source: DataSource,
    marks: Vec<Mark>,
    q: String,
    instances: Vec<Choice>,
    instance: String,
    spread: (usize, usize),
    groups: Vec<ColumnGroup>,
    joins: Vec<Join>,
    samples: Vec<(usize, &'static Sample)>,
    used: Arc<Used>,
    /// Guides and templates that read it: address and title.
    guides: Vec<(String, String)>,
    is_documented: bool,
}

/// The columns of a category.
struct ColumnGroup {
    name: String,
    id: String,
    columns: Vec<Line>,
}

/// A displayed column.
struct Line {
    column: ColumnDef,
    anchor: String,
    values: Vec<String>,
    /// Whether the selected instance doesn't list it.
    is_missing: bool,
}

impl DetailPage {
    /// The number of collapsed sources of a join, for display.
    fn more_joins(join: &Join) -> String {
        let more = i64::try_from(join.others.len()).unwrap_or(i64::MAX).saturating_sub(6);
        words::counted(more, "more data source", "more data sources")
    }

    /// The number of displayed columns.
    fn shown(&self) -> usize {
        self.groups.iter().map(|group| group.columns.len()).sum()
    }
}

/// The uses of a source.
#[derive(Debug, Default)]
pub(super) struct Used {
    /// Queries visible to the person: address and name.
    queries: Vec<(String, String)>,
    /// Whether there may be more.
    more: bool,
}

impl Used {
    async fn find(tx: &mut Tx, person: &PersonId, source: &DataSource) -> db::Result<Self> {
        let range = PageRange::first(LOOKED_AT + 1);
        let own = Catalogue::from_sources(vec![source.clone()]);
        let catalogue = if source.is_uploaded() { &own } else { Catalogue::standard() };
        let mut used = Self::default();
        for (at, query) in queries::mentioning(tx, person, &source.id, range).await?.into_iter().enumerate() {
            if at as i64 == LOOKED_AT || used.queries.len() == USERS {
                used.more = true;
                break;
            }
            let reads = queries::reads(&query.sql, &query.fields, catalogue);
            if reads.iter().any(|it| it.source == source.id) {
                used.queries.push((format!("/queries/{}", query.id), query.name));
            }
        }
        Ok(used)
    }
}

/// The columns by category, only those matching `q`.
fn groups(source: &DataSource, q: &str, is_missing: impl Fn(&ColumnDef) -> bool) -> Vec<ColumnGroup> {
    let found: Option<Vec<usize>> = (!q.is_empty()).then(|| {
        let found = Index::of(std::iter::once(source)).search(q);
        found.iter().filter_map(|found| found.column).collect()
    });
    let mut groups: Vec<ColumnGroup> = Vec::new();
    for (at, column) in source.columns.iter().enumerate() {
        if found.as_ref().is_some_and(|found| !found.contains(&at)) {
            continue;
        }
        let name = if column.category.is_empty() { "Columns" } else { column.category.as_str() };
        let place = groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
            let id = format!("fields-{}", name.to_lowercase().replace(|it: char| !it.is_ascii_alphanumeric(), "-"));
            groups.push(ColumnGroup { name: name.to_owned(), id, columns: Vec::new() });
            groups.len() - 1
        });
        groups[place].columns.push(Line {
            anchor: described::anchor(&column.name),
            values: described::values(column),
            is_missing: is_missing(column),
            column: column.clone(),
        });
    }
    groups
}

/// The uses of a source, from the cache if current.
async fn used(sources: &Sources, person: &Person, source: &DataSource) -> db::Result<Arc<Used>> {
    let key = (person.id.clone(), source.id.clone());
    if let Some(known) = sources.used.get(&key) {
        return Ok(known);
    }
    let mut tx = sources.site.db.read(&person.scope()).await?;
    let used = Arc::new(Used::find(&mut tx, &person.id, source).await?);
    sources.used.insert(key, Stamp::of(&tx), Arc::clone(&used));
    Ok(used)
}

pub(super) async fn show(
    State(sources): State<Sources>,
    Extension(guides): Extension<Guides>,
    person: Person,
    visit: Visit,
    Path(name): Path<String>,
    mut params: ListParams,
) -> web::Result<Response> {
    let mut tx = sources.site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    let place = view.directory.find(&name).ok_or(web::Error::Missing)?;
    let source = view.directory.at(place).ok_or(web::Error::Missing)?;
    // Upper case, audience twins and former names redirect to the main name.
    if source.id != name {
        return Ok(Redirect::to(&described::address(&source.id, None)).into_response());
    }
    let instance = of_instance(&view, &mut params)?;
    drop(tx);
    let used = used(&sources, &person, source).await?;
    let q = params.text("q");
    let listed = instance.and_then(|known| view.source_on(known, place));
    let is_missing =
        |column: &ColumnDef| instance.is_some() && listed.is_none_or(|listed| listed.column(&column.name).is_none());
    let page = DetailPage {
        shell: visit.shell(&source.id, Section::DataSources).await,
        list: params.list(&[]),
        marks: marks(&view, source, place, instance),
        groups: groups(source, &q, is_missing),
        q,
        instances: instance_choices(&view, "Any instance"),
        instance: instance.map(|known| known.listing.id.to_string()).unwrap_or_default(),
        spread: view.spread(place),
        joins: joins(source, view.directory.sources()),
        samples: samples::of(&source.id).collect(),
        used,
        guides: guides.reading(&source.id).await,
        is_documented: view.is_documented(place),
        source: source.clone(),
    };
    Ok(Html(page).into_response())
}

/// The source as Markdown.
pub(super) async fn markdown(
    State(site): State<Site>,
    person: Person,
    Path(name): Path<String>,
) -> web::Result<Response> {
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    drop(tx);
    let source = view.directory.find(&name).and_then(|place| view.directory.at(place)).ok_or(web::Error::Missing)?;
    let text = markdown::source(source, &joins(source, view.directory.sources()));
    let file = FileName::new("data-source", [source.id.as_str()], "md");
    Ok(([(CONTENT_TYPE, "text/markdown; charset=utf-8"), (CONTENT_DISPOSITION, &file.disposition())], text)
        .into_response())
}

/// Creates a draft from a sample, of a query on a column, or of one on the source, and redirects to the editor.
pub(super) async fn draft(
    State(site): State<Site>,
    person: Person,
    Path(name): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let mut tx = site.db.write(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    let source = view.directory.find(&name).and_then(|place| view.directory.at(place)).ok_or(web::Error::Missing)?;
    let (title, sql) = match (fields.trimmed("sample"), fields.trimmed("column")) {
        ("", "") => (source.name.clone(), drafts::of_source(source)),
        ("", column) => {
            let column = source.column(column).ok_or(web::Error::Missing)?;
            (format!("{}: {}", source.name, column.name), drafts::of_column(source, column))
        }
        (sample, _) => {
            let sample = sample.parse().ok().and_then(samples::number).ok_or(web::Error::Missing)?;
            (sample.name.clone(), sample.sql.clone())
        }
    };
    let from = format!("Data source: {}", source.id);
    let seed = DraftSeed { name: &title, source: &from, sql: &sql, fields: Vec::new() };
    let draft = queries::create_draft(&mut tx, &site.random, site.clock.now(), &person.id, seed).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/queries/new?draft={draft}")))
}
