//! How the grants are: who gave them, what they reach, when they were and will be refreshed, what went wrong.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use chrono::{DateTime, Utc};

use super::grants::{CallError, Grants};
use super::model::State as Standing;
use super::pages::regions;
use super::store::{self, Health};
use crate::db::{Scope, Tx};
use crate::ids::ConnectionId;
use crate::web::components::{Choice, State as Colour};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Html, Person, Visit};

/// Names of accounts on a line; more are counted.
const NAMED: usize = 3;

#[derive(Template)]
#[template(path = "connections/list.html")]
pub(super) struct ConnectionsPage {
    shell: Shell,
    own: Vec<Line>,
    /// Those of all others, for administrators.
    others: Vec<Line>,
    is_administrator: bool,
    regions: Vec<Choice>,
    /// The region that is offered first: one that is not connected yet.
    other: String,
}

struct Line {
    health: Health,
    region: Choice,
    colour: Colour,
    word: &'static str,
    accounts: String,
    error: String,
    needs_owner: bool,
}

impl Line {
    async fn new(tx: &mut Tx, health: Health) -> web::Result<Self> {
        let accounts = named(&store::accounts(tx, &health.id).await?, health.instances);
        let needs_owner = health.state == Standing::Reconnect;
        let code = health.region.code();
        let (colour, word) = match (needs_owner, health.failures) {
            (true, _) => (Colour::Failed, "Reconnect"),
            (false, 0) => (Colour::Done, "Working"),
            (false, _) => (Colour::Waiting, "Trying again"),
        };
        Ok(Self {
            region: regions()
                .into_iter()
                .find(|choice| choice.value == code)
                .unwrap_or_else(|| Choice::new(code, code)),
            colour,
            word,
            accounts,
            error: health.last_error.clone().unwrap_or_default(),
            needs_owner,
            health,
        })
    }

    /// When the token is refreshed next, if it ever is by itself.
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

pub(super) async fn show(
    State(grants): State<Grants>,
    person: Person,
    visit: Visit,
) -> web::Result<Html<ConnectionsPage>> {
    let scope = if person.is_administrator { Scope::System } else { person.scope() };
    let mut tx = grants.site.db.read(&scope).await?;
    let whose = (!person.is_administrator).then_some(&person.id);
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for health in store::health(&mut tx, whose).await? {
        let is_own = health.person == person.id;
        let line = Line::new(&mut tx, health).await?;
        if is_own { own.push(line) } else { others.push(line) }
    }
    drop(tx);
    let mut shell = visit.shell("Connections", Section::None).await;
    if shell.flash.is_none() && own.iter().any(|line| line.needs_owner) {
        shell.flash = Some(web::shell::Flash {
            tone: Tone::Warning,
            text: "A connection has to be renewed. Runs that need it wait until then; nothing is lost.".to_owned(),
        });
    }
    let (is_administrator, regions) = (person.is_administrator, regions());
    let other = regions.iter().find(|region| own.iter().all(|line| line.region.value != region.value));
    let other = other.map(|region| region.value.clone()).unwrap_or_default();
    Ok(Html(ConnectionsPage { shell, own, others, is_administrator, regions, other }))
}

/// Calls Amazon with one of one's own grants, and says what came back.
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
            let accounts = i64::try_from(accounts.len()).unwrap_or(i64::MAX);
            let reached = counted(accounts, "account", "accounts");
            (Tone::Success, format!("Amazon answers: the grant works and reaches {reached}."))
        }
        Err(CallError::Db(error)) => return Err(error.into()),
        Err(CallError::Reconnect) => {
            (Tone::Error, "The grant does not work any more. Press Reconnect and allow it again.".to_owned())
        }
        Err(error) => (Tone::Error, format!("Amazon did not answer as it should: {error}")),
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
