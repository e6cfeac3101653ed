//! Rehearsals: three months of a schedule's slots, played with chosen bad days before it is relied upon.
//!
//! A rehearsal is not a forecast but a run: the schedule and what it needs are copied into a temporary database, where
//! the scheduler, the poller, the fetcher and the notifier work as always, with a clock that is moved from slot to slot
//! and an AMC emulator of its own as Amazon. What a page shows is read from that database by the rooms that own it. The
//! real database is only read, so nothing of a rehearsal can reach it; the copy is deleted when it has been read.
//!
//! It is bounded: [`MOST_SLOTS`] slots, [`PATIENCE`] of machine time, one at a time per person and two per process.

mod bad_days;
mod copy;
mod kept;
mod pages;
mod play;
mod stage;

use std::time::Duration;

use chrono::TimeDelta;

use crate::schedules::Zones;
use crate::web::Site;
use crate::web::room::Room;
use kept::Kept;

/// Slots that are played at most; the rehearsal ends before the next one.
const MOST_SLOTS: usize = 400;
/// The days from the first slot's day on that are played.
const DAYS: i64 = 92;
/// How long a rehearsal plays; then it shows what it has. A debug build works several times slower.
const PATIENCE: Duration = Duration::from_secs(if cfg!(debug_assertions) { 900 } else { 20 });
/// How long a result can be looked at.
const SHOWN: TimeDelta = TimeDelta::hours(1);

/// What the pages share.
#[derive(Clone)]
struct Rehearsals {
    site: Site,
    zones: Zones,
    kept: Kept,
}

pub fn room(site: Site) -> Room {
    Room::new(pages::routes(Rehearsals { site, zones: Zones::newest(), kept: Kept::default() }))
}
