//! RecomAMP: write, run, follow and store Amazon Marketing Cloud (AMC) queries.
//!
//! The crate has a ground floor and rooms. The ground floor doesn't know any room: it provides time, ids, settings,
//! secrets, the database, the AMC SQL dialect, the calls to Amazon, the AMC emulator, and the shared parts of all
//! pages. A room is one feature that users can name (instances, queries, executions): it owns its tables, rules and
//! pages, and other rooms use only its public interface, `mod.rs`. Rooms use only rooms below them, in the order of the
//! map in `docs/architecture.md`. [`app`] is the only file that knows all of them.
//!
//! Suggested reading order: [`clock`] and [`ids`], [`db`], one room ([`queries`] is typical), [`app`].

// Ground floor: infrastructure.
pub mod backup;
pub mod bucket;
pub mod clock;
pub mod config;
pub mod db;
pub mod ids;
pub mod lifecycle;
pub mod outbound;
pub mod server;
pub mod telemetry;
pub mod vault;
pub mod warehouse;
pub mod workers;

// Ground floor: AMC.
pub mod amazon;
pub mod amcsql;
pub mod emulator;

// Ground floor: pages.
pub mod web;

// Rooms, from the lowest to the highest.
pub mod accounts;
pub mod api;
pub mod backups;
pub mod connections;
pub mod data_sources;
pub mod deliveries;
pub mod executions;
pub mod guides;
pub mod library;
pub mod links;
pub mod help;
pub mod home;
pub mod instances;
pub mod notices;
pub mod people;
pub mod queries;
pub mod rehearsals;
pub mod results;
pub mod schedules;
pub mod tokens;
pub mod usage;

pub mod app;
pub mod command;

#[cfg(test)]
#[path = "../tests/fuzz.rs"]
mod fuzz;
