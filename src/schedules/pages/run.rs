//! Running a schedule's query now, with a warning if a slot is near.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use super::changes::to_change;
use crate::db::Tx;
use crate::executions::{Actor, Request};
use crate::ids::ExecutionId;
use crate::schedules::model::{Schedule, State as Stage};
use crate::schedules::scheduler::BY_HAND;
use crate::schedules::{Schedules, request, store};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

/// A slot within five minutes of now.
enum Near {
    /// It has already started this execution.
    Started(DateTime<Utc>, ExecutionId),
    /// It starts soon.
    Soon(DateTime<Utc>),
}

#[derive(Template)]
#[template(path = "schedules/run.html")]
pub(super) struct RunPage {
    shell: Shell,
    schedule: Schedule,
    near: Near,
    once: String,
}

async fn near(tx: &mut Tx, schedule: &Schedule, now: DateTime<Utc>) -> web::Result<Option<Near>> {
    let soon = schedule.due_at.filter(|due| *due <= now + BY_HAND && schedule.state == Stage::Active);
    if let Some(due) = soon {
        return Ok(Some(Near::Soon(due)));
    }
    let last = store::last_started(tx, &schedule.id, now - BY_HAND).await?;
    Ok(last.map(|(at, execution)| Near::Started(at, execution)))
}

/// Starts an execution manually, for the person who presses the button. If a slot is near, the page asks for
/// confirmation first.
pub(super) async fn run(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let now = room.site.clock.now();
    let (mut tx, schedule) = to_change(&room, &person, &id).await?;
    if schedule.deleted_at.is_some() {
        return Err(web::Error::conflict("The schedule is deleted", "Restore this schedule before you run it."));
    }
    if !fields.has("anyway")
        && let Some(near) = near(&mut tx, &schedule, now).await?
    {
        let shell = visit.shell(format!("Run {}", schedule.name), Section::Schedules).await;
        let page = RunPage { shell, schedule, near, once: room.site.random.token() };
        return Ok((StatusCode::CONFLICT, Html(page)).into_response());
    }
    let what = request::what(&mut tx, &person.id, &schedule).await?;
    let once = fields.trimmed("once");
    let key = (!once.is_empty() && once.len() <= 60).then(|| format!("{}:{once}", schedule.id));
    let started = room.executions.start(&mut tx, &Actor::person_by_hand(&person), &Request { what, key }).await?;
    tx.commit().await?;
    room.executions.wake();
    visit.flash(Tone::Success, "The execution was started. The schedule continues as planned.").await;
    Ok(Redirect::to(&format!("/executions/{}", started.id)).into_response())
}
