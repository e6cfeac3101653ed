//! The form of a backfill: which past windows of a query or a schedule to run, and at what pace.

mod filled;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use crate::accounts::audit::{self, Action as Entry};
use crate::db::Tx;
use crate::ids::BackfillId;
use crate::instances::{self, Instance};
use crate::queries::WindowForm;
use crate::schedules::Schedules;
use crate::schedules::backfill::Unit;
use crate::schedules::model::Schedule;
use crate::schedules::pages::parameter::{Parameter, parameters};
use crate::schedules::pages::source::{Source, Start, existing, source};
use crate::schedules::store::{self, NewBackfill};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, Visit};
use filled::{Filled, filled};

#[derive(Template)]
#[template(path = "schedules/backfill_form.html")]
pub(in crate::schedules::pages) struct FormPage {
    shell: Shell,
    source: Source,
    /// The schedule whose past windows run, if any.
    schedule: Option<Schedule>,
    called: String,
    instances: Vec<Choice>,
    instance: String,
    parameters: Vec<Parameter>,
    zone: WindowForm,
    units: Vec<Choice>,
    unit: &'static str,
    first: String,
    last: String,
    at_once: String,
    every_minutes: String,
    /// The rest of its input, as hidden fields.
    passed: Vec<(String, String)>,
    /// Descriptions of the windows.
    windows: Vec<String>,
    errors: Errors,
    /// The key of this form, so that sending it twice starts one backfill.
    once: BackfillId,
}

impl FormPage {
    fn count(&self) -> i64 {
        i64::try_from(self.windows.len()).unwrap_or(i64::MAX)
    }
}

async fn page(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    visit: &Visit,
    filled: Filled,
    show_errors: bool,
) -> web::Result<FormPage> {
    let usable = instances::runnable(tx, &person.id).await?;
    let window = |window: &crate::schedules::backfill::PastWindow| {
        let choice = window.choice(filled.input.window.zone);
        choice.days().unwrap_or_else(|| choice.describe())
    };
    let is_passed = |(name, _): &(String, String)| {
        name.starts_with("privacy")
            || name.starts_with("options.")
            || matches!(name.as_str(), "window" | "start" | "end")
    };
    Ok(FormPage {
        shell: visit.shell("New backfill", Section::Schedules).await,
        windows: filled.windows.iter().map(window).collect(),
        called: filled.name,
        instances: Choice::optional("Choose an instance", usable.iter().map(Instance::choice)),
        instance: filled.fields.trimmed("instance").to_owned(),
        parameters: parameters(&filled.asked, &filled.fields),
        zone: filled.input.window.form(),
        units: Unit::choices(filled.schedule.is_some()),
        unit: filled.unit.name(),
        first: filled.first,
        last: filled.last,
        at_once: filled.at_once,
        every_minutes: filled.every_minutes,
        passed: filled.input.form().into_iter().filter(is_passed).collect(),
        errors: if show_errors { filled.errors } else { Errors::new() },
        once: room.site.random.id(room.site.clock.now()),
        schedule: filled.schedule,
        source: filled.source,
    })
}

/// What the address or the submitted form is about.
async fn started(tx: &mut Tx, person: &Person, fields: &Fields) -> web::Result<Start> {
    if !fields.has("schedule") {
        return source(tx, person, fields).await;
    }
    let id = fields.trimmed("schedule").parse().map_err(|_| web::Error::Missing)?;
    existing(tx, person, &id).await
}

pub(in crate::schedules::pages) async fn new(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    QueryString(fields): QueryString,
) -> web::Result<Html<FormPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let start = started(&mut tx, &person, &fields).await?;
    let filled = filled(&room, &mut tx, &person, start, &fields).await?;
    Ok(Html(page(&room, &mut tx, &person, &visit, filled, false).await?))
}

/// Shows the windows for the current form, without starting anything.
pub(in crate::schedules::pages) async fn preview(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Html<FormPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let start = started(&mut tx, &person, &fields).await?;
    let filled = filled(&room, &mut tx, &person, start, &fields).await?;
    Ok(Html(page(&room, &mut tx, &person, &visit, filled, true).await?))
}

pub(in crate::schedules::pages) async fn add(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let site = &room.site;
    let mut tx = site.db.write(&person.scope()).await?;
    let start = started(&mut tx, &person, &fields).await?;
    let filled = filled(&room, &mut tx, &person, start, &fields).await?;
    let ready = filled.days.zip(filled.pace).zip(filled.instance.clone()).filter(|_| filled.errors.is_empty());
    let Some(((days, (at_once, every_minutes)), instance)) = ready else {
        return Ok(Html(page(&room, &mut tx, &person, &visit, filled, true).await?).unprocessable());
    };
    let now = site.clock.now();
    let id = fields.new_id::<BackfillId>(&person.id, &site.random, now);
    let own_text = filled.source.query.is_none();
    let new = NewBackfill {
        id: &id,
        name: &filled.name,
        instance: &instance,
        schedule: filled.schedule.as_ref().map(|schedule| &schedule.id),
        query: filled.source.query.as_ref(),
        sql: if own_text { &filled.source.sql } else { "" },
        parameters: if own_text { &filled.source.parameters } else { &[] },
        input: &filled.input.form(),
        unit: filled.unit,
        zone: filled.input.window.zone.name(),
        days,
        at_once,
        every_minutes,
        windows: &filled.windows,
    };
    if store::add_backfill(&mut tx, now, (&person.id, &person.name), &new).await? {
        let detail = json!({ "change": "backfill started", "name": filled.name, "schedule": new.schedule,
            "windows": filled.windows.len(), "instance": instance });
        audit::write(&mut tx, &site.random, now, Some(&person.id), Entry::ScheduleChanged, id.as_str(), detail).await?;
    }
    tx.commit().await?;
    site.wakes.wake(crate::schedules::backfiller::NAME);
    visit.flash(Tone::Success, "The backfill was started.").await;
    Ok(Redirect::to(&format!("/schedules/backfills/{id}")).into_response())
}
