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
    /// Worth knowing.
    Info,
    /// It worked.
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

/// An entry of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Section {
    /// None of the menu: sign-in, errors, settings.
    #[default]
    None,
    /// `/`.
    Dashboard,
    /// `/instances` and below.
    Instances,
    /// `/queries` and below.
    Queries,
    /// `/executions` and below.
    Executions,
    /// `/guides` and below.
    Guides,
}

impl Section {
    /// What the menu shows, in order.
    pub const MENU: [Self; 5] = [Self::Dashboard, Self::Instances, Self::Queries, Self::Executions, Self::Guides];

    /// The address of the section's first page.
    pub fn href(self) -> &'static str {
        match self {
            Self::None | Self::Dashboard => "/",
            Self::Instances => "/instances",
            Self::Queries => "/queries",
            Self::Executions => "/executions",
            Self::Guides => "/guides",
        }
    }

    /// The word in the menu.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Dashboard => "Dashboard",
            Self::Instances => "Instances",
            Self::Queries => "Queries",
            Self::Executions => "Executions",
            Self::Guides => "Guides",
        }
    }

    /// The icon in the menu.
    pub fn icon(self) -> &'static str {
        match self {
            Self::None | Self::Dashboard => "layout-dashboard",
            Self::Instances => "server",
            Self::Queries => "code",
            Self::Executions => "activity",
            Self::Guides => "book-open",
        }
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
