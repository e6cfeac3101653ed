//! Executions of AMC reporting (`/amc/reporting/{instanceId}/workflowExecutions`).

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::answer::{Fields, Page};
use super::client::{AccountCaller, Client};
use super::error::{Error, Unreadable};
use super::names::{AmcExecutionId, AmcInstanceId};
use super::text_enum::text_enum;

text_enum! {
    /// The status of an execution.
    Status {
        /// Accepted; being validated, or waiting for a slot.
        Pending = "PENDING",
        Running = "RUNNING",
        /// Finished with a result.
        Succeeded = "SUCCEEDED" | "COMPLETED" | "COMPLETE",
        /// Finished without a result.
        Failed = "FAILED",
        /// Never run: it doesn't compile, breaks a rule, or overlaps with too many others.
        Rejected = "REJECTED",
        /// Canceled by a person.
        Cancelled = "CANCELLED" | "CANCELED",
    }
}

impl Status {
    /// Whether the status can't change any more. An unknown status isn't final: the execution is polled again.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Rejected | Self::Cancelled)
    }
}

/// An execution as reported by AMC.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    pub id: AmcExecutionId,
    /// The workflow that it runs; AMC generates an id for an ad hoc workflow without one.
    pub workflow_id: Option<String>,
    pub status: Status,
    /// AMC's message for a failure or rejection. It may quote the query.
    pub status_reason: Option<String>,
    /// When AMC accepted it.
    pub created_at: Option<DateTime<Utc>>,
    /// When AMC last changed it.
    pub updated_at: Option<DateTime<Utc>>,
    /// The start of its window; `None` until a relative window is resolved.
    pub window_start: Option<DateTime<Utc>>,
    /// The end of its window.
    pub window_end: Option<DateTime<Utc>>,
    /// Its duration in seconds.
    pub execution_seconds: Option<i64>,
    /// The columns of its result; empty until it has been validated.
    pub output_columns: Vec<OutputColumn>,
    /// How its result can be retrieved; empty if AMC doesn't say.
    pub output_channels: Vec<OutputChannel>,
    /// The SQL, if requested.
    pub sql_query: Option<String>,
    /// Fields that RecomAMP doesn't know, as sent.
    pub rest: Map<String, Value>,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    /// AMC's type (`STRING`, `LONG`, `DECIMAL` …).
    pub data_type: Option<String>,
    /// `DIMENSION` or `METRIC`.
    pub column_type: Option<String>,
    /// Unknown fields: precision and scale, a description.
    pub rest: Map<String, Value>,
}

/// A way to retrieve a result.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChannel {
    /// `DOWNLOAD`, `PUBLISH` (to a bucket) or `ACR` (to a collaboration).
    pub channel_type: Option<String>,
    /// `PENDING`, `AVAILABLE`, `UNAVAILABLE` or `FAILED`.
    pub status: Option<String>,
    /// AMC's reason why it isn't available.
    pub status_reason: Option<String>,
    /// Fields that RecomAMP doesn't know, as sent.
    pub rest: Map<String, Value>,
}

impl Execution {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Unreadable> {
        Ok(Self {
            id: AmcExecutionId(fields.required("workflowExecutionId")?),
            workflow_id: fields.text("workflowId"),
            status: fields.required("status")?.into(),
            status_reason: fields.text("statusReason"),
            created_at: fields.instant("createTime"),
            updated_at: fields.instant("lastUpdatedTime"),
            window_start: fields.instant("timeWindowStart"),
            window_end: fields.instant("timeWindowEnd"),
            execution_seconds: fields.number("executionTime"),
            output_columns: fields.list("outputColumns", OutputColumn::read),
            output_channels: fields.list("outputChannels", |channel| Ok(OutputChannel::read(channel))),
            sql_query: fields.text("sqlQuery"),
            rest: fields.rest(),
        })
    }
}

impl OutputColumn {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Unreadable> {
        Ok(Self {
            name: fields.required("name")?,
            data_type: fields.text("dataType"),
            column_type: fields.text("columnType"),
            rest: fields.rest(),
        })
    }
}

impl OutputChannel {
    pub(super) fn read(mut fields: Fields) -> Self {
        Self {
            channel_type: fields.object("channel").and_then(|mut channel| channel.text("type")),
            status: fields.text("status"),
            status_reason: fields.text("statusReason"),
            rest: fields.rest(),
        }
    }
}

/// Which executions to list. AMC requires a workflow or a time: each constructor sets one.
#[derive(Clone, Debug)]
pub struct ExecutionFilter {
    query: Vec<(&'static str, String)>,
}

impl ExecutionFilter {
    pub fn of_workflow(workflow_id: &str) -> Self {
        Self { query: vec![("workflowId", workflow_id.to_owned())] }
    }

    /// Those created at `time` or later, in whole seconds.
    pub fn created_since(time: DateTime<Utc>) -> Self {
        Self { query: Vec::new() }.and_created_since(time)
    }

    /// Only those created at `time` or later.
    #[must_use]
    pub fn and_created_since(self, time: DateTime<Utc>) -> Self {
        self.with("minCreationTime", utc(time)).with("timeZone", "UTC".to_owned())
    }

    /// Including canceled ones, which AMC omits by default.
    #[must_use]
    pub fn including_cancelled(self) -> Self {
        self.with("includeCancelled", "true".to_owned())
    }

    /// Including the SQL.
    #[must_use]
    pub fn with_workflow(self) -> Self {
        self.with("includeWorkflow", "true".to_owned())
    }

    /// Oldest first instead of newest first.
    #[must_use]
    pub fn oldest_first(self) -> Self {
        self.with("sortAscending", "true".to_owned())
    }

    /// The page size, 1 to 100; default 100.
    #[must_use]
    pub fn limit(self, limit: u8) -> Self {
        self.with("limit", limit.clamp(1, 100).to_string())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.query.retain(|(known, _)| *known != name);
        self.query.push((name, value));
        self
    }
}

fn utc(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S").to_string()
}

impl Client {
    /// Starts an execution from a [`super::NewExecution`], or its stored JSON. It is sent once: if
    /// [`Error::may_have_been_accepted`], check [`Client::executions`] before sending it again. A query that doesn't
    /// compile is usually accepted here and rejected a few seconds later.
    pub async fn create_execution(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        execution: &impl Serialize,
    ) -> Result<Execution, Error> {
        let request = self.amc(Method::POST, caller, &executions_path(instance))?.json(execution);
        self.send("executions.create", request).await?.json(one)
    }

    pub async fn execution(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        id: &AmcExecutionId,
    ) -> Result<Execution, Error> {
        let request = self.amc(Method::GET, caller, &execution_path(instance, id))?;
        self.send("executions.get", request).await?.json(one)
    }

    /// One page of the executions selected by `filter`.
    pub async fn executions(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        filter: &ExecutionFilter,
        next: Option<&str>,
    ) -> Result<Page<Execution>, Error> {
        let request = self.amc(Method::GET, caller, &executions_path(instance))?.query(&filter.query);
        let request = request.query(&next.map(|token| [("nextToken", token)]));
        self.send("executions.list", request).await?.json(|answer| Page::read(answer, "executions", Execution::read))
    }

    /// Cancels an execution; [`super::ErrorKind::Refused`] if it had already finished.
    pub async fn cancel_execution(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        id: &AmcExecutionId,
    ) -> Result<(), Error> {
        let request = self.amc(Method::PUT, caller, &execution_path(instance, id))?;
        // Any success status counts: sources disagree on whether it has a body.
        self.send("executions.cancel", request.json(&json!({"status": "CANCELLED"}))).await.map(drop)
    }
}

fn one(answer: Value) -> Result<Execution, Unreadable> {
    Execution::read(Fields::unwrapped(answer, "workflowExecution")?)
}

fn executions_path(instance: &AmcInstanceId) -> [&str; 4] {
    ["amc", "reporting", instance.as_str(), "workflowExecutions"]
}

pub(super) fn execution_path<'a>(instance: &'a AmcInstanceId, id: &'a AmcExecutionId) -> [&'a str; 5] {
    ["amc", "reporting", instance.as_str(), "workflowExecutions", id.as_str()]
}

#[cfg(test)]
mod tests;
