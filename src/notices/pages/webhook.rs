//! An endpoint: its settings, secrets, delivery log, and actions.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::webhooks::{SecretPage, scope, sends, store_secret};
use crate::accounts::audit::{self, Action};
use crate::db::Tx;
use crate::ids::{DeliveryId, EndpointId, MessageId};
use crate::notices::model::{Detail, Draft, Kind};
use crate::notices::store::{self, DeliveryFilter};
use crate::notices::webhooks::{
    Delivery, DeliveryState, Endpoint, EndpointForm, EndpointKind, Sends, fresh_secret, url_place,
};
use crate::notices::{COURIER, Notices};
use crate::vault::Secret;
use crate::web::components::{Choice, Errors, Pager};
use crate::web::list::{self, Days, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Fields, Html, Person, Visit};

const SIZE: u64 = 50;
const MOST: u64 = 500;
/// Maximum number of deliveries replayed at once.
const REPLAYED: i64 = 500;

#[derive(Template)]
#[template(path = "notices/webhook.html")]
pub(super) struct DetailPage {
    shell: Shell,
    endpoint: Endpoint,
    form: EndpointForm,
    sends: Vec<Choice>,
    errors: Errors,
    /// When each secret was created, newest first.
    secrets: Vec<DateTime<Utc>>,
    list: List,
    deliveries: Vec<Delivery>,
    pager: Pager,
    states: Vec<Choice>,
    state: &'static str,
    days: Days,
}

pub(super) fn own(id: &str) -> web::Result<EndpointId> {
    id.parse().map_err(|_| web::Error::Missing)
}

fn filter(endpoint: &EndpointId, params: &mut ListParams) -> DeliveryFilter {
    DeliveryFilter {
        endpoint: endpoint.clone(),
        state: params.value("state", "state", DeliveryState::parse),
        days: params.days(),
    }
}

/// An endpoint that this person may change, with a write transaction.
async fn to_change(room: &Notices, person: &Person, id: &str) -> web::Result<(Tx, Endpoint)> {
    let mut tx = room.site.db.write(&scope(person)).await?;
    let endpoint = store::endpoint(&mut tx, person, &own(id)?).await?;
    Ok((tx, endpoint))
}

async fn log(room: &Notices, tx: &mut Tx, person: &Person, id: &EndpointId, detail: Value) -> web::Result<()> {
    let (site, now) = (&room.site, room.site.clock.now());
    audit::write(tx, &site.random, now, Some(&person.id), Action::WebhookChanged, id.as_str(), detail).await?;
    Ok(())
}

fn back(id: &EndpointId) -> Redirect {
    Redirect::to(&format!("/settings/webhooks/{id}"))
}

/// The form with the stored values.
fn stored_form(room: &Notices, endpoint: &Endpoint) -> EndpointForm {
    let url = room.site.vault.open(&endpoint.sealed_url, &url_place(&endpoint.id));
    EndpointForm {
        name: endpoint.name.clone(),
        kind: endpoint.kind.name().to_owned(),
        url: url.map(|url| url.expose().to_owned()).unwrap_or_default(),
        sends: endpoint.sends.choice().to_owned(),
        events: match &endpoint.sends {
            Sends::Chosen(groups) => groups.clone(),
            Sends::All | Sends::Problems => std::collections::BTreeSet::default(),
        },
        secret: String::new(),
        is_global: endpoint.is_global,
    }
}

async fn page(
    tx: &mut Tx,
    visit: &Visit,
    endpoint: Endpoint,
    (form, errors): (EndpointForm, Errors),
    mut params: ListParams,
) -> web::Result<DetailPage> {
    let filter = filter(&endpoint.id, &mut params);
    let wanted = params.page_of_size(SIZE, MOST);
    let pager = wanted.pager(store::count_deliveries(tx, &filter, wanted.most()).await?);
    let deliveries = store::list_deliveries(tx, &filter, pager.range()).await?;
    let secrets = store::secrets(tx, &endpoint.id).await?;
    let mut list = params.list(&["size"]);
    let path = format!("/settings/webhooks/{}/deliveries", endpoint.id);
    list.csv = params.here().at(format!("{path}.csv")).with("page", "").to_string();
    list.json = params.here().at(format!("{path}.json")).with("page", "").to_string();
    let states = DeliveryState::ALL.map(|state| Choice::new(state.name(), state.label()));
    Ok(DetailPage {
        shell: visit.shell(endpoint.name.clone(), Section::None).await,
        secrets: secrets.into_iter().map(|secret| secret.created_at).collect(),
        form,
        sends: sends(),
        errors,
        list,
        deliveries,
        pager,
        states: Choice::optional("All states", states),
        state: filter.state.map_or("", DeliveryState::name),
        days: filter.days,
        endpoint,
    })
}

pub(super) async fn show(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    params: ListParams,
) -> web::Result<Html<DetailPage>> {
    let mut tx = room.site.db.read(&scope(&person)).await?;
    let endpoint = store::endpoint(&mut tx, &person, &own(&id)?).await?;
    let form = stored_form(&room, &endpoint);
    Ok(Html(page(&mut tx, &visit, endpoint, (form, Errors::new()), params).await?))
}

pub(super) async fn change(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    params: ListParams,
    fields: Fields,
) -> web::Result<Response> {
    let (mut tx, endpoint) = to_change(&room, &person, &id).await?;
    let kind = endpoint.kind.name().to_owned();
    let form = EndpointForm { kind, is_global: endpoint.is_global, secret: String::new(), ..EndpointForm::of(&fields) };
    let read = match form.read(&room.networks) {
        Ok(read) => read,
        Err(errors) => {
            return Ok(Html(page(&mut tx, &visit, endpoint, (form, errors), params).await?).unprocessable());
        }
    };
    let sealed = room.site.vault.seal(&Secret::new(read.url.as_str()), &url_place(&endpoint.id));
    let now = room.site.clock.now();
    store::change_endpoint(&mut tx, now, &endpoint.id, &form.name, (&read, &sealed)).await?;
    let detail = json!({ "change": "changed", "name": form.name, "host": read.host });
    log(&room, &mut tx, &person, &endpoint.id, detail).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The webhook was saved.").await;
    Ok(back(&endpoint.id).into_response())
}

pub(super) async fn delete(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let (mut tx, endpoint) = to_change(&room, &person, &id).await?;
    store::delete_endpoint(&mut tx, &endpoint.id).await?;
    let detail = json!({ "change": "deleted", "name": endpoint.name, "host": endpoint.host });
    log(&room, &mut tx, &person, &endpoint.id, detail).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The webhook was deleted.").await;
    Ok(Redirect::to("/settings/webhooks"))
}

/// Switches an endpoint on or off.
pub(super) async fn switch(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let (mut tx, endpoint) = to_change(&room, &person, &id).await?;
    let (now, is_on) = (room.site.clock.now(), fields.get("on") == "true");
    let reason = format!("Switched off by {}.", person.name);
    store::switch_endpoint(&mut tx, now, &endpoint.id, (!is_on).then_some(reason.as_str())).await?;
    if !is_on {
        store::cancel_deliveries(&mut tx, now, &endpoint.id, "The webhook was switched off.").await?;
    }
    let change = if is_on { "switched on" } else { "switched off" };
    log(&room, &mut tx, &person, &endpoint.id, json!({ "change": change, "name": endpoint.name })).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, if is_on { "The webhook is active." } else { "The webhook is off." }).await;
    Ok(back(&endpoint.id))
}

/// Adds a secret. Messages are signed with the older ones too until they are removed.
pub(super) async fn rotate(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let (mut tx, endpoint) = to_change(&room, &person, &id).await?;
    if endpoint.kind == EndpointKind::Chat {
        return Err(web::Error::conflict("No signing secret", "Messages to a chat aren't signed."));
    }
    let secrets = store::secrets(&mut tx, &endpoint.id).await?;
    if secrets.len() >= 3 {
        let todo = "Remove the older signing secrets before you add another one.";
        return Err(web::Error::conflict("Too many signing secrets", todo));
    }
    let secret = fresh_secret(&room.site.random);
    store_secret(&room, &mut tx, &endpoint.id, &secret).await?;
    log(&room, &mut tx, &person, &endpoint.id, json!({ "change": "secret added", "name": endpoint.name })).await?;
    tx.commit().await?;
    Ok(Html(SecretPage::new(&visit, endpoint.id, "Signing secret added", &secret).await).into_response())
}

/// Removes all secrets except the newest.
pub(super) async fn retire(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let (mut tx, endpoint) = to_change(&room, &person, &id).await?;
    let secrets = store::secrets(&mut tx, &endpoint.id).await?;
    if let Some(newest) = secrets.first() {
        store::remove_secrets(&mut tx, &endpoint.id, &newest.id).await?;
    }
    log(&room, &mut tx, &person, &endpoint.id, json!({ "change": "secrets removed", "name": endpoint.name })).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The older signing secrets were removed.").await;
    Ok(back(&endpoint.id))
}

/// Sends a test message.
pub(super) async fn test(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let (mut tx, endpoint) = to_change(&room, &person, &id).await?;
    if !endpoint.is_active {
        return Err(web::Error::conflict("The webhook is off", "Switch the webhook on, then send a test."));
    }
    let (site, now) = (&room.site, room.site.clock.now());
    let draft = Draft {
        kind: Kind::Test,
        cause: "test".to_owned(),
        title: "Test from RecomAMP".to_owned(),
        detail: Detail { lines: vec![format!("Sent by {}.", person.name)], ..Detail::default() },
        href: format!("/settings/webhooks/{}", endpoint.id),
        instance: None,
    };
    let message = site.random.id::<MessageId>(now);
    let delivery = site.random.id::<DeliveryId>(now);
    let body = room.outbox.body(&message, now, &draft, endpoint.kind == EndpointKind::Chat);
    let sent = (draft.kind.name(), None, body.as_str());
    store::deliver(&mut tx, now, &delivery, &endpoint.id, &message, sent).await?;
    tx.commit().await?;
    site.wakes.wake(COURIER);
    visit.flash(Tone::Success, "A test is being sent.").await;
    Ok(Redirect::to(&format!("/settings/webhooks/deliveries/{delivery}")))
}

/// Replays the filtered deliveries, oldest first.
pub(super) async fn replay(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let (mut tx, endpoint) = to_change(&room, &person, &id).await?;
    if !endpoint.is_active {
        return Err(web::Error::conflict("The webhook is off", "Switch the webhook on, then replay deliveries."));
    }
    let query: Vec<(&str, &str)> =
        ["state", "from", "until"].into_iter().map(|name| (name, fields.trimmed(name))).collect();
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let mut params = ListParams::read("/settings/webhooks", &query);
    let filter = filter(&endpoint.id, &mut params);
    params.strict()?;
    let (site, now) = (&room.site, room.site.clock.now());
    let mut found = store::list_deliveries(&mut tx, &filter, crate::db::PageRange::first(REPLAYED)).await?;
    found.reverse();
    let mut replayed = 0;
    for delivery in &found {
        let fresh = site.random.id::<DeliveryId>(now);
        replayed += i64::from(store::replay(&mut tx, now, &fresh, &delivery.id).await?);
    }
    log(&room, &mut tx, &person, &endpoint.id, json!({ "change": "replayed", "deliveries": replayed })).await?;
    tx.commit().await?;
    site.wakes.wake(COURIER);
    let (tone, said) = match replayed {
        0 => (Tone::Info, "Nothing was replayed: deliveries that are waiting are sent automatically.".to_owned()),
        some => (Tone::Success, format!("{} being sent again.", counted(some, "delivery is", "deliveries are"))),
    };
    visit.flash(tone, said).await;
    Ok(back(&endpoint.id))
}

impl Export for Delivery {
    const COLUMNS: &'static [&'static str] = &[
        "delivery",
        "message",
        "title",
        "kind",
        "state",
        "attempts",
        "last_status",
        "last_error",
        "created_at",
        "next_attempt_at",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.message),
            json!(self.title),
            json!(self.kind),
            json!(self.state.name()),
            json!(self.attempts),
            json!(self.last_status),
            json!(self.last_error),
            rfc3339(self.created_at),
            rfc3339(self.due_at),
        ]
    }
}

/// The export of the delivery log.
pub(super) async fn export(
    State(room): State<Notices>,
    person: Person,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Response> {
    let mut tx = room.site.db.read(&scope(&person)).await?;
    let endpoint = store::endpoint(&mut tx, &person, &own(&id)?).await?;
    drop(tx);
    let filter = filter(&endpoint.id, &mut params);
    let rows = RowSource::new(&room.site.db, scope(&person), filter, |tx, filter, range, _| {
        Box::pin(store::list_deliveries(tx, filter, range))
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["deliveries", &endpoint.name], room.site.clock.now()))
}
