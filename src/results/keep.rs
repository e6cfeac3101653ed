//! Stores a result: AMC's CSV parts in, one typed Parquet file out.
//!
//! The parts are first downloaded completely to disk, because their links are valid for ten minutes only. Then they
//! are read twice: once to determine the column types (see [`super::accumulator`]), once to write the file. Reading
//! twice from disk costs less than buffering rows, and nothing is guessed from the first rows.

use std::error::Error as StdError;
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use tokio::io::AsyncWriteExt;

use super::accumulator::Accumulator;
use super::column::{ColumnSpec, StoredColumn, distinct_names, matched, shown};
use super::doubt::{Doubts, Reading, declared, ends_with_returns};
use super::encode::Encoder;
use super::error::Error;
use super::kind::Kind;
use super::records::{Escapes, Fault, Record, Records, Rules};
use super::result_store::{Key, ResultStore, Scratch, blocking};

/// The bytes of one part of a result, as they arrive.
pub type Part = BoxStream<'static, Result<Bytes, Box<dyn StdError + Send + Sync>>>;

/// Size limits of a result. Beyond them nothing is stored and the error says so.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of CSV in all parts.
    pub bytes: u64,
    /// Rows in all parts.
    pub rows: u32,
    /// Bytes of one row.
    pub row_bytes: usize,
    pub columns: usize,
}

impl Default for Limits {
    /// 8 GiB, a hundred million rows, 4 MiB per row, a thousand columns (AMC returns at most 100).
    fn default() -> Self {
        Self { bytes: 8 << 30, rows: 100_000_000, row_bytes: 4 << 20, columns: 1_000 }
    }
}

/// A stored result.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StoredResult {
    /// The number of rows, without headers.
    pub rows: u64,
    /// The size of the stored file in bytes.
    pub bytes: u64,
    /// Its columns, in order.
    pub columns: Vec<StoredColumn>,
}

impl ResultStore {
    /// Joins the parts of a result and stores them under `key`, replacing what was there. `declared` are the columns
    /// that AMC declared for the execution; it may be empty.
    ///
    /// Either the whole result is stored or nothing changes. Dropping the future early is safe.
    pub async fn save(
        &self,
        key: &Key,
        declared: &[ColumnSpec],
        parts: impl Stream<Item = Part> + Send,
        limits: Limits,
    ) -> Result<StoredResult, Error> {
        let kept = self.save_in_folder(key, declared, parts, limits).await;
        // OK because while a result is created, only its folder can be missing.
        kept.map_err(|error| if matches!(error, Error::Missing) { Error::Store(error.into()) } else { error })
    }

    async fn save_in_folder(
        &self,
        key: &Key,
        declared: &[ColumnSpec],
        parts: impl Stream<Item = Part> + Send,
        limits: Limits,
    ) -> Result<StoredResult, Error> {
        self.make_folders()?;
        let spooled = self.spool(key, parts, limits).await?;
        let (declared, scratch) = (declared.to_owned(), self.scratch(key));
        let (kept, scratch) = blocking(move || {
            let table = Table::of(&spooled, &declared, limits)?;
            let kept = table.write(&spooled, scratch.path(), limits)?;
            Ok((kept, scratch))
        })
        .await?;
        self.publish(scratch, key).await?;
        Ok(kept)
    }

    async fn spool(
        &self,
        key: &Key,
        parts: impl Stream<Item = Part> + Send,
        limits: Limits,
    ) -> Result<Vec<Scratch>, Error> {
        let mut parts = std::pin::pin!(parts);
        let (mut spooled, mut bytes) = (Vec::new(), 0);
        while let Some(mut part) = parts.next().await {
            let scratch = self.scratch(key);
            let mut file = tokio::fs::File::create(scratch.path()).await?;
            spooled.push(scratch);
            while let Some(chunk) = part.next().await {
                let chunk = chunk.map_err(|cause| Error::Fetch { part: spooled.len(), cause })?;
                bytes += chunk.len() as u64;
                if bytes > limits.bytes {
                    return Err(Error::TooLarge { limit: limits.bytes, of: "bytes" });
                }
                file.write_all(&chunk).await?;
            }
            // OK because a full disk may only show here: writes happen on another thread.
            file.flush().await?;
        }
        Ok(spooled)
    }
}

/// The result of the first pass.
struct Table {
    escapes: Escapes,
    columns: Vec<StoredColumn>,
    /// The declared types of the columns.
    kinds: Vec<Option<Kind>>,
    rows: u64,
    doubts: Doubts,
}

impl Table {
    fn of(parts: &[Scratch], declared: &[ColumnSpec], limits: Limits) -> Result<Self, Error> {
        let table = Self::scan(parts, declared, limits, Escapes::Both);
        if !matches!(table, Err(Error::Row { .. } | Error::HeadersDiffer { .. })) {
            return table;
        }
        // OK because if a table is broken with one kind of escapes and valid with the other, it was written with the
        // other.
        Self::scan(parts, declared, limits, Escapes::Doubled).or(table)
    }

    fn scan(parts: &[Scratch], specs: &[ColumnSpec], limits: Limits, escapes: Escapes) -> Result<Self, Error> {
        let mut header: Option<Vec<String>> = None;
        let (mut tallies, mut kinds, mut rows) = (Vec::new(), Vec::new(), 0);
        let mut doubts = Doubts::default();
        for (number, part) in (1..).zip(parts) {
            let reader = PartReader { number, part, limits, escapes };
            let before = rows;
            let mut see_header = |found: Vec<String>| {
                if header.is_none() {
                    kinds = declared(&matched(&found, specs)?);
                    tallies = kinds.iter().map(|kind| Accumulator::new(*kind)).collect();
                }
                let first = header.get_or_insert_with(|| found.clone());
                if *first == found { Ok(()) } else { Err(differ(number, first, &found)) }
            };
            reader.header(&mut see_header)?;
            let see_row = |row: Row<'_>| {
                rows += 1;
                if rows > u64::from(limits.rows) {
                    return Err(Error::TooLarge { limit: u64::from(limits.rows), of: "rows" });
                }
                tallies.iter_mut().zip(row.values()).for_each(|(tally, value)| tally.add(rows, value));
                Ok(())
            };
            reader.rows(&kinds, see_row, |row, read, otherwise| doubts.add(number, before + row, read, otherwise))?;
        }
        let header = header.ok_or(Error::NotATable { part: 1, what: "there is no file" })?;
        let specs = matched(&header, specs)?;
        let columns = distinct_names(&header).into_iter().zip(specs).zip(tallies);
        let columns = columns.map(|((name, spec), tally)| kept(name, spec, tally)).collect();
        Ok(Self { escapes, columns, kinds, rows, doubts })
    }

    fn write(self, parts: &[Scratch], target: &std::path::Path, limits: Limits) -> Result<StoredResult, Error> {
        let file = File::create(target)?;
        let mut encoder = Encoder::new(&file, self.columns)?;
        for (number, part) in (1..).zip(parts) {
            let reader = PartReader { number, part, limits, escapes: self.escapes };
            reader.header(&mut |_| Ok(()))?;
            reader.rows(&self.kinds, |row| encoder.add(row.values()), |_, _, _| {})?;
        }
        let columns = encoder.finish(&self.doubts)?;
        file.sync_all()?;
        Ok(StoredResult { rows: self.rows, bytes: file.metadata()?.len(), columns })
    }
}

fn kept(name: String, spec: Option<&ColumnSpec>, tally: Accumulator) -> StoredColumn {
    let nulls = tally.nulls;
    let (kind, misfit) = tally.decide();
    let declared = spec.map(|spec| spec.data_type.clone());
    let column_type = spec.and_then(|spec| spec.column_type.clone());
    StoredColumn { name, declared, column_type, kind, nulls, total: None, misfit }
}

fn differ(part: usize, expected: &[String], found: &[String]) -> Error {
    Error::HeadersDiffer { part, expected: shown(expected), found: shown(found) }
}

/// A row as read: a record, or a line of one.
#[derive(Clone, Copy)]
enum Row<'a> {
    Record(Record<'a>),
    Line(&'a [Option<String>]),
}

impl<'a> Row<'a> {
    fn values(self) -> impl Iterator<Item = Option<&'a str>> {
        let (record, line) = match self {
            Self::Record(record) => (Some(record), None),
            Self::Line(line) => (None, Some(line)),
        };
        record.into_iter().flat_map(Record::values).chain(line.into_iter().flatten().map(Option::as_deref))
    }
}

/// One downloaded part.
struct PartReader<'a> {
    number: usize,
    part: &'a Scratch,
    limits: Limits,
    escapes: Escapes,
}

/// The format of a file that begins like this, if it isn't a table; such a beginning of a table's first column name
/// must be quoted.
pub(super) fn other_format(start: &[u8]) -> Option<&'static str> {
    match start.trim_ascii_start() {
        [b'<', ..] => Some("it is a web page or an error message in XML"),
        [b'{', ..] => Some("it is JSON"),
        [0x1f, 0x8b, ..] => Some("it is compressed with gzip"),
        [b'P', b'A', b'R', b'1', ..] => Some("it is a Parquet file"),
        _ => None,
    }
}

impl PartReader<'_> {
    /// Passes the header to `see`.
    fn header(&self, see: &mut impl FnMut(Vec<String>) -> Result<(), Error>) -> Result<(), Error> {
        let mut header = None;
        self.records(|record| match record {
            Ok(record) if record.is_blank() => ControlFlow::Continue(()),
            Ok(record) => {
                header = Some(record.values().map(|name| name.unwrap_or_default().to_owned()).collect::<Vec<_>>());
                ControlFlow::Break(Ok(()))
            }
            Err(fault) => ControlFlow::Break(Err(self.fault(0, &fault))),
        })?;
        let header = header.ok_or(Error::NotATable { part: self.number, what: "it is empty" })?;
        if header.len() > self.limits.columns {
            return Err(Error::TooLarge { limit: self.limits.columns as u64, of: "columns" });
        }
        see(header)
    }

    /// Passes all rows after the header to `see`, given the declared column types. Passes ambiguous ones to `doubt`:
    /// the first one's number in this part, how many rows they were read as, and how many they could be.
    fn rows(
        &self,
        kinds: &[Option<Kind>],
        mut see: impl FnMut(Row<'_>) -> Result<(), Error>,
        mut doubt: impl FnMut(u64, u64, u64),
    ) -> Result<(), Error> {
        let columns = kinds.len();
        let (mut past_header, mut row) = (false, 0);
        self.records(|record| {
            let outcome = match record {
                Ok(record) if record.is_blank() && (columns > 1 || !past_header) => return ControlFlow::Continue(()),
                Ok(_) if !past_header => {
                    past_header = true;
                    return ControlFlow::Continue(());
                }
                Ok(record) => {
                    let reading = Reading::of(record, self.escapes, kinds);
                    match &reading {
                        Reading::DoubtfulOne(lines) => doubt(row + 1, 1, *lines),
                        Reading::DoubtfulLines(rows) => doubt(row + 1, rows.len() as u64, 1),
                        Reading::One | Reading::Lines(_) => {}
                    }
                    match &reading {
                        Reading::DoubtfulLines(rows) | Reading::Lines(rows) => {
                            row += rows.len() as u64;
                            rows.iter().try_for_each(|line| see(Row::Line(line)))
                        }
                        _ if record.len() == columns => {
                            row += 1;
                            see(Row::Record(record))
                        }
                        _ => Err(self.uneven(row + 1, record.len(), columns)),
                    }
                }
                Err(fault) => Err(self.fault(row + 1, &fault)),
            };
            outcome.map_or_else(|error| ControlFlow::Break(Err(error)), |()| ControlFlow::Continue(()))
        })
    }

    fn records(
        &self,
        mut take: impl FnMut(Result<Record<'_>, Fault>) -> ControlFlow<Result<(), Error>>,
    ) -> Result<(), Error> {
        let mut file = File::open(self.part.path())?;
        let mut buffer = vec![0; 128 << 10];
        let mut begun: Option<Records> = None;
        loop {
            let length = file.read(&mut buffer)?;
            let mut chunk = &buffer[..length];
            if begun.is_none() {
                chunk = chunk.strip_prefix(b"\xef\xbb\xbf").unwrap_or(chunk);
                self.refuse_other_formats(chunk)?;
            }
            let rules = || Rules { escapes: self.escapes, lone_returns: ends_with_returns(chunk) };
            let records = begun.get_or_insert_with(|| Records::new(rules(), self.limits.row_bytes));
            let flow = if length == 0 { records.finish(&mut take) } else { records.push(chunk, &mut take) };
            match flow {
                ControlFlow::Break(outcome) => return outcome,
                ControlFlow::Continue(()) if length == 0 => return Ok(()),
                ControlFlow::Continue(()) => {}
            }
        }
    }

    /// Recognizes the response of an expired link, or of a proxy in between.
    fn refuse_other_formats(&self, start: &[u8]) -> Result<(), Error> {
        other_format(start).map_or(Ok(()), |what| Err(Error::NotATable { part: self.number, what }))
    }

    fn uneven(&self, row: u64, found: usize, columns: usize) -> Error {
        Error::Row { part: self.number, row, what: format!("it has {found} of {columns} values") }
    }

    fn fault(&self, row: u64, fault: &Fault) -> Error {
        Error::Row { part: self.number, row, what: fault.message().to_owned() }
    }
}
