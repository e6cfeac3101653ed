//! The table of saved filters.

use chrono::{DateTime, Utc};

use crate::db::{Error, FromRow, Result, Row, Tx, sql};
use crate::ids::{FilterId, PersonId};

/// A saved filter.
#[derive(Clone, Debug)]
pub(super) struct SavedFilter {
    pub(super) id: FilterId,
    pub(super) name: String,
    /// In address form, without a `?`.
    pub(super) query: String,
    /// Whether everyone can see it.
    pub(super) is_shared: bool,
    /// Whether it is the reader's own.
    pub(super) is_own: bool,
    /// The owner's name.
    pub(super) owner: String,
}

impl FromRow for SavedFilter {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            query: row.get("query")?,
            is_shared: row.get("shared")?,
            is_own: row.get::<String>("is_own")? == "yes",
            owner: row.get("owner")?,
        })
    }
}

/// The filters visible to a person: their own first, then shared ones.
pub(super) async fn filters(tx: &mut Tx, person: &PersonId) -> Result<Vec<SavedFilter>> {
    const LIST: &str = "select f.id, f.name, f.query, f.shared, coalesce(p.name, 'somebody else') as owner, \
        case when f.person_id = $1 then 'yes' else 'no' end as is_own from source_filters f \
        left join people p on p.id = f.person_id where f.person_id = $1 or f.shared \
        order by case when f.person_id = $1 then 0 else 1 end, lower(f.name), f.id limit 200";
    sql(LIST).bind(person).all(tx).await
}

/// The number of a person's filters.
pub(super) async fn own_filters(tx: &mut Tx, person: &PersonId) -> Result<i64> {
    const COUNT: &str = "select count(*) as value from source_filters where person_id = $1";
    sql(COUNT).bind(person).count(tx).await
}

/// Stores a filter of a person, overwriting the one with the same name.
pub(super) async fn save_filter(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    filter: &SavedFilter,
) -> Result<()> {
    const KEEP: &str = "insert into source_filters (id, person_id, name, query, shared, created_at) \
        values ($1, $2, $3, $4, $5, $6) on conflict (person_id, name) do update set query = excluded.query, \
        shared = excluded.shared";
    let statement = sql(KEEP).bind(&filter.id).bind(person).bind(&filter.name).bind(&filter.query);
    statement.bind(filter.is_shared).bind(now).execute(tx).await?;
    Ok(())
}

/// Deletes one of a person's own filters; `Missing` if it isn't theirs.
pub(super) async fn delete_filter(tx: &mut Tx, person: &PersonId, id: &FilterId) -> Result<()> {
    const DELETE: &str = "delete from source_filters where id = $2 and person_id = $1";
    match sql(DELETE).bind(person).bind(id).execute(tx).await? {
        0 => Err(Error::Missing),
        _ => Ok(()),
    }
}
