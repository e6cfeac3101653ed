//! Java regular expressions: `SIMILAR TO` and the `REGEXP_…` functions.
//!
//! An expression may match anywhere in the text. The syntax is parsed by `fancy-regex`, which supports Java's
//! look-around, back-references, possessive quantifiers and inline flags; `\Q…\E` and the POSIX classes are rewritten
//! first. An expression that backtracks too much fails the run with a message instead of hanging it.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, BooleanArray, ListBuilder, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::ScalarUDF;
use fancy_regex::{Captures, Regex, RegexBuilder};

use super::text::{functions, gives_text, rows};
use super::{Args, Native};

/// Backtracking steps per match, after which the run fails.
const BACKTRACKING: usize = 200_000;
/// Maximum size of a compiled expression in bytes; a larger one fails the run.
const COMPILED_BYTES: usize = 4 << 20;

functions! {
    /// `text SIMILAR TO pattern`.
    SIMILAR_TO = "amc_similar_to", |_| Ok(DataType::Boolean), similar_to;
    /// `REGEXP_REPLACE(s, re, with)`.
    REGEXP_REPLACE = "amc_regexp_replace", gives_text, replace;
    /// `REGEXP_SUBSTR(s, re)`.
    REGEXP_SUBSTR = "amc_regexp_substr", gives_text, substr;
    /// `REGEXP_SPLIT(s, re)`.
    REGEXP_SPLIT = "amc_regexp_split", |_| Ok(DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)))), split;
}

/// Compiles each pattern only once while it doesn't change from row to row.
#[derive(Default)]
struct Patterns {
    last: Option<(String, Regex)>,
}

impl Patterns {
    fn get(&mut self, pattern: &str) -> Result<&Regex> {
        let known = self.last.take().filter(|(text, _)| text == pattern);
        let entry = match known {
            Some(entry) => entry,
            None => (pattern.to_owned(), compile(pattern)?),
        };
        Ok(&self.last.insert(entry).1)
    }
}

fn compile(pattern: &str) -> Result<Regex> {
    let built = RegexBuilder::new(&from_java(pattern))
        .backtrack_limit(BACKTRACKING)
        .delegate_size_limit(COMPILED_BYTES)
        .build();
    built.map_err(|fault| exec_datafusion_err!("The regular expression '{pattern}' cannot be read: {fault}"))
}

fn trouble(fault: fancy_regex::Error) -> datafusion::common::DataFusionError {
    exec_datafusion_err!("A regular expression could not be matched: {fault}")
}

/// Rewrites Java syntax that `fancy-regex` doesn't support.
fn from_java(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        if let Some(quoted) = escape.strip_prefix("\\Q") {
            let (literal, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            out.push_str(&fancy_regex::escape(literal));
            rest = after;
        } else if let Some((class, after)) = posix_class(escape) {
            out.push_str(class);
            rest = after;
        } else {
            let next = escape.chars().nth(1).map_or(1, |next| 1 + next.len_utf8());
            out.push_str(&escape[..next]);
            rest = &escape[next..];
        }
    }
    out.push_str(rest);
    out
}

fn posix_class(escape: &str) -> Option<(&'static str, &str)> {
    const CLASSES: [(&str, &str); 10] = [
        ("\\p{Alpha}", "\\p{Alphabetic}"),
        ("\\p{Digit}", "\\d"),
        ("\\p{Alnum}", "[\\p{Alphabetic}\\d]"),
        ("\\p{Punct}", "[!-/:-@\\[-`{-~]"),
        ("\\p{Lower}", "\\p{Lowercase}"),
        ("\\p{Upper}", "\\p{Uppercase}"),
        ("\\p{Space}", "\\s"),
        ("\\p{Blank}", "[ \\t]"),
        ("\\p{ASCII}", "[\\x00-\\x7F]"),
        ("\\h", "[ \\t\\x{A0}]"),
    ];
    CLASSES.iter().find_map(|(java, ours)| Some((*ours, escape.strip_prefix(java)?)))
}

fn similar_to(args: &Args<'_>) -> Result<ArrayRef> {
    let (texts, patterns) = (args.text(0)?, args.text(1)?);
    let mut compiled = Patterns::default();
    let result = texts.iter().zip(patterns.iter()).map(|(text, pattern)| match (text, pattern) {
        (Some(text), Some(pattern)) => compiled.get(pattern)?.is_match(text).map(Some).map_err(trouble),
        _ => Ok(None),
    });
    Ok(Arc::new(result.collect::<Result<BooleanArray>>()?))
}

fn replace(args: &Args<'_>) -> Result<ArrayRef> {
    let (mut compiled, mut made) = (Patterns::default(), args.making());
    let result = rows::<3>(args)?.map(|row| {
        let Some([text, pattern, with]) = row else { return Ok(None) };
        let regex = compiled.get(&pattern)?;
        let (mut out, mut end) = (String::with_capacity(text.len()), 0);
        for captures in regex.captures_iter(text.as_str()) {
            let captures = captures.map_err(trouble)?;
            let Some(whole) = captures.get(0) else { continue };
            let before = out.len();
            out.push_str(&text[end..whole.start()]);
            expand(&with, &captures, &mut out);
            made.add(out.len() - before)?;
            end = whole.end();
        }
        out.push_str(&text[end..]);
        Ok(Some(out))
    });
    Ok(Arc::new(result.collect::<Result<StringArray>>()?))
}

/// Java's replacement syntax: `$1` is a group (the longest existing number), a backslash escapes the next character.
fn expand(with: &str, captures: &Captures<'_, str>, out: &mut String) {
    let mut characters = with.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.extend(characters.next()),
            '$' if characters.peek().is_some_and(char::is_ascii_digit) => {
                let mut group = 0;
                while let Some(digit) = characters.peek().and_then(|next| next.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer >= captures.len() && group > 0 {
                        break;
                    }
                    group = longer;
                    characters.next();
                }
                out.push_str(captures.get(group).map_or("", |found| found.as_str()));
            }
            other => out.push(other),
        }
    }
}

fn substr(args: &Args<'_>) -> Result<ArrayRef> {
    let mut compiled = Patterns::default();
    let result = rows::<2>(args)?.map(|row| {
        let Some([text, pattern]) = row else { return Ok(None) };
        let found = compiled.get(&pattern)?.find(text.as_str()).map_err(trouble)?;
        Ok(found.map(|found| found.as_str().to_owned()))
    });
    Ok(Arc::new(result.collect::<Result<StringArray>>()?))
}

fn split(args: &Args<'_>) -> Result<ArrayRef> {
    let mut compiled = Patterns::default();
    let mut out = ListBuilder::new(StringBuilder::new());
    for row in rows::<2>(args)? {
        let Some([text, pattern]) = row else {
            out.append_null();
            continue;
        };
        for part in compiled.get(&pattern)?.split(text.as_str()) {
            out.values().append_value(part.map_err(trouble)?);
        }
        out.append(true);
    }
    Ok(Arc::new(out.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_matches_anywhere_unless_it_is_anchored() {
        let matches = |text: &str, pattern: &str| compile(pattern).unwrap().is_match(text).unwrap();
        assert!(matches("Masala Chai Kit", "(?i)chai"));
        assert!(!matches("Masala Chai Kit", "^Kit"));
        assert!(matches("Prime_STV", "_STV$"));
        assert!(matches("a.b", "\\Qa.b\\E") && !matches("axb", "\\Qa.b\\E"));
        assert!(matches("x!", "\\p{Punct}"));
    }

    #[test]
    fn replacements_read_groups_as_java_does() {
        let regex = compile("(\\w+) (\\w+)").unwrap();
        let captures = regex.captures("a b").unwrap().unwrap();
        let mut out = String::new();
        expand("$2-$1\\$$10", &captures, &mut out);
        assert_eq!(out, "b-a$a0");
    }

    #[test]
    fn a_bad_expression_is_said_to_be_bad() {
        assert!(compile("(").unwrap_err().to_string().contains("'('"));
    }
}
