//! Findings for an author's text with `{{name}}`, typos, and causes with consequences.

use super::*;
use crate::amcsql::review::fixed;

fn authored(text: &str) -> Checked {
    check(text, &Context::reporting(Catalogue::standard()).authored())
}

fn codes(text: &str) -> Vec<&'static str> {
    authored(text).findings.iter().map(|it| it.code).collect()
}

/// The text after all sure fixes, one of which may enable the next.
fn repaired(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..5 {
        text = fixed(&text, &authored(&text).findings).0;
    }
    text
}

#[test]
fn parameters_have_the_types_of_their_places() {
    let checked = authored(
        "WITH v (c) AS (VALUES {{rows}}) SELECT campaign, SUM(impressions) AS n FROM dsp_impressions \
         WHERE campaign IN ({{campaigns}}) AND campaign_id = {{id}} AND impression_date >= {{from_day}} AND {{flag}} \
         AND campaign IN (SELECT c FROM v) GROUP BY 1 HAVING SUM(impressions) > {{least}} LIMIT {{most}}",
    );
    assert!(!checked.has_errors(), "{:?}", checked.findings);
    let found: Vec<(&str, String, bool)> =
        checked.fields.iter().map(|it| (it.name.as_str(), it.data_type.to_string(), it.is_list)).collect();
    assert_eq!(
        found,
        [
            ("rows", "STRING".to_owned(), true),
            ("campaigns", "STRING".to_owned(), true),
            ("id", "LONG".to_owned(), false),
            ("from_day", "DATE".to_owned(), false),
            ("flag", "BOOLEAN".to_owned(), false),
            ("least", "LONG".to_owned(), false),
            ("most", "LONG".to_owned(), false),
        ]
    );
}

#[test]
fn a_parameter_inside_a_text_or_without_parentheses_is_reported_with_a_fix() {
    let list = |it: &str| format!("SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign NOT IN {it}");
    assert_eq!(codes(&list("{{names}}")), ["in-without-parentheses"]);
    assert_eq!(repaired(&list("{{names}}")), list("({{names}})"));
    for (literal, right) in [
        ("'{{x}}'", "{{x}}"),
        ("'%{{x}}%'", "CONCAT('%', {{x}}, '%')"),
        ("'it''s {{x}}'", "CONCAT('it''s ', {{x}})"),
        ("'{{x}}{{y}}'", "CONCAT({{x}}, {{y}})"),
    ] {
        let text = |it: &str| {
            format!("SELECT campaign, COUNT(1) AS n FROM dsp_impressions WHERE campaign LIKE {it} GROUP BY 1")
        };
        assert_eq!(codes(&text(literal)), ["quoted-field"], "{literal}");
        assert_eq!(repaired(&text(literal)), text(right));
        assert_eq!(codes(&text(right)), [""; 0]);
    }
}

#[test]
fn a_parameter_stands_for_a_whole_duration_or_a_whole_date() {
    let widened =
        |before: &str| format!("SELECT COUNT(1) AS n FROM TABLE(EXTEND_TIME_WINDOW('dsp_clicks', {before}, 'P0D'))");
    let checked = authored(&widened("{{look_back}}"));
    assert!(checked.findings.is_empty(), "{:?}", checked.findings);
    assert_eq!(checked.fields.iter().map(|it| it.data_type.to_string()).collect::<Vec<_>>(), ["STRING"]);
    let found = authored(&widened("'P{{days}}D'")).findings;
    let told = found.iter().find(|it| it.code == "duration").expect("no duration");
    assert!(told.message.contains("{{look_back}}"), "{}", told.message);

    let since = |day: &str| format!("SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_date >= {day}");
    assert_eq!(codes(&since("DATE '{{day}}'")), ["moment", "quoted-field"]);
    assert_eq!(repaired(&since("DATE '{{ day }}'")), since("{{day}}"));
    assert_eq!(codes(&since("'{{day}}'")), ["quoted-field"]);
    assert_eq!(codes(&since("{{day}}")), [""; 0]);
}

#[test]
fn a_parameter_that_is_no_value_is_reported_and_checking_continues() {
    for text in [
        "SELECT campain, COUNT(1) AS n FROM dsp_impressions WHERE campaign = 'a' {{condition}} GROUP BY 1",
        "SELECT campain, COUNT(1) AS {{alias}} FROM dsp_impressions GROUP BY 1",
        "SELECT i.campain, COUNT(1) AS n FROM dsp_impressions i {{join}} GROUP BY 1",
        "{{with}} SELECT campain, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
        "SELECT campain, COUNT(1) AS n FROM dsp_impressions GROUP BY 1 {{having}}",
        "SELECT campain, COUNT(1) AS n, MAX(i.{{column}}) AS m FROM dsp_impressions i GROUP BY 1",
    ] {
        let mut found = codes(text);
        found.sort_unstable();
        assert_eq!(found, ["parameter-as-sql", "unknown-column"], "{text}");
    }
    assert_eq!(codes("SELECT campain, COUNT(1) AS n FROM {{source}} GROUP BY 1"), ["parameter-as-sql"]);
    assert_eq!(codes("SELECT 1 AS a UNION ALL {{query}}"), ["parameter-as-sql"]);
}

#[test]
fn a_parameter_alone_in_place_of_a_condition_is_true_or_false() {
    for text in [
        "SELECT campaign, COUNT(1) AS n FROM dsp_impressions WHERE {{condition}} GROUP BY 1",
        "SELECT campaign, COUNT(1) AS n FROM dsp_impressions WHERE {{condition}} OR campaign = 'a' GROUP BY 1",
        "SELECT campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY 1 HAVING {{condition}}",
    ] {
        let found = authored(text);
        assert!(found.findings.is_empty(), "{text}: {:?}", found.findings);
        let types: Vec<String> = found.fields.iter().map(|it| it.data_type.to_string()).collect();
        assert_eq!(types, ["BOOLEAN"], "{text}");
    }
    let text = "SELECT campaign, COUNT(1) AS n FROM dsp_impressions WHERE campaign = 'a' {{condition}} GROUP BY 1";
    assert!(authored(text).findings[0].message.contains("the SQL of a condition"));
}

#[test]
fn the_name_of_a_parameter_has_only_certain_letters() {
    for (wrong, right) in
        [("{{größe}}", "{{groesse}}"), ("{{a-b}}", "{{a_b}}"), ("{{x y}}", "{{x_y}}"), ("{{1x}}", "{{p_1x}}")]
    {
        let text = format!("SELECT campaign, COUNT(1) AS n FROM dsp_impressions WHERE campaign = {wrong} GROUP BY 1");
        let found = authored(&text).findings;
        assert_eq!(found.iter().map(|it| it.code).collect::<Vec<_>>(), ["parameter-name"], "{wrong}");
        assert_eq!(found[0].fix.as_ref().map(|it| it.replacement.as_str()), Some(right));
    }
    assert_eq!(codes("SELECT {{a}} AS x, {{A}} AS y"), ["similar-parameters"]);
    let customs = authored("SELECT CUSTOM_PARAMETER('Asin') AS x, CUSTOM_PARAMETER('asin') AS y").findings;
    assert_eq!(customs.iter().map(|it| it.code).collect::<Vec<_>>(), ["similar-parameters"]);
    assert_eq!(customs[0].fix.as_ref().map(|it| it.replacement.as_str()), Some("CUSTOM_PARAMETER('Asin')"));
}

#[test]
fn a_block_of_a_template_language_is_told_as_such_and_not_renamed() {
    let text = "SELECT campaign, COUNT(1) AS n FROM dsp_clicks WHERE clicks > 0 {{#if few}} AND campaign_id = 1 {{/if}} GROUP BY 1";
    let found: Vec<_> = authored(text).findings.into_iter().filter(|it| it.code == "parameter-name").collect();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|it| it.fix.is_none() && it.message.contains("template language")), "{found:#?}");
}

#[test]
fn every_slip_of_writing_is_reported_in_one_pass_with_its_code_point_and_its_place() {
    let text = "SELECT\u{2009}campaign,\u{202f}COUNT(1)\u{3000}AS\u{a0}n FROM dsp_impressions\nWHERE campaign IN (\u{201c}Launch\u{201d}, \
        \u{201e}it's\u{201c}, \u{201a}a\u{2018}, \u{2032}b\u{2032}, \u{ab}c\u{bb}, \u{ff07}d\u{ff07}) AND campaign_id \u{2013} 1 = 2\u{200b} GROUP BY 1";
    let found = authored(text).findings;
    assert_eq!(found.len(), 12, "{found:#?}");
    assert!(found[0].message.contains("thin space (U+2009) at line 1, column 7"), "{}", found[0].message);
    assert!(found.iter().all(|it| it.fix.as_ref().is_some_and(|fix| fix.sure)), "{found:#?}");
    assert_eq!(
        repaired(text),
        "SELECT campaign, COUNT(1) AS n FROM dsp_impressions\nWHERE campaign IN ('Launch', 'it''s', 'a', 'b', 'c', 'd') AND campaign_id - 1 = 2 GROUP BY 1"
    );
    let between = authored("SELECT\u{200b}campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY 1").findings;
    assert_eq!((between[0].code, &between[0].fix), ("invisible-character", &None));
    let inside = authored(
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign = 'a\u{a0}\u{2009}\u{2013}\u{201c}b\u{201d}' -- \u{a0}\u{200b}\u{201c}",
    );
    assert_eq!(inside.findings, [], "texts and comments may hold anything");
}

#[test]
fn quotes_and_backticks_change_in_pairs() {
    assert_eq!(
        repaired("SELECT COUNT(1) AS `total` FROM dsp_impressions"),
        "SELECT COUNT(1) AS total FROM dsp_impressions"
    );
    assert_eq!(codes("SELECT COUNT(1) AS `my name` FROM dsp_impressions"), ["backticks"]);
    assert_eq!(
        repaired("SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign = \"Launch\""),
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign = 'Launch'"
    );
    assert_eq!(
        codes("SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign = \u{201c}Launch"),
        ["stray-character", "unknown-column"]
    );
}

#[test]
fn semicolons_at_the_end_are_no_mistake_of_an_author() {
    let query = "SELECT COUNT(1) AS n FROM dsp_impressions";
    for end in [";", ";;", " ; \n\n", " -- end;\n;"] {
        assert_eq!(codes(&format!("{query}{end}")), ["semicolon"], "{end:?}");
        assert!(!authored(&format!("{query}{end}")).has_errors());
    }
    let second = authored(&format!("{query}; SELECT 2"));
    assert_eq!(second.findings[0].code, "second-statement");
    assert_eq!(second.findings[0].span.start, query.len() + 2);
}

#[test]
fn an_audience_is_known_by_what_it_gives_whatever_its_end() {
    let either = |text: &str| check_either(text, &Context::reporting(Catalogue::standard()).authored());
    for end in ["", ";"] {
        let checked = either(&format!("SELECT user_id FROM dsp_clicks_for_audiences WHERE campaign = 'a'{end}"));
        assert_eq!((checked.purpose, checked.has_errors()), (Purpose::Audience, false), "{:?}", checked.findings);
    }
    assert_eq!(either("SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1").purpose, Purpose::Reporting);
}

#[test]
fn comparing_two_identities_makes_a_label_that_may_be_shown() {
    query(
        "SELECT CASE WHEN a.user_id = b.user_id THEN 'both' ELSE 'one' END AS overlap, COUNT(DISTINCT a.user_id) AS reach \
         FROM dsp_impressions a LEFT JOIN dsp_clicks b ON a.user_id = b.user_id GROUP BY overlap",
    );
    query("SELECT SUM(IF(a.user_id IN (SELECT user_id FROM dsp_clicks), 1, 0)) AS n FROM dsp_impressions a");
    query(
        "SELECT MAX(CASE a.user_id WHEN b.user_id THEN 1 ELSE 0 END) AS n FROM dsp_impressions a JOIN dsp_clicks b ON a.user_id = b.user_id",
    );
    assert_eq!(
        errors("SELECT MAX(IF(user_id = 'x', 1, 0)) AS n FROM dsp_impressions"),
        ["hidden-column", "literal-comparison"]
    );
    let checked = reporting(
        "SELECT CASE WHEN a.user_id = b.user_id THEN a.postal_code ELSE 'x' END AS place, COUNT(1) AS n \
         FROM dsp_impressions a JOIN dsp_clicks b ON a.user_id = b.user_id GROUP BY 1",
    );
    let query = checked.query.expect("it is accepted");
    assert_eq!(query.column(query.outputs[0].column).threshold.amc(), "HIGH");
}

#[test]
fn reserved_words_are_warned_of_as_names() {
    for word in ["order", "group", "where", "null", "join"] {
        let text = format!("SELECT campaign, COUNT(1) AS {word} FROM dsp_impressions GROUP BY 1");
        assert_eq!(remarks(&text), ["reserved-alias"], "{word}");
    }
    assert_eq!(
        remarks("SELECT campaign AS path, impression_date AS date, COUNT(1) AS n FROM dsp_impressions GROUP BY 1, 2"),
        [""; 0]
    );
}

#[test]
fn a_text_that_does_not_read_as_its_partner_is_warned_of() {
    let with = |condition: &str| {
        let mut found = remarks(&format!("SELECT COUNT(1) AS n FROM dsp_impressions WHERE {condition}"));
        found.retain(|code| *code != "fixed-date");
        found
    };
    for condition in
        ["campaign_id = ''", "campaign_id IN (1, 'abc')", "impression_date = 'yesterday'", "impression_dt > 'soon'"]
    {
        assert_eq!(with(condition), ["text-as-value"], "{condition}");
    }
    for condition in ["campaign_id = '123'", "impression_date = '2026-01-31'", "impression_dt > '2026-01-31 10:00:00'"]
    {
        assert_eq!(with(condition), [""; 0], "{condition}");
    }
    assert_eq!(remarks("SELECT SUM(campaign) AS n FROM dsp_impressions"), ["text-as-number"]);
}

#[test]
fn a_conversion_that_would_stop_the_run_is_warned_of() {
    let cast =
        |what: &str| codes(&format!("SELECT campaign, CAST({what}) AS x, COUNT(1) AS n FROM dsp_clicks GROUP BY 1"));
    for stops in ["'abc' AS INTEGER", "'31.01.2026' AS DATE", "'' AS DECIMAL(10, 2)", "'soon' AS TIMESTAMP"] {
        assert_eq!(cast(stops), ["text-as-value"], "{stops}");
    }
    for reads in ["' 12.0 ' AS INTEGER", "'2026-01-31' AS DATE", "'now' AS TIMESTAMP", "'abc' AS VARCHAR"] {
        assert!(!cast(reads).contains(&"text-as-value"), "{reads}");
    }
}

#[test]
fn names_are_asked_for_where_they_count() {
    let text = "SELECT campaign AS c, COUNT(1) AS n FROM dsp_impressions GROUP BY 1 UNION ALL SELECT campaign, COUNT(1) FROM dsp_clicks GROUP BY 1";
    assert_eq!(remarks(text), [""; 0]);
    let exists = "SELECT COUNT(1) AS n FROM dsp_impressions a WHERE EXISTS (SELECT 1 FROM dsp_clicks b WHERE b.user_id = a.user_id)";
    assert_eq!(remarks(exists), [""; 0]);
    assert_eq!(remarks("SELECT COUNT(1) FROM dsp_impressions"), ["unnamed-column"]);
}

#[test]
fn a_common_table_cannot_be_widened() {
    let text = "WITH c AS (SELECT user_id FROM dsp_clicks) SELECT COUNT(1) AS n FROM TABLE(EXTEND_TIME_WINDOW('c', 'P7D', 'P0D'))";
    let found = reporting(text).findings;
    assert_eq!(found[0].code, "not-a-source");
    assert!(found[0].message.contains("common table"), "{}", found[0].message);
}

#[test]
fn constructs_of_other_dialects_get_amcs_alternative() {
    for (text, code) in [
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign ILIKE 'a%'", "foreign-operator"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign NOT ILIKE 'a%'", "foreign-operator"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign RLIKE 'a'", "foreign-operator"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign == 'a'", "foreign-operator"),
        ("SELECT TRY_CAST(campaign AS INT) AS n, COUNT(1) AS c FROM dsp_impressions GROUP BY 1", "unknown-function"),
        ("SELECT DATE_TRUNC(impression_dt, DAY) AS d, COUNT(1) AS c FROM dsp_impressions GROUP BY 1", "time-unit"),
        ("SELECT DATE_TRUNC(day, impression_dt) AS d, COUNT(1) AS c FROM dsp_impressions GROUP BY 1", "time-unit"),
        ("SELECT TOP 10 campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY 1", "top"),
        (
            "SELECT COUNT(1) AS n FROM dsp_impressions a LEFT ANTI JOIN dsp_clicks b ON a.user_id = b.user_id",
            "foreign-join",
        ),
        ("SELECT COUNT(1) AS n FROM dsp_impressions PIVOT (SUM(clicks) FOR campaign IN ('a'))", "pivot"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE user_id IS DISTINCT FROM campaign", "foreign-operator"),
        ("SELECT EXTRACT('day' FROM impression_dt) AS d FROM dsp_impressions", "time-unit"),
    ] {
        assert!(codes(text).contains(&code), "{text}: {:?}", codes(text));
    }
    for form in ["day, impression_dt", "impression_dt, DAY", "impression_dt, 'day'"] {
        let text = format!("SELECT DATE_TRUNC({form}) AS d, COUNT(1) AS c FROM dsp_impressions GROUP BY 1");
        assert_eq!(codes(&text), ["time-unit"], "the unit isn't taken for a column: {form}");
    }
    assert_eq!(codes("SELECT NVL2(campaign, 'a', 'b') AS x, COUNT(1) AS n FROM dsp_impressions GROUP BY 1"), [""; 0]);
    let text = "SELECT DATE_TRUNC(day, impression_dt) AS d, COUNT(1) AS c FROM dsp_impressions WHERE campaign == TRY_CAST('a' AS VARCHAR) GROUP BY 1";
    assert_eq!(
        repaired(text),
        "SELECT DATE_TRUNC('day', impression_dt) AS d, COUNT(1) AS c FROM dsp_impressions WHERE campaign = CAST('a' AS VARCHAR) GROUP BY 1"
    );
    assert_eq!(codes("SELECT MAX(clicks) AS ilike FROM dsp_clicks"), [""; 0]);
}

#[test]
fn a_chain_is_no_depth() {
    for sign in [" + ", " - ", " * "] {
        let text = format!("SELECT SUM(impressions{sign}{}) AS n FROM dsp_impressions", vec!["1"; 2_000].join(sign));
        assert_eq!(errors(&text), [""; 0], "{sign}");
    }
}

#[test]
fn causes_come_before_what_follows_from_them() {
    let found = reporting("SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY campain").findings;
    assert_eq!(found.iter().map(|it| it.code).collect::<Vec<_>>(), ["unknown-column", "not-grouped"]);
    assert_eq!(found[1].because.map(|it| (it.code, it.span)), Some((found[0].code, found[0].span)));
    assert_eq!(found[0].because, None);
    let twice =
        reporting("SELECT campain, COUNT(1) AS n FROM dsp_impressions WHERE clcks > 1 AND campain = 'a' GROUP BY 1")
            .findings;
    assert_eq!(
        twice.iter().map(|it| (it.code, it.because.is_some())).collect::<Vec<_>>(),
        [("unknown-column", false), ("unknown-column", true), ("unknown-column", false)]
    );
}

#[test]
fn a_source_that_the_instance_lacks_is_named_as_paid_and_its_columns_are_known() {
    let few = Catalogue::from_sources(vec![Catalogue::standard().source("dsp_impressions").unwrap().clone()]);
    let context = Context::reporting(&few).authored();
    let found = check("SELECT exposure_typ, COUNT(1) AS n FROM conversions_all GROUP BY 1", &context).findings;
    assert_eq!(found.iter().map(|it| it.code).collect::<Vec<_>>(), ["unknown-column", "missing-source"]);
    assert!(found[1].message.contains("Flexible Shopping Insights") && found[1].may_be_wrong, "{}", found[1].message);
}

#[test]
fn the_subscriptions_of_an_instance_tell_why_a_paid_source_is_missing() {
    let told = |datasets: Option<&[&str]>, source: &str| {
        let datasets = datasets.map(|labels| labels.iter().map(|label| (*label).to_owned()).collect());
        let sources = vec![Catalogue::standard().source("dsp_impressions").unwrap().clone()];
        let few = Catalogue::from_sources(sources).with_datasets(datasets);
        let text = format!("SELECT asin, COUNT(1) AS n FROM {source} GROUP BY 1");
        let found = check(&text, &Context::reporting(&few).authored()).findings;
        found.into_iter().find(|it| it.code == "missing-source").unwrap().message
    };
    let retail = "amazon_retail_purchases";
    assert!(told(None, retail).ends_with("UK and EU records."), "{}", told(None, retail));
    assert!(told(Some(&[]), retail).ends_with("Amazon lists no paid data set for this instance."));
    assert!(told(Some(&["PURCHASE_RETAIL_PROGRAM"]), retail).contains("should appear soon"));
    let other = told(Some(&["PURCHASE_RETAIL_PROGRAM"]), "conversions_all");
    assert!(other.contains("only these paid data sets for this instance: PURCHASE_RETAIL_PROGRAM"), "{other}");
}

#[test]
fn a_column_that_was_seen_live_is_a_warning() {
    let text = "SELECT user_id FROM conversions_all_for_audiences WHERE user_id_type = 'adUserId'";
    let checked = check(text, &Context::audience(Catalogue::standard()).authored());
    assert_eq!(
        checked.findings.iter().map(|it| (it.code, it.level)).collect::<Vec<_>>(),
        [("unlisted-column", Level::Warning)]
    );
}

#[test]
fn a_documented_value_that_is_written_in_another_way_is_a_warning() {
    let told = |condition: &str| {
        let text = format!("SELECT COUNT(1) AS n FROM sponsored_ads_traffic WHERE {condition}");
        reporting(&text).findings.into_iter().map(|it| (it.code, it.message, it.fix.map(|fix| fix.replacement))).next()
    };
    for (condition, fix) in [
        ("ad_product_type = 'Sponsored Products'", Some("'sponsored_products'")),
        ("'phrase' = match_type", Some("'PHRASE'")),
        ("match_type IN ('EXACT', 'Broad')", Some("'BROAD'")),
        ("user_id_type = 'sisdeviceid'", Some("'sisDeviceId'")),
        ("user_id_type <> 'cookie'", None),
    ] {
        let (code, message, found) = told(condition).unwrap_or_else(|| panic!("{condition}"));
        assert_eq!((code, found.as_deref()), ("unknown-value", fix), "{condition}: {message}");
    }
    for condition in
        ["ad_product_type = 'sponsored_products'", "match_type = 'anything else'", "user_id_type = 'adUserId'"]
    {
        assert_eq!(told(condition), None, "{condition}");
    }
}
