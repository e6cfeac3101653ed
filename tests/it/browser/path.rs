//! RecomAMP's main path, as taken by a newcomer: from the first page to a CSV.

use std::path::Path;

use super::{Browser, Options, Program};
use crate::support::Database;

/// Makes the AMC emulator as fast as its real work, so that stories don't wait for anything else.
pub(super) const AT_ONCE: (&str, &str) = ("RECOMAMP_EMULATOR_SPEED", "0");
/// Few synthetic data: an execution takes a fraction of a second.
pub(super) const SMALL: (&str, &str) = ("RECOMAMP_EMULATOR_SCALE", "0.2");
/// Executions are polled as often as possible.
pub(super) const EAGER: (&str, &str) = ("RECOMAMP_POLL_SECONDS", "1");

const CAMPAIGNS: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach\nFROM dsp_impressions\nGROUP BY campaign";

pub(super) const MISTYPED: &str = "SELECT\n  campain,\n  COUNT(DISTINCT user_id) AS reach\nFROM dsp_impressions\n\
    WHERE campaign IN ({{campaigns}})\nGROUP BY campaign";

/// Signs in as the first sample user.
pub(super) async fn sign_in(browser: &Browser, address: &str) {
    sign_in_as(browser, address, "ada").await;
}

/// Signs in as the sample user with this key.
pub(super) async fn sign_in_as(browser: &Browser, address: &str, key: &str) {
    browser.open(address).await;
    browser.see("Sign in to RecomAMP").await;
    browser.press("Sign in with Amazon").await;
    browser.see("Sign in and allow access").await;
    browser.follow(&format!("input[name=person][value={key}]")).await;
    browser.press("Allow").await;
    browser.see("Start here").await;
}

/// Opens the first instance of the list, which fills automatically after sign-in.
pub(super) async fn pick_an_instance(browser: &Browser) {
    browser.press("Instances").await;
    let name = browser.read("tbody th a").await;
    browser.press(&name).await;
    browser.see("Instance ID").await;
    assert_eq!(browser.heading().await, name);
}

/// Opens the editor for a new query on the current instance, and types.
pub(super) async fn write(browser: &Browser, name: &str, sql: &str) {
    browser.press("New query").await;
    browser.fill("name", name).await;
    browser.fill("sql", sql).await;
}

/// Saves the editor's content; this opens the query's own page.
pub(super) async fn save(browser: &Browser, name: &str) {
    browser.press("Save").await;
    browser.see("The query is saved.").await;
    assert_eq!(browser.heading().await, name);
}

/// Runs the current query and waits on the page of the execution, without interacting.
pub(super) async fn run_and_wait(browser: &Browser) {
    browser.press("Run").await;
    browser.see("Progress").await;
    assert!(browser.address().await.path().starts_with("/executions/"), "a run has a page");
    browser.wait_for("#result tbody td").await;
}

/// How many campaigns the query of the path uses.
const CAMPAIGNS_ASKED: usize = 8;

/// Some campaigns of the sample advertiser, as a newcomer would look up first.
pub(super) async fn some_campaigns(browser: &Browser) -> Vec<String> {
    write(browser, "Campaigns", CAMPAIGNS).await;
    save(browser, "Campaigns").await;
    run_and_wait(browser).await;
    let mut names = browser.read_all("#result tbody td:first-child").await;
    assert!(names.len() > CAMPAIGNS_ASKED, "{names:?}");
    names.truncate(CAMPAIGNS_ASKED);
    names
}

/// Everything from the first page to the file; returns the CSV.
async fn walk(browser: &Browser, address: &str) -> String {
    sign_in(browser, address).await;
    pick_an_instance(browser).await;
    let instance = browser.address().await;
    let campaigns = some_campaigns(browser).await;

    browser.open(instance.as_str()).await;
    write(browser, "Reach by campaign", MISTYPED).await;
    browser.press("Check").await;
    browser.see("Did you mean").await;
    browser.see("Error at line 2, column 3").await;
    browser.picture("editor").await;
    browser.press("Change to campaign").await;
    browser.see("No problems found.").await;
    assert_eq!(browser.value("sql").await, MISTYPED.replace("campain", "campaign"));
    save(browser, "Reach by campaign").await;

    browser.fill("param.campaigns", &campaigns.join("\n")).await;
    run_and_wait(browser).await;

    browser.follow("#result thead th:last-child a").await;
    browser.wait_for("#result thead th:last-child:is([aria-sort=ascending], [aria-sort=descending])").await;
    browser.picture("result").await;
    browser.press("Download").await;
    let csv = browser.download("CSV").await;
    String::from_utf8(csv).expect("a CSV is text")
}

fn assert_reach(csv: &str) {
    let mut records = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(records.headers().expect("a CSV has a head"), ["campaign", "reach"].as_slice());
    let reach = records.records().map(|record| record.expect("a record")[1].parse::<u64>().expect("a number"));
    assert_eq!(reach.filter(|reach| *reach > 0).count(), CAMPAIGNS_ASKED, "{csv}");
}

#[tokio::test]
async fn a_newcomer_comes_from_the_first_page_to_a_csv() {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options::default()).await;
    assert_reach(&walk(&browser, &program.address()).await);
}

#[tokio::test]
async fn a_newcomer_comes_there_with_scripts_off() {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options { javascript: false, ..Options::default() }).await;
    assert_reach(&walk(&browser, &program.address()).await);
}

#[tokio::test]
async fn a_newcomer_comes_there_on_postgresql() {
    let database = Database::postgres().await;
    let url = database.url(Path::new("unused"));
    let program = Program::start(&[AT_ONCE, SMALL, EAGER, ("RECOMAMP_DATABASE_URL", &url)]).await;
    let browser = Browser::start(Options::default()).await;
    assert_reach(&walk(&browser, &program.address()).await);
}

#[tokio::test]
async fn a_run_ends_once_although_the_process_was_killed() {
    let mut program = Program::start(&[("RECOMAMP_EMULATOR_SPEED", "100"), SMALL, EAGER]).await;
    let browser = Browser::start(Options::default()).await;
    sign_in(&browser, &program.address()).await;
    pick_an_instance(&browser).await;
    write(&browser, "Campaigns", CAMPAIGNS).await;
    save(&browser, "Campaigns").await;
    browser.press("Run").await;
    browser.see("AMC execution ID").await;
    let run = browser.address().await;
    program.kill_and_start_again().await;
    browser.open(run.as_str()).await;
    browser.wait_for("#result tbody td").await;
    browser.press("Executions").await;
    browser.see("All executions across").await;
    assert_eq!(browser.read_all("#runs tbody tr").await.len(), 1, "it ran once");
}

/// A page that updates itself keeps the reader's scroll position and open elements.
#[tokio::test]
async fn what_was_opened_stays_open_while_a_run_moves() {
    let program = Program::start(&[("RECOMAMP_EMULATOR_SPEED", "100"), SMALL, EAGER]).await;
    let browser = Browser::start(Options::default()).await;
    sign_in(&browser, &program.address()).await;
    pick_an_instance(&browser).await;
    write(&browser, "Campaigns", CAMPAIGNS).await;
    save(&browser, "Campaigns").await;
    browser.press("Run").await;
    browser.see("Progress").await;
    browser.press("SQL").await;
    browser.press("SQL sent to AMC").await;
    browser.see("Succeeded").await;
    browser.wait_for("details[open] > summary:focus").await;
    browser.wait_for("#live:not([hx-get])").await;
    browser.press("Table").await;
    browser.wait_for("#result tbody td").await;
}

/// Text typed just before a tab was closed, too soon for the next automatic save.
#[tokio::test]
async fn the_last_words_are_kept_when_the_tab_is_left() {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options::default()).await;
    sign_in(&browser, &program.address()).await;
    pick_an_instance(&browser).await;
    write(&browser, "Half a query", CAMPAIGNS).await;
    browser.see("Draft saved").await;
    browser.fill("description", "Its last words").await;
    browser.open(&format!("{}/guides", program.address())).await;
    browser.open(&format!("{}/queries/new", program.address())).await;
    browser.press("Resume editing").await;
    browser.wait_for("input[name=name][value='Half a query']").await;
    assert_eq!(browser.value("description").await, "Its last words");
}

/// Typed, and the browser crashes before anything was saved; another one continues there.
#[tokio::test]
async fn what_is_typed_is_there_after_the_browser_was_closed() {
    for javascript in [true, false] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        pick_an_instance(&browser).await;
        write(&browser, "Half a query", CAMPAIGNS).await;
        if javascript {
            browser.see("Draft saved").await;
            browser.fill("description", "Its last words").await;
            browser.wait_for("#draft-state [data-kept]").await;
        } else {
            browser.fill("description", "Its last words").await;
            browser.press("Save draft").await;
            browser.see("Draft saved").await;
        }
        drop(browser);
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        browser.press("New query").await;
        browser.see("You have unsaved changes from").await;
        browser.press("Resume editing").await;
        browser.wait_for("input[name=name][value='Half a query']").await;
        assert_eq!(browser.value("sql").await, CAMPAIGNS);
        assert_eq!(browser.value("description").await, "Its last words");
        save(&browser, "Half a query").await;
        browser.open(&format!("{}/queries/new", program.address())).await;
        browser.see("New query").await;
        assert!(!browser.text().await.contains("unsaved changes"), "a saved draft is not offered again");
    }
}
