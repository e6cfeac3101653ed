//! The current guides and templates of an installation: the built-in ones, and those in the folder named by
//! `RECOMAMP_GUIDES_DIR`, whose changes appear without a restart.
//!
//! The folder is checked on request, at most once per second: names, sizes and dates first, and only changed folders
//! are read again. If it can't be read, the previous state remains.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};

use super::content::{Collection, Finding, FolderRead, Guide, Stamps, Template, read_folder};
use super::index;
use crate::clock::Clock;

/// How long the state of the folder is cached.
const FRESH: TimeDelta = TimeDelta::seconds(1);

/// The guides of an installation; cheap to clone.
#[derive(Clone)]
pub struct Guides(Arc<Inner>);

struct Inner {
    root: Option<PathBuf>,
    clock: Clock,
    seen: Mutex<Seen>,
    /// The last state of the folder; `None` before the first read.
    current: RwLock<Option<Arc<Collection>>>,
    looked_at: RwLock<Option<DateTime<Utc>>>,
}

/// The cached state of the folder.
#[derive(Default)]
struct Seen {
    stamps: Stamps,
    reads: BTreeMap<String, Arc<FolderRead>>,
}

impl Guides {
    /// Creates the guides, with a folder in addition to the built-in ones if there is one.
    pub fn new(root: Option<PathBuf>, clock: Clock) -> Self {
        let (seen, current, looked_at) = <_>::default();
        Self(Arc::new(Inner { root, clock, seen, current, looked_at }))
    }

    /// Reads everything in advance, so that the first request is fast.
    pub async fn warm(&self) {
        let built_in = tokio::task::spawn_blocking(|| Collection::built_in().guides.len()).await;
        match built_in {
            Ok(guides) => tracing::debug!(guides, "the built-in guides were read"),
            Err(error) => tracing::error!(%error, "the built-in guides could not be read"),
        }
        self.current().await;
    }

    /// The last state of the folder; the built-in files before the first read.
    fn last(&self) -> Arc<Collection> {
        let last = self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        last.unwrap_or_else(|| Arc::clone(Collection::built_in()))
    }

    /// The current guides and templates.
    pub(in crate::guides) async fn current(&self) -> Arc<Collection> {
        let now = self.0.clock.now();
        let looked_at = *self.0.looked_at.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = looked_at.is_some_and(|at| now - at < FRESH && now >= at);
        if let Some(root) = self.0.root.clone().filter(|_| !is_fresh) {
            let own = self.clone();
            let looked = tokio::task::spawn_blocking(move || own.look(&root, now)).await;
            if let Err(error) = looked {
                tracing::error!(%error, "the guides could not be read");
            }
        }
        self.last()
    }

    fn look(&self, root: &Path, now: DateTime<Utc>) {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.last();
        let next = match Stamps::of(root) {
            Ok(stamps) if stamps == seen.stamps && before.trouble.is_empty() => None,
            Ok(stamps) => Some(joined(root, &mut seen, stamps, &before)),
            Err(error) => {
                let trouble = format!(
                    "The folder of guides can't be read: {error}. Its guides are shown as they were read last. Check \
                     RECOMAMP_GUIDES_DIR, and that the program may read the folder."
                );
                (before.trouble != trouble).then(|| before.with_trouble(trouble))
            }
        };
        if let Some(next) = next {
            *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(next));
        }
        *self.0.looked_at.write().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// The published guides, in the recommended order.
    pub async fn all(&self) -> Vec<Arc<Guide>> {
        let current = self.current().await;
        current.readable("").collect()
    }

    /// The guide for new users.
    pub async fn first(&self) -> Option<Arc<Guide>> {
        self.all().await.into_iter().next()
    }

    /// The guides that contain every word of a text.
    pub async fn search(&self, text: &str) -> Vec<Arc<Guide>> {
        index::search(self.all().await.into_iter(), text).into_iter().map(|found| found.guide).collect()
    }

    /// The sections that show a mistake for a check, each with its address and title.
    pub async fn explaining(&self, code: &str) -> Vec<(String, String)> {
        let mut places = Vec::new();
        for guide in self.all().await {
            let shown = guide.mistakes.iter().filter(|(known, _)| *known == code);
            places.extend(shown.map(|(_, section)| guide.place(section)));
        }
        places
    }

    /// The guides and templates that read a data source, each with its address and title.
    pub async fn reading(&self, source: &str) -> Vec<(String, String)> {
        let reads = |sources: &[String]| sources.iter().any(|known| known.eq_ignore_ascii_case(source));
        let guides = self.all().await.into_iter().filter(|guide| reads(&guide.sources));
        let guides = guides.map(|guide| (format!("/guides/{}", guide.slug), guide.title.clone()));
        let templates = self.templates().await.into_iter().filter(|template| reads(&template.query.sources));
        let name = |template: Arc<Template>| format!("Template: {}", template.query.name());
        guides.chain(templates.map(|template| (format!("/library/{}", template.slug), name(template)))).collect()
    }

    /// What is wrong with templates, for their authors.
    pub async fn template_findings(&self) -> Vec<Finding> {
        let current = self.current().await;
        let mut all: Vec<Finding> =
            current.templates.iter().flat_map(|template| template.findings.iter().cloned()).collect();
        all.sort();
        all
    }

    /// The published templates, by name.
    pub async fn templates(&self) -> Vec<Arc<Template>> {
        let current = self.current().await;
        current.templates.iter().filter_map(|template| template.good.clone()).collect()
    }
}

/// The built-in files and those in the folder; unchanged folders aren't read again.
fn joined(root: &Path, seen: &mut Seen, stamps: Stamps, before: &Collection) -> Collection {
    let mut reads = BTreeMap::new();
    for name in stamps.folders() {
        let known = seen.reads.get(name).filter(|_| stamps.is_same(&seen.stamps, name));
        let read = known.cloned().unwrap_or_else(|| Arc::new(read_folder(name, &stamps.read(root, name))));
        reads.insert(name.to_owned(), read);
    }
    let own = reads.iter().map(|(name, read): (&String, &Arc<FolderRead>)| (name.clone(), Arc::clone(read)));
    let mut next = Collection::join(Collection::built_in_reads().chain(own));
    next.inherit(before);
    (seen.stamps, seen.reads) = (stamps, reads);
    next
}
