//! List exports: the filtered rows as a file that is sent while it is read.
//!
//! Rows are read in batches, each in its own transaction: memory is limited however long the list is, and a slow
//! reader doesn't hold a transaction. Rows that change meanwhile are exported as they are when their batch is read. A
//! long list therefore continues after the last exported row instead of using an offset, because rows move.

use std::fmt::{self, Write as _};

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use futures::future::BoxFuture;
use serde_json::Value;

use super::ListParams;
use crate::db::{self, Db, PageRange, Scope, Tx};
use crate::web::{FileName, Result, csv};

/// Rows per batch.
const LINES: i64 = 1_000;

/// A row of an export.
pub trait Export {
    /// The column names, in CSV and in JSON: lower case and `_`.
    const COLUMNS: &'static [&'static str];

    /// A value for each column: a text, a number, a boolean, an array of texts, or null.
    fn cells(&self) -> Vec<Value>;
}

/// The source of an export's rows.
pub trait Source: Send + 'static {
    type Line: Export + Send + Sync;

    /// The rows of that range, which starts after `last`; empty at the end.
    fn read(
        &mut self,
        range: PageRange,
        last: Option<&Self::Line>,
    ) -> impl Future<Output = db::Result<Vec<Self::Line>>> + Send;
}

/// Filtered rows from the database.
pub struct RowSource<F, L> {
    db: Db,
    scope: Scope,
    filter: F,
    read: Read<F, L>,
}

/// Reads a range of the filtered rows, starting after the given row. If the filter supports a start row, it is set in
/// the filter, and the range then starts at 0.
pub type Read<F, L> = for<'a> fn(&'a mut Tx, &'a mut F, PageRange, Option<&'a L>) -> BoxFuture<'a, db::Result<Vec<L>>>;

impl<F, L> RowSource<F, L> {
    /// Rows of `db`, read in transactions with this scope.
    pub fn new(db: &Db, scope: Scope, filter: F, read: Read<F, L>) -> Self {
        Self { db: db.clone(), scope, filter, read }
    }
}

impl<F: fmt::Debug, L> fmt::Debug for RowSource<F, L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RowSource").field("filter", &self.filter).finish_non_exhaustive()
    }
}

impl<F: Send + Sync + 'static, L: Export + Send + Sync + 'static> Source for RowSource<F, L> {
    type Line = L;

    async fn read(&mut self, range: PageRange, last: Option<&L>) -> db::Result<Vec<L>> {
        let mut tx = self.db.read(&self.scope).await?;
        (self.read)(&mut tx, &mut self.filter, range, last).await
    }
}

/// Rows that are in memory, because there are never many of them.
#[derive(Debug)]
pub struct Few<L>(pub Vec<L>);

impl<L: Export + Send + Sync + 'static> Source for Few<L> {
    type Line = L;

    async fn read(&mut self, _: PageRange, _: Option<&L>) -> db::Result<Vec<L>> {
        Ok(std::mem::take(&mut self.0))
    }
}

/// A time as written in exports; null for none.
pub fn rfc3339(at: impl Into<Option<DateTime<Utc>>>) -> Value {
    at.into().map_or(Value::Null, |at| Value::from(at.to_rfc3339_opts(SecondsFormat::Millis, true)))
}

/// An export whose first rows have been read.
#[derive(Debug)]
pub struct Taken<S: Source> {
    source: S,
    lines: Vec<S::Line>,
    is_json: bool,
    is_filtered: bool,
}

/// Starts the export that the address requests, as CSV or, if its path says so, as JSON. Call it after reading the
/// filter from `params`; an invalid filter is an error.
pub async fn export_rows<S: Source>(params: &ListParams, mut source: S) -> Result<Taken<S>> {
    params.strict()?;
    // Immediate errors are shown on a page instead of as an incomplete file.
    let lines = source.read(PageRange::first(LINES), None).await?;
    let is_json = matches!(params.here().path().rsplit_once('.'), Some((_, "json")));
    Ok(Taken { source, lines, is_json, is_filtered: params.narrows() })
}

impl<S: Source> Taken<S> {
    pub const fn form(&self) -> &'static str {
        if self.is_json { "json" } else { "csv" }
    }

    /// The response: a file named after these words, whether it is filtered, and the date.
    pub fn answer(self, words: &[&str], now: DateTime<Utc>) -> Response {
        let day = now.format("%Y-%m-%d").to_string();
        let mark = if self.is_filtered { "filtered" } else { "" };
        let name = FileName::new("list", words.iter().copied().chain([mark, &day]), self.form());
        let kind = if self.is_json { "application/json" } else { "text/csv; charset=utf-8" };
        let writing = Writing { taken: self, sent: 0, step: Step::Head };
        let next = |mut writing: Writing<S>| async move {
            let bytes = writing.next().await?;
            Ok::<_, db::Error>(bytes.map(|bytes| (bytes, writing)))
        };
        let body = Body::from_stream(futures::stream::try_unfold(writing, next));
        ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, &name.disposition())], body).into_response()
    }
}

struct Writing<S: Source> {
    taken: Taken<S>,
    /// Rows sent so far.
    sent: i64,
    step: Step,
}

enum Step {
    Head,
    Lines,
    Done,
}

impl<S: Source> Writing<S> {
    async fn next(&mut self) -> db::Result<Option<Bytes>> {
        let mut text = String::new();
        match self.step {
            Step::Done => return Ok(None),
            Step::Head => {
                self.head(&mut text);
                self.step = Step::Lines;
            }
            Step::Lines => {
                self.sent += self.taken.lines.len() as i64;
                let range = PageRange { skip: self.sent, most: LINES };
                let read = self.taken.source.read(range, self.taken.lines.last()).await;
                self.taken.lines = read.inspect_err(|error| tracing::error!(%error, "a list's file breaks off"))?;
            }
        }
        if self.taken.lines.is_empty() {
            text.push_str(if self.taken.is_json { "\n]\n" } else { "" });
            self.step = Step::Done;
        }
        for (place, line) in self.taken.lines.iter().enumerate() {
            if self.taken.is_json {
                let comma = if self.sent == 0 && place == 0 { "" } else { "," };
                text.push_str(comma);
                write_object(&mut text, line);
            } else {
                write_record(&mut text, line);
            }
        }
        Ok(Some(Bytes::from(text)))
    }

    fn head(&self, text: &mut String) {
        if self.taken.is_json {
            text.push('[');
        } else {
            text.push_str(csv::MARK);
            text.push_str(&S::Line::COLUMNS.join(","));
            text.push('\n');
        }
    }
}

fn write_object<L: Export>(text: &mut String, line: &L) {
    text.push_str("\n{");
    for (place, (name, cell)) in L::COLUMNS.iter().zip(line.cells()).enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // OK because writing to a String cannot fail.
        let _ = write!(text, "{comma}\"{name}\":{cell}");
    }
    text.push('}');
}

fn write_record<L: Export>(text: &mut String, line: &L) {
    for (place, cell) in line.cells().into_iter().enumerate() {
        text.push_str(if place == 0 { "" } else { "," });
        match cell {
            Value::Null => {}
            Value::String(cell) if cell.is_empty() => {}
            Value::String(cell) => csv::write(text, &cell),
            Value::Array(cells) => {
                let words: Vec<&str> = cells.iter().filter_map(Value::as_str).collect();
                csv::write(text, &words.join(", "));
            }
            // OK because a number isn't text: a spreadsheet doesn't run it as a formula.
            Value::Number(_) | Value::Bool(_) => {
                let _ = write!(text, "{cell}");
            }
            object @ Value::Object(_) => csv::write(text, &object.to_string()),
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::json;

    use super::*;

    struct Thing(u64);

    impl Export for Thing {
        const COLUMNS: &'static [&'static str] = &["name", "count", "tags", "gone"];

        fn cells(&self) -> Vec<Value> {
            vec![json!(format!("=\"{}\"", self.0)), json!(-1), json!(["a", "b"]), Value::Null]
        }
    }

    /// Numbers up to the given one, read in batches; fails after `breaks`.
    struct Numbers {
        last: u64,
        breaks: u64,
        looks: Vec<usize>,
    }

    impl Source for Numbers {
        type Line = Thing;

        async fn read(&mut self, range: PageRange, last: Option<&Thing>) -> db::Result<Vec<Thing>> {
            let from = last.map_or(0, |last| last.0 + 1);
            assert_eq!(from as i64, range.skip, "it goes on behind the last line");
            if from >= self.breaks {
                return Err(db::Error::Missing);
            }
            let lines: Vec<Thing> = (from..=self.last).take(range.most as usize).map(Thing).collect();
            self.looks.push(lines.len());
            Ok(lines)
        }
    }

    async fn taken(address: &str, last: u64, breaks: u64) -> Response {
        let params = ListParams::read(address, "");
        let source = Numbers { last, breaks, looks: Vec::new() };
        export_rows(&params, source).await.unwrap().answer(&["things", "Größe"], DateTime::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn a_long_list_leaves_in_parts_and_whole() {
        let answer = taken("/things.csv", 2_499, u64::MAX).await;
        let name = answer.headers()[CONTENT_DISPOSITION].to_str().unwrap().to_owned();
        assert!(name.starts_with("attachment; filename=\"things_gr--e_1970-01-01.csv\""), "{name}");
        let mut body = answer.into_body();
        let (mut text, mut largest) = (String::new(), 0);
        while let Some(frame) = body.frame().await {
            let part = frame.unwrap().into_data().unwrap();
            largest = largest.max(part.len());
            text.push_str(std::str::from_utf8(&part).unwrap());
        }
        assert!(text.starts_with("\u{feff}name,count,tags,gone\n\"'=\"\"0\"\"\",-1,\"a, b\",\n"), "{}", &text[..80]);
        assert_eq!(text.lines().count(), 2_501);
        assert!(largest < text.len() / 2, "{largest} of {}", text.len());
    }

    #[tokio::test]
    async fn json_holds_an_object_for_each_line() {
        let whole = async |last| {
            let answer = taken("/things.json", last, u64::MAX).await;
            let bytes = answer.into_body().collect().await.unwrap().to_bytes();
            serde_json::from_slice::<Value>(&bytes).unwrap()
        };
        let lines = whole(1_000).await;
        assert_eq!(lines.as_array().unwrap().len(), 1_001);
        assert_eq!(lines[0], json!({ "name": "=\"0\"", "count": -1, "tags": ["a", "b"], "gone": null }));
        let none = export_rows(&ListParams::read("/x.json", ""), Few::<Thing>(Vec::new())).await.unwrap();
        let bytes = none.answer(&[""], DateTime::UNIX_EPOCH).into_body().collect().await.unwrap().to_bytes();
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), json!([]));
    }

    #[tokio::test]
    async fn a_file_that_cannot_continue_breaks_off_and_one_that_cannot_begin_is_none() {
        let body = taken("/things.csv", 5_000, 1_000).await.into_body();
        assert!(body.collect().await.is_err(), "what is half is not taken for whole");
        let refused =
            export_rows(&ListParams::read("/things.csv", ""), Numbers { last: 1, breaks: 0, looks: Vec::new() }).await;
        assert!(refused.is_err());
        let mut params = ListParams::read("/things.csv", "from=never");
        params.days();
        assert!(export_rows(&params, Few::<Thing>(Vec::new())).await.is_err());
    }
}
