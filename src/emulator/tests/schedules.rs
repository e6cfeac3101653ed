use axum::http::Method;
use serde_json::{Value, json};

use super::bench::Bench;

async fn with_workflow() -> Bench {
    let bench = Bench::new();
    bench.report(Method::POST, "/workflows", json!({ "workflowId": "w", "sqlQuery": "SELECT 1" })).await.ok();
    bench
}

async fn fired(bench: &Bench) -> Vec<Value> {
    let path = "/workflowExecutions?workflowId=w&sortAscending=true";
    bench.report(Method::GET, path, Value::Null).await.ok()["executions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_schedule_is_read_back_flat() {
    let bench = with_workflow().await;
    let body = json!({
        "scheduleId": "s", "workflowId": "w", "aggregationPeriod": "Daily", "aggregationStartDay": "Monday",
        "aggregationHourUtc": "6", "scheduleEnabled": "True", "requireSyntheticData": false, "disableAggregationControls": "False",
    });
    assert_eq!(bench.report(Method::POST, "/schedules", body).await.ok(), json!({}));
    let expected = json!({
        "scheduleId": "s", "workflowId": "w", "aggregationPeriod": "Daily", "aggregationStartDay": "Monday",
        "aggregationHourUtc": 6, "scheduleEnabled": true, "requireSyntheticData": false, "disableAggregationControls": false,
    });
    let read = bench.report(Method::GET, "/schedules/s", Value::Null).await;
    assert_eq!(read.header("content-type"), "application/vnd.amcschedules.v1+json");
    assert_eq!(read.ok(), expected);
    let list = bench.report(Method::GET, "/schedules", Value::Null).await.ok();
    assert_eq!(list, json!({ "schedules": [expected] }));
}

#[tokio::test]
async fn a_daily_schedule_fires_on_the_emulators_clock_for_the_day_before() {
    let bench = with_workflow().await;
    let body = json!({ "scheduleId": "s", "workflowId": "w", "aggregationPeriod": "Daily", "aggregationHourUtc": 6 });
    bench.report(Method::POST, "/schedules", body).await.ok();
    assert_eq!(fired(&bench).await.len(), 0);
    bench.pass(15 * 3600).await;
    bench.pass(2).await;
    bench.pass(600).await;
    let runs = fired(&bench).await;
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["status"], "SUCCEEDED");
    assert_eq!(runs[0]["timeWindowStart"], "2026-03-10T06:00:00Z");
    assert_eq!(runs[0]["timeWindowEnd"], "2026-03-11T06:00:00Z");
    bench.pass(2 * 86_400).await;
    assert_eq!(fired(&bench).await.len(), 3);
    bench.report(Method::DELETE, "/schedules/s", Value::Null).await.ok();
    bench.pass(2 * 86_400).await;
    assert_eq!(fired(&bench).await.len(), 3);
}

#[tokio::test]
async fn a_schedule_that_is_switched_off_does_not_make_up_for_it_later() {
    let bench = with_workflow().await;
    let body = |enabled: bool| json!({ "scheduleId": "s", "workflowId": "w", "aggregationPeriod": "daily", "scheduleEnabled": enabled });
    bench.report(Method::POST, "/schedules", body(false)).await.ok();
    bench.pass(5 * 86_400).await;
    bench.report(Method::PUT, "/schedules/s", body(true)).await.ok();
    assert_eq!(fired(&bench).await.len(), 0);
    bench.pass(86_400).await;
    assert_eq!(fired(&bench).await.len(), 1);
}

#[tokio::test]
async fn odd_schedules_are_refused() {
    let bench = with_workflow().await;
    for body in [
        json!({ "workflowId": "w", "aggregationPeriod": "Daily" }),
        json!({ "scheduleId": "s", "workflowId": "none", "aggregationPeriod": "Daily" }),
        json!({ "scheduleId": "s", "workflowId": "w", "aggregationPeriod": "Hourly" }),
        json!({ "scheduleId": "s", "workflowId": "w", "aggregationPeriod": "Weekly", "aggregationStartDay": "Someday" }),
        json!({ "scheduleId": "s", "workflowId": "w", "aggregationPeriod": "Daily", "aggregationHourUtc": 24 }),
    ] {
        bench.report(Method::POST, "/schedules", body).await.refusal();
    }
}
