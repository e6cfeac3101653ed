//! All lists: filtering, paging, invalid parameters, exports.

use chrono::TimeDelta;
use recomamp::db::{Scope, sql};
use serde_json::Value;

use crate::executions::{REACH, run, saved as saved_reach};
use crate::queries::{id, saved};
use crate::support::{Answer, House, Visitor, execute, stories};

/// Every list, with parameters that match nothing. A word in capitals is the page of a thing, made by `filled`.
const LISTS: [(&str, &str); 32] = [
    ("/executions", "q=nothing-like-this&state=lost&by=me&from=2026-03-01&until=2026-03-02"),
    ("/queries", "q=nothing-like-this&tag=x&stars=mine"),
    ("/queries/bin", "q=nothing-like-this"),
    ("/queries/drafts", "q=nothing-like-this&show=discarded"),
    ("QUERY/versions", "q=nothing-like-this&from=2026-03-01"),
    ("/schedules", "q=nothing-like-this&state=paused&show=deleted"),
    ("/schedules/backfills", "q=nothing-like-this&state=paused"),
    ("SCHEDULE", "state=failed"),
    ("/instances", "q=nothing-like-this&region=FE&kind=sandbox&show=removed"),
    ("INSTANCE/people", "q=nothing-like-this&source=shared"),
    ("INSTANCE/brands", "q=nothing-like-this"),
    ("INSTANCE/workflows", "q=nothing-like-this&show=saved"),
    ("INSTANCE/workflows/schedules", "q=nothing-like-this&show=enabled"),
    ("/data-sources", "q=qqqqzzzzxx&access=paid"),
    ("/guides", "q=nothing-like-this&level=advanced"),
    ("/library", "q=nothing-like-this&level=advanced"),
    ("/help/checks", "q=nothing-like-this&level=warning"),
    ("/deliveries", "q=nothing-like-this&state=failed&from=2026-03-01&until=2026-03-02"),
    ("/notices", "q=nothing-like-this&kind=execution.failed&show=unread&from=2026-03-01&until=2026-03-02"),
    ("/settings/destinations", "q=nothing-like-this&kind=folder&show=deleted"),
    ("/settings/webhooks", "q=nothing-like-this&state=off"),
    ("WEBHOOK", "state=failed&from=2026-03-01&until=2026-03-02"),
    ("/settings/tokens", "q=nothing-like-this&state=expired"),
    ("/settings/people", "q=nothing-like-this&role=member&state=suspended"),
    ("/settings/audit", "q=nothing-like-this&action=refused"),
    ("/settings/sessions", "q=nothing-like-this"),
    ("/settings/connections", "q=nothing-like-this&state=reconnect"),
    ("/settings/access", "q=nothing-like-this&role=viewer"),
    ("/settings/access/routes", "q=nothing-like-this&role=viewer"),
    ("/settings/invitations", "q=nothing-like-this&state=open"),
    ("/settings/links", "q=nothing-like-this&state=open"),
    ("/operations/usage", "q=nothing-like-this&period=week"),
];

/// The pages of things with lists, by their words in `LISTS`.
type Things = [(&'static str, String); 4];

/// The page of a list, and the address of its exports without their ending.
fn addresses(list: &str, things: &Things) -> (String, String) {
    let path = things.iter().fold(list.to_owned(), |path, (word, page)| path.replace(word, page));
    let export = match list {
        "SCHEDULE" => format!("{path}/slots"),
        "WEBHOOK" => format!("{path}/deliveries"),
        _ => path.clone(),
    };
    (path, export)
}

/// Something in every list.
async fn filled(house: &House, ada: &Visitor) -> Things {
    ada.post("/settings/notices", &[("manual", "true")]).await.with(303);
    house.tick("notifier").await;
    let query = saved(ada, "Reach", "SELECT 1").await;
    ada.post(&format!("{query}/edit"), &[("name", "Reach"), ("sql", "SELECT 2"), ("revision", "1")]).await.with(303);
    let gone = saved(ada, "Gone", "SELECT 1").await;
    ada.post(&format!("{gone}/delete"), &[]).await.with(303);
    draft(ada).await;
    let reach = saved_reach(ada, REACH).await;
    let page = run(ada, &reach).await;
    house.settle().await;
    house.tick("notifier").await;
    ada.post(&format!("{page}/links"), &[("title", "Reach"), ("valid", "7")]).await.with(200);
    ada.post("/settings/invitations", &[("site_role", "member"), ("valid", "7")]).await.with(200);
    ada.post("/settings/tokens", &[("name", "Mine"), ("days", "30"), ("queries", "read")]).await.with(200);
    let instance = on_an_instance(house, ada, &reach).await;
    let schedule = scheduled(house, ada, &reach).await;
    let webhook = sent(ada, &page).await;
    // So that opening the list of used routes doesn't add a row to it.
    ada.get("/operations/usage").await.with(200);
    [("QUERY", query), ("INSTANCE", instance), ("SCHEDULE", schedule), ("WEBHOOK", webhook)]
}

/// Brands, workflows and AMC's schedules of an instance; returns its page.
async fn on_an_instance(house: &House, ada: &Visitor, query: &str) -> String {
    let own = crate::queries::instance(ada).await;
    let instance = format!("/instances/{own}");
    ada.post(&format!("{instance}/brands"), &[("name", "Acme"), ("items", "B012345678")]).await.with(303);
    let workflow = [("do", "sync"), ("instance", own.as_str()), ("workflow", "reach")];
    ada.post(&format!("/queries/{query}/workflow"), &workflow).await.with(303);
    ada.post(&format!("{instance}/workflows"), &[]).await.with(303);
    let schedules = r#"[{"id":"each-monday","workflow":"reach","period":"Weekly","day":"Monday","hour":7}]"#;
    execute(&house.database_url(), &format!("update instance_workflows set schedules = '{schedules}'")).await;
    instance
}

/// A schedule with a slot in its ledger, and a backfill; returns the schedule's page.
async fn scheduled(house: &House, ada: &Visitor, query: &str) -> String {
    let daily = [("query", query), ("repeat", "daily"), ("at", "11:00"), ("timing_zone", "Europe/Berlin")];
    let schedule = ada.post("/schedules", &daily).await.with(303).location;
    let past = [("query", query), ("first_day", "2026-01-05"), ("last_day", "2026-01-18")];
    ada.post("/schedules/backfills", &past).await.with(303);
    house.time.advance(TimeDelta::hours(1));
    house.tick("scheduler").await;
    house.settle().await;
    schedule
}

/// A delivery to a destination, and one to a webhook, whose page is returned.
async fn sent(ada: &Visitor, page: &str) -> String {
    let bucket = [("name", "Theirs"), ("kind", "bucket"), ("bucket", "results"), ("region", "eu-west-1")];
    let destination = ada.post("/settings/destinations", &bucket).await.with(303).location;
    let target = [("destination", id(&destination)), ("format", "csv"), ("pattern", "{slot}.csv")];
    ada.post(&format!("{page}/deliver"), &target).await.with(303);
    let hook = [("name", "Mine"), ("kind", "chat"), ("sends", "problems"), ("url", "https://hooks.example.com/")];
    let webhook = ada.post("/settings/webhooks", &hook).await.with(303).location;
    ada.post(&format!("{webhook}/test"), &[]).await.with(303);
    webhook
}

/// Opens the query of a guide and changes it: only then is there a draft. Returns its id.
async fn draft(ada: &Visitor) -> String {
    let opened =
        ada.post("/guides/first-query/queries/reach-and-frequency-by-campaign/open", &[]).await.with(303).location;
    let page = ada.get(&opened).await.with(200);
    let names = page.attributes("main form input[type=hidden]", "name");
    let values = page.attributes("main form input[type=hidden]", "value");
    let hidden =
        names.iter().zip(&values).filter(|(name, _)| ["draft", "tab", "was", "source"].contains(&name.as_str()));
    let mut fields: Vec<(&str, &str)> = hidden.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("name", "Reach by campaign"), ("sql", "SELECT 1"), ("window", "settled")]);
    ada.post("/queries/drafts", &fields).await;
    opened.rsplit(['/', '=']).next().expect("an id").to_owned()
}

fn json(answer: &Answer) -> Vec<Value> {
    let Ok(Value::Array(lines)) = serde_json::from_str(&answer.body) else { panic!("no array: {}", answer.body) };
    lines
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers[name].to_str().expect("words")
}

/// The compressed size of a page.
fn weight(page: &str) -> usize {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(page.as_bytes()).expect("a page is packed");
    gzip.finish().expect("a page is packed").len()
}

stories! {
    /// Each list can be shown, filtered to nothing with a link back, and exported exactly as shown.
    async fn every_list_is_narrowed_and_taken_out(house: House) {
        let ada = house.signed_in("Ada").await;
        house.signed_in("Chie").await;
        let things = filled(&house, &ada).await;
        for (list, nothing) in LISTS {
            let (path, export) = addresses(list, &things);
            let page = ada.get(&path).await.with(200);
            assert!(!page.texts("tbody tr").is_empty() && !page.text("h1").is_empty(), "{path}");
            assert!(page.texts(".pager").len() == 1, "{path} has pages");
            let offered = page.attributes("form.toolbar a.button", "href");
            assert_eq!(offered, [format!("{export}.csv"), format!("{export}.json")]);
            let (csv, lines) = (ada.get(&offered[0]).await.with(200), json(&ada.get(&offered[1]).await.with(200)));
            assert!(!lines.is_empty(), "{path}");
            assert_eq!(header(&csv, "content-type"), "text/csv; charset=utf-8");
            assert!(header(&csv, "content-disposition").ends_with("_2026-03-18.csv\""), "{path}");
            let heads: Vec<&str> = lines[0].as_object().expect("an object").keys().map(String::as_str).collect();
            assert_eq!(csv.body.lines().next(), Some(format!("\u{feff}{}", heads.join(",")).as_str()));
            let none = ada.get(&format!("{path}?{nothing}")).await.with(200);
            assert!(none.text(".empty h2").contains("match") && none.texts(".callout h2").is_empty(), "{path}: {}", none.body);
            assert_eq!(none.attributes(".empty a", "href"), [path.as_str()], "the way back to all");
            for link in none.attributes("form.toolbar a.button", "href") {
                let file = ada.get(&link).await.with(200);
                assert!(header(&file, "content-disposition").contains("_filtered_2026-03-18."), "{link}");
                assert!(file.body.lines().count() <= 3 && !file.body.contains("2026-03-1"), "{link}: {}", file.body);
            }
        }
    }

    /// Invalid parameters are reported and ignored; an export with them is refused with the reason.
    async fn nonsense_in_an_address_is_said_and_refuses_a_file(house: House) {
        let ada = house.signed_in("Ada").await;
        let things = filled(&house, &ada).await;
        for (list, _) in LISTS {
            let (path, _) = addresses(list, &things);
            let whole = ada.get(&path).await.texts("tbody tr").len();
            let page = ada.get(&format!("{path}?page=x%3Cb%3E")).await.with(200);
            assert_eq!(page.text(".callout[data-tone=warning] h2"), "Part of this address was ignored", "{path}");
            assert_eq!(page.texts("tbody tr").len(), whole, "{path}");
            assert!(page.body.contains("x&#60;b&#62;"), "{path}");
        }
        for odd in ["from=-0001-01-01", "until=yesterday", "state=odd", "instance=x", "query=exe_1", "by=you", "from=2026-03-02&until=2026-03-01", "size=-1"] {
            let page = ada.get(&format!("/executions?{odd}")).await.with(200);
            assert_eq!(page.texts(".callout[data-tone=warning] li").len(), 1, "{odd}");
        }
        for odd in ["/executions.csv?state=odd", "/queries.json?sort=size", "/settings/audit.csv?from=never", "/instances.json?region=XX"] {
            let refused = ada.get(odd).await.with(400);
            assert!(refused.text("main").contains("“"), "{odd}: {}", refused.text("main"));
        }
    }

    /// A search ignores the case of all letters, and finds what means something in a pattern as it is.
    async fn a_search_ignores_case_in_every_script(house: House) {
        let ada = house.signed_in("Ada").await;
        for name in ["ÜBER Größe", "ПРИВЕТ [1]", "Οδός ΣΟΦΟΣ", "100%_é*"] {
            saved(&ada, name, "SELECT 1").await;
        }
        for (text, name) in [
            ("über", "ÜBER Größe"), ("GRÖßE", "ÜBER Größe"), ("привет [", "ПРИВЕТ [1]"), ("ΟΔΌΣ", "Οδός ΣΟΦΟΣ"),
            ("σοφος", "Οδός ΣΟΦΟΣ"), ("É*", "100%_é*"), ("%_É", "100%_é*"),
        ] {
            let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let found = json(&ada.get(&format!("/queries.json?q={encoded}")).await.with(200));
            let names: Vec<&str> = found.iter().filter_map(|query| query["name"].as_str()).collect();
            assert_eq!(names, [name], "{text}");
            assert!(ada.get(&format!("/search?q={encoded}")).await.with(200).text("main").contains(name), "{text}");
        }
        assert!(json(&ada.get("/queries.json?q=%C3%A4ber").await.with(200)).is_empty(), "another letter is another letter");
    }

    /// Other people's texts don't run as formulas in a spreadsheet; in JSON they are unchanged.
    async fn a_name_that_is_a_formula_is_guarded_in_csv_alone(house: House) {
        let ada = house.signed_in("Ada").await;
        for name in ["=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@SUM(A1)"] {
            saved(&ada, name, "SELECT 1").await;
            house.time.advance(TimeDelta::seconds(1));
        }
        let csv = ada.get("/queries.csv?sort=changed").await.with(200).body;
        let names: Vec<&str> = csv.lines().skip(1).map(|line| line.split(",\"\",").next().expect("a field")).collect();
        assert!(names[0].starts_with("\"'=HYPERLINK(\"\"http://evil.example\"\")\","), "{csv}");
        assert!(names[1].starts_with("\"'+1\",") && names[2].starts_with("\"'-1\",") && names[3].starts_with("\"'@SUM(A1)\","), "{csv}");
        assert_eq!(json(&ada.get("/queries.json?sort=changed").await)[0]["name"], "=HYPERLINK(\"http://evil.example\")");
    }

    /// An export of a long list continues after the last exported row, whatever is added meanwhile; a page is
    /// unaffected.
    async fn a_long_history_is_taken_out_whole_and_once(house: House) {
        const COPY: &str = "insert into executions (id, instance_id, connection_id, query_id, query_name, person_id, \
            person_name, state, author_sql, sent, source_map, field_values, amc_workflow_id, created_at, updated_at) \
            select $1, instance_id, connection_id, query_id, query_name, person_id, person_name, state, author_sql, sent, \
            source_map, field_values, $1, created_at, updated_at from executions order by id limit 1";
        let ada = house.signed_in("Ada").await;
        let query = saved_reach(&ada, REACH).await;
        let page = run(&ada, &query).await;
        house.settle().await;
        let mut tx = house.db().write(&Scope::System).await.expect("a transaction");
        for number in 0..2_300 {
            // All started at the same time, so that only their ids differ.
            sql(COPY).bind(format!("exe_{number:026}")).execute(&mut tx).await.expect("a copy");
        }
        tx.commit().await.expect("kept");
        for filter in [String::new(), format!("?query={query}"), "?state=succeeded".to_owned()] {
            let lines = json(&ada.get(&format!("/executions.json{filter}")).await.with(200));
            let mut ids: Vec<&str> = lines.iter().filter_map(|line| line["execution"].as_str()).collect();
            assert_eq!(ids.len(), 2_301, "{filter}");
            assert!(ids.contains(&id(&page)));
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), 2_301, "{filter}: each once");
        }
        assert_eq!(ada.get("/executions.csv").await.with(200).body.lines().count(), 2_302);
        assert_eq!(ada.get("/executions?size=500&page=5").await.texts("tbody tr").len(), 301);
        let page = ada.get("/executions?size=500").await.with(200);
        assert_eq!(page.texts("tbody tr").len(), 500);
        assert!(weight(&page.body) <= 25_000, "{} bytes", weight(&page.body));
    }

    /// Versions, drafts and deleted items are found by name and date.
    async fn what_was_before_is_found_by_name_and_day(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "First name", "SELECT 1").await;
        house.time.advance(TimeDelta::days(2));
        ada.sign_in("Ada").await;
        ada.post(&format!("{query}/edit"), &[("name", "Second name"), ("sql", "SELECT 1"), ("revision", "1")]).await.with(303);
        let versions = async |filter: &str| ada.get(&format!("{query}/versions?{filter}")).await.with(200).texts("tbody th a");
        assert_eq!(versions("").await, ["Version 2", "Version 1"]);
        assert_eq!(versions("q=FIRST").await, ["Version 1"]);
        assert_eq!(versions("from=2026-03-19").await, ["Version 2"]);
        assert_eq!(versions("until=2026-03-18").await, ["Version 1"]);
        let file = ada.get(&format!("{query}/versions.csv?q=first")).await.with(200);
        assert!(header(&file, "content-disposition").contains("versions_second-name_filtered_2026-03-20.csv"));
        assert!(file.body.contains("\n1,First name,") && file.body.lines().count() == 2, "{}", file.body);

        let draft = &draft(&ada).await;
        assert_eq!(ada.get("/queries/drafts?q=guide").await.texts("tbody tr").len(), 1);
        assert!(ada.get("/queries/drafts?show=discarded").await.texts("tbody tr").is_empty());
        ada.post(&format!("/queries/drafts/{draft}/delete"), &[]).await.with(303);
        let gone = ada.get("/queries/drafts?show=discarded").await.with(200);
        assert_eq!(gone.attributes("tbody form", "action"), [format!("/queries/drafts/{draft}/restore")]);
        assert_eq!(json(&ada.get("/queries/drafts.json?show=discarded").await)[0]["id"], draft.as_str());
        let chie = house.signed_in("Chie").await;
        assert!(json(&chie.get("/queries/drafts.json?show=discarded").await).is_empty());
        assert!(json(&chie.get("/queries/bin.json").await).is_empty());

        ada.post(&format!("{query}/delete"), &[]).await.with(303);
        let instance = crate::queries::instance(&ada).await;
        assert_eq!(ada.get(&format!("/queries/bin?instance={instance}&sort=name")).await.texts("tbody th a"), ["Second name"]);
        assert_eq!(json(&ada.get("/queries/bin.json?q=second").await)[0]["id"], id(&query));
    }

    /// A member's export of grants contains their own; an administrator can filter everybody's.
    async fn grants_leave_as_far_as_they_are_seen(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let own = json(&chie.get("/settings/connections.json?q=ada").await.with(200));
        assert!(own.is_empty(), "{own:?}");
        let own = json(&chie.get("/settings/connections.json").await.with(200));
        assert_eq!((own.len(), own[0]["state"].as_str()), (1, Some("active")));
        assert!(!own[0].to_string().contains("sealed"));
        assert_eq!(json(&ada.get("/settings/connections.json").await).len(), 2);
        let page = ada.get("/settings/connections?q=chie&state=working").await.with(200);
        assert!(page.text("main").contains("Chie"), "{}", page.body);
        assert!(ada.get("/settings/connections?q=nobody").await.text(".empty h2").contains("No connections match"));
        assert_eq!(ada.get("/settings/sessions?q=nothing").await.texts("tbody tr").len(), 0);
        assert_eq!(json(&ada.get("/settings/sessions.json").await).len(), 1);
    }

    /// Repeats of a query are one row, with numbers that link to what they count.
    async fn executions_are_counted_by_their_query(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved_reach(&ada, REACH).await;
        run(&ada, &query).await;
        run(&ada, &query).await;
        house.settle().await;
        house.time.advance(TimeDelta::minutes(1));
        let canceled = run(&ada, &query).await;
        ada.post(&format!("{canceled}/cancel"), &[]).await.with(303);
        house.settle().await;
        house.time.advance(TimeDelta::minutes(1));
        let other = saved_reach(&ada, "SELECT campaign, SUM(total_cost) AS cost FROM dsp_impressions GROUP BY campaign").await;
        run(&ada, &other).await;

        let page = ada.get("/executions?group=query").await.with(200);
        assert_eq!(page.texts("#runs tbody tr").len(), 2, "{}", page.body);
        let cells = page.texts("#runs tbody tr:nth-child(2) td");
        assert!(cells[0].contains("Canceled"), "{cells:?}");
        assert_eq!(cells[2..], ["3", "1", "0", "2", "0"]);
        assert!(page.text("#runs tbody tr:first-child td").contains("Waiting"));
        assert_eq!(page.texts(".tabs [aria-current=page]"), ["By query"]);
        let leads = page.attributes("#runs tbody tr:nth-child(2) td a", "href");
        assert_eq!(leads[1], format!("/executions?query={query}&state=succeeded"));
        assert_eq!(ada.get(&leads[0]).await.with(200).texts("#runs tbody tr").len(), 3);
        assert_eq!(ada.get(&leads[1]).await.with(200).texts("#runs tbody tr").len(), 2);

        let narrowed = ada.get("/executions?group=query&state=cancelled").await.with(200);
        assert_eq!(narrowed.texts("#runs tbody td.number")[0], "1");
        assert_eq!(narrowed.attributes("form.toolbar input[name=group]", "value"), ["query"]);
        assert_eq!(narrowed.attributes(".tabs a", "href")[0], "/executions?state=cancelled");
        let file = json(&ada.get("/executions.json?group=query").await.with(200));
        assert_eq!((file.len(), file[1]["executions"].as_i64(), file[1]["query_id"].as_str()), (2, Some(3), Some(&*query)));
        assert!(json(&house.signed_in("Chie").await.get("/executions.json?group=query").await).is_empty());
        assert!(ada.get("/executions?group=day").await.text(".callout").contains("was ignored"));
        ada.get("/executions.csv?group=day").await.with(400);
    }

    /// Executions of an account: what uses its slots.
    async fn executions_of_an_account_are_listed(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved_reach(&ada, REACH).await;
        run(&ada, &query).await;
        let instance = ada.get("/instances").await.attributes("tbody th a", "href").swap_remove(0);
        let leads = ada.get(&instance).await.with(200).attributes(".stats a", "href");
        let of_account = leads.iter().find(|lead| lead.contains("account=")).expect("the account's slots lead to them");
        let page = ada.get(of_account).await.with(200);
        assert_eq!(page.texts("#runs tbody tr").len(), 1, "{}", page.body);
        assert!(page.text(".chips").contains("Account: Agency A"), "{}", page.body);
        let none = ada.get("/executions?account=ENTITYOTHER").await.with(200);
        assert!(none.texts("#runs tbody tr").is_empty() && none.text(".chips").contains("ENTITYOTHER"));
    }
}
