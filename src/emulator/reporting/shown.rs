//! Formats an execution for responses, field by field as captured from the real service.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use crate::emulator::state::{Cadence, Category, Execution, Instance, Results, Status, Verdict};

/// The time after creation that responses contain as `expireTime`; it deletes nothing.
const ALARM: TimeDelta = TimeDelta::hours(24);

/// A constant in all captured responses.
const INVALIDATION_OFFSET_SECONDS: u64 = 266_400;

/// The flat object of an execution.
pub(super) fn execution(execution: &Execution, instance: &Instance, include_workflow: bool) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    put("workflowExecutionId", execution.id.as_str().into());
    put("workflowId", execution.workflow.id.as_str().into());
    put("status", execution.status.word().into());
    if let Some(reason) = &execution.reason {
        put("statusReason", reason.as_str().into());
    }
    put("createTime", seconds(execution.created).into());
    put("lastUpdatedTime", seconds(execution.updated).into());
    put("expireTime", seconds(execution.created + ALARM).into());
    put("waitUntil", seconds(execution.created - TimeDelta::hours(1)).into());
    if instance.collaboration.is_some() {
        put("acrCollaborationId", instance.id.as_str().into());
    }
    window(execution, &mut put);
    repeated(execution, &mut put);
    if include_workflow && let Some(sql) = execution.workflow.sql() {
        put("sqlQuery", sql.into());
    }
    if execution.validated.is_some() {
        validated(execution, &mut put);
        finished(execution, instance, &mut put);
    }
    fields.into()
}

/// The metadata file of a result.
pub(crate) fn metadata(execution: &Execution, results: &Results) -> Value {
    json!({
        "workflowExecutionId": execution.id,
        "workflowId": execution.workflow.id,
        "sqlQuery": execution.workflow.sql(),
        "timeWindowStart": seconds(execution.window.start),
        "timeWindowEnd": seconds(execution.window.end),
        "parameterValues": execution.asked.parameter_values,
        "outputColumns": results.columns,
        "rowCount": results.rows,
    })
}

fn window(execution: &Execution, put: &mut impl FnMut(&str, Value)) {
    let window = &execution.window;
    if window.original.is_some() || execution.validated.is_some() {
        put("timeWindowStart", seconds(window.start).into());
        put("timeWindowEnd", seconds(window.end).into());
    }
    if let Some((start, end)) = &window.original {
        put("timeWindowStartOriginal", start.as_str().into());
        put("timeWindowEndOriginal", end.as_str().into());
    }
    put("timeWindowTimeZoneOriginal", window.zone.as_str().into());
}

fn repeated(execution: &Execution, put: &mut impl FnMut(&str, Value)) {
    let asked = &execution.asked;
    put("parameterValues", asked.parameter_values.clone().into());
    put("workflowExecutionTimeoutSeconds", asked.timeout_seconds.into());
    put("executionCategory", category(execution.category).into());
    put("disableAggregationControls", asked.controls_off.into());
    put("ignoreDataGaps", asked.ignore_data_gaps.into());
    put("dataGaps", json!([]));
    if asked.require_synthetic_data {
        put("requireSyntheticData", true.into());
    }
    if let Some(advertisers) = &asked.advertisers {
        put("advertisers", advertisers.clone());
    }
}

fn validated(execution: &Execution, put: &mut impl FnMut(&str, Value)) {
    if let Some(at) = execution.validated {
        put("validatedTime", at.to_rfc3339_opts(SecondsFormat::Millis, true).into());
    }
    if let Verdict::Valid { columns, .. } = &execution.verdict {
        put("outputColumns", json!(columns));
    }
    put("availableTimeBeforeWindowSecs", 0.into());
    put("invalidationOffsetSecs", INVALIDATION_OFFSET_SECONDS.into());
}

fn finished(execution: &Execution, instance: &Instance, put: &mut impl FnMut(&str, Value)) {
    if let Some((started, finished)) = execution.started.zip(execution.finished) {
        put("executionTime", (finished - started).num_seconds().max(0).into());
    }
    if execution.results().is_some() {
        put("outputS3URI", s3_uri(execution, instance).into());
    }
    if !execution.asked.dry_run {
        let bucket = (!instance.bucket.is_empty()).then_some("PUBLISH");
        let channel = |kind| json!({ "channel": { "type": kind }, "status": channel_status(execution) });
        put("outputChannels", std::iter::once("DOWNLOAD").chain(bucket).map(channel).collect());
    }
}

fn channel_status(execution: &Execution) -> &'static str {
    match execution.status {
        Status::Cancelled | Status::Rejected => "UNAVAILABLE",
        _ if execution.asked.skip_publish => "UNAVAILABLE",
        Status::Pending | Status::Running => "PENDING",
        Status::Succeeded => "AVAILABLE",
        Status::Failed => "FAILED",
    }
}

fn s3_uri(execution: &Execution, instance: &Instance) -> String {
    let workflow = &execution.workflow.id;
    if instance.bucket.is_empty() || execution.asked.skip_publish {
        return "N/A".to_owned();
    }
    let folder = format!("s3://{}/workflow={workflow}", instance.bucket);
    let day = execution.created.format("%Y-%m-%d");
    match execution.category {
        Category::AdHoc => {
            let created = execution.created.to_rfc3339_opts(SecondsFormat::Millis, true);
            format!("{folder}/schedule=adhoc/{created}-{workflow}.csv")
        }
        Category::Scheduled(Cadence::Daily) => format!("{folder}/schedule=daily/{day}-{workflow}-ver1.csv"),
        Category::Scheduled(Cadence::Weekly) => format!("{folder}/schedule=weekly/{day}-{workflow}-ver1.csv"),
    }
}

fn category(category: Category) -> &'static str {
    match category {
        Category::AdHoc => "AD_HOC",
        Category::Scheduled(_) => "SCHEDULED",
    }
}

fn seconds(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
