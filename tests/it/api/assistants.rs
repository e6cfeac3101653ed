//! Assistants: the tools at `/mcp`, called as the protocol says and by its official Python client.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::rooms::{started, worked};
use super::{EVERYTHING, Program, kind, problem, read};
use crate::executions::REACH;
use crate::support::{Answer, Database, House, Visitor, stories};

/// The variable with the Python that has the package `mcp`.
const PYTHON: &str = "RECOMAMP_TEST_PYTHON";
const ACCEPTED: (&str, &str) = ("accept", "application/json, text/event-stream");

async fn message(program: &Program, method: &str, params: &Value) -> Answer {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    program.call(Method::POST, "/mcp", &[ACCEPTED], Some(&body)).await
}

/// The text of a tool's answer, and whether it is an error.
async fn told(program: &Program, tool: &str, input: Value) -> (String, bool) {
    let answer = read(&message(program, "tools/call", &json!({ "name": tool, "arguments": input })).await.with(200));
    let result = &answer["result"];
    let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{tool}: {answer}")).to_owned();
    (text, result["isError"] == true)
}

/// The JSON of a tool's answer.
async fn called(program: &Program, tool: &str, input: Value) -> Value {
    let (text, is_error) = told(program, tool, input).await;
    assert!(!is_error, "{tool}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{tool}: {error}: {text}"))
}

/// The text of a tool's error.
async fn refused(program: &Program, tool: &str, input: Value) -> String {
    let (text, is_error) = told(program, tool, input).await;
    assert!(is_error, "{tool} does it: {text}");
    text
}

async fn tools(program: &Program) -> Vec<String> {
    let answer = read(&message(program, "tools/list", &json!({})).await.with(200));
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
    tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

async fn executions(house: &House) -> i64 {
    house.count("select count(*) as value from executions").await
}

stories! {
    /// With an assistant: find the column, write, check, fix, try, save, run with an agreement, read the result.
    async fn an_assistant_gets_from_a_question_to_a_result(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "story", "version": "1" } });
        let hello = read(&message(&program, "initialize", &hello).await.with(200));
        assert_eq!((&hello["result"]["serverInfo"]["name"], &hello["result"]["protocolVersion"]), (&json!("recomamp"), &json!("2025-06-18")), "{hello}");

        let found = called(&program, "find_columns", json!({ "words": "campaign" })).await;
        assert!(found.as_array().is_some_and(|all| all.iter().any(|it| it["data_source"] == "dsp_impressions")), "{found}");
        let source = called(&program, "describe_data_source", json!({ "name": "dsp_impressions", "columns": "campaign" })).await;
        assert!(source["columns"][0]["column"].as_str().is_some_and(|line| line.contains("campaign")), "{source}");
        let checked = called(&program, "check_sql", json!({ "sql": REACH.replace("campaign", "campaing") })).await;
        assert_eq!((&checked["would_amc_reject_it"], &checked["findings"][0]["fix"]["with"]), (&json!(true), &json!("campaign")), "{checked}");
        assert_eq!(called(&program, "check_sql", json!({ "sql": REACH })).await["would_amc_reject_it"], false);
        let tried = called(&program, "try_sql", json!({ "sql": REACH, "rows": 3 })).await;
        assert!(tried["rows"].as_array().is_some_and(|rows| (1..=3).contains(&rows.len())), "{tried}");

        let instances = called(&program, "list_instances", json!({})).await;
        let instance = instances["items"][0]["id"].clone();
        let saved = called(&program, "save_query", json!({ "name": "Reach", "sql": REACH, "instance": instance })).await;
        let changed = called(&program, "save_query", json!({ "query": saved["id"], "sql": REACH, "description": "Reach and impressions." })).await;
        assert_eq!((&changed["id"], &changed["name"]), (&saved["id"], &json!("Reach")), "{changed}");
        assert_eq!(called(&program, "list_queries", json!({ "words": "reach" })).await["items"][0]["id"], saved["id"]);
        assert_eq!(called(&program, "read_query", json!({ "query": saved["id"] })).await["description"], "Reach and impressions.");

        let planned = called(&program, "run_query", json!({ "query": saved["id"], "window": "days-7-14" })).await;
        assert_eq!((&planned["would_run"]["query"], &planned["would_run"]["instance"]), (&json!("Reach"), &instances["items"][0]["name"]), "{planned}");
        house.settle().await;
        assert_eq!(executions(&house).await, 0, "nothing runs without an agreement");
        let agreed = json!({ "query": saved["id"], "window": "days-7-14", "confirmation": planned["confirmation"] });
        let started = called(&program, "run_query", agreed.clone()).await;
        assert_eq!(called(&program, "run_query", agreed).await["id"], started["id"], "an agreement is to one run");
        let id = &started["id"];
        assert!(refused(&program, "read_result", json!({ "execution": id })).await.contains("in progress"));
        house.settle().await;
        let done = called(&program, "read_execution", json!({ "execution": id })).await;
        assert_eq!((&done["state"], &done["is_final"]), (&json!("succeeded"), &json!(true)), "{done}");
        let result = called(&program, "read_result", json!({ "execution": id, "rows": 2 })).await;
        assert_eq!((&result["columns"][0], &result["rows_shown"], &result["total_rows"]), (&json!("campaign"), &json!(2), &done["rows"]), "{result}");
        assert_eq!(executions(&house).await, 1);
        let audit = ada.get("/settings/audit").await.with(200).body;
        assert!(audit.contains("Report"), "what a token did is in the audit log");
    }

    /// An agreement is to what was shown: for anything else, too late, or for another person it starts nothing.
    async fn an_agreement_is_to_what_was_shown(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let instance = called(&program, "list_instances", json!({})).await["items"][0]["id"].clone();
        let saved = called(&program, "save_query", json!({ "name": "Reach", "sql": REACH, "instance": instance })).await;
        let plan = async || called(&program, "run_query", json!({ "query": saved["id"] })).await["confirmation"].clone();
        let run = |confirmation: &Value, window: Option<&str>| json!({ "query": saved["id"], "window": window, "confirmation": confirmation });
        let confirmation = plan().await;
        assert!(refused(&program, "run_query", run(&json!("yes"), None)).await.contains("isn't a confirmation"));
        assert!(refused(&program, "run_query", run(&confirmation, Some("days-7-14"))).await.contains("something else"));
        called(&program, "save_query", json!({ "query": saved["id"], "sql": format!("{REACH} ") })).await;
        assert!(refused(&program, "run_query", run(&confirmation, None)).await.contains("something else"), "the query has changed");
        let confirmation = plan().await;
        house.time.advance(TimeDelta::minutes(16));
        assert!(refused(&program, "run_query", run(&confirmation, None)).await.contains("expired"));
        let other = Program::of(&house, &house.signed_in("Chie").await, EVERYTHING).await;
        let confirmation = plan().await;
        assert!(refused(&other, "run_query", run(&confirmation, None)).await.contains("can't see it"));
        house.settle().await;
        assert_eq!(executions(&house).await, 0);
        called(&program, "run_query", run(&confirmation, None)).await;
        assert_eq!(executions(&house).await, 1);
    }

    /// A token allows its tools only; without a token, by a session or with odd messages, nobody gets anywhere.
    async fn an_assistant_is_held_to_its_token(house: House) {
        let ada = house.signed_in("Ada").await;
        let small = Program::of(&house, &ada, &[("data-sources", "read"), ("guides", "read")]).await;
        assert_eq!(tools(&small).await, ["find_columns", "describe_data_source", "list_guides", "read_guide"]);
        assert!(refused(&small, "check_sql", json!({ "sql": REACH })).await.contains("queries:read"));
        let guides = called(&small, "list_guides", json!({ "words": "reach" })).await;
        let guide = called(&small, "read_guide", json!({ "guide": guides["items"][0]["id"] })).await;
        let section = called(&small, "read_guide", json!({ "guide": guide["id"], "section": guide["sections"][0] })).await;
        assert_eq!(section["title"], guide["sections"][0]);
        assert!(refused(&small, "read_guide", json!({ "guide": guide["id"], "section": "None" })).await.contains("no section"));
        assert!(refused(&small, "read_guide", json!({ "guide": "../auth" })).await.contains("can't see it"));
        assert!(refused(&small, "find_columns", json!({ "word": "x" })).await.contains("words"), "the wrong argument is named");
        let unknown = read(&message(&small, "tools/call", &json!({ "name": "drop_everything", "arguments": {} })).await.with(200));
        assert!(unknown["error"]["message"].as_str().is_some_and(|text| text.contains("find_columns")), "{unknown}");

        problem(message(&Program::with(&house, "none"), "tools/list", &json!({})).await, 401);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
        let by_session = |visitor: Visitor| async move {
            visitor.send(Method::POST, "/mcp", &[ACCEPTED, ("content-type", "application/json")], Some(body)).await
        };
        let by_session = by_session(ada).await;
        assert_eq!(by_session.headers["www-authenticate"], "Bearer realm=\"RecomAMP\"");
        problem(by_session, 401);
        problem(small.call(Method::GET, "/mcp", &[ACCEPTED], None).await, 405);
        for odd in ["", "{", "[]", "{\"jsonrpc\":\"2.0\"}", "null"] {
            let answer = small.raw("/mcp", &[ACCEPTED, ("content-type", "application/json")], odd).await;
            assert!((400..500).contains(&answer.status.as_u16()), "{odd}: {} {}", answer.status, answer.body);
        }
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let answer = small.raw("/mcp", &[ACCEPTED, ("content-type", "application/json")], &deep).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
    }
}

/// A client that repeats a call is told to wait, and for how long; no session is kept for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_assistant_that_loops_is_told_to_wait() {
    let house = House::open_with(Database::sqlite(), &[("REQUESTS_PER_MINUTE", "100")]).await;
    let ada = house.signed_in("Ada").await;
    let program = Program::of(&house, &ada, EVERYTHING).await;
    let mut answer = message(&program, "ping", &json!({})).await.with(200);
    for _ in 0..200 {
        if answer.status.as_u16() != 200 {
            break;
        }
        assert!(!answer.headers.contains_key("mcp-session-id"));
        answer = message(&program, "ping", &json!({})).await;
    }
    let wait: u64 = answer.headers["retry-after"].to_str().expect("a text").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(kind(&problem(answer, 429)), "too-many-requests");
}

/// The official Python client, with the program in the documents.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the test command says by this variable where Python is")]
async fn the_official_client_does_the_example_of_the_documents() {
    let python = std::env::var(PYTHON).unwrap_or_else(|_| {
        panic!("{PYTHON} is not set, so that this story cannot run: scripts/test installs the client")
    });
    let house = House::open(Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    let program = Program::of(&house, &ada, EVERYTHING).await;
    let document = include_str!("../../../docs/assistants.md");
    let example = document.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let environment =
        [("RECOMAMP_URL", format!("http://{}", house.address)), ("RECOMAMP_TOKEN", program.token.clone())];
    let (code, out, err) = worked(&house, started(&python, &["-c", example], &environment)).await;
    assert!(code == 0 && out.contains("succeeded") && out.contains("\"columns\":[\"campaign\""), "{code} {out} {err}");
}

/// The tasks for assistants are about data sources and columns that exist, and the score is that of the SQL alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_assistant_is_scored_by_its_sql() {
    let house = House::open(Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    let program = Program::of(&house, &ada, EVERYTHING).await;
    let tasks: Vec<Value> = serde_json::from_str(include_str!("../../../scripts/assist-tasks.json")).expect("JSON");
    assert_eq!(tasks.len(), 30);
    let texts = |task: &Value, name: &str| -> Vec<String> {
        task[name].as_array().into_iter().flatten().map(|text| text.as_str().expect("a text").to_owned()).collect()
    };
    for task in &tasks {
        let mut columns = Vec::new();
        for source in texts(task, "reads") {
            let source = read(&program.get(&format!("/api/data-sources/{source}")).await.with(200));
            columns.extend(source["columns"].as_array().expect("columns").iter().map(|column| column["name"].clone()));
        }
        for column in texts(task, "uses") {
            assert!(columns.contains(&json!(column)), "{column} is in no data source of: {task}");
        }
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/assist-score");
    let environment = [
        ("RECOMAMP_URL", format!("http://{}", house.address)),
        ("RECOMAMP_TOKEN", program.token.clone()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
    ];
    let answer = "Here it is:\n```sql\nSELECT campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY campaign\n```";
    let assistant = [script, "--", "sh", "-c", "cat > /dev/null; echo \"$0\"", answer];
    let (code, out, err) =
        worked(&house, started("/usr/bin/env", &[&["python3"][..], &assistant].concat(), &environment)).await;
    assert!(code == 0 && out.starts_with(" 1  passed  Reach of each DSP campaign"), "{code} {out} {err}");
    assert!(out.contains("29  failed") && out.contains("it reads dsp_impressions, not"), "{out}");
    assert!(out.trim_end().ends_with("of 30 tasks passed"), "{out}");
}
