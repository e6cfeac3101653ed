//! What every story stands on: the program on a port of its own, on either database, with the pretend
//! AMC behind the real client, and a hand on its clock.

mod command;
mod database;
mod visitor;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use recomamp::app::App;
use recomamp::clock::{Clock, ManualClock};
use recomamp::config::Config;
use recomamp::db::{Db, Engine, Scope, Single, sql};
use recomamp::ids::Random;
use recomamp::workers::{Tick, Worker};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) use command::{recomamp, started};
pub(crate) use database::{Database, Outage, execute};
pub(crate) use visitor::{Answer, Visitor};

/// The instant at which every story begins.
pub(crate) fn morning() -> DateTime<Utc> {
    "2026-03-18T09:00:00Z".parse().expect("an instant")
}

/// Runs each story on SQLite and on PostgreSQL, as `sqlite::…` and `postgres::…`.
macro_rules! stories {
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

/// A data folder and a database, with no program on them.
pub(crate) struct Place {
    database: Database,
    folder: TempDir,
    settings: Vec<(String, String)>,
}

impl Place {
    /// What the program on the command line has to be told to work here.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        vec![
            ("DATA_DIR".to_owned(), self.folder.path().display().to_string()),
            ("DATABASE_URL".to_owned(), self.database_url()),
        ]
    }

    /// The database's address.
    pub(crate) fn database_url(&self) -> String {
        self.database.url(self.folder.path())
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The same folder with another database.
    pub(crate) fn on(self, database: Database) -> Self {
        Self { database, ..self }
    }
}

/// The program, running.
pub(crate) struct House {
    /// The program put together.
    pub(crate) app: App,
    /// The hand on its clock.
    pub(crate) time: ManualClock,
    /// Where it answers.
    pub(crate) address: SocketAddr,
    workers: Vec<Arc<dyn Worker>>,
    settings: Vec<(String, String)>,
    database: Database,
    folder: TempDir,
    server: Server,
}

/// A server on threads of its own, so that a crash can end every connection at once.
struct Server(Option<tokio::runtime::Runtime>);

impl Server {
    fn start(listener: std::net::TcpListener, router: axum::Router) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).thread_stack_size(16 << 20).enable_all().build().expect("threads");
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, service).await.expect("the server runs");
        });
        Self(Some(runtime))
    }

    /// Ends all its tasks where they stand, and waits until they are gone.
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

impl House {
    /// Starts the program with an empty data folder.
    pub(crate) async fn open(database: Database) -> Self {
        Self::open_with(database, &[]).await
    }

    /// The same with further settings, by their names without `RECOMAMP_`.
    pub(crate) async fn open_with(database: Database, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a data folder");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::start(database, folder, settings, listener, morning()).await
    }

    async fn start(
        database: Database,
        folder: TempDir,
        settings: Vec<(String, String)>,
        listener: std::net::TcpListener,
        now: DateTime<Utc>,
    ) -> Self {
        listener.set_nonblocking(true).expect("a listener for tokio");
        let address = listener.local_addr().expect("a port has an address");
        let (clock, time) = Clock::manual(now);
        let mut map: BTreeMap<String, String> = [
            ("LISTEN", address.to_string()),
            ("DATA_DIR", folder.path().display().to_string()),
            ("DATABASE_URL", database.url(folder.path())),
            ("EMULATOR_SPEED", "0".to_owned()),
            ("EMULATOR_SCALE", "0.02".to_owned()),
            ("REQUESTS_PER_MINUTE", "100000".to_owned()),
        ]
        .map(|(name, value)| (format!("RECOMAMP_{name}"), value))
        .into();
        map.extend(settings.iter().map(|(name, value)| (format!("RECOMAMP_{name}"), value.clone())));
        let config = Config::read(&map).expect("settings that are right");
        let app = App::open(config, address, clock, Random::system()).await.expect("the program starts");
        if app.site.db.engine() == Engine::Sqlite {
            app.take_over().await.expect("claims can be ended");
        }
        let server = Server::start(listener, app.router());
        Self { workers: app.workers(), app, time, address, settings, database, folder, server }
    }

    /// Ends the program without any order, and starts it again on the same data and port, as after a crash.
    pub(crate) async fn crash_and_start_again(self) -> Self {
        let (address, now) = (self.address, self.app.site.clock.now());
        let Place { database, folder, settings } = self.stop().await;
        let listener = std::net::TcpListener::bind(address).expect("the port is free again");
        Self::start(database, folder, settings, listener, now).await
    }

    /// Ends the program, and leaves what it kept.
    pub(crate) async fn stop(self) -> Place {
        let Self { app, settings, database, folder, server, workers, .. } = self;
        server.crash().await;
        drop(workers);
        app.close().await;
        drop(app);
        Place { database, folder, settings }
    }

    /// Starts the program on what is kept there.
    pub(crate) async fn at(place: Place, now: DateTime<Utc>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self::start(place.database, place.folder, place.settings, listener, now).await
    }

    /// An empty place for a database of the same kind.
    pub(crate) async fn elsewhere(&self) -> Place {
        let (database, folder) = (self.database.empty_like().await, tempfile::tempdir().expect("a data folder"));
        Place { database, folder, settings: self.settings.clone() }
    }

    /// What the program on the command line has to be told to work beside this one.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        vec![
            ("LISTEN".to_owned(), self.address.to_string()),
            ("DATA_DIR".to_owned(), self.folder().display().to_string()),
            ("DATABASE_URL".to_owned(), self.database.url(self.folder())),
        ]
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Which database it is on.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The same with further settings.
    pub(crate) async fn start_again_with(mut self, settings: &[(&str, &str)]) -> Self {
        self.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.crash_and_start_again().await
    }

    /// A second process on the same PostgreSQL and data folder, which takes this one's pretend AMC for Amazon.
    pub(crate) async fn beside(&self) -> Self {
        let Database::Postgres(url) = &self.database else { panic!("several processes need PostgreSQL") };
        let (id, secret) = self.app.emulator.as_ref().expect("a sandbox").client();
        let base = format!("http://{}/emulator", self.address);
        let mut settings = vec![
            ("DATA_DIR".to_owned(), self.app.site.config.data_dir.display().to_string()),
            ("AMAZON_CLIENT_ID".to_owned(), id),
            ("AMAZON_CLIENT_SECRET".to_owned(), secret),
        ];
        for (host, path) in
            [("CONSENT", "/ap/oa"), ("TOKEN", "/auth/o2/token"), ("PROFILE", "/user/profile"), ("ADS_API", "/")]
        {
            settings.push((format!("{host}_URL_NA"), format!("{base}{path}")));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let now = self.app.site.clock.now();
        Self::start(Database::Postgres(url.clone()), folder, settings, listener, now).await
    }

    /// The database, for looking at what the program stored.
    pub(crate) fn db(&self) -> &Db {
        &self.app.site.db
    }

    /// A visitor without a session.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(format!("http://{}", self.address))
    }

    /// A visitor signed in as the pretend person whose name begins so, with their instances found.
    pub(crate) async fn signed_in(&self, name: &str) -> Visitor {
        let visitor = self.visitor();
        visitor.sign_in(name).await;
        self.tick("surveyor").await;
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

    /// Takes the database away until [`Outage::end`]: nobody writes to the file, nobody enters the server's.
    pub(crate) async fn outage(&self) -> Outage {
        Outage::begin(&self.database, &self.database.url(self.folder())).await
    }

    /// One tick of each worker that moves executions.
    pub(crate) async fn step(&self) {
        self.tick("poller").await;
        self.tick("fetcher").await;
    }

    /// Moves time and ticks until no execution is left that can move; the pretend AMC does its work meanwhile.
    pub(crate) async fn settle(&self) {
        for _ in 0..200 {
            self.step().await;
            if self.unfinished().await == 0 {
                return;
            }
            if let Some(emulator) = &self.app.emulator {
                emulator.settled().await;
            }
            self.time.advance(TimeDelta::seconds(20));
        }
        panic!("executions do not come to an end");
    }

    /// Switches a fault of the pretend AMC on, as its control page does: `kind`, `measure`, `path`, `times`.
    pub(crate) async fn fault(&self, kind: &str, path: &str, times: &str) {
        let fields = [("kind", kind), ("path", path), ("times", times), ("measure", "")];
        let answer = self.visitor().post("/emulator/control/faults", &fields).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{}", answer.body);
    }

    /// Executions that have not ended.
    pub(crate) async fn unfinished(&self) -> i64 {
        self.count("select count(*) as value from executions where finished_at is null").await
    }

    /// A count, with the eyes of the program itself.
    pub(crate) async fn count(&self, text: &'static str) -> i64 {
        let mut tx = self.db().read(&Scope::System).await.expect("a transaction");
        sql(text).one::<Single<i64>>(&mut tx).await.expect("a count").0
    }
}
