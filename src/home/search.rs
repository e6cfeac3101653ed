//! One search over what a person can reach: instances, data sources, columns, queries, executions, guides, pages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use crate::amcsql::catalogue::Catalogue;
use crate::db::{PageRange, Result, Tx};
use crate::executions;
use crate::guides;
use crate::ids::InstanceId;
use crate::instances;
use crate::queries;
use crate::web::components;
use crate::web::shell::{Section, Shell};
use crate::web::words::counted;
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
    let (sources, columns) = catalogued(tx, person, q).await?;
    Ok(vec![
        Group::new("Queries", "/queries", q, queries.collect()),
        Group::new("Instances", "/instances", q, instances.collect()),
        Group::new("Data sources", "", q, sources),
        Group::new("Columns", "", q, columns),
        Group::new("Executions", "/executions", q, runs.collect()),
    ])
}

/// A name of a catalogue, where it was found.
struct Found {
    /// The first instance that has it.
    instance: InstanceId,
    instance_name: String,
    /// How many instances have it.
    instances: usize,
    /// The sources that have the column; the description of a source.
    note: Vec<String>,
}

/// The data sources and the columns whose names hold `q`, each once however many instances have it, exact names first.
async fn catalogued(tx: &mut Tx, person: &Person, q: &str) -> Result<(Vec<Hit>, Vec<Hit>)> {
    let q = q.to_lowercase();
    let mut known: Vec<(Arc<Catalogue>, InstanceId, String, usize)> = Vec::new();
    for instance in instances::list(tx, &person.id, &instances::Filter::default()).await? {
        let catalogue = instances::catalogue(tx, &instance.id).await?;
        // Instances that list the same share one catalogue, which is looked through once.
        match known.iter_mut().find(|(other, ..)| Arc::ptr_eq(other, &catalogue)) {
            Some((.., count)) => *count += 1,
            None => known.push((catalogue, instance.id.clone(), instance.name().to_owned(), 1)),
        }
    }
    let (mut sources, mut columns) = (BTreeMap::<String, Found>::new(), BTreeMap::<String, Found>::new());
    for (catalogue, instance, name, count) in &known {
        let found =
            || Found { instance: instance.clone(), instance_name: name.clone(), instances: 0, note: Vec::new() };
        let mut here = BTreeSet::new();
        for source in catalogue.sources() {
            if source.id.contains(&q) || source.name.to_lowercase().contains(&q) {
                let hit = sources.entry(source.id.clone()).or_insert_with(found);
                hit.instances += count;
                if hit.note.is_empty() {
                    hit.note.push(source.description.clone());
                }
            }
            for column in source.columns.iter().filter(|column| column.name.contains(&q)) {
                let hit = columns.entry(column.name.clone()).or_insert_with(found);
                if here.insert(column.name.clone()) {
                    hit.instances += count;
                }
                if !hit.note.contains(&source.id) {
                    hit.note.push(source.id.clone());
                }
            }
        }
    }
    Ok((hits(sources, &q, "source"), hits(columns, &q, "q")))
}

/// What was found as results, the exact name first; the address names it by `field`.
fn hits(found: BTreeMap<String, Found>, q: &str, field: &str) -> Vec<Hit> {
    let mut found: Vec<(String, Found)> = found.into_iter().collect();
    found.sort_by_key(|(name, _)| (name != q, !name.starts_with(q)));
    let hit = |(name, found): (String, Found)| {
        let on = match found.instances {
            1 => found.instance_name,
            many => counted(i64::try_from(many).unwrap_or(i64::MAX), "instance", "instances"),
        };
        let note = match found.note.as_slice() {
            [first, second, third, .., _] if field == "q" => {
                format!("in {first}, {second}, {third} and {} more", found.note.len() - 3)
            }
            sources if field == "q" => format!("in {}", sources.join(", ")),
            description => description.concat(),
        };
        let address = url::form_urlencoded::Serializer::new(String::new()).append_pair(field, &name).finish();
        Hit {
            href: format!("/instances/{}/data-sources?{address}", found.instance),
            title: name,
            note: [note, on].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · "),
        }
    };
    found.into_iter().take(MOST + 1).map(hit).collect()
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
