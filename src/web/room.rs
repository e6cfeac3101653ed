//! What a room hands over to the program: its routes, workers, entries of the menu and of the search, and the
//! names of what it writes to the audit log.
//!
//! `app.rs` joins what all rooms hand over and lays it into every request, so that the frame of a page, the search
//! and the audit log show it without knowing a room.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use futures::future::BoxFuture;

use super::person::Person;
use super::shell::Section;
use crate::db::{PageRange, Result, Tx};
use crate::workers::Worker;

/// A room, ready to be opened.
#[derive(Default)]
pub struct Room {
    /// Its routes, with their state.
    pub routes: Router,
    /// Its place in the menu, if it has one.
    pub section: Option<Section>,
    /// Its pages in the menu behind the person's name: settings, and what is looked at seldom.
    pub settings: &'static [Section],
    /// The same for administrators only.
    pub administration: &'static [Section],
    /// Pages that the search finds by their names.
    pub pages: &'static [PageEntry],
    /// What it keeps that the search finds.
    pub searches: &'static [Search],
    /// What it writes to the audit log.
    pub actions: &'static [AuditAction],
    /// Its background work.
    pub workers: Vec<Arc<dyn Worker>>,
}

impl Room {
    /// A room with nothing but these routes.
    pub fn new(routes: Router) -> Self {
        Self { routes, ..Self::default() }
    }
}

/// A page that the search finds.
#[derive(Clone, Copy, Debug)]
pub struct PageEntry {
    pub href: &'static str,
    pub name: &'static str,
    /// Further words to find it by, in lower case, with spaces between them.
    pub words: &'static str,
}

impl PageEntry {
    /// A page with its address, its name, and words to find it by.
    pub const fn new(href: &'static str, name: &'static str, words: &'static str) -> Self {
        Self { href, name, words }
    }
}

/// Finds what a room keeps; see [`Search`].
pub type Find = for<'a> fn(&'a mut Tx, &'a Person, &'a str, PageRange) -> BoxFuture<'a, Result<Vec<Hit>>>;

/// The part of a search that a room answers.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// What is found, in the plural.
    pub name: &'static str,
    /// The list that shows the rest for `?q=`; empty where there is none.
    pub list: &'static str,
    /// Finds rows that the person may see and whose texts hold the words.
    pub find: Find,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where it is.
    pub href: String,
    /// What it is called.
    pub title: String,
    /// What tells it from others of the same name; may be empty.
    pub note: String,
}

impl From<&Section> for Hit {
    fn from(section: &Section) -> Self {
        Self { href: section.href.to_owned(), title: section.label.to_owned(), note: String::new() }
    }
}

/// Something that the audit log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditAction {
    /// As it is stored: lower case with hyphens, never changed once rows have it.
    pub name: &'static str,
    /// As people read it.
    pub label: &'static str,
}

impl AuditAction {
    /// An action with the name that is stored and the words that are shown.
    pub const fn new(name: &'static str, label: &'static str) -> Self {
        Self { name, label }
    }
}

/// What all rooms have handed over, in the order of the rooms; cheap to clone.
#[derive(Clone, Default)]
pub struct Rooms(Arc<Joined>);

#[derive(Default)]
struct Joined {
    menu: Vec<Section>,
    settings: Vec<Section>,
    administration: Vec<Section>,
    pages: Vec<PageEntry>,
    searches: Vec<Search>,
    actions: Vec<AuditAction>,
}

impl fmt::Debug for Rooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooms").field("menu", &self.0.menu).finish_non_exhaustive()
    }
}

impl Rooms {
    /// Joins what these rooms hand over.
    pub fn of(rooms: &[Room]) -> Self {
        Self(Arc::new(Joined {
            menu: rooms.iter().filter_map(|room| room.section).collect(),
            settings: rooms.iter().rev().flat_map(|room| room.settings).copied().collect(),
            administration: rooms.iter().flat_map(|room| room.administration).copied().collect(),
            pages: rooms.iter().flat_map(|room| room.pages).copied().collect(),
            searches: rooms.iter().flat_map(|room| room.searches).copied().collect(),
            actions: rooms.iter().flat_map(|room| room.actions).copied().collect(),
        }))
    }

    /// The entries of the menu.
    pub fn menu(&self) -> &[Section] {
        &self.0.menu
    }

    /// The entries of the menu behind the person's name: those of the lowest room first.
    pub fn settings(&self) -> &[Section] {
        &self.0.settings
    }

    /// The entries of that menu that only administrators see.
    pub fn administration(&self) -> &[Section] {
        &self.0.administration
    }

    /// Pages that the search finds by their names.
    pub fn pages(&self) -> &[PageEntry] {
        &self.0.pages
    }

    /// What rooms find.
    pub fn searches(&self) -> &[Search] {
        &self.0.searches
    }

    /// What is written to the audit log.
    pub fn actions(&self) -> &[AuditAction] {
        &self.0.actions
    }

    /// The action that is stored under this name.
    pub fn action(&self, name: &str) -> Option<AuditAction> {
        self.0.actions.iter().copied().find(|action| action.name == name)
    }
}

/// As the router laid it into the request; nothing outside of it.
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
        let rooms = Rooms::of(&rooms);
        assert_eq!(rooms.menu(), [SECTION]);
        assert_eq!(rooms.action("a-done").map(|action| action.label), Some("Did a"));
        assert_eq!((rooms.action("b-done"), rooms.pages()[0].href), (None, "/b"));
    }
}
