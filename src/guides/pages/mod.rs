//! The pages of guides: the list, a guide with the forms of its queries, and actions.

mod detail;
mod doing;
mod files;
mod list;
mod pictures;
mod query;
mod report;

pub use pictures::without_pictures;
pub use query::{QueryView, SampleView, lacking};

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use super::Guides;
use super::content::{Checked, Collection, Guide, GuideQuery};
use crate::executions::Executions;
use crate::queries::Trials;
use crate::web::routes::Who::{Analyst, Owner, SignedIn};
use crate::web::routes::{Routes, get, post};
use crate::web::{self, Person, Site};

/// What the handlers of the room need.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) site: Site,
    pub(super) guides: Guides,
    pub(super) executions: Executions,
    pub(super) trials: Arc<Trials>,
}

pub(super) fn routes(desk: Desk) -> Routes {
    Routes::new()
        .route("/guides", get(SignedIn, list::show))
        .route("/guides.csv", get(SignedIn, list::export))
        .route("/guides.json", get(SignedIn, list::export))
        .route("/guides/{slug}", get(SignedIn, detail::show).about("A guide"))
        .route("/guides/{slug}/favourite", post(SignedIn, doing::favourite).about("Mark a guide as favorite"))
        .route("/guides/{slug}/progress", post(SignedIn, doing::progress).about("Mark a section of a guide as done"))
        .route("/guides/{slug}/files/{part}", get(SignedIn, files::show).about("A picture of a guide"))
        .route("/guides/{slug}/reports", post(SignedIn, report::keep).about("Save a report of a guide"))
        .route("/guides/reports/{id}", get(Owner, report::show).about("A report"))
        .route("/guides/reports/{id}/report.html", get(Owner, report::download).about("A report as a file"))
        .route("/guides/reports/{id}/delete", post(Owner, report::delete).about("Delete a report"))
        .route(
            "/guides/{slug}/queries/{part}/try",
            post(SignedIn, doing::try_it).about("Try a guide's query on synthetic data"),
        )
        .route("/guides/{slug}/queries/{part}/run", post(Analyst, doing::run).about("Run a guide's query"))
        .route(
            "/guides/{slug}/queries/{part}/open",
            post(SignedIn, doing::open).about("Open a guide's query in the editor"),
        )
        .route("/guides/{slug}/queries/{part}/save", post(SignedIn, doing::save).about("Save a guide's query"))
        .route(
            "/guides/{slug}/queries/{part}/schedule",
            post(SignedIn, doing::schedule).about("Save a guide's query to schedule it"),
        )
        .with_state(desk)
}

/// A guide as a person sees it.
pub(super) struct Seen {
    pub(super) guide: Arc<Guide>,
    /// Problems in its file, for authors; readers see the last version without errors.
    pub(super) findings: Vec<super::Finding>,
    /// The available languages, sorted; the original one is empty, so it comes first.
    pub(super) languages: Vec<String>,
}

/// The guide with this name, in the first available of these languages.
pub(super) fn seen(all: &Collection, person: &Person, slug: &str, languages: &[String]) -> web::Result<Seen> {
    let of = |language: &str| all.guides.iter().find(|it| it.item.slug == slug && it.item.language == language);
    let wanted = languages.iter().map(String::as_str).chain([""]);
    let mut fitting = wanted.filter_map(of).filter_map(|checked| readable(checked, person));
    let (guide, findings) = fitting.next().ok_or_else(|| gone(all, slug))?;
    let own = all.guides.iter().filter(|it| it.item.slug == slug && readable(it, person).is_some());
    let mut languages: Vec<String> = own.map(|it| it.item.language.clone()).collect();
    languages.sort();
    Ok(Seen { guide, findings, languages })
}

/// The version of a guide's file that a person can read.
fn readable(checked: &Checked<Guide>, person: &Person) -> Option<(Arc<Guide>, Vec<super::Finding>)> {
    if person.is_administrator {
        return Some((Arc::clone(&checked.item), checked.findings.clone()));
    }
    let good = checked.good.clone().filter(|guide| !guide.draft)?;
    Some((good, Vec::new()))
}

/// The error if there is no guide with this name, or none that can be shown.
fn gone(all: &Collection, slug: &str) -> web::Error {
    let is_broken = all.guides.iter().any(|it| it.item.slug == slug && it.good.is_none() && !it.item.draft);
    if is_broken {
        let why =
            "Its file has errors, and there is no earlier version. Administrators can see the errors on this page.";
        return web::Error::conflict("This guide can't be shown", why).with_way("All guides", "/guides".to_owned());
    }
    web::Error::Missing
}

/// The languages that a browser accepts, in order of preference: `de-AT` also accepts `de`.
pub(super) fn languages(headers: &HeaderMap, chosen: &str) -> Vec<String> {
    if chosen == "en" {
        return Vec::new();
    }
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags =
        [chosen].into_iter().chain(accepted.split(',')).map(|part| part.split(';').next().unwrap_or_default().trim());
    let mut languages: Vec<String> = Vec::new();
    for tag in tags.filter(|tag| !tag.is_empty()).take(20) {
        let tag = tag.to_ascii_lowercase();
        let short = tag.split('-').next().unwrap_or_default().to_owned();
        // `guide.md` is in English, so readers who prefer English get it.
        if short == "en" {
            break;
        }
        languages.extend([tag, short]);
    }
    languages
}

/// A query of a guide.
pub(super) fn query<'a>(guide: &'a Guide, id: &str) -> web::Result<&'a GuideQuery> {
    guide.query(id).ok_or(web::Error::Missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_languages_are_in_order_until_english() {
        let of = |accepted: &'static str, chosen: &str| {
            languages(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, accepted.parse().unwrap())]), chosen)
        };
        assert_eq!(of("de-AT,fr;q=0.8,en;q=0.5,it", ""), ["de-at", "de", "fr", "fr"]);
        assert_eq!(of("en-US,de", ""), Vec::<String>::new());
        assert_eq!(of("en-US", "de"), ["de", "de"]);
        assert_eq!(of("de", "en"), Vec::<String>::new());
    }
}
