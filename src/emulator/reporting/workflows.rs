//! Saved workflows: list, create, read, replace, delete. They are compiled when created and replaced.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde_json::{Map, Value};

use crate::emulator::Emulator;
use crate::emulator::caller::ByInstance;
use crate::emulator::errors::{Answer, Refusal, answer};
use crate::emulator::json::Fields;
use crate::emulator::query::{Order, Query};
use crate::emulator::room;
use crate::emulator::state::{Change, InstanceKind, Workflow};

use super::{BYTES, WORKFLOWS, compiling, definition, done, listed, may_name};

/// `GET /workflows`.
pub(super) async fn list(State(emulator): State<Emulator>, caller: ByInstance, query: Query) -> Answer {
    let page = query.page()?;
    let (rows, next) = emulator.store().read(|state| {
        let workflows = state.workflows_of(&caller.instance.id).into_iter().flatten();
        page.cut(workflows.map(|(id, workflow)| (id.clone(), Arc::clone(workflow))), Order::Ascending)
    });
    Ok(listed(WORKFLOWS, "workflows", rows.iter().map(|workflow| shown(workflow)).collect(), next))
}

/// `POST /workflows`.
pub(super) async fn create(State(emulator): State<Emulator>, caller: ByInstance, fields: Fields) -> Answer {
    caller.must_be_complete(&emulator)?;
    let id = fields.required("workflowId")?;
    let workflow = Arc::new(definition::read(checked_id(id)?, &fields)?);
    let exists = || Refusal::bad(format!("Workflow with ID {} already exists.", workflow.id));
    let instance = &caller.instance.id;
    if find(&emulator, instance, &workflow.id).is_some() {
        return Err(exists());
    }
    compile(&emulator, &workflow, caller.instance.kind).await?;
    emulator.store().write(|edit| {
        if edit.state().workflows_of(instance).is_some_and(|known| known.contains_key(&workflow.id)) {
            return Err(exists());
        }
        room::for_workflow(edit.state(), instance, &workflow)?;
        edit.put(Change::Workflow { instance: instance.clone(), workflow: Arc::clone(&workflow) });
        Ok(())
    })?;
    Ok(done(BYTES))
}

/// `GET /workflows/{workflowId}`.
pub(super) async fn read(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let workflow = find(&emulator, &caller.instance.id, &id).ok_or_else(|| unknown(&id))?;
    Ok(answer(WORKFLOWS, shown(&workflow)))
}

/// `PUT /workflows/{workflowId}`: replaces the workflow completely.
pub(super) async fn update(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    if fields.required("workflowId")? != id {
        return Err(Refusal::bad("workflowId of the body must be the one of the path."));
    }
    find(&emulator, &caller.instance.id, &id).ok_or_else(|| unknown(&id))?;
    let workflow = Arc::new(definition::read(checked_id(id)?, &fields)?);
    compile(&emulator, &workflow, caller.instance.kind).await?;
    emulator.store().write(|edit| {
        room::for_workflow(edit.state(), &caller.instance.id, &workflow)?;
        edit.put(Change::Workflow { instance: caller.instance.id.clone(), workflow });
        Ok(())
    })?;
    Ok(done(WORKFLOWS))
}

/// `DELETE /workflows/{workflowId}`: refused while a schedule uses it.
pub(super) async fn delete(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let instance = &caller.instance.id;
    emulator.store().write(|edit| {
        let state = edit.state();
        if !state.workflows_of(instance).is_some_and(|known| known.contains_key(&id)) {
            return Err(unknown(&id));
        }
        let mut schedules = state.schedules.get(instance).into_iter().flat_map(|known| known.values());
        if let Some(schedule) = schedules.find(|schedule| schedule.workflow == id) {
            let text = format!("Workflow with ID {id} cannot be deleted because schedule {} uses it.", schedule.id);
            return Err(Refusal::bad(text));
        }
        edit.put(Change::WorkflowGone { instance: instance.clone(), id: id.clone() });
        Ok(())
    })?;
    Ok(done(WORKFLOWS))
}

/// The saved workflow with that id.
pub(super) fn find(emulator: &Emulator, instance: &str, id: &str) -> Option<Arc<Workflow>> {
    emulator.store().read(|state| state.workflows_of(instance)?.get(id).cloned())
}

/// Validates the id of a workflow.
pub(super) fn checked_id(id: String) -> Result<String, Refusal> {
    let text = "workflowId can hold letters, digits, periods, dashes and underscores only.";
    if may_name(&id) { Ok(id) } else { Err(Refusal::bad(text)) }
}

/// Refuses a workflow that doesn't compile; one with operations is stored without a check, since only its execution
/// can report that it isn't supported.
async fn compile(emulator: &Emulator, workflow: &Arc<Workflow>, kind: InstanceKind) -> Result<(), Refusal> {
    if workflow.sql().is_none() {
        return Ok(());
    }
    let (emulator, workflow) = (emulator.clone(), Arc::clone(workflow));
    // OK that a sandbox compiles with controls off: an execution there may request that.
    let controls = kind == InstanceKind::Standard;
    let compiled = emulator.apart(move |emulator| compiling::compile(emulator.analytics(), &workflow, controls, kind));
    compiled.await?.map(drop).map_err(Refusal::bad)
}

fn unknown(id: &str) -> Refusal {
    Refusal::missing(format!("Workflow with ID {id} does not exist."))
}

/// The flat object of a read: the id and the fields that were set.
fn shown(workflow: &Workflow) -> Value {
    let mut fields = Map::new();
    fields.insert("workflowId".into(), workflow.id.as_str().into());
    fields.extend(workflow.fields.clone());
    fields.into()
}
