//! Policies for slots that can't run as planned, and the decision about each slot. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::{Note, Slot};
use crate::queries::WindowChoice;
use crate::web::Fields;
use crate::web::components::{Choice, Errors};

/// A slot that is decided later than this is late: RecomAMP wasn't running, or the schedule was paused.
pub(super) const ON_TIME: TimeDelta = TimeDelta::minutes(5);

/// Which missed slots run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Missed {
    /// The latest.
    #[default]
    Latest,
    /// All that are not older than [`Policies::catch_up_hours`].
    All,
    None,
}

/// What happens to a slot while the previous one is still running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Overlap {
    /// It is skipped.
    Skip,
    /// It waits for the previous one to end; only one waits.
    #[default]
    Queue,
    /// It runs concurrently.
    Allow,
}

impl Missed {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Latest, "latest", "Run the latest one"),
        (Self::All, "all", "Run all, one after the other"),
        (Self::None, "none", "Run none"),
    ];

    pub(super) fn choices() -> Vec<Choice> {
        Self::ALL.map(|(_, value, label)| Choice::new(value, label)).into()
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, value, _)| *value == text).map(|(missed, _, _)| *missed)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(missed, _, _)| *missed == self).map_or("latest", |(_, value, _)| value)
    }
}

impl Overlap {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Queue, "queue", "Wait until it has ended"),
        (Self::Skip, "skip", "Skip the new one"),
        (Self::Allow, "allow", "Run both at the same time"),
    ];

    pub(super) fn choices() -> Vec<Choice> {
        Self::ALL.map(|(_, value, label)| Choice::new(value, label)).into()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, value, _)| *value == text).map(|(overlap, _, _)| *overlap)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(overlap, _, _)| *overlap == self).map_or("queue", |(_, value, _)| value)
    }
}

/// What an execution waits for after its slot. The window doesn't change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Wait {
    /// Nothing: the execution starts at the slot's time.
    #[default]
    Slot,
    /// All data of the window to be in AMC: 48 hours after its end.
    Fresh,
    /// All conversions to be credited to the window's ads: 14 days after its end.
    Credited,
}

impl Wait {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Slot, "slot", "At the scheduled time"),
        (Self::Fresh, "fresh", "Not before 48 hours after the time window, when its data is complete"),
        (Self::Credited, "credited", "Not before 14 days after the time window, when its conversions are attributed"),
    ];

    pub(super) fn choices() -> Vec<Choice> {
        Self::ALL.map(|(_, value, label)| Choice::new(value, label)).into()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, value, _)| *value == text).map(|(wait, _, _)| *wait)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(wait, _, _)| *wait == self).map_or("slot", |(_, value, _)| value)
    }

    fn after_window(self) -> TimeDelta {
        match self {
            Self::Slot => TimeDelta::zero(),
            Self::Fresh => TimeDelta::hours(48),
            Self::Credited => TimeDelta::days(14),
        }
    }
}

/// The policies of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Policies {
    pub missed: Missed,
    /// With [`Missed::All`]: the maximum age of a missed slot, in hours.
    pub catch_up_hours: u32,
    pub overlap: Overlap,
    /// What an execution waits for after its slot.
    pub wait: Wait,
    /// How long after its slot a run starts, in hours, so that the data of its window is mature. The window doesn't
    /// change.
    pub hold_hours: u32,
    /// The number of minutes over which the starts of schedules are spread.
    pub spread_minutes: u32,
    /// After this many consecutive failures the schedule pauses; 0 means never.
    pub pause_after: u32,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            missed: Missed::default(),
            catch_up_hours: 24 * 7,
            overlap: Overlap::default(),
            wait: Wait::default(),
            hold_hours: 0,
            spread_minutes: 0,
            pause_after: 3,
        }
    }
}

impl Policies {
    /// As the fields of a form.
    pub(super) fn form(&self) -> Vec<(&'static str, String)> {
        vec![
            ("missed", self.missed.name().to_owned()),
            ("catch_up_hours", self.catch_up_hours.to_string()),
            ("overlap", self.overlap.name().to_owned()),
            ("wait", self.wait.name().to_owned()),
            ("hold_hours", self.hold_hours.to_string()),
            ("spread_minutes", self.spread_minutes.to_string()),
            ("pause_after", self.pause_after.to_string()),
        ]
    }

    /// The policies in a form; missing fields are taken from `self`, errors are reported by field.
    #[must_use]
    pub(super) fn with(&self, fields: &Fields, errors: &mut Errors) -> Self {
        let mut number = |name: &str, mine: u32, most: u32, what: &str| {
            if !fields.has(name) {
                return mine;
            }
            let text = fields.trimmed(name);
            let number = if text.is_empty() { Some(0) } else { text.parse().ok().filter(|number| *number <= most) };
            number.unwrap_or_else(|| {
                errors.add(name, format!("Give {what} from 0 to {most}."));
                mine
            })
        };
        let catch_up_hours = number("catch_up_hours", self.catch_up_hours, 24 * 366, "a number of hours");
        let hold_hours = number("hold_hours", self.hold_hours, 24 * 60, "a number of hours");
        let spread_minutes = number("spread_minutes", self.spread_minutes, 180, "a number of minutes");
        let pause_after = number("pause_after", self.pause_after, 100, "a number of failures");
        let missed = if fields.has("missed") { Missed::parse(fields.get("missed")) } else { Some(self.missed) };
        let overlap = if fields.has("overlap") { Overlap::parse(fields.get("overlap")) } else { Some(self.overlap) };
        let wait = if fields.has("wait") { Wait::parse(fields.get("wait")) } else { Some(self.wait) };
        if wait.is_none() {
            errors.add("wait", "Choose when executions start.");
        }
        if missed.is_none() {
            errors.add("missed", "Choose what happens to missed slots.");
        }
        if overlap.is_none() {
            errors.add("overlap", "Choose what happens while an execution is still running.");
        }
        Self {
            missed: missed.unwrap_or(self.missed),
            overlap: overlap.unwrap_or(self.overlap),
            catch_up_hours,
            wait: wait.unwrap_or(self.wait),
            hold_hours,
            spread_minutes,
            pause_after,
        }
    }

    /// When a slot is decided: its time, plus the wait for data and the schedule's share of the spread. Its window
    /// doesn't change.
    pub(super) fn due(&self, at: DateTime<Utc>, schedule: &str, window: &WindowChoice) -> DateTime<Utc> {
        let ends_at = match self.wait {
            Wait::Slot => None,
            Wait::Fresh | Wait::Credited => window.at(at).ok().and_then(|window| window.ends_at()),
        };
        let mature = ends_at.map_or(at, |ends_at| ends_at + self.wait.after_window());
        let spread = i64::from(self.spread_minutes) * 60;
        let share = if spread == 0 { 0 } else { i64::from(checksum(schedule)) % spread };
        mature.max(at + TimeDelta::hours(i64::from(self.hold_hours))) + TimeDelta::seconds(share)
    }
}

/// A stable hash of a text (FNV-1a).
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The decision about a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Start,
    /// It waits for the previous execution to end.
    Queue,
    /// A policy prevents it.
    Skip(String),
    /// It doesn't run, because RecomAMP wasn't running when it was due.
    Missed(String),
}

/// The facts for the decision about a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub now: DateTime<Utc>,
    /// When the slot was due.
    pub due: DateTime<Utc>,
    pub is_excluded: bool,
    /// Whether a later slot of the schedule is also due.
    pub has_later: bool,
    /// Whether an execution of the schedule is in progress.
    pub is_running: bool,
    /// The number of queued slots.
    pub queued: usize,
    /// Whether it is from a pause, with the choice for such slots.
    pub resumed_with: Option<Missed>,
}

impl Policies {
    /// Decides about a due slot.
    pub(super) fn decide(&self, slot: &Slot, facts: &Facts) -> Decision {
        if facts.is_excluded {
            return Decision::Skip("The day is excluded.".to_owned());
        }
        if slot.note == Some(Note::SameInstant) {
            return Decision::Skip(
                "The clocks go forward: it coincides with the previous slot, and one execution covers both.".to_owned(),
            );
        }
        let is_late = facts.now - facts.due > ON_TIME;
        if (is_late || facts.resumed_with.is_some())
            && let Some(decided) = self.late(facts)
        {
            return decided;
        }
        if !facts.is_running {
            return Decision::Start;
        }
        // OK to queue more than one late slot: they run one after the other.
        match self.overlap {
            Overlap::Allow => Decision::Start,
            _ if is_late => Decision::Queue,
            Overlap::Queue if facts.queued == 0 => Decision::Queue,
            Overlap::Queue => Decision::Skip(
                "The previous execution hadn't ended, and another slot was already waiting for it.".to_owned(),
            ),
            Overlap::Skip => Decision::Skip("The previous execution hadn't ended.".to_owned()),
        }
    }

    /// The decision about a late slot; `None` if it runs.
    fn late(&self, facts: &Facts) -> Option<Decision> {
        let why = if facts.resumed_with.is_some() { "The schedule was paused" } else { "RecomAMP wasn't running" };
        let missed = |rest: &str| Some(Decision::Missed(format!("{why} when it was due{rest}")));
        match facts.resumed_with.unwrap_or(self.missed) {
            Missed::None => missed("."),
            Missed::Latest if facts.has_later => missed("; a later slot runs in its place."),
            Missed::All
                if facts.resumed_with.is_none()
                    && facts.now - facts.due > TimeDelta::hours(i64::from(self.catch_up_hours)) =>
            {
                missed(&format!(", more than {} hours ago.", self.catch_up_hours))
            }
            Missed::Latest | Missed::All => None,
        }
    }
}

#[cfg(test)]
mod tests;
