//! Compiles workflows, and formats the errors of those that don't compile.

use serde_json::Value;

use crate::emulator::Emulator;
use crate::emulator::analytics::{Analytics, Compiled, OutputColumn, Statement};
use crate::emulator::people::Account;
use crate::emulator::state::{Asked, Execution, Instance, InstanceKind, Verdict, Workflow};
use crate::emulator::world::{Named, View};

use super::parameters::without_value;

/// How long AMC takes for a query: minimum, per source, per day of the window, maximum (published captures and field
/// notes report between 40 seconds and 7 minutes).
const LEAST_SECONDS: f64 = 40.0;
const SECONDS_FOR_A_READ: f64 = 12.0;
const SECONDS_FOR_A_DAY: f64 = 0.4;
const MOST_SECONDS: f64 = 420.0;

/// The statement of a workflow; `None` when it has operations instead of SQL.
pub(crate) fn statement(workflow: &Workflow, controls: bool, kind: InstanceKind) -> Option<Statement> {
    let declared = workflow.fields.get("inputParameters").and_then(Value::as_array).into_iter().flatten();
    Some(Statement {
        sql: workflow.sql()?.to_owned(),
        input_schema: workflow.text("inputSchema").map(str::to_owned),
        parameters: declared.filter_map(Value::as_object).cloned().collect(),
        controls,
        sandbox: kind == InstanceKind::Sandbox,
    })
}

/// The data that a run can read in the instance: of the requested advertisers, or of all.
pub(crate) fn view(instance: &Instance, asked: Option<&Value>) -> View {
    let named = |one: &Value| {
        let text = |name: &str| one[name].as_str().map_or_else(|| one[name].to_string(), str::to_owned);
        let (id, kind) = (text("id"), text("type"));
        let listed = instance.advertisers.iter().any(|advertiser| advertiser.id == id && advertiser.kind == kind);
        Named { id, kind, listed }
    };
    let asked = asked.and_then(Value::as_array).filter(|asked| !asked.is_empty());
    let country = Account::by_id(&instance.account).map_or("US", |account| account.place.country);
    View { advertisers: asked.map(|asked| asked.iter().map(named).collect()), country: country.to_owned() }
}

/// Compiles a workflow; the error is a complete sentence.
pub(super) fn compile(
    analytics: &dyn Analytics,
    workflow: &Workflow,
    controls: bool,
    kind: InstanceKind,
) -> Result<Compiled, String> {
    let invalid = |text: &str| {
        format!("Was unable to compile workflow {} because it was found to be invalid: {text}", workflow.id)
    };
    let statement = statement(workflow, controls, kind)
        .ok_or_else(|| invalid("A query in the form of operations cannot be run here; send it as sqlQuery."))?;
    let compiled = analytics.compile(&statement).map_err(|problem| invalid(&problem.text))?;
    match mismatch(workflow.fields.get("outputColumns"), &compiled.columns) {
        Some(text) => Err(invalid(&text)),
        None => Ok(compiled),
    }
}

/// The outcome of an execution's validation.
pub(crate) fn validate(emulator: &Emulator, execution: &Execution, kind: InstanceKind, overlap: bool) -> Verdict {
    match verdict(emulator, execution, kind, overlap) {
        Ok(compiled) => Verdict::Valid { columns: compiled.columns, seconds: seconds(execution, compiled.reads) },
        Err(text) => Verdict::Invalid(text),
    }
}

fn verdict(emulator: &Emulator, execution: &Execution, kind: InstanceKind, overlap: bool) -> Result<Compiled, String> {
    let Asked { require_synthetic_data, controls_off, parameter_values, .. } = &execution.asked;
    if kind == InstanceKind::Sandbox && !require_synthetic_data {
        return Err("requireSyntheticData must be true for a workflow execution on a sandbox instance.".to_owned());
    }
    if *controls_off && !require_synthetic_data {
        return Err("disableAggregationControls can only be used together with requireSyntheticData.".to_owned());
    }
    let compiled = compile(emulator.analytics(), &execution.workflow, !controls_off, kind)?;
    let missing = without_value(&execution.workflow, parameter_values);
    if let Some(name) = missing.first() {
        return Err(format!("The workflow parameter {name} has no default value and no value was given for it."));
    }
    if overlap {
        return Err(format!(
            "Execution \"{}\" of workflow \"{}\" could not be run because too many workflows have already been run \
             against the same input data sources in the same or overlapping time windows.",
            execution.id, execution.workflow.id
        ));
    }
    Ok(compiled)
}

fn seconds(execution: &Execution, reads: usize) -> f64 {
    let days = (execution.window.end - execution.window.start).num_hours() as f64 / 24.0;
    (LEAST_SECONDS + reads as f64 * SECONDS_FOR_A_READ + days * SECONDS_FOR_A_DAY).min(MOST_SECONDS)
}

/// How the declared output differs from the actual one.
fn mismatch(declared: Option<&Value>, real: &[OutputColumn]) -> Option<String> {
    let declared = declared?.as_array().filter(|columns| !columns.is_empty())?;
    if declared.len() != real.len() {
        return Some(format!(
            "outputColumns declares {} columns, but the query returns {}.",
            declared.len(),
            real.len()
        ));
    }
    declared.iter().zip(real).find_map(|(declared, real)| {
        let differs = |field: &str, real: &str| declared.get(field).is_some_and(|declared| declared != real);
        let name = &real.name;
        if differs("name", name) {
            return Some(format!("outputColumns declares {}, where the query returns {name}.", declared["name"]));
        }
        let pairs = [("dataType", &real.data_type), ("columnType", &real.column_type)];
        let (field, real) = pairs.into_iter().find(|(field, real)| differs(field, real))?;
        Some(format!("outputColumns declares {} as {field} of {name}, but it is {real}.", declared[field]))
    })
}
