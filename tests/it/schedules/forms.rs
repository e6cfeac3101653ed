//! Forms of schedules: from an execution, by hand, several at once; what was typed stays, and what doesn't fit is said.

use super::{DAILY, EXECUTIONS, days_later, errors, ledger, scheduled, settle, states};
use crate::executions::{REACH, on_amc, run, saved};
use crate::support::stories;

stories! {
    /// An execution that worked becomes a weekly report for Monday at nine in Berlin, in two steps: open, save.
    async fn an_execution_that_worked_becomes_a_schedule_in_two_steps(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        let links = ada.get(&page).await.with(200).attributes("main a", "href");
        let form = links.iter().find(|link| link.starts_with("/schedules/new?execution=")).expect("a way to schedule it");
        let shown = ada.get(form).await.with(200);
        assert_eq!(shown.attributes("#f-name", "value"), ["Reach by campaign"]);
        assert!(shown.text("#next").contains("Mon 23 Mar 2026, 09:00"), "{}", shown.text("#next"));
        let execution = page.rsplit('/').next().expect("an id");
        let instance = shown.attributes("#f-instance option[selected]", "value").remove(0);
        let fields = [
            ("execution", execution), ("name", "Weekly reach"), ("instance", instance.as_str()), ("repeat", "weekly"),
            ("weekday", "mon"), ("at", "09:00"), ("timing_zone", "Europe/Berlin"), ("window", "settled"), ("zone", "Europe/Berlin"),
        ];
        let schedule = ada.post("/schedules", &fields).await.with(303).location;
        let shown = ada.get(&schedule).await.with(200);
        let rehearsal = ada.get(&format!("{schedule}/rehearsal")).await.with(200).text("#rehearsal");
        assert!(rehearsal.contains("rows") && rehearsal.contains("reach"), "{rehearsal}");
        let next = shown.text("#next");
        // Correct across the clock change on 29 March, and the window is that of the slot.
        assert!(next.contains("23 Mar 2026, 08:00") && next.contains("30 Mar 2026, 07:00"), "{next}");
        assert!(next.contains("2–8 Mar 2026"), "{next}");
        assert!(ada.get("/schedules").await.with(200).text("tbody").contains("Every Monday at 09:00 (Europe/Berlin)"));
        assert!(ada.get("/search?q=weekly+reach").await.with(200).body.contains(&schedule));

        let ada = days_later(&house, 5).await;
        let ended = ada.get(&schedule).await.with(200);
        assert_eq!(states(&ledger(&ada, &schedule).await), ["succeeded"]);
        let started = ended.attributes("tbody a[href^='/executions/']", "href").remove(0);
        let details = ada.get(&format!("{started}?view=details")).await.with(200).text("#details");
        assert!(details.contains("Schedule"), "{details}");
    }

    /// A run by hand within five minutes of a slot is pointed out, and does not run the slot a second time.
    async fn a_run_by_hand_near_a_slot_is_pointed_out_and_doubles_nothing(house: House) {
        let ada = house.signed_in("Ada").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        let by_hand = ada.post(&format!("{schedule}/run"), &[("once", "a")]).await.with(303).location;
        assert!(by_hand.starts_with("/executions/"));
        assert_eq!(ada.post(&format!("{schedule}/run"), &[("once", "a")]).await.with(303).location, by_hand);
        settle(&house).await;
        house.time.set("2026-03-18T09:57:00Z".parse().expect("a time"));
        let said = ada.post(&format!("{schedule}/run"), &[]).await.with(409);
        assert!(said.text("main").contains("within five minutes"), "{}", said.text("main"));
        ada.post(&format!("{schedule}/run"), &[("anyway", "yes")]).await.with(303);
        house.time.set("2026-03-18T10:00:10Z".parse().expect("a time"));
        settle(&house).await;
        let rows = ledger(&ada, &schedule).await;
        assert_eq!(states(&rows), ["skipped"]);
        assert!(rows[0].1.contains("run manually at 09:57 UTC"), "{rows:?}");
        assert_eq!(on_amc(&house), 2);
        // Another day, and the slot has just started.
        house.time.set("2026-03-19T10:00:10Z".parse().expect("a time"));
        house.tick("scheduler").await;
        let ada = house.signed_in("Ada").await;
        let said = ada.post(&format!("{schedule}/run"), &[]).await.with(409);
        assert!(said.text("main").contains("has just started"), "{}", said.text("main"));
        assert!(ada.get(&schedule).await.with(200).text("tbody").contains("Waiting for a free slot"));
    }

    /// Several schedules are paused and resumed at once; what is not the person's stays as it is.
    async fn several_schedules_are_paused_and_resumed_at_once(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let mut schedules = Vec::new();
        for name in ["One", "Two", "Three"] {
            let fields: Vec<_> = DAILY.into_iter().chain([("name", name)]).collect();
            schedules.push(scheduled(&ada, &query, &fields).await);
        }
        let ids: Vec<&str> = schedules.iter().filter_map(|address| address.rsplit('/').next()).collect();
        let chosen: Vec<_> = ids[..2].iter().map(|id| ("schedule", *id)).collect();
        let fields: Vec<_> = chosen.iter().copied().chain([("do", "pause"), ("note", "Freeze")]).collect();
        ada.post("/schedules/bulk", &fields).await.with(303);
        let list = ada.get("/schedules").await.with(200);
        assert!(list.body.contains("2 schedules paused."));
        assert!(ada.get(&schedules[0]).await.with(200).text("main").contains(": Freeze"));
        assert_eq!(ada.get("/schedules?state=paused").await.with(200).texts("tbody tr").len(), 2);
        let all: Vec<_> = ids.iter().map(|id| ("schedule", *id)).chain([("do", "resume")]).collect();
        let dag = house.signed_in("Dag").await;
        dag.post("/schedules/bulk", &all).await.with(303);
        assert!(dag.get("/schedules").await.with(200).body.contains("3 schedules were not changed"));
        ada.post("/schedules/bulk", &all).await.with(303);
        assert!(ada.get("/schedules").await.with(200).body.contains("2 schedules resumed."));
        assert_eq!(ada.get("/schedules?state=active").await.with(200).texts("tbody tr").len(), 3);
        ada.post("/schedules/bulk", &[("do", "delete")]).await.with(400);
    }

    /// What was typed into the form is there again, until it is saved or discarded.
    async fn the_form_keeps_what_was_typed(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let typed = [("query", query.as_str()), ("name", "Typed so far"), ("repeat", "daily"), ("at", "07:35")];
        ada.post("/schedules/preview", &typed).await.with(200);
        let form = format!("/schedules/new?query={query}");
        let again = ada.get(&form).await.with(200);
        assert_eq!((again.attributes("#f-name", "value"), again.attributes("#f-at", "value")), (vec!["Typed so far".to_owned()], vec!["07:35".to_owned()]));
        assert!(again.text("#draft-line").contains("Draft saved"), "{}", again.text("main"));
        house.signed_in("Ben").await.get(&form).await.with(404);
        ada.post("/schedules/drafts/discard", &[("query", query.as_str())]).await.with(303);
        assert_eq!(ada.get(&form).await.with(200).attributes("#f-name", "value"), ["Reach by campaign"]);
        ada.post("/schedules", &[("query", query.as_str()), ("name", "Half"), ("repeat", "daily"), ("at", "late")]).await.with(422);
        assert_eq!(ada.get(&form).await.with(200).attributes("#f-name", "value"), ["Half"]);
        let schedule = scheduled(&ada, &query, &DAILY).await;
        assert_eq!(ada.get(&form).await.with(200).attributes("#f-name", "value"), ["Reach by campaign"]);
        let id = schedule.rsplit('/').next().expect("an id");
        ada.post("/schedules/preview", &[("schedule", id), ("name", "Renamed"), ("repeat", "daily"), ("at", "11:00")]).await.with(200);
        assert_eq!(ada.get(&format!("{schedule}/edit")).await.with(200).attributes("#f-name", "value"), ["Renamed"]);
    }

    /// A form that is sent twice adds one schedule; one that was changed meanwhile adds another.
    async fn a_form_that_is_sent_twice_adds_one_schedule(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let page = ada.get(&format!("/schedules/new?query={query}")).await.with(200);
        let once = page.attributes("main form input[name=once]", "value").pop().expect("a key");
        let typed = |name: &'static str| [&[("once", once.as_str()), ("name", name), ("window", "settled")][..], &DAILY[..]].concat();
        let first = scheduled(&ada, &query, &typed("Weekly")).await;
        assert_eq!(scheduled(&ada, &query, &typed("Weekly")).await, first);
        assert_ne!(scheduled(&ada, &query, &typed("Weekly, too")).await, first);
        assert_eq!(ada.get("/schedules").await.with(200).texts("tbody tr").len(), 2);
        assert_eq!(house.count("select count(*) as value from audit where action = 'schedule-changed'").await, 2);
    }

    /// A deleted schedule starts nothing and can be restored; a restored one is paused.
    async fn a_deleted_schedule_starts_nothing_and_comes_back_paused(house: House) {
        let ada = house.signed_in("Ada").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        ada.post(&format!("{schedule}/delete"), &[]).await.with(303);
        let ada = days_later(&house, 2).await;
        assert_eq!(house.count(EXECUTIONS).await, 0);
        assert!(ada.get("/schedules?show=deleted").await.with(200).body.contains(&schedule));
        ada.post(&format!("{schedule}/edit"), &[]).await.with(409);
        ada.post(&format!("{schedule}/restore"), &[]).await.with(303);
        assert!(ada.get(&schedule).await.with(200).text("main .head").contains("Paused"));
    }

    /// Errors are shown beside their fields, all at once, and nothing is started or lost.
    async fn a_form_that_does_not_fit_comes_back_with_every_message(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for (fields, said) in [
            (&[("repeat", "cron"), ("cron", "0 9 31 2 *")][..], "never happens"),
            (&[("repeat", "daily"), ("at", "25:00"), ("timing_zone", "Mars/Base")], "Mars/Base"),
            (&[("repeat", "once"), ("moment", "2026-01-01T09:00")], "is in the past"),
            (&[("repeat", "daily"), ("starts", "2026-05-01"), ("ends", "2026-04-01")], "before the first day"),
            (&[("repeat", "daily"), ("window", "explicit"), ("start", "2026-01-01T00:00"), ("end", "2026-01-08T00:00")], "moves with the schedule"),
            (&[("repeat", "daily"), ("name", "  ")], "a name"),
            (&[("repeat", "daily"), ("pause_after", "-1")], "from 0 to 100"),
            (&[("repeat", "daily"), ("param.nothing", "1")], "no parameter"),
        ] {
            let fields: Vec<_> = [("query", query.as_str())].into_iter().chain(fields.iter().copied()).collect();
            let page = ada.post("/schedules", &fields).await.with(422);
            assert!(errors(&page).contains(said), "{fields:?}: {}", errors(&page));
        }
        let broken = saved(&ada, "SELECT campain FROM dsp_impressions GROUP BY campain").await;
        let page = ada.post("/schedules", &[("query", broken.as_str()), ("repeat", "daily")]).await.with(422);
        assert!(errors(&page).contains("campain"), "{}", errors(&page));
        assert_eq!(house.count("select count(*) as value from schedules").await, 0);
        let preview = ada.post("/schedules/preview", &[("query", query.as_str()), ("repeat", "cron"), ("cron", "30 0 1 * 1")]).await.with(200);
        assert!(preview.text("main").contains("it runs when either matches"));
    }

    /// The form of a query with fixed dates begins with a window of the same length that moves; it asks only for what isn't
    /// known, and knows the instance of the last execution.
    async fn a_form_begins_with_what_is_known_and_asks_for_the_rest(house: House) {
        let ada = house.signed_in("Ada").await;
        let template = ada.post("/library/reach-by-campaign/use", &[]).await.with(303).location;
        let form = format!("/schedules/new?query={}", template.rsplit('/').next().expect("an id"));
        let opened = ada.get(&form).await.with(200);
        assert_eq!(opened.attributes("#f-window option[selected]", "value"), ["days"]);
        assert!(opened.text("main .callout:not(.flash)").contains("Choose an instance."), "{}", opened.text("main"));

        let query = saved(&ada, REACH).await;
        let page = ada.get(&format!("/queries/{query}/edit")).await.with(200);
        let revision = page.attributes("input[name=revision]", "value").remove(0);
        let fixed = [
            ("name", "Fixed"), ("sql", REACH), ("window", "explicit"), ("start", "2026-02-01"), ("end", "2026-02-28"),
            ("revision", revision.as_str()), ("home", "private"),
        ];
        ada.post(&format!("/queries/{query}/edit"), &fixed).await.with(303);
        let opened = ada.get(&format!("/schedules/new?query={query}")).await.with(200);
        let number = |name: &str| opened.attributes(&format!("#f-{name}"), "value").remove(0);
        assert_eq!((number("window_days").as_str(), number("window_before").as_str()), ("28", "14"));
        assert!(opened.text("#window-filled-in").contains("1–28 Feb 2026"), "{}", opened.text("main"));

        let instance = crate::queries::instance(&ada).await;
        ada.post("/executions", &[("query", query.as_str()), ("instance", instance.as_str())]).await.with(303);
        let opened = ada.get(&format!("/schedules/new?query={query}")).await.with(200);
        assert_eq!(opened.attributes("#f-instance option[selected]", "value"), [instance.as_str()]);
        assert!(opened.texts("main .callout:not(.flash)").is_empty(), "{}", opened.text("main"));
    }

    /// A draft of a schedule that somebody changed meanwhile says so, and replaces the change only when it is saved again.
    async fn a_draft_warns_of_a_schedule_that_has_changed(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = crate::executions::instance(&ada).await;
        let query = crate::executions::saved_on(&ada, &instance, REACH).await;
        let schedule = scheduled(&ada, &query, &DAILY).await;
        let id = schedule.rsplit('/').next().expect("an id");
        let typed = [("schedule", id), ("revision", "1"), ("name", "Mine"), ("repeat", "daily"), ("at", "11:00")];
        ada.post("/schedules/preview", &typed).await.with(200);
        assert!(!ada.get(&format!("{schedule}/edit")).await.with(200).body.contains("has changed since"));
        let chie = house.signed_in("Chie").await;
        let person = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
        ada.post(&format!("{person}/access"), &[("instance", instance.as_str()), ("role", "analyst")]).await.with(303);
        let theirs = [("schedule", id), ("revision", "1"), ("name", "Theirs"), ("repeat", "daily"), ("at", "12:00")];
        chie.post(&format!("{schedule}/edit"), &theirs).await.with(303);
        let draft = ada.get(&format!("{schedule}/edit")).await.with(200);
        assert_eq!((draft.attributes("#f-name", "value"), draft.attributes("input[name=revision]", "value")), (vec!["Mine".to_owned()], vec!["1".to_owned()]));
        assert!(draft.text("#draft-line").contains("Chie") && draft.text("#draft-line").contains("discard the draft"), "{}", draft.text("#draft-line"));
        let typed_on = ada.post("/schedules/preview", &typed).await.with(200);
        assert!(typed_on.body.contains("has changed since"), "it is said while one types");
        let asked = ada.post(&format!("{schedule}/edit"), &typed).await.with(422);
        assert!(errors(&asked).contains("Saving again replaces that change"), "{}", errors(&asked));
        let again: Vec<_> = typed.into_iter().filter(|(name, _)| *name != "revision").chain([("revision", "2")]).collect();
        ada.post(&format!("{schedule}/edit"), &again).await.with(303);
        assert!(ada.get(&schedule).await.with(200).text("h1").contains("Mine"));
    }
}
