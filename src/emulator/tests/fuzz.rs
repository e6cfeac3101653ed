//! Arbitrary requests to any route: path, query string, body.

use std::cell::RefCell;

use axum::body::Body;
use axum::http::{Method, Request};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};

use super::bench::{Bench, Reply, STANDARD};
use crate::emulator::people::AGENCY_A_US;
use crate::fuzz::{files, run};

/// The maximum size of a response: the longest valid one lists all data sources with their columns.
const LONGEST_ANSWER: usize = 2 << 20;

/// `METHOD /path?query`, an empty line, the body. `None` for anything that a server would never receive.
fn request(bytes: &[u8], token: &str) -> Option<(String, Request<Body>)> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (line, body) = end.map_or((bytes, &b""[..]), |end| (&bytes[..end], &bytes[end + 2..]));
    let (method, target) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let request = Request::builder()
        .method(method)
        .uri(target.trim_end())
        .header("Authorization", format!("Bearer {token}"))
        .header("Amazon-Advertising-API-ClientId", "client")
        .header("Amazon-Advertising-API-AdvertiserId", AGENCY_A_US.id)
        .header("Amazon-Advertising-API-MarketplaceId", AGENCY_A_US.marketplace)
        .body(Body::from(body.to_vec()))
        .ok()?;
    Some((request.uri().path().to_owned(), request))
}

/// An error is 4xx and in the format of its service.
fn is_an_answer(path: &str, reply: &Reply) -> TestCaseResult {
    let status = reply.status.as_u16();
    prop_assert!(status < 500, "{}: {} {}", path, status, reply.text);
    prop_assert!(reply.text.len() < LONGEST_ANSWER, "{}: {} bytes", path, reply.text.len());
    prop_assert!(!reply.header("x-amz-rid").is_empty());
    if status < 400 {
        return Ok(());
    }
    if path.starts_with("/amc-output/") {
        prop_assert!(reply.text.contains("<Error><Code>"), "{}: {}", path, reply.text);
        return Ok(());
    }
    // The consent page has HTML errors.
    if path == "/ap/oa" && reply.text.starts_with("<!DOCTYPE html>") {
        return Ok(());
    }
    let body: Value = serde_json::from_str(&reply.text).unwrap_or_default();
    let texts: &[&str] = match path {
        "/amc/accounts" => &["message", "requestId"],
        _ if ["/auth/", "/user/", "/ap/"].iter().any(|service| path.starts_with(service)) => {
            &["error", "error_description", "request_id"]
        }
        _ => &["code", "details"],
    };
    for name in texts {
        prop_assert!(body[*name].as_str().is_some_and(|text| !text.is_empty()), "{}: {} {}", path, status, reply.text);
    }
    if texts.contains(&"code") {
        prop_assert_eq!(&body["code"], &json!(status.to_string()));
    }
    Ok(())
}

/// Requests to one emulator before it is reopened from its journal, and then replaced.
const AT_ONE: usize = 20;

/// An emulator with a token, and the number of its requests.
struct Open {
    bench: Bench,
    token: String,
    seen: usize,
}

impl Open {
    async fn new() -> Self {
        let bench = Bench::over_the_world(|_| ());
        let known = json!({ "workflowId": "known", "sqlQuery": "SELECT 1 AS x" });
        bench.report(Method::POST, "/workflows", known).await.ok();
        let token = bench.token_of("ada").await;
        Self { bench, token, seen: 0 }
    }

    async fn answers(&mut self, bytes: &[u8]) -> TestCaseResult {
        self.seen += 1;
        let Some((path, request)) = request(bytes, &self.token) else { return Ok(()) };
        is_an_answer(&path, &self.bench.call(request).await)?;
        self.bench.emulator.faults().remove(None);
        let again = self.bench.get("/amc/instances").await;
        prop_assert!(again.status.is_success(), "{}: {}", path, again.text);
        Ok(())
    }

    /// The journal can be read again.
    async fn close(self) -> TestCaseResult {
        self.bench.emulator.shutdown().await;
        let path = format!("/amc/reporting/{STANDARD}/workflowExecutions");
        is_an_answer(&path, &self.bench.reopened().get(&format!("{path}?workflowId=known")).await)
    }
}

#[test]
fn any_request_is_answered_in_the_shape_of_its_service_and_harms_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held: RefCell<Option<Open>> = RefCell::default();
    run("emulator", 300, |bytes| {
        runtime.block_on(async {
            let taken = held.borrow_mut().take();
            let mut open = match taken {
                Some(open) => open,
                None => Open::new().await,
            };
            // An emulator that failed isn't used again: the next, smaller request must fail on its own.
            open.answers(bytes).await?;
            if open.seen < AT_ONE {
                *held.borrow_mut() = Some(open);
                return Ok(());
            }
            open.close().await
        })
    });
}

/// The routes of the emulator's sources, each with its methods.
fn routes() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/emulator"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("tests") {
                    folders.push(path);
                }
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let inside = path.ends_with("reporting/mod.rs");
            for line in text.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")) {
                let (route, handlers) = line.split_once('"').unwrap();
                let within = inside && !route.starts_with("/amc");
                let route = if within { format!("/amc/reporting/{{instance}}{route}") } else { route.to_owned() };
                for method in ["get", "post", "put", "patch", "delete"] {
                    if handlers.contains(&format!(" {method}(")) || handlers.contains(&format!(").{method}(")) {
                        found.push((method.to_uppercase(), route.clone()));
                    }
                }
            }
        }
    }
    assert!(found.len() > 40, "the routes are not found any more: {found:?}");
    found
}

#[test]
fn every_route_has_a_request_in_the_corpus() {
    let requests: Vec<(String, String)> = files("emulator")
        .into_iter()
        .filter_map(|bytes| {
            let (path, request) = request(&bytes, "token")?;
            Some((request.method().to_string(), path))
        })
        .collect();
    let fits = |route: &str, path: &str| {
        let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
        route.len() == path.len()
            && route.iter().zip(path).all(|(route, path)| route.starts_with('{') || *route == path)
    };
    let missing: Vec<_> = routes()
        .into_iter()
        .filter(|(method, route)| !requests.iter().any(|(sent, path)| sent == method && fits(route, path)))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
