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
use axum::http::{Method, Uri};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{self, MethodRouter};

pub use table::{Line, Table, admit};
pub use who::Who;

use super::Error;
use super::rate_limits::while_typing;

/// The handlers of a path, by method, each with who may use it.
#[derive(Debug)]
pub struct Methods<S = ()> {
    handlers: MethodRouter<S>,
    rows: Vec<MethodRow>,
}

/// A method, who may use it, and what it does.
#[derive(Debug)]
struct MethodRow {
    method: Method,
    who: Who,
    what: &'static str,
}

impl MethodRow {
    const fn new(method: Method, who: Who) -> Self {
        Self { method, who, what: "" }
    }
}

/// What no route matches: nothing. An address with a slash at its end leads to the one without, as people type it.
pub fn unmatched(method: &Method, address: &Uri) -> Response {
    let path = address.path();
    let plain = path.trim_end_matches('/');
    // OK because a single slash at the beginning leads to no other host.
    let is_here = plain.starts_with('/') && !plain.starts_with("//") && !plain.contains('\\');
    if plain.len() == path.len() || !is_here || !matches!(*method, Method::GET | Method::HEAD) {
        return Error::Missing.into_response();
    }
    let query = address.query().map(|query| format!("?{query}")).unwrap_or_default();
    Redirect::permanent(&format!("{plain}{query}")).into_response()
}

/// Handles `GET` (and `HEAD`).
pub fn get<H, T, S>(who: Who, handler: H) -> Methods<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    Methods { handlers: routing::get(handler), rows: vec![MethodRow::new(Method::GET, who)] }
}

/// Handles `POST`.
pub fn post<H, T, S>(who: Who, handler: H) -> Methods<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    Methods { handlers: routing::post(handler), rows: vec![MethodRow::new(Method::POST, who)] }
}

impl<S: Clone + Send + Sync + 'static> Methods<S> {
    /// Handles `POST`, too.
    #[must_use]
    pub fn post<H, T>(mut self, who: Who, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.rows.push(MethodRow::new(Method::POST, who));
        Self { handlers: self.handlers.post(handler), ..self }
    }

    /// Says what the handlers do that nothing is said about yet (`Cancel an execution`), for the page of who may do what.
    /// It isn't needed for an entry of the menu, which has a name, and for an export of a list.
    #[must_use]
    pub fn about(mut self, what: &'static str) -> Self {
        for row in self.rows.iter_mut().filter(|row| row.what.is_empty()) {
            row.what = what;
        }
        self
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
        let line = |row: MethodRow| Line { what: row.what, ..Line::new(row.method, path, row.who) };
        self.lines.extend(methods.rows.into_iter().map(line));
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
