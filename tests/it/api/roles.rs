//! Every row of the API's table as each role, as a stranger, and without a token.

use reqwest::Method;
use serde_json::{Value, json};

use super::{EVERYTHING, Program, kind, problem, read};
use crate::security::others;
use crate::support::stories;

/// An operation of the document.
struct Operation {
    method: Method,
    path: String,
    scope: String,
    role: Option<String>,
    has_body: bool,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                scope: operation["security"][0]["token"][0].as_str().unwrap_or_default().to_owned(),
                role: operation["x-recomamp-role"].as_str().map(str::to_owned),
                has_body: operation["requestBody"].is_object(),
            });
        }
    }
    assert!(all.len() >= 15, "the table is not read any more");
    all
}

/// A body that fits any operation well enough to reach its own checks.
fn body(operation: &Operation, instance: &str, query: &str) -> Option<Value> {
    operation.has_body.then(|| match operation.path.as_str() {
        path if path.ends_with("/execute") => json!({ "instance": instance }),
        path if path.ends_with("/sync") => json!({ "instance": instance }),
        path if path.ends_with("/pause") => json!({}),
        path if path.ends_with("/resume") => json!({ "missed": "latest" }),
        path if path.starts_with("/api/schedules") => {
            json!({ "name": "Theirs", "workflow": query, "instance": instance, "timing": { "repeat": "daily", "at": "09:00" } })
        }
        path if path.starts_with("/api/query-templates") => json!({}),
        _ => json!({ "name": "Theirs", "sql": "SELECT campaign FROM dsp_impressions GROUP BY campaign" }),
    })
}

fn rank(role: &str) -> Option<usize> {
    ["viewer", "analyst", "manager"].iter().position(|one| *one == role)
}

/// The address of an operation about these things; `None` without a thing of its kind.
fn filled(path: &str, things: &[(Method, String)]) -> Option<String> {
    if !path.contains("{id}") {
        return Some(path.replace("{name}", "dsp_impressions").replace("{slug}", "first-query"));
    }
    let (before, after) = path.split_once("{id}").unwrap();
    let id = things.iter().find_map(|(_, address)| address.strip_prefix(before)?.split('/').next())?;
    Some(format!("{before}{id}{after}"))
}

stories! {
    /// The role that the table names is the one that is needed: with less, the answer is 403, with it anything else.
    async fn every_operation_asks_for_the_role_that_it_names(house: House) {
        let things = others(&house).await;
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let program = Program::of(&house, &chie, EVERYTHING).await;
        let of = |start: &str| things.iter().find_map(|(_, address)| address.strip_prefix(start)).unwrap().to_owned();
        let (instance, query) = (of("/api/instances/"), of("/api/workflows/"));
        let person = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
        let document = read(&program.get("/api/openapi.json").await.with(200));
        let mut wrong = Vec::new();
        for role in ["viewer", "analyst", "manager"] {
            ada.post(&format!("{person}/access"), &[("instance", instance.as_str()), ("role", role)]).await.with(303);
            // What deletes comes last, so that the others still find the thing.
            let mut all = operations(&document);
            all.sort_by_key(|operation| operation.method == Method::DELETE);
            for operation in all {
                let address = filled(&operation.path, &things).unwrap_or_else(|| panic!("no thing is made for {}", operation.path));
                let body = body(&operation, &instance, &query);
                let answer = program.call(operation.method.clone(), &address, &[], body.as_ref()).await;
                let status = answer.status.as_u16();
                let is_refused = operation.role.as_deref().is_some_and(|needed| rank(role) < rank(needed));
                if (status == 403) != is_refused || status >= 500 && status != 502 {
                    wrong.push(format!("{role}: {} {address} is answered with {status}: {}", operation.method, answer.body));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// A stranger finds nothing, and nobody without a token or without the scope gets anywhere.
    async fn strangers_and_small_tokens_get_nowhere(house: House) {
        let things = others(&house).await;
        let chie = house.signed_in("Chie").await;
        let (stranger, nothing) = (Program::of(&house, &chie, EVERYTHING).await, Program::of(&house, &chie, &[("guides", "read")]).await);
        let (nobody, document) = (Program::with(&house, "none"), read(&stranger.get("/api/openapi.json").await.with(200)));
        let of = |start: &str| things.iter().find_map(|(_, address)| address.strip_prefix(start)).unwrap().to_owned();
        let (instance, query) = (of("/api/instances/"), of("/api/workflows/"));
        for operation in operations(&document) {
            let Some(address) = filled(&operation.path, &things) else { continue };
            let body = body(&operation, &instance, &query);
            let call = async |program: &Program| program.call(operation.method.clone(), &address, &[], body.as_ref()).await;
            problem(call(&nobody).await, 401);
            if !operation.scope.is_empty() && !operation.scope.starts_with("guides") {
                let refused = problem(call(&nothing).await, 403);
                assert_eq!((kind(&refused), refused["scope"].as_str()), ("insufficient-scope", Some(operation.scope.as_str())));
            }
            if operation.role.is_some() && operation.path.contains("{id}") {
                let hidden = call(&stranger).await;
                assert_eq!(hidden.status.as_u16(), 404, "{} {address}: {}", operation.method, hidden.body);
            }
        }
        assert_eq!(house.count("select count(*) as value from queries where name = 'Theirs' and deleted_at is not null").await, 0);
    }
}
