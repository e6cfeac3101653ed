//! Tokens: what they allow, when they end, and what they never reach.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use super::{EVERYTHING, Program, instance, kind, problem, query, read};
use crate::support::stories;

stories! {
    /// A mistyped, invented, expired or revoked token is refused, each with what to do; cookies don't help.
    async fn a_token_that_is_not_valid_is_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        program.get("/api/auth").await.with(200);
        let mut slip = program.token.clone();
        let last = slip.pop().unwrap();
        slip.push(if last == 'x' { 'y' } else { 'x' });
        let odd = [String::new(), "x".to_owned(), slip, format!("{}x", program.token)];
        for token in odd {
            let answer = ada.send(Method::GET, "/api/auth", &[("authorization", &format!("Bearer {token}"))], None).await;
            assert!(answer.headers["www-authenticate"].to_str().unwrap().contains("invalid_token"), "{token}");
            let refused = problem(answer, 401);
            assert!(kind(&refused) == "invalid-token" && refused["detail"].as_str().unwrap().contains("mistyped"), "{refused}");
        }
        let basic = ada.send(Method::GET, "/api/auth", &[("authorization", "Basic eDp4")], None).await;
        problem(basic, 401);
        let none = house.visitor().get("/api/auth").await;
        assert_eq!(none.headers["www-authenticate"], "Bearer realm=\"RecomAMP\"");
        problem(none, 401);

        let page = ada.get("/settings/tokens").await.with(200).attributes("tbody th a", "href").remove(0);
        assert!(ada.get(&format!("{page}/revoke")).await.with(200).body.contains("Revoke this token?"));
        program.get("/api/auth").await.with(200);
        ada.post(&format!("{page}/revoke"), &[]).await.with(303);
        assert!(problem(program.get("/api/auth").await, 401)["detail"].as_str().unwrap().contains("revoked"));

        let program = Program::of(&house, &ada, EVERYTHING).await;
        house.time.advance(TimeDelta::days(30));
        assert!(problem(program.get("/api/auth").await, 401)["detail"].as_str().unwrap().contains("expired"));
    }

    /// The form of a token: what is missing is said; the token is shown once; the list and the page tell its use.
    async fn a_token_is_shown_once_and_its_use_is_told(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = ada.post("/settings/tokens", &[("name", ""), ("days", "9999"), ("reach", "some")]).await.with(422);
        let told = page.texts("#errors li");
        assert_eq!(told.len(), 4, "{told:?}");
        let program = Program::of(&house, &ada, &[("queries", "read")]).await;
        assert!(program.token.starts_with("recomamp_pat_"));
        let list = ada.get("/settings/tokens").await.with(200);
        assert!(!list.body.contains(&program.token) && list.text("tbody td:nth-of-type(3)").contains("Never"), "{}", list.body);
        program.get("/api/workflows").await.with(200);
        let list = ada.get("/settings/tokens?state=active&q=repo").await.with(200);
        assert!(list.text("tbody td:nth-of-type(3)").contains("from 127.0.0.1"), "{}", list.body);
        let csv = ada.get("/settings/tokens.csv").await.with(200).body;
        assert!(csv.contains("queries:read") && csv.contains("127.0.0.1") && !csv.contains(&program.token), "{csv}");
        assert_eq!(house.count("select count(*) as value from personal_tokens where hash like 'recomamp%'").await, 0);
        let log = ada.get("/settings/audit?action=token-created").await.with(200);
        assert!(!log.body.contains(&program.token) && log.body.contains("queries:read"), "{}", log.body);
    }

    /// A suspended person's tokens stop at once and work again with them; a removed person's are revoked.
    async fn a_token_ends_with_its_person(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let program = Program::of(&house, &chie, EVERYTHING).await;
        program.get("/api/auth").await.with(200);
        let person = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
        ada.post(&format!("{person}/suspend"), &[]).await.with(303);
        assert!(problem(program.get("/api/auth").await, 401)["detail"].as_str().unwrap().contains("may not use RecomAMP"));
        ada.post(&format!("{person}/resume"), &[]).await.with(303);
        program.get("/api/auth").await.with(200);
        let successor = ada.get(&format!("{person}/remove")).await.attributes("option", "value").into_iter().find(|value| value.starts_with("per_")).unwrap();
        ada.post(&format!("{person}/remove"), &[("successor", successor.as_str())]).await.with(303);
        problem(program.get("/api/auth").await, 401);
        assert_eq!(house.count("select count(*) as value from personal_tokens where revoked_at is null").await, 0);
    }

    /// A token with too small a scope is refused with the scope that it needs; nothing happens.
    async fn a_scope_allows_what_it_names(house: House) {
        let ada = house.signed_in("Ada").await;
        let wide = Program::of(&house, &ada, EVERYTHING).await;
        let instance = instance(&wide).await;
        let query = query(&wide, &instance).await;
        let address = format!("/api/workflows/{}", query["id"].as_str().unwrap());
        let narrow = Program::of(&house, &ada, &[("queries", "read")]).await;
        narrow.get(&address).await.with(200);
        for (method, address, scope) in [
            (Method::GET, "/api/instances".to_owned(), "instances:read"),
            (Method::GET, "/api/executions".to_owned(), "executions:read"),
            (Method::POST, "/api/workflows".to_owned(), "queries:write"),
            (Method::PUT, address.clone(), "queries:write"),
            (Method::DELETE, address.clone(), "queries:write"),
            (Method::POST, format!("{address}/execute"), "executions:write"),
        ] {
            let body = json!({ "name": "Theirs", "sql": "SELECT 1" });
            let answer = narrow.call(method, &address, &[], Some(&body)).await;
            let asked = format!("Bearer realm=\"RecomAMP\", error=\"insufficient_scope\", scope=\"{scope}\"");
            assert_eq!(answer.headers["www-authenticate"], asked.as_str());
            let refused = problem(answer, 403);
            assert_eq!((kind(&refused), refused["scope"].as_str()), ("insufficient-scope", Some(scope)), "{refused}");
        }
        assert_eq!(read(&wide.get(&address).await.with(200))["revision"], 1);
        assert_eq!(house.count("select count(*) as value from executions").await, 0);
    }

    /// A token that is limited to one instance sees, changes and runs nothing of others.
    async fn a_limited_token_stays_with_its_instances(house: House) {
        let ada = house.signed_in("Ada").await;
        let wide = Program::of(&house, &ada, EVERYTHING).await;
        let all = read(&wide.get("/api/instances").await.with(200));
        let id = |at: usize| all["items"][at]["id"].as_str().unwrap().to_owned();
        let (here, there) = (id(0), id(1));
        let (mine, other) = (query(&wide, &here).await, query(&wide, &there).await);
        let at = |query: &serde_json::Value| format!("/api/workflows/{}", query["id"].as_str().unwrap());
        let run = wide.post(&format!("{}/execute", at(&other)), &json!({})).await.with(202).location;
        house.settle().await;

        let limited = Program::limited(&house, &ada, EVERYTHING, &[&here]).await;
        assert_eq!(read(&limited.get("/api/auth").await.with(200))["token"]["instances"], json!([here]));
        let ids = |body: &serde_json::Value| body["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&read(&limited.get("/api/instances").await.with(200))), [json!(here)]);
        assert_eq!(ids(&read(&limited.get("/api/workflows").await.with(200))), [mine["id"].clone()]);
        assert!(ids(&read(&limited.get("/api/executions").await.with(200))).is_empty());
        for address in [format!("/api/instances/{there}"), at(&other), run.clone(), format!("{run}/status"), format!("{run}/results"), format!("{run}/events")] {
            assert_eq!(kind(&problem(limited.get(&address).await, 404)), "not-found", "{address}");
        }
        problem(limited.call(Method::POST, &format!("{run}/cancel"), &[], None).await, 404);
        problem(limited.post(&format!("{}/execute", at(&other)), &json!({})).await, 404);
        let elsewhere = problem(limited.post(&format!("{}/execute", at(&mine)), &json!({ "instance": there })).await, 404);
        assert_eq!(elsewhere["errors"][0]["pointer"], "#/instance", "the body is wrong, not the address: {elsewhere}");
        problem(limited.post(&format!("{}/sync", at(&mine)), &json!({ "instance": there })).await, 404);
        for field in ["home", "default_instance"] {
            let body = json!({ "name": "Moved", "sql": "SELECT 1", field: there });
            problem(limited.call(Method::PUT, &at(&mine), &[], Some(&body)).await, 404);
            problem(limited.post("/api/workflows", &body).await, 404);
        }
        limited.post(&format!("{}/execute", at(&mine)), &json!({})).await.with(202);
        assert_eq!(house.count("select count(*) as value from executions").await, 2);
    }

    /// A token opens no page: neither tokens nor sessions, nor anything else that has a cookie.
    async fn a_token_reaches_the_api_only(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        for address in ["/settings/tokens", "/settings/tokens.csv", "/settings/sessions", "/settings/audit", "/queries", "/api", "/"] {
            assert!(program.get(address).await.with(303).location.starts_with("/sign-in"), "{address}");
        }
        let form = [("authorization", format!("Bearer {}", program.token)), ("content-type", "application/x-www-form-urlencoded".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let body = "name=Another&days=30&queries=write".to_owned();
        let answer = house.visitor().send(Method::POST, "/settings/tokens", &form, Some(body)).await.with(303);
        assert!(answer.location.starts_with("/sign-in"));
        assert_eq!(house.count("select count(*) as value from personal_tokens").await, 1);
    }

    /// A session's cookie reads the API in a browser; it changes something only from our own pages.
    async fn a_cookie_changes_nothing_from_elsewhere(house: House) {
        let ada = house.signed_in("Ada").await;
        assert_eq!(read(&ada.get("/api/auth").await.with(200))["kind"], "session");
        let json = |site: &'static str| [("sec-fetch-site", site), ("content-type", "application/json")];
        let body = || Some(json!({ "name": "Mine", "sql": "SELECT 1" }).to_string());
        for site in ["cross-site", "same-site", "none"] {
            let refused = ada.send(Method::POST, "/api/workflows", &json(site), body()).await;
            assert_eq!(kind(&problem(refused, 403)), "not-allowed", "{site}");
        }
        assert_eq!(house.count("select count(*) as value from queries").await, 0);
        ada.send(Method::POST, "/api/workflows", &json("same-origin"), body()).await.with(201);
    }

    /// What was done with a token is in the audit log, one link away from it.
    async fn the_log_tells_what_a_token_did(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let other = Program::of(&house, &ada, EVERYTHING).await;
        let query = query(&program, &instance(&program).await).await;
        let address = format!("/api/workflows/{}", query["id"].as_str().unwrap());
        program.post(&format!("{address}/execute"), &json!({})).await.with(202);
        other.call(Method::DELETE, &address, &[], None).await.with(204);
        let tokens = ada.get("/settings/tokens").await.attributes("tbody th a", "href");
        let log = |page: &str| format!("/settings/audit?token={}", page.rsplit('/').next().unwrap());
        let done = async |page: &str| ada.get(&log(page)).await.with(200).texts("tbody td:nth-of-type(1)");
        let narrowed = ada.get(&log(&tokens[0])).await.with(200);
        assert!(narrowed.text("main .chips").contains("Token: Report"), "{}", narrowed.body);
        assert_eq!(narrowed.attributes("main .chips a", "href"), ["/settings/audit"]);
        let (newer, older) = (done(&tokens[0]).await, done(&tokens[1]).await);
        let (mut one, mut two) = if newer.len() < older.len() { (newer, older) } else { (older, newer) };
        one.sort();
        two.sort();
        assert_eq!((one, two), (vec!["Query deleted".to_owned()], vec!["Execution started".to_owned(), "Query created or changed by a program".to_owned()]));
        assert!(ada.get(&tokens[0]).await.attributes("main a", "href").contains(&log(&tokens[0])));
    }
}
