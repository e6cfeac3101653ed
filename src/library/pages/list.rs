//! The list of templates, by category.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Desk, Newer, newer};
use crate::db::Scope;
use crate::guides::Finding;
use crate::library::model::{self, Entry};
use crate::library::store::{self, Stats};
use crate::queries::{Difficulty, PRODUCTS};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Templates per page.
const SIZE: u64 = 100;

#[derive(Template)]
#[template(path = "library/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    newer: Vec<Newer>,
    /// What is wrong with templates' files, for administrators.
    findings: Vec<Finding>,
    q: String,
    categories: Vec<Choice>,
    category: String,
    products: Vec<Choice>,
    product: String,
    levels: Vec<Choice>,
    level: &'static str,
    orders: Vec<Choice>,
    order: &'static str,
}

/// A template in the list.
pub(super) struct Line {
    pub(super) entry: Entry,
    pub(super) stats: Stats,
}

impl Line {
    /// How often it was used, for display.
    pub(super) fn uses(&self) -> String {
        if self.stats.uses == 0 { String::new() } else { self.stats.uses.to_string() }
    }

    /// The share of successful executions; empty if none has ended.
    pub(super) fn success(&self) -> String {
        success(&self.stats)
    }
}

/// The share of successful executions, `97%`; empty if none has ended.
pub(super) fn success(stats: &Stats) -> String {
    if stats.ended == 0 { String::new() } else { format!("{}%", stats.succeeded * 100 / stats.ended) }
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Popular,
    Name,
}

impl Order {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "popular" => Some(Self::Popular),
            "name" => Some(Self::Name),
            _ => None,
        }
    }
}

struct Search {
    q: String,
    category: String,
    product: String,
    level: Option<Difficulty>,
    order: Option<Order>,
}

impl Search {
    fn read(params: &mut ListParams) -> Self {
        let known = |text: &str| PRODUCTS.iter().find(|(name, _)| *name == text);
        Self {
            q: params.text("q"),
            category: params.text("category"),
            product: params.value("product", "product", known).map_or_else(String::new, |(name, _)| (*name).to_owned()),
            level: params.value("level", "level", Difficulty::parse),
            order: params.value("order", "order", Order::parse),
        }
    }

    fn takes(&self, entry: &Entry, words: &[String]) -> bool {
        let authored = &entry.query.authored;
        entry.holds(words)
            && (self.category.is_empty() || entry.category().eq_ignore_ascii_case(&self.category))
            && (self.product.is_empty() || authored.products.contains(&self.product))
            && self.level.is_none_or(|level| authored.level == level)
    }

    fn lines(&self, entries: Vec<Entry>, mut stats: HashMap<String, Stats>) -> Vec<Line> {
        let words = model::words(&self.q);
        let taken = entries.into_iter().filter(|entry| self.takes(entry, &words));
        let mut lines: Vec<Line> =
            taken.map(|entry| Line { stats: stats.remove(&entry.slug).unwrap_or_default(), entry }).collect();
        match self.order {
            None => {}
            Some(Order::Popular) => lines.sort_by_key(|line| std::cmp::Reverse(line.stats.uses)),
            Some(Order::Name) => lines.sort_by_key(|line| line.entry.query.name().to_lowercase()),
        }
        lines
    }
}

/// The statistics of all templates, over everyone's queries.
pub(super) async fn stats(desk: &Desk) -> web::Result<HashMap<String, Stats>> {
    let mut tx = desk.site.db.read(&Scope::System).await?;
    Ok(store::stats(&mut tx).await?)
}

pub(super) async fn show(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let search = Search::read(&mut params);
    let mut tx = desk.site.db.read(&person.scope()).await?;
    let entries = model::entries(desk.guides.templates().await, store::own(&mut tx, &person.id).await?);
    let newer = newer(&desk, &mut tx, &person, &entries).await?;
    drop(tx);
    let mut categories: Vec<String> = entries.iter().map(|entry| entry.category().to_owned()).collect();
    categories.sort_by_key(|category| category.to_lowercase());
    categories.dedup();
    let lines = search.lines(entries, stats(&desk).await?);
    let (pager, lines) = params.page(SIZE).cut(lines);
    Ok(Html(ListPage {
        shell: visit.shell("Library", Section::Library).await,
        list: params.list(&[]),
        lines,
        pager,
        newer,
        findings: if person.is_administrator { desk.guides.template_findings().await } else { Vec::new() },
        q: search.q,
        categories: Choice::optional("All categories", categories.iter().map(|name| Choice::new(name, name))),
        category: search.category,
        products: Choice::optional("All products", PRODUCTS.map(|(name, label)| Choice::new(name, label))),
        product: search.product,
        levels: Choice::optional("All levels", Difficulty::ALL.map(|it| Choice::new(it.name(), it.label()))),
        level: search.level.map(Difficulty::name).unwrap_or_default(),
        orders: Choice::optional("Category", vec![Choice::new("popular", "Most used"), Choice::new("name", "Name")]),
        order: match search.order {
            None => "",
            Some(Order::Popular) => "popular",
            Some(Order::Name) => "name",
        },
    }))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] =
        &["name", "category", "use_case", "products", "level", "data_sources", "uses", "success", "version", "slug"];

    fn cells(&self) -> Vec<Value> {
        let authored = &self.entry.query.authored;
        vec![
            json!(self.entry.query.name()),
            json!(self.entry.category()),
            json!(authored.use_case),
            json!(authored.products),
            json!(authored.level.name()),
            json!(self.entry.query.sources),
            json!(self.stats.uses),
            json!(self.success()),
            json!(self.entry.version),
            json!(self.entry.slug),
        ]
    }
}

/// The export of the filtered templates.
pub(super) async fn export(State(desk): State<Desk>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let search = Search::read(&mut params);
    let mut tx = desk.site.db.read(&person.scope()).await?;
    let own = store::own(&mut tx, &person.id).await?;
    drop(tx);
    let lines = search.lines(model::entries(desk.guides.templates().await, own), stats(&desk).await?);
    let file = list::export_rows(&params, Few(lines)).await?;
    Ok(file.answer(&["library"], desk.site.clock.now()))
}
