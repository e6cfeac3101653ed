//! Long texts: the size of the plan doesn't grow with a list, and the result equals that of a short query.

use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Join, LogicalPlan};

use super::super::lower::{KeptTables, lower};
use super::sources::Sources;
use super::texts::{answered, checked};
use super::*;
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::{Context, check};

/// The number of steps in the query's plan, and the size of all their expressions.
fn planned(text: &str) -> usize {
    let checked = check(text, &Context::reporting(Catalogue::standard()));
    let query = checked.query.unwrap_or_else(|| panic!("{:?}", checked.findings));
    let run = day(true, Privacy::default());
    let lowered = lower(&query, &run, &Sources, &KeptTables::new()).unwrap();
    let mut count = 0;
    let mut visit = |plan: &LogicalPlan| {
        count += 1;
        for expr in plan.expressions() {
            expr.apply(|_| {
                count += 1;
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    };
    lowered.plan.apply_with_subqueries(&mut visit).unwrap();
    count
}

fn repeated(times: usize, separator: &str, piece: impl Fn(usize) -> String) -> String {
    (0..times).map(piece).collect::<Vec<_>>().join(separator)
}

/// Queries with one long list, by its length.
fn shapes(times: usize) -> [(&'static str, String); 6] {
    let filtered = |condition: String| format!("SELECT COUNT(1) AS n FROM dsp_impressions WHERE {condition}");
    let names = repeated(times, ", ", |at| format!("'campaign-{at}'"));
    let branches = repeated(times, " ", |at| format!("WHEN campaign = 'campaign-{at}' THEN {at}"));
    [
        ("list", filtered(format!("campaign IN ({names})"))),
        ("or", filtered(repeated(times, " OR ", |at| format!("campaign = 'campaign-{at}'")))),
        ("like", filtered(repeated(times, " OR ", |at| format!("campaign LIKE '%-{at}'")))),
        ("and", filtered(repeated(times, " AND ", |at| format!("campaign <> 'campaign-{at}'")))),
        ("case", format!("SELECT SUM(CASE {branches} END) AS n FROM dsp_impressions")),
        (
            "values",
            format!(
                "WITH v (c, n) AS (VALUES {}) SELECT SUM(n) AS n FROM v JOIN dsp_impressions d ON d.campaign = v.c",
                repeated(times, ", ", |at| format!("('campaign-{at}', {at})"))
            ),
        ),
    ]
}

#[test]
fn a_list_ten_times_as_long_is_no_more_to_plan() {
    for ((name, short), (_, long)) in shapes(500).into_iter().zip(shapes(5_000)) {
        let (short, long) = (planned(&short), planned(&long));
        assert!(short == long && long < 100, "{name}: {short} and {long}");
    }
}

#[test]
fn what_is_compiled_gives_what_is_planned_in_the_open() {
    // Short enough to be planned normally, and long enough to be compiled: names after the first few match nothing.
    for ((name, short), (_, long)) in shapes(40).into_iter().zip(shapes(2_000)) {
        assert_eq!(answered(&short, false), answered(&long, false), "{name}");
    }
}

#[test]
fn an_unknown_among_many_is_unknown_and_the_first_of_two_branches_counts() {
    let more = repeated(500, ", ", |at| format!("'none-{at}'"));
    let count = |condition: &str| {
        let text = format!("SELECT COUNT(1) AS n FROM dsp_impressions WHERE {condition}");
        answered(&text, false)[1].clone()
    };
    assert_eq!(count(&format!("campaign NOT IN (NULL, {more})")), "0");
    assert_eq!(count(&format!("campaign IN ('campaign-1', NULL, {more})")), count("campaign = 'campaign-1'"));
    let branches = repeated(500, " ", |at| format!("WHEN campaign = 'campaign-{}' THEN {at}", at % 5));
    let value = format!("CASE {branches} ELSE -1 END");
    assert_eq!(count(&format!("{value} = 1")), count("campaign = 'campaign-1'"));
    assert_eq!(count(&format!("{value} > 4")), "0");
}

#[test]
fn conditions_that_join_stay_visible_among_many() {
    let more = repeated(500, " AND ", |at| format!("a.campaign <> 'none-{at}'"));
    let text = format!(
        "SELECT COUNT(1) AS n FROM dsp_impressions a JOIN dsp_impressions b ON a.request_tag = b.request_tag AND {more}"
    );
    let checked = check(&text, &Context::reporting(Catalogue::standard()));
    let query = checked.query.unwrap_or_else(|| panic!("{:?}", checked.findings));
    let plan = lower(&query, &day(true, Privacy::default()), &Sources, &KeptTables::new()).unwrap().plan;
    let mut joined = false;
    plan.apply(|step| {
        if let LogicalPlan::Join(Join { filter: Some(filter), .. }) = step {
            joined |= split_conjunction(filter).iter().any(|it| it.to_string().matches(" = ").count() == 1);
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .unwrap();
    assert!(joined);
    assert_eq!(
        answered(&text, false),
        answered(
            "SELECT COUNT(1) AS n FROM dsp_impressions a JOIN dsp_impressions b ON a.request_tag = b.request_tag",
            false
        )
    );
}

/// A text doubled this many times, with only its length in the result.
fn doubled(times: usize) -> String {
    let steps = repeated(times, ", ", |at| format!("t{} AS (SELECT CONCAT(x, x) AS x, i FROM t{at})", at + 1));
    format!(
        "WITH t0 AS (SELECT campaign AS x, SUM(impressions) AS i FROM dsp_impressions GROUP BY campaign), {steps} \
         SELECT LENGTH(x) AS l, SUM(i) AS i FROM t{times} GROUP BY x"
    )
}

#[test]
fn texts_that_functions_make_count_as_memory_of_the_run() {
    let run = |text: &str, memory_bytes: usize| {
        let limits = Limits { memory_bytes, parallel_runs: 1, ..Limits::default() };
        let engine = Engine::new(Arc::new(Sources), limits).unwrap();
        futures::executor::block_on(engine.run(&checked(text), &day(false, Privacy::default())))
    };
    // A few names of about ten letters, doubled fifteen times, are some megabytes.
    let lengths = doubled(15).replace(" GROUP BY x", " GROUP BY LENGTH(x)");
    assert!(run(&lengths, 64 << 20).is_ok());
    assert!(matches!(run(&lengths, 1 << 20), Err(RunError::OutOfMemory)));
    assert!(matches!(run(&doubled(30), 64 << 20), Err(RunError::OutOfMemory)), "refused long before it is made");
    let replaced = (0..6).fold("campaign".to_owned(), |text, _| format!("REPLACE({text}, 'a', 'aaaaaaaa')"));
    let replaced = format!("SELECT MAX(LENGTH({replaced})) AS l FROM dsp_impressions");
    assert!(matches!(run(&replaced, 1 << 20), Err(RunError::OutOfMemory)));
}
