//! The lock file: which queries passed, by a digest of their text, their values, the catalogue and the engine.
//!
//! It is a cache: nothing is wrong where it is missing, and it need not be kept in version control.

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
    /// That of a folder; an empty one where none can be read.
    pub(super) fn read(root: &Path) -> Self {
        let text = fs::read_to_string(root.join(FILE)).unwrap_or_default();
        toml::from_str(&text).unwrap_or_default()
    }

    /// Drops every digest but these.
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

    /// Writes it beside the guides. A folder that cannot be written costs the next check its time, and nothing else.
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
