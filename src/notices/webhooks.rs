//! Webhooks according to Standard Webhooks (standardwebhooks.com): endpoints, signatures, and retries.

mod courier;
mod events;
mod form;
mod sign;

pub(super) use courier::{Courier, url_place};
pub(super) use events::{EventGroup, Sends};
pub(super) use form::{EndpointForm, Read};
pub(super) use sign::{Signer, fresh_secret, sealed_place};

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::{DeliveryId, EndpointId, PersonId};

/// The waits between attempts; in total about three days.
const WAITS: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(16),
    TimeDelta::hours(24),
];
/// Random variation of a wait, as a fraction of it, so that endpoints aren't all retried at the same time.
const JITTER: f64 = 0.1;
/// Maximum wait that a receiver can request with `Retry-After`.
const PATIENCE: TimeDelta = TimeDelta::hours(24);
/// The owner is notified when an endpoint has been failing for this long.
pub(super) const WARNED_AFTER: TimeDelta = TimeDelta::hours(24);
/// An endpoint is switched off when it has been failing for this long.
pub(super) const OFF_AFTER: TimeDelta = TimeDelta::days(5);

/// The time of the next attempt after this number of attempts; `None` after the last one. `fraction` is a random number
/// in `[0, 1)`.
pub(super) fn next_attempt(
    now: DateTime<Utc>,
    attempts: i64,
    retry_after: Option<std::time::Duration>,
    fraction: f64,
) -> Option<DateTime<Utc>> {
    let wait = *WAITS.get(usize::try_from(attempts - 1).ok()?)?;
    let millis = wait.num_milliseconds() as f64 * (1.0 + JITTER * (2.0 * fraction - 1.0));
    let requested =
        retry_after.and_then(|requested| TimeDelta::from_std(requested).ok()).unwrap_or_default().min(PATIENCE);
    Some(now + TimeDelta::milliseconds(millis as i64).max(requested))
}

/// The format of messages to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndpointKind {
    /// Signed events for programs.
    Webhook,
    /// `{"text": …}` for a chat.
    Chat,
}

impl EndpointKind {
    pub(super) const ALL: [Self; 2] = [Self::Webhook, Self::Chat];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Chat => "chat",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Webhook => "Webhook (signed JSON)",
            Self::Chat => "Chat (Slack, Teams, Google Chat)",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

/// An endpoint as its owner sees it.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub id: EndpointId,
    pub owner: PersonId,
    pub owner_name: String,
    /// Whether it receives the messages to everyone.
    pub is_global: bool,
    pub name: String,
    pub kind: EndpointKind,
    pub sends: Sends,
    pub sealed_url: String,
    pub host: String,
    pub is_active: bool,
    pub state_reason: String,
    pub state_at: DateTime<Utc>,
    pub failing_since: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl Endpoint {
    /// Its state, with a color.
    pub(super) const fn state(&self) -> (crate::web::components::State, &'static str) {
        use crate::web::components::State;
        match (self.is_active, self.failing_since.is_some()) {
            (false, _) => (State::Stopped, "Off"),
            (true, true) => (State::Failed, "Failing"),
            (true, false) => (State::Done, "Active"),
        }
    }

    /// When it is switched off if it keeps failing.
    pub(super) fn off_at(&self) -> Option<DateTime<Utc>> {
        Some(self.failing_since.filter(|_| self.is_active)? + OFF_AFTER)
    }
}

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeliveryState {
    Waiting,
    Delivered,
    Failed,
    /// The endpoint was switched off, or its owner lost access.
    Canceled,
}

impl DeliveryState {
    pub(super) const ALL: [Self; 4] = [Self::Waiting, Self::Delivered, Self::Failed, Self::Canceled];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Delivered => "Delivered",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    pub(super) const fn color(self) -> crate::web::components::State {
        use crate::web::components::State;
        match self {
            Self::Waiting => State::Waiting,
            Self::Delivered => State::Done,
            Self::Failed => State::Failed,
            Self::Canceled => State::Stopped,
        }
    }
}

/// A message to one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub id: DeliveryId,
    pub message: String,
    /// The title of the message, unless it was deleted or the reader doesn't get it.
    pub title: Option<String>,
    pub kind: String,
    pub state: DeliveryState,
    pub attempts: i64,
    pub created_at: DateTime<Utc>,
    /// The time of the next attempt.
    pub due_at: Option<DateTime<Utc>>,
    pub last_status: Option<i64>,
    pub last_error: Option<String>,
}

impl Delivery {
    /// The title of its message; without one, what kind it is.
    pub(super) fn label(&self) -> &str {
        let kind = || super::model::Kind::parse(&self.kind).map_or(self.kind.as_str(), |kind| kind.label());
        self.title.as_deref().unwrap_or_else(kind)
    }
}

/// One attempt at a delivery.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub number: i64,
    pub at: DateTime<Utc>,
    pub duration_ms: i64,
    pub request: String,
    pub status: Option<i64>,
    pub answer: String,
    pub error: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_over_three_days_and_end() {
        let mut at = DateTime::UNIX_EPOCH;
        let mut waits = Vec::new();
        for attempts in 1..=9 {
            let next = next_attempt(at, attempts, None, 0.5).unwrap();
            waits.push(next - at);
            at = next;
        }
        assert!(waits.is_sorted(), "{waits:?}");
        let days = (at - DateTime::UNIX_EPOCH).num_hours();
        assert!((70..74).contains(&days), "{days} hours");
        assert_eq!(next_attempt(at, 10, None, 0.5), None);
    }

    #[test]
    fn the_wait_requested_by_a_receiver_is_respected() {
        let wait = |seconds| {
            let requested = Some(std::time::Duration::from_secs(seconds));
            (next_attempt(DateTime::UNIX_EPOCH, 1, requested, 0.5).unwrap() - DateTime::UNIX_EPOCH).num_seconds()
        };
        assert_eq!((wait(600), wait(1), wait(10_000_000)), (600, 5, 86_400));
    }
}
