//! Serves HTTP on a listener, and limits what a client that sends nothing can hold open.
//!
//! A connection costs a file descriptor, and those are limited. So a connection that doesn't send a complete request
//! head within [`HEAD`] is closed, as are idle ones; the total is the process's file limit minus [`SPARE`]; one
//! address gets at most one [`EACH`]th of it. Beyond that, clients wait in the system's backlog until a connection
//! closes. Rejected: `axum::serve`, which has no such limits.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// How long a connection may take to send a request's head, counted from the previous response or from its start.
const HEAD: Duration = Duration::from_secs(30);
/// One address (with IPv6, one /64 network) may have one of this many parts of all connections; more are closed at
/// once.
const EACH: usize = 2;
/// File descriptors reserved for everything but connections: the database, results, calls to Amazon.
const SPARE: usize = 160;
/// The total number of connections if the system doesn't report its file limit.
const UNTOLD: usize = 800;
/// How long to wait after the system has refused a connection.
const REFUSED: Duration = Duration::from_millis(200);

/// Limits on connections that protect against clients that send slowly or open many.
#[derive(Clone, Debug)]
pub struct Bounds {
    all: usize,
    each: usize,
    head: Duration,
    /// Addresses that serve many clients, such as a reverse proxy.
    exempt: Arc<[IpNet]>,
}

impl Bounds {
    /// Limits from the process's file limit; `exempt` addresses may use all of it.
    pub fn of_system(exempt: &[IpNet]) -> Self {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let all = open_files(&limits).map_or(UNTOLD, |files| files.saturating_sub(SPARE).max(files / 2));
        Self { all, each: all / EACH, head: HEAD, exempt: exempt.into() }
    }
}

/// The process's limit of open files, as reported by Linux.
fn open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Open connections by address.
#[derive(Debug, Default)]
struct Open(Mutex<HashMap<IpAddr, usize>>);

/// One open connection of an address, released on drop.
struct Place(Arc<Open>, IpAddr);

impl Open {
    fn enter(self: &Arc<Self>, from: IpAddr, most: usize) -> Option<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(from).or_default();
        (*count < most).then(|| {
            *count += 1;
            Place(Arc::clone(self), from)
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.1);
            }
        }
    }
}

/// What counts as one client: an address, or with IPv6 its /64 network, which a client usually controls as a whole.
pub fn caller(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

/// Serves until `stop`, then finishes requests in progress. Handlers get the client's address as [`ConnectInfo`].
pub async fn serve(listener: TcpListener, router: Router, bounds: Bounds, stop: CancellationToken) {
    let (open, tasks) = (Arc::<Open>::default(), TaskTracker::new());
    let free = Arc::new(Semaphore::new(bounds.all));
    loop {
        let next = async {
            let place = Arc::clone(&free).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (all, accepted) = tokio::select! {
            () = stop.cancelled() => break,
            next = next => next,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(REFUSED).await;
                continue;
            }
        };
        let is_exempt = bounds.exempt.iter().any(|net| net.contains(&from.ip().to_canonical()));
        let most = if is_exempt { usize::MAX } else { bounds.each };
        let Some(place) = open.enter(caller(from.ip()), most) else {
            tracing::debug!(%from, "closed: its address has enough connections");
            continue;
        };
        let (router, stop, head) = (router.clone(), stop.clone(), bounds.head);
        tasks.spawn(async move {
            connection(stream, from, router, head, stop).await;
            drop((place, all));
        });
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

async fn connection(stream: TcpStream, from: SocketAddr, router: Router, head: Duration, stop: CancellationToken) {
    // OK to ignore: without it, responses are only a little later.
    let _ = stream.set_nodelay(true);
    let service = tower::service_fn(move |request: Request<Incoming>| answer(router.clone(), from, request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // The client went away, was too slow, or didn't send HTTP: not our error.
        tracing::debug!(%from, %error, "a connection ended early");
    }
}

/// Handles one request. If the response comes before the whole body was read, the connection can't be reused, and the
/// response says so: otherwise the client's next request on it may fail when it closes.
async fn answer(router: Router, from: SocketAddr, request: Request<Incoming>) -> Result<Response, Infallible> {
    let unread = (!request.body().is_end_stream()).then(|| Arc::new(AtomicBool::new(true)));
    let mut request = request.map(|body| match &unread {
        Some(unread) => Body::new(Watched { body, unread: Arc::clone(unread) }),
        None => Body::new(body),
    });
    request.extensions_mut().insert(ConnectInfo(from));
    let mut response = router.oneshot(request).await?;
    if unread.is_some_and(|unread| unread.load(Ordering::Relaxed)) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// A body that records when it has been read completely.
struct Watched {
    body: Incoming,
    unread: Arc<AtomicBool>,
}

impl hyper::body::Body for Watched {
    type Data = bytes::Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.unread.store(false, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn a_caller_is_an_address_or_a_network_of_64_bits() {
        let of = |text: &str| caller(text.parse().unwrap()).to_string();
        assert_eq!((of("192.0.2.7"), of("::ffff:192.0.2.7")), ("192.0.2.7".to_owned(), "192.0.2.7".to_owned()));
        assert_eq!(of("2001:db8:1:2:aaaa:bbbb:cccc:dddd"), "2001:db8:1:2::");
    }

    #[test]
    fn the_system_says_how_many_files_may_be_open() {
        let limits = "Limit   Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n";
        assert_eq!(open_files(limits), Some(1024));
        assert_eq!(open_files("Max open files unlimited unlimited files"), None);
    }

    #[test]
    fn an_address_has_its_places_and_gives_them_back() {
        let (open, one, other) = (Arc::<Open>::default(), [10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let first = open.enter(one, 2);
        let second = open.enter(one, 2);
        assert!(first.is_some() && second.is_some());
        assert!(open.enter(one, 2).is_none() && open.enter(other, 2).is_some());
        drop(first);
        assert!(open.enter(one, 2).is_some());
        drop(second);
        assert!(open.0.lock().unwrap().is_empty());
    }

    async fn asked(stream: &mut TcpStream) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 4_096];
        let read = stream.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }

    #[tokio::test]
    async fn callers_who_hold_on_are_bounded_and_those_in_hand_are_finished() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/", axum::routing::get(|from: ConnectInfo<SocketAddr>| async move { from.ip().to_string() }));
        let (stop, bounds) = (CancellationToken::new(), Bounds { all: 10, each: 2, head: HEAD, exempt: [].into() });
        let served = serve(listener, router, bounds, stop.clone());
        let calls = async {
            let (mut one, mut two) =
                (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
            assert!(asked(&mut one).await.ends_with("127.0.0.1") && asked(&mut two).await.starts_with("HTTP/1.1 200"));
            let mut three = TcpStream::connect(address).await.unwrap();
            assert_eq!(three.read(&mut [0; 8]).await.unwrap_or(0), 0, "one too many is closed");
            drop(one);
            // The slot is released once the server has seen the end.
            let mut four = String::new();
            while !four.starts_with("HTTP/1.1 200") {
                four = match TcpStream::connect(address).await {
                    Ok(mut stream) => try_asked(&mut stream).await,
                    Err(_) => String::new(),
                };
            }
            stop.cancel();
            assert_eq!(two.read(&mut [0; 8]).await.unwrap_or(0), 0, "an idle one is closed in order");
        };
        tokio::join!(served, calls);
    }

    #[tokio::test]
    async fn an_answer_before_the_whole_body_says_that_the_connection_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/refuse", axum::routing::post(|| async { "no" }))
            .route("/read", axum::routing::post(|body: String| async move { body }));
        let (stop, bounds) = (CancellationToken::new(), Bounds { all: 10, each: 10, head: HEAD, exempt: [].into() });
        let served = serve(listener, router, bounds, stop.clone());
        let calls = async {
            for (path, body, closes) in [("/refuse", "half", true), ("/read", "a whole body", false)] {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 12\r\n\r\n{body}");
                stream.write_all(head.as_bytes()).await.unwrap();
                let mut answer = vec![0; 4_096];
                let read = stream.read(&mut answer).await.unwrap();
                let answer = String::from_utf8_lossy(&answer[..read]).to_lowercase();
                assert!(answer.starts_with("http/1.1 200"), "{answer}");
                assert_eq!(answer.contains("connection: close"), closes, "{path}: {answer}");
            }
            stop.cancel();
        };
        tokio::join!(served, calls);
    }

    #[tokio::test]
    async fn half_a_head_is_waited_for_no_longer_than_it_may_take() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let head = Duration::from_millis(50);
        let (stop, bounds) = (CancellationToken::new(), Bounds { all: 10, each: 10, head, exempt: [].into() });
        let served = serve(listener, Router::new(), bounds, stop.clone());
        let call = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
            let mut answer = Vec::new();
            // OK to fail: it may be closed hard.
            let _ = stream.read_to_end(&mut answer).await;
            assert!(!answer.starts_with(b"HTTP/1.1 200"), "it came to an end, and not by an answer");
            stop.cancel();
        };
        tokio::join!(served, call);
    }

    async fn try_asked(stream: &mut TcpStream) -> String {
        let mut answer = vec![0; 4_096];
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let read = stream.read(&mut answer).await.unwrap_or(0);
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }
}
