//! Fires schedules.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::emulator::Emulator;
use crate::emulator::machine::DueSchedule;
use crate::emulator::state::{Asked, Cadence, Category, Execution, Instance, Period, Schedule, Window, Workflow};

use super::{compiling, executions, request, schedules, workflows};

/// Creates an execution for each due slot of a schedule up to `now`.
pub(crate) fn fire(emulator: &Emulator, due: &DueSchedule, now: DateTime<Utc>) {
    let (id, schedule) = due;
    let found = emulator.store().read(|state| state.instances.get(id).cloned());
    let found = found.zip(workflows::find(emulator, id, &schedule.workflow));
    let executions = found.map(|(instance, workflow)| for_all_slots(emulator, &instance, &workflow, schedule, now));
    let fired = Schedule { fired_until: now, ..Schedule::clone(schedule) };
    emulator.admit_fired(due, fired, executions.unwrap_or_default());
}

fn for_all_slots(
    emulator: &Emulator,
    instance: &Instance,
    workflow: &Arc<Workflow>,
    schedule: &Schedule,
    now: DateTime<Utc>,
) -> Vec<Execution> {
    let slots = schedules::due_slots(schedule, now);
    let mut made: Vec<_> = slots.into_iter().map(|slot| make(emulator, instance, workflow, schedule, slot)).collect();
    // OK to validate one for all: they only differ by their windows, which have the same length.
    let verdict = made.first().map(|first| compiling::validate(emulator, first, instance.kind, false));
    for (execution, verdict) in made.iter_mut().zip(verdict.into_iter().cycle()) {
        execution.verdict = verdict;
    }
    made
}

fn make(
    emulator: &Emulator,
    instance: &Instance,
    workflow: &Arc<Workflow>,
    schedule: &Schedule,
    slot: DateTime<Utc>,
) -> Execution {
    let cadence = match schedule.period {
        Period::Daily(_) => Cadence::Daily,
        Period::Weekly(_) => Cadence::Weekly,
    };
    let asked = Asked {
        require_synthetic_data: schedule.require_synthetic_data.unwrap_or(false),
        controls_off: schedule.controls_off.unwrap_or(false),
        timeout_seconds: request::USUAL_TIMEOUT,
        ..Asked::default()
    };
    let start = slot - schedules::length(schedule.period);
    let window = Window { start, end: slot, zone: "UTC".to_owned(), original: None };
    let blank = executions::blank(emulator, instance, Arc::clone(workflow), slot);
    Execution { asked, category: Category::Scheduled(cadence), window, ..blank }
}
