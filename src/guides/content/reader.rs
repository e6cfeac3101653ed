//! Parses a guide's file: front matter, then Markdown.
//!
//! Parsing always returns a guide. Errors are returned beside it, so that an author sees all of them at once.

mod blocks;
mod extensions;
mod links;

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, html};

use super::code::Fence;
use super::folder::Folder;
use super::model::{Finding, Guide, Heading, Link, Part, SectionText};
use super::table::Table;
use super::{claims, head};
use crate::amcsql::text::LineIndex;

/// The file being read, and the files beside it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) slug: &'a str,
    /// Relative to the folder of all guides.
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) folder: &'a Folder,
    /// For a translation, the ids of the original's sections, which its sections get too: progress and links are the
    /// same in every language.
    pub(super) sections: &'a [String],
}

/// Reads a guide.
pub(super) fn read(source: Source<'_>, language: &str) -> (Guide, Vec<Finding>) {
    let mut guide = Guide { slug: source.slug.to_owned(), language: language.to_owned(), ..Guide::default() };
    let mut findings = Vec::new();
    let mut head_links = Vec::new();
    let body = head::read(source, &mut guide, &mut head_links, &mut findings);
    let start = source.text.len() - body.len();
    let mut reading = Body::new(source, &mut findings);
    reading.read(body, start);
    let Body { parts, headings, mut links, mut sections, mistakes, .. } = reading;
    guide.mistakes = mistakes;
    links.extend(head_links);
    for section in &mut sections {
        section.plain = format!("{}\n{}", section.title, section.text).to_lowercase();
    }
    (guide.parts, guide.headings, guide.links, guide.sections) = (parts, headings, links, sections);
    claims::place(&mut guide, source.file, source.text, start, &mut findings);
    let read: Vec<String> = guide.queries().flat_map(|query| query.sources.clone()).collect();
    for name in read {
        if !guide.sources.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            guide.sources.push(name);
        }
    }
    guide.plain = plain(&guide);
    findings.sort();
    (guide, findings)
}

/// The searchable text of a guide without sections, in lower case.
fn plain(guide: &Guide) -> String {
    let mut words = vec![guide.title.as_str(), &guide.summary, guide.level.label(), &guide.slug];
    for list in [&guide.tags, &guide.products, &guide.sources] {
        words.extend(list.iter().map(String::as_str));
    }
    words.join("\n").to_lowercase()
}

/// Markdown outside of a guide's text, such as how to read a result. `line` is its line in the file.
pub(super) fn fragment(
    source: Source<'_>,
    markdown: &str,
    line: usize,
    links: &mut Vec<Link>,
    findings: &mut Vec<Finding>,
) -> String {
    let mut own = Vec::new();
    let mut reading = Body::new(Source { text: markdown, ..source }, &mut own);
    reading.is_fragment = true;
    reading.read(markdown, 0);
    let Body { parts, links: found, .. } = reading;
    links.extend(found.into_iter().map(|link| Link { line: link.line + line - 1, ..link }));
    findings.extend(own.into_iter().map(|finding| Finding { line: finding.line + line - 1, ..finding }));
    parts.into_iter().filter_map(|part| if let Part::Html(html) = part { Some(html) } else { None }).collect()
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
}

/// The state of rendering Markdown.
struct Body<'a, 'f> {
    source: Source<'a>,
    findings: &'f mut Vec<Finding>,
    lines: LineIndex<'a>,
    /// Whether it is a fragment of another text: no queries, no headings.
    is_fragment: bool,
    parts: Vec<Part>,
    headings: Vec<Heading>,
    links: Vec<Link>,
    sections: Vec<SectionText>,
    mistakes: Vec<(&'static str, String)>,
    /// Events that haven't been rendered yet.
    held: Vec<Event<'a>>,
    /// The nesting depth of open elements.
    depth: usize,
    /// The open heading: its index in `held`, and its words.
    heading: Option<(usize, String)>,
    /// The open code block and its text.
    fence: Option<(Fence, usize, String)>,
    table: Option<Table>,
    /// For each open link or image, whether it is allowed.
    kept: Vec<bool>,
    /// The numbers of footnotes, by name.
    notes: HashMap<String, usize>,
}

impl<'a, 'f> Body<'a, 'f> {
    fn new(source: Source<'a>, findings: &'f mut Vec<Finding>) -> Self {
        Self {
            source,
            findings,
            lines: LineIndex::new(source.text),
            is_fragment: false,
            parts: Vec::new(),
            headings: Vec::new(),
            links: Vec::new(),
            sections: vec![SectionText::default()],
            mistakes: Vec::new(),
            held: Vec::new(),
            depth: 0,
            heading: None,
            fence: None,
            table: None,
            kept: Vec::new(),
            notes: HashMap::new(),
        }
    }

    fn read(&mut self, body: &'a str, start: usize) {
        let mut events = Parser::new_ext(body, options()).into_offset_iter().peekable();
        let mut before: Vec<(Event<'a>, Range<usize>)> = Vec::new();
        while let Some((event, range)) = events.next() {
            let range = range.start + start..range.end + start;
            // A paragraph with only a link to a query's file is replaced by the query.
            if self.depth == 0 && !self.is_fragment && matches!(event, Event::Start(Tag::Paragraph)) {
                before.push((event, range));
                while let Some((event, range)) = events.next_if(|_| before.len() < 6) {
                    let is_end = matches!(event, Event::End(TagEnd::Paragraph));
                    before.push((event, range.start + start..range.end + start));
                    if is_end {
                        break;
                    }
                }
                if !self.takes_query(&before) {
                    before.drain(..).for_each(|(event, range)| self.take(event, range));
                }
                before.clear();
            } else {
                self.take(event, range);
            }
        }
        self.end_section();
        self.flush();
    }

    /// Closes the open section, if it can be marked as done.
    fn end_section(&mut self) {
        let Some(section) = self.sections.last().filter(|section| !self.is_fragment && !section.id.is_empty()) else {
            return;
        };
        let id = section.id.clone();
        self.flush();
        self.parts.push(Part::SectionEnd(id));
    }

    fn take(&mut self, event: Event<'a>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Table(ref alignments)) => self.table = Some(Table::new(alignments.clone())),
            Event::Start(Tag::CodeBlock(ref kind)) => {
                let info = if let CodeBlockKind::Fenced(info) = kind { info.as_ref() } else { "" };
                return self.open_code(info, range.start);
            }
            Event::End(TagEnd::CodeBlock) => return self.close_code(),
            Event::Text(ref text) => {
                if let Some((_, _, content)) = &mut self.fence {
                    content.push_str(text);
                    return;
                }
            }
            _ => {}
        }
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Text(words) | Event::Code(words) => self.push_text(words),
            Event::SoftBreak | Event::HardBreak => self.push_text(" "),
            _ => {}
        }
        if let Some(html) = self.table.as_mut().and_then(|table| table.html(&event)) {
            self.push_html(html);
            if matches!(event, Event::End(TagEnd::TableCell | TagEnd::Table)) {
                self.push_text(" ");
            }
            if matches!(event, Event::End(TagEnd::Table)) {
                self.table = None;
            }
            return;
        }
        self.keep(event, &range);
    }

    fn push_html(&mut self, html: String) {
        self.held.push(Event::Html(html.into()));
    }

    /// Adds words to the search text, and to the current heading or table header.
    fn push_text(&mut self, words: &str) {
        if let Some((_, heading)) = &mut self.heading {
            heading.push_str(words);
        } else if let Some(section) = self.sections.last_mut() {
            section.text.push_str(words);
        }
        if let Some(table) = &mut self.table {
            table.push_text(words);
        }
    }

    fn keep(&mut self, event: Event<'a>, range: &Range<usize>) {
        match event {
            Event::Html(raw) | Event::InlineHtml(raw) => {
                self.report(range, "markdown", "HTML in a guide is shown as text. Write Markdown.");
                self.held.push(Event::Text(raw));
            }
            Event::Start(Tag::HtmlBlock) => self.push_html("<p>".to_owned()),
            Event::End(TagEnd::HtmlBlock) => self.push_html("</p>\n".to_owned()),
            Event::Start(Tag::Link { dest_url, title, .. }) => self.open_link(&dest_url, &title, range),
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let kept = self.image(&dest_url, range);
                self.kept.push(kept.is_some());
                if let Some(href) = kept {
                    self.held.push(Event::Start(Tag::Image { link_type, dest_url: href.into(), title, id }));
                }
            }
            Event::End(TagEnd::Link) => {
                if self.kept.pop().unwrap_or(false) {
                    self.push_html("</a>".to_owned());
                }
            }
            Event::End(TagEnd::Image) => {
                if self.kept.pop().unwrap_or(false) {
                    self.held.push(event);
                }
            }
            Event::Start(Tag::Heading { level, .. }) => self.open_heading(level, range),
            Event::End(TagEnd::Heading(level)) => self.close_heading(level),
            Event::End(TagEnd::Paragraph | TagEnd::Item) => {
                self.push_text("\n");
                self.held.push(event);
            }
            event => self.keep_extension(event),
        }
    }

    /// Renders the pending events.
    fn flush(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let mut rendered = String::new();
        html::push_html(&mut rendered, self.held.drain(..));
        self.parts.push(Part::Html(rendered));
    }

    fn report(&mut self, range: &Range<usize>, code: &'static str, message: &str) {
        let place = self.place(range.start);
        self.findings.push(Finding::error(self.source.file, place, code, message));
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let place = self.lines.place(at);
        (place.line, place.column)
    }
}
