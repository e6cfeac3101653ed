//! Working on a result: clicking values, ticking columns, choosing charts.

use super::path::{AT_ONCE, EAGER, SMALL, pick_an_instance, sign_in, some_campaigns};
use super::{Browser, Options, Program};

#[tokio::test]
async fn a_result_is_narrowed_and_drawn_with_and_without_scripts() {
    for javascript in [true, false] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        pick_an_instance(&browser).await;
        let campaign = some_campaigns(&browser).await.remove(1);

        browser.press(&campaign).await;
        browser.see(&format!("campaign is {campaign}")).await;
        assert_eq!(browser.read_all("#result tbody td:first-child").await, [campaign]);
        browser.press("Columns").await;
        browser.follow("#result input[name=show][value='1']").await;
        browser.press("Apply").await;
        browser.see("(1 hidden)").await;
        assert_eq!(browser.read_all("#result thead th").await, ["campaign"]);

        browser.press("Chart").await;
        browser.see("reach by campaign").await;
        browser.choose("shape", "100% bars").await;
        if !javascript {
            browser.press("Update").await;
        }
        browser.see("Share of reach").await;
        let address = browser.address().await;
        let query = address.query().unwrap_or_default();
        assert!(query.contains("shape=shares") && query.contains("hide=1") && query.contains("f=0.is."), "{address}");
        browser.press("SQL").await;
        browser.see("Your SQL").await;
        browser.press("Table").await;
        browser.see("(1 hidden)").await;
    }
}
