//! Rows that statements gave, kept for as long as nothing of them can have changed.
//!
//! It follows the rule of a [`super::Memo`] for one statement: its rows are current until this process commits a change
//! to one of the tables that it names; on PostgreSQL for a second at most, since another process may have made one.
//! Only transactions that read look here: what is about to be changed is read from the database. The key holds the
//! scope, so nobody is given what was read for somebody else.
//!
//! For statements that many requests repeat: a page of a list, what stands around it. Not for one whose values are new
//! each time, such as the time of day.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::memo::{Stamp, Tables};
use super::{FromRow, Result, Statement, Tx};
use crate::db::Error;

/// Rows that are kept, of all statements together. When there are more, all are forgotten at once.
const MOST_ROWS: usize = 20_000;
/// The result of a statement with more rows is not kept: an export reads a thousand at a time, and each once.
const MOST_OF_ONE: usize = 900;

/// The type of the rows, the statement, and the scope with the values.
type Key = (TypeId, &'static str, String);

/// Rows by what gave them.
#[derive(Default)]
pub(super) struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
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

    fn keep<T: Any + Send + Sync>(&self, key: Key, stamp: Stamp, rows: Vec<T>) {
        if rows.len() > MOST_OF_ONE {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.rows > MOST_ROWS {
            *kept = Kept::default();
        }
        kept.rows += weight(rows.len());
        kept.values.insert(key, (stamp, Arc::new(rows)));
    }
}

/// What rows count for: a result without rows takes room, too.
const fn weight(rows: usize) -> usize {
    rows + 1
}

/// A statement whose rows may come from memory.
#[derive(Debug)]
pub struct Cached(Statement);

impl Statement {
    /// The same statement, whose rows may come from memory where the transaction only reads.
    pub fn cached(self) -> Cached {
        Cached(self)
    }
}

impl Cached {
    /// All rows.
    pub async fn all<T: FromRow + Clone + Send + Sync + 'static>(self, tx: &mut Tx) -> Result<Vec<T>> {
        Ok(self.rows::<T>(tx).await?.to_vec())
    }

    /// The only row, or none.
    pub async fn optional<T: FromRow + Clone + Send + Sync + 'static>(self, tx: &mut Tx) -> Result<Option<T>> {
        Ok(self.rows::<T>(tx).await?.first().cloned())
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
            // What is made of these rows is as old as they are.
            tx.tables.take_in(statement.text);
            return Ok(known);
        }
        let mut tables = Tables::default();
        tables.take_in(statement.text);
        let stamp = Stamp::new(tx.begun(), &tables);
        let rows: Vec<T> = statement.all(tx).await?;
        tx.db.shared.cache.keep(key, stamp, rows.clone());
        Ok(Arc::new(rows))
    }
}
