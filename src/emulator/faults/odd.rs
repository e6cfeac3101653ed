//! Successful responses that don't match the documentation, as seen in practice.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::FaultKind;
use crate::emulator::errors::{Refusal, content_type};

/// Longer responses aren't altered; no response that a fault is meant for is that long.
const MOST: usize = 4 << 20;

impl FaultKind {
    /// Whether the call is executed and its response altered.
    pub(super) const fn alters(self) -> bool {
        matches!(self, Self::OneObject | Self::NoId | Self::TimedOut | Self::LinkObjects | Self::OddLinks | Self::Drift)
    }

    /// Whether a call with this method and path can get a response of this kind.
    pub(super) fn can_strike(self, method: &Method, path: &str) -> bool {
        match self {
            Self::TimedOut => method == Method::GET && path.contains("/workflowExecutions"),
            Self::IgnoredCancel | Self::RefusedCancel => method == Method::PUT && path.contains("/workflowExecutions/"),
            Self::Drift => method == Method::GET && path.ends_with("/dataSources"),
            Self::LinkObjects | Self::OddLinks => path.ends_with("/downloadUrls"),
            _ => true,
        }
    }

    /// The response that replaces the call, if this kind has one.
    pub(super) fn odd_answer(self) -> Option<Response> {
        let json = |text: &'static str| (content_type("application/json"), text).into_response();
        Some(match self {
            Self::Refused(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
                Refusal::oauth(status, "invalid_request", "The account is not set up for this.").into_response()
            }
            Self::Throttling => {
                let mut response = json(r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
                *response.status_mut() = StatusCode::BAD_REQUEST;
                response
            }
            Self::Empty => json(""),
            Self::Null => json("null"),
            Self::EmptyObject | Self::IgnoredCancel => json("{}"),
            Self::RefusedCancel => Refusal::bad("The execution cannot be changed.").into_response(),
            _ => return None,
        })
    }

    /// The altered response.
    pub(super) async fn altered(self, response: Response) -> Response {
        let (mut parts, body) = response.into_parts();
        let Ok(bytes) = to_bytes(body, MOST).await else {
            return Refusal::server(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        };
        let Some(mut answer) = serde_json::from_slice::<Value>(&bytes).ok().filter(|_| parts.status.is_success())
        else {
            return Response::from_parts(parts, Body::from(bytes));
        };
        match self {
            Self::OneObject => each_list(&mut answer, |list| list.first().cloned().unwrap_or(json!({}))),
            Self::NoId => each_list(&mut answer, |list| {
                let mut list = list.to_vec();
                if let Some(first) = list.first_mut().and_then(Value::as_object_mut) {
                    first.retain(|name, _| !name.ends_with("Id") && name != "id");
                }
                list.into()
            }),
            Self::TimedOut => with_status(&mut answer),
            Self::Drift => drifted(&mut answer),
            Self::LinkObjects => each_list(&mut answer, |list| {
                list.iter().map(|link| json!({ "url": link, "expiresIn": 600 })).collect()
            }),
            _ => each_list(&mut answer, |list| json!({ "count": list.len(), "location": "elsewhere" })),
        }
        let text = answer.to_string();
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
        Response::from_parts(parts, Body::from(text))
    }
}

/// Replaces each list of a response.
fn each_list(answer: &mut Value, other: impl Fn(&[Value]) -> Value) {
    for value in answer.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Value::Array(list) = value {
            *value = other(list);
        }
    }
}

/// Renames a column in a list of data sources, and deprecates another one.
fn drifted(answer: &mut Value) {
    for source in answer["dataSources"].as_array_mut().into_iter().flatten() {
        let tag = match source["dataSourceId"].as_str() {
            Some("dsp_impressions") => json!({ "type": "RENAMED", "title": "Renamed",
                "description": "The column site is now called site_domain." }),
            Some("dsp_clicks") => json!({ "type": "DEPRECATED", "title": "Deprecated",
                "description": "The column os_version is going away." }),
            _ => continue,
        };
        if tag["type"] == "RENAMED" {
            let columns = source["columns"].as_array_mut().into_iter().flatten();
            columns.filter(|column| column["name"] == "site").for_each(|column| column["name"] = json!("site_domain"));
        }
        source["tags"] = json!([tag]);
    }
}

/// Gives an execution, or each one in a list, an undocumented status.
fn with_status(answer: &mut Value) {
    let one = |execution: &mut Map<String, Value>| {
        if execution.contains_key("status") {
            execution.insert("status".to_owned(), "TIMED_OUT".into());
            execution.insert("statusReason".to_owned(), "The execution exceeded its time limit.".into());
        }
    };
    let Some(answer) = answer.as_object_mut() else { return };
    match answer.get_mut("executions").and_then(Value::as_array_mut) {
        Some(list) => list.iter_mut().filter_map(Value::as_object_mut).for_each(one),
        None => one(answer),
    }
}
