//! What every page shares around its own content: title, person, theme, message, place in the menu.
//!
//! A page is a struct that carries `shell: Shell` beside its own fields, and a template that extends
//! `layout.html`:
//!
//! ```text
//! #[derive(Template)]
//! #[template(path = "queries/list.html")]
//! struct ListPage { shell: Shell, rows: Vec<Row>, pager: Pager }
//! ```
//!
//! The shell holds only what has been decided: nothing in it reads the database or a request while
//! a page renders.

use std::fmt;

use super::room::Rooms;
use super::theme::Theme;

/// What the layout needs of every page.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The page's own name, the first part of the window's title ("Runs"); not empty.
    pub title: String,
    /// Who is signed in. Without one there is no menu, as on the sign-in and error pages.
    pub person: Option<ShellPerson>,
    /// Light, dark, or as the system has it.
    pub theme: Theme,
    /// Whether this is the sandbox: the AMC emulator on synthetic data, said on every page.
    pub demo: bool,
    /// One message left by the step before ("Query saved"), shown once.
    pub flash: Option<Flash>,
    /// What the menus show.
    pub rooms: Rooms,
    /// The entry of the menu that is marked.
    pub current: Section,
    /// RecomAMP's version, for the foot of the page.
    pub version: &'static str,
    /// Path and query of this page, where the theme switch comes back to. Always starts with `/`.
    pub here: String,
}

impl Shell {
    /// A shell for nobody: signed out, system theme, no message, nothing marked in the menu.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            person: None,
            theme: Theme::System,
            demo: false,
            flash: None,
            rooms: Rooms::default(),
            current: Section::None,
            version: env!("CARGO_PKG_VERSION"),
            here: "/".to_owned(),
        }
    }
}

impl Shell {
    /// Whether an administrator looks at the page.
    pub fn is_administrator(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.is_administrator)
    }
}

/// The signed-in person, as the menu shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellPerson {
    /// The name that Amazon gave; may be any text.
    pub name: String,
    /// The address that they signed in with.
    pub email: String,
    /// Whether they look after the whole installation.
    pub is_administrator: bool,
}

/// A message that a step leaves for the page that follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// How it is meant.
    pub tone: Tone,
    /// One or two sentences in plain text; escaped when shown.
    pub text: String,
}

/// How a message is meant: it sets colour, icon and how a screen reader announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Info,
    Success,
    /// It may surprise.
    Warning,
    /// It did not work.
    Error,
}

impl Tone {
    /// The icon beside the message.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "circle-check",
            Self::Warning => "triangle-alert",
            Self::Error => "circle-alert",
        }
    }

    /// `alert` interrupts a screen reader, `status` waits its turn.
    pub fn role(self) -> &'static str {
        match self {
            Self::Error => "alert",
            Self::Info | Self::Success | Self::Warning => "status",
        }
    }
}

/// The word used in class names and `data-tone`.
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

/// An entry of the menu. A room states its own beside its door, as a constant of this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// The address of its first page.
    pub href: &'static str,
    /// The word in the menu.
    pub label: &'static str,
    /// The icon in the menu.
    pub icon: &'static str,
}

impl Section {
    /// None of the menu: sign-in, errors, settings.
    #[expect(non_upper_case_globals, reason = "named like the entries of the rooms")]
    pub const None: Self = Self::new("", "", "");

    /// An entry with its address, its word and its icon.
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
