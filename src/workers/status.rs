//! The last run of each worker, kept in memory for the operations page.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Tick, Worker};

/// How the last tick ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It hasn't run since the process started.
    NotYet,
    Done(Tick),
    /// The whole tick failed, with the error.
    Failed(String),
    /// Background work is paused, with the reason.
    Held(String),
}

/// The status of one worker.
#[derive(Clone, Debug)]
pub struct Status {
    pub name: &'static str,
    /// What it does.
    pub duty: &'static str,
    /// The maximum time between ticks.
    pub period: Duration,
    /// When the last tick began.
    pub began_at: Option<DateTime<Utc>>,
    /// When the last tick ended; a tick is running while this is before `began_at`.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the next tick begins at the latest.
    pub next_at: Option<DateTime<Utc>>,
    pub outcome: Outcome,
    /// Ticks since the start.
    pub ticks: u64,
    /// How many of them failed.
    pub failures: u64,
}

impl Status {
    /// The status of a worker that hasn't run yet.
    pub(super) fn new(worker: &dyn Worker, next_at: Option<DateTime<Utc>>, outcome: Outcome) -> Self {
        Self {
            name: worker.name(),
            duty: worker.duty(),
            period: worker.period(),
            began_at: None,
            ended_at: None,
            next_at,
            outcome,
            ticks: 0,
            failures: 0,
        }
    }

    /// Whether the next tick is overdue by at least a period.
    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        let grace = TimeDelta::from_std(self.period).unwrap_or(TimeDelta::zero());
        self.next_at.is_some_and(|next| now > next + grace)
    }
}

/// The status of all workers; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Statuses(Arc<Mutex<BTreeMap<&'static str, Status>>>);

impl Statuses {
    /// All workers, by name.
    pub fn all(&self) -> Vec<Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn put(&self, status: Status) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(status.name, status);
    }

    pub(super) fn change(&self, name: &'static str, change: impl FnOnce(&mut Status)) {
        if let Some(status) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(name) {
            change(status);
        }
    }
}
