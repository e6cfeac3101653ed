//! Prints the progress of long operations.

use std::time::{Duration, Instant};

use super::say;

/// At most one line in this time.
const EVERY: Duration = Duration::from_secs(2);

/// A long operation.
#[derive(Debug)]
pub(super) struct Progress {
    what: &'static str,
    last_shown: Instant,
}

impl Progress {
    /// Prints the start.
    pub(super) fn begin(what: &'static str) -> Self {
        say(&format!("{what} …"));
        Self { what, last_shown: Instant::now() }
    }

    /// Prints the progress, if nothing was printed for a while.
    pub(super) fn at(&mut self, how_far: impl FnOnce() -> String) {
        if self.last_shown.elapsed() >= EVERY {
            say(&format!("{}: {}", self.what, how_far()));
            self.last_shown = Instant::now();
        }
    }

    /// Runs `work`, and prints its progress meanwhile.
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
