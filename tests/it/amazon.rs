//! Unusual answers of AMC to executions: undocumented statuses and links, ignored cancellations, throttling.

use chrono::TimeDelta;

use crate::executions::{REACH, run, saved};
use crate::support::stories;

stories! {
    /// An undocumented status is shown with its reason; after AMC's own limit and a margin the execution ends as lost
    /// and frees its slot, and its result is downloaded if AMC has one after all.
    async fn an_execution_with_an_unknown_status_ends_and_may_come_back(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        house.fault("timed-out", "", "").await;
        let led = run(&ada, &query).await;
        house.step().await;
        house.time.advance(TimeDelta::seconds(20));
        house.step().await;
        let page = ada.get(&led).await.with(200).text("main");
        assert!(page.contains("AMC's status is “TIMED_OUT”") && page.contains("exceeded its time limit"), "{page}");
        house.time.advance(TimeDelta::hours(9));
        for _ in 0..8 {
            house.step().await;
            house.time.advance(TimeDelta::minutes(2));
        }
        assert_eq!(house.unfinished().await, 0);
        let page = ada.get(&led).await.with(200).text("main");
        assert!(page.contains("lost track"), "{page}");
        house.heal().await;
        house.amazon.as_ref().unwrap().settled().await;
        for _ in 0..3 {
            house.time.advance(TimeDelta::minutes(61));
            house.step().await;
        }
        assert_eq!(house.count("select count(*) as value from executions where state = 'succeeded' and problem is null").await, 1);
    }

    /// A cancellation that AMC accepts and ignores is repeated with growing intervals, and the waiting can be ended
    /// manually.
    async fn a_cancel_without_effect_backs_off_and_can_be_given_up(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        house.fault("timed-out", "", "").await;
        house.fault("ignored-cancel", "", "").await;
        let led = run(&ada, &query).await;
        house.step().await;
        ada.post(&format!("{led}/cancel"), &[]).await.with(303);
        let mut looks = 0;
        for _ in 0..120 {
            house.time.advance(TimeDelta::seconds(5));
            looks += house.tick("poller").await.looked;
        }
        assert!(looks < 14, "asked {looks} times in ten minutes");
        let page = ada.get(&led).await.with(200);
        assert!(page.text("main").contains("AMC was asked to cancel but is still running"), "{}", page.text("main"));
        ada.post(&page.attributes("main form[action$='/stop-waiting']", "action")[0], &[]).await.with(303);
        assert_eq!(house.unfinished().await, 0);
        let page = ada.get(&led).await.with(200).text("main");
        assert!(page.contains("stopped waiting for AMC"), "{page}");
    }

    /// Links as objects work; an unknown format ends the execution soon, and the beginning of the answer is shown.
    async fn links_of_another_form_are_read_or_named(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        house.fault("link-objects", "", "").await;
        run(&ada, &query).await;
        house.settle().await;
        assert_eq!(house.count("select count(*) as value from executions where state = 'succeeded'").await, 1);
        house.heal().await;
        house.fault("odd-links", "", "").await;
        let led = run(&ada, &query).await;
        house.settle().await;
        let page = ada.get(&led).await.with(200);
        assert!(page.text("main").contains("in a form that RecomAMP doesn't know"), "{}", page.text("main"));
        assert!(page.body.contains("elsewhere"), "the beginning of the answer is shown: {}", page.body);
    }

    /// A failing download can be canceled by its owner, and restarted later.
    async fn fetching_can_be_cancelled_and_begun_again(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        house.fault("expired-link", "", "").await;
        let led = run(&ada, &query).await;
        for _ in 0..20 {
            house.step().await;
            house.amazon.as_ref().unwrap().settled().await;
            house.time.advance(TimeDelta::seconds(20));
        }
        assert_eq!(house.count("select count(*) as value from executions where state = 'fetching'").await, 1);
        ada.post(&format!("{led}/cancel"), &[]).await.with(303);
        house.tick("fetcher").await;
        assert_eq!(house.count("select count(*) as value from executions where state = 'cancelled'").await, 1);
        house.heal().await;
        ada.post(&format!("{led}/fetch"), &[]).await.with(303);
        house.settle().await;
        assert_eq!(house.count("select count(*) as value from executions where state = 'succeeded'").await, 1);
    }

    /// When AMC throttles, all executions of the account wait, for both forms of the error.
    async fn a_throttled_account_waits_as_a_whole(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for kind in ["429=30", "throttling"] {
            let before = house.amazon.as_ref().unwrap().executions();
            house.fault(kind, "/workflowExecutions", "1").await;
            for _ in 0..4 {
                run(&ada, &query).await;
            }
            house.tick("poller").await;
            assert_eq!(house.amazon.as_ref().unwrap().executions(), before, "{kind}: the others were sent at once");
            house.settle().await;
        }
        assert_eq!(house.count("select count(*) as value from executions where state = 'succeeded'").await, 8);
    }
}
