//! Texts and values that nobody should send, each with its answer.

use super::tests::{codes, with};
use super::*;
use crate::amcsql::review::fixed;

/// The check of a text without parameters.
fn checked(sql: &str) -> Prepared {
    with(sql, &[], &[])
}

/// The text after all sure fixes.
fn after_fixes(sql: &str) -> String {
    fixed(sql, &checked(sql).findings).0
}

#[test]
fn a_text_of_five_thousand_lines_is_checked_to_its_last_line() {
    let lines: Vec<String> = (0..5_000).map(|at| format!("  OR campaign = 'c{at}'")).collect();
    let sql = format!(
        "SELECT campaign, COUNT(1) AS n\nFROM dsp_clicks\nWHERE campaign = 'a'\n{}\nGROUP BY 1",
        lines.join("\n")
    );
    let right = checked(&sql);
    assert!(right.is_ready(), "{:?}", codes(&right));
    assert_eq!(right.sql_sent.matches(" OR campaign = ").count(), 5_000);
    let wrong = sql.replace("campaign = 'c4999'", "campain = 'c4999'");
    let found = checked(&wrong).findings;
    let place = crate::amcsql::text::LineIndex::new(&wrong).place(found[0].span.start);
    assert_eq!((found[0].code, place.line, place.column), ("unknown-column", 5_003, 6));
}

#[test]
fn ten_thousand_parentheses_are_too_deep_and_said_once() {
    let sql = format!("SELECT {}1{} AS x", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(codes(&checked(&sql)), ["too-deep"]);
    let open = format!("SELECT {}1 AS x", "(".repeat(10_000));
    assert_eq!(codes(&checked(&open)), ["too-deep"]);
}

#[test]
fn a_comment_of_a_megabyte_is_read_over_and_not_sent() {
    let query = "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1";
    for comment in [format!("/* {} */ ", "x".repeat(1_000_000)), format!("-- {}\n", "ü'(".repeat(250_000))] {
        let prepared = checked(&format!("{comment}{query}"));
        assert!(prepared.is_ready(), "{:?}", codes(&prepared));
        assert_eq!(prepared.sql_sent, query);
    }
    let longer = checked(&format!("/* {} */ {query}", "x".repeat(1 << 20)));
    assert!(longer.errors.of("sql").contains("1 MiB"), "{:?}", longer.errors);
    assert_eq!(codes(&checked(&format!("{query} /* {}", "x".repeat(1_000_000)))), ["open-comment"]);
}

#[test]
fn a_byte_order_mark_at_the_beginning_is_no_matter() {
    let query = "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1";
    let prepared = checked(&format!("\u{feff}{query}"));
    assert!(prepared.is_ready() && prepared.findings.is_empty(), "{:?}", codes(&prepared));
    assert_eq!(prepared.sql_sent.trim_start_matches('\u{feff}'), query);
}

#[test]
fn odd_characters_are_named_and_fixed_outside_of_texts_only() {
    let sql = "SELECT\u{a0}campaign\u{200b},\u{2009}COUNT(1) AS n FROM dsp_clicks WHERE campaign <> ‘a\u{a0}“b” –’ GROUP BY 1";
    let prepared = checked(sql);
    let said: std::collections::BTreeSet<&str> = codes(&prepared).into_iter().collect();
    assert_eq!(said.into_iter().collect::<Vec<_>>(), ["invisible-character", "odd-space", "typographic-quotes"]);
    assert!(prepared.findings.iter().any(|it| it.message.contains("U+200B")), "{:?}", prepared.findings);
    assert_eq!(
        after_fixes(sql),
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks WHERE campaign <> 'a\u{a0}“b” –' GROUP BY 1"
    );
    assert!(checked(&after_fixes(sql)).is_ready());
}

#[test]
fn twenty_thousand_values_are_all_sent_or_refused_before() {
    let sql = "SELECT campaign, COUNT(1) AS n FROM dsp_clicks WHERE campaign IN ({{names}}) GROUP BY 1";
    let values: Vec<String> = (0..20_000).map(|at| format!("Campaign {at}")).collect();
    let prepared = with(sql, &[], &[("param.names", values.join("\n").as_str())]);
    assert!(prepared.is_ready(), "{:?} {:?}", prepared.errors, codes(&prepared));
    assert_eq!(prepared.sql_sent.matches("'Campaign ").count(), 20_000);
    let long: Vec<String> = values.iter().map(|it| format!("{it} {}", "x".repeat(100))).collect();
    let prepared = with(sql, &[], &[("param.names", long.join("\n").as_str())]);
    assert!(!prepared.is_ready());
    assert!(
        prepared.errors.iter().any(|(_, sentence)| sentence.contains("longer than 1 MiB")),
        "{:?}",
        prepared.errors
    );
}
