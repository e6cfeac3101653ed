//! The advertisers of an instance, and updates of them, which take some time.

use std::sync::Arc;

use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::emulator::Emulator;
use crate::emulator::caller::ByInstance;
use crate::emulator::errors::{Answer, Refusal, answer};
use crate::emulator::json::Fields;
use crate::emulator::query::{Order, Query};
use crate::emulator::state::{Advertiser, AdvertiserRef, AdvertiserUpdate, Change, Instance, State as Memory};
use crate::emulator::store::Edit;

use super::{JSON, instances};

/// How long AMC takes for an update, in seconds.
const UPDATE_SECONDS: f64 = 60.0;

/// The maximum number of entries in each list of an update.
const MOST_ENTRIES: usize = 10;

/// The maximum number of advertisers of one instance; more are refused.
const MOST_ADVERTISERS: usize = 2000;

/// How many updates of one instance are stored; the oldest are dropped.
const MOST_UPDATES: usize = 100;

const KINDS: [&str; 3] = ["DISPLAY", "SAS", "SPONSORED_ADS"];

/// `GET …/advertisers`.
pub(super) async fn list(caller: ByInstance, query: Query) -> Answer {
    let page = query.page()?;
    let kind = query.get("type");
    if kind.is_some_and(|kind| !KINDS.contains(&kind)) {
        return Err(Refusal::bad("type must be DISPLAY, SAS or SPONSORED_ADS."));
    }
    let fits = |advertiser: &&Advertiser| kind.is_none_or(|kind| advertiser.kind == kind);
    let mut rows: Vec<_> = caller.instance.advertisers.iter().filter(fits).collect();
    rows.sort_by(|one, other| (&one.id, &one.kind).cmp(&(&other.id, &other.kind)));
    let total = rows.len();
    let rows = rows.into_iter().map(|row| (format!("{} {}", row.id, row.kind), shown(row)));
    let (advertisers, next) = page.cut(rows, Order::Ascending);
    Ok(answer(JSON, json!({ "advertisers": advertisers, "nextToken": next, "totalCount": total })))
}

/// `POST …/advertisers/updates`.
pub(super) async fn change(State(emulator): State<Emulator>, caller: ByInstance, fields: Fields) -> Answer {
    caller.by.must_administer()?;
    caller.by.must_not_be_self_service()?;
    caller.must_be_complete(&emulator)?;
    let add = entries(&fields, "advertisersToAdd")?;
    let remove = entries(&fields, "advertisersToRemove")?;
    if add.is_empty() && remove.is_empty() {
        return Err(Refusal::bad("advertisersToAdd or advertisersToRemove is required."));
    }
    if caller.instance.advertisers.len() + add.len() > MOST_ADVERTISERS {
        return Err(Refusal::bad(format!("An instance can have at most {MOST_ADVERTISERS} advertisers.")));
    }
    let now = emulator.now();
    let mut refused = false;
    let instance = instances::change(&emulator, &caller.instance.id, |instance| {
        refused = instance.updates.iter().any(|update| !update.applied);
        if !refused {
            let number = instance.updates.last().map_or(0, |last| last.number + 1);
            let excess = (instance.updates.len() + 1).saturating_sub(MOST_UPDATES);
            instance.updates.drain(..excess);
            let completes = now + emulator.pace().wait(UPDATE_SECONDS);
            instance.updates.push(AdvertiserUpdate { number, add, remove, requested: now, completes, applied: false });
        }
    })?;
    if refused {
        return Err(Refusal::bad("Another advertiser update of this instance is not complete yet."));
    }
    emulator.something_is_due();
    let update = instance.updates.last().map(|update| whole(update, now));
    Ok(answer(JSON, json!({ "advertiserUpdate": update })))
}

/// `GET …/advertisers/updates`.
pub(super) async fn updates(State(emulator): State<Emulator>, caller: ByInstance, query: Query) -> Answer {
    let now = emulator.now();
    let row = |update: &AdvertiserUpdate| json!({ "updateId": update.number, "status": update.status(now) });
    let rows = caller.instance.updates.iter().map(|update| (format!("{:09}", update.number), row(update)));
    let (updates, next) = query.page()?.cut(rows, Order::Ascending);
    Ok(answer(JSON, json!({ "advertiserUpdates": updates, "nextToken": next })))
}

/// `GET …/advertisers/updates/{updateId}`.
pub(super) async fn update(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, number)): Path<(String, String)>,
) -> Answer {
    let update = caller.instance.updates.iter().find(|update| update.number.to_string() == number);
    let update = update.ok_or_else(|| Refusal::missing(format!("Advertiser update {number} does not exist.")))?;
    Ok(answer(JSON, json!({ "advertiserUpdate": whole(update, emulator.now()) })))
}

/// Applies all completed updates.
pub(crate) fn apply_updates(edit: &mut Edit<'_>, now: DateTime<Utc>) {
    let due =
        |instance: &Arc<Instance>| instance.updates.iter().any(|update| !update.applied && update.completes <= now);
    let state = edit.state();
    let instances: Vec<_> = state.updating.iter().filter_map(|id| state.instances.get(id)).cloned().collect();
    for mut instance in instances.into_iter().filter(due) {
        let changed = Arc::make_mut(&mut instance);
        for update in changed.updates.iter_mut().filter(|update| !update.applied && update.completes <= now) {
            update.applied = true;
            changed.advertisers.retain(|known| !update.remove.iter().any(|gone| known.is(gone)));
            let new = update.add.iter().filter(|new| !changed.advertisers.iter().any(|known| known.is(new)));
            let new: Vec<_> = new.map(advertiser).collect();
            changed.advertisers.extend(new);
        }
        edit.put(Change::Instance(instance));
    }
}

/// When the next update is complete.
pub(crate) fn next_completion(state: &Memory) -> Option<DateTime<Utc>> {
    let instances = state.updating.iter().filter_map(|id| state.instances.get(id));
    instances
        .flat_map(|instance| &instance.updates)
        .filter(|update| !update.applied)
        .map(|update| update.completes)
        .min()
}

fn advertiser(new: &AdvertiserRef) -> Advertiser {
    Advertiser {
        id: new.id.clone(),
        name: format!("Advertiser {}", new.id),
        kind: new.kind.clone(),
        marketplace: new.marketplace.clone().filter(|_| new.kind != "DISPLAY"),
    }
}

fn entries(fields: &Fields, name: &str) -> Result<Vec<AdvertiserRef>, Refusal> {
    let entries = fields.objects(name)?;
    if entries.len() > MOST_ENTRIES {
        return Err(Refusal::bad(format!("{name} can hold at most {MOST_ENTRIES} advertisers.")));
    }
    let entry = |fields: &Fields| {
        let kind = checked_kind(fields)?;
        fields.name("id")?;
        Ok(AdvertiserRef { id: fields.required("id")?, kind, marketplace: fields.name("marketplaceId")? })
    };
    entries.iter().map(entry).collect()
}

/// The type of an advertiser in a request.
pub(crate) fn checked_kind(fields: &Fields) -> Result<String, Refusal> {
    let kind = fields.required("type")?;
    let unknown = || Refusal::bad("type must be DISPLAY, SAS or SPONSORED_ADS.");
    if KINDS.contains(&kind.as_str()) { Ok(kind) } else { Err(unknown()) }
}

fn shown(advertiser: &Advertiser) -> Value {
    json!({
        "name": advertiser.name,
        "id": advertiser.id,
        "marketplaceId": advertiser.marketplace,
        "type": advertiser.kind,
        "configuredAdvertiserTypes": advertiser.configured(),
    })
}

fn whole(update: &AdvertiserUpdate, now: DateTime<Utc>) -> Value {
    let list = |entries: &[AdvertiserRef]| Value::Array(entries.iter().map(AdvertiserRef::json).collect());
    let mut fields = Map::new();
    fields.insert("updateId".into(), update.number.into());
    fields.insert("status".into(), update.status(now).into());
    fields.insert("advertisersToAdd".into(), list(&update.add));
    fields.insert("advertisersToRemove".into(), list(&update.remove));
    Value::Object(fields)
}
