//! Declarations of input parameters.

use serde_json::{Map, Value};

use crate::emulator::errors::Refusal;
use crate::emulator::json::Fields;
use crate::emulator::state::Workflow;

/// The types of a parameter, or of an array's elements.
const TYPES: [&str; 13] = [
    "BINARY",
    "BOOLEAN",
    "BYTE",
    "CALENDAR_INTERVAL",
    "DATE",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "INTEGER",
    "LONG",
    "SHORT",
    "STRING",
    "TIMESTAMP",
];

/// A declaration with the fields that AMC knows; others, such as `column_type`, are dropped.
pub(super) fn declaration(fields: &Fields) -> Result<Map<String, Value>, Refusal> {
    let mut kept = Map::new();
    let name = fields.required("name")?;
    kept.insert("name".into(), name.as_str().into());
    if let Some(data_type) = fields.value("dataType") {
        kept.insert("dataType".into(), data_type_of(&name, data_type)?);
    }
    if let Some(column_type) = fields.text("columnType")? {
        if !matches!(column_type.as_str(), "DIMENSION" | "METRIC") {
            return Err(Refusal::bad(format!("columnType of {name} must be DIMENSION or METRIC.")));
        }
        kept.insert("columnType".into(), column_type.into());
    }
    if let Some(value) = fields.value("defaultValue") {
        kept.insert("defaultValue".into(), value.clone());
    }
    for field in ["description", "displayName"] {
        if let Some(text) = fields.text(field)? {
            kept.insert(field.into(), text.into());
        }
    }
    Ok(kept)
}

/// The declared parameters for which a run has no value.
pub(super) fn without_value<'a>(workflow: &'a Workflow, values: &Map<String, Value>) -> Vec<&'a str> {
    let declared = workflow.fields.get("inputParameters").and_then(Value::as_array).into_iter().flatten();
    let has_value = |one: &&Value| {
        let given = one["name"].as_str().and_then(|name| values.get(name));
        given.or(one.get("defaultValue")).is_some_and(|value| !value.is_null())
    };
    declared.filter(|one| !has_value(one)).filter_map(|one| one["name"].as_str()).collect()
}

/// A type as a name, or as an object for arrays, which reads return with an additional field.
fn data_type_of(name: &str, data_type: &Value) -> Result<Value, Refusal> {
    let unknown = || Refusal::bad(format!("dataType of {name} is not known."));
    if let Some(plain) = data_type.as_str() {
        let upper = plain.to_ascii_uppercase();
        return if TYPES.contains(&upper.as_str()) { Ok(upper.into()) } else { Err(unknown()) };
    }
    let fields = Fields::of(data_type).ok_or_else(unknown)?;
    let element = fields.text("elementDataType")?.unwrap_or_default().to_ascii_uppercase();
    if !fields.text("type")?.unwrap_or_default().eq_ignore_ascii_case("ARRAY") || !TYPES.contains(&element.as_str()) {
        return Err(unknown());
    }
    let nullable = fields.flag("elementNullable")?.unwrap_or(false);
    Ok(serde_json::json!({ "type": "ARRAY", "elementDataType": element, "elementNullable": nullable }))
}
