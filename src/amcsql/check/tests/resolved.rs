//! The content of the resolved query.

use super::*;
use crate::amcsql::bound::{Column, ColumnId, Node, Relation};
use crate::amcsql::catalogue::{ColumnType, DataType, Threshold};

fn output<'a>(query: &'a Query, name: &str) -> &'a Column {
    let found = query.outputs.iter().find(|it| it.name == name).unwrap();
    query.column(found.column)
}

/// This relation and all relations below it.
fn all<'a>(relation: &'a Relation, found: &mut Vec<&'a Relation>) {
    found.push(relation);
    match &relation.node {
        Node::Scan(_) | Node::Common { .. } | Node::One | Node::Values { .. } => {}
        Node::Project { input, .. }
        | Node::Filter { input, .. }
        | Node::Window { input, .. }
        | Node::Distinct { input }
        | Node::Sort { input, .. }
        | Node::Limit { input, .. }
        | Node::Explode { input, .. } => all(input, found),
        Node::Aggregate(it) => all(&it.input, found),
        Node::Join(it) => {
            all(&it.left, found);
            all(&it.right, found);
        }
        Node::Set { inputs, .. } => inputs.iter().for_each(|it| all(it, found)),
    }
}

#[test]
fn results_have_types_and_kinds() {
    let query = query(
        "SELECT campaign AS Campaign, SUM(impressions) AS n, SUM(clicks) / SUM(impressions) AS rate, COUNT(DISTINCT user_id) AS reach, AVG(total_cost) AS cost, MAX(impression_dt) AS last FROM (SELECT campaign, impressions, 0 AS clicks, user_id, total_cost, impression_dt FROM dsp_impressions) GROUP BY 1",
    );
    let names: Vec<&str> = query.outputs.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["campaign", "n", "rate", "reach", "cost", "last"]);
    assert_eq!(output(&query, "n").data_type, DataType::Long);
    assert_eq!(output(&query, "rate").data_type, DataType::QUOTIENT);
    assert_eq!(output(&query, "reach").column_type, ColumnType::Dimension);
    assert_eq!(output(&query, "n").column_type, ColumnType::Metric);
    assert_eq!(output(&query, "last").data_type, DataType::Timestamp);
}

#[test]
fn levels_follow_lineage_and_counts_have_none() {
    let query = query(
        "WITH a AS (SELECT campaign, postal_code AS p, user_id, impression_dt FROM dsp_impressions) SELECT CONCAT(campaign, p) AS both, COUNT(DISTINCT user_id) AS reach, MAX(impression_dt) AS last FROM a GROUP BY 1",
    );
    assert_eq!(output(&query, "both").threshold, Threshold::High);
    assert_eq!(output(&query, "reach").threshold, Threshold::None);
    assert_eq!(output(&query, "last").threshold, Threshold::Medium);
}

#[test]
fn readings_are_numbered_by_source_and_name_the_columns_used() {
    let query = query(
        "WITH dead AS (SELECT campaign FROM dsp_impressions), a AS (SELECT campaign, impressions FROM dsp_impressions UNION ALL SELECT campaign, impressions FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', 'P1D', 'PT2H')) w) SELECT SUM(impressions) AS n FROM a",
    );
    let paths: Vec<(usize, usize)> = query.scans.iter().map(|it| (it.path, it.paths)).collect();
    assert_eq!(paths, [(0, 2), (1, 2), (2, 2)]);
    let scan = &query.scans[2];
    assert_eq!((scan.extension.before_seconds, scan.extension.after_seconds), (86_400, 7_200));
    assert_eq!(scan.time_window_column.as_deref(), Some("impression_dt_utc"));
    assert!(scan.user_level);
    let columns: Vec<&str> = scan.columns.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(columns, ["campaign", "impressions"]);
}

#[test]
fn a_common_table_read_twice_is_stored_once() {
    let query = query(
        "WITH a AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT x.campaign, y.n AS n FROM a x JOIN a y USING (campaign)",
    );
    assert_eq!((query.commons.len(), query.scans.len()), (1, 1));
}

#[test]
fn every_column_is_made_by_one_relation() {
    let query = query(
        "WITH v (c, k) AS (VALUES ('a', 1), ('b', 2.5)), a AS (SELECT campaign AS c, SUM(impressions) AS n FROM dsp_impressions WHERE campaign IN (SELECT c FROM v) GROUP BY 1) SELECT a.c, n, RANK() OVER (ORDER BY n DESC) AS r FROM a LEFT JOIN v ON v.c = a.c UNION ALL SELECT DISTINCT campaign, 0, 1 FROM dsp_clicks ORDER BY 2 LIMIT 3",
    );
    let mut relations = Vec::new();
    all(&query.root, &mut relations);
    for common in &query.commons {
        all(&common.relation, &mut relations);
    }
    let mut made: Vec<ColumnId> = Vec::new();
    for relation in &relations {
        match &relation.node {
            Node::Common { columns, .. } => made.extend(columns.iter().map(|(id, _)| *id)),
            Node::Values { columns, .. } | Node::Set { columns, .. } => made.extend(columns),
            Node::Project { items, .. } => made.extend(items.iter().map(|it| it.id)),
            Node::Aggregate(it) => made.extend(it.ids()),
            Node::Window { calls, .. } => made.extend(calls.iter().map(|it| it.id)),
            Node::Scan(id) => made.extend(query.scans[id.index()].columns.iter().map(|(id, _)| *id)),
            _ => {}
        }
    }
    let count = made.len();
    made.sort_unstable();
    made.dedup();
    assert_eq!(made.len(), count);
    let outputs: Vec<ColumnId> = query.outputs.iter().map(|it| it.column).collect();
    assert_eq!(query.columns_of(&query.root), outputs);
}

#[test]
fn the_alias_wins_in_having_and_the_column_inside_an_aggregate() {
    let query = query(
        "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY 1 HAVING impressions < 150 AND MAX(impressions) = 1",
    );
    let mut relations = Vec::new();
    all(&query.root, &mut relations);
    let calls = relations.iter().find_map(|it| match &it.node {
        Node::Aggregate(it) => Some(it.calls.len()),
        _ => None,
    });
    assert_eq!(calls, Some(2));
}

#[test]
fn a_window_function_that_is_grouped_by_is_computed_before_grouping() {
    let query =
        query("SELECT RANK() OVER (ORDER BY campaign) AS r, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1");
    let Node::Project { input, .. } = &query.root.node else { panic!() };
    let Node::Aggregate(aggregate) = &input.node else { panic!() };
    assert!(matches!(aggregate.input.node, Node::Window { .. }));
}

#[test]
fn repeated_and_missing_names_become_unique() {
    let query = query("SELECT 1 AS a, 2 AS A, 3, 4 AS a0");
    let names: Vec<&str> = query.outputs.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["a", "a0", "expr$2", "a00"]);
}

#[test]
fn mixed_types_of_a_union_meet() {
    let query = query("SELECT 0 AS x, 'a' AS y UNION ALL SELECT 1.25, 2 UNION ALL SELECT CAST(NULL AS BIGINT), NULL");
    assert_eq!(output(&query, "x").data_type, DataType::Decimal { precision: 21, scale: 2 });
    assert_eq!(output(&query, "y").data_type, DataType::String);
}
