//! Background work: ticks over rows, executed by one runner.
//!
//! The row is the job. A [`Worker`] is a tick without input: it selects the rows that are due, leases a few, does one
//! step for each, and writes when the next step is due. It is idempotent, and a wake-up only makes it run sooner,
//! never differently; so recovery after a crash takes the same path as normal operation. There is no queue table and
//! no payload: a payload would be a second, possibly different, copy of the row.
//!
//! The runner gives each worker its own loop: wait for the period (with jitter), a wake-up or the time requested by
//! the last tick; tick within [`PATIENCE`]; catch a panic, report it, continue. On shutdown, the current tick
//! finishes. The last run of each worker is in [`Statuses`].

mod runner;
mod status;
mod wake_ups;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

pub use runner::Runner;
pub use status::{Outcome, Status, Statuses};
pub use wake_ups::WakeUps;

/// A tick that takes longer is aborted and counts as failed; its leases expire.
pub const PATIENCE: Duration = Duration::from_mins(10);

/// A recurring background task.
pub trait Worker: Send + Sync + 'static {
    /// One word for logs, wake-ups and the operations page.
    fn name(&self) -> &'static str;

    /// What it does, as a sentence for the operations page.
    fn duty(&self) -> &'static str;

    /// The maximum time between two ticks; up to a tenth is subtracted as jitter.
    fn period(&self) -> Duration;

    /// What else wakes it, beside its own name: see [`WakeUps::wake`].
    fn wakes_on(&self) -> &'static [&'static str] {
        &[]
    }

    /// The time limit of a tick. Only a worker that limits its own steps may exceed [`PATIENCE`].
    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Does what is due. An error means that the whole tick failed; failures of single rows are counted.
    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>>;
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Rows that were due.
    pub looked: usize,
    /// Rows that were changed.
    pub changed: usize,
    /// Rows whose step failed; they are retried later.
    pub failed: usize,
    /// When the next row is due, if known.
    pub next: Option<DateTime<Utc>>,
}
