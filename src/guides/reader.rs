//! Reads a guide's file: the head, then markdown into parts.
//!
//! Reading always gives a guide. What is wrong with the file comes beside it, so that an author sees
//! every fault at once and a reader is never left without a page.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::address;
use super::entries::Block as Toml;
use super::fields;
use super::model::{Fault, Guide, GuideQuery, Heading, Level, Part};
use super::table::Table;

/// The line that opens and closes the head.
const FENCE: &str = "+++";

/// Reads the text of `guides/<slug>/guide.md`.
pub(super) fn read(slug: &str, text: &str) -> (Guide, Vec<Fault>) {
    let mut guide = Guide { slug: slug.to_owned(), ..Guide::default() };
    let mut faults = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let body = head(text, &mut guide, &mut faults);
    Body::new(text, &mut guide, &mut faults).read(text.len() - body.len());
    faults.sort_by_key(|fault| fault.line);
    (guide, faults)
}

/// Takes the head and gives what follows it.
fn head<'a>(text: &'a str, guide: &mut Guide, faults: &mut Vec<Fault>) -> &'a str {
    let Some((head, body)) = split(text) else {
        faults.push(Fault::new(1, "A guide begins with a head between two lines `+++`."));
        return text;
    };
    for entry in Toml::new(head, 2).entries(faults) {
        match entry.key.as_str() {
            "title" => guide.title = entry.read(faults),
            "summary" => guide.summary = entry.read(faults),
            "tags" => guide.tags = entry.read(faults),
            "sources" => guide.sources = entry.read(faults),
            "minutes" => guide.minutes = entry.read(faults),
            "level" => match Level::parse(&entry.read::<String>(faults)) {
                Some(level) => guide.level = level,
                None => faults.push(entry.fault("`level` is \"basic\", \"intermediate\" or \"advanced\".")),
            },
            key => faults.push(entry.fault(format!("`{key}` means nothing in a guide's head. Remove it."))),
        }
    }
    let missing =
        [("title", guide.title.is_empty()), ("summary", guide.summary.is_empty()), ("minutes", guide.minutes == 0)];
    for (key, _) in missing.into_iter().filter(|(_, missing)| *missing) {
        faults.push(Fault::new(1, format!("The head lacks `{key}`.")));
    }
    body
}

/// Parts the head from the body.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| line.trim_end() == FENCE)?;
    let mut at = first.len();
    for line in lines {
        if line.trim_end() == FENCE {
            return Some((&text[first.len()..at], &text[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// Where a block of code goes.
#[derive(Debug)]
enum Block {
    Query { name: String, line: usize },
    Fields { line: usize },
}

/// The walk over the body.
struct Body<'a> {
    text: &'a str,
    guide: &'a mut Guide,
    faults: &'a mut Vec<Fault>,
    /// Events that are not rendered yet.
    held: Vec<Event<'a>>,
    /// Open elements around the reader.
    depth: usize,
    /// The open heading: its place in `held`, and its words.
    heading: Option<(usize, String)>,
    block: Option<(Block, String)>,
    table: Option<Table>,
    /// For each open link or image whether it is kept.
    kept: Vec<bool>,
}

impl<'a> Body<'a> {
    fn new(text: &'a str, guide: &'a mut Guide, faults: &'a mut Vec<Fault>) -> Self {
        let held = Vec::new();
        Self { text, guide, faults, held, depth: 0, heading: None, block: None, table: None, kept: Vec::new() }
    }

    fn read(mut self, start: usize) {
        let text = self.text;
        for (event, range) in Parser::new_ext(&text[start..], Options::ENABLE_TABLES).into_offset_iter() {
            self.take(event, range.start + start..range.end + start);
        }
        self.flush();
    }

    fn take(&mut self, event: Event<'a>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Table(ref alignments)) => self.table = Some(Table::new(alignments.clone())),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(ref info))) if self.opens(info, &range) => return,
            Event::End(TagEnd::CodeBlock) if self.block.is_some() => return self.close(),
            Event::Text(ref text) => {
                if let Some((_, content)) = &mut self.block {
                    content.push_str(text);
                    return;
                }
            }
            _ => {}
        }
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Text(words) | Event::Code(words) => self.hear(words),
            Event::SoftBreak | Event::HardBreak => self.hear(" "),
            _ => {}
        }
        if let Some(html) = self.table.as_mut().and_then(|table| table.html(&event)) {
            self.held.push(Event::Html(html.into()));
            if matches!(event, Event::End(TagEnd::Table)) {
                self.table = None;
            }
            return;
        }
        self.keep(event, &range);
    }

    /// Words go to the search, and to the heading or the table's head that they stand in.
    fn hear(&mut self, words: &str) {
        self.guide.text.push_str(words);
        if let Some((_, heading)) = &mut self.heading {
            heading.push_str(words);
        }
        if let Some(table) = &mut self.table {
            table.hear(words);
        }
    }

    fn keep(&mut self, event: Event<'a>, range: &Range<usize>) {
        match event {
            Event::Html(raw) | Event::InlineHtml(raw) => {
                let line = self.line(range);
                self.faults.push(Fault::new(line, "HTML in a guide is shown as text. Write markdown."));
                self.held.push(Event::Text(raw));
            }
            Event::Start(Tag::Link { ref dest_url, .. } | Tag::Image { ref dest_url, .. }) => {
                let (allowed, line) = (address::is_allowed(dest_url), self.line(range));
                self.kept.push(allowed);
                if allowed {
                    self.guide.links.push((line, dest_url.to_string()));
                    self.held.push(event);
                } else {
                    self.faults.push(Fault::new(line, "A link leads to http, https or this program only."));
                }
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if self.kept.pop().unwrap_or(true) {
                    self.held.push(event);
                }
            }
            Event::Start(Tag::Heading { level: HeadingLevel::H1, classes, attrs, id }) => {
                let line = self.line(range);
                self.faults.push(Fault::new(line, "The title of the head is the page's own heading. Begin with `##`."));
                self.open_heading(Tag::Heading { level: HeadingLevel::H2, id, classes, attrs });
            }
            Event::Start(tag @ Tag::Heading { .. }) => self.open_heading(tag),
            Event::End(TagEnd::Heading(level)) => self.close_heading(level),
            Event::End(TagEnd::Paragraph | TagEnd::Item) => {
                self.guide.text.push('\n');
                self.held.push(event);
            }
            event => self.held.push(event),
        }
    }

    fn open_heading(&mut self, tag: Tag<'a>) {
        self.heading = Some((self.held.len(), String::new()));
        self.held.push(Event::Start(tag));
    }

    fn close_heading(&mut self, level: HeadingLevel) {
        let level = if level == HeadingLevel::H1 { HeadingLevel::H2 } else { level };
        if let Some((at, words)) = self.heading.take() {
            let id = self.free_id(&address::id(&words));
            if let Some(Event::Start(Tag::Heading { id: slot, .. })) = self.held.get_mut(at) {
                *slot = Some(CowStr::from(id.clone()));
            }
            self.guide.headings.push(Heading { depth: level as u8, id, text: words });
        }
        self.guide.text.push('\n');
        self.held.push(Event::End(TagEnd::Heading(level)));
    }

    /// `id`, with a number when another heading has it.
    fn free_id(&self, id: &str) -> String {
        let taken = |id: &str| self.guide.headings.iter().any(|heading| heading.id == id);
        if !taken(id) {
            return id.to_owned();
        }
        // OK to end there: so many headings take at most so many of these ids.
        let last = self.guide.headings.len() + 2;
        (2..=last).map(|number| format!("{id}-{number}")).find(|id| !taken(id)).unwrap_or_default()
    }

    /// Whether a block of code is one of ours, which is then read apart.
    fn opens(&mut self, info: &str, range: &Range<usize>) -> bool {
        let line = self.line(range);
        let mut words = info.splitn(3, ' ');
        let block = match (words.next(), words.next()) {
            (Some("sql"), Some("query")) => Block::Query { name: self.name(words.next().unwrap_or(""), line), line },
            (Some("fields"), None) => Block::Fields { line },
            _ => return false,
        };
        if self.depth > 0 {
            self.faults.push(Fault::new(line, "Queries and their fields stand outside of lists and quotations."));
            return false;
        }
        self.block = Some((block, String::new()));
        true
    }

    /// The name in `name="…"`.
    fn name(&mut self, attributes: &str, line: usize) -> String {
        let name =
            attributes.trim().strip_prefix("name=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or("").trim();
        if name.is_empty() {
            self.faults.push(Fault::new(line, "Name the query: ```sql query name=\"Reach by campaign\""));
            return format!("Query of {}", self.guide.title);
        }
        name.to_owned()
    }

    fn close(&mut self) {
        self.flush();
        match self.block.take() {
            Some((Block::Query { name, line }, sql)) => {
                let number = self.guide.queries().count() + 1;
                let (sql, fields) = (sql.trim_end().to_owned(), Vec::new());
                self.guide.parts.push(Part::Query(GuideQuery { number, name, sql, line, fields }));
            }
            Some((Block::Fields { line }, text)) => match self.guide.parts.last_mut() {
                Some(Part::Query(query)) if query.fields.is_empty() => {
                    query.fields = fields::read(&text, line + 1, self.faults);
                }
                _ => self.faults.push(Fault::new(line, "A block of fields stands right below its query.")),
            },
            None => {}
        }
    }

    /// Renders what is held.
    fn flush(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let mut rendered = String::new();
        html::push_html(&mut rendered, self.held.drain(..));
        self.guide.parts.push(Part::Html(rendered));
    }

    /// The line of the file at which `range` begins, from 1.
    fn line(&self, range: &Range<usize>) -> usize {
        let before = self.text.get(..range.start).unwrap_or("");
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }
}
