//! The page of an execution: live status, what was sent, why it failed, its result.

mod earlier;
mod figures;
mod known;
mod pane;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Days, Utc};
use serde_json::Value;

use earlier::{Earlier, earlier};
use figures::{Around, Figure, figures};
use known::{cause, known};
use pane::{Pane, Tab};

use super::own;
use super::result::{self, ResultView};
use crate::amazon::Region;
use crate::amcsql::text::Place;
use crate::connections;
use crate::db::{self, Tx};
use crate::executions::causes::Cause;
use crate::executions::live as progress;
use crate::executions::model::{Execution, Origin, State as Stage};
use crate::executions::store;
use crate::executions::submit::Executions;
use crate::executions::verdict::{self, Evidence, Verdict};
use crate::ids::ExecutionId;
use crate::instances::{self, Instance};
use crate::queries::{self, PastRun, SourceMap, TypicalDuration};
use crate::web::components::{Address, Step};
use crate::web::live::{self, Shown};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, Person, Visit};

/// Runs of the same query shown in a row; all are one link away.
const RUNS: i64 = 10;

#[derive(Template)]
#[template(path = "executions/detail.html", blocks = ["live"])]
struct DetailPage {
    shell: Shell,
    execution: Execution,
    instance: Instance,
    steps: Vec<Step>,
    tag: String,
    figures: Vec<Figure>,
    pane: Pane,
    tabs: Vec<Tab>,
    can_cancel: bool,
    can_stop_waiting: bool,
    can_rerun: bool,
    /// AMC finished it, but there is no readable result here, so it can be downloaded again.
    can_fetch: bool,
    values: Vec<(String, String)>,
    /// The cause of its problem or its wait.
    cause: Option<&'static Cause>,
    /// The region of the viewer's own connection, if the execution waits for it to be reconnected.
    own_lost: Option<Region>,
    /// Details of a failed execution as JSON; empty otherwise.
    known: String,
    /// Public links that show the result, as far as the viewer may see them.
    open_links: i64,
    /// Whether there are such links, or the viewer can create one.
    leads_to_links: bool,
    place: Option<Place>,
    earlier: Vec<Earlier>,
    source: Vec<progress::SourceLine>,
    result: Option<ResultView>,
    /// Why the result has few or no rows.
    verdict: Option<Verdict>,
    /// Why the stored result can't be shown.
    result_fault: Option<String>,
    body: String,
    here: String,
    /// The address that the page polls while the execution is in progress.
    live: String,
    /// The idempotency key of the Rerun button.
    once: String,
    change: Option<Changeable>,
    /// Whether it replaces part of an open page, whose title it then changes.
    is_part: bool,
}

/// Link to the query's form with this execution's input.
struct Changeable {
    address: String,
    /// Form fields for what would make the address too long; mostly empty.
    fields: Vec<(String, String)>,
}

impl Changeable {
    /// Proxies may reject longer addresses.
    const LONGEST: usize = 4_000;

    fn new(execution: &Execution) -> Option<Self> {
        let query = execution.query.as_ref()?;
        let mut form = execution.input().form();
        form.push(("instance".to_owned(), execution.instance.to_string()));
        let filled: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
        Some(if filled.len() > Self::LONGEST {
            let mut fields = form;
            fields.push(("query".to_owned(), query.as_str().to_owned()));
            Self { address: "/queries/check".to_owned(), fields }
        } else {
            Self { address: format!("/queries/{query}?{filled}").trim_end_matches('?').to_owned(), fields: Vec::new() }
        })
    }
}

impl DetailPage {
    /// Label and address of the page for following the advice.
    fn way(&self) -> Option<(&'static str, String)> {
        known::way(&self.execution, self.cause?)
    }

    /// Explains the status of an execution that was canceled and hasn't ended.
    const fn cancelling(&self) -> &'static str {
        match self.execution.state {
            Stage::Waiting => "Canceling. The execution was never sent, so there is nothing to stop at AMC.",
            Stage::Sending => {
                "Canceling. RecomAMP checks whether AMC received the request and, if so, asks AMC to stop it."
            }
            _ => "Canceling. RecomAMP asks AMC to stop the execution.",
        }
    }
}

/// Whether it can still be canceled at AMC.
fn can_stop(execution: &Execution) -> bool {
    execution.cancel_asked_at.is_none() && !execution.state.is_final()
}

/// Whether AMC doesn't end it: it was canceled, or has an unknown status.
fn can_stop_waiting(execution: &Execution) -> bool {
    let is_odd =
        execution.amc_status.as_deref().is_some_and(|word| !matches!(word, "PENDING" | "RUNNING" | "SUCCEEDED"));
    matches!(execution.state, Stage::Pending | Stage::Running) && (execution.cancel_asked_at.is_some() || is_odd)
}

/// The details of a failed execution, formatted.
fn known_text(execution: &Execution) -> String {
    let known = execution.problem.as_ref().map(|_| known(execution));
    known.and_then(|known| serde_json::to_string_pretty(&known).ok()).unwrap_or_default()
}

/// When the execution's result is deleted; `None` without a retention period.
fn kept_until(room: &Executions, execution: &Execution) -> Option<DateTime<Utc>> {
    let days = Days::new(room.site.config.limits.keep_results_days?.into());
    let kept_at = execution.finished_at.max(execution.result_kept_at);
    kept_at.filter(|_| execution.result_removed_at.is_none())?.checked_add_days(days)
}

/// The result view for the address, or why it can't be shown.
async fn kept_result(
    room: &Executions,
    execution: &Execution,
    here: &str,
    fields: &Fields,
) -> web::Result<(Option<ResultView>, Option<String>)> {
    if !pane::has_result(execution) {
        return Ok((None, None));
    }
    match ResultView::load(room, execution, here, fields).await {
        Ok(view) => Ok((Some(view), None)),
        // OK because everything else about the execution can be read, and the page says what to do.
        Err(web::Error::Unavailable(why)) => Ok((None, Some(why))),
        Err(error) => Err(error),
    }
}

fn title(execution: &Execution) -> String {
    format!("{}: {}", execution.state.label(), execution.query_name)
}

/// The region of the viewer's own connection, if the execution uses it and it needs reconnecting.
async fn own_lost(tx: &mut Tx, person: &Person, execution: &Execution) -> web::Result<Option<Region>> {
    if execution.waiting_for.is_none() {
        return Ok(None);
    }
    let own = connections::statuses(tx, &person.id).await?;
    Ok(own.into_iter().find(|one| one.is_lost && one.id == execution.connection).map(|one| one.region))
}

/// The number of public links that show its result: everyone's for managers of the instance, otherwise the viewer's.
async fn open_links(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &Person,
    (execution, instance): (&Execution, &Instance),
) -> db::Result<i64> {
    if execution.state != Stage::Succeeded {
        return Ok(0);
    }
    let manages = instance.role.allows(instances::Action::Manage) || person.is_administrator;
    store::open_links(tx, now, &execution.id, (!manages).then_some(&person.id)).await
}

/// Whether its result can be shown by a public link.
fn can_share(room: &Executions, execution: &Execution) -> bool {
    room.site.config.public_links && execution.state == Stage::Succeeded
}

/// The tag of the page, for polling its live part.
fn noted(room: &Executions, person: &Person, execution: &Execution) -> String {
    let tag = execution.revision.to_string();
    room.tags.note(execution.id.as_str(), person.id.as_str(), &tag);
    tag
}

/// The last executions of the same query, and its typical duration.
async fn history(
    tx: &mut Tx,
    person: &Person,
    execution: &Execution,
) -> db::Result<(Vec<PastRun>, Option<TypicalDuration>)> {
    let Some(query) = &execution.query else { return Ok((Vec::new(), None)) };
    let past = queries::runs(tx, &person.id, query, RUNS).await?;
    let typical = queries::usual(tx, &person.id, query, &execution.instance, Some(&execution.id)).await?;
    Ok((past, typical))
}

/// Removes the link to a query that has no page for this person: the executions of a private query are seen by all
/// people of the instance.
async fn hide_query(tx: &mut Tx, person: &Person, execution: &mut Execution) -> db::Result<()> {
    let Some(query) = &execution.query else { return Ok(()) };
    if db::found(queries::find(tx, &person.id, query).await)?.is_none() {
        execution.query = None;
    }
    Ok(())
}

/// What is remarkable about a thin result.
fn verdict_on(execution: &Execution, shown: Option<&ResultView>, evidence: &Evidence) -> Option<Verdict> {
    let suppressed = shown.and_then(|result| result.suppressed.as_ref()).map(|it| it.rows);
    verdict::of(execution, execution.result.as_ref()?, suppressed, evidence)
}

/// Whether a missing or unreadable result can be fetched from AMC again.
fn can_fetch(execution: &Execution, is_unreadable: bool) -> bool {
    let is_gone = !pane::has_result(execution) || is_unreadable;
    is_gone && execution.state.is_final() && execution.is_done_at_amc()
}

async fn page(
    room: &Executions,
    person: &Person,
    visit: &Visit,
    id: &ExecutionId,
    query: &str,
) -> web::Result<DetailPage> {
    let now = room.site.clock.now();
    let mut tx = room.site.db.read(&person.scope()).await?;
    let mut execution = store::find(&mut tx, &person.id, id).await?;
    let events = store::events(&mut tx, id).await?;
    let instance = instances::find(&mut tx, &person.id, &execution.instance).await?;
    let (past, typical) = history(&mut tx, person, &execution).await?;
    let own_lost = own_lost(&mut tx, person, &execution).await?;
    let evidence = store::evidence(&mut tx, Some(&person.id), &execution).await?;
    let open_links = open_links(&mut tx, now, person, (&execution, &instance)).await?;
    hide_query(&mut tx, person, &mut execution).await?;
    drop(tx);
    let (here, fields) = (format!("/executions/{id}"), Fields::of_address(query));
    let (view, pane) = (fields.trimmed("view"), Pane::shown(fields.trimmed("view"), &execution));
    let (result, result_fault) = match pane {
        Pane::Result => kept_result(room, &execution, &here, &fields).await?,
        _ => (None, None),
    };
    let (mark, can_run) = (progress::mark(&execution), instance.role.allows(instances::Action::Run));
    let around = Around {
        instance: &instance,
        slots: room.site.config.limits.runs_per_instance,
        typical: typical.as_ref(),
        kept_until: kept_until(room, &execution),
        result: result.as_ref(),
    };
    let verdict = if result_fault.is_some() { None } else { verdict_on(&execution, result.as_ref(), &evidence) };
    Ok(DetailPage {
        shell: visit.shell(title(&execution), Section::Executions).await,
        steps: progress::steps(&events, execution.state),
        figures: figures(&execution, &around, now),
        tabs: pane.tabs(view, &execution, &Address::new(&here, query)),
        pane,
        earlier: earlier(&past, id, now),
        can_cancel: can_run && can_stop(&execution),
        can_stop_waiting: can_run && can_stop_waiting(&execution),
        can_rerun: can_run && execution.state.is_final(),
        can_fetch: can_run && can_fetch(&execution, result_fault.is_some()),
        values: execution.values.texts().map(|(name, text)| (name.to_owned(), text)).collect(),
        cause: cause(&execution),
        own_lost,
        open_links,
        leads_to_links: open_links > 0 || (can_run && can_share(room, &execution)),
        known: known_text(&execution),
        source: progress::source(&execution.author_sql, mark.as_ref()),
        body: serde_json::to_string_pretty(&execution.sent.body).unwrap_or_default(),
        live: Address::new(format!("{here}/live"), "").with("view", view).to_string(),
        here,
        once: room.site.random.token(),
        change: Changeable::new(&execution),
        is_part: false,
        tag: noted(room, person, &execution),
        place: mark.map(|mark| mark.place),
        verdict,
        result,
        result_fault,
        instance,
        execution,
    })
}

pub(super) async fn show(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let (id, query) = (own(&id)?, query.unwrap_or_default());
    if let Some(settled) = result::settled(&format!("/executions/{id}"), &Fields::of_address(&query)) {
        return Ok(Redirect::to(&settled).into_response());
    }
    Ok(Html(page(&room, &person, &visit, &id, &query).await?).into_response())
}

/// The live part, polled every two seconds: 304 while nothing has changed.
pub(super) async fn live(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    shown: Shown,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let (id, query) = (own(&id)?, query.unwrap_or_default());
    if !visit.is_part {
        return Ok(Redirect::to(&Address::new(format!("/executions/{id}"), &query).to_string()).into_response());
    }
    if room.tags.is_current(id.as_str(), person.id.as_str(), shown.tag()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let mut page = page(&room, &person, &visit, &id, &query).await?;
    page.is_part = true;
    Ok(shown.unchanged(&page.tag).unwrap_or_else(|| live::tagged(&page.tag, Html(page.as_live()))))
}

/// All details of a failed execution, for a support email.
pub(super) async fn problem(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let id = own(&id)?;
    let mut tx = room.site.db.read(&person.scope()).await?;
    let execution = store::find(&mut tx, &person.id, &id).await?;
    drop(tx);
    let name = format!("attachment; filename=\"{id}-problem.json\"");
    let body = serde_json::to_string_pretty(&known(&execution)).map_err(anyhow::Error::from)?;
    Ok(([("content-type", "application/json"), ("content-disposition", name.as_str())], body).into_response())
}

/// The source map stored with an execution by [`super::run`].
pub(in crate::executions) fn source_map(kept: &Value) -> SourceMap {
    serde_json::from_value(kept["pieces"].clone()).unwrap_or_default()
}
