//! When a schedule is due: rules over the civil calendar, and what the clocks of a zone make of them. Pure.
//!
//! A rule names civil times ("every day at 02:30"). A zone says at which instants its clocks show them, and when the
//! clocks change, some civil times are skipped and others come twice. Two policies, as cron(8) has them:
//!
//! * a *fixed* time runs once: where it is skipped, at the first instant after the gap; where it comes twice, at the
//!   first of the two;
//! * a rule with a *wildcard* in its minutes or hours follows real time: it runs whenever the clock shows a matching
//!   time, so not in a gap, and in both passes of an overlap.
//!
//! A slot is named by its civil time, not by its instant: when the rules of a zone change, the instants of future
//! slots move and their names stay, so that none is doubled or lost.

mod cron;
mod plan;
mod rule;
mod slots;
mod zone;

pub use cron::Cron;
pub use plan::Plan;
pub(super) use rule::MonthDay;
pub(super) use rule::Rule;
pub(super) use slots::SlotName;
use slots::Slots;
pub use slots::{Note, Slot};
pub(super) use zone::Reading;
pub(super) use zone::Zone;
pub use zone::Zones;

#[cfg(test)]
mod tests;
