//! executions

pub mod results;
