//! Conditions on the results of schedules, met by real executions: values outside the usual range, suppressed rows.

use crate::executions::{REACH, instance, saved};
use crate::notices::{days_later, messages, scheduled};
use crate::support::stories;

/// Every day at this time in Berlin.
const DAILY: [(&str, &str); 3] = [("repeat", "daily"), ("at", "11:00"), ("timing_zone", "Europe/Berlin")];
/// One row instead of one for each campaign.
const TOTAL: &str = "SELECT COUNT(DISTINCT user_id) AS reach, SUM(impressions) AS impressions FROM dsp_impressions";
/// So fine that most rows are below AMC's threshold.
const FINE: &str = "SELECT campaign, site, device_type, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions \
    GROUP BY campaign, site, device_type";

stories! {
    /// After some results alike, one with far fewer rows is reported with the usual range; whoever didn't ask for that
    /// is told the result alone.
    async fn a_result_outside_the_usual_range_is_reported_with_the_range(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        let query = saved(&ada, REACH).await;
        let schedule = scheduled(&ada, &query, &DAILY).await;
        let mut ada = ada;
        for _ in 0..6 {
            ada = days_later(&house, 1).await;
        }
        let told = messages(&ada).await;
        assert!(told.len() == 6 && told.iter().all(|one| one["kind"] == "schedule.succeeded"), "{told:?}");
        let change = [("name", "Reach by campaign"), ("sql", TOTAL), ("revision", "1"), ("window", "settled")];
        ada.post(&format!("/queries/{query}/edit"), &change).await.with(303);
        let ada = days_later(&house, 1).await;
        let told = messages(&ada).await;
        assert_eq!((told.len(), told[0]["kind"].as_str()), (7, Some("result.unusual")), "{told:?}");
        let text = told[0]["text"].as_str().expect("a text");
        assert!(text.contains("The number of rows is 1, outside the usual") && text.contains("of the last 6 slots."), "{text}");
        ada.post(&format!("{schedule}/notices"), &[("results", "true")]).await.with(303);
        let ada = days_later(&house, 1).await;
        assert_eq!(messages(&ada).await[0]["kind"], "schedule.succeeded");
    }

    /// The share of suppressed rows that a person chose decides whether a result is unusual.
    async fn a_share_of_suppressed_rows_is_a_condition(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        let instance = instance(&ada).await;
        let fields = [
            ("instance", instance.as_str()), ("name", "Fine"), ("sql", FINE), ("window", "settled"),
            ("privacy", "blank"), ("privacy.column", "low"),
        ];
        let led = ada.post("/queries/new", &fields).await.with(303).location;
        let query = led.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).expect("an id").to_owned();
        let schedule = scheduled(&ada, &query, &DAILY).await;
        ada.post(&format!("{schedule}/notices"), &[("results", "true"), ("suppressed", "100")]).await.with(303);
        let ada = days_later(&house, 1).await;
        let told = messages(&ada).await;
        assert_eq!(told[0]["kind"], "schedule.succeeded", "{told:?}");
        ada.post(&format!("{schedule}/notices"), &[("results", "true"), ("suppressed", "0")]).await.with(303);
        let ada = days_later(&house, 1).await;
        let told = messages(&ada).await;
        assert_eq!(told[0]["kind"], "result.unusual", "{told:?}");
        let text = told[0]["text"].as_str().expect("a text");
        assert!(text.contains("% of rows are suppressed, more than 0%."), "{text}");
    }
}
