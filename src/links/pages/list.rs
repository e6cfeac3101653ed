//! The list of links: one's own, and everybody's for administrators.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Links;
use crate::db::Scope;
use crate::links::model::{Link, State as LinkState, Thing};
use crate::links::store::{self, LinkFilter};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Rows per page.
const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "links/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    states: Vec<Choice>,
    state: &'static str,
    q: String,
    /// Whether the settings allow links.
    is_on: bool,
    here: String,
}

/// A link with its state at the time of the request.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) one: Link,
    pub(super) state: LinkState,
}

impl Line {
    pub(super) fn new(one: Link, now: DateTime<Utc>) -> Self {
        Self { state: one.state(now), one }
    }
}

fn filter(params: &mut ListParams, person: &Person, now: DateTime<Utc>) -> LinkFilter {
    let known = |name: &str| LinkState::ALL.into_iter().map(LinkState::name).find(|known| *known == name);
    LinkFilter {
        author: (!person.is_administrator).then(|| person.id.clone()),
        thing: None,
        text: params.text("q"),
        state: params.value("state", "state", known).unwrap_or_default(),
        now,
    }
}

/// OK in the system's scope for administrators, who see everybody's; the filter names everybody else.
fn scope(person: &Person) -> Scope {
    if person.is_administrator { Scope::System } else { person.scope() }
}

pub(super) async fn show(
    State(room): State<Links>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params, &person, room.site.clock.now());
    let wanted = params.page(SIZE);
    let mut tx = room.site.db.read(&scope(&person)).await?;
    let pager = wanted.pager(store::count(&mut tx, &filter, wanted.most()).await?);
    let found = store::list(&mut tx, &filter, pager.range()).await?;
    drop(tx);
    let states = LinkState::ALL.map(|state| Choice::new(state.name(), state.label()));
    Ok(Html(ListPage {
        shell: visit.shell("Public links", Section::None).await,
        list: params.list(&[]),
        lines: found.into_iter().map(|one| Line::new(one, filter.now)).collect(),
        pager,
        states: Choice::optional("All states", states),
        state: filter.state,
        q: filter.text,
        is_on: room.site.config.public_links,
        here: "/settings/links".to_owned(),
    }))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &[
        "title",
        "shows",
        "state",
        "author",
        "csv_allowed",
        "views",
        "last_viewed_at",
        "created_at",
        "expires_at",
        "revoked_at",
        "id",
    ];

    fn cells(&self) -> Vec<Value> {
        let one = &self.one;
        let shows = match &one.thing {
            Some(Thing::Execution(id)) => json!(id),
            Some(Thing::Report(id)) => json!(id),
            None => Value::Null,
        };
        vec![
            json!(one.title),
            shows,
            json!(self.state.name()),
            json!(one.author),
            json!(one.allows_csv),
            json!(one.views),
            rfc3339(one.viewed_at),
            rfc3339(one.created_at),
            rfc3339(one.expires_at),
            rfc3339(one.revoked_at),
            json!(one.id),
        ]
    }
}

/// All filtered links as a file.
pub(super) async fn export(State(room): State<Links>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let now = room.site.clock.now();
    let filter = filter(&mut params, &person, now);
    let rows = RowSource::new(&room.site.db, scope(&person), filter, |tx, filter, range, _| {
        Box::pin(async move {
            let found = store::list(tx, filter, range).await?;
            Ok(found.into_iter().map(|one| Line::new(one, filter.now)).collect())
        })
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["public-links"], now))
}
