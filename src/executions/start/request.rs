//! Who starts an execution, and what is started.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Refusal;
use crate::executions::model::Origin;
use crate::ids::{ExecutionId, InstanceId, PersonId, QueryId};
use crate::queries::{FieldDef, RunInput};
use crate::web::Person;

/// Maximum length of a key, in characters.
const KEY_LENGTH: usize = 200;

/// Who starts an execution. Each acts for one person, whose access decides what may run and with which connection.
#[derive(Clone, Debug)]
pub struct Actor {
    person: PersonId,
    name: String,
    by: By,
    as_of: Option<DateTime<Utc>>,
}

/// What kind of actor; the text is its id, which the execution stores as its reference.
#[derive(Clone, Debug)]
enum By {
    Hand,
    Token(String),
    Schedule(String),
    Backfill(String),
}

impl Actor {
    /// A person using a page.
    pub fn person_by_hand(person: &Person) -> Self {
        Self { person: person.id.clone(), name: person.name.clone(), by: By::Hand, as_of: None }
    }

    /// A program with a person's token.
    pub fn token(person: PersonId, name: String, token: impl Into<String>) -> Self {
        Self { person, name, by: By::Token(token.into()), as_of: None }
    }

    /// A schedule, for the person whose access it uses. The key of its request is the slot.
    pub fn schedule(person: PersonId, name: String, schedule: impl Into<String>) -> Self {
        Self { person, name, by: By::Schedule(schedule.into()), as_of: None }
    }

    /// A backfill, for whoever started it. The key of its request names the window.
    pub fn backfill(person: PersonId, name: String, backfill: impl Into<String>) -> Self {
        Self { person, name, by: By::Backfill(backfill.into()), as_of: None }
    }

    /// The same at another time than now, for resolving windows such as “the last complete week”.
    #[must_use]
    pub const fn as_of(mut self, moment: DateTime<Utc>) -> Self {
        self.as_of = Some(moment);
        self
    }

    /// The time at which it acts; `None` for the current time.
    pub(super) const fn moment(&self) -> Option<DateTime<Utc>> {
        self.as_of
    }

    pub const fn person(&self) -> &PersonId {
        &self.person
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn origin(&self, what: &What) -> Origin {
        match (&self.by, what) {
            (By::Hand, What::Again(_)) => Origin::Rerun,
            (By::Hand, _) => Origin::Hand,
            (By::Token(_), _) => Origin::Api,
            (By::Schedule(_), _) => Origin::Schedule,
            (By::Backfill(_), _) => Origin::Backfill,
        }
    }

    /// What the origin refers to.
    pub(super) fn reference(&self, what: &What) -> Option<String> {
        match (&self.by, what) {
            (By::Hand, What::Again(id)) => Some(id.to_string()),
            (By::Hand, _) => None,
            (By::Token(id) | By::Schedule(id) | By::Backfill(id), _) => Some(id.clone()),
        }
    }

    /// The stored form of a key: people choose theirs independently of each other, and the slot of a schedule stays
    /// the same slot when the schedule runs for somebody else.
    pub(super) fn key(&self, key: &str) -> Result<String, Refusal> {
        if key.is_empty() || key.chars().count() > KEY_LENGTH || key.chars().any(char::is_control) {
            return Err(Refusal::BadKey);
        }
        let own = match &self.by {
            By::Hand | By::Token(_) => self.person.as_str(),
            By::Schedule(id) | By::Backfill(id) => id,
        };
        Ok(format!("{own}:{key}"))
    }
}

#[derive(Clone, Debug)]
pub enum What {
    /// A saved query.
    Query {
        id: QueryId,
        /// The revision that was read: if the query has changed, nothing is started. `None` for any revision.
        revision: Option<i64>,
        instance: InstanceId,
        input: RunInput,
    },
    /// A text that isn't saved.
    Text {
        /// Its name for display.
        name: String,
        /// The SQL, with `{{name}}`.
        sql: String,
        /// The types of its parameters; a missing type is inferred.
        fields: Vec<FieldDef>,
        instance: InstanceId,
        input: RunInput,
    },
    /// The same again, exactly as it was sent: same SQL, same values, same window.
    Again(ExecutionId),
}

/// A request to start an execution.
#[derive(Clone, Debug)]
pub struct Request {
    pub what: What,
    /// The idempotency key, unique for its actor: 1 to 200 characters. `None` starts an execution for each request.
    pub key: Option<String>,
}

impl Request {
    /// The same for the same request, regardless of the key.
    pub(super) fn digest(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.what.json().to_string()))
    }
}

impl What {
    fn json(&self) -> Value {
        match self {
            Self::Query { id, revision, instance, input } => {
                json!({ "query": id, "revision": revision, "instance": instance, "input": input.json() })
            }
            Self::Text { name, sql, fields, instance, input } => {
                json!({ "name": name, "sql": sql, "fields": fields, "instance": instance, "input": input.json() })
            }
            Self::Again(id) => json!({ "again": id }),
        }
    }
}
