//! Texts that aren't saved: checked, tried on synthetic data, and runs that are only planned.

use serde_json::json;

use super::{EVERYTHING, Program, instance, pointers, problem, query, read};
use crate::executions::REACH;
use crate::support::stories;

stories! {
    /// A check names each problem with its place and a fix, like the editor.
    async fn a_program_checks_sql(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, &[("queries", "read")]).await;
        let text = "SELECT campaing, COUNT(*) AS n\nFROM dsp_impressions\nWHERE site = {{site}}\nGROUP BY campaing";
        let checked = read(&program.post("/api/workflows/check", &json!({ "sql": text })).await.with(200));
        assert_eq!((&checked["has_errors"], &checked["parameters"]), (&json!(true), &json!(["site"])), "{checked}");
        let first = &checked["findings"][0];
        assert_eq!((&first["level"], &first["place"]["line"], &first["place"]["column"]), (&json!("error"), &json!(1), &json!(8)), "{checked}");
        assert_eq!((&first["fix"]["replacement"], &first["fix"]["place"]["end_column"]), (&json!("campaign"), &json!(15)), "{checked}");
        ada.get(first["help"].as_str().unwrap()).await.with(200);
        let right = text.replace("campaing", "campaign");
        let checked = read(&program.post("/api/workflows/check", &json!({ "sql": right })).await.with(200));
        assert_eq!(checked["has_errors"], false, "{checked}");
        let checked = read(&program.post("/api/workflows/check", &json!({ "sql": REACH })).await.with(200));
        assert_eq!((&checked["data_sources"][0]["name"], &checked["columns"][0]), (&json!("dsp_impressions"), &json!("campaign")), "{checked}");
        problem(program.post("/api/workflows/check", &json!({ "sql": 1 })).await, 422);
        problem(program.post("/api/workflows/check", &json!({ "sql": text, "instance": "ins_00000000000000000000000000" })).await, 404);
        assert_eq!(house.count("select count(*) as value from queries").await, 0);
    }

    /// A text runs on synthetic data without being saved or sent; what doesn't fit is named.
    async fn a_program_tries_sql(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, &[("queries", "read")]).await;
        let text = "SELECT campaign, COUNT(*) AS n FROM dsp_impressions WHERE campaign LIKE {{like}} GROUP BY campaign";
        let body = json!({ "sql": text, "parameters": { "like": "%" }, "window": { "kind": "days-7-14" } });
        let tried = read(&program.post("/api/workflows/try", &body).await.with(200));
        assert_eq!(tried["columns"][0]["name"], "campaign", "{tried}");
        assert!(tried["total_rows"].as_u64().unwrap() > 0 && tried["rows"][0][0].is_string(), "{tried}");
        let odd = json!({ "sql": text, "parameters": { "other": 1 }, "window": { "kind": "never" } });
        let refused = problem(program.post("/api/workflows/try", &odd).await, 422);
        assert!(pointers(&refused).contains(&"#/window/kind"), "{refused}");
        let refused = problem(program.post("/api/workflows/try", &json!({ "sql": "SELECT nothing FROM dsp_impressions" })).await, 422);
        assert_eq!((&refused["findings"][0]["code"], &refused["findings"][0]["place"]["line"]), (&json!("unknown-column"), &json!(1)), "{refused}");
        assert_eq!(house.count("select count(*) as value from executions").await, 0);
    }

    /// A dry run checks everything and starts nothing.
    async fn a_dry_run_starts_nothing(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let instance = instance(&program).await;
        let query = query(&program, &instance).await;
        let address = format!("/api/workflows/{}/execute", query["id"].as_str().unwrap());
        let body = json!({ "dry_run": true, "window": { "kind": "explicit", "start": "2026-03-01", "end": "2026-03-07" } });
        let plan = read(&program.post(&address, &body).await.with(200));
        assert_eq!((&plan["workflow_name"], &plan["instance"], &plan["revision"]), (&json!("Reach"), &json!(instance), &json!(1)), "{plan}");
        assert_eq!((&plan["window"]["kind"], &plan["window"]["start"]), (&json!("explicit"), &json!("2026-03-01T00:00:00")), "{plan}");
        let odd = json!({ "dry_run": true, "parameters": { "nothing": 1 } });
        assert_eq!(pointers(&problem(program.post(&address, &odd).await, 422)), ["#/parameters/nothing"]);
        house.settle().await;
        assert_eq!(house.count("select count(*) as value from executions").await, 0);
    }
}
