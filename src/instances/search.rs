//! What a search finds of instances: themselves, their data sources and the columns of these.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::FutureExt as _;

use super::model::Instance;
use super::store::{self, Filter};
use crate::amcsql::catalogue::Catalogue;
use crate::db::{PageRange, Result, Tx};
use crate::ids::InstanceId;
use crate::web::Person;
use crate::web::room::{Hit, Search};
use crate::web::words::counted;

pub(super) const SEARCHES: &[Search] = &[
    Search { name: "Instances", list: "/instances", find: |tx, person, q, range| found(tx, person, q, range).boxed() },
    Search {
        name: "Data sources",
        list: "",
        find: |tx, person, q, range| async move { Ok(catalogued(tx, person, q, most(range)).await?.0) }.boxed(),
    },
    Search {
        name: "Columns",
        list: "",
        find: |tx, person, q, range| async move { Ok(catalogued(tx, person, q, most(range)).await?.1) }.boxed(),
    },
];

fn most(range: PageRange) -> usize {
    usize::try_from(range.most).unwrap_or_default()
}

async fn found(tx: &mut Tx, person: &Person, q: &str, range: PageRange) -> Result<Vec<Hit>> {
    let filter = Filter { text: q.to_owned(), ..Filter::default() };
    let instances = store::page(tx, &person.id, &filter, range).await?;
    let hit = |instance: Instance| Hit {
        href: format!("/instances/{}", instance.id),
        title: instance.name().to_owned(),
        note: instance.account_name,
    };
    Ok(instances.into_iter().map(hit).collect())
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
async fn catalogued(tx: &mut Tx, person: &Person, q: &str, most: usize) -> Result<(Vec<Hit>, Vec<Hit>)> {
    let q = q.to_lowercase();
    let mut known: Vec<(Arc<Catalogue>, InstanceId, String, usize)> = Vec::new();
    for instance in store::list(tx, &person.id, &Filter::default()).await? {
        let catalogue = store::catalogue(tx, &instance.id).await?;
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
    Ok((hits(sources, &q, "source", most), hits(columns, &q, "q", most)))
}

/// What was found as results, the exact name first; the address names it by `field`.
fn hits(found: BTreeMap<String, Found>, q: &str, field: &str, most: usize) -> Vec<Hit> {
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
    found.into_iter().take(most).map(hit).collect()
}
