//! The path that RecomAMP exists for, walked as a newcomer walks it: from the first page to a CSV.

use super::{Browser, LOOKS, Options, Program, report};

/// Makes the pretend AMC as fast as its work, so that stories wait for nothing else.
const AT_ONCE: (&str, &str) = ("RECOMAMP_EMULATOR_SPEED", "0");
/// A small world: a run takes its parts of a second.
const SMALL: (&str, &str) = ("RECOMAMP_EMULATOR_SCALE", "0.2");
/// Runs are asked after as often as may be.
const EAGER: (&str, &str) = ("RECOMAMP_POLL_SECONDS", "1");

const CAMPAIGNS: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach\nFROM dsp_impressions\nGROUP BY campaign";

const MISTYPED: &str = "SELECT\n  campain,\n  COUNT(DISTINCT user_id) AS reach\nFROM dsp_impressions\n\
    WHERE campaign IN ({{campaigns}})\nGROUP BY campaign";

/// Signs in as the pretend person that is offered first.
async fn sign_in(browser: &Browser, address: &str) {
    browser.open(address).await;
    browser.see("Sign in to RecomAMP").await;
    browser.press("Sign in with Amazon").await;
    browser.see("Sign in and allow access").await;
    browser.press("Allow").await;
    browser.see("Instances").await;
}

/// Opens the first instance of the list, which fills by itself after signing in.
async fn pick_an_instance(browser: &Browser) {
    browser.press("Instances").await;
    let name = browser.read("tbody th a").await;
    browser.press(&name).await;
    browser.see("Instance id").await;
    assert_eq!(browser.heading().await, name);
}

/// Runs what the editor holds and waits on the page of the run, without touching it.
async fn run_and_wait(browser: &Browser) {
    browser.press("Run").await;
    browser.see("AMC's id").await;
    assert!(browser.address().await.path().starts_with("/executions/"), "a run has a page");
    browser.wait_for("main table tbody td").await;
}

/// The campaigns of the pretend advertiser that have the most reach: what a newcomer would look up first.
async fn two_campaigns(browser: &Browser) -> [String; 2] {
    browser.press("New query").await;
    browser.fill("name", "Campaigns").await;
    browser.fill("sql", CAMPAIGNS).await;
    run_and_wait(browser).await;
    let mut names = browser.read_all("main table tbody tr > :first-child").await.into_iter();
    [names.next().expect("a campaign"), names.next().expect("a second campaign")]
}

/// Everything from the first page to the file; gives the CSV.
async fn walk(browser: &Browser, address: &str) -> String {
    sign_in(browser, address).await;
    pick_an_instance(browser).await;
    let instance = browser.address().await;
    let campaigns = two_campaigns(browser).await;

    browser.open(instance.as_str()).await;
    browser.press("New query").await;
    browser.fill("name", "Reach by campaign").await;
    browser.fill("sql", MISTYPED).await;
    browser.press("Check").await;
    browser.see("campain").await;
    browser.see("Line 2").await;
    browser.picture("editor").await;

    browser.fill("sql", &MISTYPED.replace("campain", "campaign")).await;
    browser.press("Check").await;
    browser.fill("param.campaigns", &campaigns.join("\n")).await;
    run_and_wait(browser).await;

    browser.follow("main table thead a[href*=\"reach\"]").await;
    browser.wait_for("main table thead [aria-sort=\"ascending\"]").await;
    browser.picture("result").await;
    let csv = browser.download("CSV").await;
    String::from_utf8(csv).expect("a CSV is text")
}

fn assert_two_campaigns(csv: &str) {
    let mut records = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(records.headers().expect("a CSV has a head"), ["campaign", "reach"].as_slice());
    let reach = records.records().map(|record| record.expect("a record")[1].parse::<u64>().expect("a number"));
    assert_eq!(reach.filter(|reach| *reach > 0).count(), 2, "{csv}");
}

#[tokio::test]
async fn a_newcomer_comes_from_the_first_page_to_a_csv() {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options::default()).await;
    assert_two_campaigns(&walk(&browser, &program.address()).await);
}

#[tokio::test]
async fn a_newcomer_comes_there_with_scripts_off() {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options { javascript: false, ..Options::default() }).await;
    assert_two_campaigns(&walk(&browser, &program.address()).await);
}

#[tokio::test]
async fn a_run_ends_once_although_the_process_was_killed() {
    let mut program = Program::start(&[("RECOMAMP_EMULATOR_SPEED", "100"), SMALL, EAGER]).await;
    let browser = Browser::start(Options::default()).await;
    sign_in(&browser, &program.address()).await;
    pick_an_instance(&browser).await;
    browser.press("New query").await;
    browser.fill("name", "Campaigns").await;
    browser.fill("sql", CAMPAIGNS).await;
    browser.press("Run").await;
    browser.see("AMC's id").await;
    let run = browser.address().await;
    program.kill_and_start_again().await;
    browser.open(run.as_str()).await;
    browser.wait_for("main table tbody td").await;
    browser.press("Executions").await;
    assert_eq!(browser.read_all("main table tbody tr").await.len(), 1, "it ran once");
}

#[tokio::test]
async fn axe_finds_nothing_and_pages_are_light() {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let address = program.address();
    let browser = Browser::start(Options::default()).await;
    browser.open(&format!("{address}/sign-in")).await;
    let weight = browser.weight().await;
    assert!(weight.requests <= 5, "{weight:?}");
    assert!(weight.html <= 25_000 && weight.css <= 15_000 && weight.js <= 20_000, "{weight:?}");
    let mut pages = vec!["/sign-in".to_owned()];
    sign_in(&browser, &address).await;
    pick_an_instance(&browser).await;
    pages.push(browser.address().await.path().to_owned());
    two_campaigns(&browser).await;
    pages.push(browser.address().await.path().to_owned());
    let known = [
        "/",
        "/instances",
        "/instances/new",
        "/queries",
        "/queries/new",
        "/executions",
        "/guides",
        "/guides/first-query",
        "/settings/sessions",
        "/settings/connections",
        "/nowhere",
    ];
    pages.extend(known.map(str::to_owned));
    for page in pages {
        browser.open(&format!("{address}{page}")).await;
        for look in LOOKS {
            browser.look(look).await;
            let violations = browser.axe().await;
            assert!(violations.is_empty(), "{page} {look:?}:\n{}", report(&violations));
        }
    }
}
