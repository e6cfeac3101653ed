//! The data sources of an instance.

use axum::extract::{Path, State};
use axum::response::IntoResponse as _;

use crate::emulator::Emulator;
use crate::emulator::caller::ByInstance;
use crate::emulator::errors::{Answer, Refusal, answer, content_type};
use crate::emulator::query::{Order, Query};
use crate::emulator::state::InstanceKind;

use super::{DATA_SOURCES, listed};

/// `GET /dataSources`.
pub(super) async fn list(State(emulator): State<Emulator>, caller: ByInstance, query: Query) -> Answer {
    let page = query.page()?;
    let is_sandbox = caller.instance.kind == InstanceKind::Sandbox;
    let sources = emulator.analytics().data_sources(is_sandbox);
    if page.is_all(sources.len())
        && let Some(body) = emulator.analytics().listed_data_sources(is_sandbox)
    {
        return Ok((content_type(DATA_SOURCES), body).into_response());
    }
    let (rows, next) = page.cut(sources.iter().map(|source| (source.id.clone(), source)), Order::Ascending);
    let rows = rows.into_iter().map(|source| source.description.clone()).collect();
    Ok(listed(DATA_SOURCES, "dataSources", rows, next))
}

/// `GET /dataSources/{dataSourceId}`: a flat object, as all single reads are in practice.
pub(super) async fn read(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let sources = emulator.analytics().data_sources(caller.instance.kind == InstanceKind::Sandbox);
    let wanted = id.rsplit('.').next().unwrap_or(&id);
    let source = sources.iter().find(|source| source.id.eq_ignore_ascii_case(wanted));
    let source = source.ok_or_else(|| Refusal::missing(format!("Data source with ID {id} does not exist.")))?;
    Ok(answer(DATA_SOURCES, source.description.clone()))
}
