//! Schedules, data sources, templates and guides; the command line and the example of the documents.

use reqwest::Method;
use serde_json::{Value, json};

use super::{EVERYTHING, Program, instance, kind, pointers, problem, query, read};
use crate::support::{Database, House, stories};

stories! {
    /// A schedule is created, changed, paused, resumed, and deleted; its slots are listed.
    async fn a_program_schedules_a_query(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let query = query(&program, &instance(&program).await).await;
        let body = json!({ "workflow": query["id"], "timing": { "repeat": "daily", "at": "09:00", "zone": "Europe/Berlin" } });
        let made = program.post("/api/schedules", &body).await.with(201);
        let address = made.location.clone();
        let schedule = read(&made);
        assert_eq!((&schedule["name"], &schedule["state"], &schedule["timing"]["zone"]), (&json!("Reach"), &json!("active"), &json!("Europe/Berlin")));
        let odd = json!({ "workflow": query["id"], "timing": { "repeat": "cron", "cron": "nonsense", "zone": "Mars" }, "policies": { "missed": "maybe" } });
        let refused = problem(program.post("/api/schedules", &odd).await, 422);
        for pointer in ["#/timing/cron", "#/timing/zone", "#/policies/missed"] {
            assert!(pointers(&refused).contains(&pointer), "{refused}");
        }
        assert_eq!(pointers(&problem(program.post("/api/schedules", &json!({ "name": "x" })).await, 422)), ["#/workflow"]);

        let tag = program.get(&address).await.with(200).headers["etag"].to_str().unwrap().to_owned();
        let change = json!({ "name": "Morning", "note": "Asked for by Ben." });
        let changed = read(&program.call(Method::PUT, &address, &[("if-match", &tag)], Some(&change)).await.with(200));
        assert_eq!((&changed["name"], &changed["timing"]["at"], &changed["revision"]), (&json!("Morning"), &json!("09:00"), &json!(2)));
        problem(program.call(Method::PUT, &address, &[("if-match", &tag)], Some(&change)).await, 412);
        let paused = read(&program.post(&format!("{address}/pause"), &json!({ "note": "Holidays" })).await.with(200));
        assert_eq!(paused["state"], "paused");
        problem(program.post(&format!("{address}/pause"), &json!({})).await, 409);
        assert_eq!(pointers(&problem(program.post(&format!("{address}/resume"), &json!({ "missed": "maybe" })).await, 422)), ["#/missed"]);
        assert_eq!(read(&program.post(&format!("{address}/resume"), &json!({ "missed": "none" })).await.with(200))["state"], "active");
        house.time.advance(chrono::TimeDelta::days(1));
        house.tick("scheduler").await;
        let slots = read(&program.get(&format!("{address}/slots")).await.with(200));
        assert_eq!(slots["items"].as_array().unwrap().len(), 1, "{slots}");
        let list = read(&program.get("/api/schedules?state=active").await.with(200));
        assert_eq!(list["items"][0]["name"], "Morning");
        program.call(Method::DELETE, &address, &[], None).await.with(204);
        assert_eq!(kind(&problem(program.get(&address).await, 410)), "gone");
    }

    /// Data sources are listed, searched, compared; templates become queries; guides are read.
    async fn a_program_looks_things_up(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let all = read(&program.get("/api/data-sources?limit=500").await.with(200));
        assert!(all["items"].as_array().unwrap().len() > 20, "{all}");
        let one = read(&program.get("/api/data-sources/dsp_impressions").await.with(200));
        assert!(one["columns"].as_array().unwrap().iter().any(|column| column["name"] == "campaign"), "{one}");
        problem(program.get("/api/data-sources/nothing").await, 404);
        let found = read(&program.get("/api/data-sources/search?q=viewable").await.with(200));
        assert!(found["items"][0]["source"]["name"].is_string(), "{found}");
        let compared = read(&program.get("/api/data-sources/compare?source=dsp_impressions&source=dsp_clicks").await.with(200));
        assert!(compared["columns"].as_array().unwrap().iter().any(|column| column["standing"] == "same"));
        problem(program.get("/api/data-sources/compare?source=dsp_impressions").await, 400);
        assert!(!read(&program.get("/api/data-sources/categories").await.with(200))["items"].as_array().unwrap().is_empty());

        let templates = read(&program.get("/api/query-templates?limit=5").await.with(200));
        let slug = templates["items"][0]["id"].as_str().unwrap();
        let instance = instance(&program).await;
        let made = program.post(&format!("/api/query-templates/{slug}/create-workflow"), &json!({ "instance": instance })).await.with(201);
        let query = read(&made);
        assert_eq!((&query["home"], &query["default_instance"]), (&json!("private"), &json!(instance)));
        program.get(&made.location).await.with(200);
        let odd = json!({ "parameters": { "nothing": 1 } });
        assert_eq!(pointers(&problem(program.post(&format!("/api/query-templates/{slug}/create-workflow"), &odd).await, 422)), ["#/parameters/nothing"]);
        problem(program.get("/api/query-templates/nothing").await, 404);

        let guides = read(&program.get("/api/guides?limit=1").await.with(200));
        let guide = read(&program.get(&format!("/api/guides/{}", guides["items"][0]["id"].as_str().unwrap())).await.with(200));
        assert!(!guide["sections"].as_array().unwrap().is_empty() && guide["title"].is_string());
    }
}

/// The Python example of the documents.
fn example() -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api.md")).expect("the document");
    let code = text.split("```python\n").nth(1).and_then(|rest| rest.split("```").next());
    code.expect("an example").to_owned()
}

/// Ticks until a process ends.
pub(super) async fn worked(house: &House, mut child: tokio::process::Child) -> (i32, String, String) {
    use tokio::io::AsyncReadExt as _;
    let (mut out, mut err) = (child.stdout.take().expect("its output"), child.stderr.take().expect("its errors"));
    let mut text = (String::new(), String::new());
    let read = async { tokio::try_join!(out.read_to_string(&mut text.0), err.read_to_string(&mut text.1)) };
    let ticks = async {
        loop {
            house.step().await;
            if let Some(amazon) = &house.amazon {
                amazon.settled().await;
            }
            house.time.advance(chrono::TimeDelta::seconds(20));
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        read = read => { read.expect("text"); }
        _ = ticks => unreachable!("time goes on"),
    }
    (child.wait().await.expect("it ends").code().unwrap_or(-1), text.0, text.1)
}

pub(super) fn started(program: &str, arguments: &[&str], environment: &[(&str, String)]) -> tokio::process::Child {
    use std::process::Stdio;
    let mut command = tokio::process::Command::new(program);
    command.env_clear().envs(environment.iter().map(|(name, value)| (*name, value.as_str()))).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.spawn().expect("the program can be started")
}

/// The example of the documents works as it is printed, with Python's standard library.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_documents_runs() {
    let house = House::open(Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    let program = Program::of(&house, &ada, EVERYTHING).await;
    query(&program, &instance(&program).await).await;
    let environment = [
        ("RECOMAMP_URL", format!("http://{}", house.address)),
        ("RECOMAMP_TOKEN", program.token.clone()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
    ];
    let (code, out, err) = worked(&house, started("/usr/bin/env", &["python3", "-c", &example()], &environment)).await;
    assert!(code == 0 && out.starts_with("succeeded ") && out.ends_with(" rows\n"), "{code} {out} {err}");
}

/// The command line runs a query of another installation: with its result, with a key, and with what is wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_runs_a_query_elsewhere() {
    let house = House::open(Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    let program = Program::of(&house, &ada, EVERYTHING).await;
    query(&program, &instance(&program).await).await;
    let url = format!("http://{}", house.address);
    let run = async |token: &str, more: &[&str]| {
        let arguments: Vec<&str> =
            ["query", "run"].iter().chain(more).chain(&["--url", url.as_str()]).copied().collect();
        worked(&house, started(env!("CARGO_BIN_EXE_recomamp"), &arguments, &[("RECOMAMP_TOKEN", token.to_owned())]))
            .await
    };
    let (code, out, err) = run(&program.token, &["Reach", "--wait", "--format", "json"]).await;
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out} {err}"));
    assert!(code == 0 && !rows.is_empty() && err.contains("succeeded"), "{code} {err}");
    let first = run(&program.token, &["Reach", "--key", "weekly"]).await;
    let again = run(&program.token, &["Reach", "--key", "weekly"]).await;
    assert!(first.0 == 0 && first.1 == again.1 && first.1.starts_with("exe_"), "{first:?} {again:?}");
    assert_eq!(house.count("select count(*) as value from executions").await, 2);
    house.fault("overlap", "", "1").await;
    let (code, out, err) = run(&program.token, &["Reach", "--wait"]).await;
    assert!(code == 1 && out.is_empty(), "{code} {out} {err}");
    assert!(err.contains("AMC rejected") && err.contains("Wait a day"), "what happened and what to do: {err}");
    for (token, more, code, said) in [
        (program.token.as_str(), &["Nothing"][..], 1, "no query named “Nothing”"),
        (program.token.as_str(), &["Reach", "--param", "days=7"][..], 1, "#/parameters/days"),
        (program.token.as_str(), &["Reach", "--param", "days"][..], 1, "not name=value"),
        (program.token.as_str(), &["Reach", "--format", "json"][..], 2, "--wait"),
        ("x", &["Reach"][..], 2, "holds no API token"),
    ] {
        let told = run(token, more).await;
        assert!(told.0 == code && told.2.contains(said), "{told:?}");
    }
}
