//! The table of counts for each route and day.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::telemetry::usage::RouteUsage;

/// The counts of one route, or of one day.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    /// The route, or the day.
    pub(super) name: String,
    pub(super) requests: i64,
    pub(super) refused: i64,
    pub(super) failed: i64,
    pub(super) slow: i64,
    pub(super) total_millis: i64,
    pub(super) longest_millis: i64,
}

impl FromRow for Counted {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            requests: row.get("requests")?,
            refused: row.get("refused")?,
            failed: row.get("failed")?,
            slow: row.get("slow")?,
            total_millis: row.get("total_millis")?,
            longest_millis: row.get("longest_millis")?,
        })
    }
}

macro_rules! sums {
    ($name:literal, $rest:literal) => {
        concat!(
            "select ",
            $name,
            " as name, cast(sum(requests) as bigint) as requests, cast(sum(refused) as bigint) as refused, ",
            "cast(sum(failed) as bigint) as failed, cast(sum(slow) as bigint) as slow, ",
            "cast(sum(total_millis) as bigint) as total_millis, max(longest_millis) as longest_millis ",
            "from usage_days where day >= $1 group by ",
            $name,
            $rest
        )
    };
}

/// The counts of each route from this day on (`2026-03-18`).
pub(super) async fn routes(tx: &mut Tx, from: &str) -> Result<Vec<Counted>> {
    const ROUTES: &str = sums!("route", " order by route");
    sql(ROUTES).bind(from).all(tx).await
}

/// The counts of each day from this day on, newest first.
pub(super) async fn days(tx: &mut Tx, from: &str) -> Result<Vec<Counted>> {
    const DAYS: &str = sums!("day", " order by day desc");
    sql(DAYS).bind(from).all(tx).await
}

/// Adds counts to those of a route and day.
pub(super) async fn add(tx: &mut Tx, day: &str, route: &str, usage: &RouteUsage) -> Result<()> {
    const ADD: &str = "insert into usage_days (day, route, requests, refused, failed, slow, total_millis, longest_millis) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (day, route) do update set \
        requests = usage_days.requests + excluded.requests, refused = usage_days.refused + excluded.refused, \
        failed = usage_days.failed + excluded.failed, slow = usage_days.slow + excluded.slow, \
        total_millis = usage_days.total_millis + excluded.total_millis, longest_millis = case when \
        excluded.longest_millis > usage_days.longest_millis then excluded.longest_millis else usage_days.longest_millis end";
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    sql(ADD)
        .bind(day)
        .bind(route)
        .bind(number(usage.requests))
        .bind(number(usage.refused))
        .bind(number(usage.failed))
        .bind(number(usage.slow))
        .bind(number(usage.total_millis))
        .bind(number(usage.longest_millis))
        .execute(tx)
        .await
        .map(drop)
}

/// Deletes the counts of days before this one.
pub(super) async fn forget(tx: &mut Tx, before: &str) -> Result<()> {
    const FORGET: &str = "delete from usage_days where day < $1";
    sql(FORGET).bind(before).execute(tx).await.map(drop)
}
