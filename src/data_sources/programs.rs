//! Data sources for programs: all, one, and the best matches of a search.

use super::directory::View;
use crate::amcsql::catalogue::{ColumnDef, DataSource};

/// A source that matches a search, with its matching columns.
#[derive(Clone, Debug)]
pub struct Match<'a> {
    pub source: &'a DataSource,
    pub columns: Vec<&'a ColumnDef>,
}

impl View {
    /// All sources, documented ones first.
    pub fn all(&self) -> impl Iterator<Item = &DataSource> {
        self.directory.sources()
    }

    /// The source with this name, case-insensitively, or with this former name.
    pub fn named(&self, name: &str) -> Option<&DataSource> {
        self.directory.at(self.directory.find(name)?)
    }

    /// On how many of the person's instances a source is available, of those whose lists were read.
    pub fn spread_of(&self, source: &DataSource) -> (usize, usize) {
        self.directory.find(&source.id).map_or((0, 0), |place| self.spread(place))
    }

    /// The sources that contain the words, or have columns that do, best first.
    pub fn search(&self, words: &str) -> Vec<Match<'_>> {
        let mut all: Vec<Match<'_>> = Vec::new();
        for found in self.directory.index.search(words).iter() {
            let Some(source) = self.directory.at(found.source) else { continue };
            let known = all.iter().position(|known| known.source.id == source.id);
            let at = known.unwrap_or_else(|| {
                all.push(Match { source, columns: Vec::new() });
                all.len() - 1
            });
            all[at].columns.extend(found.column.and_then(|column| source.columns.get(column)));
        }
        all
    }

    /// The categories, each with the number of its sources, in the order of the sources.
    pub fn categories(&self) -> Vec<(&str, usize)> {
        let mut all: Vec<(&str, usize)> = Vec::new();
        for source in self.all() {
            match all.iter_mut().find(|(known, _)| *known == source.category) {
                Some((_, count)) => *count += 1,
                None => all.push((&source.category, 1)),
            }
        }
        all
    }
}
