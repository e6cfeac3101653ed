//! Results of relations, and failures of runs.

use std::time::Duration;

use super::*;
use crate::amcsql::bound::{Common, CommonId, Join, JoinKind, SetKind};

fn traffic() -> Given {
    Given::default().with("traffic", &[(1, "a", -1, 1, 0), (1, "a", 0, 2, 1), (2, "a", 23, 2, 0), (3, "b", 24, 8, 0)])
}

fn free() -> Run {
    day(false, Privacy::default())
}

#[test]
fn the_window_holds_its_start_and_not_its_end() {
    let mut hand = Hand::new();
    let (scan, [_, campaign, impressions, clicks]) = hand.scan("traffic", 1, 1);
    let (root, ids) = hand.sums(scan, &[campaign], &[impressions, clicks]);
    assert_eq!(lines(traffic(), &hand.query(root, &ids), &free()), ["a,4,1"]);
}

#[test]
fn a_widened_window_reaches_further_for_its_reading_only() {
    let mut hand = Hand::new();
    let (scan, [_, campaign, impressions, _]) = hand.scan("traffic", 1, 1);
    hand.query.scans[0].extension = Extension { before_seconds: 3600, after_seconds: 3600 };
    let (root, ids) = hand.sums(scan, &[campaign], &[impressions]);
    assert_eq!(lines(traffic(), &hand.query(root, &ids), &free()), ["a,5", "b,8"]);
}

#[test]
fn a_common_table_can_be_read_twice() {
    for controls in [false, true] {
        let mut hand = Hand::new();
        let (scan, [_, campaign, impressions, _]) = hand.scan("traffic", 1, 1);
        let (relation_of, ids) = hand.sums(scan, &[campaign], &[impressions]);
        let common = Common { name: "c".to_owned(), relation: relation_of, columns: ids.clone() };
        hand.query.commons.push(common);
        let read = |hand: &mut Hand| {
            let name = hand.column(DataType::String, ColumnType::Dimension, Threshold::Low);
            let sum = hand.column(DataType::Long, ColumnType::Metric, Threshold::None);
            let columns = vec![(name, ids[0]), (sum, ids[1])];
            (relation(Node::Common { common: CommonId(0), columns }), [name, sum])
        };
        let (left, [left_name, left_sum]) = read(&mut hand);
        let (right, [right_name, right_sum]) = read(&mut hand);
        let same = ExprKind::Binary {
            op: crate::amcsql::bound::BinaryOp::Eq,
            left: Box::new(hand.expr(left_name)),
            right: Box::new(hand.expr(right_name)),
        };
        let on = Some(expr(same, DataType::Boolean));
        let join = Join { kind: JoinKind::Inner, left: Box::new(left), right: Box::new(right), on };
        let query = hand.query(relation(Node::Join(join)), &[left_name, left_sum, right_sum]);
        assert_eq!(lines(traffic(), &query, &day(controls, Privacy::default())), ["a,4,4"]);
    }
}

#[test]
fn unions_keep_or_drop_repeated_rows() {
    let union = |all| {
        let mut hand = Hand::new();
        let (first, first_ids) = hand.scan("traffic", 1, 2);
        let (second, second_ids) = hand.scan("traffic", 2, 2);
        let only = |hand: &mut Hand, input, from: ColumnId| {
            let id = hand.column(DataType::String, ColumnType::Dimension, Threshold::Low);
            let items = vec![Computed { id, expr: hand.expr(from) }];
            relation(Node::Project { input: Box::new(input), items })
        };
        let inputs = vec![only(&mut hand, first, first_ids[1]), only(&mut hand, second, second_ids[1])];
        let id = hand.column(DataType::String, ColumnType::Dimension, Threshold::Low);
        let root = relation(Node::Set { kind: SetKind::Union, all, inputs, columns: vec![id] });
        lines(traffic(), &hand.query(root, &[id]), &day(true, Privacy::default()))
    };
    assert_eq!(union(false), ["a"]);
    assert_eq!(union(true), [""; 0]);
}

#[test]
fn a_subquery_filters_and_its_users_do_not_count() {
    let mut hand = Hand::new();
    let (scan, [user, campaign, impressions, _]) = hand.scan("traffic", 1, 2);
    let (inner, inner_ids) = hand.scan("traffic", 2, 2);
    let id = hand.column(DataType::String, ColumnType::Dimension, Threshold::VeryHigh);
    let items = vec![Computed { id, expr: hand.expr(inner_ids[0]) }];
    let subquery = relation(Node::Project { input: Box::new(inner), items });
    let kind = ExprKind::InQuery { expr: Box::new(hand.expr(user)), query: Box::new(subquery), negated: false };
    let filtered = relation(Node::Filter { input: Box::new(scan), predicate: expr(kind, DataType::Boolean) });
    let (root, ids) = hand.sums(filtered, &[campaign], &[impressions]);
    assert_eq!(lines(traffic(), &hand.query(root, &ids), &day(true, Privacy::default())), ["a,4"]);
}

#[test]
fn an_unknown_source_is_named() {
    let mut hand = Hand::new();
    let (scan, ids) = hand.scan("traffic", 1, 1);
    let error = run_with(Given::default(), Limits::default(), &hand.query(scan, &ids), &free()).unwrap_err();
    assert!(matches!(error, RunError::NoSuchSource(source) if source == "traffic"));
}

fn crossed(times: usize) -> (Given, Query) {
    let events: Vec<Event<'_>> = (1..=1000).map(|user| (user, "a", 1, 1, 0)).collect();
    let mut hand = Hand::new();
    let (mut root, ids) = hand.scan("traffic", 1, 1);
    for _ in 0..times {
        let (right, _) = hand.scan("traffic", 1, 1);
        let join = Join { kind: JoinKind::Cross, left: Box::new(root), right: Box::new(right), on: None };
        root = relation(Node::Join(join));
    }
    (Given::default().with("traffic", &events), hand.query(root, &ids))
}

#[test]
fn a_run_that_takes_too_much_memory_ends_with_a_reason() {
    let (tables, query) = crossed(2);
    let limits = Limits { memory_bytes: 4 << 20, ..Limits::default() };
    assert!(matches!(run_with(tables, limits, &query, &free()), Err(RunError::OutOfMemory)));
}

#[test]
fn a_run_that_takes_too_long_ends_with_a_reason() {
    let (tables, query) = crossed(3);
    let limits = Limits { time: Duration::ZERO, memory_bytes: usize::MAX, ..Limits::default() };
    assert!(matches!(run_with(tables, limits, &query, &free()), Err(RunError::TimedOut(0))));
}

#[test]
fn a_result_that_is_too_long_ends_with_a_reason() {
    let (tables, query) = crossed(1);
    let limits = Limits { result_rows: 10_000, ..Limits::default() };
    assert!(matches!(run_with(tables, limits, &query, &free()), Err(RunError::TooManyRows(10_000))));
}

#[test]
fn common_tables_that_double_many_times_are_refused() {
    let mut hand = Hand::new();
    let (scan, ids) = hand.scan("traffic", 1, 1);
    hand.query.commons.push(Common { name: "c0".to_owned(), relation: scan, columns: ids.to_vec() });
    for level in 0..30 {
        let of = hand.query.commons[level].columns[0];
        let read = |hand: &mut Hand| {
            let id = hand.column(DataType::String, ColumnType::Dimension, Threshold::VeryHigh);
            (relation(Node::Common { common: CommonId(level as u32), columns: vec![(id, of)] }), id)
        };
        let ((left, id), (right, _)) = (read(&mut hand), read(&mut hand));
        let join = Join { kind: JoinKind::Cross, left: Box::new(left), right: Box::new(right), on: None };
        let common = Common { name: format!("c{level}"), relation: relation(Node::Join(join)), columns: vec![id] };
        hand.query.commons.push(common);
    }
    let of = hand.query.commons[30].columns[0];
    let id = hand.column(DataType::String, ColumnType::Dimension, Threshold::VeryHigh);
    let root = relation(Node::Common { common: CommonId(30), columns: vec![(id, of)] });
    let result = run_with(traffic(), Limits::default(), &hand.query(root, &[id]), &free());
    assert!(matches!(result, Err(RunError::TooComplex(_))));
}
