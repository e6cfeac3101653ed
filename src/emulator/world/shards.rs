//! Large data in shards of people, each generated separately, so that memory stays limited.
//!
//! Data with one shard is generated once and kept in memory. With more shards, only those in use are in memory: each
//! thread of a scan processes them one after the other. Generated shards are stored as Parquet files if there is a
//! folder, since reading events is much faster than generating them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use chrono::NaiveDate;

use super::events::Ledger;
use super::journeys;
use super::keep;
use super::people::PEOPLE;
use super::plan::Plan;
use super::stage::Stage;
use super::tables::Scene;

/// People per shard: as many as at scale 1.
const SHARD: u32 = PEOPLE as u32;

/// The shards of one data set.
pub(super) struct Shards {
    seed: u64,
    today: NaiveDate,
    people: u32,
    /// People of each shard but the last.
    size: u32,
    folder: Option<PathBuf>,
    plan: OnceLock<Arc<Plan>>,
    /// The only shard of small data.
    whole: OnceLock<Arc<Scene>>,
    /// Whether other days' data was deleted from the folder.
    forgotten: OnceLock<()>,
    /// The shards in use.
    used: Mutex<HashMap<usize, Weak<Scene>>>,
}

impl Shards {
    /// Data of this many people; `folder` stores the shards of large data.
    pub(super) fn new(seed: u64, people: u32, today: NaiveDate, folder: Option<&Path>) -> Self {
        Self::sized(seed, people, today, folder, SHARD)
    }

    /// The same in shards of `size` people.
    pub(super) fn sized(seed: u64, people: u32, today: NaiveDate, folder: Option<&Path>, size: u32) -> Self {
        let folder = folder.map(|folder| folder.join(format!("{seed}-{people}-{today}")));
        let (plan, whole) = (OnceLock::new(), OnceLock::new());
        Self { seed, today, people, size, folder, plan, whole, forgotten: OnceLock::new(), used: Mutex::default() }
    }

    /// The number of shards, at least one.
    pub(super) fn count(&self) -> usize {
        self.people.div_ceil(self.size).max(1) as usize
    }

    /// One shard, generated or read if it isn't in memory. Blocks meanwhile.
    pub(super) fn scene(&self, index: usize) -> Arc<Scene> {
        if self.count() == 1 {
            return Arc::clone(self.whole.get_or_init(|| {
                let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(8));
                Arc::new(self.play(0..self.people, threads as u32))
            }));
        }
        let held = || self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scene) = held().get(&index).and_then(Weak::upgrade) {
            return scene;
        }
        // OK without the lock: two threads that need the same shard at once generate it twice, with the same content,
        // and nobody else waits.
        let scene = Arc::new(self.open(index));
        held().insert(index, Arc::downgrade(&scene));
        scene
    }

    fn open(&self, index: usize) -> Scene {
        let start = (index as u32).saturating_mul(self.size).min(self.people);
        let people = start..start.saturating_add(self.size).min(self.people);
        let Some(folder) = &self.folder else { return self.play(people, 1) };
        match keep::read(folder, index) {
            Ok(Some(ledger)) => return Scene { plan: self.plan(), ledger, people },
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, shard = index, "a kept shard cannot be read and is played again"),
        }
        let scene = self.play(people, 1);
        self.forgotten.get_or_init(|| keep::forget_others(folder, &format!("{}-{}-", self.seed, self.people)));
        if let Err(error) = keep::write(folder, index, &scene.ledger) {
            tracing::warn!(%error, shard = index, "a shard cannot be kept; it is played again when it is needed");
        }
        scene
    }

    fn plan(&self) -> Arc<Plan> {
        Arc::clone(self.plan.get_or_init(|| Arc::new(Plan::new(self.seed, self.today))))
    }

    /// Simulates all journeys of these people, in parallel.
    fn play(&self, people: std::ops::Range<u32>, threads: u32) -> Scene {
        let plan = self.plan();
        let stage = Stage::new(&plan);
        let share = (people.end - people.start).div_ceil(threads);
        let mut ledger = Ledger::default();
        let play_share = |index: u32| {
            let mut ledger = Ledger::default();
            let start = (people.start + index * share).min(people.end);
            journeys::play(&stage, start..(start + share).min(people.end), &mut ledger);
            ledger
        };
        std::thread::scope(|scope| {
            let play_share = &play_share;
            let handles: Vec<_> = (0..threads).map(|index| scope.spawn(move || play_share(index))).collect();
            // In the order of people, so that the number of processors has no effect.
            for handle in handles {
                // OK because a panic in one thread must end the scan instead of omitting its people.
                ledger.append(handle.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)));
            }
        });
        drop(stage);
        ledger.settle();
        Scene { plan, ledger, people }
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::{Contact, Conversion};
    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 18).unwrap()
    }

    /// All events of a data set, in an order independent of its shards.
    fn happened(shards: &Shards) -> Vec<String> {
        let mut lines = Vec::new();
        for index in 0..shards.count() {
            let scene = shards.scene(index);
            let ledger = &scene.ledger;
            lines.extend(ledger.impressions.iter().map(|contact: &Contact| format!("impression {contact:?}")));
            lines.extend(ledger.traffic.iter().map(|contact| format!("traffic {contact:?}")));
            lines.extend(ledger.store_views.iter().map(|view| format!("view {view:?}")));
            for conversion in &ledger.conversions {
                let (start, count) = conversion.relevant;
                let relevant = &ledger.relevant[start as usize..start as usize + usize::from(count)];
                let conversion = Conversion { relevant: (0, count), ..*conversion };
                lines.push(format!("conversion {conversion:?} {relevant:?}"));
            }
        }
        lines.sort();
        lines
    }

    #[test]
    fn a_world_in_shards_is_the_world_in_one() {
        let whole = happened(&Shards::sized(5, 300, day(), None, 300));
        assert!(whole.len() > 5_000, "{}", whole.len());
        assert!(happened(&Shards::sized(5, 300, day(), None, 70)) == whole, "the shards leave a trace");
    }

    #[test]
    fn what_is_kept_is_what_was_played() {
        let folder = tempfile::tempdir().unwrap();
        let kept = || Shards::sized(5, 300, day(), Some(folder.path()), 100);
        let played = happened(&kept());
        assert!(happened(&kept()) == played, "reading back changes something");
        let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        let first = std::fs::read_dir(file).unwrap().next().unwrap().unwrap().path();
        std::fs::write(first, b"not Parquet").unwrap();
        assert!(happened(&kept()) == played, "a damaged file is played again");
    }

    #[test]
    fn a_new_day_takes_the_room_of_the_day_before() {
        let folder = tempfile::tempdir().unwrap();
        let keep = |day, people| drop(Shards::sized(5, people, day, Some(folder.path()), 20).scene(1));
        keep(day(), 40);
        keep(day(), 60);
        keep(day().succ_opt().unwrap(), 40);
        let mut left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["5-40-2026-03-19", "5-60-2026-03-18"]);
    }

    #[test]
    fn only_shards_in_use_are_held() {
        let shards = Shards::sized(5, 300, day(), None, 100);
        let first = shards.scene(0);
        assert!(Arc::ptr_eq(&first, &shards.scene(0)), "two scans share a shard");
        let weak = Arc::downgrade(&first);
        drop(first);
        assert!(weak.upgrade().is_none());
    }
}
