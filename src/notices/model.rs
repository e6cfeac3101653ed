//! What a message is, and who is told of what.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{InstanceId, MessageId, PersonId};
use crate::web::shell::Tone;

macro_rules! kinds {
    ($($variant:ident = $name:literal, $label:literal, $tone:ident;)+) => {
        /// What a message tells.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind {
            $($variant,)+
        }

        impl Kind {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As it is stored and sent.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What people read.
            pub(super) const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }

            /// How it is meant.
            pub(super) const fn tone(self) -> Tone {
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
    ConnectionRevoked = "connection.revoked", "Amazon access revoked", Error;
    ConnectionRestored = "connection.restored", "Amazon access restored", Success;
    WebhookFailing = "webhook.failing", "Webhook failing", Warning;
    WebhookDisabled = "webhook.disabled", "Webhook switched off", Error;
    Test = "test", "Test", Info;
}

impl Kind {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == text)
    }

    /// Whether it tells of a problem, or of the end of one.
    pub(super) const fn is_problem(self) -> bool {
        !matches!(self, Self::ExecutionSucceeded | Self::ScheduleSucceeded)
    }
}

/// A figure of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fact {
    pub label: String,
    pub value: String,
    /// What else there is to know, such as the change since the slot before; may be empty.
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
    pub(super) fn line(&self) -> String {
        let note = if self.note.is_empty() { String::new() } else { format!(" ({})", self.note) };
        format!("{}: {}{note}", self.label, self.value)
    }
}

/// What a message says below its title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Detail {
    /// Sentences.
    #[serde(default)]
    pub lines: Vec<String>,
    #[serde(default)]
    pub facts: Vec<Fact>,
    /// What to do, in a sentence; may be empty.
    #[serde(default)]
    pub fix: String,
    /// What it is about, by id, for programs: `execution`, `schedule`, `query`, `connection`, `cause`.
    #[serde(default)]
    pub about: Vec<(String, String)>,
}

/// A message before it is stored.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub kind: Kind,
    /// What it is about; equal ones that nobody has read yet are one.
    pub cause: String,
    pub title: String,
    pub detail: Detail,
    /// Below the public address, with a slash first.
    pub href: String,
    pub instance: Option<InstanceId>,
}

/// A message as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub id: MessageId,
    pub at: DateTime<Utc>,
    pub kind: Kind,
    pub times: i64,
    pub title: String,
    pub detail: Detail,
    pub href: String,
}

impl Message {
    /// The colour of its kind.
    pub(super) const fn state(&self) -> crate::web::components::State {
        use crate::web::components::State;
        match self.kind.tone() {
            Tone::Success => State::Done,
            Tone::Error => State::Failed,
            Tone::Warning => State::Waiting,
            Tone::Info => State::Later,
        }
    }

    /// Its sentences and what to do, one a line.
    pub(super) fn sentences(&self) -> Vec<String> {
        let fix = (!self.detail.fix.is_empty()).then(|| format!("What to do: {}", self.detail.fix));
        self.detail.lines.iter().cloned().chain(fix).collect()
    }
}

/// Whom a message is for.
#[derive(Clone, Debug, Default)]
pub(super) struct Audience {
    /// People whom it concerns: their endpoints get it.
    pub concerned: BTreeSet<PersonId>,
    /// Those of them who want to read it.
    pub readers: BTreeSet<PersonId>,
}

impl Audience {
    /// These people, all of whom read it.
    pub(super) fn of(people: impl IntoIterator<Item = PersonId>) -> Self {
        let readers: BTreeSet<PersonId> = people.into_iter().collect();
        Self { concerned: readers.clone(), readers }
    }
}
