//! Schedules and the outcomes of their slots.

use chrono::{DateTime, Utc};

use super::calendar::{Plan, SlotName, Zones};
use super::policies::Policies;
use super::timing::Timing;
use crate::ids::{ExecutionId, InstanceId, PersonId, QueryId, ScheduleId};
use crate::instances::{Action, Role};
use crate::queries::{FieldDef, Privacy, RunInput, Script, WindowForm};
use crate::web::Fields;
use crate::web::components::{Errors, State as Color};
use crate::web::run_state::RunState;

/// Maximum length of a name, in characters.
pub(super) const NAME_LENGTH: usize = 200;
/// Maximum length of a note, in characters.
pub(super) const NOTE_LENGTH: usize = 2_000;

/// Whether a schedule starts executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Active,
    /// Somebody paused it, or it paused itself after failures.
    Paused,
    /// It has no more slots.
    Finished,
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::Active, Self::Paused, Self::Finished];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Finished => "finished",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Paused => "Paused",
            Self::Finished => "Finished",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    pub(super) const fn color(self) -> Color {
        match self {
            Self::Active => Color::Done,
            Self::Paused => Color::Stopped,
            Self::Finished => Color::Later,
        }
    }
}

/// A schedule, as seen by a person or the program.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub id: ScheduleId,
    pub name: String,
    /// The person whose access it uses.
    pub owner: PersonId,
    /// Their name, if the reader may see it.
    pub owner_name: String,
    pub instance: InstanceId,
    pub instance_name: String,
    /// The reader's role on the instance; `None` for the program.
    pub role: Option<Role>,
    /// The saved query whose current text runs.
    pub query: Option<QueryId>,
    /// Its name, if the reader may see it.
    pub query_name: Option<String>,
    /// Whether it is in the bin, so that slots can't start.
    pub is_query_deleted: bool,
    /// The schedule's own text, if it doesn't use a saved query.
    pub sql: String,
    /// The parameters of that text.
    pub parameters: Vec<FieldDef>,
    /// Its input, as form fields.
    pub input: Vec<(String, String)>,
    pub timing: Timing,
    pub policies: Policies,
    pub note: String,
    pub state: State,
    /// Why it has this state; may be empty.
    pub state_reason: String,
    pub state_at: DateTime<Utc>,
    /// When a pause ends.
    pub paused_until: Option<DateTime<Utc>>,
    pub resumed_at: Option<DateTime<Utc>>,
    /// The stored choice for slots before the last resume.
    pub resume_with: Option<String>,
    pub failures: i64,
    pub next: Option<SlotName>,
    pub next_at: Option<DateTime<Utc>>,
    /// When the next slot is decided.
    pub due_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
    pub revision: i64,
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Schedule {
    /// Whether the reader may change, pause and run it.
    pub(super) fn can_change(&self) -> bool {
        self.role.is_some_and(|role| role.allows(Action::Run))
    }

    /// Whether its query was deleted permanently; it had no text of its own.
    pub(super) const fn is_query_gone(&self) -> bool {
        self.query.is_none() && self.sql.is_empty()
    }

    /// The plan; `None` if the zone data no longer has the zone.
    pub(super) fn plan(&self, zones: &Zones) -> Option<Plan> {
        self.timing.plan(zones, &mut Errors::new())
    }

    /// The input of its own text.
    pub(super) fn text_input(&self) -> RunInput {
        let (window, privacy) = (WindowForm::default(), Privacy::default());
        let script = Script { sql: &self.sql, fields: &self.parameters, window: &window, privacy: &privacy };
        RunInput::of_form(&script, &self.fields()).0
    }

    /// When the slot at this instant is decided.
    pub(super) fn due(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.policies.due(at, self.id.as_str(), &self.text_input().window)
    }

    /// The input as a form's fields.
    pub(super) fn fields(&self) -> Fields {
        self.input.iter().cloned().collect()
    }

    /// Whether a slot should have been decided but wasn't: `expected 03:00, not started`.
    pub(super) fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        let late = super::policies::ON_TIME;
        self.state == State::Active && self.deleted_at.is_none() && self.due_at.is_some_and(|due| now - due > late)
    }
}

/// The outcome of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// It waits for the previous run to end.
    Queued,
    /// Its execution was started and has not ended.
    Started,
    Succeeded,
    /// Its execution failed.
    Failed,
    /// The schedule's policies prevented it.
    Skipped,
    /// RecomAMP wasn't running when it was due.
    Missed,
    /// It couldn't be started.
    Refused,
}

impl SlotState {
    pub(super) const ALL: [Self; 7] =
        [Self::Queued, Self::Started, Self::Succeeded, Self::Failed, Self::Skipped, Self::Missed, Self::Refused];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Missed => "missed",
            Self::Refused => "refused",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Started => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::Missed => "Missed",
            Self::Refused => "Not started",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    pub const fn color(self) -> Color {
        match self {
            Self::Queued => Color::Waiting,
            Self::Started => Color::Running,
            Self::Succeeded => Color::Done,
            Self::Failed | Self::Refused => Color::Failed,
            Self::Skipped | Self::Missed => Color::Stopped,
        }
    }
}

/// A row of the ledger.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    pub name: SlotName,
    pub at: DateTime<Utc>,
    pub decided_at: DateTime<Utc>,
    pub state: SlotState,
    /// May be empty.
    pub reason: String,
    pub is_late: bool,
    pub execution: Option<ExecutionId>,
    pub ended_at: Option<DateTime<Utc>>,
    /// The state of its execution, and what that waits for; may be empty.
    pub execution_state: Option<RunState>,
    pub waiting_for: String,
}

impl LedgerRow {
    /// Why it is in its state, or what it waits for; may be empty.
    pub fn why(&self) -> String {
        let waits = match self.execution_state {
            Some(RunState::Waiting) if self.state == SlotState::Started && self.waiting_for.is_empty() => {
                "Waiting for a free slot on the instance; executions get slots in the order in which they were started."
            }
            _ if self.state == SlotState::Started => &self.waiting_for,
            _ => "",
        };
        [self.reason.as_str(), waits].join(" ").trim().to_owned()
    }
}
