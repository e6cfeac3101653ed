//! Tells whoever waits how far long work has come.

use std::time::{Duration, Instant};

use super::say;

/// At most one line in so long.
const EVERY: Duration = Duration::from_secs(2);

/// One piece of long work.
#[derive(Debug)]
pub(super) struct Progress {
    what: &'static str,
    told: Instant,
}

impl Progress {
    /// Says what begins.
    pub(super) fn begin(what: &'static str) -> Self {
        say(&format!("{what} …"));
        Self { what, told: Instant::now() }
    }

    /// Says how far it is, if nothing was said for a while.
    pub(super) fn at(&mut self, how_far: impl FnOnce() -> String) {
        if self.told.elapsed() >= EVERY {
            say(&format!("{}: {}", self.what, how_far()));
            self.told = Instant::now();
        }
    }

    /// Does `work`, and says meanwhile how far it is.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>, how_far: impl Fn() -> String) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(EVERY, &mut work).await {
                Ok(done) => return done,
                Err(_) => self.at(&how_far),
            }
        }
    }
}
