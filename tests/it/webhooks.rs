//! Webhooks: signed, retried, limited in size, and sent only to people with access.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::access::change;
use crate::executions::{REACH, run, saved};
use crate::notices::messages;
use crate::support::{Database, House, Server, Visitor, stories};

/// A received request.
#[derive(Clone, Debug)]
struct ReceivedRequest {
    headers: HeaderMap,
    body: String,
}

impl ReceivedRequest {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether one of the signatures was created with this secret.
    fn is_signed_by(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.trim_start_matches("whsec_")).expect("a secret");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(
            format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body).as_bytes(),
        );
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

/// A response: its status and an optional header.
type Reply = (u16, Option<(&'static str, &'static str)>);

#[derive(Clone, Default)]
struct Post {
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
    answers: Arc<Mutex<VecDeque<Reply>>>,
}

/// A receiver on its own port. It gives the prepared responses, and then 200.
struct Receiver {
    url: String,
    post: Post,
    _server: Server,
}

impl Receiver {
    fn open() -> Self {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener for tokio");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let post = Post::default();
        let server = Server::start(listener, Router::new().fallback(receive).with_state(post.clone()));
        Self { url, post, _server: server }
    }

    fn answers(&self, answers: &[Reply]) {
        self.post.answers.lock().expect("a lock").extend(answers);
    }

    fn requests(&self) -> Vec<ReceivedRequest> {
        self.post.requests.lock().expect("a lock").clone()
    }
}

async fn receive(State(post): State<Post>, headers: HeaderMap, body: Bytes) -> (StatusCode, HeaderMap, &'static str) {
    let body = String::from_utf8(body.to_vec()).expect("text");
    post.requests.lock().expect("a lock").push(ReceivedRequest { headers, body });
    let (status, header) = post.answers.lock().expect("a lock").pop_front().unwrap_or((200, None));
    let mut headers = HeaderMap::new();
    if let Some((name, value)) = header {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    (StatusCode::from_u16(status).expect("a status"), headers, "heard")
}

async fn open(database: Database) -> House {
    House::open_with(database, &[("WEBHOOK_ALLOW", "127.0.0.0/8")]).await
}

/// Adds a webhook; returns its address and its secret.
async fn added(visitor: &Visitor, url: &str, fields: &[(&str, &str)]) -> (String, String) {
    let usual = [("name", "Mine"), ("kind", "webhook"), ("url", url), ("sends", "all")];
    let is_given = |name: &str| fields.iter().any(|(given, _)| *given == name);
    let all: Vec<_> = usual.into_iter().filter(|(name, _)| !is_given(name)).chain(fields.iter().copied()).collect();
    let page = visitor.post("/settings/webhooks", &all).await;
    if page.status.as_u16() == 303 {
        return (page.location, String::new());
    }
    let page = page.with(200);
    (page.attributes("main .actions a", "href").remove(0), page.text(".callout code"))
}

/// Sends a test; returns the address of its delivery.
async fn tested(visitor: &Visitor, endpoint: &str) -> String {
    visitor.post(&format!("{endpoint}/test"), &[]).await.with(303).location
}

/// The time of the next attempt.
async fn next_attempt(house: &House) -> Option<DateTime<Utc>> {
    use recomamp::db::{Scope, Single, sql};
    let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
    let next = sql("select min(due_at) as value from webhook_deliveries where state = 'waiting'");
    next.one::<Single<Option<DateTime<Utc>>>>(&mut tx).await.expect("a time").0
}

stories! {
    /// 500, 500, 200: each attempt has the same id and a valid signature, waits are bounded, attempts are logged, and
    /// the delivery can be replayed.
    async fn a_delivery_is_retried_with_the_same_id_until_it_arrives(database: Database) {
        let house = open(database).await;
        let (ada, receiver) = (house.signed_in("Ada").await, Receiver::open());
        let (endpoint, secret) = added(&ada, &receiver.url, &[]).await;
        receiver.answers(&[(500, None), (500, None)]);
        let delivery = tested(&ada, &endpoint).await;
        let mut waits = Vec::new();
        for _ in 0..3 {
            house.tick("courier").await;
            house.tick("courier").await;
            if let Some(next) = next_attempt(&house).await {
                waits.push((next - house.app.site.clock.now()).num_seconds());
                house.time.set(next);
            }
        }
        let requests = receiver.requests();
        assert_eq!(requests.len(), 3, "one request per attempt");
        assert!(requests.iter().all(|one| one.is_signed_by(&secret)), "{requests:?}");
        assert!(requests.iter().all(|one| one.header("webhook-id") == requests[0].header("webhook-id")));
        assert!(requests[0].header("webhook-id").starts_with("msg_") && requests[0].body.len() < 20_000);
        assert!(waits[0] >= 4 && waits[0] <= 6 && (250..=350).contains(&waits[1]), "{waits:?}");
        let page = ada.get(&delivery).await.with(200);
        assert!(page.text("main .head").contains("Delivered"), "{}", page.body);
        assert_eq!(page.texts("details summary").len(), 3);
        assert!(page.text("main").contains("The receiver answered 500") && page.text("main").contains("heard"));
        let again = ada.post(&format!("{delivery}/replay"), &[]).await.with(303).location;
        ada.post(&format!("{again}/replay"), &[]).await.with(409);
        house.tick("courier").await;
        let requests = receiver.requests();
        assert_eq!((requests.len(), requests[3].header("webhook-id")), (4, requests[0].header("webhook-id")));
        ada.post(&format!("{endpoint}/replay"), &[("state", "delivered")]).await.with(303);
        house.tick("courier").await;
        assert_eq!(receiver.requests().len(), 6, "the filtered deliveries are replayed");
        ada.post(&format!("{endpoint}/replay"), &[("from", "never")]).await.with(400);
        let log = ada.get(&format!("{endpoint}/deliveries.csv?state=delivered")).await.with(200);
        assert_eq!(log.body.lines().count(), 5, "{}", log.body);
    }

    /// Redirects are failures, `Retry-After` is obeyed, and retries end after three days.
    async fn responses_other_than_2xx_are_failures(database: Database) {
        let house = open(database).await;
        let (ada, receiver) = (house.signed_in("Ada").await, Receiver::open());
        let (endpoint, _) = added(&ada, &receiver.url, &[]).await;
        receiver.answers(&[(302, Some(("location", "http://127.0.0.1:1/"))), (429, Some(("retry-after", "4000")))]);
        receiver.answers(&[(404, None); 20]);
        let delivery = tested(&ada, &endpoint).await;
        house.tick("courier").await;
        assert!(ada.get(&delivery).await.text("main").contains("Redirects aren't followed"));
        house.time.set(next_attempt(&house).await.expect("a next attempt"));
        let began = house.app.site.clock.now();
        house.tick("courier").await;
        let wait = (next_attempt(&house).await.expect("a next attempt") - began).num_seconds();
        assert_eq!(wait, 4_000);
        while let Some(next) = next_attempt(&house).await {
            house.time.set(next);
            house.tick("courier").await;
        }
        assert_eq!(receiver.requests().len(), 10);
        assert!(house.app.site.clock.now() - began < TimeDelta::days(4));
        let ada = house.signed_in("Ada").await;
        assert!(ada.get(&delivery).await.with(200).text("main .head").contains("Failed"));
    }

    /// 410 switches an endpoint off and notifies its owner. After it is switched on, it receives messages again.
    async fn a_410_response_switches_an_endpoint_off(database: Database) {
        let house = open(database).await;
        let (ada, receiver) = (house.signed_in("Ada").await, Receiver::open());
        let (endpoint, _) = added(&ada, &receiver.url, &[]).await;
        receiver.answers(&[(410, None)]);
        tested(&ada, &endpoint).await;
        house.tick("courier").await;
        let page = ada.get(&endpoint).await.with(200);
        assert!(page.text("main").contains("410 Gone"), "{}", page.text("main"));
        let notices = messages(&ada).await;
        assert_eq!(notices[0]["kind"], "webhook.disabled", "{notices:?}");
        ada.post(&format!("{endpoint}/test"), &[]).await.with(409);
        assert_eq!(receiver.requests().len(), 1, "an endpoint isn't notified about itself");
        ada.post(&format!("{endpoint}/switch"), &[("on", "true")]).await.with(303);
        tested(&ada, &endpoint).await;
        house.tick("courier").await;
        assert_eq!(receiver.requests().len(), 2);
    }

    /// The owner of a failing endpoint is notified through other channels after one day; after five days it is switched
    /// off.
    async fn an_endpoint_is_switched_off_after_failing_for_days(database: Database) {
        let house = open(database).await;
        let (ada, receiver, other) = (house.signed_in("Ada").await, Receiver::open(), Receiver::open());
        let (endpoint, _) = added(&ada, &receiver.url, &[]).await;
        added(&ada, &other.url, &[("kind", "chat"), ("name", "Chat")]).await;
        receiver.answers(&[(500, None); 40]);
        for day in 0..6 {
            let ada = house.signed_in("Ada").await;
            if ada.get(&endpoint).await.body.contains("Send a test") {
                tested(&ada, &endpoint).await;
            }
            house.tick("courier").await;
            let kinds: Vec<_> = messages(&ada).await.into_iter().map(|it| it["kind"].clone()).collect();
            let expected: &[&str] = match day { 0 => &[], 1..5 => &["webhook.failing"], _ => &["webhook.disabled", "webhook.failing"] };
            assert_eq!(kinds, expected, "day {day}");
            house.time.advance(TimeDelta::hours(24));
        }
        house.tick("courier").await;
        let texts: Vec<String> = other.requests().into_iter().map(|one| one.body).collect();
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[0].starts_with("{\"text\":") && texts[0].contains("switched off on"), "{texts:?}");
        let ada = house.signed_in("Ada").await;
        assert!(ada.get(&endpoint).await.text("main").contains("for five days"));
        assert_eq!(house.count("select count(*) as value from webhook_deliveries where state = 'waiting'").await, 0);
    }

    /// During rotation, messages are signed with all secrets. Secrets are sealed and shown only once.
    async fn secrets_are_rotated_sealed_and_shown_once(database: Database) {
        let house = open(database).await;
        let (ada, receiver) = (house.signed_in("Ada").await, Receiver::open());
        let (endpoint, first) = added(&ada, &receiver.url, &[]).await;
        // Secrets created at the same time have no order.
        house.time.advance(TimeDelta::seconds(1));
        let page = ada.post(&format!("{endpoint}/secret"), &[]).await.with(200);
        let second = page.text(".callout code");
        assert!(first.starts_with("whsec_") && first != second);
        tested(&ada, &endpoint).await;
        house.tick("courier").await;
        ada.post(&format!("{endpoint}/retire"), &[]).await.with(303);
        tested(&ada, &endpoint).await;
        house.tick("courier").await;
        let requests = receiver.requests();
        assert!(requests[0].is_signed_by(&first) && requests[0].is_signed_by(&second));
        assert!(!requests[1].is_signed_by(&first) && requests[1].is_signed_by(&second));
        assert!(!ada.get(&endpoint).await.with(200).body.contains("whsec_"));
        assert_eq!(house.count("select count(*) as value from webhook_secrets where sealed like 'v1.%'").await, 1);
        assert_eq!(house.count("select count(*) as value from webhook_endpoints where sealed_url like 'v1.%'").await, 1);
        let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (endpoint, _) = added(&ada, &receiver.url, &[("secret", own)]).await;
        tested(&ada, &endpoint).await;
        house.tick("courier").await;
        assert!(receiver.requests()[2].is_signed_by(own));
    }

    /// Two processes that deliver concurrently make each attempt once.
    async fn each_attempt_is_made_once(database: Database) {
        let house = open(database).await;
        let (ada, receiver) = (house.signed_in("Ada").await, Receiver::open());
        let (endpoint, _) = added(&ada, &receiver.url, &[]).await;
        for _ in 0..10 {
            tested(&ada, &endpoint).await;
        }
        let (first, second) = tokio::join!(house.try_tick("courier"), house.try_tick("courier"));
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
        let mut ids: Vec<String> = receiver.requests().iter().map(|one| one.header("webhook-id").to_owned()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), receiver.requests().len()), (10, 10));
        assert_eq!(house.count("select count(*) as value from webhook_attempts").await, 10);
    }

    /// An address that is no longer allowed is refused when it is dialed; forms refuse private and malformed addresses.
    async fn private_addresses_are_refused(database: Database) {
        let house = open(database).await;
        let (ada, receiver) = (house.signed_in("Ada").await, Receiver::open());
        let (endpoint, _) = added(&ada, &receiver.url.replace("127.0.0.1", "localhost"), &[]).await;
        tested(&ada, &endpoint).await;
        house.tick("courier").await;
        assert_eq!(receiver.requests().len(), 1);
        let house = house.start_again_with(&[("WEBHOOK_ALLOW", "10.0.0.0/8")]).await;
        let delivery = tested(&ada, &endpoint).await;
        house.tick("courier").await;
        assert_eq!(receiver.requests().len(), 1);
        assert!(ada.get(&delivery).await.text("main").contains("private network"));
        for (url, message) in [("http://169.254.169.254/", "private network"), ("http://0x7f000001/", "private network"), ("http://[::ffff:127.0.0.1]/", "private network"), ("http://[64:ff9b::7f00:1]/", "private network"), ("file:///etc/passwd", "such as https")] {
            let page = ada.post("/settings/webhooks", &[("name", "Odd"), ("kind", "webhook"), ("sends", "all"), ("url", url)]).await.with(422);
            assert!(page.text("#errors").contains(message), "{url}: {}", page.text("#errors"));
        }
        let page = ada.post("/settings/webhooks", &[("name", ""), ("kind", "fax"), ("sends", "some"), ("url", "x"), ("secret", "short")]).await.with(422);
        assert_eq!(page.texts("#errors li").len(), 4, "{}", page.text("#errors"));
        let page = ada.post("/settings/webhooks", &[("name", "Short"), ("kind", "webhook"), ("sends", "all"), ("url", "https://example.com"), ("secret", "whsec_c2hvcnQ=")]).await.with(422);
        assert!(page.text("#errors").contains("24 to 64 bytes"));
    }

    /// An endpoint belongs to its owner and receives their notices; only administrators' endpoints can receive
    /// everyone's notices.
    async fn endpoints_are_only_visible_to_their_owners(database: Database) {
        let house = open(database).await;
        let (own, all) = (Receiver::open(), Receiver::open());
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        house.tick("notifier").await;
        let (endpoint, _) = added(&chie, &own.url, &[]).await;
        let (global, _) = added(&ada, &all.url, &[("global", "true"), ("name", "All")]).await;
        chie.post("/settings/webhooks", &[("name", "All"), ("kind", "webhook"), ("sends", "all"), ("url", &all.url), ("global", "true")]).await.with(403);
        for address in [endpoint.clone(), format!("{endpoint}/deliveries.csv")] {
            ada.get(&address).await.with(404);
        }
        chie.get(&global).await.with(404);
        for what in ["", "/delete", "/switch", "/secret", "/retire", "/test", "/replay"] {
            ada.post(&format!("{endpoint}{what}"), &[]).await.with(404);
            chie.post(&format!("{global}{what}"), &[]).await.with(404);
        }
        run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        house.tick("notifier").await;
        house.tick("courier").await;
        assert_eq!((own.requests().len(), all.requests().len()), (0, 1));
        let event: serde_json::Value = serde_json::from_str(&all.requests()[0].body).expect("an event");
        assert_eq!(event["type"], "execution.succeeded");
        assert!(event["data"]["url"].as_str().expect("an address").contains("/executions/exe_"), "{event}");
        let delivery = ada.get(&global).await.attributes("tbody th a", "href").remove(0);
        ada.get(&delivery).await.with(200);
        chie.get(&delivery).await.with(404);
        chie.post(&format!("{delivery}/replay"), &[]).await.with(404);
        // An endpoint of a former administrator receives nothing.
        ada.post(&format!("{delivery}/replay"), &[]).await.with(303);
        change(&house, "update people set role = $1", "member").await;
        house.tick("courier").await;
        assert_eq!(all.requests().len(), 1);
        assert_eq!(house.count("select count(*) as value from webhook_deliveries where state = 'canceled'").await, 1);
    }

    /// Endpoints can be filtered, changed and deleted.
    async fn endpoints_are_listed_changed_and_deleted(database: Database) {
        let house = open(database).await;
        let (ada, receiver) = (house.signed_in("Ada").await, Receiver::open());
        let (endpoint, _) = added(&ada, &receiver.url, &[]).await;
        added(&ada, "https://hooks.example.com/secret-path", &[("kind", "chat"), ("name", "Team chat")]).await;
        let list = ada.get("/settings/webhooks").await.with(200);
        assert_eq!(list.texts("tbody tr").len(), 2);
        assert!(list.body.contains("hooks.example.com") && !list.body.contains("secret-path"));
        assert_eq!(ada.get("/settings/webhooks?q=team&state=active").await.texts("tbody tr").len(), 1);
        ada.get("/settings/webhooks.csv?state=odd").await.with(400);
        assert_eq!(ada.get("/settings/webhooks.csv").await.with(200).body.lines().count(), 3);
        ada.post(&endpoint, &[("name", "Renamed"), ("url", "not an address"), ("sends", "all")]).await.with(422);
        ada.post(&endpoint, &[("name", "Renamed"), ("url", &receiver.url), ("sends", "problems")]).await.with(303);
        assert!(ada.get("/settings/webhooks").await.body.contains("Renamed"));
        ada.post(&format!("{endpoint}/delete"), &[]).await.with(303);
        ada.get(&endpoint).await.with(404);
    }

    /// Two endpoints with chosen events: each gets its own kinds, and a test; a choice without any kind is refused.
    async fn an_endpoint_gets_the_kinds_of_events_that_were_chosen(database: Database) {
        let house = open(database).await;
        let (ada, receiver) = (house.signed_in("Ada").await, Receiver::open());
        house.tick("notifier").await;
        let chosen = [("name", "Failures"), ("sends", "chosen"), ("event", "failures"), ("event", "recoveries")];
        let (failures, _) = added(&ada, &receiver.url, &chosen).await;
        let (results, _) = added(&ada, &receiver.url, &[("name", "Results"), ("sends", "chosen"), ("event", "results")]).await;
        let none = [("name", "None"), ("kind", "webhook"), ("url", receiver.url.as_str()), ("sends", "chosen")];
        assert!(ada.post("/settings/webhooks", &none).await.with(422).text("#errors").contains("at least one kind"));
        let list = ada.get("/settings/webhooks").await.with(200).text("tbody");
        assert!(list.contains("Failures, Recoveries") && list.contains("Results"), "{list}");
        let shown = ada.get(&failures).await.with(200);
        assert_eq!(shown.attributes("input[name=event][checked]", "value"), ["failures", "recoveries"]);
        let query = crate::executions::saved(&ada, crate::executions::REACH).await;
        let daily = [("repeat", "daily"), ("at", "11:00"), ("timing_zone", "Europe/Berlin"), ("pause_after", "0")];
        crate::notices::scheduled(&ada, &query, &daily).await;
        let ada = crate::notices::days_later(&house, 1).await;
        ada.post(&format!("/queries/{query}/delete"), &[]).await.with(303);
        let ada = crate::notices::days_later(&house, 1).await;
        tested(&ada, &results).await;
        let kinds = async |endpoint: &str| {
            let file = ada.get(&format!("{endpoint}/deliveries.json")).await.with(200);
            let rows: Vec<serde_json::Value> = serde_json::from_str(&file.body).expect("rows");
            let mut kinds: Vec<String> = rows.iter().map(|row| row["kind"].as_str().expect("a kind").to_owned()).collect();
            kinds.sort();
            kinds
        };
        assert_eq!(kinds(&failures).await, ["schedule.failed"]);
        assert_eq!(kinds(&results).await, ["schedule.succeeded", "test"]);
    }
}
