//! Instances in search results.

use futures::FutureExt as _;

use super::model::Instance;
use super::store::{self, Filter};
use crate::db::{PageRange, Result, Tx};
use crate::web::Person;
use crate::web::room::{Hit, Search};

pub(super) const SEARCHES: &[Search] = &[Search {
    name: "Instances",
    list: "/instances",
    find: |tx, person, q, range| found(tx, person, q, range).boxed(),
}];

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
