//! Parses an error response: its [`ErrorKind`], and Amazon's message.
//!
//! Amazon's errors have several structures: `{"code", "details"}` from AMC reporting, `{"message", "requestId"}` from
//! the account list, `{"error", "error_description", "request_id"}` from Login with Amazon, HTML from proxies. The
//! status decides; the body only refines.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::{Map, Value};

use super::backoff;
use super::error::{Error, ErrorKind, Unreadable};

/// Longer messages are truncated: they are stored with the execution and shown on a page.
const MAX_MESSAGE_CHARS: usize = 8_000;
/// Longer request ids are truncated: no genuine one is that long.
const MAX_REQUEST_ID_CHARS: usize = 128;

/// The error for a response with this status. `status` must not be a success.
pub(super) fn error(status: StatusCode, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Error {
    let json = serde_json::from_slice(body).ok();
    let fields = json.as_ref().and_then(Value::as_object);
    let retry_after = retry_after(headers, now);
    let kind = match status.as_u16() {
        300..=399 => ErrorKind::Unreadable(Unreadable::Redirect),
        429 => ErrorKind::Throttled { retry_after },
        // A proxy's page doesn't mean that the thing is gone at AMC.
        404 if fields.is_none() && body.trim_ascii_start().starts_with(b"<") => {
            ErrorKind::Unreadable(Unreadable::NotJson)
        }
        // AWS services also report throttling with a 400.
        400 if fields.is_some_and(is_throttling) => ErrorKind::Throttled { retry_after },
        400..=499 if status != StatusCode::REQUEST_TIMEOUT => refused(status.as_u16(), fields),
        status => ErrorKind::Server { status, retry_after },
    };
    let request_id = request_id(headers).or_else(|| fields.and_then(body_request_id));
    Error::new(kind).with_request_id(request_id).with_words(fields.and_then(message))
}

fn refused(status: u16, fields: Option<&Map<String, Value>>) -> ErrorKind {
    let oauth = fields.and_then(|fields| fields.get("error")).and_then(Value::as_str);
    match oauth {
        Some("invalid_grant") => return ErrorKind::GrantRevoked,
        Some("invalid_client" | "unauthorized_client") => return ErrorKind::ClientRejected,
        Some("invalid_token") => return ErrorKind::Unauthorized,
        Some("insufficient_scope") => return ErrorKind::Forbidden,
        _ => {}
    }
    let message = fields.and_then(message);
    let says = |words: &str| message.as_ref().is_some_and(|text| text.to_ascii_lowercase().contains(words));
    if says("terms and conditions") && says("accept") {
        return ErrorKind::TermsNotAccepted;
    }
    // A compile error may say that a column doesn't exist; then only the column is missing.
    let missing = status == 400 && says("does not exist") && !says("compile") && !says("invalid");
    match status {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::Missing { message },
        _ if missing => ErrorKind::Missing { message },
        status => ErrorKind::Refused { status, message },
    }
}

/// Whether an error contains AWS's throttling exception.
fn is_throttling(fields: &Map<String, Value>) -> bool {
    let names = ["__type", "code", "Code", "error", "errorCode", "message", "details"];
    let texts = names.into_iter().filter_map(|name| fields.get(name)?.as_str());
    let says = |text: &str| {
        ["ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"]
            .iter()
            .any(|name| text.contains(name))
    };
    texts.into_iter().any(says)
}

fn message(fields: &Map<String, Value>) -> Option<String> {
    ["details", "message", "statusReason", "error_description", "messageSubject"]
        .into_iter()
        .filter_map(|name| fields.get(name)?.as_str())
        .find(|text| !text.trim().is_empty())
        .map(|text| text.chars().take(MAX_MESSAGE_CHARS).collect())
}

/// Amazon's request id, from the headers of any response.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-amz-request-id", "x-amz-rid", "x-amzn-requestid"]
        .into_iter()
        .find_map(|name| headers.get(name)?.to_str().ok())
        .and_then(printable)
}

fn body_request_id(fields: &Map<String, Value>) -> Option<String> {
    ["requestId", "request_id"].into_iter().find_map(|name| fields.get(name)?.as_str()).and_then(printable)
}

fn printable(id: &str) -> Option<String> {
    let id: String = id.chars().filter(char::is_ascii_graphic).take(MAX_REQUEST_ID_CHARS).collect();
    (!id.is_empty()).then_some(id)
}

fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    backoff::retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?, now)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn kind(status: u16, body: &str) -> ErrorKind {
        let status = StatusCode::from_u16(status).unwrap();
        error(status, &HeaderMap::new(), body.as_bytes(), DateTime::UNIX_EPOCH).kind().clone()
    }

    fn missing(text: &str) -> ErrorKind {
        ErrorKind::Missing { message: Some(text.to_owned()) }
    }

    fn refused(status: u16, text: &str) -> ErrorKind {
        ErrorKind::Refused { status, message: Some(text.to_owned()) }
    }

    #[test]
    fn the_status_decides_what_kind_of_refusal_it_is() {
        assert_eq!(kind(401, "{}"), ErrorKind::Unauthorized);
        assert_eq!(kind(403, r#"{"code":"403","details":"Unauthorized request."}"#), ErrorKind::Forbidden);
        assert_eq!(kind(404, ""), ErrorKind::Missing { message: None });
        assert_eq!(kind(422, r#"{"details":"no"}"#), refused(422, "no"));
        assert_eq!(kind(429, "<html>"), ErrorKind::Throttled { retry_after: None });
        assert_eq!(kind(500, "{}"), ErrorKind::Server { status: 500, retry_after: None });
        assert_eq!(kind(408, ""), ErrorKind::Server { status: 408, retry_after: None });
        assert_eq!(kind(302, ""), ErrorKind::Unreadable(Unreadable::Redirect));
    }

    #[test]
    fn a_page_in_html_does_not_say_that_a_thing_is_missing() {
        assert_eq!(kind(404, "\n<!doctype html><h1>Not found</h1>"), ErrorKind::Unreadable(Unreadable::NotJson));
    }

    #[test]
    fn does_not_exist_is_missing_unless_it_is_about_the_query() {
        let text = "Workflow execution with ID 1 does not exist.";
        assert_eq!(kind(400, &format!(r#"{{"code":"400","details":"{text}"}}"#)), missing(text));
        let text = "Was unable to compile workflow w: column `a` does not exist";
        assert_eq!(kind(400, &format!(r#"{{"code":"400","details":"{text}"}}"#)), refused(400, text));
    }

    #[test]
    fn unaccepted_terms_are_known_by_their_text_whatever_the_status() {
        for status in [400, 401, 403] {
            let body = r#"{"message":"Terms and conditions must be accepted to continue"}"#;
            assert_eq!(kind(status, body), ErrorKind::TermsNotAccepted, "{status}");
        }
    }

    #[test]
    fn oauth_codes_go_before_the_status() {
        assert_eq!(kind(400, r#"{"error":"invalid_grant"}"#), ErrorKind::GrantRevoked);
        assert_eq!(kind(401, r#"{"error":"invalid_client"}"#), ErrorKind::ClientRejected);
        assert_eq!(kind(400, r#"{"error":"invalid_token"}"#), ErrorKind::Unauthorized);
        assert_eq!(kind(401, r#"{"error":"insufficient_scope"}"#), ErrorKind::Forbidden);
        let body = r#"{"error":"invalid_request","error_description":"no code"}"#;
        assert_eq!(kind(400, body), refused(400, "no code"));
    }

    #[test]
    fn words_are_taken_in_turn_and_cut_at_the_limit() {
        assert_eq!(kind(400, r#"{"statusReason":"c","message":"b","details":"a"}"#), refused(400, "a"));
        assert_eq!(kind(400, r#"{"statusReason":"c","message":"b","details":""}"#), refused(400, "b"));
        assert_eq!(kind(400, r#"{"error_description":"d","details":5}"#), refused(400, "d"));
        let long = format!(r#"{{"details":"{}"}}"#, "é".repeat(MAX_MESSAGE_CHARS + 1));
        assert_eq!(kind(400, &long), refused(400, &"é".repeat(MAX_MESSAGE_CHARS)));
    }

    #[test]
    fn throttling_is_reported_in_two_ways() {
        for (status, body) in [
            (429, ""),
            (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#),
            (400, r#"{"code":"400","details":"ThrottlingException: Rate exceeded"}"#),
        ] {
            assert_eq!(kind(status, body), ErrorKind::Throttled { retry_after: None }, "{body}");
        }
    }

    #[test]
    fn the_request_id_comes_from_the_headers_and_else_from_the_body() {
        let mut headers = HeaderMap::new();
        let id = |headers: &HeaderMap| {
            let body = br#"{"message":"no","requestId":"from body"}"#;
            let error = error(StatusCode::FORBIDDEN, headers, body, DateTime::UNIX_EPOCH);
            error.request_id().map(str::to_owned)
        };
        assert_eq!(id(&headers).unwrap(), "frombody");
        headers.insert("x-amz-rid", HeaderValue::from_static("rid"));
        assert_eq!(id(&headers).unwrap(), "rid");
        headers.insert("x-amz-request-id", HeaderValue::from_static("request"));
        assert_eq!(id(&headers).unwrap(), "request");
    }

    #[test]
    fn retry_after_reaches_the_error() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("12"));
        for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE] {
            let error = error(status, &headers, b"", DateTime::UNIX_EPOCH);
            assert_eq!(error.retry_after(), Some(Duration::from_secs(12)));
        }
    }
}
