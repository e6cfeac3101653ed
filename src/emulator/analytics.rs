//! What the emulator asks of SQL: compile, run, and what can be read.
//!
//! The contract knows workflows, windows and parameters; it knows nothing of parsing or of engines.
//! This seam keeps it so, and lets tests of the contract run without either.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::world::View;

/// Something that understands AMC SQL.
pub trait Analytics: Send + Sync {
    /// Checks a statement without running it; quick, and never panics on odd text.
    fn compile(&self, statement: &Statement) -> Result<Compiled, CompileProblem>;

    /// Runs a statement and writes its result as files; dropping the future stops the work.
    fn run(&self, work: Work) -> BoxFuture<'static, Result<ResultFiles, String>>;

    /// What an instance of that kind can read, sorted by id.
    fn data_sources(&self, sandbox: bool) -> Arc<[DataSource]>;

    /// All of them as the body of a response, if it is at hand.
    fn listed_data_sources(&self, _sandbox: bool) -> Option<Bytes> {
        None
    }
}

/// A query with all that decides what it means.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text as the caller sent it.
    pub sql: String,
    /// Schema for sources that are named without one.
    pub input_schema: Option<String>,
    /// The declared custom parameters, as the contract writes them
    /// (`name`, `dataType`, `columnType`, `defaultValue`).
    pub parameters: Vec<Map<String, Value>>,
    /// Whether aggregation controls apply.
    pub controls: bool,
    /// Whether the instance is a sandbox.
    pub sandbox: bool,
}

/// What is known of a statement that can run.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The columns of the result, in order.
    pub columns: Vec<OutputColumn>,
    /// How many sources it reads, counted once for each time that it names one.
    pub reads: usize,
}

/// Why a statement cannot run.
#[derive(Clone, Debug)]
pub struct CompileProblem {
    /// AMC's words, without the sentence that names the workflow.
    pub text: String,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputColumn {
    pub name: String,
    /// AMC's name of its type, such as `LONG`.
    pub data_type: String,
    /// `DIMENSION` or `METRIC`.
    pub column_type: String,
    /// Digits of a `DECIMAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type_precision: Option<u8>,
    /// Digits after the point of a `DECIMAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type_scale: Option<i8>,
}

/// One run of a statement.
#[derive(Clone, Debug)]
pub struct Work {
    /// What to run.
    pub statement: Statement,
    /// First instant of the time window.
    pub start: DateTime<Utc>,
    /// First instant after it.
    pub end: DateTime<Utc>,
    /// The emulator's present.
    pub now: DateTime<Utc>,
    /// What the instance shows of the world.
    pub view: View,
    /// Values by parameter name, as the contract writes them; defaults are not filled in.
    pub values: Map<String, Value>,
    /// What happens to rows below their threshold.
    pub privacy: Privacy,
    /// How the files are written.
    pub format: Format,
    /// The folder for the files; it exists.
    pub folder: PathBuf,
    /// In how many files the rows are written (1 to 5), each with the heading.
    pub parts: usize,
    /// Whether to write the heading alone.
    pub header_only: bool,
}

/// What happens to rows and values below their aggregation threshold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// Whether rows stay and only their values are blanked (`REMOVE_VALUES`).
    pub blank: bool,
    /// Heading of the added column that marks such rows.
    pub discriminator: Option<String>,
    /// Heading of the added count of users.
    pub distinct_user_count: Option<String>,
    /// Heading of the added reason.
    pub reason: Option<String>,
}

/// The separators of result files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub separator: u8,
    /// Around fields that need it.
    pub quote: u8,
    /// Before a quote inside quotes.
    pub escape: u8,
}

impl Default for Format {
    fn default() -> Self {
        Self { separator: b',', quote: b'"', escape: b'\\' }
    }
}

/// What a run has written.
#[derive(Clone, Debug)]
pub struct ResultFiles {
    /// The columns of the result, in order.
    pub columns: Vec<OutputColumn>,
    /// Names of the files inside the folder, in order.
    pub files: Vec<String>,
    /// How many rows they hold together, headings not counted.
    pub rows: u64,
}

/// A table that queries can read, as the contract describes it.
#[derive(Clone, Debug)]
pub struct DataSource {
    /// The name in SQL.
    pub id: String,
    /// The object that reads answer.
    pub description: Value,
}
