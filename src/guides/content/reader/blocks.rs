//! Code blocks, and their queries or those in files next to the guide.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::{Body, Source};
use crate::guides::content::address::{self, escaped};
use crate::guides::content::code::{Fence, colored};
use crate::guides::content::model::{Finding, GuideQuery, Part, Target};
use crate::guides::content::query;
use crate::queries::read_authored;

impl<'a> Body<'a, '_> {
    /// Whether these events are a paragraph with only a link to a query's file, which is then taken.
    pub(super) fn takes_query(&mut self, events: &[(Event<'a>, Range<usize>)]) -> bool {
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

    pub(super) fn open_code(&mut self, info: &str, start: usize) {
        let place = self.place(start);
        let fence = match Fence::read(info) {
            Ok(Fence::Query { .. }) if self.depth > 0 || self.is_fragment => {
                let message = "Queries can't be inside lists or quotations.";
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

    pub(super) fn close_code(&mut self) {
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
            if let Fence::Refused(code, _) = fence {
                self.mistakes.push((code, section.id.clone()));
            }
        }
        let inside = if fence.is_sql() { colored(&text) } else { escaped(&text) };
        let label = fence.label();
        let tag = if label.is_empty() { String::new() } else { format!("<figcaption>{label}</figcaption>") };
        self.push_html(format!(
            "<figure class=\"code-block\">{tag}<pre tabindex=\"0\"><code>{inside}</code></pre></figure>\n"
        ));
    }
}
