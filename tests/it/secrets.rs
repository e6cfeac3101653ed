//! Canaries: secrets and customers' texts are planted everywhere, and searched in all logs and error pages.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::AUTHORIZATION;
use axum::http::{Response, StatusCode};
use reqwest::Method;
use serde_json::Value;

use crate::queries::instance;
use crate::support::{Call, Gate, House, Plug, Program, Visitor, stories};

/// Time limit of an execution on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// In SQL, in a parameter value, in AMC's message, and in malicious input.
const PLANTED: [&str; 4] = ["canary_in_sql", "canary in a value", "canary in the words of AMC", "canary-in-an-address"];
const QUERY: &str = "SELECT campaign AS canary_in_sql, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions\n\
    WHERE campaign <> {{but}} GROUP BY campaign";

/// What passes the gate and must not appear elsewhere.
#[derive(Clone, Default)]
struct Secrets(Arc<Mutex<BTreeSet<String>>>);

impl Secrets {
    fn add(&self, secret: &str) {
        assert!(secret.len() > 8, "too short to be looked for: {secret}");
        self.0.lock().expect("nothing panics here").insert(secret.to_owned());
    }

    /// Remembers the tokens and the secret parts of links in a response.
    fn learn(&self, answer: &Response<Bytes>) {
        let Ok(json) = serde_json::from_slice::<Value>(answer.body()) else { return };
        for name in ["access_token", "refresh_token"] {
            json[name].as_str().into_iter().for_each(|token| self.add(token));
        }
        for link in json["downloadUrls"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let query = link.split_once('?').map(|(_, query)| query).expect("a link is signed");
            self.add(query);
        }
    }

    fn found_in(&self, text: &str) -> Vec<String> {
        let secrets = self.0.lock().expect("nothing panics here");
        secrets.iter().filter(|secret| text.contains(secret.as_str())).cloned().collect()
    }
}

async fn until(visitor: &Visitor, page: &str, word: &str) {
    let shown = async {
        let mut looks = tokio::time::interval(Duration::from_millis(100));
        while !visitor.get(page).await.text("#live [role=status]").contains(word) {
            looks.tick().await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, shown).await.is_ok();
    assert!(in_time, "{word} is never shown:\n{}", visitor.get(page).await.body);
}

async fn run(visitor: &Visitor, query: &str) -> String {
    let fields = [("query", query), ("param.but", PLANTED[1])];
    visitor.post("/executions", &fields).await.with(303).location
}

/// Requests that end on an error page, each with something that it must not repeat. The one that is too large comes
/// last: the server may close its connection.
fn trouble(query: &str) -> [(Method, String, Option<String>); 7] {
    [
        (Method::GET, "/nowhere?q=canary-in-an-address".to_owned(), None),
        (Method::GET, format!("/executions/{query}"), None),
        (Method::POST, format!("/queries/{query}/edit"), Some("%ff&sql=canary_in_sql".to_owned())),
        (Method::GET, "/auth/amazon/callback?code=canary-in-an-address&state=canary-in-an-address".to_owned(), None),
        (Method::GET, "/executions?q=canary-in-an-address&page=-1".to_owned(), None),
        (Method::DELETE, "/queries/nothing".to_owned(), None),
        (Method::POST, "/executions".to_owned(), Some(format!("sql=canary_in_sql{}", "x".repeat(3 << 20)))),
    ]
}

stories! {
    /// A day with work and errors, logged at the most verbose level.
    async fn no_log_and_no_error_page_tells_a_secret(database: Database) {
        let gate = Gate::open();
        let secrets = Secrets::default();
        let seen = secrets.clone();
        gate.meddle(move |_, answer| { seen.learn(&answer); answer });
        let house = House::open_before(&gate, database, &[("LOG", "trace")]).await;
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let premises = house.stop().await;
        let program = Program::at(&premises, Plug::default());
        program.answers().await;

        let (_, client_secret) = gate.amazon.client();
        secrets.add(&client_secret);
        ada.cookies().values().for_each(|cookie| secrets.add(cookie));
        for planted in PLANTED {
            secrets.add(planted);
        }

        let fields = [
            ("instance", instance.as_str()), ("name", "Reach"), ("sql", QUERY), ("window", "settled"),
            ("fields", "but"), ("field.but.kind", "text"), ("field.but.default", PLANTED[1]),
        ];
        let led = ada.post("/queries/new", &fields).await.with(303).location;
        let query = led.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).expect("an id").to_owned();
        until(&ada, &run(&ada, &query).await, "Succeeded").await;

        let seen = secrets.clone();
        gate.meddle(move |call, answer| {
            seen.learn(&answer);
            if call != Call::Send { return answer; }
            let (mut head, _) = answer.into_parts();
            head.status = StatusCode::BAD_REQUEST;
            let words = serde_json::json!({ "code": "400", "details": format!("{} near {}", PLANTED[2], PLANTED[0]) });
            Response::from_parts(head, Bytes::from(words.to_string()))
        });
        until(&ada, &run(&ada, &query).await, "Failed").await;

        let stranger = premises.visitor();
        let none: Vec<String> = Vec::new();
        let mut errors = 0;
        for (method, address, body) in trouble(&query) {
            for visitor in [&ada, &stranger] {
                let secret = [(AUTHORIZATION.as_str(), "Bearer canary-in-an-address")];
                let answer = visitor.send(method.clone(), &address, &secret, body.clone()).await;
                // OK because an invalid form shows its own sender what they typed.
                if answer.body.contains("req_") {
                    assert_eq!(secrets.found_in(&answer.body), none, "{method} {address}\n{}", answer.body);
                    errors += 1;
                }
            }
        }
        assert!(errors >= 6, "{errors} errors were shown");
        secrets.add("@example.com");
        let log = program.log();
        assert!(log.contains("execution moved") && log.contains("TRACE"), "it was loud: {log}");
        assert_eq!(secrets.found_in(&log), none, "in the log");
    }
}
