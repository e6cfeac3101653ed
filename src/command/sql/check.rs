//! `recomamp sql check`: findings as text or JSON, and sure fixes.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::values::Values;
use super::{Check, For, Form, Switch, read};
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::finding::{Finding, Level};
use crate::amcsql::flatten::sendable;
use crate::amcsql::review::{fixed, has_errors, review};
use crate::amcsql::text::{LineIndex, Span};
use crate::amcsql::{Checked, Context, check, check_either};
use crate::command::{give, say};

/// Maximum rounds of fixes: one fix may enable another.
const MOST_ROUNDS: usize = 20;

pub(super) fn files(asked: &Check) -> anyhow::Result<ExitCode> {
    let mut values = Values::read(&asked.parameters)?;
    let (mut errors, mut found) = (false, Vec::new());
    for path in &asked.files {
        let mut text = read(path)?;
        if asked.fix {
            text = fix(path, text, asked)?;
        }
        let (_, findings) = reviewed(&text, asked.controls, asked.purpose, &mut values);
        errors |= has_errors(&findings);
        let index = LineIndex::new(&text);
        for finding in &findings {
            let is_text_given = asked.fix && path == Path::new("-");
            match asked.format {
                Form::Text if is_text_given => say(&in_words(path, &index, finding)),
                Form::Text => give(&in_words(path, &index, finding)),
                Form::Json => found.push(in_json(path, &index, finding)),
            }
        }
    }
    for sentence in values.faults() {
        errors = true;
        say(&sentence);
    }
    if asked.format == Form::Json {
        let all = serde_json::to_string_pretty(&found)?;
        let is_text_given = asked.fix && asked.files.iter().any(|path| path == Path::new("-"));
        if is_text_given { say(&all) } else { give(&all) }
    }
    Ok(ExitCode::from(u8::from(errors)))
}

/// The text with all sure fixes, written back to its source.
fn fix(path: &Path, mut text: String, asked: &Check) -> anyhow::Result<String> {
    let mut total = 0;
    for _ in 0..MOST_ROUNDS {
        let checked = authored(&text, asked.controls, asked.purpose);
        let (next, count) = fixed(&text, &checked.findings);
        total += count;
        text = next;
        if count == 0 {
            break;
        }
    }
    if path == Path::new("-") {
        give(text.trim_end_matches('\n'));
    } else if total > 0 {
        std::fs::write(path, &text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if total > 0 {
        let what = if total == 1 { "1 fix".to_owned() } else { format!("{total} fixes") };
        say(&format!("{}: {what} applied", path.display()));
    }
    Ok(text)
}

fn context(controls: Switch, purpose: For) -> Context<'static> {
    let catalogue: &'static Catalogue = Catalogue::standard();
    let base = if purpose == For::Audience { Context::audience(catalogue) } else { Context::reporting(catalogue) };
    Context { controls: controls == Switch::On, ..base }
}

/// The check of the author's text.
fn authored(text: &str, controls: Switch, purpose: For) -> Checked {
    let context = context(controls, purpose).authored();
    if purpose == For::Auto { check_either(text, &context) } else { check(text, &context) }
}

/// The check of the text with these values, with all findings at the author's positions.
pub(super) fn reviewed(text: &str, controls: Switch, purpose: For, values: &mut Values) -> (Checked, Vec<Finding>) {
    let checked = authored(text, controls, purpose);
    let filled = values.fill(text, &checked);
    let (flat, _) = sendable(&filled.text);
    let sent = filled.then(flat);
    let is_audience = checked.purpose == crate::amcsql::Purpose::Audience;
    let context = context(controls, if is_audience { For::Audience } else { For::Reporting });
    let findings = review(&checked, &sent, &context);
    (check(&sent.text, &context), findings)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "info",
    }
}

pub(super) fn in_words(path: &Path, index: &LineIndex<'_>, finding: &Finding) -> String {
    let (start, _) = index.range(finding.span);
    let fix = finding.fix.as_ref().map(|fix| format!(" ({})", fix.label)).unwrap_or_default();
    let follows = if finding.because.is_some() { "  " } else { "" };
    let (file, words) = (path.display(), &finding.message);
    format!("{follows}{file}:{}:{}: {}[{}]: {words}{fix}", start.line, start.column, level(finding.level), finding.code)
}

/// The path of a code's help page.
fn help(code: &str) -> String {
    format!("/help/checks/{code}")
}

fn in_json(path: &Path, index: &LineIndex<'_>, finding: &Finding) -> Value {
    let place = |span: Span| {
        let (start, end) = index.range(span);
        json!({ "line": start.line, "column": start.column, "endLine": end.line, "endColumn": end.column })
    };
    let mut written = place(finding.span);
    let fix = finding.fix.as_ref().map(|fix| {
        let mut change = place(fix.span);
        change["label"] = json!(fix.label);
        change["replacement"] = json!(fix.replacement);
        change["sure"] = json!(fix.sure);
        change["offset"] = json!(fix.span.start);
        change["length"] = json!(fix.span.end - fix.span.start);
        change
    });
    let because = finding.because.map(|cause| {
        let mut written = place(cause.span);
        written["code"] = json!(cause.code);
        written
    });
    for (name, value) in [
        ("file", json!(path.display().to_string())),
        ("level", json!(level(finding.level))),
        ("code", json!(finding.code)),
        ("message", json!(finding.message)),
        ("amc", json!(finding.amc)),
        ("mayBeWrong", json!(finding.may_be_wrong)),
        ("help", json!(help(finding.code))),
        ("fix", json!(fix)),
        ("because", json!(because)),
    ] {
        written[name] = value;
    }
    written
}
