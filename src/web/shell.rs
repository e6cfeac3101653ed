//! The page frame: title, person, theme, message, menu.
//!
//! A page is a struct with `shell: Shell` and its own fields, and a template that extends `layout.html`:
//!
//! ```text
//! #[derive(Template)]
//! #[template(path = "queries/list.html")]
//! struct ListPage { shell: Shell, rows: Vec<Row>, pager: Pager }
//! ```
//!
//! The shell contains only computed values: nothing in it reads the database or a request while a page renders.

use std::fmt;
use std::sync::Arc;

use super::room::Rooms;
use super::theme::Theme;
use crate::config::Installation;

/// What the layout needs for every page.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The page's title, the first part of the window title ("Runs"); not empty.
    pub title: String,
    /// Who is signed in. Without a person there is no menu, as on the sign-in and error pages.
    pub person: Option<ShellPerson>,
    /// Light, dark, or the system's theme.
    pub theme: Theme,
    /// Whether this is demo mode: the AMC emulator on synthetic data, shown on every page.
    pub demo: bool,
    /// The name and color of the installation, shown on every page.
    pub installation: Arc<Installation>,
    /// A message from the previous step ("Query saved"), shown once.
    pub flash: Option<Flash>,
    pub rooms: Rooms,
    /// The person's unread messages, shown at the bell.
    pub unread: Unread,
    /// The current menu entry.
    pub current: Section,
    /// RecomAMP's version, for the footer.
    pub version: &'static str,
    /// Path and query of this page, for returning after a theme change. Always starts with `/`.
    pub here: String,
}

impl Shell {
    /// A shell without a person: system theme, no message, no current menu entry.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            person: None,
            theme: Theme::System,
            demo: false,
            installation: Arc::default(),
            flash: None,
            rooms: Rooms::default(),
            unread: Unread::default(),
            current: Section::None,
            version: env!("CARGO_PKG_VERSION"),
            here: "/".to_owned(),
        }
    }
}

impl Shell {
    /// Whether the person is an administrator.
    pub fn is_administrator(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.is_administrator)
    }
}

/// How many messages a person hasn't read; added to the request by the room that stores them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unread(pub i64);

impl Unread {
    /// The maximum that is counted; more are shown as `99+`.
    pub const MOST: i64 = 100;
}

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= Self::MOST { formatter.write_str("99+") } else { write!(formatter, "{}", self.0) }
    }
}

/// The signed-in person, for the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellPerson {
    /// Their name at Amazon; may be any text.
    pub name: String,
    /// The address they signed in with.
    pub email: String,
    /// Whether they are an administrator of the installation.
    pub is_administrator: bool,
}

/// A message for the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    pub tone: Tone,
    /// One or two sentences in plain text; escaped when shown.
    pub text: String,
}

/// The tone of a message: determines its color, icon and how a screen reader announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Info,
    Success,
    Warning,
    /// A failure.
    Error,
}

impl Tone {
    pub fn icon(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "circle-check",
            Self::Warning => "triangle-alert",
            Self::Error => "circle-alert",
        }
    }

    /// `alert` interrupts a screen reader, `status` waits.
    pub fn role(self) -> &'static str {
        match self {
            Self::Error => "alert",
            Self::Info | Self::Success | Self::Warning => "status",
        }
    }
}

/// The name in class names and `data-tone`.
impl fmt::Display for Tone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A menu entry. A room defines its own in its `mod.rs`, as a constant of this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    pub href: &'static str,
    pub label: &'static str,
    pub icon: &'static str,
}

impl Section {
    /// No menu entry: sign-in, errors, settings.
    #[expect(non_upper_case_globals, reason = "named like the entries of the rooms")]
    pub const None: Self = Self::new("", "", "");

    pub const fn new(href: &'static str, label: &'static str, icon: &'static str) -> Self {
        Self { href, label, icon }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_interrupts() {
        assert_eq!(Tone::Error.role(), "alert");
        assert_eq!(Tone::Warning.role(), "status");
    }
}
