//! The accounts that a person can access: AMC accounts, and sponsored ads profiles.

use axum::extract::{Request, State};
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::emulator::caller::Caller;
use crate::emulator::errors::{Answer, answer};
use crate::emulator::json::{Fields, read_body};
use crate::emulator::people::Account;
use crate::emulator::query::{Order, Page, Query};

use super::{ADS_ACCOUNTS, JSON};

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

/// `POST /adsAccounts/list`: the newer API for the accounts behind profiles.
pub(super) async fn ads_accounts(State(_): State<Emulator>, caller: Caller, request: Request) -> Answer {
    let fields = Fields::parse_any(&read_body(request).await?)?;
    let (limit, token) = (fields.text("maxResults")?, fields.text("nextToken")?);
    let page = Page::read("maxResults", limit.as_deref(), token.as_deref())?;
    let row = |(number, account): (u64, &Account)| (account.id.to_owned(), ads_account(number, account));
    let (accounts, next) = page.cut(caller.person.advertisers().map(row), Order::Ascending);
    let mut body = json!({ "adsAccounts": accounts });
    if let Some(next) = next {
        body["nextToken"] = next.into();
    }
    Ok(answer(ADS_ACCOUNTS, body))
}

fn ads_account(number: u64, account: &Account) -> Value {
    let country = account.place.country;
    json!({
        "adsAccountId": format!("amzn1.ads-account.g.sample{number}"),
        "accountName": account.name,
        "status": "CREATED",
        "countryCodes": [country],
        "alternateIds": [
            { "countryCode": country, "profileId": number },
            { "countryCode": country, "entityId": account.id },
        ],
        "errors": {},
    })
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
