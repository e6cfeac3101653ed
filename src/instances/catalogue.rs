//! The data sources of one instance, for the SQL checker.
//!
//! The instance lists its sources, but the documentation has better column types, thresholds and units. So a listed
//! source that is documented uses the documented columns, limited to those it lists, and sources or columns that only
//! the instance knows are taken from the list.

use serde_json::{Value, json};

use crate::amazon;
use crate::amcsql::catalogue::{
    Catalogue, ColumnDef, ColumnType, DataSource, DataType, Kind, SourceTag, Threshold, UPLOADED,
};

/// Maximum number of tags of a source; AMC's schema allows a hundred.
const MOST_TAGS: usize = 100;

/// AMC's tags of a source, each with its texts joined.
fn tags(source: &amazon::DataSource) -> Vec<SourceTag> {
    let listed = source.rest.get("tags").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let tag = |tag: &Value| {
        let texts = ["title", "subtext", "description"].into_iter().filter_map(|part| tag[part].as_str());
        let text: Vec<&str> = texts.map(str::trim).filter(|text| !text.is_empty()).collect();
        Some(SourceTag { kind: tag["type"].as_str()?.to_owned(), text: text.join(". ") })
    };
    listed.iter().filter_map(tag).take(MOST_TAGS).collect()
}

/// The stored part of an instance's answer: names, types and thresholds; with the labels of its paid data sets,
/// separated by commas.
pub(super) fn to_json(sources: &[amazon::DataSource], datasets: Option<&str>) -> Value {
    let column = |column: &amazon::DataSourceColumn| {
        json!({ "name": column.name, "columnType": column.column_type, "dataType": column.data_type,
            "sensitivity": column.sensitivity, "description": column.description })
    };
    let source = |source: &amazon::DataSource| {
        json!({ "id": source.id, "description": source.description, "owner": source.owner,
            "premium": source.is_premium, "tags": tags(source), "columns": source.columns.iter().map(column).collect::<Vec<_>>() })
    };
    let datasets = datasets.map(|labels| labels.split(',').filter(|label| !label.is_empty()).collect::<Vec<_>>());
    json!({ "sources": sources.iter().map(source).collect::<Vec<_>>(), "datasets": datasets })
}

/// The catalog stored by [`to_json`].
pub(super) fn from_json(kept: &Value) -> Catalogue {
    let sources = kept["sources"].as_array().map_or(&[][..], Vec::as_slice);
    let datasets = kept["datasets"].as_array();
    let datasets = datasets.map(|labels| labels.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    Catalogue::from_sources(sources.iter().filter_map(source).collect()).with_datasets(datasets)
}

fn source(kept: &Value) -> Option<DataSource> {
    let listed = kept["id"].as_str()?;
    let id = listed.rsplit('.').next().unwrap_or(listed).to_lowercase();
    let columns = kept["columns"].as_array().map_or(&[][..], Vec::as_slice);
    let standard = Catalogue::standard().source(&id);
    let column = |kept: &Value| {
        let name = kept["name"].as_str()?;
        standard.and_then(|standard| standard.column(name)).cloned().or_else(|| Some(unknown_column(name, kept)))
    };
    let columns: Vec<ColumnDef> = columns.iter().filter_map(column).collect();
    let tags: Vec<SourceTag> = serde_json::from_value(kept["tags"].clone()).unwrap_or_default();
    let paid = kept["premium"].as_bool();
    let deprecated = tags.iter().any(|tag| tag.kind == "DEPRECATED" && tag.is_of_the_source(&columns));
    if let Some(standard) = standard {
        // OK because a list without columns says that the source exists, not that it is empty.
        let columns = if columns.is_empty() { standard.columns.clone() } else { columns };
        let paid = paid.unwrap_or(standard.paid);
        let deprecated = deprecated || standard.deprecated;
        return Some(DataSource { paid, deprecated, tags, columns, ..standard.clone() });
    }
    Some(DataSource {
        seen_columns: Vec::new(),
        dataset_label: None,
        name: id.clone(),
        id,
        category: UPLOADED.to_owned(),
        description: kept["description"].as_str().unwrap_or_default().to_owned(),
        availability: String::new(),
        paid: paid.unwrap_or_default(),
        data_lag: String::new(),
        history: String::new(),
        kind: Kind::Dimension,
        audience_table: None,
        audience_lacks: Vec::new(),
        time_window_column: None,
        join_keys: Vec::new(),
        notes: Vec::new(),
        legacy_names: Vec::new(),
        deprecated,
        tags,
        columns,
    })
}

fn unknown_column(name: &str, kept: &Value) -> ColumnDef {
    let is_metric = kept["columnType"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("METRIC"));
    let data_type = kept["dataType"].as_str().and_then(DataType::parse);
    let threshold = serde_json::from_value(kept["sensitivity"].clone());
    ColumnDef {
        name: name.to_lowercase(),
        data_type: data_type.unwrap_or(if is_metric { DataType::Double } else { DataType::String }),
        column_type: if is_metric { ColumnType::Metric } else { ColumnType::Dimension },
        threshold: threshold.unwrap_or(Threshold::Low),
        category: String::new(),
        description: kept["description"].as_str().unwrap_or_default().to_owned(),
        unit: None,
        values: Vec::new(),
        example: None,
        legacy: false,
    }
}
