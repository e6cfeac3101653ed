//! Removes sessions that nobody can use any more.

use std::time::Duration;

use futures::future::BoxFuture;

use crate::web::session::Sessions;
use crate::workers::{Tick, Worker};

/// The worker.
#[derive(Debug)]
pub struct Sweeper(Sessions);

impl Sweeper {
    /// Sweeps `sessions`.
    pub const fn new(sessions: Sessions) -> Self {
        Self(sessions)
    }
}

impl Worker for Sweeper {
    fn name(&self) -> &'static str {
        "sweeper"
    }

    fn duty(&self) -> &'static str {
        "Removes browser sessions that have ended."
    }

    fn period(&self) -> Duration {
        Duration::from_hours(1)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(async {
            let swept = usize::try_from(self.0.sweep().await?).unwrap_or(usize::MAX);
            Ok(Tick { looked: swept, changed: swept, ..Tick::default() })
        })
    }
}
