//! The workshop: where queries really run, beside the requests, supervised.
//!
//! Each run is a task of one tracker with its own stop, so that a cancelled execution stops at once
//! and a shutdown leaves nothing behind. Only a few run at the same time; the others wait in the
//! order in which they came, which bounds memory whatever AMC's own limits allow.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The runs that are under way.
pub(crate) struct Workshop {
    tracker: TaskTracker,
    stop: CancellationToken,
    turns: Semaphore,
    running: Mutex<HashMap<String, CancellationToken>>,
    count: watch::Sender<usize>,
}

impl Workshop {
    /// An empty workshop in which `parallel` runs work at the same time (at least one).
    pub(crate) fn new(parallel: usize) -> Self {
        Self {
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            turns: Semaphore::new(parallel.max(1)),
            running: Mutex::default(),
            count: watch::Sender::new(0),
        }
    }

    /// Starts `work` under that id, unless it is under way or the workshop is closed.
    ///
    /// `after` gets what came of it, `None` when it was stopped. The run
    /// counts until `after` returns, so that [`Self::idle`] waits for what its end lets start.
    pub(crate) fn start<T: Send + 'static>(
        self: &Arc<Self>,
        id: &str,
        work: impl Future<Output = T> + Send + 'static,
        after: impl FnOnce(Option<T>) + Send + 'static,
    ) {
        let Some(stop) = self.enter(id) else { return };
        let (shop, id) = (Arc::clone(self), id.to_owned());
        self.tracker.spawn(async move {
            let in_turn = async {
                // OK to go on without a turn: the semaphore is never closed.
                let _turn = shop.turns.acquire().await;
                work.await
            };
            let result = tokio::select! {
                biased;
                () = stop.cancelled() => None,
                result = in_turn => Some(result),
            };
            after(result);
            shop.leave(&id);
        });
    }

    fn enter(&self, id: &str) -> Option<CancellationToken> {
        let mut running = self.running();
        if self.stop.is_cancelled() || running.contains_key(id) {
            return None;
        }
        let stop = self.stop.child_token();
        running.insert(id.to_owned(), stop.clone());
        self.count.send_modify(|count| *count += 1);
        Some(stop)
    }

    fn leave(&self, id: &str) {
        self.running().remove(id);
        self.count.send_modify(|count| *count = count.saturating_sub(1));
    }

    /// Stops the run of that id, if it is under way.
    pub(crate) fn stop(&self, id: &str) {
        if let Some(stop) = self.running().get(id) {
            stop.cancel();
        }
    }

    /// Returns when nothing is under way.
    pub(crate) async fn idle(&self) {
        // OK to ignore the error: it says that the sender is gone, and the workshop holds it.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Stops everything and waits until it has stopped; nothing starts any more.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Whether nothing starts any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Returns when the workshop is closed.
    pub(crate) async fn closed(&self) {
        self.stop.cancelled().await;
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
