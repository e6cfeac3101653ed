//! RecomAMP: write, run, watch and keep Amazon Marketing Cloud (AMC) queries.
//!
//! The crate is a ground floor and rooms. The ground floor knows no room: it gives time, ids,
//! settings, secrets, the database, the AMC dialect, the calls to Amazon, the AMC emulator, and what
//! all pages share. A room is one thing that a person can name (instances, queries, executions): it
//! owns its tables, its rules and its pages, and other rooms come in by its door, `mod.rs`, only.
//! Rooms use rooms downwards: home → help → sources → guides → schedules → executions → results → queries → instances →
//! connections → accounts. [`app`] is the one file that knows them all.
//!
//! Read in this order: [`clock`] and [`ids`], [`db`], one room ([`queries`] is a plain one), [`app`].

// Ground floor: what everything stands on.
pub mod clock;
pub mod config;
pub mod db;
pub mod ids;
pub mod lifecycle;
pub mod server;
pub mod telemetry;
pub mod vault;
pub mod workers;

// Ground floor: AMC itself.
pub mod amazon;
pub mod amcsql;
pub mod emulator;

// Ground floor: pages.
pub mod web;

// Rooms, from the lowest to the highest.
pub mod accounts;
pub mod connections;
pub mod executions;
pub mod guides;
pub mod help;
pub mod home;
pub mod instances;
pub mod people;
pub mod queries;
pub mod results;
pub mod schedules;
pub mod sources;

pub mod app;
pub mod command;

#[cfg(test)]
#[path = "../tests/fuzz.rs"]
mod fuzz;
