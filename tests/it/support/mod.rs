//! The test environment of all stories: the program on its own port, with either database, the AMC emulator behind
//! the real client, and a manual clock.

mod cable;
mod command;
mod database;
mod gate;
mod premises;
mod program;
mod visitor;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use recomamp::app::App;
use recomamp::clock::{Clock, ManualClock};
use recomamp::config::Config;
use recomamp::db::{Db, Engine, Scope, Single, sql};
use recomamp::emulator::Emulator;
use recomamp::ids::Random;
use recomamp::server::Bounds;
use recomamp::workers::{Tick, Worker};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use cable::Cable;
pub(crate) use command::{recomamp, started};
pub(crate) use database::{Database, Outage, execute};
pub(crate) use gate::{Call, Gate, Moment, Trap};
pub(crate) use premises::Premises;
pub(crate) use program::{Plug, Program};
pub(crate) use visitor::{Answer, Visitor};

/// The time at which every story begins.
pub(crate) fn morning() -> DateTime<Utc> {
    "2026-03-18T09:00:00Z".parse().expect("an instant")
}

/// Runs each story on SQLite and on PostgreSQL, as `sqlite::…` and `postgres::…`. A story gets a house, or a database
/// on which it opens one itself.
macro_rules! stories {
    ($($(#[$doc:meta])* async fn $name:ident($database:ident: Database) $body:block)+) => {
        $($(#[$doc])* async fn $name($database: $crate::support::Database) $body)+

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                Box::pin(super::$name($crate::support::Database::sqlite())).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                Box::pin(super::$name($crate::support::Database::postgres().await)).await;
            })+
        }
    };
    ($($(#[$doc:meta])* async fn $name:ident($house:ident: House) $body:block)+) => {
        $($(#[$doc])* async fn $name($house: $crate::support::House) $body)+

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                Box::pin(super::$name($crate::support::House::open($crate::support::Database::sqlite()).await)).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                Box::pin(super::$name($crate::support::House::open($crate::support::Database::postgres().await).await)).await;
            })+
        }
    };
}

pub(crate) use stories;

/// The running program.
pub(crate) struct House {
    pub(crate) app: App,
    /// Controls its clock.
    pub(crate) time: ManualClock,
    pub(crate) address: SocketAddr,
    /// The AMC emulator, built in or separate.
    pub(crate) amazon: Option<Emulator>,
    workers: Vec<Arc<dyn Worker>>,
    premises: Premises,
    server: Server,
}

/// A server on its own threads, so that a crash can end every connection at once.
pub(crate) struct Server(Option<tokio::runtime::Runtime>);

impl Server {
    pub(crate) fn start(listener: std::net::TcpListener, router: axum::Router) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).thread_stack_size(16 << 20).enable_all().build().expect("threads");
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            recomamp::server::serve(listener, router, Bounds::of_system(&[]), CancellationToken::new()).await;
        });
        Self(Some(runtime))
    }

    /// Aborts all its tasks, and waits until they are gone.
    async fn crash(mut self) {
        let runtime = self.0.take();
        let ended = tokio::task::spawn_blocking(move || {
            if let Some(runtime) = runtime {
                runtime.shutdown_timeout(std::time::Duration::from_secs(10));
            }
        });
        ended.await.expect("the server ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The settings of a program that uses this AMC emulator, at `base`, as Amazon.
fn credentials(amazon: &Emulator, base: &str) -> Vec<(String, String)> {
    let (id, secret) = amazon.client();
    let hosts = [("CONSENT", "/ap/oa"), ("TOKEN", "/auth/o2/token"), ("PROFILE", "/user/profile"), ("ADS_API", "/")];
    let hosts = hosts.map(|(host, path)| (format!("{host}_URL_NA"), format!("{base}{path}")));
    [("AMAZON_CLIENT_ID".to_owned(), id), ("AMAZON_CLIENT_SECRET".to_owned(), secret)]
        .into_iter()
        .chain(hosts)
        .collect()
}

impl House {
    /// Starts the program with an empty data folder.
    pub(crate) async fn open(database: Database) -> Self {
        Self::open_with(database, &[]).await
    }

    /// The same with additional settings, named without `RECOMAMP_`.
    pub(crate) async fn open_with(database: Database, settings: &[(&str, &str)]) -> Self {
        Self::at(Premises::new(database, settings, None), morning()).await
    }

    /// Starts it with this proxy as Amazon, at the system time, with these settings.
    pub(crate) async fn open_before(gate: &Gate, database: Database, settings: &[(&str, &str)]) -> Self {
        let amazon = credentials(&gate.amazon, gate.base());
        let amazon = amazon.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let settings: Vec<(&str, &str)> = amazon.chain(settings.iter().copied()).collect();
        Self::at(Premises::new(database, &settings, Some(gate.amazon.clone())), Clock::system().now()).await
    }

    /// Starts the program on existing data.
    pub(crate) async fn at(mut premises: Premises, now: DateTime<Utc>) -> Self {
        let address = premises.address;
        let door = premises.door();
        let (clock, time) = Clock::manual(now);
        let config = Config::read(&premises.environment().into_iter().collect::<BTreeMap<_, _>>())
            .expect("settings that are right");
        let app = App::open(config, address, clock, Random::system()).await.expect("the program starts");
        if app.site.db.engine() == Engine::Sqlite {
            app.take_over().await.expect("claims can be ended");
        }
        let server = Server::start(door, app.router());
        let amazon = app.emulator.clone().or_else(|| premises.amazon.clone());
        Self { workers: app.workers(), app, time, address, amazon, premises, server }
    }

    /// Ends the program without shutdown, like a crash; stored data remains.
    pub(crate) async fn stop(self) -> Premises {
        let Self { app, premises, server, workers, .. } = self;
        server.crash().await;
        drop(workers);
        app.close().await;
        premises
    }

    /// Ends the program without shutdown, and starts it again on the same data and port, like after a crash.
    pub(crate) async fn crash_and_start_again(self) -> Self {
        let now = self.app.site.clock.now();
        Self::at(self.stop().await, now).await
    }

    /// An empty data folder with an empty database of the same kind.
    pub(crate) async fn elsewhere(&self) -> Premises {
        Premises {
            settings: self.premises.settings.clone(),
            ..Premises::new(self.database().empty_like().await, &[], None)
        }
    }

    /// The settings for the command line to use the same installation.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let mut settings = self.premises.settings();
        settings.push(("LISTEN".to_owned(), self.address.to_string()));
        settings
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.premises.folder()
    }

    pub(crate) fn database_url(&self) -> String {
        self.premises.database_url()
    }

    pub(crate) fn database(&self) -> &Database {
        &self.premises.database
    }

    /// Restarts with additional settings.
    pub(crate) async fn start_again_with(mut self, settings: &[(&str, &str)]) -> Self {
        self.premises.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.crash_and_start_again().await
    }

    /// A second process on the same PostgreSQL and data folder, which uses this one's AMC emulator as Amazon.
    pub(crate) async fn beside(&self) -> Self {
        let Database::Postgres(url) = &self.premises.database else { panic!("several processes need PostgreSQL") };
        let amazon = self.amazon.as_ref().expect("a sandbox");
        let mut settings = credentials(amazon, &format!("http://{}/emulator", self.address));
        settings.push(("DATA_DIR".to_owned(), self.app.site.config.data_dir.display().to_string()));
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let premises = Premises::new(Database::Postgres(url.clone()), &settings, Some(amazon.clone()));
        Self::at(premises, self.app.site.clock.now()).await
    }

    /// The database, for checking what the program stored.
    pub(crate) fn db(&self) -> &Db {
        &self.app.site.db
    }

    /// A visitor without a session.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(format!("http://{}", self.address))
    }

    /// A visitor signed in as the sample user whose name begins like this, with their instances discovered.
    pub(crate) async fn signed_in(&self, name: &str) -> Visitor {
        let visitor = self.visitor();
        visitor.sign_in(name).await;
        self.tick("instance-discovery").await;
        visitor
    }

    /// One tick of a worker.
    pub(crate) async fn tick(&self, name: &str) -> Tick {
        self.try_tick(name).await.unwrap_or_else(|error| panic!("the {name} fails: {error:#}"))
    }

    /// One tick of a worker, which may fail.
    pub(crate) async fn try_tick(&self, name: &str) -> anyhow::Result<Tick> {
        let worker = self.workers.iter().find(|worker| worker.name() == name).expect("a worker of this name");
        worker.tick().await
    }

    /// Makes the database unavailable until [`Outage::end`]: nobody can write to the file, nobody can connect to the
    /// server.
    pub(crate) async fn outage(&self) -> Outage {
        Outage::begin(self.database(), &self.premises.database_url()).await
    }

    /// Makes the PostgreSQL database read-only until [`Outage::end`].
    pub(crate) async fn turned_read_only(&self) -> Outage {
        Outage::read_only(&self.premises.database_url()).await
    }

    /// One tick of each worker that advances executions.
    pub(crate) async fn step(&self) {
        self.tick("poller").await;
        self.tick("fetcher").await;
    }

    /// Advances time and ticks until no execution can advance any more; the AMC emulator works meanwhile.
    pub(crate) async fn settle(&self) {
        for _ in 0..200 {
            self.step().await;
            if self.unfinished().await == 0 {
                return;
            }
            if let Some(amazon) = &self.amazon {
                amazon.settled().await;
            }
            self.time.advance(TimeDelta::seconds(20));
        }
        panic!("executions do not come to an end");
    }

    /// Adds a fault to the AMC emulator, like its control page: `kind`, `measure`, `path`, `times`. `kind` may
    /// contain its value: `refused=404`.
    pub(crate) async fn fault(&self, kind: &str, path: &str, times: &str) {
        let (kind, measure) = kind.split_once('=').unwrap_or((kind, ""));
        let fields = [("kind", kind), ("path", path), ("times", times), ("measure", measure)];
        let answer = self.visitor().post("/emulator/control/faults", &fields).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{}", answer.body);
    }

    /// Removes all faults.
    pub(crate) async fn heal(&self) {
        let answer = self.visitor().post("/emulator/control/faults/remove", &[]).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{}", answer.body);
    }

    /// The number of executions in progress.
    pub(crate) async fn unfinished(&self) -> i64 {
        self.count("select count(*) as value from executions where finished_at is null").await
    }

    /// A count, in the system's scope.
    pub(crate) async fn count(&self, text: &'static str) -> i64 {
        let mut tx = self.db().read(&Scope::System).await.expect("a transaction");
        sql(text).one::<Single<i64>>(&mut tx).await.expect("a count").0
    }
}
