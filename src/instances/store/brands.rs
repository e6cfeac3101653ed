//! The tables of brands and their items.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::db::{FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::{BrandId, InstanceId, PersonId, Random};
use crate::instances::brand_list::{Item, ItemKind};

/// A brand of an instance to which a person has access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    pub id: BrandId,
    pub instance: InstanceId,
    pub name: String,
    pub asins: i64,
    pub campaigns: i64,
    pub updated_at: DateTime<Utc>,
    /// When it was deleted, if it was.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl FromRow for Brand {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            instance: row.get("instance_id")?,
            name: row.get("name")?,
            asins: row.get("asins")?,
            campaigns: row.get("campaigns")?,
            updated_at: row.get("updated_at")?,
            deleted_at: row.get("deleted_at")?,
        })
    }
}

impl FromRow for Item {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            // OK because the column contains only names of kinds.
            kind: ItemKind::parse(&row.get::<String>("kind")?).unwrap_or(ItemKind::Asin),
            value: row.get("value")?,
            label: row.get("label")?,
        })
    }
}

/// An item with the name of its brand, for exports.
#[derive(Clone, Debug)]
pub(in crate::instances) struct Line {
    pub(in crate::instances) brand: String,
    pub(in crate::instances) item: Item,
}

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { brand: row.get("brand")?, item: Item::from_row(row)? })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select b.id, b.instance_id, b.name, b.updated_at, b.deleted_at, \
             (select count(*) from brand_items n where n.brand_id = b.id and n.kind = 'asin') as asins, \
             (select count(*) from brand_items n where n.brand_id = b.id and n.kind = 'campaign') as campaigns \
             from brands b join instance_access a on a.instance_id = b.instance_id and a.person_id = $1 where ",
            $rest
        )
    };
}

/// Brands of an instance whose name, or one of whose items, contains a text.
macro_rules! filtered {
    ($rest:literal) => {
        concat!(
            "b.instance_id = $2 and b.deleted_at is null and ($3 = '' or lower(b.name) like lower($3) escape '\\' \
             or exists (select 1 from brand_items f where f.brand_id = b.id \
             and lower(f.value || ' ' || f.label) like lower($3) escape '\\')) ",
            $rest
        )
    };
}

fn filtered(text: &'static str, person: &PersonId, instance: &InstanceId, q: &str) -> Statement {
    sql(text).bind(person).bind(instance).bind(containing(q))
}

/// The filtered brands of an instance, by name.
pub(in crate::instances) async fn page(
    tx: &mut Tx,
    person: &PersonId,
    instance: &InstanceId,
    q: &str,
    range: PageRange,
) -> Result<Vec<Brand>> {
    const LIST: &str = concat!(
        "select b.id, b.instance_id, b.name, b.updated_at, b.deleted_at, \
         (select count(*) from brand_items n where n.brand_id = b.id and n.kind = 'asin') as asins, \
         (select count(*) from brand_items n where n.brand_id = b.id and n.kind = 'campaign') as campaigns \
         from brands b join instance_access a on a.instance_id = b.instance_id and a.person_id = $1 where ",
        filtered!("order by lower(b.name), b.id limit $4 offset $5")
    );
    filtered(LIST, person, instance, q).bind(range.most).bind(range.skip).all(tx).await
}

/// Their number, counted up to `most`.
pub(in crate::instances) async fn count(
    tx: &mut Tx,
    person: &PersonId,
    instance: &InstanceId,
    q: &str,
    most: i64,
) -> Result<i64> {
    const COUNT: &str = concat!(
        "select count(*) as value from (select 1 as one from brands b \
         join instance_access a on a.instance_id = b.instance_id and a.person_id = $1 where ",
        filtered!("limit $4) as counted")
    );
    filtered(COUNT, person, instance, q).bind(most).count(tx).await
}

/// The items of the filtered brands, by brand and in their order.
pub(in crate::instances) async fn lines(
    tx: &mut Tx,
    person: &PersonId,
    instance: &InstanceId,
    q: &str,
    range: PageRange,
) -> Result<Vec<Line>> {
    const LINES: &str = concat!(
        "select b.name as brand, l.kind, l.value, l.label from brands b \
         join instance_access a on a.instance_id = b.instance_id and a.person_id = $1 \
         join brand_items l on l.brand_id = b.id where ",
        filtered!("order by lower(b.name), b.id, l.kind, l.position, l.value limit $4 offset $5")
    );
    filtered(LINES, person, instance, q).bind(range.most).bind(range.skip).all(tx).await
}

/// The brands of an instance, by name, for a select.
pub async fn brands(tx: &mut Tx, person: &PersonId, instance: &InstanceId) -> Result<Vec<Brand>> {
    page(tx, person, instance, "", PageRange::first(i64::MAX)).await
}

/// One brand, even if deleted; `Missing` if the person has no access to its instance.
pub async fn brand(tx: &mut Tx, person: &PersonId, id: &BrandId) -> Result<Brand> {
    const FIND: &str = select!("b.id = $2");
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// The brand with that name, case-insensitively.
pub(in crate::instances) async fn named(
    tx: &mut Tx,
    person: &PersonId,
    instance: &InstanceId,
    name: &str,
) -> Result<Option<Brand>> {
    const NAMED: &str = select!("b.instance_id = $2 and lower(b.name) = lower($3) and b.deleted_at is null");
    sql(NAMED).bind(person).bind(instance).bind(name).optional(tx).await
}

/// The items of a brand, in order.
pub async fn items(tx: &mut Tx, id: &BrandId) -> Result<Vec<Item>> {
    const ITEMS: &str = "select kind, value, label from brand_items where brand_id = $1 order by kind, position, value";
    sql(ITEMS).bind(id).all(tx).await
}

/// Creates an empty brand. Brands deleted before `gone` are permanently deleted.
pub(in crate::instances) async fn add(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    gone: DateTime<Utc>,
    person: &PersonId,
    (instance, name): (&InstanceId, &str),
) -> Result<BrandId> {
    const ADD: &str = "insert into brands (id, instance_id, name, created_by, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $5)";
    const PURGE: &str = "delete from brands where instance_id = $1 and deleted_at < $2";
    sql(PURGE).bind(instance).bind(gone).execute(tx).await?;
    let id: BrandId = random.id(now);
    sql(ADD).bind(&id).bind(instance).bind(name).bind(person).bind(now).execute(tx).await?;
    Ok(id)
}

/// Appends items; returns how many are new. An existing item takes the new name, if it has one.
pub(in crate::instances) async fn extend(tx: &mut Tx, now: DateTime<Utc>, id: &BrandId, new: &[Item]) -> Result<usize> {
    const LAST: &str = "select coalesce(max(position), 0) as value from brand_items where brand_id = $1";
    let before: HashMap<(ItemKind, String), String> =
        items(tx, id).await?.into_iter().map(|item| ((item.kind, item.value), item.label)).collect();
    let known = |item: &Item| before.get(&(item.kind, item.value.clone()));
    let last: i64 = sql(LAST).bind(id).value(tx).await?;
    // PostgreSQL refuses a statement that names a row twice.
    let mut seen = HashSet::new();
    let new: Vec<&Item> = new.iter().filter(|item| seen.insert((item.kind, item.value.as_str()))).collect();
    let is_other = |item: &Item| known(item).is_none_or(|label| !item.label.is_empty() && *label != item.label);
    let written: Vec<&Item> = new.iter().copied().filter(|item| is_other(item)).collect();
    let (mut rest, mut position) = (written.as_slice(), last);
    while let Some((many, others)) = rest.split_at_checked(MANY) {
        put(tx, PUT_MANY, id, many, &mut position).await?;
        rest = others;
    }
    for &one in rest {
        put(tx, PUT, id, &[one], &mut position).await?;
    }
    touch(tx, now, id).await?;
    Ok(new.iter().filter(|item| known(item).is_none()).count())
}

/// Items per statement of a long list: a tenth of the time of one each.
const MANY: usize = 20;

/// Inserts items, in the columns of a brand's id and four for each.
macro_rules! put {
    ($values:literal) => {
        concat!(
            "insert into brand_items (brand_id, kind, value, label, position) values ",
            $values,
            " on conflict (brand_id, kind, value) do update set label = case when excluded.label = '' \
             then brand_items.label else excluded.label end"
        )
    };
}

const PUT: &str = put!("($1, $2, $3, $4, $5)");
const PUT_MANY: &str = put!(
    "($1, $2, $3, $4, $5), ($1, $6, $7, $8, $9), ($1, $10, $11, $12, $13), ($1, $14, $15, $16, $17), \
     ($1, $18, $19, $20, $21), ($1, $22, $23, $24, $25), ($1, $26, $27, $28, $29), ($1, $30, $31, $32, $33), \
     ($1, $34, $35, $36, $37), ($1, $38, $39, $40, $41), ($1, $42, $43, $44, $45), ($1, $46, $47, $48, $49), \
     ($1, $50, $51, $52, $53), ($1, $54, $55, $56, $57), ($1, $58, $59, $60, $61), ($1, $62, $63, $64, $65), \
     ($1, $66, $67, $68, $69), ($1, $70, $71, $72, $73), ($1, $74, $75, $76, $77), ($1, $78, $79, $80, $81)"
);

async fn put(tx: &mut Tx, text: &'static str, id: &BrandId, items: &[&Item], position: &mut i64) -> Result<()> {
    let mut statement = sql(text).bind(id);
    for item in items {
        *position += 1;
        statement = statement.bind(item.kind.name()).bind(&item.value).bind(&item.label).bind(*position);
    }
    statement.execute(tx).await?;
    Ok(())
}

/// Replaces a brand's name and items.
pub(in crate::instances) async fn replace(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &BrandId,
    name: &str,
    items: &[Item],
) -> Result<()> {
    const NAME: &str = "update brands set name = $2 where id = $1";
    const CLEAR: &str = "delete from brand_items where brand_id = $1";
    sql(NAME).bind(id).bind(name).execute(tx).await?;
    sql(CLEAR).bind(id).execute(tx).await?;
    extend(tx, now, id, items).await?;
    Ok(())
}

async fn touch(tx: &mut Tx, now: DateTime<Utc>, id: &BrandId) -> Result<()> {
    const TOUCH: &str = "update brands set updated_at = $2 where id = $1";
    sql(TOUCH).bind(id).bind(now).execute(tx).await?;
    Ok(())
}

/// Deletes a brand, or restores it (without a time).
pub(in crate::instances) async fn set_deleted(tx: &mut Tx, id: &BrandId, at: Option<DateTime<Utc>>) -> Result<()> {
    const DELETE: &str = "update brands set deleted_at = $2 where id = $1";
    sql(DELETE).bind(id).bind(at).execute(tx).await?;
    Ok(())
}
