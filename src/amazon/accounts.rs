//! The AMC accounts that a person can reach (`/amc/accounts`).

use reqwest::Method;
use serde_json::{Map, Value};

use super::answer::{Fields, Listing, Page, all_pages};
use super::client::{Caller, Client};
use super::error::{Error, Unreadable};
use super::names::{EntityId, MarketplaceId};

/// An AMC account.
#[derive(Clone, Debug, PartialEq)]
pub struct AmcAccount {
    /// The account's id, sent as the advertiser in further calls.
    pub entity: EntityId,
    pub name: Option<String>,
    pub marketplace: MarketplaceId,
    /// Fields that RecomAMP doesn't know, as sent.
    pub rest: Map<String, Value>,
}

impl AmcAccount {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Unreadable> {
        Ok(Self {
            entity: EntityId(fields.required("accountId")?),
            name: fields.text("accountName"),
            marketplace: MarketplaceId(fields.required("marketplaceId")?),
            rest: fields.rest(),
        })
    }
}

impl Client {
    /// One page of the accounts that the person can reach in the caller's region.
    pub async fn accounts(&self, caller: Caller<'_>, next: Option<&str>) -> Result<Page<AmcAccount>, Error> {
        let request = self.ads(Method::GET, caller, &["amc", "accounts"])?;
        let request = request.query(&next.map(|token| [("nextToken", token)]));
        self.send("accounts.list", request).await?.json(|answer| Page::read(answer, "amcAccounts", AmcAccount::read))
    }

    /// All accounts that the person can reach in the caller's region, at most [`super::MAX_PAGES`] pages.
    pub async fn all_accounts(&self, caller: Caller<'_>) -> Result<Listing<AmcAccount>, Error> {
        all_pages(|next| async move { self.accounts(caller, next.as_deref()).await }).await
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::json;
    use std::collections::HashMap;

    use super::super::test_server::Stage;
    use super::super::{ErrorKind, Unreadable};
    use super::*;

    async fn two_pages(Query(query): Query<HashMap<String, String>>) -> Json<Value> {
        let account =
            |n: u32| json!({"accountId": format!("ENTITY{n}"), "accountName": "A", "marketplaceId": "M", "new": n});
        Json(match query.get("nextToken").map(String::as_str) {
            None => json!({"amcAccounts": [account(1)], "nextToken": "a b&c"}),
            Some("a b&c") => json!({"amcAccounts": [account(2)], "nextToken": ""}),
            Some(other) => panic!("{other}"),
        })
    }

    #[tokio::test]
    async fn all_accounts_come_from_all_pages() {
        let stage = Stage::of(Router::new().route("/api/amc/accounts", get(two_pages))).await;
        let accounts = stage.client.all_accounts(stage.person()).await.unwrap().items;
        let names: Vec<_> = accounts.iter().map(|account| account.entity.as_str()).collect();
        assert_eq!(names, ["ENTITY1", "ENTITY2"]);
        assert_eq!(Value::Object(accounts[1].rest.clone()), json!({"new": 2}));
    }

    #[tokio::test]
    async fn a_list_that_goes_in_circles_is_an_error() {
        let answer = || async { Json(json!({"amcAccounts": [], "nextToken": "again"})) };
        let stage = Stage::of(Router::new().route("/api/amc/accounts", get(answer))).await;
        let error = stage.client.all_accounts(stage.person()).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unreadable(Unreadable::EndlessPages));
    }

    #[tokio::test]
    async fn the_account_list_names_the_person_and_the_application_only() {
        let answer = |headers: HeaderMap| async move {
            assert_eq!(headers["authorization"], "Bearer Atza|token");
            assert_eq!(headers["amazon-advertising-api-clientid"], "amzn1.application-oa2-client.1");
            assert!(!headers.contains_key("amazon-advertising-api-advertiserid"));
            Json(json!({"amcAccounts": []}))
        };
        let stage = Stage::of(Router::new().route("/api/amc/accounts", get(answer))).await;
        assert_eq!(
            stage.client.accounts(stage.person(), None).await.unwrap(),
            Page { items: vec![], skipped: 0, next: None }
        );
    }

    #[tokio::test]
    async fn the_account_lists_own_shape_of_refusal_is_understood() {
        let answer = || async { (StatusCode::BAD_REQUEST, Json(json!({"message": "bad token", "requestId": "r-1"}))) };
        let stage = Stage::of(Router::new().route("/api/amc/accounts", get(answer))).await;
        let error = stage.client.accounts(stage.person(), Some("x")).await.unwrap_err();
        assert_eq!(error.amazons_words(), Some("bad token"));
        assert_eq!(error.request_id(), Some("r-1"));
    }
}
