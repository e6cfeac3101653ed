//! Parsed texts, shared by everybody who asks for the same revision.
//!
//! A revision identifies its content: a digest of the text, or the row and when it was written. It is read from the
//! row each time, in the reader's own scope, so another process's change is seen immediately and nobody gets what their
//! scope hides. This differs from a [`super::Memo`], which saves the statement too.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The maximum number of revisions; beyond it, the least recently used is dropped.
const MOST: usize = 128;

type Key = (TypeId, String);

/// Values by type and revision.
#[derive(Default)]
pub(super) struct Revisions(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    uses: u64,
    values: HashMap<Key, (u64, Arc<dyn Any + Send + Sync>)>,
}

impl fmt::Debug for Revisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revisions").finish_non_exhaustive()
    }
}

impl Revisions {
    pub(super) fn get<T: Any + Send + Sync>(&self, revision: &str) -> Option<Arc<T>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let uses = kept.uses;
        let (used, value) = kept.values.get_mut(&(TypeId::of::<T>(), revision.to_owned()))?;
        *used = uses;
        Arc::clone(value).downcast().ok()
    }

    pub(super) fn insert<T: Any + Send + Sync>(&self, revision: String, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let uses = kept.uses;
        kept.values.insert((TypeId::of::<T>(), revision), (uses, Arc::<T>::clone(&value)));
        if kept.values.len() > MOST {
            let oldest = kept.values.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            oldest.and_then(|key| kept.values.remove(&key));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_shared_and_distinguished_from_others_and_from_other_types() {
        let revisions = Revisions::default();
        let kept = revisions.insert("a".to_owned(), 1_u8);
        assert!(Arc::ptr_eq(&kept, &revisions.get::<u8>("a").unwrap()));
        assert!(revisions.get::<u8>("b").is_none());
        assert!(revisions.get::<u16>("a").is_none());
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let revisions = Revisions::default();
        for number in 0..MOST {
            revisions.insert(number.to_string(), number);
        }
        assert!(revisions.get::<usize>("0").is_some());
        revisions.insert("one more".to_owned(), 0_usize);
        assert!(revisions.get::<usize>("0").is_some() && revisions.get::<usize>("1").is_none());
    }
}
