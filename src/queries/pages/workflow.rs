//! A query on AMC: storing it as a workflow, updating or recreating it, and comparing the two.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value, json};

use super::workflows::Room;
use super::{own, placing};
use crate::accounts::audit::{self, Action};
use crate::amazon::{self, ErrorKind};
use crate::connections::{CallError, Grants};
use crate::ids::{InstanceId, QueryId};
use crate::instances::{self, Action as Does, Instance};
use crate::queries::model::Query;
use crate::queries::store::{self, OnAmc};
use crate::queries::workflow::{self, definition};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Visit};

#[derive(Template)]
#[template(path = "queries/workflow.html")]
struct WorkflowPage {
    shell: Shell,
    query: Query,
    kept: Vec<Row>,
    instances: Vec<Choice>,
    instance: String,
    workflow: String,
    errors: Errors,
}

/// Where it is stored, and its status.
struct Row {
    on: OnAmc,
    /// Whether the query has changed since it was sent.
    is_behind: bool,
    can_run: bool,
}

impl Row {
    fn standing(&self) -> &'static str {
        match (self.on.state.as_str(), self.is_behind) {
            ("missing", _) => "Missing on AMC",
            ("changed", false) => "Changed on AMC",
            ("changed", true) => "Changed here and on AMC",
            (_, true) => "Changed here since",
            _ => "The same",
        }
    }

    fn update(&self) -> &'static str {
        match self.on.state.as_str() {
            "missing" => "Create it again",
            "changed" => "Replace on AMC",
            _ if self.is_behind => "Update on AMC",
            _ => "Send again",
        }
    }
}

async fn page(
    room: &Room,
    person: &Person,
    visit: &Visit,
    query: Query,
    form: &Fields,
    errors: Errors,
) -> web::Result<WorkflowPage> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let usable = placing::usable(&mut tx, &person.id).await?;
    let mut kept = Vec::new();
    for on in store::on_amc(&mut tx, &person.id, &query.id).await? {
        let instance = instances::find(&mut tx, &person.id, &on.instance).await?;
        let catalogue = instances::catalogue(&mut tx, &on.instance).await?;
        let now = definition(&query.script(), &catalogue, room.site.clock.now(), instance.is_sandbox);
        let is_behind = on.revision != query.revision && now.map(Value::Object).ok().as_ref() != Some(&on.sent);
        kept.push(Row { on, is_behind, can_run: instance.role.allows(Does::Run) });
    }
    drop(tx);
    let proposed = query.placement.default_instance.as_ref().map(ToString::to_string).unwrap_or_default();
    Ok(WorkflowPage {
        shell: visit.shell(format!("{} on AMC", query.name), Section::Queries).await,
        kept,
        instances: Choice::optional("Choose an instance", usable.iter().map(Instance::choice)),
        instance: if form.has("instance") { form.get("instance").to_owned() } else { proposed },
        workflow: if form.has("workflow") {
            form.trimmed("workflow").to_owned()
        } else {
            workflow::workflow_id(&query.name)
        },
        query,
        errors,
    })
}

async fn seen(room: &Room, person: &Person, id: &str) -> web::Result<Query> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    Ok(store::find(&mut tx, &person.id, &own(id)?).await?)
}

pub(super) async fn show(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let query = seen(&room, &person, &id).await?;
    Ok(Html(page(&room, &person, &visit, query, &Fields::default(), Errors::new()).await?).into_response())
}

/// The form's action (`do`): `sync`, `look` or `remove`, for the workflow on one instance.
pub(super) async fn act(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    form: Fields,
) -> web::Result<Response> {
    let query = seen(&room, &person, &id).await?;
    let mut errors = Errors::new();
    let done = match form.trimmed("instance").parse::<InstanceId>() {
        Err(_) => {
            errors.add("instance", "Choose the instance on which the workflow is kept.");
            None
        }
        Ok(instance) => {
            let mut tx = room.site.db.read(&person.scope()).await?;
            let instance = instances::require(&mut tx, &person.id, &instance, Does::Run).await?;
            let known = store::on_amc(&mut tx, &person.id, &query.id).await?;
            drop(tx);
            let known = known.into_iter().find(|on| on.instance == instance.id);
            let job = Job { room: &room, person: &person, query: &query, instance: &instance };
            match (form.get("do"), known) {
                ("look", Some(known)) => job.look(&known).await?,
                ("remove", Some(known)) => job.remove(&known).await?,
                (_, known) => job.sync(&form, known, &mut errors).await?,
            }
        }
    };
    let Some((tone, said)) = done else {
        let page = page(&room, &person, &visit, query, &form, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    };
    visit.flash(tone, said).await;
    Ok(Redirect::to(&format!("/queries/{}/workflow", query.id)).into_response())
}

/// The outcome of storing a query on AMC as a workflow.
#[derive(Debug)]
pub enum Synced {
    Done {
        workflow_id: String,
        /// Whether AMC didn't have it before.
        is_new: bool,
    },
    /// A field of the request, and what is wrong with it; an empty name is the query itself.
    Invalid(&'static str, String),
    /// The call to AMC failed.
    Failed(CallError),
}

/// Stores a query on AMC as a workflow, for a person who may run queries on the instance. Without a name, a new
/// workflow is named after the query.
pub async fn sync(
    site: &Site,
    grants: &Grants,
    person: &Person,
    (query, instance): (&QueryId, &InstanceId),
    named: Option<&str>,
    over: bool,
) -> web::Result<Synced> {
    let room = Room { site: site.clone(), grants: grants.clone() };
    let mut tx = site.db.read(&person.scope()).await?;
    let query = store::find(&mut tx, &person.id, query).await?;
    let instance = instances::require(&mut tx, &person.id, instance, Does::Run).await?;
    let known = store::on_amc(&mut tx, &person.id, &query.id).await?;
    drop(tx);
    let known = known.into_iter().find(|on| on.instance == instance.id);
    let name = named.map_or_else(|| workflow::workflow_id(&query.name), str::to_owned);
    let job = Job { room: &room, person, query: &query, instance: &instance };
    job.kept(&name, over, known).await
}

/// The message about the outcome.
type Done = Option<(Tone, String)>;

struct Job<'a> {
    room: &'a Room,
    person: &'a Person,
    query: &'a Query,
    instance: &'a Instance,
}

impl Job<'_> {
    /// The workflow on AMC, if it exists.
    async fn there(&self, id: &str) -> Result<Option<amazon::SavedWorkflow>, CallError> {
        let (address, connection) = self.room.reach(self.person, self.instance).await?;
        let (client, amc) = (self.room.grants.client(), &address.amc_id);
        let found = address
            .call(&self.room.grants, &connection, |token, pair| async move {
                client.workflow(token.caller().of(&pair.entity, &pair.marketplace), amc, id).await
            })
            .await;
        match found {
            Ok(workflow) => Ok(Some(workflow)),
            Err(CallError::Amazon(error)) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn look(&self, known: &OnAmc) -> web::Result<Done> {
        let there = match self.there(&known.workflow_id).await {
            Ok(there) => there,
            Err(error) => return failed(error),
        };
        let (state, tone, said) = match there {
            None => ("missing", Tone::Warning, "AMC no longer has this workflow. You can create it again.".to_owned()),
            Some(there) => match changed(&known.sent, &there) {
                None => ("same", Tone::Success, "AMC has the workflow as it was sent.".to_owned()),
                Some(parts) => ("changed", Tone::Warning, format!("Somebody changed {parts} on AMC. {CHANGED}")),
            },
        };
        self.note_state(state).await?;
        Ok(Some((tone, said)))
    }

    /// Stores how the workflow on AMC compares with what was sent.
    async fn note_state(&self, state: &'static str) -> web::Result<()> {
        let mut tx = self.room.site.db.write(&self.person.scope()).await?;
        store::looked(&mut tx, self.room.site.clock.now(), (&self.query.id, &self.instance.id), state).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn remove(&self, known: &OnAmc) -> web::Result<Done> {
        let id = known.workflow_id.as_str();
        match self.delete(id).await {
            Ok(()) => {}
            Err(CallError::Amazon(error)) if is_missing(&error) => {}
            Err(error) => return failed(error),
        }
        let mut tx = self.room.site.db.write(&self.person.scope()).await?;
        store::forget_workflow(&mut tx, (&self.query.id, &self.instance.id)).await?;
        self.note(&mut tx, "removed", id).await?;
        tx.commit().await?;
        Ok(Some((Tone::Success, format!("The workflow {id} is deleted on AMC. The query stays here."))))
    }

    async fn delete(&self, id: &str) -> Result<(), CallError> {
        let (address, connection) = self.room.reach(self.person, self.instance).await?;
        let (client, amc) = (self.room.grants.client(), &address.amc_id);
        address
            .call(&self.room.grants, &connection, |token, pair| async move {
                client.delete_workflow(token.caller().of(&pair.entity, &pair.marketplace), amc, id).await
            })
            .await
    }

    async fn sync(&self, form: &Fields, known: Option<OnAmc>, errors: &mut Errors) -> web::Result<Done> {
        match self.kept(form.trimmed("workflow"), form.has("over"), known).await? {
            Synced::Done { workflow_id, is_new } => {
                let what = if is_new { "created" } else { "updated" };
                Ok(Some((Tone::Success, format!("The workflow {workflow_id} is {what} on AMC."))))
            }
            Synced::Invalid(field, sentence) => {
                errors.add(field, sentence);
                Ok(None)
            }
            Synced::Failed(error) => failed(error),
        }
    }

    /// Stores the query on AMC as the workflow `named`, unless it is `known` there under another id. `over` replaces a
    /// workflow that isn't known to be the query's.
    async fn kept(&self, named: &str, over: bool, known: Option<OnAmc>) -> web::Result<Synced> {
        let id = known.as_ref().map_or_else(|| named.to_owned(), |known| known.workflow_id.clone());
        if !workflow::is_workflow_id(&id) {
            let sentence = "Name the workflow with letters, digits, dots, dashes and underscores.";
            return Ok(Synced::Invalid("workflow", sentence.to_owned()));
        }
        let mut tx = self.room.site.db.read(&self.person.scope()).await?;
        let catalogue = instances::catalogue(&mut tx, &self.instance.id).await?;
        drop(tx);
        let now = self.room.site.clock.now();
        let made = match definition(&self.query.script(), &catalogue, now, self.instance.is_sandbox) {
            Ok(made) => made,
            Err(sentence) => return Ok(Synced::Invalid("", sentence)),
        };
        let there = match self.there(&id).await {
            Ok(there) => there,
            Err(error) => return Ok(Synced::Failed(error)),
        };
        if known.is_none() && there.is_some() && !over {
            let sentence = "AMC has a workflow with this id already. Choose another id, or replace it.";
            return Ok(Synced::Invalid("workflow", sentence.to_owned()));
        }
        let unseen = known.as_ref().filter(|known| known.state != "changed" && !over);
        if let Some(parts) = unseen.zip(there.as_ref()).and_then(|(known, there)| changed(&known.sent, there)) {
            self.note_state("changed").await?;
            return Ok(Synced::Invalid("", format!("Somebody changed {parts} on AMC. {UNSEEN}")));
        }
        if let Err(error) = self.send(&id, &made, there.is_some()).await {
            return Ok(Synced::Failed(error));
        }
        let sent = Value::Object(made);
        let mut tx = self.room.site.db.write(&self.person.scope()).await?;
        let (query, instance, by) = (&self.query.id, &self.instance.id, self.person.name.as_str());
        let one = store::Synced { query, instance, workflow_id: &id, revision: self.query.revision, sent: &sent, by };
        store::synced(&mut tx, now, &one).await?;
        self.note(&mut tx, "sent", &id).await?;
        tx.commit().await?;
        Ok(Synced::Done { workflow_id: id, is_new: there.is_none() })
    }

    async fn send(&self, id: &str, made: &Map<String, Value>, is_there: bool) -> Result<(), CallError> {
        let mut body = made.clone();
        body.insert("workflowId".to_owned(), json!(id));
        let (address, connection) = self.room.reach(self.person, self.instance).await?;
        let (client, amc, body) = (self.room.grants.client(), &address.amc_id, &body);
        address
            .call(&self.room.grants, &connection, |token, pair| async move {
                let account = token.caller().of(&pair.entity, &pair.marketplace);
                if is_there {
                    client.replace_workflow(account, amc, id, body).await
                } else {
                    client.create_workflow(account, amc, body).await
                }
            })
            .await
    }

    async fn note(&self, tx: &mut crate::db::Tx, what: &str, id: &str) -> web::Result<()> {
        let detail = json!({ "what": what, "workflow": id, "instance": self.instance.id });
        let (random, now) = (&self.room.site.random, self.room.site.clock.now());
        let subject = self.query.id.as_str();
        audit::write(tx, random, now, Some(&self.person.id), Action::WorkflowChanged, subject, detail).await?;
        Ok(())
    }
}

/// What differs on AMC from what was sent, for display; `None` if nothing does.
fn changed(sent: &Value, there: &amazon::SavedWorkflow) -> Option<String> {
    let parts = workflow::differences(sent, there);
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// What to do about a workflow that somebody changed on AMC.
const CHANGED: &str = "Replace it with this query, or import it as a draft from the instance's workflows.";
/// The same, if it was noticed only when it would have been replaced.
const UNSEEN: &str = "Nothing was sent. Send it again to replace that change, or import the workflow as a draft from the \
                      instance's workflows first.";

fn is_missing(error: &amazon::Error) -> bool {
    matches!(error.kind(), ErrorKind::Missing { .. })
}

/// The outcome of a failed call.
pub(super) fn failed(error: CallError) -> web::Result<Done> {
    match error {
        CallError::Db(error) => Err(error.into()),
        CallError::Amazon(error) if error.amazons_words().is_some() => {
            Ok(Some((Tone::Error, format!("AMC refused: {}", error.amazons_words().unwrap_or_default()))))
        }
        error => Ok(Some((Tone::Error, error.happened()))),
    }
}
