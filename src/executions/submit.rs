//! The room's own state, and how a run begins: with an intent that is stored before anything is sent.

use std::ops::Deref;
use std::sync::Arc;

use serde_json::{Value, json};

use super::model::Sent;
use super::pages::{self, Lists};
use super::store::{self, NewRow};
use crate::connections::Grants;
use crate::db::{self, Tx};
use crate::ids::{ExecutionId, QueryId};
use crate::instances::Instance;
use crate::results::ResultStore;
use crate::web::live::Tags;
use crate::web::{Person, Site};

/// The folder of results in the data folder.
pub(super) const RESULTS: &str = "results";
/// What begins the id of the workflow that goes along with each execution.
const WORKFLOW: &str = "recomamp-";

/// What the room's pages and the poller share: one pointer.
#[derive(Clone, Debug)]
pub struct Executions(Arc<Parts>);

impl Deref for Executions {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// See [`Executions`].
#[derive(Debug)]
pub struct Parts {
    pub(super) site: Site,
    pub(super) grants: Grants,
    pub(super) result_store: ResultStore,
    pub(super) tags: Tags,
    pub(super) lists: Lists,
}

/// A run that somebody asks for.
#[derive(Clone, Debug)]
pub struct NewRun<'a> {
    /// Where.
    pub instance: &'a Instance,
    /// The saved query.
    pub query: Option<&'a QueryId>,
    /// Its name.
    pub query_name: &'a str,
    /// The execution that this one repeats.
    pub rerun_of: Option<&'a ExecutionId>,
    /// The SQL as its author wrote it.
    pub author_sql: &'a str,
    /// What is sent, its body still without the workflow's id.
    pub sent: Sent,
    /// From positions in the sent SQL to the author's.
    pub source_map: Value,
    /// What was filled in.
    pub field_values: Value,
    /// What the form was sent with, so that it starts one run however often it is sent; see [`Fields::once`](crate::web::Fields::once).
    pub once: Option<String>,
}

impl Executions {
    /// Results lie in the data folder.
    pub fn new(site: Site, grants: Grants) -> anyhow::Result<Self> {
        let result_store = ResultStore::folder(&site.config.data_dir.join(RESULTS))?;
        let lists = pages::lists(site.db.clone());
        Ok(Self(Arc::new(Parts { site, grants, result_store, tags: Tags::default(), lists })))
    }

    /// Stores the intent in the caller's transaction. Call [`Executions::wake`] after its commit.
    pub async fn submit(&self, tx: &mut Tx, person: &Person, run: NewRun<'_>) -> db::Result<ExecutionId> {
        let Some(connection) = &run.instance.connection else { return Err(db::Error::Missing) };
        let now = self.site.clock.now();
        let id: ExecutionId = self.site.random.id(now);
        let amc_workflow_id = format!("{WORKFLOW}{id}");
        let mut sent = run.sent;
        name_workflow(&mut sent.body, &amc_workflow_id);
        let row = NewRow {
            id: &id,
            instance: &run.instance.id,
            connection,
            query: run.query,
            query_name: run.query_name,
            person: &person.id,
            person_name: &person.name,
            rerun_of: run.rerun_of,
            author_sql: run.author_sql,
            sent: &sent,
            source_map: &run.source_map,
            field_values: &run.field_values,
            amc_workflow_id: &amc_workflow_id,
            once: run.once,
        };
        store::add(tx, now, &row).await?;
        Ok(id)
    }

    /// Lets the poller look at once.
    pub fn wake(&self) {
        self.site.wakes.wake(super::poller::NAME);
    }

    /// Lets the fetcher look at once.
    pub(super) fn wake_fetcher(&self) {
        self.site.wakes.wake(super::poller::FETCHER);
    }
}

/// Gives the workflow in the body the id by which AMC can be asked about this very execution.
fn name_workflow(body: &mut Value, id: &str) {
    if let Some(workflow) = body.get_mut("workflow").and_then(Value::as_object_mut) {
        workflow.insert("workflowId".to_owned(), json!(id));
    }
}
