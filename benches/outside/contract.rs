//! The pretend AMC by itself, called from outside: requests a second without a query, and many executions
//! at once. The emulator is a process of its own; both share the machine.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::load::{self, Emulator, Load, load, say};

/// Executions that are started at once.
const EXECUTIONS: usize = 200;

pub(crate) async fn run() -> anyhow::Result<()> {
    let emulator = Emulator::start(&["--speed", "1000"])?;
    let client = load::client(HeaderMap::new())?;
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
    let plain = load::client(headers(&[])?)?;
    let accounts: Value = plain.get(format!("{base}/amc/accounts")).send().await?.error_for_status()?.json().await?;
    let mut instances = Vec::new();
    for account in accounts["amcAccounts"].as_array().context("accounts")? {
        let (entity, marketplace) = (&account["accountId"], &account["marketplaceId"]);
        let (entity, marketplace) = (entity.as_str().unwrap_or_default(), marketplace.as_str().unwrap_or_default());
        let client = load::client(headers(&[
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

async fn measure(name: &str, client: &reqwest::Client, address: &str) -> anyhow::Result<()> {
    let Load { rate, median, p99 } = load(client, address, 200).await?;
    say(&format!("{name}: {rate:.0} a second; median {median:.2} ms, p99 {p99:.2} ms"));
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
    let memory = emulator.process.peak().map_or("unknown".to_owned(), |megabytes| format!("{megabytes:.0} MB"));
    say(&format!(
        "{EXECUTIONS} executions on {} instances: sent in {sent:.2} s, ended in {:.1} s as {ended:?}; most memory {memory}",
        instances.len(),
        began.elapsed().as_secs_f64()
    ));
    Ok(())
}
