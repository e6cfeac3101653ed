//! The life of executions: validation, the queue, the run, the end.
//!
//! [`Emulator::tick`] brings everything up to date with the clock: it fires schedules, ends validations, starts what
//! has a slot, ends what is done. It is cheap when nothing is due, so every request calls it, and no timers are
//! needed. If it finds a running execution without work (after a restart, for example), it starts the work.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt as _;

use super::Emulator;
use super::analytics::Work;
use super::errors::Refusal;
use super::state::{Change, Execution, Outcome, Results, Schedule, State, Status, Verdict};
use super::store::Edit;
use super::{ads, reporting, room};

/// Concurrent executions; more wait as `PENDING` (AMC's published limits).
const SLOTS_OF_INSTANCE: usize = 10;
const SLOTS_OF_ACCOUNT: usize = 200;

/// When a tick next has something to do.
pub(crate) struct Due(AtomicI64);

impl Due {
    pub(crate) fn now() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Emulator {
    /// Brings everything up to date with the clock.
    pub(crate) fn tick(&self) {
        let now = self.now();
        let due = &self.0.due.0;
        if now.timestamp_micros() < due.load(Ordering::SeqCst) {
            return;
        }
        // OK to reset the time first: anything that becomes due from here on isn't overwritten.
        due.store(i64::MAX, Ordering::SeqCst);
        self.fire_schedules(now);
        let running = self.store().write(|edit| {
            ads::apply_updates(edit, now);
            settle(edit, now);
            self.admit_to_slots(edit, now);
            settle(edit, now);
            without_outcome(edit.state())
        });
        for execution in running {
            self.start(execution);
        }
        let next = self.store().read(next_due).map_or(i64::MAX, |next| next.timestamp_micros());
        due.fetch_min(next, Ordering::SeqCst);
    }

    /// Makes the next tick check for due work.
    pub(crate) fn something_is_due(&self) {
        self.0.due.0.store(i64::MIN, Ordering::SeqCst);
    }

    /// Accepts a new execution and assigns its number.
    pub(crate) fn admit(&self, execution: Execution) -> Result<Arc<Execution>, Refusal> {
        let mut gone = Vec::new();
        let taken = self.store().write(|edit| room::take_in(edit, execution, &mut gone));
        self.remove_results(&gone);
        self.something_is_due();
        taken
    }

    /// Accepts the executions of a schedule together with the schedule's new state: a stop in between neither loses
    /// nor duplicates one. Nothing happens if the schedule has changed.
    pub(crate) fn admit_fired(&self, (instance, before): &DueSchedule, after: Schedule, executions: Vec<Execution>) {
        let mut gone = Vec::new();
        self.store().write(|edit| {
            let known = edit.state().schedules.get(instance).and_then(|known| known.get(&before.id));
            if !known.is_some_and(|known| Arc::ptr_eq(known, before)) {
                return;
            }
            edit.put(Change::Schedule { instance: instance.clone(), schedule: Arc::new(after) });
            for execution in executions {
                if let Err(refusal) = room::take_in(edit, execution, &mut gone) {
                    tracing::warn!(?refusal, instance, "there is no room for an execution that is due");
                }
            }
        });
        self.remove_results(&gone);
    }

    /// Cancels an execution immediately; the error is the status of one that has already ended.
    pub(crate) fn cancel(&self, id: &str) -> Result<(), Status> {
        let now = self.now();
        self.store().write(|edit| {
            let Some(execution) = edit.state().execution(id).cloned() else { return Ok(()) };
            if execution.status.is_over() {
                return Err(execution.status);
            }
            put(edit, execution, |execution| execution.end(Status::Cancelled, None, now));
            Ok(())
        })?;
        self.workshop().stop(id);
        self.something_is_due();
        Ok(())
    }

    /// Deletes an instance with everything that belongs to it.
    pub(crate) fn forget_instance(&self, id: &str) {
        let executions: Vec<_> = self.store().write(|edit| {
            let executions = edit.state().executions_of(id).map(|execution| execution.id.clone()).collect();
            edit.put(Change::InstanceGone(id.to_owned()));
            executions
        });
        for execution in &executions {
            self.workshop().stop(execution);
        }
        self.remove_results(&executions);
    }

    fn remove_results(&self, executions: &[String]) {
        for execution in executions {
            let folder = self.result_folder(execution);
            if let Err(error) = std::fs::remove_dir_all(&folder)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(%error, execution.id = execution, "a result of the emulator cannot be removed");
            }
        }
    }

    /// Assigns free slots to validated executions, oldest first; one without a slot doesn't block those of other
    /// instances.
    fn admit_to_slots(&self, edit: &mut Edit<'_>, now: DateTime<Utc>) {
        let open: Vec<_> = edit.state().open_executions().cloned().collect();
        let mut taken: Vec<_> = open.iter().filter(|one| one.status == Status::Running).cloned().collect();
        for waiting in open.into_iter().filter(|one| one.status == Status::Pending && one.validated.is_some()) {
            let of_instance = taken.iter().filter(|one| one.instance == waiting.instance).count();
            let of_account = taken.iter().filter(|one| one.account == waiting.account).count();
            if of_instance >= SLOTS_OF_INSTANCE || of_account >= SLOTS_OF_ACCOUNT {
                continue;
            }
            let Verdict::Valid { seconds, .. } = waiting.verdict else { continue };
            taken.push(Arc::clone(&waiting));
            put(edit, waiting, |execution| {
                execution.status = Status::Running;
                execution.started = Some(now);
                execution.ready = Some(now + self.pace().wait(seconds));
                execution.updated = now;
            });
        }
    }

    /// Runs the query of an execution, unless it is already running.
    fn start(&self, execution: Arc<Execution>) {
        let id = execution.id.clone();
        let (worker, keeper, ended) = (self.clone(), self.clone(), id.clone());
        let work = async move { worker.work(&execution).await };
        self.workshop().start(&id, work, move |outcome| keeper.end_work(&ended, outcome));
    }

    async fn work(&self, execution: &Execution) -> Outcome {
        let limit = self.options().longest_work_seconds.min(execution.asked.timeout_seconds.unsigned_abs());
        let run = AssertUnwindSafe(self.run(execution)).catch_unwind();
        match tokio::time::timeout(Duration::from_secs(limit), run).await {
            Ok(Ok(Ok(results))) => Outcome::Done(results),
            Ok(Ok(Err(text))) => Outcome::Failed(text),
            Ok(Err(_)) => Outcome::Failed("The workflow execution failed for an internal reason.".to_owned()),
            Err(_) => Outcome::Failed(format!("The workflow execution timed out after {limit} seconds.")),
        }
    }

    async fn run(&self, execution: &Execution) -> Result<Results, String> {
        // OK to check again here: this catches an execution that was canceled just before its work was registered.
        let wanted = |state: &State| state.execution(&execution.id).is_some_and(|one| one.status == Status::Running);
        if !self.store().read(wanted) {
            return Err("The workflow execution was cancelled.".to_owned());
        }
        let internal = |error: std::io::Error| format!("The result could not be written: {error}.");
        let folder = self.result_folder(&execution.id);
        tokio::fs::create_dir_all(&folder).await.map_err(internal)?;
        let instance = self.store().read(|state| state.instances.get(&execution.instance).cloned());
        let instance = instance.ok_or("The instance was deleted.")?;
        let kind = instance.kind;
        let controls = !execution.asked.controls_off;
        let statement = reporting::statement(&execution.workflow, controls, kind).ok_or("There is no SQL to run.")?;
        let work = Work {
            statement,
            start: execution.window.start,
            end: execution.window.end,
            now: self.now(),
            view: reporting::view(&instance, execution.asked.advertisers.as_ref()),
            values: execution.asked.parameter_values.clone(),
            privacy: reporting::privacy(&execution.workflow),
            format: reporting::format(&execution.workflow),
            folder: folder.clone(),
            parts: execution.parts,
            header_only: execution.header_only,
        };
        let written = self.analytics().run(work).await?;
        let results = Results { columns: written.columns, files: written.files, rows: written.rows };
        let metadata = reporting::metadata(execution, &results).to_string();
        tokio::fs::write(folder.join(reporting::METADATA_FILE), metadata).await.map_err(internal)?;
        Ok(results)
    }

    /// Stores the outcome of the work; `None` means that it was stopped and is no longer needed, or that the emulator
    /// shuts down and the execution runs again after the next start.
    fn end_work(&self, id: &str, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            self.store().write(|edit| {
                let execution = edit.state().execution(id).filter(|one| one.status == Status::Running).cloned();
                if let Some(execution) = execution {
                    put(edit, execution, |execution| execution.outcome = Some(outcome));
                }
            });
        }
        self.something_is_due();
        if !self.workshop().is_closed() {
            self.tick();
        }
    }

    /// Creates the executions of all due slots.
    fn fire_schedules(&self, now: DateTime<Utc>) {
        for fired in self.store().read(|state| due_schedules(state, now)) {
            reporting::fire(self, &fired, now);
        }
    }
}

/// A due schedule with its instance.
pub(crate) type DueSchedule = (String, Arc<Schedule>);

fn due_schedules(state: &State, now: DateTime<Utc>) -> Vec<DueSchedule> {
    let all = state.schedules.iter().flat_map(|(instance, schedules)| {
        schedules.values().map(move |schedule| (instance.clone(), Arc::clone(schedule)))
    });
    let due = |(_, schedule): &DueSchedule| {
        reporting::next_slot(schedule, schedule.fired_until).is_some_and(|slot| slot <= now)
    };
    all.filter(due).collect()
}

/// Ends validations and runs whose time has come.
fn settle(edit: &mut Edit<'_>, now: DateTime<Utc>) {
    let open: Vec<_> = edit.state().open_executions().cloned().collect();
    for execution in open {
        match execution.status {
            Status::Pending if execution.validated.is_none() && execution.validates <= now => validate(edit, execution),
            Status::Running if execution.outcome.is_some() && execution.ready.is_none_or(|ready| ready <= now) => {
                finish(edit, execution, now);
            }
            _ => {}
        }
    }
}

fn validate(edit: &mut Edit<'_>, execution: Arc<Execution>) {
    let at = execution.validates;
    put(edit, execution, |execution| {
        execution.validated = Some(at);
        execution.updated = at;
        match &execution.verdict {
            Verdict::Invalid(reason) => {
                let reason = reason.clone();
                execution.end(Status::Rejected, Some(reason), at);
            }
            Verdict::Valid { .. } if execution.asked.dry_run => execution.end(Status::Succeeded, None, at),
            Verdict::Valid { .. } => {}
        }
    });
}

fn finish(edit: &mut Edit<'_>, execution: Arc<Execution>, now: DateTime<Utc>) {
    let at = execution.ready.unwrap_or(now);
    put(edit, execution, |execution| match &execution.outcome {
        Some(Outcome::Failed(reason)) => {
            let reason = reason.clone();
            execution.end(Status::Failed, Some(reason), at);
        }
        _ => execution.end(Status::Succeeded, None, at),
    });
}

/// Running executions without an outcome.
fn without_outcome(state: &State) -> Vec<Arc<Execution>> {
    let running = |one: &&Arc<Execution>| one.status == Status::Running && one.outcome.is_none();
    state.open_executions().filter(running).cloned().collect()
}

/// When something becomes due next by time alone.
fn next_due(state: &State) -> Option<DateTime<Utc>> {
    let executions = state.open_executions().filter_map(|one| match one.status {
        Status::Pending if one.validated.is_none() => Some(one.validates),
        Status::Running if one.outcome.is_some() => one.ready,
        _ => None,
    });
    let schedules = state.schedules.values().flat_map(|schedules| schedules.values());
    let slots = schedules.filter_map(|schedule| reporting::next_slot(schedule, schedule.fired_until));
    executions.chain(slots).chain(ads::next_completion(state)).min()
}

/// Stores a changed `execution`.
fn put(edit: &mut Edit<'_>, mut execution: Arc<Execution>, change: impl FnOnce(&mut Execution)) {
    change(Arc::make_mut(&mut execution));
    edit.put(Change::Execution(execution));
}
