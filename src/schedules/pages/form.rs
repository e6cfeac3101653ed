//! The form of a schedule: from a query, from an execution that worked, or for an existing one.

pub(super) mod drafts;
mod filled;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::own;
use super::parameter::{Parameter, parameters};
use super::preview::{self, Row};
use super::source::{Source, Start, existing, over, source};
use crate::accounts::audit::{self, Action as Entry};
use crate::db::Tx;
use crate::ids::{InstanceId, ScheduleId};
use crate::instances::{self, Instance};
use crate::queries::{self, RunInput, WindowForm, WindowKind};
use crate::schedules::Schedules;
use crate::schedules::calendar::Plan;
use crate::schedules::model::Schedule;
use crate::schedules::policies::{Missed, Overlap, Policies, Wait};
use crate::schedules::store;
use crate::schedules::timing::Timing;
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, Visit};
use filled::{Filled, filled};

#[derive(Template)]
#[template(path = "schedules/form.html")]
pub(super) struct FormPage {
    shell: Shell,
    /// The schedule to change; `None` for a new one.
    schedule: Option<Schedule>,
    source: Source,
    /// The name of the schedule.
    called: String,
    instances: Vec<Choice>,
    instance: String,
    timing: Timing,
    policies: Policies,
    note: String,
    parameters: Vec<Parameter>,
    windows: Vec<Choice>,
    window: WindowForm,
    /// The rest of its input, as hidden fields.
    passed: Vec<(String, String)>,
    errors: Errors,
    /// What must be chosen before it can be saved, while its errors aren't shown.
    open: Errors,
    /// A sentence about the window that was filled in; may be empty.
    filled_in: String,
    /// The next slots; `None` while the form is invalid.
    rows: Option<Vec<Row>>,
    both_days: bool,
    /// Whether somebody else owns it, whose access it no longer uses after this person saves it.
    takes_over: bool,
    /// When the displayed draft was stored; `None` if no draft is displayed.
    draft: Option<DateTime<Utc>>,
    /// The revision of the schedule at which the form was begun.
    revision: i64,
    /// The key of this form, so that sending it twice adds one schedule.
    once: ScheduleId,
}

impl FormPage {
    fn action(&self) -> String {
        self.schedule
            .as_ref()
            .map_or_else(|| "/schedules".to_owned(), |schedule| format!("/schedules/{}/edit", schedule.id))
    }

    fn is_day(&self, day: &Choice) -> bool {
        self.timing.weekdays.contains(&day.value)
    }
}

/// The page of a form. `show_errors` says whether errors are shown.
async fn page(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    visit: &Visit,
    filled: Filled,
    show_errors: bool,
) -> web::Result<FormPage> {
    let usable = instances::runnable(tx, &person.id).await?;
    let now = room.site.clock.now();
    let id = filled.schedule.as_ref().map_or("", |schedule| schedule.id.as_str());
    let rows = filled.plan.as_ref().map(|plan| preview::rows(plan, &filled.policies, id, &filled.input.window, now));
    let is_passed = |(name, _): &(String, String)| name.starts_with("privacy") || name.starts_with("options.");
    let title = if filled.schedule.is_some() { "Edit schedule" } else { "New schedule" };
    let (errors, open) = if show_errors { (filled.errors, Errors::new()) } else { (Errors::new(), filled.errors) };
    Ok(FormPage {
        shell: visit.shell(title, Section::Schedules).await,
        called: filled.name,
        instances: Choice::optional("Choose an instance", usable.iter().map(Instance::choice)),
        instance: filled.fields.trimmed("instance").to_owned(),
        both_days: filled.plan.as_ref().is_some_and(Plan::has_both_days),
        timing: filled.timing,
        policies: filled.policies,
        note: filled.note,
        parameters: parameters(&filled.asked, &filled.fields),
        windows: windows(now, &filled.input),
        window: filled.input.window.form(),
        passed: filled.input.form().into_iter().filter(is_passed).collect(),
        errors,
        open,
        filled_in: String::new(),
        rows,
        takes_over: filled.schedule.as_ref().is_some_and(|schedule| schedule.owner != person.id),
        draft: None,
        revision: filled.schedule.as_ref().map_or(0, |schedule| schedule.revision),
        once: room.site.random.id(now),
        schedule: filled.schedule,
        source: filled.source,
    })
}

/// The kinds of windows that can be computed from a slot.
fn windows(now: DateTime<Utc>, input: &RunInput) -> Vec<Choice> {
    let choice = |kind: WindowKind| {
        let is_open = matches!(kind, WindowKind::Explicit | WindowKind::Days { .. });
        let days = queries::WindowChoice { kind, start: None, end: None, zone: input.window.zone };
        let days = if is_open { String::new() } else { days.at(now).map(|window| window.days()).unwrap_or_default() };
        let days = if days.is_empty() { String::new() } else { format!(" (now: {days})") };
        Choice::new(kind.choice(), format!("{}{days}", kind.title()))
    };
    WindowKind::ALL.into_iter().filter(|kind| kind.for_slots() == *kind).map(choice).collect()
}

pub(super) async fn new(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    QueryString(fields): QueryString,
) -> web::Result<Response> {
    if !fields.has("execution") && !fields.has("query") {
        // A schedule needs a subject, which is chosen there.
        return Ok(Redirect::to("/executions?state=succeeded").into_response());
    }
    let mut tx = room.site.db.read(&person.scope()).await?;
    let mut start = source(&mut tx, &person, &fields).await?;
    // OK to ignore the draft: an address with more than the subject was created to set these fields.
    let is_plain = fields.iter().count() == 1;
    let draft = if is_plain { drafts::kept(&mut tx, &person, &fields).await? } else { None };
    let (sent, kept_at) = match draft {
        Some((draft, at)) => (over(&fields, &draft), Some(at)),
        None => (fields, None),
    };
    let last = match &start.source.query {
        Some(query) => store::last_instance(&mut tx, &person.id, query).await?,
        None => None,
    };
    let usable = instances::runnable(&mut tx, &person.id).await?;
    let filled_in = start.complete(&sent, room.site.clock.now(), last.as_ref(), &usable);
    let filled = filled(&room, &mut tx, &person, start, &sent).await?;
    let page = page(&room, &mut tx, &person, &visit, filled, false).await?;
    Ok(Html(FormPage { draft: kept_at, filled_in, ..page }).into_response())
}

pub(super) async fn edit(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<FormPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let start = existing(&mut tx, &person, &own(&id)?).await?;
    let named: Fields = std::iter::once(("schedule".to_owned(), id)).collect();
    let draft = drafts::kept(&mut tx, &person, &named).await?;
    let (sent, kept_at) = draft.map_or((named, None), |(draft, at)| (draft, Some(at)));
    let filled = filled(&room, &mut tx, &person, start, &sent).await?;
    let page = page(&room, &mut tx, &person, &visit, filled, false).await?;
    Ok(Html(FormPage { draft: kept_at, ..page }.begun_at(&sent)))
}

/// What the submitted form schedules.
async fn started(tx: &mut Tx, person: &Person, fields: &Fields) -> web::Result<Start> {
    match fields.trimmed("schedule").parse() {
        Ok(id) => existing(tx, person, &id).await,
        Err(_) => source(tx, person, fields).await,
    }
}

/// The form with the next slots, without saving: for a button if scripts don't run, and while somebody types.
pub(super) async fn preview(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Html<FormPage>> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let start = started(&mut tx, &person, &fields).await?;
    let kept_at = drafts::keep(&room, &mut tx, &person, &fields).await?;
    let filled = filled(&room, &mut tx, &person, start, &fields).await?;
    let page = page(&room, &mut tx, &person, &visit, filled, true).await?;
    tx.commit().await?;
    Ok(Html(FormPage { draft: kept_at, ..page }.begun_at(&fields)))
}

pub(super) async fn add(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let site = &room.site;
    let mut tx = site.db.write(&person.scope()).await?;
    let start = source(&mut tx, &person, &fields).await?;
    let filled = filled(&room, &mut tx, &person, start, &fields).await?;
    let Some(instance) = filled.instance.clone().filter(|_| filled.errors.is_empty()) else {
        let kept_at = drafts::keep(&room, &mut tx, &person, &fields).await?;
        let page = page(&room, &mut tx, &person, &visit, filled, true).await?;
        tx.commit().await?;
        return Ok(Html(FormPage { draft: kept_at, ..page }).unprocessable());
    };
    drafts::saved(&mut tx, &person, &fields).await?;
    let id = fields.new_id::<ScheduleId>(&person.id, &site.random, site.clock.now());
    keep_new(&room, &mut tx, &person, &id, &filled, &instance).await?;
    tx.commit().await?;
    site.wakes.wake(crate::schedules::scheduler::NAME);
    visit.flash(Tone::Success, "The schedule is active.").await;
    Ok(Redirect::to(&format!("/schedules/{id}")).into_response())
}

/// Stores a new schedule; does nothing if the same form has already added it.
async fn keep_new(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    id: &ScheduleId,
    filled: &Filled,
    instance: &InstanceId,
) -> web::Result<()> {
    let (site, now) = (&room.site, room.site.clock.now());
    let input = filled.input.form();
    if !store::add(tx, now, id, (&person.id, &person.name), &filled.written(room, instance, &input)).await? {
        return Ok(());
    }
    let detail =
        json!({ "change": "created", "name": filled.name, "timing": filled.timing.describe(), "instance": instance });
    audit::write(tx, &site.random, now, Some(&person.id), Entry::ScheduleChanged, id.as_str(), detail).await?;
    Ok(())
}

/// Stores a change of a schedule that is still at `revision`; false if somebody else changed it meanwhile.
async fn keep_change(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    (id, revision): (&ScheduleId, i64),
    filled: &Filled,
    instance: &InstanceId,
) -> web::Result<bool> {
    let (site, now, input) = (&room.site, room.site.clock.now(), filled.input.form());
    let written = filled.written(room, instance, &input);
    if !store::change(tx, now, (id, revision), (&person.id, &person.name), &written).await? {
        return Ok(false);
    }
    let detail =
        json!({ "change": "changed", "name": filled.name, "timing": filled.timing.describe(), "instance": instance });
    audit::write(tx, &site.random, now, Some(&person.id), Entry::ScheduleChanged, id.as_str(), detail).await?;
    Ok(true)
}

/// Adds a schedule for a program; the fields are those of the form.
pub(in crate::schedules) async fn add_by(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    fields: &Fields,
) -> web::Result<Result<ScheduleId, Errors>> {
    let start = source(tx, person, fields).await?;
    let filled = filled(room, tx, person, start, fields).await?;
    match filled.instance.clone().filter(|_| filled.errors.is_empty()) {
        Some(instance) => {
            let id = room.site.random.id(room.site.clock.now());
            keep_new(room, tx, person, &id, &filled, &instance).await?;
            Ok(Ok(id))
        }
        None => Ok(Err(filled.errors)),
    }
}

/// Changes a schedule for a program; missing fields stay as they are. `Ok(None)` if it isn't at `revision` any more.
pub(in crate::schedules) async fn change_by(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    (id, revision): (&ScheduleId, i64),
    fields: &Fields,
) -> web::Result<Result<Option<()>, Errors>> {
    let start = existing(tx, person, id).await?;
    let filled = filled(room, tx, person, start, fields).await?;
    let Some(instance) = filled.instance.clone().filter(|_| filled.errors.is_empty()) else {
        return Ok(Err(filled.errors));
    };
    let is_kept = keep_change(room, tx, person, (id, revision), &filled, &instance).await?;
    Ok(Ok(is_kept.then_some(())))
}

pub(super) async fn change(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (site, id) = (&room.site, own(&id)?);
    let mut tx = site.db.write(&person.scope()).await?;
    let start = existing(&mut tx, &person, &id).await?;
    let mut filled = filled(&room, &mut tx, &person, start, &fields).await?;
    let revision = fields.trimmed("revision").parse().unwrap_or(0);
    if filled.schedule.as_ref().is_some_and(|schedule| schedule.revision != revision) {
        filled.errors.add("", "The schedule was changed after you opened this form. Saving again replaces that change; your entries are below.");
    }
    let Some(instance) = filled.instance.clone().filter(|_| filled.errors.is_empty()) else {
        let kept_at = drafts::keep(&room, &mut tx, &person, &fields).await?;
        let page = page(&room, &mut tx, &person, &visit, filled, true).await?;
        tx.commit().await?;
        return Ok(Html(FormPage { draft: kept_at, ..page }).unprocessable());
    };
    drafts::saved(&mut tx, &person, &fields).await?;
    if !keep_change(&room, &mut tx, &person, (&id, revision), &filled, &instance).await? {
        return Err(web::Error::conflict(
            "The schedule was changed",
            "Somebody changed this schedule after you opened it. Open it again.",
        ));
    }
    tx.commit().await?;
    site.wakes.wake(crate::schedules::scheduler::NAME);
    visit.flash(Tone::Success, "The schedule was saved.").await;
    Ok(Redirect::to(&format!("/schedules/{id}")).into_response())
}

impl FormPage {
    /// The form of somebody who began at the revision that it names: a draft may be older than the schedule.
    fn begun_at(mut self, fields: &Fields) -> Self {
        self.revision = fields.trimmed("revision").parse().unwrap_or(self.revision);
        self
    }

    /// The schedule, if it was changed after the form was begun.
    fn moved(&self) -> Option<&Schedule> {
        self.schedule.as_ref().filter(|schedule| schedule.revision > self.revision)
    }
}

/// The options of the form.
impl FormPage {
    fn repeats() -> Vec<Choice> {
        Timing::repeats()
    }

    fn week() -> Vec<Choice> {
        Timing::week()
    }

    fn month_days() -> Vec<Choice> {
        Timing::month_days()
    }

    fn missed() -> Vec<Choice> {
        Missed::choices()
    }

    fn waits() -> Vec<Choice> {
        Wait::choices()
    }

    fn overlaps() -> Vec<Choice> {
        Overlap::choices()
    }
}
