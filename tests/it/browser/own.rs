//! Importing and exporting queries in a browser: instructional queries, files, links, brands, workflows; every form
//! by its button and by Enter, with scripts and without.

use super::pages::check;
use super::path::{AT_ONCE, EAGER, SMALL, pick_an_instance, save, sign_in, write};
use super::{Browser, Options, Program};

const INSTRUCTIONAL: &str = "-- Instructional Query: Reach of chosen campaigns --\nSELECT campaign, COUNT(DISTINCT user_id) AS reach\n\
    FROM dsp_impressions\nWHERE campaign IN ('Campaign1', 'Campaign2') -- REQUIRED UPDATE: your campaigns\n\
    AND impressions > 0 -- OPTIONAL UPDATE: the fewest impressions\nGROUP BY campaign";

const PURCHASES: &str = "SELECT tracked_asin, SUM(purchases) AS n\nFROM amazon_attributed_events_by_traffic_time\n\
    WHERE tracked_asin IN ({{asins}})\nGROUP BY tracked_asin";

#[tokio::test]
async fn an_instructional_query_becomes_a_draft() {
    for (javascript, by_enter) in [(true, false), (false, true)] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        browser.open(&format!("{}/queries", program.address())).await;
        browser.press("Import").await;
        browser.see("Paste SQL, or upload a file").await;
        if javascript {
            check(&browser, "import").await;
        }
        browser.fill_in("textarea[name=sql]", INSTRUCTIONAL).await;
        browser.press("Continue").await;
        browser.see("What was recognized").await;
        assert_eq!(browser.value("name").await, "Reach of chosen campaigns");
        if javascript {
            check(&browser, "import-preview").await;
        }
        if by_enter {
            browser.enter("input[name=name]").await;
        } else {
            browser.press("Create draft").await;
        }
        browser.see("2 parameters were made").await;
        assert!(browser.value("sql").await.contains("IN ({{campaigns}}) -- REQUIRED UPDATE"));
    }
}

#[tokio::test]
async fn brands_fill_a_form_whose_link_reproduces_it() {
    for (javascript, by_enter) in [(true, false), (false, true)] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        pick_an_instance(&browser).await;
        let instance = browser.address().await;
        browser.press("Brands").await;
        browser.see("No brands yet").await;
        browser.fill("items", "B012345678\nB0ABCDEFGH\nodd").await;
        browser.fill("name", "Acme").await;
        if by_enter {
            browser.enter("input[name=name]").await;
        } else {
            browser.press("Add").await;
        }
        browser.see("Some lines weren't understood").await;
        if javascript {
            check(&browser, "brands").await;
        }
        browser.press("Acme").await;
        browser.wait_for("textarea[name=asins]").await;
        if javascript {
            check(&browser, "brand").await;
        }
        browser.open(instance.as_str()).await;
        write(&browser, "Purchases", PURCHASES).await;
        save(&browser, "Purchases").await;
        browser.choose("brand", "Acme").await;
        browser.press("Fill in").await;
        browser.see("Filled in from Acme").await;
        assert!(browser.value("param.asins").await.contains("B0ABCDEFGH"));
        if javascript {
            check(&browser, "query-filled").await;
        }
        browser.press("Copy link to this form").await;
        browser.see("Link to this form").await;
        if javascript {
            check(&browser, "link").await;
        }
        browser.press("Open the link").await;
        browser.wait_for("textarea[name='param.asins']").await;
        assert!(browser.value("param.asins").await.contains("B012345678"));
    }
}

#[tokio::test]
async fn a_query_is_sent_to_amc_and_listed_there() {
    for (javascript, by_enter) in [(true, false), (false, true)] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        pick_an_instance(&browser).await;
        let instance = browser.address().await;
        write(&browser, "Campaigns", "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY campaign")
            .await;
        save(&browser, "Campaigns").await;
        browser.press("More").await;
        browser.press("AMC workflow").await;
        browser.see("Save on an instance").await;
        if by_enter {
            browser.enter("input[name=workflow]").await;
        } else {
            browser.press("Send to AMC").await;
        }
        browser.see("is created on AMC").await;
        if javascript {
            check(&browser, "query-on-amc").await;
        }
        browser.press("Send again").await;
        browser.see("is updated on AMC").await;
        browser.open(&format!("{instance}/workflows")).await;
        browser.press("Load from AMC").await;
        browser.see("As AMC listed them").await;
        if javascript {
            check(&browser, "workflows").await;
        }
        browser.follow("input[name=workflow]").await;
        browser.press("Import as drafts").await;
        browser.wait_for("textarea[name=sql]").await;
        assert_eq!(browser.value("name").await, "campaigns");
    }
}
