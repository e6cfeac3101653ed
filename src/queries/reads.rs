//! What a query reads, and saving a changed text as its next version: for rooms that handle changed columns.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::model::fields::FieldDef;
use super::model::{Query, QueryInput};
use super::pages::for_change;
use super::source_map::SourceMap;
use super::store;
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::finding::Level;
use crate::amcsql::template::{self, Value};
use crate::amcsql::{Context, Use, check, uses};
use crate::db::Tx;
use crate::ids::{PersonId, QueryId};
use crate::web;

/// The sources and columns that a text reads, with their positions; its `{{name}}` are filled with samples of their
/// types. Names that come from a value have no position and are omitted.
pub fn reads(sql: &str, fields: &[FieldDef], catalogue: &Catalogue) -> Vec<Use> {
    let samples: BTreeMap<String, Value> = fields.iter().map(|field| (field.name.clone(), field.sample())).collect();
    let filled = template::sample(sql, &samples);
    let map = SourceMap::from(&filled);
    let placed = |it: Use| Some(Use { span: map.exact(it.span)?, ..it });
    uses(&filled.text, &Context::reporting(catalogue)).into_iter().filter_map(placed).collect()
}

/// Saves a changed text of a query that is still at `revision`, as a new version; everything else is unchanged. Fails
/// if the person may not change it, or if it was saved meanwhile.
pub async fn amend(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    at: (&QueryId, i64),
    sql: String,
) -> web::Result<()> {
    let query = for_change(tx, person, at.0).await?;
    replaced(tx, now, person, at.1, &query, QueryInput { sql, ..query.clone().into() }).await
}

/// The same with the query's other fields.
pub async fn replace(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    at: (&QueryId, i64),
    written: QueryInput,
) -> web::Result<()> {
    let query = for_change(tx, person, at.0).await?;
    replaced(tx, now, person, at.1, &query, written).await
}

async fn replaced(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    revision: i64,
    query: &Query,
    written: QueryInput,
) -> web::Result<()> {
    let conflict = || {
        let why = format!("{} changed after you opened it. Review it, then apply the change again.", query.name);
        web::Error::conflict("This query has changed", why).with_way("Open the query", format!("/queries/{}", query.id))
    };
    if query.revision != revision || query.deleted_at.is_some() {
        return Err(conflict());
    }
    if !store::change(tx, &query.id, revision, now, person, &query.placement, &written).await? {
        return Err(conflict());
    }
    Ok(())
}

/// The number of errors in a text, with its `{{name}}` filled with samples of their types.
pub fn errors(sql: &str, fields: &[FieldDef], catalogue: &Catalogue) -> usize {
    let samples: BTreeMap<String, Value> = fields.iter().map(|field| (field.name.clone(), field.sample())).collect();
    let found = check(&template::sample(sql, &samples).text, &Context::reporting(catalogue)).findings;
    found.iter().filter(|finding| finding.level == Level::Error).count()
}
