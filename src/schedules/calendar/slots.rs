//! The slots of a rule in a zone, in chronological order.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{Reading, Zone};

/// The maximum difference between a local time and the instant at which it is next shown: no clock change is larger.
const LONGEST_CHANGE: TimeDelta = TimeDelta::hours(26);
const CIVIL: &str = "%Y-%m-%dT%H:%M";

/// The name of a slot within its schedule: its local time, with a mark for the second pass of an overlap. It stays
/// when the rules of the zone change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotName {
    /// The local time.
    pub civil: NaiveDateTime,
    /// Whether it is the second pass of an overlap.
    pub is_second: bool,
}

impl SlotName {
    /// A stored name for display: `Fri 4 Dec 2026, 09:00`, in the schedule's zone; another text is unchanged.
    pub fn label(stored: impl AsRef<str>) -> String {
        let stored = stored.as_ref();
        let label = |name: Self| {
            let second = if name.is_second { " (second time)" } else { "" };
            format!("{}{second}", name.civil.format("%a %-d %b %Y, %H:%M"))
        };
        stored.parse().map_or_else(|_| stored.to_owned(), label)
    }
}

impl fmt::Display for SlotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.civil.format(CIVIL), if self.is_second { "#2" } else { "" })
    }
}

impl FromStr for SlotName {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (civil, is_second) = match text.strip_suffix("#2") {
            Some(civil) => (civil, true),
            None => (text, false),
        };
        Ok(Self { civil: NaiveDateTime::parse_from_str(civil, CIVIL)?, is_second })
    }
}

/// One time at which a schedule is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub name: SlotName,
    /// When it is due.
    pub at: DateTime<Utc>,
    /// The effect of a clock change.
    pub note: Option<Note>,
}

/// The effect of a clock change on a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Its time doesn't exist on that day; it runs when the clocks have gone forward.
    Skipped,
    /// Its time occurs twice on that day; it runs the first time.
    FirstOfTwo,
    /// Its time occurs twice, and this is the first of two runs.
    Repeated,
    /// Its time occurs twice, and this is the second run.
    Second,
    /// It has the same instant as the previous slot: one run serves both.
    SameInstant,
}

/// Slots after an instant, in order.
pub struct Slots<'a> {
    zone: &'a Zone,
    after: DateTime<Utc>,
    has_wildcard: bool,
    times: Box<dyn Iterator<Item = NaiveDateTime> + Send + 'a>,
    /// Second passes of an overlap, which come after all first passes.
    seconds: VecDeque<Slot>,
    /// The slot after the second passes.
    next: Option<Slot>,
    last: Option<DateTime<Utc>>,
}

impl<'a> Slots<'a> {
    /// Where to begin with local times so that no slot after `after` is missed.
    pub(super) fn begin(zone: &Zone, after: DateTime<Utc>) -> NaiveDateTime {
        zone.civil(after) - LONGEST_CHANGE
    }

    pub(super) fn new(
        zone: &'a Zone,
        after: DateTime<Utc>,
        has_wildcard: bool,
        times: Box<dyn Iterator<Item = NaiveDateTime> + Send + 'a>,
    ) -> Self {
        Self { zone, after, has_wildcard, times, seconds: VecDeque::new(), next: None, last: None }
    }

    /// The next slot in order, before or after `after`.
    fn step(&mut self) -> Option<Slot> {
        loop {
            if self.next.is_some() {
                return self.seconds.pop_front().or_else(|| self.next.take());
            }
            let Some(civil) = self.times.next() else { return self.seconds.pop_front() };
            let name = SlotName { civil, is_second: false };
            let slot = |at, note| Slot { name, at, note };
            let found = match (self.zone.read(civil), self.has_wildcard) {
                (Reading::Once(at), _) => slot(at, None),
                (Reading::Skipped(_), true) => continue,
                (Reading::Skipped(at), false) => slot(at, Some(Note::Skipped)),
                (Reading::Twice(first, _), false) => slot(first, Some(Note::FirstOfTwo)),
                (Reading::Twice(first, second), true) => {
                    let name = SlotName { civil, is_second: true };
                    self.seconds.push_back(Slot { name, at: second, note: Some(Note::Second) });
                    return Some(slot(first, Some(Note::Repeated)));
                }
            };
            if self.seconds.is_empty() {
                return Some(found);
            }
            self.next = Some(found);
        }
    }
}

impl Iterator for Slots<'_> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        loop {
            let mut slot = self.step()?;
            let is_same = self.last.replace(slot.at) == Some(slot.at);
            if is_same {
                slot.note = Some(Note::SameInstant);
            }
            if slot.at > self.after {
                return Some(slot);
            }
        }
    }
}
