//! The list of a person's own messages.

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};
use serde_json::{Value, json};

use crate::notices::Notices;
use crate::notices::model::Kind;
use crate::notices::store::{self, Filter, Line};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Days, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Html, Person, Visit};

const SIZE: u64 = 50;
const MOST: u64 = 500;

#[derive(Template)]
#[template(path = "notices/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    kinds: Vec<Choice>,
    kind: &'static str,
    shows: Vec<Choice>,
    shown: &'static str,
    q: String,
    days: Days,
}

fn filter(params: &mut ListParams) -> Filter {
    Filter {
        text: params.text("q"),
        kind: params.value("kind", "kind", Kind::parse).map_or("", Kind::name),
        only_unread: params.is("show", "unread"),
        days: params.days(),
    }
}

pub(super) async fn show(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params);
    let wanted = params.page_of_size(SIZE, MOST);
    let mut tx = room.site.db.read(&person.scope()).await?;
    let pager = wanted.pager(store::count(&mut tx, &person.id, &filter, wanted.most()).await?);
    let lines = store::list(&mut tx, &person.id, &filter, pager.range()).await?;
    drop(tx);
    let kinds = Kind::ALL.iter().map(|kind| Choice::new(kind.name(), kind.label()));
    Ok(Html(ListPage {
        shell: visit.shell("Notices", Section::Notices).await,
        list: params.list(&["size"]),
        lines,
        pager,
        kinds: Choice::optional("All kinds", kinds),
        kind: filter.kind,
        shows: vec![Choice::new("", "All"), Choice::new("unread", "Unread")],
        shown: if filter.only_unread { "unread" } else { "" },
        q: filter.text,
        days: filter.days,
    }))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &["notice", "at", "kind", "title", "text", "times", "read_at"];

    fn cells(&self) -> Vec<Value> {
        let message = &self.message;
        let facts = message.detail.facts.iter().map(crate::notices::model::Fact::line);
        let text: Vec<String> = message.sentences().into_iter().chain(facts).collect();
        vec![
            json!(message.id),
            rfc3339(message.at),
            json!(message.kind.name()),
            json!(message.title),
            json!(text.join("\n")),
            json!(message.times),
            rfc3339(self.read_at),
        ]
    }
}

/// The export of the filtered messages.
pub(super) async fn export(
    State(room): State<Notices>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let filter = filter(&mut params);
    let scope = person.scope();
    let rows = RowSource::new(&room.site.db, scope, (person.id, filter), |tx, (person, filter), range, _| {
        Box::pin(store::list(tx, person, filter, range))
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["notices"], room.site.clock.now()))
}

/// Marks all messages as read.
pub(super) async fn read_all(State(room): State<Notices>, person: Person, visit: Visit) -> web::Result<Redirect> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    store::mark_all_read(&mut tx, room.site.clock.now(), &person.id).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "All notices are marked as read.").await;
    Ok(Redirect::to("/notices"))
}
