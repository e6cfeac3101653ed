//! The data source lists of instances, and the catalogs built from them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::amazon;
use crate::amcsql::catalogue::Catalogue;
use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::ids::{InstanceId, PersonId, Random};
use crate::instances::{catalogue as listed, changes};

/// Lists that are kept in their stored form; each takes some megabytes of memory.
const MOST_CONVERSIONS: usize = 4;

/// The revision of an instance's list: its digest, or for a list without a digest, when it was read.
fn revision(row: &Row) -> Result<String> {
    let digest: Option<String> = row.get("digest")?;
    let of_its_own = || Ok(format!("{} {}", row.get::<String>("instance_id")?, row.get::<DateTime<Utc>>("read_at")?));
    digest.map_or_else(of_its_own, Ok)
}

struct Revision(String);

impl FromRow for Revision {
    fn from_row(row: &Row) -> Result<Self> {
        revision(row).map(Self)
    }
}

/// A list with its revision, from one statement: another process may write a new one between two.
struct Listed(String, Value);

impl FromRow for Listed {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(revision(row)?, row.get("sources")?))
    }
}

/// A person's instance, with the revision of its data sources.
#[derive(Clone, Debug)]
pub struct Listing {
    pub id: InstanceId,
    pub name: String,
    pub account: String,
    /// Whether the person hid it.
    pub is_hidden: bool,
    /// Equal for equal lists; `None` if the list was never read.
    pub revision: Option<String>,
    /// When the list was last read.
    pub read_at: Option<DateTime<Utc>>,
}

impl FromRow for Listing {
    fn from_row(row: &Row) -> Result<Self> {
        let read_at: Option<DateTime<Utc>> = row.get("read_at")?;
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            account: row.get("account_name")?,
            is_hidden: row.get::<Option<DateTime<Utc>>>("hidden_at")?.is_some(),
            revision: if read_at.is_some() { Some(revision(row)?) } else { None },
            read_at,
        })
    }
}

/// The instances of a person, each with the revision of its data sources: one statement that shows whether values
/// computed from the lists are current.
pub async fn listings(tx: &mut Tx, person: &PersonId) -> Result<Vec<Listing>> {
    const LIST: &str = "select i.id, coalesce(i.name, i.amc_name) as name, i.account_name, a.hidden_at, \
        s.instance_id, s.digest, s.read_at from instance_access a join instances i on i.id = a.instance_id \
        left join instance_sources s on s.instance_id = i.id where a.person_id = $1 \
        and ($2 = '' or $2 like '%,' || i.id || ',%') order by lower(i.account_name), lower(i.amc_name), i.id";
    sql(LIST).bind(person).bind(tx.within()).all(tx).await
}

/// The data sources of an instance; the documented ones if its list was never read. Parsing a list takes tens of
/// milliseconds, so it is parsed once for all instances with the same list.
pub async fn catalogue(tx: &mut Tx, id: &InstanceId) -> Result<Arc<Catalogue>> {
    const REVISION: &str = "select instance_id, digest, read_at from instance_sources where instance_id = $1";
    const FIND: &str = "select instance_id, digest, read_at, sources from instance_sources where instance_id = $1";
    let Some(Revision(revision)) = sql(REVISION).bind(id).optional(tx).await? else {
        return Ok(Arc::clone(Catalogue::standard()));
    };
    if let Some(known) = tx.shared(&revision) {
        return Ok(known);
    }
    let Listed(revision, kept) = sql(FIND).bind(id).one(tx).await?;
    let catalogue = listed::from_json(&kept);
    // OK because an empty list means that the answer wasn't understood.
    if catalogue.sources().is_empty() {
        return Ok(Arc::clone(Catalogue::standard()));
    }
    Ok(tx.share(revision, catalogue))
}

/// A list with its stored form.
#[derive(Debug)]
struct Converted {
    sources: Vec<amazon::DataSource>,
    datasets: Option<String>,
    listed: Value,
    digest: String,
}

/// Converts a list to its stored form. The last ones are cached for the process: most instances have the same list, and
/// converting one takes tens of milliseconds.
fn converted(sources: &[amazon::DataSource], datasets: Option<&str>) -> Arc<Converted> {
    static CACHE: Mutex<VecDeque<Arc<Converted>>> = Mutex::new(VecDeque::new());
    let cache = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |one: &&Arc<Converted>| one.datasets.as_deref() == datasets && one.sources == sources;
    if let Some(converted) = cache().iter().find(is_it) {
        return Arc::clone(converted);
    }
    let listed = listed::to_json(sources, datasets);
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(listed.to_string()));
    let (sources, datasets) = (sources.to_vec(), datasets.map(str::to_owned));
    let converted = Arc::new(Converted { sources, datasets, listed, digest });
    let mut cache = cache();
    cache.truncate(MOST_CONVERSIONS - 1);
    cache.push_front(Arc::clone(&converted));
    converted
}

/// Stores an instance's data sources and the changes since the last read; returns the number of changes.
pub(in crate::instances) async fn save_sources(
    tx: &mut Tx,
    random: &Random,
    (id, now): (&InstanceId, DateTime<Utc>),
    sources: &[amazon::DataSource],
) -> Result<usize> {
    const KNOWN: &str = "select digest as value from instance_sources where instance_id = $1";
    const SAME: &str = "update instance_sources set read_at = $2 where instance_id = $1";
    const BEFORE: &str = "select sources as value from instance_sources where instance_id = $1";
    const COPY: &str = "insert into instance_sources (instance_id, sources, digest, read_at) \
        select $1, sources, digest, $3 from instance_sources \
        where instance_id = (select instance_id from instance_sources where digest = $2 limit 1) \
        on conflict (instance_id) do update set sources = excluded.sources, digest = excluded.digest, \
        read_at = excluded.read_at";
    const KEEP: &str = "insert into instance_sources (instance_id, sources, digest, read_at) values ($1, $2, $3, $4) \
        on conflict (instance_id) do update set sources = excluded.sources, digest = excluded.digest, \
        read_at = excluded.read_at";
    const DATASETS: &str = "select datasets as value from instances where id = $1";
    let datasets: Option<String> = sql(DATASETS).bind(id).value(tx).await?;
    let converted = converted(sources, datasets.as_deref());
    let digest = &converted.digest;
    let known = sql(KNOWN).bind(id).optional::<Single<Option<String>>>(tx).await?;
    // The usual case, in which a list of a megabyte is neither parsed nor written again.
    if known.as_ref().is_some_and(|Single(known)| known.as_ref() == Some(digest)) {
        sql(SAME).bind(id).bind(now).execute(tx).await?;
        return Ok(0);
    }
    let mut changes = Vec::new();
    if known.is_some() {
        let before: Value = sql(BEFORE).bind(id).value(tx).await?;
        changes = changes::between(&before, &converted.listed);
    }
    super::changes::note(tx, random, id, now, &changes).await?;
    // Another instance may have the same list.
    if sql(COPY).bind(id).bind(digest).bind(now).execute(tx).await? == 0 {
        sql(KEEP).bind(id).bind(converted.listed.clone()).bind(digest).bind(now).execute(tx).await?;
    }
    Ok(changes.len())
}
