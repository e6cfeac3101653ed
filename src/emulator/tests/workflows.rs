use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::bench::{Bench, STANDARD};

#[tokio::test]
async fn a_workflow_is_read_back_flat_with_the_fields_that_were_set() {
    let bench = Bench::new();
    let body = json!({
        "workflowId": "w.1-a_b",
        "sqlQuery": "SELECT 1",
        "inputParameters": [
            { "name": "ids", "dataType": { "type": "ARRAY", "elementDataType": "STRING" }, "column_type": "DIMENSION", "defaultValue": ["a"] },
            { "name": "n", "dataType": "INTEGER", "columnType": "METRIC", "defaultValue": 5 },
        ],
        "outputFormat": "CSV",
        "filteredMetricsDiscriminatorColumn": "filtered",
        "unknown": true,
    });
    let made = bench.report(Method::POST, "/workflows", body).await;
    assert_eq!(made.ok(), json!({}));
    assert_eq!(made.header("content-type"), "application/octet-stream");
    let read = bench.report(Method::GET, "/workflows/w%2E1-a_b", Value::Null).await;
    assert_eq!(read.header("content-type"), "application/vnd.amcworkflows.v1+json");
    let expected = json!({
        "workflowId": "w.1-a_b",
        "sqlQuery": "SELECT 1",
        "inputParameters": [
            { "name": "ids", "dataType": { "type": "ARRAY", "elementDataType": "STRING", "elementNullable": false }, "defaultValue": ["a"] },
            { "name": "n", "dataType": "INTEGER", "columnType": "METRIC", "defaultValue": 5 },
        ],
        "filteredMetricsDiscriminatorColumn": "filtered",
    });
    assert_eq!(read.ok(), expected);
    let list = bench.report(Method::GET, "/workflows?nextToken=", Value::Null).await.ok();
    assert_eq!(list, json!({ "workflows": [expected] }));
}

#[tokio::test]
async fn text_after_the_first_json_value_is_ignored() {
    let bench = Bench::new();
    let path = format!("/amc/reporting/{STANDARD}/workflows");
    let body = r#"{"workflowId":"w","sqlQuery":"SELECT 1"}, "more": [ "#;
    bench.send(Method::POST, &path, body).await.ok();
}

#[tokio::test]
async fn a_workflow_that_exists_is_refused_in_the_services_words() {
    let bench = Bench::new();
    let body = json!({ "workflowId": "w", "sqlQuery": "SELECT 1" });
    bench.report(Method::POST, "/workflows", body.clone()).await.ok();
    let refusal = bench.report(Method::POST, "/workflows", body).await.refusal();
    assert_eq!(refusal, "Workflow with ID w already exists.");
}

#[tokio::test]
async fn a_workflow_compiles_when_it_is_made_and_when_it_is_replaced() {
    let bench = Bench::new();
    let text = "Was unable to compile workflow w because it was found to be invalid: From line 1, column 8 to line 1, column 10: no";
    let bad = json!({ "workflowId": "w", "sqlQuery": "SELECT BAD" });
    assert_eq!(bench.report(Method::POST, "/workflows", bad.clone()).await.refusal(), text);
    bench.report(Method::POST, "/workflows", json!({ "workflowId": "w", "sqlQuery": "SELECT 1" })).await.ok();
    assert_eq!(bench.report(Method::PUT, "/workflows/w", bad).await.refusal(), text);
    bench.report(Method::PUT, "/workflows/w", json!({ "sqlQuery": "SELECT 2" })).await.refusal();
    bench.report(Method::PUT, "/workflows/w", json!({ "workflowId": "w", "sqlQuery": "SELECT 2" })).await.ok();
    let read = bench.report(Method::GET, "/workflows/w", Value::Null).await.ok();
    assert_eq!(read["sqlQuery"], "SELECT 2");
}

#[tokio::test]
async fn declared_output_columns_have_to_be_the_real_ones() {
    let bench = Bench::new();
    let send = async |columns: Value| {
        let body = json!({ "workflowId": "w", "sqlQuery": "SELECT 1", "outputColumns": columns });
        bench.report(Method::POST, "/workflows", body).await
    };
    assert!(send(json!([{ "name": "name" }])).await.refusal().contains("declares 1 columns"));
    assert!(send(json!([{ "name": "name" }, { "name": "m" }])).await.refusal().contains("returns n"));
    assert!(send(json!([{ "name": "name" }, { "name": "n", "dataType": "STRING" }])).await.refusal().contains("LONG"));
    send(json!([{ "name": "name" }, { "name": "n", "dataType": "LONG", "columnType": "METRIC" }])).await.ok();
}

#[tokio::test]
async fn odd_workflows_are_refused() {
    let bench = Bench::new();
    for body in [
        json!({ "sqlQuery": "SELECT 1" }),
        json!({ "workflowId": "a b", "sqlQuery": "SELECT 1" }),
        json!({ "workflowId": "w" }),
        json!({ "workflowId": "w", "sqlQuery": "x", "privacyFilteringBehavior": "KEEP" }),
        json!({ "workflowId": "w", "sqlQuery": "x", "inputParameters": [{ "name": "p", "dataType": "TEXT" }] }),
        json!({ "workflowId": "w", "sqlQuery": "x", "inputParameters": [{ "name": "p" }, { "name": "p" }] }),
        json!({ "workflowId": "w", "sqlQuery": "x", "inputParameters": vec![json!({ "name": "p" }); 101] }),
        json!({ "workflowId": "w", "sqlQuery": "x", "outputFormat": { "separatorCharacter": "ab" } }),
    ] {
        bench.report(Method::POST, "/workflows", body).await.refusal();
    }
    let path = format!("/amc/reporting/{STANDARD}/workflows");
    for body in ["", "[]", "{", "\u{1}"] {
        bench.send(Method::POST, &path, body).await.refusal();
    }
    let huge = format!(r#"{{"workflowId":"w","sqlQuery":"{}"}}"#, "x".repeat(3 << 20));
    let reply = bench.send(Method::POST, &path, &huge).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(reply.json()["code"], "413");
}

#[tokio::test]
async fn a_workflow_in_use_by_a_schedule_stays() {
    let bench = Bench::new();
    bench.report(Method::POST, "/workflows", json!({ "workflowId": "w", "sqlQuery": "SELECT 1" })).await.ok();
    let schedule = json!({ "scheduleId": "s", "workflowId": "w", "aggregationPeriod": "Daily" });
    bench.report(Method::POST, "/schedules", schedule).await.ok();
    assert!(bench.report(Method::DELETE, "/workflows/w", Value::Null).await.refusal().contains("schedule s uses it"));
    assert_eq!(bench.report(Method::DELETE, "/schedules/s", Value::Null).await.ok(), json!({}));
    assert_eq!(bench.report(Method::DELETE, "/workflows/w", Value::Null).await.ok(), json!({}));
    let missing = bench.report(Method::GET, "/workflows/w", Value::Null).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.json()["details"], "Workflow with ID w does not exist.");
}

#[tokio::test]
async fn data_sources_are_listed_in_pages_and_read_flat() {
    let bench = Bench::new();
    let page = bench.report(Method::GET, "/dataSources?limit=2", Value::Null).await;
    assert_eq!(page.header("content-type"), "application/vnd.amcdatasources.v1+json");
    let token = page.ok()["nextToken"].as_str().unwrap().to_owned();
    let rest = bench.report(Method::GET, &format!("/dataSources?limit=2&nextToken={token}"), Value::Null).await.ok();
    assert_eq!(rest["dataSources"][0]["dataSourceId"], "dsp_impressions");
    assert_eq!(rest.get("nextToken"), None);
    let one = bench.report(Method::GET, "/dataSources/sandbox.DSP_clicks", Value::Null).await.ok();
    assert_eq!(one["dataSourceId"], "dsp_clicks");
    let none = bench.report(Method::GET, "/dataSources/nothing", Value::Null).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.text.contains("does not exist"));
}
