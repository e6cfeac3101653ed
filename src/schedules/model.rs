//! What a schedule is, and what became of its slots.

use chrono::{DateTime, Utc};

use super::calendar::{Plan, SlotName, Zones};
use super::policies::Policies;
use super::timing::Timing;
use crate::ids::{ExecutionId, InstanceId, PersonId, QueryId, ScheduleId};
use crate::instances::{Action, Role};
use crate::queries::{FieldDef, Privacy, RunInput, Script, WindowForm};
use crate::web::Fields;
use crate::web::components::{Errors, State as Color};

/// Longest name, in characters.
pub(super) const NAME_LENGTH: usize = 200;
/// Longest note, in characters.
pub(super) const NOTE_LENGTH: usize = 2_000;

/// Whether a schedule starts executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Active,
    /// Somebody paused it, or it paused itself after failures.
    Paused,
    /// Its last slot is over.
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

/// A schedule, as one person or the program sees it.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub id: ScheduleId,
    pub name: String,
    /// The person on whose access it runs.
    pub owner: PersonId,
    /// Their name, as far as the reader may know it.
    pub owner_name: String,
    pub instance: InstanceId,
    pub instance_name: String,
    /// The role of the reader on the instance; none for the program.
    pub role: Option<Role>,
    /// The saved query whose current text runs.
    pub query: Option<QueryId>,
    /// Its name, where the reader may see it.
    pub query_name: Option<String>,
    /// The schedule's own text, where it runs no saved query.
    pub sql: String,
    /// The types of the parameters of that text.
    pub parameters: Vec<FieldDef>,
    /// What it is run with, as the fields of a form.
    pub input: Vec<(String, String)>,
    pub timing: Timing,
    pub policies: Policies,
    pub note: String,
    pub state: State,
    /// Why it is in this state; may be empty.
    pub state_reason: String,
    pub state_at: DateTime<Utc>,
    /// When a pause ends.
    pub paused_until: Option<DateTime<Utc>>,
    pub resumed_at: Option<DateTime<Utc>>,
    /// What was chosen for slots from before the last resume, as it is stored.
    pub resume_with: Option<String>,
    /// Failures in a row.
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

    /// The plan; none where the zone data no longer knows the zone.
    pub(super) fn plan(&self, zones: &Zones) -> Option<Plan> {
        self.timing.plan(zones, &mut Errors::new())
    }

    /// What its own text is run with.
    pub(super) fn text_input(&self) -> RunInput {
        let (window, privacy) = (WindowForm::default(), Privacy::default());
        let script = Script { sql: &self.sql, fields: &self.parameters, window: &window, privacy: &privacy };
        RunInput::of_form(&script, &self.fields()).0
    }

    /// The input as a form's fields.
    pub(super) fn fields(&self) -> Fields {
        self.input.iter().cloned().collect()
    }

    /// Whether a slot should have been decided and was not: `expected 03:00, not started`.
    pub(super) fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        let late = super::policies::ON_TIME;
        self.state == State::Active && self.deleted_at.is_none() && self.due_at.is_some_and(|due| now - due > late)
    }
}

/// What became of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotState {
    /// It waits for the end of the run before.
    Queued,
    /// Its execution was started and has not ended.
    Started,
    Succeeded,
    /// Its execution ended without a result.
    Failed,
    /// By a rule of the schedule nothing ran.
    Skipped,
    /// Nobody was there when it was due.
    Missed,
    /// It could not be started.
    Refused,
}

impl SlotState {
    pub(super) const ALL: [Self; 7] =
        [Self::Queued, Self::Started, Self::Succeeded, Self::Failed, Self::Skipped, Self::Missed, Self::Refused];

    pub(super) const fn name(self) -> &'static str {
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

    pub(super) const fn label(self) -> &'static str {
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

    pub(super) const fn color(self) -> Color {
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
pub(super) struct LedgerRow {
    pub name: SlotName,
    pub at: DateTime<Utc>,
    pub decided_at: DateTime<Utc>,
    pub state: SlotState,
    /// Why; may be empty.
    pub reason: String,
    pub is_late: bool,
    pub execution: Option<ExecutionId>,
    pub ended_at: Option<DateTime<Utc>>,
}
