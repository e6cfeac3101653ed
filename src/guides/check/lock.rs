//! The lock file: the queries that passed, as digests of their text, their values, the catalog and the engine.
//!
//! It is a cache: it may be missing, and needn't be under version control.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

const FILE: &str = "guides.lock";

/// The digests of queries that passed.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Lock {
    passed: BTreeSet<String>,
    #[serde(skip)]
    is_changed: bool,
}

impl Lock {
    /// The lock file of a folder; empty if it can't be read.
    pub(super) fn read(root: &Path) -> Self {
        let text = fs::read_to_string(root.join(FILE)).unwrap_or_default();
        toml::from_str(&text).unwrap_or_default()
    }

    /// Drops all digests except these.
    pub(super) fn keep<'a>(&mut self, digests: impl Iterator<Item = &'a str>) {
        let before = self.passed.len();
        let digests: BTreeSet<&str> = digests.collect();
        self.passed.retain(|digest| digests.contains(digest.as_str()));
        self.is_changed |= self.passed.len() != before;
    }

    pub(super) fn knows(&self, digest: &str) -> bool {
        self.passed.contains(digest)
    }

    pub(super) fn add(&mut self, digest: &str) {
        self.is_changed |= self.passed.insert(digest.to_owned());
    }

    /// Writes it beside the guides. If the folder isn't writable, only the next check takes longer.
    pub(super) fn write(&self, root: &Path) {
        if !self.is_changed {
            return;
        }
        let text = toml::to_string(self).unwrap_or_default();
        if let Err(error) = fs::write(root.join(FILE), text) {
            tracing::warn!(%error, "the lock file of guides can't be written");
        }
    }
}
