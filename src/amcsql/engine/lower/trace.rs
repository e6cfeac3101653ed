//! The meaning of a plan's hidden columns.

use std::collections::{BTreeMap, BTreeSet};

use crate::amcsql::bound::ColumnId;

/// Scans of sources, by index in the query.
pub(in super::super) type Readings = BTreeSet<u32>;

/// The hidden columns of a plan.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Trace {
    /// The users behind a row.
    pub(in super::super) users: Vec<Users>,
    /// Who contributed to the columns that affect a metric of the result.
    pub(in super::super) metrics: BTreeMap<ColumnId, Metric>,
}

/// A hidden column with users.
#[derive(Clone, Debug)]
pub(in super::super) struct Users {
    pub(in super::super) name: String,
    /// Tags (`UInt64`, one user per row) or ledgers (`Binary`).
    pub(in super::super) tags: bool,
    /// The scans that its tags can belong to.
    pub(in super::super) readings: Readings,
}

/// Who contributed to a column.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Metric {
    /// The row's own users, if they belong to these scans.
    pub(in super::super) own: Readings,
    /// And those in these hidden share columns.
    pub(in super::super) shares: BTreeSet<String>,
}

impl Metric {
    /// Adds the contributors of another column.
    pub(super) fn extend(&mut self, other: &Self) {
        self.own.extend(&other.own);
        self.shares.extend(other.shares.iter().cloned());
    }
}

impl Trace {
    /// The distinct names of all hidden columns.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &str> {
        let shares: BTreeSet<&str> = self.metrics.values().flat_map(|it| &it.shares).map(String::as_str).collect();
        self.users.iter().map(|it| it.name.as_str()).chain(shares)
    }

    /// The hidden columns with the contributors to a column.
    pub(in super::super) fn shares_of(&self, id: ColumnId) -> Vec<String> {
        self.metrics.get(&id).map_or_else(Vec::new, |metric| metric.shares.iter().cloned().collect())
    }

    /// All scans behind the rows.
    pub(super) fn readings(&self) -> Readings {
        self.users.iter().flat_map(|it| &it.readings).copied().collect()
    }

    /// The contributors to any of these columns.
    pub(super) fn metric_of(&self, ids: impl IntoIterator<Item = ColumnId>) -> Metric {
        let mut metric = Metric::default();
        ids.into_iter().filter_map(|id| self.metrics.get(&id)).for_each(|it| metric.extend(it));
        metric
    }

    /// Both traces, for joined rows.
    pub(super) fn joined(mut self, other: Self) -> Self {
        self.users.extend(other.users);
        self.metrics.extend(other.metrics);
        self
    }
}
