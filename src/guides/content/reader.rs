//! Parses a guide's file: front matter, then Markdown.
//!
//! Parsing always returns a guide. Errors are returned beside it, so that an author sees all of them at once.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::address::{self, escaped};
use super::code::{Fence, colored};
use super::folder::Folder;
use super::head;
use super::model::{Finding, Guide, GuideQuery, Heading, Link, Part, SectionText, Target};
use super::query;
use super::table::Table;
use crate::amcsql::text::LineIndex;
use crate::queries::read_authored;

/// The file being read, and the files beside it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) slug: &'a str,
    /// Relative to the folder of all guides.
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) folder: &'a Folder,
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
    let Body { parts, headings, mut links, sections, .. } = reading;
    links.extend(head_links);
    (guide.parts, guide.headings, guide.links, guide.sections) = (parts, headings, links, sections);
    let read: Vec<String> = guide.queries().flat_map(|query| query.sources.clone()).collect();
    for name in read {
        if !guide.sources.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            guide.sources.push(name);
        }
    }
    findings.sort();
    (guide, findings)
}

/// Renders Markdown outside of a guide's text, such as how to read a result. `line` is its position in the file.
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
    /// Events that aren't rendered yet.
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
        self.flush();
    }

    /// If these events are a paragraph with only a link to a query's file, inserts the query and returns true.
    fn takes_query(&mut self, events: &[(Event<'a>, Range<usize>)]) -> bool {
        let [
            (_, _),
            (Event::Start(Tag::Link { dest_url, .. }), range),
            ..,
            (Event::End(TagEnd::Link), _),
            (Event::End(TagEnd::Paragraph), _),
        ] = events
        else {
            return false;
        };
        let Ok((Target::File(file), _)) = address::resolved(dest_url, self.source.slug) else { return false };
        let Some(name) = file.strip_suffix(".sql") else { return false };
        let place = self.place(range.start);
        match self.source.folder.text(&file) {
            Ok(text) => {
                let path = format!("{}/{file}", self.source.slug);
                let source = Source { file: &path, text, ..self.source };
                self.flush();
                let query = query::build(source, name, read_authored(text, 1), &mut self.links, self.findings);
                self.add(query, place);
            }
            Err(sentence) => {
                self.findings.push(Finding::error(self.source.file, place, "query", sentence));
            }
        }
        true
    }

    fn add(&mut self, query: GuideQuery, place: (usize, usize)) {
        let taken = |part: &Part| matches!(part, Part::Query(other) if other.id == query.id);
        if self.parts.iter().any(taken) {
            let message = format!("The guide has two queries called {}. Give this one another name.", query.id);
            self.findings.push(Finding::error(self.source.file, place, "query", message));
            return;
        }
        if let Some(section) = self.sections.last_mut() {
            section.text.push_str(query.name());
            section.text.push(' ');
            section.text.push_str(&query.authored.input.description);
            section.text.push('\n');
        }
        self.parts.push(Part::Query(Box::new(query)));
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
            Event::Text(words) | Event::Code(words) => self.hear(words),
            Event::SoftBreak | Event::HardBreak => self.hear(" "),
            _ => {}
        }
        if let Some(html) = self.table.as_mut().and_then(|table| table.html(&event)) {
            self.push_html(html);
            if matches!(event, Event::End(TagEnd::TableCell | TagEnd::Table)) {
                self.hear(" ");
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
    fn hear(&mut self, words: &str) {
        if let Some((_, heading)) = &mut self.heading {
            heading.push_str(words);
        } else if let Some(section) = self.sections.last_mut() {
            section.text.push_str(words);
        }
        if let Some(table) = &mut self.table {
            table.hear(words);
        }
    }

    fn keep(&mut self, event: Event<'a>, range: &Range<usize>) {
        match event {
            Event::Html(raw) | Event::InlineHtml(raw) => {
                self.tell(range, "markdown", "HTML in a guide is shown as text. Write markdown.");
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
                self.hear("\n");
                self.held.push(event);
            }
            event => self.keep_extension(event),
        }
    }

    /// Renders Markdown extensions.
    fn keep_extension(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::BlockQuote(Some(kind))) => {
                let (class, title) = alert(kind);
                self.push_html(format!(
                    "<div class=\"alert\" data-kind=\"{class}\"><p class=\"alert-title\">{title}</p>\n"
                ));
            }
            Event::End(TagEnd::BlockQuote(Some(_))) => self.push_html("</div>\n".to_owned()),
            Event::FootnoteReference(name) => {
                let number = self.note(&name);
                self.push_html(format!(
                    "<sup><a href=\"#note-{number}\" aria-label=\"Note {number}\">{number}</a></sup>"
                ));
            }
            Event::Start(Tag::FootnoteDefinition(name)) => {
                let number = self.note(&name);
                self.push_html(format!("<div class=\"footnote\" id=\"note-{number}\"><sup>{number}</sup>\n"));
            }
            Event::End(TagEnd::FootnoteDefinition) => self.push_html("</div>\n".to_owned()),
            Event::TaskListMarker(is_done) => {
                let (mark, words) = if is_done { ("☑", "Done:") } else { ("☐", "To do:") };
                self.push_html(format!("<span aria-hidden=\"true\">{mark}</span><span class=\"sr\">{words}</span> "));
            }
            event => self.held.push(event),
        }
    }

    /// The number of a footnote, in the order of first use.
    fn note(&mut self, name: &str) -> usize {
        let next = self.notes.len() + 1;
        *self.notes.entry(name.to_owned()).or_insert(next)
    }

    fn open_link(&mut self, to: &str, title: &str, range: &Range<usize>) {
        let (line, column) = self.place(range.start);
        let resolved = address::resolved(to, self.source.slug).map_err(str::to_owned);
        let resolved = resolved.and_then(|(target, href)| match &target {
            Target::File(file) if !file.ends_with(".sql") => self.source.folder.picture(file).map(|()| (target, href)),
            _ => Ok((target, href)),
        });
        match resolved {
            Ok((target, href)) => {
                let href = match &target {
                    // A query of the guide is on its page.
                    Target::File(file) => file.strip_suffix(".sql").map_or(href, |name| format!("#query-{name}")),
                    _ => href,
                };
                let target = match target {
                    Target::File(file) if file.ends_with(".sql") => {
                        Target::Heading(format!("query-{}", file.trim_end_matches(".sql")))
                    }
                    target => target,
                };
                let rel = if target == Target::Outside { " rel=\"noreferrer\"" } else { "" };
                let title = if title.is_empty() { String::new() } else { format!(" title=\"{}\"", escaped(title)) };
                self.links.push(Link { file: self.source.file.to_owned(), line, column, target });
                self.push_html(format!("<a href=\"{}\"{title}{rel}>", escaped(&href)));
                self.kept.push(true);
            }
            Err(sentence) => {
                self.kept.push(false);
                self.tell(range, "link", &sentence);
            }
        }
    }

    /// The address of a picture; `None` if it isn't shown.
    fn image(&mut self, from: &str, range: &Range<usize>) -> Option<String> {
        let message = match address::resolved(from, self.source.slug) {
            Ok((Target::File(file), href)) => match self.source.folder.picture(&file) {
                Ok(()) => return Some(href),
                Err(sentence) => sentence,
            },
            _ => "A picture lies in the folder of the guide: ![what it shows](picture.png)".to_owned(),
        };
        self.tell(range, "image", &message);
        None
    }

    fn open_heading(&mut self, level: HeadingLevel, range: &Range<usize>) {
        if level == HeadingLevel::H1 {
            let message = "The title of the front matter is the page's own heading. Begin with `##`.";
            self.tell(range, "markdown", message);
        }
        self.heading = Some((self.held.len(), String::new()));
        self.push_html(String::new());
    }

    fn close_heading(&mut self, level: HeadingLevel) {
        let depth = (level as u8).max(2);
        if let Some((at, words)) = self.heading.take() {
            let id = self.free_id(&address::id(&words));
            if let Some(place) = self.held.get_mut(at) {
                *place = Event::Html(CowStr::from(format!("<h{depth} id=\"{}\">", escaped(&id))));
            }
            self.push_html(format!(
                " <a class=\"anchor\" href=\"#{}\" aria-label=\"Link to this section\">#</a></h{depth}>\n",
                escaped(&id)
            ));
            if depth == 2 {
                self.sections.push(SectionText { id: id.clone(), title: words.clone(), text: String::new() });
            } else if let Some(section) = self.sections.last_mut() {
                section.text.push_str(&words);
                section.text.push('\n');
            }
            self.headings.push(Heading { depth, id, text: words });
        }
    }

    /// `id`, with a number if another heading has it.
    fn free_id(&self, id: &str) -> String {
        let taken = |id: &str| self.headings.iter().any(|heading| heading.id == id);
        if !taken(id) {
            return id.to_owned();
        }
        // OK to stop there: this many headings use at most this many ids.
        let last = self.headings.len() + 2;
        (2..=last).map(|number| format!("{id}-{number}")).find(|id| !taken(id)).unwrap_or_default()
    }

    fn open_code(&mut self, info: &str, start: usize) {
        let place = self.place(start);
        let fence = match Fence::read(info) {
            Ok(Fence::Query { .. }) if self.depth > 0 || self.is_fragment => {
                let message = "A query stands outside of lists and quotations.";
                self.findings.push(Finding::error(self.source.file, place, "query", message));
                Fence::Plain
            }
            Ok(fence) => fence,
            Err(sentence) => {
                self.findings.push(Finding::error(self.source.file, place, "query", sentence));
                Fence::Plain
            }
        };
        self.fence = Some((fence, place.0, String::new()));
    }

    fn close_code(&mut self) {
        let Some((fence, line, text)) = self.fence.take() else { return };
        if let Fence::Query { name } = fence {
            let mut read = read_authored(&text, line + 1);
            if read.query.input.name.is_empty() {
                name.clone_into(&mut read.query.input.name);
            }
            let id = address::id(&read.query.input.name);
            self.flush();
            let query = query::build(self.source, &id, read, &mut self.links, self.findings);
            return self.add(query, (line, 1));
        }
        fence.check(self.source.file, line + 1, &text, self.findings);
        if let Some(section) = self.sections.last_mut() {
            section.text.push_str(&text);
        }
        let inside = if fence.is_sql() { colored(&text) } else { escaped(&text) };
        let label = fence.label();
        let tag = if label.is_empty() { String::new() } else { format!("<figcaption>{label}</figcaption>") };
        self.push_html(format!(
            "<figure class=\"code-block\">{tag}<pre tabindex=\"0\"><code>{inside}</code></pre></figure>\n"
        ));
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

    fn tell(&mut self, range: &Range<usize>, code: &'static str, message: &str) {
        let place = self.place(range.start);
        self.findings.push(Finding::error(self.source.file, place, code, message));
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let place = self.lines.place(at);
        (place.line, place.column)
    }
}

/// The name and the title of a GFM alert.
const fn alert(kind: BlockQuoteKind) -> (&'static str, &'static str) {
    match kind {
        BlockQuoteKind::Note => ("note", "Note"),
        BlockQuoteKind::Tip => ("tip", "Tip"),
        BlockQuoteKind::Important => ("important", "Important"),
        BlockQuoteKind::Warning => ("warning", "Warning"),
        BlockQuoteKind::Caution => ("caution", "Caution"),
    }
}
