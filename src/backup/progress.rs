//! Reports the progress of long operations.

use std::time::{Duration, Instant};

/// At most one report in this time.
const EVERY: Duration = Duration::from_secs(2);

/// A long operation.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    last_shown: Instant,
    say: fn(&str),
}

impl Progress {
    /// Reports the start, and later the progress, to `say`.
    pub fn begin(what: &'static str, say: fn(&str)) -> Self {
        say(&format!("{what} …"));
        Self { what, last_shown: Instant::now(), say }
    }

    /// Reports the progress, if nothing was reported for a while.
    pub fn at(&mut self, how_far: impl FnOnce() -> String) {
        if self.last_shown.elapsed() >= EVERY {
            (self.say)(&format!("{}: {}", self.what, how_far()));
            self.last_shown = Instant::now();
        }
    }

    /// Runs `work`, and reports its progress meanwhile.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>, how_far: impl Fn() -> String) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(EVERY, &mut work).await {
                Ok(done) => return done,
                Err(_) => self.at(&how_far),
            }
        }
    }
}
