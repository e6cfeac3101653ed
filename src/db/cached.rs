//! Cached rows of statements.
//!
//! Follows the rule of a [`super::Memo`] for one statement: its rows are current until this process commits a change
//! to one of the tables it names; on PostgreSQL for at most a second, since another process may have made a change.
//! Only read-only transactions use the cache: what is about to be changed is read from the database. The key contains
//! the scope, so nobody gets rows that were read for somebody else.
//!
//! Use it for statements that many requests repeat: a page of a list, the page frame. Don't use it for a statement
//! whose values are always new, such as the current time.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::memo::{Stamp, Tables};
use super::{FromRow, Result, Single, Statement, Tx};
use crate::db::Error;

/// The maximum number of cached rows of all statements together. When there are more, the cache is cleared.
const MOST_ROWS: usize = 20_000;
/// A result with more rows isn't cached: an export reads a thousand at a time, and each once.
const MOST_OF_ONE: usize = 900;

/// The type of the rows, the statement, and the scope with the values.
type Key = (TypeId, &'static str, String);

/// Rows by statement.
#[derive(Default)]
pub(super) struct Cache(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    rows: usize,
    values: HashMap<Key, (Stamp, Arc<dyn Any + Send + Sync>)>,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl Cache {
    fn get<T: Any + Send + Sync>(&self, key: &Key, is_current: impl Fn(&Stamp) -> bool) -> Option<Arc<Vec<T>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (stamp, rows) = kept.values.get(key)?;
        if is_current(stamp) {
            return Arc::clone(rows).downcast().ok();
        }
        let gone = kept.values.remove(key).and_then(|(_, rows)| rows.downcast::<Vec<T>>().ok());
        kept.rows = kept.rows.saturating_sub(gone.map_or(0, |rows| weight(rows.len())));
        None
    }

    fn insert<T: Any + Send + Sync>(&self, key: Key, stamp: Stamp, rows: Vec<T>) {
        if rows.len() > MOST_OF_ONE {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.rows > MOST_ROWS {
            *kept = Inner::default();
        }
        kept.rows += weight(rows.len());
        kept.values.insert(key, (stamp, Arc::new(rows)));
    }
}

/// How many rows a result counts as: an empty result takes space, too.
const fn weight(rows: usize) -> usize {
    rows + 1
}

/// A statement whose rows may come from memory.
#[derive(Debug)]
pub struct Cached(Statement);

impl Statement {
    /// The same statement, with caching in read-only transactions.
    pub fn cached(self) -> Cached {
        Cached(self)
    }
}

impl Cached {
    pub async fn all<T: FromRow + Clone + Send + Sync + 'static>(self, tx: &mut Tx) -> Result<Vec<T>> {
        Ok(self.rows::<T>(tx).await?.to_vec())
    }

    pub async fn optional<T: FromRow + Clone + Send + Sync + 'static>(self, tx: &mut Tx) -> Result<Option<T>> {
        Ok(self.rows::<T>(tx).await?.first().cloned())
    }

    /// The number that `select count(*) as value …` returns.
    pub async fn count(self, tx: &mut Tx) -> Result<i64> {
        self.one::<Single<i64>>(tx).await.map(|Single(count)| count)
    }

    /// The only row; [`Error::Missing`] when there is none.
    pub async fn one<T: FromRow + Clone + Send + Sync + 'static>(self, tx: &mut Tx) -> Result<T> {
        self.optional(tx).await?.ok_or(Error::Missing)
    }

    async fn rows<T: FromRow + Clone + Send + Sync + 'static>(self, tx: &mut Tx) -> Result<Arc<Vec<T>>> {
        let Self(statement) = self;
        if !tx.is_reading {
            return Ok(Arc::new(statement.all(tx).await?));
        }
        let key = (TypeId::of::<T>(), statement.text, format!("{:?} {:?}", tx.scope, statement.values));
        if let Some(known) = tx.db.shared.cache.get(&key, |stamp| stamp.is_current(&tx.db)) {
            // Anything derived from these rows is as old as they are.
            tx.tables.take_in(statement.text);
            return Ok(known);
        }
        let mut tables = Tables::default();
        tables.take_in(statement.text);
        let stamp = Stamp::new(tx.begun(), &tables);
        let rows: Vec<T> = statement.all(tx).await?;
        tx.db.shared.cache.insert(key, stamp, rows.clone());
        Ok(Arc::new(rows))
    }
}
