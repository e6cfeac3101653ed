//! The HTTP client for webhooks: sends POST requests to addresses that users entered.
//!
//! Without checks, anyone who can enter an address could make this program call services that only it can reach: cloud
//! metadata, a database console, RecomAMP itself. So each address is checked when it is dialed: a custom resolver
//! returns only allowed addresses, and literal addresses are checked after parsing, regardless of their spelling.
//! Redirects aren't followed, proxies from the environment aren't used, and connections aren't reused. Checking a name
//! before the call was rejected: it may resolve to a different address when it is dialed.

mod guard;

use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use ipnet::IpNet;
use reqwest::header::{HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, redirect, retry};
use url::{Host, Url};

pub use guard::Networks;
use guard::{Guarded, Inner};

/// Time limit for connecting.
const CONNECT: Duration = Duration::from_secs(5);
/// Time limit for the whole request.
const ANSWER: Duration = Duration::from_secs(15);
/// Maximum number of bytes read from a response.
const BYTES: usize = 4 << 10;

/// Looks up host names; tests replace it.
type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The client; cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    networks: Networks,
    lookup: Lookup,
    /// For `https`: public and allowed addresses. For `http`: only allowed addresses. Each client is built when it is
    /// first needed, because reading the system's certificates takes time.
    clients: Arc<[OnceLock<Option<Client>>; 2]>,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Outbound").field("networks", &self.networks).finish_non_exhaustive()
    }
}

/// A response with any status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// The delay in `Retry-After`, which contains seconds or a date.
    pub retry_after: Option<Duration>,
    /// The beginning of the response, as text.
    pub body: String,
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The address is in a private network that isn't allowed.
    #[error("The address is in a private network, so nothing was sent.")]
    Inner,
    /// Nothing listens at the address, or TLS failed.
    #[error("Couldn't connect: {0}.")]
    Connect(String),
    #[error("The receiver didn't respond within 15 seconds.")]
    Timeout,
    /// The connection ended early.
    #[error("The connection was interrupted: {0}.")]
    Interrupted(String),
    /// The client couldn't be built.
    #[error("RecomAMP can't make HTTPS calls: no CA certificates are installed.")]
    NoClient,
}

impl Outbound {
    /// A client that can also reach these private networks.
    pub fn new(allowed: &[IpNet]) -> Self {
        let lookup: Lookup = Arc::new(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        });
        Self::with_lookup(allowed, &lookup)
    }

    fn with_lookup(allowed: &[IpNet], lookup: &Lookup) -> Self {
        Self { networks: Networks::new(allowed), lookup: Arc::clone(lookup), clients: Arc::default() }
    }

    fn client(&self, is_plain: bool) -> Option<&Client> {
        let build = || {
            let networks = self.networks.clone();
            let guarded = Guarded { networks, only_allowed: is_plain, lookup: Arc::clone(&self.lookup) };
            client(guarded).inspect_err(|error| tracing::warn!(%error, "no client for webhooks could be built")).ok()
        };
        self.clients[usize::from(is_plain)].get_or_init(build).as_ref()
    }

    /// Sends one request, without retries.
    pub async fn post(
        &self,
        url: &Url,
        headers: &[(HeaderName, String)],
        body: String,
        now: DateTime<Utc>,
    ) -> Result<Answer, Failure> {
        let is_plain = url.scheme() == "http";
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::from(address)),
            _ => None,
        };
        if literal.is_some_and(|address| !self.networks.may_dial(address, is_plain)) {
            return Err(Failure::Inner);
        }
        let Some(client) = self.client(is_plain) else { return Err(Failure::NoClient) };
        let mut request = client.post(url.clone()).body(body);
        for (name, value) in headers {
            // OK to skip values that a header can't contain: ours are all valid.
            if let Ok(value) = HeaderValue::from_str(value) {
                request = request.header(name, value);
            }
        }
        let mut response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, now));
        let mut bytes = Vec::new();
        // OK to stop at a read error: callers only act on the status.
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = BYTES - bytes.len();
            bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if bytes.len() == BYTES {
                break;
            }
        }
        let body = String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}");
        Ok(Answer { status, retry_after, body })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the client of all that is sent to addresses that people typed")]
fn client(guarded: Guarded) -> reqwest::Result<Client> {
    // OK because this fails only if the process already has a provider, which then works too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let is_plain = guarded.only_allowed;
    let builder = Client::builder()
        .user_agent(concat!("RecomAMP/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .dns_resolver(Arc::new(guarded));
    // OK without certificates: plain HTTP doesn't check any, and this also works where none are installed.
    if is_plain { builder.tls_certs_only([]).build() } else { builder.build() }
}

fn failure(error: &reqwest::Error) -> Failure {
    let mut source = error.source();
    let mut last = error.to_string();
    while let Some(cause) = source {
        if cause.downcast_ref::<Inner>().is_some() {
            return Failure::Inner;
        }
        last = cause.to_string();
        source = cause.source();
    }
    // The owner entered these names and addresses. The first 200 characters are enough.
    let why: String = last.chars().filter(|letter| !letter.is_control()).take(200).collect();
    let why = why.trim_end_matches('.').to_owned();
    if error.is_timeout() {
        Failure::Timeout
    } else if error.is_connect() {
        Failure::Connect(why)
    } else {
        Failure::Interrupted(why)
    }
}

fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some((at.with_timezone(&Utc) - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A receiver that gives this response to every request.
    async fn receiver(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test's own server")]
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = [0; 4_096];
                let _ = stream.read(&mut bytes).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        address
    }

    fn answers(answers: Vec<&'static str>) -> (Lookup, Arc<AtomicUsize>) {
        let lookups = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&lookups);
        let lookup: Lookup = Arc::new(move |_| {
            let at = counted.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let address = answers[at].parse().unwrap();
            Box::pin(async move { Ok(vec![address]) })
        });
        (lookup, lookups)
    }

    async fn post(outbound: &Outbound, url: &str) -> Result<Answer, Failure> {
        outbound.post(&url.parse().unwrap(), &[], "{}".to_owned(), DateTime::UNIX_EPOCH).await
    }

    #[tokio::test]
    async fn literal_private_addresses_are_refused_in_every_spelling() {
        let outbound = Outbound::new(&[]);
        for host in [
            "127.0.0.1",
            "0x7f000001",
            "2130706433",
            "0177.0.0.1",
            "127.1",
            "169.254.169.254",
            "10.0.0.1",
            "100.64.0.1",
            "192.168.1.1",
            "0.0.0.0",
            "224.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fd00::1]",
            "[ff02::1]",
            "[::127.0.0.1]",
        ] {
            for scheme in ["http", "https"] {
                assert_eq!(
                    post(&outbound, &format!("{scheme}://{host}/")).await.unwrap_err(),
                    Failure::Inner,
                    "{host}"
                );
            }
        }
    }

    #[tokio::test]
    async fn a_name_is_checked_each_time_it_is_dialed() {
        let address = receiver("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        let url = format!("http://hook.example:{}/", address.port());
        // The allowed address is reached; the same name with another address isn't.
        let (lookup, lookups) = answers(vec!["127.0.0.1", "127.0.0.2", "10.0.0.1"]);
        let outbound = Outbound::with_lookup(&["127.0.0.1/32".parse().unwrap()], &lookup);
        assert_eq!(post(&outbound, &url).await.unwrap().status, 200);
        assert_eq!(post(&outbound, &url).await.unwrap_err(), Failure::Inner);
        assert_eq!(post(&outbound, &url.replace("http:", "https:")).await.unwrap_err(), Failure::Inner);
        assert_eq!(lookups.load(Ordering::SeqCst), 3);
        let (lookup, _) = answers(vec!["127.0.0.1"]);
        let outbound = Outbound::with_lookup(&[], &lookup);
        assert_eq!(post(&outbound, &url.replace("http:", "https:")).await.unwrap_err(), Failure::Inner);
        // Plain HTTP reaches only allowed addresses, even if they are public.
        let (lookup, _) = answers(vec!["93.184.215.14"]);
        assert_eq!(post(&Outbound::with_lookup(&[], &lookup), &url).await.unwrap_err(), Failure::Inner);
    }

    #[tokio::test]
    async fn redirects_are_not_followed_and_responses_are_bounded() {
        let allowed = ["127.0.0.0/8".parse().unwrap()];
        let to = receiver(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
        )
        .await;
        let answer = post(&Outbound::new(&allowed), &format!("http://{to}/")).await.unwrap();
        assert_eq!((answer.status, answer.retry_after), (302, Some(Duration::from_secs(7))));
        let nobody = post(&Outbound::new(&allowed), "http://127.0.0.1:1/").await.unwrap_err();
        assert!(matches!(nobody, Failure::Connect(_)), "{nobody}");
        let cut = receiver("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf").await;
        assert_eq!(post(&Outbound::new(&allowed), &format!("http://{cut}/")).await.unwrap().body, "half");
    }

    #[test]
    fn retry_after_is_parsed_in_both_forms() {
        let now = "2026-03-18T09:00:00Z".parse().unwrap();
        assert_eq!(retry_after("120", now), Some(Duration::from_mins(2)));
        assert_eq!(retry_after("Wed, 18 Mar 2026 09:01:00 GMT", now), Some(Duration::from_mins(1)));
        assert_eq!(retry_after("soon", now), None);
    }
}
