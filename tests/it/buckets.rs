//! Results in a bucket: a real S3 server, and processes that share only the bucket and the database.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::executions::{REACH, run, saved};
use crate::several::until;
use crate::support::{Database, Program, Visitor};

/// The variable that names the S3 server.
const SERVER: &str = "RECOMAMP_TEST_S3";

/// The settings of a new bucket for this test.
#[expect(clippy::disallowed_methods, reason = "the test command names its S3 server in this variable")]
pub(crate) async fn bucket(name: &str) -> Vec<(&'static str, String)> {
    let server = std::env::var(SERVER).unwrap_or_else(|_| panic!("{SERVER} names no S3 server: run scripts/test"));
    let name = format!("{name}-{}", std::process::id());
    let address = server.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("the S3 server answers");
    let request = format!("PUT /{name} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the answer comes");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    vec![
        ("RECOMAMP_RESULTS_BUCKET", format!("s3://{name}/agency")),
        ("RECOMAMP_S3_ENDPOINT", server),
        ("RECOMAMP_S3_ACCESS_KEY_ID", "id".to_owned()),
        ("RECOMAMP_S3_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("RECOMAMP_EMULATOR_SPEED", "0".to_owned()),
        ("RECOMAMP_EMULATOR_SCALE", "0.02".to_owned()),
        ("RECOMAMP_POLL_SECONDS", "1".to_owned()),
    ]
}

/// One machine fetches a result, and another one with an empty data folder shows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_is_read_on_another_machine() {
    let Database::Postgres(database) = Database::postgres().await else { unreachable!() };
    let keys = tempfile::tempdir().unwrap();
    let mut settings = bucket("shared").await;
    settings.push(("RECOMAMP_DATABASE_URL", database));
    settings.push(("RECOMAMP_KEYS_FILE", keys.path().join("keys").display().to_string()));
    let mut settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let first = Program::start(&settings).await;
    let ada = Visitor::new(first.address());
    ada.sign_in("Ada").await;
    until("an instance", async || {
        ada.get("/instances").await.texts("tbody tr").iter().any(|row| row.contains("Standard")).then_some(())
    })
    .await;
    let page = run(&ada, &saved(&ada, REACH).await).await;
    until("the result", async || ada.get(&page).await.text("#live [role=status]").contains("Succeeded").then_some(()))
        .await;
    let here = ada.get(&format!("{page}/result.csv")).await.with(200).body;
    settings.push(("RECOMAMP_WORKERS", "off"));
    let second = Program::start(&settings).await;
    let there = Visitor::new(second.address());
    there.take_cookies(ada.cookies());
    assert_eq!(there.get(&format!("{page}/result.csv")).await.with(200).body, here);
    assert!(here.lines().count() > 1, "{here}");
}

/// The doctor reports whether the bucket is writable, and what to check if it isn't.
#[tokio::test]
async fn the_doctor_checks_the_bucket() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings: Vec<(String, String)> = bucket("doctor")
        .await
        .into_iter()
        .map(|(name, value)| (name.trim_start_matches("RECOMAMP_").to_owned(), value))
        .chain([("DATA_DIR".to_owned(), folder.path().display().to_string())])
        .collect();
    let found = crate::support::recomamp(&settings, &["doctor"]).await;
    assert!(found.out.contains("which takes changes"), "{}", found.out);
    settings[0].1 = "s3://there-is-no-such-bucket".to_owned();
    let found = crate::support::recomamp(&settings, &["doctor"]).await.with(1);
    assert!(
        found.out.contains("Results can't be stored") && found.out.contains("RECOMAMP_RESULTS_BUCKET"),
        "{}",
        found.out
    );
}
