//! Error responses of the emulated services.
//!
//! The services have four error formats, and only the path determines which one a caller gets, also for faults that
//! occur before a handler is called. So a [`Refusal`] contains the information, and [`Refusal::render`] formats it
//! for the path in the outermost layer.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Why a call is refused, not yet in a service's format.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: &'static str,
    text: String,
    retry_after: Option<u64>,
}

/// A handler's return value.
pub(crate) type Answer = Result<Response, Refusal>;

impl Refusal {
    /// An OAuth error: `error` is one of its error codes.
    pub(crate) fn oauth(status: StatusCode, error: &'static str, text: impl Into<String>) -> Self {
        Self { status, error, text: text.into(), retry_after: None }
    }

    /// 400 with `text`.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::oauth(StatusCode::BAD_REQUEST, "invalid_request", text)
    }

    /// 401: no token, or an invalid one.
    pub(crate) fn unauthorized() -> Self {
        Self::oauth(StatusCode::UNAUTHORIZED, "invalid_token", "Unauthorized")
    }

    /// 403 with AMC's message for an account or instance without access.
    pub(crate) fn forbidden() -> Self {
        Self::oauth(StatusCode::FORBIDDEN, "insufficient_scope", "Unauthorized request.")
    }

    /// 404 with `text`.
    pub(crate) fn missing(text: impl Into<String>) -> Self {
        Self::oauth(StatusCode::NOT_FOUND, "invalid_request", text)
    }

    /// 413: the body exceeds the limit.
    pub(crate) fn too_large(limit: usize) -> Self {
        let text = format!("The request body is larger than {limit} bytes.");
        Self::oauth(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", text)
    }

    /// 429 with a wait of `seconds`.
    pub(crate) fn too_many(seconds: u64) -> Self {
        let refusal = Self::oauth(StatusCode::TOO_MANY_REQUESTS, "ServerError", "Too Many Requests");
        Self { retry_after: Some(seconds), ..refusal }
    }

    /// A server error.
    pub(crate) fn server(status: StatusCode) -> Self {
        let text = status.canonical_reason().unwrap_or("Internal Server Error");
        Self::oauth(status, "ServerError", text)
    }

    /// The response in the format for `path`.
    pub(crate) fn render(&self, path: &str, request_id: &str) -> Response {
        let json = |body: Value| (self.status, content_type("application/json"), body.to_string()).into_response();
        let mut response = match Shape::of(path) {
            Shape::Code => json(json!({ "code": self.status.as_str(), "details": self.text })),
            Shape::Message => json(json!({ "message": self.text, "requestId": request_id })),
            Shape::OAuth => json(self.oauth_body(request_id)),
            Shape::Xml => {
                let reason = self.status.canonical_reason().unwrap_or_default();
                xml(self.status, &reason.replace(' ', ""), reason)
            }
        };
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn oauth_body(&self, request_id: &str) -> Value {
        json!({ "error": self.error, "error_description": self.text, "request_id": request_id })
    }
}

impl IntoResponse for Refusal {
    /// A bare status with the refusal attached, for the outermost layer to render.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}

/// The error format of a service.
enum Shape {
    /// `{"code", "details"}`: instances and reporting.
    Code,
    /// `{"message", "requestId"}`: the list of AMC accounts.
    Message,
    /// `{"error", "error_description", "request_id"}`: Login with Amazon.
    OAuth,
    /// XML: result files, which are in S3.
    Xml,
}

impl Shape {
    fn of(path: &str) -> Self {
        match path {
            "/amc/accounts" => Self::Message,
            _ if path.starts_with("/amc-output/") => Self::Xml,
            _ if path.starts_with("/auth/") || path.starts_with("/user/") || path.starts_with("/ap/") => Self::OAuth,
            _ => Self::Code,
        }
    }
}

/// An error in S3's format; `code` and `message` must not contain XML markup.
pub(crate) fn xml(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, content_type("application/xml"), body).into_response()
}

/// A `Content-Type` header for a response tuple.
pub(crate) fn content_type(name: &'static str) -> [(header::HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, name)]
}

/// 200 with `body` as JSON, with content type `kind`.
pub(crate) fn answer(kind: &'static str, body: Value) -> Response {
    (StatusCode::OK, content_type(kind), body.to_string()).into_response()
}
