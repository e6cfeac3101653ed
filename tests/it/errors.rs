//! Errors in both forms, refused hosts, and browser caching.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Visitor, stories};

async fn asks_for_json(visitor: &Visitor, method: Method, address: &str, body: Option<String>) -> Answer {
    visitor.send(method, address, &[("accept", "application/json")], body).await
}

/// The document, if the response has this status.
fn problem(answer: Answer, status: u16) -> Value {
    let answer = answer.with(status);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.body);
    let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(problem["status"], status, "{problem}");
    assert_eq!(problem["instance"].as_str(), answer.headers["x-request-id"].to_str().ok(), "{problem}");
    for member in ["type", "title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member} is missing: {problem}");
    }
    problem
}

stories! {
    /// Clients that prefer JSON get a document; clients that prefer pages get a page with the same content.
    async fn an_error_has_two_forms(house: House) {
        let ada = house.signed_in("Ada").await;
        let missing = problem(asks_for_json(&ada, Method::GET, "/nowhere", None).await, 404);
        assert_eq!(ada.get("/nowhere").await.with(404).text("main .lead"), missing["detail"].as_str().unwrap());
        problem(asks_for_json(&ada, Method::GET, "/static/nothing.css", None).await, 404);
        let wrong = problem(asks_for_json(&ada, Method::DELETE, "/queries", None).await, 405);
        assert_eq!(wrong["type"], format!("{}help/problems/method-not-allowed", house.app.site.config.public_url));
        let large = "a=".to_owned() + &"x".repeat(3 << 20);
        problem(asks_for_json(&ada, Method::POST, "/queries/new", Some(large)).await, 413);
        problem(asks_for_json(&house.visitor(), Method::GET, "/queries", None).await, 401);
        let fields = problem(asks_for_json(&ada, Method::POST, "/queries/new", Some("sql=".to_owned())).await, 422);
        let pointers: Vec<_> = fields["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
        assert!(pointers.contains(&"#/name".into()), "{fields}");
        let page = [("accept", "text/html, application/json;q=0.9")];
        let page = ada.send(Method::GET, "/nowhere", &page, None).await.with(404);
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    }

    /// A page that refuses something leads back to where somebody came from, and never to another site.
    async fn a_refusal_leads_back(house: House) {
        house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let public_url = &house.app.site.config.public_url;
        let (own, host) = (format!("{public_url}settings/webhooks?page=2"), public_url.authority());
        for (from, leads) in [(own.as_str(), "/settings/webhooks"), ("https://evil.example/settings/webhooks", "/")] {
            let refused = chie.send(Method::GET, "/operations/backups", &[("referer", from), ("host", host)], None).await.with(403);
            assert_eq!(refused.attributes("main .actions a", "href").remove(0), leads, "{from}");
        }
    }

    /// A slash at the end of an address is forgiven, unless something is sent to it.
    async fn a_slash_at_the_end_of_an_address_is_left_out(house: House) {
        let ada = house.signed_in("Ada").await;
        for (address, to) in [("/queries/", "/queries"), ("/executions//?state=failed", "/executions?state=failed"), ("/nowhere/", "/nowhere")] {
            assert_eq!(ada.send(Method::GET, address, &[], None).await.with(308).location, to);
        }
        ada.post("/queries/new/", &[("name", "Reach")]).await.with(404);
        assert_eq!(house.visitor().get("/queries/").await.with(308).location, "/queries");
    }

    /// A compressed body is refused instead of being read as an empty form.
    async fn a_compressed_body_is_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        let headers = [("content-encoding", "gzip"), ("content-type", "application/x-www-form-urlencoded")];
        let refused = ada.send(Method::POST, "/queries/new", &headers, Some("name=Reach".to_owned())).await.with(400);
        assert!(refused.text("main").contains("Content-Encoding"), "{}", refused.text("main"));
        let headers = [("content-encoding", "gzip"), ("content-type", "application/json")];
        problem(ada.send(Method::POST, "/api/workflows", &headers, Some("{}".to_owned())).await, 415);
    }

    /// An outage is reported to programs too, with `Retry-After`.
    async fn an_outage_is_reported_as_json_too(house: House) {
        let ada = house.signed_in("Ada").await;
        let outage = house.outage().await;
        let answer = asks_for_json(&ada, Method::GET, "/readyz", None).await;
        assert_eq!(answer.headers["retry-after"], "10");
        problem(answer, 503);
        problem(asks_for_json(&ada, Method::POST, "/auth/amazon/start", Some("region=NA".to_owned())).await, 503);
        outage.end().await;
    }

    /// A foreign host name is refused, as a page and as JSON; health checks still work.
    async fn another_hosts_name_is_refused(house: House) {
        let visitor = house.visitor();
        for address in ["/", "/metrics", "/emulator/control", "/static/unknown"] {
            let refused = visitor.send(Method::GET, address, &[("host", "rebound.example")], None).await.with(421);
            assert!(refused.body.contains(&house.app.site.config.public_url.to_string()), "{}", refused.body);
        }
        let headers = [("host", "rebound.example:8080"), ("accept", "application/json")];
        problem(visitor.send(Method::GET, "/queries", &headers, None).await, 421);
        for address in ["/healthz", "/readyz"] {
            visitor.send(Method::GET, address, &[("host", "rebound.example")], None).await.with(200);
        }
        let two = [("host", "localhost"), ("host", "rebound.example")];
        assert!(visitor.send(Method::GET, "/sign-in", &two, None).await.with(400).body.contains("more than one Host"));
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8080"] {
            visitor.send(Method::GET, "/sign-in", &[("host", host)], None).await.with(200);
        }
    }

    /// A page that a browser opens by another name of this machine leads to the public one: the sign-in returns there.
    async fn another_name_of_this_machine_leads_to_the_public_one(house: House) {
        let visitor = house.visitor();
        let public = house.app.site.config.public_url.clone();
        let port = public.port_or_known_default().expect("a port");
        let other = format!("localhost:{port}");
        let navigates = [("host", other.as_str()), ("sec-fetch-mode", "navigate")];
        for path in ["queries?q=a%26b", "/evil.example/"] {
            let led = visitor.send(Method::GET, &format!("/{path}"), &navigates, None).await.with(307);
            assert_eq!(led.location, format!("{public}{path}"));
        }
        // A script's request, and a port that is forwarded to this one, stay.
        visitor.send(Method::GET, "/sign-in", &navigates[..1], None).await.with(200);
        visitor.send(Method::GET, "/sign-in", &[("host", "localhost:1"), ("sec-fetch-mode", "navigate")], None).await.with(200);
    }

    /// The emulator's control page changes the clock for everybody: through a proxy it is only for administrators.
    async fn the_control_page_is_for_administrators(house: House) {
        let (ada, ben) = (house.signed_in("Ada").await, house.signed_in("Ben").await);
        let control = "/emulator/control";
        let through_proxy = [("x-forwarded-for", "203.0.113.9")];
        let stranger = house.visitor();
        let refused = stranger.send(Method::GET, control, &through_proxy, None).await.with(303);
        assert!(refused.location.starts_with("/sign-in"), "{}", refused.location);
        let pause = || Some("do=pause".to_owned());
        stranger.send(Method::POST, "/emulator/control/clock", &through_proxy, pause()).await.with(303);
        assert!(!ada.get("/emulator/control/state").await.body.contains("\"paused\":true"), "nothing was done");
        ben.send(Method::GET, control, &through_proxy, None).await.with(403);
        ben.send(Method::POST, "/emulator/control/clock", &through_proxy, pause()).await.with(403);
        let page = ada.send(Method::GET, control, &through_proxy, None).await.with(200);
        for header in ["content-security-policy", "x-content-type-options", "x-frame-options"] {
            assert!(page.headers.contains_key(header), "{header}");
        }
        stranger.get(control).await.with(200);
    }

    /// Pages with data aren't cached; on pages for typing, going back works.
    async fn pages_are_kept_by_nobody(house: House) {
        let ada = house.signed_in("Ada").await;
        assert_eq!(ada.get("/instances").await.headers["cache-control"], "no-store");
        assert_eq!(ada.get("/queries/new").await.headers["cache-control"], "private, no-cache");
        for address in ["/instances", "/healthz", "/readyz", "/emulator/nothing", "/nowhere"] {
            assert_eq!(ada.get(address).await.headers["x-content-type-options"], "nosniff", "{address}");
        }
    }

    /// The session time-out can be minutes, and a session in use stays.
    async fn a_session_may_end_after_minutes(house: House) {
        let house = house.start_again_with(&[("SESSION_IDLE_MINUTES", "10")]).await;
        let ada = house.signed_in("Ada").await;
        for _ in 0..4 {
            house.time.advance(chrono::TimeDelta::minutes(4));
            ada.get("/instances").await.with(200);
        }
        house.time.advance(chrono::TimeDelta::minutes(11));
        ada.get("/instances").await.with(303);
    }
}
