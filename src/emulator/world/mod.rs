//! The synthetic data of the AMC emulator: one invented advertiser group and the people who see its ads.
//!
//! Every source of the catalog is a view of the same journeys: an impression, the click on it, the purchase credited
//! to it and the purchase in the shop's own records agree, because they are one event. The same seed and day give the
//! same data; brands, campaigns and people differ from seed to seed. A generator per table was rejected: totals
//! wouldn't agree across sources.
//!
//! People's journeys are simulated once, on the first scan, into compact rows in chronological order; wide columns
//! are derived for the rows and columns that a query reads. Large data is generated in shards of people, of which
//! only those in use are in memory.

mod attribution;
mod calendar;
mod cells;
mod chance;
mod events;
mod journeys;
mod keep;
mod people;
mod places;
mod plan;
mod provider;
mod shards;
mod stage;
mod tables;
#[cfg(test)]
mod tests;
mod view;

use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::catalog::TableProvider;

use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::engine::Tables;
use provider::WorldTable;
use shards::Shards;

pub use view::{Named, View};

/// A data set; cheap to clone and to create, generated when a table is first read.
#[derive(Clone)]
pub struct World {
    shards: Arc<Shards>,
    view: Arc<View>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    /// The data of a seed at the beginning of `today` (UTC): thirteen months of history, the last two days
    /// incomplete. At scale 1 there are about a million DSP impressions and half a million sponsored ones among
    /// 60,000 people; other scales in proportion, from one person up to the limit of 32-bit person numbers.
    ///
    /// Above scale 1, generated data is stored in `folder`, about 15 MB per unit of scale; without a folder it is
    /// generated again for each scan.
    pub fn new(seed: u64, scale: f64, today: NaiveDate, folder: Option<&Path>) -> Self {
        let people = (people::PEOPLE * scale).clamp(1.0, f64::from(u32::MAX / 4)) as u32;
        Self { shards: Arc::new(Shards::new(seed, people, today, folder)), view: Arc::default() }
    }

    /// The same data as seen by an instance.
    #[must_use]
    pub fn seen(&self, view: View) -> Self {
        Self { view: Arc::new(view), ..self.clone() }
    }
}

impl Tables for World {
    fn table(&self, source: &str) -> Option<Arc<dyn TableProvider>> {
        let source = Catalogue::standard().source(source)?;
        Some(Arc::new(WorldTable::new(source, Arc::clone(&self.shards), Arc::clone(&self.view))))
    }
}
