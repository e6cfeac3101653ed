//! Queries: written, checked, previewed, stored; no work is lost.

use crate::support::{Answer, Visitor, stories};

pub(crate) const REACH: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach\nFROM dsp_impressions\n\
    WHERE campaign IN ({{campaigns}})\nGROUP BY campaign";

/// The first instance that isn't a sandbox.
pub(crate) async fn instance(visitor: &Visitor) -> String {
    let page = visitor.get("/instances").await.with(200);
    let rows = page.texts("tbody tr");
    let links = page.attributes("tbody th a", "href");
    let at = rows.iter().position(|row| row.contains("Standard")).expect("a standard instance");
    links[at].rsplit('/').next().expect("an id").to_owned()
}

/// Saves a query; returns its address.
pub(crate) async fn saved(visitor: &Visitor, name: &str, sql: &str) -> String {
    let instance = instance(visitor).await;
    let fields = [("instance", instance.as_str()), ("name", name), ("sql", sql)];
    visitor.post("/queries/new", &fields).await.with(303).location
}

pub(crate) fn id(address: &str) -> &str {
    address.rsplit('/').next().expect("an id")
}

/// The text in the editor.
pub(crate) fn sql(page: &Answer) -> String {
    let text = scraper::Html::parse_document(&page.body);
    let area = scraper::Selector::parse("textarea[name=sql]").expect("a selector");
    text.select(&area).next().expect("an editor").text().collect()
}

/// Submits a form and opens where it leads.
pub(crate) async fn submitted(visitor: &Visitor, address: &str, fields: &[(&str, &str)]) -> (String, Answer) {
    let led = visitor.post(address, fields).await.with(303).location;
    let page = visitor.get(&led).await;
    (led, page)
}

stories! {
    /// Written with a list, a mistyped column reported with its line, fixed with its button, previewed.
    async fn a_mistyped_column_is_named_fixed_and_previewed(house: House) {
        let ada = house.signed_in("Ada").await;
        let wrong = REACH.replace("SELECT campaign", "SELECT\n  campaing");
        let query = saved(&ada, "Reach by campaign", &wrong).await;
        let page = ada.get(&query).await.with(200);
        assert_eq!(page.texts(".remark h2")[0], "Error at line 2, column 3");
        assert_eq!(page.text(".remark mark"), "campaing");
        assert!(page.text("textarea[name='param.campaigns']").is_empty(), "a list is asked for");
        let fix = page.attributes("button[name=fix]", "value").remove(0);
        let editor = ada.post("/queries/check", &[("query", id(&query)), ("fix", &fix)]).await.with(200);
        assert_eq!(sql(&editor), REACH.replace("SELECT campaign", "SELECT\n  campaign"));
        let revision = editor.attributes("input[name=revision]", "value").remove(0);
        let text = sql(&editor);
        let fields = [("name", "Reach by campaign"), ("sql", text.as_str()), ("revision", &revision), ("fields", "campaigns"),
            ("field.campaigns.kind", "list"), ("field.campaigns.required", "true"), ("field.campaigns.help", "Names as in the console.")];
        ada.post(&format!("{query}/edit"), &fields).await.with(303);
        let page = ada.get(&query).await.with(200);
        assert!(page.texts(".remark").iter().all(|remark| !remark.starts_with("Error")), "{:?}", page.texts(".remark"));
        let preview = ada.post(&format!("{query}/preview"), &[("param.campaigns", "Men's\nSpring")]).await.with(200);
        assert!(preview.text("#sent-sql").contains("WHERE campaign IN ('Men''s', 'Spring') GROUP BY campaign"));
        assert!(preview.text("#sent-body").contains("\"timeWindowType\": \"EXPLICIT\""));
        let linked = ada.get(&format!("{query}/preview?param.campaigns=Spring&window=MOST_RECENT_DAY")).await.with(200);
        assert!(linked.text("#sent-body").contains("MOST_RECENT_DAY"));
    }

    /// Errors in the text are shown beside the button, and at the top after it was pressed.
    async fn a_query_with_errors_says_why_it_cannot_run(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Mistyped", "SELECT campain FROM dsp_impressions GROUP BY 1").await;
        let page = ada.get(&query).await.with(200);
        assert_eq!(page.text("#why-not"), "Can't run yet: 1 error in the SQL.");
        assert!(page.texts("#errors").is_empty());
        let pressed = ada.post("/executions", &[("query", id(&query))]).await.with(422);
        let told = pressed.text("#errors");
        assert!(told.starts_with("Can't run yet Line 1") && told.contains("campain"), "{told}");
        assert_eq!(pressed.attributes("#errors a", "href"), ["#report"]);
        assert!(!pressed.texts("#report article").is_empty());
    }

    /// A query that can't run is shown again with the submitted values and all errors at once.
    async fn a_form_that_does_not_fit_comes_back_as_it_was_typed(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let form = [("query", id(&query)), ("window", "explicit"), ("start", "2026-03-02T00:00"), ("end", "2026-03-01T00:00"),
            ("zone", "Mars/Olympus"), ("param.campaigns", "")];
        for address in ["/executions".to_owned(), format!("{query}/preview")] {
            let page = ada.post(&address, &form).await.with(422);
            assert_eq!(page.texts("#errors li").len(), 3, "{:?}", page.texts("#errors li"));
            assert_eq!(page.attributes("input[name=zone]", "value"), ["Mars/Olympus"]);
            assert_eq!(page.attributes("input[name=start]", "value"), ["2026-03-02T00:00"]);
        }
        let checked = ada.post("/queries/check", &form).await.with(200);
        assert_eq!(checked.texts("#errors li").len(), 3);
        assert_eq!(house.count("select count(*) as value from executions").await, 0);
    }

    /// Malicious values in every field of every form of the room get clear responses.
    async fn hostile_input_gets_a_clear_answer(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "<script>alert(1)</script>", REACH).await;
        let page = ada.get(&query).await.with(200);
        assert!(page.text("h1").contains("<script>") && !page.body.contains("<script>alert"));
        let long = "x".repeat(300);
        let huge = "x".repeat((1 << 20) + 1);
        let instance = instance(&ada).await;
        for (name, sql, told) in [("", "SELECT 1", 1), (long.as_str(), "", 2), ("n", huge.as_str(), 1), ("n", "SELECT '\0'", 1), ("a\0b", "SELECT 1", 1)] {
            let page = ada.post("/queries/new", &[("instance", &instance), ("name", name), ("sql", sql)]).await.with(422);
            assert_eq!(page.texts("#errors li").len(), told, "{:?}", page.texts("#errors li"));
        }
        for odd in ["\0", "'; --", "\u{202e}", "{{campaigns}}", "%s"] {
            let every = ["q", "instance", "sort", "page", "deleted"].map(|field| (field, odd));
            let search: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(every).finish();
            ada.get(&format!("/queries?{search}")).await.with(200);
            let fields = ["sql", "name", "description", "instance", "draft", "source", "fields", "window", "start", "zone", "privacy.column", "fix", "query"]
                .map(|field| (field, odd));
            for address in ["/queries/check", "/queries/new", "/queries/drafts"] {
                let answer = ada.post(address, &fields).await;
                assert!([200, 303, 422].contains(&answer.status.as_u16()), "{address} {odd:?}: {}", answer.status);
            }
            let run = [("query", id(&query)), ("param.campaigns", odd), ("window", odd), ("zone", odd), ("privacy", odd)];
            ada.post("/queries/check", &run).await.with(200);
        }
    }

    /// Two people who edit the same query see each other's text, and neither is lost.
    async fn two_editors_of_one_query_see_both_texts(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", "SELECT campaign FROM dsp_impressions GROUP BY 1").await;
        let revision = ada.get(&format!("{query}/edit")).await.with(200).attributes("input[name=revision]", "value").remove(0);
        let first = [("name", "Reach"), ("sql", "SELECT 'first'"), ("revision", revision.as_str())];
        ada.post(&format!("{query}/edit"), &first).await.with(303);
        let second = [("name", "Reach"), ("sql", "SELECT 'second'"), ("revision", revision.as_str())];
        let both = ada.post(&format!("{query}/edit"), &second).await.with(409);
        assert_eq!(sql(&both), "SELECT 'second'");
        assert_eq!(both.text("#theirs"), "SELECT 'first'");
        let revision = both.attributes("input[name=revision]", "value").remove(0);
        let again = [("name", "Reach"), ("sql", "SELECT 'second'"), ("revision", revision.as_str())];
        ada.post(&format!("{query}/edit"), &again).await.with(303);
        assert_eq!(sql(&ada.get(&format!("{query}/edit")).await), "SELECT 'second'");
    }

    /// Deleting can be undone on the next page.
    async fn a_deleted_query_comes_back_by_undo(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Short-lived", REACH).await;
        let (_, list) = submitted(&ada, &format!("{query}/delete"), &[]).await;
        assert!(list.texts("tbody tr").is_empty());
        let undo = list.attributes("form[action$='/restore']", "action").remove(0);
        let gone = ada.get(&query).await.with(200);
        assert!(gone.body.contains("This query is deleted") && gone.texts("button.primary").is_empty());
        ada.post("/executions", &[("query", id(&query)), ("param.campaigns", "Spring")]).await.with(409);
        ada.post(&undo, &[]).await.with(303);
        assert_eq!(ada.get("/queries").await.texts("tbody th").len(), 1);
    }

    /// A draft has the editor's content, and is removed when it is saved.
    async fn a_draft_waits_until_it_is_saved(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let typed = [("instance", instance.as_str()), ("name", ""), ("sql", "SELECT\n  campaign"), ("fields", "x"), ("field.x.label", "X")];
        let (address, page) = submitted(&ada, "/queries/drafts", &typed).await;
        assert_eq!(sql(&page), "SELECT\n  campaign");
        let draft = page.attributes("input[name=draft]", "value").remove(0);
        assert!(address.ends_with(&draft));
        assert_eq!(ada.get("/queries").await.texts("#drafts li").len(), 1);
        let chie = house.signed_in("Chie").await;
        chie.get(&address).await.with(404);
        let fields = [("instance", instance.as_str()), ("name", "Kept"), ("sql", REACH), ("draft", draft.as_str())];
        ada.post("/queries/new", &fields).await.with(303);
        assert!(ada.get("/queries").await.texts("#drafts li").is_empty());
        assert!(ada.get(&address).await.with(303).location.ends_with("/edit"), "the draft became a query");
        chie.get(&address).await.with(404);
    }

    /// Found, filtered, sorted, paged and exported.
    async fn the_list_is_searched_sorted_and_exported(house: House) {
        let ada = house.signed_in("Ada").await;
        let empty = ada.get("/queries").await.with(200);
        assert!(empty.body.contains("No queries yet"));
        for name in ["Beta 100%", "alpha", "Gamma_x"] {
            saved(&ada, name, REACH).await;
            house.time.advance(chrono::TimeDelta::seconds(1));
        }
        let names = |page: Answer| page.texts("tbody th a");
        assert_eq!(names(ada.get("/queries").await), ["Gamma_x", "alpha", "Beta 100%"]);
        assert_eq!(names(ada.get("/queries?sort=name").await), ["alpha", "Beta 100%", "Gamma_x"]);
        assert_eq!(names(ada.get("/queries?sort=-name").await), ["Gamma_x", "Beta 100%", "alpha"]);
        assert_eq!(names(ada.get("/queries?sort=changed").await), ["Beta 100%", "alpha", "Gamma_x"]);
        assert_eq!(names(ada.get("/queries?q=0%25").await), ["Beta 100%"]);
        assert_eq!(names(ada.get("/queries?q=ALPHA").await), ["alpha"]);
        assert!(names(ada.get("/queries?q=_y").await).is_empty());
        let csv = ada.get("/queries.csv?sort=name").await.with(200);
        assert_eq!(csv.body.lines().count(), 4);
        assert!(csv.body.lines().nth(1).is_some_and(|line| line.starts_with("alpha,")));
        let json: serde_json::Value = serde_json::from_str(&ada.get("/queries.json?q=gamma").await.with(200).body).unwrap();
        assert_eq!((json.as_array().map(Vec::len), json[0]["name"].as_str()), (Some(1), Some("Gamma_x")));
        assert_eq!(names(ada.get("/queries?q=DSP_impressions").await).len(), 3, "the SQL is searched");
    }

    /// Typing requests a check; the response contains the parts that the page replaces.
    async fn the_check_while_typing_answers_with_its_parts(house: House) {
        let ada = house.signed_in("Ada").await;
        let typed = [("sql", "SELECT campaing FROM dsp_impressions WHERE campaign = '{{c}}' AND line_item = {{l}} GROUP BY 1")];
        let page = ada.post("/queries/check", &typed).await.with(200);
        assert_eq!(page.attributes("#report .callout", "data-tone"), ["error", "warning"]);
        assert!(page.text("#field-rows").contains('l'));
        let fixes = page.attributes("button[name=fix]", "value");
        let fixed = ada.post("/queries/check", &[typed[0], ("fix", fixes[1].as_str())]).await.with(200);
        assert!(sql(&fixed).contains("campaign = {{c}} AND"));
        assert_eq!(fixed.attributes("input[name=fields]", "value"), ["c", "l"]);
    }

    /// The preview shows exactly what is sent.
    async fn the_preview_is_what_is_sent(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let fields = [("query", id(&query)), ("param.campaigns", "It's \"one\" -- really\nTwo /* 2 */")];
        let preview = ada.post(&format!("{query}/preview"), &fields).await.with(200);
        let sql = preview.text("#sent-sql");
        assert!(sql.contains("IN ('It''s \"one\" -- really', 'Two /* 2 */')"), "{sql}");
        let previewed: serde_json::Value = serde_json::from_str(&preview.text("#sent-body")).unwrap();
        let run = ada.post("/executions", &fields).await.with(303).location;
        let mut sent: serde_json::Value = serde_json::from_str(&ada.get(&format!("{run}?view=request")).await.text("#sent-body")).unwrap();
        assert!(sent["workflow"]["workflowId"].as_str().is_some_and(|id| id.starts_with("recomamp-exe_")));
        sent["workflow"].as_object_mut().unwrap().remove("workflowId");
        assert_eq!(sent, previewed);
        assert_eq!(sent["timeWindowStart"], "2026-02-25T00:00:00");
        assert_eq!(sent["timeWindowEnd"], "2026-03-04T00:00:00");
        house.settle().await;
        assert!(ada.get(&run).await.text("#live [role=status]").contains("Succeeded"));
    }

    /// An execution can be edited and rerun from its own form, also with values that are too long for an address.
    async fn a_run_can_be_changed_and_run_again(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let filled = |long: &'static str| [("query", id(&query).to_owned()), ("param.campaigns", long.to_owned()),
            ("window", "explicit".to_owned()), ("start", "2026-02-01T00:00".to_owned()), ("end", "2026-02-03T00:00".to_owned())];
        let many = (0..1_000).fold(String::new(), |text, n| text + &format!("Men's {n}\nSpring {n}\n"));
        let long: &'static str = many.leak();
        for text in ["Men's\nSpring", long] {
            let fields = filled(text);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let run = ada.post("/executions", &fields).await.with(303).location;
            let page = ada.get(&run).await.with(200);
            let link = page.attributes("a[href*='param.campaigns']", "href");
            let form = if let Some(link) = link.first() {
                ada.get(link).await.with(200)
            } else {
                let of = |attribute| page.attributes("form[action='/queries/check'] input", attribute);
                let (names, values) = (of("name"), of("value"));
                let pairs: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
                ada.post("/queries/check", &pairs).await.with(200)
            };
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(form.text("textarea[name='param.campaigns']"), words.join(" "));
            assert_eq!(form.attributes("input[name=start]", "value"), ["2026-02-01"]);
        }
    }

    /// Missing, mistyped or malicious values are shown again with errors beside their fields.
    async fn hostile_values_come_back_with_a_message(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let long = "x".repeat(1 << 20);
        for value in ["", "a\0b", long.as_str()] {
            let fields = [("query", id(&query)), ("param.campaigns", value)];
            let refused = ada.post("/executions", &fields).await;
            assert_eq!(refused.status.as_u16(), 422, "{} bytes\n{}", value.len(), refused.texts("#errors").join(" "));
            assert!(!refused.text("#errors").is_empty());
        }
        assert_eq!(house.unfinished().await, 0);
    }

    /// The text beside the Run button follows the form, and reports a window without dates.
    async fn the_words_beside_the_button_are_those_of_the_form(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let id = query.rsplit('/').next().unwrap();
        let words = async |fields: &[(&str, &str)]| {
            let fields: Vec<_> = std::iter::once(("query", id)).chain(fields.iter().copied()).collect();
            ada.post("/queries/check", &fields).await.with(200).text("#window-words")
        };
        assert_eq!(words(&[]).await, ada.get(&query).await.text("#window-words"));
        let month = words(&[("window", "last-month")]).await;
        assert_eq!(month, "Will run for 1–28 Feb 2026 (UTC).");
        assert_eq!(words(&[("window", "explicit")]).await, "Enter the start date, or choose another time window.");
        let linked = ada.get(&format!("{query}?window=explicit")).await;
        assert_eq!(linked.text("#window-words"), "Enter the start date, or choose another time window.");
    }

    /// Invalid windows: reversed, in the future, unparseable, without a zone.
    async fn impossible_windows_are_refused_with_the_reason(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", "SELECT SUM(impressions) AS impressions FROM dsp_impressions").await;
        let cases = [
            ("2026-03-02T00:00", "2026-03-01T00:00", "UTC"),
            ("2026-03-01T00:00", "2027-03-01T00:00", "UTC"),
            ("yesterday", "2026-03-01T00:00", "UTC"),
            ("2026-03-01T00:00", "2026-03-02T00:00", "Mars/Olympus"),
        ];
        for (start, end, zone) in cases {
            let fields = [("query", id(&query)), ("window", "explicit"), ("start", start), ("end", end), ("zone", zone)];
            let refused = ada.post("/executions", &fields).await.with(422);
            assert!(!refused.text("#errors").is_empty(), "{start} {end} {zone}");
            assert_eq!(refused.attributes("#f-start", "value"), [start], "nothing is lost");
        }
    }

    /// A guide's query opens as a draft; saved, it runs.
    async fn a_guides_query_opens_as_a_draft_and_runs(house: House) {
        let ada = house.signed_in("Ada").await;
        let guide = ada.get("/guides/first-query").await.with(200);
        let open = guide.attributes("main button[formaction$='/open']", "formaction").remove(0);
        let editor = ada.post(&open, &[]).await.with(303).location;
        let form = ada.get(&editor).await.with(200);
        let sql = form.text("textarea[name=sql]");
        assert!(sql.contains("dsp_impressions"), "{sql}");
        assert!(form.body.contains("campaigns"), "the draft brings its field");
    }
}
