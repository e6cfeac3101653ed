//! Many schedules with years of slots: what a tick of the scheduler costs, and the list.
//!
//! The ticks run in this process, on the database that the program made, with a clock that stands still.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};

use recomamp::app::App;
use recomamp::clock::Clock;
use recomamp::config::Config;
use recomamp::db::{Db, Scope, sql};
use recomamp::ids::Random;

use super::grow::{self, Grown};
use super::load::say;
use super::pages::{list, made};
use super::site::Site;

/// Slots that are due at once.
const DUE: i64 = 500;
/// Ticks that find nothing, and rounds in which slots are due.
const IDLE: usize = 50;
const ROUNDS: usize = 5;
/// Schedules of the list.
const LISTED: u64 = 10_000;

pub(crate) async fn run(schedules: &[u64], slots: u64) -> anyhow::Result<()> {
    let mut site = Site::new(&["--speed", "0", "--scale", "0.02", "--auto-consent"])?;
    site.start(&[]).await?;
    site.sign_in().await?;
    let grown = made(&site).await?;
    site.stop();
    grow::schedules(&site, &grown, LISTED, slots.min(100 * LISTED)).await?;
    site.start(&[("RECOMAMP_WORKERS", "off")]).await?;
    say(&format!("{LISTED} schedules:"));
    for address in ["/schedules", "/schedules?page=20", "/schedules?state=paused"] {
        list(&site, address).await?;
    }
    list(&site, &format!("/schedules/{}", grown.schedule)).await?;
    site.stop();
    for count in schedules {
        grow::schedules(&site, &grown, *count, slots).await?;
        ticks(&site, &grown, *count, slots).await?;
    }
    Ok(())
}

async fn ticks(site: &Site, grown: &Grown, schedules: u64, slots: u64) -> anyhow::Result<()> {
    let now: DateTime<Utc> = "2026-10-05T12:00:00Z".parse()?;
    let settings = [
        ("RECOMAMP_DATA_DIR", site.folder.path().display().to_string()),
        ("RECOMAMP_LISTEN", "127.0.0.1:0".to_owned()),
    ];
    let settings: BTreeMap<String, String> = settings.map(|(name, value)| (name.to_owned(), value)).into();
    let config = Config::read(&settings).map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let (clock, hand) = Clock::manual(now);
    let app = App::open(config, "127.0.0.1:9".parse()?, clock, Random::system()).await?;
    app.take_over().await?;
    let workers = app.workers();
    let scheduler = workers.iter().find(|worker| worker.name() == "scheduler").context("a scheduler")?;
    // The first tick begins to read the feed.
    scheduler.tick().await?;
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        let began = Instant::now();
        let tick = scheduler.tick().await?;
        idle.push(began.elapsed());
        anyhow::ensure!(tick.changed == 0, "something was due: {tick:?}");
    }
    let mut busy = Vec::new();
    for round in 0..ROUNDS {
        hand.set(now + TimeDelta::hours(i64::try_from(round)? + 1));
        due(&app.site.db, app.site.clock.now(), &grown.schedule).await?;
        let began = Instant::now();
        let mut decided = 0;
        while decided < DUE as usize {
            let tick = scheduler.tick().await?;
            anyhow::ensure!(tick.changed > 0 && tick.failed == 0, "slots are not decided: {tick:?}");
            decided += tick.changed;
        }
        busy.push(began.elapsed());
    }
    say(&format!(
        "{schedules} schedules, {slots} past slots: a tick that finds nothing due {:.2} ms, {DUE} due {:.0} ms",
        median(idle),
        median(busy)
    ));
    app.close().await;
    Ok(())
}

/// Makes so many schedules due at this moment.
async fn due(db: &Db, now: DateTime<Utc>, but: &str) -> anyhow::Result<()> {
    const DUE_NOW: &str = "update schedules set due_at = $1, next_at = $1, next_slot = substr($2, 1, 16) where id in \
        (select id from schedules where state = 'active' and id <> $3 order by id limit $4)";
    let mut tx = db.write(&Scope::System).await?;
    let slot = now.format("%Y-%m-%dT%H:%M").to_string();
    sql(DUE_NOW).bind(now).bind(slot).bind(but).bind(DUE).execute(&mut tx).await?;
    Ok(tx.commit().await?)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64) * 1_000.0
}
