//! AMC's terms: whether an account has accepted them, and accepting them.

use axum::extract::State;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::emulator::caller::BeforeTerms;
use crate::emulator::errors::{Answer, Refusal, answer};
use crate::emulator::json::Fields;
use crate::emulator::people::Account;
use crate::emulator::state::Change;

use super::JSON;

/// The text of the agreement.
const AGREEMENT: &str = "Sample terms and conditions: this is an emulator, and nothing here reaches Amazon.";

/// `GET /amc/audiences/connections/terms`.
pub(super) async fn read(State(emulator): State<Emulator>, by: BeforeTerms) -> Answer {
    Ok(answer(JSON, shown(&emulator, by.account)))
}

/// `PATCH /amc/audiences/connections/terms`: accepts the agreement with the token that was read.
pub(super) async fn accept(State(emulator): State<Emulator>, by: BeforeTerms, fields: Fields) -> Answer {
    if fields.required("agreementToken")? != token(&emulator, by.account) {
        return Err(Refusal::bad("agreementToken is not the one of the current agreement."));
    }
    if fields.flag("hasAccepted")? != Some(false) {
        emulator.store().write(|edit| edit.put(Change::TermsAccepted(by.account.id.to_owned())));
    }
    Ok(answer(JSON, shown(&emulator, by.account)))
}

fn shown(emulator: &Emulator, account: &Account) -> Value {
    json!({
        "agreementContent": AGREEMENT,
        "agreementToken": token(emulator, account),
        "hasAccepted": emulator.has_accepted_terms(account),
    })
}

fn token(emulator: &Emulator, account: &Account) -> String {
    emulator.signer().sign("terms", account.id)
}
