use axum::body::Body;
use axum::http::{Method, Request};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::bench::Bench;

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let bench = Bench::new();
    bench.report(Method::POST, "/workflows", json!({ "workflowId": "w", "sqlQuery": "SELECT 1" })).await.ok();
    let schedule = json!({ "scheduleId": "s", "workflowId": "w", "aggregationPeriod": "Daily" });
    bench.report(Method::POST, "/schedules", schedule).await.ok();
    let id = bench.execute("SELECT 1").await;
    bench.pass(2).await;
    bench.pass(600).await;
    let before = bench.execution(&id).await;
    let token = bench.token_of("ada").await;
    let bench = bench.reopened();
    assert_eq!(bench.execution(&id).await, before);
    bench.report(Method::GET, "/schedules/s", Value::Null).await.ok();
    let links = bench.report(Method::GET, &format!("/workflowExecutions/{id}/downloadUrls"), Value::Null).await.ok();
    let link = links["downloadUrls"][0].as_str().unwrap().trim_start_matches("http://emulator.test").to_owned();
    assert_eq!(bench.bare(Method::GET, &link, "").await.text, "name,n\na0,1\n");
    let request = Request::get("/amc/accounts")
        .header("Authorization", format!("Bearer {token}"))
        .header("Amazon-Advertising-API-ClientId", "client");
    bench.call(request.body(Body::empty()).unwrap()).await.ok();
}

#[tokio::test]
async fn an_execution_that_was_running_runs_again() {
    let bench = Bench::new();
    let id = bench.execute("SELECT 1").await;
    bench.hand.advance(TimeDelta::seconds(2));
    bench.emulator.tick();
    // The work was started but never ran: shut down in the middle of it.
    bench.emulator.shutdown().await;
    let bench = bench.reopened();
    assert_eq!(bench.status(&id).await, "RUNNING");
    bench.emulator.settled().await;
    bench.pass(600).await;
    assert_eq!(bench.status(&id).await, "SUCCEEDED");
}

#[tokio::test]
async fn the_clock_stays_where_it_was_moved() {
    let bench = Bench::new();
    bench.bare(Method::POST, "/control/clock", "do=move&minutes=600").await;
    let (clock, _hand) = crate::clock::Clock::manual(super::bench::start());
    let folder = std::sync::Arc::clone(&bench.folder);
    let moved = bench.emulator.now();
    drop(bench);
    let options = crate::emulator::Options { folder: folder.path().to_owned(), ..Default::default() };
    let analytics = std::sync::Arc::new(super::bench::Words);
    let random = crate::ids::Random::seeded(2);
    let emulator = crate::emulator::Emulator::open_with(options, clock, random, analytics).unwrap();
    assert_eq!(emulator.now(), moved);
}
