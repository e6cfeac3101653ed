//! Before a run: the stored result of an identical run is offered.

use chrono::TimeDelta;

use crate::queries::{REACH, id, saved};
use crate::support::{execute, stories};

stories! {
    /// Same meaning, values, window and instance: the form links to the existing result. Anything else doesn't.
    async fn the_result_of_the_same_run_is_offered(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let form = [("query", id(&query)), ("param.campaigns", "Spring"), ("window", "explicit"), ("start", "2026-02-01T00:00"), ("end", "2026-02-08T00:00"), ("zone", "UTC")];
        assert!(ada.post("/queries/check", &form).await.texts("#same-run a").is_empty());
        let run = ada.post("/executions", &form).await.with(303).location;
        assert!(ada.post("/queries/check", &form).await.texts("#same-run a").is_empty(), "it has no result yet");
        house.settle().await;
        let page = ada.post("/queries/check", &form).await.with(200);
        assert_eq!(page.attributes("#same-run a", "href"), [run.split(['?', '#']).next().expect("a path")]);
        assert!(page.text("#same-run").contains("Opening it saves") && page.text("#same-run").contains("by Ada"), "{}", page.text("#same-run"));
        let other = |changed: (&'static str, &'static str)| form.map(|field| if field.0 == changed.0 { changed } else { field });
        for changed in [("param.campaigns", "Summer"), ("end", "2026-02-09T00:00"), ("zone", "Europe/Berlin"), ("window", "MOST_RECENT_DAY")] {
            assert!(ada.post("/queries/check", &other(changed)).await.texts("#same-run a").is_empty(), "{changed:?}");
        }
        let reworded = REACH.replace("SELECT", "-- who\nselect");
        let twin = saved(&ada, "Twin", &reworded).await;
        let form = other(("query", "x")).map(|field| if field.0 == "query" { ("query", id(&twin)) } else { field });
        assert_eq!(ada.post("/queries/check", &form).await.texts("#same-run a").len(), 1, "another text that means the same");
        house.time.advance(TimeDelta::hours(1));
        execute(&house.database_url(), "update executions set result_removed_at = created_at").await;
        assert!(ada.post("/queries/check", &form).await.texts("#same-run a").is_empty(), "the result is gone");
    }
}
