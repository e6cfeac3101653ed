//! The rehearsals of this process: one that plays per person, two in all, and results for an hour, in memory.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::SHOWN;
use super::play::{Played, Progress};
use crate::ids::{PersonId, ScheduleId};

/// Rehearsals that play at the same time.
const AT_ONCE: usize = 2;
/// Results that are kept; beyond it, the oldest are dropped.
const MOST: usize = 40;

/// How far a rehearsal is.
#[derive(Clone, Debug)]
pub(super) enum Status {
    Playing(Arc<Progress>),
    Played(Arc<Played>),
    Failed,
}

/// What identifies a rehearsal: another revision of the schedule, or another form, is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) person: PersonId,
    pub(super) schedule: ScheduleId,
    pub(super) revision: i64,
    /// The form as a query string.
    pub(super) form: String,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    /// When it began, or ended.
    at: DateTime<Utc>,
    status: Status,
}

/// Why a rehearsal can't begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Busy {
    /// The person has another one that plays.
    Own,
    /// Others use all places.
    Others,
}

/// See the module; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    entries: Arc<Mutex<Vec<Entry>>>,
    tasks: TaskTracker,
}

impl Kept {
    fn with<T>(&self, now: DateTime<Utc>, act: impl FnOnce(&mut Vec<Entry>) -> T) -> T {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| matches!(entry.status, Status::Playing(_)) || now - entry.at <= SHOWN);
        act(&mut entries)
    }

    /// The rehearsal with this key, if there is one.
    pub(super) fn find(&self, now: DateTime<Utc>, key: &Key) -> Option<Status> {
        self.with(now, |entries| entries.iter().find(|entry| entry.key == *key).map(|entry| entry.status.clone()))
    }

    /// Begins a rehearsal in the background; one with the same key that plays already goes on.
    pub(super) fn begin(
        &self,
        now: DateTime<Utc>,
        key: Key,
        progress: Arc<Progress>,
        play: impl Future<Output = anyhow::Result<Played>> + Send + 'static,
    ) -> Result<(), Busy> {
        let begun = self.with(now, |entries| {
            let playing: Vec<&Key> = entries
                .iter()
                .filter(|entry| matches!(entry.status, Status::Playing(_)))
                .map(|entry| &entry.key)
                .collect();
            if playing.contains(&&key) {
                return Ok(false);
            }
            if playing.iter().any(|other| other.person == key.person) {
                return Err(Busy::Own);
            }
            if playing.len() >= AT_ONCE {
                return Err(Busy::Others);
            }
            entries.retain(|entry| entry.key != key);
            if entries.len() >= MOST
                && let Some(oldest) = entries.iter().position(|entry| !matches!(entry.status, Status::Playing(_)))
            {
                entries.remove(oldest);
            }
            entries.push(Entry { key: key.clone(), at: now, status: Status::Playing(progress) });
            Ok(true)
        })?;
        if begun {
            let kept = self.clone();
            let span = tracing::info_span!("rehearsal", schedule.id = %key.schedule);
            self.tasks.spawn(
                async move {
                    let played = AssertUnwindSafe(play).catch_unwind().await;
                    let played = played.unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")));
                    let status = played.map_or_else(
                        |error| {
                            tracing::error!(error = format!("{error:#}"), "a rehearsal failed");
                            Status::Failed
                        },
                        |played| Status::Played(Arc::new(played)),
                    );
                    kept.end(now, &key, status);
                }
                .instrument(span),
            );
        }
        Ok(())
    }

    fn end(&self, now: DateTime<Utc>, key: &Key, status: Status) {
        self.with(now, |entries| {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *key) {
                entry.status = status;
            }
        });
    }
}
