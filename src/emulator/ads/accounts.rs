//! Which accounts a person reaches: AMC accounts, and profiles of sponsored ads.

use axum::extract::State;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::emulator::caller::Caller;
use crate::emulator::errors::{Answer, answer};
use crate::emulator::people::Account;
use crate::emulator::query::{Order, Query};

use super::JSON;

/// `GET /amc/accounts`.
pub(super) async fn list(State(_): State<Emulator>, caller: Caller, query: Query) -> Answer {
    let mut accounts: Vec<_> = caller.person.amc_accounts().collect();
    accounts.sort_by_key(|account| account.id);
    let row = |account: &Account| json!({ "accountId": account.id, "accountName": account.name, "marketplaceId": account.marketplace });
    let rows = accounts.into_iter().map(|account| (account.id.to_owned(), row(account)));
    let (page, next) = query.page()?.cut(rows, Order::Ascending);
    let mut body = json!({ "amcAccounts": page });
    if let Some(next) = next {
        body["nextToken"] = next.into();
    }
    Ok(answer(JSON, body))
}

/// `GET /v2/profiles`.
pub(super) async fn profiles(State(_): State<Emulator>, caller: Caller) -> Answer {
    let profiles: Vec<_> = caller.person.profiles().map(|(number, account)| profile(number, account)).collect();
    Ok(answer(JSON, profiles.into()))
}

fn profile(number: u64, account: &Account) -> Value {
    json!({
        "profileId": number,
        "countryCode": account.place.country,
        "currencyCode": account.place.currency,
        "timezone": account.place.zone,
        "accountInfo": {
            "marketplaceStringId": account.marketplace,
            "id": account.id,
            "type": "seller",
            "name": account.name,
            "validPaymentMethod": true,
        },
    })
}
