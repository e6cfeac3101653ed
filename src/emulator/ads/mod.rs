//! The emulated Ads API around AMC: profiles, AMC accounts, instances and their advertisers.

mod accounts;
mod advertisers;
mod instances;
mod terms;

use axum::Router;
use axum::routing::{get, post};

use super::Emulator;

pub(crate) use advertisers::{apply_updates, checked_kind, next_completion};

/// The content type of all answers here, unless a capture says otherwise.
const JSON: &str = "application/json";

/// The content type of lists of advertising accounts (Amazon Ads, advertising accounts API).
const ADS_ACCOUNTS: &str = "application/vnd.listaccountsresource.v1+json";

/// The content type of an answer that says it is bytes and holds JSON.
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
        // The official request collection leaves the id out and the slash in.
        .route("/amc/instances/{instance}/advertisers/updates/", get(advertisers::updates))
        .route("/amc/instances/{instance}/advertisers/updates/{update}", get(advertisers::update))
}
