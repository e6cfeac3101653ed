//! Queries stored on AMC as workflows: sent, compared, recreated; and workflows of AMC imported as drafts.

use crate::queries::{id, instance, saved};
use crate::support::{execute, stories};

const SQL: &str =
    "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions WHERE campaign <> {{name}} GROUP BY campaign";

stories! {
    /// Sent, changed here, updated; deleted on AMC by somebody else, noticed, recreated; then deleted from here.
    async fn a_query_is_kept_on_amc_and_stays_the_same(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let fields = [("instance", own.as_str()), ("name", "Impressions by campaign"), ("sql", SQL), ("fields", "name"), ("field.name.kind", "text"), ("field.name.required", "true")];
        let query = ada.post("/queries/new", &fields).await.with(303).location;
        let page = format!("{query}/workflow");
        let send = [("do", "sync"), ("instance", own.as_str()), ("workflow", "impressions")];
        let refused = ada.post(&page, &send).await.with(422);
        assert!(refused.body.contains("The parameter name has no default"), "AMC asks for no values");
        let with_default = |revision: &'static str, default: &'static str| [("name", "Impressions by campaign"), ("sql", SQL), ("revision", revision), ("fields", "name"),
            ("field.name.kind", "text"), ("field.name.required", "true"), ("field.name.default", default)];
        ada.post(&format!("{query}/edit"), &with_default("1", "Spring")).await.with(303);
        assert_eq!(ada.get(&page).await.with(200).attributes("input[name=workflow]", "value"), ["impressions-by-campaign"]);
        ada.post(&page, &send).await.with(303);
        let shown = ada.get(&page).await.with(200);
        assert!(shown.body.contains("is created on AMC"), "{}", shown.text("main"));
        assert_eq!(shown.texts("tbody td[data-label=Compared]"), ["The same"]);
        ada.post(&page, &[("do", "look"), ("instance", own.as_str())]).await.with(303);
        assert!(ada.get(&page).await.body.contains("AMC has the workflow as it was sent."));

        ada.post(&format!("{query}/edit"), &with_default("2", "Summer")).await.with(303);
        assert_eq!(ada.get(&page).await.texts("tbody td[data-label=Compared]"), ["Changed here since"]);
        ada.post(&page, &[("do", "sync"), ("instance", own.as_str())]).await.with(303);
        let shown = ada.get(&page).await;
        assert!(shown.body.contains("is updated on AMC"));
        assert_eq!(shown.texts("tbody td[data-label=Compared]"), ["The same"]);

        let twin = saved(&ada, "Twin", "SELECT campaign FROM dsp_impressions GROUP BY campaign").await;
        let taken = ada.post(&format!("{twin}/workflow"), &send).await.with(422);
        assert!(taken.text("#e-workflow").contains("AMC has a workflow with this id already"));
        let over = [send[0], send[1], send[2], ("over", "true")];
        ada.post(&format!("{twin}/workflow"), &over).await.with(303);
        assert!(ada.get(&page).await.texts("tbody tr").is_empty(), "one workflow is one query");
        ada.post(&page, &over).await.with(303);
        ada.post(&page, &[("do", "remove"), ("instance", own.as_str())]).await.with(303);
        assert!(ada.get(&page).await.body.contains("The query stays here."));
        assert!(ada.get(&page).await.texts("tbody tr").is_empty());
    }

    /// A change on AMC that nobody here has seen is shown instead of being replaced; sending again replaces it.
    async fn a_change_on_amc_is_not_replaced_unseen(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let query = saved(&ada, "Kept", "SELECT campaign FROM dsp_impressions GROUP BY campaign").await;
        let page = format!("{query}/workflow");
        let send = [("do", "sync"), ("instance", own.as_str()), ("workflow", "kept")];
        ada.post(&page, &send).await.with(303);
        let other = r#"update query_workflows set sent = '{"sqlQuery": "SELECT advertiser FROM dsp_impressions GROUP BY advertiser"}'"#;
        execute(&house.database_url(), other).await;
        let refused = ada.post(&page, &send).await.with(422);
        assert!(refused.text("#errors").contains("Somebody changed the SQL on AMC. Nothing was sent."), "{}", refused.text("main"));
        assert_eq!(refused.texts("tbody td[data-label=Compared]"), ["Changed on AMC"]);
        assert!(refused.text("tbody button[value=sync]").contains("Replace on AMC"));
        ada.post(&page, &send).await.with(303);
        assert_eq!(ada.get(&page).await.texts("tbody td[data-label=Compared]"), ["The same"]);
    }

    /// AMC's workflows are listed on request, with the corresponding query here, and imported as drafts.
    async fn workflows_of_amc_become_drafts(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let list = format!("/instances/{own}/workflows");
        assert!(ada.get(&list).await.with(200).body.contains("Not loaded yet"));
        let sql = "SELECT campaign FROM dsp_impressions WHERE campaign = CUSTOM_PARAMETER('which') GROUP BY campaign";
        let fields = [("instance", own.as_str()), ("name", "Parameter"), ("sql", sql), ("fields", "which"), ("field.which.kind", "text"), ("field.which.default", "Spring")];
        let query = ada.post("/queries/new", &fields).await.with(303).location;
        for (query, workflow) in [(query.as_str(), "with-parameter"), (saved(&ada, "Plain", "SELECT campaign FROM dsp_impressions GROUP BY 1").await.as_str(), "plain")] {
            ada.post(&format!("{query}/workflow"), &[("do", "sync"), ("instance", own.as_str()), ("workflow", workflow)]).await.with(303);
        }
        ada.post(&list, &[]).await.with(303);
        let page = ada.get(&list).await.with(200);
        assert_eq!(page.texts("tbody th"), ["plain", "with-parameter"]);
        assert!(page.attributes("tbody td a", "href").contains(&format!("/queries/{}/workflow", id(&query))));
        let schedules = r#"[{"id":"each-monday","workflow":"plain","period":"Weekly","day":"Monday","hour":7,"enabled":true},{"id":"of-others","workflow":"theirs","period":"Daily","hour":0}]"#;
        execute(&house.database_url(), &format!("update instance_workflows set schedules = '{schedules}'")).await;
        let page = ada.get(&format!("{list}/schedules")).await.with(200);
        assert_eq!(page.texts("nav.tabs a[aria-current]"), ["Schedules 2"]);
        let link = page.attributes("tbody td[data-label='Schedule here'] a", "href").remove(0);
        let form = ada.get(&link).await.with(200);
        assert_eq!(form.attributes("select[name=repeat] option[selected]", "value"), ["weekly"]);
        assert_eq!(form.attributes("input[name=at]", "value"), ["07:00"]);
        assert_eq!(form.attributes("input[name=weekday][checked]", "value"), ["mon"]);
        assert_eq!(form.attributes("select[name=window] option[selected]", "value"), ["last-week"]);
        assert!(page.text("main").contains("Import its workflow and save the draft first"));
        let draft = ada.post(&format!("{list}/import"), &[("workflow", "with-parameter")]).await.with(303).location;
        let editor = ada.get(&draft).await.with(200);
        assert_eq!(editor.attributes("input[name='field.which.default']", "value"), ["Spring"]);
        assert!(crate::queries::sql(&editor).contains("CUSTOM_PARAMETER('which')"));
        let many = ada.post(&format!("{list}/import"), &[("workflow", "with-parameter"), ("workflow", "plain")]).await.with(303).location;
        assert_eq!(many, "/queries/drafts");
        assert!(ada.get(&many).await.body.contains("plain"));
        ada.post(&format!("{list}/import"), &[]).await.with(303);
        let chie = house.signed_in("Chie").await;
        chie.get(&list).await.with(404);
        chie.post(&list, &[]).await.with(404);
    }

    /// Both lists are filtered, sorted, shown in pages and exported; an invalid filter is reported and refuses a file.
    async fn what_amc_has_is_a_list_like_others(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let list = format!("/instances/{own}/workflows");
        let sql = "SELECT campaign FROM dsp_impressions GROUP BY campaign";
        let kept = saved(&ada, "Kept", sql).await;
        ada.post(&format!("{kept}/workflow"), &[("do", "sync"), ("instance", own.as_str()), ("workflow", "kept")]).await.with(303);
        ada.post(&list, &[]).await.with(303);
        let mut workflows: Vec<serde_json::Value> = (0..44)
            .map(|n| serde_json::json!({ "workflowId": format!("w{n:02}"), "sqlQuery": sql, "inputParameters": [] }))
            .collect();
        workflows.push(serde_json::json!({ "workflowId": "kept", "sqlQuery": sql, "inputParameters": [{ "name": "a" }] }));
        workflows.push(serde_json::json!({ "workflowId": "operations", "inputParameters": [] }));
        let schedule = |id: &str, enabled: bool| serde_json::json!({ "id": id, "workflow": "kept", "period": "Daily", "hour": 6, "enabled": enabled });
        let schedules = serde_json::json!([schedule("nightly", true), schedule("paused", false)]);
        let change = format!("update instance_workflows set workflows = '{}', schedules = '{schedules}'", serde_json::json!(workflows));
        execute(&house.database_url(), &change).await;

        let page = ada.get(&list).await.with(200);
        assert_eq!((page.texts("tbody tr").len(), page.texts(".pager").len()), (40, 1));
        assert_eq!(ada.get(&format!("{list}?page=2")).await.texts("tbody tr").len(), 6);
        assert_eq!(ada.get(&format!("{list}?sort=-query")).await.texts("tbody th").remove(0), "kept", "rows without a query are last");
        assert_eq!(ada.get(&format!("{list}?sort=-parameters")).await.texts("tbody th").remove(0), "kept");
        assert_eq!(ada.get(&format!("{list}?show=saved")).await.texts("tbody th"), ["kept"]);
        let without = ada.get(&format!("{list}?q=OPERATIONS&show=unsaved")).await.with(200);
        assert_eq!(without.texts("tbody th"), ["operations"]);
        assert!(without.attributes("tbody input", "value").is_empty(), "a workflow without SQL can't be imported");
        let none = ada.get(&format!("{list}?q=nothing-like-this")).await.with(200);
        assert_eq!(none.attributes(".empty a", "href"), [list.as_str()]);

        let json: serde_json::Value = serde_json::from_str(&ada.get(&format!("{list}.json?show=saved")).await.with(200).body).expect("JSON");
        assert_eq!(json, serde_json::json!([{ "workflow": "kept", "query": "Kept", "query_id": id(&kept), "parameters": 1, "sql": sql }]));
        assert_eq!(ada.get(&format!("{list}.csv")).await.with(200).body.lines().count(), 47);

        let there = format!("{list}/schedules");
        assert_eq!(ada.get(&there).await.with(200).texts("tbody th"), ["nightly", "paused"]);
        assert_eq!(ada.get(&format!("{there}?show=disabled")).await.texts("tbody th"), ["paused"]);
        assert_eq!(ada.get(&format!("{there}?sort=-schedule")).await.texts("tbody th"), ["paused", "nightly"]);
        let csv = ada.get(&format!("{there}.csv?q=night")).await.with(200).body;
        assert_eq!(csv.trim_start_matches('\u{feff}').lines().nth(1), Some("nightly,kept,Daily,,6,true"));
        for address in [&list, &there] {
            let page = ada.get(&format!("{address}?show=odd")).await.with(200);
            assert_eq!(page.text(".callout[data-tone=warning] h2"), "Part of this address was ignored");
            ada.get(&format!("{address}.csv?show=odd")).await.with(400);
        }
    }
}
