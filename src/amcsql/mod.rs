//! amcsql

pub mod engine;
