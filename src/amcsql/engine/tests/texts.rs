//! Realistic queries, checked and run.

use super::sources::Sources;
use super::*;
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::{Context, check};

/// A text resolved without controls.
pub(super) fn checked(text: &str) -> Query {
    resolved(text, false)
}

fn resolved(text: &str, controls: bool) -> Query {
    let context = Context { controls, ..Context::reporting(Catalogue::standard()) };
    let checked = check(text, &context);
    checked.query.unwrap_or_else(|| panic!("{:?}", checked.findings))
}

/// The lines of the result file, sorted; the header first.
pub(super) fn answered(text: &str, controls: bool) -> Vec<String> {
    let query = resolved(text, controls);
    let mut run = day(controls, Privacy::default());
    let list = serde_json::json!(["campaign-1", "campaign-2"]);
    run.parameters = query.parameters.iter().map(|it| (it.name.clone(), list.clone())).collect();
    let engine = Engine::new(Arc::new(Sources), Limits::default()).unwrap();
    let result = futures::executor::block_on(engine.run(&query, &run)).unwrap();
    let mut bytes = Vec::new();
    result.write_csv(&mut bytes, &CsvFormat::default()).unwrap();
    let mut lines: Vec<String> = String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect();
    lines[1..].sort();
    lines
}

#[test]
fn reach_counts_people_and_not_rows() {
    let text = "SELECT campaign, COUNT(DISTINCT user_id) AS reach, SUM(impressions) AS impressions \
                FROM dsp_impressions WHERE user_id IS NOT NULL GROUP BY 1";
    let found = answered(text, true);
    assert_eq!(found[0], "campaign,reach,impressions");
    assert!(found.len() > 5, "{found:?}");
    let free = answered(text, false);
    assert_eq!(found, free);
}

#[test]
fn a_path_prints_as_nested_brackets() {
    let text = "WITH steps AS (SELECT user_id, campaign, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY campaign) AS n \
                FROM dsp_impressions WHERE user_id = user_id GROUP BY user_id, campaign), \
                named AS (SELECT user_id, NAMED_ROW('order', n, 'campaign', campaign) AS step FROM steps WHERE n < 3), \
                paths AS (SELECT user_id, ARRAY_SORT(COLLECT(DISTINCT step)) AS path FROM named GROUP BY user_id) \
                SELECT path, COUNT(DISTINCT user_id) AS users FROM paths GROUP BY path";
    let found = answered(text, true);
    assert!(found.len() > 2 && found[1].starts_with("\"[[1, campaign-"), "{found:?}");
}

#[test]
fn several_optional_filters_and_an_in_beside_an_or_run() {
    let text = "WITH wanted (name) AS (VALUES ('campaign-1'), ('campaign-3')) \
                SELECT campaign, SUM(impressions) AS impressions, SUM(clicks) / SUM(impressions) AS rate \
                FROM sponsored_ads_traffic WHERE campaign IN (SELECT name FROM wanted) \
                OR ARRAY_CONTAINS(CUSTOM_PARAMETER('list'), campaign) GROUP BY campaign";
    let found = answered(text, false);
    assert_eq!(
        found.iter().skip(1).filter_map(|line| line.split(',').next()).collect::<Vec<_>>(),
        ["campaign-1", "campaign-2", "campaign-3"]
    );
}

#[test]
fn a_rank_can_be_filtered_in_the_query_around_it() {
    let text = "WITH ranked AS (SELECT campaign, clicks, RANK() OVER (ORDER BY clicks DESC) AS place FROM \
                (SELECT campaign, SUM(clicks) AS clicks FROM sponsored_ads_traffic GROUP BY 1)) \
                SELECT campaign, SUM(clicks) AS clicks FROM ranked WHERE place = 1 GROUP BY 1";
    assert_eq!(answered(text, false).len(), 2);
}

#[test]
fn a_subquery_may_stand_in_a_computed_column() {
    let text = "WITH wanted (name) AS (VALUES ('campaign-1'), ('campaign-1'), (NULL)) \
                SELECT IF(campaign IN (SELECT name FROM wanted), 'in', 'out') AS side, \
                SUM(IF(campaign NOT IN (SELECT name FROM wanted), 1, 0)) AS outside, COUNT(1) AS n \
                FROM sponsored_ads_traffic GROUP BY 1";
    let found = answered(text, false);
    let rows: Vec<Vec<&str>> = found[1..].iter().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows[0][0], rows[0][1], rows[1][0]), ("in", "0", "out"), "{rows:?}");
    assert_eq!(rows[1][1], rows[1][2], "{rows:?}");
}

#[test]
fn exists_may_look_at_the_query_around_it() {
    let text = |not: &str| {
        format!(
            "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions d WHERE {not} EXISTS \
             (SELECT 1 FROM dsp_clicks c WHERE c.user_id = d.user_id) AND user_id IS NOT NULL GROUP BY 1"
        )
    };
    assert!(answered(&text(""), false).len() > 2);
    assert_eq!(answered(&text("NOT"), false).len(), 1);
}

#[test]
fn a_bare_null_is_an_empty_field() {
    assert_eq!(answered("SELECT 7 / 2 AS half, NULL AS nothing", false), ["half,nothing", "3.500000,"]);
}

/// The error of a run.
fn failure(text: &str) -> RunError {
    let checked = check(text, &Context { controls: false, ..Context::reporting(Catalogue::standard()) });
    let query = checked.query.unwrap_or_else(|| panic!("{:?}", checked.findings));
    run_with(Given::default(), Limits::default(), &query, &day(false, Privacy::default())).unwrap_err()
}

#[test]
fn whole_numbers_that_overflow_fail_the_run() {
    let most = "9223372036854775807";
    for item in ["SUM(x)", "SUM(DISTINCT x)", "SUM(x + 1)", "SUM(2 * x)", "SUM(-x - 2)"] {
        let error = failure(&format!("WITH a (x) AS (VALUES ({most}), (5)) SELECT {item} AS s FROM a"));
        assert!(
            matches!(&error, RunError::Value(why) if why.contains("SUM") || why.contains("fit")),
            "{item}: {error}"
        );
    }
    let error = failure(&format!("WITH a (x) AS (VALUES ({most}), (5)) SELECT SUM(x) OVER () AS s, x FROM a"));
    assert!(error.to_string().contains("larger than its type"), "{error}");
    let decimal = "9".repeat(36);
    let rows = vec![format!("({decimal}.5)"); 200].join(", ");
    assert!(
        failure(&format!("WITH a (x) AS (VALUES {rows}) SELECT SUM(x) AS s FROM a")).to_string().contains("larger")
    );
}

#[test]
fn sums_are_exact_up_to_the_limit_of_their_type() {
    let text = "WITH a (g, x) AS (VALUES ('a', 9223372036854775806), ('a', 1), ('b', NULL), ('b', -7), ('c', NULL)) \
                SELECT g, SUM(x) AS s, SUM(DISTINCT x) AS d FROM a GROUP BY 1";
    let rows = ["g,s,d", "a,9223372036854775807,9223372036854775807", "b,-7,-7", "c,,"];
    assert_eq!(answered(text, false), rows);
    let text = "WITH a (n, x) AS (VALUES (1, 1), (2, 2), (3, 3)) \
                SELECT n, SUM(x) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM a";
    assert_eq!(answered(text, false), ["n,s", "1,1", "2,3", "3,5"]);
}

#[test]
fn readings_of_one_common_table_see_the_same_random_values() {
    let text = "WITH a AS (SELECT campaign, UUID() AS id, RANDOM() AS r FROM dsp_impressions), b AS (SELECT a.* FROM a) \
                SELECT COUNT(1) = COUNT(y.id) AS same FROM a x LEFT JOIN b y ON x.id = y.id AND x.r = y.r";
    assert_eq!(answered(text, false), ["same", "true"]);
    assert_eq!(answered(text, true), ["same", "true"]);
    let nested = "WITH a AS (SELECT UUID() AS id), b AS (SELECT a.* FROM a) \
                  SELECT COUNT(1) AS n FROM b x JOIN b y ON x.id = y.id";
    assert_eq!(answered(nested, false), ["n", "1"]);
}

#[test]
fn a_subquery_of_a_grouped_query_sees_its_groups() {
    let tables = "WITH t (a, b) AS (VALUES (1, 2), (1, 3), (2, 9)), s (x, y) AS (VALUES (1, 4), (2, 20))";
    let text = format!("{tables} SELECT a, SUM(b) AS b, (SELECT MAX(y) FROM s WHERE s.x = t.a) AS y FROM t GROUP BY a");
    assert_eq!(answered(&text, false), ["a,b,y", "1,5,4", "2,9,20"]);
    let text = format!("{tables} SELECT a FROM t GROUP BY a HAVING SUM(b) > (SELECT MAX(y) FROM s WHERE s.x = t.a)");
    assert_eq!(answered(&text, false), ["a", "1"]);
    let text = format!(
        "{tables} SELECT a, IF(EXISTS (SELECT 1 FROM s WHERE s.y = 20 AND s.x = t.a), 'y', 'n') AS f FROM t GROUP BY a"
    );
    assert_eq!(answered(&text, false), ["a,f", "1,n", "2,y"]);
}

#[test]
fn a_subquery_that_cannot_be_run_is_reported_in_words() {
    let error = failure(
        "WITH t (a, b) AS (VALUES (1, 2), (1, 3)) \
         SELECT IF(EXISTS (SELECT 1 FROM t u WHERE u.b = t.b + 1), 1, 0) AS f FROM t",
    );
    assert!(matches!(error, RunError::Subquery), "{error}");
}

#[test]
fn a_parameter_has_its_type_before_the_use_that_tells_it() {
    let text = "SELECT campaign, SUM(impressions) AS n FROM sponsored_ads_traffic WHERE CUSTOM_PARAMETER('list') IS NULL \
                OR CARDINALITY(CUSTOM_PARAMETER('list')) = 0 OR ARRAY_CONTAINS(CUSTOM_PARAMETER('list'), campaign) GROUP BY 1";
    assert_eq!(answered(text, false).len(), 3);
}

/// Common table expressions, each of which computes `x` from the previous one.
fn chain(first: &str, step: &str, length: usize) -> String {
    let tables: Vec<String> =
        (1..=length).map(|at| format!(", a{at} AS (SELECT {step} AS x FROM a{})", at - 1)).collect();
    format!("WITH a0 AS (SELECT {first} AS x FROM dsp_impressions){}", tables.concat())
}

#[test]
fn columns_that_double_from_table_to_table_are_planned_at_once() {
    let text = format!("{} SELECT COUNT(1) AS n FROM a40 WHERE x > 5", chain("impressions", "IF(x > 0, x, x + 1)", 40));
    let plain = "SELECT COUNT(1) AS n FROM dsp_impressions WHERE impressions > 5";
    assert_eq!(answered(&text, false), answered(plain, false));
    let text = format!("{} SELECT x, COUNT(1) > 0 AS some FROM a40 GROUP BY 1", chain("1", "IF(x > 0, x, x + 1)", 40));
    assert_eq!(answered(&text, false), ["x,some", "1,true"]);
}

#[test]
fn a_text_that_doubles_ends_with_a_reason() {
    let text = format!("{} SELECT LENGTH(x) AS n FROM a40", chain("'a'", "CONCAT(x, x)", 40));
    let error = failure(&text.replace("FROM dsp_impressions", ""));
    assert!(error.to_string().contains("too large"), "{error}");
}
