//! One page request: the person, and what its page frame shows.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use tower_sessions::Session;

use super::person::Person;
use super::room::Rooms;
use super::shell::{Flash, Section, Shell, ShellPerson, Tone, Unread};
use super::theme::{self, Theme};
use crate::config::Installation;

/// The session key for a message to the next page.
const FLASH: &str = "flash";

/// Marks requests in demo mode; added to every request by the router.
#[derive(Clone, Copy, Debug)]
pub struct DemoMode(pub bool);

/// The data of the page frame, from the request.
#[derive(Clone, Debug)]
pub struct Visit {
    pub person: Option<Person>,
    /// Path and query as in the browser.
    pub here: String,
    /// Whether only a part of an open page is requested.
    pub is_part: bool,
    theme: Theme,
    folded: Vec<String>,
    rooms: Rooms,
    unread: Unread,
    demo: bool,
    installation: Arc<Installation>,
    session: Option<Session>,
}

/// The cookie with the names of the panes that the reader collapsed, separated by dots.
const FOLDED: &str = "folded";

impl Visit {
    /// Whether the reader collapsed this pane.
    pub fn is_folded(&self, pane: &str) -> bool {
        self.folded.iter().any(|name| name == pane)
    }

    /// What the rooms have registered.
    pub const fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// The page frame with the pending message, which is then removed. A request for a part shows no frame, and
    /// leaves the message for the next page.
    pub async fn shell(&self, title: impl Into<String>, current: Section) -> Shell {
        let mut shell = Shell::new(title);
        shell.person = self.person.as_ref().map(|person| ShellPerson {
            name: person.name.clone(),
            email: person.email.clone(),
            is_administrator: person.is_administrator,
        });
        shell.theme = self.theme;
        shell.rooms = self.rooms.clone();
        shell.unread = self.unread;
        shell.demo = self.demo;
        shell.installation = Arc::clone(&self.installation);
        shell.current = current;
        shell.here.clone_from(&self.here);
        if !self.is_part {
            shell.flash = self.take_flash().await;
        }
        shell
    }

    /// Leaves a message for the next page.
    pub async fn flash(&self, tone: Tone, text: impl Into<String>) {
        let Some(session) = &self.session else { return };
        let stored = session.insert(FLASH, (tone.to_string(), text.into())).await;
        if let Err(error) = stored {
            tracing::warn!(error = %error, "a message for the next page was not kept");
        }
    }

    async fn take_flash(&self) -> Option<Flash> {
        let session = self.session.as_ref()?;
        // OK to check first: `remove` alone would mark every session as changed and write it.
        session.get_value(FLASH).await.ok()??;
        let (tone, text) = session.remove::<(String, String)>(FLASH).await.ok()??;
        let tone = [Tone::Success, Tone::Warning, Tone::Error].into_iter().find(|known| known.to_string() == tone);
        Some(Flash { tone: tone.unwrap_or(Tone::Info), text })
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        Ok(Self {
            person: parts.extensions.get::<Person>().cloned(),
            here: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            is_part: parts.headers.contains_key("hx-request"),
            theme: Theme::of(&parts.headers),
            folded: theme::cookie(&parts.headers, FOLDED).unwrap_or_default().split('.').map(str::to_owned).collect(),
            rooms: parts.extensions.get::<Rooms>().cloned().unwrap_or_default(),
            unread: parts.extensions.get::<Unread>().copied().unwrap_or_default(),
            installation: parts.extensions.get::<Arc<Installation>>().cloned().unwrap_or_default(),
            demo: parts.extensions.get::<DemoMode>().is_some_and(|demo| demo.0),
            session: parts.extensions.get::<Session>().cloned(),
        })
    }
}
