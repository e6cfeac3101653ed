//! The emulator's in-memory state, computed from a sequence of changes.
//!
//! A [`Change`] is a whole row or its deletion, so applying it twice is the same as once, and a journal of changes is
//! all that has to be stored: [`State::apply`] is the only way to change anything, for live requests and replay
//! alike. [`State::rows`] returns the changes that rebuild it, for compaction.

mod execution;
mod instance;
mod login;
mod seed;
mod weight;
mod workflow;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clock::ClockSetting;

pub(crate) use execution::{Asked, Cadence, Category, Execution, Outcome, Results, Status, Verdict, Window};
pub(crate) use instance::{Advertiser, AdvertiserRef, AdvertiserUpdate, CreationStatus, Instance, InstanceKind};
pub(crate) use login::{Challenge, Code, Grant, Secrets};
pub(crate) use seed::instances as seeded_instances;
pub(crate) use workflow::{Period, Schedule, Workflow};

/// One line of the journal.
#[derive(Serialize, Deserialize)]
pub(crate) enum Change {
    Secrets(Secrets),
    Clock(ClockSetting),
    Code(Code),
    CodeGone(String),
    Grant(Grant),
    GrantGone(String),
    /// An account, by its entity id.
    TermsAccepted(String),
    Instance(Arc<Instance>),
    InstanceGone(String),
    Workflow {
        instance: String,
        workflow: Arc<Workflow>,
    },
    WorkflowGone {
        instance: String,
        id: String,
    },
    Schedule {
        instance: String,
        schedule: Arc<Schedule>,
    },
    ScheduleGone {
        instance: String,
        id: String,
    },
    Execution(Arc<Execution>),
    ExecutionGone(String),
}

/// The complete state.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) secrets: Option<Secrets>,
    pub(crate) clock: ClockSetting,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) grants: HashMap<String, Grant>,
    /// Entity ids of accounts that have accepted AMC's terms here.
    pub(crate) accepted: BTreeSet<String>,
    pub(crate) instances: BTreeMap<String, Arc<Instance>>,
    /// By instance, then by id.
    workflows: BTreeMap<String, BTreeMap<String, Arc<Workflow>>>,
    pub(crate) schedules: BTreeMap<String, BTreeMap<String, Arc<Schedule>>>,
    executions: HashMap<String, Arc<Execution>>,
    /// By instance, then by number; numbers increase with time.
    order: HashMap<String, BTreeMap<u64, String>>,
    /// The numbers of unfinished executions, with their ids.
    open: BTreeMap<u64, String>,
    /// Instances with a pending update of advertisers.
    pub(crate) updating: BTreeSet<String>,
    last_number: u64,
    execution_bytes: usize,
    workflow_bytes: usize,
}

impl State {
    /// Applies one change.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Secrets(secrets) => self.secrets = Some(secrets),
            Change::Clock(setting) => self.clock = setting,
            Change::Code(code) => drop(self.codes.insert(code.text.clone(), code)),
            Change::CodeGone(code) => drop(self.codes.remove(&code)),
            Change::Grant(grant) => drop(self.grants.insert(grant.id.clone(), grant)),
            Change::TermsAccepted(account) => drop(self.accepted.insert(account)),
            Change::GrantGone(id) => drop(self.grants.remove(&id)),
            Change::Instance(instance) => self.put_instance(instance),
            Change::InstanceGone(id) => self.remove_instance(&id),
            Change::Workflow { instance, workflow } => self.put_workflow(instance, workflow),
            Change::WorkflowGone { instance, id } => self.remove_workflow(&instance, &id),
            Change::Schedule { instance, schedule } => {
                self.schedules.entry(instance).or_default().insert(schedule.id.clone(), schedule);
            }
            Change::ScheduleGone { instance, id } => drop(self.schedules.entry(instance).or_default().remove(&id)),
            Change::Execution(execution) => self.put_execution(execution),
            Change::ExecutionGone(id) => self.remove_execution(&id),
        }
    }

    /// The changes that rebuild this state.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Change> {
        let login = self.secrets.iter().cloned().map(Change::Secrets);
        let login = login.chain(self.codes.values().cloned().map(Change::Code));
        let login = login.chain(self.grants.values().cloned().map(Change::Grant));
        let login = login.chain(self.accepted.iter().cloned().map(Change::TermsAccepted));
        let instances = self.instances.values().cloned().map(Change::Instance);
        let workflows = self.workflows.iter().flat_map(|(instance, rows)| {
            let row =
                |workflow: &Arc<Workflow>| Change::Workflow { instance: instance.clone(), workflow: workflow.clone() };
            rows.values().map(row)
        });
        let schedules = self.schedules.iter().flat_map(|(instance, rows)| {
            let row =
                |schedule: &Arc<Schedule>| Change::Schedule { instance: instance.clone(), schedule: schedule.clone() };
            rows.values().map(row)
        });
        let executions = self.order.values().flat_map(|ids| ids.values()).filter_map(|id| self.executions.get(id));
        let executions = executions.cloned().map(Change::Execution);
        let clock = std::iter::once(Change::Clock(self.clock));
        clock.chain(login).chain(instances).chain(workflows).chain(schedules).chain(executions)
    }

    /// The number for the next execution: greater than all before.
    pub(crate) fn next_number(&self) -> u64 {
        self.last_number + 1
    }

    /// The execution with that id.
    pub(crate) fn execution(&self, id: &str) -> Option<&Arc<Execution>> {
        self.executions.get(id)
    }

    /// The number of executions of all instances.
    pub(crate) fn execution_count(&self) -> usize {
        self.executions.len()
    }

    /// An instance's executions, oldest first; reversible.
    pub(crate) fn executions_of(&self, instance: &str) -> impl DoubleEndedIterator<Item = &Arc<Execution>> {
        let ids = self.order.get(instance).into_iter().flat_map(BTreeMap::values);
        ids.filter_map(|id| self.executions.get(id))
    }

    /// The number of an instance's executions.
    pub(crate) fn count_of(&self, instance: &str) -> usize {
        self.order.get(instance).map_or(0, BTreeMap::len)
    }

    /// An instance's workflows by id, if it ever had any.
    pub(crate) fn workflows_of(&self, instance: &str) -> Option<&BTreeMap<String, Arc<Workflow>>> {
        self.workflows.get(instance)
    }

    /// The approximate size of all workflows.
    pub(crate) fn workflow_bytes(&self) -> usize {
        self.workflow_bytes
    }

    /// The approximate size of all executions.
    pub(crate) fn execution_bytes(&self) -> usize {
        self.execution_bytes
    }

    /// The oldest finished execution, of that instance or of all.
    pub(crate) fn oldest_over(&self, instance: Option<&str>) -> Option<String> {
        let first = |instance: &str| self.executions_of(instance).find(|one| one.status.is_over());
        let oldest = match instance {
            Some(instance) => first(instance),
            None => self.order.keys().filter_map(|instance| first(instance)).min_by_key(|one| one.number),
        };
        oldest.map(|one| one.id.clone())
    }

    /// Unfinished executions, oldest first.
    pub(crate) fn open_executions(&self) -> impl Iterator<Item = &Arc<Execution>> {
        self.open.values().filter_map(|id| self.executions.get(id))
    }

    fn put_instance(&mut self, instance: Arc<Instance>) {
        if instance.updates.iter().any(|update| !update.applied) {
            self.updating.insert(instance.id.clone());
        } else {
            self.updating.remove(&instance.id);
        }
        self.instances.insert(instance.id.clone(), instance);
    }

    fn remove_instance(&mut self, id: &str) {
        self.instances.remove(id);
        self.updating.remove(id);
        for workflow in self.workflows.remove(id).unwrap_or_default().values() {
            self.workflow_bytes -= workflow.weight();
        }
        self.schedules.remove(id);
        for (number, execution) in self.order.remove(id).unwrap_or_default() {
            self.open.remove(&number);
            if let Some(execution) = self.executions.remove(&execution) {
                self.execution_bytes -= execution.weight();
            }
        }
    }

    fn put_workflow(&mut self, instance: String, workflow: Arc<Workflow>) {
        self.workflow_bytes += workflow.weight();
        let old = self.workflows.entry(instance).or_default().insert(workflow.id.clone(), workflow);
        self.workflow_bytes -= old.map_or(0, |old| old.weight());
    }

    fn remove_workflow(&mut self, instance: &str, id: &str) {
        let old = self.workflows.get_mut(instance).and_then(|known| known.remove(id));
        self.workflow_bytes -= old.map_or(0, |old| old.weight());
    }

    fn put_execution(&mut self, execution: Arc<Execution>) {
        let (number, id) = (execution.number, execution.id.clone());
        self.last_number = self.last_number.max(number);
        self.order.entry(execution.instance.clone()).or_default().insert(number, id.clone());
        if execution.status.is_over() {
            self.open.remove(&number);
        } else {
            self.open.insert(number, id.clone());
        }
        self.execution_bytes += execution.weight();
        let old = self.executions.insert(id, execution);
        self.execution_bytes -= old.map_or(0, |old| old.weight());
    }

    fn remove_execution(&mut self, id: &str) {
        let Some(execution) = self.executions.remove(id) else { return };
        self.execution_bytes -= execution.weight();
        self.open.remove(&execution.number);
        if let Some(numbers) = self.order.get_mut(&execution.instance) {
            numbers.remove(&execution.number);
        }
    }
}
