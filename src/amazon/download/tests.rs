use axum::Json;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::super::error::Network;
use super::super::test_server::{self, Stage};
use super::*;

fn link(base: &Url, path: &str) -> Link {
    Link::read(base.join(path).unwrap().as_str()).unwrap()
}

async fn whole(stage: &Stage, path: &str, max_bytes: u64) -> Result<Vec<u8>, Error> {
    let mut download = stage.client.download(&link(&stage.base, path), max_bytes).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = download.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

async fn links(answer: Value) -> Result<DownloadLinks, Error> {
    let path = "/api/amc/reporting/amc1/workflowExecutions/e1/downloadUrls";
    let stage = Stage::of(Router::new().route(path, get(move || async move { Json(answer) }))).await;
    let (instance, id) = (AmcInstanceId("amc1".to_owned()), AmcExecutionId("e1".to_owned()));
    stage.client.download_links(stage.account(), &instance, &id).await
}

#[tokio::test]
async fn links_come_in_order_and_do_not_print() {
    let answer = json!({"downloadUrls": ["https://s3.example/1?sig=x", "https://s3.example/2?sig=y"],
        "metadataDownloadUrls": ["https://s3.example/m"]});
    let links = links(answer).await.unwrap();
    assert_eq!(links.parts[1].0.path(), "/2");
    assert_eq!((links.parts.len(), links.metadata.len()), (2, 1));
    assert!(!format!("{links:?}").contains("sig"));
}

#[tokio::test]
async fn links_may_be_objects_and_an_unknown_form_is_shown_without_secrets() {
    let both = links(json!({"downloadUrls": [{"url": "https://s3.example/1?sig=x"}, "https://s3.example/2"]})).await;
    assert_eq!(both.unwrap().parts.len(), 2);
    let odd = json!({"downloadUrls": {"count": 1, "location": "https://s3.example/1?sig=secret"}});
    let error = links(odd).await.unwrap_err();
    assert_eq!(error.amazons_words(), Some(r#"{"downloadUrls":{"count":1,"location":"…"}}"#));
}

/// Half of a file, then a cut connection; the rest for a range request.
async fn cut_once(headers: HeaderMap) -> axum::response::Response {
    use axum::body::Body;
    use axum::response::IntoResponse as _;
    let tag = [("etag", "\"one\"")];
    if let Some(range) = headers.get("range").map(|range| range.to_str().unwrap().to_owned()) {
        assert_eq!((range.as_str(), headers["if-range"].to_str().unwrap()), ("bytes=4-", "\"one\""));
        return (StatusCode::PARTIAL_CONTENT, [("content-range", "bytes 4-7/8")], "1,2\n").into_response();
    }
    // Bytes before a pause are sent; the server holds back what immediately precedes the end.
    let end = async {
        tokio::task::yield_now().await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    };
    let pieces = stream::iter([Ok("a,b\n")]).chain(stream::once(end));
    (tag, [("content-length", "8")], Body::from_stream(pieces)).into_response()
}

#[tokio::test]
async fn a_download_that_was_cut_continues_where_it_was() {
    let stage = Stage::of(Router::new().route("/file", get(cut_once))).await;
    assert_eq!(whole(&stage, "file", 8).await.unwrap(), b"a,b\n1,2\n");
}

#[tokio::test]
async fn what_is_no_link_is_not_fetched() {
    for answer in [json!({}), json!({"downloadUrls": ["file:///etc/passwd"]}), json!({"downloadUrls": ["x"]})] {
        let error = links(answer.clone()).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unreadable(Unreadable::Shape), "{answer}");
    }
}

#[tokio::test]
async fn a_file_is_fetched_without_amazons_headers() {
    let file = |headers: HeaderMap| async move {
        assert!(!headers.contains_key("authorization"));
        assert!(headers.keys().all(|name| !name.as_str().starts_with("amazon-")), "{headers:?}");
        "a,b\n1,2\n"
    };
    let stage = Stage::of(Router::new().route("/file", get(file))).await;
    assert_eq!(whole(&stage, "file", 8).await.unwrap(), b"a,b\n1,2\n");
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_by_its_length_or_when_it_passes_it() {
    let stage = Stage::of(Router::new().route("/file", get(|| async { "12345" }))).await;
    let error = whole(&stage, "file", 4).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unreadable(Unreadable::TooLarge));

    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n";
    let stage = Stage::at(test_server::raw(chunked).await);
    assert_eq!(whole(&stage, "file", 6).await.unwrap(), b"abcdef");
    let error = whole(&stage, "file", 5).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unreadable(Unreadable::TooLarge));
}

#[tokio::test]
async fn half_a_file_is_an_error_not_a_short_file() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\na,b\n1,";
    let error = whole(&Stage::at(test_server::raw(answer).await), "file", 1_000).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Network(Network::Cut));

    let stage = Stage::impatient(test_server::silent_after(answer).await);
    let error = whole(&stage, "file", 1_000).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Network(Network::Timeout));
}

#[tokio::test]
async fn a_stale_link_is_distinguished_from_trouble() {
    let refusal = |status: StatusCode| get(move || async move { (status, [("x-amz-request-id", "s3")], "<Error/>") });
    let router = Router::new()
        .route("/403", refusal(StatusCode::FORBIDDEN))
        .route("/404", refusal(StatusCode::NOT_FOUND))
        .route("/400", refusal(StatusCode::BAD_REQUEST))
        .route("/503", refusal(StatusCode::SERVICE_UNAVAILABLE));
    let stage = Stage::of(router).await;
    for path in ["403", "404", "400"] {
        let error = whole(&stage, path, 9).await.unwrap_err();
        assert_eq!((error.kind(), error.request_id()), (&ErrorKind::LinkExpired, Some("s3")), "{path}");
    }
    assert!(matches!(whole(&stage, "503", 9).await.unwrap_err().kind(), ErrorKind::Server { status: 503, .. }));
}
