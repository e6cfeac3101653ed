//! Routes, each registered with who may use it.
//!
//! A room can't register a handler without saying [`Who`] may use it, so what all rooms registered is a complete table
//! ([`Table`]): the layer [`admit`] enforces what can be told without the thing in the address, the tests call each
//! line as everybody, and a page shows it. Roles on an instance depend on the thing, so the rooms check them; the tests
//! compare their answers with the table.
//!
//! Rejected: one table beside the routers, which differs from them after a while; and a layer on each route, which every
//! request would clone.

mod table;
mod who;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::map_response;
use axum::routing::{self, MethodRouter};

pub use table::{Line, Table, admit};
pub use who::Who;

use super::rate_limits::while_typing;

/// The handlers of a path, by method, each with who may use it.
#[derive(Debug)]
pub struct Methods<S = ()> {
    handlers: MethodRouter<S>,
    who: Vec<(Method, Who)>,
}

/// Handles `GET` (and `HEAD`).
pub fn get<H, T, S>(who: Who, handler: H) -> Methods<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    Methods { handlers: routing::get(handler), who: vec![(Method::GET, who)] }
}

/// Handles `POST`.
pub fn post<H, T, S>(who: Who, handler: H) -> Methods<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    Methods { handlers: routing::post(handler), who: vec![(Method::POST, who)] }
}

impl<S: Clone + Send + Sync + 'static> Methods<S> {
    /// Handles `POST`, too.
    #[must_use]
    pub fn post<H, T>(mut self, who: Who, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.who.push((Method::POST, who));
        Self { handlers: self.handlers.post(handler), ..self }
    }

    /// Marks handlers that are made for requests while somebody types, which count less in the rate limit.
    #[must_use]
    pub fn while_typing(self) -> Self {
        Self { handlers: self.handlers.layer(map_response(while_typing)), ..self }
    }
}

/// A router of which each handler has a line in the table.
#[derive(Debug)]
pub struct Routes<S = ()> {
    router: Router<S>,
    lines: Vec<Line>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub fn new() -> Self {
        Self { router: Router::new(), lines: Vec::new() }
    }

    /// Registers the handlers of a path, written as axum's routers take it (`/queries/{id}`).
    #[must_use]
    pub fn route(mut self, path: &'static str, methods: Methods<S>) -> Self {
        self.lines.extend(methods.who.into_iter().map(|(method, who)| Line::new(method, path, who)));
        Self { router: self.router.route(path, methods.handlers), lines: self.lines }
    }

    /// Adds all routes of another.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        self.lines.append(&mut other.lines);
        Self { router: self.router.merge(other.router), lines: self.lines }
    }

    /// Gives all handlers their state.
    pub fn with_state(self, state: S) -> Routes {
        Routes { router: self.router.with_state(state), lines: self.lines }
    }
}

impl Routes {
    /// A router that has a table of its own, such as the API's: `lines` must name each of its handlers.
    pub fn of_table(router: Router, lines: Vec<Line>) -> Self {
        Self { router, lines }
    }

    /// Changes the router, such as by a layer around these routes.
    #[must_use]
    pub fn layered(self, change: impl FnOnce(Router) -> Router) -> Self {
        Self { router: change(self.router), lines: self.lines }
    }

    /// What was registered, in the order of registration.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn into_router(self) -> Router {
        self.router
    }
}
