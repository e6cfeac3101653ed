//! All data sources that a person can see: the documented ones and those that only their instances list, each once.
//!
//! Joining the lists and indexing their words takes several hundred milliseconds for 50,000 columns, so it is done
//! once for each set of lists ([`Tx::shared`]) and shared by everybody whose instances have the same lists.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::index::Index;
use crate::amcsql::catalogue::{Catalogue, ColumnDef, DataSource};
use crate::db::{Result, Tx};
use crate::ids::{InstanceId, PersonId};
use crate::instances::{self, Listing};

/// All data sources of a set of lists, with a word index.
#[derive(Debug)]
pub(super) struct Directory {
    /// The documentation first, then each distinct list.
    catalogues: Vec<Arc<Catalogue>>,
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    pub(super) index: Index,
}

/// A data source with all lists that have it.
#[derive(Debug)]
struct Entry {
    definition: Definition,
    /// The lists that have it: indexes into `catalogues`, sorted, without the documentation.
    listed: Vec<usize>,
    is_documented: bool,
}

/// The definition of a source.
#[derive(Debug)]
enum Definition {
    /// From one list: its index, and the source's index in it.
    Of(usize, usize),
    /// The joined columns of several lists.
    Joined(Box<DataSource>),
}

impl Directory {
    fn of(lists: Vec<Arc<Catalogue>>) -> Self {
        let catalogues: Vec<Arc<Catalogue>> = std::iter::once(Arc::clone(Catalogue::standard())).chain(lists).collect();
        let mut found: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        let mut order: Vec<&str> = Vec::new();
        for (list, catalogue) in catalogues.iter().enumerate() {
            for (place, source) in catalogue.sources().iter().enumerate() {
                if is_listed_twin(source, catalogue) {
                    continue;
                }
                let places = found.entry(source.id.as_str()).or_default();
                if places.is_empty() {
                    order.push(source.id.as_str());
                }
                places.push((list, place));
            }
        }
        // Documented sources keep the order of the documentation; others follow by name.
        let documented = catalogues.first().map_or(0, |standard| standard.sources().len());
        order.get_mut(documented..).unwrap_or_default().sort_unstable();
        let entries: Vec<Entry> =
            order.iter().filter_map(|id| found.get(id)).map(|places| Entry::of(places, &catalogues)).collect();
        let by_name = order.iter().enumerate().map(|(at, id)| ((*id).to_owned(), at)).collect();
        let mut directory = Self { catalogues, entries, by_name, index: Index::default() };
        directory.index = Index::of(directory.sources());
        directory
    }

    /// All sources, in order.
    pub(super) fn sources(&self) -> impl ExactSizeIterator<Item = &DataSource> {
        self.entries.iter().map(|entry| self.definition(entry))
    }

    fn definition<'a>(&'a self, entry: &'a Entry) -> &'a DataSource {
        match &entry.definition {
            Definition::Joined(source) => source,
            Definition::Of(list, place) => &self.catalogues[*list].sources()[*place],
        }
    }

    /// The source at that index of [`Directory::sources`].
    pub(super) fn at(&self, place: usize) -> Option<&DataSource> {
        self.entries.get(place).map(|entry| self.definition(entry))
    }

    /// The index of the source with that name, case-insensitively; otherwise of the source with that audience twin or
    /// former name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let name = name.rsplit('.').next().unwrap_or(name).to_lowercase();
        if let Some(place) = self.by_name.get(&name) {
            return Some(*place);
        }
        let other = |source: &DataSource| {
            source.audience_table.as_deref() == Some(name.as_str()) || source.legacy_names.contains(&name)
        };
        self.sources().position(other)
    }
}

impl Entry {
    fn of(places: &[(usize, usize)], catalogues: &[Arc<Catalogue>]) -> Self {
        let (list, place) = places.first().copied().unwrap_or_default();
        let first = &catalogues[list].sources()[place];
        let others = || places.iter().skip(1).map(|(list, place)| &catalogues[*list].sources()[*place]);
        let mut more: Vec<ColumnDef> = Vec::new();
        for column in others().flat_map(|source| &source.columns) {
            if first.column(&column.name).is_none() && !more.iter().any(|known| known.name == column.name) {
                more.push(column.clone());
            }
        }
        let paid = others().any(|source| source.paid) && !first.paid;
        let definition = if more.is_empty() && !paid {
            Definition::Of(list, place)
        } else {
            let columns = first.columns.iter().cloned().chain(more).collect();
            Definition::Joined(Box::new(DataSource { columns, paid: first.paid || paid, ..first.clone() }))
        };
        let listed = places.iter().map(|(list, _)| *list).filter(|list| *list > 0).collect();
        Self { definition, listed, is_documented: list == 0 }
    }
}

/// Whether a source is the audience twin of another one in the same list, which is shown with that one.
fn is_listed_twin(source: &DataSource, catalogue: &Catalogue) -> bool {
    source.is_audience_twin()
        && source
            .id
            .strip_suffix("_for_audiences")
            .is_some_and(|base| catalogue.source(base).or_else(|| Catalogue::standard().source(base)).is_some())
}

/// The directory as a person sees it, with their instances.
#[derive(Clone, Debug)]
pub struct View {
    pub(super) directory: Arc<Directory>,
    /// The person's instances, in the order of their list, including hidden ones.
    instances: Vec<Known>,
}

/// An instance and its list.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) listing: Listing,
    /// The index of its list; `None` if it was never read.
    list: Option<usize>,
}

/// Whether an instance has a source or a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Present,
    Missing,
    /// Its list was never read.
    Unknown,
}

impl Presence {
    pub(super) const ALL: [Self; 3] = [Self::Present, Self::Missing, Self::Unknown];

    /// As in addresses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }

    /// The label for people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Present => "Present",
            Self::Missing => "Missing",
            Self::Unknown => "Not read yet",
        }
    }

    /// Parses [`Presence::name`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|presence| presence.name() == text)
    }
}

impl View {
    /// Reads the lists of the person's instances.
    pub async fn read(tx: &mut Tx, person: &PersonId) -> Result<Self> {
        let listings = instances::listings(tx, person).await?;
        let mut revisions: Vec<(&str, &InstanceId)> =
            listings.iter().filter_map(|listing| Some((listing.revision.as_deref()?, &listing.id))).collect();
        revisions.sort_unstable();
        revisions.dedup_by_key(|(revision, _)| *revision);
        let directory = directory(tx, &revisions).await?;
        let place = |revision: &str| revisions.binary_search_by_key(&revision, |(known, _)| *known).ok();
        let lists: Vec<Option<usize>> =
            listings.iter().map(|listing| listing.revision.as_deref().and_then(place).map(|place| place + 1)).collect();
        let known = listings.iter().cloned().zip(lists).map(|(listing, list)| Known { listing, list }).collect();
        Ok(Self { directory, instances: known })
    }

    /// The person's active instances.
    pub(super) fn instances(&self) -> impl Iterator<Item = &Known> {
        self.instances.iter().filter(|known| !known.listing.is_hidden)
    }

    /// The instance with that id.
    pub(super) fn instance(&self, id: &InstanceId) -> Option<&Known> {
        self.instances.iter().find(|known| known.listing.id == *id)
    }

    /// On how many instances a source is available, of those whose lists were read.
    pub(super) fn spread(&self, place: usize) -> (usize, usize) {
        let read = self.instances().filter_map(|known| known.list);
        let Some(entry) = self.directory.entries.get(place) else { return (0, 0) };
        read.fold((0, 0), |(on, of), list| (on + usize::from(entry.listed.contains(&list)), of + 1))
    }

    /// Whether an instance has a source.
    pub(super) fn presence(&self, instance: &Known, place: usize) -> Presence {
        let Some(list) = instance.list else { return Presence::Unknown };
        let has = self.directory.entries.get(place).is_some_and(|entry| entry.listed.contains(&list));
        if has { Presence::Present } else { Presence::Missing }
    }

    /// The source as listed by an instance, if it is.
    pub(super) fn source_on(&self, instance: &Known, place: usize) -> Option<&DataSource> {
        let source = self.directory.at(place)?;
        self.directory.catalogues.get(instance.list?)?.source(&source.id)
    }

    /// Whether a source is documented by Amazon.
    pub(super) fn is_documented(&self, place: usize) -> bool {
        self.directory.entries.get(place).is_some_and(|entry| entry.is_documented)
    }
}

/// The directory of these lists, in the order of their revisions; each with an instance that has it.
async fn directory(tx: &mut Tx, revisions: &[(&str, &InstanceId)]) -> Result<Arc<Directory>> {
    let mut hash = Sha256::new();
    for (revision, _) in revisions {
        hash.update(revision.len().to_le_bytes());
        hash.update(revision.as_bytes());
    }
    let key = URL_SAFE_NO_PAD.encode(hash.finalize());
    if let Some(known) = tx.shared(&key) {
        return Ok(known);
    }
    let mut lists = Vec::with_capacity(revisions.len());
    for (_, instance) in revisions {
        lists.push(instances::catalogue(tx, instance).await?);
    }
    Ok(tx.share(key, Directory::of(lists)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::catalogue::Kind;

    fn uploaded(id: &str, columns: &[&str]) -> DataSource {
        let standard = Catalogue::standard().source("dsp_clicks").unwrap();
        let column = |name: &&str| ColumnDef { name: (*name).to_owned(), ..standard.columns[0].clone() };
        let columns = columns.iter().map(column).collect();
        let category = crate::amcsql::catalogue::UPLOADED.to_owned();
        DataSource {
            id: id.to_owned(),
            category,
            columns,
            kind: Kind::Dimension,
            audience_table: None,
            ..standard.clone()
        }
    }

    #[test]
    fn a_source_in_several_lists_appears_once_with_all_columns() {
        let one = Catalogue::from_sources(vec![uploaded("crm", &["tier", "joined"])]);
        let clicks = Catalogue::standard().source("dsp_clicks").unwrap().clone();
        let other = Catalogue::from_sources(vec![uploaded("crm", &["tier", "city"]), clicks]);
        let directory = Directory::of(vec![Arc::new(one), Arc::new(other)]);
        assert_eq!(directory.sources().len(), Catalogue::standard().sources().len() + 1);
        let place = directory.find("Sandbox.CRM").unwrap();
        let names: Vec<_> = directory.at(place).unwrap().columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!((names, &directory.entries[place].listed[..]), (vec!["tier", "joined", "city"], &[1, 2][..]));
        let clicks = directory.find("dsp_clicks_for_audiences").unwrap();
        assert_eq!(
            (directory.at(clicks).unwrap().id.as_str(), directory.find("display_clicks")),
            ("dsp_clicks", Some(clicks))
        );
        assert_eq!(directory.find("nothing"), None);
    }
}
