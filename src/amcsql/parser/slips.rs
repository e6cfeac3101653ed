//! Findings for typos from which the parser recovered: each at its position, with a fix if the intent is certain.

use super::super::finding::{Finding, Fix};
use super::super::lexer::{Slip, SlipKind};
use super::super::template::is_name;
use super::super::text::{LineIndex, Span};
use crate::amcsql::codes::{self, Code};

/// A finding for each typo, in text order.
pub(super) fn findings(text: &str, slips: &[Slip], index: &LineIndex<'_>) -> Vec<Finding> {
    let mut strings: Vec<Span> = Vec::new();
    let mut found = Vec::with_capacity(slips.len());
    for slip in slips {
        if let SlipKind::FieldInText { string, .. } = &slip.kind {
            // OK because one fix for the whole text resolves all fields in it.
            if strings.contains(string) {
                continue;
            }
            strings.push(*string);
        }
        found.push(finding(text, slip, index));
    }
    found.sort_by_key(|it| it.span.start);
    found
}

fn finding(text: &str, slip: &Slip, index: &LineIndex<'_>) -> Finding {
    let span = slip.span;
    match &slip.kind {
        SlipKind::FieldInText { name, string } => field_in_text(text, name, *string),
        SlipKind::ReservedAlias(name) => {
            let message = format!(
                "`{name}` is a keyword, which AMC's grammar does not take as a name without quotes. Choose another name, such as `{}_value`.",
                name.to_lowercase()
            );
            Finding::warning(codes::RESERVED_ALIAS, span, message)
        }
        SlipKind::Space('\u{a0}') => {
            let message =
                format!("{} isn't a plain space. RecomAMP sends a plain one.", named(text, '\u{a0}', span, index));
            Finding::warning(codes::ODD_SPACE, span, message).with_fix(Some(Fix::sure(
                span,
                " ",
                "Change to a plain space",
            )))
        }
        kind => {
            let (code, message, fix) = refused(text, kind, span, index);
            let place = index.place(span.start);
            let shown = span.of(text).chars().next().unwrap_or(' ');
            let amc = format!(
                "Lexical error at line {}, column {}.  Encountered: \"{}\" ({}), after : \"\"",
                place.line,
                place.column,
                shown.escape_default(),
                shown as u32
            );
            Finding::error(code, span, message, amc).with_fix(fix)
        }
    }
}

/// Code, message and fix of what AMC rejects.
fn refused(text: &str, kind: &SlipKind, span: Span, index: &LineIndex<'_>) -> (Code, String, Option<Fix>) {
    match kind {
        SlipKind::Space(character) => (
            codes::ODD_SPACE,
            format!("{} isn't a plain space, and AMC doesn't read it.", named(text, *character, span, index)),
            Some(Fix::sure(span, " ", "Change to a plain space")),
        ),
        SlipKind::Invisible { character, between_words } => {
            let what = named(text, *character, span, index);
            if *between_words {
                let message = format!(
                    "{what} stands between two words. Type a space there if they are two, or delete it if they are one."
                );
                (codes::INVISIBLE_CHARACTER, message, None)
            } else {
                let fix = Fix::sure(span, "", "Remove the invisible character");
                (codes::INVISIBLE_CHARACTER, format!("{what} cannot be seen, and AMC does not read it."), Some(fix))
            }
        }
        SlipKind::Quotes { opening, value } => {
            let literal = format!("'{}'", value.replace('\'', "''"));
            let message = format!(
                "{} opens a text. Texts stand in straight single quotes: {}.",
                named(text, *opening, span, index),
                short(&literal)
            );
            (codes::TYPOGRAPHIC_QUOTES, message, Some(Fix::sure(span, literal, "Change both quotes to straight ones")))
        }
        SlipKind::Backticks(name) => backticks(name, span),
        SlipKind::Dash(character) => (
            codes::DASH,
            format!("{} looks like a minus. Write the plain one: -.", named(text, *character, span, index)),
            Some(Fix::sure(span, "-", "Change to a minus")),
        ),
        SlipKind::Operator { written, meant } => (
            codes::FOREIGN_OPERATOR,
            format!("AMC has no {written}. Write {meant}."),
            Some(Fix::sure(span, *meant, format!("Change to {meant}"))),
        ),
        SlipKind::Name { written, meant } => (
            codes::UNKNOWN_FUNCTION,
            format!("AMC has no function {written}. Write {meant}."),
            Some(Fix::sure(span, *meant, format!("Change to {meant}"))),
        ),
        SlipKind::FieldName(name) => field_name(name, span),
        SlipKind::FieldInName(name) => (codes::PARAMETER_AS_SQL, as_sql(name, "a name"), None),
        SlipKind::FieldAsSql { name, place } => (codes::PARAMETER_AS_SQL, as_sql(name, place), None),
        SlipKind::Character(character) => {
            let advice = super::error::character(*character);
            (codes::STRAY_CHARACTER, format!("{advice} ({})", named(text, *character, span, index)), None)
        }
        // OK because these are reported above.
        SlipKind::ReservedAlias(_) | SlipKind::FieldInText { .. } => (codes::SYNTAX, String::new(), None),
    }
}

fn backticks(name: &str, span: Span) -> (Code, String, Option<Fix>) {
    let plain = is_name(name);
    let replacement = if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) };
    let message = if plain {
        "AMC has no backticks. Write the name without quotes.".to_owned()
    } else {
        "AMC has no backticks. Give the column a name of letters, digits and underscores, without quotes.".to_owned()
    };
    let label = format!("Change to {}", short(&replacement));
    let fix = Fix { sure: plain, ..Fix::sure(span, replacement.clone(), label) };
    (codes::BACKTICKS, message, Some(fix))
}

fn as_sql(name: &str, place: &str) -> String {
    format!(
        "`{{{{{}}}}}` cannot be {place}: a parameter is a value, such as a text, a number, a list, or true or false. Write {place} into the query itself.",
        short(name)
    )
}

fn field_name(name: &str, span: Span) -> (Code, String, Option<Fix>) {
    if name.trim_start().starts_with(['#', '/', '^', '!', '>']) {
        let message = format!(
            "`{{{{{}}}}}` is a block of a template language, which RecomAMP does not have: a parameter is a value. Save a query for each variant, or choose with a condition on a parameter.",
            short(name)
        );
        return (codes::PARAMETER_NAME, message, None);
    }
    let good = proper_name(name);
    let message = "The name of a parameter starts with a letter A–Z or an underscore, and goes on with letters A–Z, digits and underscores.";
    let fix = good.map(|good| Fix::spelling(span, &format!("{{{{{good}}}}}")));
    (codes::PARAMETER_NAME, message.to_owned(), fix)
}

/// The nearest valid parameter name.
fn proper_name(name: &str) -> Option<String> {
    let mut good = String::new();
    for character in name.trim().chars().take(super::super::template::LONGEST_NAME) {
        match character {
            'ä' | 'Ä' => good.push_str("ae"),
            'ö' | 'Ö' => good.push_str("oe"),
            'ü' | 'Ü' => good.push_str("ue"),
            'ß' => good.push_str("ss"),
            'à' | 'á' | 'â' => good.push('a'),
            'è' | 'é' | 'ê' => good.push('e'),
            'ç' => good.push('c'),
            'ñ' => good.push('n'),
            it if it.is_ascii_alphanumeric() => good.push(it),
            _ if !good.ends_with('_') => good.push('_'),
            _ => {}
        }
    }
    let trimmed = good.trim_matches('_');
    let good =
        if trimmed.starts_with(|it: char| it.is_ascii_digit()) { format!("p_{trimmed}") } else { trimmed.to_owned() };
    Some(good).filter(|it| is_name(it))
}

/// A parameter in quotes is text; the fix concatenates the text and the value.
fn field_in_text(text: &str, name: &str, string: Span) -> Finding {
    let message = format!(
        "`{{{{{name}}}}}` stands inside a text in quotes, where nothing is filled in. Take it out of the quotes: a value brings its own."
    );
    Finding::warning(codes::QUOTED_FIELD, string, message).with_fix(joined(string.of(text)).map(|replacement| {
        let label =
            if replacement.starts_with("CONCAT") { "Join text and value with CONCAT" } else { "Remove the quotes" };
        Fix::sure(string, replacement, label)
    }))
}

/// `'a {{x}} b'` as `CONCAT('a ', {{x}}, ' b')`.
fn joined(literal: &str) -> Option<String> {
    let inside = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut parts: Vec<String> = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(start) = inside.get(at..)?.find("{{").map(|it| it + at) {
        let Some(length) = inside.get(start + 2..)?.find("}}") else { break };
        let name = inside.get(start + 2..start + 2 + length)?.trim();
        if !is_name(name) {
            at = start + 2;
            continue;
        }
        // OK to split there because a doubled quote contains no braces, so it is never split.
        parts.extend(Some(inside.get(plain..start)?).filter(|it| !it.is_empty()).map(|it| format!("'{it}'")));
        parts.push(format!("{{{{{name}}}}}"));
        at = start + length + 4;
        plain = at;
    }
    parts.extend(Some(inside.get(plain..)?).filter(|it| !it.is_empty()).map(|it| format!("'{it}'")));
    match parts.as_slice() {
        [only] => Some(only.clone()),
        _ => Some(format!("CONCAT({})", parts.join(", "))),
    }
}

/// A character by its name, its code point and its position.
fn named(text: &str, character: char, span: Span, index: &LineIndex<'_>) -> String {
    let place = index.place(span.start);
    let shown = if character.is_control() || character.is_whitespace() || text.is_empty() {
        String::new()
    } else {
        format!("`{character}` ")
    };
    let name = match character {
        '\u{a0}' => "no-break space",
        '\u{202f}' => "narrow no-break space",
        '\u{2009}' => "thin space",
        '\u{3000}' => "ideographic space",
        '\u{200b}' => "zero-width space",
        '\u{feff}' => "byte-order mark",
        '\u{ad}' => "soft hyphen",
        _ if character.is_whitespace() => "unusual space",
        _ => "character",
    };
    // Quotes and dashes are in the same block as invisible characters.
    let is_invisible = matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}' | '\u{ad}' | '\u{feff}' | '\u{180e}'
    );
    let shown = if is_invisible { "" } else { shown.as_str() };
    format!("The {name} {shown}(U+{:04X}) at line {}, column {}", character as u32, place.line, place.column)
}

/// The beginning of a possibly long text.
fn short(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}
