//! *Explain privacy*: for each column of a result its sources, its level, and what to change.
//!
//! The page of a saved query, and the same for a text in the editor. A text that is only rejected because of privacy
//! is explained as well: it is resolved as AMC would resolve it without thresholds. On request the query's variants
//! are run on synthetic data.

mod measure;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::editing::What;
use super::forms::{run_form, written};
use super::link;
use super::own;
use super::report::{self, Remark};
use super::target::{against, target};
use super::trial::Room;
use crate::amcsql::catalogue::{Catalogue, Threshold};
use crate::amcsql::finding::Level;
use crate::amcsql::privacy_paths::{OutputPrivacy, Path as SourcePath, privacy_paths};
use crate::amcsql::text::LineIndex;
use crate::amcsql::{Context, check};
use crate::ids::InstanceId;
use crate::instances::{self, Instance};
use crate::queries::model::QueryInput;
use crate::queries::prepare::prepare_form;
use crate::queries::store;
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, Person, QueryString, Visit};
use measure::{Measured, measure};

#[derive(Template)]
#[template(path = "queries/privacy.html")]
struct PrivacyPage {
    shell: Shell,
    /// The saved query; `None` for text in the editor.
    saved: Option<(String, String)>,
    /// Which data sources the check uses, for display.
    against: String,
    /// The thresholds' requirement for a row, in a sentence; empty if the text can't be resolved.
    rule: String,
    columns: Vec<Column>,
    /// The findings about privacy.
    remarks: Vec<Remark>,
    /// The number of errors that must be fixed before anything can be explained.
    errors: usize,
    measured: Option<Measured>,
    /// The submitted form, for continuing with it.
    filled: Vec<(String, String)>,
}

/// A column of the result.
struct Column {
    name: String,
    level: Threshold,
    /// The level's requirement for a row, for display.
    needs: &'static str,
    sources: Vec<Source>,
    advice: String,
}

/// A source column that it is computed from.
struct Source {
    table: String,
    column: String,
    level: Threshold,
    /// Its names along the path, with their lines.
    steps: Vec<(String, usize)>,
}

impl PrivacyPage {
    fn has_advice(&self) -> bool {
        self.columns.iter().any(|column| !column.advice.is_empty())
    }

    fn errors_text(&self) -> String {
        crate::web::words::counted(i64::try_from(self.errors).unwrap_or(i64::MAX), "error", "errors")
    }

    /// The form's target for going back.
    fn back(&self) -> &'static str {
        if self.saved.is_some() { "Back to the query" } else { "Back to the editor" }
    }
}

/// What is explained: a text with its settings and instance.
struct Subject {
    saved: Option<(String, String)>,
    input: QueryInput,
    instance: Option<Instance>,
}

/// A level's requirement for a row.
fn needs(level: Threshold) -> &'static str {
    match level {
        Threshold::None => "At least 1 user",
        Threshold::Low => "At least 2 users",
        Threshold::Medium | Threshold::High => "At least 100 users",
        Threshold::VeryHigh | Threshold::Internal => "Never in a result",
    }
}

fn column(sql: &str, it: OutputPrivacy) -> Column {
    let index = LineIndex::new(sql);
    let source = |path: SourcePath| {
        let steps = path.steps.into_iter().map(|step| (step.name, index.place(step.span.start).line));
        let steps = steps.filter(|(name, _)| !name.eq_ignore_ascii_case(&path.column)).collect();
        Source { table: path.source, column: path.column, level: path.level, steps }
    };
    let sources = it.paths.into_iter().map(source).collect();
    Column { needs: needs(it.level), name: it.name, level: it.level, sources, advice: it.advice }
}

/// The strictest column's requirement for each row.
fn rule(columns: &[Column]) -> String {
    let Some(highest) = columns.iter().map(|column| column.level).max() else { return String::new() };
    let strictest: Vec<String> =
        columns.iter().filter(|column| column.level == highest).map(|column| format!("`{}`", column.name)).collect();
    let because = if strictest.len() == columns.len() { "every column".to_owned() } else { strictest.join(", ") };
    match highest.users() {
        None => format!("AMC refuses this query, because {because} must never be in a result."),
        Some(1) => "Every row is shown: no column needs more than one user behind a row.".to_owned(),
        Some(users) => format!("A row is shown only if at least {users} users are behind it, because of {because}."),
    }
}

async fn page(
    room: &Room,
    person: &Person,
    visit: &Visit,
    subject: Subject,
    form: &Fields,
) -> web::Result<PrivacyPage> {
    let now = room.site.clock.now();
    let Subject { saved, input, instance } = subject;
    let mut catalogue = std::sync::Arc::clone(Catalogue::standard());
    if let Some(instance) = &instance {
        let mut tx = room.site.db.read(&person.scope()).await?;
        catalogue = instances::catalogue(&mut tx, &instance.id).await?;
    }
    let sandbox = instance.as_ref().is_some_and(|instance| instance.is_sandbox);
    let run = run_form(form, &input.sql);
    let prepared = prepare_form(&input.script(), &run, &catalogue, now, sandbox);
    // OK because turning controls off only accepts what privacy forbids, and that is what is explained.
    let context = Context { controls: false, ..Context::reporting(&catalogue) };
    let query = if prepared.sql_sent.is_empty() { None } else { check(&input.sql, &context.authored()).query };
    let columns = query.iter().flat_map(privacy_paths).map(|it| column(&input.sql, it)).collect::<Vec<_>>();
    let mut remarks = report::of_prepared(&input.sql, &prepared);
    remarks.retain(Remark::is_privacy);
    let errors = prepared.findings.iter().filter(|finding| finding.level == Level::Error).count();
    let measured = if form.has("measure") { Some(measured(room, person, &prepared, now).await?) } else { None };
    let filled = if saved.is_some() { link::filled(form) } else { all(form) };
    Ok(PrivacyPage {
        shell: visit.shell("Privacy".to_owned(), Section::Queries).await,
        saved,
        against: against(instance.as_ref()),
        rule: rule(&columns),
        errors: if columns.is_empty() { errors } else { 0 },
        columns,
        remarks,
        measured,
        filled,
    })
}

async fn measured(
    room: &Room,
    person: &Person,
    prepared: &crate::queries::prepare::Prepared,
    now: chrono::DateTime<chrono::Utc>,
) -> web::Result<Measured> {
    match prepared.errors.iter().next() {
        Some((_, sentence)) => Ok(Measured::failed(sentence)),
        None => measure(room, person, prepared, now).await,
    }
}

/// The editor's form, for continuing with it; without the pressed button.
fn all(form: &Fields) -> Vec<(String, String)> {
    let pressed = ["measure", "fix", "insert", "unfold"];
    let kept = form.iter().filter(|(name, _)| !pressed.contains(name));
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The named saved query, on the instance that the form names or the page would propose.
async fn saved(room: &Room, person: &Person, id: &str, form: &Fields) -> web::Result<Subject> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let query = store::find(&mut tx, &person.id, &own(id)?).await?;
    let target = target(&mut tx, &person.id, &query, form.trimmed("instance")).await?;
    let named = Some((query.id.to_string(), query.name.clone()));
    Ok(Subject { saved: named, input: query.into(), instance: target.instance })
}

/// The page of a saved query, with the form in the address.
pub(super) async fn show(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(form): QueryString,
) -> web::Result<Response> {
    let subject = saved(&room, &person, &id, &form).await?;
    // OK because opening an address must not start expensive work: measuring requires a button.
    let form: Fields = form
        .iter()
        .filter(|(name, _)| *name != "measure")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Ok(Html(page(&room, &person, &visit, subject, &form).await?).into_response())
}

/// A text in the editor, or a saved query with its form; with `measure`, the effect of leaving out a column.
pub(super) async fn explain(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    form: Fields,
) -> web::Result<Response> {
    let subject = if form.has("sql") {
        let what = What::sent(&form);
        let instance = match what.instance.parse::<InstanceId>() {
            Ok(id) => {
                let mut tx = room.site.db.read(&person.scope()).await?;
                Some(instances::find(&mut tx, &person.id, &id).await?)
            }
            Err(_) => None,
        };
        Subject { saved: None, input: written(&form), instance }
    } else {
        saved(&room, &person, form.trimmed("query"), &form).await?
    };
    Ok(Html(page(&room, &person, &visit, subject, &form).await?).into_response())
}
