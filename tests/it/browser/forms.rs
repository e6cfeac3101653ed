//! Forms are used like people do: with their buttons and the Enter key, with scripts and without.

use super::path::{AT_ONCE, EAGER, SMALL, pick_an_instance, save, sign_in, sign_in_as, write};
use super::session::Look;
use super::{Browser, Options, Program};

/// Every list with a filter.
const LISTS: &[&str] = &[
    "/executions",
    "/schedules",
    "/queries",
    "/queries/bin",
    "/queries/drafts",
    "/instances",
    "/guides",
    "/settings/audit",
    "/settings/sessions",
    "/settings/connections",
    "/settings/webhooks",
    "/settings/access",
    "/settings/invitations",
    "/settings/links",
    "/operations/usage",
    "/settings/destinations",
    "/deliveries",
    "/notices",
    "/queries/ID/versions",
];

/// Only a text is typed, everything else stays unchanged: the filter is applied by its button and by Enter, and at
/// once where scripts run.
#[tokio::test]
async fn every_list_is_filtered_by_its_button_and_by_enter() {
    for javascript in [true, false] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        // The list of connections has a filter if there are other people's.
        let other = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in_as(&other, &program.address(), "ben").await;
        drop(other);
        pick_an_instance(&browser).await;
        write(&browser, "Gone", "SELECT campaign FROM dsp_impressions GROUP BY campaign").await;
        save(&browser, "Gone").await;
        browser.press("More").await;
        browser.press("Delete").await;
        browser.press("Undo").await;
        browser.press("Edit").await;
        browser.fill("name", "Gone again").await;
        browser.press("Save").await;
        browser.see("The query is saved.").await;
        let query = browser.address().await.path().to_owned();
        let id = query.rsplit('/').next().expect("an id");
        write_and_delete(&browser, &program.address()).await;
        for list in LISTS {
            let list = list.replace("ID", id);
            for by_enter in [false, true] {
                browser.open(&format!("{}{list}", program.address())).await;
                browser.fill_in("form.toolbar[role=search] input[name=q]", "zzz").await;
                if by_enter {
                    browser.enter("form.toolbar[role=search] input[name=q]").await;
                } else if !javascript {
                    browser.press("Filter").await;
                }
                browser.see("Clear filters").await;
                let address = browser.address().await;
                assert_eq!(address.path(), list);
                assert!(address.query().is_some_and(|query| query.contains("q=zzz")), "{address}");
                if javascript {
                    browser.wait_for("form.toolbar[role=search] input[name=q]:focus").await;
                }
                browser.press("Clear filters").await;
                browser.wait_for("form.toolbar[role=search] input[name=q][value='']").await;
            }
        }
    }
}

/// In a narrow window the filters of a list take more lines, instead of making the page wider.
#[tokio::test]
async fn the_filters_of_a_list_fit_a_narrow_window() {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let look = Look { width: 1000, height: 800, dark: false };
    let browser = Browser::start(Options { look, ..Options::default() }).await;
    sign_in(&browser, &program.address()).await;
    for list in ["/executions", "/schedules", "/settings/audit"] {
        browser.open(&format!("{}{list}", program.address())).await;
        assert_eq!(browser.overflow().await, 0, "{list}");
    }
}

/// Where scripts run, a choice is applied immediately, keeps the focus, and is a step in the history.
#[tokio::test]
async fn a_choice_applies_at_once_and_is_undone_by_back() {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options::default()).await;
    sign_in(&browser, &program.address()).await;
    pick_an_instance(&browser).await;
    browser.open(&format!("{}/instances", program.address())).await;
    browser.see("Standard").await;
    browser.choose("kind", "Sandbox").await;
    browser.wait_for("form[data-filter]:not([data-loading])").await;
    browser.until(async || browser.address().await.query() == Some("kind=sandbox")).await;
    // Not `:focus`: a headless page on which nothing was pressed has no focus itself, whatever element is active in it.
    let active =
        browser.client.execute("return document.activeElement.name", Vec::new()).await.expect("the page is asked");
    assert_eq!(active, "kind", "the focus stays where it was");
    let kinds = browser.read_all("tbody td[data-label=Kind]").await;
    assert!(kinds.iter().all(|kind| kind.contains("Sandbox")), "{kinds:?}");
    browser.back().await;
    browser.until(async || browser.address().await.query().is_none()).await;
    assert_eq!(browser.value("kind").await, "");
    browser.see("Standard").await;
}

/// Creates something for the bin, and a draft.
async fn write_and_delete(browser: &Browser, address: &str) {
    browser.open(&format!("{address}/instances")).await;
    pick_an_instance(browser).await;
    write(browser, "For the bin", "SELECT campaign FROM dsp_impressions GROUP BY campaign").await;
    save(browser, "For the bin").await;
    browser.press("More").await;
    browser.press("Delete").await;
    browser.see("for 30 days").await;
    browser.open(&format!("{address}/queries/new")).await;
    browser.fill("sql", "SELECT 1").await;
    browser.press("Save draft").await;
    browser.see("Draft saved").await;
}

/// Back after Save shows what was typed, and Forward what was saved.
#[tokio::test]
async fn back_after_save_shows_what_was_typed() {
    const FIRST: &str = "SELECT campaign FROM dsp_impressions GROUP BY campaign";
    const SECOND: &str = "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY campaign";
    for javascript in [true, false] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        pick_an_instance(&browser).await;
        write(&browser, "Back", FIRST).await;
        save(&browser, "Back").await;
        browser.back().await;
        browser.until(async || browser.value("sql").await == FIRST).await;
        assert_eq!(browser.value("name").await, "Back", "with scripts: {javascript}");
        browser.forward().await;
        browser.until(async || browser.heading().await == "Back").await;
        browser.press("Edit").await;
        browser.fill("sql", SECOND).await;
        save(&browser, "Back").await;
        browser.back().await;
        browser.until(async || browser.value("sql").await == SECOND).await;
    }
}

/// Another tab signs the person out while a form is filled in: after sign-in, the form has what was typed.
#[tokio::test]
async fn what_was_typed_is_there_after_the_session_ended() {
    const SIGN_OUT: &str = "const sent = new XMLHttpRequest(); sent.open('POST', '/sign-out', false); sent.send();";
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options::default()).await;
    sign_in(&browser, &program.address()).await;
    browser.open(&format!("{}/settings/webhooks/new", program.address())).await;
    browser.fill("name", "Client reports").await;
    browser.fill("url", "https://example.com/in").await;
    browser.execute(SIGN_OUT, Vec::new()).await;
    browser.press("Add webhook").await;
    browser.see("wasn't saved because your session had ended").await;
    browser.press("Sign in with Amazon").await;
    browser.follow("input[name=person][value=ada]").await;
    browser.press("Allow").await;
    browser.see("What you typed is filled in again.").await;
    assert_eq!(browser.value("name").await, "Client reports");
    assert_eq!(browser.value("url").await, "https://example.com/in");
    browser.press("Add webhook").await;
    browser.see("Copy the signing secret now").await;
}
