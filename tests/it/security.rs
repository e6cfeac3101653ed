//! Unauthorized access: strangers, other people, other sites, oversized bodies.

mod things;

use recomamp::web::routes::{Line, Who};
use reqwest::Method;

use crate::support::{Answer, stories};
pub(crate) use things::{filled, others};

/// Whether a route is only for callers whom the program knows.
fn needs_a_caller(line: &Line) -> bool {
    !matches!(line.who, Who::Anyone | Who::Link | Who::Operator)
}

/// Whether a visitor is asked to sign in, or a program to send a token.
pub(crate) fn is_turned_away(address: &str, answer: &Answer) -> bool {
    if address.starts_with("/api/") || address == "/mcp" {
        return answer.status.as_u16() == 401 && answer.body.contains("/help/problems/invalid-token");
    }
    answer.status.as_u16() == 303 && answer.location.starts_with("/sign-in")
}

stories! {
    /// Other people's ids aren't found, on every route.
    async fn another_persons_ids_are_missing_on_every_route(house: House) {
        let addresses = others(&house).await;
        let stranger = house.signed_in("Chie").await;
        for (method, address) in addresses.into_iter().filter(|(_, address)| !address.starts_with("/queries/drafts/")) {
            let body = (method == Method::POST).then(|| "name=Theirs&sql=SELECT+1&revision=1".to_owned());
            let answer = stranger.send(method.clone(), &address, &[], body).await;
            assert_eq!(answer.status.as_u16(), 404, "{method} {address}\n{}", answer.body);
        }
        assert!(stranger.get("/executions").await.texts("tbody tr").is_empty());
        assert!(stranger.get("/queries").await.texts("tbody tr").is_empty());
        assert_eq!(house.count("select count(*) as value from queries where name = 'Mine' and deleted_at is null").await, 2, "one is made from a template");
    }

    /// Everybody signs in at once, some of them twice: each becomes one person, and one is the administrator.
    async fn the_first_of_many_newcomers_is_the_administrator(house: House) {
        let names = ["Ada", "Ben", "Chie", "Ada", "Chie", "Ben"];
        let visitors = names.map(|name| (name, house.visitor()));
        futures::future::join_all(visitors.iter().map(|(name, visitor)| visitor.sign_in(name))).await;
        assert_eq!(house.count("select count(*) as value from people").await, 3);
        assert_eq!(house.count("select count(*) as value from people where role = 'administrator'").await, 1);
    }

    /// Nobody can see or do anything while signed out.
    async fn a_signed_out_visitor_is_sent_to_sign_in(house: House) {
        let mut addresses = others(&house).await;
        for page in ["/", "/instances", "/queries", "/queries/new", "/queries/bin", "/queries/bin.csv", "/queries/drafts", "/queries/drafts.json", "/executions", "/executions.json", "/guides", "/guides.csv", "/help/checks", "/help/checks.csv", "/help/checks/star", "/settings/sessions", "/settings/sessions.csv", "/settings/connections", "/settings/connections.json", "/settings/audit", "/settings/audit.csv", "/settings/audit.json", "/operations", "/search?q=a"] {
            addresses.push((Method::GET, page.to_owned()));
        }
        let nobody = house.visitor();
        for (method, address) in addresses {
            let body = (method == Method::POST).then(String::new);
            let answer = nobody.send(method.clone(), &address, &[], body).await;
            assert!(is_turned_away(&address, &answer), "{method} {address}: {} {}\n{}", answer.status, answer.location, answer.body);
        }
    }

    /// Every line of the table while signed out: the sign-in page, or 401. What is for anyone has stories of its own.
    async fn every_route_asks_to_sign_in(house: House) {
        let things = others(&house).await;
        let nobody = house.visitor();
        for line in house.app.access().iter().filter(|line| needs_a_caller(line)) {
            for address in filled(line.path, &things) {
                let body = (line.method != Method::GET).then(String::new);
                let answer = nobody.send(line.method.clone(), &address, &[], body).await;
                assert!(is_turned_away(&address, &answer), "{} {address}: {}\n{}", line.method, answer.status, answer.body);
            }
        }
    }

    /// Every line of the table about one thing, with another person's: not found.
    async fn every_route_hides_what_others_have(house: House) {
        let theirs = others(&house).await;
        let stranger = house.signed_in("Chie").await;
        // Discarding a draft redirects whether it exists or not; its owner decides what happens.
        let leads_on = "/queries/drafts/{id}/delete";
        let drafts = house.count("select count(*) as value from drafts").await;
        for address in filled(leads_on, &theirs) {
            stranger.post(&address, &[]).await.with(303);
        }
        assert!(drafts > 0);
        assert_eq!(house.count("select count(*) as value from drafts where discarded_at is null").await, drafts, "nobody's draft is thrown away by another");
        let table = house.app.access();
        for line in table.iter().filter(|line| line.path.contains("{id}") && line.path != leads_on) {
            for address in filled(line.path, &theirs) {
                let body = (line.method != Method::GET).then(|| "name=Theirs&sql=SELECT+1&revision=1".to_owned());
                let headers = [("hx-request", "true")];
                let answer = stranger.send(line.method.clone(), &address, &headers, body).await;
                let status = answer.status.as_u16();
                // The API reads a body before it looks for anything, and this one is no JSON.
                let is_unread = line.scope.is_some() && status == 415;
                assert!(is_unread || status == 404, "{} {address}: {status}\n{}", line.method, answer.body);
            }
        }
    }

    /// Requests sent by another site's page are refused.
    async fn posts_from_other_sites_are_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        for headers in [[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], [("sec-fetch-site", "same-site"), ("origin", "null")]] {
            let answer = ada.send(Method::POST, "/sign-out", &headers, Some(String::new())).await.with(403);
            assert!(answer.text("h1").contains("Not allowed"), "{}", answer.body);
        }
        ada.get("/instances").await.with(200);
    }

    /// The emulator's consent page redirects only to this program, and another site's page can't submit it.
    async fn the_emulated_consent_leads_back_to_this_program_only(house: House) {
        let visitor = house.visitor();
        let consent = visitor.post("/auth/amazon/start", &[("region", "NA"), ("next", "/")]).await.with(303).location;
        visitor.get(&consent).await.with(200);
        let with = |name: &str, value: &str| {
            let mut url = url::Url::parse(&consent).expect("an address");
            let others: Vec<(String, String)> =
                url.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
            url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
            url
        };
        for url in [with("redirect_uri", "https://evil.example/"), with("client_id", "anybody")] {
            assert_eq!(visitor.get(url.as_str()).await.with(400).location, "");
        }
        let form = format!("{}&decision=allow&person=ada", with("state", "x").query().expect("a query"));
        let send = async |site: &str| {
            let page = consent.split('?').next().expect("a path");
            visitor.send(Method::POST, page, &[("sec-fetch-site", site)], Some(form.clone())).await
        };
        assert_eq!(send("cross-site").await.with(400).location, "");
        assert!(send("same-origin").await.with(302).location.contains("/auth/amazon/callback?code="));
        let evil = [("sec-fetch-site", "cross-site"), ("origin", "http://evil")];
        let speed = || Some("speed=1".to_owned());
        visitor.send(Method::POST, "/emulator/control/speed", &evil, speed()).await.with(403);
        visitor.send(Method::POST, "/emulator/control/speed", &[], speed()).await.with(303);
    }

    /// Invisible or direction-changing names are refused wherever people enter names.
    async fn names_that_cannot_be_read_are_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = ada.get("/instances").await.with(200).attributes("tbody th a", "href").remove(0);
        let id = instance.rsplit('/').next().expect("an id").to_owned();
        for name in ["\u{200B}\u{FEFF}", "\u{202E}hcaer"] {
            ada.post(&format!("{instance}/rename"), &[("name", name)]).await.with(422);
            let fields = [("instance", id.as_str()), ("name", name), ("sql", "SELECT 1"), ("window", "settled")];
            ada.post("/queries/new", &fields).await.with(422);
        }
        ada.post(&format!("{instance}/rename"), &[("name", "کمپین\u{200C}ها")]).await.with(303);
    }

    /// A body over the limit is refused with a page that says so.
    async fn a_body_over_the_limit_is_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        let body = format!("sql={}", "x".repeat(3 << 20));
        let answer = ada.send(Method::POST, "/queries/new", &[], Some(body)).await.with(413);
        assert_eq!(answer.text("h1"), "Too large");
    }

    /// Invalid addresses and invalid ids.
    async fn nonsense_is_missing_with_a_page_that_leads_on(house: House) {
        let ada = house.signed_in("Ada").await;
        for address in ["/nowhere", "/instances/x", "/executions/exe_1", "/executions/..%2f..%2fetc", "/queries/%00", "/executions/qry_01jzzzzzzzzzzzzzzzzzzzzzzz"] {
            let page = ada.get(address).await.with(404);
            assert_eq!(page.text("h1"), "Page not found", "{address}");
            assert!(page.body.contains("req_"), "{address} names the request");
        }
        ada.send(Method::DELETE, "/instances", &[], None).await.with(405);
        ada.send(Method::POST, "/queries/new", &[("content-type", "application/json")], Some("{}".to_owned())).await.with(400);
    }

    /// Every response has the strict headers, and scripts can't read the cookie.
    async fn answers_carry_strict_headers(house: House) {
        let page = house.visitor().get("/sign-in").await.with(200);
        let header = |name: &str| page.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'self'; object-src 'none'"));
        assert!(!header("content-security-policy").contains("unsafe"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        let visitor = house.visitor();
        let started = visitor.post("/auth/amazon/start", &[("region", "NA")]).await;
        let cookie = started.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }

    /// A sign-in only redirects within this site.
    async fn nobody_is_led_to_another_site(house: House) {
        let visitor = house.signed_in("Ada").await;
        for to in ["https://evil.example", "//evil.example", "/\\evil.example"] {
            let address = format!("/sign-in?to={}", url::form_urlencoded::byte_serialize(to.as_bytes()).collect::<String>());
            assert_eq!(visitor.get(&address).await.with(303).location, "/");
            let themed = visitor.post("/settings/theme", &[("theme", "dark"), ("next", to)]).await.with(303);
            assert_eq!(themed.location, "/");
        }
    }
}
