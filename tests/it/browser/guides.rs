//! A new analyst's first guide: trying and running queries, progress, and copying queries, with and without
//! JavaScript.

use super::path::{AT_ONCE, EAGER, SMALL, sign_in};
use super::{Browser, Options, Program};

const REACH: &str = "#query-reach-and-frequency-by-campaign";
const EXPLORE: &str = "#query-campaigns-that-delivered";

#[tokio::test]
async fn a_newcomer_tries_runs_and_schedules_the_queries_of_their_first_guide() {
    for javascript in [true, false] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        browser.press("Start with the first guide").await;
        browser.see("Your first query").await;
        for query in [REACH, EXPLORE] {
            browser.follow(&format!("{query} form button.primary")).await;
            browser.wait_for(&format!("{query}-out tbody td")).await;
        }
        browser.follow("#f-instance option:nth-child(2)").await;
        browser.press("Choose").await;
        browser.follow(&format!("{EXPLORE} button[formaction*='/run']")).await;
        browser.wait_for(&format!("{EXPLORE}-run")).await;
        // Without the fragment, because the browser doesn't reload if only the fragment differs.
        let here = browser.address().await.as_str().split('#').next().map(str::to_owned).unwrap_or_default();
        if !javascript {
            browser
                .until(async || {
                    browser.open(&here).await;
                    !browser.read_all(&format!("{EXPLORE}-run tbody td")).await.is_empty()
                })
                .await;
        }
        browser.wait_for(&format!("{EXPLORE}-run tbody td")).await;
        // Opened again, so that the bar of the page doesn't cover the button.
        browser.open(&here).await;
        browser.follow(".section-end button").await;
        browser.wait_for("[data-contents] li svg").await;
        drop(browser);

        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        browser.open(&program.address()).await;
        browser.press("Sign in with Amazon").await;
        browser.follow("input[name=person][value=ada]").await;
        browser.press("Allow").await;
        browser.press("Guides").await;
        browser.see("Continue where you left off").await;
        browser.follow("#going-on a").await;
        browser.wait_for("[data-contents] li svg").await;
        browser.wait_for(&format!("{EXPLORE}-run tbody td")).await;
        browser.press("Save as a report").await;
        browser.see("The report was saved.").await;
        browser.press("Guide").await;
        browser.follow(&format!("{EXPLORE} button[formaction$='/schedule']")).await;
        browser.see("Saved as your own query").await;
        browser.press("Save schedule").await;
        browser.see("The schedule is active.").await;

        // The same question as a template: it becomes a query, which is scheduled.
        browser.press("Library").await;
        browser.follow("a[href='/library/reach-by-campaign']").await;
        browser.wait_for("#sample .sample-chart svg").await;
        browser.press("Create query").await;
        browser.see("Your query was created.").await;
        browser.press("Schedule").await;
        browser.see("New schedule").await;
        browser.see("Choose an instance.").await;
        browser.follow("#f-instance option:nth-child(2)").await;
        browser.press("Save schedule").await;
        browser.see("The schedule is active.").await;
    }
}
