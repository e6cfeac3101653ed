//! Answers of the API, cut down to what an assistant needs.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::call::{Caller, Outcome};
use super::handlers::ListInput;

/// Longest description in a list, in characters.
const SHORT: usize = 200;
/// Items of other lists.
const ITEMS: usize = 20;

/// A text as a part of an address.
pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub(super) fn short(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => json!(format!("{}…", &text[..end])),
        None => json!(text),
    }
}

/// Some members of an object; empty ones are left out.
pub(super) fn pick(value: &Value, names: &[&str]) -> Value {
    let is_empty =
        |value: &Value| value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
    let picked =
        names.iter().filter(|name| !is_empty(&value[**name])).map(|name| ((*name).to_owned(), value[*name].clone()));
    Value::Object(picked.collect())
}

pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value["items"].as_array().into_iter().flatten()
}

/// A column in a line: `user_id (STRING, VERY_HIGH)`.
pub(super) fn column_line(column: &Value) -> Value {
    let part = |name: &str| column[name].as_str().unwrap_or_default();
    let unit = column["unit"].as_str().map(|unit| format!(", in {unit}")).unwrap_or_default();
    json!(format!("{} ({}, {}{unit})", part("name"), part("data_type"), part("threshold")))
}

/// A finding in few words.
pub(super) fn finding(finding: &Value) -> Value {
    let place =
        |place: &Value| format!("{}:{}-{}:{}", place["line"], place["column"], place["end_line"], place["end_column"]);
    let mut told = pick(finding, &["level", "code", "message", "amc_message"]);
    told["place"] = json!(place(&finding["place"]));
    let fix = &finding["fix"];
    if fix.is_object() {
        let what = if fix["is_insertion"] == true { "insert_before" } else { "replace" };
        told["fix"] = json!({ what: place(&fix["place"]), "with": fix["replacement"], "is_sure": fix["is_sure"] });
    }
    told
}

/// A page of a list with some members of each item.
pub(super) async fn listed(caller: &Caller, address: &str, input: &ListInput, names: &[&str]) -> Outcome {
    let words = input.words.as_deref().unwrap_or_default();
    let cursor = input.cursor.as_deref().map(|cursor| format!("&cursor={}", encoded(cursor))).unwrap_or_default();
    let page = caller.get(&format!("{address}?limit={ITEMS}&q={}{cursor}", encoded(words))).await?;
    let item = |item: &Value| {
        let mut picked = pick(item, names);
        if picked["description"].is_string() {
            picked["description"] = short(&item["description"]);
        }
        picked
    };
    let mut answer = json!({ "items": items(&page).map(item).collect::<Vec<_>>() });
    if page["next_cursor"].is_string() {
        answer["next_cursor"] = page["next_cursor"].clone();
    }
    Ok(answer)
}

/// An execution in few words.
pub(super) fn execution(execution: &Value) -> Value {
    let names = [
        "id",
        "workflow",
        "workflow_name",
        "instance",
        "state",
        "is_final",
        "waiting_for",
        "window",
        "created_at",
        "finished_at",
        "duration_seconds",
        "failure",
    ];
    let mut told = pick(execution, &names);
    if execution["result"].is_object() {
        told["rows"] = execution["result"]["rows"].clone();
    }
    told
}
