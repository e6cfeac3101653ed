//! One thing of each kind that belongs to somebody, and routes with the ids of these things.

use reqwest::Method;

use crate::support::House;

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
    let renew = ada.get("/settings/invitations").await.attributes("tbody form", "action").remove(0);
    let revoke = renew.replace("/renew", "/revoke");
    addresses.extend([(Method::POST, renew), (Method::GET, revoke.clone()), (Method::POST, revoke)]);
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
