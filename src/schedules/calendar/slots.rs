//! The slots of a rule in a zone, in the order in which they come.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::zone::{Reading, Zone};

/// A civil time lies at most so long before the instant that its clock shows next: no change of clocks is longer.
const LONGEST_CHANGE: TimeDelta = TimeDelta::hours(26);
const CIVIL: &str = "%Y-%m-%dT%H:%M";

/// What a slot is called within its schedule: its civil time, and for the second pass of an overlap a mark. It stays
/// when the rules of the zone change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotName {
    /// What the clock shows.
    pub civil: NaiveDateTime,
    /// Whether the clock shows it for the second time.
    pub is_second: bool,
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
    /// What a change of the clocks does to it.
    pub note: Option<Note>,
}

/// What a change of the clocks does to a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Its time does not exist on that day; it runs when the clocks have gone forward.
    Skipped,
    /// Its time comes twice on that day; it runs at the first.
    FirstOfTwo,
    /// Its time comes twice, and this is the first of two runs.
    Repeated,
    /// Its time comes twice, and this is the second run.
    Second,
    /// It falls on the same instant as the slot before it: one run serves both.
    SameInstant,
}

/// Slots later than an instant, in order.
pub struct Slots<'a> {
    zone: &'a Zone,
    after: DateTime<Utc>,
    has_wildcard: bool,
    times: Box<dyn Iterator<Item = NaiveDateTime> + Send + 'a>,
    /// Second passes of an overlap, which come when all first passes are over.
    seconds: VecDeque<Slot>,
    /// What follows the second passes.
    next: Option<Slot>,
    last: Option<DateTime<Utc>>,
}

impl<'a> Slots<'a> {
    /// Where the civil times have to begin so that none later than `after` is missed.
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

    /// The next in order, wherever it lies.
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
