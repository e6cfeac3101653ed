//! AMC instances (`/amc/instances`).

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Map, Value};

use super::answer::{Fields, Listing, Page, all_pages};
use super::client::{AccountCaller, Client};
use super::error::{Error, Unreadable};
use super::names::AmcInstanceId;
use super::text_enum::text_enum;

text_enum! {
    /// What an instance is for.
    InstanceType {
        /// For the advertiser's own data.
        Standard = "STANDARD",
        /// For synthetic data.
        Sandbox = "SANDBOX",
    }
}

text_enum! {
    /// The status of creating an instance.
    CreationStatus {
        Requested = "REQUESTED",
        Submitted = "SUBMITTED",
        InProgress = "IN_PROGRESS",
        Completed = "COMPLETED" | "COMPLETE" | "SUCCEEDED",
        Failed = "FAILED",
    }
}

/// An AMC instance. Only its id is always present.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub id: AmcInstanceId,
    /// Its name at AMC.
    pub name: Option<String>,
    pub instance_type: Option<InstanceType>,
    pub creation_status: Option<CreationStatus>,
    /// When it was created.
    pub created_at: Option<DateTime<Utc>>,
    /// The advertiser that it was created for.
    pub customer_name: Option<String>,
    /// Unknown fields: buckets, AWS accounts, data sets, collaboration.
    pub rest: Map<String, Value>,
}

impl Instance {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Unreadable> {
        Ok(Self {
            id: AmcInstanceId(fields.required("instanceId")?),
            name: fields.text("instanceName"),
            instance_type: fields.text("instanceType").map(InstanceType::from),
            creation_status: fields.text("creationStatus").map(CreationStatus::from),
            created_at: fields.instant("creationDatetime"),
            customer_name: fields.text("customerCanonicalName"),
            rest: fields.rest(),
        })
    }
}

impl Client {
    /// One page of the account's instances. For a sponsored-ads account without an instance, this call makes AMC
    /// create one (Amazon Ads documentation, instant access to AMC).
    pub async fn instances(&self, caller: AccountCaller<'_>, next: Option<&str>) -> Result<Page<Instance>, Error> {
        let request = self.amc(Method::GET, caller, &["amc", "instances"])?;
        let request = request.query(&next.map(|token| [("nextToken", token)]));
        self.send("instances.list", request).await?.json(|answer| Page::read(answer, "instances", Instance::read))
    }

    /// All of the account's instances, at most [`super::MAX_PAGES`] pages.
    pub async fn all_instances(&self, caller: AccountCaller<'_>) -> Result<Listing<Instance>, Error> {
        all_pages(|next| async move { self.instances(caller, next.as_deref()).await }).await
    }

    pub async fn instance(&self, caller: AccountCaller<'_>, id: &AmcInstanceId) -> Result<Instance, Error> {
        let request = self.amc(Method::GET, caller, &["amc", "instances", id.as_str()])?;
        let answer = self.send("instances.get", request).await?;
        answer.json(|answer| Instance::read(Fields::unwrapped(answer, "instance")?))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::header::CONTENT_TYPE;
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::json;

    use super::super::ErrorKind;
    use super::super::test_server::Stage;
    use super::*;

    #[tokio::test]
    async fn an_instance_needs_its_id_only_and_keeps_what_is_unknown() {
        let answer = |headers: HeaderMap| async move {
            assert_eq!(headers["amazon-advertising-api-advertiserid"], "ENTITY1");
            assert_eq!(headers["amazon-advertising-api-marketplaceid"], "ATVPDKIKX0DER");
            let body = json!({"nextToken": null, "instances": [
                {"instanceId": "amc1"},
                {"instanceId": "amc2", "instanceName": "Two", "instanceType": "SANDBOX", "creationStatus": "COMPLETE",
                 "creationDatetime": "2024-10-02T11:22:33.123456789Z", "entities": ["NA"], "customerCanonicalName": null},
                {"instanceId": "amc3", "instanceType": "LABORATORY", "creationStatus": "SUCCEEDED"},
            ]});
            ([(CONTENT_TYPE, "application/octet-stream")], body.to_string())
        };
        let stage = Stage::of(Router::new().route("/api/amc/instances", get(answer))).await;
        let instances = stage.client.all_instances(stage.account()).await.unwrap().items;
        assert_eq!((instances[0].id.as_str(), &instances[0].instance_type), ("amc1", &None));
        assert_eq!(instances[1].instance_type, Some(InstanceType::Sandbox));
        assert_eq!(instances[1].creation_status, Some(CreationStatus::Completed));
        assert_eq!(instances[1].created_at.unwrap().timestamp(), 1_727_868_153);
        assert_eq!(instances[1].rest["entities"], json!(["NA"]));
        assert_eq!(instances[2].instance_type, Some(InstanceType::Other("LABORATORY".to_owned())));
        assert_eq!(instances[2].creation_status, Some(CreationStatus::Completed));
    }

    #[tokio::test]
    async fn one_instance_is_read_with_and_without_its_wrapper() {
        let router = Router::new()
            .route("/api/amc/instances/amc1", get(|| async { Json(json!({"instance": {"instanceId": "amc1"}})) }))
            .route("/api/amc/instances/amc2", get(|| async { Json(json!({"instanceId": "amc2", "new": {}})) }));
        let stage = Stage::of(router).await;
        for name in ["amc1", "amc2"] {
            let id = AmcInstanceId(name.to_owned());
            assert_eq!(stage.client.instance(stage.account(), &id).await.unwrap().id, id);
        }
    }

    #[tokio::test]
    async fn an_id_that_would_lead_elsewhere_names_nothing() {
        let anything = || async { Json(json!({"instanceId": "amc1"})) };
        let stage = Stage::of(Router::new().fallback(anything)).await;
        for id in ["", ".", "..", "%2e%2E", ".%2e"] {
            let result = stage.client.instance(stage.account(), &AmcInstanceId(id.to_owned())).await;
            assert_eq!(result.unwrap_err().kind(), &ErrorKind::Missing { message: None }, "{id}");
        }
    }
}
