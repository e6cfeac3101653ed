//! State shared by the room's pages and workers.

use std::ops::Deref;
use std::sync::Arc;

use super::pages::{self, Lists};
use crate::connections::Grants;
use crate::db::Db;
use crate::results::{self, ResultStore};
use crate::web::Site;
use crate::web::live::Tags;

/// The folder of results in the data folder.
pub(super) const RESULTS: &str = "results";

/// State shared by the room's pages and workers: one pointer.
#[derive(Clone, Debug)]
pub struct Executions(Arc<Parts>);

impl Deref for Executions {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// See [`Executions`].
#[derive(Debug)]
pub struct Parts {
    pub(super) site: Site,
    pub(super) grants: Grants,
    pub(super) result_store: ResultStore,
    pub(super) tags: Tags,
    pub(super) lists: Lists,
}

impl Executions {
    /// Results are stored in the data folder, or in the bucket if the settings name one. In that case they are
    /// prepared in the data folder.
    pub fn new(site: Site, grants: Grants) -> anyhow::Result<Self> {
        let folder = site.config.data_dir.join(RESULTS);
        let result_store = match &site.config.results_bucket {
            Some(bucket) => ResultStore::store(bucket.open()?, &folder)?,
            None => ResultStore::folder(&folder)?,
        };
        let lists = pages::lists(site.db.clone());
        Ok(Self(Arc::new(Parts { site, grants, result_store, tags: Tags::default(), lists })))
    }

    pub fn database(&self) -> &Db {
        &self.site.db
    }

    /// Whether a result could be stored now.
    pub async fn can_keep_results(&self) -> Result<(), results::Error> {
        self.result_store.is_writable().await
    }

    /// The stored results, by [`Key`](results::Key).
    pub fn results(&self) -> &ResultStore {
        &self.result_store
    }

    /// Wakes the poller.
    pub fn wake(&self) {
        self.site.wakes.wake(super::poller::NAME);
    }

    /// Wakes the fetcher.
    pub(super) fn wake_fetcher(&self) {
        self.site.wakes.wake(super::poller::FETCHER);
    }
}
