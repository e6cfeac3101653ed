//! Names what runs a saved query, for the pages on which the query is deleted.

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::store;
use crate::db::{self, PageRange, Tx};
use crate::ids::QueryId;
use crate::web::Person;
use crate::web::room::Hit;

/// The schedules and backfills that may still start executions of the query, and the person's unsaved schedule of it.
pub(super) fn of_query<'a>(
    tx: &'a mut Tx,
    person: &'a Person,
    id: &'a str,
    range: PageRange,
) -> BoxFuture<'a, db::Result<Vec<Hit>>> {
    found(tx, person, id, range).boxed()
}

async fn found(tx: &mut Tx, person: &Person, id: &str, range: PageRange) -> db::Result<Vec<Hit>> {
    let Ok(query) = id.parse::<QueryId>() else { return Ok(Vec::new()) };
    let mut hits = Vec::new();
    for (id, name, state) in store::open_schedules(tx, &person.id, &query, range.most).await? {
        hits.push(Hit {
            href: format!("/schedules/{id}"),
            title: name,
            note: format!("schedule, {}", state.label().to_lowercase()),
        });
    }
    for (id, name, stage) in store::open_backfills(tx, &person.id, &query, range.most).await? {
        hits.push(Hit {
            href: format!("/schedules/backfills/{id}"),
            title: name,
            note: format!("backfill, {}", stage.label().to_lowercase()),
        });
    }
    if store::draft(tx, &person.id, &format!("query:{query}")).await?.is_some() {
        hits.push(Hit {
            href: format!("/schedules/new?query={query}"),
            title: "Your unsaved schedule".to_owned(),
            note: "draft".to_owned(),
        });
    }
    Ok(hits)
}
