//! Invitations: links that let people in and give them roles.
//!
//! A link contains a random token, of which only the hash is stored. A newcomer who isn't on the list of allowed addresses
//! claims the invitation by signing in through its link; accepting it gives the roles. Both are possible once. An
//! invitation is worth what its author may do at that time: it lets somebody in beside the list, or makes them an
//! administrator, only while its author is an active administrator.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::model::{PersonStatus, Role};
use crate::db;
use crate::ids::{InstanceId, InvitationId, PersonId};

pub use super::store::invitations::{
    InvitationFilter, accept, add, by_token, count, find, list, mailed, renew, revoke,
};

/// Where links lead; the token follows.
pub const PATH: &str = "/invitations/";
/// How many days a link can be valid, to choose from.
pub const DAYS: [i64; 3] = [1, 7, 30];

/// The token in the address of an invitation.
pub fn token_in(address: &str) -> Option<&str> {
    let token = address.strip_prefix(PATH)?.split(['?', '#']).next()?;
    (!token.is_empty() && !token.contains('/')).then_some(token)
}

/// When a link that is sent now ends; `None` if that number of days isn't offered.
pub fn end(now: DateTime<Utc>, days: &str) -> Option<DateTime<Utc>> {
    let days: i64 = days.parse().ok()?;
    DAYS.contains(&days).then(|| now + TimeDelta::days(days))
}

/// A role on an instance that an invitation gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitedAccess {
    pub instance: InstanceId,
    /// The stored name of the role.
    pub role: String,
    /// Whether a manager shares it; otherwise an administrator gives it.
    pub is_shared: bool,
    /// Whether queries may run with the connection of whoever shares it.
    pub lends: bool,
    /// When the role ends, if it does.
    pub ends_at: Option<DateTime<Utc>>,
}

/// An invitation to be stored.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The only address that may accept it; empty for anybody with the link.
    pub email: String,
    pub role: Role,
    pub access: Vec<InvitedAccess>,
    pub expires_at: DateTime<Utc>,
}

/// A stored invitation.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub access: Vec<InvitedAccess>,
    pub created_by: PersonId,
    /// The name of its author.
    pub author: String,
    /// Whether the author is still active and, if so, their role.
    pub(super) author_role: Option<Role>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Who used the link.
    pub claimed_by: Option<PersonId>,
    /// Their name.
    pub guest: Option<String>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was sent by email, if it was.
    pub mailed_at: Option<DateTime<Utc>>,
}

/// The state of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its link can be used.
    Open,
    /// Somebody signed in through it and didn't accept it yet.
    Claimed,
    Accepted,
    Expired,
    Revoked,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Open, Self::Claimed, Self::Accepted, Self::Expired, Self::Revoked];

    /// The name in addresses and exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Accepted => "accepted",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Claimed => "Signed in, not accepted",
            Self::Accepted => "Accepted",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
        }
    }
}

/// Why an invitation isn't accepted.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    /// There is none with this token, or it has expired, was revoked or used.
    #[error("this invitation can't be used")]
    Unknown,
    /// It is for another address.
    #[error("this invitation is for another address")]
    Address,
    /// Its author may no longer give what it contains.
    #[error("the author of this invitation may no longer give what it contains")]
    Void,
    #[error(transparent)]
    Db(#[from] db::Error),
}

impl Invitation {
    pub fn state(&self, now: DateTime<Utc>) -> State {
        match (self.revoked_at, self.accepted_at, &self.claimed_by) {
            (Some(_), ..) => State::Revoked,
            (_, Some(_), _) => State::Accepted,
            (_, _, Some(_)) => State::Claimed,
            _ if self.expires_at <= now => State::Expired,
            _ => State::Open,
        }
    }

    /// Whether the person with this address may accept it.
    pub fn is_for(&self, email: &str) -> bool {
        self.email.is_empty() || self.email.trim().eq_ignore_ascii_case(email.trim())
    }

    /// Whether its author is an active administrator, so that it lets in somebody who isn't on the list.
    pub fn admits(&self) -> bool {
        self.author_role == Some(Role::Administrator)
    }

    /// Whether its author may still give what it contains. Whoever gives shared roles checks the author's role on the
    /// instance.
    pub fn is_backed(&self) -> bool {
        let needs_administrator = self.role == Role::Administrator || self.access.iter().any(|one| !one.is_shared);
        self.author_role.is_some_and(|role| role == Role::Administrator || !needs_administrator)
    }

    /// Whether this person may use it now, if the address is right.
    pub(super) fn is_usable_by(&self, now: DateTime<Utc>, person: &PersonId) -> bool {
        match self.state(now) {
            State::Open => true,
            State::Claimed => self.claimed_by.as_ref() == Some(person),
            State::Accepted | State::Expired | State::Revoked => false,
        }
    }
}

/// The role of an author who may still act.
pub(super) fn author_role(role: &str, status: &str) -> Option<Role> {
    Role::parse(role).filter(|_| PersonStatus::parse(status) == PersonStatus::Active)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Random;

    fn invitation(role: Role, author: Option<Role>) -> Invitation {
        let random = Random::seeded(1);
        let at = DateTime::UNIX_EPOCH;
        Invitation {
            id: random.id(at),
            email: "Chie@Example.com".to_owned(),
            role,
            access: Vec::new(),
            created_by: random.id(at),
            author: "Ada".to_owned(),
            author_role: author,
            created_at: at,
            expires_at: at + TimeDelta::days(7),
            claimed_by: None,
            guest: None,
            accepted_at: None,
            revoked_at: None,
            mailed_at: None,
        }
    }

    #[test]
    fn an_invitation_is_usable_once_in_time_and_by_whoever_claimed_it() {
        let (random, at) = (Random::seeded(2), DateTime::UNIX_EPOCH);
        let (one, other): (PersonId, PersonId) = (random.id(at), random.id(at));
        let open = invitation(Role::Member, Some(Role::Administrator));
        assert!(open.is_usable_by(at, &one) && open.is_for(" chie@example.com ") && !open.is_for("ada@example.com"));
        assert_eq!(open.state(at + TimeDelta::days(7)), State::Expired);
        let claimed = Invitation { claimed_by: Some(one.clone()), ..open.clone() };
        assert!(claimed.is_usable_by(at + TimeDelta::days(8), &one) && !claimed.is_usable_by(at, &other));
        let revoked = Invitation { revoked_at: Some(at), ..claimed };
        assert!(!revoked.is_usable_by(at, &one));
    }

    #[test]
    fn an_invitation_gives_no_more_than_its_author_may() {
        assert!(invitation(Role::Administrator, Some(Role::Administrator)).is_backed());
        assert!(!invitation(Role::Administrator, Some(Role::Member)).is_backed());
        assert!(!invitation(Role::Member, None).is_backed());
        let by_member = invitation(Role::Member, Some(Role::Member));
        assert!(by_member.is_backed() && !by_member.admits());
        assert_eq!(author_role("administrator", "suspended"), None);
    }

    #[test]
    fn the_token_is_read_from_the_address() {
        assert_eq!(token_in("/invitations/abc?x=1"), Some("abc"));
        for other in ["/invitations/", "/invitations/a/b", "/queries", "/invitationsabc"] {
            assert_eq!(token_in(other), None, "{other}");
        }
    }
}
