//! Lists of queries: by text, tag, star and instance; and the bin.

use chrono::{DateTime, Utc};

use crate::db::{FromRow, LATEST, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::{InstanceId, PersonId, QueryId};
use crate::queries::model::home::Home;
use crate::queries::model::tags::Tags;

/// The filter and order of a list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Text in name, description, tags, SQL, instance or account.
    pub text: String,
    /// Those with this home or default instance.
    pub instance: Option<InstanceId>,
    /// With this tag; empty for all.
    pub tag: String,
    /// Only starred ones.
    pub favourites: bool,
    /// With this kind of home: `private`, `instance` or `everyone`; empty for all.
    pub home: String,
    /// Deleted ones instead of the others.
    pub deleted: bool,
    /// Only those after this one in the default order, whose time of change is known.
    pub after: Option<(DateTime<Utc>, QueryId)>,
    /// `name`, `instance`, `changed`, changed by whom (`by`), last run (`ran`), last changed or run (`used`); with a
    /// leading `-` descending. By default sorted by the time of deletion or change.
    pub sort: String,
}

/// The sortable columns.
pub(in crate::queries) const SORTS: [&str; 6] = ["name", "instance", "changed", "by", "ran", "used"];

/// A row of the list.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: QueryId,
    pub name: String,
    /// May be empty.
    pub description: String,
    pub tags: Tags,
    pub home: Home,
    /// The name of its home instance, if this person has access to it.
    pub home_name: Option<String>,
    /// The owner's name.
    pub owner: String,
    /// The default instance, if this person has access to it.
    pub instance: Option<InstanceId>,
    /// The name of that instance, or empty.
    pub instance_name: String,
    /// The name of its account, or empty.
    pub account_name: String,
    /// The name of who last changed it.
    pub updated_by: String,
    pub updated_at: DateTime<Utc>,
    /// When it last ran, if it did.
    pub ran_at: Option<DateTime<Utc>>,
    /// Whether this person has starred it.
    pub is_favourite: bool,
    /// When it was deleted, if it was.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Line {
    /// A description of who sees it.
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

/// The condition of a list, on queries `q`: `$kept` says whether they are deleted, `$of` whose stars are used.
macro_rules! filtered {
    ($kept:literal, $of:expr) => {
        concat!(
            " from queries q ",
            with_role!(),
            "left join instances h on h.id = a.instance_id ",
            "left join instance_access d on d.instance_id = q.default_instance_id and d.person_id = $1 ",
            "left join instances i on i.id = d.instance_id left join people u on u.id = q.updated_by where ",
            $of,
            $kept,
            visible!(),
            "and ($2 = '' or lower(q.name || ' ' || q.description || ' ' || q.tags || ' ' || q.sql || ' ' || ",
            "coalesce(i.name, '') || ' ' || coalesce(i.amc_name, '') || ' ' || coalesce(i.account_name, '') || ' ' || ",
            "coalesce(h.name, '') || ' ' || coalesce(h.amc_name, '')) like lower($2) escape '\\') ",
            "and ($3 is null or q.default_instance_id = $3 or q.home_instance_id = $3) ",
            "and ($4 = '' or ',' || q.tags || ',' like $4 escape '\\') and ($5 = '' or q.home = $5) ",
            "and ($6 = '' or q.home_instance_id is null or $6 like '%,' || q.home_instance_id || ',%') ",
            "and q.updated_at <= $7 and ($8 is null or q.updated_at < $7 or q.id < $8)"
        )
    };
}

/// A page of a list. Its ids are selected first, with an index if the order has one, and then joined with the
/// displayed values, so that nothing is joined for rows of other pages.
macro_rules! page {
    ($kept:literal, $of:expr, $order:expr) => {
        concat!(
            "select q.id, q.name, q.description, q.tags, q.home, q.home_instance_id, ",
            "coalesce(h.name, h.amc_name) as home_name, i.id as instance_id, ",
            "coalesce(i.name, i.amc_name, '') as instance_name, coalesce(i.account_name, '') as account_name, ",
            "coalesce(o.name, 'somebody else') as owner, coalesce(u.name, 'somebody else') as editor, q.updated_at, ",
            "q.deleted_at, f.created_at as starred_at, ",
            "(select max(e.created_at) from executions e where e.query_id = q.id) as ran_at from (select q.id",
            filtered!($kept, $of),
            " order by ",
            $order,
            " limit $9 offset $10) as page join queries q on q.id = page.id ",
            with_role!(),
            "left join instances h on h.id = a.instance_id ",
            "left join instance_access d on d.instance_id = q.default_instance_id and d.person_id = $1 ",
            "left join instances i on i.id = d.instance_id ",
            "left join people u on u.id = q.updated_by left join people o on o.id = q.owner_id ",
            "left join query_favourites f on f.query_id = q.id and f.person_id = $1 order by ",
            $order
        )
    };
}

/// The statement for a filter: each combination has its own text, since an index is only used for a condition and an
/// order that are written out.
macro_rules! text {
    ($filter:expr, $make:ident $(, $order:expr)?) => {
        match ($filter.deleted, $filter.favourites) {
            (false, false) => $make!("(q.deleted_at is null) = true and ", "" $(, $order)?),
            (false, true) => $make!(
                "(q.deleted_at is null) = true and ",
                "q.id in (select s.query_id from query_favourites s where s.person_id = $1) and " $(, $order)?
            ),
            (true, false) => $make!("q.deleted_at is not null and ", "" $(, $order)?),
            (true, true) => $make!(
                "q.deleted_at is not null and ",
                "q.id in (select s.query_id from query_favourites s where s.person_id = $1) and " $(, $order)?
            ),
        }
    };
}

/// When a query last ran, and when it last ran or changed.
macro_rules! ran {
    () => {
        "(select max(e.created_at) from executions e where e.query_id = q.id)"
    };
}
macro_rules! used {
    () => {
        "coalesce((select max(e.created_at) from executions e where e.query_id = q.id \
         and e.created_at > q.updated_at), q.updated_at)"
    };
}

/// The statement of a page in the filter's order.
fn paged(filter: &Filter) -> &'static str {
    match filter.sort.as_str() {
        "name" => text!(filter, page, "lower(q.name), q.id"),
        "-name" => text!(filter, page, "lower(q.name) desc, q.id desc"),
        "instance" => text!(filter, page, "lower(coalesce(i.name, i.amc_name)), q.updated_at desc, q.id desc"),
        "-instance" => {
            text!(filter, page, "lower(coalesce(i.name, i.amc_name)) desc nulls last, q.updated_at desc, q.id desc")
        }
        "by" => text!(filter, page, "lower(u.name), q.updated_at desc, q.id desc"),
        "-by" => text!(filter, page, "lower(u.name) desc nulls last, q.updated_at desc, q.id desc"),
        "changed" => text!(filter, page, "q.updated_at, q.id"),
        "ran" => text!(filter, page, concat!(ran!(), ", q.updated_at desc, q.id desc")),
        "-ran" => text!(filter, page, concat!(ran!(), " desc nulls last, q.updated_at desc, q.id desc")),
        "used" => text!(filter, page, concat!(used!(), ", q.id")),
        "-used" => text!(filter, page, concat!(used!(), " desc, q.id desc")),
        "-changed" => text!(filter, page, "q.updated_at desc, q.id desc"),
        _ if filter.deleted => text!(filter, page, "q.deleted_at desc, q.id desc"),
        _ => text!(filter, page, "q.updated_at desc, q.id desc"),
    }
}

fn filtered(text: &'static str, tx: &Tx, person: &PersonId, filter: &Filter) -> Statement {
    let (from, after) = filter.after.as_ref().map_or((LATEST, None), |(at, id)| (*at, Some(id)));
    let tag = if filter.tag.is_empty() { String::new() } else { format!(",{},", filter.tag.to_lowercase()) };
    sql(text)
        .bind(person)
        .bind(containing(&filter.text))
        .bind(filter.instance.as_ref())
        .bind(containing(&tag))
        .bind(&filter.home)
        .bind(tx.within())
        .bind(from)
        .bind(after)
}

/// The number of matching queries, counted up to `most`.
pub(in crate::queries) async fn count(tx: &mut Tx, person: &PersonId, filter: &Filter, most: i64) -> Result<i64> {
    macro_rules! counted {
        ($kept:literal, $of:expr) => {
            concat!("select count(*) as value from (select 1 as one", filtered!($kept, $of), " limit $9) as counted")
        };
    }
    let text = text!(filter, counted);
    filtered(text, tx, person, filter).bind(most).cached().count(tx).await
}

/// A range of the matching queries; by default most recently changed first.
pub async fn list(tx: &mut Tx, person: &PersonId, filter: &Filter, range: PageRange) -> Result<Vec<Line>> {
    filtered(paged(filter), tx, person, filter).bind(range.most).bind(range.skip).cached().all(tx).await
}

/// The queries most recently changed by anybody, or run by this person, newest first. Considers the last fifty
/// changes and the last two hundred executions.
pub async fn recent(tx: &mut Tx, person: &PersonId, most: i64) -> Result<Vec<Line>> {
    const RECENT: &str = page!(
        "(q.deleted_at is null) = true and ",
        concat!(
            "q.id in (select id from (select q.id from queries q ",
            with_role!(),
            "where (q.deleted_at is null) = true and ",
            visible!(),
            "order by q.updated_at desc, q.id desc limit 50) as changed union select query_id from \
             (select e.query_id from executions e where e.person_id = $1 and e.query_id is not null \
             order by e.created_at desc limit 200) as ran) and "
        ),
        concat!(used!(), " desc, q.id desc")
    );
    filtered(RECENT, tx, person, &Filter::default()).bind(most).bind(0_i64).cached().all(tx).await
}

/// The tags of a person's queries with their counts, most used first.
pub(in crate::queries) async fn tags(tx: &mut Tx, person: &PersonId) -> Result<Vec<(String, i64)>> {
    const TAGS: &str = concat!(
        "select q.tags, count(*) as count from queries q ",
        with_role!(),
        "where ",
        visible!(),
        "and q.deleted_at is null and q.tags <> '' group by q.tags"
    );
    #[derive(Clone)]
    struct Line(String, i64);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("tags")?, row.get("count")?))
        }
    }
    let mut counts = std::collections::BTreeMap::<String, i64>::new();
    for Line(tags, count) in sql(TAGS).bind(person).cached().all::<Line>(tx).await? {
        for tag in Tags::read(&tags).iter() {
            *counts.entry(tag.to_owned()).or_default() += count;
        }
    }
    let mut counts: Vec<(String, i64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(counts)
}
