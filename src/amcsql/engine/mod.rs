//! The engine: runs a checked AMC query on tables that somebody else provides.

mod functions;
mod tables;
mod written;

pub use tables::{Tables, USER_COLUMN};
