//! The only file that knows every room: shared parts, routes, workers.

mod hosts;
mod start;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CONTENT_DISPOSITION, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration as CookieDuration;
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::amazon::{self, Region};
use crate::clock::Clock;
use crate::config::Config;
use crate::connections::Grants;
use crate::db::lock::FileLock;
use crate::db::{self, Memo, Trouble};
use crate::emulator::Emulator;
use crate::executions::{Executions, Poller};
use crate::guides::Guides;
use crate::ids::{ProcessId, Random};
use crate::schedules::Schedules;
use crate::telemetry::metrics::{self, Metrics};
use crate::vault::Vault;
use crate::web::rate_limits::{self, RateLimits};
use crate::web::room::{Room, Rooms};
use crate::web::routes::{self, Routes, Who, get};
use crate::web::security::{self, Headers, Names};
use crate::web::session::{self, Sessions};
use crate::web::{self, DemoMode, Site, assets};
use crate::workers::{Runner, Statuses, WakeUps, Worker};
use crate::{
    accounts, api, backups, connections, data_sources, deliveries, executions, guides, help, home, instances, library,
    links, notices, people, queries, rehearsals, results, schedules, tokens, usage,
};
pub(crate) use hosts::client_settings;
use hosts::internal;

/// Signed-in people cached in memory; when there are more, the cache is cleared.
const MOST_PERSONS: usize = 20_000;
/// A request that takes longer is aborted with 504.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program, assembled but not yet started.
pub struct App {
    pub site: Site,
    /// The AMC emulator, in demo mode.
    pub emulator: Option<Emulator>,
    grants: Grants,
    /// Starts executions and reads their outcomes.
    pub executions: Executions,
    process: ProcessId,
    /// Runs queries on synthetic data.
    trials: Arc<queries::Trials>,
    /// Guides and templates.
    pub guides: Guides,
    /// Held as long as the program runs.
    _lock: Option<FileLock>,
    /// Why background work must not start, if it mustn't.
    pub held: Option<String>,
}

impl App {
    /// Assembles the program: opens the keys and the database, and checks that they belong together. `address` is
    /// where this process will listen, for the calls to its own AMC emulator.
    pub async fn open(config: Config, address: SocketAddr, clock: Clock, random: Random) -> anyhow::Result<Self> {
        start::data_folder(&config.data_dir)?;
        let lock = lock(&config)?;
        let db = start::database(&config).await?;
        let vault = Vault::from_file(&config.keys_file, &random)?;
        let held = start::held(&db, &vault, &random, &clock).await?;
        let site = Site::from(web::SiteParts {
            persons: Memo::new(db.clone(), MOST_PERSONS),
            db,
            clock,
            random,
            vault,
            config: Arc::new(config),
            held: held.clone(),
            wakes: WakeUps::default(),
            statuses: Statuses::default(),
            metrics: Metrics::default(),
        });
        let emulator = if site.config.is_demo() { Some(emulator(&site, address)?) } else { None };
        let client =
            amazon::Client::new(client_settings(&site.config, address, emulator.as_ref())?, site.clock.clone())?;
        let grants = Grants::new(site.clone(), client);
        let executions = Executions::new(site.clone(), grants.clone())?;
        let process = site.random.id(site.clock.now());
        let guides = Guides::new(site.config.guides_dir.clone(), site.clock.clone());
        let trials = Arc::default();
        Ok(Self { site, emulator, grants, executions, process, trials, guides, _lock: lock, held })
    }

    /// All rooms: first those of the menu in its order, then those in the person's menu.
    fn rooms(&self) -> Vec<Room> {
        let site = || self.site.clone();
        let (grants, process) = (|| self.grants.clone(), || self.process.clone());
        let schedules = Schedules::new(site(), self.executions.clone(), Arc::clone(&self.trials));
        vec![
            home::room(site(), grants()),
            backups::room(site(), process()),
            usage::room(site()),
            instances::room(site(), grants(), process()),
            queries::room(site(), grants(), Arc::clone(&self.trials)),
            executions::room(&self.executions, &self.process),
            schedules::room(schedules.clone(), &self.process),
            data_sources::room(site()),
            guides::room(site(), self.guides.clone(), &self.executions, Arc::clone(&self.trials)),
            library::room(site(), self.guides.clone(), Arc::clone(&self.trials)),
            links::room(site(), &self.executions),
            help::room(site()),
            api::room(
                site(),
                grants(),
                self.executions.clone(),
                self.guides.clone(),
                (schedules, Arc::clone(&self.trials)),
            ),
            deliveries::room(site(), &self.executions, &self.process),
            notices::room(site(), &self.executions, &self.process),
            rehearsals::room(site()),
            people::room(site()),
            connections::room(grants(), process()),
            tokens::room(site()),
            accounts::room(site(), self.stored_sessions()),
        ]
    }

    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        self.rooms().into_iter().flat_map(|room| room.workers).collect()
    }

    /// Starts all workers, or shows them as paused; does nothing if the settings leave the work to other processes.
    pub fn start_workers(&self, stop: &CancellationToken) -> Runner {
        let site = &self.site;
        let (clock, random) = (site.clock.clone(), site.random.clone());
        let runner = Runner::new(clock, random, site.statuses.clone(), site.wakes.clone(), stop.clone());
        runner.share_wakes(site.db.clone(), self.process.clone());
        let workers = if site.config.workers { self.workers() } else { Vec::new() };
        for worker in workers {
            match &self.held {
                Some(reason) => runner.hold(worker.as_ref(), reason),
                None => runner.start(worker),
            }
        }
        runner
    }

    /// Releases the leases of the previous process. Call it only if no other process can be running.
    pub async fn take_over(&self) -> anyhow::Result<()> {
        Ok(Poller::new(self.executions.clone(), self.process.clone()).take_over().await?)
    }

    /// Releases the leases of this process on a graceful shutdown, so that others take over its executions immediately.
    pub async fn give_back(&self) -> anyhow::Result<()> {
        Ok(Poller::new(self.executions.clone(), self.process.clone()).release().await?)
    }

    /// Runs the AMC emulator's clock until `stop`.
    pub async fn keep_time(&self, stop: &CancellationToken) {
        match &self.emulator {
            Some(emulator) => {
                tokio::select! {
                    () = emulator.keep_time() => {}
                    () = stop.cancelled() => {}
                }
            }
            None => stop.cancelled().await,
        }
    }

    /// Shuts down what is left: the AMC emulator's work, the connections to the database.
    pub async fn close(&self) {
        if let Some(emulator) = &self.emulator {
            emulator.shutdown().await;
        }
        self.site.db.close().await;
    }

    /// The complete router: all routes with all layers.
    pub fn router(&self) -> Router {
        let site = &self.site;
        let config = &site.config;
        let demo = DemoMode(config.is_demo());
        let rate_limits = RateLimits::new(config.limits.requests_per_minute, &config.trusted_proxies);
        // Each `Router::layer` wraps every route in one more box that every request clones. So there are only a few,
        // each with several layers, the outermost first.
        macro_rules! inner_layers {
            () => {
                ServiceBuilder::new()
                    .layer(from_fn_with_state(site.db.clone(), web::framed))
                    .layer(from_fn_with_state(rate_limits.clone(), rate_limits::limit))
                    .layer(self.sessions())
                    .layer(from_fn_with_state(site.clone(), accounts::recognize))
                    .layer(from_fn_with_state(notices::UnreadCount::new(site.clone()), notices::count_unread))
                    .layer(from_fn_with_state(instances::Expiry::new(site.clone()), instances::end_expired))
                    .layer(from_fn_with_state(site.db.clone(), web::framed))
                    .layer(from_fn_with_state(Arc::clone(config), security::same_origin))
                    .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, PATIENCE))
                    .layer(DefaultBodyLimit::max(config.limits.body_bytes))
            };
        }
        let rooms = self.rooms();
        let (theme, files, health) = (web::theme::routes(), assets::routes(), self.health());
        let known = Rooms::of(&rooms, &[&theme, &files, &health]);
        let pages = rooms.into_iter().fold(theme, |all, room| all.merge(room.routes)).into_router();
        let pages = pages.fallback(|method: Method, uri: Uri| async move { routes::unmatched(&method, &uri) });
        // OK for files and the health checks to be outside: they are for anyone.
        let pages = pages.layer(inner_layers!().layer(from_fn_with_state(known.clone(), routes::admit)));
        let app = Router::new().merge(pages).merge(files.into_router()).layer(
            ServiceBuilder::new()
                .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(is_page)))
                .layer(from_fn_with_state(self.headers(), security::headers))
                .layer(Extension(demo))
                .layer(Extension(Arc::clone(&config.installation)))
                .layer(Extension(self.guides.clone()))
                .layer(Extension(known.clone())),
        );
        let app = match &self.emulator {
            Some(emulator) => {
                let guarded = emulator.guarded_router(|control| {
                    let layers = inner_layers!().layer(from_fn(security::for_administrators));
                    control.layer(layers).layer(
                        ServiceBuilder::new()
                            .layer(from_fn_with_state(self.headers(), security::headers))
                            .layer(Extension(demo))
                            .layer(Extension(Arc::clone(&config.installation)))
                            .layer(Extension(known)),
                    )
                });
                app.nest("/emulator", guarded)
            }
            None => app,
        };
        let app = app.layer(from_fn_with_state(Arc::clone(config), security::own_host));
        self.outermost(app.merge(health.into_router()))
    }

    /// Who may do what, for all routes of the program; the AMC emulator's own aren't among them.
    pub fn access(&self) -> Vec<routes::Line> {
        let rooms = Rooms::of(&self.rooms(), &[&web::theme::routes(), &assets::routes(), &self.health()]);
        rooms.access().lines().to_vec()
    }

    /// The health checks.
    fn health(&self) -> Routes {
        Routes::new()
            .route("/healthz", get(Who::Anyone, || async { "ok\n" }).about("Whether the process runs"))
            .route("/readyz", get(Who::Anyone, ready).about("Whether the process can serve requests"))
            .with_state(self.executions.clone())
    }

    /// Adds the outermost layers.
    fn outermost(&self, app: Router) -> Router {
        let site = &self.site;
        app.layer(
            ServiceBuilder::new()
                .map_request(security::unnamed)
                .layer(SetRequestIdLayer::new(security::REQUEST_ID, Names(site.random.clone())))
                .layer(TraceLayer::new_for_http().make_span_with(span))
                .layer(PropagateRequestIdLayer::new(security::REQUEST_ID))
                .layer(from_fn_with_state(Arc::clone(&site.config), web::problems))
                .layer(from_fn(security::unsniffed))
                .layer(CatchPanicLayer::new())
                .layer(from_fn_with_state(site.metrics.clone(), metrics::count)),
        )
    }

    fn stored_sessions(&self) -> Sessions {
        let site = &self.site;
        Sessions::new(site.db.clone(), site.clock.clone(), site.random.clone(), &site.config.limits)
    }

    fn sessions(&self) -> SessionManagerLayer<Sessions> {
        let site = &self.site;
        let limits = &site.config.limits;
        let secure = site.config.public_url.scheme() == "https";
        let lives = i64::try_from(limits.session_absolute.as_secs()).unwrap_or(i64::MAX);
        SessionManagerLayer::new(self.stored_sessions())
            .with_name(if secure { session::SECURE_COOKIE } else { "recomamp" })
            .with_secure(secure)
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            .with_path("/")
            .with_expiry(Expiry::OnInactivity(CookieDuration::seconds(lives)))
    }

    fn headers(&self) -> Headers {
        let client = self.grants.client();
        let mut origins: Vec<String> =
            Region::ALL.iter().map(|region| client.hosts(*region).consent.origin().ascii_serialization()).collect();
        origins.sort();
        origins.dedup();
        Headers::new(&self.site.config, &origins)
    }
}

/// The AMC emulator in this process: browsers get its consent page at the public address, calls use loopback.
fn emulator(site: &Site, address: SocketAddr) -> anyhow::Result<Emulator> {
    let config = &site.config;
    let options = crate::emulator::Options {
        base: internal(address)?,
        folder: config.data_dir.join("emulator"),
        seed: config.emulator.seed,
        scale: config.emulator.scale,
        speed: config.emulator.speed,
        time: config.emulator.time,
        paused: config.emulator.paused,
        faults: config.emulator.faults.clone(),
        returns_to: Some(connections::redirect_address(config)?),
        ..crate::emulator::Options::default()
    };
    Emulator::open(options, site.clock.clone(), site.random.clone())
}

/// Locks the database for this process if it is a file: only one process may write it, and it takes over what the
/// previous one left unfinished.
fn lock(config: &Config) -> anyhow::Result<Option<FileLock>> {
    let file = db::file(&config.database_url);
    Ok(file.map(|file| db::lock::hold(&file)).transpose()?)
}

fn span(request: &axum::http::Request<axum::body::Body>) -> tracing::Span {
    // OK without the query string: it may contain an authorization code, names or filters.
    let (method, path) = (request.method(), security::logged_path(request.uri().path()));
    tracing::info_span!("request", request.id = security::request_id(request.headers()), %method, path)
}

/// Whether a response is compressed. Files aren't: compressing them costs the request threads more than creating
/// them.
fn is_page(_: StatusCode, _: axum::http::Version, headers: &HeaderMap, _: &axum::http::Extensions) -> bool {
    !headers.contains_key(CONTENT_DISPOSITION)
}

/// Whether this process is ready: the database responds and is writable, and there is disk space for it and for
/// results.
async fn ready(State(executions): State<Executions>) -> Response {
    let not_yet =
        |what: &str| (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "10")], format!("{what}\n")).into_response();
    let (database, results) = (executions.database().ready().await, executions.can_keep_results().await);
    match database {
        Ok(()) => match results {
            Ok(()) => (StatusCode::OK, "ready\n").into_response(),
            Err(results::Error::Full) => not_yet("the disk of the results is full"),
            Err(_) => not_yet("results cannot be written to their disk"),
        },
        Err(error @ db::Error::Newer(_)) => not_yet(&error.to_string()),
        Err(error) => not_yet(error.trouble().unwrap_or(Trouble::Silent).what()),
    }
}
