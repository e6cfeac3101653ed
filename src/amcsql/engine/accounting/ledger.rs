//! The users behind a row, as far as thresholds need to know.
//!
//! A *tag* is one user in one scan of a source: the scan's index in the upper half of a `u64`, the user's dense
//! number in the lower. A *ledger* is the set of tags behind an intermediate row. No threshold requires more than
//! [`ENOUGH`] users, and ledgers are only ever united, so a ledger keeps at most that many users of a scan and is
//! still exact where it matters: the union of truncated sets has at least `min(100, n)` users if the union of the
//! complete sets has `n`.

use arrow::array::{ArrayRef, BinaryBuilder};
use datafusion::common::{Result, exec_datafusion_err};

/// The highest number of users that any threshold requires; a ledger stops counting a scan's users there.
pub(in super::super) const ENOUGH: usize = 100;

/// Represents rows without a user (`user_id` is NULL): present, but not counted.
pub(super) const NOBODY: u32 = u32::MAX;

/// The scan of a tag.
pub(super) fn reading(tag: u64) -> u32 {
    (tag >> 32) as u32
}

/// Whether a tag is a user, not [`NOBODY`].
pub(super) fn is_user(tag: u64) -> bool {
    tag as u32 != NOBODY
}

/// A set of tags; small ones need no heap memory.
#[derive(Debug, Default)]
pub(in super::super) enum Ledger {
    #[default]
    Empty,
    One(u64),
    Many(Box<Tags>),
}

#[derive(Debug, Default)]
pub(in super::super) struct Tags {
    sorted: Vec<u64>,
    /// A bit set of scans below 64 that have enough users.
    full: u64,
}

impl Ledger {
    /// Adds a tag, unless its scan has enough users.
    pub(in super::super) fn add(&mut self, tag: u64) {
        match self {
            Self::Empty => *self = Self::One(tag),
            Self::One(known) if *known == tag => {}
            Self::One(known) => {
                let mut tags = Tags { sorted: vec![*known], full: 0 };
                tags.add(tag);
                *self = Self::Many(Box::new(tags));
            }
            Self::Many(tags) => tags.add(tag),
        }
    }

    /// Adds the output of [`Ledger::encode`].
    pub(in super::super) fn add_encoded(&mut self, bytes: &[u8]) {
        decode(bytes).for_each(|tag| self.add(tag));
    }

    /// The tags, sorted.
    pub(in super::super) fn tags(&self) -> &[u64] {
        match self {
            Self::Empty => &[],
            Self::One(tag) => std::slice::from_ref(tag),
            Self::Many(tags) => &tags.sorted,
        }
    }

    /// The tags as bytes, eight each.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        self.tags().iter().for_each(|tag| out.extend(tag.to_le_bytes()));
    }

    /// The number of users of each scan.
    pub(in super::super) fn counts(&self) -> impl Iterator<Item = (u32, usize)> {
        let chunks = self.tags().chunk_by(|a, b| reading(*a) == reading(*b));
        chunks.filter_map(|tags| Some((reading(*tags.first()?), tags.iter().filter(|tag| is_user(**tag)).count())))
    }

    /// Heap memory in bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Many(tags) => size_of::<Tags>() + tags.sorted.capacity() * size_of::<u64>(),
            _ => 0,
        }
    }
}

impl Tags {
    fn add(&mut self, tag: u64) {
        let bit = 1_u64.checked_shl(reading(tag)).unwrap_or(0);
        if self.full & bit != 0 {
            return;
        }
        let Err(place) = self.sorted.binary_search(&tag) else { return };
        if is_user(tag) && self.users(reading(tag)) >= ENOUGH {
            self.full |= bit;
            return;
        }
        self.sorted.insert(place, tag);
    }

    fn users(&self, of: u32) -> usize {
        let start = self.sorted.partition_point(|tag| reading(*tag) < of);
        let end = self.sorted.partition_point(|tag| *tag < (u64::from(of) << 32 | u64::from(NOBODY)));
        end - start
    }
}

/// The encoded tags; an incomplete last one is dropped.
pub(super) fn decode(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks_exact(8).map(|chunk| {
        let mut tag = [0; 8];
        tag.copy_from_slice(chunk);
        u64::from_le_bytes(tag)
    })
}

/// Encodes each item on its own.
pub(super) fn encode_all<T>(items: impl Iterator<Item = T>, encode: impl Fn(T, &mut Vec<u8>)) -> Result<ArrayRef> {
    let mut out = BinaryBuilder::new();
    let (mut bytes, mut total) = (Vec::new(), 0_usize);
    for item in items {
        bytes.clear();
        encode(item, &mut bytes);
        total += bytes.len();
        if total > i32::MAX as usize {
            return Err(exec_datafusion_err!("the users behind the rows need more than two gigabytes in one batch"));
        }
        out.append_value(&bytes);
    }
    Ok(std::sync::Arc::new(out.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(reading: u32, user: u32) -> u64 {
        u64::from(reading) << 32 | u64::from(user)
    }

    #[test]
    fn users_are_counted_once_and_per_reading() {
        let mut ledger = Ledger::default();
        for tag in [tag(0, 1), tag(0, 1), tag(1, 1), tag(0, 2), tag(1, NOBODY)] {
            ledger.add(tag);
        }
        assert_eq!(ledger.counts().collect::<Vec<_>>(), [(0, 2), (1, 1)]);
    }

    #[test]
    fn a_row_of_nobody_is_present_and_counts_no_user() {
        let mut ledger = Ledger::default();
        ledger.add(tag(3, NOBODY));
        assert_eq!(ledger.counts().collect::<Vec<_>>(), [(3, 0)]);
    }

    #[test]
    fn counting_stops_where_no_threshold_asks_for_more() {
        let mut ledger = Ledger::default();
        (0..1000).for_each(|user| ledger.add(tag(0, user * 7 % 1000)));
        ledger.add(tag(1, 5));
        assert_eq!(ledger.counts().collect::<Vec<_>>(), [(0, ENOUGH), (1, 1)]);
        let mut bytes = Vec::new();
        ledger.encode(&mut bytes);
        let mut copy = Ledger::default();
        copy.add_encoded(&bytes);
        assert_eq!(copy.tags(), ledger.tags());
    }
}
