//! Compares two to four sources: which columns are the same, which differ, which only some have.

use crate::amcsql::catalogue::{ColumnDef, DataSource};

/// How a column compares between several sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Several have it, with different types, roles, thresholds or units.
    Different,
    /// Not all have it.
    Only,
    /// All have the same.
    Same,
}

impl Difference {
    /// All values, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Different, Self::Only, Self::Same];

    /// As in addresses and exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::Only => "only",
            Self::Same => "same",
        }
    }

    /// The label for people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Different => "Different",
            Self::Only => "Missing in some",
            Self::Same => "Same",
        }
    }

    /// Parses [`Difference::name`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|difference| difference.name() == text)
    }
}

/// A column with each source's definition, in the order of the sources.
#[derive(Clone, Debug)]
pub struct Compared<'a> {
    pub name: &'a str,
    pub difference: Difference,
    pub columns: Vec<Option<&'a ColumnDef>>,
}

/// Whether two columns are equivalent in a query.
fn are_alike(one: &ColumnDef, other: &ColumnDef) -> bool {
    (&one.data_type, one.column_type, one.threshold, &one.unit)
        == (&other.data_type, other.column_type, other.threshold, &other.unit)
}

/// Each column of the sources once: different ones first, by name.
pub fn compare<'a>(sources: &[&'a DataSource]) -> Vec<Compared<'a>> {
    let mut names: Vec<&str> = sources.iter().flat_map(|source| &source.columns).map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let compared = |name: &'a str| {
        let columns: Vec<Option<&ColumnDef>> = sources.iter().map(|source| source.column(name)).collect();
        let mut there = columns.iter().flatten();
        let first = there.next();
        let alike = there.all(|other| first.is_some_and(|first| are_alike(first, other)));
        let difference = match columns.iter().all(Option::is_some) {
            _ if !alike => Difference::Different,
            true => Difference::Same,
            false => Difference::Only,
        };
        Compared { name, difference, columns }
    };
    let mut all: Vec<Compared<'a>> = names.into_iter().map(compared).collect();
    all.sort_by_key(|compared| compared.difference);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::catalogue::Catalogue;

    #[test]
    fn the_two_attributed_tables_have_few_differences() {
        let source = |id: &str| Catalogue::standard().source(id).unwrap();
        let [one, other] =
            ["amazon_attributed_events_by_traffic_time", "amazon_attributed_events_by_conversion_time"].map(source);
        let all = compare(&[one, other]);
        let count = |difference| all.iter().filter(|it| it.difference == difference).count();
        assert_eq!(count(Difference::Different) + count(Difference::Only) + count(Difference::Same), all.len());
        assert!(count(Difference::Same) > 100, "{}", count(Difference::Same));
        assert!(compare(&[one, one]).iter().all(|it| it.difference == Difference::Same));
    }

    #[test]
    fn columns_with_other_thresholds_differ_and_others_are_missing_in_some() {
        let source = |id: &str| Catalogue::standard().source(id).unwrap();
        let all = compare(&[source("dsp_impressions"), source("dsp_clicks"), source("conversions")]);
        let find = |name: &str| all.iter().find(|it| it.name == name).unwrap().difference;
        assert_eq!(
            (find("user_id"), find("campaign"), find("clicks")),
            (Difference::Same, Difference::Only, Difference::Only)
        );
        let weak = DataSource {
            columns: vec![ColumnDef {
                unit: Some("currency".into()),
                ..source("dsp_clicks").column("clicks").unwrap().clone()
            }],
            ..source("dsp_clicks").clone()
        };
        assert_eq!(compare(&[source("dsp_clicks"), &weak]).first().unwrap().difference, Difference::Different);
    }
}
