//! Idempotency keys: each of their four answers, and many at once.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{EVERYTHING, Program, instance, kind, problem, query, read};
use crate::support::{House, execute, stories};

const EXECUTIONS: &str = "select count(*) as value from executions";

async fn keyed(program: &Program, address: &str, key: &str, body: &Value) -> crate::support::Answer {
    program.call(Method::POST, address, &[("idempotency-key", key)], Some(body)).await
}

fn is_sqlite(house: &House) -> bool {
    house.database_url().starts_with("sqlite:")
}

/// From here on no answer can be stored, as if the process ended just before.
fn ends_here(house: &House) -> &'static str {
    if is_sqlite(house) {
        "create trigger ends_here before update of status on api_requests begin select raise(abort, 'it ends here'); end"
    } else {
        "create or replace function ends_here() returns trigger language plpgsql as \
         $$ begin raise exception 'it ends here'; end $$; \
         create trigger ends_here before update of status on api_requests for each row execute function ends_here()"
    }
}

fn goes_on(house: &House) -> &'static str {
    if is_sqlite(house) { "drop trigger ends_here" } else { "drop trigger ends_here on api_requests" }
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

    /// What is done and its answer are stored together: if the process ends at that moment, nothing was done, and a
    /// repeated request does it once, however much later.
    async fn a_repeated_request_finds_what_was_done_or_nothing(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let instance = instance(&program).await;
        let query = query(&program, &instance).await;
        let id = query["id"].as_str().unwrap();
        let timing = json!({ "repeat": "daily", "at": "09:00" });
        let schedule = program.post("/api/schedules", &json!({ "workflow": id, "timing": timing })).await.with(201).location;
        let template = "/api/query-templates/reach-by-campaign/create-workflow";
        let requests = [
            ("/api/workflows".to_owned(), json!({ "name": "Once", "sql": "SELECT 1" }), 201, "select count(*) as value from queries"),
            (template.to_owned(), json!({ "instance": instance }), 201, "select count(*) as value from queries"),
            (format!("/api/workflows/{id}/execute"), json!({}), 202, EXECUTIONS),
            ("/api/schedules".to_owned(), json!({ "workflow": id, "timing": timing }), 201, "select count(*) as value from schedules"),
            (format!("{schedule}/pause"), json!({}), 200, "select count(*) as value from schedules where state = 'paused'"),
            (format!("{schedule}/resume"), json!({ "missed": "none" }), 200, "select count(*) as value from audit where action = 'schedule-changed'"),
        ];
        for (address, body, status, counted) in requests {
            let before = house.count(counted).await;
            execute(&house.database_url(), ends_here(&house)).await;
            let failed = keyed(&program, &address, &address, &body).await;
            assert!(failed.status.is_server_error(), "{address}: {} {}", failed.status, failed.body);
            assert_eq!(house.count(counted).await, before, "{address} did half of it");
            execute(&house.database_url(), goes_on(&house)).await;
            let first = keyed(&program, &address, &address, &body).await.with(status);
            assert!(!first.headers.contains_key("idempotent-replayed"), "{address}");
            house.time.advance(TimeDelta::minutes(5));
            let again = keyed(&program, &address, &address, &body).await.with(status);
            assert_eq!((&again.body, &again.location), (&first.body, &first.location), "{address}");
            assert_eq!(again.headers["idempotent-replayed"], "true", "{address}");
            assert_eq!(house.count(counted).await, before + 1, "{address} is done once");
        }
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
