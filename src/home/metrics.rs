//! `/metrics`: metrics of this process, for a collector.

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq as _;

use super::Home;
use crate::amazon::{Place, Traffic};
use crate::db::Scope;
use crate::deliveries;
use crate::executions;
use crate::schedules;
use crate::telemetry::metrics::{CONTENT_TYPE, Known};
use crate::web::{self, Site, rate_limits};
use crate::workers::{Outcome, Status};

pub(super) async fn show(State(home): State<Home>, request: Request) -> web::Result<Response> {
    let site = &home.site;
    if !may_read(site, &request) {
        return Err(web::Error::Missing);
    }
    let mut known = workers(&site.statuses.all());
    let mut tx = site.db.read(&Scope::System).await?;
    let mut unfinished = Known::gauge("executions", "Executions that have not ended, by state, of all processes");
    for (state, count) in executions::unfinished(&mut tx).await? {
        unfinished.add(vec![("state", state.name().to_owned())], u64::try_from(count).unwrap_or_default());
    }
    let mut overdue = Known::gauge("schedules_overdue", "Schedules whose slot should have been decided and was not");
    overdue.add(Vec::new(), u64::try_from(schedules::overdue(&mut tx, site.clock.now()).await?).unwrap_or_default());
    let mut delivering = Known::gauge("deliveries", "Deliveries of results that are not done, by state");
    for (state, count) in deliveries::unfinished(&mut tx).await? {
        delivering.add(vec![("state", state.to_owned())], u64::try_from(count).unwrap_or_default());
    }
    drop(tx);
    known.extend([unfinished, overdue, delivering]);
    let mut build = Known::gauge("build_info", "The version that runs; always 1");
    build.add(vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1);
    known.push(build);
    known.extend(amazon(&home.grants.client().traffic(), site.clock.now()));
    let page = site.metrics.render(known).map_err(anyhow::Error::from)?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], page).into_response())
}

/// Callers with the configured token; without one, direct callers on this machine.
fn may_read(site: &Site, request: &Request) -> bool {
    let Some(token) = &site.config.metrics_token else { return rate_limits::is_local(request) };
    let said = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let said = said.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    said.as_bytes().ct_eq(token.expose().as_bytes()).into()
}

fn workers(statuses: &[Status]) -> Vec<Known> {
    let mut ticks = Known::counter("worker_ticks", "Ticks of each worker since the start");
    let mut failures = Known::counter("worker_failures", "Ticks that failed, wholly or for some rows");
    let mut last =
        Known::gauge("worker_last_tick_timestamp_seconds", "When the last tick ended, as seconds since 1970");
    let mut held = Known::gauge("worker_held", "1 while background work is held back");
    for status in statuses {
        let labels = || vec![("worker", status.name.to_owned())];
        ticks.add(labels(), status.ticks);
        failures.add(labels(), status.failures);
        if let Some(ended) = status.ended_at {
            last.add(labels(), u64::try_from(ended.timestamp()).unwrap_or_default());
        }
        held.add(labels(), u64::from(matches!(status.outcome, Outcome::Held(_))));
    }
    vec![ticks, failures, last, held]
}

fn amazon(traffic: &[(Place, Traffic)], now: DateTime<Utc>) -> [Known; 2] {
    let mut calls = Known::counter("amazon_calls", "Calls to Amazon's hosts since the start, by how they ended");
    let mut resting =
        Known::gauge("amazon_resting", "Places at a host, itself or its instances, to which calls are paused now");
    let hosts = traffic.iter().filter(|(place, _)| place.instance.is_none());
    for (host, known) in hosts {
        let labels = |outcome: &str| vec![("host", host.host.clone()), ("outcome", outcome.to_owned())];
        calls.add(labels("answered"), known.answered);
        calls.add(labels("failed"), known.failed);
        let rest = traffic.iter().filter(|(place, known)| place.host == host.host && known.rests(now)).count();
        resting.add(vec![("host", host.host.clone())], u64::try_from(rest).unwrap_or(u64::MAX));
    }
    [calls, resting]
}
