//! Arbitrary bytes as SQL, as field values, and as both.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::super::catalogue::Catalogue;
use super::super::check::MOST_FINDINGS;
use super::super::finding::{Finding, Level};
use super::super::flatten::flatten;
use super::super::lexer::{LexError, Token, TokenKind, opaque_ranges, tokens};
use super::super::parser::parse;
use super::super::template::{Value, fields, fill, sample};
use super::super::text::{LineIndex, Span};
use super::super::{Context, Purpose, check};
use crate::fuzz::run;

/// Maximum length of a finding's text, in bytes: it is shown beside the query on a page.
const LONGEST_WORDS: usize = 2_000;

fn inside(span: Span, text: &str) -> TestCaseResult {
    prop_assert!(text.get(span.start..span.end).is_some(), "{:?} is no place in a text of {}", span, text.len());
    Ok(())
}

/// What is between two tokens is meaningless: whitespace and comments.
fn means_nothing(gap: &str) -> bool {
    let mut rest = gap;
    while let Some(first) = rest.chars().next() {
        rest = if let Some(body) = rest.strip_prefix("/*") {
            body.split_once("*/").map_or("*", |(_, rest)| rest)
        } else if rest.starts_with("--") {
            rest.find(['\n', '\r']).map_or("", |end| &rest[end..])
        } else if first.is_whitespace() || first == '\u{feff}' {
            &rest[first.len_utf8()..]
        } else {
            return false;
        };
    }
    true
}

/// The text of a literal or quoted name, written again.
fn again(value: &str, quote: char) -> String {
    let doubled = [quote, quote].iter().collect::<String>();
    format!("{quote}{}{quote}", value.replace(quote, &doubled))
}

#[test]
fn tokens_cover_the_text_and_mean_what_stands_there() {
    run("lexer", 1_500, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let hidden = opaque_ranges(&text);
        let mut end = 0;
        for range in &hidden {
            prop_assert!(range.start >= end && range.end > range.start, "{:?}", range);
            inside(*range, &text)?;
            end = range.end;
        }
        match tokens(&text) {
            Ok(tokens) => covers(&text, &tokens),
            Err(
                LexError::Character(_, span)
                | LexError::OpenString(span)
                | LexError::OpenName(span)
                | LexError::OpenComment(span),
            ) => inside(span, &text),
        }
    });
}

fn covers(text: &str, tokens: &[Token]) -> TestCaseResult {
    let mut end = 0;
    for token in tokens {
        inside(token.span, text)?;
        prop_assert!(token.span.start >= end, "{:?} begins before {}", token, end);
        prop_assert!(means_nothing(&text[end..token.span.start]), "lost: {:?}", &text[end..token.span.start]);
        end = token.span.end;
        let written = token.span.of(text);
        match &token.kind {
            TokenKind::String(value) => prop_assert_eq!(written, again(value, '\'')),
            TokenKind::Quoted(value) => prop_assert_eq!(written, again(value, '"')),
            TokenKind::Sign(sign) => prop_assert_eq!(written, *sign),
            TokenKind::Number => prop_assert!(written.bytes().any(|byte| byte.is_ascii_digit()), "{}", written),
            TokenKind::Word => prop_assert!(!written.is_empty()),
            TokenKind::Field(_) => prop_assert!(false, "AMC knows no fields"),
            TokenKind::End => prop_assert_eq!(written, ""),
        }
    }
    prop_assert_eq!(end, text.len());
    let strings = |kind: &TokenKind| matches!(kind, TokenKind::String(_) | TokenKind::Quoted(_));
    let quoted: Vec<Span> = tokens.iter().filter(|it| strings(&it.kind)).map(|it| it.span).collect();
    let hidden: Vec<Span> = opaque_ranges(text).into_iter().filter(|it| it.of(text).starts_with(['\'', '"'])).collect();
    prop_assert_eq!(quoted, hidden);
    Ok(())
}

/// Kind and text of the tokens, where literals and names mean the same everywhere.
fn meanings(text: &str) -> Option<Vec<(TokenKind, String)>> {
    let tokens = tokens(text).ok()?;
    Some(tokens.into_iter().map(|it| (it.kind, it.span.of(text).to_owned())).collect())
}

#[test]
fn a_text_is_a_query_or_has_an_error_with_its_place_on_one_line_as_on_many() {
    run("parser", 1_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let parsed = parse(&text);
        if let Err(finding) = &parsed {
            is_well_formed(finding, &text)?;
            prop_assert_eq!(finding.level, Level::Error);
        }
        let flat = flatten(&text);
        for (new, old, copied) in flat.parts() {
            inside(new, &flat.text)?;
            inside(old, &text)?;
            prop_assert!(!copied || new.of(&flat.text) == old.of(&text));
        }
        prop_assert_eq!(meanings(&text), meanings(&flat.text));
        prop_assert_eq!(parsed.is_ok(), parse(&flat.text).is_ok(), "{}", flat.text);
        Ok(())
    });
}

fn is_well_formed(finding: &Finding, text: &str) -> TestCaseResult {
    inside(finding.span, text)?;
    let (first, last) = LineIndex::new(text).range(finding.span);
    prop_assert!(first.line >= 1 && first.column >= 1 && last.line >= first.line, "{:?}", finding);
    prop_assert!(!finding.message.is_empty());
    prop_assert_eq!(finding.level == Level::Error, finding.amc.is_some(), "{:?}", finding);
    for words in [Some(&finding.message), finding.amc.as_ref()].into_iter().flatten() {
        prop_assert!(words.len() <= LONGEST_WORDS, "{} bytes: {:.200}", words.len(), words);
    }
    if let Some(fix) = &finding.fix {
        inside(fix.span, text)?;
    }
    Ok(())
}

#[test]
fn a_check_gives_a_query_or_errors_with_places_and_says_the_same_again() {
    run("checker", 600, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let reporting = Context::reporting(Catalogue::standard());
        let uncontrolled = Context { controls: false, parameters: Some(&[]), ..reporting };
        let audience = Context { purpose: Purpose::Audience, ..reporting };
        for context in [reporting, uncontrolled, audience, reporting.authored(), audience.authored()] {
            let checked = check(&text, &context);
            prop_assert_eq!(checked.has_errors(), checked.query.is_none());
            prop_assert!(checked.findings.len() <= MOST_FINDINGS);
            for finding in &checked.findings {
                is_well_formed(finding, &text)?;
            }
            let fixed = super::super::review::fixed(&text, &checked.findings).0;
            prop_assert!(fixed.len() <= 2 * text.len() + 4_000, "{} bytes from {}", fixed.len(), text.len());
            prop_assert_eq!(&check(&text, &context).findings, &checked.findings);
            if let Some(query) = &checked.query {
                prop_assert!(query.outputs.iter().all(|output| output.column.index() < query.columns.len()));
                prop_assert!(check(&flatten(&text).text, &context).query.is_some(), "not on one line");
            }
        }
        Ok(())
    });
}

/// The value before a line of `%%`, then the text.
fn value_and_text(bytes: &[u8]) -> (String, String) {
    let whole = String::from_utf8_lossy(bytes);
    let (value, text) =
        whole.split_once("\n%%\n").unwrap_or((&whole, "SELECT a FROM t WHERE b = {{v}} AND c IN ({{v}})"));
    (value.to_owned(), text.to_owned())
}

/// Every value that `typed` can be, each with the texts that the query then contains.
fn values(typed: &str) -> Vec<(Value, Vec<String>)> {
    let lines: Vec<String> = typed.lines().map(str::to_owned).collect();
    let day = NaiveDate::parse_from_str(typed.trim(), "%Y-%m-%d").unwrap_or_default();
    vec![
        (Value::Text(typed.to_owned()), vec![typed.to_owned()]),
        (Value::Number(typed.to_owned()), vec![]),
        (Value::Boolean(typed.contains('t')), vec![]),
        (Value::Date(day), vec![day.format("%Y-%m-%d").to_string()]),
        (Value::DateTime(day.into()), vec![day.format("%Y-%m-%d 00:00:00").to_string()]),
        (Value::List(lines.iter().cloned().map(Value::Text).collect()), lines),
        (Value::Null, vec![]),
    ]
}

/// All parts of literals, besides texts and numbers.
const OF_LITERALS: [&str; 11] = ["NULL", "TRUE", "FALSE", "CAST", "AS", "DATE", "TIMESTAMP", "(", ")", ",", "-"];

#[test]
fn a_value_is_one_literal_whatever_was_typed_and_the_query_keeps_its_shape() {
    run("fields", 1_500, |bytes| {
        let (typed, text) = value_and_text(bytes);
        let found = fields(&text);
        for field in &found {
            prop_assert!(field.span.of(&text).starts_with("{{") && field.span.of(&text).ends_with("}}"));
        }
        for (value, texts) in values(&typed) {
            let all =
                |value: &Value| found.iter().map(|it| (it.name.clone(), value.clone())).collect::<BTreeMap<_, _>>();
            let plain = sample(&text, &all(&Value::Text("x".to_owned())));
            match fill(&text, &all(&value)) {
                Ok(filled) => keeps_its_shape(&plain, &filled, &texts)?,
                Err(findings) => {
                    for finding in &findings {
                        is_well_formed(finding, &text)?;
                    }
                }
            }
        }
        Ok(())
    });
}

type Filled = super::super::flatten::Mapped;

/// Compares a filled text with the same one filled with `'x'`: they are equal outside the fields, and inside there
/// are only literals with the texts `texts`.
fn keeps_its_shape(plain: &Filled, filled: &Filled, texts: &[String]) -> TestCaseResult {
    let (Ok(expected), Ok(found)) = (tokens(&plain.text), tokens(&filled.text)) else {
        prop_assert_eq!(tokens(&plain.text).is_ok(), tokens(&filled.text).is_ok());
        return Ok(());
    };
    prop_assert_eq!(outside(plain, &expected), outside(filled, &found));
    for (place, _, copied) in filled.parts() {
        if copied {
            continue;
        }
        let literal: Vec<&Token> = found
            .iter()
            .filter(|it| it.span.start >= place.start && it.span.end <= place.end && it.span.start < it.span.end)
            .collect();
        prop_assert!(!literal.is_empty());
        let strings =
            literal.iter().filter_map(|it| if let TokenKind::String(value) = &it.kind { Some(value) } else { None });
        prop_assert_eq!(strings.collect::<Vec<_>>(), texts.iter().collect::<Vec<_>>());
        for token in literal {
            let written = token.span.of(&filled.text);
            let own = matches!(token.kind, TokenKind::String(_) | TokenKind::Number);
            prop_assert!(own || OF_LITERALS.contains(&written), "{}", written);
        }
    }
    Ok(())
}

/// The tokens that were copied from the author's text.
fn outside(text: &Filled, tokens: &[Token]) -> Vec<(TokenKind, String)> {
    let made: Vec<Span> = text.parts().filter(|(_, _, copied)| !copied).map(|(place, _, _)| place).collect();
    let is_made = |span: Span| {
        let after = made.partition_point(|it| it.start <= span.start);
        after.checked_sub(1).is_some_and(|at| span.start < made[at].end)
    };
    let copied = tokens.iter().filter(|it| !is_made(it.span));
    copied.map(|it| (it.kind.clone(), it.span.of(&text.text).to_owned())).collect()
}
