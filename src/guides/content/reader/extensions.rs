//! Extensions of Markdown: alerts, footnotes, task lists.

use pulldown_cmark::{BlockQuoteKind, Event, Tag, TagEnd};

use super::Body;

impl<'a> Body<'a, '_> {
    /// Renders Markdown extensions.
    pub(super) fn keep_extension(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::BlockQuote(Some(kind))) => {
                let (class, title) = alert(kind);
                self.push_html(format!(
                    "<div class=\"alert\" data-kind=\"{class}\"><p class=\"alert-title\">{title}</p>\n"
                ));
            }
            Event::End(TagEnd::BlockQuote(Some(_)) | TagEnd::FootnoteDefinition) => {
                self.push_html("</div>\n".to_owned());
            }
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
