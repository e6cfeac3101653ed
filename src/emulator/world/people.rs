//! People: who they are, their devices, and their ids in AMC.
//!
//! A person is a number. Everything else is derived from the seed and that number, so that six million people use no
//! more memory than six.

use super::chance::{key_text, mix, unit};
use super::places::{City, city_of};

/// People at scale 1.
pub(super) const PEOPLE: f64 = 60_000.0;
/// Brands of the advertiser group.
pub(super) const BRANDS: usize = 3;

/// The device on which an ad is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Device {
    Phone,
    Computer,
    Television,
    Tablet,
}

/// The id type of an event; the discriminants are stored in compact events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// The Amazon account.
    Account = 0,
    /// A device, mostly a television.
    Device = 1,
    /// A browser without a signed-in account.
    Browser = 2,
    /// An event without an id in AMC.
    Unknown = 3,
}

impl Identity {
    pub(super) fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::Account,
            1 => Self::Device,
            2 => Self::Browser,
            _ => Self::Unknown,
        }
    }

    /// AMC's value in `user_id_type`.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::Account => Some("adUserId"),
            Self::Device => Some("sisDeviceId"),
            Self::Browser => Some("adBrowserId"),
            Self::Unknown => None,
        }
    }
}

/// A person as needed by the simulation.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) index: u32,
    pub(super) hash: u64,
    /// How much they use media and shops; 1 is average, the heaviest users have 9.
    pub(super) weight: f32,
    /// Affinity per brand; 1 is average.
    pub(super) affinity: [f32; BRANDS],
    /// Bought the brand in the year before the history begins.
    pub(super) owner: [bool; BRANDS],
}

/// The hash from which all traits of a person are derived.
pub(super) fn person_hash(seed: u64, index: u32) -> u64 {
    mix(mix(seed, 0x9e0b), u64::from(index))
}

impl Person {
    pub(super) fn new(seed: u64, index: u32) -> Self {
        let hash = person_hash(seed, index);
        let spread = unit(hash, 1) + unit(hash, 2) + unit(hash, 3) - 1.5;
        let weight = (spread * 1.9 - 0.42).exp().min(9.0);
        let affinity = std::array::from_fn(|brand| affinity_of(hash, brand));
        let owner = std::array::from_fn(|brand| unit(hash, 20 + brand as u64) < 0.03 + 0.07 * affinity_of(hash, brand));
        Self { index, hash, weight, affinity, owner }
    }
}

fn affinity_of(hash: u64, brand: usize) -> f32 {
    let point = unit(hash, 10 + brand as u64);
    0.15 + 3.4 * point * point * point
}

/// Where a person lives.
pub(super) fn home(hash: u64) -> &'static City {
    city_of(hash)
}

/// Whether a person has Prime.
pub(super) fn prime(hash: u64) -> bool {
    unit(hash, 30) < 0.74
}

/// Whether a person shops on Amazon Business.
pub(super) fn business(hash: u64) -> bool {
    unit(hash, 31) < 0.04
}

/// Whether a person's records are excluded from audiences with third-party tracking.
pub(super) fn untracked(hash: u64) -> bool {
    unit(hash, 32) < 0.06
}

/// The id type of an event on a device. A device is always or never signed in; one event in twenty-five has no id.
/// `point` in `0..1` belongs to the event.
pub(super) fn identity(hash: u64, device: Device, on_amazon: bool, point: f32) -> Identity {
    if point < 0.04 {
        return Identity::Unknown;
    }
    let signed_in = if on_amazon { 0.95 } else { 0.72 };
    if unit(hash, 40 + device as u64) < signed_in {
        return Identity::Account;
    }
    match device {
        Device::Television | Device::Phone | Device::Tablet => Identity::Device,
        Device::Computer => Identity::Browser,
    }
}

/// The dense number of a user id: three ids per person. `None` for an unknown one.
pub(super) fn user_number(person: u32, identity: Identity) -> Option<u32> {
    (identity != Identity::Unknown).then(|| person * 3 + identity as u32)
}

/// The user id as AMC shows it in subqueries: opaque text.
pub(super) fn user_id(seed: u64, person: u32, identity: Identity) -> Option<String> {
    let number = user_number(person, identity)?;
    Some(key_text(mix(mix(seed, 0x05e2), u64::from(number)), 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_people_are_heavy_and_most_are_light() {
        let weights: Vec<f32> = (0..5000).map(|index| Person::new(1, index).weight).collect();
        let mean = weights.iter().sum::<f32>() / 5000.0;
        assert!((0.7..1.3).contains(&mean), "{mean}");
        let light = weights.iter().filter(|weight| **weight < mean).count();
        assert!(light > 2750, "{light}");
    }

    #[test]
    fn an_unknown_person_has_neither_id_nor_number() {
        assert_eq!(user_id(1, 5, Identity::Unknown), None);
        assert_eq!(user_number(5, Identity::Unknown), None);
        assert_ne!(user_id(1, 5, Identity::Account), user_id(1, 5, Identity::Browser));
    }
}
