//! What a guide is once it is read.

use chrono::{DateTime, Utc};

use super::fields::Field;
use crate::queries::FieldDef;

/// How much a reader should have done before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    #[default]
    Basic,
    /// Some queries of their own.
    Intermediate,
    /// Knows the sources and what privacy does to a result.
    Advanced,
}

impl Level {
    /// All, the easiest first.
    pub const ALL: [Self; 3] = [Self::Basic, Self::Intermediate, Self::Advanced];

    /// As authors write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Intermediate => "Intermediate",
            Self::Advanced => "Advanced",
        }
    }

    /// Reads [`Level::name`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == text)
    }
}

/// A guide, ready to be shown.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    /// Its folder, and its place in addresses.
    pub slug: String,
    pub title: String,
    /// What it teaches, in a sentence.
    pub summary: String,
    pub level: Level,
    /// How long reading and doing take.
    pub minutes: u32,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The data sources that it uses, by id.
    pub sources: Vec<String>,
    /// What it says, in order.
    pub parts: Vec<Part>,
    /// Its headings, in order.
    pub headings: Vec<Heading>,
    /// Where its links lead, each with the line of the file.
    pub links: Vec<(usize, String)>,
    /// All its words, for the search.
    pub text: String,
}

impl Guide {
    /// The query number `number`, counted from 1.
    pub fn query(&self, number: usize) -> Option<&GuideQuery> {
        self.queries().find(|query| query.number == number)
    }

    /// Its queries, in order.
    pub fn queries(&self) -> impl Iterator<Item = &GuideQuery> {
        self.parts.iter().filter_map(|part| match part {
            Part::Query(query) => Some(query),
            Part::Html(_) => None,
        })
    }
}

/// A piece of a guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Rendered markdown; safe to show as it is.
    Html(String),
    /// A query.
    Query(GuideQuery),
}

/// A query in a guide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuideQuery {
    /// Its place among the guide's queries, from 1.
    pub number: usize,
    /// What it answers.
    pub name: String,
    /// The SQL, with `{{fields}}`.
    pub sql: String,
    /// The line of the file at which its block begins, from 1.
    pub line: usize,
    pub(super) fields: Vec<Field>,
}

impl GuideQuery {
    /// The fields as the editor takes them, with the defaults of that day. The names of the synthetic
    /// world are defaults in the sandbox only; elsewhere they would be somebody else's campaigns.
    pub fn fields(&self, now: DateTime<Utc>, sandbox: bool) -> Vec<FieldDef> {
        self.fields.iter().map(|field| field.definition(now, sandbox)).collect()
    }
}

/// A heading of a guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 2 for a section, 3 for a part of one, and so on.
    pub depth: u8,
    /// Its id on the page.
    pub id: String,
    pub text: String,
}

/// Something about a guide that its author has to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Fault {
    /// Of a whole line.
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, column: 1, message: message.into() }
    }
}
