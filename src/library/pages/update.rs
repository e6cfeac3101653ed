//! Updates a query to a newer version of its template.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Desk, find, now_of};
use crate::db::Tx;
use crate::ids::QueryId;
use crate::library::merge::{self, Choice, Segment};
use crate::library::model::Entry;
use crate::library::store::{self, Use};
use crate::queries::{self, Query};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

#[derive(Template)]
#[template(path = "library/update.html")]
pub(super) struct UpdatePage {
    shell: Shell,
    query: Query,
    entry: Entry,
    made: Use,
    segments: Vec<Segment>,
    /// Whether a choice is missing.
    is_missing: bool,
}

impl UpdatePage {
    fn conflicts(&self) -> usize {
        self.segments.iter().filter(|it| matches!(it, Segment::Conflict { .. })).count()
    }

    /// Whether the template has changes.
    fn has_news(&self) -> bool {
        self.segments.iter().any(|it| matches!(it, Segment::Conflict { .. } | Segment::Theirs { .. }))
    }
}

struct Merging {
    query: Query,
    entry: Entry,
    made: Use,
    theirs: String,
    segments: Vec<Segment>,
}

async fn merging(desk: &Desk, tx: &mut Tx, person: &Person, id: &str) -> web::Result<Merging> {
    let id: QueryId = id.parse().map_err(|_| web::Error::Missing)?;
    let query = queries::find(tx, &person.id, &id).await?;
    let made = store::use_of(tx, &person.id, &id).await?;
    let entry = find(&desk.guides, tx, person, &made.template).await?;
    let theirs = now_of(&entry, &made, desk.site.config.is_demo());
    let mine = queries::to_file(&query.clone().into());
    let segments = merge::merged(&made.base, &mine, &theirs);
    Ok(Merging { query, entry, made, theirs, segments })
}

async fn page(visit: &Visit, merging: Merging, is_missing: bool) -> UpdatePage {
    let Merging { query, entry, made, segments, .. } = merging;
    let title = format!("Template changes: {}", entry.query.name());
    UpdatePage { shell: visit.shell(title, Section::Library).await, query, entry, made, segments, is_missing }
}

pub(super) async fn show(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<UpdatePage>> {
    let mut tx = desk.site.db.read(&person.scope()).await?;
    let merging = merging(&desk, &mut tx, &person, &id).await?;
    drop(tx);
    Ok(Html(page(&visit, merging, false).await))
}

/// Saves the merged text as the query's next version.
pub(super) async fn apply(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let now = desk.site.clock.now();
    let mut tx = desk.site.db.write(&person.scope()).await?;
    let merging = merging(&desk, &mut tx, &person, &id).await?;
    let choice = |number: usize| Choice::parse(fields.get(&format!("choice.{number}")));
    let Some(text) = merge::text(&merging.segments, choice) else {
        drop(tx);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page(&visit, merging, true).await)).into_response());
    };
    let revision = fields.trimmed("revision").parse().unwrap_or(merging.query.revision);
    let input = queries::of_file(&text).map_err(web::Error::Invalid)?;
    let query = merging.query.id.clone();
    queries::replace(&mut tx, now, &person.id, (&query, revision), input).await?;
    store::set_base(&mut tx, &person.id, &merging.made.id, (merging.entry.version, &merging.theirs)).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The query was updated. The previous text was saved as a version.").await;
    Ok(Redirect::to(&format!("/queries/{query}")).into_response())
}
