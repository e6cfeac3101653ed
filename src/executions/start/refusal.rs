//! Why an execution was not started: the same answer for pages and programs.

use crate::amcsql::finding::Finding;
use crate::db;
use crate::instances::Denied;
use crate::queries::Prepared;
use crate::web::{self, components::Errors};

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The query, execution or instance doesn't exist or isn't visible to this person; the answer doesn't tell which.
    #[error("There is nothing to run.")]
    Missing,
    /// The person's role on the instance doesn't allow it; the sentence says what is missing.
    #[error("{0}")]
    Role(String),
    /// Amazon is still creating the instance with this name.
    #[error("{0} isn't ready: Amazon is still creating it. Nothing was started; run the query once it is ready.")]
    NotReady(String),
    /// No connection to Amazon reaches the instance with this name.
    #[error(
        "There is no active connection to Amazon for {0}, so nothing was started. Reconnect under Connections, or ask \
         a manager of the instance to share their connection."
    )]
    NoConnection(String),
    /// The execution was started outside of RecomAMP, and AMC didn't provide its SQL.
    #[error("AMC didn't tell the SQL of this execution, so it can't be run again here. Start it where it was started.")]
    NoSql,
    /// The query is in the bin.
    #[error("This query is deleted, so it can't run. Restore it first.")]
    Deleted,
    /// The query was in the bin for too long.
    #[error("The query was deleted permanently, so there is nothing to run. Its earlier executions keep the SQL.")]
    Gone,
    /// The query has a newer revision than the request.
    #[error("The query changed after you opened it, so nothing was started. Review it, then run it.")]
    Changed,
    /// The key belongs to another request.
    #[error("This key already started an execution with different input. Use a new key, or send the same request.")]
    KeyReused,
    /// The key is empty, too long or not printable.
    #[error("A key has 1 to 200 characters without control characters.")]
    BadKey,
    /// Something is wrong with the SQL or its input: see [`Refusal::errors`] and [`Refusal::findings`].
    #[error("This can't be run yet: {}", first(.0))]
    Unfit(Box<Prepared>),
    #[error(transparent)]
    Db(db::Error),
}

fn first(prepared: &Prepared) -> String {
    let error = prepared.errors.iter().next().map(|(_, sentence)| sentence.to_owned());
    let finding = prepared.findings.iter().find(|finding| prepared.holds_up(finding));
    error.or_else(|| finding.map(|finding| finding.message.clone())).unwrap_or_default()
}

impl Refusal {
    /// The errors in the input, by form field.
    pub fn errors(&self) -> Errors {
        match self {
            Self::Unfit(prepared) => prepared.errors.clone(),
            _ => Errors::new(),
        }
    }

    /// The errors in the SQL, at the author's positions.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Unfit(prepared) => &prepared.findings,
            _ => &[],
        }
    }

    /// The sentence for ledgers, which others read than the person with whose access it was tried.
    pub fn about(&self, person: &str) -> String {
        match self {
            Self::Missing => format!("{person} doesn't have access to the query or the instance any more."),
            Self::Role(_) => format!(
                "{person}'s role on the instance doesn't allow running queries: it would have to be analyst or manager. \
                 A manager of the instance or an administrator can change it."
            ),
            Self::NoConnection(instance) => format!(
                "{person} has no active connection to Amazon for {instance}. They can reconnect under Connections, or a \
                 manager of the instance can share theirs."
            ),
            refusal => refusal.to_string(),
        }
    }

    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "not-found",
            Self::Role(_) => "role",
            Self::NotReady(_) => "instance-not-ready",
            Self::NoConnection(_) => "no-connection",
            Self::NoSql => "no-sql",
            Self::Deleted | Self::Gone => "query-deleted",
            Self::Changed => "query-changed",
            Self::KeyReused => "key-reused",
            Self::BadKey => "bad-key",
            Self::Unfit(_) => "unfit",
            Self::Db(_) => "database",
        }
    }
}

impl From<db::Error> for Refusal {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Missing => Self::Missing,
            error => Self::Db(error),
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing => Self::Missing,
            Denied::Role(why) => Self::Role(why),
            Denied::Db(error) => Self::Db(error),
        }
    }
}

impl From<Refusal> for web::Error {
    fn from(refusal: Refusal) -> Self {
        let sentence = refusal.to_string();
        match refusal {
            Refusal::Missing => Self::Missing,
            Refusal::Role(why) => Self::Forbidden(why),
            Refusal::NotReady(_) => Self::conflict("The instance isn't ready", sentence),
            Refusal::NoConnection(_) => Self::conflict("No connection to Amazon", sentence)
                .with_way("Connections", "/settings/connections".into()),
            Refusal::NoSql => Self::conflict("The SQL isn't known", sentence),
            Refusal::Deleted | Refusal::Gone => Self::conflict("This query is deleted", sentence),
            Refusal::Changed => Self::conflict("This query has changed", sentence),
            Refusal::KeyReused => Self::conflict("This key is already in use", sentence),
            Refusal::BadKey | Refusal::Unfit(_) => Self::Invalid(sentence),
            Refusal::Db(error) => error.into(),
        }
    }
}
