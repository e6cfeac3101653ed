//! Counts the distinct values of a column in limited memory.
//!
//! Up to several thousand distinct values the count is exact; beyond that, their hashes go into a sketch
//! (`HyperLogLog`), whose error is about two percent. A set of all values was rejected: an id column has as many as
//! rows.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

/// Up to this many distinct values are counted exactly.
const EXACT: usize = 16_384;
/// Hash bits that select a register of the sketch, and the number of registers.
const BITS: u32 = 14;
const PLACES: usize = 1 << BITS;

/// A count of distinct values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distinct {
    pub count: u64,
    /// Whether it is exact.
    pub exact: bool,
}

/// Counts distinct values.
#[derive(Debug, Default)]
pub(super) struct Counter {
    hasher: BuildHasherDefault<DefaultHasher>,
    seen: HashSet<u64>,
    sketch: Vec<u8>,
}

impl Counter {
    pub(super) fn add(&mut self, value: impl Hash) {
        let hash = self.hasher.hash_one(value);
        if !self.sketch.is_empty() {
            return sketched(&mut self.sketch, hash);
        }
        self.seen.insert(hash);
        if self.seen.len() > EXACT {
            self.sketch = vec![0; PLACES];
            for hash in std::mem::take(&mut self.seen) {
                sketched(&mut self.sketch, hash);
            }
        }
    }

    pub(super) fn finish(&self) -> Distinct {
        if self.sketch.is_empty() {
            return Distinct { count: self.seen.len() as u64, exact: true };
        }
        let places = PLACES as f64;
        let weight: f64 = self.sketch.iter().map(|rank| 2_f64.powi(-i32::from(*rank))).sum();
        let raw = 0.7213 / (1.0 + 1.079 / places) * places * places / weight;
        let empty = self.sketch.iter().map(|rank| usize::from(*rank == 0)).sum::<usize>();
        // OK because in a sparse sketch the empty registers say more than the ranks.
        let count = if raw < 2.5 * places && empty > 0 { places * (places / empty as f64).ln() } else { raw };
        Distinct { count: count.round() as u64, exact: false }
    }
}

fn sketched(sketch: &mut [u8], hash: u64) {
    let place = (hash >> (64 - BITS)) as usize;
    let rank = ((hash << BITS) | (1 << (BITS - 1))).leading_zeros() as u8 + 1;
    sketch[place] = sketch[place].max(rank);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(values: u64) -> Distinct {
        let mut counter = Counter::default();
        for value in (0..values).chain(0..values / 2) {
            counter.add(value);
        }
        counter.finish()
    }

    #[test]
    fn few_values_are_counted_exactly_and_many_closely() {
        assert_eq!(counted(0), Distinct { count: 0, exact: true });
        assert_eq!(counted(EXACT as u64), Distinct { count: EXACT as u64, exact: true });
        for many in [20_000, 50_000, 300_000] {
            let found = counted(many);
            assert!(!found.exact && found.count.abs_diff(many) < many / 33, "{found:?} of {many}");
        }
    }
}
