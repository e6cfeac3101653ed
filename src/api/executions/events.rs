//! The state of an execution as server-sent events, until it ends.
//!
//! The stream reads the state as often as polling would, from memory while nothing changes, and sends it when it has
//! changed. Access and token are checked each time: a stream ends when they do.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use futures::stream;

use super::own;
use super::shape::ExecutionStatus;
use crate::api::Api;
use crate::api::endpoint::{Endpoint, Endpoints, Reply};
use crate::api::reply::Result;
use crate::executions;
use crate::ids::ExecutionId;
use crate::instances::Role;
use crate::tokens::{Area, Level};
use crate::web::Person;

/// How often the state is read.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often it is read in one stream; a client that wants more connects again.
const MOST: u32 = 600;

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let events = Endpoint::get("/api/executions/{id}/events", "followExecution", "Follow an execution")
        .about(
            "Server-sent events. Each event `state` has the execution's state as JSON, as its address `status` answers \
             it; the first one comes at once, and the stream ends after a final one, or after ten minutes.",
        )
        .scope(Area::Executions, Level::Read)
        .role(Role::Viewer)
        .reply(Reply {
            status: 200,
            about: "The events.",
            contents: vec![("text/event-stream", None)],
            headers: Vec::new(),
        });
    routes.add(events, follow)
}

async fn follow(State(api): State<Api>, person: Person, Path(id): Path<String>) -> Result<Response> {
    let id = own(&id)?;
    // Checked before the stream begins, so that its absence is a problem and not an empty stream.
    let first = read(&api, &person, &id).await?;
    let following = Following { api, person, id, next: first, last: String::new(), left: MOST };
    let events = Sse::new(states(following)).keep_alive(KeepAlive::default());
    Ok(([(CACHE_CONTROL, "no-cache"), (NO_BUFFER, "no")], events).into_response())
}

/// Tells a proxy not to collect the events.
const NO_BUFFER: axum::http::HeaderName = axum::http::HeaderName::from_static("x-accel-buffering");

/// A stream that goes on.
struct Following {
    api: Api,
    person: Person,
    id: ExecutionId,
    /// The next state to send; `None` after a final one, or without access.
    next: Option<ExecutionStatus>,
    last: String,
    left: u32,
}

fn states(following: Following) -> impl Stream<Item = std::result::Result<Event, Infallible>> {
    stream::unfold(following, |mut following| async move {
        loop {
            let status = following.next.take()?;
            // OK because a state can be JSON.
            let text = serde_json::to_string(&status).unwrap_or_default();
            let is_news = text != following.last;
            following.last.clone_from(&text);
            following.left = following.left.checked_sub(1)?;
            if status.is_final && !is_news {
                return None;
            }
            if !status.is_final {
                if !is_news {
                    tokio::time::sleep(INTERVAL).await;
                }
                // OK to end if the state can't be read: the client reconnects, and the answer to that is the error.
                following.next = read(&following.api, &following.person, &following.id).await.ok().flatten();
            }
            if is_news {
                return Some((Ok(Event::default().event("state").data(text)), following));
            }
        }
    })
}

/// The state, while the caller has access to it.
async fn read(api: &Api, person: &Person, id: &ExecutionId) -> Result<Option<ExecutionStatus>> {
    if let Some(token) = &person.token
        && !api.bearer.still_works(token).await?
    {
        return Ok(None);
    }
    let mut tx = api.site.db.read(&person.scope()).await?;
    let execution = executions::find(&mut tx, &person.id, id).await?;
    Ok(Some(ExecutionStatus::from(&execution)))
}
