//! Saved workflows and their schedules (`/amc/reporting/{instanceId}/workflows` and `…/schedules`).

use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::{Fields, Page, all_pages};
use super::client::{AccountCaller, Client};
use super::error::{Error, Unreadable};
use super::names::AmcInstanceId;

/// A workflow stored at AMC, with an id chosen by its author.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedWorkflow {
    pub id: String,
    /// Its SQL; `None` for the old format, which has operations instead.
    pub sql_query: Option<String>,
    /// Its declared parameters.
    pub input_parameters: Vec<InputParameter>,
    /// The name of the column that flags removed values, if any.
    pub filtered_column: Option<String>,
    /// Fields that RecomAMP doesn't know, as sent.
    pub rest: Map<String, Value>,
}

/// A declared parameter of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct InputParameter {
    pub name: String,
    /// AMC's type (`STRING`, `LONG` …); `ARRAY` for a list.
    pub data_type: Option<String>,
    /// Its default: a text, a number, a list.
    pub default_value: Option<Value>,
    pub description: Option<String>,
    /// Fields that RecomAMP doesn't know, as sent.
    pub rest: Map<String, Value>,
}

/// A schedule stored at AMC: it runs a workflow over the previous day or week.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedSchedule {
    pub id: String,
    pub workflow_id: Option<String>,
    /// `Daily` or `Weekly`.
    pub period: Option<String>,
    /// The day of the week, for a weekly one.
    pub start_day: Option<String>,
    /// The hour, UTC, at which it runs.
    pub hour_utc: Option<i64>,
    pub is_enabled: Option<bool>,
    /// Fields that RecomAMP doesn't know, as sent.
    pub rest: Map<String, Value>,
}

impl SavedWorkflow {
    fn read(mut fields: Fields) -> Result<Self, Unreadable> {
        Ok(Self {
            id: fields.required("workflowId")?,
            sql_query: fields.text("sqlQuery"),
            input_parameters: fields.list("inputParameters", InputParameter::read),
            filtered_column: fields.text("filteredMetricsDiscriminatorColumn"),
            rest: fields.rest(),
        })
    }
}

impl InputParameter {
    fn read(mut fields: Fields) -> Result<Self, Unreadable> {
        let name = fields.required("name")?;
        let mut text = fields.text("dataType");
        if text.is_none() {
            text = fields.object("dataType").and_then(|mut array| array.text("type"));
        }
        let (description, mut rest) = (fields.text("description"), Map::new());
        rest.append(&mut fields.rest());
        Ok(Self { name, data_type: text, default_value: rest.remove("defaultValue"), description, rest })
    }
}

impl SavedSchedule {
    fn read(mut fields: Fields) -> Result<Self, Unreadable> {
        Ok(Self {
            id: fields.required("scheduleId")?,
            workflow_id: fields.text("workflowId"),
            period: fields.text("aggregationPeriod"),
            start_day: fields.text("aggregationStartDay"),
            hour_utc: fields.number("aggregationHourUtc"),
            is_enabled: fields.boolean("scheduleEnabled"),
            rest: fields.rest(),
        })
    }
}

impl Client {
    /// One page of the workflows that are saved on an instance.
    pub async fn workflows(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        next: Option<&str>,
    ) -> Result<Page<SavedWorkflow>, Error> {
        let request = self.amc(Method::GET, caller, &path(instance, "workflows"))?;
        let request = request.query(&next.map(|token| [("nextToken", token)]));
        let answer = self.send("workflows.list", request).await?;
        answer.json(|answer| Page::read(answer, "workflows", SavedWorkflow::read))
    }

    /// All of them, at most [`super::MAX_PAGES`] pages.
    pub async fn all_workflows(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
    ) -> Result<Vec<SavedWorkflow>, Error> {
        let listed = all_pages(|next| async move { self.workflows(caller, instance, next.as_deref()).await }).await?;
        Ok(listed.items)
    }

    /// One workflow; [`super::ErrorKind::Missing`] if AMC doesn't have it.
    pub async fn workflow(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        id: &str,
    ) -> Result<SavedWorkflow, Error> {
        let request = self.amc(Method::GET, caller, &one(instance, "workflows", id))?;
        let answer = self.send("workflows.get", request).await?;
        answer.json(|answer| SavedWorkflow::read(Fields::unwrapped(answer, "workflow")?))
    }

    /// Saves a new workflow, whose `workflowId` is in the definition. AMC compiles it immediately, and refuses one
    /// that doesn't compile or already exists ([`super::ErrorKind::Refused`]).
    pub async fn create_workflow(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        workflow: &impl Serialize,
    ) -> Result<(), Error> {
        let request = self.amc(Method::POST, caller, &path(instance, "workflows"))?.json(workflow);
        // Any success status counts: sources disagree on whether it has a body.
        self.send("workflows.create", request).await.map(drop)
    }

    /// Replaces a workflow completely.
    pub async fn replace_workflow(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        id: &str,
        workflow: &impl Serialize,
    ) -> Result<(), Error> {
        let request = self.amc(Method::PUT, caller, &one(instance, "workflows", id))?.json(workflow);
        self.send("workflows.replace", request).await.map(drop)
    }

    /// Deletes a workflow; refused while a schedule of AMC uses it.
    pub async fn delete_workflow(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        id: &str,
    ) -> Result<(), Error> {
        let request = self.amc(Method::DELETE, caller, &one(instance, "workflows", id))?;
        self.send("workflows.delete", request).await.map(drop)
    }

    /// All schedules that are saved on an instance, at most [`super::MAX_PAGES`] pages.
    pub async fn all_schedules(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
    ) -> Result<Vec<SavedSchedule>, Error> {
        let page = |next: Option<String>| async move {
            let request = self.amc(Method::GET, caller, &path(instance, "schedules"))?;
            let request = request.query(&next.as_deref().map(|token| [("nextToken", token)]));
            let answer = self.send("schedules.list", request).await?;
            answer.json(|answer| Page::read(answer, "schedules", SavedSchedule::read))
        };
        Ok(all_pages(page).await?.items)
    }
}

fn path<'a>(instance: &'a AmcInstanceId, what: &'a str) -> [&'a str; 4] {
    ["amc", "reporting", instance.as_str(), what]
}

fn one<'a>(instance: &'a AmcInstanceId, what: &'a str, id: &'a str) -> [&'a str; 5] {
    ["amc", "reporting", instance.as_str(), what, id]
}

#[cfg(test)]
mod tests {
    use axum::extract::RawQuery;
    use axum::http::StatusCode;
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::json;

    use super::super::ErrorKind;
    use super::super::test_server::Stage;
    use super::*;

    fn amc1() -> AmcInstanceId {
        AmcInstanceId("amc1".to_owned())
    }

    #[tokio::test]
    async fn workflows_and_schedules_are_read_page_by_page_with_what_nobody_knows() {
        let workflows = |RawQuery(query): RawQuery| async move {
            match query.as_deref() {
                None => Json(json!({"nextToken": "2", "workflows": [
                    {"workflowId": "w.1", "sqlQuery": "SELECT 1", "distinctUserCountColumn": "n", "inputParameters": [
                        {"name": "days", "dataType": "INTEGER", "defaultValue": 7, "columnType": "METRIC"},
                        {"name": "asins", "dataType": {"type": "ARRAY", "elementDataType": "STRING"}, "defaultValue": ["a"]},
                    ]},
                ]})),
                Some(_) => Json(json!({"workflows": [{"workflowId": "old", "query": {"operations": []}}, {"odd": 1}]})),
            }
        };
        let schedules = || async {
            Json(json!({"schedules": [{"scheduleId": "s", "workflowId": "w.1", "aggregationPeriod": "Weekly",
                "aggregationStartDay": "Monday", "aggregationHourUtc": "6", "scheduleEnabled": "True"}]}))
        };
        let router = Router::new()
            .route("/api/amc/reporting/amc1/workflows", get(workflows))
            .route("/api/amc/reporting/amc1/schedules", get(schedules));
        let stage = Stage::of(router).await;
        let found = stage.client.all_workflows(stage.account(), &amc1()).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].rest["distinctUserCountColumn"], "n");
        let [days, asins] = &found[0].input_parameters[..] else { panic!("{found:?}") };
        assert_eq!((days.data_type.as_deref(), days.default_value.clone()), (Some("INTEGER"), Some(json!(7))));
        assert_eq!((asins.data_type.as_deref(), asins.default_value.clone()), (Some("ARRAY"), Some(json!(["a"]))));
        assert_eq!(found[1].sql_query, None);
        let found = stage.client.all_schedules(stage.account(), &amc1()).await.unwrap();
        assert_eq!((found[0].hour_utc, found[0].is_enabled), (Some(6), Some(true)));
    }

    #[tokio::test]
    async fn a_workflow_is_saved_read_replaced_and_deleted() {
        let item = get(|| async { Json(json!({"workflow": {"workflowId": "w", "sqlQuery": "SELECT 1"}})) })
            .put(|Json(sent): Json<Value>| async move { assert_eq!(sent["workflowId"], "w") })
            .delete(|| async { StatusCode::NO_CONTENT });
        let list = axum::routing::post(|Json(sent): Json<Value>| async move {
            match sent["sqlQuery"].as_str() {
                Some("SELECT 1") => Ok(Json(json!({}))),
                _ => Err((StatusCode::BAD_REQUEST, Json(json!({"code": "400", "details": "Was unable to compile"})))),
            }
        });
        let router = Router::new()
            .route("/api/amc/reporting/amc1/workflows", list)
            .route("/api/amc/reporting/amc1/workflows/w", item);
        let stage = Stage::of(router).await;
        let (client, account, instance) = (&stage.client, stage.account(), amc1());
        let body = json!({"workflowId": "w", "sqlQuery": "SELECT 1"});
        client.create_workflow(account, &instance, &body).await.unwrap();
        assert_eq!(client.workflow(account, &instance, "w").await.unwrap().sql_query.as_deref(), Some("SELECT 1"));
        client.replace_workflow(account, &instance, "w", &body).await.unwrap();
        client.delete_workflow(account, &instance, "w").await.unwrap();
        let refused = client.create_workflow(account, &instance, &json!({"sqlQuery": "odd"})).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Refused { .. }), "{refused:?}");
        assert_eq!(refused.amazons_words(), Some("Was unable to compile"));
        let missing = client.workflow(account, &instance, "nowhere").await.unwrap_err();
        assert!(matches!(missing.kind(), ErrorKind::Missing { .. }), "{missing:?}");
    }
}
