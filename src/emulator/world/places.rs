//! Where people live: states, market areas, cities and many postal codes.
//!
//! Most people live in big cities with few codes each; small towns have many codes with only a few people, where a
//! threshold of a hundred users has an effect.

use std::sync::LazyLock;

use super::chance::{below, unit};

/// A city with its market area; `weight` is its share of the people.
#[derive(Debug)]
pub(super) struct City {
    pub(super) name: &'static str,
    pub(super) state: &'static str,
    pub(super) dma: &'static str,
    zip: u32,
    codes: usize,
    weight: usize,
}

const fn city(
    name: &'static str,
    state: &'static str,
    dma: &'static str,
    zip: u32,
    codes: usize,
    weight: usize,
) -> City {
    City { name, state, dma, zip, codes, weight }
}

/// Largest first; the small towns share their weight over many postal codes.
static CITIES: [City; 32] = [
    city("New York", "US-NY", "US-DMA501", 10001, 40, 150),
    city("Los Angeles", "US-CA", "US-DMA803", 90001, 40, 110),
    city("Chicago", "US-IL", "US-DMA602", 60601, 30, 72),
    city("Dallas", "US-TX", "US-DMA623", 75201, 24, 60),
    city("Houston", "US-TX", "US-DMA618", 77002, 24, 56),
    city("Philadelphia", "US-PA", "US-DMA504", 19102, 20, 52),
    city("Atlanta", "US-GA", "US-DMA524", 30303, 18, 48),
    city("Washington", "US-DC", "US-DMA511", 20001, 18, 46),
    city("Boston", "US-MA", "US-DMA506", 2108, 18, 44),
    city("San Francisco", "US-CA", "US-DMA807", 94102, 18, 44),
    city("Phoenix", "US-AZ", "US-DMA753", 85003, 18, 40),
    city("Seattle", "US-WA", "US-DMA819", 98101, 16, 40),
    city("Tampa", "US-FL", "US-DMA539", 33602, 16, 36),
    city("Minneapolis", "US-MN", "US-DMA613", 55401, 14, 30),
    city("Denver", "US-CO", "US-DMA751", 80202, 14, 30),
    city("Miami", "US-FL", "US-DMA528", 33125, 14, 28),
    city("Orlando", "US-FL", "US-DMA534", 32801, 12, 26),
    city("Cleveland", "US-OH", "US-DMA510", 44102, 12, 22),
    city("Sacramento", "US-CA", "US-DMA862", 95811, 12, 22),
    city("Portland", "US-OR", "US-DMA820", 97201, 12, 20),
    city("Charlotte", "US-NC", "US-DMA517", 28202, 12, 20),
    city("St. Louis", "US-MO", "US-DMA609", 63101, 12, 18),
    city("Pittsburgh", "US-PA", "US-DMA508", 15201, 12, 18),
    city("Nashville", "US-TN", "US-DMA659", 37201, 10, 16),
    city("Salt Lake City", "US-UT", "US-DMA770", 84101, 10, 15),
    city("Milwaukee", "US-WI", "US-DMA617", 53202, 10, 13),
    city("Spokane", "US-WA", "US-DMA881", 99201, 30, 10),
    city("Boise", "US-ID", "US-DMA757", 83702, 30, 9),
    city("Fargo", "US-ND", "US-DMA724", 58102, 40, 7),
    city("Burlington", "US-VT", "US-DMA523", 5401, 40, 6),
    city("Bangor", "US-ME", "US-DMA537", 4401, 50, 5),
    city("Helena", "US-MT", "US-DMA766", 59601, 50, 4),
];

/// Each city as often as its weight, so that a draw is one lookup.
static SPREAD: LazyLock<Vec<&'static City>> =
    LazyLock::new(|| CITIES.iter().flat_map(|city| std::iter::repeat_n(city, city.weight)).collect());

/// The city of a person, derived from a hash.
pub(super) fn city_of(hash: u64) -> &'static City {
    SPREAD[below(hash, 0x0c17, SPREAD.len())]
}

/// The postal code of a person in a city, as `US-12345`; a city's first codes have the most people.
pub(super) fn postal_code(city: &City, hash: u64) -> String {
    let point = unit(hash, 0x0217);
    let place = (point * point * city.codes as f32) as u32;
    format!("US-{:05}", city.zip + place)
}
