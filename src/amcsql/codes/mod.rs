//! The registry of all check codes, shared by the checker, the command line and the help pages.
//!
//! A finding is created with a [`Code`], and there are no other codes than those here, so each has an explanation.
//! Each has a wrong and a right example; a test checks that the first reports exactly this code and the second
//! nothing.

mod data;
mod grouping;
mod limits;
mod names;
mod parameters;
mod privacy;
mod speed;
mod values;
mod writing;

use std::sync::LazyLock;

use super::finding::Level;

pub use data::*;
pub use grouping::*;
pub use limits::*;
pub use names::*;
pub use parameters::*;
pub use privacy::*;
pub use speed::*;
pub use values::*;
pub use writing::*;

/// The code of a finding, which refers to its definition.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    pub definition: &'static Definition,
}

/// The definition of a code.
#[derive(Debug)]
pub struct Definition {
    /// A stable name in kebab case, for addresses and filters.
    pub name: &'static str,
    /// The strictest level of its findings.
    pub level: Level,
    pub topic: Topic,
    /// A short title for lists.
    pub title: &'static str,
    /// Why AMC rejects it, or what goes wrong.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// A text for which the check reports exactly this code.
    pub wrong: &'static str,
    /// The same text, corrected: the check reports nothing.
    pub right: &'static str,
    /// The context of the examples.
    pub example: Example,
    /// Whether AMC may not report this error, so that an author may send the query anyway.
    pub may_be_wrong: bool,
}

/// The context in which a code's examples are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// A report.
    Report,
    /// A rule-based audience.
    Audience,
    /// A report on an instance without paid data sources.
    WithoutPaid,
    /// A report whose workflow declares one parameter, `product`, and names the schema `main`.
    Declared,
    /// A text that is too long to display; a test generates it.
    Made,
}

/// The topic of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Writing,
    Names,
    Values,
    Grouping,
    Privacy,
    Parameters,
    Data,
    Speed,
    Limits,
}

impl Topic {
    pub const ALL: [Self; 9] = [
        Self::Writing,
        Self::Names,
        Self::Values,
        Self::Grouping,
        Self::Privacy,
        Self::Parameters,
        Self::Data,
        Self::Speed,
        Self::Limits,
    ];

    /// The name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Writing => "writing",
            Self::Names => "names",
            Self::Values => "values",
            Self::Grouping => "grouping",
            Self::Privacy => "privacy",
            Self::Parameters => "parameters",
            Self::Data => "data",
            Self::Speed => "speed",
            Self::Limits => "limits",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Writing => "Syntax",
            Self::Names => "Tables and columns",
            Self::Values => "Types and functions",
            Self::Grouping => "Grouping and windows",
            Self::Privacy => "Privacy and audiences",
            Self::Parameters => "Parameters",
            Self::Data => "Meaning of the data",
            Self::Speed => "Performance",
            Self::Limits => "Limits",
        }
    }

    /// The topic with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

impl Definition {
    const fn new(name: &'static str, level: Level, topic: Topic, texts: [&'static str; 5]) -> Self {
        let [title, why, fix, wrong, right] = texts;
        let (example, may_be_wrong) = (Example::Report, false);
        Self { name, level, topic, title, why, fix, wrong, right, example, may_be_wrong }
    }

    const fn may_be_wrong(self) -> Self {
        Self { may_be_wrong: true, ..self }
    }

    const fn on(self, example: Example) -> Self {
        Self { example, ..self }
    }
}

/// Defines constants for the codes of a topic, and their list.
macro_rules! codes {
    ($topic:ident; $($constant:ident = $name:literal, $level:ident, [$($text:expr),+ $(,)?] $(, $method:ident($($argument:expr)?))*;)+) => {
        $(
            pub const $constant: super::Code = super::Code {
                definition: &super::Definition::new(
                    $name,
                    crate::amcsql::finding::Level::$level,
                    super::Topic::$topic,
                    [$($text),+],
                )$(.$method($($argument)?))*,
            };
        )+
        pub(super) const ALL: &[super::Code] = &[$($constant),+];
    };
}
use codes;

static DEFINITIONS: LazyLock<Vec<&'static Definition>> = LazyLock::new(|| {
    let topics = [
        writing::ALL,
        names::ALL,
        values::ALL,
        grouping::ALL,
        privacy::ALL,
        parameters::ALL,
        data::ALL,
        speed::ALL,
        limits::ALL,
    ];
    let mut all: Vec<&'static Definition> = topics.into_iter().flatten().map(|code| code.definition).collect();
    all.sort_by_key(|definition| definition.title);
    all
});

/// Every code, by title.
pub fn all() -> &'static [&'static Definition] {
    &DEFINITIONS
}

/// The code with that name.
pub fn find(name: &str) -> Option<&'static Definition> {
    all().iter().copied().find(|definition| definition.name == name)
}

/// Codes whose texts contain every word of `text`, case-insensitively, those with it in their names first.
pub fn search(text: &str) -> Vec<&'static Definition> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let holds = |text: String| words.iter().all(|word| text.contains(word.as_str()));
    let heads = |it: &Definition| holds(format!("{} {}", it.name, it.title.to_lowercase()));
    let body = |it: &Definition| {
        holds([it.name, it.title, it.why, it.fix, it.wrong, it.right, it.topic.label()].join(" ").to_lowercase())
    };
    let (first, rest): (Vec<_>, Vec<_>) = all().iter().copied().filter(|it| body(it)).partition(|it| heads(it));
    first.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests;
