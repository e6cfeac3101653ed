//! The form of a schedule: from a query, from an execution that worked, or of one that is there.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::own;
use super::preview::{self, Row};
use crate::accounts::audit::{self, Action as Entry};
use crate::db::Tx;
use crate::executions;
use crate::ids::{InstanceId, QueryId, ScheduleId};
use crate::instances::{self, Action};
use crate::queries::{self, FieldDef, Privacy, RunInput, Script, WindowForm, WindowKind, prepare};
use crate::schedules::Schedules;
use crate::schedules::calendar::Plan;
use crate::schedules::model::{NAME_LENGTH, NOTE_LENGTH, Schedule};
use crate::schedules::policies::{Missed, Overlap, Policies};
use crate::schedules::store::{self, Written};
use crate::schedules::timing::Timing;
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, Visit, naming};

/// What a schedule runs.
struct Source {
    query: Option<QueryId>,
    /// The name of the query, or of the execution's query at the time.
    name: String,
    sql: String,
    parameters: Vec<FieldDef>,
    window: WindowForm,
    privacy: Privacy,
    /// The hidden field that names it in the form, with its value.
    field: (&'static str, String),
}

impl Source {
    fn script(&self) -> Script<'_> {
        Script { sql: &self.sql, fields: &self.parameters, window: &self.window, privacy: &self.privacy }
    }

    fn of_query(query: queries::Query) -> Self {
        Self {
            field: ("query", query.id.to_string()),
            query: Some(query.id),
            name: query.name,
            sql: query.sql,
            parameters: query.fields,
            window: query.window,
            privacy: query.privacy,
        }
    }

    fn of_schedule(schedule: &Schedule) -> Self {
        Self {
            query: None,
            name: schedule.name.clone(),
            sql: schedule.sql.clone(),
            parameters: schedule.parameters.clone(),
            window: WindowForm::default(),
            privacy: Privacy::default(),
            field: ("schedule", schedule.id.to_string()),
        }
    }
}

/// One parameter of the form.
struct Parameter {
    name: String,
    title: String,
    help: String,
    value: String,
    is_list: bool,
    is_required: bool,
}

#[derive(Template)]
#[template(path = "schedules/form.html")]
pub(super) struct FormPage {
    shell: Shell,
    /// The schedule that is changed; none for a new one.
    schedule: Option<Schedule>,
    source: Source,
    /// What the schedule is called.
    called: String,
    instances: Vec<Choice>,
    instance: String,
    timing: Timing,
    policies: Policies,
    note: String,
    parameters: Vec<Parameter>,
    windows: Vec<Choice>,
    window: WindowForm,
    /// The rest of what it is run with, as it is passed on.
    passed: Vec<(String, String)>,
    errors: Errors,
    /// The next slots; none where the form does not fit yet.
    rows: Option<Vec<Row>>,
    both_days: bool,
    /// Whether somebody else owns it, whose access it no longer uses once this person saves it.
    takes_over: bool,
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

/// A form as it was filled in, with all that it means.
struct Filled {
    schedule: Option<Schedule>,
    source: Source,
    fields: Fields,
    errors: Errors,
    name: String,
    note: String,
    timing: Timing,
    policies: Policies,
    plan: Option<Plan>,
    input: RunInput,
    instance: Option<InstanceId>,
    asked: Vec<FieldDef>,
}

/// What a form starts from.
struct Start {
    schedule: Option<Schedule>,
    source: Source,
    /// What the fields say before anything was filled in.
    fields: Fields,
}

/// What the address or the form says that is to be scheduled.
async fn source(tx: &mut Tx, person: &Person, fields: &Fields) -> web::Result<Start> {
    if fields.has("execution") {
        let id = fields.trimmed("execution").parse().map_err(|_| web::Error::Missing)?;
        let execution = executions::find(tx, &person.id, &id).await?;
        let query = match &execution.query {
            Some(query) => queries::find(tx, &person.id, query).await.ok().filter(|query| query.deleted_at.is_none()),
            None => None,
        };
        let mut form = execution.input().form();
        if execution.window.kind == WindowKind::Explicit {
            // OK because fixed days do not move with a schedule: the form proposes the default window, and says so.
            form.retain(|(name, _)| !matches!(name.as_str(), "window" | "start" | "end"));
        }
        form.push(("instance".to_owned(), execution.instance.to_string()));
        let mut own = match query {
            Some(query) if query.sql == execution.author_sql => Source::of_query(query),
            query => Source {
                query: None,
                name: execution.query_name,
                sql: execution.author_sql,
                parameters: query.map(|query| query.fields).unwrap_or_default(),
                window: WindowForm::default(),
                privacy: Privacy::default(),
                field: ("execution", id.to_string()),
            },
        };
        own.field = ("execution", id.to_string());
        return Ok(Start { schedule: None, source: own, fields: form.into_iter().collect() });
    }
    let id: QueryId = fields.trimmed("query").parse().map_err(|_| web::Error::Missing)?;
    let query = queries::find(tx, &person.id, &id).await?;
    if query.deleted_at.is_some() {
        return Err(web::Error::Conflict("This query was deleted. Restore it before you schedule it.".to_owned()));
    }
    let instance = query.placement.default_instance.as_ref().map(|id| ("instance".to_owned(), id.to_string()));
    Ok(Start { schedule: None, source: Source::of_query(query), fields: instance.into_iter().collect() })
}

/// A schedule that this person may change, with what it runs.
async fn existing(tx: &mut Tx, person: &Person, id: &ScheduleId) -> web::Result<Start> {
    let schedule = store::find(tx, &person.id, id).await?;
    instances::require(tx, &person.id, &schedule.instance, Action::Run).await?;
    if schedule.deleted_at.is_some() {
        return Err(web::Error::Conflict("This schedule was deleted. Restore it before you change it.".to_owned()));
    }
    let source = match &schedule.query {
        Some(query) => Source::of_query(queries::find(tx, &person.id, query).await?),
        None => Source::of_schedule(&schedule),
    };
    let mut fields = schedule.input.clone();
    fields.push(("instance".to_owned(), schedule.instance.to_string()));
    Ok(Start { source, fields: fields.into_iter().collect(), schedule: Some(schedule) })
}

/// What is sent wins over what the form starts from.
fn over(start: &Fields, sent: &Fields) -> Fields {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let kept = start.iter().filter(|(name, _)| !sent.has(name)).map(|(name, value)| own(name, value));
    kept.chain(sent.iter().map(|(name, value)| own(name, value))).collect()
}

/// Reads a form; everything that is wrong is said by field.
async fn filled(room: &Schedules, tx: &mut Tx, person: &Person, start: Start, sent: &Fields) -> web::Result<Filled> {
    let fields = over(&start.fields, sent);
    let mut errors = Errors::new();
    let name = match (fields.has("name"), &start.schedule) {
        (true, _) => naming::plain(fields.trimmed("name")),
        (false, Some(schedule)) => schedule.name.clone(),
        (false, None) => start.source.name.clone(),
    };
    if name.is_empty() {
        errors.add("name", "Give the schedule a name.");
    } else if let Some(fault) = naming::fault(&name, NAME_LENGTH) {
        errors.add("name", fault);
    }
    let before = start.schedule.as_ref();
    let timing = before.map(|schedule| schedule.timing.clone()).unwrap_or_default().with(&fields);
    let plan = timing.plan(&room.zones, &mut errors);
    let policies = before.map(|schedule| schedule.policies.clone()).unwrap_or_default().with(&fields, &mut errors);
    let note = if fields.has("note") {
        fields.trimmed("note").to_owned()
    } else {
        before.map(|schedule| schedule.note.clone()).unwrap_or_default()
    };
    let note = note.replace('\0', "").chars().take(NOTE_LENGTH).collect();
    let (input, wrong) = RunInput::of_form(&start.source.script(), &fields);
    merge(&mut errors, &wrong);
    if input.window.kind == WindowKind::Explicit && timing.repeat != "once" {
        errors.add(
            "window",
            "Choose a window that moves with the schedule; fixed dates would give the same result each time.",
        );
    }
    let mut filled = Filled {
        schedule: start.schedule,
        source: start.source,
        fields,
        errors,
        name,
        note,
        timing,
        policies,
        plan,
        input,
        instance: None,
        asked: Vec::new(),
    };
    check(room, tx, person, &mut filled).await?;
    Ok(filled)
}

fn merge(errors: &mut Errors, others: &Errors) {
    for (field, sentence) in others.iter().filter(|(field, _)| errors.of(field).is_empty()).collect::<Vec<_>>() {
        errors.add(field, sentence);
    }
}

/// Checks that what is to run can run on the chosen instance, by this person.
async fn check(room: &Schedules, tx: &mut Tx, person: &Person, filled: &mut Filled) -> web::Result<()> {
    let chosen: Option<InstanceId> = filled.fields.trimmed("instance").parse().ok();
    let instance = match chosen {
        Some(id) => match instances::require(tx, &person.id, &id, Action::Run).await {
            Ok(instance) => Some(instance),
            Err(instances::Denied::Db(error)) => return Err(error.into()),
            Err(instances::Denied::Missing) => None,
            Err(instances::Denied::Role(why)) => {
                filled.errors.add("instance", why);
                return Ok(());
            }
        },
        None => None,
    };
    let catalogue = match &instance {
        Some(instance) => instances::catalogue(tx, &instance.id).await?,
        None => std::sync::Arc::clone(crate::amcsql::catalogue::Catalogue::standard()),
    };
    let is_sandbox = instance.as_ref().is_some_and(|instance| instance.is_sandbox);
    let now = room.site.clock.now();
    let prepared = prepare(&filled.source.script(), &filled.input, &catalogue, now, is_sandbox);
    filled.asked.clone_from(&prepared.asked);
    let Some(instance) = instance else {
        filled.errors.add("instance", "Choose the instance on which it runs.");
        return Ok(());
    };
    merge(&mut filled.errors, &prepared.errors);
    let is_error = |finding: &&crate::amcsql::finding::Finding| finding.level == crate::amcsql::finding::Level::Error;
    if let Some(finding) = prepared.findings.iter().find(is_error) {
        filled.errors.add("", format!("AMC would refuse this query: {}", finding.message));
    }
    if filled.plan.as_ref().is_some_and(|plan| plan.after(now).next().is_none()) {
        filled.errors.add("repeat", "With these settings nothing would ever run: the last slot lies in the past.");
    }
    filled.instance = Some(instance.id);
    Ok(())
}

/// The page of a form. `told` says whether what is wrong is shown.
async fn page(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    visit: &Visit,
    filled: Filled,
    told: bool,
) -> web::Result<FormPage> {
    let mut usable = instances::list(tx, &person.id, &instances::Filter::default()).await?;
    usable.retain(|instance| instance.role.allows(Action::Run));
    let instances =
        usable.iter().map(|one| Choice::new(one.id.as_str(), format!("{} · {}", one.name(), one.account_name)));
    let now = room.site.clock.now();
    let id = filled.schedule.as_ref().map_or("", |schedule| schedule.id.as_str());
    let rows = filled.plan.as_ref().map(|plan| preview::rows(plan, &filled.policies, id, &filled.input.window, now));
    let parameters = filled.asked.iter().map(|field| Parameter {
        name: field.input(),
        title: field.title().to_owned(),
        help: field.help.clone(),
        value: field.text(&filled.fields).to_owned(),
        is_list: field.kind == queries::FieldKind::List,
        is_required: field.required,
    });
    let is_passed = |(name, _): &(String, String)| name.starts_with("privacy") || name.starts_with("options.");
    let title = if filled.schedule.is_some() { "Edit schedule" } else { "New schedule" };
    Ok(FormPage {
        shell: visit.shell(title, Section::Schedules).await,
        called: filled.name,
        instances: std::iter::once(Choice::new("", "Choose an instance")).chain(instances).collect(),
        instance: filled.fields.trimmed("instance").to_owned(),
        both_days: filled.plan.as_ref().is_some_and(Plan::has_both_days),
        timing: filled.timing,
        policies: filled.policies,
        note: filled.note,
        parameters: parameters.collect(),
        windows: windows(now, &filled.input),
        window: filled.input.window.form(),
        passed: filled.input.form().into_iter().filter(is_passed).collect(),
        errors: if told { filled.errors } else { Errors::new() },
        rows,
        takes_over: filled.schedule.as_ref().is_some_and(|schedule| schedule.owner != person.id),
        schedule: filled.schedule,
        source: filled.source,
    })
}

/// The windows that move with a schedule.
fn windows(now: DateTime<Utc>, input: &RunInput) -> Vec<Choice> {
    let choice = |kind: WindowKind| {
        let days = queries::WindowChoice { kind, start: None, end: None, zone: input.window.zone };
        let days = days.resolve(now, &mut Errors::new()).days();
        let days = if days.is_empty() { String::new() } else { format!(" (now: {days})") };
        Choice::new(kind.name(), format!("{}{days}", kind.label()))
    };
    WindowKind::ALL.into_iter().filter(|kind| *kind != WindowKind::Explicit).map(choice).collect()
}

pub(super) async fn new(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    QueryString(fields): QueryString,
) -> web::Result<Html<FormPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let start = source(&mut tx, &person, &fields).await?;
    let filled = filled(&room, &mut tx, &person, start, &fields).await?;
    Ok(Html(page(&room, &mut tx, &person, &visit, filled, false).await?))
}

pub(super) async fn edit(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<FormPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let start = existing(&mut tx, &person, &own(&id)?).await?;
    let filled = filled(&room, &mut tx, &person, start, &Fields::default()).await?;
    Ok(Html(page(&room, &mut tx, &person, &visit, filled, false).await?))
}

/// What the sent form is about.
async fn started(tx: &mut Tx, person: &Person, fields: &Fields) -> web::Result<Start> {
    match fields.trimmed("schedule").parse() {
        Ok(id) => existing(tx, person, &id).await,
        Err(_) => source(tx, person, fields).await,
    }
}

/// The form with the next slots, nothing is saved: for a button where no scripts run, and while somebody types.
pub(super) async fn preview(
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

impl Filled {
    /// From when slots count: a slot that is due and was not decided yet is not lost by a change.
    fn from(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let undecided = self.schedule.as_ref().and_then(|schedule| schedule.next_at);
        undecided.map_or(now, |at| now.min(at - TimeDelta::seconds(1)))
    }

    fn written<'a>(
        &'a self,
        room: &'a Schedules,
        instance: &'a InstanceId,
        input: &'a [(String, String)],
    ) -> Written<'a> {
        let own_text = self.source.query.is_none();
        Written {
            name: &self.name,
            instance,
            query: self.source.query.as_ref(),
            sql: if own_text { &self.source.sql } else { "" },
            parameters: if own_text { &self.source.parameters } else { &[] },
            input,
            timing: &self.timing,
            policies: &self.policies,
            note: &self.note,
            zone_rules: room.zones.version(),
            next: self.plan.as_ref().and_then(|plan| plan.after(self.from(room.site.clock.now())).next()),
        }
    }
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
        return Ok(Html(page(&room, &mut tx, &person, &visit, filled, true).await?).unprocessable());
    };
    let now = site.clock.now();
    let id = site.random.id::<ScheduleId>(now);
    let input = filled.input.form();
    store::add(&mut tx, now, &id, (&person.id, &person.name), &filled.written(&room, &instance, &input)).await?;
    let detail =
        json!({ "change": "created", "name": filled.name, "timing": filled.timing.words(), "instance": instance });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Entry::ScheduleChanged, id.as_str(), detail).await?;
    tx.commit().await?;
    site.wakes.wake(crate::schedules::scheduler::NAME);
    visit.flash(Tone::Success, "The schedule is active.").await;
    Ok(Redirect::to(&format!("/schedules/{id}")).into_response())
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
        return Ok(Html(page(&room, &mut tx, &person, &visit, filled, true).await?).unprocessable());
    };
    let (now, input) = (site.clock.now(), filled.input.form());
    let written = filled.written(&room, &instance, &input);
    if !store::change(&mut tx, now, (&id, revision), (&person.id, &person.name), &written).await? {
        return Err(web::Error::Conflict("The schedule was changed meanwhile. Open it again.".to_owned()));
    }
    let detail =
        json!({ "change": "changed", "name": filled.name, "timing": filled.timing.words(), "instance": instance });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Entry::ScheduleChanged, id.as_str(), detail).await?;
    tx.commit().await?;
    site.wakes.wake(crate::schedules::scheduler::NAME);
    visit.flash(Tone::Success, "The schedule was saved.").await;
    Ok(Redirect::to(&format!("/schedules/{id}")).into_response())
}

/// The choices of the form.
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

    fn overlaps() -> Vec<Choice> {
        Overlap::choices()
    }
}
