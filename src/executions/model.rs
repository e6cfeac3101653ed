//! What an execution is, the states that it goes through, and when it is looked at again.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::causes;
use crate::amazon::{AmcExecutionId, Status};
use crate::ids::{ConnectionId, ExecutionId, InstanceId, PersonId, QueryId};
use crate::queries::{Given, ParameterValues, Privacy, PrivacyMode, RunInput, RunOptions, WindowChoice};
use crate::results::KeptColumn;
pub use crate::web::run_state::RunState as State;

/// Why an execution ended without a result, or cannot go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened, in a sentence of ours.
    pub what: String,
    /// AMC's own words, which may quote the query.
    #[serde(default)]
    pub words: String,
    /// Amazon's id of the request that said so.
    #[serde(default)]
    pub request_id: Option<String>,
}

impl Problem {
    /// With a sentence of ours only.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// A line for a list: the cause that AMC's words tell, otherwise what happened.
    pub fn brief(&self) -> &str {
        causes::title(self).unwrap_or(&self.what)
    }
}

/// What is sent: the body of the request as it is. Everything else that is known of it is read from the body.
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

    /// What happens to rows below the thresholds.
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
    /// A person, by a form.
    Hand,
    /// A person, who ran an execution again.
    Rerun,
    /// A schedule, for one of its slots.
    Schedule,
    /// A step of a flow.
    Flow,
    /// A batch over several instances.
    Batch,
    /// A program with a person's token.
    Api,
    /// Somebody outside of RecomAMP: Amazon's console, or another program.
    Adopted,
}

impl Origin {
    const ALL: [Self; 7] = [Self::Hand, Self::Rerun, Self::Schedule, Self::Flow, Self::Batch, Self::Api, Self::Adopted];

    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hand => "hand",
            Self::Rerun => "rerun",
            Self::Schedule => "schedule",
            Self::Flow => "flow",
            Self::Batch => "batch",
            Self::Api => "api",
            Self::Adopted => "adopted",
        }
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hand => "Manually",
            Self::Rerun => "Run again",
            Self::Schedule => "Schedule",
            Self::Flow => "Flow",
            Self::Batch => "Batch",
            Self::Api => "API",
            Self::Adopted => "Outside RecomAMP",
        }
    }

    /// Reads what is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == text)
    }
}

/// A kept result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Rows in it.
    pub rows: u64,
    /// Bytes that it takes on disk.
    pub bytes: u64,
    pub columns: Vec<KeptColumn>,
}

/// An execution as its row has it.
#[derive(Clone, Debug)]
pub struct Execution {
    /// RecomAMP's id.
    pub id: ExecutionId,
    /// Where it runs.
    pub instance: InstanceId,
    /// By which connection; it may be gone.
    pub connection: ConnectionId,
    /// The name of the person whose connection it is, once that is known.
    pub connection_owner: Option<String>,
    /// What started it.
    pub origin: Origin,
    /// What the origin speaks of: the execution that was run again, a schedule, a step, a token.
    pub origin_ref: Option<String>,
    /// The window, with its times unless AMC decides.
    pub window: WindowChoice,
    /// The values of its parameters.
    pub values: ParameterValues,
    /// The saved query, while there is one.
    pub query: Option<QueryId>,
    /// The query's name at the time.
    pub query_name: String,
    /// Who ran it.
    pub person: PersonId,
    /// Their name at the time.
    pub person_name: String,
    /// Where it stands.
    pub state: State,
    /// The SQL as its author wrote it, with `{{fields}}`.
    pub author_sql: String,
    /// What is sent.
    pub sent: Sent,
    /// From positions in the sent SQL to positions in the author's.
    pub source_map: Value,
    /// The id of the workflow that goes along with it: unique, so that AMC can be asked about it.
    pub amc_workflow_id: String,
    /// AMC's id, once it has one.
    pub amc_id: Option<AmcExecutionId>,
    /// AMC's word for where it stands.
    pub amc_status: Option<String>,
    /// When somebody asked to stop it.
    pub cancel_asked_at: Option<DateTime<Utc>>,
    /// Why it ended without a result.
    pub problem: Option<Problem>,
    /// What it waits for.
    pub waiting_for: Option<String>,
    /// The columns that AMC announced (`name`, `dataType`, `columnType`).
    pub output_columns: Option<Value>,
    /// The kept result.
    pub result: Option<Kept>,
    /// Failed tries of the step in hand.
    pub attempts: i64,
    /// How often AMC was asked in vain whether it arrived.
    pub lookups: i64,
    /// When somebody pressed Run.
    pub created_at: DateTime<Utc>,
    /// When it was last sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// When AMC began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When its result was kept: at the end, or later, where it was fetched again.
    pub result_kept_at: Option<DateTime<Utc>>,
    /// When its result was removed because of its age.
    pub result_removed_at: Option<DateTime<Utc>>,
    /// Counts changes of the row.
    pub revision: i64,
    /// The claim under which the poller works on it.
    pub epoch: i64,
}

/// What the poller and the fetcher need of an execution that they claimed. Texts and values are not read: what is
/// sent is read when it is sent.
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
    /// The time-out that AMC was sent, if any was.
    pub(super) timeout_seconds: Option<i64>,
    pub(super) attempts: i64,
    pub(super) lookups: i64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) sent_at: Option<DateTime<Utc>>,
    /// The claim's number: what is written back names it.
    pub(super) epoch: i64,
}

impl Execution {
    /// What to fill a form with to run the same again, on another day.
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

    /// Whether AMC finished it, so that its result can be asked for, again too.
    pub fn is_done_at_amc(&self) -> bool {
        self.amc_id.is_some() && self.amc_status.as_deref() == Some("SUCCEEDED")
    }

    /// How long it took, or has taken until `now`, from pressing Run.
    pub fn took(&self, now: DateTime<Utc>) -> TimeDelta {
        self.finished_at.unwrap_or(now) - self.created_at
    }
}

/// What AMC's word means here; unknown words mean that it goes on.
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

/// When a run of this age is asked after again: after `poll` at the latest, half as often after ten minutes,
/// a quarter as often after an hour.
///
/// Each instance has its own beat: moments `poll` apart, begun at `phase` (0 to 1) of it. All its runs are asked
/// after on the beat, so that one list answers for them, while instances do not march in step.
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

/// What is said of a step that failed and is tried again.
pub(super) const RETRYING: &str = "Retrying automatically.";
/// AMC's own limit on how long an execution may take, in seconds, where none was sent (Amazon Ads documentation).
const USUAL_LIMIT: i64 = 21_600;
/// So much longer than AMC's own limit an execution is waited for.
const MARGIN: TimeDelta = TimeDelta::hours(2);
/// An execution that is not waited for any more is asked after this often, since AMC may finish it after all.
pub(super) const RARELY: TimeDelta = TimeDelta::hours(1);
/// And no longer than so long after it was sent.
pub(super) const FORGOTTEN: TimeDelta = TimeDelta::days(7);

/// How long an execution with this time-out is waited for, from the send: AMC's own limit and a margin.
pub(super) fn longest_wait(timeout_seconds: Option<i64>) -> TimeDelta {
    TimeDelta::seconds(timeout_seconds.unwrap_or(USUAL_LIMIT).clamp(900, 86_400)) + MARGIN
}

/// An unclear send is looked up this soon, and this soon again.
pub(super) const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(15);
/// A run that AMC does not list is sent again only so long after it was sent: longer than a request
/// of ours can be under way.
pub(super) const SETTLED: TimeDelta = TimeDelta::seconds(60);
/// And only after so many looks in vain.
pub(super) const LOOKS: i64 = 2;
/// A run that AMC does not know any more is lost after so many looks in vain.
pub(super) const LOST_AFTER: i64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_are_asked_after_less_often() {
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
