//! The next slots of a schedule for display: local time, UTC, the window, and the effect of clock changes.

use chrono::{DateTime, Utc};

use crate::queries::{WindowChoice, WindowKind};
use crate::schedules::calendar::{Note, Plan, Slot};
use crate::schedules::policies::Policies;

/// The number of displayed slots.
pub(super) const SHOWN: usize = 10;

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
    let mut is_explained = false;
    plan.after(now).take(SHOWN).map(|slot| row(plan, (policies, id), window, slot, &mut is_explained)).collect()
}

/// One row; `is_explained` says whether a row before it said how to read a newer window.
fn row(
    plan: &Plan,
    (policies, id): (&Policies, &str),
    window: &WindowChoice,
    slot: Slot,
    is_explained: &mut bool,
) -> Row {
    let starts = Some(policies.due(slot.at, id, window)).filter(|due| *due != slot.at);
    let (note, days) = if plan.excludes(slot.name.civil) {
        ("Skipped: the day is excluded.".to_owned(), String::new())
    } else {
        match window.at(slot.at) {
            Ok(of_slot) => {
                let clocks = slot.note.map(|note| note_text(&slot, note)).unwrap_or_default();
                let days = Some(of_slot.days()).filter(|days| !days.is_empty());
                ([clocks, older(window, slot.at, is_explained)].join(" "), days.unwrap_or_else(|| of_slot.describe()))
            }
            Err(reason) => (format!("Skipped: {reason}"), "None".to_owned()),
        }
    };
    Row {
        local: slot.name.civil.format("%a %-d %b %Y, %H:%M").to_string(),
        at: slot.at,
        starts,
        window: days,
        note: note.trim().to_owned(),
    }
}

/// A note if a complete week or month is earlier than the previous calendar one; the first note says what to do.
fn older(window: &WindowChoice, at: DateTime<Utc>, is_explained: &mut bool) -> String {
    let (calendar, what) = match window.kind {
        WindowKind::LastWeek => (WindowKind::CalendarWeek, "week"),
        WindowKind::LastMonth => (WindowKind::CalendarMonth, "month"),
        _ => return String::new(),
    };
    let days = |kind| WindowChoice { kind, ..*window }.at(at).map(|window| window.days()).unwrap_or_default();
    let newest = days(calendar);
    if days(window.kind) == newest {
        return String::new();
    }
    let reason = format!("The data of {newest} isn't complete yet, so the {what} before it is read.");
    if std::mem::replace(is_explained, true) {
        return reason;
    }
    format!(
        "{reason} To read {newest}, choose “{}” and let executions start when its data is complete.",
        calendar.title()
    )
}

/// The effect of a clock change on a slot, as a sentence.
fn note_text(slot: &Slot, note: Note) -> String {
    let time = slot.name.civil.format("%H:%M");
    match note {
        Note::Skipped => {
            format!("{time} doesn't exist on this day: the clocks go forward. It runs when they change.")
        }
        Note::FirstOfTwo => {
            format!("The clocks go back: {time} occurs twice on this day. It runs once, the first time.")
        }
        Note::Repeated => {
            format!("The clocks go back: {time} occurs twice on this day, and it runs both times. This is the first.")
        }
        Note::Second => format!("The clocks go back: {time} occurs for the second time."),
        Note::SameInstant => {
            "The clocks go forward: it coincides with the previous slot, and one execution covers both.".to_owned()
        }
    }
}
