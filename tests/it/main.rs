//! Stories (integration tests): the real router, the AMC emulator behind the real client, a manual clock.

// `cfg(test)` is always true here; it tells clippy that the shared parts are test code too.
#[cfg(test)]
mod access;
#[cfg(test)]
mod adoption;
#[cfg(test)]
mod amazon;
#[cfg(test)]
mod api;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod backfills;
#[cfg(test)]
mod bad_days;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod brands;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod buckets;
#[cfg(test)]
mod catalogues;
#[cfg(test)]
mod conditions;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod data_sources;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod dialect;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod drafts;
#[cfg(test)]
mod editor;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod executions;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
#[path = "../fuzz.rs"]
mod fuzzing;
#[cfg(test)]
mod guides;
#[cfg(test)]
mod house;
#[cfg(test)]
mod invitations;
#[cfg(test)]
mod library;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod mails;
#[cfg(test)]
mod markup;
#[cfg(test)]
mod nightly;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod people;
#[cfg(test)]
mod pooler;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod public_links;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod query_files;
#[cfg(test)]
mod query_history;
#[cfg(test)]
mod query_homes;
#[cfg(test)]
mod query_import;
#[cfg(test)]
mod query_links;
#[cfg(test)]
mod rehearsals;
#[cfg(test)]
mod results;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod row_security;
#[cfg(test)]
mod same_runs;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod security;
#[cfg(test)]
mod several;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod starts;
#[cfg(test)]
mod starts_migrated;
#[cfg(test)]
mod support;
#[cfg(test)]
mod wakes;
#[cfg(test)]
mod webhooks;
#[cfg(test)]
mod workflows;
