use std::error::Error as _;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;

use super::super::error::Network;
use super::super::test_server::{self, Stage};
use super::super::{NewExecution, RegionHosts, Timeouts};
use super::*;
use crate::amazon::AmcInstanceId;

async fn create(stage: &Stage) -> Error {
    let instance = AmcInstanceId("amc1".to_owned());
    stage.client.create_execution(stage.account(), &instance, &NewExecution::default()).await.unwrap_err()
}

async fn answering(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> Error {
    create(&Stage::of(Router::new().fallback(move || async move { answer })).await).await
}

#[tokio::test]
async fn a_request_that_finds_nobody_was_not_accepted() {
    let error = create(&Stage::at(test_server::nobody().await)).await;
    assert_eq!(error.kind(), &ErrorKind::Network(Network::Connect));
    assert!(error.is_transient());
    assert!(!error.may_have_been_accepted());
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_open_whether_the_request_was_accepted() {
    for answer in [
        b"".as_slice(),
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"workflowExecutionId\"",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"wor",
    ] {
        let error = create(&Stage::at(test_server::raw(answer).await)).await;
        assert_eq!(error.kind(), &ErrorKind::Network(Network::Cut), "{answer:?}");
        assert!(error.is_transient() && error.may_have_been_accepted());
    }
}

#[tokio::test]
async fn silence_ends_in_a_timeout() {
    for answer in [b"".as_slice(), b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"] {
        let error = create(&Stage::impatient(test_server::silent_after(answer).await)).await;
        assert_eq!(error.kind(), &ErrorKind::Network(Network::Timeout), "{answer:?}");
        assert!(error.is_transient() && error.may_have_been_accepted());
    }
}

#[tokio::test]
async fn an_error_of_the_network_does_not_tell_addresses() {
    let stage = Stage::at(test_server::nobody().await);
    let error = create(&stage).await;
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(next) = cause {
        texts.push(next.to_string());
        cause = next.source();
    }
    assert!(texts.len() > 1 && texts.iter().all(|text| !text.contains("/amc/reporting")), "{texts:?}");
}

#[tokio::test]
async fn html_half_json_and_other_json_are_distinguished() {
    for (body, what) in [
        ("<html>Welcome to the hotel</html>", Unreadable::NotJson),
        ("", Unreadable::NotJson),
        (r#"{"workflowExecutionId": "1", "sta"#, Unreadable::HalfABody),
        (r#"{"hello": "world"}"#, Unreadable::Shape),
        ("[1]", Unreadable::Shape),
    ] {
        let error = answering(([("x-amz-request-id", "r-1")], body)).await;
        assert_eq!(error.kind(), &ErrorKind::Unreadable(what), "{body}");
        assert_eq!(error.request_id(), Some("r-1"));
        assert!(error.may_have_been_accepted());
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = |uri: Uri| async move {
        assert_ne!(uri.path(), "/elsewhere", "the token was taken along");
        (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")])
    };
    let error = create(&Stage::of(Router::new().fallback(elsewhere)).await).await;
    assert_eq!(error.kind(), &ErrorKind::Unreadable(Unreadable::Redirect));
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let error = answering(" ".repeat(MAX_ANSWER_BYTES + 1)).await;
    assert_eq!(error.kind(), &ErrorKind::Unreadable(Unreadable::TooLarge));
    let error = answering((StatusCode::FORBIDDEN, "x".repeat(MAX_REFUSAL_BYTES + 1))).await;
    assert_eq!(error.kind(), &ErrorKind::Forbidden);
}

#[tokio::test]
async fn throttling_says_how_long_to_wait() {
    let error = answering((StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "")).await;
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(7)));
    assert!(error.is_transient() && !error.may_have_been_accepted());

    // The client's clock is at 1,750,000,000 seconds, which is 15:06:40 on that day.
    let date = [("retry-after", "Sun, 15 Jun 2025 15:07:10 GMT")];
    let error = answering((StatusCode::SERVICE_UNAVAILABLE, date, "<html>")).await;
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(30)));
    assert!(error.is_transient() && error.may_have_been_accepted());
}

#[tokio::test]
async fn a_name_stays_one_segment_of_the_path_and_the_base_keeps_its_own() {
    let seen = |uri: Uri, headers: HeaderMap| async move {
        assert_eq!(uri.path(), "/api/amc/instances/a%2F..%2Fb%3Fc%23d");
        assert!(headers["user-agent"].to_str().unwrap().starts_with("RecomAMP/"));
        r#"{"instance": {"instanceId": "x"}}"#
    };
    let stage = Stage::of(Router::new().fallback(seen)).await;
    let id = AmcInstanceId("a/../b?c#d".to_owned());
    assert_eq!(stage.client.instance(stage.account(), &id).await.unwrap().id.as_str(), "x");
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let (clock, _) = Clock::manual(chrono::DateTime::UNIX_EPOCH);
    let build = |client_id: &str, hosts: RegionHosts| {
        let client_secret = Secret::new("s");
        let settings =
            Settings { client_id: client_id.to_owned(), client_secret, hosts, timeouts: Timeouts::default() };
        Client::new(settings, clock.clone())
    };
    assert!(matches!(build("", RegionHosts::default()), Err(NotBuilt::ClientId)));
    assert!(matches!(build("a\nb", RegionHosts::default()), Err(NotBuilt::ClientId)));
    let mut hosts = RegionHosts::default();
    hosts.fe.token = Url::parse("mailto:a@b.example").unwrap();
    assert!(matches!(build("id", hosts), Err(NotBuilt::Address(_))));
}
