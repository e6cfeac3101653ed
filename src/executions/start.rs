//! The only way to start an execution, for people, programs, schedules and backfills.
//!
//! Everything that decides whether it may start is checked here and answered with one [`Refusal`], so that pages and
//! programs get the same answer. Forms and JSON become a [`Request`] at the edge; nothing below takes a form.
//!
//! What started an execution isn't part of the request: it follows from the [`Actor`], so no request can claim to be
//! another's. A request with a key starts one execution however often it is repeated. The key is looked up before
//! anything else is checked, since what was started stays started, and the row has a unique index, so two concurrent
//! processes start only one.

mod refusal;
mod request;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub use refusal::Refusal;
pub use request::{Actor, Request, What};

use super::model::{Execution, Origin};
use super::store::{self, Happened, NewRow};
use super::submit::Executions;
use crate::accounts::audit::{self, Action};
use crate::db::Tx;
use crate::ids::{ConnectionId, ExecutionId, InstanceId, PersonId, QueryId};
use crate::instances::{self, Instance};
use crate::queries::{self, ParameterValues, Prepared, RunInput, Script, WindowChoice};

/// Prefix of the workflow ids sent with executions.
const WORKFLOW: &str = "recomamp-";

/// An execution that was started, now or earlier with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    pub id: ExecutionId,
    /// Whether this request started it.
    pub is_new: bool,
    /// An earlier execution of the same SQL, values, closed window and instance whose result is still stored and
    /// could be used instead.
    pub same_as: Option<ExecutionId>,
}

/// Everything stored for an execution before it has an id.
struct Draft {
    instance: Instance,
    query: Option<QueryId>,
    query_name: String,
    rerun_of: Option<ExecutionId>,
    author_sql: String,
    body: Value,
    source_map: Value,
    values: ParameterValues,
    window: WindowChoice,
}

impl Draft {
    fn of(instance: Instance, query: Option<QueryId>, (name, sql): (String, String), prepared: &Prepared) -> Self {
        Self {
            instance,
            query,
            query_name: name,
            rerun_of: None,
            author_sql: sql,
            body: prepared.body(),
            source_map: json!({ "pieces": prepared.source_map }),
            values: prepared.values.clone(),
            window: prepared.window.choice(),
        }
    }

    /// The same as was sent before, exactly.
    fn again(instance: Instance, before: Execution) -> Self {
        Self {
            instance,
            query: before.query,
            query_name: before.query_name,
            rerun_of: Some(before.id),
            author_sql: before.author_sql,
            body: before.sent.body,
            source_map: before.source_map,
            values: before.values,
            window: before.window,
        }
    }
}

impl Executions {
    /// Stores an execution in the caller's transaction: the poller sends it when a slot is free. Call
    /// [`Executions::wake`] after the commit. After a refusal the transaction must not be committed.
    pub async fn start(&self, tx: &mut Tx, actor: &Actor, request: &Request) -> Result<Started, Refusal> {
        let (origin, digest) = (actor.origin(&request.what), request.digest());
        let key = request.key.as_deref().map(|key| actor.key(key)).transpose()?;
        if let Some(before) = self.before(tx, origin, key.as_deref(), &digest).await? {
            return Ok(before);
        }
        let now = self.site.clock.now();
        let draft = self.draft(tx, actor.person(), actor.moment().unwrap_or(now), &request.what).await?;
        let id: ExecutionId = self.site.random.id(now);
        let amc_workflow_id = format!("{WORKFLOW}{id}");
        let mut body = draft.body;
        name_workflow(&mut body, &amc_workflow_id);
        let (connection, owner) = connection(tx, actor.person(), &draft.instance).await?;
        let reference = actor.reference(&request.what);
        let identity = queries::identity(&body);
        let same_as = match &identity {
            Some(identity) => store::same_as(tx, actor.person(), &draft.instance.id, identity).await?,
            None => None,
        };
        let row = NewRow {
            id: &id,
            instance: &draft.instance.id,
            connection: &connection,
            connection_owner: owner.as_deref(),
            query: draft.query.as_ref(),
            query_name: &draft.query_name,
            person: actor.person(),
            person_name: actor.name(),
            rerun_of: draft.rerun_of.as_ref(),
            origin,
            origin_ref: reference.as_deref(),
            origin_key: key.as_deref(),
            request_digest: &digest,
            author_sql: &draft.author_sql,
            body: &body,
            source_map: &draft.source_map,
            values: &draft.values,
            window: draft.window,
            amc_workflow_id: &amc_workflow_id,
            same_as: identity.as_deref(),
        };
        if !store::add(tx, now, &row).await? {
            // Another process got the same request at the same moment and was faster.
            let before = self.before(tx, origin, key.as_deref(), &digest).await?;
            return before.ok_or(Refusal::Missing);
        }
        self.log(tx, &row).await?;
        store::announce(tx, now, (&id, row.instance), Happened::Started, super::State::Waiting).await?;
        Ok(Started { id, is_new: true, same_as })
    }

    /// An earlier execution whose stored result is what this request would give: same SQL, values, closed window and
    /// instance. Nothing is started.
    pub async fn earlier(&self, tx: &mut Tx, actor: &Actor, what: &What) -> Result<Option<ExecutionId>, Refusal> {
        let moment = actor.moment().unwrap_or_else(|| self.site.clock.now());
        let draft = self.draft(tx, actor.person(), moment, what).await?;
        match queries::identity(&draft.body) {
            Some(identity) => Ok(store::same_as(tx, actor.person(), &draft.instance.id, &identity).await?),
            None => Ok(None),
        }
    }

    /// An execution of the same on the same instance that somebody started by hand since then, with the time, unless it
    /// ended without a result. Nothing is started.
    pub async fn by_hand_since(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        what: &What,
        since: DateTime<Utc>,
    ) -> Result<Option<(ExecutionId, DateTime<Utc>)>, Refusal> {
        let (What::Query { instance, .. } | What::Text { instance, .. }) = what else { return Ok(None) };
        // OK because what is compared is made only where there is anything to compare with.
        if !store::has_by_hand(tx, instance, since).await? {
            return Ok(None);
        }
        let moment = actor.moment().unwrap_or_else(|| self.site.clock.now());
        let draft = self.draft(tx, actor.person(), moment, what).await?;
        match queries::identity(&draft.body) {
            Some(identity) => Ok(store::by_hand(tx, &draft.instance.id, &identity, since).await?),
            None => Ok(None),
        }
    }

    /// The execution that was started earlier with the key.
    async fn before(
        &self,
        tx: &mut Tx,
        origin: Origin,
        key: Option<&str>,
        digest: &str,
    ) -> Result<Option<Started>, Refusal> {
        let Some(key) = key else { return Ok(None) };
        match store::started_by(tx, origin, key).await? {
            Some(before) if before.digest.as_deref().is_some_and(|earlier| earlier != digest) => {
                Err(Refusal::KeyReused)
            }
            before => Ok(before.map(|before| Started { id: before.id, is_new: false, same_as: None })),
        }
    }

    async fn draft(
        &self,
        tx: &mut Tx,
        person: &PersonId,
        moment: DateTime<Utc>,
        what: &What,
    ) -> Result<Draft, Refusal> {
        match what {
            What::Query { id, revision, instance, input } => {
                let query = queries::find(tx, person, id).await?;
                if query.deleted_at.is_some() {
                    return Err(Refusal::Deleted);
                }
                if revision.is_some_and(|read_at| read_at != query.revision) {
                    return Err(Refusal::Changed);
                }
                let (instance, prepared) =
                    self.prepared(tx, (person, moment), instance, &query.script(), input).await?;
                Ok(Draft::of(instance, Some(query.id), (query.name, query.sql), &prepared))
            }
            What::Text { name, sql, fields, instance, input } => {
                let (window, privacy) = <_>::default();
                let script = Script { sql, fields, window: &window, privacy: &privacy };
                let (instance, prepared) = self.prepared(tx, (person, moment), instance, &script, input).await?;
                Ok(Draft::of(instance, None, (name.clone(), sql.clone()), &prepared))
            }
            What::Again(id) => {
                let before = store::find(tx, person, id).await?;
                if before.sent.sql().is_empty() {
                    return Err(Refusal::NoSql);
                }
                let instance = usable(tx, person, &before.instance).await?;
                Ok(Draft::again(instance, before))
            }
        }
    }

    async fn prepared(
        &self,
        tx: &mut Tx,
        (person, moment): (&PersonId, DateTime<Utc>),
        instance: &InstanceId,
        script: &Script<'_>,
        input: &RunInput,
    ) -> Result<(Instance, Prepared), Refusal> {
        let instance = usable(tx, person, instance).await?;
        let catalogue = instances::catalogue(tx, &instance.id).await?;
        let prepared = queries::prepare(script, input, &catalogue, moment, instance.is_sandbox);
        if prepared.is_ready() { Ok((instance, prepared)) } else { Err(Refusal::Unfit(Box::new(prepared))) }
    }

    async fn log(&self, tx: &mut Tx, row: &NewRow<'_>) -> crate::db::Result<()> {
        let now = self.site.clock.now();
        let detail = json!({
            "origin": row.origin.name(), "reference": row.origin_ref, "query": row.query, "instance": row.instance,
        });
        audit::write(tx, &self.site.random, now, Some(row.person), Action::ExecutionStarted, row.id.as_str(), detail)
            .await
    }
}

/// The instance, if this person may run queries there and it is ready.
async fn usable(tx: &mut Tx, person: &PersonId, id: &InstanceId) -> Result<Instance, Refusal> {
    let instance = instances::require(tx, person, id, instances::Action::Run).await?;
    if instance.is_ready() { Ok(instance) } else { Err(Refusal::NotReady(instance.name().to_owned())) }
}

/// The connection to use, with its owner's name if it is visible here.
async fn connection(
    tx: &mut Tx,
    person: &PersonId,
    instance: &Instance,
) -> Result<(ConnectionId, Option<String>), Refusal> {
    if let Some(chosen) = store::choose_connection(tx, person, &instance.id).await? {
        return Ok((chosen.id, Some(chosen.owner)));
    }
    // OK because a connection shared by somebody else is chosen before the send, in the system's scope.
    let named = instance.connection.clone().map(|id| (id, None));
    named.ok_or_else(|| Refusal::NoConnection(instance.name().to_owned()))
}

/// Sets the workflow's id in the body, by which this execution can be looked up at AMC.
fn name_workflow(body: &mut Value, id: &str) {
    if let Some(workflow) = body.get_mut("workflow").and_then(Value::as_object_mut) {
        workflow.insert("workflowId".to_owned(), json!(id));
    }
}
