//! The code editor in use: typing, completing, fixing, trying, running; with scripts and without.

use super::path::{AT_ONCE, EAGER, SMALL, pick_an_instance, sign_in};
use super::{Browser, LOOKS, Options, Program, report};

const ENTER: &str = "\u{E007}";
const CONTROL: &str = "\u{E009}";
const ESCAPE: &str = "\u{E00C}";

async fn opened(javascript: bool) -> (Program, Browser) {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options { javascript, ..Options::default() }).await;
    sign_in(&browser, &program.address()).await;
    pick_an_instance(&browser).await;
    browser.press("New query").await;
    (program, browser)
}

impl Browser {
    async fn keys(&self, keys: &str) {
        self.type_keys(keys).await;
    }

    /// Waits for a text in the code editor or its popups.
    async fn see_in_code(&self, selector: &str, text: &str) {
        self.until(async || self.in_code(selector).await.iter().any(|it| it.contains(text))).await;
    }
}

/// A query with a common table expression, written with completion: names of sources, columns, and its own columns.
#[tokio::test]
async fn a_query_is_written_by_completion_and_run_by_keyboard() {
    let (_program, browser) = opened(true).await;
    browser.fill("name", "Reach by campaign").await;
    browser.code().await.click().await.expect("the editor can be clicked");
    browser.keys("WITH r AS (SELECT  FROM dsp_impr").await;
    browser.see_in_code(".cm-tooltip-autocomplete li", "dsp_impressions").await;
    browser.keys(ENTER).await;
    browser.until(async || browser.value("sql").await.starts_with("WITH r AS (SELECT  FROM dsp_impressions")).await;
    browser.fill("sql", "WITH r AS (SELECT campaign AS camp, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY 1)\nSELECT r.").await;
    browser.keys("c").await;
    browser.see_in_code(".cm-tooltip-autocomplete li", "camp").await;
    browser.picture("completion").await;
    browser.keys(ENTER).await;
    browser.until(async || browser.value("sql").await.ends_with("SELECT r.camp")).await;
    browser.keys(", reach FROM r").await;
    browser.keys(ESCAPE).await;
    browser.see("No problems found.").await;
    browser.keys(&format!("{CONTROL}{ENTER}")).await;
    browser.wait_for("#result tbody td").await;
    assert!(browser.address().await.path().starts_with("/executions/"), "one press saved it and ran it");
}

/// The page requires trusted types: no text becomes a script, and completion, checks and swapped parts work all the same.
#[tokio::test]
async fn the_editor_works_where_no_text_may_become_a_script() {
    const REPORTS: &str = "const seen = new ReportingObserver(() => {}, { types: ['csp-violation'], buffered: true }); seen.observe(); \
        return seen.takeRecords().map((it) => `${it.body.effectiveDirective} ${it.body.sourceFile}`)";
    const SCRIPT: &str =
        "try { document.createElement('script').text = '1'; return 'taken' } catch { return 'refused' }";
    let (_program, browser) = opened(true).await;
    browser.fill("sql", "select campain, count(distinct user_id) as reach from dsp_impressions group by 1").await;
    browser.see("Did you mean").await;
    browser.press("Change to campaign").await;
    browser.until(async || browser.value("sql").await.starts_with("select campaign,")).await;
    browser.see("No problems found.").await;
    browser.press("Try").await;
    browser.wait_for("#tried tbody td").await;
    browser.press("Check on AMC").await;
    browser.see("AMC accepts this query").await;
    let reports = browser.client.execute(REPORTS, Vec::new()).await.expect("the page is asked");
    assert_eq!(reports, serde_json::json!([]));
    let script = browser.client.execute(SCRIPT, Vec::new()).await.expect("the page is asked");
    assert_eq!(script, "refused");
}

/// An error is marked in place and fixed by a click; Tab leaves the editor; formatting can be undone.
#[tokio::test]
async fn a_mistake_is_marked_and_fixed_in_place() {
    let (_program, browser) = opened(true).await;
    browser.fill("sql", "select campain, count(distinct user_id) as reach from dsp_impressions group by 1").await;
    browser.see("Did you mean").await;
    browser.see_in_code(".cm-lintRange-error", "campain").await;
    for look in LOOKS {
        browser.look(look).await;
        let violations = browser.axe().await;
        assert!(violations.is_empty(), "{look:?}:\n{}", report(&violations));
    }
    browser.look(LOOKS[0]).await;
    browser.press("Change to campaign").await;
    browser.until(async || browser.value("sql").await.starts_with("select campaign,")).await;
    browser.press("Format").await;
    browser.until(async || browser.value("sql").await.contains("\nfrom dsp_impressions\n")).await;
    browser.code().await.click().await.expect("the editor can be clicked");
    browser.keys(&format!("{CONTROL}z")).await;
    browser.until(async || !browser.value("sql").await.contains('\n')).await;
    browser.press("Try").await;
    browser.wait_for("#tried tbody td").await;
    browser.see("Synthetic data").await;
    browser.picture("editor-try").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

/// The panes beside the SQL: names are inserted at the cursor, collapsing is remembered.
#[tokio::test]
async fn names_are_inserted_at_the_cursor_and_folded_panes_stay_folded() {
    let (program, browser) = opened(true).await;
    browser.fill("sql", "SELECT FROM dsp_clicks").await;
    browser.keys("\u{E011}").await;
    for _ in 0.."SELECT ".len() - 1 {
        browser.keys("\u{E014}").await;
    }
    browser.fill("schema", "ad_slot").await;
    browser.until(async || browser.read_all("#schema-sources > li:not([hidden])").await.len() < 20).await;
    browser.fill("schema", "").await;
    browser.follow("#schema-sources button.insert[value=dsp_clicks]").await;
    browser.until(async || browser.value("sql").await == "SELECT dsp_clicks FROM dsp_clicks").await;
    browser.follow("#schema > summary").await;
    browser.open(&format!("{}/queries/new", program.address())).await;
    browser.wait_for("#schema:not([open])").await;
    browser.wait_for("#settings[open]").await;
}

/// The same without scripts, with buttons.
#[tokio::test]
async fn everything_but_comfort_works_without_scripts() {
    let (_program, browser) = opened(false).await;
    browser.fill("name", "Reach").await;
    browser
        .fill("sql", "select campaign, count(distinct user_id) as reach from dsp_impressions group by campaign")
        .await;
    browser.press("Format").await;
    browser.until(async || browser.value("sql").await.contains("\nfrom dsp_impressions\n")).await;
    browser.press("Try").await;
    browser.see("Synthetic data").await;
    assert!(!browser.read_all("#tried tbody tr").await.is_empty());
    browser.press("Columns of dsp_clicks").await;
    browser.see("ad_slot_size").await;
    browser.press("Save and run").await;
    browser.wait_for("#result tbody td").await;
}
