//! The state behind a lock, with its journal: every change goes to both.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use super::journal::{Journal, write_line};
use super::state::{Change, State};

/// The emulator's storage.
pub(crate) struct Store(Mutex<Held>);

struct Held {
    state: State,
    journal: Journal,
}

/// The state during a change.
pub(crate) struct Edit<'a> {
    state: &'a mut State,
    lines: Vec<u8>,
}

impl Store {
    /// Opens the storage in `folder`.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let (journal, state) = Journal::open(folder)?;
        Ok(Self(Mutex::new(Held { state, journal })))
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.held().state)
    }

    /// Changes the state; all changes are in the journal when this returns, whatever `change` returns.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Edit<'_>) -> T) -> T {
        let mut held = self.held();
        let Held { state, journal } = &mut *held;
        let mut edit = Edit { state, lines: Vec::new() };
        let value = change(&mut edit);
        let lines = edit.lines;
        if !lines.is_empty()
            && let Err(error) = journal.append(&lines, state)
        {
            // OK to continue because the emulator still works; it only loses more on a restart.
            tracing::error!(%error, "the emulator's journal cannot be written");
        }
        value
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Edit<'_> {
    /// The current state.
    pub(crate) fn state(&self) -> &State {
        self.state
    }

    /// Applies one change.
    pub(crate) fn put(&mut self, change: Change) {
        if let Err(error) = write_line(&change, &mut self.lines) {
            tracing::error!(%error, "a change cannot be written to the emulator's journal");
        }
        self.state.apply(change);
    }
}
