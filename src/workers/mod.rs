//! Background work: ticks over rows, run by one runner.
//!
//! The row is the job. A [`Worker`] is a tick that takes no input: it asks which rows are due, leases a
//! few, does one thing to each and writes when the next is due. It is idempotent, and a wake only makes
//! it sooner, never different; so the path after a crash is the path of every day. There is no queue
//! table and no payload: a payload would be a second truth about the row.
//!
//! The runner gives each worker its own loop: wait for the period (with jitter), for a wake or for the
//! instant that the last tick asked for; tick within [`PATIENCE`]; catch a panic, report it, go on. A stop
//! lets the tick in hand end. What each worker last did is in [`Statuses`], for people to look at.

mod runner;
mod status;
mod wake_ups;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

pub use runner::Runner;
pub use status::{Outcome, Status, Statuses};
pub use wake_ups::WakeUps;

/// A tick that takes longer is given up and counts as failed; its leases lapse by themselves.
pub const PATIENCE: Duration = Duration::from_mins(10);

/// A duty that is done again and again.
pub trait Worker: Send + Sync + 'static {
    /// One word for logs, wakes and the operations page.
    fn name(&self) -> &'static str;

    /// What it does, as a sentence for the operations page.
    fn duty(&self) -> &'static str;

    /// How long at most between two ticks; jitter of a tenth is taken off.
    fn period(&self) -> Duration;

    /// How long a tick may take. Only a worker that bounds its own steps in another way takes longer than
    /// [`PATIENCE`].
    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Does what is due. Errors are for what failed as a whole; what failed for one row is counted.
    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>>;
}

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Rows that were due.
    pub looked: usize,
    /// Rows that are different now.
    pub changed: usize,
    /// Rows whose step failed; they are due again later.
    pub failed: usize,
    /// When the next row is due, if that is known.
    pub next: Option<DateTime<Utc>>,
}
