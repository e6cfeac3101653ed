//! A cache of computed views of results, in limited memory.
//!
//! Someone who sorts a result will probably page through it: the order of its rows is cached, at four bytes per row,
//! until newer ones need the space.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::buffer::BooleanBuffer;
use chrono::{DateTime, Utc};

use super::filter::Filter;
use super::open::Opened;
use super::order::Sort;
use super::result_store::Key;
use super::summary::ColumnSummary;

/// The size of the cache; the oldest entries are dropped first. Larger values aren't cached.
const ROOM: usize = 32 << 20;

/// The approximate size of a column summary.
const SUMMARY: usize = 1 << 10;

/// The version of a result that a view was computed from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edition {
    pub(super) key: Key,
    pub(super) size: u64,
    pub(super) modified: DateTime<Utc>,
    pub(super) tag: Option<String>,
}

/// A cached value.
#[derive(Clone, Debug)]
pub(super) enum View {
    Opened(Arc<Opened>),
    Order(Sort, Arc<[u32]>),
    Matches(Vec<Filter>, Arc<BooleanBuffer>),
    Summary(Vec<Filter>, Arc<[ColumnSummary]>),
}

impl View {
    fn size(&self) -> usize {
        match self {
            Self::Opened(opened) => opened.memory(),
            Self::Order(_, rows) => rows.len() * size_of::<u32>(),
            Self::Matches(_, rows) => rows.len() / 8,
            Self::Summary(_, columns) => columns.len() * SUMMARY,
        }
    }
}

/// The cached views, the most recently used at the back.
#[derive(Debug, Default)]
pub(super) struct Views(Mutex<VecDeque<(Edition, View)>>);

impl Views {
    /// The first view accepted by `pick`.
    pub(super) fn find<T>(&self, edition: &Edition, pick: impl Fn(&View) -> Option<T>) -> Option<T> {
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = views.iter().position(|(of, view)| of == edition && pick(view).is_some())?;
        let found = views.remove(place)?;
        let picked = pick(&found.1);
        views.push_back(found);
        picked
    }

    pub(super) fn insert(&self, edition: &Edition, view: View) {
        if view.size() > ROOM {
            return;
        }
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        views.push_back((edition.clone(), view));
        let mut size: usize = views.iter().map(|(_, view)| view.size()).sum();
        while size > ROOM {
            size -= views.pop_front().map_or(size, |(_, view)| view.size());
        }
    }

    pub(super) fn forget(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(edition, _)| edition.key != *key);
    }
}
