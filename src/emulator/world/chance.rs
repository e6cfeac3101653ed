//! Reproducible randomness: the same seed and the same place give the same draw, on every machine.
//!
//! Values that can be drawn again aren't stored. A person's home, an impression's site or a click's price are derived
//! from a hash of who and when, so wide rows use no memory. The generator (`SplitMix64`) is our own code because its
//! numbers determine the data: an upgrade of a crate would change every result.

/// Mixes two numbers into one that looks random; not for secrets.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Hashes a text, for draws that depend on a name and must not change when a list grows.
pub(super) fn hash_text(seed: u64, text: &str) -> u64 {
    text.bytes().fold(mix(seed, 0x7e57), |hash, byte| mix(hash, u64::from(byte)))
}

/// A number in `0..1` from a hash; `salt` makes several independent ones from the same hash.
pub(super) fn unit(hash: u64, salt: u64) -> f32 {
    (mix(hash, salt) >> 40) as f32 / (1_u32 << 24) as f32
}

/// An integer below `limit` from a hash; 0 if `limit` is 0.
pub(super) fn below(hash: u64, salt: u64, limit: usize) -> usize {
    ((u128::from(mix(hash, salt)) * limit as u128) >> 64) as usize
}

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0, 0)
    }

    /// A number in `0..1`.
    pub(super) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// True with the given probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// An integer in `0..limit`; 0 if `limit` is 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        (((self.next() >> 32) * limit as u64) >> 32) as usize
    }

    /// The number of rare events when `mean` are expected, at most 12.
    pub(super) fn count(&mut self, mean: f32) -> u32 {
        let floor = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > floor && count < 12 {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// A waiting time with the given mean, at most six times the mean.
    pub(super) fn wait(&mut self, mean: f32) -> f32 {
        (-(1.0 - self.unit()).max(1e-6).ln()).min(6.0) * mean
    }
}

/// Weighted items, drawn in proportion.
#[derive(Debug, Clone, Default)]
pub(super) struct Wheel<T> {
    items: Vec<T>,
    sums: Vec<f32>,
}

impl<T: Copy> Wheel<T> {
    pub(super) fn push(&mut self, item: T, weight: f32) {
        self.sums.push(self.total() + weight);
        self.items.push(item);
    }

    pub(super) fn total(&self) -> f32 {
        self.sums.last().copied().unwrap_or(0.0)
    }

    /// The item at `point`, a number in `0..1`; `None` if empty.
    pub(super) fn at(&self, point: f32) -> Option<T> {
        let target = point * self.total();
        let index = self.sums.partition_point(|sum| *sum <= target);
        self.items.get(index).or(self.items.last()).copied()
    }
}

/// An opaque key of `length` letters and digits, like the ids of people, requests and sessions.
pub(super) fn key_text(hash: u64, length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789Zz";
    let mut text = String::with_capacity(length);
    let (mut state, mut round) = (mix(hash, 0x6b65), 1);
    for place in 0..length {
        if place % 10 == 0 {
            state = mix(hash, round);
            round += 1;
        }
        text.push(char::from(LETTERS[(state & 63) as usize]));
        state >>= 6;
    }
    text
}

/// Upper-case letters and digits, like ASINs and entity ids.
pub(super) fn code_text(hash: u64, length: usize) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDFGHJKLMNPQRSTVWXYZ";
    let state = mix(hash, 0x636f);
    (0..length).map(|place| char::from(LETTERS[((state >> (5 * (place % 12))) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_draws_in_proportion() {
        let mut wheel = Wheel::default();
        wheel.push('a', 1.0);
        wheel.push('b', 3.0);
        let mut dice = Dice::new(7);
        let hits = (0..4000).filter(|_| wheel.at(dice.unit()) == Some('b')).count();
        assert!((2800..3200).contains(&hits), "{hits}");
    }

    #[test]
    fn rare_counts_have_the_asked_mean() {
        let mut dice = Dice::new(3);
        let sum: u32 = (0..10_000).map(|_| dice.count(0.7)).sum();
        assert!((6_700..7_300).contains(&sum), "{sum}");
    }
}
