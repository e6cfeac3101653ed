//! Browser sessions on the database, behind `tower-sessions`.
//!
//! A row is found by a hash of the cookie's value: a copy of the database signs nobody in. The person
//! and the browser's name stand in columns of their own, so that people can list and end their
//! sessions. A session ends when it was idle too long, or too old in any case; both are judged by the
//! program's [`Clock`], not by the cookie.
//!
//! Before signing in, a session holds the states and PKCE verifiers of consents under way, as they are: they
//! serve once, for minutes, and only together with Amazon's answer to this browser and the client's secret.

use std::ops::Deref;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result, SessionStore};

use crate::clock::Clock;
use crate::config::Limits;
use crate::db::{self, Db, FromRow, Memo, Row, Scope, Stamp, Statement, Tx, sql};
use crate::ids::{PersonId, Random, SessionId};

/// The session's key for the signed-in person's id.
pub const PERSON: &str = "person";
/// The session's key for the browser's own description, at most [`AGENT_LENGTH`] characters.
pub const AGENT: &str = "agent";
/// Longer descriptions of browsers are cut.
pub const AGENT_LENGTH: usize = 200;
/// `seen_at` is written at most this often, so that looking at pages does not write; more often where sessions
/// end after little idleness.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(5);

/// Sessions that are kept in memory; when there are more, all are read anew.
const MOST_KNOWN: usize = 20_000;

/// Sessions on [`Db`]: one pointer.
#[derive(Clone, Debug)]
pub struct Sessions(Arc<Parts>);

impl Deref for Sessions {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// See [`Sessions`].
#[derive(Debug)]
pub struct Parts {
    db: Db,
    clock: Clock,
    random: Random,
    idle: TimeDelta,
    absolute: TimeDelta,
    known: Memo<Id, Stored>,
}

impl Sessions {
    /// Sessions that live as long as `limits` say.
    pub fn new(db: Db, clock: Clock, random: Random, limits: &Limits) -> Self {
        let span = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::days(30));
        let (idle, absolute) = (span(limits.session_idle), span(limits.session_absolute));
        let known = Memo::new(db.clone(), MOST_KNOWN);
        Self(Arc::new(Parts { db, clock, random, idle, absolute, known }))
    }

    async fn add(&self, record: &Record) -> db::Result<()> {
        const ADD: &str = "insert into sessions (key, person_id, data, agent, seen_at, id, created_at, expires_at) \
            values ($1, $2, $3, $4, $5, $6, $5, $7)";
        let now = self.clock.now();
        let id: SessionId = self.random.id(now);
        self.write(sql(ADD), record, now, |statement| statement.bind(&id).bind(now + self.absolute)).await
    }

    /// Changes a session that is there. One that was ended meanwhile stays ended: a request that was under
    /// way when its owner signed out must not bring it back.
    async fn keep(&self, record: &Record) -> db::Result<()> {
        const KEEP: &str = "update sessions set person_id = $2, data = $3, agent = $4, seen_at = $5 where key = $1";
        self.write(sql(KEEP), record, self.clock.now(), |statement| statement).await
    }

    async fn write(
        &self,
        statement: Statement,
        record: &Record,
        now: DateTime<Utc>,
        rest: impl FnOnce(Statement) -> Statement,
    ) -> db::Result<()> {
        let text = |key: &str| record.data.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        let data: serde_json::Map<_, _> = record.data.clone().into_iter().collect();
        let statement = statement
            .bind(key(record.id))
            .bind(text(PERSON))
            .bind(json!(data))
            .bind(text(AGENT).unwrap_or_default())
            .bind(now);
        let statement = rest(statement);
        let mut tx = self.db.write(&Scope::System).await?;
        statement.execute(&mut tx).await?;
        tx.commit().await
    }

    /// A session as it is stored, from memory where nothing can have changed.
    async fn stored(&self, id: Id) -> db::Result<Option<Stored>> {
        const FIND: &str = "select data, seen_at, expires_at from sessions where key = $1";
        if let Some(known) = self.known.get(&id) {
            return Ok(Some(known));
        }
        let mut tx = self.db.read(&Scope::System).await?;
        let stored: Option<Stored> = sql(FIND).bind(key(id)).optional(&mut tx).await?;
        if let Some(stored) = &stored {
            self.known.keep(id, Stamp::of(&tx), stored.clone());
        }
        Ok(stored)
    }

    async fn find(&self, id: Id) -> db::Result<Option<Stored>> {
        let stored = self.stored(id).await?;
        let now = self.clock.now();
        let Some(stored) = stored.filter(|stored| now < stored.expires_at && now < stored.seen_at + self.idle) else {
            return Ok(None);
        };
        if now >= stored.seen_at + SEEN_EVERY.min(self.idle / 5) {
            match self.touch(id, now).await {
                // OK because whoever only looks can go on; the next request tries again.
                Err(error @ db::Error::Unavailable(_)) => {
                    tracing::debug!(%error, "when a session was last used is not noted");
                }
                touched => touched?,
            }
        }
        Ok(Some(stored))
    }

    async fn touch(&self, id: Id, now: DateTime<Utc>) -> db::Result<()> {
        const TOUCH: &str = "update sessions set seen_at = $2 where key = $1";
        let mut tx = self.db.write(&Scope::System).await?;
        sql(TOUCH).bind(key(id)).bind(now).execute(&mut tx).await?;
        tx.commit().await
    }

    async fn end(&self, id: Id) -> db::Result<()> {
        const END: &str = "delete from sessions where key = $1";
        let mut tx = self.db.write(&Scope::System).await?;
        sql(END).bind(key(id)).execute(&mut tx).await?;
        tx.commit().await
    }

    /// Removes sessions that nobody can use any more; gives how many.
    pub async fn sweep(&self) -> db::Result<u64> {
        const SWEEP: &str = "delete from sessions where expires_at <= $1 or seen_at <= $2";
        let now = self.clock.now();
        let mut tx = self.db.write(&Scope::System).await?;
        let swept = sql(SWEEP).bind(now).bind(now - self.idle).execute(&mut tx).await?;
        tx.commit().await?;
        Ok(swept)
    }
}

#[derive(Clone)]
struct Stored {
    data: serde_json::Value,
    seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl FromRow for Stored {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { data: row.get("data")?, seen_at: row.get("seen_at")?, expires_at: row.get("expires_at")? })
    }
}

/// A signed-in browser, as its owner sees it.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Names it when it is ended.
    pub id: SessionId,
    /// What the browser calls itself.
    pub agent: String,
    /// When it signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, within five minutes.
    pub seen_at: DateTime<Utc>,
}

impl FromRow for SignedIn {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            agent: row.get("agent")?,
            created_at: row.get("created_at")?,
            seen_at: row.get("seen_at")?,
        })
    }
}

/// A person's sessions, the last used first.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> db::Result<Vec<SignedIn>> {
    const LIST: &str = "select id, agent, created_at, seen_at from sessions where person_id = $1 order by seen_at desc";
    sql(LIST).bind(person).all(tx).await
}

/// Ends one of a person's sessions; [`db::Error::Missing`] when it is not theirs.
pub async fn end_one(tx: &mut Tx, person: &PersonId, session: &SessionId) -> db::Result<()> {
    const END: &str = "delete from sessions where id = $1 and person_id = $2";
    match sql(END).bind(session).bind(person).execute(tx).await? {
        0 => Err(db::Error::Missing),
        _ => Ok(()),
    }
}

/// Ends all of a person's sessions; gives how many there were.
pub async fn end_all(tx: &mut Tx, person: &PersonId) -> db::Result<u64> {
    const END: &str = "delete from sessions where person_id = $1";
    sql(END).bind(person).execute(tx).await
}

/// The public id of the session with this cookie value.
pub async fn public_id(tx: &mut Tx, id: Id) -> db::Result<Option<SessionId>> {
    const FIND: &str = "select id as value from sessions where key = $1";
    Ok(sql(FIND).bind(key(id)).optional::<db::Single<SessionId>>(tx).await?.map(|single| single.0))
}

fn key(id: Id) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(id.0.to_be_bytes()))
}

/// [`Error::Backend`] is for what may work later, the other for what is wrong.
fn backend(error: db::Error) -> Error {
    // OK without the database's own words: they may quote the row.
    match error {
        error @ db::Error::Unavailable(_) => Error::Backend(error.to_string()),
        error => Error::Decode(error.to_string()),
    }
}

#[async_trait]
impl SessionStore for Sessions {
    // OK to insert without looking: ids are 128 random bits.
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.add(record).await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.keep(record).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(stored) = self.find(*id).await.map_err(backend)? else { return Ok(None) };
        let serde_json::Value::Object(data) = stored.data else {
            return Err(Error::Decode("the stored session is not an object".to_owned()));
        };
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(stored.expires_at.timestamp())
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data: data.into_iter().collect(), expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.end(*id).await.map_err(backend)
    }
}
