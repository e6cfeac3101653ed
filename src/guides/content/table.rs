//! Renders tables of a guide like all other tables: the first column names the row, numbers are right-aligned, and on
//! a phone each row becomes a card with column names beside the values.

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};

use super::address::escaped;

/// The state of rendering a table. The library's own writer aligns with inline styles, which the content security
/// policy forbids.
#[derive(Debug, Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    heads: Vec<String>,
    column: usize,
    in_head: bool,
}

impl Table {
    /// A table with these column alignments.
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, ..Self::default() }
    }

    /// The HTML for an event of the table; `None` for other events.
    pub(super) fn html(&mut self, event: &Event<'_>) -> Option<String> {
        match event {
            Event::Start(Tag::Table(_)) => Some("<div class=\"table-box\"><table>".to_owned()),
            Event::Start(Tag::TableHead) => {
                self.in_head = true;
                Some("<thead><tr>".to_owned())
            }
            Event::End(TagEnd::TableHead) => {
                self.in_head = false;
                self.column = 0;
                Some("</tr></thead><tbody>".to_owned())
            }
            Event::Start(Tag::TableRow) => {
                self.column = 0;
                Some("<tr>".to_owned())
            }
            Event::End(TagEnd::TableRow) => Some("</tr>".to_owned()),
            Event::Start(Tag::TableCell) => Some(self.open()),
            Event::End(TagEnd::TableCell) => {
                let tag = if self.is_head() { "</th>" } else { "</td>" };
                self.column += 1;
                Some(tag.to_owned())
            }
            Event::End(TagEnd::Table) => Some("</tbody></table></div>\n".to_owned()),
            _ => None,
        }
    }

    /// Collects the words of a header cell, to repeat them on a phone.
    pub(super) fn push_text(&mut self, words: &str) {
        if self.in_head
            && let Some(head) = self.heads.get_mut(self.column)
        {
            head.push_str(words);
        }
    }

    fn is_head(&self) -> bool {
        self.in_head || self.column == 0
    }

    fn open(&mut self) -> String {
        let number = self.alignments.get(self.column) == Some(&Alignment::Right);
        let class = if number { " class=\"number\"" } else { "" };
        if self.in_head {
            self.heads.push(String::new());
            format!("<th scope=\"col\"{class}>")
        } else if self.column == 0 {
            format!("<th scope=\"row\"{class}>")
        } else {
            let label = self.heads.get(self.column).map(|head| escaped(head)).unwrap_or_default();
            format!("<td data-label=\"{label}\"{class}>")
        }
    }
}
