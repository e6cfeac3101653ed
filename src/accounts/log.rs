//! The audit log as a page and as a file: one's own lines; everybody's for administrators.

use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::audit::{self, Action, Entry, Filter};
use super::store;
use crate::db::Scope;
use crate::ids::PersonId;
use crate::web::components::{Address, Choice, Pager};
use crate::web::shell::{Section, Shell};
use crate::web::words::counted;
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// Lines of a page.
const SIZE: u64 = 50;
/// Most lines of a file; the filter narrows it.
const MOST_EXPORTED: i64 = 100_000;
const PATH: &str = "/settings/audit";

pub(super) fn routes(site: Site) -> Router {
    Router::new()
        .route("/settings/audit", get(show))
        .route("/settings/audit.csv", get(csv))
        .route("/settings/audit.json", get(json_file))
        .with_state(site)
}

#[derive(Template)]
#[template(path = "accounts/audit.html")]
struct AuditPage {
    shell: Shell,
    lines: Vec<Line>,
    pager: Pager,
    actions: Vec<Choice>,
    /// Who can be chosen; empty for those who see their own lines only.
    people: Vec<Choice>,
    person: String,
    action: String,
    q: String,
    from: String,
    to: String,
    csv: String,
    json: String,
    is_filtered: bool,
    keeps: String,
}

struct Line {
    at: DateTime<Utc>,
    who: String,
    action: String,
    subject: String,
    detail: String,
}

impl From<Entry> for Line {
    fn from(entry: Entry) -> Self {
        Self {
            at: entry.at,
            who: entry.person_name.or(entry.person).unwrap_or_else(|| "The program".to_owned()),
            action: Action::parse(&entry.action).map_or(entry.action.clone(), |action| action.label().to_owned()),
            subject: entry.subject,
            detail: words(&entry.detail),
        }
    }
}

/// `region: NA, outcome: renewed`.
fn words(detail: &Value) -> String {
    let member = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    };
    detail.as_object().map(|members| members.iter().map(member).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// The filter of an address. Whoever is no administrator sees their own lines, whatever the address says.
fn filter(fields: &Fields, person: &Person) -> Filter {
    let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0).map(|at| at.and_utc());
    Filter {
        person: if person.is_administrator { fields.trimmed("person").parse().ok() } else { Some(person.id.clone()) },
        action: Action::parse(fields.trimmed("action")).map(|action| action.name().to_owned()).unwrap_or_default(),
        text: fields.trimmed("q").chars().take(200).collect(),
        from: day(fields.trimmed("from")).and_then(midnight),
        to: day(fields.trimmed("to")).and_then(|day| day.checked_add_days(Days::new(1))).and_then(midnight),
    }
}

/// Administrators look with the program's eyes; everybody else with their own.
fn scope(person: &Person) -> Scope {
    if person.is_administrator { Scope::System } else { person.scope() }
}

async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> web::Result<Html<AuditPage>> {
    let query = query.unwrap_or_default();
    let fields = Fields::parse(query.as_bytes());
    let filter = filter(&fields, &person);
    let mut tx = site.db.read(&scope(&person)).await?;
    let total = u64::try_from(audit::count(&mut tx, &filter).await?).unwrap_or(0);
    let page = fields.trimmed("page").parse().unwrap_or(1);
    let pager = Pager::new(&Address::new(PATH, &query), page, SIZE, total);
    let offset = i64::try_from(pager.offset()).unwrap_or(i64::MAX);
    let entries = audit::list(&mut tx, &filter, i64::try_from(SIZE).unwrap_or(50), offset).await?;
    let everybody = if person.is_administrator { store::everybody(&mut tx).await? } else { Vec::new() };
    drop(tx);
    let of = |path: &str| Address::new(path, &query).with("page", "").to_string();
    let date = |name: &str| day(fields.trimmed(name)).map(|day| day.to_string()).unwrap_or_default();
    let chosen = filter.person.clone().filter(|_| person.is_administrator);
    Ok(Html(AuditPage {
        shell: visit.shell("Audit log", Section::None).await,
        lines: entries.into_iter().map(Line::from).collect(),
        pager,
        actions: actions(),
        people: people(everybody),
        person: chosen.as_ref().map(ToString::to_string).unwrap_or_default(),
        is_filtered: chosen.is_some()
            || !filter.action.is_empty()
            || !filter.text.is_empty()
            || filter.from.is_some()
            || filter.to.is_some(),
        action: filter.action,
        q: filter.text,
        from: date("from"),
        to: date("to"),
        csv: of("/settings/audit.csv"),
        json: of("/settings/audit.json"),
        keeps: match site.config.limits.keep_audit_days {
            Some(days) => format!("Lines are kept for {}.", counted(days.into(), "day", "days")),
            None => "Lines are kept for good.".to_owned(),
        },
    }))
}

fn actions() -> Vec<Choice> {
    let all = Action::ALL.map(|action| Choice::new(action.name(), action.label()));
    std::iter::once(Choice::new("", "Any action")).chain(all).collect()
}

fn people(everybody: Vec<(PersonId, String)>) -> Vec<Choice> {
    if everybody.is_empty() {
        return Vec::new();
    }
    let all = everybody.into_iter().map(|(id, name)| Choice::new(id.as_str(), name));
    std::iter::once(Choice::new("", "Anybody")).chain(all).collect()
}

/// The lines for a file. That they were taken out is a line of its own.
async fn exported(site: &Site, person: &Person, query: Option<String>, form: &str) -> web::Result<Vec<Entry>> {
    let filter = filter(&Fields::parse(query.unwrap_or_default().as_bytes()), person);
    let mut tx = site.db.read(&scope(person)).await?;
    let entries = audit::list(&mut tx, &filter, MOST_EXPORTED, 0).await?;
    drop(tx);
    let (now, detail) = (site.clock.now(), json!({ "form": form, "lines": entries.len() }));
    let mut tx = site.db.write(&person.scope()).await?;
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::Exported, "audit", detail).await?;
    tx.commit().await?;
    Ok(entries)
}

fn exact(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

async fn csv(State(site): State<Site>, person: Person, RawQuery(query): RawQuery) -> web::Result<Response> {
    let entries = exported(&site, &person, query, "csv").await?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    let head = ["at_utc", "person_id", "person", "action", "subject", "detail"];
    csv.write_record(head).map_err(anyhow::Error::from)?;
    for entry in entries {
        let row = [
            exact(entry.at),
            entry.person.unwrap_or_default(),
            entry.person_name.unwrap_or_default(),
            entry.action,
            entry.subject,
            entry.detail.to_string(),
        ];
        csv.write_record(row).map_err(anyhow::Error::from)?;
    }
    let body = csv.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(file("text/csv; charset=utf-8", "audit.csv", body))
}

async fn json_file(State(site): State<Site>, person: Person, RawQuery(query): RawQuery) -> web::Result<Response> {
    let entries = exported(&site, &person, query, "json").await?;
    let lines: Vec<Value> = entries
        .into_iter()
        .map(|entry| {
            json!({
                "at": exact(entry.at), "person_id": entry.person, "person": entry.person_name,
                "action": entry.action, "subject": entry.subject, "detail": entry.detail,
            })
        })
        .collect();
    Ok(file("application/json", "audit.json", serde_json::to_vec(&lines).map_err(anyhow::Error::from)?))
}

fn file(kind: &'static str, name: &str, body: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deed_is_found_by_its_name_and_has_words() {
        for action in Action::ALL {
            assert_eq!(Action::parse(action.name()), Some(action));
            assert!(!action.label().is_empty());
        }
    }

    #[test]
    fn details_are_words() {
        assert_eq!(words(&json!({ "region": "NA", "sealed": 3 })), "region: NA, sealed: 3");
        assert_eq!(words(&json!({})), "");
    }
}
