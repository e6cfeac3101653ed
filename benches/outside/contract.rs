//! The AMC emulator's API, called from outside: requests per second without a query, and many concurrent executions.
//! The emulator is a separate process; both share the machine.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::caller::Caller;
use super::load::{Emulator, Load, load, say};

/// The number of executions started at once.
const EXECUTIONS: usize = 200;

pub(crate) async fn run() -> anyhow::Result<()> {
    let emulator = Emulator::start(&["--speed", "1000"])?;
    let caller = Caller::of(&emulator).await?;
    let (base, plain) = (&caller.base, caller.client(&[])?);
    let accounts = caller.accounts().await?;
    let reporting = |instance: &String| format!("{base}/amc/reporting/{instance}");
    let instances: Vec<(reqwest::Client, String)> = accounts
        .iter()
        .flat_map(|account| account.instances.iter().map(|one| (account.client.clone(), reporting(one))))
        .collect();
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
