//! A folder as a destination, a rule of a schedule, and a result that is delivered, with scripts and without.

use super::path::{AT_ONCE, EAGER, SMALL, pick_an_instance, save, sign_in, write};
use super::{Browser, Options, Program};

#[tokio::test]
async fn a_result_is_delivered_to_a_folder_by_pressing_buttons() {
    for javascript in [true, false] {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().display().to_string();
        let program = Program::start(&[AT_ONCE, SMALL, EAGER, ("RECOMAMP_DELIVERIES_DIR", path.as_str())]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        browser.open(&format!("{}/settings/destinations/new", program.address())).await;
        browser.press("Add a folder").await;
        browser.fill("name", "Share").await;
        browser.press("Add destination").await;
        browser.see("The destination was added.").await;
        browser.press("Test").await;
        browser.see("It works: a small file was written and removed.").await;
        pick_an_instance(&browser).await;
        write(
            &browser,
            "Reach",
            "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY campaign",
        )
        .await;
        save(&browser, "Reach").await;
        browser.press("Run").await;
        browser.see("Succeeded").await;
        browser.press("Deliver…").await;
        browser.fill("pattern", "{query}.{format}").await;
        browser.press("Show preview").await;
        browser.see("Reach.csv").await;
        browser.press("Deliver").await;
        browser.see("Delivered").await;
        browser.see("Reach.csv").await;
        let file = std::fs::read_to_string(root.path().join("Reach.csv")).expect("the file");
        assert!(file.starts_with("campaign,impressions\n"), "{file}");
    }
}
