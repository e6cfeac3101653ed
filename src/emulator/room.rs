//! How much is kept: the bounds of the emulator's memory, and what gives way to something new.
//!
//! Everything that a caller can add has a limit here or where it is read, so that no client, however
//! busy, fills memory or the disk. Executions and grants give way, oldest first, because they come
//! by themselves; workflows and schedules are refused, because somebody wants to find them again.

use std::sync::Arc;

use super::errors::Refusal;
use super::state::{Change, Execution, State, Workflow};
use super::store::Edit;

/// How many executions of an instance are remembered; the oldest that are over give way, and when
/// none is over, new ones are refused with 429.
const MOST_EXECUTIONS: usize = 10_000;

/// About how many bytes of queries and values all executions hold together; the same happens.
const MOST_EXECUTION_BYTES: usize = 128 << 20;

/// How many workflows one instance has; one more is refused.
const MOST_WORKFLOWS: usize = 5_000;

/// About how many bytes all workflows hold together; what is over is refused.
const MOST_WORKFLOW_BYTES: usize = 32 << 20;

/// How many schedules one instance has; one more is refused.
const MOST_SCHEDULES: usize = 1_000;

/// How many grants that somebody gave are remembered; the oldest give way, as if withdrawn.
const MOST_GRANTS: usize = 1_000;

/// For how many seconds a client is asked to wait while nothing can give way.
const WAIT: u64 = 60;

/// Puts a new execution in, with its number; the ids of those that gave way are added to `gone`,
/// also when this one is refused.
pub(super) fn take_in(
    edit: &mut Edit<'_>,
    execution: Execution,
    gone: &mut Vec<String>,
) -> Result<Arc<Execution>, Refusal> {
    let weight = execution.weight();
    loop {
        let state = edit.state();
        let within = if state.count_of(&execution.instance) >= MOST_EXECUTIONS {
            Some(execution.instance.as_str())
        } else if state.execution_bytes() + weight > MOST_EXECUTION_BYTES {
            None
        } else {
            break;
        };
        let oldest = state.oldest_over(within).ok_or_else(|| Refusal::too_many(WAIT))?;
        edit.put(Change::ExecutionGone(oldest.clone()));
        gone.push(oldest);
    }
    let execution = Arc::new(Execution { number: edit.state().next_number(), ..execution });
    edit.put(Change::Execution(Arc::clone(&execution)));
    Ok(execution)
}

/// Refuses a workflow that would be one too many in its instance, or too much for all together.
pub(super) fn for_workflow(state: &State, instance: &str, workflow: &Workflow) -> Result<(), Refusal> {
    let known = state.workflows_of(instance);
    let old = known.and_then(|known| known.get(&workflow.id));
    if old.is_none() && known.is_some_and(|known| known.len() >= MOST_WORKFLOWS) {
        return Err(Refusal::bad(format!("The instance has {MOST_WORKFLOWS} workflows, the most that are allowed.")));
    }
    let freed = old.map_or(0, |old| old.weight());
    if state.workflow_bytes() - freed + workflow.weight() > MOST_WORKFLOW_BYTES {
        return Err(Refusal::bad("There is no room for more workflows; delete some."));
    }
    Ok(())
}

/// Refuses a schedule that would be one too many in its instance.
pub(super) fn for_schedule(state: &State, instance: &str) -> Result<(), Refusal> {
    if state.schedules.get(instance).is_some_and(|known| known.len() >= MOST_SCHEDULES) {
        return Err(Refusal::bad(format!("The instance has {MOST_SCHEDULES} schedules, the most that are allowed.")));
    }
    Ok(())
}

/// The ids of the grants that give way to a new one.
pub(super) fn grants_that_give_way(state: &State) -> Vec<String> {
    // OK to leave out those without a client: they are there from the start, one for each person.
    let mut given: Vec<_> = state.grants.values().filter(|grant| grant.client_id.is_some()).collect();
    let excess = (given.len() + 1).saturating_sub(MOST_GRANTS);
    if excess == 0 {
        return Vec::new();
    }
    given.sort_by(|one, other| one.granted.cmp(&other.granted).then_with(|| one.id.cmp(&other.id)));
    given.into_iter().take(excess).map(|grant| grant.id.clone()).collect()
}
