//! The emulator's few HTML pages: plain HTML, one stylesheet, no scripts.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::errors::{Answer, Refusal, content_type};

/// Allows only the emulator's own stylesheet and its forms. `form-action` is unrestricted because browsers also apply
/// it to the redirect after the form, and consent redirects to any client.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("../../templates/emulator/style.css");

/// `template` as a page.
pub(crate) fn page(template: &impl Template) -> Answer {
    let body = template.render().map_err(|error| {
        tracing::error!(%error, "a page of the emulator cannot be rendered");
        Refusal::server(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok((content_type("text/html; charset=utf-8"), headers, body).into_response())
}

/// `GET /control/style.css`.
pub(crate) async fn stylesheet() -> Response {
    (content_type("text/css; charset=utf-8"), STYLE).into_response()
}
