//! Builds a chart from groups of rows: which names and series are drawn, and the notes on the others.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::choose::{Choices, FOLDS};
use crate::results::{Fold, Grain, GroupKey, Groups, StoredColumn};
use crate::web::chart::{Along, Chart, SERIES, Series, Shape, Size};
use crate::web::components::count;

/// How many names are drawn; the rest is combined.
const NAMES: usize = 25;
/// The label for missing values, and for the rest.
const NOTHING: &str = "(no value)";
const REST: &str = "Other";

/// A chart and its notes.
#[derive(Debug)]
pub(super) struct Composed {
    pub(super) chart: Chart,
    pub(super) remarks: Vec<String>,
}

/// The chart of `groups`. `unit` is the label of the numbers' unit, by which they are divided with `scale`. The
/// sentence says why there is none.
pub(super) fn compose(
    columns: &[StoredColumn],
    choice: &Choices,
    groups: &Groups,
    unit: &str,
    scale: f64,
) -> Result<Composed, String> {
    let name = |place: usize| columns[place].name.as_str();
    let (along, of) = (name(choice.along), name(choice.of));
    if groups.groups.is_empty() {
        return Err(format!("No row has a value in “{of}”, so there is nothing to draw."));
    }
    let mut remarks = Vec::new();
    let (keys, along_keys) = places(choice, groups, columns, &mut remarks)?;
    let series = series(choice, groups, &keys, name(choice.of), scale, &mut remarks);
    let fold = FOLDS.iter().find(|(fold, ..)| *fold == choice.fold()).map_or("Sum", |(.., words)| words);
    let is_folded = groups.most_rows > 1;
    let numbers = if is_folded { format!("{fold} of {of}") } else { of.to_owned() };
    let by = choice.split.map(|split| format!(" and {}", name(split))).unwrap_or_default();
    if is_folded {
        let rows = count(groups.most_rows);
        remarks
            .push(format!("Each point combines up to {rows} rows. Don't sum reach or rates: pick another aggregate."));
    }
    let title = format!("{numbers} by {along}{by}");
    let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    let along_name = format!("{along}{}", steps(groups.grain));
    Ok(Composed {
        chart: Chart {
            id: "chart".to_owned(),
            description: description(&keys, &series, &along_keys),
            title,
            shape: choice.shape,
            size: Size::Wide,
            along: along_keys,
            along_name,
            value_name: match choice.shape {
                Shape::Shares => format!("Share of {numbers}"),
                _ => format!("{numbers}{unit}"),
            },
            series,
        },
        remarks,
    })
}

fn steps(grain: Grain) -> &'static str {
    match grain {
        Grain::Instant => "",
        Grain::Hour => ", by hour",
        Grain::Day => ", by day",
        Grain::Week => ", weeks from Monday",
        Grain::Month => ", by month",
        Grain::Year => ", by year",
    }
}

/// The keys at each position of the X axis. Several if the rest was combined.
type Places = Vec<Vec<GroupKey>>;

fn places(
    choice: &Choices,
    groups: &Groups,
    columns: &[StoredColumn],
    remarks: &mut Vec<String>,
) -> Result<(Places, Along), String> {
    let name = &columns[choice.along].name;
    let instants: Vec<(GroupKey, DateTime<Utc>)> = groups
        .groups
        .keys()
        .filter_map(|key| match key {
            GroupKey::Instant(micros) => Some((key.clone(), DateTime::from_timestamp_micros(*micros)?)),
            _ => None,
        })
        .collect();
    if !instants.is_empty() {
        if groups.groups.contains_key(&GroupKey::Nothing) {
            remarks.push(format!("Rows without a value in `{name}` are not drawn."));
        }
        if instants.len() < 2 {
            return Err(format!("All rows have the same `{name}`: a line needs two. Choose another column along."));
        }
        let (keys, times) = instants.into_iter().map(|(key, time)| (vec![key], time)).unzip();
        return Ok((keys, Along::Times(times)));
    }
    let mut names: Vec<(&GroupKey, f64)> =
        groups.groups.iter().map(|(key, values)| (key, values.values().sum::<f64>())).collect();
    if columns[choice.along].kind.is_number() && names.len() <= NAMES {
        let number = |key: &GroupKey| label(key).parse::<f64>().unwrap_or(f64::INFINITY);
        names.sort_by(|(one, _), (other, _)| number(one).total_cmp(&number(other)));
    } else {
        names.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    }
    let rest = names.split_off(names.len().min(NAMES));
    let mut keys: Places = names.iter().map(|(key, _)| vec![(*key).clone()]).collect();
    let mut labels: Vec<String> = names.iter().map(|(key, _)| label(key)).collect();
    if !rest.is_empty() {
        let more = count(rest.len());
        if choice.fold() == Fold::Sum {
            keys.push(rest.into_iter().map(|(key, _)| key.clone()).collect());
            labels.push(format!("{REST} ({more})"));
            remarks.push(format!("The {NAMES} largest are shown; {more} more are grouped as {REST}."));
        } else {
            remarks.push(format!("The {NAMES} largest are drawn; {more} more are not."));
        }
    }
    Ok((keys, Along::Names(labels)))
}

fn label(key: &GroupKey) -> String {
    match key {
        GroupKey::Name(name) if name.is_empty() => "(empty)".to_owned(),
        GroupKey::Name(name) => name.clone(),
        GroupKey::Nothing => NOTHING.to_owned(),
        GroupKey::Instant(micros) => micros.to_string(),
    }
}

fn series(
    choice: &Choices,
    groups: &Groups,
    places: &Places,
    of: &str,
    scale: f64,
    remarks: &mut Vec<String>,
) -> Vec<Series> {
    let mut sizes: BTreeMap<&GroupKey, f64> = BTreeMap::new();
    for (key, value) in groups.groups.values().flatten() {
        *sizes.entry(key).or_default() += value.abs();
    }
    let mut order: Vec<(&GroupKey, f64)> = sizes.into_iter().collect();
    order.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let mut keys: Vec<&GroupKey> = order.into_iter().map(|(key, _)| key).collect();
    let rest = keys.split_off(keys.len().min(SERIES));
    let value = |keys: &[GroupKey], wanted: &[&GroupKey]| -> Option<f64> {
        let groups = keys.iter().filter_map(|key| groups.groups.get(key));
        let values = groups.flat_map(|group| wanted.iter().filter_map(|key| group.get(*key)));
        values.copied().reduce(|one, other| one + other).map(|sum| sum / scale)
    };
    let make = |name: String, wanted: &[&GroupKey]| Series {
        name,
        values: places.iter().map(|keys| value(keys, wanted)).collect(),
    };
    let name = |key: &GroupKey| if choice.split.is_some() { label(key) } else { of.to_owned() };
    let mut series: Vec<Series> = keys.iter().map(|key| make(name(key), &[*key])).collect();
    if !rest.is_empty() {
        let more = count(rest.len());
        if choice.fold() == Fold::Sum && choice.shape != Shape::Lines {
            series.push(make(format!("{REST} ({more})"), &rest));
        } else {
            remarks.push(format!("The {SERIES} largest series are drawn; {more} more are not."));
        }
    }
    series
}

fn description(places: &Places, series: &[Series], along: &Along) -> String {
    let all =
        series.iter().flat_map(|one| one.values.iter().enumerate().map(move |(place, value)| (one, place, value)));
    let greatest = all
        .filter_map(|(one, place, value)| Some((one, place, (*value)?)))
        .max_by(|one, other| one.2.total_cmp(&other.2));
    let greatest = greatest.map_or_else(String::new, |(one, place, value)| {
        let of = if series.len() > 1 { format!(", {}", one.name) } else { String::new() };
        format!(" The largest number is {} at {}{of}.", crate::web::chart::exact(value), along.label(place))
    });
    let (first, last) = (along.label(0), along.label(places.len().saturating_sub(1)));
    let places = count(places.len());
    match along {
        Along::Times(_) => {
            format!("{places} points from {first} to {last}.{greatest} The table below has all numbers.")
        }
        Along::Names(_) => format!("{places} bars, the first {first}.{greatest} The table below has all numbers."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::choose::tests::columns;
    use super::*;
    use crate::results::Kind;
    use crate::web::Fields;

    fn composed(names: usize, query: &str) -> Result<Composed, String> {
        let columns = columns(&[("campaign", Kind::Text, false), ("clicks", Kind::Integer, true)]);
        let choice = Choices::of(&columns, &Fields::parse(query.as_bytes())).unwrap();
        let group = |n: usize| (GroupKey::Name(format!("c{n}")), BTreeMap::from([(GroupKey::Nothing, n as f64)]));
        let groups = Groups { groups: (0..names).map(group).collect(), grain: Grain::Instant, most_rows: 1 };
        compose(&columns, &choice, &groups, "microcents", 2.0)
    }

    #[test]
    fn the_largest_names_come_first_and_the_rest_comes_together() {
        let drawn = composed(40, "").unwrap();
        assert_eq!(drawn.chart.along.len(), NAMES + 1);
        assert_eq!(
            (drawn.chart.along.label(0), drawn.chart.along.label(NAMES)),
            ("c39".to_owned(), "Other (15)".to_owned())
        );
        assert_eq!(drawn.chart.series[0].values[NAMES], Some((0..15).sum::<usize>() as f64 / 2.0));
        assert_eq!(drawn.chart.title, "clicks by campaign");
        assert_eq!(drawn.chart.value_name, "clicks (microcents)");
        assert!(drawn.remarks[0].contains("15 more are grouped"), "{:?}", drawn.remarks);
        let means = composed(40, "fold=mean").unwrap();
        assert_eq!(means.chart.along.len(), NAMES, "means of the rest cannot be added up");
    }

    #[test]
    fn no_numbers_and_no_second_instant_are_reasons() {
        assert!(composed(0, "").unwrap_err().contains("No row has a value in “clicks”"));
        let columns = columns(&[("day", Kind::Date, false), ("clicks", Kind::Integer, true)]);
        let choice = Choices::of(&columns, &Fields::default()).unwrap();
        let groups = Groups {
            groups: BTreeMap::from([(GroupKey::Instant(0), BTreeMap::from([(GroupKey::Nothing, 1.0)]))]),
            grain: Grain::Instant,
            most_rows: 3,
        };
        let reason = compose(&columns, &choice, &groups, "", 1.0).unwrap_err();
        assert!(reason.contains("All rows have the same `day`"), "{reason}");
    }
}
