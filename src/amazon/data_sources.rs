//! The tables that an instance offers (`/amc/reporting/{instanceId}/dataSources`).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use serde_json::{Map, Value};

use super::answer::{Fields, Page, all_pages};
use super::client::{AccountCaller, Client};
use super::error::{Error, Unreadable};
use super::names::AmcInstanceId;

/// The last responses of a process, each with what was read from it: up to a megabyte, and most instances answer the
/// same, but sandboxes and others do not.
static READ: Mutex<VecDeque<(Vec<u8>, Page<DataSource>)>> = Mutex::new(VecDeque::new());
const MOST_READ: usize = 2;

/// A table that an instance offers.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSource {
    /// Its name in SQL, perhaps with a schema (`sandbox.dsp_impressions`).
    pub id: String,
    pub description: Option<String>,
    /// `AMAZON` or `CUSTOMER`.
    pub owner: Option<String>,
    /// Whether it requires a subscription.
    pub is_premium: Option<bool>,
    pub columns: Vec<DataSourceColumn>,
    /// Unknown fields: provider, tags, output channels.
    pub rest: Map<String, Value>,
}

/// A column of a [`DataSource`].
#[derive(Clone, Debug, PartialEq)]
pub struct DataSourceColumn {
    /// Its name in SQL.
    pub name: String,
    /// `DIMENSION` or `METRIC`.
    pub column_type: Option<String>,
    /// AMC's type (`STRING`, `LONG`, `DECIMAL(38,4)` …), if given.
    pub data_type: Option<String>,
    /// Its aggregation threshold (`NONE` … `VERY_HIGH`), if given.
    pub sensitivity: Option<String>,
    pub description: Option<String>,
    /// Fields that RecomAMP doesn't know, as sent.
    pub rest: Map<String, Value>,
}

impl DataSource {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Unreadable> {
        Ok(Self {
            id: fields.required("dataSourceId")?,
            description: fields.text("description"),
            owner: fields.text("owner"),
            is_premium: fields.boolean("isPremium"),
            columns: fields.list("columns", DataSourceColumn::read),
            rest: fields.rest(),
        })
    }
}

impl DataSourceColumn {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Unreadable> {
        Ok(Self {
            name: fields.required("name")?,
            column_type: fields.text("columnType"),
            data_type: fields.text("dataType"),
            sensitivity: fields.text("sensitivity"),
            description: fields.text("description"),
            rest: fields.rest(),
        })
    }
}

impl Client {
    /// One page of the instance's data sources.
    pub async fn data_sources(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        next: Option<&str>,
    ) -> Result<Page<DataSource>, Error> {
        let request = self.amc(Method::GET, caller, &["amc", "reporting", instance.as_str(), "dataSources"])?;
        let request = request.query(&next.map(|token| [("nextToken", token)]));
        let answer = self.send("data_sources.list", request).await?;
        let known = || READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, page)) = known().iter().find(|(body, _)| body == answer.body()) {
            return Ok(page.clone());
        }
        let body = answer.body().to_vec();
        let page = answer.json(|answer| Page::read(answer, "dataSources", DataSource::read))?;
        let mut known = known();
        known.truncate(MOST_READ - 1);
        known.push_front((body, page.clone()));
        Ok(page)
    }

    /// All of the instance's data sources, at most [`super::MAX_PAGES`] pages.
    pub async fn all_data_sources(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
    ) -> Result<Vec<DataSource>, Error> {
        let listed =
            all_pages(|next| async move { self.data_sources(caller, instance, next.as_deref()).await }).await?;
        Ok(listed.items)
    }

    /// One data source.
    pub async fn data_source(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        id: &str,
    ) -> Result<DataSource, Error> {
        let path = ["amc", "reporting", instance.as_str(), "dataSources", id];
        let answer = self.send("data_sources.get", self.amc(Method::GET, caller, &path)?).await?;
        answer.json(|answer| DataSource::read(Fields::unwrapped(answer, "dataSource")?))
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::RawQuery;
    use axum::http::StatusCode;
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::json;

    use super::super::test_server::Stage;
    use super::super::{ErrorKind, Unreadable};
    use super::*;

    fn amc1() -> AmcInstanceId {
        AmcInstanceId("amc1".to_owned())
    }

    #[tokio::test]
    async fn data_sources_keep_what_their_schema_does_not_know() {
        let answer = |RawQuery(query): RawQuery| async move {
            match query.as_deref() {
                None => Json(json!({"nextToken": "2", "dataSources": [
                    {"dataSourceId": "sandbox.dsp_clicks", "isPremium": "False", "tags": [], "columns": [
                        {"name": "clicks", "columnType": "METRIC", "dataType": "LONG", "sensitivity": "NONE", "new": 1},
                    ]},
                ]})),
                Some(_) => Json(json!({"dataSources": [{"dataSourceId": "dsp_views", "columns": [{"bad": true}]}]})),
            }
        };
        let stage = Stage::of(Router::new().route("/api/amc/reporting/amc1/dataSources", get(answer))).await;
        let sources = stage.client.all_data_sources(stage.account(), &amc1()).await.unwrap();
        assert_eq!(sources.len(), 2);
        assert_eq!(sources[0].is_premium, Some(false));
        assert_eq!(sources[0].columns[0].sensitivity.as_deref(), Some("NONE"));
        assert_eq!(sources[0].columns[0].rest["new"], 1);
        assert_eq!(sources[1].rest["columns"], json!([{"bad": true}]));
    }

    #[tokio::test]
    async fn one_data_source_is_read_flat_and_wrapped() {
        let router = Router::new()
            .route(
                "/api/amc/reporting/amc1/dataSources/s.flat",
                get(|| async { Json(json!({"dataSourceId": "s.flat"})) }),
            )
            .route(
                "/api/amc/reporting/amc1/dataSources/wrapped",
                get(|| async { Json(json!({"dataSource": {"dataSourceId": "wrapped"}})) }),
            );
        let stage = Stage::of(router).await;
        for id in ["s.flat", "wrapped"] {
            assert_eq!(stage.client.data_source(stage.account(), &amc1(), id).await.unwrap().id, id);
        }
    }

    #[tokio::test]
    async fn an_unknown_data_source_is_missing_in_both_of_amcs_ways() {
        let refusal = |status: StatusCode| {
            get(
                move || async move { (status, Json(json!({"code": "400", "details": "Data source x does not exist"}))) },
            )
        };
        let router = Router::new()
            .route("/api/amc/reporting/amc1/dataSources/a", refusal(StatusCode::NOT_FOUND))
            .route("/api/amc/reporting/amc1/dataSources/b", refusal(StatusCode::BAD_REQUEST));
        let stage = Stage::of(router).await;
        for id in ["a", "b"] {
            let error = stage.client.data_source(stage.account(), &amc1(), id).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Missing { .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_of_another_shape_is_not_an_instance_without_data_sources() {
        let answer = || async { Json(json!({"message": "hello"})) };
        let stage = Stage::of(Router::new().route("/api/amc/reporting/amc1/dataSources", get(answer))).await;
        let error = stage.client.all_data_sources(stage.account(), &amc1()).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unreadable(Unreadable::Shape));
    }
}
