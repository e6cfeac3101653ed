//! Links, pictures and headings.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, HeadingLevel};

use super::Body;
use crate::guides::content::address::{self, escaped};
use crate::guides::content::folder::has_extension;
use crate::guides::content::model::{Heading, Link, SectionText, Target};

impl Body<'_, '_> {
    pub(super) fn open_link(&mut self, to: &str, title: &str, range: &Range<usize>) {
        let (line, column) = self.place(range.start);
        let resolved = address::resolved(to, self.source.slug).map_err(str::to_owned);
        let resolved = resolved.and_then(|(target, href)| match &target {
            Target::File(file) if !has_extension(file, "sql") => {
                self.source.folder.picture(file).map(|()| (target, href))
            }
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
                    Target::File(file) if has_extension(&file, "sql") => {
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
                self.report(range, "link", &sentence);
            }
        }
    }

    /// The address of a picture; `None` if it isn't shown.
    pub(super) fn image(&mut self, from: &str, range: &Range<usize>) -> Option<String> {
        let message = match address::resolved(from, self.source.slug) {
            Ok((Target::File(file), href)) => match self.source.folder.picture(&file) {
                Ok(()) => return Some(href),
                Err(sentence) => sentence,
            },
            _ => "Pictures must be in the guide's folder: ![what it shows](picture.png)".to_owned(),
        };
        self.report(range, "image", &message);
        None
    }

    pub(super) fn open_heading(&mut self, level: HeadingLevel, range: &Range<usize>) {
        if level == HeadingLevel::H1 {
            let message = "The page's main heading is the title in the front matter. Start with `##`.";
            self.report(range, "markdown", message);
        }
        if level <= HeadingLevel::H2 && self.depth == 1 {
            self.end_section();
        }
        self.heading = Some((self.held.len(), String::new()));
        self.push_html(String::new());
    }

    pub(super) fn close_heading(&mut self, level: HeadingLevel) {
        // Only a top-level heading starts a section.
        let depth = (level as u8).max(if self.depth > 0 || self.is_fragment { 3 } else { 2 });
        if let Some((at, words)) = self.heading.take() {
            let chapters = self.headings.iter().filter(|heading| heading.depth == 2).count();
            let original = self.source.sections.get(chapters).filter(|_| depth == 2);
            let id = original.cloned().unwrap_or_else(|| self.free_id(&address::id(&words)));
            if let Some(place) = self.held.get_mut(at) {
                *place = Event::Html(CowStr::from(format!("<h{depth} id=\"{}\">", escaped(&id))));
            }
            self.push_html(format!(
                " <a class=\"anchor\" href=\"#{}\" aria-label=\"Link to this section\">#</a></h{depth}>\n",
                escaped(&id)
            ));
            if depth == 2 {
                self.sections.push(SectionText { id: id.clone(), title: words.clone(), ..SectionText::default() });
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
}
