//! Assistants: the tools of the API as a Model Context Protocol server at `/mcp`.
//!
//! A tool is one or two requests of the JSON API, made here with the caller's token, and an answer cut down to what an
//! assistant needs: tokens, roles, limits and the audit log are those of the API, and no rule exists twice. There are no
//! sessions: each request is complete, so that any process can answer it and a restart loses nothing. Only this file
//! knows the protocol's library.

mod answers;
mod call;
mod handlers;
mod run;
mod tools;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::post_service;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool as Listed, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;
use url::Url;

use crate::tokens::{Access, Area, CHALLENGE, Level, unauthorized};
use crate::web::routes::{Line, Routes, Who};
use crate::web::{self, Site};
use call::Caller;
use tools::{Effect, Tool, Tools};

/// What an assistant is told first.
const INSTRUCTIONS: &str = "Write and run Amazon Marketing Cloud (AMC) SQL. Find columns first, then write, check_sql \
until it has no errors, and try_sql to see the shape of the result on invented data. A run on AMC takes minutes and \
needs a saved query and the person's agreement. AMC aggregates: results have no single users, and rows below a privacy \
threshold are missing.";

/// The tools, and the API that they call.
#[derive(Clone)]
struct Assistant {
    tools: Arc<Tools>,
    api: Router,
}

/// The route, without authentication. `api` has the handlers of the JSON API.
pub(super) fn routes(site: &Site, api: Router) -> Routes {
    let api = api.layer(from_fn_with_state(Arc::clone(&site.config), web::problems));
    let assistant = Assistant { tools: Arc::new(tools::all(site)), api };
    let origin = with_port(&site.config.public_url);
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        // OK because every request is checked for its host before.
        .disable_allowed_hosts()
        .with_allowed_origins([origin])
        .with_max_request_body_bytes(site.config.limits.body_bytes);
    let service =
        StreamableHttpService::new(move || Ok(assistant.clone()), Arc::new(NeverSessionManager::default()), config);
    let router = Router::new().route("/mcp", post_service(service)).layer(from_fn(tokens_only));
    let line = Line { what: "Tools for assistants", ..Line::new(Method::POST, "/mcp", Who::Token) };
    Routes::of_table(router, vec![line])
}

/// The origin of an address with its port, even if it is the usual one: without a port, the library admits any.
fn with_port(url: &Url) -> String {
    // OK because only addresses of `http` and `https` are accepted, which have a port.
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}://{}:{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// A tool, for display.
#[derive(Clone, Debug)]
pub(super) struct ToolRow {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) scopes: Vec<String>,
}

pub(super) fn tool_rows(site: &Site) -> Vec<ToolRow> {
    let scope = |(area, level): &(Area, Level)| format!("{}:{}", area.name(), level.name());
    let row =
        |tool: &Tool| ToolRow { name: tool.name, about: tool.about, scopes: tool.scopes.iter().map(scope).collect() };
    tools::all(site).iter().map(row).collect()
}

/// Refuses the session of a browser: an assistant acts by its own token, which can be limited and revoked.
async fn tokens_only(request: Request, next: Next) -> Response {
    if matches!(request.extensions().get(), Some(Access::Token { .. })) {
        return next.run(request).await;
    }
    let detail =
        "An assistant needs a personal API token in the header Authorization: Bearer. Create one under API tokens.";
    unauthorized(detail, CHALLENGE)
}

/// A tool as the protocol describes it.
fn listed(tool: &Tool) -> Listed {
    let annotations = ToolAnnotations::with_title(tool.title)
        .read_only(tool.effect == Effect::Reads)
        .destructive(false)
        .idempotent(tool.effect == Effect::Reads)
        .open_world(tool.effect == Effect::Runs);
    Listed::new(tool.name, tool.about, Arc::new(tool.schema.clone()))
        .with_title(tool.title)
        .with_annotations(annotations)
}

/// Who calls: the caller of the HTTP request in which the message came.
fn caller(api: &Router, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
    let parts = context.extensions.get::<Parts>();
    let caller = parts.and_then(|parts| Caller::new(api.clone(), parts));
    // OK to be unreachable: the route authenticates each request first.
    caller.ok_or_else(|| ErrorData::internal_error("The request has no caller.", None))
}

impl ServerHandler for Assistant {
    fn get_info(&self) -> ServerConfig {
        let own = Implementation::new("recomamp", env!("CARGO_PKG_VERSION")).with_title("RecomAMP");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(own)
            .with_instructions(INSTRUCTIONS)
    }

    /// The tools that the token allows.
    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = caller(&self.api, &context)?;
        let allowed =
            self.tools.iter().filter(|tool| tool.scopes.iter().all(|(area, level)| caller.allows(*area, *level)));
        Ok(ListToolsResult::with_all_items(allowed.map(listed).collect()))
    }

    fn get_tool(&self, name: &str) -> Option<Listed> {
        self.tools.named(name).map(listed)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.tools.named(&request.name) else {
            let names: Vec<&str> = self.tools.iter().map(|tool| tool.name).collect();
            let why = format!("There is no tool {}. The tools are {}.", request.name, names.join(", "));
            return Err(ErrorData::invalid_params(why, None));
        };
        let caller = caller(&self.api, &context)?;
        let input = Value::Object(request.arguments.unwrap_or_default());
        // What an assistant can correct is a result, not an error of the protocol: only then it sees the text.
        let result = match (tool.run)(caller, input).await {
            Ok(answer) => CallToolResult::success(vec![ContentBlock::text(answer.to_string())]),
            Err(why) => CallToolResult::error(vec![ContentBlock::text(why)]),
        };
        Ok(result.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_names_its_port() {
        for (address, origin) in [
            ("https://recomamp.example/", "https://recomamp.example:443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]/", "http://[::1]:80"),
        ] {
            assert_eq!(with_port(&address.parse().unwrap()), origin);
        }
    }
}
