//! Every page is valid HTML: no parse errors, no duplicate ids, valid labels and references, one `h1`.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use scraper::{ElementRef, Html, Selector};

use crate::queries::{id, instance, saved};
use crate::support::{Answer, House, stories};

/// Attributes whose words are ids of the same page.
const REFERENCES: [&str; 8] = [
    "for",
    "form",
    "list",
    "popovertarget",
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "aria-errormessage",
];

/// The errors of a page.
fn faults(body: &str) -> Vec<String> {
    let page = Html::parse_document(body);
    let mut faults: Vec<String> = page.errors.iter().map(|error| format!("parse error: {error}")).collect();
    let every = Selector::parse("*").expect("a selector");
    let elements: Vec<ElementRef<'_>> = page.select(&every).collect();
    let mut ids = BTreeMap::<&str, usize>::new();
    for id in elements.iter().filter_map(|element| element.value().attr("id")) {
        *ids.entry(id).or_default() += 1;
    }
    faults.extend(
        ids.iter().filter(|(_, count)| **count > 1).map(|(id, count)| format!("{count} elements have the id {id:?}")),
    );
    for element in &elements {
        let value = element.value();
        for name in REFERENCES {
            let words = value.attr(name).unwrap_or_default().split_whitespace();
            let lost = words.filter(|word| !ids.contains_key(word));
            faults.extend(lost.map(|word| format!("<{} {name}={word:?}> leads nowhere", value.name())));
        }
        let anchor = value.attr("href").and_then(|href| href.strip_prefix('#')).filter(|anchor| !anchor.is_empty());
        faults.extend(
            anchor
                .filter(|anchor| !ids.contains_key(anchor))
                .map(|anchor| format!("a link to #{anchor} leads nowhere")),
        );
        faults.extend(unlabelled(&page, element));
        if value.name() == "form" {
            faults.extend(blocked(&page, element));
        }
    }
    let headings = elements.iter().filter(|element| element.value().name() == "h1").count();
    if headings != 1 {
        faults.push(format!("{headings} headings of the first rank"));
    }
    faults
}

/// An unlabeled field, or a button without text.
fn unlabelled(page: &Html, element: &ElementRef<'_>) -> Option<String> {
    let value = element.value();
    let has = |name: &str| value.attr(name).is_some_and(|text| !text.trim().is_empty());
    let named = has("aria-label") || has("aria-labelledby") || has("hidden") || value.attr("hidden").is_some();
    match value.name() {
        "input" if matches!(value.attr("type"), Some("hidden" | "submit")) => None,
        "input" | "select" | "textarea" => {
            let inside = element.ancestors().filter_map(ElementRef::wrap).any(|above| above.value().name() == "label");
            let labels = Selector::parse("label[for]").expect("a selector");
            let outside =
                value.id().is_some_and(|id| page.select(&labels).any(|label| label.value().attr("for") == Some(id)));
            (!named && !inside && !outside)
                .then(|| format!("<{} name={:?}> has no label", value.name(), value.attr("name")))
        }
        "button" | "a" if !named => {
            let text: String = element.text().collect();
            text.trim().is_empty().then(|| format!("a <{}> says nothing", value.name()))
        }
        _ => None,
    }
}

/// Why a browser wouldn't submit a form unchanged: it has no button, or a required control is empty. Only a form for
/// new data (a POST) may have such inputs; a required select offers an empty option that can't be chosen.
fn blocked(page: &Html, form: &ElementRef<'_>) -> Vec<String> {
    let selector = Selector::parse("button, [required]").expect("a selector");
    let id = form.value().id();
    let owned = |element: &ElementRef<'_>| match element.value().attr("form") {
        Some(owner) => id == Some(owner),
        None => element.ancestors().any(|above| above.id() == form.id()),
    };
    let owned: Vec<ElementRef<'_>> = page.select(&selector).filter(owned).collect();
    let name = || format!("the form to {:?}", form.value().attr("action").unwrap_or_default());
    let mut faults = Vec::new();
    if !owned.iter().any(|element| element.value().name() == "button" && element.value().attr("type") != Some("button"))
    {
        faults.push(format!("{} has no button", name()));
    }
    if form.value().attr("novalidate").is_some() {
        return faults;
    }
    let asks = form.value().attr("method").unwrap_or("get").eq_ignore_ascii_case("get");
    for control in owned.iter().filter(|element| element.value().attr("required").is_some()) {
        let is_select = control.value().name() == "select";
        if (is_select || asks) && chosen(control).is_empty() {
            faults.push(format!("{} cannot be sent before {:?} is filled in", name(), control.value().attr("name")));
        }
    }
    faults
}

/// What a control submits unchanged.
fn chosen(control: &ElementRef<'_>) -> String {
    match control.value().name() {
        "select" => {
            let option = |selector: &str| control.select(&Selector::parse(selector).expect("a selector")).next();
            let option = option("option[selected]").or_else(|| option("option"));
            option.and_then(|option| option.value().attr("value").map(str::to_owned)).unwrap_or_default()
        }
        "textarea" => control.text().collect(),
        _ => control.value().attr("value").unwrap_or_default().to_owned(),
    }
}

/// Fails with all errors of all pages.
#[derive(Default)]
struct Inspection {
    faults: Vec<String>,
    seen: BTreeSet<String>,
}

impl Inspection {
    fn look(&mut self, name: &str, answer: &Answer) {
        let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/html") && self.seen.insert(name.to_owned()) {
            self.faults.extend(faults(&answer.body).into_iter().map(|fault| format!("{name}: {fault}")));
        }
    }

    fn done(self, least: usize) {
        assert!(self.seen.len() >= least, "only {} pages were seen: {:?}", self.seen.len(), self.seen);
        assert!(self.faults.is_empty(), "\n{}", self.faults.join("\n"));
    }
}

/// Follows the links of every page from the first, a few of each kind.
async fn walk(house: &House, inspection: &mut Inspection, visitor: &crate::support::Visitor) {
    const MOST_OF_A_KIND: usize = 6;
    let mut waiting =
        vec!["/".to_owned(), "/queries/new".to_owned(), "/emulator/control".to_owned(), "/nowhere".to_owned()];
    let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut kinds = BTreeMap::<String, usize>::new();
    let base = format!("http://{}", house.address);
    while let Some(address) = waiting.pop() {
        let answer = visitor.send(Method::GET, &address, &[], None).await;
        assert!(answer.status.as_u16() < 500, "{address}: {}", answer.status);
        inspection.look(&address, &answer);
        let is_page = answer
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("text/html")));
        if !is_page {
            waiting.extend(Some(answer.location).filter(|to| to.starts_with('/') && known.insert(to.clone())));
            continue;
        }
        let asked = answer.attributes("form[method=get]", "action");
        for href in answer.attributes("a[href]", "href").into_iter().chain(asked) {
            let Ok(to) = url::Url::parse(&base).and_then(|base| base.join(&address)).and_then(|here| here.join(&href))
            else {
                continue;
            };
            let here = to.as_str().starts_with(&base);
            let to = format!("{}{}", to.path(), to.query().map(|query| format!("?{query}")).unwrap_or_default());
            // A kind is a path without its ids, and the parameter names of its query.
            let names: Vec<&str> = to.split(['?', '&']).skip(1).filter_map(|pair| pair.split('=').next()).collect();
            let path = to.split('?').next().unwrap_or_default();
            let shape: Vec<&str> = path.split('/').map(|part| if part.contains('_') { "id" } else { part }).collect();
            let kind = format!("{}?{}", shape.join("/"), names.join("&"));
            let count = kinds.entry(kind).or_default();
            if here && *count < MOST_OF_A_KIND && known.insert(to.clone()) {
                *count += 1;
                waiting.push(to);
            }
        }
    }
}

stories! {
    /// Every linked page, and every form shown again, is valid.
    async fn every_page_is_sound_html(house: House) {
        let mut inspection = Inspection::default();
        let nobody = house.visitor();
        for address in ["/sign-in", "/nowhere"] {
            inspection.look(&format!("signed out {address}"), &nobody.get(address).await);
        }
        let ada = house.signed_in("Ada").await;
        inspection.look("dashboard of a newcomer", &ada.get("/").await);
        let query = saved(&ada, "Reach <by> \"campaign\" & more", "SELECT campaign, COUNT(*) AS n FROM dsp_impressions WHERE campaign <> {{name}} GROUP BY 1").await;
        let mistyped = saved(&ada, "Mistyped", "SELECT campaing FROM dsp_impressions GROUP BY 1").await;
        let gone = saved(&ada, "Gone", "SELECT 1").await;
        let edit = format!("{query}/edit");
        let (name, sql) = ("Reach", "SELECT campaign, COUNT(*) AS n\nFROM dsp_impressions\nWHERE campaign <> {{name}}\nGROUP BY 1");
        let change = [("name", name), ("sql", sql), ("revision", "1"), ("tags", "weekly, brand & new"), ("fields", "name"), ("field.name.default", "x")];
        ada.post(&edit, &change).await.with(303);
        inspection.look("saved meanwhile", &ada.post(&edit, &[("name", "Other"), ("sql", "SELECT 2"), ("revision", "1")]).await.with(409));
        inspection.look("editor with errors", &ada.post(&edit, &[("name", ""), ("sql", ""), ("tags", &"x".repeat(50))]).await.with(422));
        inspection.look("run with errors", &ada.post("/executions", &[("query", id(&query)), ("param.name", ""), ("window", "explicit")]).await.with(422));
        inspection.look("run that cannot be", &ada.post("/executions", &[("query", id(&mistyped))]).await.with(422));
        inspection.look("preview", &ada.post(&format!("{query}/preview"), &[("param.name", "x")]).await.with(200));
        ada.post(&format!("{query}/favourite"), &[("on", "true")]).await.with(303);
        ada.post("/executions", &[("query", id(&query)), ("param.name", "x")]).await.with(303);
        house.settle().await;
        house.fault("overlap", "", "1").await;
        let failed = ada.post("/executions", &[("query", id(&query)), ("param.name", "x")]).await.with(303).location;
        inspection.look("run that waits", &ada.get(&failed).await);
        house.settle().await;
        let typed = [("instance", instance(&ada).await), ("name", "Typed".to_owned()), ("sql", "SELECT 3".to_owned()), ("tab", "a".to_owned())];
        let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ada.post("/queries/drafts", &typed).await.with(303);
        let kept = [("query", id(&query)), ("revision", "2"), ("name", "Kept"), ("sql", "SELECT 4"), ("tab", "a")];
        ada.post("/queries/drafts", &kept).await.with(303);
        let other = [("query", id(&query)), ("revision", "2"), ("name", "Kept"), ("sql", "SELECT 5"), ("tab", "b")];
        inspection.look("two tabs", &ada.post("/queries/drafts", &other).await.with(409));
        let list = ada.post(&format!("{gone}/delete"), &[]).await.with(303).location;
        inspection.look("list after a deletion", &ada.get(&list).await);
        walk(&house, &mut inspection, &ada).await;
        inspection.done(40);
    }
}

#[test]
fn faults_are_recognized() {
    let sound = "<!doctype html><html lang=\"en\"><head><title>t</title></head><body><h1>One</h1><label for=\"a\">A</label>\
        <input id=\"a\"><a href=\"#a\">a</a><label>B <input></label>\
        <form action=\"/x\"><label>D <select><option value=\"\">Any</option></select></label><button>Go</button></form>\
        <form method=\"post\" action=\"/x\"><label>E <input required></label><button>Go</button></form></body></html>";
    assert_eq!(faults(sound), Vec::<String>::new());
    for wrong in [
        "<p id=\"a\"></p>",
        "<p aria-describedby=\"b\"></p>",
        "<label for=\"c\">C</label>",
        "<a href=\"#d\">d</a>",
        "<input>",
        "<button><svg></svg></button>",
        "<h1>Two</h1>",
        "<p><div></div></p>",
        "<ul></p></ul>",
        "<form action=\"/x\"></form>",
        "<form action=\"/x\"><button type=\"button\">Dead</button></form>",
        "<form action=\"/x\"><label>C <input required></label><button>Go</button></form>",
        "<form action=\"/x\" method=\"post\"><label>C <select required><option value=\"\">Any</option></select></label><button>Go</button></form>",
    ] {
        let page = sound.replace("</body>", &format!("{wrong}</body>"));
        assert!(!faults(&page).is_empty(), "{wrong}");
    }
}
