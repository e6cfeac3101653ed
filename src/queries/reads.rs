//! What a query reads, in the author's text, and another text as its next version: for rooms that look after columns
//! that change.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::model::QueryInput;
use super::model::fields::FieldDef;
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

/// Which sources and columns a text reads, at their places in it; its `{{fields}}` are filled with samples of their
/// types. A name that a value brings has no place, so it is left out.
pub fn reads(sql: &str, fields: &[FieldDef], catalogue: &Catalogue) -> Vec<Use> {
    let samples: BTreeMap<String, Value> = fields.iter().map(|field| (field.name.clone(), field.sample())).collect();
    let filled = template::sample(sql, &samples);
    let map = SourceMap::from(&filled);
    let placed = |it: Use| Some(Use { span: map.exact(it.span)?, ..it });
    uses(&filled.text, &Context::reporting(catalogue)).into_iter().filter_map(placed).collect()
}

/// Saves another text of a query that is still at `revision`, as a new version; everything else of it stays. Refused to
/// who may not change it, and when somebody saved it meanwhile.
pub async fn amend(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    (id, revision): (&QueryId, i64),
    sql: String,
) -> web::Result<()> {
    let query = for_change(tx, person, id).await?;
    let conflict = || {
        let why = format!("{} changed after you opened it. Review it, then apply the change again.", query.name);
        web::Error::conflict("This query has changed", why).with_way("Open the query", format!("/queries/{id}"))
    };
    if query.revision != revision || query.deleted_at.is_some() {
        return Err(conflict());
    }
    let written = QueryInput { sql, ..query.clone().into() };
    if !store::change(tx, id, revision, now, person, &query.placement, &written).await? {
        return Err(conflict());
    }
    Ok(())
}

/// How many errors the check of a text finds, its `{{fields}}` filled with samples of their types.
pub fn errors(sql: &str, fields: &[FieldDef], catalogue: &Catalogue) -> usize {
    let samples: BTreeMap<String, Value> = fields.iter().map(|field| (field.name.clone(), field.sample())).collect();
    let found = check(&template::sample(sql, &samples).text, &Context::reporting(catalogue)).findings;
    found.iter().filter(|finding| finding.level == Level::Error).count()
}
