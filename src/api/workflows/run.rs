//! Running a saved query.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::own;
use super::shape::{PrivacyInput, WindowInput};
use crate::api::Api;
use crate::api::endpoint::{Endpoint, Endpoints};
use crate::api::executions::{Execution, ExecutionWindow, actor, shown};
use crate::api::idempotency::IdempotencyKey;
use crate::api::input::{Body, invalid, no_instance, pointer};
use crate::api::reply::{Result, created, json, refused};
use crate::api::schema::{answer, body};
use crate::executions::{Refusal, Request, What};
use crate::ids::{InstanceId, QueryId};
use crate::instances::Role;
use crate::queries::{self, Given, Privacy, RunInput, RunOptions, WindowForm};
use crate::tokens::{Area, Level};
use crate::web::Person;
use crate::web::components::Errors;

/// Maximum number of acknowledged codes: more than there are.
const MOST_ACKNOWLEDGED: usize = 200;

body! {
    /// The input of a run. Everything that is left out is as the query says.
    ExecuteInput {
        /// Where to run; by default the query's default instance.
        instance: Option<InstanceId>,
        /// Values of parameters by name: texts, numbers, true or false, or lists of texts. A text is read like typed input.
        parameters: Option<BTreeMap<String, Value>>,
        window: Option<WindowInput>,
        privacy: Option<PrivacyInput>,
        options: Option<OptionsInput>,
        /// Codes of findings that you have checked and accept, where the check may be wrong about AMC.
        acknowledge_findings: Option<Vec<String>>,
        /// The revision that you have read: if the query has changed since, nothing is started.
        revision: Option<i64>,
        /// Check everything, and start nothing: the answer is what would be started.
        dry_run: Option<bool>,
    }

    /// Options that are sent to AMC.
    OptionsInput {
        /// Adds a column of this name with the number of users behind each row.
        user_count_column: Option<String>,
        /// Adds a column of this name with the reason why a row was filtered.
        reason_column: Option<String>,
        /// From 900 to 86400.
        timeout_seconds: Option<u32>,
        /// Run despite gaps in the data.
        ignore_data_gaps: Option<bool>,
    }
}

answer! {
    /// What would be started.
    RunPlan {
        /// The query.
        workflow: QueryId,
        workflow_name: String,
        /// The query's revision.
        revision: i64,
        instance: InstanceId,
        window: ExecutionWindow,
        /// The values of its parameters.
        parameters: Value,
    }
}

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let execute = Endpoint::post("/api/workflows/{id}/execute", "executeWorkflow", "Run a query")
        .about("Starts an execution and answers at once. Follow it at its address or by its events.")
        .scope(Area::Executions, Level::Write)
        .role(Role::Analyst)
        .takes::<ExecuteInput>()
        .returns::<RunPlan>(200, "What would be started, for `dry_run`.")
        .returns::<Execution>(202, "The execution was started.");
    routes.add(execute, start)
}

/// Values of parameters; those that no parameter can have are reported as `param.…`.
pub(in crate::api) fn given(values: &BTreeMap<String, Value>, errors: &mut Errors) -> BTreeMap<String, Given> {
    let mut all = BTreeMap::new();
    for (name, value) in values {
        match Given::from_json(value) {
            Some(given) => {
                all.insert(name.clone(), given);
            }
            None => errors.add(
                format!("param.{name}"),
                "A value must be a text, a number, true, false, null, or a list of texts and numbers.",
            ),
        }
    }
    all
}

impl ExecuteInput {
    /// The input of the run, completed from a query's window and privacy options.
    pub(super) fn run(&self, window: &WindowForm, privacy: &Privacy) -> (RunInput, Errors) {
        let mut errors = Errors::new();
        let values = self.parameters.as_ref().map(|values| given(values, &mut errors)).unwrap_or_default();
        let window = self.window.as_ref().map_or_else(|| window.clone(), |sent| sent.over(window));
        let window = window.choice(&mut errors);
        let privacy = match &self.privacy {
            Some(sent) => sent.over(privacy, &mut errors),
            None => privacy.clone(),
        };
        let options = self.options.as_ref().map(|options| RunOptions {
            user_count_column: options.user_count_column.clone(),
            reason_column: options.reason_column.clone(),
            timeout_seconds: options.timeout_seconds,
            ignore_data_gaps: options.ignore_data_gaps.unwrap_or_default(),
        });
        let accepted = self.acknowledge_findings.iter().flatten().take(MOST_ACKNOWLEDGED).cloned();
        let acknowledge_findings: BTreeSet<String> = accepted.collect();
        let input = RunInput { values, window, privacy, options: options.unwrap_or_default(), acknowledge_findings };
        (input, errors)
    }
}

async fn start(
    State(api): State<Api>,
    person: Person,
    Extension(key): Extension<IdempotencyKey>,
    Path(id): Path<String>,
    Body(input): Body<ExecuteInput>,
) -> Result<Response> {
    let id = own(&id)?;
    let mut tx = api.site.db.write(&person.scope()).await?;
    let query = queries::find(&mut tx, &person.id, &id).await?;
    let (run, mut errors) = input.run(&query.window, &query.privacy);
    let default = query.placement.default_instance.clone().filter(|id| tx.reaches(id));
    let Some(instance) = input.instance.clone().or(default) else {
        errors.add("instance", "The query has no default instance. Name the instance on which it runs.");
        return Err(invalid(&errors, pointer));
    };
    if !errors.is_empty() {
        return Err(invalid(&errors, pointer));
    }
    if !tx.reaches(&instance) {
        return Err(no_instance("/instance"));
    }
    let what = What::Query { id: query.id.clone(), revision: input.revision, instance, input: run };
    let is_dry_run = input.dry_run.unwrap_or_default();
    let request = Request { what, key: key.text().filter(|_| !is_dry_run).map(str::to_owned) };
    let started = api.executions.start(&mut tx, &actor(&person), &request).await.map_err(|refusal| match refusal {
        // The query was found before.
        Refusal::Missing => no_instance("/instance"),
        refusal => refused(refusal),
    })?;
    let execution = shown(&mut tx, &person, &started.id).await?;
    if is_dry_run {
        // Nothing is committed, so nothing was started.
        drop(tx);
        let Execution { workflow_name, instance, window, parameters, .. } = execution;
        let plan =
            RunPlan { workflow: query.id, workflow_name, revision: query.revision, instance, window, parameters };
        return json(StatusCode::OK, &plan);
    }
    let response = created(StatusCode::ACCEPTED, &format!("/api/executions/{}", started.id), &execution)?;
    let response = key.commit(tx, response).await?;
    if started.is_new {
        api.executions.wake();
    }
    Ok(response)
}
