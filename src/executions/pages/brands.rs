//! Brands from a result: the ASINs and campaigns that an aggregate query found, to be confirmed before they are added
//! to the brands of the instance.

use askama::Template;
use axum::extract::{Path, State};

use super::own;
use super::result::failed;
use crate::executions::model::{Execution, State as Stage};
use crate::executions::store;
use crate::executions::submit::Executions;
use crate::instances::{self, Action, Proposal};
use crate::results::Key;
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Maximum number of rows that are proposed.
const MOST_ROWS: u64 = 10_000;

#[derive(Template)]
#[template(path = "executions/brands.html")]
pub(super) struct BrandsPage {
    shell: Shell,
    execution: Execution,
    instance_name: String,
    /// The list as it is submitted; empty if the result has no column for one.
    list: String,
    proposal: Proposal,
    /// Whether the result has more rows than are proposed.
    is_cut: bool,
    can_change: bool,
}

/// The items of a result by brand, with the form that adds them.
pub(super) async fn show(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<BrandsPage>> {
    let id = own(&id)?;
    let mut tx = room.site.db.read(&person.scope()).await?;
    let execution = store::find(&mut tx, &person.id, &id).await?;
    let instance = instances::find(&mut tx, &person.id, &execution.instance).await?;
    drop(tx);
    if execution.state != Stage::Succeeded || execution.result_removed_at.is_some() {
        return Err(web::Error::Missing);
    }
    let key = Key::from(&execution.id);
    let (columns, rows) = room.result_store.columns(&key).await.map_err(failed)?;
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let used = instances::brand_columns(&names);
    let list = if used.is_empty() {
        String::new()
    } else {
        room.result_store.copied(&key, &[], None, &used, MOST_ROWS).await.map_err(failed)?
    };
    Ok(Html(BrandsPage {
        shell: visit.shell(format!("Brands from {}", execution.query_name), Section::Executions).await,
        instance_name: instance.name().to_owned(),
        proposal: instances::brand_proposal(&list),
        list,
        is_cut: rows > MOST_ROWS,
        can_change: instance.role.allows(Action::Write),
        execution,
    }))
}
