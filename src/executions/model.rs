//! The states of an execution, and when it is polled next.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::causes;
use crate::amazon::{AmcExecutionId, Status};
use crate::ids::{ConnectionId, ExecutionId, InstanceId, PersonId, QueryId};
use crate::queries::{Given, ParameterValues, Privacy, PrivacyMode, RunInput, RunOptions, WindowChoice};
use crate::results::StoredResult;
pub use crate::web::run_state::RunState as State;

/// Why an execution ended without a result, or can't continue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened, in our own words.
    pub what: String,
    /// AMC's message, which may quote the query.
    #[serde(default)]
    pub words: String,
    /// The id of Amazon's response with that message.
    #[serde(default)]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem without a message from AMC.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// One line for a list: the cause of AMC's message if known, otherwise what happened.
    pub fn brief(&self) -> &str {
        causes::title(self).unwrap_or(&self.what)
    }
}

/// The body of the request as sent. Everything else about it is read from the body.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// The body of `POST /workflowExecutions`.
    pub body: Value,
}

impl Sent {
    /// The SQL in it.
    pub fn sql(&self) -> &str {
        self.body["workflow"]["sqlQuery"].as_str().unwrap_or_default()
    }

    /// How rows below the privacy thresholds are handled.
    pub fn privacy(&self) -> Privacy {
        let column = self.body["workflow"]["filteredMetricsDiscriminatorColumn"].as_str();
        match column {
            Some(column) => Privacy { mode: PrivacyMode::Blank, column: column.to_owned() },
            None if self.body["disableAggregationControls"] == true => {
                Privacy { mode: PrivacyMode::Off, ..Privacy::default() }
            }
            None => Privacy::default(),
        }
    }

    fn options(&self) -> RunOptions {
        let column = |name: &str| self.body["workflow"][name].as_str().map(str::to_owned);
        let timeout = self.body["workflowExecutionTimeoutSeconds"].as_u64();
        RunOptions {
            user_count_column: column("distinctUserCountColumn"),
            reason_column: column("filteredReasonColumn"),
            timeout_seconds: timeout.and_then(|seconds| seconds.try_into().ok()),
            ignore_data_gaps: self.body["ignoreDataGaps"] == true,
        }
    }
}

/// What started an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person, through a form.
    Hand,
    /// A person who reran an execution.
    Rerun,
    /// A schedule, for one of its slots.
    Schedule,
    /// A backfill, for one of its windows.
    Backfill,
    /// A program with a person's token.
    Api,
    /// Someone outside of RecomAMP: Amazon's console, or another program.
    Adopted,
}

impl Origin {
    pub const ALL: [Self; 6] = [Self::Hand, Self::Rerun, Self::Schedule, Self::Backfill, Self::Api, Self::Adopted];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hand => "hand",
            Self::Rerun => "rerun",
            Self::Schedule => "schedule",
            Self::Backfill => "backfill",
            Self::Api => "api",
            Self::Adopted => "adopted",
        }
    }

    /// The label for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hand => "Manually",
            Self::Rerun => "Run again",
            Self::Schedule => "Schedule",
            Self::Backfill => "Backfill",
            Self::Api => "API",
            Self::Adopted => "Outside RecomAMP",
        }
    }

    /// Parses the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == text)
    }
}

/// An execution's row.
#[derive(Clone, Debug)]
pub struct Execution {
    /// RecomAMP's id.
    pub id: ExecutionId,
    pub instance: InstanceId,
    /// The connection it uses; it may no longer exist.
    pub connection: ConnectionId,
    /// The name of the connection's owner, once known.
    pub connection_owner: Option<String>,
    pub origin: Origin,
    /// What the origin refers to: the execution that was rerun, a schedule, a step, a token.
    pub origin_ref: Option<String>,
    /// The window, with its times unless AMC determines them.
    pub window: WindowChoice,
    pub values: ParameterValues,
    /// The saved query, if it still exists.
    pub query: Option<QueryId>,
    /// The query's name when it ran.
    pub query_name: String,
    pub person: PersonId,
    /// Their name when it ran.
    pub person_name: String,
    pub state: State,
    /// The SQL as its author wrote it, with `{{name}}`.
    pub author_sql: String,
    pub sent: Sent,
    /// From positions in the sent SQL to positions in the author's.
    pub source_map: Value,
    /// The unique id of the workflow that is sent with it, for looking it up at AMC.
    pub amc_workflow_id: String,
    /// AMC's id, once it has one.
    pub amc_id: Option<AmcExecutionId>,
    /// AMC's status.
    pub amc_status: Option<String>,
    /// When somebody canceled it.
    pub cancel_asked_at: Option<DateTime<Utc>>,
    /// Why it ended without a result.
    pub problem: Option<Problem>,
    /// Why it is waiting.
    pub waiting_for: Option<String>,
    /// The columns declared by AMC (`name`, `dataType`, `columnType`).
    pub output_columns: Option<Value>,
    /// The stored result.
    pub result: Option<StoredResult>,
    /// Failed attempts of the current step.
    pub attempts: i64,
    /// How often it was looked up at AMC without being found.
    pub lookups: i64,
    /// When somebody pressed Run.
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// When its result was stored: at the end, or later if it was downloaded again.
    pub result_kept_at: Option<DateTime<Utc>>,
    /// When its result was removed because of its age.
    pub result_removed_at: Option<DateTime<Utc>>,
    /// Counts changes of the row.
    pub revision: i64,
    /// The lease epoch under which the poller works on it.
    pub epoch: i64,
}

/// What the poller and the fetcher need of an execution they claimed. The SQL and the values are only read when it is
/// sent.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) id: ExecutionId,
    pub(super) instance: InstanceId,
    pub(super) connection: ConnectionId,
    pub(super) connection_owner: Option<String>,
    pub(super) person: PersonId,
    pub(super) state: State,
    pub(super) amc_workflow_id: String,
    pub(super) amc_id: Option<AmcExecutionId>,
    pub(super) cancel_asked_at: Option<DateTime<Utc>>,
    pub(super) waiting_for: Option<String>,
    pub(super) output_columns: Option<Value>,
    /// The time-out that was sent to AMC, if any.
    pub(super) timeout_seconds: Option<i64>,
    pub(super) attempts: i64,
    pub(super) lookups: i64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) sent_at: Option<DateTime<Utc>>,
    /// The lease epoch, used when writing back.
    pub(super) epoch: i64,
}

impl Execution {
    /// The form's input for running the same query again, on another day.
    pub fn input(&self) -> RunInput {
        let values = self.values.texts().map(|(name, text)| (name.to_owned(), Given::Text(text)));
        RunInput {
            values: values.collect(),
            window: self.window.as_meant(),
            privacy: self.sent.privacy(),
            options: self.sent.options(),
            ..RunInput::default()
        }
    }

    /// Whether AMC finished it, so that its result can be downloaded (again).
    pub fn is_done_at_amc(&self) -> bool {
        self.amc_id.is_some() && self.amc_status.as_deref() == Some("SUCCEEDED")
    }

    /// Its duration until its end or `now`, from pressing Run.
    pub fn took(&self, now: DateTime<Utc>) -> TimeDelta {
        self.finished_at.unwrap_or(now) - self.created_at
    }
}

/// The state for AMC's status; an unknown status means in progress.
pub(super) fn state_of(status: &Status, now: State) -> State {
    match status {
        Status::Pending | Status::Running if now == State::Lost => State::Lost,
        Status::Pending => State::Pending,
        Status::Running => State::Running,
        Status::Succeeded => State::Fetching,
        Status::Failed => State::Failed,
        Status::Rejected => State::Rejected,
        Status::Cancelled => State::Cancelled,
        Status::Other(_) => now,
    }
}

/// When an execution of this age is polled next: after `poll` at the latest, half as often after ten minutes, a
/// quarter as often after an hour.
///
/// Each instance has its own schedule: times `poll` apart, offset by `phase` (0 to 1) of it. All its executions are
/// polled at these times, so that one list call covers them, while instances aren't polled in step.
pub(super) fn next_poll(now: DateTime<Utc>, age: TimeDelta, poll: TimeDelta, phase: f64) -> DateTime<Utc> {
    let slower = match age.num_minutes() {
        ..10 => 1,
        10..60 => 2,
        _ => 4,
    };
    let beat = poll.num_milliseconds().max(1);
    let since = now.timestamp_millis() + beat * (slower - 1) - (beat as f64 * phase) as i64;
    now + TimeDelta::milliseconds(beat * slower - since.rem_euclid(beat))
}

/// The message for a failed step that is retried.
pub(super) const RETRYING: &str = "Retrying automatically.";
/// AMC's default time limit for an execution in seconds (Amazon Ads documentation).
const USUAL_LIMIT: i64 = 21_600;
/// How much longer than AMC's own limit to wait for an execution.
const MARGIN: TimeDelta = TimeDelta::hours(2);
/// How often an execution that is no longer waited for is polled, since AMC may still finish it.
pub(super) const RARELY: TimeDelta = TimeDelta::hours(1);
/// How long after the send it is polled at most.
pub(super) const FORGOTTEN: TimeDelta = TimeDelta::days(7);

/// How long to wait for an execution with this time-out, from the send: AMC's own limit plus a margin.
pub(super) fn longest_wait(timeout_seconds: Option<i64>) -> TimeDelta {
    TimeDelta::seconds(timeout_seconds.unwrap_or(USUAL_LIMIT).clamp(900, 86_400)) + MARGIN
}

/// The interval for looking up an unclear send.
pub(super) const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(15);
/// How long after the send an execution that AMC doesn't list may be sent again: longer than one of our requests can
/// take.
pub(super) const SETTLED: TimeDelta = TimeDelta::seconds(60);
/// And only after this many failed lookups.
pub(super) const LOOKS: i64 = 2;
/// An execution that AMC no longer knows is lost after this many failed lookups.
pub(super) const LOST_AFTER: i64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_are_polled_less_often() {
        let (now, poll) = (DateTime::UNIX_EPOCH, TimeDelta::seconds(15));
        let wait = |minutes| (next_poll(now, TimeDelta::minutes(minutes), poll, 0.0) - now).num_seconds();
        assert_eq!((wait(1), wait(10), wait(61)), (15, 30, 60));
    }

    #[test]
    fn runs_of_one_instance_meet_on_its_beat() {
        let poll = TimeDelta::seconds(15);
        let next = |millis: i64, minutes| {
            let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::milliseconds(millis);
            (next_poll(now, TimeDelta::minutes(minutes), poll, 0.3) - now, next_poll(now, TimeDelta::zero(), poll, 0.3))
        };
        for millis in [0, 1, 4_499, 4_500, 9_999, 14_999] {
            let (wait, at) = next(millis, 1);
            assert!(wait > TimeDelta::zero() && wait <= poll, "{millis} ms: {wait}");
            assert_eq!(at.timestamp_millis().rem_euclid(15_000), 4_500, "{millis} ms");
            let (longer, _) = next(millis, 90);
            assert_eq!(longer - wait, poll * 3);
        }
    }

    #[test]
    fn a_status_that_is_not_known_changes_nothing() {
        assert_eq!(state_of(&Status::from("SOMETHING_NEW".to_owned()), State::Running), State::Running);
        assert_eq!(state_of(&Status::Rejected, State::Pending), State::Rejected);
    }
}
