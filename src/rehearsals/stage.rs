//! Where a rehearsal plays: a program in this process with a database, a clock and an AMC emulator of its own.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::copy::{self, Copied};
use crate::amazon::{self, Hosts, RegionHosts, Timeouts};
use crate::clock::{Clock, ManualClock};
use crate::config::Config;
use crate::connections::{self, Grants};
use crate::db::{Db, Memo, Scope};
use crate::emulator::{Emulator, Options};
use crate::executions::{self, Executions};
use crate::ids::ProcessId;
use crate::notices;
use crate::queries::Trials;
use crate::schedules::{self, Schedules, Staged, Zones};
use crate::server::{self, Bounds};
use crate::telemetry::metrics::Metrics;
use crate::vault::{self, Secret, Vault};
use crate::web::{Site, SiteParts};
use crate::workers::{Statuses, Tick, WakeUps, Worker};

/// The folder of rehearsals in the data folder.
const FOLDER: &str = "rehearsals";
/// A folder that is older was left by a process that crashed.
const LEFT: std::time::Duration = std::time::Duration::from_hours(1);
/// How much synthetic data: enough for results above the privacy thresholds, generated within a second or two.
const SCALE: f64 = 0.25;
/// The workers, in the order of their turns.
const WORKERS: [&str; 5] = ["refresher", "scheduler", "poller", "fetcher", "notifier"];

/// A folder that is deleted with the value.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // OK because the next rehearsal deletes what is left.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a turn of all workers came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    /// Rows that were changed.
    pub(super) changed: usize,
    /// When the next row is due.
    pub(super) next: Option<DateTime<Utc>>,
}

/// See the module.
pub(super) struct Stage {
    pub(super) site: Site,
    /// Moves its clock.
    pub(super) time: ManualClock,
    pub(super) emulator: Emulator,
    copied: Copied,
    workers: Vec<Arc<dyn Worker>>,
    stop: CancellationToken,
    tasks: TaskTracker,
    _folder: Folder,
}

impl Stage {
    /// Opens it with a copy of a schedule at this time; the synthetic data has all days until `last`.
    pub(super) async fn open(
        real: &Site,
        schedule: &Staged,
        zones: &Zones,
        start: DateTime<Utc>,
        last: NaiveDate,
    ) -> anyhow::Result<Self> {
        let folder = folder(real)?;
        let (clock, time) = Clock::manual(start);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
        let emulator = Emulator::open(
            Options {
                base: base.clone(),
                folder: folder.0.join("emulator"),
                seed: real.config.emulator.seed,
                scale: SCALE,
                data_until: Some(last),
                ..Options::default()
            },
            clock.clone(),
            real.random.clone(),
        )?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        // Without the control page: only calls with one of the emulator's tokens reach anything.
        let (router, stopped) = (emulator.service_router(), stop.clone());
        tasks.spawn(async move { server::serve(listener, router, Bounds::of_system(&[]), stopped).await });
        let site = site(real, &folder, clock).await?;
        let copied = copy::copy(&real.db, &site.db, schedule, &emulator).await?;
        let workers = workers(&site, &base, &emulator)?;
        let mut stage = Self { site, time, emulator, copied, workers, stop, tasks, _folder: folder };
        stage.give_grants().await?;
        let mut tx = stage.site.db.write(&Scope::System).await?;
        schedule.add_to(&mut tx, zones, start).await?;
        tx.commit().await?;
        stage.copied.subscribe(&stage.site.db).await?;
        Ok(stage)
    }

    /// Gives all connections a grant of the emulator, as their owners would by reconnecting.
    pub(super) async fn give_grants(&self) -> anyhow::Result<()> {
        let mut tx = self.site.db.write(&Scope::System).await?;
        for (person, region) in &self.copied.connections {
            let refresh = Secret::new(self.copied.passage.refresh_token.clone());
            connections::give(&mut tx, &self.site, person, *region, refresh).await?;
        }
        Ok(tx.commit().await?)
    }

    /// One tick of each worker.
    pub(super) async fn turn(&self) -> anyhow::Result<Turn> {
        let mut turn = Turn::default();
        for worker in &self.workers {
            let Tick { changed, next, .. } =
                worker.tick().await.with_context(|| format!("the {} of a rehearsal fails", worker.name()))?;
            turn.changed += changed;
            turn.next = turn.next.into_iter().chain(next).min();
        }
        self.emulator.settled().await;
        Ok(turn)
    }

    /// Ends everything that belongs to it.
    pub(super) async fn close(self) {
        self.stop.cancel();
        self.emulator.shutdown().await;
        self.site.db.close().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Ends the server of a stage that was not closed, since its play panicked.
        self.stop.cancel();
    }
}

/// An empty folder of its own; folders that crashed processes left are deleted.
fn folder(real: &Site) -> anyhow::Result<Folder> {
    let all = real.config.data_dir.join(FOLDER);
    vault::private_folder(&all)?;
    for entry in std::fs::read_dir(&all)?.flatten() {
        let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > LEFT) {
            // OK because it is tried again by the next rehearsal.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let own = all.join(real.random.id::<ProcessId>(real.clock.now()).as_str());
    vault::private_folder(&own)?;
    Ok(Folder(own))
}

/// The shared state of the program: the real settings, with everything that is stored in the folder.
async fn site(real: &Site, folder: &Folder, clock: Clock) -> anyhow::Result<Site> {
    let config = Config {
        data_dir: folder.0.clone(),
        database_url: format!("sqlite:{}", folder.0.join("rehearsal.sqlite").display()),
        keys_file: folder.0.join("keys"),
        results_bucket: None,
        amazon: None,
        mail: None,
        ..(*real.config).clone()
    };
    let db = Db::open(&config.database_url).await?;
    let vault = Vault::from_file(&config.keys_file, &real.random)?;
    Ok(Site::from(SiteParts {
        persons: Memo::new(db.clone(), 1),
        db,
        clock,
        random: real.random.clone(),
        vault,
        config: Arc::new(config),
        held: None,
        wakes: WakeUps::default(),
        statuses: Statuses::default(),
        metrics: Metrics::default(),
    }))
}

/// The workers that advance schedules, executions and notices.
fn workers(site: &Site, base: &Url, emulator: &Emulator) -> anyhow::Result<Vec<Arc<dyn Worker>>> {
    let (client_id, client_secret) = emulator.client();
    let hosts = Hosts {
        consent: base.join("ap/oa")?,
        token: base.join("auth/o2/token")?,
        profile: base.join("user/profile")?,
        api: base.clone(),
    };
    let settings = amazon::Settings {
        client_id,
        client_secret: Secret::new(client_secret),
        hosts: RegionHosts { na: hosts.clone(), eu: hosts.clone(), fe: hosts },
        timeouts: Timeouts::default(),
    };
    let grants = Grants::new(site.clone(), amazon::Client::new(settings, site.clock.clone())?);
    let executions = Executions::new(site.clone(), grants.clone())?;
    let process: ProcessId = site.random.id(site.clock.now());
    let rooms = [
        connections::room(grants, process.clone()),
        executions::room(&executions, &process),
        schedules::room(Schedules::new(site.clone(), executions.clone(), Arc::<Trials>::default()), &process),
        notices::room(site.clone(), &executions, &process),
    ];
    let mut found: Vec<Arc<dyn Worker>> = rooms.into_iter().flat_map(|room| room.workers).collect();
    let place = |worker: &Arc<dyn Worker>| WORKERS.iter().position(|name| *name == worker.name());
    found.retain(|worker| place(worker).is_some());
    found.sort_by_key(place);
    anyhow::ensure!(found.len() == WORKERS.len(), "a rehearsal lacks a worker");
    Ok(found)
}

/// The last day of which a period may read data: a day after its end, since zones differ from UTC.
pub(super) fn last_day(until: DateTime<Utc>) -> NaiveDate {
    (until + TimeDelta::days(8)).date_naive()
}
