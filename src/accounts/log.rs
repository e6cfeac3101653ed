//! The audit log as a page and as an export: one's own entries; everybody's for administrators.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::audit::{self, Action, Entry, Filter};
use super::store;
use crate::db::{self, PageRange, Scope, Tx};
use crate::ids::PersonId;
use crate::web::components::{Address, Choice, Pager};
use crate::web::list::{self, Days, Export, List, ListParams, RowSource, rfc3339};
use crate::web::room::Rooms;
use crate::web::routes::Who::SignedIn;
use crate::web::routes::{Routes, get};
use crate::web::shell::{Section, Shell};
use crate::web::words::counted;
use crate::web::{self, Html, Person, Site, Visit};

/// Rows per page.
const SIZE: u64 = 50;

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route("/settings/audit", get(SignedIn, show))
        .route("/settings/audit.csv", get(SignedIn, export))
        .route("/settings/audit.json", get(SignedIn, export))
        .with_state(site)
}

#[derive(Template)]
#[template(path = "accounts/audit.html")]
struct AuditPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    actions: Vec<Choice>,
    /// The people to filter by; empty for people who only see their own entries.
    people: Vec<Choice>,
    person: String,
    action: String,
    q: String,
    days: Days,
    /// The name of the personal token to which the log is narrowed, and the address without it.
    token: Option<(String, String)>,
    keeps: String,
}

struct Line {
    at: DateTime<Utc>,
    who: String,
    /// The personal token with which it was done.
    token: Option<String>,
    action: String,
    subject: Part,
    detail: Vec<Part>,
}

/// A subject, or a member of the details with its name.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    name: String,
    text: String,
    /// The page of what its id names.
    href: Option<String>,
    /// The time that it is.
    at: Option<DateTime<Utc>>,
}

/// The addresses of pages that the reader can open, by the ids of what they show.
type Pages = BTreeMap<String, String>;

/// The pages of everything that these entries name. What was deleted, or belongs to others, has none.
async fn pages(site: &Site, person: &Person, rooms: &Rooms, entries: &[Entry]) -> db::Result<Pages> {
    let named = entries.iter().flat_map(|entry| std::iter::once(entry.subject.as_str()).chain(texts(&entry.detail)));
    let named: BTreeSet<&str> = named.collect();
    let mut pages = Pages::new();
    let mut tx = site.db.read(&person.scope()).await?;
    for id in named {
        let Some(subject) = rooms.subject(id) else { continue };
        if (subject.opens)(&mut tx, person, id).await? {
            pages.insert(id.to_owned(), format!("{}{id}", subject.folder));
        }
    }
    Ok(pages)
}

/// The texts among the members of the details.
fn texts(detail: &Value) -> impl Iterator<Item = &str> {
    detail.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_str)
}

impl Part {
    fn new(name: impl Into<String>, text: String, pages: &Pages) -> Self {
        let at = DateTime::parse_from_rfc3339(&text).ok().map(|at| at.with_timezone(&Utc));
        Self { name: name.into(), href: pages.get(&text).cloned(), at, text }
    }
}

impl Line {
    fn new(entry: Entry, rooms: &Rooms, pages: &Pages) -> Self {
        Self {
            at: entry.at,
            who: entry.person_name.or(entry.person).unwrap_or_else(|| "RecomAMP".to_owned()),
            token: entry.token,
            action: rooms.action(&entry.action).map_or(entry.action.clone(), |action| action.label.to_owned()),
            subject: Part::new("", entry.subject, pages),
            detail: describe(&entry.detail, rooms, pages),
        }
    }
}

/// The members of the details: `region: NA`, `outcome: renewed`.
fn describe(detail: &Value, rooms: &Rooms, pages: &Pages) -> Vec<Part> {
    let member = |(name, value): (&String, &Value)| {
        let known = rooms.detail(name).and_then(|known| Some((known.label, (known.word)(value.as_str()?)?)));
        match known {
            Some((label, word)) => Part::new(label, word.to_owned(), pages),
            None => Part::new(name.replace('_', " "), words(value), pages),
        }
    };
    detail.as_object().map(|members| members.iter().map(member).collect()).unwrap_or_default()
}

/// A value as text: a list with commas, a dash for nothing.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) if text.is_empty() => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// The token to which the log is narrowed, by its name, and the address of the log without it.
async fn narrowed(tx: &mut Tx, filter: &Filter, here: &str) -> db::Result<Option<(String, String)>> {
    let Some(id) = &filter.token else { return Ok(None) };
    let name = audit::token_name(tx, filter.person.as_ref(), id).await?.unwrap_or_else(|| id.to_string());
    let query = here.split_once('?').map_or("", |(_, query)| query);
    let without = Address::new("/settings/audit", query).with("token", "").with("page", "");
    Ok(Some((name, without.to_string())))
}

/// The filter of an address, with its dates. Non-administrators only see their own entries.
fn filter(params: &mut ListParams, person: &Person, rooms: &Rooms) -> (Filter, Days) {
    let days = params.days();
    let whose = if person.is_administrator { params.id("person", "person") } else { Some(person.id.clone()) };
    let action = params.value("action", "action", |name| rooms.action(name));
    let filter = Filter {
        person: whose,
        action: action.map(|action| action.name.to_owned()).unwrap_or_default(),
        text: params.text("q"),
        token: params.id("token", "token"),
        from: days.start(),
        before: days.end(),
        after: None,
    };
    (filter, days)
}

/// Administrators use the system's scope; everybody else their own.
fn scope(person: &Person) -> Scope {
    if person.is_administrator { Scope::System } else { person.scope() }
}

async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    rooms: Rooms,
    mut params: ListParams,
) -> web::Result<Html<AuditPage>> {
    let (filter, days) = filter(&mut params, &person, &rooms);
    let wanted = params.page(SIZE);
    let mut tx = site.db.read(&scope(&person)).await?;
    let pager = wanted.pager(audit::count(&mut tx, &filter, wanted.most()).await?);
    let entries = audit::list(&mut tx, &filter, pager.range()).await?;
    let everybody = if person.is_administrator { store::everybody(&mut tx).await? } else { Vec::new() };
    let token = narrowed(&mut tx, &filter, &visit.here).await?;
    drop(tx);
    let pages = pages(&site, &person, &rooms, &entries).await?;
    let chosen = filter.person.filter(|_| person.is_administrator);
    Ok(Html(AuditPage {
        shell: visit.shell("Audit log", Section::None).await,
        list: params.list(&["token"]),
        lines: entries.into_iter().map(|entry| Line::new(entry, &rooms, &pages)).collect(),
        pager,
        actions: actions(&rooms),
        people: people(everybody),
        person: chosen.map(|person| person.to_string()).unwrap_or_default(),
        action: filter.action,
        q: filter.text,
        days,
        token,
        keeps: match site.config.limits.keep_audit_days {
            Some(days) => format!("Entries are kept for {}.", counted(days.into(), "day", "days")),
            None => "Entries are kept indefinitely.".to_owned(),
        },
    }))
}

fn actions(rooms: &Rooms) -> Vec<Choice> {
    let all = rooms.actions().iter().map(|action| Choice::new(action.name, action.label));
    Choice::optional("All actions", all)
}

fn people(everybody: Vec<(PersonId, String)>) -> Vec<Choice> {
    if everybody.is_empty() {
        return Vec::new();
    }
    let all = everybody.into_iter().map(|(id, name)| Choice::new(id.as_str(), name));
    Choice::optional("Everyone", all)
}

impl Export for Entry {
    const COLUMNS: &'static [&'static str] = &["at", "person_id", "person", "action", "subject", "detail", "token_id"];

    fn cells(&self) -> Vec<Value> {
        vec![
            rfc3339(self.at),
            json!(self.person),
            json!(self.person_name),
            json!(self.action),
            json!(self.subject),
            self.detail.clone(),
            json!(self.token),
        ]
    }
}

/// The export: all filtered entries. The export itself is recorded in an entry that isn't part of it: the file
/// continues after the entries that were read before.
async fn export(
    State(site): State<Site>,
    person: Person,
    rooms: Rooms,
    mut params: ListParams,
) -> web::Result<Response> {
    let (filter, _) = filter(&mut params, &person, &rooms);
    let lines = RowSource::new(&site.db, scope(&person), filter, |tx, filter, range, last| {
        filter.after = last.map(|entry: &Entry| (entry.at, entry.id.clone()));
        Box::pin(audit::list(tx, filter, PageRange::first(range.most)))
    });
    let file = list::export_rows(&params, lines).await?;
    let (now, detail) = (site.clock.now(), json!({ "form": file.form(), "filtered": params.narrows() }));
    let mut tx = site.db.write(&person.scope()).await?;
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::Exported, "audit", detail).await?;
    tx.commit().await?;
    Ok(file.answer(&["audit"], now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_words() {
        let texts = |detail: &Value| -> Vec<String> {
            describe(detail, &Rooms::default(), &Pages::new())
                .into_iter()
                .map(|part| format!("{}: {}", part.name, part.text))
                .collect()
        };
        assert_eq!(texts(&json!({ "region": "NA", "sealed": 3 })), ["region: NA", "sealed: 3"]);
        assert_eq!(texts(&json!({ "deleted": true, "lends": false })), ["deleted: yes", "lends: no"]);
        let lists = json!({ "access": [["ins_1", "viewer"]], "ends_at": null });
        assert_eq!(texts(&lists), ["access: ins_1, viewer", "ends at: –"]);
        assert!(texts(&json!({})).is_empty());
    }

    #[test]
    fn what_has_a_page_is_linked() {
        let pages = Pages::from([("exe_1".to_owned(), "/executions/exe_1".to_owned())]);
        let href = |text: &str| Part::new("", text.to_owned(), &pages).href;
        assert_eq!(href("exe_1").as_deref(), Some("/executions/exe_1"));
        assert_eq!((href("exe_2"), href("audit")), (None, None));
        let at = |text: &str| Part::new("", text.to_owned(), &pages).at;
        assert_eq!((at("1970-01-01T00:00:00+00:00"), at("2026")), (Some(DateTime::UNIX_EPOCH), None));
        let detail = json!({ "execution": "exe_1", "rows": 3, "names": ["exe_2"] });
        assert_eq!(texts(&detail).collect::<Vec<_>>(), ["exe_1"]);
    }
}
