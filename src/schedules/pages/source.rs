//! The source of a form: a saved query, the text of an execution, or an existing schedule.

use chrono::{DateTime, Utc};

use crate::db::{self, Tx};
use crate::executions;
use crate::ids::{InstanceId, QueryId, ScheduleId};
use crate::instances::{self, Action, Instance};
use crate::queries::{self, FieldDef, Privacy, Script, WindowChoice, WindowForm, WindowKind};
use crate::schedules::model::Schedule;
use crate::schedules::store;
use crate::web::components::Errors;
use crate::web::{self, Fields, Person};

/// What a schedule or a backfill runs.
pub(super) struct Source {
    pub(super) query: Option<QueryId>,
    /// The name of the query, or of the execution's query at the time.
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) parameters: Vec<FieldDef>,
    pub(super) window: WindowForm,
    pub(super) privacy: Privacy,
    /// The hidden field that names it in the form, with its value.
    pub(super) field: (&'static str, String),
}

impl Source {
    pub(super) fn script(&self) -> Script<'_> {
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

/// The initial state of a form.
pub(super) struct Start {
    pub(super) schedule: Option<Schedule>,
    pub(super) source: Source,
    /// The initial values of the fields.
    pub(super) fields: Fields,
    /// Fixed dates of the query or the execution, which a schedule that repeats can't use.
    fixed: Option<WindowChoice>,
}

impl Start {
    /// Fills in what a new form can know, unless the address says it: a window that moves in place of fixed dates, and
    /// the instance of the query's last execution, or the only one of `usable`. Returns a sentence about the window, or
    /// an empty text.
    pub(super) fn complete(
        &mut self,
        sent: &Fields,
        now: DateTime<Utc>,
        last: Option<&InstanceId>,
        usable: &[Instance],
    ) -> String {
        let mut known = Vec::new();
        if self.fields.trimmed("instance").is_empty() && !sent.has("instance") {
            let only = if let [one] = usable { Some(&one.id) } else { None };
            let last = last.filter(|id| usable.iter().any(|instance| instance.id == **id));
            known.extend(last.or(only).map(|id| ("instance".to_owned(), id.to_string())));
        }
        let mut sentence = String::new();
        if let Some(fixed) = self.fixed.filter(|_| !sent.has("window")) {
            let kind = fixed.moving(now).unwrap_or_default();
            let dates = fixed.days().map(|days| format!(" ({days})")).unwrap_or_default();
            sentence = format!(
                "A schedule needs a time window that moves with it. In place of fixed dates{dates} it starts with “{}”; \
                 choose another one if you need it.",
                kind.label()
            );
            known.push(("window".to_owned(), kind.name().into_owned()));
        }
        self.fields = over(&self.fields, &known.into_iter().collect());
        sentence
    }
}

/// The source named by an address or a submitted form.
pub(super) async fn source(tx: &mut Tx, person: &Person, fields: &Fields) -> web::Result<Start> {
    if fields.has("execution") {
        let id = fields.trimmed("execution").parse().map_err(|_| web::Error::Missing)?;
        let execution = executions::find(tx, &person.id, &id).await?;
        let query = match &execution.query {
            Some(query) => {
                let query = db::found(queries::find(tx, &person.id, query).await)?;
                query.filter(|query| query.deleted_at.is_none())
            }
            None => None,
        };
        let fixed = (execution.window.kind == WindowKind::Explicit).then_some(execution.window);
        let mut form = execution.input().form();
        if execution.window.kind == WindowKind::Explicit {
            // OK because fixed dates don't move with a schedule: the form fills in another window and says so.
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
        return Ok(Start { schedule: None, source: own, fields: form.into_iter().collect(), fixed });
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
    let window = query.window.choice(&mut Errors::new());
    let fixed = (window.kind == WindowKind::Explicit).then_some(window);
    Ok(Start { schedule: None, source: Source::of_query(query), fields: instance.into_iter().collect(), fixed })
}

/// A schedule that this person may change, with its source.
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
    Ok(Start { source, fields: fields.into_iter().collect(), schedule: Some(schedule), fixed: None })
}

/// Combines the initial values with the submitted ones, which take precedence.
pub(super) fn over(start: &Fields, sent: &Fields) -> Fields {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let kept = start.iter().filter(|(name, _)| !sent.has(name)).map(|(name, value)| own(name, value));
    kept.chain(sent.iter().map(|(name, value)| own(name, value))).collect()
}

pub(super) fn merge(errors: &mut Errors, others: &Errors) {
    for (field, sentence) in others.iter().filter(|(field, _)| errors.of(field).is_empty()).collect::<Vec<_>>() {
        errors.add(field, sentence);
    }
}
