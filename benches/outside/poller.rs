//! Many executions on many instances: how many calls and how much CPU time it takes to poll them.

use std::time::Duration;

use anyhow::Context as _;
use scraper::Html;
use serde_json::json;

use super::caller::Caller;
use super::load::say;
use super::site::{Site, selector};

const SQL: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY campaign";
/// The default seconds between two polls of an execution.
const POLL: u64 = 15;
/// The number of measured polls.
const ROUNDS: u64 = 4;

pub(crate) async fn run(instances: usize, runs_on_each: usize) -> anyhow::Result<()> {
    let mut site = Site::new(&["--speed", "0", "--scale", "0.02", "--auto-consent"])?;
    let caller = Caller::of(&site.emulator).await?;
    let account = caller.accounts().await?.into_iter().max_by_key(|account| account.instances.len());
    let account = account.context("an account")?;
    for number in 0..instances {
        let body = json!({ "instanceName": format!("Fern Garden {number}"), "advertiserName": "Fern Garden" });
        account.client.post(format!("{}/amc/instances", caller.base)).json(&body).send().await?.error_for_status()?;
    }
    let (poll, slots) = (POLL.to_string(), (instances * runs_on_each).to_string());
    let settings = [
        ("RECOMAMP_POLL_SECONDS", poll.as_str()),
        ("RECOMAMP_RUNS_PER_INSTANCE", &slots),
        ("RECOMAMP_RUNS_PER_ACCOUNT", &slots),
    ];
    site.start(&settings).await?;
    site.sign_in().await?;
    let ids = found(&site, instances).await?;
    // From here on AMC takes its time, so that every execution stays in progress while it is measured.
    let pace = caller.client(&[])?.post(format!("{}/control/speed", caller.base)).form(&[("speed", "0.01")]);
    anyhow::ensure!(!pace.send().await?.status().is_client_error(), "the pace is not taken");
    for id in ids.iter().take(instances) {
        for _ in 0..runs_on_each {
            site.run(id, SQL, ["settled", "", "", "drop"]).await?;
        }
    }
    let runs = instances * runs_on_each;
    loop {
        let figures = Figures::read(&site).await?;
        let sum = figures.sum("recomamp_executions{state=\"pending\"}")
            + figures.sum("recomamp_executions{state=\"running\"}");
        if sum as usize >= runs {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // The first polls are over, and each instance follows its polling schedule.
    tokio::time::sleep(Duration::from_secs(2 * POLL)).await;
    let (before, computed) = (Figures::read(&site).await?, site.process().computed());
    tokio::time::sleep(Duration::from_secs(ROUNDS * POLL)).await;
    let after = Figures::read(&site).await?;
    let calls = (after.sum(CALLS) - before.sum(CALLS)) / ROUNDS as f64;
    let ticks = (after.sum(TICKS) - before.sum(TICKS)) / ROUNDS as f64;
    let share =
        site.process().computed().zip(computed).map(|(after, before)| (after - before) / (ROUNDS * POLL) as f64);
    say(&format!(
        "{runs} runs on {instances} instances, each asked after every {POLL} s: {calls:.1} calls and {ticks:.1} ticks in {POLL} s, \
         {:.1} % of a core, {:.0} MB",
        share.unwrap_or_default() * 100.0,
        site.process().memory().unwrap_or_default()
    ));
    Ok(())
}

/// The instances created for this, once all have been discovered.
async fn found(site: &Site, instances: usize) -> anyhow::Result<Vec<String>> {
    let options = selector("select[name=instance] option")?;
    loop {
        let form = Html::parse_document(&site.page("/queries/new").await?);
        let ids = form.select(&options).filter(|option| option.text().any(|text| text.contains("Fern Garden")));
        let ids: Vec<String> = ids.filter_map(|option| option.value().attr("value").map(str::to_owned)).collect();
        if ids.len() >= instances {
            return Ok(ids);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

const CALLS: &str = "recomamp_amazon_calls_total";
const TICKS: &str = "recomamp_worker_ticks_total{worker=\"poller\"}";

/// The content of `/metrics`.
struct Figures(String);

impl Figures {
    async fn read(site: &Site) -> anyhow::Result<Self> {
        Ok(Self(site.page("/metrics").await?))
    }

    /// The sum of the metrics whose names begin like this.
    fn sum(&self, begins: &str) -> f64 {
        let values = self.0.lines().filter(|line| line.starts_with(begins));
        values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}
