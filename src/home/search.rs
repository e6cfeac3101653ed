//! One search over what a person can reach: instances, queries, runs, guides, pages.

use askama::Template;
use axum::extract::State;

use crate::db::{PageRange, Result, Tx};
use crate::executions;
use crate::guides;
use crate::instances;
use crate::queries;
use crate::web::components;
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, QueryString, Site, Visit};

/// Most results of a kind; the room's own list has the rest.
const MOST: usize = 8;
/// Longest text that is searched for, in characters; the rest is not looked at.
const LONGEST: usize = 200;

/// Pages that a search finds by their name: address, name, words to find them by.
const PAGES: [(&str, &str, &str); 13] = [
    ("/", "Dashboard", "home start overview"),
    ("/instances", "Instances", "amc accounts slots"),
    ("/instances/new", "Add an instance", "instances new"),
    ("/queries", "Queries", "sql saved"),
    ("/queries/new", "New query", "sql editor write"),
    ("/queries/drafts", "Drafts", "kept discarded unsaved queries"),
    ("/queries/bin", "Bin", "deleted queries drafts restore undo"),
    ("/executions", "Executions", "runs results history"),
    ("/guides", "Guides", "help learn documentation"),
    ("/settings/connections", "Connections", "amazon permission grant token reconnect settings"),
    ("/settings/sessions", "Sessions", "browsers sign out settings"),
    ("/settings/audit", "Audit log", "deeds actions history who did what security settings"),
    ("/operations", "Operations", "workers background status version"),
];

#[derive(Template)]
#[template(path = "home/search.html")]
pub(super) struct SearchPage {
    shell: Shell,
    q: String,
    groups: Vec<Group>,
}

/// The results of one kind.
struct Group {
    name: &'static str,
    /// The room's own list for the same text, where there are more.
    more: Option<String>,
    hits: Vec<Hit>,
}

/// One result.
struct Hit {
    href: String,
    title: String,
    note: String,
}

impl Group {
    /// With at most [`MOST`] hits, and `list` as the way to the rest.
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
    QueryString(fields): QueryString,
) -> web::Result<Html<SearchPage>> {
    let q: String = fields.trimmed("q").chars().filter(|letter| *letter != '\0').take(LONGEST).collect();
    let mut groups = Vec::new();
    if !q.is_empty() {
        let mut tx = site.db.read(&person.scope()).await?;
        groups = stored(&mut tx, &person, &q).await?;
        drop(tx);
        groups.push(Group::new("Guides", "", &q, guides_for(&q)));
        groups.push(Group::new("Pages", "", &q, pages(&q)));
        groups.retain(|group| !group.hits.is_empty());
    }
    Ok(Html(SearchPage { shell: visit.shell("Search", Section::None).await, q, groups }))
}

/// What the rooms keep.
async fn stored(tx: &mut Tx, person: &Person, q: &str) -> Result<Vec<Group>> {
    let most = PageRange::first(MOST as i64 + 1);
    let filter = queries::Filter { text: q.to_owned(), ..queries::Filter::default() };
    let queries = queries::list(tx, &person.id, &filter, most).await?;
    let filter = instances::Filter { text: q.to_owned(), ..instances::Filter::default() };
    let instances = instances::page(tx, &person.id, &filter, most).await?;
    let filter = executions::Filter { text: q.to_owned(), ..executions::Filter::default() };
    let runs = executions::list(tx, &person.id, &filter, most).await?;
    let queries = queries.into_iter().map(|query| Hit {
        href: format!("/queries/{}", query.id),
        title: query.name,
        note: query.description,
    });
    let instances = instances.into_iter().map(|instance| Hit {
        href: format!("/instances/{}", instance.id),
        title: instance.name().to_owned(),
        note: instance.account_name,
    });
    let runs = runs.into_iter().map(|run| Hit {
        href: format!("/executions/{}", run.id),
        note: format!("{} on {}, {} UTC", run.state.label(), run.instance_name, components::date_time(&run.created_at)),
        title: run.query_name,
    });
    Ok(vec![
        Group::new("Queries", "/queries", q, queries.collect()),
        Group::new("Instances", "/instances", q, instances.collect()),
        Group::new("Executions", "/executions", q, runs.collect()),
    ])
}

fn guides_for(q: &str) -> Vec<Hit> {
    let hit = |guide: &guides::Guide| Hit {
        href: format!("/guides/{}", guide.slug),
        title: guide.title.clone(),
        note: guide.summary.clone(),
    };
    guides::search(q).into_iter().map(hit).collect()
}

/// Pages whose name or words hold every word of `q`.
fn pages(q: &str) -> Vec<Hit> {
    let words: Vec<String> = q.split_whitespace().map(str::to_lowercase).collect();
    let fits = |name: &str, more: &str| {
        let text = format!("{name} {more}").to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    PAGES
        .into_iter()
        .filter(|(_, name, more)| fits(name, more))
        .map(|(href, name, _)| Hit { href: href.to_owned(), title: name.to_owned(), note: String::new() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_by_any_of_their_words_in_any_case() {
        let found = |q: &str| pages(q).into_iter().map(|hit| hit.href).collect::<Vec<_>>();
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
