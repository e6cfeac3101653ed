//! A submitted form: what it schedules, its values, and its errors.

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::Tx;
use crate::executions;
use crate::ids::{InstanceId, QueryId, ScheduleId};
use crate::instances::{self, Action};
use crate::queries::{self, FieldDef, Privacy, RunInput, Script, WindowForm, WindowKind, prepare};
use crate::schedules::Schedules;
use crate::schedules::calendar::Plan;
use crate::schedules::model::{NAME_LENGTH, NOTE_LENGTH, Schedule};
use crate::schedules::policies::Policies;
use crate::schedules::store::{self, Written};
use crate::schedules::timing::Timing;
use crate::web::components::Errors;
use crate::web::{self, Fields, Person, naming};

/// What a schedule runs.
pub(super) struct Source {
    pub(super) query: Option<QueryId>,
    /// The name of the query, or of the execution's query when it ran.
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) parameters: Vec<FieldDef>,
    pub(super) window: WindowForm,
    pub(super) privacy: Privacy,
    /// The hidden form field with its id.
    pub(super) field: (&'static str, String),
}

impl Source {
    fn script(&self) -> Script<'_> {
        Script { sql: &self.sql, fields: &self.parameters, window: &self.window, privacy: &self.privacy }
    }

    pub(super) fn of_query(query: queries::Query) -> Self {
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

/// A submitted form with everything derived from it.
pub(super) struct Filled {
    pub(super) schedule: Option<Schedule>,
    pub(super) source: Source,
    pub(super) fields: Fields,
    pub(super) errors: Errors,
    pub(super) name: String,
    pub(super) note: String,
    pub(super) timing: Timing,
    pub(super) policies: Policies,
    pub(super) plan: Option<Plan>,
    pub(super) input: RunInput,
    pub(super) instance: Option<InstanceId>,
    pub(super) asked: Vec<FieldDef>,
}

/// The initial state of a form.
pub(super) struct Start {
    pub(super) schedule: Option<Schedule>,
    pub(super) source: Source,
    /// The initial fields.
    pub(super) fields: Fields,
}

/// What the address or the form schedules.
pub(super) async fn source(tx: &mut Tx, person: &Person, fields: &Fields) -> web::Result<Start> {
    if fields.has("execution") {
        let id = fields.trimmed("execution").parse().map_err(|_| web::Error::Missing)?;
        let execution = executions::find(tx, &person.id, &id).await?;
        let query = match &execution.query {
            Some(query) => queries::find(tx, &person.id, query).await.ok().filter(|query| query.deleted_at.is_none()),
            None => None,
        };
        let mut form = execution.input().form();
        if execution.window.kind == WindowKind::Explicit {
            // OK because fixed days don't move with a schedule: the form proposes the default window, and says so.
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
        return Err(web::Error::conflict(
            "The query is deleted",
            "This query was deleted. Restore it before you schedule it.",
        ));
    }
    let instance = query.placement.default_instance.as_ref().map(|id| ("instance".to_owned(), id.to_string()));
    Ok(Start { schedule: None, source: Source::of_query(query), fields: instance.into_iter().collect() })
}

/// A schedule that this person may change, with what it runs.
pub(super) async fn existing(tx: &mut Tx, person: &Person, id: &ScheduleId) -> web::Result<Start> {
    let schedule = store::find(tx, &person.id, id).await?;
    instances::require(tx, &person.id, &schedule.instance, Action::Run).await?;
    if schedule.deleted_at.is_some() {
        return Err(web::Error::conflict(
            "The schedule is deleted",
            "This schedule was deleted. Restore it before you change it.",
        ));
    }
    let source = match &schedule.query {
        Some(query) => Source::of_query(queries::find(tx, &person.id, query).await?),
        None => Source::of_schedule(&schedule),
    };
    let mut fields = schedule.input.clone();
    fields.push(("instance".to_owned(), schedule.instance.to_string()));
    Ok(Start { source, fields: fields.into_iter().collect(), schedule: Some(schedule) })
}

/// Submitted fields override the initial ones.
pub(super) fn over(start: &Fields, sent: &Fields) -> Fields {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let kept = start.iter().filter(|(name, _)| !sent.has(name)).map(|(name, value)| own(name, value));
    kept.chain(sent.iter().map(|(name, value)| own(name, value))).collect()
}

/// Parses a form; all errors are reported by field.
pub(super) async fn filled(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    start: Start,
    sent: &Fields,
) -> web::Result<Filled> {
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

pub(super) fn merge(errors: &mut Errors, others: &Errors) {
    for (field, sentence) in others.iter().filter(|(field, _)| errors.of(field).is_empty()).collect::<Vec<_>>() {
        errors.add(field, sentence);
    }
}

/// Checks that this person can run it on the selected instance.
pub(super) async fn check(room: &Schedules, tx: &mut Tx, person: &Person, filled: &mut Filled) -> web::Result<()> {
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

impl Filled {
    /// The time after which slots count: a due slot that wasn't decided yet isn't lost by a change.
    fn from(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let undecided = self.schedule.as_ref().and_then(|schedule| schedule.next_at);
        undecided.map_or(now, |at| now.min(at - TimeDelta::seconds(1)))
    }

    pub(super) fn written<'a>(
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
