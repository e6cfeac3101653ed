//! How other rooms call Amazon: with a connection, not with a token.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::model::{Connection, Grant, State, belongs_to};
use super::store;
use crate::accounts::audit::{self, Action};
use crate::amazon::{self, Caller, Client, ErrorKind, Network, Region, Tokens};
use crate::db;
use crate::db::{Scope, Tx};
use crate::ids::ConnectionId;
use crate::vault::{OpenError, Secret};
use crate::web::Site;

/// A failed refresh isn't retried within this time; callers share its failure.
const SHARED: TimeDelta = TimeDelta::seconds(5);

/// Calls Amazon through connections: one pointer.
#[derive(Clone, Debug)]
pub struct Grants(Arc<Parts>);

impl Deref for Grants {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// See [`Grants`].
#[derive(Debug)]
pub struct Parts {
    pub(super) site: Site,
    pub(super) client: Client,
    turns: Turns,
    /// This process's name for leases.
    name: String,
}

/// One lock per connection, so that a refresh happens once however many callers wait.
#[derive(Clone, Debug, Default)]
struct Turns(Arc<Mutex<HashMap<ConnectionId, Turn>>>);

/// The lock, and how the last refresh failed, if it did.
type Turn = Arc<tokio::sync::Mutex<Option<(DateTime<Utc>, amazon::Error)>>>;

impl Turns {
    fn of(&self, id: &ConnectionId) -> Turn {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id.clone()).or_default())
    }
}

/// Why a call through a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The grant was revoked or can't be decrypted: its owner must sign in again.
    #[error("the connection to Amazon needs reconnecting by its owner")]
    Reconnect,
    /// No new access token could be obtained, so the call itself was never sent.
    #[error("couldn't get a new access token: {0}")]
    Token(amazon::Error),
    /// A failure at Amazon, or on the network.
    #[error(transparent)]
    Amazon(#[from] amazon::Error),
    #[error(transparent)]
    Db(#[from] db::Error),
}

impl CallError {
    /// What went wrong, without advice: for a call that is retried automatically.
    pub fn happened(&self) -> String {
        match self {
            Self::Token(error) => format!("Couldn't get a new access token. {}", error.happened()),
            Self::Amazon(error) => error.happened(),
            Self::Reconnect | Self::Db(_) => self.to_string(),
        }
    }
}

/// A decrypted token, for one call.
#[derive(Clone, Debug)]
pub struct Token {
    region: Region,
    access: Secret,
}

impl Token {
    pub const fn region(&self) -> Region {
        self.region
    }

    /// The caller, for calls that need no account.
    pub const fn caller(&self) -> Caller<'_> {
        Caller { region: self.region, access_token: &self.access }
    }
}

/// The time limit for a refresh by another process: longer than a call takes.
const RENEWAL: TimeDelta = TimeDelta::seconds(60);
/// How often to check whether another process has refreshed the token.
const LOOK: Duration = Duration::from_millis(200);
/// How many times to check: longer than [`RENEWAL`].
const LOOKS: u32 = 350;

/// The outcome of requesting the lease for a refresh.
enum Begun {
    /// This process has it.
    Ours(Opened),
    /// Another process has refreshed the token meanwhile.
    Renewed(Opened),
}

/// A token at the time a call used it.
struct Opened {
    connection: Connection,
    access: Secret,
}

impl Grants {
    pub fn new(site: Site, client: Client) -> Self {
        let name = site.random.token();
        Self(Arc::new(Parts { site, client, turns: Turns::default(), name }))
    }

    /// The client, for use in the closure of [`Grants::call`].
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Calls with the connection's token. A token about to expire is refreshed first; a 401 refreshes
    /// once and calls once more.
    pub async fn call<T, F>(&self, id: &ConnectionId, call: impl Fn(Token) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, amazon::Error>>,
    {
        let mut opened = self.open(id).await?;
        if !opened.connection.is_fresh(self.site.clock.now()) {
            opened = self.renew(&opened.connection).await?;
        }
        let region = opened.connection.region;
        match call(Token { region, access: opened.access }).await {
            Err(error) if *error.kind() == ErrorKind::Unauthorized => {
                let renewed = self.renew(&opened.connection).await?;
                Ok(call(Token { region, access: renewed.access }).await?)
            }
            answer => Ok(answer?),
        }
    }

    /// Calls with the connection's token if a 401 is a normal answer, as it is for an account that the person can't
    /// use: it refreshes nothing. A token about to expire is refreshed first.
    pub async fn call_once<T, F>(&self, id: &ConnectionId, call: impl Fn(Token) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, amazon::Error>>,
    {
        let mut opened = self.open(id).await?;
        if !opened.connection.is_fresh(self.site.clock.now()) {
            opened = self.renew(&opened.connection).await?;
        }
        Ok(call(Token { region: opened.connection.region, access: opened.access }).await?)
    }

    async fn open(&self, id: &ConnectionId) -> Result<Opened, CallError> {
        let mut tx = self.site.db.read(&Scope::System).await?;
        let connection = store::find(&mut tx, id).await?.ok_or(CallError::Reconnect)?;
        drop(tx);
        self.unseal(connection).await
    }

    async fn unseal(&self, connection: Connection) -> Result<Opened, CallError> {
        if connection.state == State::Reconnect {
            return Err(CallError::Reconnect);
        }
        match self.site.vault.open(&connection.sealed_access, &belongs_to(&connection.id, "access")) {
            Ok(access) => Ok(Opened { connection, access }),
            Err(error) => Err(self.closed(&connection, error).await?),
        }
    }

    /// Handles a grant that can't be decrypted. A missing key may come back with the right key file, so only a
    /// modified ciphertext is given up.
    async fn closed(&self, connection: &Connection, error: OpenError) -> db::Result<CallError> {
        match error {
            OpenError::Tampered => {
                self.give_up(connection, &format!("The stored token can't be decrypted: {error}.")).await?;
            }
            OpenError::UnknownKey => {
                tracing::error!(connection.id = %connection.id, %error, "a stored token can't be decrypted");
            }
        }
        Ok(CallError::Reconnect)
    }

    /// Refreshes the grant that was read as `seen`. Concurrent callers wait and share the outcome.
    async fn renew(&self, seen: &Connection) -> Result<Opened, CallError> {
        let turn = self.turns.of(&seen.id);
        let mut last = turn.lock().await;
        let now_stored = match self.begin(seen).await? {
            Begun::Renewed(opened) => return Ok(opened),
            Begun::Ours(opened) => opened,
        };
        let now = self.site.clock.now();
        if let Some((_, failure)) = last.as_ref().filter(|(at, _)| *at <= now && now < *at + SHARED) {
            return Err(CallError::Token(failure.clone()));
        }
        let refreshed = self.refresh(&now_stored.connection).await;
        *last = match &refreshed {
            Err(CallError::Token(failure)) => Some((now, failure.clone())),
            _ => None,
        };
        refreshed?;
        self.open(&seen.id).await
    }

    /// Takes the lease on the refresh token, which only one process has at a time: Amazon may return a new one, which
    /// invalidates the old. The one that waits uses what the other stored.
    async fn begin(&self, seen: &Connection) -> Result<Begun, CallError> {
        for _ in 0..LOOKS {
            let stored = self.open(&seen.id).await?;
            if stored.connection.revision != seen.revision {
                return Ok(Begun::Renewed(stored));
            }
            let now = self.site.clock.now();
            let mut tx = self.site.db.write(&Scope::System).await?;
            let ours = store::begin_renewal(&mut tx, &stored.connection, &self.name, now, now + RENEWAL).await?;
            tx.commit().await?;
            if ours {
                return Ok(Begun::Ours(stored));
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(CallError::Token(ErrorKind::Network(Network::Timeout).into()))
    }

    /// Refreshes regardless of the token's remaining lifetime: for the token refresher.
    pub(super) async fn refresh_due(&self, seen: &Connection) -> Result<(), CallError> {
        self.renew(seen).await.map(drop)
    }

    /// Requests new tokens and stores them, or the reason for the failure.
    async fn refresh(&self, connection: &Connection) -> Result<(), CallError> {
        let belongs = belongs_to(&connection.id, "refresh");
        let refresh = match self.site.vault.open(&connection.sealed_refresh, &belongs) {
            Ok(refresh) => refresh,
            Err(error) => return Err(self.closed(connection, error).await?),
        };
        let answer = self.client.refresh(connection.region, &refresh).await;
        let now = self.site.clock.now();
        match answer {
            Ok(tokens) => {
                let mut tx = self.site.db.write(&Scope::System).await?;
                // OK to ignore whether it was written: if another process was faster, its tokens are as good.
                store::refreshed(&mut tx, &self.site.vault, now, connection, &grant(tokens, now)).await?;
                self.note(&mut tx, connection, "renewed").await?;
                tx.commit().await?;
                tracing::debug!(connection.id = %connection.id, "grant refreshed");
                Ok(())
            }
            // Another process may have used the refresh token and stored the new one.
            Err(error) if *error.kind() == ErrorKind::GrantRevoked && self.is_renewed(connection).await? => {
                tracing::debug!(connection.id = %connection.id, %error, "another process had renewed the grant");
                Ok(())
            }
            Err(error) if *error.kind() == ErrorKind::GrantRevoked => {
                self.give_up(connection, "Amazon reports that access was revoked.").await?;
                Err(CallError::Reconnect)
            }
            Err(error) => {
                let mut tx = self.site.db.write(&Scope::System).await?;
                store::failed(&mut tx, now, connection, &error.to_string()).await?;
                self.note(&mut tx, connection, "failed").await?;
                tx.commit().await?;
                Err(CallError::Token(error))
            }
        }
    }

    async fn is_renewed(&self, connection: &Connection) -> db::Result<bool> {
        let mut tx = self.site.db.read(&Scope::System).await?;
        let stored = store::find(&mut tx, &connection.id).await?;
        Ok(stored.is_some_and(|stored| stored.revision != connection.revision && stored.state == State::Active))
    }

    /// Records a use of the refresh token in the audit log.
    async fn note(&self, tx: &mut Tx, connection: &Connection, outcome: &str) -> db::Result<()> {
        let (now, subject) = (self.site.clock.now(), connection.id.as_str());
        let detail = json!({ "region": connection.region.code(), "outcome": outcome });
        audit::write(tx, &self.site.random, now, Some(&connection.person), Action::Refreshed, subject, detail).await
    }

    /// Marks the connection as needing reconnection, with an audit log entry.
    async fn give_up(&self, connection: &Connection, why: &str) -> db::Result<()> {
        let mut tx = self.site.db.write(&Scope::System).await?;
        if store::broken(&mut tx, connection, why).await? {
            let (now, detail) = (self.site.clock.now(), json!({ "region": connection.region.code(), "why": why }));
            let subject = connection.id.as_str();
            let person = Some(&connection.person);
            audit::write(&mut tx, &self.site.random, now, person, Action::Revoked, subject, detail).await?;
            tx.commit().await?;
            tracing::warn!(connection.id = %connection.id, why, "connection needs reconnecting by its owner");
        }
        Ok(())
    }
}

/// The tokens of a response received at `now`.
pub(super) fn grant(tokens: Tokens, now: DateTime<Utc>) -> Grant {
    let lives = TimeDelta::from_std(tokens.expires_in).unwrap_or(TimeDelta::hours(1));
    Grant { access: tokens.access, refresh: tokens.refresh, expires_at: now + lives }
}

/// The region named in a form or query string; the first if it names none that exists.
pub(super) fn region(text: &str) -> Region {
    text.parse().unwrap_or(Region::Na)
}
