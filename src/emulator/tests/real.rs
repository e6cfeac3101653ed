//! The API contract with the real checker, engine and small synthetic data.

use axum::http::Method;
use serde_json::{Value, json};

use super::bench::{Bench, SANDBOX, STANDARD};
use crate::emulator::people::{AGENCY_A_UK, AGENCY_A_US, AGENCY_B_JP};

const BY_CAMPAIGN: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS users, SUM(impressions) AS impressions\n\
    FROM dsp_impressions GROUP BY 1";

fn bench() -> Bench {
    Bench::over_the_world(|options| {
        options.speed = 0.0;
        options.scale = 0.02;
    })
}

async fn finished(bench: &Bench, body: Value) -> Value {
    let made = bench.report(Method::POST, "/workflowExecutions", body).await.ok();
    bench.emulator.settled().await;
    bench.execution(made["workflowExecutionId"].as_str().unwrap()).await
}

async fn rows(bench: &Bench, execution: &Value) -> Vec<String> {
    let id = execution["workflowExecutionId"].as_str().unwrap();
    let links = bench.report(Method::GET, &format!("/workflowExecutions/{id}/downloadUrls"), Value::Null).await.ok();
    let link = links["downloadUrls"][0].as_str().unwrap().trim_start_matches("http://emulator.test").to_owned();
    bench.bare(Method::GET, &link, "").await.text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_query_gives_numbers_within_its_window() {
    let bench = bench();
    let body = |kind: &str| json!({ "workflow": { "sqlQuery": BY_CAMPAIGN }, "timeWindowType": kind });
    let all = finished(&bench, body("ALL")).await;
    assert_eq!(all["status"], "SUCCEEDED", "{all}");
    assert_eq!(all["outputColumns"][2], json!({ "name": "impressions", "dataType": "LONG", "columnType": "METRIC" }));
    let all = rows(&bench, &all).await;
    assert_eq!(all[0], "campaign,users,impressions");
    assert!(all.len() > 1);
    let old = json!({ "workflow": { "sqlQuery": BY_CAMPAIGN }, "timeWindowType": "EXPLICIT",
        "timeWindowStart": "2001-01-01T00:00:00", "timeWindowEnd": "2001-02-01T00:00:00" });
    let old = finished(&bench, old).await;
    assert_eq!(rows(&bench, &old).await, ["campaign,users,impressions"]);
}

#[tokio::test]
async fn sql_that_does_not_compile_is_reported_with_its_place() {
    let bench = bench();
    let send = async |sql: &str| {
        bench.report(Method::POST, "/workflows", json!({ "workflowId": "w", "sqlQuery": sql })).await.refusal()
    };
    let column = send("SELECT nothing, COUNT(1) AS n FROM dsp_impressions GROUP BY 1").await;
    assert!(column.contains("From line 1, column 8 to line 1, column 14: Column 'nothing' not found"), "{column}");
    assert!(column.starts_with("Was unable to compile workflow w because it was found to be invalid: "));
    let table = send("SELECT COUNT(1) AS n FROM no_such_table").await;
    assert!(table.contains("Object 'no_such_table' not found"), "{table}");
    let parameter =
        send("SELECT campaign, COUNT(1) AS n FROM dsp_impressions WHERE campaign = CUSTOM_PARAMETER('p') GROUP BY 1")
            .await;
    assert!(parameter.contains("undeclared parameter p"), "{parameter}");
}

#[tokio::test]
async fn parameters_reach_the_query_with_default_and_value() {
    let bench = bench();
    let workflow = json!({
        "workflowId": "w",
        "sqlQuery": "SELECT CUSTOM_PARAMETER('word') AS word, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
        "inputParameters": [{ "name": "word", "dataType": "STRING", "defaultValue": "usual" }],
    });
    bench.report(Method::POST, "/workflows", workflow).await.ok();
    for (values, word) in [(json!({}), "usual"), (json!({ "word": "other" }), "other")] {
        let body = json!({ "workflowId": "w", "timeWindowType": "ALL", "parameterValues": values });
        let done = finished(&bench, body).await;
        let lines = rows(&bench, &done).await;
        assert!(lines[1].starts_with(&format!("{word},")), "{lines:?} {done}");
    }
}

#[tokio::test]
async fn a_split_result_has_each_row_once() {
    let bench = bench();
    let body = json!({ "workflow": { "sqlQuery": BY_CAMPAIGN }, "timeWindowType": "ALL" });
    let whole = finished(&bench, body.clone()).await;
    let whole = rows(&bench, &whole).await;
    bench.emulator.faults().add("split=3*1".parse().unwrap());
    let split = finished(&bench, body).await;
    let id = split["workflowExecutionId"].as_str().unwrap();
    let links = bench.report(Method::GET, &format!("/workflowExecutions/{id}/downloadUrls"), Value::Null).await.ok();
    let mut all = Vec::new();
    for link in links["downloadUrls"].as_array().unwrap() {
        let path = link.as_str().unwrap().trim_start_matches("http://emulator.test").to_owned();
        let text = bench.bare(Method::GET, &path, "").await.text;
        assert_eq!(text.lines().next(), Some(whole[0].as_str()));
        all.extend(text.lines().skip(1).map(str::to_owned));
    }
    assert_eq!(links["downloadUrls"].as_array().unwrap().len(), 3);
    assert_eq!(all.len(), whole.len() - 1);
}

#[tokio::test]
async fn a_sandbox_has_fewer_sources_and_shows_rows_with_controls_off() {
    let bench = bench();
    let path = format!("/amc/reporting/{SANDBOX}");
    let sources = bench.get(&format!("{path}/dataSources")).await.ok();
    let ids: Vec<_> =
        sources["dataSources"].as_array().unwrap().iter().map(|one| one["dataSourceId"].clone()).collect();
    assert!(ids.contains(&json!("dsp_impressions")) && !ids.contains(&json!("adserver_traffic")));
    let column = &sources["dataSources"][0]["columns"][0];
    assert!(column["dataType"].is_string() && column["sensitivity"].is_string());
    let body = json!({
        "workflow": { "sqlQuery": "SELECT user_id, campaign FROM dsp_impressions" },
        "timeWindowType": "MOST_RECENT_WEEK", "requireSyntheticData": true, "disableAggregationControls": true,
    });
    let made = bench.send(Method::POST, &format!("{path}/workflowExecutions"), &body.to_string()).await.ok();
    bench.emulator.settled().await;
    let id = made["workflowExecutionId"].as_str().unwrap();
    let done = bench.get(&format!("{path}/workflowExecutions/{id}")).await.ok();
    assert_eq!(done["status"], "SUCCEEDED", "{done}");
}

#[tokio::test]
async fn advertisers_of_an_execution_restrict_what_it_reads() {
    let bench = bench();
    let listed = bench.get(&format!("/amc/instances/{STANDARD}/advertisers")).await.ok();
    let id = |kind: &str| {
        let rows = listed["advertisers"].as_array().unwrap();
        rows.iter().find(|row| row["type"] == kind).unwrap()["id"].clone()
    };
    let sql = "SELECT 'dsp' AS kind, SUM(impressions) AS n FROM dsp_impressions UNION ALL \
        SELECT 'sponsored', SUM(impressions) FROM sponsored_ads_traffic";
    let read = async |sql: &str, advertisers: Value| {
        let body = json!({ "workflow": { "sqlQuery": sql }, "timeWindowType": "ALL", "advertisers": advertisers });
        let done = finished(&bench, body).await;
        assert_eq!(done["status"], "SUCCEEDED", "{done}");
        let mut lines = rows(&bench, &done).await.split_off(1);
        lines.sort();
        lines
    };
    let all = read(sql, json!([])).await;
    assert_eq!(all.len(), 2, "{all:?}");
    let dsp = read(sql, json!([{ "id": id("DISPLAY"), "type": "DISPLAY" }])).await;
    assert_eq!(dsp, [all[0].as_str(), "sponsored,"], "the DSP's impressions and no others");
    let sponsored = read(sql, json!([{ "id": id("SPONSORED_ADS"), "type": "SPONSORED_ADS" }])).await;
    assert_eq!(sponsored, ["dsp,", all[1].as_str()]);
    assert_eq!(read(sql, json!([{ "id": "unknown", "type": "DISPLAY" }])).await, ["dsp,", "sponsored,"]);

    let brands = "SELECT advertiser_id, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1";
    let all = read(brands, Value::Null).await;
    assert!(all.len() > 1, "{all:?}");
    let one = all[0].split(',').next().unwrap();
    assert_eq!(read(brands, json!([{ "id": one, "type": "DISPLAY" }])).await, all[..1], "one that the data names");
}

#[tokio::test]
async fn costs_are_in_the_currency_of_the_instances_marketplace() {
    let bench = bench();
    for (person, account, instance, currency) in [
        ("ada", &AGENCY_A_US, "amcsamplea1", "USD"),
        ("ada", &AGENCY_A_UK, "amcsamplea4", "GBP"),
        ("chie", &AGENCY_B_JP, "amcsampleb1", "JPY"),
    ] {
        let sql = "SELECT currency_iso_code AS currency, SUM(total_cost) AS cost FROM dsp_impressions GROUP BY 1";
        let body = json!({ "workflow": { "sqlQuery": sql }, "timeWindowType": "ALL" }).to_string();
        let path = format!("/amc/reporting/{instance}/workflowExecutions");
        let made = bench.as_person((person, account), Method::POST, &path, &body).await.ok();
        bench.emulator.settled().await;
        let id = made["workflowExecutionId"].as_str().unwrap();
        let links = format!("{path}/{id}/downloadUrls");
        let links = bench.as_person((person, account), Method::GET, &links, "").await.ok();
        let link = links["downloadUrls"][0].as_str().unwrap().trim_start_matches("http://emulator.test").to_owned();
        let text = bench.bare(Method::GET, &link, "").await.text;
        assert!(text.lines().nth(1).unwrap().starts_with(&format!("{currency},")), "{text}");
    }
}
