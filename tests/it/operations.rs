//! Administrators' views and settings: metrics, paused calls, retention of results.

use chrono::TimeDelta;
use reqwest::Method;

use crate::executions::{REACH, run, saved};
use crate::support::stories;

stories! {
    /// Metrics can be read on this machine; through a proxy nobody can read them.
    async fn figures_are_for_this_machine(house: House) {
        let ada = house.signed_in("Ada").await;
        run(&ada, &saved(&ada, REACH).await).await;
        house.tick("poller").await;
        let nobody = house.visitor();
        let page = nobody.get("/metrics").await.with(200);
        let value = |name: &str| {
            let line = page.body.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}\n{}", page.body));
            line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok()).expect("a whole number")
        };
        assert_eq!(value("recomamp_executions{state=\"pending\"}"), 1);
        assert!(value("recomamp_http_answers_total{route=\"/executions\",method=\"POST\",status=\"303\"}") >= 1);
        assert!(value("recomamp_amazon_calls_total{host=") >= 1);
        assert!(!page.body.contains("exe_") && !page.body.contains("Reach"), "no ids and no names");
        for header in ["x-forwarded-for", "forwarded"] {
            nobody.send(Method::GET, "/metrics", &[(header, "203.0.113.9")], None).await.with(404);
        }
    }

    /// The load of instances, for those who have access; and the status of one's own connections.
    async fn slots_queues_and_connections_are_reported(house: House) {
        let house = house.start_again_with(&[("RUNS_PER_INSTANCE", "1")]).await;
        let ada = house.signed_in("Ada").await;
        assert!(ada.get("/operations").await.text("#queue").contains("nothing is queued"));
        let query = saved(&ada, REACH).await;
        for _ in 0..3 {
            run(&ada, &query).await;
        }
        house.tick("poller").await;
        let told = ada.get("/operations").await.with(200);
        let rows = told.texts("tbody tr");
        let queue = rows.iter().find(|row| row.contains("1 of 1")).unwrap_or_else(|| panic!("{rows:?}"));
        assert!(queue.contains("1 of 200") && queue.contains('2'), "{queue}");
        assert!(told.text("dl.stats").contains('3'));
        assert!(told.text("#connections").contains("Connected"));
        let chie = house.signed_in("Chie").await;
        let told = chie.get("/operations").await.with(200);
        assert!(told.text("#queue").contains("nothing is queued"), "others' runs are not told");
        house.settle().await;
    }

    /// Routes are counted without people, stored by day, and listed for administrators.
    async fn usage_is_counted_by_route(house: House) {
        let ada = house.signed_in("Ada").await;
        for _ in 0..3 {
            ada.get("/queries").await.with(200);
        }
        ada.get("/nowhere").await.with(404);
        let page = ada.get("/operations/usage?q=get+%2Fqueries&sort=-requests").await.with(200);
        assert!(page.text("tbody tr").starts_with("GET /queries 3 0 0 "), "{}", page.body);
        assert!(page.text("#errors-by-status").contains("404"), "{}", page.body);
        assert!(ada.get("/operations/usage?period=week").await.with(200).text("main").contains("No routes match"));
        house.tick("usage").await;
        for _ in 0..2 {
            house.time.advance(TimeDelta::hours(12));
            ada.get("/queries").await.with(200);
            house.tick("usage").await;
        }
        let page = ada.get("/operations/usage?period=week&q=get+%2Fqueries&sort=-requests").await.with(200);
        assert!(page.text("tbody tr").starts_with("GET /queries 5 0 0 "), "{}", page.body);
        assert_eq!(page.texts("#by-day tbody tr").len(), 2, "{}", page.body);
        assert!(ada.get("/operations/usage.csv?period=week&q=nothing-like-it").await.with(200).body.lines().count() == 1);
        house.time.advance(TimeDelta::days(401));
        house.tick("usage").await;
        assert_eq!(house.count("select count(distinct day) as value from usage_days").await, 1);
        house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        chie.get("/operations/usage").await.with(403);
        chie.get("/operations/usage.csv").await.with(403);
    }

    /// A configured token gives access to the metrics from anywhere, and nothing else does.
    async fn figures_can_be_opened_by_a_token(house: House) {
        let house = house.start_again_with(&[("METRICS_TOKEN", "a long secret")]).await;
        let nobody = house.visitor();
        nobody.get("/metrics").await.with(404);
        for (said, status) in [("Bearer a long secret", 200), ("Bearer a long", 404), ("a long secret", 404)] {
            let headers = [("authorization", said), ("x-forwarded-for", "203.0.113.9")];
            nobody.send(Method::GET, "/metrics", &headers, None).await.with(status);
        }
    }

    /// Calls to an instance that keeps failing are paused, which is shown; the execution continues automatically.
    async fn what_fails_again_and_again_is_left_alone(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.fault("5xx", "/workflowExecutions", "").await;
        for _ in 0..8 {
            house.tick("poller").await;
            house.time.advance(TimeDelta::minutes(2));
        }
        house.tick("poller").await;
        let told = ada.get("/operations").await.with(200);
        assert!(told.texts("tbody tr").iter().any(|row| row.contains("Paused")), "{:?}", told.texts("tbody tr"));
        let waits = ada.get(&page).await.with(200);
        assert!(waits.text("#live").contains("Retrying automatically."), "{}", waits.text("#live"));
        let told = waits.texts(".timeline li");
        let failed = told.iter().filter(|step| step.contains("failed. Amazon") && step.contains("Next attempt in ")).count();
        assert!(failed >= 3, "{told:#?}");
        house.visitor().post("/emulator/control/faults/remove", &[]).await;
        house.time.advance(TimeDelta::minutes(6));
        house.settle().await;
        assert!(ada.get(&page).await.text("#live [role=status]").contains("Succeeded"));
        let told = ada.get("/operations").await.with(200);
        assert!(!told.texts("tbody tr").iter().any(|row| row.contains("Paused")));
    }

    /// Results are deleted after the retention period; their executions stay and say so.
    async fn old_results_go_and_their_runs_stay(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let page = run(&ada, &query).await;
        house.settle().await;
        house.time.advance(TimeDelta::days(400));
        house.tick("retention").await;
        let ada = house.signed_in("Ada").await;
        ada.get(&format!("{page}/result.csv")).await.with(200);
        let house = house.start_again_with(&[("KEEP_RESULTS_DAYS", "30")]).await;
        let ada = house.signed_in("Ada").await;
        let young = run(&ada, &query).await;
        house.settle().await;
        assert_eq!(house.tick("retention").await.changed, 1);
        let old = ada.get(&page).await.with(200);
        assert!(old.text("#live").contains("The result was removed"), "{}", old.text("#live"));
        assert!(old.texts("#result").is_empty());
        ada.get(&format!("{page}/result.csv")).await.with(410);
        assert!(ada.get(&young).await.with(200).text("#live").contains("May 2027"));
        ada.get(&format!("{young}/result.csv")).await.with(200);
        assert_eq!(house.tick("retention").await.changed, 0);
        assert!(ada.get("/operations").await.with(200).text("main").contains("30 days"));
    }

    /// A process without workers says so.
    async fn a_process_without_workers_says_so(house: House) {
        let house = house.start_again_with(&[("WORKERS", "off")]).await;
        let ada = house.signed_in("Ada").await;
        assert!(ada.get("/operations").await.with(200).text("main").contains("This process only serves pages"));
    }
}
