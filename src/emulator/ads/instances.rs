//! Instances: list, read, create, change, delete.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::emulator::caller::{ByAccount, ByInstance};
use crate::emulator::errors::{Answer, Refusal, answer};
use crate::emulator::json::Fields;
use crate::emulator::people::Account;
use crate::emulator::query::{Order, Query};
use crate::emulator::state::{Advertiser, Change, CreationStatus, Instance, InstanceKind};

use super::{BYTES, JSON};

/// How long AMC takes to create an instance, in seconds (the guides say to allow up to 300).
const CREATION_SECONDS: f64 = 120.0;

/// How long an idempotency token is valid.
const TOKEN_LIFE: TimeDelta = TimeDelta::minutes(10);

/// The maximum number of instances of one account; more are refused.
const MOST_INSTANCES: usize = 4000;

/// `GET /amc/instances`: for a sponsored-ads entity, the first call creates its only instance.
pub(super) async fn list(State(emulator): State<Emulator>, by: ByAccount, query: Query) -> Answer {
    let page = query.page()?;
    if by.account.self_service() {
        ensure_self_service(&emulator, by.account);
    }
    let now = emulator.now();
    let (instances, next) = emulator.store().read(|state| {
        let own = state.instances.values().filter(|one| by.account.lists(&one.account, &one.id));
        page.cut(own.map(|instance| (instance.id.clone(), Arc::clone(instance))), Order::Ascending)
    });
    let instances: Vec<_> = instances.iter().map(|instance| shown(&emulator, instance, now)).collect();
    Ok(answer(JSON, json!({ "instances": instances, "nextToken": next })))
}

/// `GET /amc/instances/{instanceId}`.
pub(super) async fn read(State(emulator): State<Emulator>, caller: ByInstance) -> Answer {
    Ok(answer(JSON, json!({ "instance": shown(&emulator, &caller.instance, emulator.now()) })))
}

/// `POST /amc/instances`.
pub(super) async fn create(State(emulator): State<Emulator>, by: ByAccount, fields: Fields) -> Answer {
    by.must_administer()?;
    by.must_not_be_self_service()?;
    let collaboration = collaboration(&fields)?;
    let token = fields.text("idempotencyToken")?;
    if token.as_ref().is_some_and(|token| token.is_empty() || token.chars().count() > 36) {
        return Err(Refusal::bad("idempotencyToken must have 1 to 36 characters."));
    }
    let now = emulator.now();
    let instance = Instance {
        name: checked_name(fields.required("instanceName")?)?,
        advertiser_name: fields.name("advertiserName")?,
        aws_account: fields.name("awsAccountId")?.unwrap_or_default(),
        bucket: fields.name("s3BucketName")?.unwrap_or_default(),
        collaboration,
        idempotency_token: token,
        ..blank(&emulator, by.account)
    };
    let instance = emulator.store().write(|edit| {
        let own = || edit.state().instances.values().filter(|known| known.account == by.account.id);
        let repeated = |known: &&Arc<Instance>| {
            known.idempotency_token.is_some()
                && known.idempotency_token == instance.idempotency_token
                && now < known.requested + TOKEN_LIFE
        };
        if let Some(known) = own().find(repeated) {
            return Ok(Arc::clone(known));
        }
        if own().count() >= MOST_INSTANCES {
            return Err(Refusal::bad(format!(
                "The account has {MOST_INSTANCES} instances, the most that are allowed."
            )));
        }
        let instance = Arc::new(instance);
        edit.put(Change::Instance(Arc::clone(&instance)));
        Ok(instance)
    })?;
    Ok(answer(JSON, json!({ "instance": as_requested(&emulator, &instance) })))
}

/// `PUT /amc/instances/{instanceId}`.
pub(super) async fn update(State(emulator): State<Emulator>, caller: ByInstance, fields: Fields) -> Answer {
    caller.by.must_administer()?;
    caller.must_be_complete(&emulator)?;
    let name = fields.text("instanceName")?.map(checked_name).transpose()?;
    let advertiser = fields.name("advertiserName")?;
    let (aws_account, bucket) = (fields.name("awsAccountId")?, fields.name("s3BucketName")?);
    let instance = change(&emulator, &caller.instance.id, |instance| {
        instance.name = name.unwrap_or_else(|| instance.name.clone());
        instance.advertiser_name = advertiser.or_else(|| instance.advertiser_name.clone());
        instance.aws_account = aws_account.unwrap_or_else(|| instance.aws_account.clone());
        instance.bucket = bucket.unwrap_or_else(|| instance.bucket.clone());
    })?;
    Ok(answer(JSON, json!({ "instance": shown(&emulator, &instance, emulator.now()) })))
}

/// `DELETE /amc/instances/{instanceId}`.
pub(super) async fn delete(State(emulator): State<Emulator>, caller: ByInstance) -> Answer {
    caller.by.must_administer()?;
    caller.by.must_not_be_self_service()?;
    caller.must_be_complete(&emulator)?;
    emulator.forget_instance(&caller.instance.id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /amc/instances/{instanceId}/updateCustomerAwsAccount`.
pub(super) async fn update_aws_account(State(emulator): State<Emulator>, caller: ByInstance, fields: Fields) -> Answer {
    caller.by.must_administer()?;
    let (aws_account, bucket) = (fields.required("awsAccountId")?, fields.required("bucketName")?);
    fields.name("awsAccountId")?;
    fields.name("bucketName")?;
    let instance = change(&emulator, &caller.instance.id, |instance| {
        instance.aws_account = aws_account;
        instance.bucket = bucket;
    })?;
    let url = emulator.address(&format!("/control?stack={}", instance.id));
    Ok(answer(BYTES, json!({ "cfnBucketUrl": url })))
}

/// Changes the stored instance.
pub(super) fn change(
    emulator: &Emulator,
    id: &str,
    change: impl FnOnce(&mut Instance),
) -> Result<Arc<Instance>, Refusal> {
    emulator.store().write(|edit| {
        let mut instance = edit.state().instances.get(id).cloned().ok_or_else(Refusal::forbidden)?;
        change(Arc::make_mut(&mut instance));
        edit.put(Change::Instance(Arc::clone(&instance)));
        Ok(instance)
    })
}

fn ensure_self_service(emulator: &Emulator, account: &Account) {
    let advertiser = Advertiser {
        id: account.id.to_owned(),
        name: account.name.to_owned(),
        kind: "SPONSORED_ADS".to_owned(),
        marketplace: Some(account.marketplace.to_owned()),
    };
    let instance = Instance {
        name: account.name.replace(['(', ')'], ""),
        advertiser_name: Some(account.name.to_owned()),
        advertisers: vec![advertiser],
        ..blank(emulator, account)
    };
    emulator.store().write(|edit| {
        if !edit.state().instances.values().any(|known| known.account == account.id) {
            edit.put(Change::Instance(Arc::new(instance)));
        }
    });
}

/// A new, unnamed instance of that account.
fn blank(emulator: &Emulator, account: &Account) -> Instance {
    let now = emulator.now();
    let digits: String = emulator.uuid().chars().filter(char::is_ascii_alphanumeric).take(10).collect();
    Instance {
        id: format!("amc{digits}"),
        name: String::new(),
        kind: InstanceKind::Standard,
        account: account.id.to_owned(),
        advertiser_name: None,
        bucket: String::new(),
        aws_account: String::new(),
        upload_account: "000000000900".to_owned(),
        collaboration: None,
        requested: now,
        completes: now + emulator.pace().wait(CREATION_SECONDS),
        idempotency_token: None,
        advertisers: Vec::new(),
        updates: Vec::new(),
    }
}

fn checked_name(name: String) -> Result<String, Refusal> {
    let length = name.chars().count();
    let fits = (3..=50).contains(&length) && name.chars().all(|letter| letter.is_alphanumeric() || letter == ' ');
    let text = "instanceName must have 3 to 50 characters: letters, digits and spaces.";
    if fits { Ok(name) } else { Err(Refusal::bad(text)) }
}

fn collaboration(fields: &Fields) -> Result<Option<String>, Refusal> {
    if !fields.flag("acrBacked")?.unwrap_or(false) {
        return Ok(None);
    }
    if fields.text("s3BucketName")?.is_some_and(|bucket| !bucket.is_empty()) {
        return Err(Refusal::bad("s3BucketName cannot be given together with acrBacked."));
    }
    let partners = fields.objects("acrCustomerPartners")?;
    if partners.len() > 5 {
        return Err(Refusal::bad("acrCustomerPartners can hold at most 5 partners."));
    }
    for partner in partners {
        partner.required("awsAccountId")?;
        if partner.list("abilities")?.iter().any(|ability| ability != "CAN_RECEIVE_RESULTS") {
            return Err(Refusal::bad("abilities can only hold CAN_RECEIVE_RESULTS."));
        }
    }
    fields.required("instanceName").map(Some)
}

/// The response to the creation request: always the initial state.
fn as_requested(emulator: &Emulator, instance: &Instance) -> Value {
    let mut value = shown(emulator, instance, instance.requested);
    value["creationStatus"] = CreationStatus::Requested.word().into();
    value["creationDatetime"] = Value::Null;
    value["apiEndpoint"] = Value::Null;
    value
}

fn shown(emulator: &Emulator, instance: &Instance, now: DateTime<Utc>) -> Value {
    let status = instance.creation(now);
    let complete = status == CreationStatus::Completed;
    let made = complete.then(|| instance.completes.to_rfc3339_opts(SecondsFormat::Micros, true));
    let activated = instance.completes.to_rfc3339_opts(SecondsFormat::Millis, true);
    let datasets: Vec<Value> = complete
        .then(|| json!({ "label": "PURCHASE_RETAIL_PROGRAM", "activationTime": activated }))
        .into_iter()
        .collect();
    let endpoint = complete.then(|| emulator.address(""));
    let collaboration = instance.collaboration.as_ref();
    let collaboration = collaboration.map(|name| json!({ "id": instance.id, "name": name, "description": name }));
    let mut kinds: Vec<_> = instance.advertisers.iter().map(|advertiser| advertiser.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    json!({
        "instanceId": instance.id,
        "instanceName": instance.name,
        "instanceType": instance.kind.word(),
        "customerCanonicalName": instance.advertiser_name,
        "creationStatus": status.word(),
        "creationDatetime": made,
        "s3BucketName": instance.bucket,
        "awsAccountId": instance.aws_account,
        "entities": [region(instance)],
        "dataUploadAwsAccountId": instance.upload_account,
        "apiEndpoint": endpoint,
        "acrCollaboration": collaboration,
        "optionalDatasets": datasets,
        "advertiserTypes": kinds,
    })
}

/// The region of an instance's account.
fn region(instance: &Instance) -> &'static str {
    match instance.account.get(instance.account.len().saturating_sub(2)..) {
        Some("UK") => "EU",
        Some("JP") => "FE",
        _ => "NA",
    }
}
