//! The limits on the emulator's memory, and what is dropped for new entries.
//!
//! Everything that a caller can add has a limit here or where it is parsed, so that no client, however busy, can fill
//! memory or the disk. Executions and grants are dropped, oldest first, because they are created automatically;
//! workflows and schedules are refused, because people want to find them again.

use std::sync::Arc;

use super::errors::Refusal;
use super::state::{Change, Execution, State, Workflow};
use super::store::Edit;

/// The maximum number of executions of an instance; the oldest finished ones are dropped, and if none is finished,
/// new ones are refused with 429.
const MOST_EXECUTIONS: usize = 10_000;

/// The approximate maximum size of queries and values of all executions together; the same applies.
const MOST_EXECUTION_BYTES: usize = 128 << 20;

/// The maximum number of workflows of an instance; more are refused.
const MOST_WORKFLOWS: usize = 5_000;

/// The approximate maximum size of all workflows together; more are refused.
const MOST_WORKFLOW_BYTES: usize = 32 << 20;

/// The maximum number of schedules of an instance; more are refused.
const MOST_SCHEDULES: usize = 1_000;

/// The maximum number of grants given by people; the oldest are dropped, as if revoked.
const MOST_GRANTS: usize = 1_000;

/// The `Retry-After` in seconds while nothing can be dropped.
const WAIT: u64 = 60;

/// Adds a new execution with its number; the ids of dropped ones are added to `gone`, even if this one is refused.
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

/// Refuses a workflow if its instance or all instances together have too many.
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

/// Refuses a schedule if its instance has too many.
pub(super) fn for_schedule(state: &State, instance: &str) -> Result<(), Refusal> {
    if state.schedules.get(instance).is_some_and(|known| known.len() >= MOST_SCHEDULES) {
        return Err(Refusal::bad(format!("The instance has {MOST_SCHEDULES} schedules, the most that are allowed.")));
    }
    Ok(())
}

/// The ids of the grants dropped for a new one.
pub(super) fn grants_that_give_way(state: &State) -> Vec<String> {
    // OK to exclude those without a client: they are the initial ones, one for each person.
    let mut given: Vec<_> = state.grants.values().filter(|grant| grant.client_id.is_some()).collect();
    let excess = (given.len() + 1).saturating_sub(MOST_GRANTS);
    if excess == 0 {
        return Vec::new();
    }
    given.sort_by(|one, other| one.granted.cmp(&other.granted).then_with(|| one.id.cmp(&other.id)));
    given.into_iter().take(excess).map(|grant| grant.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use serde_json::Map;

    use super::*;
    use crate::emulator::state::{Grant, Status};
    use crate::emulator::store::Store;

    fn workflow(id: &str) -> Workflow {
        Workflow { id: id.to_owned(), fields: Map::from_iter([("sqlQuery".to_owned(), "SELECT 1".into())]) }
    }

    fn execution(id: usize, status: Status) -> Execution {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let (instance, account) = ("i".to_owned(), "a".to_owned());
        Execution { status, ..Execution::new(format!("e{id}"), instance, account, Arc::new(workflow("w")), now) }
    }

    #[test]
    fn the_oldest_execution_that_is_over_gives_way_and_none_that_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.write(|edit| {
            let mut gone = Vec::new();
            for id in 0..MOST_EXECUTIONS {
                let status = if id == 2 { Status::Succeeded } else { Status::Pending };
                take_in(edit, execution(id, status), &mut gone).unwrap();
            }
            assert!(gone.is_empty());
            take_in(edit, execution(MOST_EXECUTIONS, Status::Pending), &mut gone).unwrap();
            assert_eq!(gone, ["e2"]);
            assert!(take_in(edit, execution(MOST_EXECUTIONS + 1, Status::Pending), &mut gone).is_err());
            assert_eq!(edit.state().execution_count(), MOST_EXECUTIONS);
        });
    }

    #[test]
    fn what_is_forgotten_weighs_nothing() {
        let mut state = State::default();
        let put = |state: &mut State, id: &str| {
            state.apply(Change::Workflow { instance: "i".into(), workflow: Arc::new(workflow(id)) });
        };
        put(&mut state, "w");
        put(&mut state, "w");
        put(&mut state, "v");
        assert_eq!(state.workflow_bytes(), workflow("w").weight() + workflow("v").weight());
        state.apply(Change::WorkflowGone { instance: "i".into(), id: "w".into() });
        state.apply(Change::WorkflowGone { instance: "i".into(), id: "unknown".into() });
        state.apply(Change::Execution(Arc::new(execution(1, Status::Pending))));
        state.apply(Change::Execution(Arc::new(execution(1, Status::Succeeded))));
        assert_eq!(state.execution_bytes(), execution(1, Status::Pending).weight());
        state.apply(Change::InstanceGone("i".into()));
        assert_eq!((state.workflow_bytes(), state.execution_bytes()), (0, 0));
    }

    #[test]
    fn workflows_are_refused_when_there_are_too_many() {
        let mut state = State::default();
        for id in 0..MOST_WORKFLOWS {
            let workflow = Arc::new(workflow(&format!("w{id}")));
            state.apply(Change::Workflow { instance: "i".into(), workflow });
        }
        assert!(for_workflow(&state, "i", &workflow("one-more")).is_err());
        assert!(for_workflow(&state, "i", &workflow("w0")).is_ok());
        assert!(for_workflow(&state, "another", &workflow("one-more")).is_ok());
        let huge = Workflow {
            fields: Map::from_iter([("sqlQuery".to_owned(), "x".repeat(MOST_WORKFLOW_BYTES).into())]),
            ..workflow("huge")
        };
        assert!(for_workflow(&state, "another", &huge).is_err());
    }

    #[test]
    fn the_oldest_grant_gives_way_and_those_from_the_start_stay() {
        let mut state = State::default();
        let grant = |id: usize, client_id: Option<&str>| Grant {
            refresh_token: String::new(),
            id: format!("g{id}"),
            client_id: client_id.map(str::to_owned),
            person: "ada".to_owned(),
            scope: String::new(),
            granted: DateTime::UNIX_EPOCH + TimeDelta::seconds(id as i64),
        };
        state.apply(Change::Grant(grant(0, None)));
        for id in 1..MOST_GRANTS {
            state.apply(Change::Grant(grant(id, Some("c"))));
        }
        assert!(grants_that_give_way(&state).is_empty());
        state.apply(Change::Grant(grant(MOST_GRANTS, Some("c"))));
        assert_eq!(grants_that_give_way(&state), ["g1"]);
    }
}
