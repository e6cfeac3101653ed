//! The rule of who may do what with an instance and everything that belongs to it.
//!
//! Pages, JSON and workers call [`require`]; a page that shows a button checks [`Role::allows`] for the same action.
//! On PostgreSQL, row-level security enforces the rule a second time, in `migrations/postgres`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::model::{Instance, Role};
use super::store::{self, Ended, Withdrawn};
use crate::accounts::audit::{self, Action as Entry};
use crate::db::{self, Memo, Scope, Stamp, Tx};
use crate::ids::{ConnectionId, InstanceId, PersonId};
use crate::web::{self, Site};

/// What somebody does with an instance, or with its queries, executions and results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read its queries, executions and results.
    Read,
    /// Write, delete and restore its queries.
    Write,
    /// Run queries there, cancel executions, download their results again.
    Run,
    /// Rename and label it, and share it with others.
    Manage,
}

impl Action {
    /// All actions, from the one that most roles allow.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Run, Self::Manage];

    /// The minimum role that allows it.
    pub const fn needs(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Write | Self::Run => Role::Analyst,
            Self::Manage => Role::Manager,
        }
    }

    /// What it is, for the list of what each role may do.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Read => "Read queries, executions and results",
            Self::Write => "Write, delete and restore queries",
            Self::Run => "Run queries, cancel executions, schedule",
            Self::Manage => "Rename and label the instance, share it with others",
        }
    }

    /// How it continues "to …".
    pub const fn label(self) -> &'static str {
        match self {
            Self::Read => "look at it",
            Self::Write => "change queries here",
            Self::Run => "run queries here",
            Self::Manage => "rename or share this instance",
        }
    }
}

impl Role {
    /// Whether somebody with this role may do it.
    pub fn allows(self, action: Action) -> bool {
        self >= action.needs()
    }

    /// What the role allows, for display.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Viewer => "can read queries, executions and results",
            Self::Analyst => "can read, write and run queries",
            Self::Manager => "can read, write and run queries, and rename and share the instance",
        }
    }
}

/// Why somebody may not do something.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// The person has no access to the instance, or it doesn't exist; the error doesn't tell which.
    #[error("no access to this instance")]
    Missing,
    /// Their role doesn't allow it.
    #[error("{0}")]
    Role(String),
    #[error(transparent)]
    Db(db::Error),
}

impl From<db::Error> for Denied {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Missing => Self::Missing,
            error => Self::Db(error),
        }
    }
}

impl From<Denied> for web::Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing => Self::Missing,
            Denied::Role(why) => Self::Forbidden(why),
            Denied::Db(error) => error.into(),
        }
    }
}

/// The instance as this person sees it, if their access allows the action.
pub async fn require(
    tx: &mut Tx,
    person: &PersonId,
    instance: &InstanceId,
    action: Action,
) -> Result<Instance, Denied> {
    let instance = store::find(tx, person, instance).await?;
    match refusal(tx, person, &instance, action).await? {
        None => Ok(instance),
        Some(why) => Err(Denied::Role(why)),
    }
}

/// The instances on which a person can run queries, without hidden ones.
pub async fn runnable(tx: &mut Tx, person: &PersonId) -> db::Result<Vec<Instance>> {
    let mut all = store::list(tx, person, &store::Filter::default()).await?;
    all.retain(|instance| instance.role.allows(Action::Run));
    Ok(all)
}

/// Why a person's role on an instance doesn't allow the action, to be shown in place of its button; `None` if it
/// does.
pub async fn refusal(
    tx: &mut Tx,
    person: &PersonId,
    instance: &Instance,
    action: Action,
) -> db::Result<Option<String>> {
    if instance.role.allows(action) {
        return Ok(None);
    }
    let managers = store::managers(tx, &instance.id, person).await?;
    Ok(Some(explain(instance.name(), instance.role, action, &managers)))
}

/// What is missing, and who can grant it. `managers` are names, of which at most three are listed.
fn explain(instance: &str, role: Role, action: Action, managers: &[String]) -> String {
    let (is, needed) = (role.name(), action.needs().name());
    let article = |role: Role| if role == Role::Analyst { "an" } else { "a" };
    let who = match managers {
        [] => "an administrator".to_owned(),
        [one] => format!("{one} or an administrator"),
        [first, second] => format!("{first}, {second} or an administrator"),
        [first, second, third, ..] => format!("{first}, {second}, {third} or an administrator"),
    };
    format!(
        "Your role on {instance} is {is}. To {}, you need to be {} {needed}. Ask {who} to change your role.",
        action.label(),
        article(action.needs()),
    )
}

/// When the access of somebody who loses an instance now ends.
pub fn end_of_grace(site: &Site) -> DateTime<Utc> {
    store::end_of_grace(site.clock.now(), site.config.limits.access_grace_days)
}

/// Begins the grace period for the instances that a connection's survey, begun at `begun`, didn't find again. Call it
/// when a survey was answered; accounts that didn't respond are in `unanswered`, and their access isn't withdrawn.
/// Returns how many are new, each with one entry in the audit log.
pub(super) async fn withdraw_unlisted(
    site: &Site,
    tx: &mut Tx,
    connection: &ConnectionId,
    begun: DateTime<Utc>,
    unanswered: &[String],
) -> db::Result<usize> {
    let (now, ends_at) = (site.clock.now(), end_of_grace(site));
    let withdrawn = store::withdraw(tx, now, connection, begun, unanswered, ends_at).await?;
    for Withdrawn { person, instance } in &withdrawn {
        let detail = json!({ "why": "Amazon no longer lists it", "ends_at": ends_at.to_rfc3339() });
        let subject = instance.as_str();
        audit::write(tx, &site.random, now, Some(person), Entry::AccessEnding, subject, detail).await?;
    }
    Ok(withdrawn.len())
}

/// Removes all expired access, with an audit log entry for each; returns how many.
pub async fn end_due(site: &Site) -> db::Result<usize> {
    let now = site.clock.now();
    let mut tx = site.db.write(&Scope::System).await?;
    let ended = store::end_due(&mut tx, now).await?;
    for Ended { person, instance, left } in &ended {
        let detail = json!({ "role_left": left.map(Role::name) });
        let subject = instance.as_str();
        audit::write(&mut tx, &site.random, now, Some(person), Entry::AccessEnded, subject, detail).await?;
    }
    tx.commit().await?;
    Ok(ended.len())
}

/// Knows when the next access expires, without querying the database for each request.
#[derive(Clone, Debug)]
pub struct Expiry(Arc<(Site, NextEnd)>);

/// When the next access expires, if any does.
type NextEnd = Memo<(), Option<DateTime<Utc>>>;

impl Expiry {
    /// For all stored access.
    pub fn new(site: Site) -> Self {
        let known = Memo::new(site.db.clone(), 1);
        Self(Arc::new((site, known)))
    }

    async fn is_due(&self) -> db::Result<bool> {
        let (site, known) = &*self.0;
        let next = if let Some(next) = known.get(&()) {
            next
        } else {
            let mut tx = site.db.read(&Scope::System).await?;
            let next = store::next_end(&mut tx).await?;
            known.insert((), Stamp::of(&tx), next);
            next
        };
        Ok(next.is_some_and(|next| next <= site.clock.now()))
    }
}

/// Removes expired access before a request is handled, so that no statement counts it.
pub async fn end_expired(State(expiry): State<Expiry>, request: Request, next: Next) -> web::Result<Response> {
    if expiry.is_due().await? {
        end_due(&expiry.0.0).await?;
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_allows_what_the_one_before_allows_and_more() {
        let allowed = |role: Role| Action::ALL.map(|action| role.allows(action));
        assert_eq!(allowed(Role::Viewer), [true, false, false, false]);
        assert_eq!(allowed(Role::Analyst), [true, true, true, false]);
        assert_eq!(allowed(Role::Manager), [true, true, true, true]);
    }

    #[test]
    fn a_refusal_says_what_is_missing_and_who_can_give_it() {
        let managers = ["Ada".to_owned(), "Ben".to_owned()];
        assert_eq!(
            explain("Acme US", Role::Viewer, Action::Run, &managers),
            "Your role on Acme US is viewer. To run queries here, you need to be an analyst. Ask Ada, Ben or an \
             administrator to change your role."
        );
        assert!(explain("Acme US", Role::Analyst, Action::Manage, &[]).contains("a manager. Ask an administrator to"));
    }
}
