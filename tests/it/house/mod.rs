//! The rules of the house, read off its files: who may use whom, who writes what, what is nowhere.
//!
//! `docs/architecture.md` says why; these say no. Each rule lists everything that breaks it, with the
//! place. They read the text of the sources and not the compiler's view of it, so a name made by a
//! macro escapes them.

mod builds;
mod documents;
mod language;
mod modules;
mod routes;
mod source;
mod tables;
mod templates;
mod unused;

pub(crate) use tables::tables;

/// What everything stands on; uses no room.
const GROUND: [&str; 13] = [
    "clock",
    "config",
    "ids",
    "lifecycle",
    "server",
    "telemetry",
    "vault",
    "db",
    "workers",
    "amcsql",
    "amazon",
    "emulator",
    "web",
];

/// What a person can name, from the lowest to the highest: a room uses rooms before it in this list.
const ROOMS: &[&str] = &[
    "accounts",
    "connections",
    "instances",
    "queries",
    "results",
    "executions",
    "schedules",
    "people",
    "guides",
    "sources",
    "help",
    "home",
];

/// What knows every room.
const ROOF: [&str; 4] = ["app", "command", "lib", "main"];

/// Parts of the ground floor that are kept pure, and what they never use.
const APART: [(&str, &[&str]); 3] = [
    ("amcsql", &["db", "web", "workers", "config", "amazon", "emulator", "vault", "telemetry", "lifecycle"]),
    ("amazon", &["web", "workers", "amcsql", "emulator"]),
    ("emulator", &["db", "web", "workers", "amazon"]),
];

/// Each table and the file, or the folder of files, that writes it. Work in a table is claimed by the
/// worker of the same module.
const WRITERS: &[(&str, &str)] = &[
    ("people", "accounts/store"),
    ("sessions", "web/session"),
    ("audit", "accounts/audit"),
    ("connections", "connections/store"),
    ("instances", "instances/store"),
    ("instance_access", "instances/store"),
    ("access_grants", "instances/store"),
    ("execution_searches", "executions/store"),
    ("query_workflows", "queries/store"),
    ("instance_workflows", "queries/store"),
    ("brands", "instances/store"),
    ("brand_items", "instances/store"),
    ("instance_sources", "instances/store"),
    ("surveys", "instances/store"),
    ("survey_accounts", "instances/store"),
    ("instance_entities", "instances/store"),
    ("source_changes", "instances/store"),
    ("source_filters", "sources/store"),
    ("queries", "queries/store"),
    ("drafts", "queries/store"),
    ("query_versions", "queries/store"),
    ("query_favourites", "queries/store"),
    ("executions", "executions/store"),
    ("execution_events", "executions/store"),
    ("execution_outcomes", "executions/store"),
    ("execution_feed", "executions/store"),
    ("schedules", "schedules/store"),
    ("schedule_slots", "schedules/store"),
    ("schedule_cursor", "schedules/store"),
];

/// The addresses that the rooms and the ground floor answer to, as their code names them (`/queries/{id}`).
pub(crate) fn routes() -> Vec<String> {
    let files = source::files("src");
    let served = files.iter().filter(|file| file.is_program() && routes::are_served(&file.path));
    let mut routes: Vec<String> =
        served.flat_map(|file| routes::routes(&file.code())).map(|route| route.path).collect();
    routes.sort();
    routes.dedup();
    assert!(routes.len() > 30, "the routes are not found any more: {routes:?}");
    routes
}

/// Fails with every breach, one a line.
#[track_caller]
fn none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}
