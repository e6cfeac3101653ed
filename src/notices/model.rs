//! What a message is, and who receives it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{InstanceId, MessageId, PersonId};
use crate::web::shell::Tone;

macro_rules! kinds {
    ($($variant:ident = $name:literal, $label:literal, $tone:ident;)+) => {
        /// The kind of a message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($variant,)+
        }

        impl Kind {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in the database and in webhooks.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What people read.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }

            /// How it is meant.
            pub const fn tone(self) -> Tone {
                match self {
                    $(Self::$variant => Tone::$tone,)+
                }
            }
        }
    };
}

kinds! {
    ExecutionSucceeded = "execution.succeeded", "Execution succeeded", Success;
    ExecutionFailed = "execution.failed", "Execution failed", Error;
    ScheduleSucceeded = "schedule.succeeded", "Schedule succeeded", Success;
    ScheduleFailed = "schedule.failed", "Schedule failed", Error;
    ScheduleRecovered = "schedule.recovered", "Schedule recovered", Success;
    SchedulePaused = "schedule.paused", "Schedule paused", Warning;
    ScheduleLate = "schedule.late", "Schedule late", Warning;
    ResultUnusual = "result.unusual", "Unusual result", Warning;
    BackfillFinished = "backfill.finished", "Backfill finished", Success;
    BackfillIncomplete = "backfill.incomplete", "Backfill incomplete", Warning;
    BackfillPaused = "backfill.paused", "Backfill paused", Warning;
    DeliveryFailed = "delivery.failed", "Delivery failed", Error;
    DeliveryRecovered = "delivery.recovered", "Delivery recovered", Success;
    ConnectionRevoked = "connection.revoked", "Amazon access revoked", Error;
    ConnectionRestored = "connection.restored", "Amazon access restored", Success;
    WebhookFailing = "webhook.failing", "Webhook failing", Warning;
    WebhookDisabled = "webhook.disabled", "Webhook switched off", Error;
    BackupFailed = "backup.failed", "Backup failed", Error;
    BackupRecovered = "backup.recovered", "Backup recovered", Success;
    Test = "test", "Test", Info;
}

impl Kind {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == text)
    }

    /// Whether it reports a problem or the end of one.
    pub(super) const fn is_problem(self) -> bool {
        !matches!(self, Self::ExecutionSucceeded | Self::ScheduleSucceeded | Self::BackfillFinished)
    }
}

/// A figure in a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub label: String,
    pub value: String,
    /// Additional information, such as the change since the previous slot; may be empty.
    #[serde(default)]
    pub note: String,
}

impl Fact {
    pub(super) fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), note: String::new() }
    }

    pub(super) fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// `Rows: 12 (was 10)`.
    pub fn line(&self) -> String {
        let note = if self.note.is_empty() { String::new() } else { format!(" ({})", self.note) };
        format!("{}: {}{note}", self.label, self.value)
    }
}

/// The content of a message below its title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    #[serde(default)]
    pub lines: Vec<String>,
    #[serde(default)]
    pub facts: Vec<Fact>,
    /// What to do, in one sentence; may be empty.
    #[serde(default)]
    pub fix: String,
    /// The ids of its subject, for programs: `execution`, `schedule`, `query`, `connection`, `cause`.
    #[serde(default)]
    pub about: Vec<(String, String)>,
}

/// A message before it is stored.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub kind: Kind,
    /// What it is about; unread messages with the same cause are merged.
    pub cause: String,
    pub title: String,
    pub detail: Detail,
    /// The path below the public URL, with a leading slash.
    pub href: String,
    pub instance: Option<InstanceId>,
}

/// A stored message.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: MessageId,
    pub at: DateTime<Utc>,
    pub kind: Kind,
    pub times: i64,
    pub title: String,
    pub detail: Detail,
    pub href: String,
}

impl Message {
    /// The color of its kind.
    pub const fn state(&self) -> crate::web::components::State {
        use crate::web::components::State;
        match self.kind.tone() {
            Tone::Success => State::Done,
            Tone::Error => State::Failed,
            Tone::Warning => State::Waiting,
            Tone::Info => State::Later,
        }
    }

    /// Its sentences and what to do, one per line.
    pub(super) fn sentences(&self) -> Vec<String> {
        let fix = (!self.detail.fix.is_empty()).then(|| format!("What to do: {}", self.detail.fix));
        self.detail.lines.iter().cloned().chain(fix).collect()
    }
}

/// The recipients of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Audience {
    /// The people concerned: their endpoints receive it.
    pub concerned: BTreeSet<PersonId>,
    /// Those of them who want to read it.
    pub readers: BTreeSet<PersonId>,
}

impl Audience {
    /// These people, who all read it.
    pub(super) fn of(people: impl IntoIterator<Item = PersonId>) -> Self {
        let readers: BTreeSet<PersonId> = people.into_iter().collect();
        Self { concerned: readers.clone(), readers }
    }
}
