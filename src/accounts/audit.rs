//! The audit log of actions on grants, people and data: who, what, when.

mod entries;

use chrono::{DateTime, Utc};

pub(super) use entries::{Entry, Filter, count, forget, list, token_name};

use crate::db::{Result, Tx, sql};
use crate::ids::{AuditId, PersonId, Random};

pub use crate::web::room::AuditAction as Action;

/// Actions on people and by people in general. Other rooms define their own in their `mod.rs`.
#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// Somebody signed in.
    pub const SignedIn: Self = Self::new("signed-in", "Signed in");
    /// Somebody signed out or ended a session.
    pub const SignedOut: Self = Self::new("signed-out", "Signed out");
    /// A sign-in was refused.
    pub const Refused: Self = Self::new("refused", "Sign-in refused");
    /// Somebody became an administrator, or a member again.
    pub const RoleChanged: Self = Self::new("role-changed", "Role changed");
    /// Somebody was suspended.
    pub const Suspended: Self = Self::new("suspended", "Suspended");
    /// Somebody who was suspended or removed may sign in again.
    pub const Resumed: Self = Self::new("resumed", "Resumed");
    /// Somebody was removed.
    pub const Removed: Self = Self::new("removed", "Removed");
    /// Something was transferred to another owner.
    pub const Transferred: Self = Self::new("transferred", "Ownership transferred");
    /// A result, or the audit log itself, was exported.
    pub const Exported: Self = Self::new("exported", "Exported");
    /// A new key encrypts, and every grant was encrypted with it.
    pub const KeysRotated: Self = Self::new("keys-rotated", "Keys rotated");
    /// Old keys were removed from the ring.
    pub const KeysRetired: Self = Self::new("keys-retired", "Old keys retired");

    pub(super) const OF_ACCOUNTS: &'static [Self] = &[
        Self::SignedIn,
        Self::SignedOut,
        Self::Refused,
        Self::RoleChanged,
        Self::Suspended,
        Self::Resumed,
        Self::Removed,
        Self::Transferred,
        Self::Exported,
        Self::KeysRotated,
        Self::KeysRetired,
    ];
}

/// Writes an entry in the transaction of the action itself, so that neither exists without the other. `detail` is an
/// object without tokens, SQL or results. The entry names the personal token in whose scope the transaction is.
pub async fn write(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    person: Option<&PersonId>,
    action: Action,
    subject: &str,
    detail: serde_json::Value,
) -> Result<()> {
    const WRITE: &str = "insert into audit (id, at, person_id, action, subject, detail, token_id) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    let token = tx.token().map(|token| token.token.as_str().to_owned());
    sql(WRITE)
        .bind(&random.id::<AuditId>(now))
        .bind(now)
        .bind(person.map(|person| person.as_str().to_owned()))
        .bind(action.name)
        .bind(subject)
        .bind(detail)
        .bind(token)
        .execute(tx)
        .await?;
    Ok(())
}
