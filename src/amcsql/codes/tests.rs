use std::collections::HashSet;

use super::super::catalogue::{Catalogue, DataType};
use super::super::parameters::ParameterDeclaration;
use super::super::{Checked, Context, check};
use super::*;

/// The check of an example in its context.
fn checked(definition: &Definition, text: &str) -> Checked {
    let standard = Catalogue::standard();
    let free = standard.sources().iter().filter(|it| !it.availability.starts_with("Paid")).cloned().collect();
    let free = Catalogue::from_sources(free);
    let declared = [ParameterDeclaration::new("product", DataType::String)];
    let report = Context::reporting(standard).authored();
    let context = match definition.example {
        Example::Report | Example::Made => report,
        Example::Audience => Context::audience(standard).authored(),
        Example::WithoutPaid => Context { catalogue: &free, ..report },
        Example::Declared => Context { input_schema: Some("main"), parameters: Some(&declared), ..report },
    };
    check(text, &context)
}

#[test]
fn a_wrong_example_gives_its_code_and_nothing_else_and_a_right_one_gives_nothing() {
    let mut wrong = Vec::new();
    for definition in all().iter().filter(|it| it.example != Example::Made) {
        let found = checked(definition, definition.wrong).findings;
        let other: Vec<_> = found.iter().map(|it| (it.code, &it.message)).collect();
        if !found.iter().any(|it| it.code == definition.name) || found.iter().any(|it| it.code != definition.name) {
            wrong.push(format!("{}, wrong: {other:?}", definition.name));
        }
        let found = checked(definition, definition.right).findings;
        if !found.is_empty() {
            let other: Vec<_> = found.iter().map(|it| (it.code, &it.message)).collect();
            wrong.push(format!("{}, right: {other:?}", definition.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sure_fixes_of_wrong_examples_leave_nothing_to_say() {
    for definition in all().iter().filter(|it| it.example != Example::Made) {
        let found = checked(definition, definition.wrong).findings;
        if found.iter().all(|it| it.fix.as_ref().is_some_and(|fix| fix.sure)) && !found.is_empty() {
            let (fixed, _) = super::super::review::fixed(definition.wrong, &found);
            let left = checked(definition, &fixed).findings;
            assert!(left.iter().all(|it| it.code != definition.name), "{}: {fixed}", definition.name);
        }
    }
}

#[test]
fn what_is_too_large_to_be_shown_gives_its_code() {
    let many = |count: usize, of: &dyn Fn(usize) -> String, between: &str| {
        (0..count).map(of).collect::<Vec<_>>().join(between)
    };
    for (code, text) in [
        (TOO_LONG, " ".repeat(super::super::parser::MAX_TEXT + 1)),
        (TOO_DEEP, format!("SELECT {}1{}", "(".repeat(1_000), ")".repeat(1_000))),
        (TOO_MANY_COLUMNS, format!("SELECT {}", many(2_001, &|at| format!("1 AS c{at}"), ", "))),
        (
            TOO_MANY_KEYS,
            format!("SELECT COUNT(1) AS n FROM dsp_clicks GROUP BY {}", many(300, &|_| "campaign".into(), ", ")),
        ),
        (
            TOO_MANY_TABLES,
            format!("SELECT COUNT(1) AS n FROM {}", many(65, &|at| format!("(SELECT 1 AS x) t{at}"), ", ")),
        ),
        (
            TOO_MANY_COMMON_TABLES,
            format!("WITH {} SELECT x FROM c1", many(1_001, &|at| format!("c{at} AS (SELECT 1 AS x)"), ", ")),
        ),
        (
            TOO_MANY_PARAMETERS,
            format!(
                "SELECT COUNT(1) AS n FROM dsp_clicks WHERE {}",
                many(101, &|at| format!("campaign = CUSTOM_PARAMETER('p{at}')"), " OR ")
            ),
        ),
        (
            LARGE_IN,
            format!(
                "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign IN ({})",
                many(1_001, &|at| format!("'{at}'"), ", ")
            ),
        ),
    ] {
        let found = checked(code.definition, &text).findings;
        assert!(found.iter().any(|it| it.code == code.definition.name), "{}: {found:.300?}", code.definition.name);
    }
}

#[test]
fn every_code_has_one_name_and_all_its_texts() {
    let mut names = HashSet::new();
    for it in all() {
        assert!(names.insert(it.name) && it.name.len() < 40, "{}", it.name);
        assert!(it.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", it.name);
        assert!(it.why.ends_with('.') && it.fix.ends_with('.') && !it.title.ends_with('.'), "{}", it.name);
        assert_eq!(it.wrong.is_empty(), it.example == Example::Made, "{}", it.name);
    }
    assert!(names.len() > 120);
    assert_eq!(find("star").map(|it| it.title), Some("SELECT * on a data source"));
    assert_eq!(search("TYPOGRAPHIC quotes")[0].name, "typographic-quotes");
    assert!(search("").is_empty() && search("qwertz").is_empty());
}

#[test]
fn the_document_about_the_rules_names_every_code_and_no_other() {
    let document = include_str!("../../../docs/checks.md");
    let rows = document
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter_map(|line| line.trim_end_matches(" |").rsplit("| ").next());
    let named: HashSet<&str> = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let known: HashSet<&str> = all().iter().map(|it| it.name).collect();
    assert_eq!(named.symmetric_difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new());
}
