//! Runs queries in the background, beside the requests, supervised.
//!
//! Each run is a tracked task with its own cancellation, so that a canceled execution stops immediately and a shutdown
//! leaves nothing running. Only a few run concurrently; the others wait in order, which limits memory regardless of
//! AMC's own limits.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The current runs.
pub(crate) struct Workshop {
    tracker: TaskTracker,
    stop: CancellationToken,
    turns: Semaphore,
    running: Mutex<HashMap<String, CancellationToken>>,
    count: watch::Sender<usize>,
}

impl Workshop {
    /// Runs up to `parallel` queries concurrently (at least one).
    pub(crate) fn new(parallel: usize) -> Self {
        Self {
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            turns: Semaphore::new(parallel.max(1)),
            running: Mutex::default(),
            count: watch::Sender::new(0),
        }
    }

    /// Starts `work` under that id, unless it is already running or the workshop is closed.
    ///
    /// `after` gets its outcome, `None` if it was stopped. The run counts until `after` returns, so that
    /// [`Self::idle`] also waits for what its end starts.
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
                // OK to continue without a permit: the semaphore is never closed.
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

    /// Stops the run with that id, if there is one.
    pub(crate) fn stop(&self, id: &str) {
        if let Some(stop) = self.running().get(id) {
            stop.cancel();
        }
    }

    /// Waits until nothing is running.
    pub(crate) async fn idle(&self) {
        // OK to ignore the error: it means that the sender is gone, and this value owns it.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Stops everything and waits for it; nothing can start afterwards.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Whether nothing can start any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Waits until it is closed.
    pub(crate) async fn closed(&self) {
        self.stop.cancelled().await;
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
