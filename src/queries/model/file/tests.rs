use proptest::prelude::*;

use super::*;
use crate::queries::model::PrivacyMode;
use crate::queries::model::fields::FieldKind;
use crate::queries::model::tags::Tags;

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[^\0\r]{0,30}", "( |\n|\"|'|\\\\|\\*/|--|\\+\\+\\+|ü|a|\"\"\"|'''){0,12}"]
}

fn any_field() -> impl Strategy<Value = FieldDef> {
    let kind = prop::sample::select(FieldKind::ALL.to_vec());
    (
        "[a-z_][a-z0-9_]{0,8}",
        kind,
        any_text(),
        any_text(),
        any_text(),
        any::<bool>(),
        prop::collection::vec(any_text(), 0..3),
    )
        .prop_map(|(name, kind, label, help, default, required, choices)| FieldDef {
            name,
            kind,
            label,
            help,
            default,
            required,
            choices,
        })
}

fn any_query() -> impl Strategy<Value = QueryInput> {
    let privacy = (prop::sample::select(vec![PrivacyMode::Drop, PrivacyMode::Blank, PrivacyMode::Off]), any_text());
    let window = (any_text(), any_text(), any_text(), any_text());
    let fields = prop::collection::vec(any_field(), 0..4);
    (any_text(), any_text(), any_text(), any_text(), fields, window, privacy).prop_map(
        |(name, description, tags, sql, mut fields, (kind, start, end, zone), (mode, column))| {
            let mut seen = std::collections::HashSet::new();
            fields.retain(|field| seen.insert(field.name.clone()));
            QueryInput {
                name: name.trim().to_owned(),
                description,
                tags: Tags::read(&tags),
                sql,
                fields,
                window: WindowForm { kind, start, end, zone },
                privacy: Privacy { mode, column },
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_query(query in any_query()) {
        let file = write(&query);
        let read = read(&file);
        prop_assert_eq!(&read.problems, &Vec::<String>::new(), "{}", file);
        prop_assert!(read.has_front_matter);
        prop_assert_eq!(read.written, query);
    }

    #[test]
    fn any_file_is_read_and_keeps_its_text(text in any_text(), front in "(-- |--|name = \"a\"|x = 1|\n|\\[\\[parameters\\]\\]|\\+\\+\\+|[a-z]){0,20}") {
        let file = format!("{BEGIN}\n{front}\n{text}");
        let read = read(&file);
        if !read.problems.is_empty() {
            prop_assert!(read.written.sql.contains(front.trim()), "{:?}", read);
        }
        prop_assert!(file.ends_with(&text) || read.has_front_matter);
    }
}

#[test]
fn what_is_not_understood_is_reported_and_stays_above_the_sql() {
    let file = "--+++ recomamp query\n-- format = 2\n-- name = 'Mine'\n-- colour = \"red\"\n-- [[parameters]]\n-- name = \"n\"\n\
                -- kind = \"colour\"\n-- [[parameters]]\n-- name = \"1\"\n-- [window]\n-- kind = 7\n--+++\nSELECT 1";
    let read = read(file);
    assert_eq!(read.problems.len(), 5, "{:?}", read.problems);
    assert_eq!(read.written.name, "Mine");
    assert_eq!(read.written.fields.len(), 1);
    assert_eq!(read.written.sql, file, "nothing is lost");
}

#[test]
fn a_line_of_a_text_that_looks_like_the_end_is_none() {
    let description = "a\n+++\n\n+++ recomamp query\n-- +++".to_owned();
    let query = QueryInput { name: "x".to_owned(), description, sql: "SELECT 1".to_owned(), ..QueryInput::default() };
    assert_eq!(read(&write(&query)).written, query);
}

#[test]
fn a_file_without_front_matter_is_sql() {
    for text in ["SELECT 1", "", "--+++\nSELECT 1", "-- a comment\n--+++ recomamp query\nSELECT 1"] {
        let read = read(text);
        assert_eq!((read.has_front_matter, read.written.sql.as_str(), read.problems.len()), (false, text, 0));
    }
    let open = read("--+++ recomamp query\n-- name = \"x\"\nSELECT 1");
    assert_eq!((open.has_front_matter, open.problems.len()), (false, 1));
    let broken = read("--+++ recomamp query\n-- name =\n--+++\nSELECT 1");
    assert!(broken.problems[0].starts_with("The front matter is not TOML"), "{:?}", broken.problems);
}
