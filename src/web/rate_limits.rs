//! A fair share of requests for each client, and who the client is when a proxy stands between.
//!
//! A client is an IPv4 address or a network of IPv6 (/64): whoever has one IPv6 address has all of its network's,
//! and could take a share for each.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

use super::Error;
use super::live::PTAG;
use crate::server::caller;

/// What a request costs, in the limiter's units.
const REQUEST: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// What asking after a live part costs while it has not changed.
const POLL: NonZeroU32 = NonZeroU32::MIN;
/// What it costs in addition when there was something new.
const NEWS: NonZeroU32 = NonZeroU32::MIN.saturating_add(8);
/// When more clients than this are known, those that were quiet lately are forgotten.
const MANY: usize = 10_000;

/// Marks what a page asks while somebody types: it comes with every word, and costs little where the address is made for
/// it ([`while_typing`]).
const TYPING: HeaderName = HeaderName::from_static("x-typing");

/// On an answer: it was made for being asked while somebody types.
#[derive(Clone, Copy, Debug)]
struct MadeForTyping;

/// Marks the answers of an address that may be asked while somebody types: put it around the route.
pub async fn while_typing(mut response: Response) -> Response {
    response.extensions_mut().insert(MadeForTyping);
    response
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");

/// The shares of all clients; cheap to clone.
#[derive(Clone)]
pub struct RateLimits {
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    trusted: Arc<[IpNet]>,
}

impl RateLimits {
    /// `per_minute` requests for each client, which may come at once. `trusted` are the proxies whose
    /// word on a client's address is believed.
    pub fn new(per_minute: u32, trusted: &[IpNet]) -> Self {
        let units = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN).saturating_mul(REQUEST);
        Self { limiter: Arc::new(RateLimiter::keyed(Quota::per_minute(units))), trusted: trusted.into() }
    }

    /// Takes what the request costs from the client's share, or says how many seconds to wait.
    fn take(&self, client: IpAddr, cost: NonZeroU32) -> Result<(), u64> {
        // OK because a cost above the whole quota cannot be: the quota is at least one request.
        let Ok(taken) = self.limiter.check_key_n(&caller(client), cost) else { return Ok(()) };
        taken.map_err(|wait| wait.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    }
}

impl std::fmt::Debug for RateLimits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RateLimits({} clients)", self.limiter.len())
    }
}

/// Answers 429 to a client that takes more than its share. A router without a socket (in tests) has
/// no addresses and no limits.
pub async fn limit(State(limits): State<RateLimits>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let client = peer.map(|peer| client(peer, request.headers(), &limits.trusted));
    let is_poll = request.method() == Method::GET && request.headers().contains_key(PTAG);
    let is_typing = request.headers().contains_key(TYPING);
    let take = |cost| client.map_or(Ok(()), |client| limits.take(client, cost));
    if let Err(seconds) = take(if is_poll || is_typing { POLL } else { REQUEST }) {
        return Error::TooMany(seconds).into_response();
    }
    if limits.limiter.len() > MANY {
        limits.limiter.retain_recent();
    }
    let response = next.run(request).await;
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

/// Whether the call came from this machine itself, past any proxy.
pub fn is_local(request: &Request) -> bool {
    let passed_on = [FORWARDED_FOR, FORWARDED].iter().any(|name| request.headers().contains_key(name));
    comes_from_here(request) && !passed_on
}

/// Whether the caller is on this machine: a person, a program, or a proxy that passes others' calls on.
pub fn comes_from_here(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    peer.is_some_and(|peer| peer.to_canonical().is_loopback())
}

/// The address of the client: of the peer itself, or, where the peer is a trusted proxy, the last address
/// in its `X-Forwarded-For` that is none. What stands before that was written by strangers.
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
        assert_eq!(limits.take(one, REQUEST), Ok(()));
        for _ in 0..9 {
            assert_eq!(limits.take(one, POLL), Ok(()));
        }
        let wait = limits.take(one, REQUEST).unwrap_err();
        assert!((1..=60).contains(&wait), "{wait} s");
        assert_eq!(limits.take(other, REQUEST), Ok(()), "each client has a share");
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
