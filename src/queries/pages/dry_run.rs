//! *Check on AMC*: the text with the form's values is compiled by AMC itself, which runs nothing (a dry run).
//!
//! AMC answers after some seconds. Nothing is stored meanwhile: the page holds the id of the dry run, and a digest of what was sent, so
//! that an answer is never taken for one about a text that was changed since. Without scripts a button asks again.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::editing::What;
use super::editor::page;
use super::forms::{run_form, written};
use super::report::{self, Remark};
use super::workflows::Room;
use crate::amazon::{AmcExecutionId, Execution, Status, Workflow};
use crate::amcsql::codes;
use crate::amcsql::finding::Finding;
use crate::amcsql::text::Span;
use crate::connections::CallError;
use crate::ids::InstanceId;
use crate::instances::{self, Action, Instance};
use crate::queries::amc_words::Mark;
use crate::queries::model::QueryInput;
use crate::queries::prepare::{Prepared, prepare_form};
use crate::web::components::Errors;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Html, Person, Visit};

/// The ids of workflows that were sent along to be compiled only begin so.
const WORKFLOW: &str = "recomamp-check-";
/// So long the page asks by itself; after that a button is left.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);

/// Whether a workflow on AMC is that of a dry run of ours.
pub fn is_dry_run(workflow_id: &str) -> bool {
    workflow_id.starts_with(WORKFLOW)
}

/// What AMC's own check came to.
#[derive(Debug)]
pub(super) struct OnAmc {
    pub(super) tone: Tone,
    pub(super) title: &'static str,
    pub(super) sentence: String,
    /// The dry run that has no answer yet.
    pub(super) pending: Option<Pending>,
}

/// A dry run that AMC has not answered, as the page holds it.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) id: String,
    /// The digest of what was sent.
    pub(super) of: String,
    /// When it was sent, in seconds since 1970.
    pub(super) since: i64,
    /// Whether the page asks again by itself.
    pub(super) is_watched: bool,
}

impl OnAmc {
    fn new(tone: Tone, title: &'static str, sentence: impl Into<String>) -> Self {
        Self { tone, title, sentence: sentence.into(), pending: None }
    }

    fn impossible(sentence: impl Into<String>) -> Self {
        Self::new(Tone::Warning, "AMC can't check this yet", sentence)
    }
}

/// What is shown, and the finding that AMC's words are.
type Answer = (OnAmc, Option<Finding>);

struct Job<'a> {
    room: &'a Room,
    person: &'a Person,
    instance: Instance,
    prepared: Prepared,
    author: &'a str,
}

impl Job<'_> {
    /// A digest of the whole request.
    fn digest(&self) -> String {
        let hash = Sha256::digest(self.prepared.body().to_string());
        URL_SAFE_NO_PAD.encode(&hash[..12])
    }

    async fn send(&self) -> Result<Execution, CallError> {
        let mut execution = self.prepared.execution();
        execution.dry_run = true;
        if let Workflow::AdHoc(fields) = &mut execution.workflow {
            let id: crate::ids::ExecutionId = self.room.site.random.id(self.room.site.clock.now());
            fields.insert("workflowId".to_owned(), json!(format!("{WORKFLOW}{id}")));
        }
        let (address, connection) = self.room.reach(self.person, &self.instance).await?;
        let (client, amc, execution) = (self.room.grants.client(), &address.amc_id, &execution);
        address
            .call(&self.room.grants, &connection, |token, pair| async move {
                client.create_execution(token.caller().of(&pair.entity, &pair.marketplace), amc, execution).await
            })
            .await
    }

    async fn look(&self, id: &str) -> Result<Execution, CallError> {
        let id = &AmcExecutionId(id.to_owned());
        let (address, connection) = self.room.reach(self.person, &self.instance).await?;
        let (client, amc) = (self.room.grants.client(), &address.amc_id);
        address
            .call(&self.room.grants, &connection, |token, pair| async move {
                client.execution(token.caller().of(&pair.entity, &pair.marketplace), amc, id).await
            })
            .await
    }

    /// Sends the text, or asks for the answer to what the form says was sent.
    async fn answer(&self, form: &Fields) -> web::Result<Answer> {
        let (of, now) = (self.digest(), self.room.site.clock.now());
        let id = form.trimmed("dry_run.id");
        let is_id = !id.is_empty() && id.len() < 100 && id.chars().all(|one| one.is_ascii_alphanumeric() || one == '-');
        let is_sent = is_id && form.get("dry_run.of") == of;
        let since = form.get("dry_run.since").parse().ok().filter(|_| is_sent).unwrap_or(now.timestamp());
        let told = if is_sent { self.look(id).await } else { self.send().await };
        match told {
            // OK because a form may name any execution of the instance, and only dry runs of ours are told about here.
            Ok(execution) if is_sent && !execution.workflow_id.as_deref().is_some_and(is_dry_run) => {
                Err(web::Error::Missing)
            }
            Ok(execution) => {
                let is_watched = now.timestamp() - since < PATIENCE.num_seconds();
                let pending = Pending { id: execution.id.to_string(), of, since, is_watched };
                Ok(self.told(&execution, pending))
            }
            Err(CallError::Db(error)) => Err(error.into()),
            Err(CallError::Amazon(error)) if error.amazons_words().is_some() => {
                Ok(self.refused(error.amazons_words().unwrap_or_default()))
            }
            Err(error) => Ok((OnAmc::new(Tone::Error, "AMC couldn't be asked", error.happened()), None)),
        }
    }

    fn told(&self, execution: &Execution, pending: Pending) -> Answer {
        let name = self.instance.name();
        match &execution.status {
            Status::Succeeded => {
                let said = format!("{name} compiled the query as it is now. Nothing was run.");
                (OnAmc::new(Tone::Success, "AMC accepts this query", said), None)
            }
            Status::Rejected | Status::Failed => {
                self.refused(execution.status_reason.as_deref().unwrap_or("AMC gave no reason."))
            }
            Status::Cancelled => {
                let said = "Somebody canceled the check on AMC. Press Check on AMC again.";
                (OnAmc::new(Tone::Warning, "The check was canceled", said), None)
            }
            _ => {
                let said = format!("{name} is compiling the query, which takes a few seconds.");
                let shown = OnAmc::new(Tone::Info, "Checking on AMC", said);
                (OnAmc { pending: Some(pending), ..shown }, None)
            }
        }
    }

    fn refused(&self, words: &str) -> Answer {
        let mark = Mark::of(words, &self.prepared.sql_sent, self.author, &self.prepared.source_map);
        let span = mark.map_or(Span::default(), |mark| mark.span(self.author));
        let place = mark.map_or_else(String::new, |mark| format!(" at line {}", mark.place.line));
        let finding = Finding::error(codes::REFUSED_BY_AMC, span, "AMC refuses this query", words);
        let said = format!("{} refuses the query{place}: {words}", self.instance.name());
        (OnAmc::new(Tone::Error, "AMC refuses this query", said), Some(finding))
    }
}

/// The instance and the text, as far as they can be sent; or why not.
async fn job<'a>(
    room: &'a Room,
    person: &'a Person,
    form: &Fields,
    input: &'a QueryInput,
) -> web::Result<Result<Job<'a>, OnAmc>> {
    let Ok(id) = form.get("instance").parse::<InstanceId>() else {
        return Ok(Err(OnAmc::impossible("Choose the instance whose AMC is asked.")));
    };
    let mut tx = room.site.db.read(&person.scope()).await?;
    let instance = instances::require(&mut tx, &person.id, &id, Action::Run).await?;
    let catalogue = instances::catalogue(&mut tx, &instance.id).await?;
    drop(tx);
    if !instance.is_ready() {
        let sentence =
            format!("Amazon is still creating {}. Choose another instance, or try again later.", instance.name());
        return Ok(Err(OnAmc::impossible(sentence)));
    }
    let values = run_form(form, &input.sql);
    let prepared = prepare_form(&input.script(), &values, &catalogue, room.site.clock.now(), instance.is_sandbox);
    if let Some((_, sentence)) = prepared.errors.iter().next() {
        return Ok(Err(OnAmc::impossible(sentence)));
    }
    Ok(Ok(Job { room, person, instance, prepared, author: &input.sql }))
}

/// The editor as it was sent, with what AMC says of the text.
pub(super) async fn check(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let (what, input) = (What::sent(&fields), written(&fields));
    let (shown, finding) = match job(&room, &person, &fields, &input).await? {
        Ok(job) => job.answer(&fields).await?,
        Err(shown) => (shown, None),
    };
    let refused: Vec<Remark> = report::remarks(&input.sql, finding.as_slice());
    let mut page = page(&room.site, &person, &visit, what, input, &fields, Errors::new()).await?;
    if !refused.is_empty() {
        page.is_clean = false;
        page.remarks.splice(0..0, refused);
    }
    page.on_amc = Some(shown);
    Ok(Html(page).into_response())
}
