//! Pausing, resuming, deleting and restoring.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::own;
use crate::accounts::audit::{self, Action as Entry};
use crate::db::Tx;
use crate::ids::ScheduleId;
use crate::instances::{self, Action};
use crate::schedules::Schedules;
use crate::schedules::model::{NOTE_LENGTH, Schedule, State as Stage};
use crate::schedules::policies::Missed;
use crate::schedules::store;
use crate::web::components::{Choice, Errors, read_date};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

/// Maximum number of slots of a pause that are listed; more are counted.
const LISTED: usize = 20;
/// Maximum number of slots of a pause that are counted.
const COUNTED: usize = 1_000;

/// A schedule that this person may change, with a write transaction.
pub(super) async fn to_change(room: &Schedules, person: &Person, id: &str) -> web::Result<(Tx, Schedule)> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let schedule = changeable(&mut tx, person, id).await?;
    Ok((tx, schedule))
}

/// A schedule that this person may change.
pub(in crate::schedules) async fn changeable(tx: &mut Tx, person: &Person, id: &str) -> web::Result<Schedule> {
    let schedule = store::find(tx, &person.id, &own(id)?).await?;
    instances::require(tx, &person.id, &schedule.instance, Action::Run).await?;
    Ok(schedule)
}

async fn log(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    (action, id): (Entry, &ScheduleId),
    detail: Value,
) -> web::Result<()> {
    let now = room.site.clock.now();
    audit::write(tx, &room.site.random, now, Some(&person.id), action, id.as_str(), detail).await?;
    Ok(())
}

fn back(id: &ScheduleId) -> Redirect {
    Redirect::to(&format!("/schedules/{id}"))
}

/// Why a schedule is paused.
pub(super) fn pause_text(person: &Person, note: &str) -> String {
    if note.is_empty() { format!("Paused by {}.", person.name) } else { format!("Paused by {}: {note}", person.name) }
}

/// Pauses a schedule until somebody resumes it, or until the beginning of a day.
pub(super) async fn pause(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let (mut tx, schedule) = to_change(&room, &person, &id).await?;
    pause_by(&room, &mut tx, &person, &schedule, (fields.trimmed("until"), fields.trimmed("note"))).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The schedule was paused.").await;
    Ok(back(&schedule.id))
}

/// Pauses until the beginning of a day, or without one until somebody resumes it.
pub(in crate::schedules) async fn pause_by(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    schedule: &Schedule,
    (until, note): (&str, &str),
) -> web::Result<()> {
    let now = room.site.clock.now();
    let until = if until.is_empty() { None } else { Some(end_of_pause(room, schedule, until, now)?) };
    let note: String = note.replace('\0', "").chars().take(NOTE_LENGTH).collect();
    let reason = pause_text(person, &note);
    if !store::pause(tx, now, &schedule.id, &reason, until).await? {
        return Err(web::Error::conflict("Not active", "This schedule isn't active, so there is nothing to pause."));
    }
    let detail = json!({ "change": "paused", "note": note, "until": until });
    log(room, tx, person, (Entry::ScheduleChanged, &schedule.id), detail).await
}

fn end_of_pause(room: &Schedules, schedule: &Schedule, text: &str, now: DateTime<Utc>) -> web::Result<DateTime<Utc>> {
    let day = read_date(text).ok_or_else(|| {
        web::Error::Invalid(format!("“{text}” isn't a date. Enter a date such as 2026-12-31, or leave it blank."))
    })?;
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    let at = schedule.plan(&room.zones).map_or_else(|| midnight.and_utc(), |plan| plan.zone.first(midnight));
    if at <= now {
        return Err(web::Error::Invalid("The pause would end in the past. Choose a later day.".to_owned()));
    }
    Ok(at)
}

#[derive(Template)]
#[template(path = "schedules/resume.html")]
pub(super) struct ResumePage {
    shell: Shell,
    schedule: Schedule,
    /// The slots of the pause, in the schedule's zone.
    passed: Vec<String>,
    count: usize,
    has_more: bool,
    choices: Vec<Choice>,
    errors: Errors,
}

impl ResumePage {
    const fn question(&self) -> &'static str {
        if self.count == 1 { "What should happen to it?" } else { "What should happen to them?" }
    }
}

/// Asks what to do with the slots of the pause before it ends.
pub(super) async fn resume_page(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<ResumePage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let schedule = changeable(&mut tx, &person, &id).await?;
    drop(tx);
    Ok(Html(resuming(&room, &visit, schedule, Errors::new()).await?))
}

async fn resuming(room: &Schedules, visit: &Visit, schedule: Schedule, errors: Errors) -> web::Result<ResumePage> {
    if schedule.state != Stage::Paused || schedule.deleted_at.is_some() {
        return Err(web::Error::conflict(
            "Not paused",
            "This schedule isn't paused. Reload its page to see its state.",
        ));
    }
    let now = room.site.clock.now();
    let from = schedule.next_at.map_or(now, |at| at - chrono::TimeDelta::seconds(1));
    let plan = schedule.plan(&room.zones);
    let slots = plan.iter().flat_map(|plan| plan.after(from).take_while(|slot| slot.at <= now));
    let names: Vec<String> =
        slots.take(COUNTED).map(|slot| slot.name.civil.format("%a %-d %b %Y, %H:%M").to_string()).collect();
    Ok(ResumePage {
        shell: visit.shell(format!("Resume {}", schedule.name), Section::Schedules).await,
        schedule,
        count: names.len(),
        has_more: names.len() == COUNTED,
        passed: names.into_iter().take(LISTED).collect(),
        choices: Missed::choices(),
        errors,
    })
}

pub(super) async fn resume(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (mut tx, schedule) = to_change(&room, &person, &id).await?;
    let Some(with) = Missed::parse(fields.get("missed")) else {
        drop(tx);
        let mut errors = Errors::new();
        errors.add("missed", "Choose what happens to the slots that passed.");
        return Ok(Html(resuming(&room, &visit, schedule, errors).await?).unprocessable());
    };
    resume_by(&room, &mut tx, &person, &schedule, with).await?;
    tx.commit().await?;
    room.wake();
    visit.flash(Tone::Success, "The schedule is active again.").await;
    Ok(back(&schedule.id).into_response())
}

/// Resumes a schedule; `with` says what happens to the slots in between.
pub(in crate::schedules) async fn resume_by(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    schedule: &Schedule,
    with: Missed,
) -> web::Result<()> {
    let now = room.site.clock.now();
    if !store::resume(tx, now, &schedule.id, with.name()).await? {
        return Err(web::Error::conflict(
            "Not paused",
            "This schedule isn't paused. Reload its page to see its state.",
        ));
    }
    let detail = json!({ "change": "resumed", "missed_slots": with.name() });
    log(room, tx, person, (Entry::ScheduleChanged, &schedule.id), detail).await
}

pub(super) async fn delete(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    binned(&room, &person, &visit, &id, true).await
}

pub(super) async fn restore(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    binned(&room, &person, &visit, &id, false).await
}

/// Deletes or restores a schedule.
async fn binned(room: &Schedules, person: &Person, visit: &Visit, id: &str, deleted: bool) -> web::Result<Redirect> {
    let id = delete_by(room, person, id, deleted).await?;
    let said = if deleted {
        "The schedule was deleted. You can restore it here."
    } else {
        "The schedule was restored. It is paused."
    };
    visit.flash(Tone::Success, said).await;
    Ok(back(&id))
}

/// Deletes a schedule, or restores it.
pub(in crate::schedules) async fn delete_by(
    room: &Schedules,
    person: &Person,
    id: &str,
    deleted: bool,
) -> web::Result<ScheduleId> {
    let (mut tx, schedule) = to_change(room, person, id).await?;
    if !store::delete(&mut tx, room.site.clock.now(), &schedule.id, deleted).await? {
        return Err(if deleted {
            web::Error::conflict(
                "Already deleted",
                "This schedule is already deleted. Restore it on its page if you need it.",
            )
        } else {
            web::Error::conflict("Not deleted", "This schedule isn't deleted, so there is nothing to restore.")
        });
    }
    let detail = json!({ "name": schedule.name, "deleted": deleted });
    log(room, &mut tx, person, (Entry::ScheduleDeleted, &schedule.id), detail).await?;
    tx.commit().await?;
    Ok(schedule.id)
}
