//! Instructional queries: published texts whose comments say what to change (`REQUIRED UPDATE`, `OPTIONAL UPDATE`).
//!
//! Each such comment marks a literal: the one before it on its line, or the next one after it. [`recognize`] finds
//! the comments and what they mark, and proposes a parameter; [`convert`] replaces the selected literals by
//! `{{name}}`. Comments stay: they document the query.
//!
//! Only tokens are used, no syntax tree: several published texts don't parse until they are filled in, and a literal
//! between two tokens is as certain as one in a tree. What a comment asks for beyond a literal (uncommenting a line,
//! adding a table) is reported and left to the author.

mod literals;
mod naming;

use literals::{Group, Shape, groups};

use super::lexer::{self, Token};
use super::template::LONGEST_NAME;
use super::text::Span;

/// How many tokens after a comment are searched for a list, and for a single literal: anything further away is rarely
/// meant.
const NEAR: usize = 40;
const NEAR_SINGLE: usize = 12;
/// Maximum number of marks; a text with more isn't an instructional query.
const MOST_MARKS: usize = 100;

/// A comment that asks for an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    pub comment: Span,
    /// Whether the query is useless without it.
    pub required: bool,
    /// Its text, on one line and without the mark.
    pub note: String,
    pub found: Found,
}

/// What a comment marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A literal that can become a parameter.
    Literal(Proposal),
    /// A literal that an earlier comment already marks.
    Same,
    /// It asks to uncomment lines.
    Uncomment,
    /// Rows with several columns, which aren't a single value or list.
    Table,
    /// There is no literal near it.
    Nothing,
}

/// A parameter that replaces a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The range to replace.
    pub span: Span,
    /// A unique name.
    pub name: String,
    pub kind: Kind,
    /// The values in the text, without quotes.
    pub values: Vec<String>,
    /// Alternative values in the comment, with the current one first; empty unless there are several.
    pub choices: Vec<String>,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Date,
    DateTime,
    /// One or more values.
    List,
    /// One of the proposal's choices.
    Choice,
}

/// The instructions of a text in order; empty if it can't be tokenized.
pub fn recognize(text: &str) -> Vec<Instruction> {
    let Ok(tokens) = tokens(text) else { return Vec::new() };
    let comments = lexer::comments(text);
    let groups = groups(text, &tokens);
    let first = tokens.first().map_or(text.len(), |token| token.span.start);
    let mut names = naming::Names::of(text);
    let mut taken: Vec<Span> = Vec::new();
    let mut instructions = Vec::new();
    for comment in comments {
        if instructions.len() == MOST_MARKS {
            break;
        }
        let Some(mark) = Mark::of(comment.of(text), comment.end <= first) else { continue };
        let place = Place { text, tokens: &tokens, groups: &groups, comment };
        let found = match place.literal(&mark) {
            Err(found) => found,
            Ok(group) if taken.contains(&group.span) => Found::Same,
            Ok(group) => {
                taken.push(group.span);
                Found::Literal(proposal(text, &tokens, group, &mark, &mut names))
            }
        };
        instructions.push(Instruction { comment, required: mark.required, note: mark.note, found });
    }
    instructions
}

/// The tokens of a text, with each `{{name}}` as one word.
fn tokens(text: &str) -> Result<Vec<Token>, lexer::LexError> {
    let fields = super::template::fields(text);
    if fields.is_empty() {
        return lexer::tokens(text);
    }
    let mut plain = text.to_owned();
    for field in fields {
        // OK because the braces and the name between them are ASCII, so positions don't change.
        plain.replace_range(field.span.start..field.span.end, &"x".repeat(field.span.end - field.span.start));
    }
    lexer::tokens(&plain)
}

fn proposal(text: &str, tokens: &[Token], group: &Group, mark: &Mark, names: &mut naming::Names) -> Proposal {
    let choices = mark.choices(group);
    let kind = match group.shape {
        Shape::Rows | Shape::Items => Kind::List,
        Shape::Text if choices.len() > 1 => Kind::Choice,
        Shape::Text | Shape::Table => Kind::Text,
        Shape::Number => Kind::Number,
        Shape::Date => Kind::Date,
        Shape::DateTime => Kind::DateTime,
    };
    Proposal {
        span: group.span,
        name: names.give(&naming::propose(text, tokens, group)),
        kind,
        values: group.values.clone(),
        choices: if kind == Kind::Choice { choices } else { Vec::new() },
    }
}

/// `text` with `{{name}}` in place of each of these literals. Spans that overlap an earlier one are skipped.
pub fn convert(text: &str, chosen: &[(Span, &str)]) -> String {
    let mut chosen: Vec<_> = chosen.to_vec();
    chosen.sort_by_key(|(span, _)| span.start);
    let mut converted = String::with_capacity(text.len());
    let mut end = 0;
    for (span, name) in chosen {
        let Some(before) = text.get(end..span.start) else { continue };
        converted.push_str(before);
        converted.push_str("{{");
        converted.push_str(name.get(..LONGEST_NAME.min(name.len())).unwrap_or(name));
        converted.push_str("}}");
        end = span.end;
    }
    converted.push_str(text.get(end..).unwrap_or_default());
    converted
}

/// The title and description in the comments before the query, without box-drawing characters.
pub fn preamble(text: &str) -> Vec<String> {
    let first = tokens(text).ok().and_then(|tokens| tokens.first().map(|token| token.span.start));
    let before = lexer::comments(text).into_iter().filter(|comment| first.is_some_and(|first| comment.end <= first));
    before.flat_map(|comment| lines(comment.of(text))).collect()
}

/// The lines of a comment without markers and decoration.
fn lines(comment: &str) -> Vec<String> {
    let plain = |line: &str| {
        let line = line.trim().trim_start_matches("/*").trim_end_matches("*/");
        let line = line.trim_matches(|letter: char| letter.is_whitespace() || "-*=".contains(letter));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    comment.lines().map(plain).filter(|line| !line.is_empty()).collect()
}

/// The request of a comment.
struct Mark {
    required: bool,
    note: String,
    /// Whether it asks to uncomment lines.
    uncomments: bool,
    /// The quoted texts in it, and its numbers.
    quoted: Vec<String>,
}

impl Mark {
    /// Parses a comment. One before the query is only a mark if it begins with one: others there are instructions for
    /// the whole text that repeat the marks.
    fn of(comment: &str, before_query: bool) -> Option<Self> {
        let note = lines(comment).join(" ");
        let upper = note.to_ascii_uppercase();
        let (at, required, length) = ["REQUIRED", "OPTIONAL"].into_iter().find_map(|word| {
            let marker = format!("{word} UPDATE");
            upper.find(&marker).map(|at| (at, word == "REQUIRED", marker.len()))
        })?;
        let leads = note.get(..at).is_some_and(|before| !before.contains(char::is_alphanumeric));
        if before_query && !leads {
            return None;
        }
        let rest = note.get(at + length..).unwrap_or_default();
        let said = rest.trim_start();
        // `[1 of 3]`, which numbers the marks of the text.
        let said = said.strip_prefix('[').and_then(|it| it.split_once(']')).map_or(said, |(_, rest)| rest);
        let said = said.trim_start_matches([':', ' ', '.', '-']).to_owned();
        // A block comment that contains a line comment is code that was commented out.
        let is_code = comment.strip_prefix("/*").is_some_and(|body| body.trim_start().starts_with("--"));
        let uncomments = is_code || upper.contains("UNCOMMENT") || upper.contains("COMMENT OUT") || !leads;
        Some(Self { required, quoted: quoted(&said), note: said, uncomments })
    }

    /// The alternative values: the quoted texts of the comment, if there are several.
    fn choices(&self, group: &Group) -> Vec<String> {
        let Some(now) = group.values.first() else { return Vec::new() };
        let mut choices = vec![now.clone()];
        for text in &self.quoted {
            if !choices.contains(text) && text.chars().all(|letter| letter.is_alphanumeric() || "_- ".contains(letter))
            {
                choices.push(text.clone());
            }
        }
        if self.quoted.len() > 1 { choices } else { Vec::new() }
    }
}

/// The texts of a comment in single quotes or backticks, and its numbers.
fn quoted(note: &str) -> Vec<String> {
    let mut found = Vec::new();
    for quote in ['\'', '`'] {
        let pieces: Vec<&str> = note.split(quote).collect();
        if pieces.len() > 2 {
            found.extend(pieces.iter().skip(1).step_by(2).map(|piece| (*piece).to_owned()));
        }
    }
    found
}

/// A comment among the tokens of its text.
struct Place<'a> {
    text: &'a str,
    tokens: &'a [Token],
    groups: &'a [Group],
    comment: Span,
}

impl<'a> Place<'a> {
    /// The literal marked by the comment, or why there is none.
    fn literal(&self, mark: &Mark) -> Result<&'a Group, Found> {
        if let Some(group) = self.named(mark) {
            return Ok(group);
        }
        if mark.uncomments {
            return Err(Found::Uncomment);
        }
        match self.before().or_else(|| self.after(mark)) {
            Some(group) if group.shape == Shape::Table => Err(Found::Table),
            Some(group) => Ok(group),
            None => Err(Found::Nothing),
        }
    }

    /// A literal near the comment whose value the comment quotes.
    fn named(&self, mark: &Mark) -> Option<&'a Group> {
        let distance = |group: &&Group| {
            if group.span.start >= self.comment.end {
                group.span.start - self.comment.end
            } else {
                self.comment.start.saturating_sub(group.span.end)
            }
        };
        let quoted = self.groups.iter().filter(|group| {
            group.values.len() == 1 && group.shape == Shape::Text && mark.quoted.contains(&group.values[0])
        });
        let line = |group: &&Group| self.lines_between(group.span) <= 2;
        quoted.filter(line).min_by_key(distance)
    }

    fn lines_between(&self, span: Span) -> usize {
        let (from, to) = if span.start >= self.comment.end {
            (self.comment.end, span.start)
        } else {
            (span.end, self.comment.start)
        };
        self.text.get(from..to).map_or(usize::MAX, |between| between.matches('\n').count())
    }

    /// The last literal before the comment on its line.
    fn before(&self) -> Option<&'a Group> {
        let line = self.text.get(..self.comment.start)?.rfind('\n').map_or(0, |at| at + 1);
        let on_line = |group: &&Group| group.span.end <= self.comment.start && group.span.end > line;
        self.groups.iter().rev().find(on_line)
    }

    /// The first literal after the comment, within its parentheses and before the next mark.
    fn after(&self, mark: &Mark) -> Option<&'a Group> {
        let at = self.tokens.partition_point(|token| token.span.start < self.comment.end);
        let mut depth = 0_i32;
        for (distance, token) in self.tokens.get(at..)?.iter().take(NEAR).enumerate() {
            match token.span.of(self.text) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                _ => {}
            }
            if depth < 0 {
                return None;
            }
            let begins = |group: &&Group| group.span.start <= token.span.start && token.span.start < group.span.end;
            if let Some(group) = self.groups.iter().find(begins) {
                let is_single = group.values.len() == 1 && !matches!(group.shape, Shape::Items | Shape::Rows);
                // A comment that quotes other values refers to something else.
                let is_other = !mark.quoted.is_empty() && !mark.quoted.contains(&group.values[0]);
                return (!is_single || (distance < NEAR_SINGLE && !is_other)).then_some(group);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
