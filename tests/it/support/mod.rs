//! What every story stands on: the program on a port of its own, on either database, with the pretend
//! AMC behind the real client, and a hand on its clock.

mod database;
mod visitor;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use recomamp::app::App;
use recomamp::clock::{Clock, ManualClock};
use recomamp::config::Config;
use recomamp::db::{Db, Scope, Single, sql};
use recomamp::ids::Random;
use recomamp::workers::{Tick, Worker};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) use database::Database;
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

/// A server that ends with its story.
struct Server(tokio::task::JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
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
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::start(database, folder, settings, listener, morning()).await
    }

    async fn start(
        database: Database,
        folder: TempDir,
        settings: Vec<(String, String)>,
        listener: TcpListener,
        now: DateTime<Utc>,
    ) -> Self {
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
        app.take_over().await.expect("claims can be ended");
        let router = app.router().into_make_service_with_connect_info::<SocketAddr>();
        #[expect(clippy::disallowed_methods, reason = "a server of the story's own, which ends with it")]
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the server runs");
        });
        Self { workers: app.workers(), app, time, address, settings, database, folder, server: Server(server) }
    }

    /// Ends the program without any order, and starts it again on the same data and port, as after a crash.
    pub(crate) async fn crash_and_start_again(self) -> Self {
        let Self { app, address, settings, database, folder, server, .. } = self;
        let now = app.site.clock.now();
        drop(server);
        app.close().await;
        drop(app);
        let listener = loop {
            // OK to try again: the port is free as soon as the old server's socket is dropped.
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        Self::start(database, folder, settings, listener, now).await
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
        let worker = self.workers.iter().find(|worker| worker.name() == name).expect("a worker of this name");
        worker.tick().await.unwrap_or_else(|error| panic!("the {name} fails: {error:#}"))
    }

    /// Moves time and ticks until no execution is left that can move; the pretend AMC does its work meanwhile.
    pub(crate) async fn settle(&self) {
        for _ in 0..200 {
            self.tick("poller").await;
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
