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
    /// Where an execution stands.
    Status {
        /// Accepted; being checked, or waiting for a slot.
        Pending = "PENDING",
        Running = "RUNNING",
        /// Finished with a result.
        Succeeded = "SUCCEEDED" | "COMPLETED" | "COMPLETE",
        /// Finished without a result.
        Failed = "FAILED",
        /// Never run: it does not compile, offends a rule, or overlaps with too many others.
        Rejected = "REJECTED",
        /// Stopped by a person.
        Cancelled = "CANCELLED" | "CANCELED",
    }
}

impl Status {
    /// Whether it stays so. An unknown status is not taken for final: the execution is asked about again.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Rejected | Self::Cancelled)
    }
}

/// An execution as AMC tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// AMC's id of the execution.
    pub id: AmcExecutionId,
    /// The workflow that it runs; AMC makes one up for a workflow sent along without id.
    pub workflow_id: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// AMC's words for a failure or rejection. They may quote the query.
    pub status_reason: Option<String>,
    /// When AMC took it in.
    pub created_at: Option<DateTime<Utc>>,
    /// When AMC last changed it.
    pub updated_at: Option<DateTime<Utc>>,
    /// The beginning of its window; absent until a relative window is settled.
    pub window_start: Option<DateTime<Utc>>,
    /// The end of its window.
    pub window_end: Option<DateTime<Utc>>,
    /// How many seconds it took.
    pub execution_seconds: Option<i64>,
    /// The columns of its result; empty until it has been checked.
    pub output_columns: Vec<OutputColumn>,
    /// Where its result can be had; empty when AMC does not say.
    pub output_channels: Vec<OutputChannel>,
    /// The SQL, when asked for.
    pub sql_query: Option<String>,
    /// What else Amazon said.
    pub rest: Map<String, Value>,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    /// Its type in AMC's words (`STRING`, `LONG`, `DECIMAL` …).
    pub data_type: Option<String>,
    /// `DIMENSION` or `METRIC`.
    pub column_type: Option<String>,
    /// What else Amazon said: precision and scale, a description.
    pub rest: Map<String, Value>,
}

/// A way to get a result.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChannel {
    /// `DOWNLOAD`, `PUBLISH` (to a bucket) or `ACR` (to a collaboration).
    pub channel_type: Option<String>,
    /// `PENDING`, `AVAILABLE`, `UNAVAILABLE` or `FAILED`.
    pub status: Option<String>,
    /// AMC's words for why not.
    pub status_reason: Option<String>,
    /// What else Amazon said.
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

/// Which executions to list. AMC wants a workflow or a time: both constructors give one.
#[derive(Clone, Debug)]
pub struct ExecutionFilter {
    query: Vec<(&'static str, String)>,
}

impl ExecutionFilter {
    /// Those of one workflow.
    pub fn of_workflow(workflow_id: &str) -> Self {
        Self { query: vec![("workflowId", workflow_id.to_owned())] }
    }

    /// Those created at `time` or later; AMC counts in whole seconds.
    pub fn created_since(time: DateTime<Utc>) -> Self {
        Self { query: Vec::new() }.and_created_since(time)
    }

    /// Of them, those created at `time` or later.
    #[must_use]
    pub fn and_created_since(self, time: DateTime<Utc>) -> Self {
        self.with("minCreationTime", utc(time)).with("timeZone", "UTC".to_owned())
    }

    /// Cancelled ones too, which AMC hides otherwise.
    #[must_use]
    pub fn including_cancelled(self) -> Self {
        self.with("includeCancelled", "true".to_owned())
    }

    /// Each with its SQL.
    #[must_use]
    pub fn with_workflow(self) -> Self {
        self.with("includeWorkflow", "true".to_owned())
    }

    /// The oldest first rather than the newest.
    #[must_use]
    pub fn oldest_first(self) -> Self {
        self.with("sortAscending", "true".to_owned())
    }

    /// At most so many on a page, 1 to 100; 100 when not said.
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
    /// Asks AMC to run something: a [`super::NewExecution`], or its JSON as it was stored before. It is sent once: when [`Error::may_have_been_accepted`], look at
    /// [`Client::executions`] before asking again. A query that does not compile is commonly accepted
    /// here and rejected a few seconds later.
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

    /// One page of the executions that `filter` names.
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

    /// Asks AMC to stop an execution; [`super::ErrorKind::Refused`] when it had finished already.
    pub async fn cancel_execution(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        id: &AmcExecutionId,
    ) -> Result<(), Error> {
        let request = self.amc(Method::PUT, caller, &execution_path(instance, id))?;
        // Any success is one: sources disagree on whether it has a body.
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
