//! The status of grants: who gave them, what they reach, when they were and will be refreshed, what went wrong.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::asked::Asked;
use super::grants::{CallError, Grants};
use super::model::State as ConnectionStatus;
use super::pages::regions;
use super::store::{self, Filter, Health};
use crate::db::{PageRange, Scope, Tx};
use crate::ids::ConnectionId;
use crate::web::components::{Choice, Pager, State as Color};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Html, Person, Visit};

/// Rows per page.
const SIZE: u64 = 50;
/// The states to filter by, as in addresses and for people.
const STATES: [(&str, &str); 5] = [
    ("", "All states"),
    ("working", "Connected"),
    ("failing", "Retrying"),
    ("reconnect", "Reconnect"),
    ("disconnected", "Disconnected"),
];
/// How many accounts are named in a row; more are counted.
const NAMED: usize = 3;

#[derive(Template)]
#[template(path = "connections/list.html")]
pub(super) struct ConnectionsPage {
    shell: Shell,
    list: List,
    own: Vec<Line>,
    /// Other people's filtered grants, for administrators.
    others: Vec<Line>,
    pager: Pager,
    is_administrator: bool,
    states: Vec<Choice>,
    filter: Filter,
    regions: Vec<Choice>,
    /// The preselected region: one that isn't connected yet.
    other: String,
}

impl ConnectionsPage {
    /// Whether there are others, or would be without the filter.
    fn has_toolbar(&self) -> bool {
        self.is_administrator && (self.list.is_filtered || !self.others.is_empty())
    }
}

struct Line {
    health: Health,
    region: Choice,
    color: Color,
    word: &'static str,
    accounts: String,
    error: String,
    needs_owner: bool,
    asked: Asked,
}

impl Line {
    async fn new(tx: &mut Tx, health: Health) -> web::Result<Self> {
        let accounts = named(&store::accounts(tx, &health.id).await?, health.instances);
        let asked = Asked::new(tx, &health.id).await?;
        let needs_owner = health.state == ConnectionStatus::Reconnect;
        let code = health.region.code();
        let (color, word) = match (needs_owner, health.failures) {
            _ if health.disconnected_at.is_some() => (Color::Waiting, "Disconnected"),
            (true, _) => (Color::Failed, "Reconnect"),
            (false, 0) if asked.problems() > 0 => (Color::Waiting, "Partly connected"),
            (false, 0) => (Color::Done, "Connected"),
            (false, _) => (Color::Waiting, "Retrying"),
        };
        Ok(Self {
            region: regions()
                .into_iter()
                .find(|choice| choice.value == code)
                .unwrap_or_else(|| Choice::new(code, code)),
            color,
            word,
            accounts,
            error: health.last_error.clone().unwrap_or_else(|| asked.brief()),
            asked,
            needs_owner,
            health,
        })
    }

    /// When the token is refreshed next, if it ever is automatically.
    fn next(&self) -> Option<DateTime<Utc>> {
        self.health.refresh_at.filter(|_| !self.needs_owner)
    }
}

/// `Acme, Bolt and 2 more; 7 instances`.
fn named(accounts: &[String], instances: i64) -> String {
    if accounts.is_empty() {
        return "None found yet".to_owned();
    }
    let names = accounts[..accounts.len().min(NAMED)].join(", ");
    let more = match accounts.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{names}{more}; {}", counted(instances, "instance", "instances"))
}

/// The filter of an address. Non-administrators only see their own grants.
fn filter(params: &mut ListParams, person: &Person) -> Filter {
    let known = |state: &str| STATES.iter().any(|(name, _)| *name == state).then(|| state.to_owned());
    Filter {
        of: (!person.is_administrator).then(|| person.id.clone()),
        but: None,
        text: params.text("q"),
        state: params.value("state", "state", known).unwrap_or_default(),
    }
}

fn scope(person: &Person) -> Scope {
    if person.is_administrator { Scope::System } else { person.scope() }
}

async fn lines(tx: &mut Tx, filter: &Filter, range: PageRange) -> web::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for health in store::health(tx, filter, range).await? {
        lines.push(Line::new(tx, health).await?);
    }
    Ok(lines)
}

pub(super) async fn show(
    State(grants): State<Grants>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ConnectionsPage>> {
    let filter = Filter { but: Some(person.id.clone()), ..filter(&mut params, &person) };
    let wanted = params.page(SIZE);
    let mut tx = grants.site.db.read(&scope(&person)).await?;
    let mine = Filter { of: Some(person.id.clone()), ..Filter::default() };
    let own = lines(&mut tx, &mine, PageRange::first(i64::MAX)).await?;
    let pager = wanted.pager(store::count(&mut tx, &filter, wanted.most()).await?);
    let others = lines(&mut tx, &filter, pager.range()).await?;
    drop(tx);
    let mut shell = visit.shell("Connections", Section::None).await;
    if shell.flash.is_none() && own.iter().any(|line| line.needs_owner && line.health.disconnected_at.is_none()) {
        shell.flash = Some(web::shell::Flash {
            tone: Tone::Warning,
            text: "Amazon access was revoked or has expired. Executions that need it are on hold; nothing is lost."
                .to_owned(),
        });
    }
    let regions = regions();
    let other = regions.iter().find(|region| own.iter().all(|line| line.region.value != region.value));
    Ok(Html(ConnectionsPage {
        shell,
        list: params.list(&[]),
        other: other.map(|region| region.value.clone()).unwrap_or_default(),
        own,
        others,
        pager,
        is_administrator: person.is_administrator,
        states: STATES.iter().map(|(name, label)| Choice::new(*name, *label)).collect(),
        filter,
        regions,
    }))
}

impl Export for Health {
    const COLUMNS: &'static [&'static str] = &[
        "person",
        "region",
        "state",
        "instances",
        "granted_at",
        "refreshed_at",
        "refresh_at",
        "token_ends_at",
        "failures",
        "last_error",
        "id",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.person_name),
            json!(self.region.code()),
            json!(self.state.name()),
            json!(self.instances),
            rfc3339(self.created_at),
            rfc3339(self.refreshed_at),
            rfc3339(self.refresh_at),
            rfc3339(self.access_expires_at),
            json!(self.failures),
            json!(self.last_error),
            json!(self.id),
        ]
    }
}

/// The export: the filtered grants, including one's own.
pub(super) async fn export(
    State(grants): State<Grants>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let filter = filter(&mut params, &person);
    let lines = RowSource::new(&grants.site.db, scope(&person), filter, |tx, filter, range, _| {
        Box::pin(store::health(tx, filter, range))
    });
    let file = list::export_rows(&params, lines).await?;
    Ok(file.answer(&["connections"], grants.site.clock.now()))
}

/// Tests one of one's own grants by calling Amazon, and shows the outcome.
pub(super) async fn test(
    State(grants): State<Grants>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let id: ConnectionId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = grants.site.db.read(&person.scope()).await?;
    let connection = store::find(&mut tx, &id).await?.filter(|connection| connection.person == person.id);
    drop(tx);
    connection.ok_or(web::Error::Missing)?;
    let client = grants.client();
    let answer = grants.call(&id, |token| async move { client.all_accounts(token.caller()).await }).await;
    let (tone, text) = match answer {
        Ok(accounts) => {
            let accounts = i64::try_from(accounts.items.len()).unwrap_or(i64::MAX);
            let reached = counted(accounts, "account", "accounts");
            (Tone::Success, format!("Connected: Amazon lists {reached}."))
        }
        Err(CallError::Db(error)) => return Err(error.into()),
        Err(CallError::Reconnect) => {
            (Tone::Error, "Amazon access was revoked. Select Reconnect to restore it.".to_owned())
        }
        Err(error) => (Tone::Error, format!("Couldn't test the connection. {error}")),
    };
    visit.flash(tone, text).await;
    Ok(Redirect::to("/settings/connections"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_accounts_are_named_and_the_rest_is_counted() {
        let accounts = ["A", "B", "C", "D", "E"].map(str::to_owned);
        assert_eq!(named(&accounts, 7), "A, B, C and 2 more; 7 instances");
        assert_eq!(named(&accounts[..1], 1), "A; 1 instance");
        assert_eq!(named(&[], 0), "None found yet");
    }
}
