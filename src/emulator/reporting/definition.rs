//! Parses a workflow from a request: what is kept, dropped or refused.
//!
//! A read returns the fields that were set and that AMC knows, so unknown ones are dropped here (`column_type`, a
//! text as `outputFormat`), and the rest is kept as sent.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use crate::emulator::analytics::{Format, Privacy};
use crate::emulator::errors::Refusal;
use crate::emulator::json::Fields;
use crate::emulator::state::Workflow;

use super::parameters::declaration;

/// The maximum number of input parameters and output columns.
const MOST_ITEMS: usize = 100;

/// The columns that a workflow can add to its result.
const ADDED_COLUMNS: [&str; 3] =
    ["filteredMetricsDiscriminatorColumn", "distinctUserCountColumn", "filteredReasonColumn"];

/// The workflow with that id described by `fields`.
pub(super) fn read(id: String, fields: &Fields) -> Result<Workflow, Refusal> {
    let mut kept = Map::new();
    query(fields, &mut kept)?;
    items(fields, "inputParameters", declaration, &mut kept)?;
    no_name_twice(kept.get("inputParameters"))?;
    text(fields, "inputSchema", &mut kept)?;
    items(fields, "outputColumns", output_column, &mut kept)?;
    output_format(fields, &mut kept)?;
    if let Some(behavior) = fields.text("privacyFilteringBehavior")? {
        if !matches!(behavior.as_str(), "REMOVE_ROWS" | "REMOVE_VALUES") {
            return Err(Refusal::bad("privacyFilteringBehavior must be REMOVE_ROWS or REMOVE_VALUES."));
        }
        kept.insert("privacyFilteringBehavior".into(), behavior.into());
    }
    for name in ADDED_COLUMNS {
        text(fields, name, &mut kept)?;
    }
    Ok(Workflow { id, fields: kept })
}

/// How rows below their threshold are handled.
pub(crate) fn privacy(workflow: &Workflow) -> Privacy {
    let column = |name| workflow.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let [discriminator, distinct_user_count, reason] = ADDED_COLUMNS.map(column);
    // OK because the added boolean column is only meaningful if values are blanked, and published workflows request
    // blanking by requesting only this column.
    let blank = match workflow.text("privacyFilteringBehavior") {
        Some(behavior) => behavior == "REMOVE_VALUES",
        None => discriminator.is_some(),
    };
    Privacy { blank, discriminator, distinct_user_count, reason }
}

/// The separators of the result.
pub(crate) fn format(workflow: &Workflow) -> Format {
    let usual = Format::default();
    let Some(fields) = workflow.fields.get("outputFormat").and_then(Fields::of) else { return usual };
    let byte = |name: &str, usual: u8| match fields.text(name) {
        Ok(Some(text)) => text.bytes().next().unwrap_or(usual),
        _ => usual,
    };
    Format {
        separator: byte("separatorCharacter", usual.separator),
        quote: byte("quoteCharacter", usual.quote),
        escape: byte("escapeCharacter", usual.escape),
    }
}

/// `sqlQuery`, or the old format `query`, which is kept as it is.
fn query(fields: &Fields, kept: &mut Map<String, Value>) -> Result<(), Refusal> {
    if let Some(sql) = fields.text("sqlQuery")?.filter(|sql| !sql.trim().is_empty()) {
        kept.insert("sqlQuery".into(), sql.into());
        return Ok(());
    }
    match fields.value("query") {
        Some(Value::Array(parts)) if !parts.is_empty() => {
            match encoded_sql(parts) {
                Some(sql) => kept.insert("sqlQuery".into(), sql.into()),
                None => kept.insert("query".into(), json!(parts)),
            };
            Ok(())
        }
        Some(query @ Value::Object(_)) => {
            kept.insert("query".into(), query.clone());
            Ok(())
        }
        _ => Err(Refusal::bad("sqlQuery is required.")),
    }
}

/// The text in an array of base64 strings, which is the schema's format for `query`.
fn encoded_sql(parts: &[Value]) -> Option<String> {
    let decode = |part: &Value| base64::engine::general_purpose::STANDARD.decode(part.as_str()?).ok();
    let bytes: Option<Vec<Vec<u8>>> = parts.iter().map(decode).collect();
    String::from_utf8(bytes?.concat()).ok().filter(|sql| !sql.trim().is_empty())
}

fn text(fields: &Fields, name: &str, kept: &mut Map<String, Value>) -> Result<(), Refusal> {
    if let Some(text) = fields.text(name)?.filter(|text| !text.is_empty()) {
        kept.insert(name.to_owned(), text.into());
    }
    Ok(())
}

fn items(
    fields: &Fields,
    name: &str,
    read: impl Fn(&Fields) -> Result<Map<String, Value>, Refusal>,
    kept: &mut Map<String, Value>,
) -> Result<(), Refusal> {
    let items = fields.objects(name)?;
    if items.len() > MOST_ITEMS {
        return Err(Refusal::bad(format!("{name} can hold at most {MOST_ITEMS} items.")));
    }
    if fields.value(name).is_some() {
        let items: Result<Vec<_>, _> = items.iter().map(|item| read(item).map(Value::Object)).collect();
        kept.insert(name.to_owned(), items?.into());
    }
    Ok(())
}

fn no_name_twice(parameters: Option<&Value>) -> Result<(), Refusal> {
    let mut names: Vec<_> =
        parameters.and_then(Value::as_array).into_iter().flatten().map(|one| &one["name"]).collect();
    while let Some(name) = names.pop() {
        if names.contains(&name) {
            let name = name.as_str().unwrap_or_default();
            return Err(Refusal::bad(format!("The workflow parameter {name} is defined multiple times.")));
        }
    }
    Ok(())
}

fn output_column(fields: &Fields) -> Result<Map<String, Value>, Refusal> {
    let mut kept = Map::new();
    kept.insert("name".into(), fields.required("name")?.into());
    for name in ["columnType", "dataType", "description"] {
        text(fields, name, &mut kept)?;
    }
    for name in ["dataTypePrecision", "dataTypeScale"] {
        if let Some(digits) = fields.whole(name)? {
            kept.insert(name.into(), digits.into());
        }
    }
    Ok(kept)
}

/// An object of single characters; a text such as `"CSV"` is dropped, as AMC does.
fn output_format(fields: &Fields, kept: &mut Map<String, Value>) -> Result<(), Refusal> {
    let Some(format) = fields.value("outputFormat").and_then(Fields::of) else { return Ok(()) };
    let mut characters = Map::new();
    for name in ["separatorCharacter", "quoteCharacter", "escapeCharacter"] {
        if let Some(character) = format.text(name)?.filter(|text| !text.is_empty()) {
            if character.len() != 1 || character.contains(['\n', '\r']) {
                return Err(Refusal::bad(format!("{name} must be a single character.")));
            }
            characters.insert(name.into(), character.into());
        }
    }
    kept.insert("outputFormat".into(), characters.into());
    Ok(())
}
