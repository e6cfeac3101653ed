//! What guides and templates are once they are read, and what is said about their files.

use chrono::{DateTime, Utc};

use crate::amcsql::bound::Query as Bound;
use crate::amcsql::catalogue::DataType;
pub use crate::amcsql::finding::Level;
use crate::queries::{AuthoredQuery, Difficulty, QueryInput};

/// Something about a file that its author has to know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the folder of all guides: `reach/guide.md`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// An error keeps a file from readers, and a check from passing.
    pub level: Level,
    /// What it is about; that of the checker of SQL where it says so.
    pub code: &'static str,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Finding {
    /// An error at a place of a file.
    pub(in crate::guides) fn error(
        file: &str,
        (line, column): (usize, usize),
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { file: file.to_owned(), line, column, level: Level::Error, code, message: message.into() }
    }

    /// The same, which holds nothing up.
    pub(in crate::guides) fn warning(
        file: &str,
        place: (usize, usize),
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { level: Level::Warning, ..Self::error(file, place, code, message) }
    }
}

/// A guide, ready to be shown.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    /// Its folder, and its place in addresses.
    pub slug: String,
    /// The language of its text, as in `guide.de.md`; empty for `guide.md`.
    pub language: String,
    pub title: String,
    /// What it teaches, in a sentence.
    pub summary: String,
    pub level: Difficulty,
    /// How long reading and doing take.
    pub minutes: u32,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Ad products, as authors write them.
    pub products: Vec<String>,
    /// The data sources that it uses, by id: those of the front matter, then what its queries read.
    pub sources: Vec<String>,
    /// What has to be there before: rendered.
    pub prerequisites: Vec<String>,
    /// What a reader can do afterwards: rendered.
    pub learn: Vec<String>,
    /// Guides to go on with, by slug.
    pub next: Vec<String>,
    /// Whether only administrators see it.
    pub draft: bool,
    /// Its place in the list.
    pub order: u32,
    /// What it says, in order.
    pub parts: Vec<Part>,
    /// Its headings, in order.
    pub headings: Vec<Heading>,
    /// Where its links lead.
    pub links: Vec<Link>,
    /// Its words by section, for the search and for the time that is left.
    pub sections: Vec<SectionText>,
}

impl Guide {
    /// The query of that id.
    pub fn query(&self, id: &str) -> Option<&GuideQuery> {
        self.queries().find(|query| query.id == id)
    }

    /// Its queries, in order.
    pub fn queries(&self) -> impl Iterator<Item = &GuideQuery> {
        self.parts.iter().filter_map(|part| match part {
            Part::Query(query) => Some(query.as_ref()),
            Part::Html(_) => None,
        })
    }

    /// Whether a heading has this id.
    pub fn has_heading(&self, id: &str) -> bool {
        self.headings.iter().any(|heading| heading.id == id) || self.queries().any(|query| query.anchor() == id)
    }
}

/// A piece of a guide.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Rendered markdown; safe to show as it is.
    Html(String),
    Query(Box<GuideQuery>),
}

/// A query in a guide, or a template of the library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuideQuery {
    /// Its name in addresses, which is that of its file or made of its title.
    pub id: String,
    /// What its author wrote.
    pub authored: AuthoredQuery,
    /// The file that it stands in, from the folder of all guides.
    pub file: String,
    /// The SQL in colors.
    pub sql_html: String,
    /// How to read the result, rendered.
    pub interpretation_html: String,
    /// The columns of its result with their types; empty where the checker finds an error.
    pub columns: Vec<(String, DataType)>,
    /// The data sources that it reads, by id.
    pub sources: Vec<String>,
    /// A digest of everything that decides what it gives.
    pub digest: String,
    /// The query as it runs on synthetic data, where the checker finds no error.
    pub(in crate::guides) bound: Option<BoundQuery>,
}

/// A query that can run, which does not count when two are compared.
#[derive(Clone, Debug)]
pub(in crate::guides) struct BoundQuery(pub(in crate::guides) Box<Bound>);

impl PartialEq for BoundQuery {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl GuideQuery {
    /// What it answers.
    pub fn name(&self) -> &str {
        &self.authored.input.name
    }

    /// Its id on the page of its guide.
    pub fn anchor(&self) -> String {
        format!("query-{}", self.id)
    }

    /// The query as the editor takes it; see [`AuthoredQuery::input`].
    pub fn input(&self, now: DateTime<Utc>, synthetic: bool) -> QueryInput {
        self.authored.input(now, synthetic)
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

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The file that holds it, from the folder of all guides.
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub target: Target,
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Another site.
    Outside,
    /// A heading of the same guide.
    Heading(String),
    /// Another guide, and a heading of it where one is named.
    Guide(String, String),
    /// A template of the library.
    Template(String),
    /// A file of the guide's folder.
    File(String),
    /// A page of this program.
    Page(String),
}

/// The words of a section, for the search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SectionText {
    /// The id of its heading; empty before the first.
    pub id: String,
    pub title: String,
    pub text: String,
}

impl SectionText {
    pub fn words(&self) -> usize {
        self.text.split_whitespace().count()
    }
}
