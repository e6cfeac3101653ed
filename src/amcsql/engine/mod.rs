//! The engine: runs a checked AMC query on tables that somebody else provides.

mod accounting;
mod functions;
mod lower;
mod run;
mod tables;
mod written;

pub use run::{Mode, Privacy, Run, RunError, Window};
pub use tables::{Tables, USER_COLUMN};
