//! Bad input: each a clear problem, and nothing is done.

use reqwest::Method;
use serde_json::{Value, json};

use super::{EVERYTHING, Program, instance, kind, pointers, problem, query, read};
use crate::executions::REACH;
use crate::support::{Answer, stories};

/// A body that isn't made by a JSON library.
async fn raw(program: &Program, address: &str, kind: &str, body: String) -> Answer {
    let bearer = format!("Bearer {}", program.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
    program.visitor.send(Method::POST, address, &headers, Some(body)).await
}

stories! {
    /// Bodies that aren't JSON, are too large or too deep.
    async fn a_body_that_cannot_be_read_is_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let json_body = "{\"name\": \"x\", \"sql\": \"SELECT 1\"}".to_owned();
        for odd in ["", "text/plain", "application/x-www-form-urlencoded"] {
            let refused = raw(&program, "/api/workflows", odd, json_body.clone()).await;
            assert_eq!(kind(&problem(refused, 415)), "unsupported-media-type", "{odd}");
        }
        let deep = format!("{{\"name\": {}{}, \"sql\": \"x\"}}", "[".repeat(10_000), "]".repeat(10_000));
        let broken = [String::new(), "{".to_owned(), "{\"name\": }".to_owned(), "\u{FEFF}{}".to_owned(), deep];
        for body in broken {
            let status = raw(&program, "/api/workflows", "application/json", body.clone()).await;
            let status = if status.status == 422 { problem(status, 422) } else { problem(status, 400) };
            assert!(["invalid-request", "invalid-fields"].contains(&kind(&status)), "{status}");
        }
        let huge = format!("{{\"name\": \"x\", \"sql\": \"{}\"}}", "x".repeat(3 << 20));
        assert_eq!(kind(&problem(raw(&program, "/api/workflows", "application/json", huge.clone()).await, 413)), "too-large");
        let keyed = [("idempotency-key", "k")];
        let body: Value = serde_json::from_str(&huge).unwrap();
        problem(program.call(Method::POST, "/api/workflows", &keyed, Some(&body)).await, 413);
        let nul = raw(&program, "/api/workflows", "application/json", "{\"name\": \"x\\u0000\", \"sql\": \"SELECT 1\"}".to_owned()).await;
        assert!(problem(nul, 400)["detail"].as_str().unwrap().contains("NUL"));
        assert_eq!(house.count("select count(*) as value from queries").await, 0);
    }

    /// Missing, mistyped, unknown and invalid members, each named by its pointer.
    async fn what_does_not_fit_is_named_by_its_pointer(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        for (body, named) in [
            (json!({ "sql": "SELECT 1" }), vec!["#/name"]),
            (json!({ "name": 1, "sql": "SELECT 1" }), vec!["#/name"]),
            (json!({ "name": "x", "sql": "SELECT 1", "nmae": "y" }), vec!["#/nmae"]),
            (json!({ "name": "x", "sql": "SELECT 1", "window": { "from": "y" } }), vec!["#/window/from"]),
            (json!({ "name": "x", "sql": "SELECT 1", "parameters": [{ "name": "a" }, { "name": "b", "kind": 1 }] }), vec!["#/parameters/1/kind"]),
            (json!({ "name": "", "sql": "" }), vec!["#/name", "#/sql"]),
            (json!({ "name": "x".repeat(201), "sql": "SELECT 1", "window": { "kind": "forever", "zone": "Mars" } }), vec!["#/name", "#/window/kind", "#/window/zone"]),
            (json!({ "name": "x", "sql": "SELECT 1", "parameters": [{ "name": "a b" }] }), vec!["#/parameters/0/name"]),
            (json!({ "name": "x", "sql": "SELECT 1", "parameters": [{ "name": "a", "kind": "odd" }] }), vec!["#/parameters/0/kind"]),
            (json!({ "name": "x", "sql": "SELECT 1", "parameters": [{ "name": "a", "kind": "number", "default": "many" }] }), vec!["#/parameters/0/default"]),
            (json!({ "name": "x", "sql": "SELECT 1", "privacy": { "mode": "odd" } }), vec!["#/privacy/mode"]),
            (json!({ "name": "x", "sql": "SELECT 1", "home": "nobody" }), vec!["#/home"]),
            (json!({ "name": "x", "sql": "SELECT 1", "home": "private", "default_instance": "ins_01jzzzzzzzzzzzzzzzzzzzzzzz" }), vec!["#/default_instance"]),
        ] {
            let refused = problem(program.post("/api/workflows", &body).await, 422);
            let mut told = pointers(&refused);
            told.sort_unstable();
            assert_eq!((kind(&refused), told), ("invalid-fields", named), "{body}: {refused}");
        }
        for body in [json!([]), json!(null), json!("x")] {
            let refused = problem(program.post("/api/workflows", &body).await, 422);
            assert!(refused["errors"][0]["detail"].as_str().is_some_and(|text| text.ends_with("expected an object.")), "{refused}");
        }
        let nowhere = json!({ "sql": "SELECT 1", "instance": "ins_01jzzzzzzzzzzzzzzzzzzzzzzz" });
        let refused = problem(program.post("/api/workflows/check", &nowhere).await, 404);
        assert_eq!(pointers(&refused), ["#/instance"], "{refused}");
        // Values without names aren't taken for the fields in their order.
        problem(program.post("/api/workflows/check", &json!(["SELECT 1", null])).await, 422);
        assert_eq!(house.count("select count(*) as value from queries").await, 0);
    }

    /// The input of a run: values that don't fit, unknown parameters, windows in the future, SQL that AMC would reject.
    async fn a_run_that_cannot_start_says_why(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let instance = instance(&program).await;
        let sql = "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions WHERE impressions > {{least}} GROUP BY campaign";
        let body = json!({ "name": "Least", "sql": sql, "default_instance": instance, "parameters": [{ "name": "least", "kind": "number", "required": true }] });
        let query = read(&program.post("/api/workflows", &body).await.with(201));
        let address = format!("/api/workflows/{}/execute", query["id"].as_str().unwrap());
        for (body, named) in [
            (json!({}), "#/parameters/least"),
            (json!({ "parameters": { "least": "many" } }), "#/parameters/least"),
            (json!({ "parameters": { "least": { "a": 1 } } }), "#/parameters/least"),
            (json!({ "parameters": { "least": 1, "other": 2 } }), "#/parameters/other"),
            (json!({ "parameters": { "least": 1 }, "window": { "kind": "explicit", "start": "2126-01-01", "end": "2126-01-02" } }), "#/window/end"),
            (json!({ "parameters": { "least": 1 }, "window": { "kind": "soon" } }), "#/window/kind"),
            (json!({ "parameters": { "least": 1 }, "options": { "timeout_seconds": 5 } }), "#/options/timeout_seconds"),
            (json!({ "parameters": { "least": 1 }, "instance": "ins_1" }), "#/instance"),
        ] {
            let refused = problem(program.post(&address, &body).await, 422);
            assert!(pointers(&refused).contains(&named), "{body}: {refused}");
        }
        let stale = problem(program.post(&address, &json!({ "parameters": { "least": 1 }, "revision": 7 })).await, 412);
        assert_eq!(kind(&stale), "precondition-failed");
        let broken = json!({ "name": "Broken", "sql": "SELECT nothing FROM dsp_impressions", "default_instance": instance });
        let broken = read(&program.post("/api/workflows", &broken).await.with(201));
        let refused = problem(program.post(&format!("/api/workflows/{}/execute", broken["id"].as_str().unwrap()), &json!({})).await, 422);
        assert_eq!((kind(&refused), refused["code"].as_str()), ("invalid-query", Some("unfit")), "{refused}");
        assert!(refused["findings"].as_array().is_some_and(|findings| !findings.is_empty()), "{refused}");
        let homeless = read(&program.post("/api/workflows", &json!({ "name": "Homeless", "sql": REACH })).await.with(201));
        let refused = problem(program.post(&format!("/api/workflows/{}/execute", homeless["id"].as_str().unwrap()), &json!({})).await, 422);
        assert_eq!(pointers(&refused), ["#/instance"]);
        assert_eq!(house.count("select count(*) as value from executions").await, 0);
        program.post(&address, &json!({ "parameters": { "least": 1 } })).await.with(202);
        program.post(&address, &json!({ "parameters": { "least": "2.5" } })).await.with(202);
    }

    /// Addresses that don't exist, methods that an address doesn't have, and ids of nothing.
    async fn an_address_that_is_not_there_is_a_problem(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        query(&program, &instance(&program).await).await;
        for address in ["/api/nothing", "/api/workflows/x", "/api/executions/exe_1", "/api/workflows/qry_01jzzzzzzzzzzzzzzzzzzzzzzz", "/api/executions/%00"] {
            assert_eq!(kind(&problem(program.get(address).await, 404)), "not-found", "{address}");
        }
        let wrong = program.call(Method::PATCH, "/api/workflows", &[], Some(&json!({}))).await;
        assert!(wrong.headers.contains_key("allow"));
        assert_eq!(kind(&problem(wrong, 405)), "method-not-allowed");
    }
}
