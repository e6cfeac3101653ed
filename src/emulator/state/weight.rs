//! About how many bytes rows hold: what callers sent, with a little for the row itself.

use serde_json::{Map, Value};

use super::{Execution, Workflow};

/// What a row takes beside what callers sent.
const ROW: usize = 1024;
/// What a value takes beside its text.
const CELL: usize = 64;

impl Workflow {
    /// About how many bytes it holds; the same for as long as it lives.
    pub(crate) fn weight(&self) -> usize {
        ROW + self.id.len() + of_fields(&self.fields)
    }
}

impl Execution {
    /// About how many bytes it holds, its workflow included; the same for as long as it lives.
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
        // OK to recurse because request bodies have a limit on their depth.
        Value::Array(items) => items.iter().map(of).sum(),
        Value::Object(fields) => of_fields(fields),
        _ => 0,
    }
}
