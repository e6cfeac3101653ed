//! Unauthorized access: strangers, other people, other sites, oversized bodies.

use recomamp::web::routes::{Line, Who};
use reqwest::Method;

use crate::support::{Answer, House, stories};

/// Addresses of a person's things, each beginning with the thing, with their method.
const THINGS: &[&str] = &[
    "GET instance",
    "GET instance/brands",
    "GET instance/brands.csv",
    "POST instance/brands",
    "GET brand",
    "POST brand",
    "POST brand/delete",
    "POST brand/restore",
    "POST query/fill",
    "POST instance/rename",
    "POST instance/labels",
    "GET instance/people",
    "GET instance/people.csv",
    "POST instance/people",
    "POST instance/people/change",
    "GET instance/people/revoke",
    "POST instance/people/revoke",
    "POST instance/star",
    "POST instance/remove",
    "POST instance/restore",
    "GET query",
    "GET query/edit",
    "POST query/edit",
    "GET query/preview",
    "GET query/workflow",
    "POST query/workflow",
    "GET instance/workflows",
    "GET instance/workflows.csv",
    "POST instance/workflows",
    "GET instance/workflows/schedules",
    "GET instance/workflows/schedules.csv",
    "POST instance/workflows/import",
    "GET query/link",
    "GET query/privacy",
    "GET query/query.sql",
    "POST query/link",
    "POST query/delete",
    "POST query/restore",
    "GET query/duplicate",
    "POST query/duplicate",
    "POST query/favourite",
    "GET query/versions",
    "GET query/versions/compare",
    "GET query/versions.csv",
    "GET query/versions.json",
    "POST query/versions/restore",
    "GET execution",
    "POST execution/cancel",
    "POST execution/stop-waiting",
    "POST execution/fetch",
    "POST execution/rerun",
    "GET execution/links",
    "POST execution/links",
    "GET execution/problem.json",
    "GET execution/result.csv",
    "GET execution/result.json",
    "GET execution/result.tsv",
    "GET schedule",
    "GET schedule/slots.csv",
    "GET schedule/slots.json",
    "GET schedule/edit",
    "POST schedule/edit",
    "POST schedule/pause",
    "GET schedule/resume",
    "POST schedule/resume",
    "POST schedule/delete",
    "POST schedule/restore",
    "POST schedule/run",
    "GET schedule/rehearsal",
    "GET schedule/rehearsal/months",
    "POST schedule/rehearsal/months",
    "GET backfill",
    "POST backfill/pause",
    "POST backfill/resume",
    "POST backfill/cancel",
    "POST backfill/retry",
    "GET schedule/deliveries",
    "POST schedule/deliveries",
    "GET schedule/deliveries/new",
    "GET rule",
    "POST rule",
    "POST rule/delete",
    "POST rule/restore",
    "POST rule/past",
    "GET execution/deliver",
    "POST execution/deliver",
    "GET delivered",
    "POST delivered/retry",
    "GET destination",
    "POST destination",
    "GET destination/delete",
    "POST destination/delete",
    "POST destination/restore",
    "POST destination/test",
    "GET schedule/notices",
    "POST schedule/notices",
    "GET notice",
    "GET webhook",
    "POST webhook",
    "GET webhook/deliveries.csv",
    "GET webhook/deliveries.json",
    "POST webhook/delete",
    "POST webhook/switch",
    "POST webhook/secret",
    "POST webhook/retire",
    "POST webhook/test",
    "POST webhook/replay",
    "GET token",
    "GET token/revoke",
    "POST token/revoke",
    "GET delivery",
    "POST delivery/replay",
];

/// Addresses of other people's things, with their method.
#[expect(clippy::too_many_lines, reason = "some lines for each kind of thing, one after the other")]
pub(crate) async fn others(house: &House) -> Vec<(Method, String)> {
    let ada = house.signed_in("Ada").await;
    let page = ada.get("/instances").await.with(200);
    let instance = page.attributes("tbody th a", "href").remove(0);
    let id = instance.rsplit('/').next().expect("an id").to_owned();
    let fields = [
        ("instance", id.as_str()),
        ("name", "Mine"),
        ("sql", "SELECT campaign FROM dsp_impressions GROUP BY campaign"),
        ("window", "settled"),
    ];
    let query = ada.post("/queries/new", &fields).await.with(303).location;
    let query = query.split(['?', '#']).next().expect("a path").to_owned();
    let query_id = query.rsplit('/').next().expect("an id").to_owned();
    ada.post("/settings/notices", &[("manual", "true")]).await.with(303);
    house.tick("notifier").await;
    let run = ada.post("/executions", &[("query", query_id.as_str())]).await.with(303).location;
    let guided = "/guides/first-query/queries/reach-and-frequency-by-campaign/run";
    ada.post(guided, &[("instance", id.as_str()), ("window", "settled")]).await.with(303);
    let report = ada.post("/guides/first-query/reports", &[("instance", id.as_str())]).await.with(303).location;
    house.settle().await;
    let timing = [("query", query_id.as_str()), ("repeat", "daily"), ("at", "09:00")];
    let schedule = ada.post("/schedules", &timing).await.with(303).location;
    let past = [("query", query_id.as_str()), ("first_day", "2026-01-05"), ("last_day", "2026-01-18")];
    let backfill = ada.post("/schedules/backfills", &past).await.with(303).location;
    let opened =
        ada.post("/guides/first-query/queries/reach-and-frequency-by-campaign/open", &[]).await.with(303).location;
    let draft = opened.rsplit(['/', '=']).next().expect("an id").to_owned();
    let sessions = ada.get("/settings/sessions").await.attributes("main form[action$='/end']", "action");
    ada.post(&format!("{instance}/brands"), &[("name", "Acme"), ("items", "B012345678")]).await.with(303);
    let brand = ada.get(&format!("{instance}/brands")).await.attributes("tbody th a", "href").remove(0);
    house.tick("notifier").await;
    let notice = ada.get("/notices").await.attributes("tbody th a", "href").remove(0);
    let hook = [("name", "Mine"), ("kind", "chat"), ("sends", "problems"), ("url", "https://hooks.example.com/")];
    let webhook = ada.post("/settings/webhooks", &hook).await.with(303).location;
    let delivery = ada.post(&format!("{webhook}/test"), &[]).await.with(303).location;
    let allowed = [("name", "Mine"), ("days", "30"), ("queries", "read")];
    ada.post("/settings/tokens", &allowed).await.with(200);
    let token = ada.get("/settings/tokens").await.attributes("tbody th a", "href").remove(0);
    let bucket = [("name", "Theirs"), ("kind", "bucket"), ("bucket", "results"), ("region", "eu-west-1")];
    let destination = ada.post("/settings/destinations", &bucket).await.with(303).location;
    let destination_id = destination.rsplit('/').next().expect("an id").to_owned();
    let target = [("destination", destination_id.as_str()), ("format", "csv"), ("pattern", "{slot}.csv")];
    ada.post(&format!("{schedule}/deliveries"), &target).await.with(303);
    let rules = ada.get(&format!("{schedule}/deliveries")).await;
    let rule = rules.attributes("tbody a[href^='/deliveries/rules/']", "href").remove(0);
    let delivered = ada.post(&format!("{run}/deliver"), &target).await.with(303).location;
    let mut addresses: Vec<(Method, String)> = THINGS
        .iter()
        .map(|line| {
            let (method, address) = line.split_once(' ').expect("a method and an address");
            let thing = address.split('/').next().expect("a thing");
            let own = match thing {
                "instance" => &instance,
                "brand" => &brand,
                "query" => &query,
                "execution" => &run,
                "schedule" => &schedule,
                "backfill" => &backfill,
                "rule" => &rule,
                "delivered" => &delivered,
                "destination" => &destination,
                "notice" => &notice,
                "webhook" => &webhook,
                "delivery" => &delivery,
                "token" => &token,
                other => panic!("{other} is no thing"),
            };
            (method.parse().expect("a method"), address.replacen(thing, own, 1))
        })
        .collect();
    addresses.push((Method::GET, format!("/queries/new?instance={id}")));
    // The API's addresses are called by their own stories; here each id is only known.
    for (group, page) in
        [("instances", &instance), ("workflows", &query), ("executions", &run), ("schedules", &schedule)]
    {
        let id = page.split(['?', '#']).next().and_then(|page| page.rsplit('/').next()).expect("an id");
        addresses.push((Method::GET, format!("/api/{group}/{id}")));
    }
    let saved = [("name", "Mine"), ("filter", "f=all&f.1.p=column&f.1.o=is&f.1.v=campaign")];
    ada.post("/data-sources/filters", &saved).await.with(303);
    let filters = ada.get("/data-sources/fields").await.attributes("main form[action$='/delete']", "action");
    addresses.extend(filters.into_iter().map(|address| (Method::POST, address)));
    let tests = ada.get("/settings/connections").await.attributes("main form[action$='/test']", "action");
    assert!(!tests.is_empty());
    addresses.extend(tests.into_iter().map(|address| (Method::POST, address)));
    let people = ada.get("/settings/people").await.attributes("tbody th a", "href");
    addresses.extend(people.into_iter().map(|address| (Method::GET, address)));
    addresses.push((Method::POST, format!("/queries/drafts/{draft}/delete")));
    let template = ada.post("/library/own", &[("query", query_id.as_str())]).await.with(303).location;
    let made = ada.post(&format!("{template}/use"), &[]).await.with(303).location;
    let update = made.replace("/queries/", "/library/updates/");
    addresses.extend([(Method::GET, update.clone()), (Method::POST, update)]);
    addresses.push((Method::GET, template.clone()));
    for doing in ["try", "use", "open", "share", "change", "delete"] {
        addresses.push((Method::POST, format!("{template}/{doing}")));
    }
    ada.post("/settings/invitations", &[("site_role", "member"), ("valid", "7")]).await.with(200);
    let invited = ada.get("/settings/invitations").await.attributes("tbody form", "action");
    assert_eq!(invited.len(), 2);
    addresses.extend(invited.into_iter().map(|address| (Method::POST, address)));
    ada.post(&format!("{run}/links"), &[("title", "Mine"), ("valid", "7")]).await.with(200);
    let links = ada.get("/settings/links").await.attributes("tbody a[href*='/revoke']", "href");
    assert_eq!(links.len(), 1);
    for address in links.iter().filter_map(|address| address.split('?').next()) {
        addresses.extend([Method::GET, Method::POST].map(|method| (method, address.to_owned())));
    }
    addresses.push((Method::GET, format!("{report}/links")));
    addresses.push((Method::POST, format!("{report}/links")));
    addresses.push((Method::GET, report.clone()));
    addresses.push((Method::GET, format!("{report}/report.html")));
    addresses.push((Method::POST, format!("{report}/delete")));
    addresses.extend(sessions.into_iter().map(|address| (Method::POST, address)));
    addresses
}

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

/// Values for path parameters that aren't ids.
const NAMED: [(&str, &str); 5] = [
    ("{slug}", "first-query"),
    ("{code}", "unknown-column"),
    ("{problem}", "not-found"),
    ("{part}", "reach-and-frequency-by-campaign"),
    ("{name}", "dsp_impressions"),
];

/// A route with the ids of existing things, one address for each matching thing.
pub(crate) fn filled(route: &str, things: &[(Method, String)]) -> Vec<String> {
    let Some((before, after)) = route.split_once("{id}") else {
        return vec![NAMED.iter().fold(route.to_owned(), |route, (part, value)| route.replace(part, value))];
    };
    let id = |address: &str| Some(address.strip_prefix(before)?.split(['/', '?']).next()?.to_owned());
    let mut ids: Vec<String> =
        things.iter().filter_map(|(_, address)| id(address)).filter(|id| id.contains('_')).collect();
    ids.sort();
    ids.dedup();
    assert!(!ids.is_empty(), "no thing is made for {route}: add one to `others`");
    ids.into_iter().map(|id| format!("{before}{id}{after}")).collect()
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
