//! The control page: clock, speed, faults, grants, and recent requests.
//!
//! Forms post back to the page, so it needs no scripts. Tests of other clients post the same fields, as a form or as
//! JSON, and read the current state from `/control/state`. The program that mounts the emulator decides who may access these
//! routes.

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Datelike as _, SecondsFormat, TimeDelta, Utc};
use serde_json::json;

use super::Emulator;
use super::clock::Pace;
use super::errors::{Answer, Refusal, answer};
use super::faults::{Fault, FaultKind, KINDS};
use super::json::read_body;
use super::origin::is_foreign;
use super::pages;
use super::query::Query;
use super::state::Change;

/// The maximum time that one form can move the clock, in minutes: a year.
const FARTHEST_MOVE: i64 = 366 * 24 * 60;

/// The fields of the forms.
const FIELDS: [&str; 10] = ["do", "minutes", "time", "speed", "kind", "measure", "path", "times", "number", "id"];

/// The maximum length of a fault's path text, in bytes.
const LONGEST_PATH: usize = 500;

/// How many requests the page shows by default.
const FEW_REQUESTS: usize = 50;

/// The routes of the control page.
pub(crate) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/control", get(show))
        .route("/control/style.css", get(pages::stylesheet))
        .route("/control/state", get(state))
        .route("/control/clock", post(set_clock))
        .route("/control/speed", post(set_speed))
        .route("/control/faults", post(add_fault))
        .route("/control/faults/remove", post(remove_faults))
        .route("/control/grants/remove", post(withdraw))
}

#[derive(Template)]
#[template(path = "emulator/control.html")]
struct ControlPage {
    now: String,
    paused: bool,
    open: usize,
    speed: f64,
    faults: Vec<FaultRow>,
    kinds: Vec<(&'static str, &'static str)>,
    grants: Vec<GrantRow>,
    requests: Vec<RequestRow>,
    /// How many older requests of the log aren't shown.
    older: usize,
}

struct FaultRow {
    number: u64,
    kind: &'static str,
    measure: String,
    path: String,
    times: String,
}

struct GrantRow {
    id: String,
    person: String,
    client: String,
    scope: String,
    since: String,
}

struct RequestRow {
    at: String,
    method: String,
    target: String,
    status: u16,
    fault: &'static str,
    id: String,
}

async fn show(State(emulator): State<Emulator>, query: Query) -> Answer {
    let mut requests = requests(&emulator);
    let shown = if query.get("requests") == Some("all") { requests.len() } else { FEW_REQUESTS };
    let older = requests.len().saturating_sub(shown);
    requests.truncate(shown);
    let kinds = KINDS.iter().map(|(name, kind)| (*name, meaning(*kind))).collect();
    pages::page(&ControlPage {
        now: written(emulator.now()),
        paused: emulator.clock().is_paused(),
        open: emulator.store().read(|state| state.open_executions().count()),
        speed: emulator.pace().speed(),
        faults: emulator.faults().all().into_iter().map(|(number, fault)| FaultRow::of(number, fault)).collect(),
        kinds,
        grants: grants(&emulator),
        requests,
        older,
    })
}

/// `GET /control/state`: clock, speed, faults and requests as JSON.
async fn state(State(emulator): State<Emulator>) -> Response {
    let fault = |(number, fault): (u64, Fault)| json!({ "number": number, "fault": fault.to_string() });
    let request = |row: RequestRow| {
        json!({
            "at": row.at,
            "method": row.method,
            "target": row.target,
            "status": row.status,
            "fault": row.fault,
            "id": row.id,
        })
    };
    let body = json!({
        "time": written(emulator.now()),
        "paused": emulator.clock().is_paused(),
        "speed": emulator.pace().speed(),
        "openExecutions": emulator.store().read(|state| state.open_executions().count()),
        "faults": emulator.faults().all().into_iter().map(fault).collect::<Vec<_>>(),
        "requests": requests(&emulator).into_iter().map(request).collect::<Vec<_>>(),
    });
    answer("application/json", body)
}

async fn set_clock(State(emulator): State<Emulator>, request: Request) -> Answer {
    let form = read_form(&emulator, request).await?;
    let setting = match form.get("do") {
        Some("pause") => emulator.clock().pause(),
        Some("resume") => emulator.clock().resume(),
        Some("move") => {
            let minutes = number(&form, "minutes")?.unwrap_or(0).clamp(-FARTHEST_MOVE, FARTHEST_MOVE);
            emulator.clock().advance(TimeDelta::minutes(minutes))
        }
        Some("set") => {
            let time = form.get("time").and_then(|text| text.trim().parse().ok());
            let near = |time: &DateTime<Utc>| (1..=9998).contains(&time.year());
            let time =
                time.filter(near).ok_or_else(|| Refusal::bad("time must be one such as 2026-03-01T00:00:00Z."))?;
            emulator.clock().set(time)
        }
        _ => return Err(Refusal::bad("do must be pause, resume, move or set.")),
    };
    emulator.store().write(|edit| edit.put(Change::Clock(setting)));
    emulator.tick();
    Ok(back("../control"))
}

async fn set_speed(State(emulator): State<Emulator>, request: Request) -> Answer {
    let form = read_form(&emulator, request).await?;
    let speed = form.get("speed").and_then(|text| text.trim().parse::<f64>().ok());
    let speed = speed.filter(|speed| speed.is_finite() && *speed >= 0.0);
    let speed = speed.ok_or_else(|| Refusal::bad("speed must be a number from 0 up; 0 means no waits."))?;
    emulator.set_pace(Pace::times(speed));
    Ok(back("../control"))
}

async fn add_fault(State(emulator): State<Emulator>, request: Request) -> Answer {
    let form = read_form(&emulator, request).await?;
    let measure = number(&form, "measure")?.map(i64::unsigned_abs);
    let kind = form.get("kind").and_then(|name| FaultKind::named(name, measure));
    let kind = kind.ok_or_else(|| Refusal::bad("kind or measure is not known."))?;
    let times = number(&form, "times")?.map(|times| u32::try_from(times).unwrap_or(1).max(1));
    let path = form.get("path").unwrap_or_default().trim().to_owned();
    if path.len() > LONGEST_PATH {
        return Err(Refusal::bad(format!("path can have at most {LONGEST_PATH} bytes.")));
    }
    if !emulator.faults().add(Fault { kind, path, times }) {
        return Err(Refusal::bad("Too many faults are switched on; switch some off."));
    }
    Ok(back("../control"))
}

async fn remove_faults(State(emulator): State<Emulator>, request: Request) -> Answer {
    let form = read_form(&emulator, request).await?;
    emulator.faults().remove(number(&form, "number")?.map(i64::unsigned_abs));
    Ok(back("../../control"))
}

async fn withdraw(State(emulator): State<Emulator>, request: Request) -> Answer {
    let form = read_form(&emulator, request).await?;
    let id = form.get("id").ok_or_else(|| Refusal::bad("id is required."))?;
    emulator.store().write(|edit| {
        if edit.state().grants.contains_key(id) {
            edit.put(Change::GrantGone(id.to_owned()));
        }
    });
    Ok(back("../../control"))
}

/// The form's fields, unless another site's page sent it.
async fn read_form(emulator: &Emulator, request: Request) -> Result<Query, Refusal> {
    if is_foreign(emulator, request.headers()) {
        return Err(Refusal::forbidden());
    }
    Query::parse_any(&read_body(request).await?, &FIELDS)
}

fn number(form: &Query, name: &str) -> Result<Option<i64>, Refusal> {
    let read = |text: &str| text.trim().parse().map_err(|_| Refusal::bad(format!("{name} must be a number.")));
    form.get(name).map(read).transpose()
}

/// Redirects back to the page; relative, so that it works wherever the emulator is mounted.
fn back(to: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

fn grants(emulator: &Emulator) -> Vec<GrantRow> {
    let mut grants: Vec<_> = emulator.store().read(|state| state.grants.values().cloned().collect());
    grants.sort_by(|one, other| other.granted.cmp(&one.granted).then_with(|| one.id.cmp(&other.id)));
    let row = |grant: super::state::Grant| GrantRow {
        id: grant.id,
        person: grant.person,
        client: grant.client_id.unwrap_or_else(|| "any".to_owned()),
        scope: grant.scope,
        since: written(grant.granted),
    };
    grants.into_iter().take(100).map(row).collect()
}

fn requests(emulator: &Emulator) -> Vec<RequestRow> {
    let row = |logged: super::requests::Logged| RequestRow {
        at: written(logged.at),
        method: logged.method,
        target: logged.target,
        status: logged.status.as_u16(),
        fault: logged.fault.unwrap_or_default(),
        id: logged.id,
    };
    emulator.log().newest_first().into_iter().map(row).collect()
}

impl FaultRow {
    fn of(number: u64, fault: Fault) -> Self {
        Self {
            number,
            kind: meaning(fault.kind),
            measure: fault.kind.measure().map(|measure| measure.to_string()).unwrap_or_default(),
            path: fault.path,
            times: fault.times.map_or_else(|| "until off".to_owned(), |times| times.to_string()),
        }
    }
}

fn meaning(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::TooManyRequests(_) => "429 with Retry-After (seconds)",
        FaultKind::Expired => "401, access token expired",
        FaultKind::RevokedGrant => "invalid_grant, consent withdrawn",
        FaultKind::ServerError(_) => "5xx (status)",
        FaultKind::Slow(_) => "Slow answer (milliseconds)",
        FaultKind::Cut => "Cut connection",
        FaultKind::Html => "HTML instead of JSON",
        FaultKind::Split(_) => "Result in several files (number)",
        FaultKind::HeaderOnly => "Result with its heading only",
        FaultKind::ExpiredLink => "Expired download link",
        FaultKind::Overlap => "REJECTED for overlap",
        FaultKind::Refused(_) => "Refusal (4xx status)",
        FaultKind::Throttling => "400 with ThrottlingException",
        FaultKind::Empty => "Empty answer",
        FaultKind::Null => "null as answer",
        FaultKind::EmptyObject => "{} as answer",
        FaultKind::OneObject => "One object instead of a list",
        FaultKind::NoId => "Entry without an id",
        FaultKind::TimedOut => "Unknown status TIMED_OUT",
        FaultKind::IgnoredCancel => "Cancel without effect",
        FaultKind::RefusedCancel => "Refused cancel",
        FaultKind::LinkObjects => "Download links as objects",
        FaultKind::OddLinks => "Download links in an unknown form",
        FaultKind::Drift => "Data sources with a renamed and a deprecated column",
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
