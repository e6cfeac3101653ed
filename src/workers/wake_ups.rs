//! Wake-ups make a worker's next tick come sooner, in this process and in the others on the same PostgreSQL.
//!
//! Nothing depends on a wake-up, so it may be lost: behind a pooler that doesn't forward notifications, or while the
//! database is unreachable, the worker finds the work at its next period.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::db::{self, Db};
use crate::ids::ProcessId;

/// The channel on which processes wake each other.
const CHANNEL: &str = "recomamp_wakes";
/// How long the listener waits before it tries to reach the database again.
const AGAIN: Duration = Duration::from_secs(5);

/// Makes a worker's next tick sooner; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct WakeUps(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    workers: Mutex<BTreeMap<&'static str, Arc<Notify>>>,
    /// The workers that are woken by a topic.
    topics: Mutex<BTreeMap<&'static str, BTreeSet<&'static str>>>,
    /// Wake-ups that haven't been sent to the other processes yet.
    untold: Mutex<BTreeSet<&'static str>>,
    notify: Notify,
}

impl WakeUps {
    /// Wakes the worker with this name, or those that subscribe to this topic, in every process. A wake-up during a
    /// tick is remembered. Call it after committing the work.
    pub fn wake(&self, name: &'static str) {
        let subscribers = self.subscribers(name);
        if subscribers.is_empty() {
            self.of(name).notify_one();
        }
        for worker in subscribers {
            self.of(worker).notify_one();
        }
        self.0.untold.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        self.0.notify.notify_one();
    }

    /// From now on, the topic wakes the worker.
    pub(super) fn subscribe(&self, topic: &'static str, worker: &'static str) {
        self.0.topics.lock().unwrap_or_else(PoisonError::into_inner).entry(topic).or_default().insert(worker);
    }

    fn subscribers(&self, topic: &str) -> BTreeSet<&'static str> {
        self.0.topics.lock().unwrap_or_else(PoisonError::into_inner).get(topic).cloned().unwrap_or_default()
    }

    pub(super) fn of(&self, name: &'static str) -> Arc<Notify> {
        Arc::clone(self.0.workers.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default())
    }

    /// Wakes the workers in this process; ignores unknown names, which come from other versions.
    fn wake_here(&self, name: &str) {
        for worker in self.subscribers(name) {
            self.of(worker).notify_one();
        }
        if let Some(worker) = self.0.workers.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            worker.notify_one();
        }
    }

    /// Sends wake-ups to the other processes and listens for theirs, until `stop`. SQLite has no other processes.
    pub(super) async fn share(self, db: Db, process: ProcessId, stop: CancellationToken) {
        if db.engine() == db::Engine::Sqlite {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.send(&db, &process) => {}
            () = self.listen(&db, &process) => {}
        }
    }

    async fn send(&self, db: &Db, process: &ProcessId) {
        loop {
            self.0.notify.notified().await;
            let names = std::mem::take(&mut *self.0.untold.lock().unwrap_or_else(PoisonError::into_inner));
            for name in names {
                if let Err(error) = db.notify(CHANNEL, &format!("{process} {name}")).await {
                    tracing::debug!(worker = name, %error, "the other processes were not notified of a wake-up");
                }
            }
        }
    }

    async fn listen(&self, db: &Db, process: &ProcessId) {
        loop {
            if let Err(error) = self.receive(db, process).await {
                tracing::debug!(%error, "wakes of other processes are not heard; listening again soon");
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn receive(&self, db: &Db, process: &ProcessId) -> db::Result<()> {
        let Some(mut notices) = db.listen(CHANNEL).await? else { return Ok(()) };
        loop {
            let notice = notices.next().await?;
            if let Some((from, name)) = notice.split_once(' ')
                && from != process.as_str()
            {
                self.wake_here(name);
            }
        }
    }
}
