//! A template: what it answers, its form, its SQL, and how to read its result.

use askama::Template;
use axum::extract::{Path, State};

use super::list::{stats, success};
use super::{Desk, find};
use crate::guides::{QueryView, lacking};
use crate::instances::{self, Instance};
use crate::library::model::Entry;
use crate::library::store::Stats;
use crate::queries::{self, PRODUCTS, Trial};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, Person, QueryString, Visit};

#[derive(Template)]
#[template(path = "library/detail.html")]
pub(super) struct DetailPage {
    shell: Shell,
    entry: Entry,
    view: QueryView,
    stats: Stats,
    success: String,
    instances: Vec<Choice>,
    instance: String,
    instance_name: String,
    /// The choices for sharing one's own template, with the current one.
    homes: Vec<Choice>,
    home: String,
}

impl DetailPage {
    #[expect(clippy::unused_self, reason = "the template calls it on the page")]
    fn product(&self, name: &str) -> &'static str {
        PRODUCTS.iter().find(|(known, _)| *known == name).map_or("", |(_, label)| label)
    }

    /// The reader's own template, which they can change.
    fn is_own(&self) -> bool {
        self.entry.own.as_ref().is_some_and(|own| own.is_own)
    }

    #[expect(clippy::unused_self, reason = "a template calls it on its page")]
    fn zones(&self) -> &'static [&'static str] {
        &queries::ZONES
    }
}

/// The outcome of a submitted form.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) form: Fields,
    pub(super) tried: Option<Trial>,
    pub(super) errors: Errors,
}

pub(super) async fn show(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(slug): Path<String>,
    QueryString(fields): QueryString,
) -> web::Result<Html<DetailPage>> {
    let sent = fields.trimmed("instance").to_owned();
    Ok(Html(page(&desk, &person, &visit, &slug, &sent, Answer::default()).await?))
}

/// The page, with the outcome of a submitted form.
pub(super) async fn page(
    desk: &Desk,
    person: &Person,
    visit: &Visit,
    slug: &str,
    sent: &str,
    answer: Answer,
) -> web::Result<DetailPage> {
    let now = desk.site.clock.now();
    let mut tx = desk.site.db.read(&person.scope()).await?;
    let entry = find(&desk.guides, &mut tx, person, slug).await?;
    let all = instances::runnable(&mut tx, &person.id).await?;
    let pinned = entry.pinned_to().map(ToString::to_string).unwrap_or_default();
    let sent = if sent.is_empty() { pinned } else { sent.to_owned() };
    let chosen = all.iter().find(|instance| instance.id.as_str() == sent).cloned();
    let is_demo = desk.site.config.is_demo();
    let mut view = QueryView::new(&entry.query, &entry.input(now, is_demo), &answer.form, now);
    (view.tried, view.errors) = (answer.tried, answer.errors);
    if let Some(instance) = &chosen {
        view.lacking = lacking(&entry.query, &*instances::catalogue(&mut tx, &instance.id).await?);
    }
    drop(tx);
    let stats = stats(desk).await?.remove(&entry.slug).unwrap_or_default();
    let people = |instance: &Instance| Choice::new(instance.id.as_str(), format!("People of {}", instance.name()));
    let home = entry.own.as_ref().and_then(|own| own.home.as_ref()).map(ToString::to_string);
    Ok(DetailPage {
        shell: visit.shell(entry.query.name(), Section::Library).await,
        success: success(&stats),
        stats,
        instances: Choice::optional("None (choose when you run it)", all.iter().map(Instance::choice)),
        instance: chosen.as_ref().map(|it| it.id.to_string()).unwrap_or_default(),
        instance_name: chosen.as_ref().map(|it| it.name().to_owned()).unwrap_or_default(),
        homes: Choice::optional("Only me", all.iter().map(people)),
        home: home.unwrap_or_default(),
        view,
        entry,
    })
}
