//! Creating a weekly report from an execution that worked, with scripts and without.

use super::path::{AT_ONCE, EAGER, SMALL, pick_an_instance, save, sign_in, write};
use super::{Browser, Options, Program};

#[tokio::test]
async fn an_execution_that_worked_becomes_a_schedule_by_pressing_two_buttons() {
    for javascript in [true, false] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        pick_an_instance(&browser).await;
        write(
            &browser,
            "Reach",
            "SELECT campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY campaign",
        )
        .await;
        save(&browser, "Reach").await;
        browser.press("Run").await;
        browser.see("Succeeded").await;
        browser.press("Schedule").await;
        browser.see("New schedule").await;
        browser.choose("repeat", "Every month").await;
        browser.choose("month_day", "Last business day").await;
        browser.fill("timing_zone", "Europe/Berlin").await;
        if !javascript {
            browser.press("Show next executions").await;
        }
        browser.see("Last business day of each month at 09:00 (Europe/Berlin)").await;
        browser.press("Save schedule").await;
        browser.see("The schedule is active.").await;
        browser.fill("note", "The client is on holiday").await;
        browser.press("Pause").await;
        browser.see("The client is on holiday").await;
        browser.press("Resume").await;
        browser.see("Nothing was due while the schedule was paused.").await;
        browser.press("Resume").await;
        browser.see("The schedule is active again.").await;
        browser.press("Delete").await;
        browser.see("This schedule is deleted").await;
        browser.press("Restore").await;
        browser.see("The schedule is restored, and paused.").await;
    }
}
