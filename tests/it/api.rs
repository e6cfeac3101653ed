//! The JSON API: queries, executions and results for programs.

mod assistants;
mod callers;
mod input;
mod lists;
mod repeats;
mod roles;
mod rooms;
mod schemathesis;
mod texts;
mod typescript;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::executions::REACH;
use crate::support::{Answer, House, Visitor, stories};

/// All areas with the widest scope of each.
pub(crate) const EVERYTHING: &[(&str, &str)] = &[
    ("instances", "read"),
    ("queries", "write"),
    ("executions", "write"),
    ("schedules", "write"),
    ("data-sources", "read"),
    ("templates", "read"),
    ("guides", "read"),
];

/// A program with a token.
pub(crate) struct Program {
    visitor: Visitor,
    pub(crate) token: String,
}

impl Program {
    /// A program with a new token of this person.
    pub(crate) async fn of(house: &House, person: &Visitor, scopes: &[(&str, &str)]) -> Self {
        Self::limited(house, person, scopes, &[]).await
    }

    /// The same, limited to these instances.
    pub(crate) async fn limited(house: &House, person: &Visitor, scopes: &[(&str, &str)], instances: &[&str]) -> Self {
        let mut fields = vec![("name", "Report"), ("days", "30")];
        fields.extend(scopes);
        if !instances.is_empty() {
            fields.push(("reach", "some"));
            fields.extend(instances.iter().map(|id| ("instance", *id)));
        }
        let page = person.post("/settings/tokens", &fields).await.with(200);
        Self { visitor: house.visitor(), token: page.text(".copyable code") }
    }

    /// The same program with another token.
    pub(crate) fn with(house: &House, token: &str) -> Self {
        Self { visitor: house.visitor(), token: token.to_owned() }
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        // Another site's page could not send the token; nothing depends on where the request seems to come from.
        let mut all = vec![("authorization", bearer.as_str()), ("sec-fetch-site", "cross-site")];
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/json"));
        }
        all.extend(headers);
        self.visitor.send(method, address, &all, body.map(Value::to_string)).await
    }

    /// Sends a body that may be no JSON.
    pub(crate) async fn raw(&self, address: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let all: Vec<_> = [("authorization", bearer.as_str())].into_iter().chain(headers.iter().copied()).collect();
        self.visitor.send(Method::POST, address, &all, Some(body.to_owned())).await
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.call(Method::GET, address, &[], None).await
    }

    pub(crate) async fn post(&self, address: &str, body: &Value) -> Answer {
        self.call(Method::POST, address, &[], Some(body)).await
    }
}

/// The JSON of an answer.
pub(crate) fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

/// The problem of an answer with this status, after checking its members.
#[track_caller]
pub(crate) fn problem(answer: Answer, status: u16) -> Value {
    let answer = answer.with(status);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.body);
    let problem = read(&answer);
    assert_eq!(problem["status"], status, "{problem}");
    for member in ["type", "title", "detail", "instance"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member} is missing: {problem}");
    }
    problem
}

/// The last part of a problem's type.
pub(crate) fn kind(problem: &Value) -> &str {
    problem["type"].as_str().and_then(|address| address.rsplit('/').next()).unwrap_or_default()
}

/// The pointers of a problem's errors.
pub(crate) fn pointers(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().into_iter().flatten().filter_map(|error| error["pointer"].as_str()).collect()
}

/// The first instance of a program.
pub(crate) async fn instance(program: &Program) -> String {
    let page = read(&program.get("/api/instances").await.with(200));
    page["items"][0]["id"].as_str().expect("an instance").to_owned()
}

/// A new query, as JSON.
pub(crate) async fn query(program: &Program, instance: &str) -> Value {
    let body = json!({ "name": "Reach", "sql": REACH, "default_instance": instance });
    read(&program.post("/api/workflows", &body).await.with(201))
}

stories! {
    /// A program creates a query, runs it, follows it, and reads its result in three formats.
    async fn a_program_runs_a_query_and_reads_its_result(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let caller = read(&program.get("/api/auth").await.with(200));
        assert_eq!((&caller["kind"], &caller["token"]["name"]), (&json!("token"), &json!("Report")), "{caller}");
        let instance = instance(&program).await;
        let one = read(&program.get(&format!("/api/instances/{instance}")).await.with(200));
        assert_eq!((&one["id"], &one["role"]), (&json!(instance), &json!("manager")), "{one}");

        let made = program.post("/api/workflows", &json!({ "name": "Reach", "sql": REACH, "default_instance": instance, "tags": ["Weekly"] })).await.with(201);
        let query = read(&made);
        let id = query["id"].as_str().unwrap();
        assert_eq!(made.location, format!("/api/workflows/{id}"));
        assert_eq!((&query["home"], &query["tags"], &query["revision"]), (&json!(instance), &json!(["weekly"]), &json!(1)));

        let started = program.post(&format!("/api/workflows/{id}/execute"), &json!({})).await.with(202);
        let execution = read(&started);
        assert_eq!((&execution["state"], &execution["origin"]), (&json!("waiting"), &json!("api")));
        let address = started.location.clone();
        assert_eq!(kind(&problem(program.get(&format!("{address}/results")).await, 409)), "conflict");
        house.settle().await;
        let status = read(&program.get(&format!("{address}/status")).await.with(200));
        assert_eq!((&status["state"], &status["is_final"]), (&json!("succeeded"), &json!(true)));
        let done = read(&program.get(&address).await.with(200));
        let columns: Vec<&str> = done["result"]["columns"].as_array().unwrap().iter().filter_map(|column| column["name"].as_str()).collect();
        assert!(!columns.is_empty() && done["timeline"].as_array().unwrap().len() > 2, "{done}");

        let rows = read(&program.get(&format!("{address}/results")).await.with(200));
        assert_eq!(rows.as_array().map(Vec::len), done["result"]["rows"].as_u64().map(|rows| rows as usize));
        let csv = program.call(Method::GET, &format!("{address}/results"), &[("accept", "text/csv")], None).await.with(200);
        assert!(csv.body.trim_start_matches('\u{feff}').starts_with(columns[0]), "{}", csv.body);
        let file = program.call(Method::GET, &format!("{address}/results"), &[("accept", "application/vnd.apache.parquet")], None).await.with(200);
        assert!(file.body.starts_with("PAR1") && file.headers["content-type"] == "application/vnd.apache.parquet");
        let odd = program.call(Method::GET, &format!("{address}/results"), &[("accept", "image/png")], None).await;
        assert_eq!(kind(&problem(odd, 406)), "not-acceptable");

        let events = program.get(&format!("{address}/events")).await.with(200);
        assert_eq!(events.headers["content-type"], "text/event-stream");
        assert!(events.body.starts_with("event: state\ndata: {") && events.body.contains("\"succeeded\""), "{}", events.body);
        let log = ada.get("/settings/audit").await.with(200);
        assert!(log.texts("tbody tr").iter().any(|line| line.contains("Execution started") && line.contains("with a token")), "{}", log.body);
    }

    /// Canceling an execution, in progress and ended.
    async fn a_program_cancels_an_execution(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let query = query(&program, &instance(&program).await).await;
        let started = program.post(&format!("/api/workflows/{}/execute", query["id"].as_str().unwrap()), &json!({})).await.with(202).location;
        let canceled = read(&program.call(Method::POST, &format!("{started}/cancel"), &[], None).await.with(202));
        assert!(canceled["cancel_requested_at"].is_string(), "{canceled}");
        house.settle().await;
        let again = read(&program.call(Method::POST, &format!("{started}/cancel"), &[], None).await.with(202));
        assert_eq!((&again["state"], &again["is_final"]), (&json!("cancelled"), &json!(true)));
        let gone = problem(program.get(&format!("{started}/results")).await, 410);
        assert_eq!(kind(&gone), "gone");
    }

    /// Queries are changed with their tag, and deleted; a stale tag changes nothing.
    async fn a_query_is_changed_by_those_who_have_read_it(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let query = query(&program, &instance(&program).await).await;
        let address = format!("/api/workflows/{}", query["id"].as_str().unwrap());
        let read_at = program.get(&address).await.with(200);
        let tag = read_at.headers["etag"].to_str().unwrap().to_owned();
        let same = program.call(Method::GET, &address, &[("if-none-match", &tag)], None).await.with(304);
        assert!(same.body.is_empty() && same.headers["etag"] == tag.as_str());

        let other = json!({ "name": "Reach again", "sql": REACH });
        let changed = program.call(Method::PUT, &address, &[("if-match", &tag)], Some(&other)).await.with(200);
        let now = read(&changed);
        assert_eq!((&now["name"], &now["revision"], &now["home"]), (&json!("Reach again"), &json!(2), &query["home"]));
        assert_ne!(changed.headers["etag"], tag.as_str());
        let stale = program.call(Method::PUT, &address, &[("if-match", &tag)], Some(&other)).await;
        assert_eq!(kind(&problem(stale, 412)), "precondition-failed");
        let stale = program.call(Method::DELETE, &address, &[("if-match", &tag)], None).await;
        problem(stale, 412);
        program.call(Method::DELETE, &address, &[], None).await.with(204);
        assert_eq!(kind(&problem(program.get(&address).await, 410)), "gone");
        problem(program.post(&format!("{address}/execute"), &json!({})).await, 409);
        assert!(read(&program.get("/api/workflows").await.with(200))["items"].as_array().unwrap().is_empty());
        assert_eq!(house.count("select count(*) as value from query_versions").await, 1);
    }

    /// A query is stored on AMC as a workflow, then updated.
    async fn a_query_is_stored_on_amc(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let instance = instance(&program).await;
        let query = query(&program, &instance).await;
        let address = format!("/api/workflows/{}/sync", query["id"].as_str().unwrap());
        let first = read(&program.post(&address, &json!({ "instance": instance })).await.with(201));
        assert_eq!((&first["workflow_id"], &first["is_new"]), (&json!("reach"), &json!(true)));
        let second = read(&program.post(&address, &json!({ "instance": instance })).await.with(200));
        assert_eq!(second["is_new"], json!(false));
        let odd = problem(program.post(&address, &json!({ "instance": "ins_1" })).await, 422);
        assert_eq!(pointers(&odd), ["#/instance"], "{odd}");
    }

    /// The document describes every operation, and each schema that it refers to.
    async fn the_document_is_whole(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, &[("guides", "read")]).await;
        let answer = program.get("/api/openapi.json").await.with(200);
        let document = read(&answer);
        assert_eq!(document["openapi"], "3.1.0");
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for part in answer.body.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name} is not defined");
        }
        let mut names = BTreeMap::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned(), path).is_none(), "{name} is there twice");
                assert!(operation["responses"]["default"].is_object() && operation["summary"].is_string(), "{method} {path}");
            }
        }
        assert!(names.len() >= 15, "{names:?}");
        // The page shows each of them.
        let page = ada.get("/api").await.with(200);
        for name in names.keys() {
            assert!(!page.attributes(&format!("tr#{name}"), "id").is_empty(), "{name} is not on the page");
        }
        assert!(page.texts("#assistants tbody th").contains(&"run_query".to_owned()), "{}", page.text("#assistants"));
        for link in page.attributes("#problems tbody a", "href") {
            ada.get(&link).await.with(200);
        }
        house.visitor().get("/api").await.with(303);
    }
}
