//! Destinations, their settings and their secrets; for administrators and the program.

use chrono::{DateTime, Utc};

use super::{json_of, kind};
use crate::db::{FromRow, PageRange, Result, Row, Single, Statement, Tx, containing, sql};
use crate::deliveries::model::{Destination, DestinationKind, Place};
use crate::ids::{DestinationId, ScheduleId};

impl FromRow for Destination {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            kind: kind(row, "kind")?,
            created_at: row.get("created_at")?,
            created_by: row.get("created_by")?,
            updated_at: row.get("updated_at")?,
            updated_by: row.get("updated_by")?,
            deleted_at: row.get("deleted_at")?,
            rules: row.get("rules")?,
        })
    }
}

macro_rules! columns {
    () => {
        "d.id, d.name, d.kind, d.created_at, d.created_by, d.updated_at, d.updated_by, d.deleted_at, \
         (select count(*) from delivery_rules r join schedules s on s.id = r.schedule_id \
         where r.destination_id = d.id and r.deleted_at is null and s.deleted_at is null) as rules"
    };
}

/// Which destinations are listed.
#[derive(Clone, Debug, Default)]
pub(in crate::deliveries) struct DestinationFilter {
    /// Text that the name contains.
    pub text: String,
    pub kind: Option<DestinationKind>,
    /// Whether deleted ones are listed instead.
    pub deleted: bool,
}

macro_rules! listed {
    ($columns:expr, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from destinations d where ($1 = '' or lower(d.name) like lower($1) escape '\\') ",
            "and ($2 = '' or d.kind = $2) and (d.deleted_at is not null) = $3",
            $rest
        )
    };
}

fn filtered(text: &'static str, filter: &DestinationFilter) -> Statement {
    sql(text).bind(containing(&filter.text)).bind(filter.kind.map_or("", DestinationKind::name)).bind(filter.deleted)
}

/// How many destinations the filter finds, counted up to `most`.
pub(in crate::deliveries) async fn count_destinations(
    tx: &mut Tx,
    filter: &DestinationFilter,
    most: i64,
) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", " limit $4) as counted");
    filtered(COUNT, filter).bind(most).count(tx).await
}

/// A range of the destinations that the filter finds, by name.
pub(in crate::deliveries) async fn list_destinations(
    tx: &mut Tx,
    filter: &DestinationFilter,
    range: PageRange,
) -> Result<Vec<Destination>> {
    const LIST: &str = listed!(columns!(), " order by lower(d.name), d.id limit $4 offset $5");
    filtered(LIST, filter).bind(range.most).bind(range.skip).all(tx).await
}

/// A destination, deleted or not.
pub(in crate::deliveries) async fn destination(tx: &mut Tx, id: &DestinationId) -> Result<Destination> {
    const FIND: &str = concat!("select ", columns!(), " from destinations d where d.id = $1");
    sql(FIND).bind(id).one(tx).await
}

/// Whether another destination has this name.
pub(in crate::deliveries) async fn is_name_taken(tx: &mut Tx, name: &str, but: Option<&DestinationId>) -> Result<bool> {
    const FIND: &str = "select id as value from destinations where lower(name) = lower($1) and deleted_at is null \
        and ($2 is null or id <> $2)";
    let but = but.map(|id| id.as_str().to_owned());
    Ok(sql(FIND).bind(name).bind(but).optional::<Single<String>>(tx).await?.is_some())
}

/// Where a destination is, and its sealed secret.
pub(in crate::deliveries) async fn place(tx: &mut Tx, id: &DestinationId) -> Result<(Place, Option<String>)> {
    const FIND: &str = "select settings, sealed from destination_settings where destination_id = $1";
    struct Line(Place, Option<String>);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.json("settings")?, row.get("sealed")?))
        }
    }
    sql(FIND).bind(id).one::<Line>(tx).await.map(|Line(place, sealed)| (place, sealed))
}

/// Adds a destination.
pub(in crate::deliveries) async fn add_destination(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (id, name, kind): (&DestinationId, &str, DestinationKind),
    (place, sealed): (&Place, Option<&str>),
    who: &str,
) -> Result<()> {
    const ADD: &str = "insert into destinations (id, name, kind, created_at, created_by, updated_at, updated_by) \
        values ($1, $2, $3, $4, $5, $4, $5)";
    const SETTINGS: &str = "insert into destination_settings (destination_id, settings, sealed) values ($1, $2, $3)";
    sql(ADD).bind(id).bind(name).bind(kind.name()).bind(now).bind(who).execute(tx).await?;
    sql(SETTINGS).bind(id).bind(json_of(place)).bind(sealed.map(str::to_owned)).execute(tx).await.map(drop)
}

/// Changes a destination; its kind stays.
pub(in crate::deliveries) async fn change_destination(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (id, name): (&DestinationId, &str),
    (place, sealed): (&Place, Option<&str>),
    who: &str,
) -> Result<()> {
    const CHANGE: &str = "update destinations set name = $2, updated_at = $3, updated_by = $4 where id = $1";
    const SETTINGS: &str = "update destination_settings set settings = $2, sealed = $3 where destination_id = $1";
    sql(CHANGE).bind(id).bind(name).bind(now).bind(who).execute(tx).await?;
    sql(SETTINGS).bind(id).bind(json_of(place)).bind(sealed.map(str::to_owned)).execute(tx).await.map(drop)
}

/// Deletes or restores a destination; says whether that changed anything.
pub(in crate::deliveries) async fn bin_destination(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &DestinationId,
    is_deleted: bool,
) -> Result<bool> {
    const DELETE: &str = "update destinations set deleted_at = $2 where id = $1 and deleted_at is null";
    const RESTORE: &str = "update destinations set deleted_at = null, updated_at = $2 where id = $1 \
        and deleted_at is not null";
    Ok(sql(if is_deleted { DELETE } else { RESTORE }).bind(id).bind(now).execute(tx).await? == 1)
}

/// A schedule whose results go to a destination.
#[derive(Clone, Debug)]
pub(in crate::deliveries) struct Use {
    pub schedule: ScheduleId,
    pub name: String,
    pub rules: i64,
}

impl FromRow for Use {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { schedule: row.get("id")?, name: row.get("name")?, rules: row.get("rules")? })
    }
}

/// The schedules whose results go to a destination, at most `most`.
pub(in crate::deliveries) async fn uses(tx: &mut Tx, id: &DestinationId, most: i64) -> Result<Vec<Use>> {
    const LIST: &str = "select s.id, s.name, count(*) as rules from delivery_rules r join schedules s \
        on s.id = r.schedule_id where r.destination_id = $1 and r.deleted_at is null and s.deleted_at is null \
        group by s.id, s.name order by lower(s.name), s.id limit $2";
    sql(LIST).bind(id).bind(most).all(tx).await
}

/// All sealed secrets. There are as many as destinations.
pub(in crate::deliveries) async fn sealed_secrets(tx: &mut Tx) -> Result<Vec<(DestinationId, String)>> {
    const LIST: &str = "select destination_id, sealed from destination_settings where sealed is not null \
        order by destination_id";
    struct Line(DestinationId, String);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("destination_id")?, row.get("sealed")?))
        }
    }
    Ok(sql(LIST).all::<Line>(tx).await?.into_iter().map(|Line(id, sealed)| (id, sealed)).collect())
}

/// Writes a secret under another seal, unless somebody has stored a new one; says whether it did.
pub(in crate::deliveries) async fn seal_again(
    tx: &mut Tx,
    id: &DestinationId,
    was: &str,
    sealed: &str,
) -> Result<bool> {
    const SEAL: &str = "update destination_settings set sealed = $3 where destination_id = $1 and sealed = $2";
    Ok(sql(SEAL).bind(id).bind(was).bind(sealed).execute(tx).await? == 1)
}
