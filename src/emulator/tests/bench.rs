//! Test setup: an emulator in its own folder, control of its clock, and a caller.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::clock::{Clock, ManualClock};
use crate::emulator::analytics::{
    Analytics, CompileProblem, Compiled, DataSource, OutputColumn, ResultFiles, Statement, Work,
};
use crate::emulator::people::{AGENCY_A_US, Account};
use crate::emulator::{Emulator, Options};
use crate::ids::Random;

pub(super) const STANDARD: &str = "amcsamplea1";
pub(super) const SANDBOX: &str = "amcsampleasb";

/// Understands a few words instead of SQL: `BAD` doesn't compile, `FAIL`, `PANIC` and `FOREVER` do that when run,
/// everything else returns two rows.
pub(super) struct Words;

impl Analytics for Words {
    fn compile(&self, statement: &Statement) -> Result<Compiled, CompileProblem> {
        if statement.sql.contains("BAD") {
            return Err(CompileProblem { text: "From line 1, column 8 to line 1, column 10: no".to_owned() });
        }
        Ok(Compiled { columns: columns(), reads: 1 })
    }

    fn run(&self, work: Work) -> BoxFuture<'static, Result<ResultFiles, String>> {
        async move {
            let sql = work.statement.sql.clone();
            assert!(!sql.contains("PANIC"), "as asked");
            if sql.contains("FOREVER") {
                futures::future::pending::<()>().await;
            }
            if sql.contains("FAIL") {
                return Err("Division by zero.".to_owned());
            }
            let mut files = Vec::new();
            for part in 0..work.parts {
                let row = if work.header_only { String::new() } else { format!("a{part},1\n") };
                let name = format!("part-{part}.csv");
                tokio::fs::write(work.folder.join(&name), format!("name,n\n{row}")).await.unwrap();
                files.push(name);
            }
            Ok(ResultFiles { columns: columns(), rows: files.len() as u64, files })
        }
        .boxed()
    }

    fn data_sources(&self, _: bool) -> Arc<[DataSource]> {
        ["conversions", "dsp_clicks", "dsp_impressions"]
            .map(|id| DataSource { id: id.to_owned(), description: json!({ "dataSourceId": id, "columns": [] }) })
            .into()
    }
}

fn columns() -> Vec<OutputColumn> {
    [("name", "STRING", "DIMENSION"), ("n", "LONG", "METRIC")]
        .map(|(name, data_type, column_type)| OutputColumn {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            column_type: column_type.to_owned(),
            data_type_precision: None,
            data_type_scale: None,
        })
        .to_vec()
}

/// A response.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The body of a call that must have succeeded.
    pub(super) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()
    }

    /// The message of a 400 in AMC's format.
    pub(super) fn refusal(&self) -> String {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{}", self.text);
        let body = self.json();
        assert_eq!(body["code"], "400");
        body["details"].as_str().unwrap().to_owned()
    }
}

pub(super) struct Bench {
    pub(super) emulator: Emulator,
    pub(super) hand: ManualClock,
    pub(super) folder: Arc<TempDir>,
}

pub(super) fn start() -> DateTime<Utc> {
    "2026-03-10T15:00:00Z".parse().unwrap()
}

fn options(folder: &TempDir, change: impl FnOnce(&mut Options)) -> Options {
    let base = "http://emulator.test/".parse().unwrap();
    let mut options = Options { base, folder: folder.path().to_owned(), speed: 1.0, ..Options::default() };
    change(&mut options);
    options
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(super) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let (clock, hand) = Clock::manual(start());
        Self::open(Arc::new(tempfile::tempdir().unwrap()), clock, hand, change)
    }

    /// With real SQL over synthetic data instead of [`Words`].
    pub(super) fn over_the_world(change: impl FnOnce(&mut Options)) -> Self {
        let (clock, hand) = Clock::manual(start());
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let options = options(&folder, change);
        let emulator = Emulator::open(options, clock, Random::seeded(1)).unwrap();
        Self { emulator, hand, folder }
    }

    fn open(folder: Arc<TempDir>, clock: Clock, hand: ManualClock, change: impl FnOnce(&mut Options)) -> Self {
        let options = options(&folder, change);
        let emulator = Emulator::open_with(options, clock, Random::seeded(1), Arc::new(Words)).unwrap();
        Self { emulator, hand, folder }
    }

    /// Reopens the same folder at the same time, after dropping the first emulator without shutdown.
    pub(super) fn reopened(self) -> Self {
        let (clock, hand) = Clock::manual(self.emulator.now());
        let folder = Arc::clone(&self.folder);
        drop(self);
        Self::open(folder, clock, hand, |_| ())
    }

    /// Advances the clock by `seconds`, and runs what becomes due.
    pub(super) async fn pass(&self, seconds: i64) {
        self.hand.advance(TimeDelta::seconds(seconds));
        self.emulator.settled().await;
    }

    pub(super) async fn call(&self, request: Request<Body>) -> Reply {
        let response = self.emulator.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, text }
    }

    /// A call without the service's headers.
    pub(super) async fn bare(&self, method: Method, path: &str, body: &str) -> Reply {
        self.call(Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap()).await
    }

    /// A call of the person with that key, with that account.
    pub(super) async fn as_person(
        &self,
        (person, account): (&str, &Account),
        method: Method,
        path: &str,
        body: &str,
    ) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Authorization", format!("Bearer {}", self.token_of(person).await))
            .header("Amazon-Advertising-API-ClientId", "client")
            .header("Amazon-Advertising-API-AdvertiserId", account.id)
            .header("Amazon-Advertising-API-MarketplaceId", account.marketplace);
        self.call(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// An access token of the person's initial grant.
    pub(super) async fn token_of(&self, person: &str) -> String {
        let line: Value = serde_json::from_str(&self.emulator.credentials_line()).unwrap();
        let people = line["people"].as_array().unwrap();
        let address = format!("{person}@example.com");
        let refresh = people.iter().find(|one| one["email"] == *address).unwrap()["refresh_token"].clone();
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", refresh.as_str().unwrap())
            .append_pair("client_id", "client")
            .append_pair("client_secret", "secret")
            .finish();
        let reply = self.bare(Method::POST, "/auth/o2/token", &form).await;
        reply.ok()["access_token"].as_str().unwrap().to_owned()
    }

    /// A call of the default person with the default account.
    pub(super) async fn send(&self, method: Method, path: &str, body: &str) -> Reply {
        self.as_person(("ada", &AGENCY_A_US), method, path, body).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, "").await
    }

    /// A call to the reporting API of the default instance.
    pub(super) async fn report(&self, method: Method, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &format!("/amc/reporting/{STANDARD}{path}"), &body).await
    }

    /// Creates an execution of `sql` in the default instance and returns its id.
    pub(super) async fn execute(&self, sql: &str) -> String {
        let body = json!({ "workflow": { "sqlQuery": sql } });
        let reply = self.report(Method::POST, "/workflowExecutions", body).await;
        reply.ok()["workflowExecutionId"].as_str().unwrap().to_owned()
    }

    pub(super) async fn execution(&self, id: &str) -> Value {
        self.report(Method::GET, &format!("/workflowExecutions/{id}"), Value::Null).await.ok()
    }

    pub(super) async fn status(&self, id: &str) -> String {
        self.execution(id).await["status"].as_str().unwrap().to_owned()
    }
}
