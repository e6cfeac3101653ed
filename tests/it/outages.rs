//! Outages: the database is locked or unreachable, the disk is full. Nothing is lost.

use chrono::TimeDelta;

use crate::executions::{REACH, on_amc, run, saved};
use crate::support::stories;

stories! {
    /// The database isn't writable (SQLite) or unreachable (PostgreSQL): responses say so with `Retry-After`, and the
    /// workers continue automatically afterwards.
    async fn an_unavailable_database_is_reported_and_work_resumes(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let page = run(&ada, &query).await;
        let outage = house.outage().await;
        let answer = ada.post("/executions", &[("query", query.as_str())]).await.with(503);
        assert_eq!(answer.text("h1"), "Temporarily unavailable");
        assert!(answer.body.contains("Nothing was changed") && answer.body.contains("req_"), "{}", answer.body);
        assert_eq!(answer.headers["retry-after"], "10");
        let failed = house.try_tick("poller").await.expect_err("the tick cannot do anything");
        assert!(format!("{failed:#}").contains("the database does not answer"), "{failed:#}");
        outage.end().await;
        ada.get("/readyz").await.with(200);
        house.settle().await;
        assert!(ada.get(&page).await.with(200).text("#live [role=status]").contains("Succeeded"));
        assert_eq!((on_amc(&house), house.count("select count(*) as value from executions").await), (1, 1));
    }

    /// While nothing can be written, people who only view pages can continue and see what isn't possible; sign-in
    /// reports the outage too.
    async fn sign_in_reports_an_outage(house: House) {
        let visitor = house.visitor();
        let outage = house.outage().await;
        let answer = visitor.post("/auth/amazon/start", &[("region", "NA"), ("next", "/")]).await.with(503);
        assert_eq!(answer.text("h1"), "Temporarily unavailable");
        assert_eq!(answer.headers["retry-after"], "10");
        outage.end().await;
        visitor.sign_in("Ada").await;
    }

    /// If somebody deletes the results folder during an execution, it is recreated, and the result stored.
    async fn a_missing_results_folder_is_recreated(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        std::fs::remove_dir_all(house.folder().join("results")).unwrap();
        house.settle().await;
        ada.get(&format!("{page}/result.csv")).await.with(200);
    }

    /// The disk is full while a result is written: the execution says so, stays in its state, and gets its result
    /// when there is space again.
    async fn a_full_disk_delays_a_result_without_losing_it(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        let id = page.rsplit('/').next().unwrap();
        // Writing to this device fails with a full disk; the result store's next files are links to it.
        let links: Vec<_> = (0..8)
            .map(|number| house.folder().join(format!("results/unfinished/{id}.{}.{number}", std::process::id())))
            .collect();
        for link in &links {
            std::os::unix::fs::symlink("/dev/full", link).unwrap();
        }
        let mut live = String::new();
        for _ in 0..30 {
            house.step().await;
            house.app.emulator.as_ref().expect("a sandbox").settled().await;
            house.time.advance(TimeDelta::seconds(20));
            live = ada.get(&page).await.with(200).text("#live");
            if live.contains("is full") {
                break;
            }
        }
        assert!(live.contains("The disk that keeps results is full") && live.contains("Retrying automatically"), "{live}");
        assert_eq!(house.count("select count(*) as value from executions where state = 'fetching'").await, 1);
        assert_eq!(std::fs::read_dir(house.folder().join("results/kept")).unwrap().count(), 0, "no half result");
        for link in links {
            let _ = std::fs::remove_file(link);
        }
        house.settle().await;
        ada.get(&format!("{page}/result.csv")).await.with(200);
        assert_eq!(on_amc(&house), 1);
    }
}

mod fail_over {
    use crate::executions::{REACH, saved};
    use crate::security::{filled, others};
    use crate::support::{Database, House};

    /// What can be viewed while nothing can be saved: everything but exports, which the audit log must record.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_page_is_shown_while_the_server_is_read_only() {
        let house = House::open(Database::postgres().await).await;
        let things = others(&house).await;
        let ada = house.signed_in("Ada").await;
        let outage = house.turned_read_only().await;
        let audited =
            |address: &str| ["/result.", "/results", "/settings/audit."].iter().any(|part| address.contains(part));
        let mut refused = Vec::new();
        for route in crate::house::routes() {
            for address in filled(&route, &things).iter().filter(|address| !audited(address)) {
                if ada.get(address).await.status == 503 && address != "/readyz" {
                    refused.push(address.clone());
                }
            }
        }
        assert_eq!(refused, Vec::<String>::new());
        outage.end().await;
    }

    /// The database is read-only, as after a failover: pages are shown, changes get `Retry-After`, readiness reports
    /// it, and everything continues automatically afterwards.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_read_only_server_is_reported_and_work_resumes() {
        let house = House::open(Database::postgres().await).await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let outage = house.turned_read_only().await;
        ada.get("/readyz").await.with(503);
        let answer = ada.post("/executions", &[("query", query.as_str())]).await.with(503);
        assert!(answer.body.contains("read-only") && answer.body.contains("Nothing was changed"), "{}", answer.body);
        assert_eq!(answer.headers["retry-after"], "10");
        let readiness = ada.get("/readyz").await.with(503);
        assert!(readiness.body.contains("read-only"), "{}", readiness.body);
        let failed = house.try_tick("poller").await.expect_err("the tick cannot do anything");
        assert!(format!("{failed:#}").contains("the database is read-only"), "{failed:#}");
        outage.end().await;
        // A connection to the previous server is closed within about a second.
        let ready = async {
            let mut looks = tokio::time::interval(std::time::Duration::from_millis(100));
            while !ada.get("/readyz").await.status.is_success() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), ready).await.expect("it is ready again");
        // Each old connection reports once that it is read-only, and is then closed.
        let started = async {
            let mut looks = tokio::time::interval(std::time::Duration::from_millis(100));
            while ada.post("/executions", &[("query", query.as_str())]).await.status.as_u16() != 303 {
                looks.tick().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), started).await.expect("an execution is started again");
        house.settle().await;
    }
}

mod disk {
    use recomamp::app::App;
    use recomamp::clock::Clock;
    use recomamp::db::{Scope, sql};
    use recomamp::ids::Random;

    use crate::executions::{REACH, instance, run, saved};
    use crate::support::{Database, House};

    /// The database's disk is full for a moment: writes fail with a message, and everything continues automatically
    /// as soon as there is space.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn work_resumes_after_a_full_disk() {
        let house = House::open(Database::sqlite()).await;
        let ada = house.signed_in("Ada").await;
        saved(&ada, REACH).await;
        let mut tx = house.db().write(&Scope::System).await.unwrap();
        sql("pragma max_page_count = 1").execute(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let long = format!("-- {}\n{REACH}", "long ".repeat(50_000));
        let instance = instance(&ada).await;
        let fields = [("instance", instance.as_str()), ("name", "Long"), ("sql", long.as_str()), ("window", "settled")];
        let refused = ada.post("/queries/new", &fields).await.with(503);
        assert!(refused.body.contains("Nothing was changed"), "{}", refused.body);
        // SQLite has ended the transaction; the connection that doesn't know it is dropped, and with it the limit on
        // the file.
        ada.get("/readyz").await.with(200);
        ada.post("/queries/new", &fields).await.with(303);
        house.tick("poller").await;
    }

    /// Somebody removes the database of the running program: nothing is written that would be lost, and everything
    /// continues once it is put back.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_removed_database_is_detected() {
        let house = House::open(Database::sqlite()).await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let file = recomamp::db::file(&house.app.site.config.database_url).expect("a file");
        let aside = file.with_extension("aside");
        std::fs::rename(&file, &aside).unwrap();
        let fields = [("query", query.rsplit('/').next().unwrap())];
        let refused = ada.post("/executions", &fields).await.with(503);
        assert!(refused.body.contains("Nothing was changed"), "{}", refused.body);
        ada.get("/readyz").await.with(503);
        let failed = house.try_tick("poller").await.expect_err("the tick cannot do anything");
        assert!(format!("{failed:#}").contains("removed, moved or replaced while the program runs"), "{failed:#}");
        std::fs::copy(&aside, &file).unwrap();
        ada.get("/readyz").await.with(503);
        std::fs::rename(&aside, &file).unwrap();
        ada.get("/readyz").await.with(200);
        ada.post("/executions", &fields).await.with(303);
        house.settle().await;
    }

    /// The database is missing but its results exist: no new one is created, and the message says what to do.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_missing_database_is_not_recreated() {
        let house = House::open(Database::sqlite()).await;
        let ada = house.signed_in("Ada").await;
        run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        let config = house.app.site.config.clone();
        let premises = house.stop().await;
        let file = recomamp::db::file(&config.database_url).expect("a file");
        std::fs::remove_file(&file).unwrap();
        let again = || App::open((*config).clone(), ([127, 0, 0, 1], 1).into(), Clock::system(), Random::seeded(1));
        let reason = format!("{:#}", again().await.err().expect("it is refused"));
        assert!(reason.contains("is missing or empty") && reason.contains("recomamp restore"), "{reason}");
        assert!(!file.exists(), "nothing was made in its place");
        std::fs::rename(premises.folder().join("results"), premises.folder().join("results-before")).unwrap();
        again().await.expect("it begins anew");
    }
}
