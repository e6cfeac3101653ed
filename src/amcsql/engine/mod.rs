//! The engine: runs a checked AMC query on tables that somebody else provides.

mod tables;

pub use tables::{Tables, USER_COLUMN};
