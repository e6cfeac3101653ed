//! Rate limiting per client, and finding the client behind a proxy.
//!
//! A client is an IPv4 address or an IPv6 network (/64): a person with one IPv6 address usually controls its whole
//! network, and could otherwise get a quota for each.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

use super::Error;
use super::live::PTAG;
use crate::server::caller;

/// The cost of a request, in the limiter's units.
const REQUEST: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// The cost of polling a live part that hasn't changed.
const POLL: NonZeroU32 = NonZeroU32::MIN;
/// The additional cost if it had changed.
const NEWS: NonZeroU32 = NonZeroU32::MIN.saturating_add(8);
/// Beyond this many clients, idle ones are dropped.
const MANY: usize = 10_000;

/// Marks requests that a page makes while somebody types: they are frequent, and cheap if the route is designed for
/// them ([`while_typing`]).
const TYPING: HeaderName = HeaderName::from_static("x-typing");

/// Marks the response of a route that is designed for requests while somebody types.
#[derive(Clone, Copy, Debug)]
struct MadeForTyping;

/// Marks the responses of a route that may be requested while somebody types: add it to the route.
pub async fn while_typing(mut response: Response) -> Response {
    response.extensions_mut().insert(MadeForTyping);
    response
}

/// The client's address, added to the request.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");

/// Reads the operating system's monotonic clock: governor's default clock calibrates itself for 10 to 15 ms at the
/// start.
type Limiter = RateLimiter<IpAddr, DefaultKeyedStateStore<IpAddr>, MonotonicClock, StateInformationMiddleware>;

/// The rate limiter for all clients; cheap to clone.
#[derive(Clone)]
pub struct RateLimits {
    limiter: Arc<Limiter>,
    per_minute: u32,
    trusted: Arc<[IpNet]>,
}

impl RateLimits {
    /// `per_minute` requests for each client, which may come in a burst. `trusted` are the proxies whose
    /// `X-Forwarded-For` is trusted.
    pub fn new(per_minute: u32, trusted: &[IpNet]) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(per_minute.saturating_mul(REQUEST));
        let limiter = RateLimiter::dashmap_with_clock(quota, MonotonicClock);
        let limiter = Arc::new(limiter.with_middleware::<StateInformationMiddleware>());
        Self { limiter, per_minute: per_minute.get(), trusted: trusted.into() }
    }

    /// Charges the client for a request; returns how many requests are left, or how many seconds to wait.
    fn take(&self, client: IpAddr, cost: NonZeroU32) -> Result<u32, u64> {
        // OK because the cost can't exceed the whole quota: that is at least one request.
        let Ok(taken) = self.limiter.check_key_n(&caller(client), cost) else { return Ok(0) };
        let left = taken.map_err(|wait| wait.wait_time_from(MonotonicClock.now()).as_secs() + 1)?;
        Ok(left.remaining_burst_capacity() / REQUEST.get())
    }

    /// Tells a program its quota, what is left of it, and the seconds until it is whole again.
    fn tell(&self, response: &mut Response, left: u32) {
        let reset = u64::from(self.per_minute.saturating_sub(left)) * 60 / u64::from(self.per_minute.max(1));
        let headers = response.headers_mut();
        for (name, value) in [(LIMIT, u64::from(self.per_minute)), (REMAINING, u64::from(left)), (RESET, reset.max(1))]
        {
            headers.insert(name, value.into());
        }
    }
}

impl std::fmt::Debug for RateLimits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RateLimits({} clients)", self.limiter.len())
    }
}

/// Responds with 429 to a client that exceeds its quota. A router without a socket (in tests) has no addresses and no
/// limits.
pub async fn limit(State(limits): State<RateLimits>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let client = peer.map(|peer| client(peer, request.headers(), &limits.trusted));
    let is_poll = request.method() == Method::GET && request.headers().contains_key(PTAG);
    let is_typing = request.headers().contains_key(TYPING);
    let is_api = super::is_api(request.uri().path());
    let take = |cost| client.map_or(Ok(limits.per_minute), |client| limits.take(client, cost));
    let left = match take(if is_poll || is_typing { POLL } else { REQUEST }) {
        Ok(left) => left,
        Err(seconds) => {
            let mut refused = Error::TooMany(seconds).into_response();
            if is_api {
                limits.tell(&mut refused, 0);
            }
            return refused;
        }
    };
    if let Some(client) = client {
        request.extensions_mut().insert(ClientAddress(client));
    }
    if limits.limiter.len() > MANY {
        limits.limiter.retain_recent();
    }
    let mut response = next.run(request).await;
    if is_api {
        limits.tell(&mut response, left);
    }
    let is_cheap = (is_poll && response.status() == StatusCode::NOT_MODIFIED)
        || (is_typing && response.extensions().get::<MadeForTyping>().is_some());
    if (is_poll || is_typing)
        && !is_cheap
        && let Err(seconds) = take(NEWS)
    {
        return Error::TooMany(seconds).into_response();
    }
    response
}

/// Whether the call came directly from this machine, not through a proxy.
pub fn is_local(request: &Request) -> bool {
    let passed_on = [FORWARDED_FOR, FORWARDED].iter().any(|name| request.headers().contains_key(name));
    comes_from_here(request) && !passed_on
}

/// Whether the peer is on this machine: a person, a program, or a proxy that forwards other calls.
pub fn comes_from_here(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    peer.is_some_and(|peer| peer.to_canonical().is_loopback())
}

/// The client's address: the peer's, or, if the peer is a trusted proxy, the last address in its `X-Forwarded-For`
/// that isn't a trusted proxy. Anything before that is untrusted.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let peer = peer.to_canonical();
    if !is_trusted(&peer) {
        return peer;
    }
    let said = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let addresses: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut nearest = peer;
    for address in addresses.iter().rev() {
        let Some(address) = address_of(address) else { break };
        nearest = address.to_canonical();
        if !is_trusted(&nearest) {
            break;
        }
    }
    nearest
}

/// `203.0.113.9`, `203.0.113.9:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`, as proxies write them.
fn address_of(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).parse().ok();
    text.parse::<SocketAddr>().map(|socket| socket.ip()).ok().or_else(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str]) -> String {
        let trusted = ["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_trusted_proxys_word_is_believed() {
        assert_eq!(seen("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("::ffff:127.0.0.1", &["203.0.113.9, 10.1.1.1"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["198.51.100.1", "203.0.113.9, 10.1.1.1"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(seen("127.0.0.1", &["203.0.113.9:4711, 10.1.1.1:80"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(seen("127.0.0.1", &["[2001:db8::1]"]), "2001:db8::1");
    }

    #[test]
    fn what_a_client_says_of_itself_is_not_believed() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["198.51.100.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["203.0.113.9, nonsense"]), "127.0.0.1");
    }

    #[test]
    fn a_share_is_used_up_by_requests_and_slowly_by_polls() {
        let limits = RateLimits::new(2, &[]);
        let (one, other) = ("203.0.113.9".parse().unwrap(), "203.0.113.8".parse().unwrap());
        assert!(limits.take(one, REQUEST).is_ok());
        for _ in 0..9 {
            assert!(limits.take(one, POLL).is_ok());
        }
        let wait = limits.take(one, REQUEST).unwrap_err();
        assert!((1..=60).contains(&wait), "{wait} s");
        assert!(limits.take(other, REQUEST).is_ok(), "each client has a share");
    }

    #[tokio::test]
    async fn a_poll_costs_little_while_nothing_changed() {
        use axum::Router;
        use axum::body::Body;
        use axum::routing::get;
        use tower::ServiceExt as _;

        let router = Router::new()
            .route("/same", get(StatusCode::NOT_MODIFIED))
            .route("/other", get("news"))
            .layer(axum::middleware::from_fn_with_state(RateLimits::new(2, &[]), limit));
        let poll = async |address: &str| {
            let mut request = Request::get(address).header(PTAG, "1").body(Body::empty()).unwrap();
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([203, 0, 113, 9], 1))));
            router.clone().oneshot(request).await.unwrap().status().as_u16()
        };
        for _ in 0..9 {
            assert_eq!(poll("/same").await, 304);
        }
        assert_eq!(poll("/other").await, 200, "what is new costs a whole request");
        assert_eq!(poll("/other").await, 429, "and is not had for the price of a poll");
        assert_eq!(poll("/same").await, 429);
    }

    #[tokio::test]
    async fn what_is_asked_while_somebody_types_costs_little_at_addresses_made_for_it() {
        use axum::Router;
        use axum::body::Body;
        use axum::middleware::map_response;
        use axum::routing::post;
        use tower::ServiceExt as _;

        let router = Router::new()
            .route("/help", post("help").layer(map_response(while_typing)))
            .route("/other", post("other"))
            .layer(axum::middleware::from_fn_with_state(RateLimits::new(2, &[]), limit));
        let ask = async |address: &str, typing: bool| {
            let request = Request::post(address);
            let request = if typing { request.header(TYPING, "1") } else { request };
            let mut request = request.body(Body::empty()).unwrap();
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([203, 0, 113, 9], 1))));
            router.clone().oneshot(request).await.unwrap().status().as_u16()
        };
        for _ in 0..9 {
            assert_eq!(ask("/help", true).await, 200);
        }
        assert_eq!(ask("/other", true).await, 200, "elsewhere the mark saves nothing");
        assert_eq!(ask("/help", false).await, 429);
        assert_eq!(ask("/help", true).await, 200);
        assert_eq!(ask("/help", true).await, 429);
    }

    #[test]
    fn the_addresses_of_one_network_share() {
        let limits = RateLimits::new(1, &[]);
        let take = |client: &str| limits.take(client.parse().unwrap(), REQUEST).is_ok();
        assert!(take("2001:db8:0:1::1"));
        assert!(!take("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert!(take("2001:db8:0:2::1"), "the network beside it");
        assert!(take("203.0.113.9") && take("::ffff:203.0.113.8"), "IPv4 is counted by address");
        assert!(!take("::ffff:203.0.113.9"), "however it is written");
    }
}
