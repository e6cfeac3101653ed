//! Counts the users of a row, and explains the count.

use arrow::array::{Array, AsArray, BinaryArray, UInt64Array};
use arrow::datatypes::UInt64Type;
use arrow::record_batch::RecordBatch;

use super::super::accounting::{Ledger, Shares};
use super::super::run::RunError;
use super::Thresholds;
use crate::amcsql::bound::Query;

/// Which of the three counts was decisive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// Distinct users behind the row.
    Standard,
    /// Users who contributed to a metric.
    Effective,
    /// The metric's total divided by the largest share.
    Equivalent,
}

/// The outcome for a row.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// The counted users; `usize::MAX` if the row isn't judged.
    pub(super) users: usize,
    /// The decisive scan and count.
    because: Option<(u32, Count)>,
}

impl Verdict {
    /// A row without any user-level source.
    fn free() -> Self {
        Self { users: usize::MAX, because: None }
    }

    fn lower(&mut self, users: usize, reading: u32, count: Count) {
        if users < self.users {
            *self = Self { users, because: Some((reading, count)) };
        }
    }

    /// The value of the distinct users column; NULL if the row isn't judged.
    pub(super) fn counted(&self, cap: usize) -> Option<i64> {
        self.because.map(|_| self.users.min(cap) as i64)
    }

    /// Why the row misses a threshold, in AMC's words; `None` if it doesn't.
    pub(super) fn reason(&self, query: &Query, required: usize) -> Option<String> {
        let (reading, count) = self.because.filter(|_| self.users < required)?;
        let scan = query.scans.get(reading as usize)?;
        let path = if scan.paths > 1 { format!(" (path {} of {})", scan.path, scan.paths) } else { String::new() };
        let kind = match count {
            Count::Standard => "",
            Count::Effective => " effective",
            Count::Equivalent => " equivalent",
        };
        Some(format!("{} '{}'{path}{kind} users < {required} required", self.users, scan.source))
    }
}

enum Hidden<'b> {
    Tags(&'b UInt64Array),
    Ledgers(&'b BinaryArray),
}

impl Thresholds<'_> {
    /// A verdict for each row.
    pub(super) fn judge(&self, batch: &RecordBatch) -> Result<Vec<Verdict>, RunError> {
        let users = self.users.iter().map(|name| hidden(batch, name)).collect::<Result<Vec<_>, _>>()?;
        let shares = self.shares.iter().map(|name| hidden(batch, name)).collect::<Result<Vec<_>, _>>()?;
        Ok((0..batch.num_rows()).map(|row| verdict(&users, &shares, row)).collect())
    }
}

fn hidden<'b>(batch: &'b RecordBatch, name: &str) -> Result<Hidden<'b>, RunError> {
    let column = batch.column_by_name(name);
    let tags = column.and_then(|column| column.as_primitive_opt::<UInt64Type>()).map(Hidden::Tags);
    let ledgers = column.and_then(|column| column.as_binary_opt::<i32>()).map(Hidden::Ledgers);
    // OK because a result without its accounting must not be shown.
    tags.or(ledgers).ok_or_else(|| RunError::Value("the users behind the rows are not known".to_owned()))
}

fn verdict(users: &[Hidden<'_>], shares: &[Hidden<'_>], row: usize) -> Verdict {
    let mut ledger = Ledger::default();
    for column in users {
        match column {
            Hidden::Tags(tags) if tags.is_valid(row) => ledger.add(tags.value(row)),
            Hidden::Ledgers(ledgers) if ledgers.is_valid(row) => ledger.add_encoded(ledgers.value(row)),
            _ => {}
        }
    }
    let mut verdict = Verdict::free();
    ledger.counts().for_each(|(reading, users)| verdict.lower(users, reading, Count::Standard));
    if verdict.because.is_none() {
        return verdict;
    }
    for column in shares {
        let Hidden::Ledgers(encoded) = column else { continue };
        if encoded.is_null(row) {
            continue;
        }
        let mut shares = Shares::default();
        shares.add_encoded(encoded.value(row));
        metric(&shares, &mut verdict);
    }
    verdict
}

/// A metric without contributors reveals nothing about anybody.
fn metric(shares: &Shares, verdict: &mut Verdict) {
    if shares.total() == 0.0 {
        return;
    }
    let mut readings = Vec::new();
    for (reading, users) in shares.contributors().counts() {
        verdict.lower(users, reading, Count::Effective);
        readings.push(reading);
    }
    let equivalent = shares.equivalent();
    if let (true, Some(reading)) = (equivalent < 2, readings.first()) {
        verdict.lower(equivalent, *reading, Count::Equivalent);
    }
}
