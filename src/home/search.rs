//! The search across all rooms: what each room finds, and pages by name.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};

use crate::db::PageRange;
use crate::web::room::{Hit, PageEntry, Rooms};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, QueryString, Site, Visit};

/// Maximum results per kind; the room's own list has the rest.
const MOST: usize = 8;
/// Maximum length of a search text, in characters; the rest is ignored.
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "home/search.html")]
pub(super) struct SearchPage {
    shell: Shell,
    q: String,
    groups: Vec<Group>,
}

/// The same results as a dropdown below the search field; without a text, the suggested pages.
#[derive(Template)]
#[template(path = "home/palette.html")]
struct Palette {
    q: String,
    groups: Vec<Group>,
}

/// The results of one kind.
struct Group {
    name: &'static str,
    /// The room's own list for the same text, if there are more.
    more: Option<String>,
    hits: Vec<Hit>,
}

impl Group {
    /// With at most [`MOST`] hits, and a link to `list` for the rest.
    fn new(name: &'static str, list: &str, q: &str, mut hits: Vec<Hit>) -> Self {
        let more = (hits.len() > MOST && !list.is_empty()).then(|| {
            let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish();
            format!("{list}?{query}")
        });
        hits.truncate(MOST);
        Self { name, more, hits }
    }
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    rooms: Rooms,
    QueryString(fields): QueryString,
) -> web::Result<Response> {
    let q: String = fields.trimmed("q").chars().filter(|letter| *letter != '\0').take(LONGEST).collect();
    let mut groups = Vec::new();
    if q.is_empty() && visit.is_part {
        groups.push(Group { name: "Go to", more: None, hits: rooms.menu().iter().map(Hit::from).collect() });
    } else if !q.is_empty() {
        let mut tx = site.db.read(&person.scope()).await?;
        for search in rooms.searches() {
            let hits = (search.find)(&mut tx, &person, &q, PageRange::first(MOST as i64 + 1)).await?;
            groups.push(Group::new(search.name, search.list, &q, hits));
        }
        drop(tx);
        groups.push(Group::new("Pages", "", &q, pages(rooms.pages(), &q)));
        groups.retain(|group| !group.hits.is_empty());
    }
    if visit.is_part {
        return Ok(Html(Palette { q, groups }).into_response());
    }
    let page = SearchPage { shell: visit.shell("Search", Section::None).await, q, groups };
    Ok(Html(page).into_response())
}

/// Pages whose name or words contain every word of `q`.
fn pages(all: &[PageEntry], q: &str) -> Vec<Hit> {
    let words: Vec<String> = q.split_whitespace().map(str::to_lowercase).collect();
    let fits = |page: &&PageEntry| {
        let text = format!("{} {}", page.name, page.words).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    let hit = |page: &PageEntry| Hit { href: page.href.to_owned(), title: page.name.to_owned(), note: String::new() };
    all.iter().filter(fits).map(hit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_by_any_of_their_words_in_any_case() {
        const ALL: [PageEntry; 2] = [
            PageEntry::new("/queries/new", "New query", "sql editor write"),
            PageEntry::new("/executions", "Executions", "runs results history"),
        ];
        let found = |q: &str| pages(&ALL, q).into_iter().map(|hit| hit.href).collect::<Vec<_>>();
        assert_eq!(found("NEW quer"), ["/queries/new"]);
        assert_eq!(found("results"), ["/executions"]);
        assert!(found("nothing-like-this").is_empty());
    }

    #[test]
    fn a_group_that_is_cut_leads_to_the_rest() {
        let hits =
            |count| (0..count).map(|_| Hit { href: "/".into(), title: "t".into(), note: String::new() }).collect();
        let cut = Group::new("Queries", "/queries", "a&b c", hits(MOST + 1));
        assert_eq!((cut.hits.len(), cut.more.as_deref()), (MOST, Some("/queries?q=a%26b+c")));
        assert_eq!(Group::new("Queries", "/queries", "a", hits(MOST)).more, None);
    }
}
