//! The next slots of a schedule for display: local time, UTC, the window, and the effect of clock changes.

use chrono::{DateTime, Utc};

use crate::queries::WindowChoice;
use crate::schedules::calendar::{Note, Plan, Slot};
use crate::schedules::policies::Policies;
use crate::web::components::Errors;

/// The number of displayed slots.
pub(super) const SHOWN: usize = 10;

/// One slot.
#[derive(Debug)]
pub(super) struct Row {
    /// `Mon 30 Nov 2026, 09:00`, in the schedule's zone.
    pub(super) local: String,
    pub(super) at: DateTime<Utc>,
    /// When it starts, if that is later.
    pub(super) starts: Option<DateTime<Utc>>,
    /// The days of its window.
    pub(super) window: String,
    /// A note; may be empty.
    pub(super) note: String,
}

/// The next slots after `now`.
pub(super) fn rows(plan: &Plan, policies: &Policies, id: &str, window: &WindowChoice, now: DateTime<Utc>) -> Vec<Row> {
    plan.after(now).take(SHOWN).map(|slot| row(plan, policies, id, window, slot)).collect()
}

fn row(plan: &Plan, policies: &Policies, id: &str, window: &WindowChoice, slot: Slot) -> Row {
    let starts = Some(policies.due(slot.at, id)).filter(|due| *due != slot.at);
    let note = if plan.excludes(slot.name.civil) {
        "Skipped: the day is excluded.".to_owned()
    } else {
        slot.note.map(|note| note_words(&slot, note)).unwrap_or_default()
    };
    let window = window.resolve(slot.at, &mut Errors::new());
    let days = window.days();
    Row {
        local: slot.name.civil.format("%a %-d %b %Y, %H:%M").to_string(),
        at: slot.at,
        starts,
        window: if days.is_empty() { window.words() } else { days },
        note,
    }
}

/// The effect of a clock change on a slot, as a sentence.
fn note_words(slot: &Slot, note: Note) -> String {
    let time = slot.name.civil.format("%H:%M");
    match note {
        Note::Skipped => {
            format!("{time} does not exist on this day: the clocks go forward. It runs at the moment of the change.")
        }
        Note::FirstOfTwo => format!("The clocks go back: {time} comes twice on this day. It runs once, at the first."),
        Note::Repeated => {
            format!("The clocks go back: {time} comes twice on this day, and it runs at both. This is the first.")
        }
        Note::Second => format!("The clocks go back: {time} comes for the second time."),
        Note::SameInstant => {
            "The clocks go forward: it falls on the same moment as the slot before it, and one execution serves both."
                .to_owned()
        }
    }
}
