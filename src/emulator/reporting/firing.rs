//! What a schedule does when its moment comes.

use chrono::{DateTime, Utc};

use crate::emulator::Emulator;
use crate::emulator::machine::DueSchedule;
use crate::emulator::state::{Asked, Cadence, Category, Execution, Period, Schedule, Window};

use super::{executions, schedules, workflows};

/// Makes an execution for each slot up to `now` that the schedule has not fired for.
pub(crate) fn fire(emulator: &Emulator, due: &DueSchedule, now: DateTime<Utc>) {
    let (instance, schedule) = due;
    let slots = schedules::due_slots(schedule, now);
    let executions = slots.into_iter().filter_map(|slot| make(emulator, instance, schedule, slot)).collect();
    let fired = Schedule { fired_until: now, ..Schedule::clone(schedule) };
    emulator.admit_fired(due, fired, executions);
}

fn make(emulator: &Emulator, instance: &str, schedule: &Schedule, slot: DateTime<Utc>) -> Option<Execution> {
    let found = emulator.store().read(|state| state.instances.get(instance).cloned());
    let (instance, workflow) = found.zip(workflows::find(emulator, instance, &schedule.workflow))?;
    let cadence = match schedule.period {
        Period::Daily(_) => Cadence::Daily,
        Period::Weekly(_) => Cadence::Weekly,
    };
    let asked = Asked {
        require_synthetic_data: schedule.require_synthetic_data.unwrap_or(false),
        controls_off: schedule.controls_off.unwrap_or(false),
        ..Asked::default()
    };
    let start = slot - schedules::length(schedule.period);
    let window = Window { start, end: slot, zone: "UTC".to_owned(), original: None };
    let asked = (asked, Category::Scheduled(cadence), window);
    Some(executions::scheduled(emulator, &instance, workflow, asked, slot))
}
