//! Executions: sent, followed, downloaded, stored; never lost, never duplicated.

use chrono::TimeDelta;
use recomamp::db::{Scope, sql};

pub(crate) use crate::queries::instance;
use crate::support::{House, Visitor, stories};

/// A query with results on the synthetic data.
pub(crate) const REACH: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach, SUM(impressions) AS impressions\n\
    FROM dsp_impressions\nGROUP BY campaign";

/// Saves a query; returns its id.
pub(crate) async fn saved(visitor: &Visitor, sql: &str) -> String {
    saved_on(visitor, &instance(visitor).await, sql).await
}

/// Saves a query of an instance; returns its id.
pub(crate) async fn saved_on(visitor: &Visitor, instance: &str, sql: &str) -> String {
    let fields = [("instance", instance), ("name", "Reach by campaign"), ("sql", sql), ("window", "settled")];
    let led = visitor.post("/queries/new", &fields).await.with(303).location;
    led.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).expect("an id").to_owned()
}

/// Runs a query; returns the page of the execution.
pub(crate) async fn run(visitor: &Visitor, query: &str) -> String {
    visitor.post("/executions", &[("query", query)]).await.with(303).location
}

stories! {
    /// The product's main path.
    async fn a_run_goes_from_the_form_to_a_kept_result(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let page = run(&ada, &query).await;
        assert!(ada.get(&page).await.with(200).text("#live [role=status]").contains("Waiting"));
        house.settle().await;
        let shown = ada.get(&page).await.with(200);
        assert!(shown.text("#live [role=status]").contains("Succeeded"), "{}", shown.body);
        let rows = shown.texts("#result tbody tr").len();
        assert!(rows > 0, "{}", shown.body);
        assert_eq!(shown.texts("#result thead th").len(), 3);
        let sorted = ada.get(&format!("{page}?sort=-1")).await.with(200);
        let reach: Vec<u64> = sorted.texts("#result tbody tr td:nth-child(2)").iter().map(|text| text.replace(',', "").parse().unwrap()).collect();
        assert!(reach.is_sorted_by(|left, right| left >= right), "{reach:?}");
        let csv = ada.get(&format!("{page}/result.csv")).await.with(200);
        assert!(csv.body.starts_with("campaign,reach,impressions\n"), "{}", csv.body);
        assert_eq!(csv.body.lines().count(), rows + 1);
        let json = ada.get(&format!("{page}/result.json")).await.with(200);
        let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
        assert!(json[0]["reach"].is_u64(), "{json}");
    }

    /// The live part returns 304 until something changes, and stops polling at the end.
    async fn the_live_part_is_sent_only_when_it_changes(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        let first = ada.get(&page).await.with(200);
        let tag = first.attributes("#live", "hx-ptag").remove(0);
        let live = format!("{page}/live");
        let asked = [("hx-request", "true"), ("hx-ptag", tag.as_str())];
        ada.send(reqwest::Method::GET, &live, &asked, None).await.with(304);
        house.settle().await;
        let last = ada.send(reqwest::Method::GET, &live, &asked, None).await.with(200);
        assert!(last.body.contains("<title>Succeeded: "), "a tab in the background tells it too");
        assert!(last.attributes("#live", "hx-trigger").is_empty(), "it polls no more");
        ada.get(&live).await.with(303);
    }

    /// A crash between any two steps: the execution exists once on AMC and ends with its result.
    async fn a_run_survives_a_crash_at_every_step(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        let mut house = house;
        for _ in 0..40 {
            house = house.crash_and_start_again().await;
            house.step().await;
            if house.unfinished().await == 0 {
                break;
            }
            if let Some(emulator) = &house.amazon {
                emulator.settled().await;
            }
            house.time.advance(chrono::TimeDelta::seconds(20));
        }
        let shown = ada.get(&page).await.with(200);
        assert!(shown.text("#live [role=status]").contains("Succeeded"), "{}", shown.body);
        assert_eq!(on_amc(&house), 1, "it ran once");
    }

    /// Sent, but nothing was recorded: it is looked up at AMC before anything is sent again.
    async fn a_send_whose_answer_was_lost_is_looked_up(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.fault("cut", "/workflowExecutions", "1").await;
        house.tick("poller").await;
        assert!(ada.get(&page).await.text("#live [role=status]").contains("Sending"));
        house.settle().await;
        assert!(ada.get(&page).await.text("#live [role=status]").contains("Succeeded"));
        assert_eq!(on_amc(&house), 1, "it ran once");
    }

    /// A query rejected by AMC is shown with AMC's message and the position in the author's text.
    async fn a_query_that_amc_rejects_is_shown_at_its_place(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.fault("overlap", "", "1").await;
        house.settle().await;
        let shown = ada.get(&page).await.with(200);
        assert!(shown.text("#live [role=status]").contains("Rejected"), "{}", shown.body);
        assert!(shown.body.contains("too many workflows"), "{}", shown.body);
        assert!(shown.body.contains("Likely cause"), "{}", shown.body);
        ada.get(&format!("{page}/problem.json")).await.with(200);
        ada.get(&format!("{page}/result.csv")).await.with(404);
    }

    /// Temporary errors of AMC: nothing is lost.
    async fn a_run_outlives_bad_answers(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        for kind in ["429", "5xx", "html", "cut", "expired-link", "401"] {
            house.fault(kind, "", "2").await;
        }
        house.settle().await;
        assert!(ada.get(&page).await.text("#live [role=status]").contains("Succeeded"), "{}", ada.get(&page).await.body);
        assert_eq!(on_amc(&house), 1, "it ran once");
    }

    /// All parts, in order, joined.
    async fn a_result_in_several_files_is_joined(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let whole = run(&ada, &query).await;
        house.settle().await;
        house.fault("split", "", "1").await;
        let parts = run(&ada, &query).await;
        house.settle().await;
        let rows = |body: String| {
            let mut rows: Vec<String> = body.lines().map(str::to_owned).collect();
            rows.sort();
            rows
        };
        let whole = rows(ada.get(&format!("{whole}/result.csv")).await.with(200).body);
        let parts = rows(ada.get(&format!("{parts}/result.csv")).await.with(200).body);
        assert_eq!(whole, parts);
    }

    /// Canceled before it was sent: it is never sent.
    async fn a_waiting_run_is_cancelled_without_being_sent(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        ada.post(&format!("{page}/cancel"), &[]).await.with(303);
        let shown = ada.get(&page).await.text("#live");
        assert!(shown.contains("The execution was never sent") && !shown.contains("asks AMC to stop"), "{shown}");
        house.settle().await;
        let shown = ada.get(&format!("{page}?view=progress")).await;
        assert!(shown.text("#live [role=status]").contains("Canceled"));
        assert!(shown.text("#progress").contains("Ada (agency A) requested cancellation."), "{}", shown.text("#progress"));
        assert_eq!(on_amc(&house), 0);
    }

    /// A cancellation during a poll is handled at the next tick, not at the next poll.
    async fn a_wish_to_stop_is_not_overwritten_by_a_step_in_hand(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.fault("slow", "/workflowExecutions", "1").await;
        let (_, asked) = tokio::join!(house.tick("poller"), async {
            while house.count("select count(*) as value from executions where state = 'sending'").await == 0 {
                tokio::task::yield_now().await;
            }
            ada.post(&format!("{page}/cancel"), &[]).await
        });
        asked.with(303);
        let due = house.tick("poller").await;
        assert_eq!(due.looked, 1, "it is due at once");
        house.settle().await;
        assert!(!ada.get(&page).await.text("#live [role=status]").contains("Waiting"));
        assert_eq!(on_amc(&house), 1);
    }

    /// A button that is pressed twice, or ten times at once, starts one execution; a newly loaded form starts
    /// another.
    async fn a_form_that_is_sent_twice_starts_one_run(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let once = async |page: &str, form: &str| ada.get(page).await.with(200).attributes(&format!("{form} input[name=once]"), "value").remove(0);
        let address = format!("/queries/{query}");
        let word = once(&address, "#run").await;
        let fields = [("query", query.as_str()), ("once", word.as_str())];
        let pressed = (0..10).map(|_| ada.post("/executions", &fields));
        let mut led: Vec<String> = futures::future::join_all(pressed).await.into_iter().map(|answer| answer.with(303).location).collect();
        led.dedup();
        assert_eq!(led.len(), 1, "{led:?}");
        assert!(ada.get(&led[0]).await.with(200).body.contains("You submitted the form twice"));
        let other = [("query", query.as_str()), ("once", word.as_str()), ("window", "explicit"), ("start", "2026-02-01"), ("end", "2026-02-08")];
        assert_ne!(ada.post("/executions", &other).await.with(303).location, led[0], "another window is another run");
        let word = once(&address, "#run").await;
        ada.post("/executions", &[("query", query.as_str()), ("once", word.as_str())]).await.with(303);
        assert_eq!(house.count("select count(*) as value from executions").await, 3);
        house.settle().await;
        let word = once(&led[0], "form[action$=rerun]").await;
        for _ in 0..3 {
            ada.post(&format!("{}/rerun", led[0]), &[("once", word.as_str())]).await.with(303);
        }
        house.settle().await;
        assert_eq!(on_amc(&house), 4);
    }

    /// An unreadable row is skipped; it doesn't stop the others.
    async fn a_damaged_run_does_not_stop_the_others(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let damaged = run(&ada, &query).await.rsplit('/').next().unwrap().to_owned();
        let page = run(&ada, &query).await;
        set(&house, "update executions set person_id = 'nobody' where id = $1", &damaged).await;
        for _ in 0..6 {
            house.step().await;
            house.amazon.as_ref().unwrap().settled().await;
            house.time.advance(TimeDelta::seconds(20));
        }
        assert!(ada.get(&page).await.text("#live [role=status]").contains("Succeeded"));
    }

    /// A clock that was a year ahead and was set back leaves no execution waiting for that year.
    async fn a_clock_that_is_set_back_strands_no_run(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.tick("poller").await;
        let text = "update executions set next_step_at = '2027-03-18T09:00:00Z', lease_until = '2027-03-18T09:00:00Z' where id = $1";
        set(&house, text, page.rsplit('/').next().unwrap()).await;
        house.settle().await;
        assert!(ada.get(&page).await.text("#live [role=status]").contains("Succeeded"));
    }

    /// Executions of a grant that needs reconnecting wait for it, however long, and then continue.
    async fn runs_wait_for_their_owner_to_sign_in_again(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        while house.count("select count(*) as value from executions where state = 'fetching'").await == 0 {
            house.tick("poller").await;
            house.amazon.as_ref().unwrap().settled().await;
            house.time.advance(TimeDelta::seconds(20));
        }
        set(&house, "update connections set sealed_access = substr(sealed_access, 1, length(sealed_access) - 6) || 'AAAAAA' where person_id is not null and id <> $1", "").await;
        for _ in 0..210 {
            house.tick("fetcher").await;
            house.time.advance(TimeDelta::seconds(61));
        }
        let own = ada.get(&page).await.with(200);
        assert!(own.text("#live .callout").contains("Your connection to Amazon needs reconnecting"), "{}", own.body);
        assert_eq!(own.attributes("#live form[action='/auth/amazon/start'] input[name=next]", "value"), [page.as_str()]);
        let ben = house.signed_in("Ben").await;
        let let_in = "insert into instance_access (instance_id, person_id, role, source, created_at) \
            select e.instance_id, p.id, 'viewer', 'shared', p.created_at from executions e cross join people p \
            where e.id = $1 and p.name like 'Ben%' on conflict (instance_id, person_id) do nothing";
        set(&house, let_in, page.rsplit('/').next().unwrap()).await;
        let others = ben.get(&page).await.with(200);
        assert!(others.text("#live .callout").contains("Ask Ada (agency A) to reconnect"), "{}", others.body);
        assert!(others.attributes("#live form[action='/auth/amazon/start']", "action").is_empty(), "it isn't Ben's");
        assert_eq!(house.count("select count(*) as value from audit where action = 'revoked'").await, 1);
        assert!(ada.get("/settings/connections").await.with(200).text("tbody tr").contains("Reconnect"));
        ada.sign_in("Ada").await;
        house.settle().await;
        assert!(ada.get(&page).await.text("#live [role=status]").contains("Succeeded"));
    }

    /// Rerun sends the same again.
    async fn a_finished_run_is_run_again(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        let again = ada.post(&format!("{page}/rerun"), &[]).await.with(303).location;
        assert_ne!(again, page);
        house.settle().await;
        assert!(ada.get(&again).await.text("#live [role=status]").contains("Succeeded"));
        let list = ada.get("/executions").await.with(200);
        assert_eq!(list.texts("tbody tr").len(), 2);
        assert_eq!(ada.get("/executions?state=failed").await.texts("tbody tr").len(), 0);
        assert_eq!(ada.get("/executions.csv").await.with(200).body.lines().count(), 3);
    }

    /// No more than the slots at once; the others wait with a reason.
    async fn runs_beyond_the_slots_wait_their_turn(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let mut pages = Vec::new();
        for _ in 0..12 {
            pages.push(run(&ada, &query).await);
        }
        house.tick("poller").await;
        let waiting = ada.get("/executions?state=waiting").await.with(200);
        assert_eq!(waiting.texts("tbody tr").len(), 2, "{}", waiting.body);
        assert!(waiting.body.contains("slots of the instance are in use"));
        house.settle().await;
        assert_eq!(ada.get("/executions?state=succeeded").await.texts("tbody tr").len(), 12);
        assert_eq!(on_amc(&house), 12);
    }
}

/// Executions accepted by the AMC emulator.
pub(crate) fn on_amc(house: &House) -> usize {
    house.amazon.as_ref().expect("a sandbox").executions()
}

/// Changes rows directly in the database; `$1` is the text.
pub(crate) async fn set(house: &House, statement: &'static str, text: &str) {
    let mut tx = house.db().write(&Scope::System).await.expect("a transaction");
    assert!(sql(statement).bind(text).execute(&mut tx).await.expect("rows change") > 0);
    tx.commit().await.expect("it is kept");
}
