//! The pretend AMC behind a gate that can end the program at a chosen moment of a chosen call.
//!
//! The program is killed from outside, by what it asks for: nothing in it knows that it is tried.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use futures::{StreamExt as _, stream};
use recomamp::clock::Clock;
use recomamp::emulator::{Emulator, Options};
use recomamp::ids::Random;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::support::{Plug, Server};

/// A call of the program that is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// An execution is sent.
    Send,
    /// It is asked how executions go, or whether one arrived.
    Ask,
    /// It is asked where a result lies.
    Links,
    /// A result is fetched.
    Fetch,
}

/// When the plug is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The call came, and does not arrive at AMC.
    Before,
    /// AMC has done it, and the answer is lost.
    Unanswered,
    /// Half of the answer has been sent.
    Halfway,
    /// The whole answer has been sent, so long ago.
    Answered(Duration),
}

/// At which call the plug is pulled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trap {
    pub(super) call: Call,
    pub(super) moment: Moment,
    /// So many such calls pass first.
    pub(super) after: u32,
}

/// The gate, on threads of its own.
pub(super) struct Gate {
    /// The pretend AMC behind it.
    pub(super) amazon: Emulator,
    base: String,
    armed: Armed,
    _folder: TempDir,
    _server: Server,
}

type Armed = Arc<Mutex<Option<(Trap, Plug)>>>;

#[derive(Clone)]
struct Way {
    services: Router,
    armed: Armed,
}

impl Gate {
    /// A gate before a new pretend AMC, which works as fast as it can.
    pub(super) fn open() -> Self {
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
            ..Options::default()
        };
        let amazon = Emulator::open(options, Clock::system(), Random::system()).expect("the pretend AMC opens");
        let armed = Armed::default();
        let way = Way { services: amazon.service_router(), armed: armed.clone() };
        let server = Server::start(listener, Router::new().fallback(pass).with_state(way));
        Self { amazon, base, armed, _folder: folder, _server: server }
    }

    /// Where it is, without a slash at the end.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Pulls this plug at the trap's moment, once.
    pub(super) fn arm(&self, trap: Trap, plug: Plug) {
        *self.armed.lock().expect("nothing panics while it holds the trap") = Some((trap, plug));
    }

    /// Pulls no plug any more; says whether it still would have.
    pub(super) fn disarm(&self) -> bool {
        self.armed.lock().expect("nothing panics while it holds the trap").take().is_some()
    }
}

async fn pass(State(way): State<Way>, request: Request) -> Response {
    let Some((moment, plug)) = call_of(&request).and_then(|call| step_on(&way.armed, call)) else {
        return answer(way.services, request).await;
    };
    if moment == Moment::Before {
        return pulled(&plug).await;
    }
    let (head, body) = answer(way.services, request).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("an answer of the pretend AMC");
    match moment {
        Moment::Halfway => Response::from_parts(head, cut(body, plug)),
        Moment::Answered(since) => {
            let ended = tokio::task::spawn(async move {
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
fn cut(body: Bytes, plug: Plug) -> Body {
    let half = body.slice(..body.len() / 2);
    let first = stream::once(async move { Ok::<_, std::convert::Infallible>(half) });
    let end = stream::once(async move {
        plug.pull();
        std::future::pending().await
    });
    Body::from_stream(first.chain(end))
}

fn call_of(request: &Request) -> Option<Call> {
    let path = request.uri().path();
    if path.contains("/amc-output/") {
        Some(Call::Fetch)
    } else if path.ends_with("/downloadUrls") {
        Some(Call::Links)
    } else if path.contains("/workflowExecutions") {
        Some(if request.method() == Method::POST { Call::Send } else { Call::Ask })
    } else {
        None
    }
}

fn step_on(armed: &Armed, call: Call) -> Option<(Moment, Plug)> {
    let mut armed = armed.lock().expect("nothing panics while it holds the trap");
    let (trap, _) = armed.as_mut().filter(|(trap, _)| trap.call == call)?;
    if trap.after > 0 {
        trap.after -= 1;
        return None;
    }
    armed.take().map(|(trap, plug)| (trap.moment, plug))
}
