//! The world of the pretend AMC: one invented advertiser group and the people who see its ads.
//!
//! Every source of the catalogue is a view of the same journeys: an impression, the click on it, the
//! purchase credited to it and the purchase in the shop's own books agree, because they are one
//! event. The same seed and day give the same world; brands, campaigns and people differ from seed to
//! seed.

mod attribution;
mod calendar;
mod chance;
mod events;
mod journeys;
mod people;
mod places;
mod plan;
