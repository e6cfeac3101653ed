//! A cache that is invalidated by table changes.
//!
//! A transaction records the tables that its statements name. A value computed from one transaction's rows is current
//! until this process commits a change to one of these tables, so no code has to know which change invalidates which
//! value. On PostgreSQL another process may have made a change, which is noticed after [`AGE`] at the latest; an
//! SQLite file has one process.
//!
//! Rejected: explicit invalidation, which a future statement forgets; and expiry by time, which shows people their
//! own changes late.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::{Db, Engine, Tx};

/// How long a value is used if another process may change it.
const AGE: Duration = Duration::from_secs(1);

/// When each table was last changed by this process, as a count of commits since its start.
#[derive(Debug, Default)]
pub(super) struct Changes(RwLock<Clock>);

#[derive(Debug, Default)]
struct Clock {
    now: u64,
    last: HashMap<&'static str, u64>,
}

impl Changes {
    /// The number of commits so far.
    pub(super) fn now(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).now
    }

    /// Records a commit that changed these tables.
    pub(super) fn note(&self, tables: &[&'static str]) {
        if tables.is_empty() {
            return;
        }
        let mut clock = self.0.write().unwrap_or_else(PoisonError::into_inner);
        clock.now += 1;
        let now = clock.now;
        clock.last.extend(tables.iter().map(|table| (*table, now)));
    }

    fn have_rested_since(&self, begun: u64, tables: &[&'static str]) -> bool {
        let clock = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tables.iter().all(|table| clock.last.get(table).is_none_or(|changed| *changed <= begun))
    }
}

/// The tables of a transaction's statements so far.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Tables that it read or changed.
    pub(super) named: Vec<&'static str>,
    /// Tables that it changed.
    pub(super) changed: Vec<&'static str>,
}

impl Tables {
    /// Adds the tables of a statement. Naming one too many costs a cached value, one too few would keep a stale one:
    /// anything that might be a table counts as one.
    pub(super) fn take_in(&mut self, statement: &'static str) {
        const END_OF_LIST: [&str; 11] =
            ["where", "on", "order", "group", "set", "values", "limit", "having", "returning", "select", "union"];
        let (mut before, mut listing, mut next) = ("", false, Next::Other);
        for word in statement.split_whitespace() {
            let keyword = word.trim_start_matches('(');
            let expected = std::mem::replace(&mut next, Next::Other);
            match keyword {
                "into" | "update" => next = Next::Changed,
                "from" if before == "delete" => next = Next::Changed,
                "from" | "join" => (listing, next) = (true, Next::Named),
                _ => {
                    let name = word.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next();
                    self.take_in_name(name.unwrap_or_default(), expected);
                    listing &= !END_OF_LIST.contains(&keyword);
                    if listing && word.ends_with(',') {
                        next = Next::Named;
                    }
                }
            }
            before = keyword;
        }
    }

    fn take_in_name(&mut self, name: &'static str, expected: Next) {
        // `for update skip locked`, `for update of`, `do update set` are not followed by a table.
        if expected == Next::Other || matches!(name, "" | "set" | "skip" | "of") {
            return;
        }
        add(&mut self.named, name);
        if expected == Next::Changed {
            add(&mut self.changed, name);
        }
    }
}

/// What the next word of a statement may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// A table that is read.
    Named,
    /// A table that is changed.
    Changed,
    Other,
}

fn add(names: &mut Vec<&'static str>, name: &'static str) {
    if !names.contains(&name) {
        names.push(name);
    }
}

/// When something was read, and from which tables.
#[derive(Clone, Debug)]
pub struct Stamp {
    begun: u64,
    tables: Arc<[&'static str]>,
    read_at: Instant,
}

impl Stamp {
    /// The stamp of everything this transaction has read; `None` if it changed something itself, which others can't
    /// see yet.
    pub fn of(tx: &Tx) -> Option<Self> {
        let tables = tx.tables();
        tables.changed.is_empty().then(|| Self::new(tx.begun(), tables))
    }

    /// The stamp of these tables after this many commits.
    pub(super) fn new(begun: u64, tables: &Tables) -> Self {
        Self { begun, tables: tables.named.as_slice().into(), read_at: Instant::now() }
    }

    /// Whether nothing has changed since.
    pub(super) fn is_current(&self, db: &Db) -> bool {
        let is_young = db.engine() == Engine::Sqlite || self.read_at.elapsed() < AGE;
        is_young && db.changes().have_rested_since(self.begun, &self.tables)
    }
}

/// Values by key, each as long as it is current; cheap to clone.
pub struct Memo<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    db: Db,
    most: usize,
    kept: Mutex<HashMap<K, (Stamp, V)>>,
}

impl<K, V> Clone for Memo<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> fmt::Debug for Memo<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").field("most", &self.0.most).finish_non_exhaustive()
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    /// A cache of values read from `db`. When there are more than `most` values, it is cleared.
    pub fn new(db: Db, most: usize) -> Self {
        Self(Arc::new(Inner { db, most, kept: Mutex::default() }))
    }

    /// The cached value, if it is still current.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (stamp, value) = kept.get(key)?;
        if stamp.is_current(&self.0.db) {
            return Some(value.clone());
        }
        kept.remove(key);
        None
    }

    /// Caches a value with the stamp of what it was computed from.
    pub fn insert(&self, key: K, stamp: Option<Stamp>, value: V) {
        let Some(stamp) = stamp else { return };
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.0.most {
            kept.clear();
        }
        kept.insert(key, (stamp, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(statement: &'static str) -> (Vec<&'static str>, Vec<&'static str>) {
        let mut tables = Tables::default();
        tables.take_in(statement);
        (tables.named, tables.changed)
    }

    #[test]
    fn tables_are_found_wherever_they_are_named() {
        assert_eq!(
            tables("select a.x from one a join two b on a.x = b.x where a.y in (select y from three)").0,
            ["one", "two", "three"]
        );
        assert_eq!(tables("select count(*) from (select 1 from one limit 2) as counted").0, ["one"]);
        assert_eq!(tables("select 1 from one, two where one.a = two.a").0, ["one", "two"]);
        assert_eq!(tables("select 1 from one a, two b").0, ["one", "two"]);
        assert_eq!(tables("select exists(select 1 from one)").0, ["one"]);
    }

    #[test]
    fn changes_are_distinguished_from_looks() {
        assert_eq!(tables("select a from one order by a for update skip locked").1, Vec::<&str>::new());
        assert_eq!(tables("update one set a = 1 where b in (select b from two)"), (vec!["one", "two"], vec!["one"]));
        assert_eq!(tables("delete from one where a = $1"), (vec!["one"], vec!["one"]));
        assert_eq!(
            tables("insert into one (a, b) select a, b from two on conflict (a) do update set b = 1"),
            (vec!["one", "two"], vec!["one"])
        );
        assert_eq!(
            tables(
                "with due as (select id from one) update two set a = 1 from due where two.id = due.id returning two.id"
            )
            .1,
            ["two"]
        );
        assert_eq!(
            tables("with gone as (delete from one returning id) insert into two (id) select id from gone").1,
            ["one", "two"]
        );
    }

    #[test]
    fn a_change_to_one_of_its_tables_ends_a_memory() {
        let changes = Changes::default();
        let begun = changes.now();
        assert!(changes.have_rested_since(begun, &["one", "two"]));
        changes.note(&["three"]);
        assert!(changes.have_rested_since(begun, &["one", "two"]));
        changes.note(&["two"]);
        assert!(!changes.have_rested_since(begun, &["one", "two"]));
        assert!(changes.have_rested_since(changes.now(), &["one", "two"]));
    }
}
