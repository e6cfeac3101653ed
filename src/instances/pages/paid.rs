//! The paid data sets of an instance: the subscriptions that Amazon lists, and the paid data sources that it has.

use crate::amcsql::catalogue::{Catalogue, DataSource};

/// A subscription that Amazon lists.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PaidSet {
    /// Amazon's label.
    pub(super) label: String,
    /// The documented sources that come with it, by id and name; empty if the label isn't documented.
    pub(super) sources: Vec<(String, String)>,
}

/// What an instance has that isn't included in every instance.
#[derive(Debug)]
pub(super) struct Paid {
    /// The subscriptions that Amazon lists; `None` if it doesn't say.
    pub(super) sets: Option<Vec<PaidSet>>,
    /// The number of paid data sources in the instance's list.
    pub(super) sources: usize,
}

impl Paid {
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        let set = |label: &String| PaidSet {
            label: label.clone(),
            sources: Catalogue::standard()
                .sources()
                .iter()
                .filter(|source| source.dataset_label.as_ref() == Some(label))
                .map(|source| (source.id.clone(), source.name.clone()))
                .collect(),
        };
        let is_paid = |source: &&DataSource| source.paid && !source.is_audience_twin();
        Self {
            sets: catalogue.datasets.as_ref().map(|labels| labels.iter().map(set).collect()),
            sources: catalogue.sources().iter().filter(is_paid).count(),
        }
    }

    /// The number of paid data sources, with its noun.
    pub(super) fn sources_counted(&self) -> String {
        let number = i64::try_from(self.sources).unwrap_or(i64::MAX);
        crate::web::words::counted(number, "paid data source", "paid data sources")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_subscription_names_the_data_sources_that_come_with_it() {
        let catalogue = |labels: &[&str]| {
            Catalogue::default().with_datasets(Some(labels.iter().map(|label| (*label).to_owned()).collect()))
        };
        let paid = Paid::of(&catalogue(&["PURCHASE_RETAIL_PROGRAM", "SOMETHING_NEW"]));
        let sets = paid.sets.unwrap();
        assert_eq!(sets[0].sources[0].0, "amazon_retail_purchases");
        assert!(sets[1].sources.is_empty(), "an unknown label is shown as Amazon writes it");
        assert_eq!(paid.sources, 0);
        assert_eq!(Paid::of(&Catalogue::default()).sets, None);
        assert_eq!(Paid::of(Catalogue::standard()).sources, 26);
    }
}
