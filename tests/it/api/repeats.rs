//! Idempotency keys: each of their four answers, and many at once.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{EVERYTHING, Program, instance, kind, problem, query, read};
use crate::support::{execute, stories};

const EXECUTIONS: &str = "select count(*) as value from executions";

async fn keyed(program: &Program, address: &str, key: &str, body: &Value) -> crate::support::Answer {
    program.call(Method::POST, address, &[("idempotency-key", key)], Some(body)).await
}

stories! {
    /// A repeated request gets the first one's answer; another one with its key is refused; one that failed gives its
    /// key back.
    async fn a_key_does_one_thing_once(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let body = json!({ "name": "Once", "sql": "SELECT 1" });
        let failed = keyed(&program, "/api/workflows", "k1", &json!({ "name": "", "sql": "SELECT 1" })).await;
        problem(failed, 422);
        let first = keyed(&program, "/api/workflows", "k1", &body).await.with(201);
        let again = keyed(&program, "/api/workflows", "k1", &body).await.with(201);
        assert_eq!((&first.body, &first.location), (&again.body, &again.location));
        assert!(again.headers["idempotent-replayed"] == "true" && !first.headers.contains_key("idempotent-replayed"));
        assert_eq!(house.count("select count(*) as value from queries").await, 1);

        let other = json!({ "name": "Other", "sql": "SELECT 1" });
        assert_eq!(kind(&problem(keyed(&program, "/api/workflows", "k1", &other).await, 422)), "key-reused");
        let elsewhere = format!("{}/execute", first.location);
        assert_eq!(kind(&problem(keyed(&program, &elsewhere, "k1", &json!({})).await, 422)), "key-reused");
        for key in ["", " ", &"x".repeat(201)] {
            assert_eq!(kind(&problem(keyed(&program, "/api/workflows", key, &body).await, 400)), "invalid-request");
        }
        let chie = Program::of(&house, &house.signed_in("Chie").await, EVERYTHING).await;
        assert_ne!(keyed(&chie, "/api/workflows", "k1", &body).await.with(201).location, first.location, "keys are each person's own");
        house.time.advance(TimeDelta::days(2));
        keyed(&program, "/api/workflows", "k1", &other).await.with(201);
    }

    /// While the first request is in progress, a repeated one waits its turn; a claim whose process ended passes on.
    async fn a_key_in_progress_is_not_done_twice(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let query = query(&program, &instance(&program).await).await;
        let address = format!("/api/workflows/{}/execute", query["id"].as_str().unwrap());
        let first = keyed(&program, &address, "run", &json!({})).await.with(202);
        // As if the process had ended after starting the execution, and before storing the answer.
        execute(&house.database_url(), "update api_requests set status = null, body = null, headers = null").await;
        let busy = keyed(&program, &address, "run", &json!({})).await;
        let seconds: i64 = busy.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert_eq!(kind(&problem(busy, 409)), "request-in-progress");
        house.time.advance(TimeDelta::seconds(seconds));
        let again = keyed(&program, &address, "run", &json!({})).await.with(202);
        assert_eq!(again.location, first.location, "the execution that was started is found by its key");
        assert_eq!(house.count(EXECUTIONS).await, 1);
    }

    /// Many parallel requests with one key start one execution, and each gets a clear answer.
    async fn many_at_once_with_one_key_start_one_execution(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let query = query(&program, &instance(&program).await).await;
        let address = format!("/api/workflows/{}/execute", query["id"].as_str().unwrap());
        let body = json!({});
        let calls = (0..12).map(|_| keyed(&program, &address, "all", &body));
        let answers = futures::future::join_all(calls).await;
        let done: Vec<_> = answers.iter().filter(|answer| answer.status == 202).collect();
        assert!(!done.is_empty() && done.iter().all(|answer| answer.location == done[0].location));
        for answer in answers.iter().filter(|answer| answer.status != 202) {
            assert_eq!((answer.status.as_u16(), kind(&read(answer))), (409, "request-in-progress"), "{}", answer.body);
        }
        assert_eq!(house.count(EXECUTIONS).await, 1);
        let free = (0..8).map(|_| program.post(&address, &body));
        assert!(futures::future::join_all(free).await.iter().all(|answer| answer.status == 202));
        assert_eq!(house.count(EXECUTIONS).await, 9);
    }
}
