//! Sorts a result's rows by one column.
//!
//! Only that column is read, and only row numbers are moved. Numbers become unsigned integers with the same order.
//! Texts are sorted seven bytes at a time, skipping common prefixes, because campaign names start alike or repeat
//! thousands of times. NULLs come last in both directions; the sort is stable. A query engine that can spill to disk
//! was rejected: it sorts whole rows, and the first page of a million rows would take seconds.

use std::ops::Range;

use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};

use super::error::Error;
use super::kind::Kind;

/// The memory limit of one sort. A column that needs more is an error; a million rows need 16 MB for numbers, and for
/// texts additionally their length.
const MEMORY: usize = 96 << 20;

/// The sort column and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The column's index, from 0.
    pub column: usize,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Ascending,
    Descending,
}

/// Sorts row numbers by the values of a column.
pub(super) struct Sorter {
    kind: Kind,
    name: String,
    direction: Direction,
    rows: u32,
    memory: usize,
    nulls: Vec<u32>,
    narrow: Vec<(u64, u32)>,
    wide: Vec<(u128, u32)>,
    texts: Texts,
}

impl Sorter {
    pub(super) fn new(kind: Kind, name: &str, rows: u64, direction: Direction) -> Result<Self, Error> {
        let wide = matches!(kind, Kind::Decimal { precision: 19.., .. });
        let width = if wide { size_of::<(u128, u32)>() } else { size_of::<(u64, u32)>() };
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        let memory = rows.saturating_mul(width);
        let sorter = Self {
            kind,
            name: name.to_owned(),
            direction,
            rows: 0,
            memory,
            nulls: Vec::new(),
            narrow: Vec::new(),
            wide: Vec::new(),
            texts: Texts::default(),
        };
        sorter.check_memory()?;
        let (narrow, wide) = if wide { (0, rows) } else { (rows, 0) };
        Ok(Self { narrow: Vec::with_capacity(narrow), wide: Vec::with_capacity(wide), ..sorter })
    }

    fn check_memory(&self) -> Result<(), Error> {
        if self.memory > MEMORY { Err(Error::TooLargeToSort { column: self.name.clone() }) } else { Ok(()) }
    }

    /// Adds the next values.
    pub(super) fn add(&mut self, array: &dyn Array) -> Result<(), Error> {
        let start = self.rows;
        self.rows += array.len() as u32;
        self.nulls.extend((0..array.len()).filter(|row| array.is_null(*row)).map(|row| start + row as u32));
        match self.kind {
            Kind::Text => {
                self.memory += array.get_array_memory_size();
                self.check_memory()?;
                self.narrow.extend(valid(array, start).map(|(_, row)| (0, row)));
                self.texts.push(start, array.as_string::<i32>().clone());
            }
            Kind::Integer => self.narrow(array, |row| signed(array.as_primitive::<Int64Type>().value(row))),
            Kind::Double => self.narrow(array, |row| float(array.as_primitive::<Float64Type>().value(row))),
            Kind::Boolean => self.narrow(array, |row| u64::from(array.as_boolean().value(row))),
            Kind::Date => self.narrow(array, |row| signed(array.as_primitive::<Date32Type>().value(row).into())),
            Kind::Timestamp { .. } => {
                self.narrow(array, |row| signed(array.as_primitive::<TimestampMicrosecondType>().value(row)));
            }
            Kind::Decimal { precision: ..=18, .. } => {
                self.narrow(array, |row| signed(array.as_primitive::<Decimal128Type>().value(row) as i64));
            }
            Kind::Decimal { .. } => {
                let flip = if self.direction == Direction::Descending { u128::MAX } else { 0 };
                let values = array.as_primitive::<Decimal128Type>();
                let key = |(row, number)| ((values.value(row) as u128 ^ (1 << 127)) ^ flip, number);
                self.wide.extend(valid(array, start).map(key));
            }
        }
        Ok(())
    }

    fn narrow(&mut self, array: &dyn Array, key: impl Fn(usize) -> u64) {
        let flip = if self.direction == Direction::Descending { u64::MAX } else { 0 };
        let start = self.rows - array.len() as u32;
        self.narrow.extend(valid(array, start).map(|(row, number)| (key(row) ^ flip, number)));
    }

    /// All rows, sorted.
    pub(super) fn finish(mut self) -> Vec<u32> {
        if self.kind == Kind::Text {
            self.texts.sort(&mut self.narrow, self.direction);
        } else {
            self.narrow.sort_by_key(|(key, _)| *key);
            self.wide.sort_by_key(|(key, _)| *key);
        }
        let mut order = Vec::with_capacity(self.rows as usize);
        order.extend(self.narrow.iter().map(|(_, row)| row));
        order.extend(self.wide.iter().map(|(_, row)| row));
        order.extend(self.nulls);
        order
    }
}

/// The indexes in an array that aren't NULL, each with its row.
fn valid(array: &dyn Array, start: u32) -> impl Iterator<Item = (usize, u32)> {
    (0..array.len()).filter(|row| array.is_valid(*row)).map(move |row| (row, start + row as u32))
}

fn signed(number: i64) -> u64 {
    number as u64 ^ (1 << 63)
}

/// Bits that sort like the number; NaN is the largest.
fn float(number: f64) -> u64 {
    let bits = if number.is_nan() { f64::NAN.to_bits() & (u64::MAX >> 1) } else { (number + 0.0).to_bits() };
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The texts of a column, as decoded.
#[derive(Default)]
struct Texts {
    starts: Vec<u32>,
    arrays: Vec<StringArray>,
}

/// Bytes of a text that are compared at a time; the eighth byte is their number.
const STRIDE: usize = 7;

impl Texts {
    fn push(&mut self, start: u32, array: StringArray) {
        self.starts.push(start);
        self.arrays.push(array);
    }

    /// The rest of a row's text after `depth` bytes.
    fn rest(&self, row: u32, depth: usize) -> &[u8] {
        let place = self.starts.partition_point(|start| *start <= row).saturating_sub(1);
        let text = self.arrays[place].value((row - self.starts[place]) as usize);
        text.as_bytes().get(depth..).unwrap_or_default()
    }

    fn sort(&self, entries: &mut [(u64, u32)], direction: Direction) {
        let flip = if direction == Direction::Descending { u64::MAX } else { 0 };
        let mut open: Vec<(Range<usize>, usize)> = vec![(0..entries.len(), 0)];
        while let Some((range, depth)) = open.pop() {
            let first = range.start;
            let run = &mut entries[range];
            let depth = depth + self.shared(run, depth);
            for (key, row) in run.iter_mut() {
                *key = stride(self.rest(*row, depth)) ^ flip;
            }
            run.sort_by_key(|(key, _)| *key);
            let mut start = first;
            for alike in run.chunk_by(|one, other| one.0 == other.0) {
                let goes_on = (alike[0].0 ^ flip) & 0xff > STRIDE as u64;
                if goes_on && alike.len() > 1 {
                    open.push((start..start + alike.len(), depth + STRIDE));
                }
                start += alike.len();
            }
        }
    }

    /// The length of the common prefix of all texts of a run after `depth` bytes.
    fn shared(&self, run: &[(u64, u32)], depth: usize) -> usize {
        let Some(((_, first), others)) = run.split_first() else {
            return 0;
        };
        let mut shared = self.rest(*first, depth);
        for (_, row) in others {
            let other = self.rest(*row, depth);
            if !other.starts_with(shared) {
                let length = shared.iter().zip(other).take_while(|(one, other)| one == other).count();
                shared = &shared[..length];
            }
            if shared.is_empty() {
                break;
            }
        }
        shared.len()
    }
}

fn stride(rest: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = rest.len().min(STRIDE);
    bytes[..length].copy_from_slice(&rest[..length]);
    bytes[STRIDE] = rest.len().min(STRIDE + 1) as u8;
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use arrow::array::Float64Array;
    use proptest::prelude::*;

    use super::*;

    fn sorted(texts: &[Option<String>], direction: Direction) -> Vec<u32> {
        let mut sorter = Sorter::new(Kind::Text, "name", texts.len() as u64, direction).unwrap();
        for some in texts.chunks(7) {
            sorter.add(&StringArray::from(some.to_vec())).unwrap();
        }
        sorter.finish()
    }

    #[test]
    fn floating_point_numbers_sort_by_value_and_what_is_none_comes_after() {
        let numbers = [f64::NAN, 1.5, f64::NEG_INFINITY, -0.0, -2.0, 0.0, f64::INFINITY];
        let mut sorter = Sorter::new(Kind::Double, "cost", 7, Direction::Ascending).unwrap();
        sorter.add(&Float64Array::from(numbers.to_vec())).unwrap();
        assert_eq!(sorter.finish(), [2, 4, 3, 5, 1, 6, 0]);
    }

    #[test]
    fn a_column_that_needs_too_much_memory_is_refused_before_it_is_taken() {
        let refused = Sorter::new(Kind::Integer, "clicks", 50_000_000, Direction::Ascending);
        assert!(matches!(refused.map(|_| ()), Err(Error::TooLargeToSort { .. })));
    }

    proptest! {
        #[test]
        fn texts_sort_as_a_stable_sort_of_their_bytes_does(
            texts in proptest::collection::vec(proptest::option::of("(campaign |campaign 2024 )?[a\u{0}é]{0,20}"), 0..60),
        ) {
            for direction in [Direction::Ascending, Direction::Descending] {
                let mut expected: Vec<u32> = (0..texts.len() as u32).collect();
                expected.sort_by(|one, other| {
                    let (one, other) = (&texts[*one as usize], &texts[*other as usize]);
                    let by_value = if direction == Direction::Descending { other.cmp(one) } else { one.cmp(other) };
                    one.is_none().cmp(&other.is_none()).then(by_value)
                });
                prop_assert_eq!(sorted(&texts, direction), expected);
            }
        }
    }
}
