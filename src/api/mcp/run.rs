//! Running a query for an assistant: first what would run, then, with the person's agreement, the run.
//!
//! The first call starts nothing and gives a confirmation: sealed, for this person and these arguments, for some
//! minutes. The second call needs it. The same confirmation starts one execution however often it is sent.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::answers::{encoded, execution};
use super::call::{Caller, Outcome};
use crate::api::schema::body;
use crate::vault::Secret;
use crate::web::Site;

/// How long a person may take to agree.
const VALID: TimeDelta = TimeDelta::minutes(15);
/// Maximum length of a confirmation, in bytes.
const LONGEST: usize = 2_000;

body! {
    RunQueryInput {
        /// The ID of a saved query.
        query: String,
        /// The ID of an instance; by default the query's own.
        instance: Option<String>,
        /// Values of parameters by name; missing ones use their default.
        parameters: Option<BTreeMap<String, Value>>,
        /// The time window, such as `settled`, `last-week` or `days-7-14`; by default the query's own. `explicit` needs start and end.
        window: Option<String>,
        /// The first day of an explicit window, such as 2026-01-31.
        start: Option<String>,
        /// The last day of an explicit window, which is included.
        end: Option<String>,
        /// From the first call, once the person has agreed. Leave it out to see what would run.
        confirmation: Option<String>,
    }
}

/// What a confirmation says.
#[derive(Debug, Serialize, Deserialize)]
struct Agreed {
    digest: String,
    until: DateTime<Utc>,
}

fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

/// The body of the request that starts it.
fn request(input: &RunQueryInput) -> Value {
    let window = json!({ "kind": input.window, "start": input.start, "end": input.end });
    let has_window = input.window.is_some() || input.start.is_some() || input.end.is_some();
    json!({
        "instance": input.instance,
        "parameters": input.parameters,
        "window": if has_window { window } else { Value::Null },
    })
}

pub(super) async fn run_query(site: Site, caller: Caller, input: RunQueryInput) -> Outcome {
    let address = format!("/api/workflows/{}/execute", encoded(&input.query));
    let place = format!("mcp/{}", caller.person());
    let mut body = request(&input);
    body["dry_run"] = true.into();
    let plan = caller.post(&address, &body).await?;
    // The plan has the query's revision and every value, so an agreement to it isn't one to anything else.
    let agreed = digest(&plan.to_string());
    let Some(confirmation) = input.confirmation else {
        let until = site.clock.now() + VALID;
        // OK because these values can be JSON.
        let text = serde_json::to_string(&Agreed { digest: agreed, until }).unwrap_or_default();
        let instance = plan["instance"].as_str().unwrap_or_default();
        let instance = caller.get(&format!("/api/instances/{}", encoded(instance))).await?;
        return Ok(json!({
            "would_run": {
                "query": plan["workflow_name"],
                "instance": instance["name"],
                "window": plan["window"],
                "parameters": plan["parameters"],
            },
            "confirmation": site.vault.seal(&Secret::new(text), &place),
            "next": "Nothing was started. Show this to the person and ask for their agreement. Then call run_query again \
                     with the same arguments and this confirmation, which is valid for 15 minutes.",
        }));
    };
    let opened = Some(&confirmation).filter(|text| text.len() <= LONGEST);
    let opened = opened.and_then(|text| site.vault.open(text, &place).ok());
    let known = opened.and_then(|text| serde_json::from_str::<Agreed>(text.expose()).ok());
    match known {
        Some(known) if known.digest == agreed && site.clock.now() < known.until => {}
        Some(known) if known.digest == agreed => {
            return Err("The confirmation has expired. Call run_query without it, and ask the person again.".to_owned());
        }
        Some(_) => {
            return Err("The confirmation is for something else: the query, its instance, its window or a value has \
                        changed. Call run_query without it, and ask the person again."
                .to_owned());
        }
        None => {
            return Err("This isn't a confirmation that run_query gave. Call run_query without it first.".to_owned());
        }
    }
    body["dry_run"] = false.into();
    body["revision"] = plan["revision"].clone();
    let key = format!("mcp-{}", digest(&confirmation));
    Ok(execution(&caller.post_once(&address, &body, &key).await?))
}
