//! Queries as lists show them: found by text, tag, star and instance; or in the bin.

use chrono::{DateTime, Utc};

use crate::db::{FromRow, PageRange, Result, Row, Single, Statement, Tx, containing, sql};
use crate::ids::{InstanceId, PersonId, QueryId};
use crate::queries::model::home::Home;
use crate::queries::model::tags::Tags;

/// Which queries are listed, and how.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Text that name, description, tags, SQL, instance or account hold.
    pub text: String,
    /// Those whose home or default this instance is.
    pub instance: Option<InstanceId>,
    /// With this tag only; empty for all.
    pub tag: String,
    /// Only those that the person has given a star.
    pub favourites: bool,
    /// With a home of this kind only: `private`, `instance` or `everyone`; empty for all.
    pub home: String,
    /// Deleted ones instead of the others.
    pub deleted: bool,
    /// `name`, `instance`, `changed`, by whom (`by`), last run (`ran`), last changed or run (`used`); with `-`
    /// before it the other way round. Otherwise by when it was deleted, or else changed.
    pub sort: String,
}

/// Columns by which the list is sorted.
pub(in crate::queries) const SORTS: [&str; 6] = ["name", "instance", "changed", "by", "ran", "used"];

/// A line of the list.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: QueryId,
    pub name: String,
    /// What it answers; may be empty.
    pub description: String,
    /// By which words it is found.
    pub tags: Tags,
    /// Who sees it.
    pub home: Home,
    /// The name of the instance that is its home, where this person has access to it.
    pub home_name: Option<String>,
    /// Who owns it; a name for people.
    pub owner: String,
    /// Where it runs by default, where this person has access to it.
    pub instance: Option<InstanceId>,
    /// The name of that instance; empty without.
    pub instance_name: String,
    /// The name of its account; empty without.
    pub account_name: String,
    /// Who changed it last; a name for people.
    pub updated_by: String,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// When it was run last, if it was.
    pub ran_at: Option<DateTime<Utc>>,
    /// Whether this person has given it a star.
    pub is_favourite: bool,
    /// When it was deleted, if it was.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Line {
    /// Who sees it, in words.
    pub(in crate::queries) fn seen_by(&self) -> String {
        self.home.seen_by(self.home_name.as_deref())
    }

    /// The beginning of the description.
    pub(in crate::queries) fn summary(&self) -> String {
        let first = self.description.lines().next().unwrap_or_default();
        match first.char_indices().nth(120) {
            Some((end, _)) => format!("{}…", &first[..end]),
            None => first.to_owned(),
        }
    }
}

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            description: row.get("description")?,
            tags: Tags::read(&row.get::<String>("tags")?),
            home: Home::stored(&row.get::<String>("home")?, row.get("home_instance_id")?),
            home_name: row.get("home_name")?,
            owner: row.get("owner")?,
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            account_name: row.get("account_name")?,
            updated_by: row.get("editor")?,
            updated_at: row.get("updated_at")?,
            ran_at: row.get("ran_at")?,
            is_favourite: row.get::<Option<DateTime<Utc>>>("starred_at")?.is_some(),
            deleted_at: row.get("deleted_at")?,
        })
    }
}

macro_rules! listed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from queries q ",
            with_role!(),
            "left join instances h on h.id = a.instance_id ",
            "left join instance_access d on d.instance_id = q.default_instance_id and d.person_id = $1 ",
            "left join instances i on i.id = d.instance_id ",
            "left join people u on u.id = q.updated_by left join people o on o.id = q.owner_id ",
            "left join query_favourites f on f.query_id = q.id and f.person_id = $1 where ",
            visible!(),
            "and (q.deleted_at is not null) = $2 ",
            "and ($3 = '' or lower(q.name || ' ' || q.description || ' ' || q.tags || ' ' || q.sql || ' ' || ",
            "coalesce(i.name, '') || ' ' || coalesce(i.amc_name, '') || ' ' || coalesce(i.account_name, '') || ' ' || ",
            "coalesce(h.name, '') || ' ' || coalesce(h.amc_name, '')) like lower($3) escape '\\') ",
            "and ($4 is null or q.default_instance_id = $4 or q.home_instance_id = $4) and ($5 = '' or ',' || q.tags || ',' like $5 escape '\\') ",
            "and (not $6 or f.created_at is not null) and ($7 = '' or q.home = $7)",
            $rest
        )
    };
}

fn filtered(text: &'static str, person: &PersonId, filter: &Filter) -> Statement {
    let tag = if filter.tag.is_empty() { String::new() } else { format!(",{},", filter.tag.to_lowercase()) };
    sql(text)
        .bind(person)
        .bind(filter.deleted)
        .bind(containing(&filter.text))
        .bind(filter.instance.as_ref())
        .bind(containing(&tag))
        .bind(filter.favourites)
        .bind(&filter.home)
}

/// How many queries the filter finds, counted up to `most`.
pub(in crate::queries) async fn count(tx: &mut Tx, person: &PersonId, filter: &Filter, most: i64) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", " limit $8) as counted");
    filtered(COUNT, person, filter).bind(most).one::<Single<i64>>(tx).await.map(|Single(count)| count)
}

/// A range of the queries that the filter finds; the last changed first unless sorted.
pub async fn list(tx: &mut Tx, person: &PersonId, filter: &Filter, range: PageRange) -> Result<Vec<Line>> {
    const LIST: &str = listed!(
        "q.id, q.name, q.description, q.tags, q.home, q.home_instance_id, coalesce(h.name, h.amc_name) as home_name, \
         i.id as instance_id, coalesce(i.name, i.amc_name, '') as instance_name, \
         coalesce(i.account_name, '') as account_name, coalesce(o.name, 'somebody else') as owner, \
         coalesce(u.name, 'somebody else') as editor, q.updated_at, q.deleted_at, \
         f.created_at as starred_at, \
         (select max(e.created_at) from executions e where e.query_id = q.id) as ran_at",
        " order by \
         case when $8 = 'name' then lower(q.name) when $8 = 'instance' then lower(coalesce(i.name, i.amc_name)) \
         when $8 = 'by' then lower(u.name) end, \
         case when $8 = '-name' then lower(q.name) when $8 = '-instance' then lower(coalesce(i.name, i.amc_name)) \
         when $8 = '-by' then lower(u.name) end desc, case when $8 = 'changed' then q.updated_at \
         when $8 = 'ran' then (select max(e.created_at) from executions e where e.query_id = q.id) end, \
         case when $8 = '-ran' then (select max(e.created_at) from executions e where e.query_id = q.id) \
         when $8 = '-used' then coalesce((select max(e.created_at) from executions e where e.query_id = q.id \
         and e.created_at > q.updated_at), q.updated_at) end desc nulls last, \
         q.deleted_at desc, q.updated_at desc, q.id desc limit $9 offset $10"
    );
    filtered(LIST, person, filter).bind(&filter.sort).bind(range.most).bind(range.skip).all(tx).await
}

/// The tags of a person's queries with how many carry each, the most used first.
pub(in crate::queries) async fn tags(tx: &mut Tx, person: &PersonId) -> Result<Vec<(String, i64)>> {
    const TAGS: &str = concat!(
        "select q.tags, count(*) as count from queries q ",
        with_role!(),
        "where ",
        visible!(),
        "and q.deleted_at is null and q.tags <> '' group by q.tags"
    );
    struct Line(String, i64);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("tags")?, row.get("count")?))
        }
    }
    let mut counts = std::collections::BTreeMap::<String, i64>::new();
    for Line(tags, count) in sql(TAGS).bind(person).all::<Line>(tx).await? {
        for tag in Tags::read(&tags).iter() {
            *counts.entry(tag.to_owned()).or_default() += count;
        }
    }
    let mut counts: Vec<(String, i64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(counts)
}
