//! Outages and errors of Amazon: whatever it answers, an execution is sent once and ends in a state with a reason.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use chrono::TimeDelta;
use serde_json::Value;

use crate::executions::{REACH, run, saved, saved_on};
use crate::queries::instance;
use crate::support::{Call, Gate, House, Visitor, stories};

/// Corrupts a response.
type Spoil = fn(Response<Bytes>) -> Response<Bytes>;

/// Ways in which a response can be bad although AMC did what was requested.
const SPOILT: [(&str, Spoil); 7] = [
    ("a page of a proxy's", |answer| with(answer, StatusCode::OK, "text/html", "<html><h1>Portal</h1></html>")),
    ("a page of a proxy's in trouble", |answer| with(answer, StatusCode::BAD_GATEWAY, "text/html", "<h1>502</h1>")),
    ("half a body", |answer| {
        let half = answer.body().slice(..answer.body().len() / 2);
        let (head, _) = answer.into_parts();
        Response::from_parts(head, half)
    }),
    ("a redirect", |answer| {
        let mut answer = with(answer, StatusCode::FOUND, "text/plain", "");
        answer.headers_mut().insert(LOCATION, HeaderValue::from_static("https://example.org/elsewhere"));
        answer
    }),
    ("nothing", |answer| with(answer, StatusCode::OK, "application/json", "")),
    ("bytes that are no text", |answer| {
        let (head, _) = answer.into_parts();
        Response::from_parts(head, Bytes::from_static(b"{\"workflowExecutionId\": \"\xff\xfe\", \"executions\": []}"))
    }),
    ("another shape", |answer| with(answer, StatusCode::OK, "application/json", "[[1, {\"executions\": 7}], null]")),
];

fn with(answer: Response<Bytes>, status: StatusCode, kind: &'static str, body: &'static str) -> Response<Bytes> {
    let (mut head, _) = answer.into_parts();
    head.status = status;
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Response::from_parts(head, Bytes::from_static(body.as_bytes()))
}

/// Corrupts the first responses to calls of one kind.
fn spoil(gate: &Gate, at: Call, times: usize, spoil: Spoil) {
    let left = AtomicUsize::new(times);
    gate.meddle(move |call, answer| {
        let strikes =
            call == at && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if strikes { spoil(answer) } else { answer }
    });
}

/// Changes AMC's data about an execution, alone or in a list.
fn say(answer: Response<Bytes>, change: impl Fn(&mut Value)) -> Response<Bytes> {
    let Ok(mut json) = serde_json::from_slice::<Value>(answer.body()) else { return answer };
    match json.get_mut("executions").and_then(Value::as_array_mut) {
        Some(executions) => executions.iter_mut().for_each(&change),
        None => change(&mut json),
    }
    let (head, _) = answer.into_parts();
    Response::from_parts(head, Bytes::from(json.to_string()))
}

async fn status(visitor: &Visitor, page: &str) -> String {
    visitor.get(page).await.with(200).text("#live [role=status]")
}

/// Ticks and advances time this many times, whatever happens to the executions.
async fn pass_time(house: &House, steps: usize) {
    for _ in 0..steps {
        house.step().await;
        house.amazon.as_ref().expect("an AMC emulator").settled().await;
        house.time.advance(TimeDelta::seconds(20));
    }
}

stories! {
    /// Every bad response to every call.
    async fn a_run_outlives_every_bad_answer_to_every_call(database: Database) {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[]).await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for call in [Call::Send, Call::Ask, Call::Links] {
            for (name, how) in SPOILT {
                let before = gate.amazon.executions();
                spoil(&gate, call, 2, how);
                let page = run(&ada, &query).await;
                house.settle().await;
                gate.leave_alone();
                assert!(status(&ada, &page).await.contains("Succeeded"), "{call:?} answered by {name}: {}", ada.get(&page).await.body);
                assert_eq!(gate.amazon.executions(), before + 1, "{call:?} answered by {name}");
            }
        }
    }

    /// Ten minutes of 429: calls to AMC pause, the page shows the reason, and then everything continues.
    async fn ten_minutes_of_429_cost_some_calls_and_no_run(database: Database) {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[]).await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let mut pages = Vec::new();
        for _ in 0..8 {
            pages.push(run(&ada, &query).await);
        }
        gate.meddle(|call, answer| {
            if call == Call::Token { return answer; }
            let mut answer = with(answer, StatusCode::TOO_MANY_REQUESTS, "application/json", "{\"message\":\"Too Many Requests\"}");
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("45"));
            answer
        });
        let before = gate.calls(Call::Send);
        pass_time(&house, 30).await;
        let sent = gate.calls(Call::Send) - before;
        assert!((1..=8 * 10).contains(&sent), "{sent} calls in ten minutes for 8 runs, each told to wait 45 s");
        assert!(ada.get(&pages[0]).await.with(200).text("main").contains("Retrying automatically"));
        gate.leave_alone();
        house.settle().await;
        for page in &pages {
            assert!(status(&ada, page).await.contains("Succeeded"));
        }
    }

    /// An undocumented status is shown, and the execution continues.
    async fn an_unknown_status_is_shown_and_polled_again(database: Database) {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[]).await;
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        gate.meddle(|call, answer| match call {
            Call::Ask => say(answer, |execution| execution["status"] = "UNDER_REVIEW".into()),
            _ => answer,
        });
        pass_time(&house, 4).await;
        assert!(ada.get(&page).await.text("main").contains("UNDER_REVIEW"));
        assert_eq!(house.unfinished().await, 1);
        gate.leave_alone();
        house.settle().await;
        assert!(status(&ada, &page).await.contains("Succeeded"));
    }

    /// New fields in AMC's answers are ignored.
    async fn unknown_fields_do_no_harm(database: Database) {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[]).await;
        gate.meddle(|call, answer| match call {
            Call::Send | Call::Ask | Call::Links => say(answer, |told| {
                if let Some(told) = told.as_object_mut() {
                    told.insert("quantumState".to_owned(), serde_json::json!({ "left": [null, 1e300, "\u{0}"] }));
                }
            }),
            _ => answer,
        });
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        assert!(status(&ada, &page).await.contains("Succeeded"));
    }

    /// Result parts with different headers are an error, after they were downloaded again.
    async fn parts_with_different_headings_are_not_joined(database: Database) {
        let gate = Gate::open_with(vec!["split=3".parse().expect("a fault")]);
        let house = House::open_before(&gate, database, &[]).await;
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        let parts = Arc::new(AtomicUsize::new(0));
        gate.meddle(move |call, answer| {
            if call != Call::Fetch || parts.fetch_add(1, Ordering::SeqCst) % 3 != 1 { return answer; }
            let body = String::from_utf8_lossy(answer.body()).replacen("reach", "frequency", 1);
            let (head, _) = answer.into_parts();
                    Response::from_parts(head, Bytes::from(body))
        });
        house.settle().await;
        let shown = ada.get(&page).await.with(200);
        assert!(shown.text("#live [role=status]").contains("Failed"), "{}", shown.body);
        assert!(shown.text("main").contains("other columns than part 1"), "{}", shown.body);
        ada.get(&format!("{page}/result.csv")).await.with(404);
    }

    /// Fifty executions in progress when the token expires: one refresh for all of them, and none is lost.
    async fn one_refresh_serves_fifty_runs_whose_token_died(database: Database) {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[("RUNS_PER_INSTANCE", "60"), ("RUNS_PER_ACCOUNT", "60")]).await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for _ in 0..50 {
            run(&ada, &query).await;
        }
        house.tick("poller").await;
        assert_eq!(house.count("select count(*) as value from executions where state = 'pending'").await, 50);
        let dead = Arc::new(std::sync::Mutex::new(true));
        let revived = dead.clone();
        gate.meddle(move |call, answer| {
            if call == Call::Token {
                *revived.lock().expect("a flag") = false;
            }
            let dies = call == Call::Ask && *revived.lock().expect("a flag");
            if dies { with(answer, StatusCode::UNAUTHORIZED, "application/json", "{\"code\":\"401\",\"details\":\"Not authorized\"}") } else { answer }
        });
        let before = gate.calls(Call::Token);
        house.time.advance(TimeDelta::seconds(20));
        house.settle().await;
        assert!(!*dead.lock().expect("a flag"));
        assert_eq!(gate.calls(Call::Token), before + 1);
        assert_eq!(house.count("select count(*) as value from executions where state = 'succeeded'").await, 50);
        assert_eq!(gate.amazon.executions(), 50);
    }

    /// However many executions an instance has, a tick makes one call for it.
    async fn a_tick_asks_once_for_an_instance(database: Database) {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[("RUNS_PER_INSTANCE", "200"), ("RUNS_PER_ACCOUNT", "900")]).await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for _ in 0..100 {
            run(&ada, &query).await;
        }
        house.tick("poller").await;
        gate.meddle(|call, answer| match call {
            Call::Ask => say(answer, |execution| execution["status"] = "RUNNING".into()),
            _ => answer,
        });
        house.time.advance(TimeDelta::minutes(2));
        let before = gate.calls(Call::Ask);
        let tick = house.tick("poller").await;
        assert_eq!((tick.looked, tick.failed), (100, 0));
        let asked = gate.calls(Call::Ask) - before;
        assert!(asked <= 3, "{asked} calls for one instance");
    }

    /// Executions that began at different times on many instances are polled with one list per instance, tick after
    /// tick.
    async fn calls_grow_with_instances_and_not_with_runs(database: Database) {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[("RUNS_PER_ACCOUNT", "900")]).await;
        let ada = house.signed_in("Ada").await;
        gate.make_instances((0..8).map(|number| format!("Fern Garden {number}"))).await;
        ada.post("/instances/refresh", &[]).await.with(303);
        house.tick("instance-discovery").await;
        let options = ada.get("/queries/new").await.attributes("select[name=instance] option", "value");
        let instances: Vec<&String> = options.iter().filter(|id| !id.is_empty()).collect();
        assert!(instances.len() >= 12, "{options:?}");
        let mut queries = Vec::new();
        for instance in &instances {
            queries.push(saved_on(&ada, instance, REACH).await);
        }
        gate.meddle(|call, answer| match call {
            Call::Ask => say(answer, |execution| execution["status"] = "RUNNING".into()),
            _ => answer,
        });
        for _ in 0..5 {
            for query in &queries {
                run(&ada, query).await;
            }
            house.time.advance(TimeDelta::milliseconds(1_700));
            house.tick("poller").await;
        }
        // The first polls of each execution are over, and every instance follows its polling schedule.
        house.time.advance(TimeDelta::seconds(30));
        while house.tick("poller").await.looked > 0 {}
        let (before, mut looked) = (gate.calls(Call::Ask), 0);
        for _ in 0..60 {
            house.time.advance(TimeDelta::seconds(1));
            looked += house.tick("poller").await.looked;
        }
        let (runs, asked) = (instances.len() * 5, gate.calls(Call::Ask) - before);
        assert!(looked >= runs * 3, "{looked} looks at {runs} runs in a minute");
        assert!(asked <= instances.len() * 5, "{asked} calls in a minute for {} instances", instances.len());
    }

    /// A machine whose clock is most of a day ahead of Amazon's still finds what it sent, with one list.
    async fn a_clock_that_is_ahead_doubles_no_run(database: Database) {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[]).await;
        let ada = house.signed_in("Ada").await;
        house.time.advance(TimeDelta::hours(20));
        let query = saved(&ada, REACH).await;
        spoil(&gate, Call::Send, 5, |answer| with(answer, StatusCode::BAD_GATEWAY, "text/html", "<h1>502</h1>"));
        for _ in 0..5 {
            run(&ada, &query).await;
        }
        house.settle().await;
        assert_eq!(gate.amazon.executions(), 5);
        assert_eq!(house.count("select count(*) as value from executions where state = 'succeeded'").await, 5);
    }

    /// A machine that was suspended for three days continues its executions.
    async fn a_clock_that_jumps_ahead_strands_no_run(database: Database) {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[]).await;
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.tick("poller").await;
        house.time.advance(TimeDelta::days(2));
        house.settle().await;
        assert!(status(&ada, &page).await.contains("Succeeded"));
        assert_eq!(gate.amazon.executions(), 1);
        assert!(!instance(&ada).await.is_empty());
    }
}
