//! Copies a schedule and what it needs into a rehearsal's own database: its owner, the others on the instance who
//! could take it over, their connections without tokens, the instance, and the query.
//!
//! The instance gets the ids of one that the AMC emulator knows. Tokens stay behind: the connections get grants of the
//! emulator.

use std::collections::BTreeSet;

use anyhow::Context as _;

use crate::amazon::Region;
use crate::db::schema::{self, Table};
use crate::db::transfer::{Excerpt, Filling};
use crate::db::{Db, Kind, Scope, Tx, Value};
use crate::emulator::{Emulator, Passage};
use crate::ids::PersonId;
use crate::schedules::Staged;

/// People besides the owner who are copied at most.
const MOST_PEOPLE: usize = 20;
/// Rows of one kind that are read at most.
const MOST: usize = 1_000;

/// What the copy contains.
#[derive(Debug)]
pub(super) struct Copied {
    /// The way to the instance at the emulator.
    pub(super) passage: Passage,
    /// The connections to give grants to.
    pub(super) connections: Vec<(PersonId, Region)>,
    /// What refers to the schedule, to be written after it.
    subscriptions: Vec<Excerpt>,
}

impl Copied {
    /// Writes what refers to the schedule.
    pub(super) async fn subscribe(&mut self, to: &Db) -> anyhow::Result<()> {
        let mut filling = Filling::begin(to).await?;
        for excerpt in std::mem::take(&mut self.subscriptions) {
            excerpt.write(&mut filling).await?;
        }
        Ok(filling.commit().await?)
    }
}

/// Reads excerpts.
struct Source {
    tx: Tx,
    tables: Vec<Table>,
}

impl Source {
    async fn rows(&mut self, table: &str, column: &str, text: &str) -> anyhow::Result<Excerpt> {
        Excerpt::read(&mut self.tx, &self.tables, table, (column, text), MOST).await
    }

    /// The rows for each of these texts.
    async fn rows_of(&mut self, table: &str, column: &str, texts: &[String]) -> anyhow::Result<Option<Excerpt>> {
        let mut all: Option<Excerpt> = None;
        for text in texts {
            let rows = self.rows(table, column, text).await?;
            match &mut all {
                Some(all) => all.extend(rows),
                None => all = Some(rows),
            }
        }
        Ok(all)
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Copies from the real database, which is only read.
pub(super) async fn copy(from: &Db, to: &Db, schedule: &Staged, emulator: &Emulator) -> anyhow::Result<Copied> {
    let mut tx = from.read(&Scope::System).await?;
    let tables = schema::tables(&mut tx).await?;
    let mut source = Source { tx, tables };
    let (id, owner) = (schedule.instance().as_str(), schedule.owner().as_str());
    let mut instance = source.rows("instances", "id", id).await?;
    let first = |texts: Vec<String>| texts.into_iter().next().unwrap_or_default();
    let is_sandbox = first(instance.texts("kind")) == "SANDBOX";
    let passage = emulator.passage(&first(instance.texts("amc_id")), is_sandbox);
    let passage = passage.context("the AMC emulator has no instance of this kind")?;
    instance.put("amc_id", &text(&passage.instance));
    instance.put("entity_id", &text(&passage.entity));
    instance.put("marketplace_id", &text(&passage.marketplace));

    let mut access = source.rows("instance_access", "instance_id", id).await?;
    let mut people = vec![owner.to_owned()];
    people.extend(access.texts("person_id").into_iter().filter(|person| person != owner).take(MOST_PEOPLE));
    let is_copied = |person: &str| people.iter().any(|one| one == person);
    access.keep("person_id", is_copied);
    let reaching: BTreeSet<String> = access.texts("connection_id").into_iter().collect();
    let person_rows = source.rows_of("people", "id", &people).await?;
    let mut connections = source.rows_of("connections", "person_id", &people).await?;
    if let Some(rows) = &mut connections {
        rows.keep("id", |connection| reaching.contains(connection));
        rows.keep_without("disconnected_at");
        for column in ["sealed_access", "sealed_refresh"] {
            rows.put(column, &text(""));
        }
        rows.put("state", &text("reconnect"));
        for column in ["refresh_at", "lease_until", "renewed_until"] {
            rows.put(column, &Value::Null(Kind::Time));
        }
    }
    let copied: BTreeSet<String> = connections.iter().flat_map(|rows| rows.texts("id")).collect();
    access.clear("connection_id", |connection| copied.contains(connection));
    let mut given = source.rows("access_grants", "instance_id", id).await?;
    given.keep("person_id", is_copied);
    given.clear("connection_id", |connection| copied.contains(connection));
    let mut entities = source.rows("instance_entities", "instance_id", id).await?;
    let mut seen = BTreeSet::new();
    entities.keep("connection_id", |connection| copied.contains(connection) && seen.insert(connection.to_owned()));
    entities.put("entity_id", &text(&passage.entity));
    entities.put("marketplace_id", &text(&passage.marketplace));
    let sources = source.rows("instance_sources", "instance_id", id).await?;
    let query = match schedule.query() {
        Some(query) => Some(query_rows(&mut source, query.as_str(), id).await?),
        None => None,
    };
    let mut subscriptions = source.rows("notice_subscriptions", "schedule_id", schedule.id().as_str()).await?;
    subscriptions.keep("person_id", is_copied);
    let preferences = source.rows("notice_preferences", "person_id", owner).await?;
    drop(source);

    let grants = grants(connections.as_ref());
    let mut filling = Filling::begin(to).await?;
    let parents = person_rows.into_iter().chain(connections).chain([instance]);
    for rows in parents.chain([access, given, entities, sources]).chain(query).chain([preferences]) {
        rows.write(&mut filling).await?;
    }
    filling.commit().await?;
    Ok(Copied { passage, connections: grants, subscriptions: vec![subscriptions] })
}

/// The query, at home on the instance of the schedule if it is at home on any.
async fn query_rows(source: &mut Source, query: &str, instance: &str) -> anyhow::Result<Excerpt> {
    let mut rows = source.rows("queries", "id", query).await?;
    for column in ["home_instance_id", "default_instance_id"] {
        rows.put(column, &text(instance));
    }
    Ok(rows)
}

fn grants(connections: Option<&Excerpt>) -> Vec<(PersonId, Region)> {
    let Some(rows) = connections else { return Vec::new() };
    let pairs = rows.texts("person_id").into_iter().zip(rows.texts("region"));
    pairs.filter_map(|(person, region)| person.parse().ok().zip(region.parse().ok())).collect()
}
