use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::TimeDelta;
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use super::bench::{Bench, start};

async fn fault(bench: &Bench, form: &str) {
    let reply = bench.bare(Method::POST, "/control/faults", form).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
}

#[tokio::test]
async fn the_clock_is_moved_stopped_and_let_go_by_forms() {
    let bench = Bench::new();
    bench.bare(Method::POST, "/control/clock", "do=move&minutes=90").await;
    assert_eq!(bench.emulator.now(), start() + TimeDelta::minutes(90));
    bench.bare(Method::POST, "/control/clock", "do=pause").await;
    bench.hand.advance(TimeDelta::days(1));
    assert_eq!(bench.emulator.now(), start() + TimeDelta::minutes(90));
    let page = bench.bare(Method::GET, "/control", "").await;
    assert!(page.text.contains("2026-03-10T16:30:00Z") && page.text.contains("clock paused"));
    bench.bare(Method::POST, "/control/clock", "do=resume").await;
    bench.hand.advance(TimeDelta::minutes(1));
    assert_eq!(bench.emulator.now(), start() + TimeDelta::minutes(91));
}

#[tokio::test]
async fn what_forms_do_json_does_and_the_state_tells_it() {
    let bench = Bench::new();
    bench.bare(Method::POST, "/control/clock", r#"{"do":"pause"}"#).await;
    bench.bare(Method::POST, "/control/clock", r#"{"do":"set","time":"2026-05-01T00:00:00Z"}"#).await;
    bench.bare(Method::POST, "/control/speed", r#"{"speed":2.5}"#).await;
    fault(&bench, r#"{"kind":"429","measure":7,"path":"/amc/accounts","times":2}"#).await;
    bench.get("/amc/accounts").await;
    let state = bench.bare(Method::GET, "/control/state", "").await.ok();
    assert_eq!(state["time"], "2026-05-01T00:00:00Z");
    assert_eq!((&state["paused"], &state["speed"]), (&json!(true), &json!(2.5)));
    assert_eq!(state["faults"], json!([{ "number": 1, "fault": "429=7@/amc/accounts*1" }]));
    let last = &state["requests"][0];
    assert_eq!(
        (&last["target"], &last["status"], &last["fault"]),
        (&json!("/amc/accounts"), &json!(429), &json!("429"))
    );
}

#[tokio::test]
async fn a_429_comes_with_its_wait_as_often_as_asked() {
    let bench = Bench::new();
    fault(&bench, "kind=429&measure=7&path=/amc/instances&times=1").await;
    let first = bench.get("/amc/instances").await;
    assert_eq!(first.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(first.header("retry-after"), "7");
    assert_eq!(first.json()["code"], "429");
    bench.get("/amc/instances").await.ok();
    fault(&bench, "kind=429&path=/amc/accounts&times=1").await;
    assert!(bench.get("/amc/accounts").await.json()["requestId"].is_string());
}

#[tokio::test]
async fn faults_of_the_wire_strike() {
    let bench = Bench::new();
    fault(&bench, "kind=5xx&measure=502&path=/amc/&times=1").await;
    assert_eq!(bench.get("/amc/accounts").await.status, StatusCode::BAD_GATEWAY);
    fault(&bench, "kind=401&times=1").await;
    assert_eq!(bench.get("/amc/accounts").await.status, StatusCode::UNAUTHORIZED);
    fault(&bench, "kind=html&path=/amc/&times=1").await;
    let html = bench.get("/amc/accounts").await;
    assert!(html.header("content-type").starts_with("text/html") && html.status == StatusCode::OK);
    fault(&bench, "kind=slow&measure=0&path=/amc/&times=1").await;
    bench.get("/amc/accounts").await.ok();
    fault(&bench, "kind=revoked&times=1").await;
    let body = "grant_type=refresh_token&refresh_token=x&client_id=c&client_secret=s";
    let revoked = bench.bare(Method::POST, "/auth/o2/token", body).await;
    assert_eq!(revoked.json()["error"], "invalid_grant");
    fault(&bench, "kind=cut&path=/v2/&times=1").await;
    let request = Request::get("/v2/profiles").body(Body::empty()).unwrap();
    let response = bench.emulator.router().oneshot(request).await.unwrap();
    assert!(response.into_body().collect().await.is_err());
}

#[tokio::test]
async fn the_log_shows_calls_their_faults_and_their_ids() {
    let bench = Bench::new();
    fault(&bench, "kind=429&path=/amc/instances&times=1").await;
    let reply = bench.get("/amc/instances?limit=5").await;
    let page = bench.bare(Method::GET, "/control", "").await.text;
    assert!(page.contains("/amc/instances?limit=5"));
    assert!(page.contains(reply.header("x-amz-rid")));
    assert!(!page.contains("Atza|"));
    let document = scraper::Html::parse_document(&page);
    assert_eq!(document.select(&scraper::Selector::parse("script, [style]").unwrap()).count(), 0);
}

#[tokio::test]
async fn what_fails_at_a_result_fails_in_xml() {
    let bench = Bench::new();
    fault(&bench, "kind=5xx&path=/amc-output/&times=1").await;
    let reply = bench.bare(Method::GET, "/amc-output/x/y", "").await;
    assert_eq!((reply.status, reply.header("content-type")), (StatusCode::SERVICE_UNAVAILABLE, "application/xml"));
    assert!(reply.text.contains("<Code>ServiceUnavailable</Code>"), "{}", reply.text);
}

#[tokio::test]
async fn the_page_shows_the_last_calls_and_all_when_asked() {
    let bench = Bench::new();
    for call in 0..60 {
        bench.bare(Method::GET, &format!("/amc/unknown-{call}."), "").await;
    }
    let page = bench.bare(Method::GET, "/control", "").await.text;
    assert!(page.contains("unknown-59.") && !page.contains("unknown-9.") && page.contains("Show 10 older requests"));
    let page = bench.bare(Method::GET, "/control?requests=all", "").await.text;
    assert!(page.contains("unknown-59.") && page.contains("unknown-0.") && !page.contains("older requests"));
}

#[tokio::test]
async fn odd_forms_and_other_sites_are_refused() {
    let bench = Bench::new();
    for (path, form) in [
        ("/control/clock", "do=break"),
        ("/control/clock", "do=move&minutes=x"),
        ("/control/clock", "do=set&time=tomorrow"),
        ("/control/clock", "do=set&time=+200000-01-01T00:00:00Z"),
        ("/control/speed", "speed=fast"),
        ("/control/speed", "speed=-1"),
        ("/control/speed", "speed=NaN"),
        ("/control/faults", "kind=nonsense"),
    ] {
        bench.bare(Method::POST, path, form).await.refusal();
    }
    let request = Request::post("/control/clock").header("Sec-Fetch-Site", "cross-site").body(Body::from("do=pause"));
    assert_eq!(bench.call(request.unwrap()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn forms_from_other_sites_are_refused_by_either_header() {
    let bench = Bench::new();
    let send = async |headers: &[(&str, &str)]| {
        let request =
            headers.iter().fold(Request::post("/control/speed"), |it, (name, value)| it.header(*name, *value));
        bench.call(request.body(Body::from("speed=3")).unwrap()).await.status
    };
    for foreign in [
        &[("origin", "http://evil"), ("host", "emulator.test")][..],
        &[("origin", "http://evil")],
        &[("origin", "null"), ("host", "emulator.test")],
        &[("sec-fetch-site", "cross-site"), ("origin", "http://emulator.test")],
        &[("sec-fetch-site", "same-site")],
    ] {
        assert_eq!(send(foreign).await, StatusCode::FORBIDDEN, "{foreign:?}");
    }
    for own in [
        &[][..],
        &[("origin", "http://emulator.test")],
        &[("origin", "http://localhost:8099"), ("host", "localhost:8099")],
        &[("sec-fetch-site", "same-origin"), ("origin", "http://behind.a.proxy")],
    ] {
        assert_eq!(send(own).await, StatusCode::SEE_OTHER, "{own:?}");
    }
}

#[tokio::test]
async fn a_path_of_results_that_is_no_text_is_refused_in_the_words_of_s3() {
    let reply = Bench::new().bare(Method::GET, "/amc-output/%ff/%ff", "").await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(reply.header("content-type"), "application/xml");
    assert!(reply.text.contains("<Code>AccessDenied</Code>"), "{}", reply.text);
}
