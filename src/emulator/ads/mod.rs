//! The emulated Ads API around AMC: profiles, AMC accounts, instances and their advertisers.

mod accounts;
mod advertisers;
mod instances;
mod terms;

use axum::Router;
use axum::routing::{get, post};

use super::Emulator;

pub(crate) use advertisers::{apply_updates, checked_kind, next_completion};

/// The content type of all responses here, unless captured responses differ.
const JSON: &str = "application/json";

/// The content type of lists of advertising accounts (Amazon Ads, advertising accounts API).
const ADS_ACCOUNTS: &str = "application/vnd.listaccountsresource.v1+json";

/// The content type of JSON responses that are declared as bytes.
const BYTES: &str = "application/octet-stream";

/// The routes of accounts and instances.
pub(crate) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/v2/profiles", get(accounts::profiles))
        .route("/adsAccounts/list", post(accounts::ads_accounts))
        .route("/amc/accounts", get(accounts::list))
        .route("/amc/audiences/connections/terms", get(terms::read).patch(terms::accept))
        .route("/amc/instances", get(instances::list).post(instances::create))
        .route("/amc/instances/{instance}", get(instances::read).put(instances::update).delete(instances::delete))
        .route("/amc/instances/{instance}/updateCustomerAwsAccount", post(instances::update_aws_account))
        .route("/amc/instances/{instance}/advertisers", get(advertisers::list))
        .route("/amc/instances/{instance}/advertisers/updates", get(advertisers::updates).post(advertisers::change))
        // The official request collection omits the id but keeps the slash.
        .route("/amc/instances/{instance}/advertisers/updates/", get(advertisers::updates))
        .route("/amc/instances/{instance}/advertisers/updates/{update}", get(advertisers::update))
}
