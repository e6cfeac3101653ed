//! The AMC emulator: Login with Amazon, the Ads API's accounts, and AMC, running real SQL.
//!
//! Without an advertiser's account, nobody can try, teach or test AMC. The emulator responds like the real services,
//! on their paths, to any client: it implements the API contract (flat reads, error messages, leniency), not the
//! habits of RecomAMP's own client, which only knows its URL. It can be served at the root of its own address, or
//! under a path of another router.
//!
//! Queries are really compiled and run ([`Analytics`]); only the people, the data and the waits are made up. Every
//! change is a line of a journal (`journal`), so stopping at any moment loses nothing, and running executions run
//! again. Executions advance when a request or a tick finds that the clock has passed their next step: no state
//! depends on a sleeping task.

pub mod analytics;
pub mod world;

mod ads;
mod caller;
mod clock;
mod control;
mod errors;
mod faults;
mod journal;
mod json;
mod login;
mod machine;
mod options;
mod origin;
mod pages;
mod passage;
mod people;
mod query;
mod reporting;
mod requests;
mod room;
mod serve;
mod sql;
mod state;
mod store;
mod work;

#[cfg(test)]
mod tests;

use std::any::Any;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;

use crate::amcsql::engine::Limits;
use crate::clock::Clock;
use crate::ids::Random;

use analytics::Analytics;
use clock::{EmulatorClock, Pace};
use errors::Refusal;
use faults::Faults;
use login::Signer;
use requests::RequestLog;
use sql::WorldSql;
use state::{Change, Secrets};
use store::Store;
use work::Workshop;

pub use faults::{Fault, FaultKind};
pub(crate) use journal::examine;
pub use options::Options;
pub use passage::Passage;
pub use serve::serve;

/// A running emulator; cheap to clone.
#[derive(Clone)]
pub struct Emulator(Arc<Inner>);

struct Inner {
    options: Options,
    clock: EmulatorClock,
    pace: Mutex<Pace>,
    random: Random,
    signer: Signer,
    secrets: Secrets,
    store: Store,
    analytics: Arc<dyn Analytics>,
    faults: Faults,
    log: RequestLog,
    workshop: Arc<Workshop>,
    due: machine::Due,
}

impl Emulator {
    /// Opens the emulator with its state in the options' folder, and the synthetic data of the options' seed and
    /// scale.
    ///
    /// # Errors When the folder can't be used: see the message.
    pub fn open(options: Options, clock: Clock, random: Random) -> Result<Self> {
        let limits = Limits {
            parallel_runs: options.parallel_work,
            time: Duration::from_secs(options.longest_work_seconds),
            ..Limits::default()
        };
        let sql = WorldSql::new(options.seed, options.scale, options.folder.join("world"), limits);
        let sql = sql.until(options.data_until);
        Self::open_with(options, clock, random, Arc::new(sql))
    }

    /// Opens the emulator with its state in the options' folder, over `analytics`.
    ///
    /// # Errors When the folder can't be used: see the message.
    pub fn open_with(options: Options, clock: Clock, random: Random, analytics: Arc<dyn Analytics>) -> Result<Self> {
        let store = Store::open(&options.folder)?;
        let clock = set_clock(&options, &store, clock);
        let secrets = ensure_seed(&store, &random, clock.now());
        let emulator = Self(Arc::new(Inner {
            signer: Signer::new(&secrets.key).context("the emulator's key cannot be used")?,
            pace: Mutex::new(Pace::times(options.speed)),
            faults: Faults::new(options.faults.clone()),
            workshop: Arc::new(Workshop::new(options.parallel_work)),
            log: RequestLog::default(),
            due: machine::Due::now(),
            options,
            clock,
            random,
            secrets,
            store,
            analytics,
        }));
        emulator.store().write(|edit| login::standing_grants(&emulator, edit));
        Ok(emulator)
    }

    /// All routes, including the control page.
    pub fn router(&self) -> Router {
        self.dressed(service_routes().merge(control::routes()))
    }

    /// All routes, with the control page behind `guard`, which the caller provides.
    pub fn guarded_router(&self, guard: impl FnOnce(Router<Self>) -> Router<Self>) -> Router {
        self.dressed(service_routes().merge(guard(control::routes())))
    }

    /// Only the services' routes.
    pub fn service_router(&self) -> Router {
        self.dressed(service_routes())
    }

    /// One line of JSON with everything a client needs: base URL, client id and secret, and working refresh tokens,
    /// of the first person and of each.
    pub fn credentials_line(&self) -> String {
        let tokens = self.store().write(|edit| login::standing_grants(self, edit));
        let people: Vec<_> = tokens
            .iter()
            .map(|(person, token)| json!({ "name": person.name, "email": person.email, "refresh_token": token }))
            .collect();
        let (client_id, client_secret) = self.client();
        json!({
            "base": self.address(""),
            "client_id": client_id,
            "client_secret": client_secret,
            "refresh_token": tokens.first().map(|(_, token)| token),
            "people": people,
        })
        .to_string()
    }

    /// Stops all work and waits for it; running executions run again after the next start.
    pub async fn shutdown(&self) {
        self.0.workshop.close().await;
    }

    /// Waits until no query is running in the background, and none could start automatically.
    pub async fn settled(&self) {
        self.tick();
        self.0.workshop.idle().await;
    }

    /// The number of executions accepted so far, including dry runs and canceled ones.
    pub fn executions(&self) -> usize {
        self.store().read(state::State::execution_count)
    }

    fn dressed(&self, routes: Router<Emulator>) -> Router {
        routes
            .fallback(unknown_path)
            .method_not_allowed_fallback(wrong_method)
            .layer(from_fn_with_state(self.clone(), faults::strike))
            .layer(CatchPanicLayer::custom(fell))
            .layer(from_fn_with_state(self.clone(), requests::watch))
            .with_state(self.clone())
    }

    /// The id and secret of a working client: the configured one, or one created for this emulator.
    pub fn client(&self) -> (String, String) {
        let own = || (self.0.secrets.client_id.clone(), self.0.secrets.client_secret.clone());
        self.options().client.clone().unwrap_or_else(own)
    }

    /// The id and secret of the only accepted client; `None` if any is accepted.
    pub(crate) fn only_client(&self) -> Option<(String, String)> {
        let options = self.options();
        (options.client.is_some() || options.returns_to.is_some()).then(|| self.client())
    }

    pub(crate) fn client_id(&self) -> String {
        self.client().0
    }

    /// The full URL of a path, as seen by callers.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.options().base.as_str().trim_end_matches('/'))
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn clock(&self) -> &EmulatorClock {
        &self.0.clock
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    pub(crate) fn pace(&self) -> Pace {
        *self.0.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the pace of future waits.
    pub(crate) fn set_pace(&self, pace: Pace) {
        *self.0.pace.lock().unwrap_or_else(PoisonError::into_inner) = pace;
    }

    /// Whether an account's terms were accepted initially or later.
    pub(crate) fn has_accepted_terms(&self, account: &people::Account) -> bool {
        account.terms_accepted || self.store().read(|state| state.accepted.contains(account.id))
    }

    pub(crate) fn random(&self) -> &Random {
        &self.0.random
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.0.signer
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn analytics(&self) -> &dyn Analytics {
        &*self.0.analytics
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.0.faults
    }

    pub(crate) fn log(&self) -> &RequestLog {
        &self.0.log
    }

    pub(crate) fn workshop(&self) -> &Arc<Workshop> {
        &self.0.workshop
    }

    /// A random UUID, version 4.
    pub(crate) fn uuid(&self) -> String {
        let mut bits = u128::from_le_bytes(self.random().bytes());
        bits = (bits & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
        let hex = format!("{bits:032x}");
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    /// The folder of an execution's result files.
    pub(crate) fn result_folder(&self, execution: &str) -> PathBuf {
        self.options().folder.join("results").join(execution)
    }

    /// Runs something slow without blocking other requests.
    pub(crate) async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let emulator = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&emulator)).await;
        done.map_err(|error| {
            tracing::error!(%error, "the emulator failed at a request");
            Refusal::server(StatusCode::INTERNAL_SERVER_ERROR)
        })
    }
}

fn service_routes() -> Router<Emulator> {
    login::routes().merge(ads::routes()).merge(reporting::routes())
}

/// The stored clock, unless the options override it.
fn set_clock(options: &Options, store: &Store, machine: Clock) -> EmulatorClock {
    let clock = EmulatorClock::new(machine, store.read(|state| state.clock));
    let set = options.time.map(|time| clock.set(time));
    let setting = options.paused.then(|| clock.pause()).or(set);
    if let Some(setting) = setting {
        store.write(|edit| edit.put(Change::Clock(setting)));
    }
    clock
}

/// Creates keys and instances when an emulator is opened for the first time.
fn ensure_seed(store: &Store, random: &Random, now: DateTime<Utc>) -> Secrets {
    store.write(|edit| {
        if let Some(secrets) = &edit.state().secrets {
            return secrets.clone();
        }
        let client = u128::from_le_bytes(random.bytes());
        let secrets = Secrets {
            key: random.token(),
            client_id: format!("amzn1.application-oa2-client.{client:032x}"),
            client_secret: format!("amzn1.oa2-cs.v1.{}", random.token()),
        };
        for instance in state::seeded_instances(now) {
            edit.put(Change::Instance(Arc::new(instance)));
        }
        edit.put(Change::Secrets(secrets.clone()));
        secrets
    })
}

/// The response for a handler that panicked.
fn fell(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("the emulator fell at a request");
    Refusal::server(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

async fn unknown_path() -> Refusal {
    Refusal::missing("Not Found")
}

async fn wrong_method() -> Refusal {
    Refusal::oauth(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "Method Not Allowed")
}
