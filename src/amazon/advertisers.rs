//! The advertiser accounts that a person can see: from the accounts list (`POST /adsAccounts/list`) and from profiles
//! (`GET /v2/profiles`).
//!
//! For a manager's login, `/amc/accounts` only lists its own accounts; its clients' instances are listed under the
//! clients' entities, which are only found here.

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use super::answer::{Fields, Listing, Page, all_pages};
use super::client::{Caller, Client};
use super::error::{Error, Unreadable};
use super::names::{EntityId, MarketplaceId};
use super::region::Region;

/// The media type of the accounts list, in requests and responses.
const ACCOUNTS_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.listaccountsresource.v1+json");

/// Countries with their marketplaces, and the region of each if it is certain.
const MARKETPLACES: [(&str, &str, Option<Region>); 18] = [
    ("US", "ATVPDKIKX0DER", Some(Region::Na)),
    ("CA", "A2EUQ1WTGCTBG2", Some(Region::Na)),
    ("MX", "A1AM78C64UM0Y8", Some(Region::Na)),
    ("BR", "A2Q3Y263D00KWC", Some(Region::Na)),
    ("UK", "A1F83G8C2ARO7P", Some(Region::Eu)),
    ("GB", "A1F83G8C2ARO7P", Some(Region::Eu)),
    ("DE", "A1PA6795UKMFR9", Some(Region::Eu)),
    ("FR", "A13V1IB3VIYZZH", Some(Region::Eu)),
    ("ES", "A1RKKUPIHCS9HS", Some(Region::Eu)),
    ("IT", "APJ6JRA9NG5V4", Some(Region::Eu)),
    ("NL", "A1805IZSGTT6HS", Some(Region::Eu)),
    ("SE", "A2NODRKZP88ZB9", Some(Region::Eu)),
    ("TR", "A33AVAJ2PDY3EV", Some(Region::Eu)),
    ("SA", "A17E79C6D8DWNP", Some(Region::Eu)),
    ("AE", "A2VIGQ35RCS4UG", Some(Region::Eu)),
    ("JP", "A1VC38T7YXB528", Some(Region::Fe)),
    ("AU", "A39IBJ37TRP1C6", Some(Region::Fe)),
    // Amazon's pages disagree on India's region, so all regions are requested.
    ("IN", "A21TJRUUN4KGV", None),
];

/// The marketplace of a two-letter country code, and its region if it is certain; `None` for unknown countries.
fn marketplace_of(country: &str) -> Option<(MarketplaceId, Option<Region>)> {
    let known = MARKETPLACES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(country))?;
    Some((MarketplaceId(known.1.to_owned()), known.2))
}

/// An advertiser's entity in one marketplace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertiserAccount {
    /// The account's id, sent as the advertiser in calls.
    pub entity: EntityId,
    pub marketplace: MarketplaceId,
    /// The marketplace's region; `None` if Amazon's list doesn't tell.
    pub region: Option<Region>,
    pub name: Option<String>,
}

/// The entities of one listed account: one for each country in which it advertises.
#[expect(clippy::unnecessary_wraps, reason = "read like every other entry of a list")]
fn entities(mut fields: Fields) -> Result<Vec<AdvertiserAccount>, Unreadable> {
    let name = fields.text("accountName");
    let alternates = fields.list("alternateIds", |mut one| Ok((one.text("countryCode"), one.text("entityId"))));
    // OK to skip an unknown country: without its marketplace it can't be called.
    let entity = |(country, entity): (Option<String>, Option<String>)| {
        let (marketplace, region) = marketplace_of(&country?)?;
        let entity = EntityId(entity.filter(|id| !id.is_empty())?);
        Some(AdvertiserAccount { entity, marketplace, region, name: name.clone() })
    };
    Ok(alternates.into_iter().filter_map(entity).collect())
}

fn profile(mut fields: Fields) -> Result<AdvertiserAccount, Unreadable> {
    let mut account = fields.object("accountInfo").ok_or(Unreadable::Shape)?;
    Ok(AdvertiserAccount {
        entity: EntityId(account.required("id")?),
        marketplace: MarketplaceId(account.required("marketplaceStringId")?),
        region: None,
        name: account.text("name"),
    })
}

impl Client {
    /// All advertiser accounts that the person can see, in all regions, at most [`super::MAX_PAGES`] pages.
    pub async fn all_advertiser_accounts(&self, caller: Caller<'_>) -> Result<Listing<AdvertiserAccount>, Error> {
        let listed = all_pages(|next| async move { self.advertiser_accounts(caller, next.as_deref()).await }).await?;
        Ok(Listing { items: listed.items.into_iter().flatten().collect(), skipped: listed.skipped })
    }

    async fn advertiser_accounts(
        &self,
        caller: Caller<'_>,
        next: Option<&str>,
    ) -> Result<Page<Vec<AdvertiserAccount>>, Error> {
        let mut body = json!({ "maxResults": 100 });
        if let Some(next) = next {
            body["nextToken"] = next.into();
        }
        let request = self.ads(Method::POST, caller, &["adsAccounts", "list"])?;
        let request = request.header(CONTENT_TYPE, ACCOUNTS_TYPE).header(ACCEPT, ACCOUNTS_TYPE).json(&body);
        self.send("advertisers.list", request).await?.json(|answer| Page::read(answer, "adsAccounts", entities))
    }

    /// The entities of the person's profiles in the caller's region.
    pub async fn profiles(&self, caller: Caller<'_>) -> Result<Listing<AdvertiserAccount>, Error> {
        let request = self.ads(Method::GET, caller, &["v2", "profiles"])?;
        let page = self.send("profiles.list", request).await?.json(|answer| {
            // A bare list; read as a page with one name, so that invalid entries are skipped in the same way.
            let Value::Array(_) = &answer else { return Err(Unreadable::Shape) };
            Page::read(json!({ "profiles": answer }), "profiles", profile)
        })?;
        Ok(Listing { items: page.items, skipped: page.skipped })
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::http::HeaderMap;
    use axum::routing::{get, post};
    use axum::{Json, Router};

    use super::super::test_server::Stage;
    use super::*;

    async fn list(headers: HeaderMap, body: Bytes) -> Json<Value> {
        assert_eq!(headers["content-type"], ACCOUNTS_TYPE);
        assert_eq!(headers.get_all("content-type").iter().count(), 1);
        assert_eq!(headers["accept"], ACCOUNTS_TYPE);
        let asked: Value = serde_json::from_slice(&body).unwrap();
        Json(if asked["nextToken"] == "more" {
            json!({"adsAccounts": [{"accountName": "Two", "alternateIds": [{"countryCode": "JP", "entityId": "ENTITY3"}]}, null]})
        } else {
            json!({"nextToken": "more", "adsAccounts": [{"adsAccountId": "amzn1.ads-account.g.1", "accountName": "One",
                "alternateIds": [{"countryCode": "US", "profileId": 7}, {"countryCode": "US", "entityId": "ENTITY1"},
                    {"countryCode": "XX", "entityId": "ENTITY2"}, {"countryCode": "DE", "entityId": ""}], "errors": {}}]})
        })
    }

    #[tokio::test]
    async fn entities_of_advertisers_come_with_their_marketplaces_from_all_pages() {
        let stage = Stage::of(Router::new().route("/api/adsAccounts/list", post(list))).await;
        let listed = stage.client.all_advertiser_accounts(stage.person()).await.unwrap();
        let found: Vec<_> = listed
            .items
            .iter()
            .map(|one| (one.entity.as_str(), one.marketplace.as_str(), one.region, one.name.as_deref()))
            .collect();
        assert_eq!(
            found,
            [
                ("ENTITY1", "ATVPDKIKX0DER", Some(Region::Na), Some("One")),
                ("ENTITY3", "A1VC38T7YXB528", Some(Region::Fe), Some("Two"))
            ]
        );
        assert_eq!(listed.skipped, 1);
    }

    #[tokio::test]
    async fn a_profile_names_its_entity_and_marketplace() {
        let answer = json!([{"profileId": 1, "accountInfo": {"id": "ENTITY1", "marketplaceStringId": "M", "name": "N"}},
            {"profileId": 2}]);
        let stage = Stage::of(Router::new().route("/api/v2/profiles", get(|| async { Json(answer) }))).await;
        let listed = stage.client.profiles(stage.person()).await.unwrap();
        assert_eq!((listed.items.len(), listed.skipped), (1, 1));
        assert_eq!(listed.items[0].entity.as_str(), "ENTITY1");
    }

    #[tokio::test]
    async fn something_else_than_a_list_of_profiles_is_an_error() {
        let stage = Stage::of(Router::new().route("/api/v2/profiles", get(|| async { Json(json!({"a": []})) }))).await;
        assert!(stage.client.profiles(stage.person()).await.is_err());
    }
}
