//! The editor: SQL first, with values, window and options beside it; *Try*, *Save and run*, the data sources.

use crate::queries::{REACH, id, instance, saved, sql};
use crate::support::stories;

stories! {
    /// One click saves a new query and runs it with the values on the same page; submitting it twice does so once.
    async fn a_new_query_is_saved_and_run_in_one_step(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let page = ada.get(&format!("/queries/new?instance={instance}")).await.with(200);
        let hidden = |name: &str| page.attributes(&format!("form.editor input[name={name}]"), "value").remove(0);
        let (draft, tab, once) = (hidden("draft"), hidden("tab"), hidden("once"));
        let fields = [("instance", instance.as_str()), ("draft", &draft), ("tab", &tab), ("once", &once), ("name", "Reach"), ("sql", REACH),
            ("fields", "campaigns"), ("field.campaigns.kind", "list"), ("field.campaigns.required", "true"), ("param.campaigns", "Spring\nMen's"),
            ("param.gone", "left over"), ("window", "explicit"), ("start", "2026-02-01"), ("end", "2026-02-07"), ("options.user_count", "people"),
            ("options.timeout", "900"), ("options.ignore_gaps", "true")];
        let run = ada.post("/executions", &fields).await.with(303).location;
        assert!(run.starts_with("/executions/"), "{run}");
        assert_eq!(ada.post("/executions", &fields).await.with(303).location, run);
        let sent = ada.get(&format!("{run}?view=request")).await.with(200).body;
        for part in ["2026-02-08T00:00:00", "distinctUserCountColumn", "people", "900", "ignoreDataGaps"] {
            assert!(sent.contains(part), "{part}");
        }
        assert_eq!(house.count("select count(*) as value from queries").await, 1);
        assert_eq!(house.count("select count(*) as value from executions").await, 1);
    }

    /// What prevents a run is shown in the editor, and the query is saved anyway.
    async fn a_query_that_cannot_run_is_saved_and_says_why(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let fields = [("instance", instance.as_str()), ("name", "Reach"), ("sql", REACH), ("fields", "campaigns"), ("field.campaigns.kind", "list"),
            ("field.campaigns.required", "true"), ("options.timeout", "5")];
        let page = ada.post("/executions", &fields).await.with(422);
        let told = page.text("#errors");
        assert!(told.starts_with("The query is saved, but it can't run yet") && told.contains("Enter a value for campaigns."), "{told}");
        assert!(told.contains("900 and 86400"), "{told}");
        assert_eq!(page.attributes("input[name='options.timeout']", "value"), ["5"]);
        assert_eq!(sql(&page), REACH);
        assert_eq!(house.count("select count(*) as value from queries").await, 1);
        let unnamed = ada.post("/executions", &[("instance", instance.as_str()), ("sql", REACH)]).await.with(422);
        assert!(unnamed.text("#errors").contains("Enter a name for the query."));
        let nowhere = ada.post("/executions", &[("name", "Reach"), ("sql", "SELECT 1 AS x FROM dsp_clicks")]).await.with(422);
        assert!(nowhere.text("#errors").contains("Choose"), "{}", nowhere.text("#errors"));
        assert_eq!(house.count("select count(*) as value from executions").await, 0);
    }

    /// *Try* shows synthetic data immediately, reports the effect of privacy, and stores nothing.
    async fn a_text_is_tried_on_synthetic_data(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let text = "SELECT campaign, user_id IS NULL AS nobody, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY 1, 2";
        let fields = [("instance", instance.as_str()), ("sql", text)];
        let page = ada.post("/queries/try", &fields).await.with(200);
        assert!(page.text("#tried .badge").contains("Synthetic data"));
        assert_eq!(page.attributes("[autofocus]", "id"), ["tried"], "without scripts, the browser shows the result");
        let heads = page.texts("#tried thead th");
        assert!(heads[0].starts_with("campaign STRING") && heads[2].starts_with("reach LONG"), "{heads:?}");
        assert!(!page.texts("#tried tbody tr").is_empty());
        let detailed = "SELECT postal_code, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY 1";
        let page = ada.post("/queries/try", &[("instance", instance.as_str()), ("sql", detailed)]).await.with(200);
        assert!(page.text(".trial-head").contains("removed by privacy thresholds"), "{}", page.text(".trial-head"));
        assert_eq!(sql(&page), detailed, "the text is where it was");
        for (sql, why) in [("SELECT campain FROM dsp_impressions", "Fix the 1 error"), (REACH, "Enter a value for campaigns."), ("", "Enter the SQL"),
            ("SELECT campaign, CAST(campaign AS INTEGER) AS x, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1", "Leave those rows out with WHERE")] {
            let page = ada.post("/queries/try", &[("instance", instance.as_str()), ("sql", sql)]).await.with(200);
            assert!(page.text("#tried .callout").contains(why), "{}", page.text("#tried"));
        }
        let filled = ada.post("/queries/try", &[("instance", instance.as_str()), ("sql", REACH), ("param.campaigns", "None of these"),
            ("fields", "campaigns"), ("field.campaigns.kind", "list"), ("param.gone", "x")]).await.with(200);
        assert!(filled.text(".trial-head").contains("0 rows"), "{}", filled.text("#tried"));
        assert_eq!(house.count("select count(*) as value from executions").await, 0);
        assert_eq!(house.count("select count(*) as value from queries").await, 0);
        assert_eq!(house.count("select count(*) as value from drafts").await, 0);
    }

    /// A new editor proposes the instance where the person last ran a query; the first time, with several, it asks.
    async fn a_new_editor_remembers_the_last_instance(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let chosen = |page: &crate::support::Answer| page.attributes("#f-instance option[selected]", "value").first().cloned().unwrap_or_default();
        assert_eq!(chosen(&ada.get("/queries/new").await.with(200)), "");
        let query = saved(&ada, "Clicks", "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1").await;
        ada.post("/executions", &[("query", id(&query))]).await.with(303);
        assert_eq!(chosen(&ada.get("/queries/new").await.with(200)), instance);
        let chie = house.signed_in("Chie").await;
        assert_ne!(chosen(&chie.get("/queries/new").await.with(200)), instance, "each has their own");
    }

    /// AMC compiles the text and runs nothing; its words stand at the author's line. The page asks again until AMC has answered,
    /// and an answer about another text is never shown.
    async fn a_text_is_checked_by_amc_itself(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let asked = async |sql: &str, more: &[(&str, &str)]| {
            let fields: Vec<_> = [("instance", instance.as_str()), ("sql", sql), ("name", "Kept")].into_iter().chain(more.iter().copied()).collect();
            ada.post("/queries/dry-run", &fields).await.with(200)
        };
        let right = "SELECT campaign,\n  COUNT(1) AS n\nFROM dsp_clicks WHERE campaign = {{name}} GROUP BY 1";
        assert!(asked(right, &[]).await.text("#on-amc").contains("Enter a value for name."));
        let named = ("param.name", "Spring");
        let page = asked(right, &[named]).await;
        assert!(page.text("#on-amc h2").contains("Checking on AMC"), "{}", page.text("#on-amc"));
        assert_eq!(page.attributes("#on-amc", "hx-trigger"), ["every 2s"]);
        let held = |page: &crate::support::Answer| ["id", "of", "since"].map(|name| page.attributes(&format!("input[name='dry_run.{name}']"), "value").remove(0));
        let [id, of, since] = held(&page);
        let again = [named, ("dry_run.id", id.as_str()), ("dry_run.of", of.as_str()), ("dry_run.since", since.as_str())];
        house.time.advance(chrono::TimeDelta::seconds(20));
        let page = asked(right, &again).await;
        assert!(page.text("#on-amc").contains("AMC accepts this query"), "{}", page.text("#on-amc"));
        assert_eq!(page.attributes("#on-amc", "hx-trigger").len(), 0);
        let changed = asked(&right.replace("campaign", "advertiser"), &again).await;
        assert_ne!(held(&changed)[0], id, "another text is sent anew");

        let wrong = "SELECT campaign,\n  {{name}} || nothing AS x, COUNT(1) AS n FROM dsp_clicks GROUP BY 1";
        let [id, of, since] = held(&asked(wrong, &[named]).await);
        house.time.advance(chrono::TimeDelta::seconds(20));
        let page = asked(wrong, &[named, ("dry_run.id", &id), ("dry_run.of", &of), ("dry_run.since", &since)]).await;
        assert!(page.text("#on-amc").contains("refuses the query at line 2"), "{}", page.text("#on-amc"));
        let first = page.text(".remark[data-code=refused-by-amc]");
        assert!(first.starts_with("Error at line 2") && first.contains("AMC's message:"), "{first}");
        assert!(page.attributes("article.remark", "data-code").len() > 1 && page.attributes("article.remark", "data-code")[0] == "refused-by-amc");

        assert!(ada.post("/queries/dry-run", &[("sql", right)]).await.with(200).text("#on-amc").contains("Choose the instance"));
        house.settle().await;
        house.tick("adoption").await;
        assert_eq!(house.count("select count(*) as value from executions").await, 0, "a dry run is no execution");
        let chie = house.signed_in("Chie").await;
        chie.post("/queries/dry-run", &[("sql", right), ("instance", instance.as_str())]).await.with(404);
    }

    /// The instance's data sources are beside the SQL; without scripts their buttons keep what is typed.
    async fn data_sources_are_searched_unfolded_and_inserted_without_scripts(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let text = "SELECT campaign FROM dsp_clicks";
        let asked = async |more: (&str, &str)| ada.post("/queries/check", &[("instance", instance.as_str()), ("sql", text), more]).await.with(200);
        let page = asked(("unfold", "dsp_clicks")).await;
        assert_eq!(page.attributes(".editor-body > a.skip:first-child", "href"), ["#f-sql"], "by keyboard, without a stop at each source");
        let first = page.text("#schema-sources > li");
        assert!(first.starts_with("Columns of dsp_clicks") && first.contains("used"), "{first}");
        assert!(page.texts("#schema-sources > li:first-child li").iter().any(|it| it.starts_with("campaign STRING")));
        assert_eq!(sql(&asked(("insert", "user_id")).await), format!("{text} user_id"));
        let found = asked(("schema", "new_to_brand")).await;
        assert!(found.texts("#schema-sources li li").iter().all(|it| it.contains("new_to_brand")));
        let list = ada.get("/instances").await.with(200);
        let at = list.texts("tbody tr").iter().position(|row| row.contains("Sandbox")).expect("a sandbox");
        let sandbox = list.attributes("tbody th a", "href").remove(at);
        let page = ada.get(&format!("/queries/new?instance={}", id(&sandbox))).await.with(200);
        assert!(page.texts("#schema-sources [data-missing] .help").iter().any(|it| it.contains("in this instance")), "{:?}", page.texts("#schema-sources .help"));
    }

    /// Values and options of the next run are restored with the draft.
    async fn a_draft_keeps_the_values_of_the_next_run(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let page = ada.get(&format!("{query}/edit")).await.with(200);
        let hidden = |name: &str| page.attributes(&format!("form.editor input[name={name}]"), "value").remove(0);
        let (draft, tab) = (hidden("draft"), hidden("tab"));
        let fields = [("query", id(&query)), ("draft", draft.as_str()), ("tab", &tab), ("name", "Reach, changed"), ("sql", REACH),
            ("param.campaigns", "Spring"), ("options.reason", "why")];
        let kept = ada.post("/queries/drafts", &fields).await.with(303).location;
        let led = ada.get(&kept).await;
        let page = if led.status.as_u16() == 303 { ada.get(&led.location).await } else { led };
        assert_eq!(page.text("textarea[name='param.campaigns']"), "Spring");
        assert_eq!(page.attributes("input[name='options.reason']", "value"), ["why"]);
    }

    /// Completion and hover are requested with the text and a position in it, in the browser's units.
    async fn an_editor_gets_what_can_be_used_at_each_position(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let text = "WITH r AS (SELECT campaign AS c, '😀' AS x FROM dsp_clicks) SELECT r. FROM r";
        let at = text.find("r. FROM").unwrap() + 2 - "😀".len() + 2;
        let at = at.to_string();
        let asked = async |address: &str, more: &[(&str, &str)]| {
            let fields: Vec<_> = [("instance", instance.as_str()), ("sql", text)].into_iter().chain(more.iter().copied()).collect();
            let answer = ada.post(address, &fields).await.with(200);
            serde_json::from_str::<serde_json::Value>(&answer.body).expect("JSON")
        };
        let completion = asked("/queries/complete", &[("at", at.as_str())]).await;
        let labels: Vec<_> = completion["options"].as_array().unwrap().iter().map(|it| it["label"].as_str().unwrap().to_owned()).collect();
        assert_eq!((labels, completion["from"].to_string()), (vec!["c".to_owned(), "x".to_owned()], at.clone()));
        assert!(asked("/queries/assist", &[("ask", "rename"), ("at", "5")]).await["places"].as_array().is_some_and(|places| places.len() == 3));
        assert_eq!(asked("/queries/assist", &[("ask", "signature"), ("at", at.as_str())]).await, serde_json::json!({}));
        ada.post("/queries/assist", &[("sql", text), ("ask", "nothing")]).await.with(400);
        let page = ada.post("/queries/format", &[("sql", text), ("name", "Kept")]).await.with(200);
        assert!(sql(&page).starts_with("WITH r AS (\n  SELECT"), "{}", sql(&page));
        assert_eq!(page.attributes("input[name=name]", "value"), ["Kept"]);
        let address = page.attributes("#schema-sources", "data-catalogue").remove(0);
        let file = ada.get(&address).await.with(200);
        assert!(file.headers["cache-control"].to_str().unwrap().contains("immutable"));
        assert!(file.body.contains("dsp_clicks") && file.body.contains("COUNT"));
        let stale = ada.get("/queries/catalogue/0000000000000000.json").await.with(200);
        assert_eq!(stale.headers["cache-control"], "no-store");
        let chie = house.signed_in("Chie").await;
        chie.get(&format!("{}?instance={instance}", address.split('?').next().unwrap())).await.with(404);
        chie.post("/queries/complete", &[("sql", text), ("instance", instance.as_str())]).await.with(404);
    }

    /// Parameters get the types suggested by their places; patterns and pasted lists are parsed as people write them.
    async fn parameters_are_proposed_and_read_as_people_give_them(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let text = "SELECT campaign, COUNT(*) AS n FROM dsp_impressions WHERE campaign LIKE {{name}} AND impressions >= {{least}} \
            AND campaign_id_string IN ({{ids}}) AND impression_date > {{day}} GROUP BY campaign";
        let page = ada.post("/queries/check", &[("instance", instance.as_str()), ("sql", text)]).await.with(200);
        let kind = |name: &str| page.attributes(&format!("select[name='field.{name}.kind'] option[selected]"), "value").remove(0);
        assert_eq!(["name", "least", "ids", "day"].map(kind), ["pattern", "number", "list", "date"]);
        let query = saved(&ada, "Proposed", text).await;
        let fields = [("param.name", "Spring"), ("param.name.match", "starts"), ("param.least", "3"), ("param.day", "2026-01-31"),
            ("param.ids", "'B1', 'B2'; 'B1'")];
        let preview = ada.post(&format!("{query}/preview"), &fields).await.with(200);
        let sent = preview.text("#sent-sql");
        assert!(sent.contains("LIKE 'Spring%'") && sent.contains("IN ('B1', 'B2')"), "{sent}");
        let back: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut form: Vec<(&str, &str)> = back.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.push(("query", id(&query)));
        let page = ada.post("/queries/check", &form).await.with(200);
        assert_eq!(page.attributes("select[name='param.name.match'] option[selected]", "value"), ["starts"]);
        assert_eq!(page.attributes("input[name='param.name']", "value"), ["Spring"]);
        assert!(page.body.contains("2 values, 1 duplicate removed, quotes removed."));
        let many = (0..20_000).map(|n| format!("B{n:09}")).collect::<Vec<_>>().join("\t");
        form.retain(|(name, _)| *name != "param.ids");
        form.push(("param.ids", &many));
        let page = ada.post("/queries/check", &form).await.with(200);
        assert!(page.body.contains("20,000 values.") && page.texts("#errors li").is_empty(), "{:?}", page.texts("#errors li"));
    }

    /// Panes stay collapsed for the person who collapsed them.
    async fn folded_panes_stay_folded(house: House) {
        let ada = house.signed_in("Ada").await;
        let open = async || ada.get("/queries/new").await.with(200).attributes("details.pane[open]", "id");
        assert_eq!(open().await, ["schema", "settings"]);
        let mut cookies = ada.cookies();
        cookies.insert("folded".to_owned(), "schema.elsewhere".to_owned());
        ada.take_cookies(cookies);
        assert_eq!(open().await, ["settings"]);
    }
}
