//! The catalog of data sources: their columns, types and privacy levels.
//!
//! The standard catalog is embedded as JSON: the sources described in the AMC documentation. An instance may have
//! fewer (paid sources) and more (uploaded tables); its answer is converted with [`Catalogue::from_sources`]. Names
//! are case-insensitive everywhere and may have a schema prefix such as `sandbox.`.

mod data_type;
mod source;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

pub use data_type::DataType;
pub use source::{ColumnDef, ColumnType, DataSource, Kind, SourceTag, Threshold, UPLOADED};

/// The documented sources, one object per source.
const STANDARD: &str = include_str!("data-sources.json");

/// The sources of one instance, found by name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// The labels of the instance's paid data sets; `None` if they are unknown.
    pub datasets: Option<Vec<String>>,
    sources: Vec<DataSource>,
    twins: Vec<DataSource>,
    by_name: HashMap<String, Entry>,
    by_legacy_name: HashMap<String, usize>,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    Source(usize),
    Twin(usize),
}

impl Catalogue {
    /// The sources of the AMC documentation; parsed once, shared by all.
    pub fn standard() -> &'static Arc<Self> {
        static STANDARD_CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
            // OK because a test parses the same text strictly: the embedded file can't be invalid.
            Arc::new(Catalogue::from_sources(serde_json::from_str(STANDARD).unwrap_or_default()))
        });
        &STANDARD_CATALOGUE
    }

    /// The given sources, and the audience twin of each that names one but doesn't list it. If two share a name the
    /// later one is found, as an uploaded table hides Amazon's.
    pub fn from_sources(sources: Vec<DataSource>) -> Self {
        let mut catalogue = Self::default();
        for (at, source) in sources.iter().enumerate() {
            catalogue.by_name.insert(bare(&source.id), Entry::Source(at));
            for legacy in &source.legacy_names {
                catalogue.by_legacy_name.insert(legacy.to_ascii_lowercase(), at);
            }
        }
        for twin in sources.iter().filter_map(DataSource::audience_twin) {
            let name = bare(&twin.id);
            if !catalogue.by_name.contains_key(&name) {
                catalogue.by_name.insert(name, Entry::Twin(catalogue.twins.len()));
                catalogue.twins.push(twin);
            }
        }
        catalogue.sources = sources;
        catalogue
    }

    /// The same with the labels of the instance's paid data sets.
    #[must_use]
    pub fn with_datasets(self, datasets: Option<Vec<String>>) -> Self {
        Self { datasets, ..self }
    }

    /// The source or audience twin with that name, case-insensitively, with or without a schema prefix.
    pub fn source(&self, name: &str) -> Option<&DataSource> {
        match *self.by_name.get(&bare(name))? {
            Entry::Source(at) => self.sources.get(at),
            Entry::Twin(at) => self.twins.get(at),
        }
    }

    /// The source that formerly had that name.
    pub fn renamed(&self, name: &str) -> Option<&DataSource> {
        self.sources.get(*self.by_legacy_name.get(&bare(name))?)
    }

    /// The sources in catalog order, without derived audience twins.
    pub fn sources(&self) -> &[DataSource] {
        &self.sources
    }

    /// The derived audience twins.
    pub fn audience_twins(&self) -> &[DataSource] {
        &self.twins
    }

    /// Every name that can be queried, in lower case and unordered.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

/// The name without its schema, in lower case.
fn bare(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_reads_strictly() {
        let sources: Vec<DataSource> = serde_json::from_str(STANDARD).unwrap();
        assert!(sources.len() > 40);
        assert_eq!(Catalogue::standard().sources().len(), sources.len());
    }

    #[test]
    fn names_are_found_in_any_case_and_with_a_schema() {
        let catalogue = Catalogue::standard();
        let source = catalogue.source("SANDBOX.DSP_Impressions").unwrap();
        assert_eq!(source.id, "dsp_impressions");
        assert_eq!(source.column("IMPRESSIONS").unwrap().data_type, DataType::Long);
        assert!(catalogue.source("dsp_impression").is_none());
    }

    #[test]
    fn an_audience_twin_has_the_columns_of_its_source_but_those_it_lacks() {
        let catalogue = Catalogue::standard();
        let source = catalogue.source("dsp_impressions").unwrap();
        let twin = catalogue.source("dsp_impressions_for_audiences").unwrap();
        assert!(source.column("user_behavior_segment_ids").is_some());
        assert!(twin.column("user_behavior_segment_ids").is_none());
        assert_eq!(twin.columns.len() + 2, source.columns.len());
        assert!(twin.is_audience_twin());
    }

    #[test]
    fn a_replaced_name_leads_to_the_source_of_today() {
        assert_eq!(Catalogue::standard().renamed("display_impressions").unwrap().id, "dsp_impressions");
    }

    #[test]
    fn every_fact_is_cut_by_a_column_that_it_has() {
        for source in Catalogue::standard().sources() {
            if let Some(column) = &source.time_window_column {
                assert!(source.column(column).is_some_and(|it| it.data_type.is_temporal()), "{}", source.id);
            }
        }
    }
}
