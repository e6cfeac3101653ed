//! The page of one query: what it is, its form, what the check says; and the preview of what is sent.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::forms::{self, Input};
use super::own;
use super::report::{self, Remark};
use crate::instances::{self, Instance};
use crate::queries::model::window::WindowForm;
use crate::queries::model::{Privacy, Query};
use crate::queries::prepare::{Prepared, prepare_form};
use crate::queries::store::{self, PastRun, TypicalDuration};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, Site, Visit};

/// Runs shown on the page; all are one link away.
const RUNS: i64 = 8;

#[derive(Template)]
#[template(path = "queries/run.html")]
struct RunPage {
    shell: Shell,
    query: Query,
    instance: Instance,
    can_change: bool,
    inputs: Vec<Input>,
    form: WindowForm,
    window_words: String,
    /// Whether the window can be sent as it is; what is said of it is of another one otherwise.
    has_window: bool,
    notes: Vec<String>,
    windows: Vec<Choice>,
    zones: &'static [&'static str],
    privacy: Privacy,
    privacies: Vec<Choice>,
    errors: Errors,
    remarks: Vec<Remark>,
    /// Whether somebody asked for a check and nothing was found.
    is_clean: bool,
    /// Whether somebody pressed a button, and is told what is wrong.
    asked: bool,
    past: Past,
    /// Why the person may not run it; empty when they may.
    refusal: String,
    /// What the form is sent with.
    once: String,
}

/// What is known of a query beside itself.
struct Past {
    /// Its last runs, the newest first.
    runs: Vec<PastRun>,
    usual: Option<TypicalDuration>,
    is_favourite: bool,
}

impl RunPage {
    fn lines(&self) -> Vec<(usize, &str)> {
        report::numbered(&self.query.sql)
    }

    /// The errors in the text, for which AMC would refuse it.
    fn mistakes(&self) -> Vec<&Remark> {
        self.remarks.iter().filter(|remark| remark.tone == Tone::Error).collect()
    }

    /// How many they are, in words.
    fn mistakes_counted(&self) -> String {
        let count = i64::try_from(self.mistakes().len()).unwrap_or(i64::MAX);
        crate::web::words::counted(count, "error in the SQL", "errors in the SQL")
    }

    fn can_run(&self) -> bool {
        self.can_change && self.query.deleted_at.is_none() && self.instance.is_ready()
    }
}

/// A query with what the person filled in, prepared for its instance.
struct Opened {
    query: Query,
    instance: Instance,
    prepared: Prepared,
    past: Past,
    /// Why the person may not run it, if so.
    refusal: Option<String>,
}

async fn open(site: &Site, person: &Person, id: &str, form: &Fields) -> web::Result<Opened> {
    let mut tx = site.db.read(&person.scope()).await?;
    let query = store::find(&mut tx, &person.id, &own(id)?).await?;
    let instance = instances::find(&mut tx, &person.id, &query.instance).await?;
    let catalogue = instances::catalogue(&mut tx, &instance.id).await?;
    let past = Past {
        runs: store::runs(&mut tx, &person.id, &query.id, RUNS).await?,
        usual: store::usual(&mut tx, &person.id, &query.id, &instance.id, None).await?,
        is_favourite: store::is_favourite(&mut tx, &person.id, &query.id).await?,
    };
    let refusal = instances::refusal(&mut tx, &person.id, &instance, instances::Action::Run).await?;
    drop(tx);
    let prepared = prepare_form(&query.script(), form, &catalogue, site.clock.now(), instance.is_sandbox);
    Ok(Opened { query, instance, prepared, past, refusal })
}

async fn page(site: &Site, visit: &Visit, opened: Opened, form: &Fields, asked: bool) -> RunPage {
    let Opened { query, instance, prepared, past, refusal } = opened;
    let window = query.window.with(form);
    let has_window = ["window", "start", "end", "zone"].iter().all(|field| prepared.errors.of(field).is_empty());
    RunPage {
        shell: visit.shell(query.name.clone(), Section::Queries).await,
        can_change: instance.role.allows(instances::Action::Write),
        inputs: prepared.asked.iter().map(|field| Input::new(field, form)).collect(),
        window_words: prepared.window.words(),
        notes: if has_window { prepared.window.notes.clone() } else { Vec::new() },
        has_window,
        windows: forms::windows(&window, site.clock.now()),
        zones: &forms::ZONES,
        privacy: prepared.privacy.clone(),
        privacies: forms::privacies(instance.is_sandbox),
        asked,
        is_clean: asked && prepared.errors.is_empty() && prepared.findings.is_empty(),
        // OK to be silent about empty fields before anybody asked for anything.
        errors: if asked { prepared.errors.clone() } else { Errors::new() },
        remarks: report::remarks(&query.sql, &prepared.findings),
        form: window,
        refusal: refusal.unwrap_or_default(),
        once: site.random.token(),
        past,
        query,
        instance,
    }
}

/// The page, with the form as the address has it: a link can fill it in.
pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(form): QueryString,
) -> web::Result<Response> {
    let opened = open(&site, &person, &id, &form).await?;
    Ok(Html(page(&site, &visit, opened, &form, false).await).into_response())
}

/// The same page for a form that was sent: as it was filled in, with everything that is wrong. Status
/// 422 when something is.
pub async fn run_page(
    site: &Site,
    person: &Person,
    visit: &Visit,
    query: &Query,
    form: &Fields,
    prepared: Option<Prepared>,
) -> web::Result<Response> {
    let mut opened = open(site, person, query.id.as_str(), form).await?;
    opened.prepared = prepared.unwrap_or(opened.prepared);
    let is_ready = opened.prepared.is_ready();
    let page = Html(page(site, visit, opened, form, true).await);
    Ok(if is_ready { page.into_response() } else { page.unprocessable_by(|page| &page.errors) })
}

/// A check of a saved query with the form as it is filled in. Looking is not failing: status 200.
pub(super) async fn checked(
    site: &Site,
    person: &Person,
    visit: &Visit,
    id: &str,
    form: &Fields,
) -> web::Result<Response> {
    let opened = open(site, person, id, form).await?;
    Ok(Html(page(site, visit, opened, form, true).await).into_response())
}

#[derive(Template)]
#[template(path = "queries/preview.html")]
struct PreviewPage {
    shell: Shell,
    query: Query,
    instance: Instance,
    sql: String,
    body: String,
    window_words: String,
    notes: Vec<String>,
    /// The form as it was filled in, to go on with it.
    filled: Vec<(String, String)>,
    can_run: bool,
    /// What the form is sent with.
    once: String,
}

async fn previewed(site: &Site, person: &Person, visit: &Visit, id: &str, form: &Fields) -> web::Result<Response> {
    let opened = open(site, person, id, form).await?;
    if !opened.prepared.is_ready() {
        return Ok(Html(page(site, visit, opened, form, true).await).unprocessable());
    }
    let Opened { query, instance, prepared, .. } = opened;
    let body = serde_json::to_string_pretty(&prepared.body()).map_err(anyhow::Error::from)?;
    let page = PreviewPage {
        shell: visit.shell(format!("Preview of {}", query.name), Section::Queries).await,
        sql: prepared.sql_sent.clone(),
        body,
        window_words: prepared.window.words(),
        notes: prepared.window.notes.clone(),
        filled: filled(form),
        can_run: instance.role.allows(instances::Action::Write) && instance.is_ready() && query.deleted_at.is_none(),
        once: site.random.token(),
        query,
        instance,
    };
    Ok((StatusCode::OK, Html(page)).into_response())
}

/// The fields of the run form as it was filled in, to go on with it.
fn filled(form: &Fields) -> Vec<(String, String)> {
    let ours = |name: &str| {
        name.starts_with("param.")
            || name.starts_with("options.")
            || ["window", "start", "end", "zone", "privacy", "privacy.column"].contains(&name)
    };
    form.iter().filter(|(name, _)| ours(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
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
