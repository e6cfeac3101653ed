//! The one file that knows every room: the parts that exist once, the routes, the workers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_DISPOSITION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
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
use url::Url;

use crate::amazon::{self, Hosts, Region, RegionHosts, Timeouts};
use crate::clock::Clock;
use crate::config::Config;
use crate::connections::Grants;
use crate::db::lock::FileLock;
use crate::db::{self, Db, Memo};
use crate::emulator::Emulator;
use crate::executions::{Executions, Poller};
use crate::ids::{ProcessId, Random};
use crate::telemetry::metrics::{self, Metrics};
use crate::vault::{Secret, Vault};
use crate::web::rate_limits::{self, RateLimits};
use crate::web::room::{Room, Rooms};
use crate::web::security::{self, Headers, Names};
use crate::web::session::Sessions;
use crate::web::{self, Sandbox, Site, assets};
use crate::workers::{Runner, Statuses, WakeUps, Worker};
use crate::{accounts, connections, executions, guides, home, instances, people, queries};

/// Signed-in persons that are kept in memory; when there are more, all are read anew.
const MOST_PERSONS: usize = 20_000;
/// A request that takes longer is given up with 504.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program, put together and not yet started.
pub struct App {
    /// The parts that exist once.
    pub site: Site,
    /// The AMC emulator, in the sandbox.
    pub emulator: Option<Emulator>,
    grants: Grants,
    /// Starts executions and reads their outcomes.
    pub executions: Executions,
    process: ProcessId,
    /// Held as long as the program is there.
    _lock: Option<FileLock>,
    /// Why background work must not start, if so.
    pub held: Option<String>,
}

impl App {
    /// Puts the program together: opens the keys and the database, proves the one on the other.
    /// `address` is where this process will listen, for the calls to its own AMC emulator.
    pub async fn open(config: Config, address: SocketAddr, clock: Clock, random: Random) -> anyhow::Result<Self> {
        crate::vault::private_folder(&config.data_dir)
            .with_context(|| format!("the data folder {} cannot be made", config.data_dir.display()))?;
        let lock = lock(&config)?;
        missed(&config)?;
        let vault = Vault::from_file(&config.keys_file, &random)?;
        let db = Db::open(&config.database_url).await.context("the database cannot be opened")?;
        let held = held(&db, &vault).await?;
        let site = Site::from(web::SiteParts {
            persons: Memo::new(db.clone(), MOST_PERSONS),
            db,
            clock,
            random,
            vault,
            config: Arc::new(config),
            wakes: WakeUps::default(),
            statuses: Statuses::default(),
            metrics: Metrics::default(),
        });
        let emulator = if site.config.is_sandbox() { Some(emulator(&site, address)?) } else { None };
        let client =
            amazon::Client::new(client_settings(&site.config, address, emulator.as_ref())?, site.clock.clone())?;
        let grants = Grants::new(site.clone(), client);
        let executions = Executions::new(site.clone(), grants.clone())?;
        let process = site.random.id(site.clock.now());
        Ok(Self { site, emulator, grants, executions, process, _lock: lock, held })
    }

    /// All rooms: first those of the menu in its order, then those behind the person's name.
    fn rooms(&self) -> Vec<Room> {
        let site = || self.site.clone();
        let (grants, process) = (|| self.grants.clone(), || self.process.clone());
        vec![
            home::room(site(), grants()),
            instances::room(site(), grants(), process()),
            queries::room(site()),
            executions::room(&self.executions, &self.process),
            guides::room(site()),
            people::room(site()),
            connections::room(grants(), process()),
            accounts::room(site(), self.stored_sessions()),
        ]
    }

    /// All workers.
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        self.rooms().into_iter().flat_map(|room| room.workers).collect()
    }

    /// Starts all workers, or shows them as held back; none where the settings leave the work to other
    /// processes.
    pub fn start_workers(&self, stop: &CancellationToken) -> Runner {
        let site = &self.site;
        let (clock, random) = (site.clock.clone(), site.random.clone());
        let runner = Runner::new(clock, random, site.statuses.clone(), site.wakes.clone(), stop.clone());
        let workers = if site.config.workers { self.workers() } else { Vec::new() };
        for worker in workers {
            match &self.held {
                Some(reason) => runner.hold(worker.as_ref(), reason),
                None => runner.start(worker),
            }
        }
        runner
    }

    /// Ends the claims of a process before this one. Only where no other process can be alive.
    pub async fn take_over(&self) -> anyhow::Result<()> {
        Ok(Poller::new(self.executions.clone(), self.process.clone()).take_over().await?)
    }

    /// Lets the AMC emulator's time pass, until `stop`.
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

    /// Ends what is left: the AMC emulator's work, the connections to the database.
    pub async fn close(&self) {
        if let Some(emulator) = &self.emulator {
            emulator.shutdown().await;
        }
        self.site.db.close().await;
    }

    /// Every page, with everything that a request passes through on its way to it.
    pub fn router(&self) -> Router {
        let site = &self.site;
        let config = &site.config;
        let sandbox = Sandbox(config.is_sandbox());
        let rate_limits = RateLimits::new(config.limits.requests_per_minute, &config.trusted_proxies);
        // Each `Router::layer` wraps every route once more, in a box that every request clones: so few of them,
        // each of several layers, the outermost first.
        let rooms = self.rooms();
        let known = Rooms::of(&rooms);
        let routes = rooms.into_iter().fold(web::theme::routes(), |all, room| all.merge(room.routes));
        let pages = routes.fallback(|| async { web::Error::Missing }).layer(
            ServiceBuilder::new()
                .layer(from_fn(web::framed))
                .layer(from_fn_with_state(rate_limits, rate_limits::limit))
                .layer(self.sessions())
                .layer(from_fn_with_state(site.clone(), accounts::recognise))
                .layer(from_fn_with_state(instances::Expiry::new(site.clone()), instances::end_expired))
                .layer(from_fn(web::framed))
                .layer(from_fn_with_state(Arc::clone(config), security::same_origin))
                .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, PATIENCE))
                .layer(DefaultBodyLimit::max(config.limits.body_bytes)),
        );
        let app = Router::new().merge(pages).merge(assets::routes()).layer(
            ServiceBuilder::new()
                .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(is_page)))
                .layer(from_fn_with_state(self.headers(), security::headers))
                .layer(Extension(sandbox))
                .layer(Extension(known)),
        );
        let app = match &self.emulator {
            Some(emulator) => app.nest("/emulator", emulator.router()),
            None => app,
        };
        Router::new()
            .merge(app)
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready).with_state(site.clone()))
            .layer(
                ServiceBuilder::new()
                    .map_request(security::unnamed)
                    .layer(SetRequestIdLayer::new(security::REQUEST_ID, Names(site.random.clone())))
                    .layer(TraceLayer::new_for_http().make_span_with(span))
                    .layer(PropagateRequestIdLayer::new(security::REQUEST_ID))
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
            .with_name(if secure { "__Host-recomamp" } else { "recomamp" })
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

/// Why background work must not start: the key ring does not open what is stored.
async fn held(db: &Db, vault: &Vault) -> anyhow::Result<Option<String>> {
    let proof = connections::prove(db, vault).await?;
    if proof.closed == 0 {
        return Ok(None);
    }
    let reason = format!(
        "The key file does not open {} of {} stored grants. Put the right key file back (RECOMAMP_KEYS_FILE) and start \
         again; until then nothing runs in the background.",
        proof.closed, proof.grants
    );
    tracing::error!(reason, "background work is held back");
    Ok(Some(reason))
}

/// The AMC emulator inside this process: consent for browsers at the public address, calls on loopback.
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

/// Holds the database for this process where it is a file: one process writes it, and takes over what the
/// one before left.
fn lock(config: &Config) -> anyhow::Result<Option<FileLock>> {
    let file = db::file(&config.database_url);
    Ok(file.map(|file| db::lock::hold(&file)).transpose()?)
}

/// Refuses to begin with a new file of SQLite where an old one is missed: its results are there, or a restore that
/// was stopped halfway. Otherwise the next visitor would find an empty program, and be its administrator.
fn missed(config: &Config) -> anyhow::Result<()> {
    let Some(file) = db::file(&config.database_url) else { return Ok(()) };
    if std::fs::metadata(&file).is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let results = executions::kept_in(&config.data_dir);
    let has_results = std::fs::read_dir(&results).is_ok_and(|mut files| files.next().is_some());
    anyhow::ensure!(
        !has_results,
        "the database {} is missing or empty, but {} holds results of its runs. Put the database back (`recomamp \
         restore`), or, to begin anew, move the folder of results away",
        file.display(),
        results.display()
    );
    let mut restoring = file.clone().into_os_string();
    restoring.push(db::RESTORING);
    let restoring = std::path::PathBuf::from(restoring);
    anyhow::ensure!(
        !restoring.exists(),
        "the database {} is missing, and {} is left of a restore that did not come to its end. Run `recomamp restore` \
         again, or, to begin anew, remove that file",
        file.display(),
        restoring.display()
    );
    Ok(())
}

/// The address at which this process reaches its own AMC emulator.
fn internal(address: SocketAddr) -> anyhow::Result<Url> {
    let host = if address.ip().is_unspecified() { "127.0.0.1".parse()? } else { address.ip() };
    Ok(Url::parse(&format!("http://{}/emulator/", SocketAddr::new(host, address.port())))?)
}

/// Whom this process calls, and as which application: Amazon, what stands in for it, or its own AMC emulator.
pub(crate) fn client_settings(
    config: &Config,
    address: SocketAddr,
    emulator: Option<&Emulator>,
) -> anyhow::Result<amazon::Settings> {
    let Some(app) = &config.amazon else {
        let inside = internal(address)?;
        let hosts = Hosts {
            consent: config.public_url.join("emulator/ap/oa")?,
            token: inside.join("auth/o2/token")?,
            profile: inside.join("user/profile")?,
            api: inside,
        };
        let (client_id, client_secret) = emulator.map(Emulator::client).unwrap_or_default();
        return Ok(amazon::Settings {
            client_id,
            client_secret: Secret::new(client_secret),
            hosts: RegionHosts { na: hosts.clone(), eu: hosts.clone(), fe: hosts },
            timeouts: Timeouts::default(),
        });
    };
    let own = |region: Region, index: usize| {
        let (default, set) = (Hosts::amazon(region), config.hosts[index].clone());
        Hosts {
            consent: set.consent.unwrap_or(default.consent),
            token: set.token.unwrap_or(default.token),
            profile: set.profile.unwrap_or(default.profile),
            api: set.api.unwrap_or(default.api),
        }
    };
    Ok(amazon::Settings {
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone(),
        hosts: RegionHosts { na: own(Region::Na, 0), eu: own(Region::Eu, 1), fe: own(Region::Fe, 2) },
        timeouts: Timeouts::default(),
    })
}

fn span(request: &axum::http::Request<axum::body::Body>) -> tracing::Span {
    // OK without the query string: it may hold a consent's code, names or filters.
    let (method, path) = (request.method(), request.uri().path());
    tracing::info_span!("request", request.id = security::request_id(request.headers()), %method, path)
}

/// Whether an answer is compressed. Files are not: that would cost the threads that answer more than making them.
fn is_page(_: StatusCode, _: axum::http::Version, headers: &HeaderMap, _: &axum::http::Extensions) -> bool {
    !headers.contains_key(CONTENT_DISPOSITION)
}

/// Whether this process can serve pages: the database answers.
async fn ready(State(site): State<Site>) -> Response {
    match site.db.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n").into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}
