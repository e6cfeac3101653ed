//! What a room registers: its routes, workers, menu and search entries, and the names of its audit actions.
//!
//! `app.rs` joins the registrations of all rooms and adds them to every request, so that the page frame, the search
//! and the audit log can show them without knowing a room.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use futures::future::BoxFuture;

use super::person::Person;
use super::routes::{Routes, Table};
use super::shell::Section;
use crate::db::{self, PageRange, Result, Tx};
use crate::workers::Worker;

/// The registration of a room.
#[derive(Default)]
pub struct Room {
    /// Its routes, with their state, and who may use each.
    pub routes: Routes,
    /// Its menu entry, if any.
    pub section: Option<Section>,
    /// Its pages in the person's menu: settings, and rarely used pages.
    pub settings: &'static [Section],
    /// The same for administrators only.
    pub administration: &'static [Section],
    /// The page behind the bell, which shows the number of unread messages.
    pub bell: Option<Section>,
    /// Its pages that the search finds by name.
    pub pages: &'static [PageEntry],
    /// The kinds of things that the search finds in it.
    pub searches: &'static [Search],
    /// The same, for what is found with the room's own state.
    pub searches_with: Vec<SearchWith>,
    /// Finds its things that run a saved query, by the query's id: they stop when it is deleted.
    pub runs_query: &'static [Find],
    /// Its audit actions.
    pub actions: &'static [AuditAction],
    /// How words in the details of its audit entries read.
    pub details: &'static [AuditDetail],
    /// Its things that the audit log names by their ids, and that have pages.
    pub subjects: &'static [Subject],
    /// Its background work.
    pub workers: Vec<Arc<dyn Worker>>,
}

impl Room {
    /// A room with only routes.
    pub fn new(routes: Routes) -> Self {
        Self { routes, ..Self::default() }
    }
}

/// A page in search results.
#[derive(Clone, Copy, Debug)]
pub struct PageEntry {
    pub href: &'static str,
    pub name: &'static str,
    /// More words to find it by, in lower case, separated by spaces.
    pub words: &'static str,
}

impl PageEntry {
    pub const fn new(href: &'static str, name: &'static str, words: &'static str) -> Self {
        Self { href, name, words }
    }
}

/// Searches a room's things; see [`Search`].
pub type Find = for<'a> fn(&'a mut Tx, &'a Person, &'a str, PageRange) -> BoxFuture<'a, Result<Vec<Hit>>>;

/// The part of a search that a room handles.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// The plural name of what is found.
    pub name: &'static str,
    /// The list with all results for `?q=`; empty if there is none.
    pub list: &'static str,
    /// Finds rows that the person may see and whose texts contain the words.
    pub find: Find,
}

/// The same with state of the room, such as texts that it holds in memory.
pub type FindWith =
    Arc<dyn for<'a> Fn(&'a mut Tx, &'a Person, &'a str, PageRange) -> BoxFuture<'a, Result<Vec<Hit>>> + Send + Sync>;

/// A search with state of its room; see [`Search`].
#[derive(Clone)]
pub struct SearchWith {
    pub name: &'static str,
    pub list: &'static str,
    pub find: FindWith,
}

impl SearchWith {
    pub fn new<F>(name: &'static str, list: &'static str, find: F) -> Self
    where
        F: for<'a> Fn(&'a mut Tx, &'a Person, &'a str, PageRange) -> BoxFuture<'a, Result<Vec<Hit>>>,
        F: Send + Sync + 'static,
    {
        Self { name, list, find: Arc::new(find) }
    }
}

impl From<&Search> for SearchWith {
    fn from(search: &Search) -> Self {
        Self { name: search.name, list: search.list, find: Arc::new(search.find) }
    }
}

/// A search result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub href: String,
    pub title: String,
    /// Distinguishes it from others with the same title; may be empty.
    pub note: String,
}

impl From<&Section> for Hit {
    fn from(section: &Section) -> Self {
        Self { href: section.href.to_owned(), title: section.label.to_owned(), note: String::new() }
    }
}

/// An action recorded in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditAction {
    /// The stored name: lower case with hyphens, never changed once rows contain it.
    pub name: &'static str,
    /// The label for people.
    pub label: &'static str,
}

impl AuditAction {
    pub const fn new(name: &'static str, label: &'static str) -> Self {
        Self { name, label }
    }
}

/// A member of the details of audit entries whose value is a stored word.
#[derive(Clone, Copy, Debug)]
pub struct AuditDetail {
    /// As stored.
    pub name: &'static str,
    /// As displayed.
    pub label: &'static str,
    /// The label of a stored word; `None` for an unknown one.
    pub word: fn(&str) -> Option<&'static str>,
}

/// Whether a person can open the page of the thing with this id; false for a text that isn't an id.
pub type Opens = for<'a> fn(&'a mut Tx, &'a Person, &'a str) -> BoxFuture<'a, Result<bool>>;

/// A kind of things with pages, told by the prefix of their ids.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The ids' part before the underscore.
    pub prefix: &'static str,
    /// The address of a page up to the id: `/queries/`.
    pub folder: &'static str,
    /// Asked with a transaction in the person's scope.
    pub opens: Opens,
}

impl Subject {
    pub const fn new(prefix: &'static str, folder: &'static str, opens: Opens) -> Self {
        Self { prefix, folder, opens }
    }

    /// Whether something was found; false if it is missing.
    pub fn is_found<T>(found: Result<T>) -> Result<bool> {
        Ok(db::found(found)?.is_some())
    }
}

/// The registrations of all rooms, in order; cheap to clone.
#[derive(Clone, Default)]
pub struct Rooms(Arc<Joined>);

#[derive(Default)]
struct Joined {
    menu: Vec<Section>,
    settings: Vec<Section>,
    administration: Vec<Section>,
    bell: Option<Section>,
    pages: Vec<PageEntry>,
    searches: Vec<SearchWith>,
    runs_query: Vec<Find>,
    actions: Vec<AuditAction>,
    details: Vec<AuditDetail>,
    subjects: Vec<Subject>,
    access: Table,
}

impl fmt::Debug for Rooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooms").field("menu", &self.0.menu).finish_non_exhaustive()
    }
}

impl Rooms {
    /// Joins the registrations of these rooms; `shared` are the routes of the ground floor.
    pub fn of(rooms: &[Room], shared: &[&Routes]) -> Self {
        let routes = rooms.iter().map(|room| &room.routes).chain(shared.iter().copied());
        Self(Arc::new(Joined {
            menu: rooms.iter().filter_map(|room| room.section).collect(),
            settings: rooms.iter().rev().flat_map(|room| room.settings).copied().collect(),
            administration: rooms.iter().flat_map(|room| room.administration).copied().collect(),
            bell: rooms.iter().find_map(|room| room.bell),
            pages: rooms.iter().flat_map(|room| room.pages).copied().collect(),
            searches: rooms.iter().flat_map(searches).collect(),
            runs_query: rooms.iter().flat_map(|room| room.runs_query).copied().collect(),
            actions: rooms.iter().flat_map(|room| room.actions).copied().collect(),
            details: rooms.iter().flat_map(|room| room.details).copied().collect(),
            subjects: rooms.iter().flat_map(|room| room.subjects).copied().collect(),
            access: Table::new(routes.flat_map(Routes::lines).cloned().collect()),
        }))
    }

    pub fn menu(&self) -> &[Section] {
        &self.0.menu
    }

    /// The entries of the person's menu, those of the lowest room first.
    pub fn settings(&self) -> &[Section] {
        &self.0.settings
    }

    /// The entries of the person's menu that only administrators see.
    pub fn administration(&self) -> &[Section] {
        &self.0.administration
    }

    /// The page behind the bell.
    pub fn bell(&self) -> Option<Section> {
        self.0.bell
    }

    pub fn pages(&self) -> &[PageEntry] {
        &self.0.pages
    }

    pub fn searches(&self) -> &[SearchWith] {
        &self.0.searches
    }

    /// What the person may see that runs the query with this id, as much of each kind as the range says.
    pub async fn runs_query(&self, tx: &mut Tx, person: &Person, id: &str, range: PageRange) -> Result<Vec<Hit>> {
        let mut found = Vec::new();
        for &find in &self.0.runs_query {
            found.extend(find(tx, person, id, range).await?);
        }
        Ok(found)
    }

    pub fn actions(&self) -> &[AuditAction] {
        &self.0.actions
    }

    /// How this member of an audit entry's details reads, if its value is a stored word.
    pub fn detail(&self, name: &str) -> Option<AuditDetail> {
        self.0.details.iter().copied().find(|detail| detail.name == name)
    }

    /// The kind of the thing with this id, if it has a page.
    pub fn subject(&self, id: &str) -> Option<Subject> {
        let (prefix, _) = id.split_once('_')?;
        self.0.subjects.iter().copied().find(|subject| subject.prefix == prefix)
    }

    /// Who may do what, for all routes.
    pub fn access(&self) -> &Table {
        &self.0.access
    }

    /// The action stored under this name.
    pub fn action(&self, name: &str) -> Option<AuditAction> {
        self.0.actions.iter().copied().find(|action| action.name == name)
    }
}

fn searches(room: &Room) -> impl Iterator<Item = SearchWith> {
    room.searches.iter().map(SearchWith::from).chain(room.searches_with.iter().cloned())
}

/// As added to the request by the router; empty without it.
impl<S: Sync> FromRequestParts<S> for Rooms {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rooms_hand_over_is_joined_in_their_order() {
        const SECTION: Section = Section::new("/a", "A", "code");
        const ACTIONS: &[AuditAction] = &[AuditAction::new("a-done", "Did a")];
        const PAGES: &[PageEntry] = &[PageEntry::new("/b", "B", "more words")];
        let rooms = [
            Room { section: Some(SECTION), actions: ACTIONS, ..Room::default() },
            Room { pages: PAGES, ..Room::default() },
        ];
        let rooms = Rooms::of(&rooms, &[]);
        assert_eq!(rooms.menu(), [SECTION]);
        assert_eq!(rooms.action("a-done").map(|action| action.label), Some("Did a"));
        assert_eq!((rooms.action("b-done"), rooms.pages()[0].href), (None, "/b"));
    }
}
