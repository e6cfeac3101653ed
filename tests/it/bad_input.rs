//! Invalid input: one clear answer, the same for pages and programs, and nothing is started or lost.

use recomamp::db::{Scope, Single, sql};
use reqwest::Method;
use serde_json::Value;

use crate::access::{change, everybody_is};
use crate::executions::{REACH, on_amc, run, saved};
use crate::queries::instance;
use crate::support::{House, Visitor, execute, stories};

/// Submits a form for JSON and for a page; returns the document after checking that the page says the same.
async fn both(visitor: &Visitor, address: &str, fields: &[(&str, &str)], status: u16) -> Value {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let json = [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
    let told = visitor.send(Method::POST, address, &json, Some(body)).await.with(status);
    let told: Value = serde_json::from_str(&told.body).expect("JSON");
    let page = visitor.post(address, fields).await.with(status).text("main");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let errors = told["errors"].as_array().cloned().unwrap_or_default();
    let details: Vec<&Value> =
        if errors.is_empty() { vec![&told["detail"]] } else { errors.iter().map(|error| &error["detail"]).collect() };
    for detail in details {
        let detail = detail.as_str().expect("a sentence");
        assert!(words(&page).contains(&words(detail)), "{detail} is not on the page: {page}");
    }
    told
}

const EXECUTIONS: &str = "select count(*) as value from executions";

/// The latest note in the timeline.
async fn waits_for(house: &House) -> String {
    const REASON: &str = "select coalesce(waiting_for, '') as value from executions";
    let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
    sql(REASON).one::<Single<String>>(&mut tx).await.expect("an execution").0
}

stories! {
    /// An instance that isn't ready, a role that is too low, a value of the wrong type, somebody else's query.
    async fn what_cannot_start_is_reported_alike_by_page_and_by_json(house: House) {
        let chie = house.signed_in("Chie").await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let form = [("query", query.as_str())];

        let least = "SELECT campaign, SUM(impressions) AS i FROM dsp_impressions GROUP BY campaign HAVING SUM(impressions) > {{least}}";
        let fields = [("instance", &*instance(&ada).await), ("name", "Least"), ("sql", least), ("fields", "least"), ("field.least.kind", "number"), ("field.least.required", "yes")];
        let typed = ada.post("/queries/new", &fields).await.with(303).location;
        let typed = typed.rsplit('/').next().unwrap();
        for value in ["many", "", "1e999", "1; drop table queries"] {
            let told = both(&ada, "/executions", &[("query", typed), ("param.least", value)], 422).await;
            assert_eq!(told["errors"][0]["pointer"], "#/param.least", "{told}");
        }
        both(&ada, "/executions", &[("query", typed), ("param.least", "1"), ("window", "explicit"), ("start", "yesterday")], 422).await;
        both(&ada, "/executions", &[("query", "qry_1"), ("param.least", "1")], 404).await;
        both(&chie, "/executions", &form, 404).await;

        execute(&house.database_url(), "update instances set creation_status = 'PENDING'").await;
        both(&ada, "/executions", &form, 409).await;
        execute(&house.database_url(), "update instances set creation_status = 'COMPLETED'").await;
        everybody_is(&house, "viewer").await;
        both(&ada, "/executions", &form, 403).await;
        assert_eq!(house.count(EXECUTIONS).await, 0);
    }

    /// A home that somebody may not use is refused, and the query keeps its home.
    async fn a_home_that_one_may_not_use_is_refused_alike(house: House) {
        let chie = house.signed_in("Chie").await;
        let foreign = instance(&chie).await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let home = "select count(*) as value from queries where home_instance_id is not null";
        let before = house.count(home).await;
        for home in [foreign.as_str(), "ins_1", "nobody"] {
            let form = [("name", "Taken along"), ("sql", REACH), ("home", home)];
            let told = both(&ada, "/queries/new", &form, 422).await;
            assert!(told["errors"].as_array().unwrap().iter().any(|error| error["pointer"] == "#/home"), "{told}");
            let form = [("name", "Moved"), ("sql", REACH), ("home", home), ("revision", "1")];
            both(&ada, &format!("/queries/{query}/edit"), &form, 422).await;
        }
        assert_eq!(house.count(home).await, before);
        assert_eq!(house.count("select count(*) as value from queries").await, 1);
    }

    /// If somebody's role ends while their execution is queued, it isn't sent until they have it again.
    async fn an_execution_of_somebody_whose_role_ended_is_not_sent(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        everybody_is(&house, "viewer").await;
        house.tick("poller").await;
        assert_eq!(on_amc(&house), 0, "nothing was sent");
        assert!(waits_for(&house).await.contains("can no longer run queries"), "{}", waits_for(&house).await);
        assert!(ada.get(&page).await.with(200).text("#live").contains("can no longer run queries"));

        everybody_is(&house, "analyst").await;
        change(&house, "update people set state = $1", "suspended").await;
        house.time.advance(chrono::TimeDelta::minutes(2));
        house.tick("poller").await;
        assert_eq!(on_amc(&house), 0, "nothing is sent for somebody who may not sign in");

        change(&house, "update people set state = $1", "active").await;
        house.time.advance(chrono::TimeDelta::minutes(2));
        house.settle().await;
        assert!(ada.get(&page).await.with(200).text("#live [role=status]").contains("Succeeded"));
    }

    /// Readiness reports that results can't be stored, and recovers when they can.
    async fn readiness_sees_that_results_have_no_place(house: House) {
        let ada = house.signed_in("Ada").await;
        ada.get("/readyz").await.with(200);
        let folder = house.folder().join("results/unfinished");
        // Writing to this device fails with a full disk.
        std::os::unix::fs::symlink("/dev/full", folder.join(format!("ready.{}", std::process::id()))).unwrap();
        let told = ada.get("/readyz").await.with(503);
        assert!(told.body.contains("disk of the results is full"), "{}", told.body);
        ada.get("/readyz").await.with(200);
        std::fs::remove_dir_all(&folder).unwrap();
        ada.get("/readyz").await.with(200);
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "in the way").unwrap();
        let told = ada.get("/readyz").await.with(503);
        assert!(told.body.contains("results cannot be written"), "{}", told.body);
        std::fs::remove_file(&folder).unwrap();
        ada.get("/readyz").await.with(200);
    }
}
