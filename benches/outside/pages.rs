//! What browsers ask for all day, with years of history in the database.

use std::time::Duration;

use anyhow::Context as _;
use recomamp::db::{Db, Scope, Single, sql};
use scraper::Html;

use super::bare;
use super::load::{Load, load, say};
use super::site::{Site, selector};

/// A line of the list for each run.
const SQL: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY campaign";
/// How often a browser asks after a run, and how many browsers one core has to serve.
const POLL: Duration = Duration::from_millis(2500);
const WATCHERS: f64 = 10_000.0;

pub(crate) async fn run(rows: &[u64]) -> anyhow::Result<()> {
    let mut site = Site::new(&["--speed", "0", "--scale", "0.02", "--auto-consent"])?;
    say(&format!("start on an empty folder to first page: {:.0} ms", ms(site.start(&[]).await?)));
    site.sign_in().await?;
    let page = site.run(&site.instance("Standard").await?, SQL, ["settled", "", "", "drop"]).await?;
    site.until(&page, "Succeeded").await?;
    let id = page.rsplit('/').next().context("an id")?.to_owned();
    for rows in rows {
        // Who closes the file last moves SQLite's journal into it.
        site.stop();
        grow(&site, &id, *rows).await?;
        let started = site.start(&[]).await?;
        say(&format!("with {rows} executions: start to first page {:.0} ms", ms(started)));
        tokio::time::sleep(Duration::from_secs(3)).await;
        say(&format!("idle: {:.0} MB", site.process().memory().unwrap_or_default()));
        for address in
            ["/executions?size=100", "/executions?size=100&page=20", "/executions?size=100&state=failed", "/"]
        {
            list(&site, address).await?;
        }
    }
    poll(&mut site).await
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn told(Load { rate, median, p99 }: Load) -> String {
    format!("{rate:.0} a second, median {median:.2} ms, p99 {p99:.2} ms")
}

async fn list(site: &Site, address: &str) -> anyhow::Result<()> {
    let page = site.page(address).await?;
    let (_process, bare, _file) = bare::start(page.as_bytes())?;
    let client = site.client(&[])?;
    let bare = load(&client, &format!("{bare}/page"), 200).await?;
    let ours = load(&client, &format!("{}{address}", site.base), 200).await?;
    say(&format!(
        "{address} ({} bytes): {}; bare {}; ratio {:.2}",
        page.len(),
        told(ours),
        told(bare),
        ours.rate / bare.rate
    ));
    Ok(())
}

/// Polls of a run that does not change.
async fn poll(site: &mut Site) -> anyhow::Result<()> {
    // OK because nothing has to move: what is measured is the asking.
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
        told(ours),
        told(bare),
        ours.rate / bare.rate,
        each * WATCHERS / POLL.as_secs_f64() * 100.0
    ));
    Ok(())
}

/// Copies the run until there are so many, a year and more of them, some failed; one that still runs.
async fn grow(site: &Site, id: &str, rows: u64) -> anyhow::Result<()> {
    const COLUMNS: &str = "select group_concat(name, ', ') as value from pragma_table_info('executions')";
    let db = Db::open(&format!("sqlite:{}", site.database().display())).await?;
    let mut tx = db.write(&Scope::System).await?;
    let columns = sql(COLUMNS).one::<Single<String>>(&mut tx).await?.0;
    let values = columns.split(", ").map(|column| match column {
        "id" => "'exe_' || printf('%026d', n)".to_owned(),
        "amc_workflow_id" => "'recomamp-' || n".to_owned(),
        "state" => "case when n = 1 then 'running' when n % 20 = 0 then 'failed' else 'succeeded' end".to_owned(),
        "problem" => "case when n % 20 = 0 then '{\"what\":\"AMC could not finish the run.\",\"words\":\"Internal\"}' end".to_owned(),
        "created_at" | "finished_at" | "sent_at" | "started_at" | "updated_at" if column != "finished_at" => {
            "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2025-10-01', '+' || (n * 36000000 / $2) || ' seconds')".to_owned()
        }
        "finished_at" => "case when n = 1 then null else strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2025-10-01', '+' || (n * 36000000 / $2 + 90) || ' seconds') end".to_owned(),
        "next_step_at" => "null".to_owned(),
        other => other.to_owned(),
    });
    let values: Vec<String> = values.collect();
    let text = format!(
        "insert into executions ({columns}) with recursive numbers(n) as \
         (select 1 union all select n + 1 from numbers where n < $2) \
         select {} from executions, numbers where executions.id = $1 and not exists (select 1 from executions x where x.id = 'exe_' || printf('%026d', n))",
        values.join(", ")
    );
    sql(Box::leak(text.into_boxed_str())).bind(id).bind(rows as i64).execute(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    Ok(())
}
