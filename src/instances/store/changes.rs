//! Changes of instances' data sources over time.

use chrono::{DateTime, Utc};

use crate::db::{FromRow, PageRange, Result, Row, Tx, sql};
use crate::ids::{ChangeId, InstanceId, PersonId, Random};
use crate::instances::changes::{ChangeKind, SourceChange};

/// Maximum number of changes kept per instance; the oldest are deleted.
const MOST: i64 = 5_000;

/// A change on one of a person's instances.
#[derive(Clone, Debug)]
pub struct InstanceChange {
    pub instance: InstanceId,
    pub instance_name: String,
    pub change: SourceChange,
    /// When the new list was read.
    pub seen_at: DateTime<Utc>,
}

impl FromRow for InstanceChange {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            change: SourceChange {
                source: row.get("source")?,
                column: row.get("column_name")?,
                // OK because the table's check constraint allows no other.
                kind: ChangeKind::parse(&row.get::<String>("change")?).unwrap_or(ChangeKind::Added),
                replacement: row.get("replacement")?,
                is_certain: row.get("certain")?,
                note: row.get("note")?,
            },
            seen_at: row.get("seen_at")?,
        })
    }
}

/// The changes on a person's instances, latest first.
pub async fn source_changes(tx: &mut Tx, person: &PersonId, range: PageRange) -> Result<Vec<InstanceChange>> {
    const LIST: &str = "select c.instance_id, coalesce(i.name, i.amc_name) as instance_name, c.source, c.column_name, \
        c.change, c.replacement, c.certain, c.note, c.seen_at from source_changes c \
        join instance_access a on a.instance_id = c.instance_id and a.person_id = $1 \
        join instances i on i.id = c.instance_id where a.hidden_at is null \
        order by c.seen_at desc, c.source, c.column_name, c.id limit $2 offset $3";
    sql(LIST).bind(person).bind(range.most).bind(range.skip).all(tx).await
}

/// Stores the changes found by a read.
pub(super) async fn note(
    tx: &mut Tx,
    random: &Random,
    instance: &InstanceId,
    now: DateTime<Utc>,
    changes: &[SourceChange],
) -> Result<()> {
    const NOTE: &str = "insert into source_changes (id, instance_id, source, column_name, change, replacement, certain, \
        note, seen_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    const TRIM: &str = "delete from source_changes where instance_id = $1 and id not in (select c.id from \
        source_changes c where c.instance_id = $1 order by c.seen_at desc, c.id desc limit $2)";
    for change in changes {
        sql(NOTE)
            .bind(&random.id::<ChangeId>(now))
            .bind(instance)
            .bind(&change.source)
            .bind(&change.column)
            .bind(change.kind.name())
            .bind(change.replacement.clone())
            .bind(change.is_certain)
            .bind(&change.note)
            .bind(now)
            .execute(tx)
            .await?;
    }
    if !changes.is_empty() {
        sql(TRIM).bind(instance).bind(MOST).execute(tx).await?;
    }
    Ok(())
}
