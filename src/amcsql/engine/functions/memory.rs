//! A run's memory, as far as functions take it.
//!
//! DataFusion counts what its steps hold, and nothing of what a function makes on the way: a text that doubles a
//! few dozen times would be there before anybody counted it. So the run's pool goes along with its settings, the
//! only thing of a run that a function is handed, and every call takes its part before it makes anything.

use std::any::Any;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::{ConfigEntry, ConfigExtension, ConfigOptions, ExtensionOptions};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

/// So much more is taken at a time, in bytes: taking locks all threads of the run.
const STEP: usize = 1 << 20;

/// The memory of one run, as a part of its settings.
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

/// What one call has taken; given back when it is dropped.
pub(super) struct Taken(Option<MemoryReservation>);

impl Taken {
    /// Nothing yet. Where the settings carry no memory (in the planner's own trials), nothing is ever refused.
    pub(super) fn of(settings: &ConfigOptions) -> Self {
        let memory = settings.extensions.get::<RunMemory>();
        Self(memory.map(|RunMemory(pool)| MemoryConsumer::new("function").register(pool)))
    }

    /// Takes so many bytes more, or fails because the run has none left.
    pub(super) fn take(&self, bytes: usize) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |memory| memory.try_grow(bytes))
    }
}

/// Takes the memory for texts that grow while they are made, ahead of them and in steps.
pub(super) struct Made<'a> {
    memory: &'a Taken,
    bytes: usize,
    taken: usize,
    most: usize,
}

impl<'a> Made<'a> {
    /// Texts that may have `most` bytes together.
    pub(super) fn new(memory: &'a Taken, most: usize) -> Self {
        Self { memory, bytes: 0, taken: 0, most }
    }

    /// Adds the bytes of one text; false where all together are too many.
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
