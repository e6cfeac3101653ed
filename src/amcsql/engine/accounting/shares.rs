//! Each user's contribution to a metric, as far as the effective and the equivalent count need to know.
//!
//! The effective count is the number of users who contributed anything; a [`Ledger`] counts them. The equivalent
//! count divides the row's total by the largest share of one user, and only matters up to two: so it must be known
//! whether one user has more than half. [`Shares`] keeps every user's exact share while there are few, and of the
//! largest contributors when there are many: beyond [`KEPT_AT_MOST`] users, all shares are lowered by the same amount
//! so that half of them reach zero (the frequent items summary of Misra and Gries). No share is then too low by more
//! than 1/128 of the total, and the estimate errs towards protecting people.

use datafusion::common::HashMap;

use super::ledger::{Ledger, decode};

/// Maximum number of users with their own share; beyond it, the smallest are dropped.
const KEPT_AT_MOST: usize = 256;
/// How many are kept when the smallest are dropped.
const KEPT_AFTER: usize = 128;

/// The users behind one metric of one row.
#[derive(Debug, Default)]
pub(in super::super) struct Shares {
    /// The sum of all contributions, including rows without a user.
    total: f64,
    /// The maximum amount by which a share may be too low.
    lowered: f64,
    contributors: Ledger,
    heavy: Heavy,
}

#[derive(Debug, Default)]
enum Heavy {
    #[default]
    None,
    One(u64, f64),
    Many(HashMap<u64, f64>),
}

impl Shares {
    /// Adds a nonzero contribution; its sign is ignored.
    pub(super) fn add(&mut self, tag: u64, weight: f64) {
        let weight = weight.abs();
        self.total += weight;
        self.contributors.add(tag);
        if super::ledger::is_user(tag) {
            self.weigh(tag, weight);
        }
    }

    fn weigh(&mut self, tag: u64, weight: f64) {
        match &mut self.heavy {
            Heavy::None => self.heavy = Heavy::One(tag, weight),
            Heavy::One(known, share) if *known == tag => *share += weight,
            Heavy::One(known, share) => {
                self.heavy = Heavy::Many([(*known, *share), (tag, weight)].into_iter().collect());
            }
            Heavy::Many(shares) => {
                *shares.entry(tag).or_insert(0.0) += weight;
                if shares.len() > KEPT_AT_MOST {
                    self.lowered += forget_light(shares);
                }
            }
        }
    }

    /// The total divided by the largest share of a user, at most two.
    pub(in super::super) fn equivalent(&self) -> usize {
        let largest = match &self.heavy {
            Heavy::None => 0.0,
            Heavy::One(_, share) => *share,
            Heavy::Many(shares) => shares.values().copied().fold(0.0, f64::max),
        };
        if largest == 0.0 {
            return 2;
        }
        ((self.total * (1.0 + 1e-9) / (largest + self.lowered)) as usize).clamp(1, 2)
    }

    /// Users who contributed, per reading.
    pub(in super::super) fn contributors(&self) -> &Ledger {
        &self.contributors
    }

    /// The total of all contributions, without signs.
    pub(in super::super) fn total(&self) -> f64 {
        self.total
    }

    /// Adds the output of [`Shares::encode`].
    pub(in super::super) fn add_encoded(&mut self, bytes: &[u8]) {
        let mut words = decode(bytes);
        let mut number = || words.next().map(f64::from_bits);
        let (Some(total), Some(lowered)) = (number(), number()) else { return };
        self.total += total;
        self.lowered += lowered;
        let contributors = words.next().unwrap_or(0);
        for _ in 0..contributors {
            let Some(tag) = words.next() else { return };
            self.contributors.add(tag);
        }
        while let (Some(tag), Some(share)) = (words.next(), words.next()) {
            self.weigh(tag, f64::from_bits(share));
        }
    }

    /// Eight-byte words: total, lowered, number of contributors, their tags, then pairs of tag and share.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let tags = self.contributors.tags();
        let head = [self.total.to_bits(), self.lowered.to_bits(), tags.len() as u64];
        head.iter().chain(tags).for_each(|word| out.extend(word.to_le_bytes()));
        let mut pair = |tag: u64, share: f64| [tag, share.to_bits()].iter().for_each(|it| out.extend(it.to_le_bytes()));
        match &self.heavy {
            Heavy::None => {}
            Heavy::One(tag, share) => pair(*tag, *share),
            Heavy::Many(shares) => shares.iter().for_each(|(tag, share)| pair(*tag, *share)),
        }
    }

    /// Heap memory in bytes.
    pub(super) fn size(&self) -> usize {
        let heavy = match &self.heavy {
            Heavy::Many(shares) => shares.capacity() * (size_of::<(u64, f64)>() + 1),
            _ => 0,
        };
        self.contributors.size() + heavy
    }
}

/// Lowers all shares by that of the first user to be dropped; returns that amount.
fn forget_light(shares: &mut HashMap<u64, f64>) -> f64 {
    let mut sorted: Vec<f64> = shares.values().copied().collect();
    let (_, threshold, _) = sorted.select_nth_unstable_by(KEPT_AFTER, |a, b| b.total_cmp(a));
    let threshold = *threshold;
    shares.retain(|_, share| {
        *share -= threshold;
        *share > 0.0
    });
    threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_heavy_user_does_not_stand_for_a_crowd() {
        let mut shares = Shares::default();
        (0..200).for_each(|user| shares.add(user, 1.0));
        assert_eq!(shares.equivalent(), 2);
        shares.add(7, 500.0);
        assert_eq!(shares.equivalent(), 1);
    }

    #[test]
    fn a_heavy_user_is_found_among_thousands() {
        let mut shares = Shares::default();
        for user in 0..20_000_u64 {
            shares.add(user, 1.0);
            shares.add(3, 1.1);
        }
        assert_eq!(shares.equivalent(), 1);
        let mut even = Shares::default();
        (0..20_000).for_each(|user| even.add(user, 1.0));
        assert_eq!(even.equivalent(), 2);
        assert_eq!(even.contributors().counts().collect::<Vec<_>>(), [(0, super::super::ledger::ENOUGH)]);
    }

    #[test]
    fn half_and_half_is_two() {
        let mut shares = Shares::default();
        shares.add(1, 5.0);
        shares.add(2, 5.0);
        assert_eq!(shares.equivalent(), 2);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let mut bytes = Vec::new();
        let mut left = Shares::default();
        left.add(1, 3.0);
        left.encode(&mut bytes);
        let mut whole = Shares::default();
        whole.add(1, 2.0);
        whole.add(2, 4.0);
        whole.add_encoded(&bytes);
        assert_eq!((whole.total(), whole.equivalent()), (9.0, 1));
    }
}
