//! How-to guides: Markdown pages that teach AMC analyses, with queries that can be tried, run and copied; and
//! templates, which are the same queries, ready to use.
//!
//! Both are files in one format (`guides/README.md`), built into the program or read from a folder. Each version of a
//! file is parsed once, into rendered HTML and queries: a query stays SQL with its parameters, so that it can be
//! shown, checked, tried, and opened in the editor.
//!
//! Guides may be written by other people than those who run the installation. So nothing of a guide reaches the page
//! unescaped: raw HTML is shown as text, and links lead only to `http`, `https` or this program.

mod check;
mod content;
mod index;
mod live;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use check::{Report, check, run};
pub use content::{Checked, Finding, Guide, GuideQuery, Heading, Level, Link, Part, SectionText, Target, Template};
pub use live::Guides;
pub use pages::{QueryView, SampleView, lacking, without_pictures};
pub use store::{SharedReport, own_report, shared_report};

use std::sync::Arc;

use futures::FutureExt as _;

use crate::executions::Executions;
use crate::queries::Trials;
use crate::web::Site;
use crate::web::room::{Hit, PageEntry, Room, SearchWith};
use crate::web::shell::Section;

/// The style of a report file, in a `<style>` element, so that the file is self-contained.
pub(crate) const REPORT_STYLE: &str = concat!("<style>", include_str!("../../templates/guides/report.css"), "</style>");

/// Registers the pages of guides and their entries in the search.
pub fn room(site: Site, guides: Guides, executions: &Executions, trials: Arc<Trials>) -> Room {
    let found_in = guides.clone();
    let desk = pages::Desk { site, guides, executions: executions.clone(), trials };
    Room {
        section: Some(Section::Guides),
        pages: const { &[PageEntry::new("/guides", "Guides", "help learn documentation tutorial how to")] },
        searches_with: vec![SearchWith::new("Guides", "/guides", move |_, _, q, range| {
            let guides = found_in.clone();
            async move { Ok(found(guides.all().await, q, range.most)) }.boxed()
        })],
        ..Room::new(pages::routes(desk))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/guides` and below.
    pub const Guides: Self = Self::new("/guides", "Guides", "book-open");
}

/// The built-in guides, in the recommended order.
#[cfg(test)]
pub fn all() -> Vec<Arc<Guide>> {
    content::Collection::built_in().readable("").collect()
}

/// A person's template, parsed from its file.
pub fn template_of(slug: &str, text: &str) -> GuideQuery {
    content::query_of(slug, text)
}

/// Results for the global search.
fn found(guides: Vec<Arc<Guide>>, q: &str, most: i64) -> Vec<Hit> {
    let hit = |found: index::Found| {
        let (anchor, note) = match found.section {
            Some(section) => (format!("#{}", section.id), section.pieces.concat()),
            None => (String::new(), found.guide.summary.clone()),
        };
        let anchor = if anchor == "#" { String::new() } else { anchor };
        Hit { href: format!("/guides/{}{anchor}", found.guide.slug), title: found.guide.title.clone(), note }
    };
    let found = index::search(guides.into_iter(), q);
    found.into_iter().take(usize::try_from(most).unwrap_or_default()).map(hit).collect()
}
