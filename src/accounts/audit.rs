//! The log of what was done with grants, people and data: who, what, when.

mod entries;

use chrono::{DateTime, Utc};

pub(super) use entries::{Entry, Filter, count, forget, list};

use crate::db::{Result, Tx, sql};
use crate::ids::{AuditId, PersonId, Random};

/// What is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Somebody signed in.
    SignedIn,
    /// Somebody signed out or ended a session.
    SignedOut,
    /// Somebody was kept out.
    Refused,
    /// A grant was given or renewed by its owner.
    Granted,
    /// A grant was revoked at Amazon.
    Revoked,
    /// An instance was removed from somebody's list or came back.
    InstanceChanged,
    /// Amazon no longer lists an instance for somebody, whose access ends after a while.
    AccessEnding,
    /// Somebody's access to an instance ended.
    AccessEnded,
    /// Somebody was given a role on an instance.
    AccessGranted,
    /// A role on an instance was taken away.
    AccessRevoked,
    /// Somebody became an administrator, or a member again.
    RoleChanged,
    /// Somebody was suspended.
    Suspended,
    /// Somebody who was suspended or removed may sign in again.
    Resumed,
    /// Somebody was removed.
    Removed,
    /// What somebody owned now belongs to somebody else.
    Transferred,
    /// A connection was ended here, and its tokens erased.
    Disconnected,
    /// A query was deleted or restored.
    QueryDeleted,
    /// Somebody changed who sees a query.
    QueryShared,
    /// An execution was started.
    ExecutionStarted,
    /// A result, or the audit log itself, was exported.
    Exported,
    /// A grant was used to get a fresh token, or it was tried.
    Refreshed,
    /// A new key seals, and every grant was sealed with it.
    KeysRotated,
    /// Old keys were taken off the ring.
    KeysRetired,
}

impl Action {
    /// All of them, in the order of a select.
    pub const ALL: [Self; 23] = [
        Self::SignedIn,
        Self::SignedOut,
        Self::Refused,
        Self::Granted,
        Self::Refreshed,
        Self::Revoked,
        Self::Disconnected,
        Self::InstanceChanged,
        Self::AccessGranted,
        Self::AccessRevoked,
        Self::AccessEnding,
        Self::AccessEnded,
        Self::RoleChanged,
        Self::Suspended,
        Self::Resumed,
        Self::Removed,
        Self::Transferred,
        Self::QueryDeleted,
        Self::QueryShared,
        Self::ExecutionStarted,
        Self::Exported,
        Self::KeysRotated,
        Self::KeysRetired,
    ];

    /// The action that is stored under this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// In words for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::SignedIn => "Signed in",
            Self::SignedOut => "Signed out, or ended a session",
            Self::Refused => "Sign-in refused",
            Self::Granted => "Gave or renewed a grant",
            Self::Refreshed => "Token refreshed",
            Self::Revoked => "Grant withdrawn at Amazon",
            Self::InstanceChanged => "Instance renamed, hidden or shown",
            Self::AccessGranted => "Access granted",
            Self::AccessRevoked => "Access revoked",
            Self::AccessEnding => "Access ends soon",
            Self::AccessEnded => "Access ended",
            Self::RoleChanged => "Role changed",
            Self::Suspended => "Suspended",
            Self::Resumed => "Resumed",
            Self::Removed => "Removed",
            Self::Transferred => "Ownership transferred",
            Self::Disconnected => "Connection disconnected",
            Self::QueryDeleted => "Query deleted or restored",
            Self::QueryShared => "Query shared or made private",
            Self::ExecutionStarted => "Execution started",
            Self::Exported => "Exported",
            Self::KeysRotated => "Keys rotated",
            Self::KeysRetired => "Old keys retired",
        }
    }

    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::SignedOut => "signed-out",
            Self::Refused => "refused",
            Self::Granted => "granted",
            Self::Revoked => "revoked",
            Self::InstanceChanged => "instance-changed",
            Self::AccessGranted => "access-granted",
            Self::AccessRevoked => "access-revoked",
            Self::AccessEnding => "access-ending",
            Self::AccessEnded => "access-ended",
            Self::RoleChanged => "role-changed",
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
            Self::Removed => "removed",
            Self::Transferred => "transferred",
            Self::Disconnected => "disconnected",
            Self::QueryDeleted => "query-deleted",
            Self::QueryShared => "query-shared",
            Self::ExecutionStarted => "execution-started",
            Self::Exported => "exported",
            Self::Refreshed => "refreshed",
            Self::KeysRotated => "keys-rotated",
            Self::KeysRetired => "keys-retired",
        }
    }
}

/// Writes a line in the transaction of the deed itself, so that neither is there without the other.
/// `detail` is an object without tokens, SQL or results.
pub async fn write(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    person: Option<&PersonId>,
    action: Action,
    subject: &str,
    detail: serde_json::Value,
) -> Result<()> {
    const WRITE: &str =
        "insert into audit (id, at, person_id, action, subject, detail) values ($1, $2, $3, $4, $5, $6)";
    sql(WRITE)
        .bind(&random.id::<AuditId>(now))
        .bind(now)
        .bind(person.map(|person| person.as_str().to_owned()))
        .bind(action.name())
        .bind(subject)
        .bind(detail)
        .execute(tx)
        .await?;
    Ok(())
}
