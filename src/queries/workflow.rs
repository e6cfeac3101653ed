//! Queries as workflows on AMC: building the definition, comparing it with AMC's, and importing.
//!
//! AMC doesn't know `{{name}}`: the parameters' defaults are written into the SQL, and AMC's own parameters are
//! declared with theirs. So a query can be stored on AMC if each of its parameters has a default.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};

use super::model::Script;
use super::model::fields::{FieldDef, FieldKind};
use super::prepare::prepare_form;
use crate::amazon::{InputParameter, SavedWorkflow};
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::finding::Level;
use crate::amcsql::normal::normal_form;
use crate::amcsql::template::is_name;
use crate::web::Fields;

/// Maximum length of a workflow's id, in characters; AMC's limit isn't published.
const ID_LENGTH: usize = 100;
/// The parts of a definition that are compared besides the SQL and the parameters.
const COLUMNS: [&str; 3] = ["filteredMetricsDiscriminatorColumn", "distinctUserCountColumn", "filteredReasonColumn"];

/// Whether a text is a valid workflow id.
pub(super) fn is_workflow_id(id: &str) -> bool {
    let known = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    !id.is_empty() && id.len() <= ID_LENGTH && id.chars().all(known)
}

/// An id derived from a name: `Reach by campaign` becomes `reach-by-campaign`.
pub(super) fn workflow_id(name: &str) -> String {
    let mut id = String::new();
    for letter in name.chars().flat_map(char::to_lowercase).take(ID_LENGTH) {
        match letter {
            _ if letter.is_ascii_alphanumeric() || letter == '_' => id.push(letter),
            _ if id.is_empty() || id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    let id = id.trim_end_matches('-');
    if id.is_empty() { "query".to_owned() } else { id.to_owned() }
}

/// The definition for AMC, without its id; or why there is none, in a sentence.
pub(super) fn definition(
    script: &Script<'_>,
    catalogue: &Catalogue,
    now: DateTime<Utc>,
    sandbox: bool,
) -> Result<Map<String, Json>, String> {
    let prepared = prepare_form(script, &Fields::default(), catalogue, now, sandbox);
    if let Some((field, _)) = prepared.errors.iter().find(|(field, _)| field.starts_with("param.")) {
        let name = field.trim_start_matches("param.");
        return Err(format!(
            "The parameter {name} has no default that fits, and AMC runs a workflow without asking for values. Give it a \
             default in the editor."
        ));
    }
    if let Some(finding) = prepared.findings.iter().find(|finding| finding.level == Level::Error) {
        return Err(format!("The SQL has an error, which AMC would refuse: {}", finding.message));
    }
    let body = prepared.body();
    let mut workflow = body["workflow"].as_object().cloned().unwrap_or_default();
    if let Some(declared) = workflow.get_mut("inputParameters").and_then(Json::as_array_mut) {
        for parameter in declared {
            let value = parameter["name"].as_str().and_then(|name| prepared.parameters.values.get(name)).cloned();
            if let (Some(fields), Some(value)) = (parameter.as_object_mut(), value.filter(|value| !value.is_null())) {
                fields.insert("defaultValue".to_owned(), value);
            }
        }
    }
    Ok(workflow)
}

/// How a workflow on AMC differs from what was sent; empty if it doesn't.
pub(super) fn differences(sent: &Json, there: &SavedWorkflow) -> Vec<&'static str> {
    let form = |sql: Option<&str>| sql.map(|sql| normal_form(sql).unwrap_or_else(|| sql.to_owned()));
    let mut found = Vec::new();
    if form(sent["sqlQuery"].as_str()) != form(there.sql_query.as_deref()) {
        found.push("the SQL");
    }
    let sent_parameters = sent["inputParameters"].as_array().map_or(&[][..], Vec::as_slice);
    let parameter = |name: &str| there.input_parameters.iter().find(|one| one.name == name);
    let is_same = |one: &Json| {
        let there = one["name"].as_str().and_then(parameter);
        there.is_some_and(|there| {
            one.get("defaultValue").unwrap_or(&Json::Null) == there.default_value.as_ref().unwrap_or(&Json::Null)
        })
    };
    if sent_parameters.len() != there.input_parameters.len() || !sent_parameters.iter().all(is_same) {
        found.push("the parameters");
    }
    let column = |name: &str| match name {
        "filteredMetricsDiscriminatorColumn" => there.filtered_column.as_deref(),
        other => there.rest.get(other).and_then(Json::as_str),
    };
    if COLUMNS.iter().any(|name| sent[*name].as_str() != column(name)) {
        found.push("the added columns");
    }
    found
}

/// The parameters of a query that is imported from a workflow.
pub(super) fn fields(workflow: &SavedWorkflow) -> Vec<FieldDef> {
    workflow.input_parameters.iter().filter(|parameter| is_name(&parameter.name)).map(field).collect()
}

fn field(parameter: &InputParameter) -> FieldDef {
    let kind = match parameter.data_type.as_deref().map(str::to_ascii_uppercase).as_deref() {
        Some("ARRAY") => FieldKind::List,
        Some("BOOLEAN") => FieldKind::Boolean,
        Some("DATE") => FieldKind::Date,
        Some("TIMESTAMP") => FieldKind::DateTime,
        Some("BYTE" | "SHORT" | "INTEGER" | "LONG" | "FLOAT" | "DOUBLE" | "DECIMAL") => FieldKind::Number,
        _ => FieldKind::Text,
    };
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let default = match &parameter.default_value {
        None | Some(Json::Null) => String::new(),
        Some(Json::Array(items)) => items.iter().map(text).collect::<Vec<_>>().join("\n"),
        Some(value) => text(value),
    };
    let plain = |text: &str| text.replace(char::is_control, " ").chars().take(300).collect();
    FieldDef {
        kind,
        default,
        help: parameter.description.as_deref().map(plain).unwrap_or_default(),
        ..FieldDef::new(&parameter.name)
    }
}

/// A workflow as JSON, as stored for a listing; see [`read`].
pub(super) fn stored(workflow: &SavedWorkflow) -> Json {
    let parameter = |one: &InputParameter| json!({ "name": one.name, "dataType": one.data_type, "defaultValue": one.default_value, "description": one.description });
    let parameters: Vec<Json> = workflow.input_parameters.iter().map(parameter).collect();
    json!({ "workflowId": workflow.id, "sqlQuery": workflow.sql_query, "inputParameters": parameters })
}

/// Parses [`stored`].
pub(super) fn read(kept: &Json) -> Option<SavedWorkflow> {
    let text = |value: &Json, name: &str| value[name].as_str().map(str::to_owned);
    let parameter = |one: &Json| {
        Some(InputParameter {
            name: text(one, "name")?,
            data_type: text(one, "dataType"),
            default_value: one.get("defaultValue").filter(|value| !value.is_null()).cloned(),
            description: text(one, "description"),
            rest: Map::new(),
        })
    };
    Some(SavedWorkflow {
        id: text(kept, "workflowId")?,
        sql_query: text(kept, "sqlQuery"),
        input_parameters: kept["inputParameters"].as_array().into_iter().flatten().filter_map(parameter).collect(),
        filtered_column: None,
        rest: Map::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::model::Privacy;
    use crate::queries::model::window::WindowForm;

    fn define(sql: &str, fields: &[FieldDef]) -> Result<Map<String, Json>, String> {
        let (window, privacy) = (WindowForm { kind: "explicit".into(), ..WindowForm::default() }, Privacy::default());
        let script = Script { sql, fields, window: &window, privacy: &privacy };
        definition(&script, Catalogue::standard(), "2026-03-18T09:00:00Z".parse().unwrap(), false)
    }

    #[test]
    fn a_definition_has_defaults_in_place_of_parameters() {
        let sql = "SELECT campaign FROM dsp_impressions WHERE campaign = {{name}} AND advertiser = CUSTOM_PARAMETER('who') GROUP BY 1";
        let with = |name: &str, default: &str| FieldDef { default: default.into(), ..FieldDef::new(name) };
        let made = define(sql, &[with("name", "Spring"), with("who", "Acme")]).unwrap();
        assert!(made["sqlQuery"].as_str().unwrap().contains("campaign = 'Spring'"), "{made:?}");
        assert_eq!(made["inputParameters"][0]["defaultValue"], "Acme");
        assert!(define(sql, &[with("who", "Acme")]).unwrap_err().contains("The parameter name has no default"));
        assert!(define("SELECT x FROM dsp_impressions GROUP BY 1", &[]).unwrap_err().contains("The SQL has an error"));
    }

    #[test]
    fn what_differs_on_amc_is_named() {
        let there = |sql: &str, parameters: Json| {
            read(&json!({ "workflowId": "w", "sqlQuery": sql, "inputParameters": parameters })).unwrap()
        };
        let sent = json!({ "sqlQuery": "SELECT a FROM t", "inputParameters": [{ "name": "n", "defaultValue": 1 }] });
        let same = json!([{ "name": "n", "defaultValue": 1, "dataType": "LONG" }]);
        assert!(differences(&sent, &there("select A\nfrom t", same.clone())).is_empty());
        assert_eq!(differences(&sent, &there("SELECT b FROM t", json!([]))), ["the SQL", "the parameters"]);
        let mut blanked = sent.clone();
        blanked["filteredMetricsDiscriminatorColumn"] = json!("low");
        assert_eq!(differences(&blanked, &there("SELECT a FROM t", same)), ["the added columns"]);
    }

    #[test]
    fn ids_are_what_amc_takes() {
        assert_eq!(workflow_id("Reach & frequency: ü (2026)"), "reach-frequency-2026");
        assert_eq!(workflow_id("ü"), "query");
        for (id, fits) in [("a.b-c_1", true), ("", false), ("a b", false), ("ü", false)] {
            assert_eq!(is_workflow_id(id), fits, "{id}");
        }
    }

    #[test]
    fn declared_parameters_become_fields() {
        let kept = json!({ "workflowId": "w", "inputParameters": [
            { "name": "asins", "dataType": "ARRAY", "defaultValue": ["a", "b"] },
            { "name": "days", "dataType": "INTEGER", "defaultValue": 7, "description": "How\nmany" },
            { "name": "odd name" },
        ] });
        let found = fields(&read(&kept).unwrap());
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].kind, found[0].default.as_str()), (FieldKind::List, "a\nb"));
        assert_eq!(
            (found[1].kind, found[1].default.as_str(), found[1].help.as_str()),
            (FieldKind::Number, "7", "How many")
        );
    }
}
