//! Wake-ups reach the workers of the other processes on one PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use recomamp::clock::Clock;
use recomamp::ids::Random;
use recomamp::workers::{Runner, Statuses, Tick, WakeUps, Worker};
use tokio_util::sync::CancellationToken;

use crate::support::{Database, House, execute};

/// Ticks once an hour, unless it is woken.
#[derive(Default)]
struct Sleeper(AtomicUsize);

impl Worker for Sleeper {
    fn name(&self) -> &'static str {
        "sleeper"
    }

    fn duty(&self) -> &'static str {
        "Waits to be woken."
    }

    fn period(&self) -> Duration {
        Duration::from_hours(1)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(Tick::default()) })
    }
}

fn runner(house: &House, wakes: &WakeUps, stop: &CancellationToken) -> Runner {
    let runner = Runner::new(Clock::system(), Random::system(), Statuses::default(), wakes.clone(), stop.clone());
    let site = &house.app.site;
    runner.share_wakes(site.db.clone(), site.random.id(site.clock.now()));
    runner
}

/// Wakes the sleeper of the other process until it has ticked more than `ticks` times.
async fn woken(wakes: &WakeUps, sleeper: &Sleeper, ticks: usize) {
    let wake = async {
        let mut beats = tokio::time::interval(Duration::from_millis(50));
        while sleeper.0.load(Ordering::SeqCst) <= ticks {
            beats.tick().await;
            wakes.wake("sleeper");
        }
    };
    tokio::time::timeout(Duration::from_mins(1), wake).await.expect("a wake of another process is heard");
}

/// What is started in one process is handled in the other immediately, also after the database dropped the connection of
/// the listener.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wake_reaches_the_other_process() {
    const DROP: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
        where datname = current_database() and query ilike 'listen%'";
    let first = House::open(Database::postgres().await).await;
    let second = first.beside().await;
    let stop = CancellationToken::new();
    let (here, there) = (WakeUps::default(), WakeUps::default());
    let sleeper = Arc::new(Sleeper::default());
    let (talks, sleeps) = (runner(&first, &here, &stop), runner(&second, &there, &stop));
    sleeps.start(sleeper.clone());
    woken(&here, &sleeper, 1).await;
    execute(&first.database_url(), DROP).await;
    let ticks = sleeper.0.load(Ordering::SeqCst);
    woken(&here, &sleeper, ticks + 2).await;
    stop.cancel();
    talks.finished().await;
    sleeps.finished().await;
}
