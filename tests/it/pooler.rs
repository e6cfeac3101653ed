//! A pooler in front of PostgreSQL: `PgBouncer`, in both of its modes.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use recomamp::db::{Db, Scope, Single, sql};
use tempfile::TempDir;
use url::Url;

use crate::support::Database;

/// Time limit until it listens.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `PgBouncer`, which is stopped at the end of the test.
struct Pooler {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // OK to fail: it has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Pooler {
    async fn start(mode: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut url: Url = Database::empty_postgres().await.url(folder.path()).parse().expect("an address");
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port();
        let settings = format!(
            "[databases]\n* = host={} port={} user={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\n",
            url.host_str().expect("a host"),
            url.port().unwrap_or(5432),
            url.username(),
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).expect("the settings are written");
        let mut command = Command::new(program());
        if belongs_to_root(folder.path()) {
            // It refuses to run as root.
            open_to_all(folder.path());
            command.args(["-u", "nobody"]);
        }
        let process = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("PgBouncer starts");
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let listens = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                ticks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, listens).await.expect("PgBouncer listens");
        url.set_port(Some(port)).expect("a port");
        Self { process, url: url.into(), _folder: folder }
    }
}

/// The path where Debian installs it, or from `PATH`.
fn program() -> &'static str {
    const DEBIAN: &str = "/usr/sbin/pgbouncer";
    if Path::new(DEBIAN).exists() { DEBIAN } else { "pgbouncer" }
}

fn belongs_to_root(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(folder).is_ok_and(|folder| folder.uid() == 0)
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("the folder is opened");
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_refused_with_the_required_mode() {
    let pooler = Pooler::start("transaction").await;
    let error = Db::connect(&pooler.url).await.expect_err("it cannot be used").to_string();
    assert!(error.contains("`pool_mode = session`") && error.contains("RECOMAMP_DATABASE_URL"), "{error}");
}

#[tokio::test]
async fn a_pooler_in_session_mode_works() {
    let pooler = Pooler::start("session").await;
    let db = Db::open(&pooler.url).await.expect("the schema is made through it");
    for _ in 0..3 {
        let mut tx = db.read(&Scope::System).await.expect("a transaction");
        let people = sql("select count(*) as value from people").one::<Single<i64>>(&mut tx).await.expect("a number").0;
        assert_eq!(people, 0);
    }
    db.close().await;
}
