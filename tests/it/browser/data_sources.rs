//! The data sources as used by a newcomer: a mistyped word, a filter built with buttons, a comparison of two tables,
//! and the palette with the keyboard only.

use super::path::{AT_ONCE, EAGER, SMALL, sign_in};
use super::{Browser, Options, Program};

/// Ctrl and K; the null key releases both.
const CTRL_K: &str = "\u{E009}k\u{E000}";
const UP: &str = "\u{E013}";
const ESCAPE: &str = "\u{E00C}";

async fn start(javascript: bool) -> (Program, Browser) {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options { javascript, ..Options::default() }).await;
    sign_in(&browser, &program.address()).await;
    (program, browser)
}

#[tokio::test]
async fn columns_are_found_and_used_without_knowing_their_names() {
    for javascript in [true, false] {
        let (_program, browser) = start(javascript).await;
        browser.press("Data sources").await;
        browser.see("Audience twin").await;
        browser.fill_in("#f-q", "new to brnad sales").await;
        if !javascript {
            browser.press("Filter").await;
        }
        browser.see("best match first").await;
        browser.follow(".found li a").await;
        browser.wait_for("#join-keys").await;
        let address = browser.address().await;
        assert!(address.fragment().unwrap_or_default().starts_with("new_to_brand"), "{address}");
        browser.press(&format!("New query on {}", address.fragment().unwrap_or_default())).await;
        browser.wait_for("textarea[name=sql]").await;
        assert!(browser.value("sql").await.contains("new_to_brand"));
    }
}

#[tokio::test]
async fn a_filter_is_built_by_buttons_with_and_without_scripts() {
    for javascript in [true, false] {
        let (_program, browser) = start(javascript).await;
        browser.press("Data sources").await;
        browser.press("All fields").await;
        browser.press("Filter builder").await;
        browser.press("Add condition").await;
        browser.wait_for("[name='f.1.p']").await;
        browser.choose("f.1.p", "Money unit").await;
        browser.choose("f.1.o", "is").await;
        browser.fill("f.1.v", "microcents").await;
        browser.press("Add group").await;
        browser.wait_for("[name='f.2.1.p']").await;
        browser.choose("f.2.1.p", "Data source").await;
        browser.fill("f.2.1.v", "sponsored").await;
        browser.enter("[name='f.2.1.v']").await;
        browser.see("1–1 of 1").await;
        browser.wait_for("tbody th a[href$='#spend']").await;
        browser.fill("name", "Spend").await;
        browser.press("Save filter").await;
        browser.see("The filter was saved as").await;
        browser.press("Remove condition .1").await;
        browser.wait_for("[name='f.1.1.p']").await;
        browser.press("Spend").await;
        browser.see("1–1 of 1").await;
    }
}

#[tokio::test]
async fn the_two_attributed_tables_are_compared() {
    for javascript in [true, false] {
        let (program, browser) = start(javascript).await;
        browser.open(&format!("{}/data-sources", program.address())).await;
        browser.press("Compare").await;
        browser.follow("#f-source-1 option[value=amazon_attributed_events_by_traffic_time]").await;
        if !javascript {
            browser.press("Compare").await;
        }
        browser.see("Choose two data sources").await;
        browser.follow("#f-source-2 option[value=amazon_attributed_events_by_conversion_time]").await;
        if !javascript {
            browser.press("Compare").await;
        }
        browser.see("Description").await;
        browser.see("Same").await;
    }
}

#[tokio::test]
async fn the_palette_goes_anywhere_by_the_keyboard() {
    let (_program, browser) = start(true).await;
    browser.type_in("body", CTRL_K).await;
    browser.wait_for("#palette:not([hidden]) [role=option]").await;
    assert!(browser.read_all("#palette [role=option]").await.contains(&"Data sources".to_owned()));
    browser.type_in("#search", "postal").await;
    browser.wait_for("#palette [role=option][aria-selected=true][href$='#postal_code']").await;
    let violations = browser.axe().await;
    assert!(violations.is_empty(), "{}", super::report(&violations));
    browser.type_in("#search", ESCAPE).await;
    browser.wait_for("#palette[hidden]").await;
    browser.fill_in("#search", "compare data sources").await;
    browser.wait_for("#palette:not([hidden]) [role=option][href='/data-sources/compare']").await;
    // Pages are the last group, and going up from the first option leads to the last.
    browser.type_in("#search", UP).await;
    browser.wait_for("#palette [role=option][aria-selected=true][href='/data-sources/compare']").await;
    browser.enter("#search").await;
    browser.see("Choose two data sources").await;
}
