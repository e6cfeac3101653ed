//! Previous versions of queries.

use chrono::{DateTime, Utc};

use super::{placement, written};
use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{PersonId, QueryId};
use crate::queries::model::home::Placement;
use crate::queries::model::{Query, QueryInput};

/// Maximum number of versions of a query; the oldest are deleted.
const MOST: i64 = 500;

/// A saved state of a query, by whom and when.
#[derive(Clone, Debug)]
pub(in crate::queries) struct Version {
    pub(in crate::queries) revision: i64,
    pub(in crate::queries) written: QueryInput,
    pub(in crate::queries) placement: Placement,
    pub(in crate::queries) saved_by: String,
    pub(in crate::queries) saved_at: DateTime<Utc>,
}

impl From<Query> for Version {
    fn from(query: Query) -> Self {
        Self {
            revision: query.revision,
            saved_by: query.updated_by.clone(),
            saved_at: query.updated_at,
            placement: query.placement.clone(),
            written: query.into(),
        }
    }
}

impl FromRow for Version {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            revision: row.get("revision")?,
            written: written(row)?,
            placement: placement(row)?,
            saved_by: row.get("saver")?,
            saved_at: row.get("saved_at")?,
        })
    }
}

/// Stores a query's state at `revision`, before it is changed.
pub(super) async fn save(tx: &mut Tx, query: &QueryId, revision: i64) -> Result<()> {
    // Somebody who saves at the same moment stores the same version; only one of them changes the query.
    const KEEP: &str = "insert into query_versions (query_id, revision, name, description, tags, sql, fields, \
        run_window, privacy, saved_by, saved_at, home, home_instance_id, default_instance_id) select id, revision, \
        name, description, tags, sql, fields, run_window, privacy, updated_by, updated_at, home, home_instance_id, \
        default_instance_id from queries where id = $1 and revision = $2 \
        on conflict (query_id, revision) do nothing";
    const TRIM: &str = "delete from query_versions where query_id = $1 and revision <= $2";
    sql(KEEP).bind(query).bind(revision).execute(tx).await?;
    sql(TRIM).bind(query).bind(revision - MOST).execute(tx).await?;
    Ok(())
}

macro_rules! select {
    ($sql:literal, $rest:literal) => {
        concat!(
            "select v.revision, v.name, v.description, v.tags, ",
            $sql,
            " as sql, v.fields, v.run_window, v.privacy, v.saved_at, ",
            "v.home, v.home_instance_id, v.default_instance_id, coalesce(u.name, 'somebody else') as saver ",
            "from query_versions v join queries q on q.id = v.query_id ",
            with_role!(),
            "left join people u on u.id = v.saved_by where v.query_id = $2 and ",
            visible!(),
            $rest
        )
    };
}

/// The previous versions of a query, newest first; without the SQL.
pub(in crate::queries) async fn versions(tx: &mut Tx, person: &PersonId, query: &QueryId) -> Result<Vec<Version>> {
    const LIST: &str = select!("''", "order by v.revision desc");
    sql(LIST).bind(person).bind(query).cached().all(tx).await
}

/// One previous version, complete.
pub(in crate::queries) async fn version(
    tx: &mut Tx,
    person: &PersonId,
    query: &QueryId,
    revision: i64,
) -> Result<Version> {
    const FIND: &str = select!("v.sql", "and v.revision = $3");
    sql(FIND).bind(person).bind(query).bind(revision).cached().one(tx).await
}
