//! A result with a million rows and thirty columns, from AMC's links to the last page.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use recomamp::clock::Clock;
use recomamp::db::{Db, Scope, Single, sql};

use super::load::say;
use super::site::Site;

/// Thirty columns of each impression; a sandbox shows single rows.
const SQL: &str = "SELECT user_id, user_id_type, request_tag, impression_dt, impression_dt_utc, impression_date, \
    impression_hour, impression_day, advertiser, advertiser_id, campaign, campaign_id, line_item, line_item_id, \
    creative, creative_id, creative_type, creative_size, device_type, browser_family, operating_system, \
    iso_country_code, iso_state_province_code, dma_code, site, supply_source, deal_id, currency_name, impressions, impression_cost FROM dsp_impressions";
/// How often each page is requested; the median counts.
const TIMES: usize = 5;

pub(crate) async fn run(scale: f64) -> anyhow::Result<()> {
    let scale = scale.to_string();
    let mut site = Site::new(&["--speed", "0", "--scale", &scale, "--auto-consent"])?;
    site.start(&[]).await?;
    site.sign_in().await?;
    let instance = site.instance("Sandbox").await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle = site.process().memory().context("the memory of a process can be read")?;
    site.process().forget_peak();
    let today = Clock::system().now().date_naive();
    let day = |before: i64| format!("{}T00:00", today - TimeDelta::days(before));
    let page = site.run(&instance, SQL, ["explicit", &day(368), &day(3), "off"]).await?;
    site.until(&page, "Succeeded").await?;
    say(&format!("fetched and kept in {:.1} s", fetched(&site).await?));
    memory(&site, idle);
    for (name, query) in [
        ("first page", ""),
        ("page 2", "page=2"),
        ("sorted by a number", "sort=-29"),
        ("sorted by a text", "sort=2"),
        ("sorted by a time", "sort=-3"),
        ("filtered", "f=18.is.Phone"),
        ("columns summed up", "view=columns"),
        ("chart", "view=chart"),
        ("page 20,000", "page=20000"),
        ("page 20,000, sorted", "page=20000&sort=-3"),
    ] {
        shown(&site, name, &format!("{page}?{query}")).await?;
    }
    memory(&site, idle);
    for kind in ["csv", "json", "xlsx", "parquet"] {
        exported(&site, kind, &format!("{page}/result.{kind}")).await?;
        memory(&site, idle);
    }
    Ok(())
}

fn memory(site: &Site, idle: f64) {
    let peak = site.process().peak().unwrap_or_default();
    say(&format!("  idle {idle:.0} MB, at most {:.0} MB more", peak - idle));
    site.process().forget_peak();
}

/// Seconds from the end at AMC to the stored result.
async fn fetched(site: &Site) -> anyhow::Result<f64> {
    const BEGAN: &str = "select min(at) as value from execution_events where state = 'fetching'";
    const ENDED: &str = "select max(at) as value from execution_events where state = 'succeeded'";
    let db = Db::open(&format!("sqlite:{}", site.database().display())).await?;
    let mut tx = db.read(&Scope::System).await?;
    let began = sql(BEGAN).one::<Single<DateTime<Utc>>>(&mut tx).await?.0;
    let ended = sql(ENDED).one::<Single<DateTime<Utc>>>(&mut tx).await?.0;
    Ok((ended - began).as_seconds_f64())
}

async fn shown(site: &Site, name: &str, address: &str) -> anyhow::Result<()> {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let began = Instant::now();
        site.page(address).await?;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    let first = times[0];
    times.sort_by(f64::total_cmp);
    say(&format!("{name}: at first {first:.0} ms, median {:.0} ms", times[TIMES / 2]));
    Ok(())
}

async fn exported(site: &Site, name: &str, address: &str) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut answer = site.client(&[])?.get(format!("{}{address}", site.base)).send().await?;
    if !answer.status().is_success() {
        say(&format!("{name}: {}", answer.status()));
        return Ok(());
    }
    let mut bytes = 0;
    while let Some(piece) = answer.chunk().await? {
        bytes += piece.len();
    }
    let mb = bytes as f64 / f64::from(1 << 20);
    say(&format!("{name}: {mb:.0} MB in {:.1} s", began.elapsed().as_secs_f64()));
    Ok(())
}
