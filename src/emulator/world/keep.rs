//! Stores events of a shard as Parquet files.
//!
//! A folder contains the shards of one data set, a file for each kind of event. Files are published by renaming, the
//! last one after all others, so that an incomplete shard counts as missing.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, BooleanArray, RecordBatch, UInt8Array, UInt16Array, UInt32Array};
use arrow::datatypes::{UInt8Type, UInt16Type, UInt32Type};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::events::{Contact, Conversion, ConversionType, Credit, Ledger, StoreView};

/// The kinds of conversions by their number in a file.
const CONVERSION_TYPES: [ConversionType; 10] = [
    ConversionType::Order,
    ConversionType::PageView,
    ConversionType::Cart,
    ConversionType::BrandedSearch,
    ConversionType::StoreView,
    ConversionType::WishList,
    ConversionType::Subscription,
    ConversionType::Review,
    ConversionType::OwnShopPage,
    ConversionType::OwnShopOrder,
];

/// Rows read at a time.
const BATCH_ROWS: usize = 65_536;

fn path(folder: &Path, shard: usize, kind: &str) -> PathBuf {
    folder.join(format!("{shard}-{kind}.parquet"))
}

/// Stores a shard.
pub(super) fn write(folder: &Path, shard: usize, ledger: &Ledger) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    file(&path(folder, shard, "impressions"), contacts(&ledger.impressions))?;
    file(&path(folder, shard, "traffic"), contacts(&ledger.traffic))?;
    file(&path(folder, shard, "store"), store_views(&ledger.store_views))?;
    file(&path(folder, shard, "relevant"), vec![("campaign", u16s(ledger.relevant.iter().copied()))])?;
    file(&path(folder, shard, "conversions"), conversions(&ledger.conversions))
}

/// Deletes data sets of the same name but another day.
pub(super) fn forget_others(folder: &Path, name: &str) {
    let Some(beside) = folder.parent().and_then(|parent| fs::read_dir(parent).ok()) else { return };
    for other in beside.filter_map(Result::ok).map(|entry| entry.path()).filter(|other| other != folder) {
        let is_alike = other.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name));
        if is_alike && let Err(error) = fs::remove_dir_all(&other) {
            tracing::warn!(%error, folder = %other.display(), "an older world cannot be removed");
        }
    }
}

/// A stored shard; `None` if it is missing, an error if it can't be read.
pub(super) fn read(folder: &Path, shard: usize) -> anyhow::Result<Option<Ledger>> {
    // OK because this file is written last.
    if !path(folder, shard, "conversions").exists() {
        return Ok(None);
    }
    let mut ledger = Ledger::default();
    each(&path(folder, shard, "impressions"), |batch| read_contacts(batch, &mut ledger.impressions))?;
    each(&path(folder, shard, "traffic"), |batch| read_contacts(batch, &mut ledger.traffic))?;
    each(&path(folder, shard, "store"), |batch| read_store_views(batch, &mut ledger.store_views))?;
    each(&path(folder, shard, "relevant"), |batch| {
        ledger.relevant.extend(batch.column(0).as_primitive::<UInt16Type>().values());
        Ok(())
    })?;
    each(&path(folder, shard, "conversions"), |batch| read_conversions(batch, &mut ledger.conversions))?;
    ledger.index();
    Ok(Some(ledger))
}

type Columns = Vec<(&'static str, ArrayRef)>;

fn file(path: &Path, columns: Columns) -> anyhow::Result<()> {
    let batch = RecordBatch::try_from_iter(columns)?;
    let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
    let mut writer = ArrowWriter::try_new(File::create(&unfinished)?, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(fs::rename(&unfinished, path)?)
}

fn each(path: &Path, mut take: impl FnMut(&RecordBatch) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.with_batch_size(BATCH_ROWS).build()?;
    for batch in reader {
        take(&batch?)?;
    }
    Ok(())
}

fn u8s(values: impl Iterator<Item = u8>) -> ArrayRef {
    Arc::new(values.collect::<UInt8Array>())
}

fn u16s(values: impl Iterator<Item = u16>) -> ArrayRef {
    Arc::new(values.collect::<UInt16Array>())
}

fn u32s(values: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(values.collect::<UInt32Array>())
}

fn bools(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

fn contacts(rows: &[Contact]) -> Columns {
    let rows = rows.iter();
    vec![
        ("at", u32s(rows.clone().map(|row| row.at))),
        ("person", u32s(rows.clone().map(|row| row.person))),
        ("ad", u16s(rows.clone().map(|row| row.ad))),
        ("term", u16s(rows.clone().map(|row| row.term))),
        ("identity", u8s(rows.clone().map(|row| row.identity))),
        ("marks", u8s(rows.map(|row| row.marks))),
    ]
}

/// The columns of a batch, by index.
struct Read<'b>(&'b RecordBatch);

impl Read<'_> {
    fn small(&self, place: usize, row: usize) -> u8 {
        self.0.column(place).as_primitive::<UInt8Type>().value(row)
    }

    fn short(&self, place: usize, row: usize) -> u16 {
        self.0.column(place).as_primitive::<UInt16Type>().value(row)
    }

    fn long(&self, place: usize, row: usize) -> u32 {
        self.0.column(place).as_primitive::<UInt32Type>().value(row)
    }

    fn is(&self, place: usize, row: usize) -> bool {
        self.0.column(place).as_boolean().value(row)
    }

    fn has(&self, place: usize, row: usize) -> bool {
        self.0.column(place).is_valid(row)
    }

    fn contact(&self, from: usize, row: usize) -> Contact {
        Contact {
            at: self.long(from, row),
            person: self.long(from + 1, row),
            ad: self.short(from + 2, row),
            term: self.short(from + 3, row),
            identity: self.small(from + 4, row),
            marks: self.small(from + 5, row),
        }
    }
}

/// Refuses a file of another program with this name.
fn shaped(batch: &RecordBatch, columns: &Columns) -> anyhow::Result<()> {
    let types = columns.iter().map(|(_, column)| column.data_type());
    anyhow::ensure!(
        batch.schema().fields().iter().map(|field| field.data_type()).eq(types),
        "the columns are not those of a kept shard"
    );
    Ok(())
}

fn read_contacts(batch: &RecordBatch, rows: &mut Vec<Contact>) -> anyhow::Result<()> {
    shaped(batch, &contacts(&[]))?;
    rows.extend((0..batch.num_rows()).map(|row| Read(batch).contact(0, row)));
    Ok(())
}

fn store_views(rows: &[StoreView]) -> Columns {
    let rows = rows.iter();
    vec![
        ("at", u32s(rows.clone().map(|row| row.at))),
        ("person", u32s(rows.clone().map(|row| row.person))),
        ("brand", u8s(rows.clone().map(|row| row.brand))),
        ("page", u8s(rows.clone().map(|row| row.page))),
        ("step", u8s(rows.clone().map(|row| row.step))),
        ("identity", u8s(rows.clone().map(|row| row.identity))),
        ("began", u32s(rows.clone().map(|row| row.began))),
        ("ad", Arc::new(rows.map(|row| row.ad).collect::<UInt16Array>())),
    ]
}

fn read_store_views(batch: &RecordBatch, rows: &mut Vec<StoreView>) -> anyhow::Result<()> {
    shaped(batch, &store_views(&[]))?;
    let read = Read(batch);
    rows.extend((0..batch.num_rows()).map(|row| StoreView {
        at: read.long(0, row),
        person: read.long(1, row),
        brand: read.small(2, row),
        page: read.small(3, row),
        step: read.small(4, row),
        identity: read.small(5, row),
        began: read.long(6, row),
        ad: read.has(7, row).then(|| read.short(7, row)),
    }));
    Ok(())
}

fn number_of(action: ConversionType) -> u8 {
    CONVERSION_TYPES.iter().position(|known| *known == action).unwrap_or_default() as u8
}

fn conversions(rows: &[Conversion]) -> Columns {
    let rows = rows.iter();
    let credited: Vec<Contact> =
        rows.clone().map(|row| row.credit.map_or(Contact::NONE, |credit| credit.contact)).collect();
    let credit = |is: fn(&Credit) -> bool| rows.clone().map(move |row| row.credit.as_ref().is_some_and(is));
    let mut columns = vec![
        ("at", u32s(rows.clone().map(|row| row.at))),
        ("person", u32s(rows.clone().map(|row| row.person))),
        ("deed", u8s(rows.clone().map(|row| number_of(row.action)))),
        ("brand", u8s(rows.clone().map(|row| row.brand))),
        ("product", u16s(rows.clone().map(|row| row.product))),
        ("units", u8s(rows.clone().map(|row| row.units))),
        ("identity", u8s(rows.clone().map(|row| row.identity))),
        ("new_to_brand", bools(rows.clone().map(|row| row.new_to_brand))),
        ("exposed", bools(rows.clone().map(|row| row.exposed))),
        ("unit_cents", u32s(rows.clone().map(|row| row.unit_cents))),
        ("relevant_from", u32s(rows.clone().map(|row| row.relevant.0))),
        ("relevant", u8s(rows.clone().map(|row| row.relevant.1))),
        ("credited", bools(credit(|_| true))),
        ("credit_click", bools(credit(|credit| credit.click))),
        ("credit_promoted", bools(credit(|credit| credit.promoted))),
    ];
    let named = ["credit_at", "credit_person", "credit_ad", "credit_term", "credit_identity", "credit_marks"];
    columns.extend(named.into_iter().zip(contacts(&credited)).map(|(name, (_, column))| (name, column)));
    columns
}

fn read_conversions(batch: &RecordBatch, rows: &mut Vec<Conversion>) -> anyhow::Result<()> {
    shaped(batch, &conversions(&[]))?;
    let read = Read(batch);
    for row in 0..batch.num_rows() {
        let action = CONVERSION_TYPES.get(usize::from(read.small(2, row)));
        let action = *action.ok_or_else(|| anyhow::anyhow!("a conversion of no known kind"))?;
        let credit = || Credit { contact: read.contact(15, row), click: read.is(13, row), promoted: read.is(14, row) };
        rows.push(Conversion {
            at: read.long(0, row),
            person: read.long(1, row),
            action,
            brand: read.small(3, row),
            product: read.short(4, row),
            units: read.small(5, row),
            identity: read.small(6, row),
            new_to_brand: read.is(7, row),
            exposed: read.is(8, row),
            unit_cents: read.long(9, row),
            credit: read.is(12, row).then(credit),
            relevant: (read.long(10, row), read.small(11, row)),
        });
    }
    Ok(())
}
