//! Browser sessions in the database, for `tower-sessions`.
//!
//! A row is found by a hash of the cookie's value, so a copy of the database can't be used to sign in. The person and
//! the browser's name have their own columns, so that people can list and end their sessions. A session expires after
//! an idle time, or after a total time; both are checked with the program's [`Clock`], not by the cookie.
//!
//! Before sign-in, a session contains the states and PKCE verifiers of pending consents in plain text: they are valid
//! once, for minutes, and only together with Amazon's answer to this browser and the client secret.

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

/// The session cookie's name with HTTPS.
pub const SECURE_COOKIE: &str = "__Host-recomamp";
/// Removes that cookie. The session layer does it without `Secure`, which browsers refuse for a name with this prefix.
pub const SECURE_COOKIE_REMOVED: &str = "__Host-recomamp=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";
/// The session key for the signed-in person's id.
pub const PERSON: &str = "person";
/// The session key for the browser's user agent, at most [`AGENT_LENGTH`] characters.
pub const AGENT: &str = "agent";
/// Longer user agents are truncated.
pub const AGENT_LENGTH: usize = 200;
/// `seen_at` is written at most this often, so that viewing pages doesn't write; more often if the idle time is
/// short.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(5);

/// Maximum number of cached sessions; beyond it, the cache is cleared.
const MOST_KNOWN: usize = 20_000;

/// Sessions in [`Db`]: one pointer.
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
    /// Sessions with the lifetimes in `limits`.
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

    /// Updates an existing session. One that was ended meanwhile stays ended: a request in progress when its owner
    /// signed out must not restore it.
    async fn update(&self, record: &Record) -> db::Result<()> {
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

    /// A stored session, from the cache if it is current.
    async fn stored(&self, id: Id) -> db::Result<Option<Stored>> {
        const FIND: &str = "select data, seen_at, expires_at from sessions where key = $1";
        if let Some(known) = self.known.get(&id) {
            return Ok(Some(known));
        }
        let mut tx = self.db.read(&Scope::System).await?;
        let stored: Option<Stored> = sql(FIND).bind(key(id)).optional(&mut tx).await?;
        if let Some(stored) = &stored {
            self.known.insert(id, Stamp::of(&tx), stored.clone());
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
                // OK because a reader can continue; the next request tries again.
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

    /// Deletes expired sessions; returns how many.
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

/// A signed-in browser, for its owner.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub id: SessionId,
    /// The browser's user agent.
    pub agent: String,
    /// When it signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, accurate to five minutes.
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

/// A person's sessions, most recently used first.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> db::Result<Vec<SignedIn>> {
    const LIST: &str = "select id, agent, created_at, seen_at from sessions where person_id = $1 order by seen_at desc";
    sql(LIST).bind(person).all(tx).await
}

/// Ends one of a person's sessions; [`db::Error::Missing`] if it isn't theirs.
pub async fn end_one(tx: &mut Tx, person: &PersonId, session: &SessionId) -> db::Result<()> {
    const END: &str = "delete from sessions where id = $1 and person_id = $2";
    match sql(END).bind(session).bind(person).execute(tx).await? {
        0 => Err(db::Error::Missing),
        _ => Ok(()),
    }
}

/// Ends all of a person's sessions but one; returns how many there were.
pub async fn end_others(tx: &mut Tx, person: &PersonId, keep: &SessionId) -> db::Result<u64> {
    const END: &str = "delete from sessions where person_id = $1 and id <> $2";
    sql(END).bind(person).bind(keep).execute(tx).await
}

/// Ends all of a person's sessions; returns how many there were.
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

/// [`Error::Backend`] for transient errors, otherwise the other kind.
fn backend(error: db::Error) -> Error {
    // OK without the database's message: it may quote the row.
    match error {
        error @ db::Error::Unavailable(_) => Error::Backend(error.to_string()),
        error => Error::Decode(error.to_string()),
    }
}

#[async_trait]
impl SessionStore for Sessions {
    // OK to insert without checking: ids are 128 random bits.
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.add(record).await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.update(record).await.map_err(backend)
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
