//! Parsed guides and templates, and findings about their files.

use chrono::{DateTime, Utc};

use super::claims::Claim;
use crate::amcsql::catalogue::DataType;
pub use crate::amcsql::finding::Level;
use crate::queries::{AuthoredQuery, Difficulty, QueryInput};

/// A finding about a file, for its author.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the folder of all guides: `reach/guide.md`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// An error hides a file from readers, and fails a check.
    pub level: Level,
    /// The kind of finding; for findings of the SQL checker, its code.
    pub code: &'static str,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Finding {
    /// An error at a position in a file.
    pub(in crate::guides) fn error(
        file: &str,
        (line, column): (usize, usize),
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { file: file.to_owned(), line, column, level: Level::Error, code, message: message.into() }
    }
}

/// A parsed guide.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    /// Its folder and its part of addresses.
    pub slug: String,
    /// The language of its text, as in `guide.de.md`; empty for `guide.md`.
    pub language: String,
    pub title: String,
    /// What it teaches, in one sentence.
    pub summary: String,
    pub level: Difficulty,
    /// The time for reading and doing it.
    pub minutes: u32,
    /// Words for finding it.
    pub tags: Vec<String>,
    /// Ad products, as authors write them.
    pub products: Vec<String>,
    /// The ids of its data sources: those of the front matter, then those that its queries read.
    pub sources: Vec<String>,
    /// What is required before: rendered.
    pub prerequisites: Vec<String>,
    /// What a reader will be able to do: rendered.
    pub learn: Vec<String>,
    /// Recommended next guides, by slug.
    pub next: Vec<String>,
    /// The line and column of that key in its front matter.
    pub(in crate::guides) next_place: (usize, usize),
    /// Whether only administrators see it.
    pub draft: bool,
    /// Its position in the list.
    pub order: u32,
    /// Its content, in order.
    pub parts: Vec<Part>,
    pub headings: Vec<Heading>,
    /// The targets of its links.
    pub links: Vec<Link>,
    /// Its words by section, for the search and for the remaining reading time.
    pub sections: Vec<SectionText>,
    /// Checks that it shows a mistake for, each with the id of the section.
    pub mistakes: Vec<(&'static str, String)>,
    /// The searchable text without sections (title, summary, …), in lower case.
    pub plain: String,
    /// The numbers in its text that come from its queries.
    pub(in crate::guides) claims: Vec<Claim>,
}

impl Guide {
    /// Its file, relative to the folder of all guides.
    pub(in crate::guides) fn file(&self) -> String {
        let language = if self.language.is_empty() { String::new() } else { format!(".{}", self.language) };
        format!("{}/guide{language}.md", self.slug)
    }

    /// The query with that id.
    pub fn query(&self, id: &str) -> Option<&GuideQuery> {
        self.queries().find(|query| query.id == id)
    }

    /// Its queries, in order.
    pub fn queries(&self) -> impl Iterator<Item = &GuideQuery> {
        self.parts.iter().filter_map(|part| match part {
            Part::Query(query) => Some(query.as_ref()),
            Part::Html(_) | Part::SectionEnd(_) => None,
        })
    }

    /// The address of a section, with its title.
    pub fn place(&self, id: &str) -> (String, String) {
        let heading = self.headings.iter().find(|heading| heading.id == id);
        match heading {
            Some(heading) => (format!("/guides/{}#{id}", self.slug), format!("{}: {}", self.title, heading.text)),
            None => (format!("/guides/{}", self.slug), self.title.clone()),
        }
    }

    /// The headings of the sections that can be marked as done.
    pub fn chapters(&self) -> impl Iterator<Item = &Heading> {
        self.headings.iter().filter(|heading| heading.depth == 2)
    }

    /// Whether a heading has this id.
    pub fn has_heading(&self, id: &str) -> bool {
        self.headings.iter().any(|heading| heading.id == id) || self.queries().any(|query| query.anchor() == id)
    }
}

/// A part of a guide's content.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Rendered Markdown, safe HTML.
    Html(String),
    Query(Box<GuideQuery>),
    /// The end of the section whose heading has this id.
    SectionEnd(String),
}

/// A query in a guide, or a template of the library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuideQuery {
    /// Its name in addresses, from its file or its title.
    pub id: String,
    /// The authored query.
    pub authored: AuthoredQuery,
    /// Its file, relative to the folder of all guides.
    pub file: String,
    /// The SQL with syntax highlighting.
    pub sql_html: String,
    /// How to read the result, rendered.
    pub interpretation_html: String,
    /// The columns of its result with their types; empty if the checker finds an error.
    pub columns: Vec<(String, DataType)>,
    /// Whether the last of them flags rows with blanked values.
    pub blanked: bool,
    /// The ids of its data sources.
    pub sources: Vec<String>,
    /// The same, each with the columns that are read.
    pub reads: Vec<(String, Vec<String>)>,
    /// A chart of its sample, as SVG; empty if there is none.
    pub chart: String,
    /// A digest of everything that decides what it gives.
    pub digest: String,
}

impl GuideQuery {
    pub fn name(&self) -> &str {
        &self.authored.input.name
    }

    /// Its id on the page of its guide.
    pub fn anchor(&self) -> String {
        format!("query-{}", self.id)
    }

    /// Whether the checker finds no error in it.
    pub(in crate::guides) fn is_runnable(&self) -> bool {
        !self.columns.is_empty()
    }

    /// The query for the editor; see [`AuthoredQuery::input`].
    pub fn input(&self, now: DateTime<Utc>, synthetic: bool) -> QueryInput {
        self.authored.input(now, synthetic)
    }
}

/// A heading of a guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 2 for a section, 3 for a subsection, and so on.
    pub depth: u8,
    /// Its id on the page.
    pub id: String,
    pub text: String,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The file that contains it, relative to the folder of all guides.
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub target: Target,
}

/// The target of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Outside,
    /// A heading of the same guide.
    Heading(String),
    /// Another guide, and optionally one of its headings.
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
    /// Title and text in lower case, separated by a line break.
    pub plain: String,
}

impl SectionText {
    pub fn words(&self) -> usize {
        self.text.split_whitespace().count()
    }
}
