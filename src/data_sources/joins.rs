//! Joins between sources, in both directions.
//!
//! The documentation gives a source's keys as `user_id`, as `segment_id + segment_marketplace_id`, or as
//! `impression_id = dsp_impressions.request_tag`, where the other source's name may end in `*`. A plain key joins
//! every other source with the same key; an equation joins the two that it names, and is shown on the pages of both.

use crate::amcsql::catalogue::DataSource;

/// A join of a source with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Join {
    /// The key on this source: a column, or several separated by ` + `.
    pub(super) key: String,
    /// The other sources with their keys, in order.
    pub(super) others: Vec<(String, String)>,
}

/// A key in the documentation.
struct Key<'a> {
    own: &'a str,
    /// The other source, with a trailing `*` for several, and its column.
    other: Option<(&'a str, &'a str)>,
}

impl<'a> Key<'a> {
    fn read(text: &'a str) -> Self {
        let other = text.split_once(" = ").map(|(own, other)| (own, other.rsplit_once('.').unwrap_or((other, own))));
        other.map_or(Self { own: text, other: None }, |(own, other)| Self { own, other: Some(other) })
    }
}

fn is_named(pattern: &str, source: &DataSource) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => source.id.starts_with(start),
        None => source.id == pattern,
    }
}

/// The joins of `source` with the others.
pub(super) fn joins<'a>(source: &DataSource, all: impl Iterator<Item = &'a DataSource>) -> Vec<Join> {
    let mut joins: Vec<Join> = Vec::new();
    for key in &source.join_keys {
        let own = Key::read(key).own.to_owned();
        if !joins.iter().any(|join| join.key == own) {
            joins.push(Join { key: own, others: Vec::new() });
        }
    }
    let mut add = |own: &str, other: &DataSource, theirs: &str| {
        let at = joins.iter().position(|join| join.key == own).unwrap_or_else(|| {
            joins.push(Join { key: own.to_owned(), others: Vec::new() });
            joins.len() - 1
        });
        let pair = (other.id.clone(), theirs.to_owned());
        if !joins[at].others.contains(&pair) {
            joins[at].others.push(pair);
        }
    };
    for other in all.filter(|other| other.id != source.id) {
        for key in source.join_keys.iter().map(|key| Key::read(key)) {
            match key.other {
                Some((pattern, column)) if is_named(pattern, other) => add(key.own, other, column),
                None if other.join_keys.iter().any(|theirs| theirs == key.own) => add(key.own, other, key.own),
                _ => {}
            }
        }
        for key in other.join_keys.iter().map(|key| Key::read(key)) {
            if let Some((_, column)) = key.other.filter(|(pattern, _)| is_named(pattern, source)) {
                add(column, other, key.own);
            }
        }
    }
    joins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::catalogue::Catalogue;

    fn others(source: &str, key: &str) -> Vec<(String, String)> {
        let all = Catalogue::standard().sources();
        let source = Catalogue::standard().source(source).unwrap();
        joins(source, all.iter()).into_iter().find(|join| join.key == key).map(|join| join.others).unwrap_or_default()
    }

    #[test]
    fn an_equation_joins_two_sources_and_a_plain_key_joins_all() {
        let to = |id: &str, key: &str| (id.to_owned(), key.to_owned());
        let views = others("dsp_views", "impression_id");
        assert!(views.contains(&to("dsp_impressions", "request_tag")), "{views:?}");
        let impressions = others("dsp_impressions", "request_tag");
        assert!(impressions.contains(&to("dsp_views", "impression_id")), "{impressions:?}");
        assert!(impressions.contains(&to("dsp_clicks", "request_tag")), "{impressions:?}");
        let events = others("sponsored_ads_traffic", "event_id");
        assert!(events.contains(&to("amazon_attributed_events_by_traffic_time", "traffic_event_id")), "{events:?}");
        assert!(others("conversions", "user_id").len() > 5);
    }

    #[test]
    fn every_documented_key_is_a_column() {
        for source in Catalogue::standard().sources() {
            for join in joins(source, Catalogue::standard().sources().iter()) {
                for column in join.key.split(" + ") {
                    assert!(source.column(column).is_some(), "{} has no {column}", source.id);
                }
                for (other, key) in join.others {
                    let other = Catalogue::standard().source(&other).unwrap();
                    for column in key.split(" + ") {
                        assert!(other.column(column).is_some(), "{} has no {column}", other.id);
                    }
                }
            }
        }
    }
}
