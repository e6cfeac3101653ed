//! Executions: create, read, list, cancel.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use chrono::{DateTime, Utc};

use crate::emulator::Emulator;
use crate::emulator::caller::ByInstance;
use crate::emulator::errors::{Answer, Refusal, answer};
use crate::emulator::faults::FaultKind;
use crate::emulator::json::{Fields, read_body};
use crate::emulator::query::{Order, Query};
use crate::emulator::state::{Execution, Instance, Status, Workflow};

use super::{EXECUTIONS, compiling, done, listed, request, shown, window};

/// How long AMC takes to validate an execution, in seconds.
const VALIDATION_SECONDS: f64 = 2.0;

/// `POST /workflowExecutions`.
pub(super) async fn create(State(emulator): State<Emulator>, caller: ByInstance, fields: Fields) -> Answer {
    caller.must_be_complete(&emulator)?;
    let now = emulator.now();
    let workflow = request::workflow(&emulator, &caller.instance.id, &fields)?;
    let mut execution = blank(&emulator, &caller.instance, workflow, now);
    request::check_receivers(&fields, &caller.instance)?;
    execution.asked = request::asked(&fields)?;
    execution.window = window::read(&fields, now)?;
    window::check_limits(&fields, &execution.window)?;
    let kind = caller.instance.kind;
    let judged = emulator.apart(move |emulator| {
        apply_faults(emulator, &mut execution);
        let overlap = strikes(emulator, &execution, |kind| kind == FaultKind::Overlap).is_some();
        execution.verdict = compiling::validate(emulator, &execution, kind, overlap);
        execution
    });
    let execution = emulator.admit(judged.await?)?;
    Ok(answer(EXECUTIONS, shown::execution(&execution, &caller.instance, false)))
}

/// `GET /workflowExecutions/{id}`.
pub(super) async fn read(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
    query: Query,
) -> Answer {
    let execution = find(&emulator, &caller.instance.id, &id)?;
    Ok(answer(EXECUTIONS, shown::execution(&execution, &caller.instance, query.flag("includeWorkflow")?)))
}

/// `GET /workflowExecutions`.
pub(super) async fn list(State(emulator): State<Emulator>, caller: ByInstance, query: Query) -> Answer {
    let (page, filter) = (query.page()?, Filter::read(&query)?);
    let include_workflow = query.flag("includeWorkflow")?;
    let row = |execution: &Arc<Execution>| (format!("{:020}", execution.number), Arc::clone(execution));
    let ascending = query.flag("sortAscending")?;
    let (rows, next) = emulator.store().read(|state| {
        let executions = state.executions_of(&caller.instance.id);
        if ascending {
            page.cut(executions.filter(|one| filter.takes(one)).map(row), Order::Ascending)
        } else {
            page.cut(executions.rev().filter(|one| filter.takes(one)).map(row), Order::Descending)
        }
    });
    let shown = |execution: Arc<Execution>| shown::execution(&execution, &caller.instance, include_workflow);
    Ok(listed(EXECUTIONS, "executions", rows.into_iter().map(shown).collect(), next))
}

/// `PUT /workflowExecutions/{id}`: only `{"status":"CANCELLED"}` has an effect.
pub(super) async fn update(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let body = read_body(request).await?;
    let fields = Fields::parse_any(&body)?;
    find(&emulator, &caller.instance.id, &id)?;
    match fields.text("status")?.as_deref() {
        None | Some("") => Ok(done(EXECUTIONS)),
        Some("CANCELLED") => stop(&emulator, &caller, &id),
        Some(other) => Err(Refusal::bad(format!("status can only be set to CANCELLED, not to {other}."))),
    }
}

/// `DELETE /workflowExecutions/{id}`: an alternative way to cancel.
pub(super) async fn cancel(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    stop(&emulator, &caller, &id)
}

/// The execution with that id in that instance.
pub(super) fn find(emulator: &Emulator, instance: &str, id: &str) -> Result<Arc<Execution>, Refusal> {
    let execution = emulator.store().read(|state| state.execution(id).cloned());
    execution.filter(|execution| execution.instance == instance).ok_or_else(|| unknown(id))
}

fn stop(emulator: &Emulator, caller: &ByInstance, id: &str) -> Answer {
    find(emulator, &caller.instance.id, id)?;
    match emulator.cancel(id) {
        Ok(()) => Ok(done(EXECUTIONS)),
        Err(status) => {
            let text = format!("Workflow execution with ID {id} cannot be cancelled: its status is {}.", status.word());
            Err(Refusal::bad(text))
        }
    }
}

fn unknown(id: &str) -> Refusal {
    Refusal::bad(format!("Workflow execution with ID {id} does not exist."))
}

/// An execution created at `now`, before its request is parsed.
pub(super) fn blank(
    emulator: &Emulator,
    instance: &Instance,
    workflow: Arc<Workflow>,
    now: DateTime<Utc>,
) -> Execution {
    let validates = now + emulator.pace().wait(VALIDATION_SECONDS);
    let (id, account) = (emulator.uuid(), instance.account.clone());
    Execution { validates, ..Execution::new(id, instance.id.clone(), account, workflow, now) }
}

/// Applies the faults for results.
fn apply_faults(emulator: &Emulator, execution: &mut Execution) {
    if let Some(FaultKind::Split(parts)) = strikes(emulator, execution, |kind| matches!(kind, FaultKind::Split(_))) {
        execution.parts = parts;
    }
    execution.header_only = strikes(emulator, execution, |kind| kind == FaultKind::HeaderOnly).is_some();
}

fn strikes(emulator: &Emulator, execution: &Execution, wanted: impl Fn(FaultKind) -> bool) -> Option<FaultKind> {
    let path = format!("/amc/reporting/{}/workflowExecutions", execution.instance);
    emulator.faults().take(&path, wanted)
}

/// The filter of a list.
struct Filter {
    workflow: Option<String>,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    cancelled: bool,
}

impl Filter {
    fn read(query: &Query) -> Result<Self, Refusal> {
        let zone = window::zone(query.get("timeZone").unwrap_or("UTC"), "timeZone")?;
        let time = |name| query.get(name).map(|text| window::instant(text, zone, name)).transpose();
        let filter = Self {
            workflow: query.get("workflowId").map(str::to_owned),
            from: time("minCreationTime")?,
            until: time("maxCreationTime")?,
            cancelled: query.flag("includeCancelled")?,
        };
        if filter.workflow.is_none() && filter.from.is_none() {
            return Err(Refusal::bad("At least one of workflowId and minCreationTime is required."));
        }
        Ok(filter)
    }

    fn takes(&self, execution: &Execution) -> bool {
        // OK because callers see creation times in whole seconds, so they filter by those too.
        let created = execution.created.timestamp();
        self.workflow.as_ref().is_none_or(|id| *id == execution.workflow.id)
            && self.from.is_none_or(|from| created >= from.timestamp())
            && self.until.is_none_or(|until| created <= until.timestamp())
            && (self.cancelled || execution.status != Status::Cancelled)
    }
}
