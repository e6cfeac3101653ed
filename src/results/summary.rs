//! Column summaries of a result: NULLs, distinct values, extremes, sums, histograms.
//!
//! Each column is read separately, several thousand rows at a time, and twice if it has a histogram: its bars are
//! only known when the extremes are. The outcome is cached (see [`super::views`]), for the whole result and for each
//! filter in use.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;

use super::column::StoredColumn;
use super::distinct::{Counter, Distinct};
use super::error::Error;
use super::filter::{Filter, check_bounds};
use super::kind::Kind;
use super::page::Reading;
use super::result_store::{Key, ResultStore};
use super::values::Value;
use super::views::View;

/// Maximum number of histogram bars.
pub const BARS: usize = 24;
/// Maximum length of an extreme text.
const SHOWN: usize = 80;

/// The summary of one column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSummary {
    /// Rows with NULL.
    pub nulls: u64,
    /// Rows with a value.
    pub values: u64,
    pub distinct: Distinct,
    /// The smallest, earliest or first value as text, truncated to eighty characters.
    pub least: Option<String>,
    /// The largest, latest or last one.
    pub greatest: Option<String>,
    /// The sum of numbers, exact except for floating point; `None` if it has too many digits.
    pub sum: Option<String>,
    /// The average of numbers.
    pub mean: Option<f64>,
    /// How many values are in each of equal steps from the minimum to the maximum, at most [`BARS`]; integers and
    /// dates use whole steps. Empty for types without distances, or with a single distinct value.
    pub bars: Vec<u64>,
}

impl ResultStore {
    /// The column summaries of the filtered rows.
    pub async fn summary(&self, key: &Key, filters: Vec<Filter>) -> Result<Arc<[ColumnSummary]>, Error> {
        check_bounds(&filters)?;
        self.reading(key, true, async move |reading| reading.summary(&filters).await).await
    }
}

impl Reading<'_> {
    async fn summary(&self, filters: &[Filter]) -> Result<Arc<[ColumnSummary]>, Error> {
        let known = |view: &View| match view {
            View::Summary(of, summary) if of == filters => Some(Arc::clone(summary)),
            _ => None,
        };
        if let Some(summary) = self.result_store.views().find(&self.opened.edition, known) {
            return Ok(summary);
        }
        let wanted = if filters.is_empty() { None } else { Some(self.matches(filters).await?) };
        let mut columns = Vec::with_capacity(self.opened.columns.len());
        for (place, column) in self.opened.columns.iter().enumerate() {
            columns.push(self.column_summary(place, column, wanted.as_deref()).await?);
        }
        let summary: Arc<[ColumnSummary]> = columns.into();
        self.result_store.views().insert(&self.opened.edition, View::Summary(filters.to_owned(), Arc::clone(&summary)));
        Ok(summary)
    }

    async fn column_summary(
        &self,
        place: usize,
        column: &StoredColumn,
        wanted: Option<&BooleanBuffer>,
    ) -> Result<ColumnSummary, Error> {
        let mut seen = Seen::new(column.kind);
        self.each_wanted(place, wanted, |array| seen.add(array)).await?;
        let mut bars = Vec::new();
        if let Some(line) = seen.line() {
            bars = vec![0; line.bars];
            self.each_wanted(place, wanted, |array| line.count_into(&mut bars, array, column.kind)).await?;
        }
        Ok(seen.finish(bars))
    }

    /// Passes the values of the filtered rows of a column to `take`.
    async fn each_wanted(
        &self,
        column: usize,
        wanted: Option<&BooleanBuffer>,
        mut take: impl FnMut(&ArrayRef),
    ) -> Result<(), Error> {
        let mut start = 0;
        self.each(column, |array| {
            let Some(wanted) = wanted else {
                take(array);
                return Ok(());
            };
            let here = BooleanArray::new(wanted.slice(start, array.len()), None);
            start += array.len();
            take(&arrow::compute::filter(array, &here).map_err(|error| Error::Damaged(error.into()))?);
            Ok(())
        })
        .await
    }
}

/// The accumulator of a column.
struct Seen {
    kind: Kind,
    nulls: u64,
    values: u64,
    distinct: Counter,
    extremes: Option<(Value, Value)>,
    texts: Option<(String, String)>,
    sum: Option<i128>,
    binary: f64,
}

impl Seen {
    fn new(kind: Kind) -> Self {
        let distinct = Counter::default();
        Self { kind, nulls: 0, values: 0, distinct, extremes: None, texts: None, sum: Some(0), binary: 0.0 }
    }

    fn add(&mut self, array: &ArrayRef) {
        let nulls = array.null_count();
        self.nulls += nulls as u64;
        self.values += (array.len() - nulls) as u64;
        for row in (0..array.len()).filter(|row| array.is_valid(*row)) {
            match Value::of(self.kind, array, row) {
                Some(value) => self.add_value(value),
                None => self.add_text(array.as_string::<i32>().value(row)),
            }
        }
    }

    fn add_value(&mut self, value: Value) {
        match value {
            Value::Whole(number) => {
                self.distinct.add(number);
                self.sum = self.sum.and_then(|sum| sum.checked_add(number));
            }
            Value::Binary(number) => {
                self.distinct.add((number + 0.0).to_bits());
                self.binary += number;
            }
        }
        // OK because NaN can't be ordered.
        if matches!(value, Value::Binary(number) if number.is_nan()) {
            return;
        }
        self.extremes = Some(match self.extremes {
            None => (value, value),
            Some((least, greatest)) => {
                (if less(value, least) { value } else { least }, if less(greatest, value) { value } else { greatest })
            }
        });
    }

    fn add_text(&mut self, text: &str) {
        self.distinct.add(text);
        match &mut self.texts {
            None => self.texts = Some((text.to_owned(), text.to_owned())),
            Some((least, _)) if text < least.as_str() => text.clone_into(least),
            Some((_, greatest)) if text > greatest.as_str() => text.clone_into(greatest),
            Some(_) => {}
        }
    }

    /// The histogram's axis, if the extremes differ.
    fn line(&self) -> Option<Line> {
        let (least, greatest) = self.extremes.filter(|_| self.kind != Kind::Boolean)?;
        let (least, greatest) = (least.number(self.kind), greatest.number(self.kind));
        let length = greatest - least;
        if !(length.is_finite() && length > 0.0) {
            return None;
        }
        Some(if matches!(self.kind, Kind::Integer | Kind::Date) {
            let step = ((length + 1.0) / BARS as f64).ceil();
            Line { least, step, bars: ((length + 1.0) / step).ceil() as usize }
        } else {
            Line { least, step: length / BARS as f64, bars: BARS }
        })
    }

    fn finish(self, bars: Vec<u64>) -> ColumnSummary {
        let kind = self.kind;
        let texts = self.texts.map(|(least, greatest)| (cut(&least), cut(&greatest)));
        let extremes = self.extremes.map(|(least, greatest)| (least.text(kind), greatest.text(kind))).or(texts);
        let (least, greatest) = extremes.unzip();
        let sum = match kind {
            Kind::Double => Some(Value::Binary(self.binary)),
            _ => self.sum.map(Value::Whole),
        };
        let sum = sum.filter(|_| kind.is_number() && self.values > 0);
        let mean = sum.map(|sum| sum.number(kind) / self.values as f64).filter(|mean| mean.is_finite());
        ColumnSummary {
            nulls: self.nulls,
            values: self.values,
            distinct: self.distinct.finish(),
            least,
            greatest,
            sum: sum.map(|sum| sum.text(kind)),
            mean,
            bars,
        }
    }
}

fn less(one: Value, other: Value) -> bool {
    match (one, other) {
        (Value::Whole(one), Value::Whole(other)) => one < other,
        (Value::Binary(one), Value::Binary(other)) => one < other,
        _ => false,
    }
}

/// The axis of a histogram.
#[derive(Clone, Copy, Debug)]
struct Line {
    least: f64,
    /// The width of a bar.
    step: f64,
    bars: usize,
}

impl Line {
    fn count_into(self, bars: &mut [u64], array: &ArrayRef, kind: Kind) {
        for row in (0..array.len()).filter(|row| array.is_valid(*row)) {
            let Some(number) = Value::of(kind, array, row).map(|value| value.number(kind)) else { continue };
            if number.is_finite() {
                let place = ((number - self.least) / self.step) as usize;
                bars[place.min(self.bars - 1)] += 1;
            }
        }
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() > SHOWN { text.chars().take(SHOWN - 1).chain(['…']).collect() } else { text.to_owned() }
}
