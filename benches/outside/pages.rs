//! What browsers request all day, with years of history in the database.

use std::time::Duration;

use anyhow::Context as _;
use scraper::Html;
use serde_json::json;

use super::bare;
use super::caller::Caller;
use super::grow::{self, Grown};
use super::load::{Load, load, say};
use super::site::{Site, selector, until};
use super::walk;

/// A row of the list for each execution.
const SQL: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY campaign";
/// How often a browser polls an execution, and how many browsers one core must serve.
const POLL: Duration = Duration::from_millis(2500);
const WATCHERS: f64 = 10_000.0;

/// Instances, each with its own catalog.
const INSTANCES: usize = 50;

pub(crate) async fn run(rows: &[u64], only_walk: bool) -> anyhow::Result<()> {
    let mut site = Site::new(&["--speed", "0", "--scale", "0.02", "--auto-consent"])?;
    make_instances(&site, INSTANCES).await?;
    say(&format!("start on an empty folder to first page: {:.0} ms", ms(site.start(&[]).await?)));
    site.sign_in().await?;
    let grown = made(&site).await?;
    grow::catalogues(&site, INSTANCES).await?;
    for (at, rows) in rows.iter().enumerate() {
        // The last process to close the file moves SQLite's journal into it.
        site.stop();
        grow::to(&site, &grown, *rows, at == 0).await?;
        let started = site.start(&[]).await?;
        say(&format!("with {rows} executions: start to first page {:.0} ms", ms(started)));
        tokio::time::sleep(Duration::from_secs(3)).await;
        say(&format!("idle: {:.0} MB", site.process().memory().unwrap_or_default()));
        if at == 0 {
            walk::every_page(&site, &grown).await?;
        }
        if only_walk {
            return Ok(());
        }
        for address in
            ["/executions?size=100", "/executions?size=100&page=20", "/executions?size=100&state=failed", "/"]
        {
            list(&site, address).await?;
        }
    }
    poll(&mut site).await
}

/// Creates instances in the AMC emulator.
pub(crate) async fn make_instances(site: &Site, count: usize) -> anyhow::Result<()> {
    let caller = Caller::of(&site.emulator).await?;
    let account = caller.accounts().await?.into_iter().max_by_key(|account| account.instances.len());
    let account = account.context("an account")?;
    for number in 0..count {
        let body = json!({ "instanceName": format!("Fern Garden {number}"), "advertiserName": "Fern Garden" });
        account.client.post(format!("{}/amc/instances", caller.base)).json(&body).send().await?.error_for_status()?;
    }
    Ok(())
}

/// One of each kind, made as people make it.
pub(crate) async fn made(site: &Site) -> anyhow::Result<Grown> {
    let instance = site.instance("Standard").await?;
    site.send("/settings/notices", &[("manual", "true")]).await?;
    let page = site.run(&instance, SQL, ["settled", "", "", "drop"]).await?;
    site.until(&page, "Succeeded").await?;
    let last = |address: &str| address.split(['?', '#']).next()?.rsplit('/').next().map(str::to_owned);
    let queries = Html::parse_document(&site.page("/queries").await?);
    let link = selector("tbody th a")?;
    let query = queries.select(&link).find_map(|link| link.value().attr("href").and_then(last)).context("a query")?;
    let form = Html::parse_document(&site.page(&format!("/queries/{query}/edit")).await?);
    let revision = selector("input[name=revision]")?;
    let revision = form.select(&revision).next().and_then(|input| input.value().attr("value")).context("a revision")?;
    let fields = [
        ("instance", instance.as_str()),
        ("name", "Reach by campaign"),
        ("description", "How many people each campaign reached."),
        ("sql", SQL),
        ("revision", revision),
        ("window", "settled"),
        ("zone", "UTC"),
        ("privacy", "drop"),
    ];
    site.send(&format!("/queries/{query}/edit"), &fields).await?;
    let draft = site.send("/guides/first-query/queries/reach-and-frequency-by-campaign/open", &[]).await?;
    let draft = draft.rsplit('=').next().context("a draft")?.to_owned();
    let connections = site.page("/settings/connections").await?;
    let (_, connection) = connections.split_once("/settings/connections/con_").context("a connection")?;
    let connection = format!("con_{}", connection.split('/').next().unwrap_or_default());
    let timing =
        [("query", query.as_str()), ("instance", &instance), ("repeat", "weekly"), ("weekday", "mon"), ("at", "09:00")];
    let schedule = last(&site.send("/schedules", &timing).await?).context("a schedule")?;
    let past =
        [("query", query.as_str()), ("instance", &instance), ("first_day", "2026-01-05"), ("last_day", "2026-01-18")];
    let backfill = last(&site.send("/schedules/backfills", &past).await?).context("a backfill")?;
    let guided = "/guides/first-query/queries/reach-and-frequency-by-campaign/run";
    site.send(guided, &[("instance", &instance), ("param.campaigns", "Mirelune")]).await?;
    let report = site.send("/guides/first-query/reports", &[("instance", &instance)]).await?;
    let report = last(&report).context("a report")?;
    let brands = format!("/instances/{instance}/brands");
    site.send(&brands, &[("name", "Fern Garden"), ("items", "B012345678")]).await?;
    let brand = first_in(site, &brands).await?;
    let notice = first_in(site, "/notices").await?;
    let chat = [("name", "Chat"), ("kind", "chat"), ("sends", "problems"), ("url", "https://chat.invalid/")];
    let webhook = last(&site.send("/settings/webhooks", &chat).await?).context("a webhook")?;
    let delivery = last(&site.send(&format!("/settings/webhooks/{webhook}/test"), &[]).await?).context("a delivery")?;
    Ok(Grown {
        instance,
        query,
        draft,
        schedule,
        backfill,
        report,
        brand,
        notice,
        webhook,
        delivery,
        execution: last(&page).context("an execution")?,
        connection,
    })
}

/// The id of the first row of a list, once there is one.
async fn first_in(site: &Site, list: &str) -> anyhow::Result<String> {
    until(async || {
        let page = Html::parse_document(&site.page(list).await?);
        let link = page.select(&selector("tbody th a")?).find_map(|link| link.value().attr("href"));
        Ok(link.and_then(|link| Some(link.split(['?', '#']).next()?.rsplit('/').next()?.to_owned())))
    })
    .await
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn table_cells(Load { rate, median, p99 }: Load) -> String {
    format!("{rate:.0} a second, median {median:.2} ms, p99 {p99:.2} ms")
}

pub(crate) async fn list(site: &Site, address: &str) -> anyhow::Result<()> {
    let page = site.page(address).await?;
    let (_process, bare, _file) = bare::start(page.as_bytes())?;
    let client = site.client(&[])?;
    let bare = load(&client, &format!("{bare}/page"), 200).await?;
    let ours = load(&client, &format!("{}{address}", site.base), 200).await?;
    say(&format!(
        "{address} ({} bytes): {}; bare {}; ratio {:.2}",
        page.len(),
        table_cells(ours),
        table_cells(bare),
        ours.rate / bare.rate
    ));
    Ok(())
}

/// Polls of an execution that doesn't change.
async fn poll(site: &mut Site) -> anyhow::Result<()> {
    // OK because nothing has to advance: only polling is measured.
    site.start(&[("RECOMAMP_WORKERS", "off")]).await?;
    let running = format!("exe_{:0>26}", 1);
    let page = Html::parse_document(&site.page(&format!("/executions/{running}")).await?);
    let live = selector("#live")?;
    let tag = page.select(&live).next().and_then(|live| live.value().attr("hx-ptag")).context("a tag")?.to_owned();
    let client = site.client(&[("hx-request", "true"), ("hx-ptag", &tag)])?;
    let (_process, bare, _file) = bare::start(b"")?;
    let bare = load(&client, &format!("{bare}/unchanged"), 304).await?;
    let before = site.process().computed().unwrap_or_default();
    let ours = load(&client, &format!("{}/executions/{running}/live", site.base), 304).await?;
    let computed = site.process().computed().unwrap_or_default() - before;
    let each = computed / (ours.rate * 5.0);
    say(&format!(
        "unchanged poll: {}; bare {}; ratio {:.2}; {WATCHERS} watchers take {:.0} % of a core",
        table_cells(ours),
        table_cells(bare),
        ours.rate / bare.rate,
        each * WATCHERS / POLL.as_secs_f64() * 100.0
    ));
    Ok(())
}
