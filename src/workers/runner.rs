//! The loop around each worker's ticks.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::wake_ups::WakeUps;
use super::{Outcome, Status, Statuses, Tick, Worker};
use crate::clock::Clock;
use crate::db::{self, Db};
use crate::ids::{ProcessId, Random};

/// A tick that failed because of the database is retried after this time, so that work continues soon after the
/// database recovers.
const AGAIN: Duration = Duration::from_secs(4);

/// Whether a tick failed because the database was unreachable, read-only or full.
fn is_passing(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<db::Error>()).any(|error| error.trouble().is_some())
}

/// Runs workers until stopped.
#[derive(Debug)]
pub struct Runner {
    clock: Clock,
    random: Random,
    statuses: Statuses,
    wakes: WakeUps,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Runner {
    /// A runner without workers.
    pub fn new(clock: Clock, random: Random, statuses: Statuses, wakes: WakeUps, stop: CancellationToken) -> Self {
        Self { clock, random, statuses, wakes, stop, tasks: TaskTracker::new() }
    }

    /// Starts a worker's loop; its first tick is immediate.
    pub fn start(&self, worker: Arc<dyn Worker>) {
        self.statuses.put(Status::new(worker.as_ref(), Some(self.clock.now()), Outcome::NotYet));
        for topic in worker.wakes_on() {
            self.wakes.subscribe(topic, worker.name());
        }
        let lane = Lane {
            wake: self.wakes.of(worker.name()),
            clock: self.clock.clone(),
            random: self.random.clone(),
            statuses: self.statuses.clone(),
            worker,
        };
        self.tasks.spawn(lane.run(self.stop.clone()));
    }

    /// Shows a worker as paused, with the reason, and never runs it.
    pub fn hold(&self, worker: &dyn Worker, reason: &str) {
        self.statuses.put(Status::new(worker, None, Outcome::Held(reason.to_owned())));
    }

    /// Exchanges wake-ups with the other processes on the same database until the stop.
    pub fn share_wakes(&self, db: Db, process: ProcessId) {
        self.tasks.spawn(self.wakes.clone().share(db, process, self.stop.clone()));
    }

    /// Resolves when every loop has ended after the stop.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// One worker's loop.
struct Lane {
    worker: Arc<dyn Worker>,
    wake: Arc<Notify>,
    clock: Clock,
    random: Random,
    statuses: Statuses,
}

impl Lane {
    async fn run(self, stop: CancellationToken) {
        let name = self.worker.name();
        while !stop.is_cancelled() {
            let wait = self.tick().await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        tracing::debug!(worker = name, "worker stopped");
    }

    /// Runs one tick; returns how long to wait.
    async fn tick(&self) -> Duration {
        let name = self.worker.name();
        let began = self.clock.now();
        self.statuses.change(name, |status| status.began_at = Some(began));
        let guarded = AssertUnwindSafe(tokio::time::timeout(self.worker.patience(), self.worker.tick())).catch_unwind();
        let mut passes = false;
        let outcome = match guarded.await {
            Ok(Ok(Ok(tick))) => Outcome::Done(tick),
            Ok(Ok(Err(error))) => {
                passes = is_passing(&error);
                Outcome::Failed(format!("{error:#}"))
            }
            Ok(Err(_)) => Outcome::Failed(format!("gave up after {} s", self.worker.patience().as_secs())),
            Err(_) => Outcome::Failed("a defect: the tick panicked".to_owned()),
        };
        if let Outcome::Failed(reason) = &outcome {
            // OK because the database logs its problem itself, once for all workers and requests.
            if passes {
                tracing::debug!(worker = name, reason, "worker tick failed");
            } else {
                tracing::error!(worker = name, reason, "worker tick failed");
            }
        }
        let ended = self.clock.now();
        let wait = self.wait(&outcome, ended);
        let wait = if passes { wait.min(AGAIN) } else { wait };
        self.statuses.change(name, |status| {
            status.ticks += 1;
            status.failures += u64::from(matches!(outcome, Outcome::Failed(_)));
            status.ended_at = Some(ended);
            status.next_at = chrono::TimeDelta::from_std(wait).ok().map(|wait| ended + wait);
            status.outcome = outcome;
        });
        wait
    }

    /// The period minus jitter, or less if a row is due earlier.
    fn wait(&self, outcome: &Outcome, now: DateTime<Utc>) -> Duration {
        let period = self.worker.period().mul_f64(1.0 - 0.1 * self.random.fraction());
        match outcome {
            Outcome::Done(Tick { next: Some(next), .. }) => {
                period.min((*next - now).to_std().unwrap_or(Duration::from_millis(50)))
            }
            _ => period,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::BoxFuture;
    use tokio::sync::Notify;

    use super::*;

    struct Clumsy {
        ticks: AtomicUsize,
        ticked: Notify,
    }

    impl Worker for Clumsy {
        fn name(&self) -> &'static str {
            "clumsy"
        }

        fn duty(&self) -> &'static str {
            "Falls at the first tick."
        }

        fn period(&self) -> Duration {
            Duration::from_hours(1)
        }

        fn wakes_on(&self) -> &'static [&'static str] {
            &["obstacles"]
        }

        fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
            Box::pin(async {
                self.ticked.notify_one();
                assert!(self.ticks.fetch_add(1, Ordering::SeqCst) > 0, "falls");
                Ok(Tick { looked: 1, ..Tick::default() })
            })
        }
    }

    #[tokio::test]
    async fn a_worker_that_panics_is_reported_and_ticks_again_when_woken_by_name_or_topic() {
        let stop = CancellationToken::new();
        let (statuses, wakes) = (Statuses::default(), WakeUps::default());
        let runner = Runner::new(Clock::system(), Random::seeded(1), statuses.clone(), wakes.clone(), stop.clone());
        let worker = Arc::new(Clumsy { ticks: AtomicUsize::new(0), ticked: Notify::new() });
        runner.start(worker.clone());
        worker.ticked.notified().await;
        wakes.wake("clumsy");
        worker.ticked.notified().await;
        wakes.wake("obstacles");
        worker.ticked.notified().await;
        stop.cancel();
        runner.finished().await;
        let status = &statuses.all()[0];
        assert_eq!((status.ticks, status.failures), (3, 1));
        assert!(matches!(status.outcome, Outcome::Done(Tick { looked: 1, .. })));
    }

    #[test]
    fn a_worker_is_late_when_its_next_tick_is_a_period_overdue() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let status = Status {
            name: "w",
            duty: "",
            period: Duration::from_mins(1),
            began_at: None,
            ended_at: None,
            next_at: Some(at(1_000)),
            outcome: Outcome::NotYet,
            ticks: 0,
            failures: 0,
        };
        assert!(!status.is_late(at(1_060)));
        assert!(status.is_late(at(1_061)));
    }
}
