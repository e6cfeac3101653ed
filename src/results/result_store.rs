//! Storage of results: one Parquet file per execution, in a folder or in a bucket.
//!
//! A result is created in a scratch folder on this machine and published in one step, so neither a crash nor a full
//! disk leaves a partial one. What a crash leaves in the scratch folder is deleted by [`ResultStore::sweep`].

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, buffered::BufWriter};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use super::error::Error;
use super::views::Views;

/// How many memory-intensive reads (sorts, filters) run concurrently; others wait.
const HEAVY_READS: usize = 2;
/// Bytes written to test for free disk space.
const PROBE: usize = 64 << 10;
/// The scratch folder, beside the stored files.
const SCRATCH: &str = "unfinished";
const KEPT: &str = "kept";
const EXTENSION: &str = "parquet";

/// Where complete results are in a store's folder.
pub fn kept_in(root: &Path) -> PathBuf {
    root.join(KEPT)
}

/// A result's name in the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// A key of 1 to 100 ASCII letters, digits, `_` and `-`, such as an execution's id.
    pub fn new(text: &str) -> Result<Self, Error> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let is_key = (1..=100).contains(&text.len()) && text.bytes().all(fits);
        if is_key { Ok(Self(text.to_owned())) } else { Err(Error::BadKey) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn path(&self) -> object_store::path::Path {
        object_store::path::Path::from(format!("{}.{EXTENSION}", self.0))
    }
}

impl From<&crate::ids::ExecutionId> for Key {
    fn from(id: &crate::ids::ExecutionId) -> Self {
        Self(id.as_str().to_owned())
    }
}

/// The stored results; cheap to clone.
#[derive(Clone, Debug)]
pub struct ResultStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn ObjectStore>,
    /// The folder behind `store`, if it is one: files are moved there by renaming.
    folder: Option<PathBuf>,
    scratch: PathBuf,
    made: AtomicU64,
    views: Views,
    heavy: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl ResultStore {
    /// Results in the folder `root`, which is created if missing. Blocks while doing so.
    pub fn folder(root: &Path) -> Result<Self, Error> {
        let kept = kept_in(root);
        fs::create_dir_all(&kept)?;
        let store = Arc::new(LocalFileSystem::new_with_prefix(&kept)?);
        Self::build(store, Some(kept), root.join(SCRATCH))
    }

    /// Results in a bucket or another store; they are created in the folder `scratch` of this machine, which needs
    /// space for twice the largest one.
    pub fn store(store: Arc<dyn ObjectStore>, scratch: &Path) -> Result<Self, Error> {
        Self::build(store, None, scratch.to_owned())
    }

    fn build(store: Arc<dyn ObjectStore>, folder: Option<PathBuf>, scratch: PathBuf) -> Result<Self, Error> {
        fs::create_dir_all(&scratch)?;
        let (made, views, heavy) = (AtomicU64::new(0), Views::default(), Arc::new(Semaphore::new(HEAVY_READS)));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let turns = Arc::new(Semaphore::new((cores / 2).max(1)));
        Ok(Self(Arc::new(Inner { store, folder, scratch, made, views, heavy, turns })))
    }

    /// Deletes a result, if it exists.
    pub async fn delete(&self, key: &Key) -> Result<(), Error> {
        self.0.views.forget(key);
        match self.0.store.delete(&key.path()).await.map_err(Error::from) {
            Err(Error::Missing) => Ok(()),
            other => other,
        }
    }

    /// All stored results with their sizes in bytes, unordered: for finding those whose execution is gone.
    pub async fn keys(&self) -> Result<Vec<(Key, u64)>, Error> {
        let files: Vec<ObjectMeta> = self.0.store.list(None).try_collect().await?;
        let key = |file: ObjectMeta| {
            let name = file.location.filename()?.strip_suffix(EXTENSION)?.strip_suffix('.')?;
            Some((Key::new(name).ok()?, file.size))
        };
        Ok(files.into_iter().filter_map(key).collect())
    }

    /// Deletes files left unfinished before `before`, and returns their number. `before` must be further back than
    /// any download takes.
    pub async fn sweep(&self, before: DateTime<Utc>) -> Result<usize, Error> {
        let scratch = self.0.scratch.clone();
        blocking(move || sweep(&scratch, before)).await
    }

    pub(super) async fn head(&self, key: &Key) -> Result<ObjectMeta, Error> {
        Ok(self.0.store.head(&key.path()).await?)
    }

    pub(super) fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.0.store
    }

    pub(super) fn views(&self) -> &Views {
        &self.0.views
    }

    pub(super) fn heavy(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.heavy)
    }

    /// Turns for producing rows of a file: as many as half of the processors.
    pub(super) fn turns(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.turns)
    }

    /// Recreates the folders if they were deleted.
    pub(super) fn make_folders(&self) -> Result<(), Error> {
        fs::create_dir_all(&self.0.scratch)?;
        Ok(self.0.folder.as_ref().map_or(Ok(()), fs::create_dir_all)?)
    }

    /// Whether a result could be stored now: writes to the scratch folder, which is recreated if missing.
    pub async fn is_writable(&self) -> Result<(), Error> {
        let store = self.clone();
        blocking(move || {
            store.make_folders()?;
            let file = store.0.scratch.join(format!("ready.{}", std::process::id()));
            let written = fs::write(&file, vec![0; PROBE]);
            // OK because what remains is overwritten the next time, and deleted by the next sweep.
            let _ = fs::remove_file(&file);
            Ok(written?)
        })
        .await
    }

    /// A new scratch file, deleted on drop.
    pub(super) fn scratch(&self, key: &Key) -> Scratch {
        let number = self.0.made.fetch_add(1, Ordering::Relaxed);
        // OK because processes that share a folder have different random numbers.
        Scratch { path: self.0.scratch.join(format!("{}.{}.{number}", key.0, std::process::id())) }
    }

    /// Gives a finished file its final name.
    pub(super) async fn publish(&self, scratch: Scratch, key: &Key) -> Result<(), Error> {
        self.0.views.forget(key);
        if let Some(folder) = self.0.folder.clone() {
            let target = folder.join(format!("{}.{EXTENSION}", key.0));
            return blocking(move || {
                fs::rename(&scratch.path, target)?;
                Ok(File::open(folder)?.sync_all()?)
            })
            .await;
        }
        let mut from = tokio::fs::File::open(&scratch.path).await?;
        let mut to = BufWriter::new(Arc::clone(&self.0.store), key.path());
        if let Err(error) = tokio::io::copy_buf(&mut tokio::io::BufReader::new(&mut from), &mut to).await {
            // OK because the upload has no name yet; the bucket's own rules clean it up if this fails, too.
            let _ = to.abort().await;
            return Err(error.into());
        }
        Ok(to.shutdown().await?)
    }
}

/// A scratch file.
#[derive(Debug)]
pub(super) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // OK because it was renamed, or the next sweep deletes it.
        let _ = fs::remove_file(&self.path);
    }
}

fn sweep(scratch: &Path, before: DateTime<Utc>) -> Result<usize, Error> {
    let mut swept = 0;
    for entry in fs::read_dir(scratch)? {
        let entry = entry?;
        let modified: DateTime<Utc> = entry.metadata()?.modified()?.into();
        if modified < before {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => swept += 1,
            }
        }
    }
    Ok(swept)
}

/// Runs blocking work outside of the request threads. It completes even if the caller is dropped.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Store(error.into()))?
}
