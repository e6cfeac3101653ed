//! The OpenAPI 3.1 document, from the table of endpoints.

use serde_json::{Map, Value, json};

use super::endpoint::{Endpoint, Param, Reply};
use super::schema::Components;
use crate::web::PROBLEM_JSON;

const ABOUT: &str = "Everything that RecomAMP's pages do, for programs. Authenticate with a personal API token. Errors \
are problem+json (RFC 9457). Lists are paged by opaque cursors. Long answers are streamed.";

/// The document for an installation at this address.
pub(super) fn document(endpoints: &[Endpoint], server: &str) -> Value {
    let mut components = Components::default();
    let mut paths = Map::new();
    for endpoint in endpoints {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_lowercase()] = operation(endpoint, &mut components);
    }
    let mut schemas: Map<String, Value> =
        components.0.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": { "title": "RecomAMP", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "servers": [{ "url": server.trim_end_matches('/') }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "A problem.",
                "content": { PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } },
            } },
            "securitySchemes": { "token": {
                "type": "http", "scheme": "bearer", "description": "A personal API token, `recomamp_pat_…`.",
            } },
        },
    })
}

fn operation(endpoint: &Endpoint, components: &mut Components) -> Value {
    let mut parameters: Vec<Value> = path_parameters(endpoint.path).collect();
    parameters.extend(endpoint.params.iter().map(parameter));
    let mut responses: Map<String, Value> =
        endpoint.replies.iter().map(|reply| (reply.status.to_string(), response(reply, components))).collect();
    if endpoint.method.is_safe() && endpoint.replies.iter().any(|reply| !reply.headers.is_empty()) {
        responses.insert("304".to_owned(), json!({ "description": "Not changed since the ETag in If-None-Match." }));
    }
    responses.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [tag(endpoint.path)],
        "parameters": parameters,
        "responses": responses,
    });
    if !endpoint.about.is_empty() {
        operation["description"] = json!(endpoint.about);
    }
    if let Some(body) = endpoint.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body(components) } } });
    }
    if endpoint.scope.is_some() {
        operation["security"] = json!([{ "token": [endpoint.scope_name()] }]);
    }
    if let Some(role) = endpoint.role {
        operation["x-recomamp-role"] = json!(role.name());
    }
    operation
}

/// The group of an address: its first part after `/api/`.
pub(super) fn tag(path: &str) -> &str {
    path.split('/').nth(2).unwrap_or_default()
}

fn path_parameters(path: &str) -> impl Iterator<Item = Value> {
    let names = path.split('{').skip(1).filter_map(|part| part.split('}').next());
    names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
}

fn parameter(param: &Param) -> Value {
    json!({ "name": param.name, "in": param.place, "description": param.about, "schema": param.schema })
}

/// A media type, and what makes its schema; without one it is text.
type Content = (&'static str, Option<fn(&mut Components) -> Value>);

fn response(reply: &Reply, components: &mut Components) -> Value {
    let content = |(kind, schema): &Content| {
        let schema = schema.map_or_else(|| json!({ "type": "string" }), |schema| schema(components));
        ((*kind).to_owned(), json!({ "schema": schema }))
    };
    let contents: Map<String, Value> = reply.contents.iter().map(content).collect();
    let header = |(name, about): &(&'static str, &'static str)| {
        ((*name).to_owned(), json!({ "description": about, "schema": { "type": "string" } }))
    };
    let headers: Map<String, Value> = reply.headers.iter().map(header).collect();
    let mut response = json!({ "description": reply.about });
    if !contents.is_empty() {
        response["content"] = contents.into();
    }
    if !headers.is_empty() {
        response["headers"] = headers.into();
    }
    response
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "A problem (RFC 9457).",
        "properties": {
            "type": { "type": "string", "format": "uri", "description": "The help page of this kind of problem." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What happened, and what to do." },
            "instance": { "type": "string", "description": "The ID of the request, as in the logs." },
            "code": { "type": "string", "description": "The reason, where a kind of problem has several." },
            "errors": { "type": "array", "description": "What is wrong with parts of the body.", "items": {
                "type": "object",
                "properties": {
                    "pointer": { "type": "string", "description": "A JSON pointer as a fragment, `#/parameters/days`." },
                    "detail": { "type": "string" },
                },
                "required": ["pointer", "detail"],
            } },
        },
        "required": ["type", "title", "status", "detail", "instance"],
    })
}
