//! A person's tokens: the list, a new one, one of them, and revoking it.

mod detail;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::model::{self, Area, LIFETIMES, Level, MOST, NAME_LENGTH, Scopes, Standing, Token};
use super::store::{self, Filter, NewToken};
use crate::accounts::audit::{self, Action};
use crate::db::Tx;
use crate::ids::{InstanceId, PersonId, TokenId};
use crate::instances;
use crate::web::components::{Choice, Errors, Pager, State as Color};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::routes::Who::{Owner, SignedIn};
use crate::web::routes::{Routes, get};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, Person, Site, Visit, naming};

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route(
            "/settings/tokens",
            get(SignedIn, show_list).about("API tokens").post(SignedIn, create).about("Create an API token"),
        )
        .route("/settings/tokens.csv", get(SignedIn, export))
        .route("/settings/tokens.json", get(SignedIn, export))
        .route("/settings/tokens/new", get(SignedIn, new).about("Create an API token"))
        .route("/settings/tokens/{id}", get(Owner, detail::show).about("An API token"))
        .route(
            "/settings/tokens/{id}/revoke",
            get(Owner, detail::confirm).post(Owner, detail::revoke).about("Revoke an API token"),
        )
        .with_state(site)
}

/// Rows per page.
const SIZE: u64 = 50;

fn own(id: &str) -> web::Result<TokenId> {
    id.parse().map_err(|_| web::Error::Missing)
}

#[derive(Template)]
#[template(path = "tokens/list.html")]
struct ListPage {
    shell: Shell,
    list: List,
    tokens: Vec<Token>,
    pager: Pager,
    states: Vec<Choice>,
    state: &'static str,
    q: String,
    now: DateTime<Utc>,
}

impl ListPage {
    fn color(&self, token: &Token) -> Color {
        token.color(self.now)
    }

    fn standing(&self, token: &Token) -> &'static str {
        token.standing(self.now).label()
    }
}

fn filter(params: &mut ListParams) -> Filter {
    Filter { text: params.text("q"), standing: params.value("state", "state", Standing::parse) }
}

async fn show_list(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params);
    let (wanted, now) = (params.page(SIZE), site.clock.now());
    let mut tx = site.db.read(&person.scope()).await?;
    let pager = wanted.pager(store::count(&mut tx, &person.id, &filter, now, wanted.most()).await?);
    let tokens = store::list(&mut tx, &person.id, &filter, now, pager.range()).await?;
    drop(tx);
    let states = Standing::ALL.map(|standing| Choice::new(standing.name(), standing.label()));
    Ok(Html(ListPage {
        shell: visit.shell("API tokens", Section::None).await,
        list: params.list(&[]),
        tokens,
        pager,
        states: Choice::optional("All states", states),
        state: filter.standing.map_or("", Standing::name),
        q: filter.text,
        now,
    }))
}

/// A token in an export.
struct Row(Token, DateTime<Utc>);

impl Export for Row {
    const COLUMNS: &'static [&'static str] = &[
        "name",
        "state",
        "scopes",
        "instances",
        "ends_with",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_from",
        "id",
    ];

    fn cells(&self) -> Vec<Value> {
        let Self(token, now) = self;
        vec![
            json!(token.name),
            json!(token.standing(*now).name()),
            json!(token.scopes.names()),
            json!(token.instances),
            json!(token.hint),
            rfc3339(token.created_at),
            rfc3339(token.expires_at),
            rfc3339(token.used_at),
            json!(token.used_from),
            json!(token.id),
        ]
    }
}

async fn export(State(site): State<Site>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let (filter, now) = (filter(&mut params), site.clock.now());
    let source = (person.id.clone(), filter, now);
    let rows = RowSource::new(&site.db, person.scope(), source, |tx, (person, filter, now), range, _| {
        Box::pin(async move {
            let tokens = store::list(tx, person, filter, *now, range).await?;
            Ok(tokens.into_iter().map(|token| Row(token, *now)).collect())
        })
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["tokens"], now))
}

/// The form of a new token, as it was typed.
struct Form {
    name: String,
    days: String,
    scopes: Scopes,
    /// Whether it is limited to the selected instances.
    is_limited: bool,
    instances: Vec<String>,
}

impl Form {
    fn of(fields: &Fields) -> Self {
        let mut scopes = Scopes::default();
        for area in Area::ALL {
            match fields.get(area.name()) {
                "write" if area.changes().is_some() => scopes.set(area, Level::Write),
                "read" | "write" => scopes.set(area, Level::Read),
                _ => {}
            }
        }
        Self {
            name: naming::plain(fields.trimmed("name")),
            days: fields.trimmed("days").to_owned(),
            scopes,
            is_limited: fields.get("reach") == "some",
            instances: fields.all("instance").map(str::to_owned).collect(),
        }
    }

    /// What a new form proposes: reading everything for three months.
    fn proposed() -> Self {
        let mut scopes = Scopes::default();
        for area in Area::ALL {
            scopes.set(area, Level::Read);
        }
        Self { name: String::new(), days: "90".to_owned(), scopes, is_limited: false, instances: Vec::new() }
    }

    /// The lifetime in days, and the instances, or what is wrong.
    async fn read(&self, tx: &mut Tx, person: &PersonId) -> web::Result<Result<(i64, Vec<InstanceId>), Errors>> {
        let mut errors = Errors::new();
        if self.name.is_empty() {
            errors.add("name", "Enter a name that says what uses the token.");
        } else if let Some(fault) = naming::fault(&self.name, NAME_LENGTH) {
            errors.add("name", fault);
        }
        let days = self.days.parse().ok().filter(|days| LIFETIMES.contains(days));
        if days.is_none() {
            errors.add("days", "Choose when the token expires.");
        }
        if self.scopes.is_empty() {
            errors.add(Area::Instances.name(), "Allow the token at least one of these.");
        }
        let mut chosen = Vec::new();
        if self.is_limited {
            let reached = instances::list(tx, person, &instances::Filter::default()).await?;
            chosen = reached.into_iter().map(|one| one.id).filter(|id| self.has(id)).collect();
            if chosen.is_empty() {
                errors.add("instance", "Select at least one instance, or allow all of yours.");
            }
        }
        Ok(match days {
            Some(days) if errors.is_empty() => Ok((days, chosen)),
            _ => Err(errors),
        })
    }

    fn has(&self, id: &InstanceId) -> bool {
        self.instances.iter().any(|chosen| chosen == id.as_str())
    }
}

/// The choices for one kind of things.
struct AreaRow {
    area: Area,
    choices: Vec<Choice>,
    chosen: &'static str,
}

#[derive(Template)]
#[template(path = "tokens/new.html")]
struct NewPage {
    shell: Shell,
    form: Form,
    areas: Vec<AreaRow>,
    lifetimes: Vec<Choice>,
    reaches: Vec<Choice>,
    /// The instances to choose from, each with whether it is selected.
    instances: Vec<(Choice, bool)>,
    errors: Errors,
}

async fn form_page(tx: &mut Tx, person: &Person, visit: &Visit, form: Form, errors: Errors) -> web::Result<NewPage> {
    let reached = instances::list(tx, &person.id, &instances::Filter::default()).await?;
    let instance = |one: &instances::Instance| (one.choice(), form.has(&one.id));
    let area = |area: Area| {
        let mut choices = vec![Choice::new("", "Nothing"), Choice::new("read", "Read")];
        choices.extend(area.changes().map(|what| Choice::new("write", what)));
        AreaRow { area, choices, chosen: form.scopes.level(area).map_or("", Level::name) }
    };
    Ok(NewPage {
        shell: visit.shell("New API token", Section::None).await,
        areas: Area::ALL.map(area).into(),
        lifetimes: LIFETIMES.map(|days| Choice::new(days.to_string(), format!("{days} days"))).into(),
        reaches: vec![Choice::new("all", "All that I have access to"), Choice::new("some", "Only the selected ones")],
        instances: reached.iter().map(instance).collect(),
        form,
        errors,
    })
}

async fn new(State(site): State<Site>, person: Person, visit: Visit) -> web::Result<Html<NewPage>> {
    let mut tx = site.db.read(&person.scope()).await?;
    Ok(Html(form_page(&mut tx, &person, &visit, Form::proposed(), Errors::new()).await?))
}

/// A new token, which is shown once.
#[derive(Template)]
#[template(path = "tokens/shown.html")]
struct ShownPage {
    shell: Shell,
    token: TokenId,
    secret: String,
    /// The address for trying it.
    address: String,
}

impl NewPage {
    fn reach(&self) -> &'static str {
        if self.form.is_limited { "some" } else { "all" }
    }
}

impl ShownPage {
    /// A command that says whose token it is and what it allows.
    fn example(&self) -> String {
        format!("curl --header 'Authorization: Bearer {}' {}", self.secret, self.address)
    }
}

async fn create(State(site): State<Site>, person: Person, visit: Visit, fields: Fields) -> web::Result<Response> {
    let (form, now) = (Form::of(&fields), site.clock.now());
    let mut tx = site.db.write(&person.scope()).await?;
    // Two forms at once must not both be the last one allowed.
    tx.alone("tokens").await?;
    let active = Filter { standing: Some(Standing::Active), ..Filter::default() };
    let mut read = form.read(&mut tx, &person.id).await?;
    if read.is_ok() && store::count(&mut tx, &person.id, &active, now, MOST).await? >= MOST {
        let mut errors = Errors::new();
        errors.add("", format!("You have {MOST} active tokens. Revoke one before you create another."));
        read = Err(errors);
    }
    let (days, chosen) = match read {
        Ok(read) => read,
        Err(errors) => {
            return Ok(Html(form_page(&mut tx, &person, &visit, form, errors).await?).unprocessable());
        }
    };
    let secret = model::fresh(&site.random);
    let id: TokenId = site.random.id(now);
    let expires_at = now + TimeDelta::days(days);
    let token = NewToken {
        id: &id,
        person: &person.id,
        name: &form.name,
        hash: &model::hash(secret.expose()),
        hint: model::hint(&secret),
        scopes: &form.scopes,
        instances: &chosen,
        expires_at,
    };
    store::add(&mut tx, now, &token).await?;
    let detail = json!({ "name": form.name, "scopes": form.scopes.names().join(" "), "instances": chosen.len(),
        "expires_at": expires_at.to_rfc3339() });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::TokenCreated, id.as_str(), detail).await?;
    tx.commit().await?;
    let address = site.config.public_url.join("api/auth").map(String::from).unwrap_or_default();
    let shell = visit.shell("API token created", Section::None).await;
    Ok(Html(ShownPage { shell, token: id, secret: secret.expose().to_owned(), address }).into_response())
}
