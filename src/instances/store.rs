//! The tables of instances, access, surveys and data source lists.

mod access;
mod activity;
pub(super) mod brands;
mod changes;
mod entities;
mod people;
mod sources;
mod surveys;

use chrono::{DateTime, Utc};

pub(super) use activity::{adopted, search_problem, waiting};
pub use changes::{InstanceChange, source_changes};
pub use entities::{Address, Pair};
pub(super) use entities::{forget_unlisted, unanswered};
pub use surveys::is_looking;
pub(super) use surveys::{
    Account, AccountState, Candidate, Outcome, Progress, Said, account_asked, ask_again, connection_of, in_hand,
    list_accounts, next_account, plan_surveys, postponed, progress, surveyed, surveys,
};

pub(super) use access::{Ended, Withdrawn, end_due, end_of_grace, next_end, withdraw};
pub use access::{Given, disconnect, give, revoke, revoke_all};
pub use people::{
    Colleague, ColleagueFilter, NamedInstance, PersonGrant, colleagues, count_people_of, forget_survey, grants_of,
    named, people_of, reached_by,
};
pub(super) use sources::save_sources;
pub use sources::{Listing, catalogue, listings};

use super::labels;
use super::model::{Found, Instance, Role, Source};
use super::slots::takes_slot;
use crate::amazon::{AmcInstanceId, EntityId, MarketplaceId, Region};
use crate::db::{Error, FromRow, PageRange, Result, Row, Single, Statement, Tx, containing, sql};
use crate::ids::{ConnectionId, InstanceId, PersonId, Random};

impl FromRow for Instance {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            amc_id: row.get::<AmcInstanceId>("amc_id")?,
            region: row.get::<Region>("region")?,
            entity: row.get::<EntityId>("entity_id")?,
            marketplace: row.get::<MarketplaceId>("marketplace_id")?,
            own_name: row.get("name")?,
            amc_name: row.get("amc_name")?,
            account_name: row.get("account_name")?,
            customer_name: row.get("customer_name")?,
            is_sandbox: row.get::<String>("kind")? == "SANDBOX",
            creation_status: row.get("creation_status")?,
            seen_at: row.get("seen_at")?,
            connection: row.get("connection_id")?,
            role: Role::parse(&row.get::<String>("role")?),
            source: Source::parse(&row.get::<String>("source")?),
            ends_at: row.get("ends_at")?,
            is_unlisted: row.get("is_unlisted")?,
            is_hidden: row.get::<Option<DateTime<Utc>>>("hidden_at")?.is_some(),
            is_starred: row.get::<Option<DateTime<Utc>>>("starred_at")?.is_some(),
            labels: labels::kept(&row.get::<String>("labels")?),
            slots_in_use: row.get("slots_in_use")?,
        })
    }
}

/// The filter of a person's list of instances.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Text in the names or ids.
    pub text: String,
    /// Hidden instances instead of active ones.
    pub hidden: bool,
    pub region: Option<Region>,
    /// Only sandboxes, or only others.
    pub is_sandbox: Option<bool>,
    /// Those with this label; empty for all.
    pub label: String,
    /// Only starred ones.
    pub starred: bool,
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "select i.id, i.amc_id, i.region, i.entity_id, i.marketplace_id, i.name, i.amc_name, i.account_name, ",
            "i.customer_name, i.kind, i.creation_status, i.seen_at, a.connection_id, a.role, a.source, \
             a.ends_at, a.hidden_at, a.starred_at, i.labels, ",
            "exists (select 1 from access_grants g where g.instance_id = i.id and g.person_id = a.person_id ",
            "and g.missing_since is not null) as is_unlisted, ",
            "(select count(*) from executions e where e.instance_id = i.id ",
            "and ",
            takes_slot!("e."),
            ") as slots_in_use ",
            "from instances i join instance_access a on a.instance_id = i.id where a.person_id = $1 ",
            $rest
        )
    };
}

macro_rules! filtered {
    ($rest:literal) => {
        concat!(
            "and (a.hidden_at is not null) = $2 and ($3 = '' or lower(coalesce(i.name, '') || ' ' || i.amc_name || ' ' ",
            "|| i.account_name || ' ' || coalesce(i.customer_name, '') || ' ' || i.amc_id || ' ' || i.entity_id) ",
            "like lower($3) escape '\\') and ($4 is null or i.region = $4) ",
            "and ($5 is null or (i.kind = 'SANDBOX') = $5) ",
            "and ($6 = '' or lower(',' || i.labels || ',') like lower($6) escape '\\') ",
            "and (a.starred_at is not null or $7 = false) ",
            "and ($8 = '' or $8 like '%,' || i.id || ',%') ",
            $rest
        )
    };
}

fn filtered(text: &'static str, tx: &Tx, person: &PersonId, filter: &Filter) -> Statement {
    sql(text)
        .bind(person)
        .bind(filter.hidden)
        .bind(containing(&filter.text))
        .bind(filter.region)
        .bind(filter.is_sandbox)
        .bind(if filter.label.is_empty() { String::new() } else { containing(&format!(",{},", filter.label)) })
        .bind(filter.starred)
        .bind(tx.within())
}

/// A person's filtered instances, by account, customer and name.
pub async fn list(tx: &mut Tx, person: &PersonId, filter: &Filter) -> Result<Vec<Instance>> {
    page(tx, person, filter, PageRange::first(i64::MAX)).await
}

/// A range of them.
pub async fn page(tx: &mut Tx, person: &PersonId, filter: &Filter, range: PageRange) -> Result<Vec<Instance>> {
    const LIST: &str = select!(filtered!(
        "order by case when a.starred_at is null then 1 else 0 end, lower(i.account_name), lower(i.amc_name), i.id limit $9 offset $10"
    ));
    filtered(LIST, tx, person, filter).bind(range.most).bind(range.skip).cached().all(tx).await
}

/// The number of a person's filtered instances, counted up to `most`.
pub(super) async fn count(tx: &mut Tx, person: &PersonId, filter: &Filter, most: i64) -> Result<i64> {
    const COUNT: &str = concat!(
        "select count(*) as value from (select 1 as one from instances i \
         join instance_access a on a.instance_id = i.id where a.person_id = $1 ",
        filtered!("limit $9) as counted")
    );
    filtered(COUNT, tx, person, filter).bind(most).cached().count(tx).await
}

/// One of a person's instances; [`Error::Missing`] if they have no access.
pub async fn find(tx: &mut Tx, person: &PersonId, id: &InstanceId) -> Result<Instance> {
    const FIND: &str = select!("and i.id = $2");
    if !tx.reaches(id) {
        return Err(Error::Missing);
    }
    sql(FIND).bind(person).bind(id).cached().one(tx).await
}

/// Names of at most three managers of an instance, without `but`.
pub(super) async fn managers(tx: &mut Tx, id: &InstanceId, but: &PersonId) -> Result<Vec<String>> {
    const MANAGERS: &str = "select p.name as value from instance_access a join people p on p.id = a.person_id \
        where a.instance_id = $1 and a.role = 'manager' and p.id <> $2 order by lower(p.name), p.id limit 3";
    Ok(sql(MANAGERS)
        .bind(id)
        .bind(but)
        .cached()
        .all::<Single<String>>(tx)
        .await?
        .into_iter()
        .map(|Single(name)| name)
        .collect())
}

/// Sets the instance's own name; an empty name removes it.
pub(super) async fn rename(tx: &mut Tx, id: &InstanceId, name: &str) -> Result<()> {
    const RENAME: &str = "update instances set name = $2 where id = $1";
    let name = if name.is_empty() { None } else { Some(name) };
    sql(RENAME).bind(id).bind(name).execute(tx).await?;
    Ok(())
}

/// Hides an instance from a person's list, or shows it again.
pub(super) async fn hide(tx: &mut Tx, person: &PersonId, id: &InstanceId, at: Option<DateTime<Utc>>) -> Result<()> {
    const HIDE: &str = "update instance_access set hidden_at = $3 where person_id = $1 and instance_id = $2";
    match sql(HIDE).bind(person).bind(id).bind(at).execute(tx).await? {
        0 => Err(Error::Missing),
        _ => Ok(()),
    }
}

/// Sets the labels of an instance, for everyone with access.
pub(super) async fn set_labels(tx: &mut Tx, id: &InstanceId, of_all: &[String]) -> Result<()> {
    const LABEL: &str = "update instances set labels = $2 where id = $1";
    sql(LABEL).bind(id).bind(labels::stored(of_all)).execute(tx).await?;
    Ok(())
}

/// The distinct labels of a person's active instances, sorted.
pub(super) async fn all_labels(tx: &mut Tx, person: &PersonId) -> Result<Vec<String>> {
    const LABELS: &str = "select distinct i.labels as value from instances i \
        join instance_access a on a.instance_id = i.id where a.person_id = $1 and i.labels <> ''";
    let kept = sql(LABELS).bind(person).all::<Single<String>>(tx).await?;
    let mut all: Vec<String> = kept.iter().flat_map(|Single(text)| labels::kept(text)).collect();
    all.sort_by_key(|label| label.to_lowercase());
    all.dedup_by_key(|label| label.to_lowercase());
    Ok(all)
}

/// Sets or removes a person's star.
pub(super) async fn star(tx: &mut Tx, person: &PersonId, id: &InstanceId, at: Option<DateTime<Utc>>) -> Result<()> {
    const STAR: &str = "update instance_access set starred_at = $3 where person_id = $1 and instance_id = $2";
    match sql(STAR).bind(person).bind(id).bind(at).execute(tx).await? {
        0 => Err(Error::Missing),
        _ => Ok(()),
    }
}

/// Stores an instance that Amazon listed for a person, with access through `connection`. Amazon's names are updated
/// each time; the name given here stays.
pub(super) async fn save(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    person: &PersonId,
    connection: &ConnectionId,
    found: &Found,
    added_by: &'static str,
) -> Result<InstanceId> {
    const KEEP: &str = "insert into instances (id, region, amc_id, entity_id, marketplace_id, amc_name, account_name, \
        customer_name, kind, creation_status, added_by, seen_at, created_at, datasets) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13) on conflict (region, amc_id) do update set \
        amc_name = excluded.amc_name, customer_name = excluded.customer_name, kind = excluded.kind, \
        creation_status = excluded.creation_status, seen_at = excluded.seen_at, \
        datasets = coalesce(excluded.datasets, instances.datasets) returning id as value";
    let id: InstanceId = sql(KEEP)
        .bind(&random.id::<InstanceId>(now))
        .bind(found.region)
        .bind(&found.amc_id)
        .bind(&found.entity)
        .bind(&found.marketplace)
        .bind(&found.amc_name)
        .bind(&found.account_name)
        .bind(found.customer_name.clone())
        .bind(if found.is_sandbox { "SANDBOX" } else { "STANDARD" })
        .bind(&found.creation_status)
        .bind(added_by)
        .bind(now)
        .bind(found.datasets.clone())
        .value(tx)
        .await?;
    entities::save(tx, now, &id, connection, found).await?;
    access::confirm(tx, now, person, connection, &id, added_by == "discovery").await?;
    Ok(id)
}

/// Instances of a connection whose data sources were read before `before`, or never.
pub(super) async fn without_sources(
    tx: &mut Tx,
    connection: &ConnectionId,
    before: DateTime<Utc>,
) -> Result<Vec<Instance>> {
    const LIST: &str = "select i.id, i.amc_id, i.region, i.entity_id, i.marketplace_id, i.name, i.amc_name, \
        i.account_name, i.customer_name, i.kind, i.creation_status, i.seen_at, a.connection_id, a.role, a.source, \
        a.ends_at, a.hidden_at, a.starred_at, i.labels, cast(0 as bigint) as slots_in_use, \
        false as is_unlisted from instances i \
        join instance_access a on a.instance_id = i.id left join instance_sources s on s.instance_id = i.id \
        where a.connection_id = $1 and (s.read_at is null or s.read_at < $2) order by i.id";
    sql(LIST).bind(connection).bind(before).all(tx).await
}
