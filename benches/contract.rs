//! The pretend AMC by itself, called from outside: requests a second without a query, and many executions
//! at once. The emulator is a process of its own; both share the machine.
//!
//! `cargo bench --bench contract`. Figures are of one run; times in milliseconds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// Connections that call at the same time.
const CONNECTIONS: usize = 8;
/// How long each kind of call is measured.
const MEASURED: Duration = Duration::from_secs(5);
/// Executions that are started at once.
const EXECUTIONS: usize = 200;

/// The emulator's process, ended with the value.
struct Emulator {
    process: Child,
    start: Value,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // OK because a process that has ended by itself needs no end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Emulator {
    fn start() -> anyhow::Result<Self> {
        let program = env!("CARGO_BIN_EXE_recomamp");
        let mut process = Command::new(program)
            .args(["emulator", "--listen", "127.0.0.1:0", "--speed", "1000"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let said = process.stdout.take().context("what it says can be read")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        Ok(Self { process, start: serde_json::from_str(&line)? })
    }

    fn text(&self, name: &str) -> String {
        self.start[name].as_str().unwrap_or_default().to_owned()
    }

    /// The most memory that it ever had, in megabytes.
    fn memory(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
    }
}

fn say(line: &str) {
    // OK because nobody can be told that nothing can be told.
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let emulator = Emulator::start()?;
    let client = client(HeaderMap::new())?;
    let base = emulator.text("base");
    let tokens: Value = client
        .post(format!("{base}/auth/o2/token"))
        .form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &emulator.text("refresh_token")),
            ("client_id", &emulator.text("client_id")),
            ("client_secret", &emulator.text("client_secret")),
        ])
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let token = tokens["access_token"].as_str().context("a token")?.to_owned();
    let headers = |more: &[(&'static str, &str)]| -> anyhow::Result<HeaderMap> {
        let mut map = HeaderMap::new();
        map.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}"))?);
        map.insert("amazon-advertising-api-clientid", HeaderValue::from_str(&emulator.text("client_id"))?);
        for (name, value) in more {
            map.insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
        }
        Ok(map)
    };
    let plain = self::client(headers(&[])?)?;
    let accounts: Value = plain.get(format!("{base}/amc/accounts")).send().await?.error_for_status()?.json().await?;
    let mut instances = Vec::new();
    for account in accounts["amcAccounts"].as_array().context("accounts")? {
        let (entity, marketplace) = (&account["accountId"], &account["marketplaceId"]);
        let (entity, marketplace) = (entity.as_str().unwrap_or_default(), marketplace.as_str().unwrap_or_default());
        let client = self::client(headers(&[
            ("amazon-advertising-api-advertiserid", entity),
            ("amazon-advertising-api-marketplaceid", marketplace),
        ])?)?;
        let list: Value = client.get(format!("{base}/amc/instances")).send().await?.json().await?;
        for instance in list["instances"].as_array().into_iter().flatten() {
            if instance["instanceType"] == "STANDARD" {
                let id = instance["instanceId"].as_str().unwrap_or_default();
                instances.push((client.clone(), format!("{base}/amc/reporting/{id}")));
            }
        }
    }
    let (client, instance) = instances.first().context("an instance")?.clone();
    measure("list of accounts", &plain, &format!("{base}/amc/accounts")).await?;
    measure(
        "list of executions",
        &client,
        &format!("{instance}/workflowExecutions?minCreationTime=2026-01-01T00:00:00"),
    )
    .await?;
    measure("list of workflows", &client, &format!("{instance}/workflows")).await?;
    many(&emulator, &instances).await
}

#[expect(clippy::disallowed_methods, reason = "the bench is a client of its own")]
fn client(headers: HeaderMap) -> anyhow::Result<reqwest::Client> {
    // OK because it fails only when there is a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder().default_headers(headers).no_proxy().tls_certs_only([]).build()?)
}

async fn measure(name: &str, client: &reqwest::Client, address: &str) -> anyhow::Result<()> {
    client.get(address).send().await?.error_for_status()?;
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (client, address, stop) = (client.clone(), address.to_owned(), Arc::clone(&stop));
            #[expect(clippy::disallowed_methods, reason = "the bench has no workers to give it to")]
            tokio::spawn(async move {
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    client.get(&address).send().await?.error_for_status()?.bytes().await?;
                    times.push(began.elapsed());
                }
                Ok::<_, reqwest::Error>(times)
            })
        })
        .collect();
    let began = Instant::now();
    tokio::time::sleep(MEASURED).await;
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await??);
    }
    let seconds = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    say(&format!(
        "{name}: {:.0} a second; median {:.2} ms, p99 {:.2} ms",
        times.len() as f64 / seconds,
        at(0.5),
        at(0.99)
    ));
    Ok(())
}

/// Starts many executions at once and waits until all have ended.
async fn many(emulator: &Emulator, instances: &[(reqwest::Client, String)]) -> anyhow::Result<()> {
    const SQL: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY 1";
    let began = Instant::now();
    let body = json!({
        "workflow": { "sqlQuery": SQL }, "timeWindowType": "EXPLICIT",
        "timeWindowStart": "2026-09-01T00:00:00", "timeWindowEnd": "2026-10-01T00:00:00",
    });
    let mut open = Vec::new();
    for number in 0..EXECUTIONS {
        let (client, instance) = &instances[number % instances.len()];
        let answer = client.post(format!("{instance}/workflowExecutions")).json(&body).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        let id = answer["workflowExecutionId"].as_str().context("an id")?.to_owned();
        open.push((client, format!("{instance}/workflowExecutions/{id}")));
    }
    let sent = began.elapsed().as_secs_f64();
    let mut ended = std::collections::BTreeMap::<String, usize>::new();
    while !open.is_empty() {
        let mut left = Vec::new();
        for (client, address) in open {
            let answer: Value = client.get(&address).send().await?.error_for_status()?.json().await?;
            match answer["status"].as_str().unwrap_or_default() {
                "PENDING" | "RUNNING" => left.push((client, address)),
                other => *ended.entry(other.to_owned()).or_default() += 1,
            }
        }
        open = left;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let memory = emulator.memory().map_or("unknown".to_owned(), |megabytes| format!("{megabytes:.0} MB"));
    say(&format!(
        "{EXECUTIONS} executions on {} instances: sent in {sent:.2} s, ended in {:.1} s as {ended:?}; most memory {memory}",
        instances.len(),
        began.elapsed().as_secs_f64()
    ));
    Ok(())
}
