//! Groups the rows of a result: the numbers behind a chart.
//!
//! Only the requested columns are read, and memory is limited: more than several thousand groups are an error, since
//! nobody can read such a chart. Instants are grouped by longer steps instead.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use futures::TryStreamExt;

use super::cell::write_exact;
use super::error::Error;
use super::filter::{Filter, check_bounds};
use super::grain::Grain;
use super::kind::Kind;
use super::open::Part;
use super::page::Reading;
use super::result_store::{Key, ResultStore};
use super::values::Value;

/// Maximum number of groups, in all series together.
const MOST_GROUPS: usize = 20_000;
/// Maximum number of instants in a chart; beyond that, longer steps are used.
const MOST_INSTANTS: usize = 150;
/// Rows that are decoded at a time.
const BATCH: usize = 8_192;
/// Texts are grouped by this many characters.
const NAME: usize = 120;

/// The aggregate of a group's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    Sum,
    Mean,
    Least,
    Greatest,
}

/// What to group.
#[derive(Clone, Debug)]
pub struct GroupRequest {
    /// The index of the column with the groups.
    pub along: usize,
    /// The index of the column with the series, if several.
    pub split: Option<usize>,
    /// The index of the numeric column.
    pub of: usize,
    pub fold: Fold,
    /// Only rows that match all of these.
    pub filters: Vec<Filter>,
}

/// The key of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupKey {
    /// The start of a time step, in microseconds since 1970.
    Instant(i64),
    /// A text, or another value as text.
    Name(String),
    Nothing,
}

#[derive(Clone, Debug)]
pub struct Groups {
    /// The groups, in order; each with a number for each series that has rows in it.
    pub groups: BTreeMap<GroupKey, BTreeMap<GroupKey, f64>>,
    pub grain: Grain,
    /// The maximum number of rows aggregated in one number.
    pub most_rows: u64,
}

impl ResultStore {
    /// Groups rows; an error if there are too many groups for a chart.
    pub async fn groups(&self, key: &Key, request: GroupRequest) -> Result<Groups, Error> {
        check_bounds(&request.filters)?;
        self.reading(key, true, async move |reading| reading.groups(&request).await).await
    }
}

impl Reading<'_> {
    async fn groups(&self, request: &GroupRequest) -> Result<Groups, Error> {
        let kind = |place: usize| self.opened.column(place).map(|column| column.kind);
        let (along, of) = (kind(request.along)?, kind(request.of)?);
        let split = request.split.map(kind).transpose()?;
        let mut columns: Vec<usize> =
            [Some(request.along), request.split, Some(request.of)].into_iter().flatten().collect();
        columns.sort_unstable();
        columns.dedup();
        let place = |column: usize| columns.binary_search(&column).unwrap_or_default();
        let wanted = if request.filters.is_empty() { None } else { Some(self.matches(&request.filters).await?) };
        let part = Part { columns: Some(&columns), rows: None, batch: BATCH };
        let mut batches = self.opened.read(self.result_store, &part)?;
        let mut gathered = Gathered::default();
        let mut start = 0;
        while let Some(batch) = batches.try_next().await? {
            let (keys, numbers) = (batch.column(place(request.along)), batch.column(place(request.of)));
            let series = request.split.map(|column| batch.column(place(column)));
            for row in 0..batch.num_rows() {
                let is_wanted = wanted.as_ref().is_none_or(|wanted| wanted.value(start + row));
                if !is_wanted || numbers.is_null(row) {
                    continue;
                }
                let Some(number) = Value::of(of, numbers, row).map(|value| value.number(of)) else { continue };
                let series = series.zip(split).map_or(GroupKey::Nothing, |(array, kind)| name(kind, array, row));
                gathered.add(key(along, keys, row), series, number)?;
            }
            start += batch.num_rows();
        }
        Ok(gathered.finish(request.fold))
    }
}

fn key(kind: Kind, array: &ArrayRef, row: usize) -> GroupKey {
    if array.is_null(row) {
        return GroupKey::Nothing;
    }
    match Value::of(kind, array, row).and_then(|value| value.micros(kind)) {
        Some(micros) => GroupKey::Instant(micros),
        None => name(kind, array, row),
    }
}

fn name(kind: Kind, array: &ArrayRef, row: usize) -> GroupKey {
    if array.is_null(row) {
        return GroupKey::Nothing;
    }
    if kind == Kind::Text {
        return GroupKey::Name(array.as_string::<i32>().value(row).chars().take(NAME).collect());
    }
    let mut text = String::new();
    write_exact(&mut text, kind, array, row);
    GroupKey::Name(text)
}

/// The accumulator of a group.
#[derive(Clone, Copy, Debug)]
struct Taken {
    rows: u64,
    sum: f64,
    least: f64,
    greatest: f64,
}

impl Taken {
    fn one(number: f64) -> Self {
        Self { rows: 1, sum: number, least: number, greatest: number }
    }

    fn with(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            sum: self.sum + other.sum,
            least: self.least.min(other.least),
            greatest: self.greatest.max(other.greatest),
        }
    }

    fn folded(self, fold: Fold) -> f64 {
        match fold {
            Fold::Sum => self.sum,
            Fold::Mean => self.sum / self.rows as f64,
            Fold::Least => self.least,
            Fold::Greatest => self.greatest,
        }
    }
}

struct Gathered {
    grain: Grain,
    groups: BTreeMap<(GroupKey, GroupKey), Taken>,
}

impl Default for Gathered {
    fn default() -> Self {
        Self { grain: Grain::Instant, groups: BTreeMap::new() }
    }
}

impl Gathered {
    fn add(&mut self, key: GroupKey, series: GroupKey, number: f64) -> Result<(), Error> {
        self.put(key, series, Taken::one(number));
        while self.groups.len() > MOST_GROUPS {
            let has_instants = self.groups.keys().any(|(key, _)| matches!(key, GroupKey::Instant(_)));
            if !has_instants || !self.lengthen() {
                return Err(Error::TooManyGroups { limit: MOST_GROUPS });
            }
        }
        Ok(())
    }

    fn put(&mut self, key: GroupKey, series: GroupKey, taken: Taken) {
        let key = match key {
            GroupKey::Instant(micros) => GroupKey::Instant(self.grain.start(micros)),
            other => other,
        };
        self.groups.entry((key, series)).and_modify(|known| *known = known.with(taken)).or_insert(taken);
    }

    /// Switches to the next longer time step.
    fn lengthen(&mut self) -> bool {
        let Some(longer) = self.grain.longer() else { return false };
        self.grain = longer;
        for ((key, series), taken) in std::mem::take(&mut self.groups) {
            self.put(key, series, taken);
        }
        true
    }

    fn instants(&self) -> usize {
        let mut instants: Vec<i64> = self
            .groups
            .keys()
            .filter_map(|(key, _)| if let GroupKey::Instant(micros) = key { Some(*micros) } else { None })
            .collect();
        instants.dedup();
        instants.len()
    }

    fn finish(mut self, fold: Fold) -> Groups {
        while self.instants() > MOST_INSTANTS && self.lengthen() {}
        let most_rows = self.groups.values().map(|taken| taken.rows).max().unwrap_or(0);
        let mut groups: BTreeMap<GroupKey, BTreeMap<GroupKey, f64>> = BTreeMap::new();
        for ((key, series), taken) in self.groups {
            groups.entry(key).or_default().insert(series, taken.folded(fold));
        }
        Groups { groups, grain: self.grain, most_rows }
    }
}

#[cfg(test)]
mod tests {
    use super::super::values::DAY;
    use super::*;

    #[test]
    fn instants_are_put_together_by_longer_steps_until_they_can_be_drawn() {
        let mut gathered = Gathered::default();
        for hour in 0..24 * 100 {
            gathered.add(GroupKey::Instant(hour * DAY / 24), GroupKey::Nothing, 1.0).unwrap();
        }
        let groups = gathered.finish(Fold::Sum);
        assert_eq!((groups.grain, groups.groups.len(), groups.most_rows), (Grain::Day, 100, 24));
        assert_eq!(groups.groups[&GroupKey::Instant(DAY)].get(&GroupKey::Nothing), Some(&24.0));
    }

    #[test]
    fn names_beyond_what_can_be_drawn_are_refused() {
        let mut gathered = Gathered::default();
        let outcome =
            (0..=MOST_GROUPS).try_for_each(|n| gathered.add(GroupKey::Name(n.to_string()), GroupKey::Nothing, 1.0));
        assert!(matches!(outcome, Err(Error::TooManyGroups { .. })));
    }

    #[test]
    fn numbers_of_a_group_become_one_in_the_way_that_was_asked_for() {
        let taken = Taken::one(1.0).with(Taken::one(5.0)).with(Taken::one(3.0));
        let folded = [Fold::Sum, Fold::Mean, Fold::Least, Fold::Greatest].map(|fold| taken.folded(fold).to_string());
        assert_eq!(folded, ["9", "3", "1", "5"]);
    }
}
