//! A public link and its state.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::{ExecutionId, LinkId, PersonId, ReportId};
use crate::web::components::State as Color;
use crate::web::shell::Section;

/// Where links lead; the token follows.
pub(super) const PATH: &str = "/shared/";
/// How many days a link can be valid, to choose from.
pub(super) const DAYS: [i64; 4] = [1, 7, 30, 90];

/// When a link that is created now ends; `None` if that number of days isn't offered.
pub(super) fn end(now: DateTime<Utc>, days: &str) -> Option<DateTime<Utc>> {
    let days: i64 = days.parse().ok()?;
    DAYS.contains(&days).then(|| now + TimeDelta::days(days))
}

/// What a link shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Execution(ExecutionId),
    Report(ReportId),
}

impl Thing {
    /// The page of the thing, for people with access.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Execution(id) => format!("/executions/{id}"),
            Self::Report(id) => format!("/guides/reports/{id}"),
        }
    }

    /// The menu entry of its pages.
    pub(super) const fn section(&self) -> Section {
        match self {
            Self::Execution(_) => Section::Executions,
            Self::Report(_) => Section::Guides,
        }
    }
}

/// A stored link.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) id: LinkId,
    /// What it shows; `None` if that was deleted.
    pub(super) thing: Option<Thing>,
    pub(super) title: String,
    /// Whether the result can be downloaded.
    pub(super) allows_csv: bool,
    pub(super) person: PersonId,
    /// The name of its author.
    pub(super) author: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) revoked_at: Option<DateTime<Utc>>,
    pub(super) views: i64,
    pub(super) viewed_at: Option<DateTime<Utc>>,
}

/// The state of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Expired,
    Revoked,
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::Open, Self::Expired, Self::Revoked];

    /// The name in addresses and exports.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Open => "Active",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
        }
    }

    pub(super) const fn color(self) -> Color {
        match self {
            Self::Open => Color::Done,
            Self::Expired => Color::Waiting,
            Self::Revoked => Color::Stopped,
        }
    }
}

impl Link {
    pub(super) fn state(&self, now: DateTime<Utc>) -> State {
        match self.revoked_at {
            Some(_) => State::Revoked,
            None if self.expires_at <= now => State::Expired,
            None => State::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Random;

    #[test]
    fn a_link_ends_at_its_time_or_when_it_is_revoked() {
        let (random, at) = (Random::seeded(1), DateTime::UNIX_EPOCH);
        let link = Link {
            id: random.id(at),
            thing: None,
            title: String::new(),
            allows_csv: false,
            person: random.id(at),
            author: String::new(),
            created_at: at,
            expires_at: at + TimeDelta::days(1),
            revoked_at: None,
            views: 0,
            viewed_at: None,
        };
        assert_eq!((link.state(at), link.state(at + TimeDelta::days(1))), (State::Open, State::Expired));
        assert_eq!(Link { revoked_at: Some(at), ..link }.state(at), State::Revoked);
        assert_eq!((end(at, "7"), end(at, "8"), end(at, "")), (Some(at + TimeDelta::days(7)), None, None));
    }
}
