//! The rarer fields of a request for an execution.

use axum::http::Method;
use serde_json::{Value, json};

use super::bench::{Bench, Reply};

async fn ask(bench: &Bench, field: &str, value: Value) -> Reply {
    let mut body = json!({ "workflow": { "sqlQuery": "SELECT 1" } });
    body[field] = value;
    bench.report(Method::POST, "/workflowExecutions", body).await
}

/// The finished execution of such a request.
async fn over(bench: &Bench, field: &str, value: Value) -> Value {
    let made = ask(bench, field, value).await.ok();
    bench.pass(2).await;
    bench.pass(600).await;
    bench.execution(made["workflowExecutionId"].as_str().unwrap()).await
}

#[tokio::test]
async fn a_result_that_is_not_published_cannot_be_fetched() {
    let bench = Bench::new();
    let quiet = over(&bench, "skipPublish", json!("true")).await;
    assert_eq!((&quiet["status"], &quiet["outputS3URI"]), (&json!("SUCCEEDED"), &json!("N/A")));
    let id = quiet["workflowExecutionId"].as_str().unwrap();
    let links = bench.report(Method::GET, &format!("/workflowExecutions/{id}/downloadUrls"), Value::Null).await;
    assert_eq!(links.refusal(), format!("Execution with ID {id} is unavailable for download."));
}

#[tokio::test]
async fn an_instance_with_a_bucket_publishes_there_too() {
    let bench = Bench::new();
    let done = over(&bench, "skipPublish", json!(false)).await;
    let channel = |kind: &str, status: &str| json!({ "channel": { "type": kind }, "status": status });
    assert_eq!(done["outputChannels"], json!([channel("DOWNLOAD", "AVAILABLE"), channel("PUBLISH", "AVAILABLE")]));
    assert!(done["outputS3URI"].as_str().unwrap().starts_with("s3://emulated-amc-results/workflow=transient_"));
}

#[tokio::test]
async fn dimensions_may_not_be_older_than_the_window() {
    let bench = Bench::new();
    ask(&bench, "maxDimensionTime", json!("2026-03-09T00:00:00")).await.ok();
    ask(&bench, "maxCertifiedTime", json!("")).await.ok();
    let late = ask(&bench, "maxDimensionTime", json!("2026-03-01T00:00:00")).await.refusal();
    assert_eq!(late, "maxDimensionTime must not be before timeWindowEnd.");
    ask(&bench, "maxCertifiedTime", json!("yesterday")).await.refusal();
}

#[tokio::test]
async fn advertisers_are_named_by_id_and_type_and_repeated() {
    let bench = Bench::new();
    let advertisers = json!([{ "id": "5000000001", "type": "DISPLAY" }]);
    assert_eq!(ask(&bench, "advertisers", advertisers.clone()).await.ok()["advertisers"], advertisers);
    ask(&bench, "advertisers", json!([{ "id": "1", "type": "RADIO" }])).await.refusal();
    ask(&bench, "advertisers", json!("all")).await.refusal();
}

#[tokio::test]
async fn only_a_collaboration_has_more_receivers() {
    let bench = Bench::new();
    ask(&bench, "additionalAcrResultsReceivers", json!([])).await.ok();
    ask(&bench, "additionalAcrResultsReceivers", json!(["000000000001"])).await.refusal();
    let body = json!({ "instanceName": "Together", "acrBacked": true }).to_string();
    let made = bench.send(Method::POST, "/amc/instances", &body).await.ok();
    let id = made["instance"]["instanceId"].as_str().unwrap();
    bench.pass(600).await;
    let body = json!({ "workflow": { "sqlQuery": "SELECT 1" }, "additionalAcrResultsReceivers": ["000000000001"] });
    let reply = bench.send(Method::POST, &format!("/amc/reporting/{id}/workflowExecutions"), &body.to_string()).await;
    assert_eq!(reply.ok()["acrCollaborationId"], id);
}
