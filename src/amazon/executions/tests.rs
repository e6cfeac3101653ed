use std::collections::HashMap;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{MethodRouter, get, post, put};
use axum::{Json, Router};

use super::super::test_server::Stage;
use super::super::{ErrorKind, NewExecution, Workflow};
use super::*;

const LIST: &str = "/api/amc/reporting/amc1/workflowExecutions";
const ONE: &str = "/api/amc/reporting/amc1/workflowExecutions/e1";

fn amc1() -> AmcInstanceId {
    AmcInstanceId("amc1".to_owned())
}

fn e1() -> AmcExecutionId {
    AmcExecutionId("e1".to_owned())
}

async fn stage(path: &str, method: MethodRouter) -> Stage {
    Stage::of(Router::new().route(path, method)).await
}

async fn read(answer: Value) -> Result<Execution, Error> {
    let stage = stage(ONE, get(move || async move { Json(answer) })).await;
    stage.client.execution(stage.account(), &amc1(), &e1()).await
}

#[tokio::test]
async fn an_execution_is_created_once_with_what_was_asked() {
    let answer = |Json(body): Json<Value>| async move {
        let workflow = json!({"workflowId": "w", "sqlQuery": "SELECT 1"});
        assert_eq!(body, json!({"workflow": workflow, "timeWindowType": "MOST_RECENT_DAY", "dryRun": true}));
        let answer = json!({"workflowExecutionId": "e1", "workflowId": "w", "status": "PENDING",
            "createTime": "2024-01-20T05:00:00Z"});
        ([(CONTENT_TYPE, "application/octet-stream")], answer.to_string())
    };
    let stage = stage(LIST, post(answer)).await;
    let new = NewExecution { workflow: Workflow::ad_hoc("w", "SELECT 1"), dry_run: true, ..NewExecution::default() };
    let execution = stage.client.create_execution(stage.account(), &amc1(), &new).await.unwrap();
    assert_eq!((execution.id, execution.status), (e1(), Status::Pending));
    assert_eq!(execution.created_at.unwrap().timestamp(), 1_705_726_800);
}

#[tokio::test]
async fn a_failed_creation_is_not_tried_again() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    for status in [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS, StatusCode::UNAUTHORIZED] {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let answer = move || async move {
            counted.fetch_add(1, Ordering::SeqCst);
            status
        };
        let stage = stage(LIST, post(answer)).await;
        let result = stage.client.create_execution(stage.account(), &amc1(), &NewExecution::default()).await;
        assert!(result.is_err());
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{status}");
    }
}

#[tokio::test]
async fn a_refused_creation_was_not_accepted_and_has_amcs_words() {
    let text = "Was unable to compile workflow w because it was found to be invalid: no such table.";
    let answer = (StatusCode::BAD_REQUEST, Json(json!({"code": "400", "details": text})));
    let stage = stage(LIST, post(|| async { answer })).await;
    let result = stage.client.create_execution(stage.account(), &amc1(), &NewExecution::default()).await;
    let error = result.unwrap_err();
    assert_eq!(error.amazons_words(), Some(text));
    assert!(!error.may_have_been_accepted() && !error.is_transient());
}

#[tokio::test]
async fn an_execution_is_read_flat_or_wrapped_and_keeps_what_is_unknown() {
    let flat = json!({"workflowExecutionId": "e1", "status": "SUCCEEDED", "executionTime": "55", "dataGaps": [],
        "timeWindowStart": "2024-01-20T05:00:00Z", "outputS3URI": "N/A", "validatedTime": "2024-01-20T05:00:02.123Z",
        "outputColumns": [{"name": "n", "dataType": "DECIMAL", "columnType": "METRIC", "dataTypePrecision": 38}],
        "outputChannels": [{"channel": {"type": "DOWNLOAD"}, "status": "AVAILABLE"}]});
    for answer in [flat.clone(), json!({"workflowExecution": flat})] {
        let execution = read(answer).await.unwrap();
        assert_eq!(execution.execution_seconds, Some(55));
        assert_eq!(execution.output_columns[0].rest["dataTypePrecision"], 38);
        assert_eq!(execution.output_channels[0].channel_type.as_deref(), Some("DOWNLOAD"));
        assert_eq!(execution.window_start.unwrap().timestamp(), 1_705_726_800);
        assert_eq!((execution.window_end, execution.sql_query), (None, None));
        let unknown: Vec<_> = execution.rest.keys().map(String::as_str).collect();
        assert_eq!(unknown, ["dataGaps", "outputS3URI", "validatedTime"]);
    }
}

#[tokio::test]
async fn every_status_is_read_and_an_unknown_one_is_kept_and_not_final() {
    for (text, status, is_final) in [
        ("PENDING", Status::Pending, false),
        ("RUNNING", Status::Running, false),
        ("SUCCEEDED", Status::Succeeded, true),
        ("COMPLETED", Status::Succeeded, true),
        ("COMPLETE", Status::Succeeded, true),
        ("FAILED", Status::Failed, true),
        ("REJECTED", Status::Rejected, true),
        ("Cancelled", Status::Cancelled, true),
        ("PUBLISHING", Status::Other("PUBLISHING".to_owned()), false),
    ] {
        let answer = json!({"workflowExecutionId": "e1", "status": text, "statusReason": "because"});
        let execution = read(answer).await.unwrap();
        assert_eq!((&execution.status, execution.status.is_final()), (&status, is_final), "{text}");
        assert_eq!(execution.status_reason.as_deref(), Some("because"));
    }
}

#[tokio::test]
async fn an_unknown_execution_is_missing_in_both_of_amcs_ways() {
    for status in [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST] {
        let answer = Json(json!({"code": "400", "details": "Workflow execution with ID e1 does not exist."}));
        let stage = stage(ONE, get(move || async move { (status, answer) })).await;
        let error = stage.client.execution(stage.account(), &amc1(), &e1()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Missing { message: Some(_) }), "{error:?}");
    }
}

#[tokio::test]
async fn executions_are_listed_by_workflow_and_time_with_cancelled_ones() {
    let answer = |Query(query): Query<HashMap<String, String>>| async move {
        assert_eq!(query["workflowId"], "w 1&2");
        assert_eq!(query["minCreationTime"], "2025-06-15T15:06:40");
        assert_eq!(query["timeZone"], "UTC");
        assert_eq!(query["includeCancelled"], "true");
        assert_eq!(query["sortAscending"], "true");
        assert_eq!(query["limit"], "100");
        assert_eq!(query["nextToken"], "t");
        Json(json!({"executions": [{"workflowExecutionId": "e1", "status": "RUNNING"}]}))
    };
    let stage = stage(LIST, get(answer)).await;
    let since = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
    let filter = ExecutionFilter::of_workflow("w 1&2").and_created_since(since);
    let filter = filter.including_cancelled().oldest_first().limit(5).limit(200);
    let page = stage.client.executions(stage.account(), &amc1(), &filter, Some("t")).await.unwrap();
    assert_eq!((page.items[0].id.as_str(), page.next), ("e1", None));
}

#[tokio::test]
async fn a_cancellation_is_any_success_and_a_finished_execution_refuses_it() {
    for status in [StatusCode::OK, StatusCode::NO_CONTENT] {
        let answer = move |Json(body): Json<Value>| async move {
            assert_eq!(body, json!({"status": "CANCELLED"}));
            status
        };
        let stage = stage(ONE, put(answer)).await;
        stage.client.cancel_execution(stage.account(), &amc1(), &e1()).await.unwrap();
    }
    let stage = stage(ONE, put(|| async { (StatusCode::BAD_REQUEST, r#"{"details":"finished"}"#) })).await;
    let error = stage.client.cancel_execution(stage.account(), &amc1(), &e1()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Refused { status: 400, message: Some("finished".to_owned()) });
}
