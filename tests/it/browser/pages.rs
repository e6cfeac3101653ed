//! Every page in every look: accessibility, width, size, console messages.

use super::path::{AT_ONCE, EAGER, MISTYPED, SMALL, pick_an_instance, save, sign_in, some_campaigns, write};
use super::{Browser, LOOKS, Options, Program, report};

/// Maximum compressed size of a page, its styles and its scripts, and requests on a cold cache.
const HTML: u64 = 25_000;
const CSS: u64 = 15_000;
const JS: u64 = 20_000;
/// The additional size for a page with a code editor.
const EDITOR_JS: u64 = 160_000;
const REQUESTS: u64 = 5;

/// Checks the open page. Never relax a limit for a page: fix the page.
pub(super) async fn check(browser: &Browser, name: &str) {
    let weight = browser.weight().await;
    assert!(weight.requests <= REQUESTS, "{name}: {weight:?}");
    let has_editor = !browser.read_all("[data-code-host]").await.is_empty();
    let js = if has_editor { JS + EDITOR_JS } else { JS };
    assert!(weight.html <= HTML && weight.css <= CSS && weight.js <= js, "{name}: {weight:?}");
    assert_eq!(browser.blocked_forms().await, Vec::<String>::new(), "{name} has a form that cannot be sent");
    for look in LOOKS {
        browser.look(look).await;
        let shade = if look.dark { "dark" } else { "light" };
        browser.screenshot(&format!("{name}-{}-{shade}", look.width)).await;
        // The color scheme changes no rule but those of color.
        let violations = if look.dark { browser.axe_colors().await } else { browser.axe().await };
        assert!(violations.is_empty(), "{name} {look:?}:\n{}", report(&violations));
        assert_eq!(browser.overflow().await, 0, "{name} {look:?} is wider than its screen");
    }
    browser.look(LOOKS[0]).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new(), "{name}");
}

async fn program_and_browser() -> (Program, Browser) {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    (program, Browser::start(Options::default()).await)
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a line for each page")]
async fn pages_that_have_an_address_are_light_narrow_and_accessible() {
    let (program, browser) = program_and_browser().await;
    let address = program.address();
    browser.open(&address).await;
    check(&browser, "sign-in").await;
    browser.press("Sign in with Amazon").await;
    browser.see("Sign in and allow access").await;
    check(&browser, "consent").await;
    sign_in(&browser, &address).await;
    check(&browser, "dashboard").await;
    pick_an_instance(&browser).await;
    check(&browser, "instance").await;
    // A long name without spaces makes no page wider than its screen.
    let long = "ReachByCampaign".repeat(13);
    write(&browser, &long, "SELECT campaign FROM dsp_impressions GROUP BY campaign").await;
    save(&browser, &long).await;
    browser.open(&address).await;
    assert_eq!(browser.overflow().await, 0, "a long name makes the dashboard wider than its screen");
    for page in [
        "/instances",
        "/instances?q=nothing",
        "/instances/new",
        "/queries",
        "/queries?stars=mine",
        "/queries/new",
        "/queries/bin",
        "/queries/drafts",
        "/queries/drafts?show=discarded&page=x",
        "/executions",
        "/executions?state=problem",
        "/executions?state=odd&from=never",
        "/schedules",
        "/schedules?state=paused&show=deleted",
        "/guides",
        "/guides/first-query",
        "/data-sources",
        "/data-sources?q=new%20to%20brnad%20sales",
        "/data-sources?q=qqqqzzzz&category=odd",
        "/data-sources/dsp_impressions",
        "/data-sources/fields",
        "/data-sources/fields?f=all&f.1.p=unit&f.1.o=is&f.1.v=microcents&f.2=any&f.2.1.p=source&f.2.1.o=is&f.2.1.v=dsp_clicks",
        "/data-sources/compare",
        "/data-sources/compare?source=amazon_attributed_events_by_traffic_time&source=amazon_attributed_events_by_conversion_time",
        "/data-sources/drift",
        "/search",
        "/search?q=query",
        "/search?q=nothing-at-all",
        "/operations",
        "/settings/sessions",
        "/settings/connections",
        "/settings/audit",
        "/settings/audit?action=granted",
        "/settings/audit?q=nothing-at-all",
        "/notices",
        "/notices?kind=odd&show=unread",
        "/settings/notices",
        "/settings/webhooks",
        "/settings/webhooks/new",
        "/settings/access",
        "/settings/access/routes?role=analyst",
        "/settings/invitations",
        "/settings/invitations/new",
        "/settings/links",
        "/operations/backups",
        "/operations/usage",
        "/settings/destinations?kind=odd",
        "/settings/destinations/new",
        "/settings/destinations/new?kind=bucket",
        "/settings/destinations/new?kind=postgres",
        "/deliveries",
        "/deliveries?state=odd",
        "/emulator/control",
        "/nowhere",
    ] {
        browser.open(&format!("{address}{page}")).await;
        check(&browser, &format!("page{}", page.replace(['/', '?', '='], "-"))).await;
    }
}

/// Drafts, versions and the bin of the query at this address.
async fn history(browser: &Browser, query: &str, queries: &str) {
    let edit = format!("{query}/edit");
    browser.open(&edit).await;
    browser.fill("tags", "weekly, reach").await;
    browser.fill("sql", &MISTYPED.replace("campain", "campaign")).await;
    browser.press("Save").await;
    browser.see("The query is saved.").await;
    browser.press("More").await;
    browser.press("Versions").await;
    browser.see("Every save creates").await;
    check(browser, "versions").await;
    browser.press("Version 2").await;
    browser.see("1 line added, 1 line removed").await;
    check(browser, "versions-compared").await;

    browser.open(&edit).await;
    browser.fill("description", "Typed, not saved").await;
    browser.see("Draft saved").await;
    check(browser, "editor-draft-kept").await;
    browser.open(&edit).await;
    browser.see("You have unsaved changes from").await;
    check(browser, "editor-draft-offered").await;
    browser.fill("description", "Typed in a second tab").await;
    browser.see("This text isn't saved as a draft").await;
    check(browser, "editor-two-tabs").await;
    browser.press("Keep this text instead").await;
    browser.see("Draft saved").await;
    browser.open(query).await;
    browser.press("More").await;
    browser.press("Delete").await;
    browser.see("for 30 days").await;
    check(browser, "queries-deleted").await;
    browser.open(&format!("{queries}/bin")).await;
    check(browser, "bin").await;
}

/// A rejected execution, and the AMC emulator's fault that causes it.
async fn rejected(browser: &Browser, address: &str, queries: &str) {
    browser.open(&format!("{address}/emulator/control")).await;
    browser.choose("kind", "REJECTED for overlap").await;
    browser.press("Switch on").await;
    browser.see("Switch all off").await;
    check(browser, "control-fault").await;
    browser.open(queries).await;
    browser.press("Campaigns").await;
    browser.press("Run").await;
    browser.see("What to do:").await;
    browser.open(browser.address().await.as_str()).await;
    check(browser, "run-failed").await;
}

#[tokio::test]
async fn pages_on_the_way_are_light_narrow_and_accessible() {
    let (program, browser) = program_and_browser().await;
    let address = program.address();
    sign_in(&browser, &address).await;
    pick_an_instance(&browser).await;
    let instance = browser.address().await;
    some_campaigns(&browser).await;
    browser.open(browser.address().await.as_str()).await;
    check(&browser, "result").await;
    browser.press("Download").await;
    check(&browser, "result-open").await;
    let result = browser.address().await;
    for (name, query) in [
        ("result-filtered", "f=0.filled.&f=1.min.1&sort=-1&size=2"),
        ("result-not-understood", "f=1.min.many&sort=99"),
        ("result-none", "f=1.empty."),
        ("result-columns", "view=columns"),
        ("result-chart", "view=chart"),
        ("result-chart-shares", "view=chart&shape=shares"),
        ("result-chart-none", "view=chart&f=1.empty."),
        ("result-hidden-column", "hide=0"),
        ("result-sql", "view=sql"),
        ("result-progress", "view=progress"),
        ("result-details", "view=details"),
        ("result-request", "view=request"),
    ] {
        browser.open(&format!("{}?{query}", result.as_str().split(['?', '#']).next().unwrap())).await;
        check(&browser, name).await;
    }

    browser.open(instance.as_str()).await;
    write(&browser, "Reach by campaign", MISTYPED).await;
    browser.press("Check").await;
    browser.see("Did you mean").await;
    check(&browser, "editor-findings").await;
    browser.fill("name", "").await;
    browser.press("Save").await;
    browser.see("This can't be saved yet").await;
    check(&browser, "editor-errors").await;
    browser.fill("name", "Mistyped").await;
    save(&browser, "Mistyped").await;
    check(&browser, "query").await;
    let mistyped = browser.address().await;
    browser.press("Run").await;
    browser.see("Can't run yet").await;
    check(&browser, "query-errors").await;
    let queries = format!("{address}/queries");
    browser.open(&queries).await;
    browser.press("Campaigns").await;
    browser.press("Preview").await;
    browser.see("SQL sent to AMC").await;
    check(&browser, "preview").await;
    history(&browser, mistyped.as_str(), &queries).await;

    rejected(&browser, &address, &queries).await;
    browser.open(&queries).await;
    browser.press("Campaigns").await;
    browser.press("Favorite: Campaigns").await;
    browser.wait_for("[aria-pressed=true].star").await;
    check(&browser, "query-with-runs").await;
    filled(&browser, &address).await;
}

/// Pages that were empty before.
async fn filled(browser: &Browser, address: &str) {
    for page in ["/", "/queries", "/executions"] {
        browser.open(&format!("{address}{page}")).await;
        check(browser, &format!("full{}", page.replace('/', "-"))).await;
    }
}
