//! The catalog in the API's format for data sources.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use serde_json::{Value, json};

use super::SANDBOX;

use crate::amcsql::catalogue::{Catalogue, ColumnDef, ColumnType, DataSource as Source};
use crate::emulator::analytics::DataSource;

/// The maximum number of columns in a description; more are omitted.
const MOST_COLUMNS: usize = 500;

/// The data sources of an instance, and of a sandbox.
static SOURCES: LazyLock<[Arc<[DataSource]>; 2]> =
    LazyLock::new(|| [sources(Catalogue::standard()), sources(&SANDBOX)]);

/// The same as the response to a request for all of them: a megabyte, which is written once.
static LISTED: LazyLock<[Bytes; 2]> = LazyLock::new(|| {
    SOURCES.each_ref().map(|sources| {
        let all: Vec<&Value> = sources.iter().map(|source| &source.description).collect();
        json!({ "dataSources": all }).to_string().into()
    })
});

pub(super) fn of(sandbox: bool) -> Arc<[DataSource]> {
    Arc::clone(&SOURCES[usize::from(sandbox)])
}

pub(super) fn listed(sandbox: bool) -> Bytes {
    LISTED[usize::from(sandbox)].clone()
}

/// The sources of a catalog and their audience twins (listed even if they can't be used), sorted by id.
fn sources(catalogue: &Catalogue) -> Arc<[DataSource]> {
    let all = catalogue.sources().iter().chain(catalogue.audience_twins());
    let mut sources: Vec<_> = all.map(source).collect();
    sources.sort_by(|one, other| one.id.cmp(&other.id));
    sources.into()
}

/// The API's name for a column type.
pub(super) fn column_type(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Dimension => "DIMENSION",
        ColumnType::Metric => "METRIC",
    }
}

fn source(source: &Source) -> DataSource {
    let uploaded = source.is_uploaded();
    let tags = if source.deprecated {
        json!([{ "type": "DEPRECATED", "title": "Deprecated", "description": "This data source is going away." }])
    } else {
        json!([])
    };
    let description = json!({
        "dataSourceId": source.id,
        "description": source.description,
        "columns": source.columns.iter().take(MOST_COLUMNS).map(column).collect::<Vec<_>>(),
        "owner": if uploaded { "CUSTOMER" } else { "AMAZON" },
        "provider": if uploaded { "ADVERTISER_DATA_UPLOAD" } else { "AMAZON" },
        "tags": tags,
        "outputChannels": [{ "channel": { "type": "DOWNLOAD" }, "outputAvailable": true }],
        "isPremium": source.paid,
    });
    DataSource { id: source.id.clone(), description }
}

fn column(column: &ColumnDef) -> Value {
    json!({
        "name": column.name,
        "columnType": column_type(column.column_type),
        "dataType": column.data_type.to_string(),
        "sensitivity": column.threshold.amc(),
        "description": column.description,
    })
}
