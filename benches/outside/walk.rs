//! Every page of the program, each alone and under load, compared with a bare route that returns the same number of
//! bytes; the slowest first.
//!
//! The addresses are parsed from the sources, so that a new page is measured automatically. One with an id needs an
//! example in [`EXAMPLES`]; without one the benchmark fails before it begins.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::bare;
use super::grow::Grown;
use super::load::{load_for, say};
use super::routes::{are_served, routes};
use super::site::Site;

/// How long an address is called over one connection, and over all.
const ALONE: Duration = Duration::from_millis(500);
const TOGETHER: Duration = Duration::from_millis(900);
const CONNECTIONS: usize = 8;
/// The maximum milliseconds for a page, and its minimum fraction of the bare route's rate.
const BOUND: f64 = 5.0;
const SHARE: f64 = 0.15;

/// Values for path parameters.
const EXAMPLES: &[(&str, &str)] = &[
    ("/executions/{id}/problem.json", "/executions/exe_00000000000000000000000020/problem.json"),
    ("/executions/{id}", "/executions/{execution}"),
    ("/queries/{id}", "/queries/{query}"),
    ("/instances/{id}", "/instances/{instance}"),
    ("/deliveries/rules/{id}", "/deliveries/rules/rul_00000000000000000000000001"),
    ("/deliveries/{id}", "/deliveries/dlv_00000000000000000000000001"),
    ("/settings/destinations/{id}", "/settings/destinations/dst_00000000000000000000000001"),
    ("/schedules/backfills/{id}", "/schedules/backfills/{backfill}"),
    ("/schedules/backfills/new", "/schedules/backfills/new?schedule={schedule}"),
    ("/schedules/new", "/schedules/new?query={query}"),
    ("/schedules/{id}", "/schedules/{schedule}"),
    ("/guides/{slug}/files/{part}", "/guides/first-query/files/none.png"),
    ("/guides/reports/{id}", "/guides/reports/{report}"),
    ("/guides/{slug}", "/guides/first-query"),
    ("/library/updates/{id}", "/library/updates/{query}"),
    ("/library/{slug}", "/library/reach-by-campaign"),
    ("/data-sources/{name}", "/data-sources/dsp_impressions"),
    ("/settings/people/{id}", "/settings/people/per_00000000000000000000000001"),
    ("/settings/connections/{id}", "/settings/connections/{connection}"),
    ("/static/{file}", "{static}"),
    ("/brands/{id}", "/brands/{brand}"),
    ("/help/checks/{code}", "/help/checks/unknown-source"),
    ("/notices/{id}", "/notices/{notice}"),
    ("/queries/catalogue/{file}", "/queries/catalogue/{catalogue}"),
    ("/settings/webhooks/deliveries/{id}", "/settings/webhooks/deliveries/{delivery}"),
    ("/settings/webhooks/{id}", "/settings/webhooks/{webhook}"),
    ("/invitations/{token}", "/invitations/none"),
    ("/shared/{token}", "/shared/none"),
    ("/help/problems/{problem}", "/help/problems/not-found"),
    ("/settings/tokens/{id}", "/settings/tokens/tok_00000000000000000000000001"),
    ("/settings/links/{id}", "/settings/links/none"),
    ("/settings/invitations/{id}", "/settings/invitations/none"),
    ("/api/instances/{id}", "/api/instances/{instance}"),
    ("/api/workflows/{id}", "/api/workflows/{query}"),
    ("/api/executions/{id}", "/api/executions/{execution}"),
    ("/api/schedules/{id}", "/api/schedules/{schedule}"),
    ("/api/data-sources/{name}", "/api/data-sources/dsp_impressions"),
    ("/api/query-templates/{slug}", "/api/query-templates/reach-by-campaign"),
    ("/api/guides/{slug}", "/api/guides/first-query"),
];

/// Ends of addresses that need a secret, a public link or a shared role: the page for a wrong one is measured.
const MISSING: [&str; 7] = [
    "/invitations/none",
    "/shared/none",
    "/shared/none/result.csv",
    "/settings/links/none/revoke",
    "/settings/invitations/none/revoke",
    "/people/revoke",
    "/access/revoke",
];

/// More addresses of the same routes with other parameters.
const MORE: &[&str] = &[
    "/executions?size=100",
    "/executions?size=100&page=20",
    "/executions?state=failed",
    "/queries?page=20",
    "/queries?q=campaign",
    "/search?q=campaign",
    "/search?q=campaing",
    "/data-sources?q=new+to+brnad+sales",
    "/data-sources?q=column_77",
    "/data-sources?instance={instance}",
    "/data-sources/fields?q=cost",
    "/data-sources/fields?f=all&f.1.p=unit&f.1.o=is&f.1.v=microcents&f.2=any&f.2.1.p=source&f.2.1.v=dsp&f.2.2.p=threshold&f.2.2.o=least&f.2.2.v=HIGH",
    "/data-sources/fields?sort=-threshold&page=500",
    "/data-sources/compare?source=dsp_impressions&source=dsp_clicks&source=dsp_views&source=sponsored_ads_traffic",
    "/data-sources/compare?source=amazon_attributed_events_by_traffic_time&source=amazon_attributed_events_by_conversion_time",
    "/search?q=nothing-like-this",
    "/queries/new?instance={instance}",
    "/queries/new?draft={draft}",
    "/settings/audit?page=20",
    "/executions/exe_00000000000000000000000001",
    "/executions/exe_00000000000000000000000020",
];

/// The measurements of one address.
struct Measured {
    address: String,
    status: u16,
    bytes: usize,
    is_page: bool,
    alone: f64,
    together: f64,
    share: f64,
}

impl Measured {
    fn is_slow(&self) -> bool {
        self.is_page && (self.alone > BOUND || self.share < SHARE)
    }
}

pub(crate) async fn every_page(site: &Site, grown: &Grown) -> anyhow::Result<()> {
    let home = site.page("/").await?;
    let file = home.split('"').find(|text| text.starts_with("/static/app.")).context("a stylesheet")?;
    let editor = site.page(&format!("/queries/new?instance={}", grown.instance)).await?;
    let catalogue = editor.split("/queries/catalogue/").nth(1).and_then(|rest| rest.split(['?', '"', '&']).next());
    let catalogue = catalogue.context("a catalog of the editor")?;
    let (mut measured, mut unmeasured) = (Vec::new(), Vec::new());
    for address in addresses(grown, file, catalogue)? {
        match measure(site, address).await {
            Ok(one) => measured.push(one),
            Err(error) => unmeasured.push(error.to_string()),
        }
    }
    measured.sort_by(|one, other| other.alone.total_cmp(&one.alone));
    say("alone (ms) | together (ms) | of bare | bytes | status | address");
    for one in &measured {
        say(&format!(
            "{:8.2} | {:8.2} | {:5.3} | {:8} | {} | {}{}",
            one.alone,
            one.together,
            one.share,
            one.bytes,
            one.status,
            one.address,
            if one.is_slow() { "  <- slow" } else { "" }
        ));
    }
    let slow = measured.iter().filter(|one| one.is_slow()).count();
    say(&format!("{} addresses, {slow} pages beyond {BOUND} ms or below {SHARE} of bare", measured.len()));
    anyhow::ensure!(unmeasured.is_empty(), "not measured: {}", unmeasured.join("; "));
    Ok(())
}

/// Every address, with examples for path parameters.
fn addresses(grown: &Grown, file: &str, catalogue: &str) -> anyhow::Result<Vec<String>> {
    let mut paths = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    gather(&source, &source, &mut paths)?;
    paths.sort();
    paths.dedup();
    anyhow::ensure!(paths.len() > 40, "the routes are not found any more: {paths:?}");
    let filled = |path: &str| {
        let example = EXAMPLES.iter().find(|(route, _)| path.starts_with(route));
        let address = example.map_or(path.to_owned(), |(route, example)| path.replacen(route, example, 1));
        let address = address
            .replace("{execution}", &grown.execution)
            .replace("{query}", &grown.query)
            .replace("{instance}", &grown.instance)
            .replace("{schedule}", &grown.schedule)
            .replace("{backfill}", &grown.backfill)
            .replace("{report}", &grown.report)
            .replace("{brand}", &grown.brand)
            .replace("{notice}", &grown.notice)
            .replace("{webhook}", &grown.webhook)
            .replace("{delivery}", &grown.delivery)
            .replace("{catalogue}", catalogue)
            .replace("{draft}", &grown.draft)
            .replace("{connection}", &grown.connection)
            .replace("{static}", file);
        anyhow::ensure!(!address.contains('{'), "{path} has no example in benches/outside/walk.rs");
        Ok(address)
    };
    paths.iter().map(String::as_str).chain(MORE.iter().copied()).map(filled).collect()
}

/// The GET routes of all sources.
fn gather(source: &Path, folder: &Path, paths: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.strip_prefix(source)?.to_string_lossy().replace('\\', "/");
        if !are_served(&name) || name.ends_with("tests.rs") {
            continue;
        }
        if path.is_dir() {
            gather(source, &path, paths)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let routes = routes(&std::fs::read_to_string(&path)?);
            paths.extend(routes.into_iter().filter(|route| route.is_get).map(|route| route.path));
        }
    }
    Ok(())
}

async fn measure(site: &Site, address: String) -> anyhow::Result<Measured> {
    let whole = format!("{}{address}", site.base);
    let client = site.client(&[])?;
    let answer = client.get(&whole).send().await?;
    let status = answer.status().as_u16();
    let is_known = status != 404 || MISSING.iter().any(|end| address.ends_with(end));
    anyhow::ensure!(is_known && status < 500, "{address} answers {status}: its example is not right");
    let html = |kind: &reqwest::header::HeaderValue| kind.as_bytes().starts_with(b"text/html");
    let is_page = status == 200 && answer.headers().get("content-type").is_some_and(html);
    let bytes = answer.bytes().await?;
    let alone = load_for(&client, &whole, status, 1, ALONE).await?;
    let ours = load_for(&client, &whole, status, CONNECTIONS, TOGETHER).await?;
    let (_process, bare, _file) = bare::start(&bytes)?;
    let bare = load_for(&load_client()?, &format!("{bare}/page"), 200, CONNECTIONS, TOGETHER).await?;
    Ok(Measured {
        address,
        status,
        bytes: bytes.len(),
        is_page,
        alone: alone.median,
        together: ours.median,
        share: ours.rate / bare.rate,
    })
}

fn load_client() -> anyhow::Result<reqwest::Client> {
    super::load::client(reqwest::header::HeaderMap::new())
}
