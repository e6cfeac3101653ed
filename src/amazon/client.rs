//! The HTTP client: builds requests, sends each once, reads responses up to a limit.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, redirect, retry};
use serde_json::Value;
use url::Url;

use super::answer;
use super::breaker::{Account, Breakers, Place, Traffic};
use super::error::{Error, ErrorKind, Unreadable};
use super::names::{EntityId, MarketplaceId};
use super::refusal;
use super::region::{Hosts, Region};
use super::settings::Settings;
use crate::clock::Clock;
use crate::vault::Secret;

/// Larger responses are [`Unreadable::TooLarge`]. The largest known response is the list of an instance's data
/// sources with all their columns, a few megabytes.
const MAX_ANSWER_BYTES: usize = 16 << 20;
/// Larger error responses aren't read completely: the status is enough.
const MAX_REFUSAL_BYTES: usize = 64 << 10;
/// Idle connections are closed after this time, sooner than load balancers usually close theirs, so that a request
/// rarely meets a connection that is being closed.
const IDLE: std::time::Duration = std::time::Duration::from_secs(30);

const CLIENT_ID: HeaderName = HeaderName::from_static("amazon-advertising-api-clientid");
const ADVERTISER_ID: HeaderName = HeaderName::from_static("amazon-advertising-api-advertiserid");
const MARKETPLACE_ID: HeaderName = HeaderName::from_static("amazon-advertising-api-marketplaceid");

/// Whose token is used, and in which region.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The region of the account.
    pub region: Region,
    /// A valid access token of the person.
    pub access_token: &'a Secret,
}

impl<'a> Caller<'a> {
    /// The same caller with an account, which nearly all calls to AMC require.
    pub const fn of(self, entity: &'a EntityId, marketplace: &'a MarketplaceId) -> AccountCaller<'a> {
        AccountCaller { caller: self, entity, marketplace }
    }
}

/// A [`Caller`] with one AMC account.
#[derive(Clone, Copy, Debug)]
pub struct AccountCaller<'a> {
    pub caller: Caller<'a>,
    pub entity: &'a EntityId,
    /// The marketplace of that account.
    pub marketplace: &'a MarketplaceId,
}

/// The client; cheap to clone, all clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    settings: Arc<Settings>,
    breakers: Breakers,
    clock: Clock,
}

/// Invalid client settings.
#[derive(Debug, thiserror::Error)]
pub enum NotBuilt {
    /// The application's id isn't valid in a header.
    #[error("the Amazon client id is empty or has characters that no header can carry")]
    ClientId,
    /// A URL is neither `http` nor `https`.
    #[error("an address of Amazon is not an http or https address: {0}")]
    Address(Url),
    /// TLS couldn't be set up, usually because the system has no root certificates.
    #[error("no HTTP client could be made; are CA certificates installed?")]
    Http(#[source] reqwest::Error),
}

impl Client {
    /// A client with these URLs and application.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, NotBuilt> {
        if settings.client_id.is_empty() || HeaderValue::from_str(&settings.client_id).is_err() {
            return Err(NotBuilt::ClientId);
        }
        if let Some(address) = settings.hosts.unusable() {
            return Err(NotBuilt::Address(address.clone()));
        }
        let http = http_client(&settings).map_err(NotBuilt::Http)?;
        Ok(Self { http, settings: Arc::new(settings), breakers: Breakers::default(), clock })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Statistics of all calls since the start, and which are paused.
    pub fn traffic(&self) -> Vec<(Place, Traffic)> {
        self.breakers.all()
    }

    /// The URLs of a region.
    pub fn hosts(&self, region: Region) -> &Hosts {
        self.settings.hosts.of(region)
    }

    /// A HEAD request.
    pub(super) fn head(&self, url: Url) -> RequestBuilder {
        self.http.head(url)
    }

    /// A request without Amazon's headers and without a total time limit.
    pub(super) fn bare(&self, url: Url) -> RequestBuilder {
        self.http.get(url)
    }

    /// A request built elsewhere.
    pub(super) fn prepared(&self, request: oauth2::HttpRequest) -> Result<RequestBuilder, Error> {
        let request = reqwest::Request::try_from(request).map_err(Error::from_reqwest)?;
        Ok(RequestBuilder::from_parts(self.http.clone(), request).timeout(self.settings.timeouts.answer))
    }

    /// A request with the person's token.
    pub(super) fn bearer(&self, method: Method, url: Url, token: &Secret) -> Result<RequestBuilder, Error> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .map_err(|_| Error::new(ErrorKind::Unauthorized))?;
        value.set_sensitive(true);
        let timeout = self.settings.timeouts.answer;
        Ok(self.http.request(method, url).timeout(timeout).header(AUTHORIZATION, value))
    }

    /// A request to the Ads API on the person's behalf. `path` consists of segments: ids that would change the path
    /// are refused as [`ErrorKind::Missing`].
    pub(super) fn ads(&self, method: Method, caller: Caller<'_>, path: &[&str]) -> Result<RequestBuilder, Error> {
        let url = below(&self.hosts(caller.region).api, path)?;
        let request = self.bearer(method, url, caller.access_token)?;
        Ok(request.header(CLIENT_ID, &self.settings.client_id))
    }

    /// A request to AMC for one account.
    pub(super) fn amc(
        &self,
        method: Method,
        caller: AccountCaller<'_>,
        path: &[&str],
    ) -> Result<RequestBuilder, Error> {
        let request = self.ads(method, caller.caller, path)?;
        let entity = name_header(caller.entity.as_str())?;
        let marketplace = name_header(caller.marketplace.as_str())?;
        Ok(request.header(ADVERTISER_ID, entity).header(MARKETPLACE_ID, marketplace))
    }

    /// Sends the request and reads a successful response. `operation` names the call in the log.
    pub(super) async fn send(&self, operation: &'static str, request: RequestBuilder) -> Result<Answer, Error> {
        let result = self.guarded(request).await;
        match &result {
            Ok(answer) => tracing::debug!(operation, amazon.request_id = answer.request_id, "Amazon answered"),
            Err(error) => {
                tracing::debug!(operation, amazon.request_id = error.request_id(), %error, "a call to Amazon failed");
            }
        }
        result
    }

    /// Sends one request, unless calls to its place are paused.
    async fn guarded(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let (http, request) = request.build_split();
        let request = request.map_err(Error::from_reqwest)?;
        let named = request.headers().get(ADVERTISER_ID).and_then(|name| name.to_str().ok()).map(str::to_owned);
        let account = Account::of(request.url(), named);
        self.breakers.wait(&account, self.clock.now())?;
        let places = self.breakers.enter(request.url(), self.clock.now())?;
        let result = self.exchange_once(RequestBuilder::from_parts(http, request)).await;
        self.breakers.leave(&places, result.as_ref().err(), self.clock.now());
        if let Some(error) = result.as_ref().err() {
            self.breakers.throttled(account, error, self.clock.now());
        }
        result
    }

    async fn exchange_once(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let response = self.succeed(request).await?;
        let request_id = refusal::request_id(response.headers());
        match bounded(response, MAX_ANSWER_BYTES).await {
            Ok(body) => Ok(Answer { body, request_id }),
            Err((error, _)) => Err(error.with_request_id(request_id)),
        }
    }

    /// Sends the request and returns the response if its status is a success; its body is unread.
    pub(super) async fn succeed(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(Error::from_reqwest)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        // OK because the status says what happened, even if the message is truncated.
        let body = bounded(response, MAX_REFUSAL_BYTES).await.unwrap_or_else(|(_, read)| read);
        Err(refusal::error(status, &headers, &body, self.clock.now()))
    }
}

/// A successful response, read completely.
#[derive(Debug)]
pub(super) struct Answer {
    body: Vec<u8>,
    request_id: Option<String>,
}

impl Answer {
    /// The response as it came.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Parses the response as JSON with `read`.
    pub(super) fn json<T>(self, read: impl FnOnce(Value) -> Result<T, Unreadable>) -> Result<T, Error> {
        let result = answer::json(&self.body).and_then(read);
        result.map_err(|what| Error::from(what).with_request_id(self.request_id))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the client that all of the program shares")]
fn http_client(settings: &Settings) -> reqwest::Result<reqwest::Client> {
    // OK because it fails only if the process already has a provider, which is then used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("RecomAMP/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(settings.timeouts.connect)
        .read_timeout(settings.timeouts.silence)
        .pool_idle_timeout(IDLE);
    if settings.hosts.need_tls() {
        builder.build()
    } else {
        // A test server over plain HTTP on this machine or network: no proxy, and it must work without root
        // certificates.
        builder.no_proxy().tls_certs_only([]).build()
    }
}

/// The URL of `path` below `base`, whose own path is kept.
fn below(base: &Url, path: &[&str]) -> Result<Url, Error> {
    // `..` and its encoded forms are equivalent in a URL: they would lead to another resource.
    let leads_elsewhere = |name: &&&str| {
        let name = name.to_ascii_lowercase().replace("%2e", ".");
        matches!(name.as_str(), "" | "." | "..")
    };
    if path.iter().any(|name| leads_elsewhere(&name)) {
        return Err(ErrorKind::Missing { message: None }.into());
    }
    let mut url = base.clone();
    // OK because a URL that can't have a path was refused when the client was created.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    Ok(url)
}

fn name_header(name: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(name).map_err(|_| ErrorKind::Missing { message: None }.into())
}

/// The body, at most `limit` bytes of it; on failure also what was read so far.
async fn bounded(mut response: Response, limit: usize) -> Result<Vec<u8>, (Error, Vec<u8>)> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                body.extend_from_slice(&chunk[..limit - body.len()]);
                return Err((Unreadable::TooLarge.into(), body));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err((Error::from_reqwest(error), body)),
        }
    }
}

#[cfg(test)]
mod tests;
