//! Identifies identical runs: the same SQL except for whitespace and comments, with the same values, over the same
//! closed window, with the same options.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::amcsql::normal::normal_form;

/// Parts of a request that don't affect the result.
const ASIDE: [&str; 2] = ["workflowExecutionTimeoutSeconds", "ignoreDataGaps"];

/// A digest of a request's body, equal for requests with the same result; `None` if AMC determines the days, since
/// they change, or if the SQL can't be parsed.
pub fn identity(body: &Json) -> Option<String> {
    if body["timeWindowType"] != "EXPLICIT" {
        return None;
    }
    let form = normal_form(body["workflow"]["sqlQuery"].as_str()?)?;
    let mut rest = body.clone();
    let members = rest.as_object_mut()?;
    for name in ASIDE {
        members.remove(name);
    }
    let workflow = members.get_mut("workflow")?.as_object_mut()?;
    workflow.remove("sqlQuery");
    workflow.remove("workflowId");
    let mut hash = Sha256::new_with_prefix(form.as_bytes());
    hash.update([0]);
    hash.update(sorted(&rest).to_string().as_bytes());
    Some(URL_SAFE_NO_PAD.encode(hash.finalize()))
}

/// The same value with the members of objects sorted by name.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            names
                .into_iter()
                .map(|name| (name.clone(), sorted(&members[name])))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(sql: &str) -> Json {
        json!({ "workflow": { "sqlQuery": sql, "workflowId": "w" }, "timeWindowType": "EXPLICIT",
            "timeWindowStart": "2026-02-01T00:00:00", "timeWindowEnd": "2026-02-08T00:00:00", "parameterValues": { "a": 1, "b": 2 } })
    }

    #[test]
    fn the_same_run_has_the_same_identity_and_any_other_has_not() {
        let same = identity(&body("SELECT 1")).unwrap();
        let mut other = body("select  1 -- a");
        other["workflow"]["workflowId"] = json!("other");
        other["parameterValues"] = json!({ "b": 2, "a": 1 });
        other["workflowExecutionTimeoutSeconds"] = json!(900);
        assert_eq!(identity(&other), Some(same.clone()));
        let change = |path: &str, value: Json| {
            let mut other = body("SELECT 1");
            *other.pointer_mut(path).unwrap() = value;
            identity(&other)
        };
        for (path, value) in [
            ("/timeWindowEnd", json!("2026-02-09T00:00:00")),
            ("/parameterValues/a", json!(2)),
            ("/workflow/sqlQuery", json!("SELECT 2")),
        ] {
            assert_ne!(change(path, value), Some(same.clone()), "{path}");
        }
        assert_eq!(change("/timeWindowType", json!("MOST_RECENT_DAY")), None);
        assert_eq!(change("/workflow/sqlQuery", json!("SELECT '")), None);
    }
}
