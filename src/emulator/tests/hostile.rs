//! Meaningless and malicious bodies, paths and queries.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::bench::{Bench, Reply, STANDARD};
use crate::emulator::people::AGENCY_A_US;

/// All calls with a body, with the fields that they read.
const CALLS: [(&str, &str); 15] = [
    ("POST", "/auth/o2/token"),
    ("POST", "/ap/oa"),
    ("POST", "/adsAccounts/list"),
    ("PATCH", "/amc/audiences/connections/terms"),
    ("POST", "/amc/instances"),
    ("PUT", "/amc/instances/amcsamplea1"),
    ("POST", "/amc/instances/amcsamplea1/updateCustomerAwsAccount"),
    ("POST", "/amc/instances/amcsamplea1/advertisers/updates"),
    ("POST", "/amc/reporting/amcsamplea1/workflows"),
    ("PUT", "/amc/reporting/amcsamplea1/workflows/known"),
    ("POST", "/amc/reporting/amcsamplea1/schedules"),
    ("PUT", "/amc/reporting/amcsamplea1/schedules/known"),
    ("POST", "/amc/reporting/amcsamplea1/workflowExecutions"),
    ("POST", "/control/faults"),
    ("POST", "/control/clock"),
];

const FIELDS: &str = "workflowId sqlQuery query workflow inputParameters name dataType type elementDataType columnType \
    defaultValue outputColumns outputFormat separatorCharacter privacyFilteringBehavior timeWindowType timeWindowStart \
    timeWindowEnd timeWindowTimeZone parameterValues dryRun workflowExecutionTimeoutSeconds maxDimensionTime advertisers \
    status scheduleId aggregationPeriod aggregationStartDay aggregationHourUtc scheduleEnabled instanceName \
    advertiserName awsAccountId bucketName s3BucketName acrBacked acrCustomerPartners idempotencyToken advertisersToAdd \
    advertisersToRemove id marketplaceId agreementToken hasAccepted grant_type code refresh_token client_id maxResults";

/// Values that are meaningful in some field.
const WORDS: [&str; 10] =
    ["EXPLICIT", "True", "86400", "known", "Daily", "ARRAY", "2026-03-01T00:00:00", "-1", "CANCELLED", ""];

fn sent_by(token: &str, (method, path): (&str, &str), body: Vec<u8>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("Authorization", format!("Bearer {token}"))
        .header("Amazon-Advertising-API-ClientId", "client")
        .header("Amazon-Advertising-API-AdvertiserId", AGENCY_A_US.id)
        .header("Amazon-Advertising-API-MarketplaceId", AGENCY_A_US.marketplace)
        .body(Body::from(body))
        .unwrap()
}

fn is_an_answer(reply: &Reply) -> bool {
    let known = reply.status.as_u16() < 500 && !reply.header("x-amz-rid").is_empty();
    known && (!reply.status.is_client_error() || !reply.text.is_empty())
}

/// An emulator with everything that the calls refer to, and a token.
async fn prepared() -> (Bench, String) {
    let bench = Bench::new();
    bench.report(Method::POST, "/workflows", json!({ "workflowId": "known", "sqlQuery": "SELECT 1" })).await.ok();
    let schedule = json!({ "scheduleId": "known", "workflowId": "known", "aggregationPeriod": "Daily" });
    bench.report(Method::POST, "/schedules", schedule).await.ok();
    let token = bench.token_of("ada").await;
    (bench, token)
}

/// JSON with the API's fields and unexpected values.
fn odd_json() -> impl Strategy<Value = Value> {
    let fields: Vec<_> = FIELDS.split_whitespace().collect();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        proptest::sample::select(&WORDS[..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 12, move |inner| {
        let field = proptest::sample::select(fields.clone()).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(field, inner, 0..12).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn odd_body() -> impl Strategy<Value = Vec<u8>> {
    let written = || odd_json().prop_map(|value| value.to_string().into_bytes());
    prop_oneof![
        6 => written(),
        1 => (written(), any::<prop::sample::Index>()).prop_map(|(mut body, at)| {
            body.truncate(at.index(body.len()));
            body
        }),
        1 => (written(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut body, at, byte)| {
            let at = at.index(body.len());
            body[at] = byte;
            body
        }),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn odd_bodies_are_answered_and_leave_a_state_that_can_be_read_again(
        bodies in prop::collection::vec((proptest::sample::select(&CALLS[..]), odd_body()), 1..24)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (bench, token) = prepared().await;
            for (call, body) in bodies {
                let reply = bench.call(sent_by(&token, call, body)).await;
                // An injected fault may respond instead.
                bench.emulator.faults().remove(None);
                prop_assert!(is_an_answer(&reply), "{:?}: {} {}", call, reply.status, reply.text);
            }
            bench.emulator.shutdown().await;
            bench.reopened().report(Method::GET, "/workflows/known", Value::Null).await.ok();
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn deep_long_and_broken_bodies_are_answered() {
    let (bench, token) = prepared().await;
    let nested = |open: &str, close: &str, levels| format!("{}{}", open.repeat(levels), close.repeat(levels));
    let deep = |levels| format!(r#"{{"workflowId":"known","parameterValues":{{"a":{}}}}}"#, nested("[", "]", levels));
    let bodies = [
        nested("[", "]", 500_000),
        nested(r#"{"a":"#, "}", 200_000),
        deep(60),
        deep(62),
        deep(124),
        deep(125),
        format!(r#"{{"workflowId":"{}"}}"#, "w".repeat(1_900_000)),
        format!(r#"{{"workflowId":"known","parameterValues":{{{}"z":1}}}}"#, r#""a":"b","#.repeat(100_000)),
        format!(r#"{{"advertisersToAdd":[{}]}}"#, vec![r#"{"id":"1","type":"DISPLAY"}"#; 25_000].join(",")),
        format!(
            r#"{{"workflowId":"x","sqlQuery":"S","inputParameters":[{}]}}"#,
            vec![r#"{"name":"p"}"#; 45_000].join(",")
        ),
        format!("grant_type=refresh_token&{}", "a=b&".repeat(200_000)),
        "\u{0}".repeat(1_000_000),
        r#"{"timeWindowStart":1e999}"#.to_owned(),
        r#"{"workflowId":"\ud800"}"#.to_owned(),
        " ".repeat(2_000_000),
    ];
    for call in CALLS {
        for (at, body) in bodies.iter().enumerate() {
            let request = sent_by(&token, call, body.clone().into_bytes());
            // Far above what any of them takes: it ends a test that would hang.
            let reply = tokio::time::timeout(Duration::from_mins(1), bench.call(request)).await;
            let reply = reply.unwrap_or_else(|_| panic!("{call:?} {at} is not answered"));
            assert!(is_an_answer(&reply), "{call:?} {at}: {} {}", reply.status, reply.text);
        }
    }
    bench.emulator.shutdown().await;
    bench.reopened().report(Method::GET, "/workflows/known", Value::Null).await.ok();
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let (bench, token) = prepared().await;
    let body = vec![b' '; 2 * 1024 * 1024 + 1];
    let reply = bench.call(sent_by(&token, ("POST", "/amc/instances"), body)).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (413, &json!("413")));
}

#[tokio::test]
async fn odd_paths_and_queries_are_answered_in_the_contracts_shape() {
    let bench = Bench::new();
    let inside = format!("/amc/reporting/{STANDARD}");
    for path in
        ["/", "/amc", "/amc/instances/", "/favicon.ico", "/amc/unknown?x=%FF", &format!("{inside}/workflows/a/b")]
    {
        let reply = bench.get(path).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (404, &json!("404")), "{path}");
    }
    for path in ["/workflows/%FF", "/workflows/%00", "/workflows/%2e%2e%2f%2e%2e", "/dataSources/%F0%9F%98%80"] {
        let reply = bench.get(&format!("{inside}{path}")).await;
        assert!(reply.status.is_client_error() && reply.json()["details"].is_string(), "{path}: {}", reply.text);
    }
    let odd =
        ["limit=-1", "limit=99999999999999999999", "nextToken=%00", "minCreationTime=9999999-01-01", "timeZone=../UTC"];
    for query in odd {
        let reply = bench.get(&format!("{inside}/workflowExecutions?workflowId=x&{query}")).await;
        assert!(!reply.refusal().is_empty(), "{query}");
    }
    let wrong = bench.send(Method::DELETE, "/amc/instances", "").await;
    assert_eq!((wrong.status.as_u16(), &wrong.json()["code"]), (405, &json!("405")));
}
