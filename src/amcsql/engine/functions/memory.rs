//! Accounting for memory used by functions.
//!
//! DataFusion counts the memory of its operators, but not what a function allocates: a text that is doubled a few
//! dozen times would exist before anybody counted it. So the run's memory pool is part of its settings, the only
//! run-specific value that a function gets, and every call reserves memory before it allocates.

use std::any::Any;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::{ConfigEntry, ConfigExtension, ConfigOptions, ExtensionOptions};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

/// The step of reservations, in bytes: each one locks all threads of the run.
const STEP: usize = 1 << 20;

/// The memory of one run, as part of its settings.
#[derive(Clone, Debug)]
pub(in super::super) struct RunMemory(pub(in super::super) Arc<dyn MemoryPool>);

impl ConfigExtension for RunMemory {
    const PREFIX: &'static str = "amc_memory";
}

/// Without entries: it can be neither set nor shown by name.
impl ExtensionOptions for RunMemory {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        Vec::new()
    }
}

/// The reservation of one call; released on drop.
pub(super) struct Taken(Option<MemoryReservation>);

impl Taken {
    /// An empty reservation. If the settings have no memory pool (when the planner evaluates constants), reservations
    /// always succeed.
    pub(super) fn of(settings: &ConfigOptions) -> Self {
        let memory = settings.extensions.get::<RunMemory>();
        Self(memory.map(|RunMemory(pool)| MemoryConsumer::new("function").register(pool)))
    }

    /// Reserves more bytes, or fails because the run has none left.
    pub(super) fn take(&self, bytes: usize) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |memory| memory.try_grow(bytes))
    }
}

/// Reserves memory for growing texts, in advance and in steps.
pub(super) struct Made<'a> {
    memory: &'a Taken,
    bytes: usize,
    taken: usize,
    most: usize,
}

impl<'a> Made<'a> {
    /// Texts with at most `most` bytes together.
    pub(super) fn new(memory: &'a Taken, most: usize) -> Self {
        Self { memory, bytes: 0, taken: 0, most }
    }

    /// Adds the bytes of one text; false if all together are too many.
    pub(super) fn add(&mut self, bytes: usize) -> Result<bool> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.most {
            return Ok(false);
        }
        if self.bytes > self.taken {
            let more = (self.bytes - self.taken).next_multiple_of(STEP);
            self.memory.take(more)?;
            self.taken += more;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::GreedyMemoryPool;

    use super::*;

    fn settings(pool: &Arc<dyn MemoryPool>) -> ConfigOptions {
        let mut settings = ConfigOptions::new();
        settings.extensions.insert(RunMemory(Arc::clone(pool)));
        settings
    }

    #[test]
    fn what_is_made_is_taken_before_and_given_back_after() {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(3 * STEP));
        let settings = settings(&pool);
        let taken = Taken::of(&settings);
        taken.take(STEP).unwrap();
        let mut made = Made::new(&taken, usize::MAX);
        assert!(made.add(1).unwrap() && made.add(STEP - 1).unwrap());
        assert_eq!(pool.reserved(), 2 * STEP);
        assert!(made.add(STEP + 1).is_err(), "there is one step left");
        drop(taken);
        assert_eq!(pool.reserved(), 0);
    }

    #[test]
    fn more_than_the_most_is_refused_without_taking_it() {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(usize::MAX));
        let settings = settings(&pool);
        let taken = Taken::of(&settings);
        assert!(!Made::new(&taken, 10).add(11).unwrap());
        assert_eq!(pool.reserved(), 0);
    }
}
