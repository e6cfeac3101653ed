//! The list of endpoints, and adding one.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::accounts::audit::{self, Action};
use crate::db::{Scope, Tx};
use crate::ids::{EndpointId, WebhookSecretId};
use crate::notices::Notices;
use crate::notices::store::{self, EndpointFilter};
use crate::notices::webhooks::{Endpoint, EndpointForm, EndpointKind, fresh_secret, sealed_place, url_place};
use crate::vault::Secret;
use crate::web::components::{Choice, Errors, Pager};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

const SIZE: u64 = 50;
const MOST: u64 = 500;
/// Maximum number of endpoints per person.
const OWNED: i64 = 20;

#[derive(Template)]
#[template(path = "notices/webhooks.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Endpoint>,
    pager: Pager,
    states: Vec<Choice>,
    state: &'static str,
    q: String,
}

/// The scope for endpoints: administrators also see the endpoints for messages to everyone.
pub(super) fn scope(person: &Person) -> Scope {
    if person.is_administrator { Scope::System } else { person.scope() }
}

const STATES: [(&str, &str); 3] = [("active", "Active"), ("failing", "Failing"), ("off", "Off")];

fn filter(params: &mut ListParams) -> EndpointFilter {
    let known = |text: &str| STATES.iter().map(|(name, _)| *name).find(|name| *name == text);
    EndpointFilter { text: params.text("q"), state: params.value("state", "state", known).unwrap_or_default() }
}

pub(super) async fn show(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params);
    let wanted = params.page_of_size(SIZE, MOST);
    let mut tx = room.site.db.read(&scope(&person)).await?;
    let pager = wanted.pager(store::count_endpoints(&mut tx, &person, &filter, wanted.most()).await?);
    let lines = store::list_endpoints(&mut tx, &person, &filter, pager.range()).await?;
    drop(tx);
    let states = STATES.map(|(name, label)| Choice::new(name, label));
    Ok(Html(ListPage {
        shell: visit.shell("Webhooks", Section::None).await,
        list: params.list(&["size"]),
        lines,
        pager,
        states: Choice::optional("All states", states),
        state: filter.state,
        q: filter.text,
    }))
}

impl Export for Endpoint {
    const COLUMNS: &'static [&'static str] = &[
        "webhook",
        "name",
        "kind",
        "host",
        "owner",
        "for_everyone",
        "sends",
        "state",
        "state_reason",
        "failing_since",
        "created_at",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.name),
            json!(self.kind.name()),
            json!(self.host),
            json!(self.owner_name),
            json!(self.is_global),
            json!(self.sends.describe()),
            json!(self.state().1.to_lowercase()),
            json!(self.state_reason),
            rfc3339(self.failing_since),
            rfc3339(self.created_at),
        ]
    }
}

/// The export of the filtered endpoints.
pub(super) async fn export(
    State(room): State<Notices>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let (filter, scope) = (filter(&mut params), scope(&person));
    let rows = RowSource::new(&room.site.db, scope, (person, filter), |tx, (person, filter), range, _| {
        Box::pin(store::list_endpoints(tx, person, filter, range))
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["webhooks"], room.site.clock.now()))
}

#[derive(Template)]
#[template(path = "notices/webhook_form.html")]
pub(super) struct FormPage {
    shell: Shell,
    form: EndpointForm,
    kinds: Vec<Choice>,
    sends: Vec<Choice>,
    errors: Errors,
}

pub(super) fn kinds() -> Vec<Choice> {
    EndpointKind::ALL.map(|kind| Choice::new(kind.name(), kind.label())).to_vec()
}

pub(super) fn sends() -> Vec<Choice> {
    vec![
        Choice::new("all", "Results and problems"),
        Choice::new("problems", "Problems only"),
        Choice::new("chosen", "Chosen events"),
    ]
}

async fn form_page(visit: &Visit, form: EndpointForm, errors: Errors) -> FormPage {
    let shell = visit.shell("New webhook", Section::None).await;
    FormPage { shell, form, kinds: kinds(), sends: sends(), errors }
}

pub(super) async fn new(_: Person, visit: Visit) -> Html<FormPage> {
    Html(form_page(&visit, EndpointForm::new(), Errors::new()).await)
}

/// A new secret, which is shown only once.
#[derive(Template)]
#[template(path = "notices/secret.html")]
pub(super) struct SecretPage {
    shell: Shell,
    endpoint: EndpointId,
    title: &'static str,
    secret: String,
}

impl SecretPage {
    pub(super) async fn new(visit: &Visit, endpoint: EndpointId, title: &'static str, secret: &Secret) -> Self {
        Self { shell: visit.shell(title, Section::None).await, endpoint, title, secret: secret.expose().to_owned() }
    }
}

/// Seals and stores a secret of an endpoint.
pub(super) async fn store_secret(
    room: &Notices,
    tx: &mut Tx,
    endpoint: &EndpointId,
    secret: &Secret,
) -> web::Result<()> {
    let (site, now) = (&room.site, room.site.clock.now());
    let id = site.random.id::<WebhookSecretId>(now);
    let sealed = site.vault.seal(secret, &sealed_place(&id));
    Ok(store::add_secret(tx, now, &id, endpoint, &sealed).await?)
}

pub(super) async fn add(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    let form = EndpointForm::of(&fields);
    let mut tx = site.db.write(&scope(&person)).await?;
    let mut read = form.read(&room.networks);
    if form.is_global && !person.is_administrator {
        let refused = "Only administrators can send everyone's notices.";
        return Err(web::Error::Forbidden(refused.to_owned()));
    }
    if read.is_ok() && store::owned(&mut tx, &person.id).await? >= OWNED {
        let mut errors = Errors::new();
        errors.add("", format!("You have {OWNED} webhooks. Delete one before you add another."));
        read = Err(errors);
    }
    let read = match read {
        Ok(read) => read,
        Err(errors) => {
            drop(tx);
            return Ok(Html(form_page(&visit, form, errors).await).unprocessable());
        }
    };
    let id = site.random.id::<EndpointId>(now);
    let sealed = site.vault.seal(&Secret::new(read.url.as_str()), &url_place(&id));
    let named = (form.name.as_str(), form.is_global);
    store::add_endpoint(&mut tx, now, (&id, &person.id), named, (&read, &sealed)).await?;
    let own = read.secret.is_some();
    let secret = read.secret.clone().unwrap_or_else(|| fresh_secret(&site.random));
    if read.kind == EndpointKind::Webhook {
        store_secret(&room, &mut tx, &id, &secret).await?;
    }
    let detail = json!({ "change": "added", "name": form.name, "host": read.host, "for_everyone": form.is_global });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::WebhookChanged, id.as_str(), detail).await?;
    tx.commit().await?;
    if read.kind == EndpointKind::Webhook && !own {
        return Ok(Html(SecretPage::new(&visit, id, "Webhook added", &secret).await).into_response());
    }
    visit.flash(Tone::Success, "The webhook was added.").await;
    Ok(axum::response::Redirect::to(&format!("/settings/webhooks/{id}")).into_response())
}
