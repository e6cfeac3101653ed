//! The approximate size of rows: what callers sent, plus a little for the row itself.

use serde_json::{Map, Value};

use super::{Execution, Workflow};

/// The overhead of a row.
const ROW: usize = 1024;
/// The overhead of a value.
const CELL: usize = 64;

impl Workflow {
    /// Its approximate size; constant for its lifetime.
    pub(crate) fn weight(&self) -> usize {
        ROW + self.id.len() + of_fields(&self.fields)
    }
}

impl Execution {
    /// Its approximate size, including its workflow; constant for its lifetime.
    pub(crate) fn weight(&self) -> usize {
        let asked = of_fields(&self.asked.parameter_values) + self.asked.advertisers.as_ref().map_or(0, of);
        ROW + self.workflow.weight() + asked
    }
}

fn of_fields(fields: &Map<String, Value>) -> usize {
    fields.iter().map(|(name, value)| name.len() + of(value)).sum()
}

fn of(value: &Value) -> usize {
    CELL + match value {
        Value::String(text) => text.len(),
        // OK to recurse because request bodies have a depth limit.
        Value::Array(items) => items.iter().map(of).sum(),
        Value::Object(fields) => of_fields(fields),
        _ => 0,
    }
}
