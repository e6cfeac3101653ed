//! The world of the pretend AMC: one invented advertiser group and the people who see its ads.
//!
//! Every source of the catalogue is a view of the same journeys: an impression, the click on it, the
//! purchase credited to it and the purchase in the shop's own books agree, because they are one
//! event. The same seed and day give the same world; brands, campaigns and people differ from seed to
//! seed. A generator per table was rejected: totals would not agree across sources.
//!
//! People's journeys are played once, on the first scan, into compact rows in the order of time;
//! wide columns are drawn again for the rows and columns that a query reads.

mod attribution;
mod calendar;
mod cells;
mod chance;
mod events;
mod journeys;
mod people;
mod places;
mod plan;
mod provider;
mod stage;
mod tables;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use datafusion::catalog::TableProvider;

use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::engine::Tables;
use events::Ledger;
use plan::Plan;
use provider::{LazyScene, WorldTable};
use stage::Stage;
use tables::Scene;

/// A world; cheap to clone and to make, played when a table is first read.
#[derive(Clone)]
pub struct World {
    scene: LazyScene,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    /// The world of a seed as it stands at the beginning of `today` (UTC): thirteen months of
    /// history, the last two days still coming in. At scale 1 there are some million
    /// DSP impressions and half a million sponsored ones among 60,000 people; other scales in
    /// proportion, from one person up to what 32-bit person numbers hold.
    pub fn new(seed: u64, scale: f64, today: NaiveDate) -> Self {
        let people = (people::PEOPLE * scale).clamp(1.0, f64::from(u32::MAX / 4)) as u32;
        let played = OnceLock::new();
        let scene = move || Arc::clone(played.get_or_init(|| Arc::new(play(seed, people, today))));
        Self { scene: Arc::new(scene) }
    }
}

impl Tables for World {
    fn table(&self, source: &str) -> Option<Arc<dyn TableProvider>> {
        let source = Catalogue::standard().source(source)?;
        Some(Arc::new(WorldTable::new(source, Arc::clone(&self.scene))))
    }
}

/// Plays all journeys, shared among the processors.
fn play(seed: u64, people: u32, today: NaiveDate) -> Scene {
    let plan = Plan::new(seed, today);
    let stage = Stage::new(&plan);
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(8)) as u32;
    let share = people.div_ceil(threads);
    let mut ledger = Ledger::default();
    let play_share = |index: u32| {
        let mut ledger = Ledger::default();
        let start = (index * share).min(people);
        journeys::play(&stage, start..(start + share).min(people), &mut ledger);
        ledger
    };
    std::thread::scope(|scope| {
        let play_share = &play_share;
        let handles: Vec<_> = (0..threads).map(|index| scope.spawn(move || play_share(index))).collect();
        // In the order of people, so that the number of processors leaves no trace.
        for handle in handles {
            // OK because a fault in one share must end the scan, not leave its people out.
            ledger.append(handle.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)));
        }
    });
    drop(stage);
    ledger.settle();
    Scene { plan, ledger, people }
}
