//! The list of guides, with progress and search results.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Desk, readable};
use crate::guides::content::{Collection, Finding, Guide};
use crate::guides::index::{self, SectionHit};
use crate::guides::store::{self, Reader};
use crate::queries::{Difficulty, PRODUCTS};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Guides per page.
const SIZE: u64 = 50;
/// Number of guides suggested for continuing.
const GOING_ON: usize = 3;

#[derive(Template)]
#[template(path = "guides/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    guides: Vec<Line>,
    /// Guides that the person has started.
    going_on: Vec<Line>,
    pager: Pager,
    q: String,
    levels: Vec<Choice>,
    level: &'static str,
    products: Vec<Choice>,
    product: String,
    tags: Vec<Choice>,
    tag: String,
    whose: Vec<Choice>,
    which: &'static str,
    /// Problems in files, for authors.
    findings: Vec<Finding>,
    trouble: String,
}

/// A guide in the list.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) guide: Arc<Guide>,
    pub(super) hit: Option<SectionHit>,
    pub(super) is_favourite: bool,
    /// Whether it was read.
    is_read: bool,
    /// How many of its sections are done, and their total number.
    pub(super) done: usize,
    pub(super) sections: usize,
    /// The heading of the first section that isn't done.
    pub(super) next: Option<(String, String)>,
    /// Whether its file has errors; for authors.
    pub(super) is_faulty: bool,
}

impl Line {
    fn new(guide: Arc<Guide>, hit: Option<SectionHit>, mine: &Mine) -> Self {
        let done = mine.progress.get(&guide.slug).map(Vec::as_slice).unwrap_or_default();
        let sections: Vec<(String, String)> = guide.chapters().map(|it| (it.id.clone(), it.text.clone())).collect();
        let open = sections.iter().find(|(id, _)| !done.contains(id)).cloned();
        let reader = mine.readers.iter().find(|reader| reader.slug == guide.slug);
        Self {
            hit,
            is_favourite: reader.is_some_and(|reader| reader.is_favourite),
            is_read: reader.is_some_and(|reader| reader.read_at.is_some()),
            done: sections.iter().filter(|(id, _)| done.contains(id)).count(),
            sections: sections.len(),
            next: open,
            is_faulty: false,
            guide,
        }
    }

    /// The reader's progress, for display; empty for a guide that was never opened.
    pub(super) fn progress(&self) -> String {
        match (self.done, self.sections) {
            (0, _) if !self.is_read => String::new(),
            (0, _) => "Started".to_owned(),
            (done, all) if done == all => "Completed".to_owned(),
            (done, all) => format!("{done} of {all} sections"),
        }
    }

    fn is_going_on(&self) -> bool {
        self.is_read && self.next.is_some()
    }
}

/// A person's state for all guides.
#[derive(Default)]
struct Mine {
    readers: Vec<Reader>,
    progress: HashMap<String, Vec<String>>,
}

/// The parameters of an address.
struct Search {
    q: String,
    level: Option<Difficulty>,
    product: String,
    tag: String,
    which: Option<Which>,
}

#[derive(Clone, Copy, PartialEq)]
enum Which {
    Favourites,
    Started,
    Completed,
    New,
}

impl Which {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Favourites, "favorites", "Favorites"),
        (Self::Started, "started", "Started"),
        (Self::Completed, "completed", "Completed"),
        (Self::New, "new", "Not started"),
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, _)| *name == text).map(|(which, ..)| which)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(which, ..)| *which == self).map_or("", |(_, name, _)| name)
    }

    fn takes(self, line: &Line) -> bool {
        let is_complete = line.next.is_none() && line.sections > 0;
        match self {
            Self::Favourites => line.is_favourite,
            Self::Started => line.is_read && !is_complete,
            Self::Completed => is_complete,
            Self::New => !line.is_read && line.done == 0,
        }
    }
}

impl Search {
    fn read(params: &mut ListParams) -> Self {
        Self {
            q: params.text("q"),
            level: params.value("level", "level", Difficulty::parse),
            product: params
                .value("product", "product", |text| PRODUCTS.iter().find(|(name, _)| *name == text))
                .map_or_else(String::new, |(name, _)| (*name).to_owned()),
            tag: params.text("tag"),
            which: params.value("show", "show", Which::parse),
        }
    }

    fn takes(&self, line: &Line) -> bool {
        let guide = &line.guide;
        self.level.is_none_or(|level| guide.level == level)
            && (self.product.is_empty() || guide.products.contains(&self.product))
            && (self.tag.is_empty() || guide.tags.iter().any(|tag| tag.eq_ignore_ascii_case(&self.tag)))
            && self.which.is_none_or(|which| which.takes(line))
    }
}

/// The guides that a person can read, in list order.
fn readable_by(all: &Collection, person: &Person) -> Vec<Arc<Guide>> {
    let own = all.guides.iter().filter(|guide| guide.item.language.is_empty());
    own.filter_map(|guide| readable(guide, person)).map(|(guide, _)| guide).collect()
}

async fn mine(desk: &Desk, person: &Person) -> web::Result<Mine> {
    let mut tx = desk.site.db.read(&person.scope()).await?;
    Ok(Mine {
        readers: store::readers(&mut tx, &person.id).await?,
        progress: store::progress(&mut tx, &person.id).await?,
    })
}

fn found(guides: Vec<Arc<Guide>>, search: &Search, mine: &Mine) -> Vec<Line> {
    let lines: Vec<Line> = if search.q.is_empty() {
        guides.into_iter().map(|guide| Line::new(guide, None, mine)).collect()
    } else {
        let found = index::search(guides.into_iter(), &search.q);
        found.into_iter().map(|found| Line::new(found.guide, found.section, mine)).collect()
    };
    lines.into_iter().filter(|line| search.takes(line)).collect()
}

pub(super) async fn show(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let search = Search::read(&mut params);
    let all = desk.guides.current().await;
    let mine = mine(&desk, &person).await?;
    let guides = readable_by(&all, &person);
    let mut tags: Vec<String> = guides.iter().flat_map(|guide| guide.tags.clone()).collect();
    tags.sort();
    tags.dedup();
    let mut going_on = Vec::new();
    if search.q.is_empty() {
        let read = mine.readers.iter().filter_map(|it| guides.iter().find(|guide| guide.slug == it.slug));
        let lines = read.map(|guide| Line::new(Arc::clone(guide), None, &mine));
        going_on = lines.filter(Line::is_going_on).take(GOING_ON).collect();
    }
    let mut lines = found(guides, &search, &mine);
    for line in lines.iter_mut().filter(|_| person.is_administrator) {
        line.is_faulty = all.guides.iter().any(|it| it.item.slug == line.guide.slug && !it.findings.is_empty());
    }
    let (pager, guides) = params.page(SIZE).cut(lines);
    let list = params.list(&[]);
    if list.is_filtered {
        going_on.clear();
    }
    Ok(Html(ListPage {
        shell: visit.shell("Guides", Section::Guides).await,
        list,
        guides,
        going_on,
        pager,
        q: search.q,
        levels: Choice::optional("All levels", Difficulty::ALL.map(|it| Choice::new(it.name(), it.label()))),
        level: search.level.map(Difficulty::name).unwrap_or_default(),
        products: Choice::optional("All products", PRODUCTS.map(|(name, label)| Choice::new(name, label))),
        product: search.product,
        tags: Choice::optional("All tags", tags.into_iter().map(|tag| Choice::new(&tag, &tag))),
        tag: search.tag,
        whose: Choice::optional("All guides", Which::ALL.map(|(_, name, label)| Choice::new(name, label))),
        which: search.which.map(Which::name).unwrap_or_default(),
        findings: if person.is_administrator { all.loose.clone() } else { Vec::new() },
        trouble: if person.is_administrator { all.trouble.clone() } else { String::new() },
    }))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] =
        &["title", "summary", "level", "minutes", "tags", "products", "slug", "favorite", "sections_done", "sections"];

    fn cells(&self) -> Vec<Value> {
        let guide = &self.guide;
        vec![
            json!(guide.title),
            json!(guide.summary),
            json!(guide.level.name()),
            json!(guide.minutes),
            json!(guide.tags),
            json!(guide.products),
            json!(guide.slug),
            json!(self.is_favourite),
            json!(self.done),
            json!(self.sections),
        ]
    }
}

/// The export of the filtered guides.
pub(super) async fn export(State(desk): State<Desk>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let search = Search::read(&mut params);
    let all = desk.guides.current().await;
    let lines = found(readable_by(&all, &person), &search, &mine(&desk, &person).await?);
    let file = list::export_rows(&params, Few(lines)).await?;
    Ok(file.answer(&["guides"], desk.site.clock.now()))
}
