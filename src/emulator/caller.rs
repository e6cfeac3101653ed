//! Checks the caller, the account, and the instance of a request, each of which may be refused.
//!
//! The order is the service's: first the token (401), then the headers that name an account (400), then whether the
//! person has access to that account (403) and the instance belongs to it (403).

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::Emulator;
use super::errors::Refusal;
use super::login::bearer_grant;
use super::people::{Account, AccountKind, Person};
use super::state::{CreationStatus, Instance};

/// Scopes that open the Ads API and AMC.
const ADS_SCOPES: [&str; 2] = ["advertising::campaign_management", "cpc_advertising:campaign_management"];

/// A person whose token is valid for the Ads API.
pub(crate) struct Caller {
    pub(crate) person: &'static Person,
}

/// A caller with the account named in the headers, whether or not its terms are accepted.
pub(crate) struct BeforeTerms {
    pub(crate) account: &'static Account,
    admin: bool,
}

/// A caller with the account named in the headers.
pub(crate) struct ByAccount {
    pub(crate) account: &'static Account,
    admin: bool,
}

/// A caller with the instance named in the path.
pub(crate) struct ByInstance {
    pub(crate) by: ByAccount,
    pub(crate) instance: Arc<Instance>,
}

impl FromRequestParts<Emulator> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, emulator: &Emulator) -> Result<Self, Refusal> {
        let client = header(parts, "amazon-advertising-api-clientid").ok_or_else(Refusal::unauthorized)?;
        let held = bearer_grant(emulator, &parts.headers).ok_or_else(Refusal::unauthorized)?;
        if held.grant.client_id.as_deref().is_some_and(|only| only != client) {
            return Err(Refusal::unauthorized());
        }
        if !held.grant.scope.split_whitespace().any(|scope| ADS_SCOPES.contains(&scope)) {
            return Err(Refusal::forbidden());
        }
        let person = Person::by_key(&held.grant.person).ok_or_else(Refusal::unauthorized)?;
        Ok(Self { person })
    }
}

impl FromRequestParts<Emulator> for BeforeTerms {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, emulator: &Emulator) -> Result<Self, Refusal> {
        let caller = Caller::from_request_parts(parts, emulator).await?;
        let entity = header(parts, "amazon-advertising-api-advertiserid")
            .ok_or_else(|| Refusal::bad("entityId provided is null"))?;
        let marketplace = header(parts, "amazon-advertising-api-marketplaceid")
            .ok_or_else(|| Refusal::bad("marketplaceId provided is null"))?;
        let seat = caller.person.seat(entity, marketplace).ok_or_else(Refusal::forbidden)?;
        if seat.account.kind == AccountKind::Refused {
            return Err(Refusal::forbidden());
        }
        Ok(Self { account: seat.account, admin: seat.admin })
    }
}

impl FromRequestParts<Emulator> for ByAccount {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, emulator: &Emulator) -> Result<Self, Refusal> {
        let BeforeTerms { account, admin } = BeforeTerms::from_request_parts(parts, emulator).await?;
        if !emulator.has_accepted_terms(account) {
            let text = "Terms and conditions must be accepted to continue";
            return Err(Refusal::oauth(StatusCode::FORBIDDEN, "insufficient_scope", text));
        }
        Ok(Self { account, admin })
    }
}

impl FromRequestParts<Emulator> for ByInstance {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, emulator: &Emulator) -> Result<Self, Refusal> {
        let by = ByAccount::from_request_parts(parts, emulator).await?;
        let params = RawPathParams::from_request_parts(parts, emulator).await.map_err(|_| Refusal::forbidden())?;
        let id = params.iter().find(|(name, _)| *name == "instance").map(|(_, id)| id);
        let instance = id.and_then(|id| emulator.store().read(|state| state.instances.get(id).cloned()));
        let instance = instance.filter(|one| by.account.lists(&one.account, &one.id)).ok_or_else(Refusal::forbidden)?;
        Ok(Self { by, instance })
    }
}

impl ByAccount {
    /// Refuses callers who don't administer the account.
    pub(crate) fn must_administer(&self) -> Result<(), Refusal> {
        if self.admin { Ok(()) } else { Err(Refusal::forbidden()) }
    }

    /// Refuses what self-service AMC doesn't offer.
    pub(crate) fn must_not_be_self_service(&self) -> Result<(), Refusal> {
        let text = "This operation is not supported for a self-service instance.";
        if self.account.self_service() { Err(Refusal::bad(text)) } else { Ok(()) }
    }
}

impl ByInstance {
    /// Refuses while the instance is still being created.
    pub(crate) fn must_be_complete(&self, emulator: &Emulator) -> Result<(), Refusal> {
        match self.instance.creation(emulator.now()) {
            CreationStatus::Completed => Ok(()),
            under_way => {
                let text = format!("Instance {} is not ready: its status is {}.", self.instance.id, under_way.word());
                Err(Refusal::bad(text))
            }
        }
    }
}

fn header<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|text| !text.is_empty())
}
