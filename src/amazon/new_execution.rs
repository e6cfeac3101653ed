//! The request for an execution (`POST /workflowExecutions`).

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// An execution to create. Unset fields aren't sent, so AMC's defaults apply.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewExecution {
    #[serde(flatten)]
    pub workflow: Workflow,
    /// The time window.
    #[serde(flatten)]
    pub window: TimeWindow,
    /// Values of AMC's custom parameters.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameter_values: Map<String, Value>,
    /// Validate only: nothing is run, no slot is used, there is no result.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// Required on a sandbox.
    #[serde(skip_serializing_if = "is_false")]
    pub require_synthetic_data: bool,
    /// Include rows below the aggregation thresholds; only with synthetic data.
    #[serde(skip_serializing_if = "is_false")]
    pub disable_aggregation_controls: bool,
    /// The time-out in seconds, 900 to 86,400; default 21,600.
    #[serde(skip_serializing_if = "Option::is_none", rename = "workflowExecutionTimeoutSeconds")]
    pub timeout_seconds: Option<u32>,
    /// Run even if AMC is missing data in the window.
    #[serde(skip_serializing_if = "is_false")]
    pub ignore_data_gaps: bool,
}

/// What to run: a workflow stored at AMC, or an ad hoc one.
#[derive(Clone, Debug, Serialize)]
pub enum Workflow {
    /// The id of a workflow stored at AMC.
    #[serde(rename = "workflowId")]
    Saved(String),
    /// An ad hoc workflow with AMC's fields: `sqlQuery`, and optionally `workflowId` (letters, digits, `.`, `-`,
    /// `_`), `inputParameters`, `filteredMetricsDiscriminatorColumn` and others.
    #[serde(rename = "workflow")]
    AdHoc(Map<String, Value>),
}

impl Workflow {
    /// An ad hoc workflow with the caller's own id, by which the execution can be looked up.
    pub fn ad_hoc(workflow_id: &str, sql: &str) -> Self {
        let fields = [("workflowId", workflow_id), ("sqlQuery", sql)];
        Self::AdHoc(fields.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect())
    }
}

impl Default for Workflow {
    fn default() -> Self {
        Self::AdHoc(Map::new())
    }
}

/// The time window of an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "timeWindowType", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum TimeWindow {
    /// From `start` to `end`, both as local time in the zone.
    Explicit {
        #[serde(rename = "timeWindowStart", serialize_with = "wall_clock")]
        start: NaiveDateTime,
        #[serde(rename = "timeWindowEnd", serialize_with = "wall_clock")]
        end: NaiveDateTime,
        /// The zone of both.
        #[serde(rename = "timeWindowTimeZone", serialize_with = "zone_name")]
        zone: Tz,
    },
    /// The most recent day that AMC probably has data for, in UTC.
    #[default]
    MostRecentDay,
    /// The most recent week that AMC probably has data for, in UTC.
    MostRecentWeek,
    /// The current month to date, in UTC.
    CurrentMonth,
    /// The previous month, in UTC.
    PreviousMonth,
}

/// AMC's time format: no offset, since the zone is sent separately; a final `Z` has caused problems.
const WALL_CLOCK: &str = "%Y-%m-%dT%H:%M:%S";

fn wall_clock<S: Serializer>(time: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.format(WALL_CLOCK))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn zone_name<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_explicit_window_is_sent_without_offset_beside_its_zone() {
        let midnight = |day| NaiveDate::from_ymd_opt(2024, 1, day).unwrap().and_hms_micro_opt(0, 0, 0, 5).unwrap();
        let execution = NewExecution {
            workflow: Workflow::ad_hoc("w-1", "SELECT 1"),
            window: TimeWindow::Explicit { start: midnight(20), end: midnight(27), zone: chrono_tz::America::New_York },
            dry_run: true,
            ..NewExecution::default()
        };
        assert_eq!(
            serde_json::to_value(execution).unwrap(),
            json!({
                "workflow": {"workflowId": "w-1", "sqlQuery": "SELECT 1"},
                "timeWindowType": "EXPLICIT", "timeWindowStart": "2024-01-20T00:00:00",
                "timeWindowEnd": "2024-01-27T00:00:00", "timeWindowTimeZone": "America/New_York", "dryRun": true,
            })
        );
    }

    #[test]
    fn what_is_not_set_is_not_sent() {
        let execution = NewExecution { workflow: Workflow::Saved("w-1".to_owned()), ..NewExecution::default() };
        let expected = json!({"workflowId": "w-1", "timeWindowType": "MOST_RECENT_DAY"});
        assert_eq!(serde_json::to_value(execution).unwrap(), expected);
    }

    #[test]
    fn flags_and_values_have_amcs_names() {
        let execution = NewExecution {
            workflow: Workflow::Saved("w-1".to_owned()),
            window: TimeWindow::PreviousMonth,
            parameter_values: [("names".to_owned(), json!(["a", "b"]))].into_iter().collect(),
            dry_run: false,
            require_synthetic_data: true,
            disable_aggregation_controls: true,
            timeout_seconds: Some(900),
            ignore_data_gaps: true,
        };
        assert_eq!(
            serde_json::to_value(execution).unwrap(),
            json!({
                "workflowId": "w-1", "timeWindowType": "PREVIOUS_MONTH", "parameterValues": {"names": ["a", "b"]},
                "requireSyntheticData": true, "disableAggregationControls": true,
                "workflowExecutionTimeoutSeconds": 900, "ignoreDataGaps": true,
            })
        );
    }
}
