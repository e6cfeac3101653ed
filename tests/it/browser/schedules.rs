//! Creating a weekly report from a successful execution, with and without JavaScript.

use super::path::{AT_ONCE, EAGER, SMALL, pick_an_instance, save, sign_in, write};
use super::{Browser, Options, Program};

#[tokio::test]
async fn a_successful_execution_becomes_a_schedule_with_two_clicks() {
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
        browser.press("Pause…").await;
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
        browser.see("The schedule was restored. It is paused.").await;
    }
}

/// Half a year is filled week by week while somebody watches the calendar; without scripts the page is loaded again.
#[tokio::test]
async fn half_a_year_is_filled_while_somebody_watches() {
    for javascript in [true, false] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        pick_an_instance(&browser).await;
        let instance = browser.address().await;
        write(
            &browser,
            "Reach",
            "SELECT campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY campaign",
        )
        .await;
        save(&browser, "Reach").await;
        let query = browser.address().await;
        let id = query.path().rsplit('/').next().expect("an id").to_owned();
        browser
            .open(instance.join(&format!("/schedules/backfills/new?query={id}")).expect("an address").as_str())
            .await;
        browser.fill("first_day", &weeks_ago(27)).await;
        browser.fill("last_day", &weeks_ago(1)).await;
        browser.choose("unit", "Week by week, Monday to Sunday").await;
        browser.fill("at_once", "5").await;
        if !javascript {
            browser.press("Show time windows").await;
        }
        browser.see("26 executions").await;
        browser.press("Start backfill").await;
        browser.see("26 time windows =").await;
        // More than the first five at once, so the end of an execution starts the next. The rest is told by stories
        // without a browser, which set the clock.
        browser
            .until(async || {
                if !javascript {
                    let address = browser.address().await;
                    browser.open(address.as_str()).await;
                }
                done(&browser.read("#figures").await) >= 6
            })
            .await;
    }
}

/// The Monday so many weeks before this week's, as it is typed into Chromium's date field.
fn weeks_ago(weeks: i64) -> String {
    let today = recomamp::clock::Clock::system().now().date_naive();
    let monday = today - chrono::Days::new(u64::from(chrono::Datelike::weekday(&today).num_days_from_monday()));
    (monday - chrono::TimeDelta::weeks(weeks)).format("%m%d%Y").to_string()
}

/// The windows that are done: `26 time windows = 12 done + …`.
fn done(figures: &str) -> usize {
    let done = figures.split(" = ").nth(1).and_then(|rest| rest.split(' ').next());
    done.and_then(|number| number.parse().ok()).unwrap_or(0)
}
