//! Drafts: what is typed is kept while it is typed, and thrown away only where that can be taken back.
//!
//! The editor sends itself every few seconds; without scripts a button does. A saved query has one draft for
//! each person. An editor names itself (`tab`), and a draft names the editor that keeps it, so that a second tab
//! is told of the first instead of overwriting it.

pub(super) mod list;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use super::editing::What;
use super::editor::page;
use super::forms::written;
use super::saving::drop_draft;
use crate::db::{self, Tx};
use crate::ids::DraftId;
use crate::queries::model::{self, Query, QueryInput};
use crate::queries::store::{self, Draft, Rest};
use crate::web::components::Errors;
use crate::web::naming;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// The line below the editor's head that says how the draft stands.
#[derive(Template)]
#[template(path = "queries/draft_state.html")]
struct StatePart {
    kept: Option<DateTime<Utc>>,
    /// Another tab's draft, which this one did not overwrite.
    other: Option<Draft>,
    /// The query, when it was saved after this editor was opened.
    moved: Option<Query>,
    problem: String,
}

/// How keeping went.
enum Outcome {
    Kept(DraftId),
    /// The text is the one that is saved: there is nothing to keep.
    Saved,
    /// Another editor keeps a draft of the same thing.
    Other(Box<Draft>),
}

/// Keeps what is in the editor as a draft: quietly for a browser that types, otherwise it leads back to it.
pub(super) async fn keep(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    headers: HeaderMap,
    fields: Fields,
) -> web::Result<Response> {
    let (mut what, written) = (What::sent(&fields), written(&fields));
    let is_typing = headers.contains_key("hx-request");
    let mut part = StatePart { kept: None, other: None, moved: None, problem: String::new() };
    if written.sql.len() > model::SQL_BYTES || written.sql.contains('\0') {
        let mut errors = Errors::new();
        model::check_sql(&written.sql, &mut errors);
        if is_typing {
            part.problem = errors.of("sql").to_owned();
            return Ok(Html(part).into_response());
        }
        return Ok(Html(page(&site, &person, &visit, what, written, &fields, errors).await?)
            .unprocessable_by(|page| &page.errors));
    }
    let now = site.clock.now();
    let mut tx = site.db.write(&person.scope()).await?;
    let query = changed(&mut tx, &person, &mut what).await?;
    let is_saved =
        query.as_ref().is_some_and(|query| written == query.clone().into() && What::is_placed_as(query, &fields));
    let outcome = if is_saved {
        drop_draft(&mut tx, &person, &what).await?;
        Outcome::Saved
    } else {
        keep_over(&mut tx, &site, &person, &what, &written, &fields, now).await?
    };
    tx.commit().await?;
    match outcome {
        Outcome::Kept(_) if is_typing => {
            part.kept = Some(now);
            part.moved = query.filter(|query| what.revision > 0 && query.revision > what.revision);
            Ok(Html(part).into_response())
        }
        Outcome::Other(other) if is_typing => {
            part.other = Some(*other);
            Ok(Html(part).into_response())
        }
        Outcome::Saved if is_typing => Ok(Html(part).into_response()),
        Outcome::Saved => {
            visit.flash(Tone::Info, "The text matches the saved query, so there is no draft to save.").await;
            Ok(Redirect::to(&what.action()).into_response())
        }
        Outcome::Kept(id) => {
            visit.flash(Tone::Success, "Draft saved. Only you can see it, above the list of queries.").await;
            Ok(Redirect::to(&format!("/queries/new?draft={id}")).into_response())
        }
        Outcome::Other(other) => {
            let mut page = page(&site, &person, &visit, what, written, &fields, Errors::new()).await?;
            page.other = Some(*other);
            Ok((StatusCode::CONFLICT, Html(page)).into_response())
        }
    }
}

/// The query that is edited. One that is not the person's, or gone, is none: the text is kept all the same.
async fn changed(tx: &mut Tx, person: &Person, what: &mut What) -> web::Result<Option<Query>> {
    let Some(id) = &what.query else { return Ok(None) };
    match store::find(tx, &person.id, id).await {
        Ok(query) => Ok(Some(query)),
        Err(db::Error::Missing) => {
            what.query = None;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Keeps what an editor sent as a draft where it could not be saved, so that it is there after Back. A form that names
/// no editor, from a program, is not kept.
pub(super) async fn keep_unsaved(
    tx: &mut Tx,
    site: &Site,
    person: &Person,
    what: &What,
    written: &QueryInput,
    fields: &Fields,
) -> web::Result<()> {
    let can_be_kept = written.sql.len() <= model::SQL_BYTES && !written.sql.contains('\0');
    if !what.tab.is_empty() && can_be_kept {
        keep_over(tx, site, person, what, written, fields, site.clock.now()).await?;
    }
    Ok(())
}

/// Keeps a text over the draft that this editor keeps or took up, or over the one that `over` names.
async fn keep_over(
    tx: &mut Tx,
    site: &Site,
    person: &Person,
    what: &What,
    written: &QueryInput,
    fields: &Fields,
    now: DateTime<Utc>,
) -> web::Result<Outcome> {
    let over = fields.get("over");
    let named: Option<DraftId> = what.draft.parse().ok();
    let mut there = match &what.query {
        Some(query) => store::draft_of(tx, &person.id, query).await?,
        None => None,
    };
    if let (None, Some(id)) = (&there, &named) {
        there = match store::draft(tx, &person.id, id).await {
            Ok(draft) => Some(draft),
            Err(db::Error::Missing) => None,
            Err(error) => return Err(error.into()),
        };
    }
    let mut id = named.unwrap_or_else(|| site.random.id(now));
    if let Some(there) = there {
        if there.tab == what.tab || there.tab == what.was {
            id = there.id;
        } else if !over.is_empty() && there.tab == over {
            store::discard(tx, now, &person.id, &there.id).await?;
            if id == there.id {
                id = site.random.id(now);
            }
        } else {
            return Ok(Outcome::Other(Box::new(there)));
        }
    }
    let draft = draft(id, what, written, fields, now);
    Ok(Outcome::Kept(store::keep_draft(tx, &site.random, now, &person.id, &draft).await?))
}

/// What a form says of the next run alone: values of parameters and options.
fn run_values(fields: &Fields) -> Vec<(String, String)> {
    let values = fields.iter().filter(|(name, value)| {
        (name.starts_with("param.") || name.starts_with("options.")) && !value.is_empty() && !value.contains('\0')
    });
    values.take(model::fields::MOST_FIELDS).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The draft of what is in the editor; what is too long for a query is cut, only the SQL never.
fn draft(id: DraftId, what: &What, written: &QueryInput, fields: &Fields, now: DateTime<Utc>) -> Draft {
    let clean = |text: &str, most: usize| text.chars().filter(|c| *c != '\0').take(most).collect::<String>();
    let name = clean(&naming::plain(&written.name), model::NAME_LENGTH);
    // OK to keep none: a draft without a name is shown as one, where a name that nobody sees is a link to nowhere.
    let name = if naming::is_seen(&name) { name.as_str() } else { "" };
    Draft {
        id,
        query: what.query.clone(),
        base: what.revision,
        tab: what.tab.clone(),
        source: clean(&what.source, 200),
        name: name.to_owned(),
        sql: written.sql.clone(),
        rest: Rest {
            fields: written.fields.clone(),
            instance: clean(&what.instance, 60),
            home: clean(&what.home, 60),
            description: clean(&written.description, model::DESCRIPTION_LENGTH),
            tags: written.tags.clone(),
            window: written.window.clone(),
            privacy: written.privacy.clone(),
            values: run_values(fields),
        },
        updated_at: now,
    }
}

/// Throws a draft away; the list of queries offers to take it back.
pub(super) async fn delete(State(site): State<Site>, person: Person, Path(id): Path<String>) -> web::Result<Redirect> {
    let id: DraftId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    store::discard(&mut tx, site.clock.now(), &person.id, &id).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/queries?discarded={id}")))
}

/// Takes a draft out of the bin and opens it.
pub(super) async fn restore(State(site): State<Site>, person: Person, Path(id): Path<String>) -> web::Result<Redirect> {
    let id: DraftId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    if !store::restore_draft(&mut tx, site.clock.now(), &person.id, &id).await? {
        return Err(web::Error::Missing);
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/queries/new?draft={id}")))
}
