//! The page of a rehearsal: its form, how far it is, and what came of it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use super::bad_days::{Form, Script};
use super::kept::{Busy, Key, Status};
use super::play::{self, Played, Progress};
use super::{MOST_SLOTS, Rehearsals};
use crate::schedules::{LedgerRow, Staged};
use crate::web::components::{date, duration};
use crate::web::live::{self, Shown};
use crate::web::routes::Who::Viewer;
use crate::web::routes::{Routes, get};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Fields, Html, Person, QueryString, Visit};

pub(super) fn routes(room: Rehearsals) -> Routes {
    Routes::new()
        .route(
            "/schedules/{id}/rehearsal/months",
            get(Viewer, show).post(Viewer, begin).about("Play three months of a schedule"),
        )
        .with_state(room)
}

#[derive(Template)]
#[template(path = "rehearsals/detail.html")]
pub(super) struct RehearsalPage {
    shell: Shell,
    schedule: Staged,
    form: Form,
    /// The page's own address with the form.
    here: String,
    /// The slots of the chosen period.
    slots: usize,
    playing: Option<Arc<Progress>>,
    played: Option<Arc<Played>>,
    has_failed: bool,
    /// Whether a form was sent whose rehearsal isn't here any more.
    is_gone: bool,
    tag: String,
}

impl RehearsalPage {
    /// When it runs, and how many slots that are.
    fn describe_slots(&self) -> String {
        let slots = counted(i64::try_from(self.slots).unwrap_or(i64::MAX), "slot", "slots");
        let limit = format!("A rehearsal plays at most {MOST_SLOTS}.");
        format!("{}: {slots} in these three months. {limit}", self.schedule.timing())
    }

    /// What is included of the clock changes; empty where the clocks don't change.
    fn clocks(&self) -> String {
        match self.form.change {
            Some((day, true)) => format!("The clocks change on {}, within these three months.", date(day)),
            Some((day, false)) => format!(
                "The clocks change on {}, after these three months: the first day and the bad days move so that they \
                 include it.",
                date(day)
            ),
            None => String::new(),
        }
    }

    /// The period and the figures that hold for all of it.
    fn period(script: &Script) -> String {
        let shortened = if script.is_shortened {
            format!(" There are more than {MOST_SLOTS} slots in three months; it ends after {MOST_SLOTS}.")
        } else {
            String::new()
        };
        format!("{} to {} UTC.{shortened}", moment(script.start), moment(script.until))
    }

    fn rows(played: &Played) -> &[LedgerRow] {
        &played.ledger.rows
    }

    fn took(played: &Played) -> String {
        let took = chrono::TimeDelta::from_std(played.took).unwrap_or_default();
        format!("Played in {}.", duration(took))
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M").to_string()
}

async fn staged(room: &Rehearsals, person: &Person, id: &str) -> web::Result<Staged> {
    let id = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = room.site.db.read(&person.scope()).await?;
    Ok(Staged::find(&mut tx, &person.id, &id).await?)
}

fn key(person: &Person, schedule: &Staged, form: &Form) -> Key {
    Key {
        person: person.id.clone(),
        schedule: schedule.id().clone(),
        revision: schedule.revision(),
        form: form.query(),
    }
}

async fn page(room: &Rehearsals, person: &Person, visit: &Visit, schedule: Staged, form: Form) -> RehearsalPage {
    let status = room.kept.find(room.site.clock.now(), &key(person, &schedule, &form));
    let (mut playing, mut played, mut has_failed) = (None, None, false);
    let is_gone = status.is_none() && visit.here.contains('?') && form.errors.is_empty();
    match status {
        Some(Status::Playing(progress)) => playing = Some(progress),
        Some(Status::Played(result)) => played = Some(result),
        Some(Status::Failed) => has_failed = true,
        None => {}
    }
    let here = format!("/schedules/{}/rehearsal/months?{}", schedule.id(), form.query());
    let slots = form.script(&schedule, &room.zones).due.len();
    let done = playing.as_ref().map(|progress| progress.done());
    let tag = live::tag(&(done, played.is_some(), has_failed));
    let shell = visit.shell(format!("Rehearse {}", schedule.name()), Section::Schedules);
    RehearsalPage { shell: shell.await, schedule, form, here, slots, playing, played, has_failed, is_gone, tag }
}

/// The form, and the rehearsal that belongs to the address.
async fn show(
    State(room): State<Rehearsals>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(fields): QueryString,
    shown: Shown,
) -> web::Result<Response> {
    let schedule = staged(&room, &person, &id).await?;
    let form = Form::read(&fields, &schedule, &room.zones, room.site.clock.now());
    let page = page(&room, &person, &visit, schedule, form).await;
    if let Some(unchanged) = shown.unchanged(&page.tag) {
        return Ok(unchanged);
    }
    let tag = page.tag.clone();
    Ok(live::tagged(&tag, Html(page)))
}

/// Begins a rehearsal, and redirects to its address.
async fn begin(
    State(room): State<Rehearsals>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let schedule = staged(&room, &person, &id).await?;
    let now = room.site.clock.now();
    let form = Form::read(&fields, &schedule, &room.zones, now);
    if !form.errors.is_empty() {
        return Ok(Html(page(&room, &person, &visit, schedule, form).await).unprocessable());
    }
    let script = form.script(&schedule, &room.zones);
    let there = format!("/schedules/{id}/rehearsal/months?{}", form.query());
    let progress = Arc::new(Progress::of(script.due.len()));
    let key = key(&person, &schedule, &form);
    let (site, zones, counted) = (room.site.clone(), room.zones.clone(), Arc::clone(&progress));
    let play = async move { play::rehearse(&site, &schedule, &zones, script, &counted).await };
    let busy = room.kept.begin(now, key, progress, play).err();
    let said = busy.map(|busy| match busy {
        Busy::Own => "Another rehearsal of yours is still playing. Start this one when it has ended.",
        Busy::Others => "Two rehearsals of other people are playing. Try again in half a minute.",
    });
    if let Some(said) = said {
        visit.flash(Tone::Warning, said).await;
    }
    Ok(Redirect::to(&format!("{there}#rehearsal")).into_response())
}
