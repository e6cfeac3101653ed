//! The page of one query: details, run form, check; and the preview of what is sent.

mod past;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use super::fill;
use super::forms::{self, Input, OptionInputs};
use super::link;
use super::list::uses;
use super::own;
use super::report::{self, Remark};
use super::target::{Target, against, target};
use crate::amcsql::catalogue::Catalogue;
use crate::db::Tx;
use crate::instances::{self, Instance};
use crate::queries::identity;
use crate::queries::model::fields::FieldDef;
use crate::queries::model::window::{WINDOW_FIELDS, WindowForm};
use crate::queries::model::{Privacy, Query};
use crate::queries::prepare::{Prepared, prepare_form};
use crate::queries::store::{self, LastValues, PastRun};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Fields, Html, Person, QueryString, Site, Visit};
use past::Past;

/// Executions shown on the page; all are one link away.
const RUNS: i64 = 8;

#[derive(Template)]
#[template(path = "queries/run.html")]
struct RunPage {
    shell: Shell,
    query: Query,
    /// The available instances, and the selected one.
    instances: Vec<Choice>,
    chosen: String,
    against: String,
    /// Whether the person may run it anywhere.
    is_possible: bool,
    /// When the person last ran it on this instance, if with other values than those shown.
    offer: Option<DateTime<Utc>>,
    inputs: Vec<Input>,
    /// Parameters in the address that the query doesn't have.
    unknown: Vec<String>,
    form: WindowForm,
    window_text: String,
    notes: Vec<String>,
    windows: Vec<Choice>,
    zones: &'static [&'static str],
    privacy: Privacy,
    privacies: Vec<Choice>,
    options: OptionInputs,
    errors: Errors,
    remarks: Vec<Remark>,
    /// Whether a check was requested and found nothing.
    is_clean: bool,
    /// Whether a button was pressed, so that errors are shown.
    asked: bool,
    past: Past,
    /// Why the person may not run it; empty if they may.
    refusal: String,
    /// The stored result of an identical run.
    same: Option<SameRun>,
    /// The brands that can fill the form, the selected one, and what was filled in.
    brands: Vec<Choice>,
    brand: String,
    filled: String,
    /// The idempotency key of the form.
    once: String,
}

impl RunPage {
    fn lines(&self) -> Vec<(usize, &str)> {
        report::numbered(&self.query.sql)
    }

    /// The errors in the text for which AMC would reject it.
    fn mistakes(&self) -> Vec<&Remark> {
        self.remarks.iter().filter(|remark| remark.tone == Tone::Error && !remark.is_accepted).collect()
    }

    /// The number of errors, for display.
    fn mistakes_counted(&self) -> String {
        let count = i64::try_from(self.mistakes().len()).unwrap_or(i64::MAX);
        counted(count, "error in the SQL", "errors in the SQL")
    }

    fn can_run(&self) -> bool {
        self.is_possible && self.query.deleted_at.is_none()
    }
}

/// A query with the submitted form, prepared for its instance.
struct Opened {
    query: Query,
    target: Target,
    prepared: Prepared,
    past: Past,
    /// The form, with the values of the last run if requested.
    form: Fields,
    last: Option<LastValues>,
    brands: Vec<Choice>,
    same: Option<SameRun>,
}

/// A stored result of exactly the run that the form describes.
struct SameRun {
    run: PastRun,
    /// Whether purchases were still being attributed when it ran.
    is_early: bool,
}

impl SameRun {
    fn rows(&self) -> String {
        self.run.rows.map_or_else(|| "open it".to_owned(), |rows| counted(rows as i64, "row", "rows"))
    }
}

/// The stored result of the prepared run, if it is ready to run.
async fn same_run(
    tx: &mut Tx,
    person: &Person,
    instance: &Instance,
    prepared: &Prepared,
) -> crate::db::Result<Option<SameRun>> {
    let Some(identity) = identity(&prepared.body()).filter(|_| prepared.is_ready()) else { return Ok(None) };
    let run = store::same_run(tx, &person.id, &instance.id, &identity).await?;
    let run = run.filter(|run| prepared.window.is_complete_at(run.created_at));
    Ok(run.map(|run| SameRun { is_early: prepared.window.is_credited_after(run.created_at), run }))
}

/// The form, completed with the last values.
fn with_last(form: &Fields, last: &LastValues) -> Fields {
    let values = last.values.iter().map(|(name, value)| (format!("param.{name}"), value.clone()));
    let sent = form.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    sent.chain(values.filter(|(name, _)| !form.has(name))).collect()
}

async fn open(site: &Site, person: &Person, visit: &Visit, id: &str, form: &Fields) -> web::Result<Opened> {
    let mut tx = site.db.read(&person.scope()).await?;
    let query = store::find(&mut tx, &person.id, &own(id)?).await?;
    let target = target(&mut tx, &person.id, &query, form.trimmed("instance")).await?;
    let runs = store::runs(&mut tx, &person.id, &query.id, RUNS).await?;
    let is_favourite = store::is_favourite(&mut tx, &person.id, &query.id).await?;
    let has_template = store::has_template(&mut tx, &person.id, &query.id).await?;
    let uses = uses(&mut tx, person, visit, &query.id).await?;
    let (mut catalogue, mut usual, mut last) = (Arc::clone(Catalogue::standard()), None, None);
    if let Some(instance) = &target.instance {
        catalogue = instances::catalogue(&mut tx, &instance.id).await?;
        usual = store::usual(&mut tx, &person.id, &query.id, &instance.id, None).await?;
        last = store::last_values(&mut tx, &person.id, &query.id, &instance.id).await?;
    }
    let asked = last.as_ref().filter(|_| form.get("values") == "last");
    let form = asked.map_or_else(|| form.clone(), |last| with_last(form, last));
    let sandbox = target.instance.as_ref().is_some_and(|instance| instance.is_sandbox);
    let mut prepared = prepare_form(&query.script(), &form, &catalogue, site.clock.now(), sandbox);
    if let Some(problem) = &target.problem {
        prepared.errors.add("instance", problem);
    }
    let same = match &target.instance {
        Some(instance) => same_run(&mut tx, person, instance, &prepared).await?,
        None => None,
    };
    let brands = match &target.instance {
        Some(instance) => fill::offered(&mut tx, &person.id, &instance.id, &prepared.asked).await?,
        None => Vec::new(),
    };
    drop(tx);
    Ok(Opened {
        query,
        target,
        prepared,
        past: Past { runs, usual, is_favourite, has_template, uses },
        form,
        last,
        brands,
        same,
    })
}

async fn page(site: &Site, visit: &Visit, opened: Opened, asked: bool) -> RunPage {
    let Opened { query, target, prepared, past, form, last, brands, same } = opened;
    let window = query.window.with(&form);
    let has_window = WINDOW_FIELDS.iter().all(|field| prepared.errors.of(field).is_empty());
    let inputs: Vec<Input> = prepared.asked.iter().map(|field| Input::new(field, &form)).collect();
    RunPage {
        shell: visit.shell(query.name.clone(), Section::Queries).await,
        offer: offer(last.as_ref(), &inputs),
        unknown: link::unknown(&form, &inputs),
        inputs,
        against: against(target.instance.as_ref()),
        window_text: if has_window { prepared.window.sentence() } else { window_fault(&prepared.errors) },
        options: OptionInputs::new(&form, &prepared.errors),
        notes: if has_window { prepared.window.notes.clone() } else { Vec::new() },
        windows: forms::windows(&window, site.clock.now()),
        zones: &forms::ZONES,
        privacy: prepared.privacy.clone(),
        asked,
        privacies: forms::privacies(target.instance.as_ref().is_some_and(|instance| instance.is_sandbox)),
        is_clean: asked && prepared.errors.is_empty() && prepared.findings.is_empty(),
        // OK to ignore empty fields before any button was pressed.
        errors: if asked { prepared.errors.clone() } else { Errors::new() },
        remarks: report::of_prepared(&query.sql, &prepared),
        form: window,
        refusal: target.problem.clone().unwrap_or_default(),
        same,
        brand: form.trimmed("brand").to_owned(),
        brands,
        filled: String::new(),
        once: site.random.token(),
        past,
        query,
        chosen: target.chosen().to_owned(),
        is_possible: target.is_possible,
        instances: target.choices,
    }
}

/// The error in a window, in a sentence.
fn window_fault(errors: &Errors) -> String {
    let first = WINDOW_FIELDS.into_iter().map(|field| errors.of(field)).find(|it| !it.is_empty());
    first.unwrap_or_default().to_owned()
}

/// When the last values are from, if they differ from the inputs.
fn offer(last: Option<&LastValues>, inputs: &[Input]) -> Option<DateTime<Utc>> {
    let last = last?;
    let differs = |input: &Input| {
        let name = input.name.trim_start_matches("param.");
        last.values.iter().any(|(known, value)| known == name && *value != input.text)
    };
    inputs.iter().any(differs).then_some(last.at)
}

/// The page, with form values from the address: a link can fill it in.
pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(form): QueryString,
) -> web::Result<Response> {
    let opened = open(&site, &person, &visit, &id, &form).await?;
    Ok(Html(page(&site, &visit, opened, false).await).into_response())
}

/// The same page for a submitted form, with all errors. Status 422 if there are any.
pub async fn run_page(
    site: &Site,
    person: &Person,
    visit: &Visit,
    query: &Query,
    form: &Fields,
    prepared: Option<Prepared>,
) -> web::Result<Response> {
    let mut opened = open(site, person, visit, query.id.as_str(), form).await?;
    opened.prepared = prepared.unwrap_or(opened.prepared);
    let is_ready = opened.prepared.is_ready();
    let page = Html(page(site, visit, opened, true).await);
    Ok(if is_ready { page.into_response() } else { page.unprocessable_by(|page| &page.errors) })
}

/// The parameters of a query on an instance.
pub(super) async fn asked(
    site: &Site,
    tx: &mut Tx,
    query: &Query,
    instance: &Instance,
    form: &Fields,
) -> web::Result<Vec<FieldDef>> {
    let catalogue = instances::catalogue(tx, &instance.id).await?;
    Ok(prepare_form(&query.script(), form, &catalogue, site.clock.now(), instance.is_sandbox).asked)
}

/// The page with a form that was filled from a brand, and what was filled in.
pub(super) async fn filled(
    site: &Site,
    person: &Person,
    visit: &Visit,
    id: &str,
    form: &Fields,
    said: String,
) -> web::Result<impl IntoResponse> {
    let opened = open(site, person, visit, id, form).await?;
    let mut page = page(site, visit, opened, false).await;
    page.filled = said;
    Ok(Html(page))
}

/// A check of a saved query with the submitted form. A check isn't a failure: status 200.
pub(super) async fn checked(
    site: &Site,
    person: &Person,
    visit: &Visit,
    id: &str,
    form: &Fields,
) -> web::Result<Response> {
    let opened = open(site, person, visit, id, form).await?;
    Ok(Html(page(site, visit, opened, true).await).into_response())
}

#[derive(Template)]
#[template(path = "queries/preview.html")]
struct PreviewPage {
    shell: Shell,
    query: Query,
    instance: Instance,
    sql: String,
    body: String,
    window_text: String,
    notes: Vec<String>,
    /// The submitted form, for continuing with it.
    filled: Vec<(String, String)>,
    can_run: bool,
    /// The idempotency key of the form.
    once: String,
}

async fn previewed(site: &Site, person: &Person, visit: &Visit, id: &str, form: &Fields) -> web::Result<Response> {
    let opened = open(site, person, visit, id, form).await?;
    let Some(instance) = opened.target.instance.clone().filter(|_| opened.prepared.is_ready()) else {
        return Ok(Html(page(site, visit, opened, true).await).unprocessable());
    };
    let Opened { query, prepared, form, .. } = opened;
    let mut filled = link::filled(&form);
    if !filled.iter().any(|(name, _)| name == "instance") {
        filled.push(("instance".to_owned(), instance.id.to_string()));
    }
    let body = serde_json::to_string_pretty(&prepared.body()).map_err(anyhow::Error::from)?;
    let page = PreviewPage {
        shell: visit.shell(format!("Preview of {}", query.name), Section::Queries).await,
        sql: prepared.sql_sent.clone(),
        body,
        window_text: prepared.window.describe(),
        notes: notes(&prepared),
        filled,
        can_run: query.deleted_at.is_none(),
        once: site.random.token(),
        query,
        instance,
    };
    Ok((StatusCode::OK, Html(page)).into_response())
}

/// Notes on what is sent.
fn notes(prepared: &Prepared) -> Vec<String> {
    let mut notes = prepared.window.notes.clone();
    if prepared.semicolons > 0 {
        let what = if prepared.semicolons == 1 {
            "The semicolon at the end isn't"
        } else {
            "The semicolons at the end aren't"
        };
        notes.push(format!("{what} sent: AMC doesn't need one, and it can turn a good query into an empty file."));
    }
    notes
}

pub(super) async fn preview(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    form: Fields,
) -> web::Result<Response> {
    previewed(&site, &person, &visit, &id, &form).await
}

pub(super) async fn preview_link(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(form): QueryString,
) -> web::Result<Response> {
    previewed(&site, &person, &visit, &id, &form).await
}
