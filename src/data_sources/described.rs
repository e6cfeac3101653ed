//! Descriptions of sources and columns: practical meaning of thresholds, units, marks of an instance.

use serde_json::Value;

use super::directory::{Known, Presence, View};
use crate::amcsql::catalogue::{ColumnDef, ColumnType, DataSource, Kind, Threshold};
use crate::web::components::State;

/// Ids used in every page frame, which no row may have.
const TAKEN: [&str; 7] = ["main", "nav", "person", "keys", "search", "connection", "palette"];

/// The anchor of a column on the page of its source.
pub(super) fn anchor(column: &str) -> String {
    if TAKEN.contains(&column) { format!("column-{column}") } else { column.to_owned() }
}

/// The page of a source, optionally with the anchor of a column.
pub(super) fn address(source: &str, column: Option<&str>) -> String {
    let source: String = url::form_urlencoded::byte_serialize(source.as_bytes()).collect();
    match column {
        None => format!("/data-sources/{source}"),
        Some(column) => format!("/data-sources/{source}#{}", anchor(column)),
    }
}

/// The description of a column's role.
pub(super) const fn role(role: ColumnType) -> &'static str {
    match role {
        ColumnType::Dimension => "Dimension",
        ColumnType::Metric => "Metric",
    }
}

/// Whether the time window applies to a source.
pub(super) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Fact => "Events",
        Kind::Dimension => "Reference",
    }
}

/// The meaning of an aggregation threshold for authors.
pub(super) const fn threshold(threshold: Threshold) -> &'static str {
    match threshold {
        Threshold::None => "No limit: can be shown in any row.",
        Threshold::Low => "A row needs at least 2 users.",
        Threshold::Medium => "A row needs at least 100 users.",
        Threshold::High => "A row needs at least 100 users. It can't be compared with a literal or a parameter.",
        Threshold::VeryHigh => {
            "Never in a result: count it or join on it. It can't be compared with a literal or a parameter."
        }
        Threshold::Internal => "Never in a result: use it only inside the query.",
    }
}

/// How to convert an amount to currency; empty for other columns.
pub(super) fn unit(unit: Option<&str>) -> &'static str {
    match unit {
        Some("microcents") => "Microcents: divide by 100,000,000 for currency.",
        Some("millicents") => "Millicents: divide by 100,000 for currency.",
        Some("currency") => "In currency.",
        _ => "",
    }
}

/// Known values of a column, the example first.
pub(super) fn values(column: &ColumnDef) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut values: Vec<String> = column.example.iter().chain(&column.values).map(text).collect();
    let mut seen = std::collections::HashSet::new();
    values.retain(|value| seen.insert(value.clone()));
    values
}

/// A short label of a source, with a state for its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) state: State,
    pub(super) label: &'static str,
}

/// The labels of a source, on an instance or in general.
pub(super) fn marks(view: &View, source: &DataSource, place: usize, instance: Option<&Known>) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut mark = |is: bool, state: State, label: &'static str| {
        if is {
            marks.push(Mark { state, label });
        }
    };
    if let Some(known) = instance {
        let presence = view.presence(known, place);
        mark(presence == Presence::Present, State::Done, Presence::Present.label());
        mark(presence == Presence::Missing, State::Stopped, Presence::Missing.label());
        mark(presence == Presence::Unknown, State::Later, Presence::Unknown.label());
    }
    let listed = instance.and_then(|known| view.source_on(known, place)).unwrap_or(source);
    let is_tagged = |kind: &str| listed.tags.iter().any(|tag| tag.kind == kind);
    mark(listed.paid, State::Waiting, "Paid");
    mark(source.is_uploaded(), State::Running, "Uploaded");
    mark(is_tagged("NEW"), State::Running, "New");
    mark(is_tagged("RENAMED"), State::Waiting, "Renamed");
    mark(listed.deprecated, State::Failed, "Deprecated");
    marks
}
