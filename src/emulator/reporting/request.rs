//! Parses the request for an execution.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::emulator::Emulator;
use crate::emulator::ads;
use crate::emulator::errors::Refusal;
use crate::emulator::json::Fields;
use crate::emulator::state::{Asked, Instance, Workflow};

use super::{definition, workflows};

/// The default time-out and the valid range, in seconds.
pub(super) const USUAL_TIMEOUT: i64 = 21_600;
const TIMEOUTS: std::ops::RangeInclusive<i64> = 900..=86_400;

/// The request fields that responses repeat or that affect the run.
pub(super) fn asked(fields: &Fields) -> Result<Asked, Refusal> {
    let flag = |name| fields.flag(name).map(|flag| flag.unwrap_or(false));
    let timeout_seconds = fields.whole("workflowExecutionTimeoutSeconds")?.unwrap_or(USUAL_TIMEOUT);
    if !TIMEOUTS.contains(&timeout_seconds) {
        let (least, most) = (TIMEOUTS.start(), TIMEOUTS.end());
        return Err(Refusal::bad(format!("workflowExecutionTimeoutSeconds must be from {least} to {most}.")));
    }
    Ok(Asked {
        parameter_values: values(fields)?,
        timeout_seconds,
        dry_run: flag("dryRun")?,
        skip_publish: flag("skipPublish")?,
        require_synthetic_data: flag("requireSyntheticData")?,
        controls_off: flag("disableAggregationControls")?,
        ignore_data_gaps: flag("ignoreDataGaps")?,
        advertisers: advertisers(fields)?,
    })
}

/// Refuses result receivers without a collaboration.
pub(super) fn check_receivers(fields: &Fields, instance: &Instance) -> Result<(), Refusal> {
    let none = fields.list("additionalAcrResultsReceivers")?.is_empty();
    if none || instance.collaboration.is_some() {
        return Ok(());
    }
    Err(Refusal::bad("additionalAcrResultsReceivers can only be given on an instance with a collaboration."))
}

/// The saved workflow that the request names, or its ad hoc workflow.
pub(super) fn workflow(emulator: &Emulator, instance: &str, fields: &Fields) -> Result<Arc<Workflow>, Refusal> {
    let id = fields.text("workflowId")?.filter(|id| !id.is_empty());
    match (id, fields.value("workflow")) {
        (Some(_), Some(_)) => Err(Refusal::bad("Only one of workflowId and workflow can be given.")),
        (Some(id), None) => workflows::find(emulator, instance, &id)
            .ok_or_else(|| Refusal::bad(format!("Workflow with ID {id} does not exist"))),
        (None, Some(workflow)) => {
            let fields = Fields::of(workflow).ok_or_else(|| Refusal::bad("workflow must be an object."))?;
            let id = match fields.text("workflowId")?.filter(|id| !id.is_empty()) {
                Some(id) => workflows::checked_id(id)?,
                None => format!("transient_{}", emulator.uuid()),
            };
            definition::read(id, &fields).map(Arc::new)
        }
        (None, None) => Err(Refusal::bad("workflowId or workflow is required.")),
    }
}

/// The advertisers in the request, kept as sent.
fn advertisers(fields: &Fields) -> Result<Option<Value>, Refusal> {
    for advertiser in fields.objects("advertisers")? {
        advertiser.required("id")?;
        ads::checked_kind(&advertiser)?;
    }
    Ok(fields.value("advertisers").cloned())
}

fn values(fields: &Fields) -> Result<Map<String, Value>, Refusal> {
    match fields.value("parameterValues") {
        None => Ok(Map::new()),
        Some(Value::Object(values)) => Ok(values.clone()),
        Some(_) => Err(Refusal::bad("parameterValues must be an object.")),
    }
}
