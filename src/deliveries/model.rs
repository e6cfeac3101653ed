//! Destinations, rules and the ledger.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{DeliveryRuleId, DestinationId, ExecutionId, InstanceId, ResultDeliveryId, ScheduleId};
use crate::queries::WindowChoice;
use crate::warehouse::WriteMode;
use crate::web::components::State as Color;

pub(super) use super::place::{Place, bucket_of, warehouse_of};

/// Between one attempt and the next; with the last, three days have passed.
const WAITS: [TimeDelta; 9] = [
    TimeDelta::seconds(30),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(16),
    TimeDelta::hours(24),
];
/// Waits are up to this share longer or shorter, so that a destination isn't called by all at the same time.
const JITTER: f64 = 0.1;

/// When a delivery is tried again after so many failed attempts; none after the last. `fraction` is a random number in
/// `[0, 1)`.
pub(super) fn next_attempt(now: DateTime<Utc>, attempts: i64, fraction: f64) -> Option<DateTime<Utc>> {
    let wait = *WAITS.get(usize::try_from(attempts - 1).ok()?)?;
    let millis = wait.num_milliseconds() as f64 * (1.0 + JITTER * (2.0 * fraction - 1.0));
    Some(now + TimeDelta::milliseconds(millis as i64))
}

/// What a destination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DestinationKind {
    Folder,
    Bucket,
    Postgres,
}

impl DestinationKind {
    pub(super) const ALL: [Self; 3] = [Self::Folder, Self::Bucket, Self::Postgres];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Bucket => "bucket",
            Self::Postgres => "postgres",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Folder => "Folder",
            Self::Bucket => "S3-compatible bucket",
            Self::Postgres => "PostgreSQL database",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// Whether results become rows of a table there, and not files.
    pub(super) const fn has_tables(self) -> bool {
        matches!(self, Self::Postgres)
    }
}

/// A destination as people see it.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub id: DestinationId,
    pub name: String,
    pub kind: DestinationKind,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
    pub deleted_at: Option<DateTime<Utc>>,
    /// How many rules use it.
    pub rules: i64,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Csv,
    Parquet,
}

impl Format {
    pub(super) const ALL: [Self; 2] = [Self::Csv, Self::Parquet];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Parquet => "Parquet",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == text)
    }
}

/// How rows get into a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    Append,
    Replace,
    Upsert,
}

impl Mode {
    pub(super) const ALL: [Self; 3] = [Self::Append, Self::Replace, Self::Upsert];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Replace => "replace",
            Self::Upsert => "upsert",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Append => "Append",
            Self::Replace => "Replace the time window",
            Self::Upsert => "Update or insert by key",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == text)
    }
}

/// What a result becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "becomes", rename_all = "lowercase")]
pub(super) enum Target {
    File { format: Format, pattern: String },
    Table { table: String, mode: Mode, keys: Vec<String>, add_columns: bool },
}

impl Target {
    /// In one line: `CSV: {schedule}/{slot}.csv`.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::File { format, pattern } => format!("{}: {pattern}", format.label()),
            Self::Table { table, mode: Mode::Upsert, keys, .. } => {
                format!("Table {table}: {} ({})", Mode::Upsert.label().to_lowercase(), keys.join(", "))
            }
            Self::Table { table, mode, .. } => format!("Table {table}: {}", mode.label().to_lowercase()),
        }
    }

    /// What is written, for reading the word alone in exports.
    pub(super) const fn form(&self) -> &'static str {
        match self {
            Self::File { format, .. } => format.name(),
            Self::Table { .. } => "table",
        }
    }
}

/// How the rows of a table are written.
pub(super) fn write_mode(mode: Mode, keys: &[String]) -> WriteMode {
    match mode {
        Mode::Append => WriteMode::Append,
        Mode::Replace => WriteMode::Replace,
        Mode::Upsert => WriteMode::Upsert(keys.to_vec()),
    }
}

/// A rule of a schedule, as people see it.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub id: DeliveryRuleId,
    pub schedule: ScheduleId,
    pub destination: DestinationId,
    pub destination_name: String,
    pub destination_kind: DestinationKind,
    /// Whether the destination was deleted, so that nothing is delivered.
    pub is_cut_off: bool,
    pub target: Target,
    pub failing_since: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
    pub deleted_at: Option<DateTime<Utc>>,
    /// How many results it has delivered, and how many are waiting or have failed.
    pub done: i64,
    pub open: i64,
    pub given_up: i64,
}

impl Rule {
    /// How it stands, with its color.
    pub(super) const fn state(&self) -> (Color, &'static str) {
        if self.deleted_at.is_some() {
            (Color::Stopped, "Deleted")
        } else if self.is_cut_off {
            (Color::Stopped, "Destination deleted")
        } else if self.failing_since.is_some() {
            (Color::Failed, "Failing")
        } else if self.open > 0 {
            (Color::Running, "Delivering")
        } else {
            (Color::Done, "Active")
        }
    }
}

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeliveryState {
    Waiting,
    Sending,
    Done,
    /// The last attempt failed; it is tried again.
    Failed,
    GivenUp,
    /// Its rule was deleted before it was sent.
    Canceled,
}

impl DeliveryState {
    pub(super) const ALL: [Self; 6] =
        [Self::Waiting, Self::Sending, Self::Done, Self::Failed, Self::GivenUp, Self::Canceled];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::GivenUp => "given-up",
            Self::Canceled => "canceled",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Sending => "Sending",
            Self::Done => "Delivered",
            Self::Failed => "Failed, retrying",
            Self::GivenUp => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    pub(super) const fn color(self) -> Color {
        match self {
            Self::Waiting => Color::Waiting,
            Self::Sending => Color::Running,
            Self::Done => Color::Done,
            Self::Failed | Self::GivenUp => Color::Failed,
            Self::Canceled => Color::Stopped,
        }
    }

    /// Whether it can be tried again now.
    pub(super) const fn can_retry(self) -> bool {
        matches!(self, Self::Failed | Self::GivenUp | Self::Canceled)
    }
}

/// A row of the ledger.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub id: ResultDeliveryId,
    pub schedule: Option<ScheduleId>,
    /// Empty where a person asked for it.
    pub schedule_name: String,
    pub destination_name: String,
    pub instance: InstanceId,
    pub instance_name: String,
    pub execution: ExecutionId,
    pub query_name: String,
    pub slot: Option<String>,
    pub target: Target,
    pub person_name: String,
    pub state: DeliveryState,
    pub reason: String,
    pub attempts: i64,
    pub created_at: DateTime<Utc>,
    pub due_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub rows: Option<i64>,
    pub bytes: Option<i64>,
    pub took_ms: Option<i64>,
    pub object: String,
}

impl Delivery {
    /// What its row is called: the schedule's or the query's name.
    pub(super) fn title(&self) -> &str {
        if self.schedule_name.is_empty() { &self.query_name } else { &self.schedule_name }
    }

    /// The size that was sent, for display; empty before.
    pub(super) fn size(&self) -> String {
        self.bytes.map(size).unwrap_or_default()
    }

    pub(super) fn duration(&self) -> String {
        self.took_ms.map(took).unwrap_or_default()
    }
}

/// A number of bytes: `2.1 KB`.
pub(super) fn size(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let (mut size, mut unit) = (bytes as f64 / 1_000.0, 0);
    while size >= 1_000.0 && unit + 1 < UNITS.len() {
        (size, unit) = (size / 1_000.0, unit + 1);
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// A duration: `350 ms`, `1m 3s`.
pub(super) fn took(millis: i64) -> String {
    if millis < 1_000 {
        format!("{millis} ms")
    } else {
        crate::web::components::duration(TimeDelta::milliseconds(millis))
    }
}

/// One attempt of a delivery.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub number: i64,
    pub at: DateTime<Utc>,
    pub took_ms: i64,
    pub rows: Option<i64>,
    pub bytes: Option<i64>,
    pub object: String,
    /// Why it failed; empty where it did not.
    pub reason: String,
}

/// What an execution says about its result.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub execution: ExecutionId,
    pub schedule_name: String,
    pub query_name: String,
    pub instance_name: String,
    pub slot: Option<String>,
    pub created_at: DateTime<Utc>,
    pub window: WindowChoice,
    /// Whether its result is stored.
    pub has_result: bool,
}

#[cfg(test)]
mod tests;
