//! The list of backfills.

use chrono::{DateTime, NaiveDate, Utc};

use super::day;
use crate::db::{FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::{BackfillId, PersonId, ScheduleId};
use crate::schedules::backfill::Stage;

/// The filter of the list.
#[derive(Clone, Debug, Default)]
pub(in crate::schedules) struct BackfillFilter {
    pub text: String,
    pub schedule: Option<ScheduleId>,
    pub state: Option<Stage>,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub(in crate::schedules) struct BackfillLine {
    pub id: BackfillId,
    pub name: String,
    pub instance_name: String,
    pub owner_name: String,
    pub first: NaiveDate,
    pub last: NaiveDate,
    pub state: Stage,
    /// The number of windows with a result, of failed windows, and of all windows.
    pub done: i64,
    pub failed: i64,
    pub all: i64,
    pub created_at: DateTime<Utc>,
}

impl FromRow for BackfillLine {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            instance_name: row.get("instance_name")?,
            owner_name: row.get("owner_name")?,
            first: day(row, "first_day")?,
            last: day(row, "last_day")?,
            state: row.parsed("state", Stage::parse)?,
            done: row.get("done")?,
            failed: row.get("failed")?,
            all: row.get("windows")?,
            created_at: row.get("created_at")?,
        })
    }
}

macro_rules! listed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from backfills b join instances i on i.id = b.instance_id ",
            "join instance_access a on a.instance_id = b.instance_id and a.person_id = $1 ",
            "left join people o on o.id = b.owner_id where ($2 is null or b.schedule_id = $2) and ($3 = '' or b.state = $3) ",
            "and ($4 = '' or lower(b.name || ' ' || coalesce(o.name, '')) like lower($4) escape '\\')",
            $rest
        )
    };
}

fn filtered(text: &'static str, person: &PersonId, filter: &BackfillFilter) -> Statement {
    sql(text)
        .bind(person)
        .bind(filter.schedule.as_ref())
        .bind(filter.state.map_or("", Stage::name))
        .bind(containing(&filter.text))
}

/// The number of backfills that match the filter, counted up to `most`.
pub(in crate::schedules) async fn count_backfills(
    tx: &mut Tx,
    person: &PersonId,
    filter: &BackfillFilter,
    most: i64,
) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", " limit $5) as counted");
    filtered(COUNT, person, filter).bind(most).count(tx).await
}

/// A range of the backfills that match the filter, newest first.
pub(in crate::schedules) async fn backfills(
    tx: &mut Tx,
    person: &PersonId,
    filter: &BackfillFilter,
    range: PageRange,
) -> Result<Vec<BackfillLine>> {
    const LIST: &str = listed!(
        "b.id, b.name, coalesce(i.name, i.amc_name) as instance_name, coalesce(o.name, 'somebody else') as owner_name, \
         b.first_day, b.last_day, b.state, b.created_at, \
         (select count(*) from backfill_windows w where w.backfill_id = b.id) as windows, \
         (select count(*) from backfill_windows w where w.backfill_id = b.id and w.state = 'failed') as failed, \
         (select count(*) from backfill_windows w where w.backfill_id = b.id and w.state in ('succeeded', 'present')) \
         as done",
        " order by b.created_at desc, b.id desc limit $5 offset $6"
    );
    filtered(LIST, person, filter).bind(range.most).bind(range.skip).all(tx).await
}
