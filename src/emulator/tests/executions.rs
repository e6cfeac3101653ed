use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::bench::{Bench, SANDBOX};

async fn links(bench: &Bench, id: &str) -> Vec<String> {
    let reply = bench.report(Method::GET, &format!("/workflowExecutions/{id}/downloadUrls"), Value::Null).await.ok();
    let paths = |name: &str| reply[name].as_array().unwrap().clone();
    let all = paths("downloadUrls").into_iter().chain(paths("metadataDownloadUrls"));
    all.map(|url| url.as_str().unwrap().strip_prefix("http://emulator.test").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_execution_is_answered_field_by_field_as_captured() {
    let bench = Bench::new();
    let body = json!({
        "workflow": { "sqlQuery": "SELECT 1" },
        "timeWindowType": "EXPLICIT",
        "timeWindowStart": "2024-01-20T00:00:00",
        "timeWindowEnd": "2024-01-21T00:00:00",
        "timeWindowTimeZone": "America/New_York",
        "workflowExecutionTimeoutSeconds": "86400",
        "ignoreDataGaps": "True",
    });
    let reply = bench.report(Method::POST, "/workflowExecutions", body).await;
    assert_eq!(reply.header("content-type"), "application/vnd.amcworkflowexecutions.v1+json");
    let made = reply.ok();
    let (id, workflow) = (made["workflowExecutionId"].as_str().unwrap(), made["workflowId"].as_str().unwrap());
    assert!(workflow.starts_with("transient_"));
    let expected = json!({
        "workflowExecutionId": id,
        "workflowId": workflow,
        "status": "PENDING",
        "createTime": "2026-03-10T15:00:00Z",
        "lastUpdatedTime": "2026-03-10T15:00:00Z",
        "expireTime": "2026-03-11T15:00:00Z",
        "waitUntil": "2026-03-10T14:00:00Z",
        "timeWindowStart": "2024-01-20T05:00:00Z",
        "timeWindowEnd": "2024-01-21T05:00:00Z",
        "timeWindowStartOriginal": "2024-01-20T00:00:00",
        "timeWindowEndOriginal": "2024-01-21T00:00:00",
        "timeWindowTimeZoneOriginal": "America/New_York",
        "parameterValues": {},
        "workflowExecutionTimeoutSeconds": 86400,
        "executionCategory": "AD_HOC",
        "disableAggregationControls": false,
        "ignoreDataGaps": true,
        "dataGaps": [],
    });
    assert_eq!(made, expected);
}

#[tokio::test]
async fn an_execution_is_validated_runs_and_succeeds() {
    let bench = Bench::new();
    let id = bench.execute("SELECT 1").await;
    let pending = bench.execution(&id).await;
    assert_eq!(pending["status"], "PENDING");
    assert_eq!(pending.get("timeWindowStart"), None, "absent for a relative window until it is validated");
    bench.pass(2).await;
    let running = bench.execution(&id).await;
    assert_eq!(running["status"], "RUNNING");
    assert_eq!(running["validatedTime"], "2026-03-10T15:00:02.000Z");
    assert_eq!(running["timeWindowStart"], "2026-03-07T00:00:00Z");
    assert_eq!(running["outputColumns"][1], json!({ "name": "n", "dataType": "LONG", "columnType": "METRIC" }));
    bench.pass(600).await;
    let done = bench.execution(&id).await;
    assert_eq!(done["status"], "SUCCEEDED");
    assert_eq!(done["executionTime"], 52);
    assert!(done["outputS3URI"].as_str().unwrap().starts_with("s3://emulated-amc-results/workflow=transient_"));
    assert_eq!(done.get("sqlQuery"), None);
    let path = format!("/workflowExecutions/{id}?includeWorkflow=True");
    assert_eq!(bench.report(Method::GET, &path, Value::Null).await.ok()["sqlQuery"], "SELECT 1");
}

#[tokio::test]
async fn without_waits_an_execution_takes_only_its_real_work() {
    let bench = Bench::with(|options| options.speed = 0.0);
    let id = bench.execute("SELECT 1").await;
    bench.emulator.settled().await;
    assert_eq!(bench.status(&id).await, "SUCCEEDED");
}

#[tokio::test]
async fn bad_sql_is_accepted_and_rejected_later() {
    let bench = Bench::new();
    let body = json!({ "workflow": { "workflowId": "mine", "sqlQuery": "BAD" } });
    let id = bench.report(Method::POST, "/workflowExecutions", body).await.ok()["workflowExecutionId"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(bench.status(id).await, "PENDING");
    bench.pass(2).await;
    let rejected = bench.execution(id).await;
    assert_eq!(rejected["status"], "REJECTED");
    let text = "Was unable to compile workflow mine because it was found to be invalid: From line 1, column 8 to line 1, column 10: no";
    assert_eq!(rejected["statusReason"], text);
}

#[tokio::test]
async fn failures_and_panics_end_as_failed_and_leave_others_alone() {
    let bench = Bench::new();
    let ids = [bench.execute("FAIL").await, bench.execute("PANIC").await, bench.execute("SELECT 1").await];
    bench.pass(2).await;
    bench.pass(600).await;
    let failed = bench.execution(&ids[0]).await;
    assert_eq!((&failed["status"], &failed["statusReason"]), (&json!("FAILED"), &json!("Division by zero.")));
    assert_eq!(bench.status(&ids[1]).await, "FAILED");
    assert_eq!(bench.status(&ids[2]).await, "SUCCEEDED");
}

#[tokio::test]
async fn a_sandbox_wants_synthetic_data_to_be_asked_for() {
    let bench = Bench::new();
    let path = format!("/amc/reporting/{SANDBOX}/workflowExecutions");
    let send = async |extra: &str| {
        let body = format!(r#"{{"workflow":{{"sqlQuery":"SELECT 1"}}{extra}}}"#);
        bench.send(Method::POST, &path, &body).await.ok()["workflowExecutionId"].as_str().unwrap().to_owned()
    };
    let without = send("").await;
    let with = send(r#","requireSyntheticData":"True","disableAggregationControls":true"#).await;
    bench.pass(2).await;
    let rejected = bench.get(&format!("{path}/{without}")).await.ok();
    assert_eq!(rejected["status"], "REJECTED");
    assert!(rejected["statusReason"].as_str().unwrap().contains("requireSyntheticData"));
    let running = bench.get(&format!("{path}/{with}")).await.ok();
    assert_eq!(running["status"], "RUNNING");
    assert_eq!(running["requireSyntheticData"], true);
    assert_eq!(running["disableAggregationControls"], true);
}

#[tokio::test]
async fn a_parameter_without_value_is_rejected_and_a_default_is_one() {
    let bench = Bench::new();
    let body = json!({ "workflowId": "w", "sqlQuery": "SELECT 1", "inputParameters": [{ "name": "p", "dataType": "STRING" }] });
    bench.report(Method::POST, "/workflows", body).await.ok();
    let send = async |body: Value| {
        let made = bench.report(Method::POST, "/workflowExecutions", body).await.ok();
        made["workflowExecutionId"].as_str().unwrap().to_owned()
    };
    let without = send(json!({ "workflowId": "w" })).await;
    let with = send(json!({ "workflowId": "w", "parameterValues": { "p": 5 } })).await;
    bench.pass(2).await;
    assert!(bench.execution(&without).await["statusReason"].as_str().unwrap().contains("workflow parameter p"));
    assert_eq!(bench.execution(&with).await["parameterValues"], json!({ "p": 5 }));
    assert_eq!(bench.status(&with).await, "RUNNING");
}

#[tokio::test]
async fn a_dry_run_is_complete_once_validated_and_has_no_result() {
    let bench = Bench::new();
    let body = json!({ "workflow": { "sqlQuery": "FOREVER" }, "dryRun": "true" });
    let made = bench.report(Method::POST, "/workflowExecutions", body).await.ok();
    let id = made["workflowExecutionId"].as_str().unwrap();
    bench.pass(2).await;
    assert_eq!(bench.status(id).await, "SUCCEEDED");
    let links = bench.report(Method::GET, &format!("/workflowExecutions/{id}/downloadUrls"), Value::Null).await;
    assert_eq!(links.refusal(), format!("Execution with ID {id} is unavailable for download."));
}

#[tokio::test]
async fn ten_of_an_instance_run_and_the_others_wait_in_order() {
    let bench = Bench::new();
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(bench.execute("SELECT 1").await);
    }
    bench.pass(2).await;
    for (at, id) in ids.iter().enumerate() {
        assert_eq!(bench.status(id).await, if at < 10 { "RUNNING" } else { "PENDING" }, "{at}");
    }
    bench.pass(60).await;
    assert_eq!(bench.status(&ids[0]).await, "SUCCEEDED");
    assert_eq!(bench.status(&ids[11]).await, "RUNNING");
    bench.pass(60).await;
    assert_eq!(bench.status(&ids[11]).await, "SUCCEEDED");
}

#[tokio::test]
async fn two_hundred_executions_all_end() {
    let bench = Bench::with(|options| options.speed = 0.0);
    let mut ids = Vec::new();
    for _ in 0..200 {
        ids.push(bench.execute("SELECT 1").await);
    }
    bench.emulator.settled().await;
    for id in ids {
        assert_eq!(bench.status(&id).await, "SUCCEEDED");
    }
}

#[tokio::test]
async fn cancelling_stops_the_work_by_put_and_by_delete() {
    let bench = Bench::new();
    let (one, two) = (bench.execute("FOREVER").await, bench.execute("FOREVER").await);
    bench.hand.advance(TimeDelta::seconds(2));
    assert_eq!(bench.status(&one).await, "RUNNING");
    let path = |id: &str| format!("/workflowExecutions/{id}");
    assert_eq!(bench.report(Method::PUT, &path(&one), json!({})).await.ok(), json!({}));
    assert_eq!(bench.status(&one).await, "RUNNING");
    assert_eq!(bench.report(Method::PUT, &path(&one), json!({ "status": "CANCELLED" })).await.ok(), json!({}));
    assert_eq!(bench.report(Method::DELETE, &path(&two), Value::Null).await.ok(), json!({}));
    for id in [&one, &two] {
        assert_eq!(bench.status(id).await, "CANCELLED");
        let again = bench.report(Method::PUT, &path(id), json!({ "status": "CANCELLED" })).await;
        assert!(again.refusal().contains("its status is CANCELLED"));
    }
    // The work was dropped: there is nothing to wait for.
    bench.emulator.settled().await;
}

#[tokio::test]
async fn lists_filter_sort_and_page() {
    let bench = Bench::new();
    bench.report(Method::POST, "/workflows", json!({ "workflowId": "w", "sqlQuery": "SELECT 1" })).await.ok();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let made = bench.report(Method::POST, "/workflowExecutions", json!({ "workflowId": "w" })).await.ok();
        ids.push(made["workflowExecutionId"].as_str().unwrap().to_owned());
        bench.hand.advance(TimeDelta::hours(1));
    }
    bench.execute("SELECT 2").await;
    let list = async |query: &str| {
        let body = bench.report(Method::GET, &format!("/workflowExecutions?{query}"), Value::Null).await.ok();
        let rows = body["executions"].as_array().unwrap().iter();
        let rows: Vec<_> = rows.map(|row| row["workflowExecutionId"].as_str().unwrap().to_owned()).collect();
        (rows, body["nextToken"].as_str().map(str::to_owned), body)
    };
    let (rows, next, body) = list("workflowId=w&minCreationTime=&nextToken=None").await;
    assert_eq!(rows, [ids[2].clone(), ids[1].clone(), ids[0].clone()]);
    assert_eq!((next, body.get("nextToken")), (None, None));
    assert_eq!(list("workflowId=w&sortAscending=TRUE").await.0, ids);
    assert_eq!(list("workflowId=unknown").await.0, [""; 0]);
    assert_eq!(list("workflowId=w&minCreationTime=2026-03-10T16:00:00").await.0.len(), 2);
    assert_eq!(list("workflowId=w&maxCreationTime=2026-03-10T15:00:00").await.0, [ids[0].clone()]);
    assert_eq!(list("minCreationTime=2026-03-10T14:00:00&timeZone=America/New_York").await.0.len(), 1);
    let (first, next, _) = list("workflowId=w&limit=2").await;
    let (second, end, _) = list(&format!("workflowId=w&limit=2&nextToken={}", next.unwrap())).await;
    assert_eq!((first.len(), second, end), (2, vec![ids[0].clone()], None));
    let late = bench.execute("FOREVER").await;
    bench.report(Method::DELETE, &format!("/workflowExecutions/{late}"), Value::Null).await.ok();
    assert!(!list("minCreationTime=2026-01-01T00:00:00").await.0.contains(&late));
    assert!(list("minCreationTime=2026-01-01T00:00:00&includeCancelled=true").await.0.contains(&late));
    let neither = bench.report(Method::GET, "/workflowExecutions", Value::Null).await;
    assert!(neither.refusal().contains("workflowId"));
    bench.report(Method::GET, "/workflowExecutions?minCreationTime=2026-01-01", Value::Null).await.refusal();
}

#[tokio::test]
async fn unknown_things_are_reported_in_the_services_words() {
    let bench = Bench::new();
    let text = "Workflow execution with ID nope does not exist.";
    for (method, path) in [
        (Method::GET, "/workflowExecutions/nope"),
        (Method::PUT, "/workflowExecutions/nope"),
        (Method::DELETE, "/workflowExecutions/nope"),
        (Method::GET, "/workflowExecutions/nope/downloadUrls"),
    ] {
        assert_eq!(bench.report(method, path, Value::Null).await.refusal(), text);
    }
    let unknown = bench.report(Method::POST, "/workflowExecutions", json!({ "workflowId": "nope" })).await;
    assert_eq!(unknown.refusal(), "Workflow with ID nope does not exist");
    for odd in [
        json!({}),
        json!({ "workflowId": "w", "workflow": {} }),
        json!({ "workflow": { "sqlQuery": "x" }, "workflowExecutionTimeoutSeconds": 899 }),
        json!({ "workflow": { "sqlQuery": "x" }, "dryRun": "maybe" }),
        json!({ "workflow": { "sqlQuery": "x" }, "parameterValues": [1] }),
        json!({ "workflow": { "sqlQuery": "x" }, "timeWindowType": "EXPLICIT", "timeWindowStart": "2024-01-20", "timeWindowEnd": "2024-01-21" }),
    ] {
        bench.report(Method::POST, "/workflowExecutions", odd).await.refusal();
    }
}

#[tokio::test]
async fn a_result_is_fetched_by_its_link_alone_for_ten_minutes() {
    let bench = Bench::new();
    let id = bench.execute("SELECT 1").await;
    let early = bench.report(Method::GET, &format!("/workflowExecutions/{id}/downloadUrls"), Value::Null).await;
    assert_eq!(early.refusal(), format!("Execution with ID {id} is unavailable for download."));
    bench.pass(2).await;
    bench.pass(600).await;
    let links = links(&bench, &id).await;
    assert_eq!(links.len(), 2);
    let file = bench.bare(Method::GET, &links[0], "").await;
    assert_eq!((file.status, file.text.as_str()), (StatusCode::OK, "name,n\na0,1\n"));
    let metadata = bench.bare(Method::GET, &links[1], "").await.ok();
    assert_eq!(metadata["sqlQuery"], "SELECT 1");
    let changed = bench.bare(Method::GET, &links[0].replace("part-0.csv", "metadata.json"), "").await;
    assert_eq!(changed.status, StatusCode::FORBIDDEN);
    assert!(changed.text.contains("<Code>SignatureDoesNotMatch</Code>"));
    let bare = bench.bare(Method::GET, links[0].split('?').next().unwrap(), "").await;
    assert_eq!(bare.status, StatusCode::FORBIDDEN);
    bench.pass(600).await;
    let late = bench.bare(Method::GET, &links[0], "").await;
    assert_eq!(late.status, StatusCode::FORBIDDEN);
    assert!(late.text.contains("<Message>Request has expired</Message>"), "{}", late.text);
    assert_eq!(late.header("content-type"), "application/xml");
}

#[tokio::test]
async fn faults_of_runs_split_empty_and_reject() {
    let bench = Bench::with(|options| {
        options.speed = 0.0;
        options.faults = ["split=3*1", "overlap*1", "header-only*1"].map(|text| text.parse().unwrap()).to_vec();
    });
    let id = bench.execute("SELECT 1").await;
    bench.emulator.settled().await;
    let rejected = bench.execution(&id).await;
    assert_eq!(rejected["status"], "REJECTED");
    assert!(rejected["statusReason"].as_str().unwrap().contains("too many workflows have already been run"));
    bench.emulator.faults().add("split=3*1".parse().unwrap());
    let split = bench.execute("SELECT 1").await;
    bench.emulator.settled().await;
    let files = links(&bench, &split).await;
    assert_eq!(files.len(), 4);
    assert_eq!(bench.bare(Method::GET, &files[2], "").await.text, "name,n\na2,1\n");
    bench.emulator.faults().add("header-only*1".parse().unwrap());
    let empty = bench.execute("SELECT 1").await;
    bench.emulator.settled().await;
    let files = links(&bench, &empty).await;
    assert_eq!(bench.bare(Method::GET, &files[0], "").await.text, "name,n\n");
    bench.emulator.faults().add("expired-link*1".parse().unwrap());
    assert_eq!(bench.bare(Method::GET, &files[0], "").await.status, StatusCode::FORBIDDEN);
    let request = Request::get(&files[0]).body(Body::empty()).unwrap();
    assert_eq!(bench.call(request).await.status, StatusCode::OK);
}
