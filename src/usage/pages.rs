//! The usage page, for administrators.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::store::{self, Counted};
use crate::db::Scope;
use crate::telemetry::usage::RouteUsage;
use crate::web::components::{Choice, Pager, SortLink};
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::routes::Who::Administrator;
use crate::web::routes::{Routes, get};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Site, Visit};

/// Rows per page.
const SIZE: u64 = 50;
/// Why others don't see it.
const ONLY: Option<&str> = Some("Only administrators see usage. Ask an administrator of this installation.");
/// Days that are listed.
const DAYS: i64 = 14;
/// The columns that the list can be sorted by.
const COLUMNS: [&str; 7] = ["route", "requests", "refused", "failed", "slow", "average", "longest"];

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route("/operations/usage", get(Administrator(ONLY), show))
        .route("/operations/usage.csv", get(Administrator(ONLY), export))
        .route("/operations/usage.json", get(Administrator(ONLY), export))
        .with_state(site)
}

#[derive(Template)]
#[template(path = "usage/list.html")]
struct UsagePage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    heads: Vec<(&'static str, SortLink, bool)>,
    periods: Vec<Choice>,
    period: &'static str,
    q: String,
    days: Vec<Counted>,
    errors: Vec<(u16, u64)>,
}

#[derive(Clone, Debug)]
struct Line {
    counted: Counted,
    /// The limit in milliseconds within which 95 % of the responses stayed; `None` for past days.
    within: Option<u64>,
}

impl Counted {
    /// The average time of a response in milliseconds.
    fn average(&self) -> i64 {
        self.total_millis / self.requests.max(1)
    }
}

impl Line {
    fn now(route: String, usage: &RouteUsage) -> Self {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let counted = Counted {
            name: route,
            requests: number(usage.requests),
            refused: number(usage.refused),
            failed: number(usage.failed),
            slow: number(usage.slow),
            total_millis: number(usage.total_millis),
            longest_millis: number(usage.longest_millis),
        };
        Self { counted, within: usage.within(0.95) }
    }

    fn within_words(&self) -> String {
        self.within.map_or_else(|| "–".to_owned(), |millis| format!("≤ {millis} ms"))
    }
}

/// The periods to choose from, with their number of days.
const PERIODS: [(&str, &str, i64); 4] = [
    ("", "Since this process started", 0),
    ("week", "Last 7 days", 7),
    ("month", "Last 30 days", 30),
    ("year", "Last 365 days", 365),
];

/// The filtered and sorted routes, with the period and the search text.
async fn found(site: &Site, params: &mut ListParams) -> web::Result<(Vec<Line>, &'static str, String, String)> {
    let q = params.text("q");
    let known = |name: &str| PERIODS.into_iter().find(|(known, ..)| *known == name);
    let (period, _, days) = params.value("period", "period", known).unwrap_or(PERIODS[0]);
    let sort = params.sort(&COLUMNS, "-slow");
    let mut lines: Vec<Line> = if days == 0 {
        site.metrics.usage().since_start().into_iter().map(|(route, usage)| Line::now(route, &usage)).collect()
    } else {
        let from = (site.clock.now() - TimeDelta::days(days)).format("%Y-%m-%d").to_string();
        let mut tx = site.db.read(&Scope::System).await?;
        let routes = store::routes(&mut tx, &from).await?;
        routes.into_iter().map(|counted| Line { counted, within: None }).collect()
    };
    let wanted = q.to_lowercase();
    lines.retain(|line| line.counted.name.to_lowercase().contains(&wanted));
    let column = sort.strip_prefix('-').unwrap_or(&sort);
    let number = |line: &Line| match column {
        "requests" => line.counted.requests,
        "refused" => line.counted.refused,
        "failed" => line.counted.failed,
        "slow" => line.counted.slow,
        "average" => line.counted.average(),
        "longest" => line.counted.longest_millis,
        _ => 0,
    };
    lines.sort_by(|one, other| one.counted.name.cmp(&other.counted.name));
    if column == "route" && sort.starts_with('-') {
        lines.reverse();
    } else if sort.starts_with('-') {
        lines.sort_by_key(|line| Reverse((number(line), line.counted.longest_millis)));
    } else {
        lines.sort_by_key(number);
    }
    Ok((lines, period, q, sort))
}

async fn show(State(site): State<Site>, visit: Visit, mut params: ListParams) -> web::Result<Html<UsagePage>> {
    let (lines, period, q, sort) = found(&site, &mut params).await?;
    let (pager, lines) = params.page(SIZE).cut(lines);
    let from = (site.clock.now() - TimeDelta::days(DAYS)).format("%Y-%m-%d").to_string();
    let mut tx = site.db.read(&Scope::System).await?;
    let days = store::days(&mut tx, &from).await?;
    drop(tx);
    let labels = ["Route", "Requests", "Refused (4xx)", "Failed (5xx)", "Over 1 s", "Average", "Longest"];
    let heads = labels
        .into_iter()
        .zip(COLUMNS)
        .map(|(label, column)| (label, params.head(column, &sort), column != "route"))
        .collect();
    Ok(Html(UsagePage {
        shell: visit.shell("Usage", Section::None).await,
        list: params.list(&["sort"]),
        lines,
        pager,
        heads,
        periods: PERIODS.map(|(name, label, _)| Choice::new(name, label)).to_vec(),
        period,
        q,
        days,
        errors: site.metrics.usage().errors(),
    }))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] =
        &["route", "requests", "refused", "failed", "slow", "average_ms", "p95_at_most_ms", "longest_ms"];

    fn cells(&self) -> Vec<Value> {
        let counted = &self.counted;
        vec![
            json!(counted.name),
            json!(counted.requests),
            json!(counted.refused),
            json!(counted.failed),
            json!(counted.slow),
            json!(counted.average()),
            json!(self.within),
            json!(counted.longest_millis),
        ]
    }
}

async fn export(State(site): State<Site>, mut params: ListParams) -> web::Result<Response> {
    let (lines, ..) = found(&site, &mut params).await?;
    Ok(list::export_rows(&params, Few(lines)).await?.answer(&["usage"], site.clock.now()))
}
