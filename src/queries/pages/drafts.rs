//! Drafts: the editor saves them while somebody types, and discarding one can be undone.
//!
//! The editor submits itself every few seconds; without scripts a button does. A saved query has one draft per
//! person. An editor has an id (`tab`), and a draft records which editor owns it, so that a second tab is warned
//! instead of overwriting it.

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

/// The status line of the draft below the editor's header.
#[derive(Template)]
#[template(path = "queries/draft_state.html")]
struct StatePart {
    kept: Option<DateTime<Utc>>,
    /// Another tab's draft, which this one didn't overwrite.
    other: Option<Draft>,
    /// The query, if it was saved after this editor was opened.
    moved: Option<Query>,
    problem: String,
}

/// The outcome of saving a draft.
enum Outcome {
    Stored(DraftId),
    /// The text equals the saved query: there is nothing to store.
    Saved,
    /// Another editor owns a draft of the same query.
    Other(Box<Draft>),
}

/// Saves the editor's content as a draft: silently for an editor that saves automatically, otherwise with a redirect
/// back to it.
pub(super) async fn save(
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
        overwrite_draft(&mut tx, &site, &person, &what, &written, &fields, now).await?
    };
    tx.commit().await?;
    match outcome {
        Outcome::Stored(_) if is_typing => {
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
        Outcome::Stored(id) => {
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

/// The query that is edited; `None` if it isn't the person's or no longer exists: the text is saved anyway.
async fn changed(tx: &mut Tx, person: &Person, what: &mut What) -> web::Result<Option<Query>> {
    let Some(id) = &what.query else { return Ok(None) };
    let query = db::found(store::find(tx, &person.id, id).await)?;
    if query.is_none() {
        what.query = None;
    }
    Ok(query)
}

/// Saves a form as a draft if it couldn't be saved as a query, so that Back shows it. A form without an editor, from
/// a program, isn't saved.
pub(super) async fn save_as_draft(
    tx: &mut Tx,
    site: &Site,
    person: &Person,
    what: &What,
    written: &QueryInput,
    fields: &Fields,
) -> web::Result<()> {
    let can_be_kept = written.sql.len() <= model::SQL_BYTES && !written.sql.contains('\0');
    if !what.tab.is_empty() && can_be_kept {
        overwrite_draft(tx, site, person, what, written, fields, site.clock.now()).await?;
    }
    Ok(())
}

/// Overwrites the draft that this editor owns or resumed, or the one named by `over`.
async fn overwrite_draft(
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
        there = db::found(store::draft(tx, &person.id, id).await)?;
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
    Ok(Outcome::Stored(store::save_draft(tx, &site.random, now, &person.id, &draft).await?))
}

/// The form's values for the next run only: parameter values and options.
fn run_values(fields: &Fields) -> Vec<(String, String)> {
    let values = fields.iter().filter(|(name, value)| {
        (name.starts_with("param.") || name.starts_with("options.")) && !value.is_empty() && !value.contains('\0')
    });
    values.take(model::fields::MOST_FIELDS).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The draft of the editor's content; texts that are too long for a query are truncated, except for the SQL.
fn draft(id: DraftId, what: &What, written: &QueryInput, fields: &Fields, now: DateTime<Utc>) -> Draft {
    let clean = |text: &str, most: usize| text.chars().filter(|c| *c != '\0').take(most).collect::<String>();
    let name = clean(&naming::plain(&written.name), model::NAME_LENGTH);
    // OK to store none: a draft without a name is shown as such, while an invisible name would be an invisible link.
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

/// Discards a draft; the list of queries offers to undo.
pub(super) async fn delete(State(site): State<Site>, person: Person, Path(id): Path<String>) -> web::Result<Redirect> {
    let id: DraftId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    store::discard(&mut tx, site.clock.now(), &person.id, &id).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/queries?discarded={id}")))
}

/// Restores a draft from the bin and opens it.
pub(super) async fn restore(State(site): State<Site>, person: Person, Path(id): Path<String>) -> web::Result<Redirect> {
    let id: DraftId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    if !store::restore_draft(&mut tx, site.clock.now(), &person.id, &id).await? {
        return Err(web::Error::Missing);
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/queries/new?draft={id}")))
}
