//! The effect of aggregation thresholds.

use super::*;
use crate::amcsql::bound::SetKind;
use crate::amcsql::engine::Mode;

/// Campaign `crowd` with 100 users, `few` with 3, `one` with 1, `nobody` with none.
fn campaigns() -> Given {
    let mut events: Vec<Event<'_>> = (1..=100).map(|user| (user, "crowd", 1, 1, i64::from(user <= 50))).collect();
    events.extend([
        (1, "few", 1, 1, 1),
        (2, "few", 2, 1, 0),
        (3, "few", 3, 1, 0),
        (4, "one", 1, 7, 0),
        (4, "one", 2, 7, 0),
    ]);
    events.extend([(0, "nobody", 1, 5, 5)]);
    Given::default().with("traffic", &events)
}

fn dropping() -> Run {
    let count = Some("users".to_owned());
    day(true, Privacy { distinct_user_count: count, ..Privacy::default() })
}

fn blanking() -> Run {
    let name = |name: &str| Some(name.to_owned());
    let (discriminator, distinct_user_count, reason) = (name("filtered"), name("users"), name("why"));
    day(true, Privacy { mode: Mode::Blank, discriminator, distinct_user_count, reason })
}

fn by_campaign(threshold: Threshold, clicks_too: bool) -> Query {
    let mut hand = Hand::new();
    let (scan, [_, campaign, impressions, clicks]) = hand.scan("traffic", 1, 1);
    hand.query.columns[campaign.index()].threshold = threshold;
    let sums = if clicks_too { vec![impressions, clicks] } else { vec![impressions] };
    let (root, ids) = hand.sums(scan, &[campaign], &sums);
    hand.query(root, &ids)
}

#[test]
fn rows_below_the_threshold_vanish() {
    assert_eq!(lines(campaigns(), &by_campaign(Threshold::Low, false), &dropping()), ["crowd,100,2", "few,3,2"]);
    assert_eq!(lines(campaigns(), &by_campaign(Threshold::High, false), &dropping()), ["crowd,100,100"]);
    let all = ["crowd,100,2", "few,3,2", "one,14,1"];
    assert_eq!(lines(campaigns(), &by_campaign(Threshold::None, false), &dropping()), all);
}

#[test]
fn without_controls_every_row_is_there_and_nothing_is_counted() {
    let run = day(false, Privacy { distinct_user_count: Some("users".to_owned()), ..Privacy::default() });
    let all = ["crowd,100", "few,3", "nobody,5", "one,14"];
    assert_eq!(lines(campaigns(), &by_campaign(Threshold::High, false), &run), all);
}

#[test]
fn a_metric_that_few_users_contributed_to_counts_these() {
    let low = lines(campaigns(), &by_campaign(Threshold::Low, true), &dropping());
    assert_eq!(low, ["crowd,100,50,2"]);
    assert_eq!(lines(campaigns(), &by_campaign(Threshold::High, true), &dropping()), [""; 0]);
}

#[test]
fn one_heavy_user_does_not_make_a_crowd() {
    let mut events: Vec<Event<'_>> = (1..=200).map(|user| (user, "heavy", 1, 1, 0)).collect();
    events.push((7, "heavy", 2, 300, 0));
    let tables = Given::default().with("traffic", &events);
    let blanked = lines(tables, &by_campaign(Threshold::Low, false), &blanking());
    assert_eq!(blanked, [",500,true,1,1 'traffic' equivalent users < 2 required"]);
}

#[test]
fn blanked_rows_that_look_alike_become_one() {
    let blanked = lines(campaigns(), &by_campaign(Threshold::High, false), &blanking());
    assert_eq!(blanked, [",17,true,0,0 'traffic' users < 100 required", "crowd,100,false,100,"]);
}

#[test]
fn users_are_still_known_above_a_first_grouping() {
    let mut hand = Hand::new();
    let (scan, [user, campaign, impressions, clicks]) = hand.scan("traffic", 1, 1);
    let (per_user, ids) = hand.sums(scan, &[user, campaign], &[impressions, clicks]);
    let (root, ids) = hand.sums(per_user, &[ids[1]], &[ids[2], ids[3]]);
    let found = lines(campaigns(), &hand.query(root, &ids), &dropping());
    assert_eq!(found, ["crowd,100,50,2"]);
}

#[test]
fn each_reading_of_a_source_counts_for_itself() {
    let sales: Vec<Event<'_>> = vec![(1, "crowd", 1, 0, 1), (2, "few", 1, 0, 1), (3, "few", 1, 0, 1)];
    let mut hand = Hand::new();
    let (first, first_ids) = hand.scan("traffic", 1, 1);
    let (second, second_ids) = hand.scan("sales", 1, 1);
    let three = |hand: &mut Hand, input, ids: [ColumnId; 4], metrics: [Option<usize>; 2]| {
        let kinds = [(DataType::String, ColumnType::Dimension, Threshold::Low)];
        let mut items = Vec::new();
        for (kind, column_type, threshold) in kinds {
            let id = hand.column(kind, column_type, threshold);
            items.push(Computed { id, expr: hand.expr(ids[1]) });
        }
        for metric in metrics {
            let id = hand.column(DataType::Long, ColumnType::Metric, Threshold::None);
            items.push(Computed { id, expr: metric.map_or_else(|| long(0), |at| hand.expr(ids[at])) });
        }
        relation(Node::Project { input: Box::new(input), items })
    };
    let inputs = vec![
        three(&mut hand, first, first_ids, [Some(2), None]),
        three(&mut hand, second, second_ids, [None, Some(3)]),
    ];
    let columns = vec![
        hand.column(DataType::String, ColumnType::Dimension, Threshold::Low),
        hand.column(DataType::Long, ColumnType::Metric, Threshold::None),
        hand.column(DataType::Long, ColumnType::Metric, Threshold::None),
    ];
    let union = relation(Node::Set { kind: SetKind::Union, all: true, inputs, columns: columns.clone() });
    let (root, ids) = hand.sums(union, &columns[..1], &columns[1..]);
    let tables = campaigns().with("sales", &sales);
    assert_eq!(lines(tables, &hand.query(root, &ids), &dropping()), ["few,3,2,2"]);
}

#[test]
fn rows_that_nobody_stands_behind_are_not_judged() {
    let mut hand = Hand::new();
    let id = hand.column(DataType::Long, ColumnType::Dimension, Threshold::None);
    let root = relation(Node::Values { columns: vec![id], rows: vec![vec![long(1)], vec![long(2)]] });
    assert_eq!(lines(Given::default(), &hand.query(root, &[id]), &dropping()), ["1,", "2,"]);
}

#[test]
fn merged_rows_add_totals_up_and_have_no_ratio() {
    use crate::amcsql::engine::lower::Merging::{Least, Lost, Sum};

    let columns = "campaign, SUM(impressions) AS total, SUM(spend) / 100000000 AS cost, MIN(impressions) AS least, \
                   SUM(clicks) / SUM(impressions) AS rate, AVG(impressions) AS average, 2 * SUM(impressions) + 1 AS bent";
    let text = format!("SELECT {columns} FROM sponsored_ads_traffic GROUP BY 1");
    let query = crate::amcsql::check(
        &text,
        &crate::amcsql::Context::reporting(crate::amcsql::catalogue::Catalogue::standard()),
    );
    let query = query.query.unwrap_or_else(|| panic!("{:?}", query.findings));
    let known = crate::amcsql::engine::lower::mergings(&query);
    let of: Vec<_> = query.outputs.iter().map(|output| known.get(&output.column).copied()).collect();
    assert_eq!(of, [None, Some(Sum), Some(Sum), Some(Least), Some(Lost), Some(Lost), Some(Lost)]);
}
