//! What a delivery is about: an execution with its window and its names.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::deliveries::model::Subject;
use crate::ids::{ExecutionId, InstanceId, PersonId};
use crate::queries::{WindowChoice, WindowKind};

/// The window from a row's columns.
pub(super) fn window(row: &Row) -> Result<WindowChoice> {
    let time = |column| -> Result<Option<chrono::NaiveDateTime>> {
        let text: Option<String> = row.get(column)?;
        Ok(text.and_then(|text| WindowChoice::read(&text)))
    };
    let zone: Tz = row.parsed("window_zone", |text| text.parse().ok())?;
    Ok(WindowChoice { kind: WindowKind::Explicit, start: time("window_start")?, end: time("window_end")?, zone })
}

/// The columns of [`window`] and of a subject.
macro_rules! subject_columns {
    () => {
        "e.query_name, coalesce(i.name, i.amc_name) as instance_name, e.created_at as started_at, e.window_start, \
         e.window_end, e.window_zone, \
         (e.state = 'succeeded' and e.result is not null and e.result_removed_at is null) as has_result"
    };
}

pub(super) use subject_columns;

/// A subject from a row that has these columns, for a schedule's slot or none.
pub(super) fn of_row(
    row: &Row,
    execution: ExecutionId,
    schedule_name: String,
    slot: Option<String>,
) -> Result<Subject> {
    Ok(Subject {
        execution,
        schedule_name,
        query_name: row.get("query_name")?,
        instance_name: row.get("instance_name")?,
        slot,
        created_at: row.get::<DateTime<Utc>>("started_at")?,
        window: window(row)?,
        has_result: row.get("has_result")?,
    })
}

struct Manual(Subject, InstanceId);

impl FromRow for Manual {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(of_row(row, row.get("id")?, String::new(), None)?, row.get("instance_id")?))
    }
}

/// An execution of an instance to which the person has access, and its instance.
pub(in crate::deliveries) async fn subject(
    tx: &mut Tx,
    person: &PersonId,
    id: &ExecutionId,
) -> Result<(Subject, InstanceId)> {
    const FIND: &str = concat!(
        "select e.id, e.instance_id, ",
        subject_columns!(),
        " from executions e join instances i on i.id = e.instance_id join instance_access a \
         on a.instance_id = e.instance_id and a.person_id = $1 where e.id = $2"
    );
    sql(FIND).bind(person).bind(id).one::<Manual>(tx).await.map(|Manual(subject, instance)| (subject, instance))
}
