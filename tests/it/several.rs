//! Two processes on one PostgreSQL, and the AMC emulator as a third: one is killed while it works.

use std::net::SocketAddr;
use std::time::Duration;

use recomamp::clock::Clock;
use recomamp::db::{Db, Scope, Single, sql};
use recomamp::emulator::{Emulator, Options};
use recomamp::ids::Random;
use tempfile::TempDir;
use tokio::process::Child;
use tokio_util::sync::CancellationToken;

use crate::executions::{REACH, run, saved};
use crate::support::{Database, Visitor, execute, started};

/// Time limit for anything; the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until `fits` returns something.
pub(crate) async fn until<T>(what: &str, fits: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, fits).await
}

/// Waits until `fits` returns something, but not longer than `patience`.
pub(crate) async fn until_within<T>(patience: Duration, what: &str, mut fits: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        loop {
            if let Some(found) = fits().await {
                return found;
            }
            ticks.tick().await;
        }
    };
    tokio::time::timeout(patience, wait).await.unwrap_or_else(|_| panic!("{what} does not come"))
}

struct Site {
    folder: TempDir,
    database: String,
    amazon: String,
}

impl Site {
    /// Starts a process; returns it and its address.
    async fn start(&self) -> (Child, SocketAddr) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut settings: Vec<(String, String)> = [
            ("LISTEN", address.to_string()),
            ("DATA_DIR", self.folder.path().display().to_string()),
            ("DATABASE_URL", self.database.clone()),
            ("AMAZON_CLIENT_ID", "amzn1.application-oa2-client.story".to_owned()),
            ("AMAZON_CLIENT_SECRET", "story".to_owned()),
            ("POLL_SECONDS", "1".to_owned()),
            ("REQUESTS_PER_MINUTE", "100000".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for (host, path) in
            [("CONSENT", "ap/oa"), ("TOKEN", "auth/o2/token"), ("PROFILE", "user/profile"), ("ADS_API", "")]
        {
            settings.push((format!("{host}_URL_NA"), format!("{}{path}", self.amazon)));
        }
        let process = started(&settings, &["serve"]);
        until("the process", async || tokio::net::TcpStream::connect(address).await.ok()).await;
        (process, address)
    }
}

/// A separate AMC emulator, so that it outlives every process.
async fn amazon(folder: &TempDir, fault: &str) -> (Emulator, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let options = Options {
        base: base.parse().unwrap(),
        folder: folder.path().join("amazon"),
        speed: 0.0,
        scale: 0.02,
        faults: vec![fault.parse().unwrap()],
        ..Options::default()
    };
    let emulator = Emulator::open(options, Clock::system(), Random::system()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a server of the story's own, which ends with its runtime")]
    tokio::spawn(recomamp::emulator::serve(emulator.clone(), listener, CancellationToken::new()));
    (emulator, base)
}

async fn count(db: &Db, text: &'static str) -> i64 {
    let mut tx = db.read(&Scope::System).await.unwrap();
    sql(text).one::<Single<i64>>(&mut tx).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_is_killed_and_the_other_finishes_everything_once() {
    const SENDING: &str =
        "select count(*) as value from executions where state = 'sending' and lease_until is not null";
    const DONE: &str = "select count(*) as value from executions where state = 'succeeded'";
    // Two minutes later, the leases of the dead process have expired.
    const LATER: &str = "update executions set lease_until = null, next_step_at = now() - interval '1 minute', \
        sent_at = sent_at - interval '10 minutes' where finished_at is null";
    let Database::Postgres(database) = Database::postgres().await else { unreachable!() };
    let folder = tempfile::tempdir().unwrap();
    let (emulator, amazon) = amazon(&folder, "slow=90000@/workflowExecutions*1").await;
    let db = Db::connect(&database).await.unwrap();
    let site = Site { folder, database, amazon };
    let (mut first, address) = site.start().await;
    let ada = Visitor::new(format!("http://{address}"));
    ada.sign_in("Ada").await;
    until("an instance", async || {
        ada.get("/instances").await.texts("tbody tr").iter().any(|row| row.contains("Standard")).then_some(())
    })
    .await;
    let query = saved(&ada, REACH).await;
    let held = run(&ada, &query).await;
    until("the first send", async || (count(&db, SENDING).await == 1).then_some(())).await;

    let (_second, address) = site.start().await;
    let there = Visitor::new(format!("http://{address}"));
    there.take_cookies(ada.cookies());
    run(&there, &query).await;
    run(&there, &query).await;
    until("the second's own runs", async || (count(&db, DONE).await == 2).then_some(())).await;
    assert_eq!(count(&db, SENDING).await, 1, "the first still has its run in hand");
    first.kill().await.unwrap();
    until("the run of the dead", async || {
        execute(&site.database, LATER).await;
        (count(&db, DONE).await == 3).then_some(())
    })
    .await;
    assert_eq!(emulator.executions(), 3, "each run is on AMC exactly once");
    assert!(there.get(&held).await.with(200).text("#live [role=status]").contains("Succeeded"));
    there.get(&format!("{held}/result.csv")).await.with(200);
}

/// A process that is stopped while the download of a result hangs exits within the grace period of containers and
/// releases its lease: the next process downloads the result immediately, without waiting for the lease to expire.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_a_download_that_hangs() {
    const FETCHING: &str =
        "select count(*) as value from executions where state = 'fetching' and lease_until is not null";
    const HELD: &str = "select count(*) as value from executions where lease_until is not null";
    const DONE: &str = "select count(*) as value from executions where state = 'succeeded'";
    // The download hangs for two minutes.
    const GRACE: Duration = Duration::from_secs(30);
    let Database::Postgres(database) = Database::postgres().await else { unreachable!() };
    let folder = tempfile::tempdir().unwrap();
    let (_emulator, amazon) = amazon(&folder, "slow=110000@/amc-output/*1").await;
    let db = Db::connect(&database).await.unwrap();
    let site = Site { folder, database, amazon };
    let (mut first, address) = site.start().await;
    let ada = Visitor::new(format!("http://{address}"));
    ada.sign_in("Ada").await;
    until("an instance", async || {
        ada.get("/instances").await.texts("tbody tr").iter().any(|row| row.contains("Standard")).then_some(())
    })
    .await;
    let held = run(&ada, &saved(&ada, REACH).await).await;
    until("the download", async || (count(&db, FETCHING).await == 1).then_some(())).await;
    let process = first.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    let ended = tokio::time::timeout(GRACE, first.wait()).await.expect("it ends in time").unwrap();
    assert!(ended.success(), "{ended}");
    assert_eq!(count(&db, HELD).await, 0, "nothing is held by a process that is gone");

    let (_second, address) = site.start().await;
    until("the result", async || (count(&db, DONE).await == 1).then_some(())).await;
    let there = Visitor::new(format!("http://{address}"));
    there.take_cookies(ada.cookies());
    there.get(&format!("{held}/result.csv")).await.with(200);
}

/// A second process on one SQLite file says why it can't start; after a kill, the first one doesn't block it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_on_one_file_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |port: u16| {
        [
            ("LISTEN", format!("127.0.0.1:{port}")),
            ("DATA_DIR", folder.path().display().to_string()),
            ("EMULATOR_SCALE", "0.02".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    };
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port = free();
    let mut first = started(&settings(port), &[]);
    until("the first", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
    until("its lock", async || folder.path().join("recomamp.sqlite-wal").exists().then_some(())).await;
    let refused = crate::support::recomamp(&settings(free()), &[]).await.with(1);
    let process = first.id().unwrap();
    assert!(
        refused.err.contains(&format!("another RecomAMP (process {process}) uses the database")),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("stop it first") && refused.err.contains("PostgreSQL"), "{}", refused.err);
    let beside = crate::support::recomamp(&settings(port), &["doctor"]).await.with(0);
    assert!(beside.out.contains(&format!("as process {process}")), "{}", beside.out);
    first.kill().await.unwrap();
    let port = free();
    let _again = started(&settings(port), &[]);
    until("the next", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
}
