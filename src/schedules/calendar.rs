//! When a schedule is due: rules over local dates and times, and the effect of clock changes. Pure.
//!
//! A rule gives local times ("every day at 02:30"). A zone says at which instants its clocks show them; when the
//! clocks change, some local times are skipped and others occur twice. There are two policies, as in cron(8):
//!
//! * a *fixed* time runs once: if it is skipped, at the first instant after the gap; if it occurs twice, at the first
//!   of the two;
//! * a rule with a *wildcard* in its minutes or hours follows real time: it runs whenever the clock shows a matching
//!   time, so not in a gap, and in both passes of an overlap.
//!
//! A slot is named by its local time, not by its instant: when the rules of a zone change, the instants of future
//! slots move and their names stay, so that none is duplicated or lost.

mod cron;
mod plan;
mod rule;
mod slots;

pub use crate::clock::zones::Zones;
pub(super) use crate::clock::zones::{Reading, Zone};
pub use cron::Cron;
pub use plan::Plan;
pub(super) use rule::MonthDay;
pub(super) use rule::Rule;
pub use slots::SlotName;
use slots::Slots;
pub use slots::{Note, Slot};

#[cfg(test)]
mod tests;
