//! Submits every form of every page: with each of its buttons and with the Enter key, with scripts and without. The
//! pages are those of `tests/corpus/pages`, so that new routes are covered, too.

use std::collections::BTreeSet;

use serde_json::Value;

use super::path::{AT_ONCE, EAGER, SMALL, pick_an_instance, run_and_wait, save, sign_in, sign_in_as, write};
use super::{Browser, Options, Program};

/// Elements that a person can reach: visible, or in something that opens. The first input of a form in which the
/// Enter key submits it.
const REACH: &str = r"
const reached = (one) => {
  const folded = [];
  for (let it = one.closest('details'); it; it = it.parentElement.closest('details')) if (!it.open) { it.open = true; folded.push(it); }
  const is = Boolean(one.closest('[popover]')) || one.checkVisibility();
  for (const it of folded) it.open = false;
  return is;
};
const input = (form) => [...form.elements].find((one) => one.matches('input') && one.type.match(/text|search|number|date|email/) && reached(one));
const buttons = (form) => [...form.elements].filter((one) => one.matches('button:not([type=button])'));
";

/// The ways to submit a page's forms: the index of the form and of the button (-1 for the Enter key in its first
/// input), what is pressed, and what distinguishes it from others.
const FIND: &str = r"
const plain = (address) => (address ?? location.pathname).split(/[?#]/)[0].replace(/[a-z]{3}_[0-9a-z]{26}/g, 'ID');
const found = [];
[...document.forms].forEach((form, at) => {
  const own = form.getAttribute('method') ?? 'get';
  buttons(form).forEach((button, place) => {
    const target = plain(button.getAttribute('formaction') ?? form.getAttribute('action'));
    if (!reached(button) || button.hidden || button.disabled || button.getAttribute('aria-hidden')) return;
    // The buttons of all rows count as one: the same fields and target, regardless of the row's name.
    const label = (button.getAttribute('aria-label') ?? button.innerText).trim().split(/[\s:]/)[0];
    const fields = [...new Set([...form.elements].map((one) => one.name))].filter((name) => name !== button.name).sort().join();
    const isOfSource = ['insert', 'unfold'].includes(button.name);
    const value = isOfSource ? 'NAME' : button.value.replace(/[a-z]{3}_[0-9a-z]{26}|\d+/g, 'ID');
    found.push([at, place, label, [own, target, isOfSource ? 'NAME' : label, button.name, value, fields].join(' ')]);
  });
  const typed = input(form);
  if (typed) found.push([at, -1, 'Enter', [own, plain(form.getAttribute('action')), 'Enter', typed.name].join(' ')]);
});
return found;";

/// Fills empty inputs, opens what hides the button, and marks it; returns the form's texts, whether the browser would
/// submit it, and whether a script handles it in the page.
const FILL: &str = r"
const [at, place] = arguments;
const form = document.forms[at];
const typed = { number: '7', date: '2026-03-18', 'datetime-local': '2026-03-18T09:00', text: 'zzz', search: 'zzz', email: 'zzz', textarea: 'zzz' };
const pressed = place < 0 ? input(form) : buttons(form)[place];
for (let box = pressed; box; box = box.parentElement) {
  if (box.tagName === 'DETAILS') box.open = true;
  if (box.hasAttribute('popover') && !box.matches(':popover-open')) box.showPopover();
}
for (const one of form.elements) {
  if (one.type in typed && !one.value && !one.readOnly && one.checkVisibility()) one.value = typed[one.type];
}
pressed.scrollIntoView({ block: 'center' });
pressed.dataset.walked = 'here';
window.walked = true;
const texts = [...form.elements].filter((one) => one.name && one.type in typed && one.value).map((one) => [one.name, one.value]);
return { texts, sends: form.noValidate || pressed.formNoValidate || form.checkValidity(),
  // Enter presses the form's first button.
  scripted: form.hasAttribute('data-filter') || form.hasAttribute('data-theme-switch')
    || (place < 0 ? buttons(form)[0] : pressed)?.hasAttribute('hx-post')
    || (document.querySelector('[data-code-host]') !== null && (['fix', 'insert', 'unfold'].includes(pressed.name)
    || pressed.getAttribute('formaction') === '/queries/format')) };";

/// Whether the response has arrived: another page, or the same with its scripts done.
const ARRIVED: &str = "return document.readyState === 'complete' && !window.walked;";
const SETTLED: &str = "return !document.querySelector('form[data-loading]');";

/// The status of the open page, its heading, and the content of its inputs.
const ANSWER: &str = r"
const [page] = performance.getEntriesByType('navigation');
return { status: page.responseStatus, heading: document.querySelector('h1')?.innerText ?? '',
  says: Boolean(document.querySelector('[role=alert], .callout, .remark')), lost: document.getElementById('connection')?.innerText ?? '',
  texts: [...document.querySelectorAll('input, textarea')].map((one) => [one.name, one.value]) };";

/// Buttons after which the walk can't continue, or only with other data: pressed last, in this order.
const LAST: [&str; 8] = ["Delete", "/delete", "Suspend", "Remove", "Disconnect", "/emulator/", "/sign-out", "/end"];

/// A way to submit a form.
#[derive(Clone, Debug)]
struct Way {
    page: String,
    sign: String,
}

impl Way {
    /// The order: anything that ends something comes last.
    fn turn(&self) -> usize {
        LAST.iter().position(|last| self.sign.contains(last)).map_or(0, |place| place + 1)
    }
}

/// The pages to visit: those of the corpus, with existing ids.
fn pages(names: &[(&str, String)]) -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/pages");
    let mut pages = BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("the corpus") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("a file can be read");
        let text = String::from_utf8_lossy(&bytes);
        let Some(address) = text.lines().next().and_then(|line| line.strip_prefix("GET ")) else { continue };
        let path = address.split(['?', '#']).next().unwrap_or(address);
        let is_page =
            !path.contains('.') && !path.contains('%') && !["/healthz", "/readyz", "/metrics"].contains(&path);
        if is_page && !path.ends_with("/live") {
            pages.insert(names.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id)));
        }
    }
    pages.into_iter().collect()
}

/// Submits a form in this way, and checks what must be true of every response.
async fn send(browser: &Browser, address: &str, way: &Way) {
    browser.open(&format!("{address}{}", way.page)).await;
    // Earlier actions may have removed it.
    let there = browser.execute(&format!("{REACH}{FIND}"), Vec::new()).await;
    let is_there = |one: &&Value| one[3].as_str() == Some(way.sign.as_str());
    let Some(found) = there.as_array().and_then(|all| all.iter().find(is_there)) else { return };
    eprintln!("{} on {}", way.sign, way.page);
    let filled = browser.execute(&format!("{REACH}{FILL}"), vec![found[0].clone(), found[1].clone()]).await;
    if found[1].as_i64() == Some(-1) {
        browser.enter("[data-walked]").await;
    } else {
        browser.follow("[data-walked]").await;
    }
    if filled["sends"] == false {
        return;
    }
    let scripted = filled["scripted"] == true && browser.runs_scripts();
    let done = if scripted { SETTLED } else { ARRIVED };
    browser.until(async || browser.try_execute(done).await == Some(Value::Bool(true))).await;
    let answer = browser.execute(ANSWER, Vec::new()).await;
    let (status, heading) =
        (answer["status"].as_u64().unwrap_or_default(), answer["heading"].as_str().unwrap_or_default());
    assert!(scripted || (200..400).contains(&status) || status == 422, "{way:?}: {status} {heading}");
    assert_eq!(answer["lost"], "", "{way:?}: {heading}");
    if status == 422 && !scripted {
        assert_eq!(answer["says"], true, "{way:?} says nothing of what is wrong");
        let kept = answer["texts"].as_array().cloned().unwrap_or_default();
        for text in filled["texts"].as_array().into_iter().flatten() {
            assert!(kept.contains(text), "{way:?} lost {text}: {kept:?}");
        }
    }
}

/// Content for every page: a query with an execution, one in the bin, a draft, a second person.
async fn fill(browser: &Browser, address: &str) -> Vec<(&'static str, String)> {
    sign_in(browser, address).await;
    let other = Browser::start(Options::default()).await;
    sign_in_as(&other, address, "ben").await;
    drop(other);
    pick_an_instance(browser).await;
    let instance = browser.address().await;
    write(browser, "For the bin", "SELECT campaign FROM dsp_impressions GROUP BY campaign").await;
    save(browser, "For the bin").await;
    browser.press("More").await;
    browser.press("Delete").await;
    browser.see("for 30 days").await;
    browser.open(instance.as_str()).await;
    write(browser, "Walked", "SELECT campaign FROM dsp_impressions GROUP BY campaign").await;
    save(browser, "Walked").await;
    let query = browser.address().await;
    browser.press("Edit").await;
    browser.fill("name", "Walked twice").await;
    browser.press("Save").await;
    browser.see("The query is saved.").await;
    run_and_wait(browser).await;
    let run = browser.address().await;
    browser.open(&format!("{address}/queries/new")).await;
    browser.fill("sql", "SELECT 1").await;
    browser.press("Save draft").await;
    // The draft is also saved while somebody types: the address shows that the button was used.
    browser.until(async || browser.address().await.query().is_some_and(|query| query.contains("draft="))).await;
    browser.open(&format!("{address}/settings/people?q=Ben")).await;
    browser.follow("tbody th a").await;
    browser.see("Access to instances").await;
    let person = browser.address().await;
    let last = |url: &url::Url| url.path().rsplit('/').next().unwrap_or_default().to_owned();
    vec![
        ("INSTANCE", last(&instance)),
        ("QUERY", last(&query)),
        ("RUN", last(&run)),
        ("per_01jzzzzzzzzzzzzzzzzzzzzzzz", last(&person)),
    ]
}

/// Visits all pages and collects what can be pressed, then presses each once.
async fn walk(javascript: bool) {
    let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
    let browser = Browser::start(Options { javascript, ..Options::default() }).await;
    let address = program.address();
    let names = fill(&browser, &address).await;
    let mut pages = pages(&names);
    let run = names.iter().find(|(name, _)| *name == "RUN").map(|(_, id)| id.clone()).expect("an execution");
    pages.extend(["columns", "chart"].map(|view| format!("/executions/{run}?view={view}")));
    let person = names.iter().find(|(name, _)| name.starts_with("per_")).map(|(_, id)| id.clone()).expect("a person");
    pages.extend(["suspend", "remove"].map(|what| format!("/settings/people/{person}/{what}")));
    browser.open(&format!("{address}/settings/connections")).await;
    let disconnect = "return document.querySelector(\"a[href$='/disconnect']\").getAttribute('href')";
    pages.extend(browser.execute(disconnect, Vec::new()).await.as_str().map(str::to_owned));
    pages.extend(["/queries/drafts?show=discarded", "/instances?show=removed", "/emulator/control"].map(str::to_owned));
    let (mut known, mut ways) = (BTreeSet::new(), Vec::new());
    for page in pages {
        browser.open(&format!("{address}{page}")).await;
        for found in browser.execute(&format!("{REACH}{FIND}"), Vec::new()).await.as_array().into_iter().flatten() {
            let sign = found[3].as_str().unwrap_or_default().to_owned();
            if known.insert(sign.clone()) {
                ways.push(Way { page: page.clone(), sign });
            }
        }
    }
    assert!(ways.len() > 40, "{ways:#?}");
    ways.sort_by_key(Way::turn);
    for way in &ways {
        send(&browser, &address, way).await;
    }
}

#[tokio::test]
async fn every_form_is_sent_by_its_buttons_and_by_enter_with_scripts() {
    Box::pin(walk(true)).await;
}

#[tokio::test]
async fn every_form_is_sent_by_its_buttons_and_by_enter_without_scripts() {
    Box::pin(walk(false)).await;
}

/// Presses Run twice before any response can arrive.
const TWICE: &str = "const run = [...document.querySelectorAll('button')].find((one) => one.innerText.trim() === 'Run'); \
    run.click(); run.click();";

/// Two clicks in a row start one execution.
#[tokio::test]
async fn a_double_press_starts_one_execution() {
    for javascript in [true, false] {
        let program = Program::start(&[AT_ONCE, SMALL, EAGER]).await;
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        sign_in(&browser, &program.address()).await;
        pick_an_instance(&browser).await;
        write(&browser, "Twice", "SELECT campaign FROM dsp_impressions GROUP BY campaign").await;
        save(&browser, "Twice").await;
        browser.execute(TWICE, Vec::new()).await;
        browser.wait_for("#result tbody td").await;
        browser.open(&format!("{}/executions", program.address())).await;
        // The second press may still be loading its page when the list is opened.
        browser.wait_for("#runs tbody tr").await;
        assert_eq!(browser.read_all("#runs tbody tr").await.len(), 1, "with scripts: {javascript}");
    }
}
