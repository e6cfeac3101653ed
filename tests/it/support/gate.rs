//! A proxy in front of the AMC emulator that counts the program's calls, can corrupt any response, and can kill the
//! program at a chosen moment of a chosen call.
//!
//! The program is tested from outside, by its calls: nothing in it knows of the proxy.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;
use futures::{StreamExt as _, stream};
use recomamp::clock::Clock;
use recomamp::emulator::{Emulator, Fault, Options};
use recomamp::ids::Random;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::{Plug, Server};

/// The kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    /// An execution is sent.
    Send,
    /// Asks for the status of executions, or whether one arrived.
    Ask,
    /// Asks for download links.
    Links,
    /// A result is fetched.
    Fetch,
    /// A token is requested.
    Token,
    /// Any other.
    Other,
}

/// Changes a response before the program gets it.
pub(crate) type Meddle = Arc<dyn Fn(Call, Response<Bytes>) -> Response<Bytes> + Send + Sync>;

/// When to kill the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The call came, and doesn't arrive at AMC.
    Before,
    /// AMC has executed it, and the response is lost.
    Unanswered,
    /// Half of the response has been sent.
    Halfway,
    /// The whole response was sent this long ago.
    Answered(Duration),
}

/// At which call to kill the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trap {
    pub(crate) call: Call,
    pub(crate) moment: Moment,
    /// How many such calls pass first.
    pub(crate) after: u32,
}

/// The proxy, on its own threads.
pub(crate) struct Gate {
    /// The AMC emulator behind it.
    pub(crate) amazon: Emulator,
    base: String,
    post: Arc<Post>,
    _folder: TempDir,
    _server: Server,
}

/// The proxy's state.
#[derive(Default)]
struct Post {
    armed: Mutex<Option<(Trap, Plug)>>,
    meddle: Mutex<Option<Meddle>>,
    calls: Mutex<BTreeMap<Call, usize>>,
    /// The headers of the first call to the list of instances, with the program's credentials.
    known_by: Mutex<Option<HeaderMap>>,
}

#[derive(Clone)]
struct Way {
    services: Router,
    post: Arc<Post>,
}

impl Gate {
    /// A proxy in front of a new AMC emulator, which works as fast as possible.
    pub(crate) fn open() -> Self {
        Self::open_with(Vec::new())
    }

    /// The same, with these faults in the AMC emulator.
    pub(crate) fn open_with(faults: Vec<Fault>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener for tokio");
        let address: SocketAddr = listener.local_addr().expect("a port has an address");
        let base = format!("http://{address}");
        let options = Options {
            base: base.parse().expect("an address"),
            folder: folder.path().to_owned(),
            scale: 0.02,
            speed: 0.0,
            faults,
            ..Options::default()
        };
        let amazon = Emulator::open(options, Clock::system(), Random::system()).expect("the AMC emulator opens");
        let post = Arc::<Post>::default();
        let way = Way { services: amazon.service_router(), post: post.clone() };
        let server = Server::start(listener, Router::new().fallback(pass).with_state(way));
        Self { amazon, base, post, _folder: folder, _server: server }
    }

    /// Its base URL, without a trailing slash.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Kills this process at the trap's moment, once.
    pub(crate) fn arm(&self, trap: Trap, plug: Plug) {
        *self.post.armed.lock().expect(NO_PANIC) = Some((trap, plug));
    }

    /// Disarms the trap.
    pub(crate) fn disarm(&self) {
        self.post.armed.lock().expect(NO_PANIC).take();
    }

    /// Changes every response from now on.
    pub(crate) fn meddle(&self, meddle: impl Fn(Call, Response<Bytes>) -> Response<Bytes> + Send + Sync + 'static) {
        *self.post.meddle.lock().expect(NO_PANIC) = Some(Arc::new(meddle));
    }

    /// Stops changing responses.
    pub(crate) fn leave_alone(&self) {
        self.post.meddle.lock().expect(NO_PANIC).take();
    }

    /// Creates instances in the AMC emulator, in the account whose list the program read first.
    pub(crate) async fn make_instances(&self, names: impl Iterator<Item = String>) {
        let known_by = self.post.known_by.lock().expect(NO_PANIC).clone().expect("a program that read its instances");
        for name in names {
            let body = serde_json::json!({ "instanceName": name, "advertiserName": name });
            let mut request = Request::post("/amc/instances").body(Body::from(body.to_string())).expect("a request");
            request.headers_mut().extend(known_by.clone());
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let made = answer(self.amazon.service_router(), request).await;
            assert!(made.status().is_success(), "{:?}", to_bytes(made.into_body(), usize::MAX).await);
        }
    }

    /// The number of such calls so far.
    pub(crate) fn calls(&self, call: Call) -> usize {
        self.post.calls.lock().expect(NO_PANIC).get(&call).copied().unwrap_or_default()
    }
}

const NO_PANIC: &str = "nothing panics at the gate";

async fn pass(State(way): State<Way>, request: Request) -> Response {
    let call = call_of(&request);
    *way.post.calls.lock().expect(NO_PANIC).entry(call).or_default() += 1;
    if request.uri().path() == "/amc/instances" {
        // The first requested account is an AMC account; only those accept new instances.
        way.post.known_by.lock().expect(NO_PANIC).get_or_insert_with(|| request.headers().clone());
    }
    let trapped = step_on(&way.post, call);
    if let Some((Moment::Before, plug)) = &trapped {
        return pulled(plug).await;
    }
    let (mut head, body) = answer(way.services, request).await.into_parts();
    // OK because the server computes it again for the final body.
    head.headers.remove(CONTENT_LENGTH);
    let body = to_bytes(body, usize::MAX).await.expect("an answer of the AMC emulator");
    let Some((moment, plug)) = trapped else {
        let meddle = way.post.meddle.lock().expect(NO_PANIC).clone();
        let answer = Response::from_parts(head, body);
        return meddle.map_or(answer.clone(), |meddle| meddle(call, answer)).map(Body::from);
    };
    match moment {
        Moment::Halfway => Response::from_parts(head, cut(&body, plug)),
        Moment::Answered(since) => {
            let ended = tokio::runtime::Handle::current().spawn(async move {
                let _ = tokio::time::timeout(since, std::future::pending::<()>()).await;
                plug.pull();
            });
            drop(ended);
            Response::from_parts(head, Body::from(body))
        }
        Moment::Before | Moment::Unanswered => pulled(&plug).await,
    }
}

async fn answer(services: Router, request: Request) -> Response {
    services.oneshot(request).await.unwrap_or_else(|never| match never {})
}

async fn pulled(plug: &Plug) -> Response {
    plug.pull();
    std::future::pending().await
}

/// The first half, and then the end of the program.
fn cut(body: &Bytes, plug: Plug) -> Body {
    let half = body.slice(..body.len() / 2);
    let first = stream::once(async move { Ok::<_, std::convert::Infallible>(half) });
    let end = stream::once(async move {
        plug.pull();
        std::future::pending().await
    });
    Body::from_stream(first.chain(end))
}

fn call_of(request: &Request) -> Call {
    let path = request.uri().path();
    if path.contains("/amc-output/") {
        Call::Fetch
    } else if path.ends_with("/downloadUrls") {
        Call::Links
    } else if path.contains("/workflowExecutions") {
        if request.method() == Method::POST { Call::Send } else { Call::Ask }
    } else if path.ends_with("/auth/o2/token") {
        Call::Token
    } else {
        Call::Other
    }
}

fn step_on(post: &Post, call: Call) -> Option<(Moment, Plug)> {
    let mut armed = post.armed.lock().expect(NO_PANIC);
    let (trap, _) = armed.as_mut().filter(|(trap, _)| trap.call == call)?;
    if trap.after > 0 {
        trap.after -= 1;
        return None;
    }
    armed.take().map(|(trap, plug)| (trap.moment, plug))
}
