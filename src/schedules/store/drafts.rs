//! Unsaved input of the schedule form: one draft per person and subject.

use chrono::{DateTime, TimeDelta, Utc};

use super::json_of;
use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::PersonId;
use crate::web::Fields;

/// Drafts unchanged for this long are deleted when their owner stores another one.
const KEPT: TimeDelta = TimeDelta::days(90);

#[derive(Clone, Debug)]
pub(in crate::schedules) struct FormDraft {
    pub fields: Vec<(String, String)>,
    pub updated_at: DateTime<Utc>,
}

impl FromRow for FormDraft {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { fields: row.json("fields")?, updated_at: row.get("updated_at")? })
    }
}

/// A person's draft for this subject: `query:qry_…`, `execution:exe_…` or `schedule:sch_…`.
pub(in crate::schedules) async fn draft(tx: &mut Tx, person: &PersonId, subject: &str) -> Result<Option<FormDraft>> {
    const FIND: &str = "select fields, updated_at from schedule_drafts where person_id = $1 and subject = $2";
    sql(FIND).bind(person).bind(subject).optional(tx).await
}

/// Stores the current input of a form.
pub(in crate::schedules) async fn keep_draft(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    subject: &str,
    fields: &Fields,
) -> Result<()> {
    const KEEP: &str = "insert into schedule_drafts (person_id, subject, fields, updated_at) values ($1, $2, $3, $4) \
        on conflict (person_id, subject) do update set fields = excluded.fields, updated_at = excluded.updated_at";
    const FORGET: &str = "delete from schedule_drafts where person_id = $1 and updated_at < $2";
    sql(FORGET).bind(person).bind(now - KEPT).execute(tx).await?;
    let pairs: Vec<(&str, &str)> = fields.iter().collect();
    sql(KEEP).bind(person).bind(subject).bind(json_of(&pairs)).bind(now).execute(tx).await.map(drop)
}

/// Deletes a draft; returns the number of deleted rows.
pub(in crate::schedules) async fn drop_draft(tx: &mut Tx, person: &PersonId, subject: &str) -> Result<u64> {
    const DROP: &str = "delete from schedule_drafts where person_id = $1 and subject = $2";
    sql(DROP).bind(person).bind(subject).execute(tx).await
}
