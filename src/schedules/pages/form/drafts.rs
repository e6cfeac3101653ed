//! Drafts of the schedule form: unsaved input is restored when the person returns.

use axum::extract::State;
use axum::response::Redirect;
use chrono::{DateTime, Utc};

use crate::db::Tx;
use crate::schedules::Schedules;
use crate::schedules::store;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Person, Visit};

/// Maximum size of a stored form, in bytes.
const LONGEST: usize = 200_000;

/// The subject of a form; `None` if it has none.
fn subject(fields: &Fields) -> Option<String> {
    let named = ["schedule", "execution", "query"].into_iter().find(|name| fields.has(name))?;
    let id = fields.trimmed(named);
    let is_id = !id.is_empty() && id.len() <= 60 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_id.then(|| format!("{named}:{id}"))
}

/// Stores the form as a draft. Forms that are too long or contain NUL characters aren't stored; saving them reports
/// why.
pub(super) async fn keep(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    fields: &Fields,
) -> web::Result<Option<DateTime<Utc>>> {
    let Some(subject) = subject(fields) else { return Ok(None) };
    let length: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    if length > LONGEST || fields.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Ok(None);
    }
    let now = room.site.clock.now();
    store::keep_draft(tx, now, &person.id, &subject, fields).await?;
    Ok(Some(now))
}

/// The draft for the subject of an address, as form fields, with the time when it was stored.
pub(super) async fn kept(
    tx: &mut Tx,
    person: &Person,
    fields: &Fields,
) -> web::Result<Option<(Fields, DateTime<Utc>)>> {
    let Some(subject) = subject(fields) else { return Ok(None) };
    let draft = store::draft(tx, &person.id, &subject).await?;
    Ok(draft.map(|draft| (draft.fields.into_iter().collect(), draft.updated_at)))
}

/// Deletes the draft of a form that was saved.
pub(super) async fn saved(tx: &mut Tx, person: &Person, fields: &Fields) -> web::Result<()> {
    if let Some(subject) = subject(fields) {
        store::drop_draft(tx, &person.id, &subject).await?;
    }
    Ok(())
}

/// Deletes the draft and opens the form again.
pub(in crate::schedules::pages) async fn discard(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Redirect> {
    let subject = subject(&fields).ok_or(web::Error::Missing)?;
    let mut tx = room.site.db.write(&person.scope()).await?;
    let removed = store::drop_draft(&mut tx, &person.id, &subject).await?;
    tx.commit().await?;
    if removed > 0 {
        visit.flash(Tone::Info, "The draft was discarded.").await;
    }
    let address = match subject.split_once(':') {
        Some(("schedule", id)) => format!("/schedules/{id}/edit"),
        Some((name, id)) => format!("/schedules/new?{name}={id}"),
        None => "/schedules".to_owned(),
    };
    Ok(Redirect::to(&address))
}
