//! Renders every component in every state as pages in `target/gallery`, and checks them for what a machine can check
//! (the security policy, the outline, labels, icons, size).
//!
//! To view them: `cargo test --lib gallery`, then serve `target/gallery` (icons don't load from `file:` URLs) and
//! open `components.html`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use scraper::{Html, Selector};

use super::assets;
use super::components::{Address, Choice, Errors, Pager, SortLink, State, Step, duration};
use super::list::{Days, List, ListParams};
use super::shell::{Flash, Section, Shell, ShellPerson, Tone};
use super::theme::Theme;

const SQL: &str = "SELECT\n  campaign,\n  SUM(impressions) AS impressions,\n  COUNT(DISTINCT user_id) AS \
    reach\nFROM dsp_impressions\nWHERE campaign IN (SELECT name FROM {{campaigns}})\n  AND impressions > \
    0\nGROUP BY campaign";

#[derive(Template)]
#[template(path = "gallery/parts.html")]
struct Components {
    shell: Shell,
    errors: Errors,
    markets: Vec<Choice>,
    steps: Vec<Step>,
    at: DateTime<Utc>,
    sql: &'static str,
}

#[derive(Template)]
#[template(path = "gallery/executions.html")]
struct Executions {
    shell: Shell,
    list: List,
    q: String,
    days: Days,
    instances: Vec<Choice>,
    states: Vec<Choice>,
    rows: Vec<Row>,
    sort_query: SortLink,
    sort_started: SortLink,
    pager: Pager,
}

struct Row {
    id: u64,
    query: &'static str,
    state: State,
    word: &'static str,
    instance: &'static str,
    at: DateTime<Utc>,
    took: String,
    rows: Option<u64>,
}

#[derive(Template)]
#[template(path = "gallery/result.html")]
struct Outcome {
    shell: Shell,
    sort: SortLink,
    sort_number: SortLink,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "gallery/editor.html")]
struct Editor {
    shell: Shell,
    errors: Errors,
    sql: &'static str,
    instances: Vec<Choice>,
    windows: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "gallery/execution.html", blocks = ["live"])]
struct Execution {
    shell: Shell,
    sql: &'static str,
    steps: Vec<Step>,
}

#[derive(Template)]
#[template(path = "gallery/guide.html")]
struct Guide {
    shell: Shell,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Refusal {
    shell: Shell,
    status: u16,
    sentence: &'static str,
    ways: Vec<Way>,
    request_id: &'static str,
}

struct Way {
    href: &'static str,
    label: &'static str,
    kind: &'static str,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    shell: Shell,
    title: &'static str,
    errors: Errors,
    next: &'static str,
    regions: Vec<Choice>,
    region: &'static str,
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_763_128_980, 0).unwrap()
}

fn shell(title: &str, current: Section) -> Shell {
    let person =
        ShellPerson { name: "Ana Duarte".to_owned(), email: "ana@agency.example".to_owned(), is_administrator: true };
    Shell { person: Some(person), demo: true, current, ..Shell::new(title) }
}

fn choices(words: &[&str]) -> Vec<Choice> {
    words.iter().map(|word| Choice::new(*word, *word)).collect()
}

fn steps() -> Vec<Step> {
    let step = |label: &str, state, minute: Option<i64>, note: &str| Step {
        label: label.to_owned(),
        state,
        at: minute.map(|minute| at() + TimeDelta::minutes(minute)),
        note: note.to_owned(),
    };
    vec![
        step("Sent to AMC", State::Done, Some(0), ""),
        step("In AMC's queue", State::Done, Some(1), "2m 10s"),
        step("Running", State::Running, Some(3), "Typically 4m."),
        step("Result fetched", State::Later, None, ""),
    ]
}

fn components() -> String {
    let mut errors = Errors::new();
    errors.add("days", "Look-back must be a number of days from 1 to 400.");
    errors.add("brand", "Choose one of the brands of this instance.");
    errors.add("", "AMC didn't respond. Your input is still here.");
    Components {
        shell: Shell {
            flash: Some(Flash { tone: Tone::Success, text: "Query saved.".to_owned() }),
            ..shell("Components", Section::Dashboard)
        },
        errors,
        markets: choices(&["DE", "FR", "UK"]),
        steps: steps(),
        at: at(),
        sql: SQL,
    }
    .render()
    .unwrap()
}

fn executions() -> String {
    const KINDS: [(&str, State, &str, Option<u64>); 6] = [
        ("Reach by campaign", State::Running, "Running", None),
        ("New to brand, by creative and week", State::Waiting, "Pending at AMC", None),
        ("Path to conversion", State::Done, "Succeeded", Some(1_240)),
        ("Frequency buckets", State::Done, "Succeeded", Some(88_421)),
        ("Sponsored ads and DSP overlap", State::Failed, "Failed", None),
        ("Audience sizing", State::Stopped, "Canceled", None),
    ];
    let mut params = ListParams::read("/executions", "q=reach&from=2026-03-01&until=never&sort=-started&page=2");
    let (q, days, here) = (params.text("q"), params.days(), params.here().clone());
    let rows = KINDS.iter().cycle().zip(0..25).map(|((query, state, word, rows), number)| Row {
        id: number,
        query,
        state: *state,
        word,
        instance: if number % 2 == 0 { "Acme DE" } else { "Northwind Outdoor EU" },
        at: at() - TimeDelta::minutes(number as i64 * 47),
        took: duration(TimeDelta::seconds(40 + number as i64 * 97)),
        rows: *rows,
    });
    Executions {
        shell: shell("Executions", Section::Executions),
        list: params.list(&["sort"]),
        q,
        days,
        instances: choices(&["", "Acme DE", "Northwind Outdoor EU"]),
        states: choices(&["", "Running", "Failed"]),
        rows: rows.collect(),
        sort_query: SortLink::new(&here, "query", "-started"),
        sort_started: SortLink::new(&here, "started", "-started"),
        pager: Pager::new(&here, 2, 25, 10_482),
    }
    .render()
    .unwrap()
}

fn outcome() -> String {
    let here = Address::new("/executions/exe_01/result", "sort=-impressions");
    Outcome {
        shell: shell("Result", Section::Executions),
        sort: SortLink::new(&here, "campaign", "-impressions"),
        sort_number: SortLink::new(&here, "impressions", "-impressions"),
        pager: Pager::new(&here, 1, 40, 126),
    }
    .render()
    .unwrap()
}

fn editor() -> String {
    let mut errors = Errors::new();
    errors.add("sql", "Line 2, column 3: “campain” is not a column of dsp_impressions. Did you mean campaign?");
    Editor {
        shell: shell("Reach by campaign", Section::Queries),
        errors,
        sql: SQL,
        instances: choices(&["Acme DE", "Northwind Outdoor EU"]),
        windows: vec![Choice::new("safe", "Last fully attributed week (1–7 Nov 2025)")],
    }
    .render()
    .unwrap()
}

fn running() -> Execution {
    Execution { shell: shell("Reach by campaign", Section::Executions), sql: SQL, steps: steps() }
}

fn refusal() -> String {
    Refusal {
        shell: shell("Page not found", Section::None),
        status: 404,
        sentence: "It may have been deleted, or you don't have access.",
        ways: vec![
            Way { href: "/executions", label: "All executions", kind: "primary" },
            Way { href: "/", label: "Dashboard", kind: "" },
        ],
        request_id: "req_01k9zq4m7d",
    }
    .render()
    .unwrap()
}

fn sign_in() -> String {
    let regions = [("na", "North America"), ("eu", "Europe"), ("fe", "Asia-Pacific")];
    SignIn {
        shell: Shell { demo: true, ..Shell::new("Sign in") },
        title: "You aren't signed in",
        errors: Errors::new(),
        next: "/",
        regions: regions.map(|(value, label)| Choice::new(value, label)).to_vec(),
        region: "eu",
    }
    .render()
    .unwrap()
}

/// All pages by file name.
fn pages() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("components", components()),
        ("executions", executions()),
        ("result", outcome()),
        ("editor", editor()),
        ("execution", running().render().unwrap()),
        ("guide", Guide { shell: shell("Your first query", Section::Guides) }.render().unwrap()),
        ("error", refusal()),
        ("sign-in", sign_in()),
    ])
}

fn select<'a>(page: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

#[test]
fn the_gallery_is_written_for_the_eye() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
    fs::create_dir_all(folder.join("static")).unwrap();
    for (address, content) in assets::each() {
        fs::write(folder.join(address.trim_start_matches('/')), content).unwrap();
    }
    for (name, page) in pages() {
        for theme in [Theme::Light, Theme::Dark] {
            let page = page.replace(r#"data-theme="system""#, &format!(r#"data-theme="{}""#, theme.name()));
            fs::write(folder.join(format!("{name}.{}.html", theme.name())), page).unwrap();
        }
        fs::write(folder.join(format!("{name}.html")), page).unwrap();
    }
}

#[test]
fn no_page_carries_script_or_style_of_its_own() {
    for (name, page) in pages() {
        let page = Html::parse_document(&page);
        for element in select(&page, "*") {
            let tag = element.value().name();
            assert_ne!(tag, "style", "{name}");
            assert!(tag != "script" || element.attr("src").is_some(), "{name}");
            for (attribute, value) in element.value().attrs() {
                let inline = attribute == "style" || attribute.starts_with("on");
                assert!(!inline && !attribute.starts_with("hx-on"), "{name}: {attribute}");
                assert!(!value.starts_with("javascript:"), "{name}: {value}");
            }
        }
    }
}

#[test]
fn every_icon_and_file_that_a_page_names_is_there() {
    let files: BTreeMap<_, _> = assets::each().collect();
    let sprite = String::from_utf8_lossy(files[assets::path("icons.svg")]).into_owned();
    for (name, page) in pages() {
        let page = Html::parse_document(&page);
        for element in select(&page, "use, link[href], script[src]") {
            let address = element.attr("href").or(element.attr("src")).unwrap();
            let (file, id) = address.split_once('#').unwrap_or((address, ""));
            assert!(files.contains_key(file), "{name}: {address}");
            assert!(id.is_empty() || sprite.contains(&format!(r#"id="{id}""#)), "{name}: {address}");
        }
    }
}

#[test]
fn every_page_has_one_heading_unique_ids_and_labels_for_what_is_filled_in() {
    for (name, page) in pages() {
        let page = Html::parse_document(&page);
        assert_eq!(select(&page, "h1").len(), 1, "{name}");
        assert_eq!(select(&page, "main#main").len(), 1, "{name}");
        let ids: Vec<_> = select(&page, "[id]").iter().filter_map(|e| e.attr("id")).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: {ids:?}");
        for input in select(&page, "input:not([type=hidden]):not([type=radio]), select, textarea") {
            let id = input.attr("id").unwrap();
            let label = format!(r#"label[for="{id}"], label:has([id="{id}"])"#);
            assert!(!select(&page, &label).is_empty(), "{name}: {id}");
            for described in input.attr("aria-describedby").unwrap_or("").split_whitespace() {
                assert!(ids.contains(&described), "{name}: {described}");
            }
        }
    }
}

#[test]
fn a_fragment_is_a_block_of_its_page() {
    let fragment = running().as_live().render().unwrap();
    assert!(fragment.trim_start().starts_with(r#"<div id="live""#));
    assert!(!fragment.contains("<body"));
    assert!(running().render().unwrap().contains(fragment.trim()));
}

#[test]
fn what_people_typed_is_shown_as_text() {
    let page = Html::parse_document(&components());
    let typed = select(&page, r#"textarea[name="param.campaigns"]"#);
    assert_eq!(typed[0].text().collect::<String>(), "Summer\nAutumn <b>sale</b>");
}

#[test]
fn the_chosen_option_and_the_ticked_box_are_marked() {
    let page = Html::parse_document(&components());
    let chosen = select(&page, "#f-market option[selected]");
    assert_eq!(chosen.iter().map(|option| option.attr("value")).collect::<Vec<_>>(), [Some("DE")]);
    assert_eq!(select(&page, "#f-notify[checked]").len(), 1);
    assert_eq!(select(&page, "#f-read[checked]").len(), 0);
    let region = select(&page, "[name=region][checked]");
    assert_eq!(region.iter().map(|input| input.attr("value")).collect::<Vec<_>>(), [Some("DE")]);
}

#[test]
fn an_error_is_reported_at_the_top_and_at_its_field() {
    let page = Html::parse_document(&components());
    assert_eq!(select(&page, r##"#errors a[href="#f-days"]"##).len(), 1);
    let field = select(&page, "#f-days")[0];
    assert_eq!(field.attr("aria-invalid"), Some("true"));
    assert_eq!(field.attr("aria-describedby"), Some("e-days"));
}
