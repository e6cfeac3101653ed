//! The database behind one door: SQLite and PostgreSQL with one text for each statement.

mod value;

pub use value::{Column, FromValue, Kind, Value, WrongValue};
