//! The table of endpoints: each is registered, guarded, documented and tested by one row.
//!
//! A row says the scope that a token needs and the role that the caller needs on the instance. The scope is checked
//! here, before the handler; the role by the rooms, like for pages. The document and the page of the API show both, and
//! a test calls each row as each role. A route can't be registered without a row.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use serde_json::{Value, json};

use super::schema::{Components, Described};
use super::{Api, idempotency};
use crate::instances::Role;
use crate::tokens::{Access, Area, Level};
use crate::web::routes::{Line, Who};
use crate::web::{self, Problem};

type Schema = fn(&mut Components) -> Value;

/// A parameter of a query string or a header.
#[derive(Clone, Debug)]
pub(super) struct Param {
    pub(super) place: &'static str,
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) schema: Value,
}

/// An answer without a problem.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) about: &'static str,
    /// The media types, each with its schema if it is JSON.
    pub(super) contents: Vec<(&'static str, Option<Schema>)>,
    /// The headers, each with a description.
    pub(super) headers: Vec<(&'static str, &'static str)>,
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// The name in generated clients.
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) about: &'static str,
    /// The scope; `None` for what every token may do.
    pub(super) scope: Option<(Area, Level)>,
    /// The role on the instance; `None` if none is needed.
    pub(super) role: Option<Role>,
    pub(super) params: Vec<Param>,
    pub(super) body: Option<Schema>,
    pub(super) replies: Vec<Reply>,
}

impl Endpoint {
    fn new(method: Method, path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            name,
            summary,
            about: "",
            scope: None,
            role: None,
            params: Vec::new(),
            body: None,
            replies: Vec::new(),
        }
    }

    pub(super) fn get(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::GET, path, name, summary)
    }

    /// Any `POST` takes an idempotency key.
    pub(super) fn post(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        let about = "A key of 1 to 200 characters that you choose. Repeating the request with the same key gives the \
                     first one's answer instead of doing it twice. Keys are kept for a day.";
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 200 });
        Self::new(Method::POST, path, name, summary).param("header", "Idempotency-Key", about, schema)
    }

    pub(super) fn put(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PUT, path, name, summary).guarded()
    }

    pub(super) fn delete(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::DELETE, path, name, summary).guarded()
    }

    fn guarded(self) -> Self {
        let about = "The ETag of what you read. If it has changed since, nothing is done and the answer is 412.";
        self.param("header", "If-Match", about, json!({ "type": "string" }))
    }

    #[must_use]
    pub(super) fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    #[must_use]
    pub(super) fn scope(mut self, area: Area, level: Level) -> Self {
        self.scope = Some((area, level));
        self
    }

    #[must_use]
    pub(super) fn role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    #[must_use]
    pub(super) fn param(mut self, place: &'static str, name: &'static str, about: &'static str, schema: Value) -> Self {
        self.params.push(Param { place, name, about, schema });
        self
    }

    /// A text in the query string.
    #[must_use]
    pub(super) fn query(self, name: &'static str, about: &'static str) -> Self {
        self.param("query", name, about, json!({ "type": "string" }))
    }

    /// The parameters of a list.
    #[must_use]
    pub(super) fn pages(self) -> Self {
        let most = super::paging::MOST;
        self.param(
            "query",
            "limit",
            "How many items to return.",
            json!({ "type": "integer", "minimum": 1, "maximum": most }),
        )
        .param("query", "cursor", "`next_cursor` of the page before.", json!({ "type": "string" }))
    }

    #[must_use]
    pub(super) fn takes<T: Described>(mut self) -> Self {
        self.body = Some(T::schema);
        self
    }

    #[must_use]
    pub(super) fn reply(mut self, reply: Reply) -> Self {
        self.replies.push(reply);
        self
    }

    /// Answers with JSON.
    #[must_use]
    pub(super) fn returns<T: Described>(self, status: u16, about: &'static str) -> Self {
        let mut headers = Vec::new();
        if status == 201 || status == 202 {
            headers.push(("Location", "The address of what was created."));
        }
        if self.method != Method::POST {
            headers.push(("ETag", "Changes when the answer does; for If-None-Match and If-Match."));
        }
        self.reply(Reply { status, about, contents: vec![("application/json", Some(T::schema as Schema))], headers })
    }

    /// Answers without a body.
    #[must_use]
    pub(super) fn returns_nothing(self, about: &'static str) -> Self {
        self.reply(Reply { status: 204, about, contents: Vec::new(), headers: Vec::new() })
    }

    /// Its line in the table of who may do what.
    pub(super) fn line(&self) -> Line {
        let who = match self.role {
            None => Who::Token,
            Some(Role::Viewer) => Who::Viewer,
            Some(Role::Analyst) => Who::Analyst,
            Some(Role::Manager) => Who::Manager,
        };
        Line { what: self.summary, scope: Some(self.scope_name()), ..Line::new(self.method.clone(), self.path, who) }
    }

    /// The names of the parameters of its query string.
    fn query_names(&self) -> Vec<&'static str> {
        self.params.iter().filter(|param| param.place == "query").map(|param| param.name).collect()
    }

    /// The scope by its name; empty for none.
    pub(super) fn scope_name(&self) -> String {
        self.scope.map(|(area, level)| format!("{}:{}", area.name(), level.name())).unwrap_or_default()
    }
}

/// The table with its handlers.
pub(super) struct Endpoints {
    api: Api,
    router: Router<Api>,
    endpoints: Vec<Endpoint>,
}

impl Endpoints {
    pub(super) fn new(api: &Api) -> Self {
        Self { api: api.clone(), router: Router::new(), endpoints: Vec::new() }
    }

    /// Registers a row with its handler.
    #[must_use]
    pub(super) fn add<H, T>(mut self, endpoint: Endpoint, handler: H) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        // OK because the table has methods that axum knows.
        let filter = MethodFilter::try_from(endpoint.method.clone()).unwrap_or(MethodFilter::GET);
        let mut methods = on(filter, handler);
        if endpoint.method == Method::POST {
            methods = methods.route_layer(from_fn_with_state(self.api.clone(), idempotency::once));
        }
        let names: Arc<[&'static str]> = endpoint.query_names().into();
        methods = methods.route_layer(from_fn_with_state(names, known));
        methods = methods.route_layer(from_fn_with_state(endpoint.scope, allowed));
        self.router = self.router.route(endpoint.path, methods);
        self.endpoints.push(endpoint);
        self
    }

    pub(super) fn parts(self) -> (Router<Api>, Vec<Endpoint>) {
        (self.router, self.endpoints)
    }
}

/// Refuses a request with a parameter that the row doesn't have: a mistyped filter would find everything.
async fn known(State(names): State<Arc<[&'static str]>>, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let mut sent = url::form_urlencoded::parse(query.as_bytes());
    let unknown = sent.find(|(name, _)| !names.contains(&&**name));
    let unknown: Option<String> = unknown.map(|(name, _)| name.chars().take(50).collect());
    let Some(name) = unknown else { return next.run(request).await };
    let detail = match &*names {
        [] => format!("This address has no parameter “{name}”: it has none."),
        names => format!("This address has no parameter “{name}”. It has {}.", names.join(", ")),
    };
    web::Error::Invalid(detail).into_response()
}

/// Refuses what the caller's token doesn't allow.
async fn allowed(State(scope): State<Option<(Area, Level)>>, request: Request, next: Next) -> Response {
    let Some(access) = request.extensions().get::<Access>() else {
        // OK to be unreachable: everything below `/api/` is authenticated first.
        return web::Error::Internal(anyhow::anyhow!("a request of the API without a caller")).into_response();
    };
    let Some((area, level)) = scope else { return next.run(request).await };
    if access.allows(area, level) {
        return next.run(request).await;
    }
    let needed = format!("{}:{}", area.name(), level.name());
    let detail = format!("This needs a token with the scope {needed}. Create one under API tokens.");
    let challenge = format!("Bearer realm=\"RecomAMP\", error=\"insufficient_scope\", scope=\"{needed}\"");
    let problem = Problem::new(StatusCode::FORBIDDEN, "insufficient-scope", detail).with("scope", json!(needed));
    let mut response = problem.into_response();
    response.headers_mut().extend(HeaderValue::from_str(&challenge).ok().map(|value| (WWW_AUTHENTICATE, value)));
    response
}
