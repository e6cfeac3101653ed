//! What an editor asks for while somebody types, *Try*, and the memory of many catalogs.
//!
//! Requests are sent one after the other over one connection, so the figures are what one person waits. The text of 5,000 lines repeats
//! the one of 300 as more common tables.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::grow;
use super::load::say;
use super::pages::make_instances;
use super::site::Site;

/// Requests of each kind.
const TIMES: usize = 40;
/// Queries that are tried: those of the reports of the other benchmark.
const SAMPLES: [(&str, &str); 4] = [
    ("reach_by_campaign", include_str!("../queries/reach_by_campaign.sql")),
    ("overlap", include_str!("../queries/overlap.sql")),
    ("time_to_conversion", include_str!("../queries/time_to_conversion.sql")),
    ("path_to_conversion", include_str!("../queries/path_to_conversion.sql")),
];

pub(crate) async fn run(catalogues: usize) -> anyhow::Result<()> {
    let mut site = Site::new(&["--speed", "0", "--scale", "0.02", "--auto-consent"])?;
    make_instances(&site, catalogues).await?;
    site.start(&[]).await?;
    site.sign_in().await?;
    let instance = site.instance("Standard").await?;
    grow::catalogues(&site, catalogues).await?;
    grow::apart(&site).await?;
    site.start(&[]).await?;
    memory(&site, catalogues).await?;
    for lines in [300, 5_000] {
        let sql = text(lines);
        let at = sql.rfind("reach").context("a place to complete")?.to_string();
        let fields = [("instance", instance.as_str()), ("sql", sql.as_str()), ("at", at.as_str())];
        for address in ["/queries/complete", "/queries/check", "/queries/format"] {
            let times = measure(&site, address, &fields, TIMES).await?;
            say(&format!("{address}, {} lines ({} bytes): {}", sql.lines().count(), sql.len(), told(&times)));
        }
    }
    for (name, sql) in SAMPLES {
        let fields = [("instance", instance.as_str()), ("sql", sql), ("window", "settled"), ("zone", "UTC")];
        let times = measure(&site, "/queries/try", &fields, 5).await?;
        say(&format!("try {name}: {}, the first {:.0} ms", told(&times), times.first().copied().unwrap_or_default()));
    }
    Ok(())
}

/// A query of about so many lines, made of common tables that read each other.
fn text(lines: usize) -> String {
    let tables = (lines / 6).max(1);
    let table = |at: usize| {
        format!(
            "t{at} AS (\n  SELECT campaign, COUNT(DISTINCT user_id) AS reach,\n    SUM(impressions) AS impressions\n  \
             FROM dsp_impressions\n  WHERE impressions > {at}\n  GROUP BY campaign)"
        )
    };
    let last = tables - 1;
    let tables: Vec<String> = (0..tables).map(table).collect();
    format!("WITH {}\nSELECT campaign, reach\nFROM t{last}", tables.join(",\n"))
}

/// Memory before any catalog is used, and after each was.
async fn memory(site: &Site, catalogues: usize) -> anyhow::Result<()> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = site.process().memory().unwrap_or_default();
    let ids = grow::instances(site).await?;
    for id in ids.iter().take(catalogues) {
        site.page(&format!("/queries/new?instance={id}")).await?;
    }
    let after = site.process().memory().unwrap_or_default();
    say(&format!("memory: {before:.0} MB, with {} catalogs in use {after:.0} MB", ids.len().min(catalogues)));
    Ok(())
}

/// The milliseconds of each request, in their order.
async fn measure(site: &Site, address: &str, fields: &[(&str, &str)], times: usize) -> anyhow::Result<Vec<f64>> {
    let client = site.client(&[("x-typing", "1")])?;
    let mut measured = Vec::with_capacity(times);
    for _ in 0..times {
        let request = client.post(format!("{}{address}", site.base)).form(fields);
        let began = Instant::now();
        let answer = request.send().await?.error_for_status()?;
        answer.bytes().await?;
        measured.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(measured)
}

fn told(times: &[f64]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get(((sorted.len() as f64 - 1.0) * share) as usize).copied().unwrap_or_default();
    format!("median {:.1} ms, p95 {:.1} ms", at(0.5), at(0.95))
}
