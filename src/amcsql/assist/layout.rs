//! Formats SQL: clauses on their own lines, columns below each other, parenthesized queries indented.
//!
//! Only whitespace between tokens changes: no word, no case, no comment. The result is tokenized again, and if any
//! token differs the text is left unchanged, so formatting never changes the meaning.

use super::tokens::{Kind, Token, tokens};

/// Columns of a `SELECT` stay on its line if they aren't longer than this together.
const SHORT: usize = 60;
/// Lines are broken at the next comma or AND after this column.
const WIDE: usize = 110;

/// Words that keep a space before a parenthesis.
const APART: [&str; 26] = [
    "IN",
    "AND",
    "OR",
    "NOT",
    "AS",
    "FROM",
    "JOIN",
    "ON",
    "OVER",
    "VALUES",
    "WHERE",
    "THEN",
    "ELSE",
    "WHEN",
    "CASE",
    "BY",
    "USING",
    "SELECT",
    "HAVING",
    "BETWEEN",
    "LIKE",
    "EXISTS",
    "UNION",
    "ALL",
    "EXCEPT",
    "INTERSECT",
];
const JOINS: [&str; 8] = ["LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL", "OUTER", "JOIN"];
const SETS: [&str; 4] = ["UNION", "EXCEPT", "INTERSECT", "MINUS"];

/// The formatted text. A text with anything unclosed is returned unchanged.
pub fn format(text: &str) -> String {
    let before = tokens(text);
    let mut writer = Writer::new(text, &before);
    writer.run();
    let mut laid_out = writer.out.trim_end().to_owned();
    if text.ends_with('\n') {
        laid_out.push('\n');
    }
    let after = tokens(&laid_out);
    let same = |(a, b): (&Token, &Token)| a.kind == b.kind && a.text(text).trim_end() == b.text(&laid_out).trim_end();
    if before.len() == after.len() && before.iter().zip(&after).all(same) { laid_out } else { text.to_owned() }
}

#[derive(Clone, Copy, PartialEq)]
enum Clause {
    With,
    Items,
    From,
    Condition,
    Other,
}

/// An open construct around a token.
#[derive(Clone, Copy)]
enum Frame {
    Query { indent: usize, clause: Clause, is_inline: bool, in_between: bool },
    Paren { indent: usize },
    Case { indent: usize, is_inline: bool },
}

struct Writer<'a> {
    text: &'a str,
    tokens: &'a [Token],
    out: String,
    frames: Vec<Frame>,
    /// The start and indentation of the current line in `out`.
    line: usize,
    indent: usize,
    /// If set, the next token begins a line with this indentation.
    next: Option<usize>,
}

impl<'a> Writer<'a> {
    fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        let frames = vec![Frame::Query { indent: 0, clause: Clause::Other, is_inline: false, in_between: false }];
        Self {
            text,
            tokens,
            out: String::with_capacity(text.len() + text.len() / 8),
            frames,
            line: 0,
            indent: 0,
            next: None,
        }
    }

    fn run(&mut self) {
        for at in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(at).copied() else { return };
            if token.is_comment() {
                self.comment(at, token);
            } else if token.kind == Kind::Word {
                self.word(at, token);
            } else if token.is_sign(self.text, "(") {
                self.open(at, token);
            } else if token.is_sign(self.text, ")") {
                self.close(at, token);
            } else {
                self.put(at, token);
                if token.is_sign(self.text, ",") {
                    self.comma();
                }
            }
        }
    }

    fn upper(&self, at: usize) -> String {
        let token = self.tokens.get(at).filter(|token| token.kind == Kind::Word);
        token.map_or_else(String::new, |token| token.text(self.text).to_ascii_uppercase())
    }

    /// The next token that isn't a comment.
    fn following(&self, at: usize) -> Option<usize> {
        (at + 1..self.tokens.len()).find(|at| self.tokens.get(*at).is_some_and(|token| !token.is_comment()))
    }

    fn preceding(&self, at: usize) -> Option<usize> {
        (0..at).rev().find(|at| self.tokens.get(*at).is_some_and(|token| !token.is_comment()))
    }

    /// The original whitespace before a token.
    fn gap(&self, at: usize) -> &'a str {
        let start = at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end);
        self.tokens.get(at).and_then(|token| self.text.get(start..token.span.start)).unwrap_or_default()
    }

    fn begin_line(&mut self, indent: usize, at: usize) {
        if self.out.is_empty() {
            return;
        }
        self.out.truncate(self.out.trim_end_matches(' ').len());
        // An empty line is kept.
        self.out.push_str(if self.gap(at).matches('\n').count() > 1 { "\n\n" } else { "\n" });
        self.line = self.out.len();
        self.indent = indent;
        self.out.extend(std::iter::repeat_n("  ", indent));
    }

    fn width(&self) -> usize {
        self.out.len() - self.line
    }

    /// Writes a token at its new position.
    fn put(&mut self, at: usize, token: Token) {
        if let Some(indent) = self.next.take() {
            self.begin_line(indent, at);
        } else if self.is_apart(at, token) {
            self.out.push(' ');
        }
        self.out.push_str(token.text(self.text));
    }

    /// Whether there is a space before a token on its line.
    fn is_apart(&self, at: usize, token: Token) -> bool {
        let Some(last) = at.checked_sub(1).and_then(|at| self.tokens.get(at)) else { return false };
        let was_apart = !self.gap(at).is_empty();
        let sign = |token: &Token, signs: &[&str]| signs.iter().any(|sign| token.is_sign(self.text, sign));
        if sign(last, &["("]) || sign(&token, &[")", ","]) {
            return false;
        }
        if sign(&token, &[";"]) {
            return false;
        }
        if last.is_comment() || sign(last, &[","]) {
            return true;
        }
        if sign(&token, &["("]) {
            let is_apart = APART.iter().any(|word| last.is_word(self.text, word));
            return if last.is_name() {
                is_apart || (was_apart && last.kind == Kind::Quoted)
            } else {
                was_apart || last.is_operator(self.text)
            };
        }
        if sign(&token, &[".", "[", "]", "::", ":"]) || sign(last, &[".", "[", "::", ":"]) {
            return was_apart;
        }
        if last.is_operator(self.text) {
            // A sign stays with its number.
            return was_apart || !self.is_unary(at);
        }
        token.is_operator(self.text) || was_apart
    }

    /// Whether the sign before the token at `at` is unary, as in `(-1`.
    fn is_unary(&self, at: usize) -> bool {
        let Some(sign) = self.preceding(at).filter(|sign| {
            self.tokens.get(*sign).is_some_and(|it| it.is_sign(self.text, "-") || it.is_sign(self.text, "+"))
        }) else {
            return false;
        };
        let Some(before) = self.preceding(sign).and_then(|at| self.tokens.get(at)) else { return true };
        let is_value = matches!(before.kind, Kind::Number | Kind::String | Kind::Quoted | Kind::Field)
            || before.is_sign(self.text, ")")
            || before.is_sign(self.text, "]");
        let is_word = before.kind == Kind::Word
            && !APART.iter().chain(&["RETURN", "LIMIT"]).any(|word| before.is_word(self.text, word));
        !is_value && !is_word
    }

    fn comment(&mut self, at: usize, token: Token) {
        let is_own_line = at == 0 || self.gap(at).contains('\n');
        let indent = self.next.unwrap_or_else(|| self.content_indent());
        if is_own_line {
            self.begin_line(indent, at);
        } else if !self.out.is_empty() {
            self.out.push(' ');
        }
        self.out.push_str(token.text(self.text).trim_end());
        let breaks = token.kind == Kind::Line || self.gap(at + 1).contains('\n');
        if breaks {
            self.next = Some(indent);
        } else if is_own_line {
            self.next = None;
        }
    }

    /// The indentation of a continuation line.
    fn content_indent(&self) -> usize {
        match self.frames.last() {
            Some(Frame::Query { indent, clause: Clause::With | Clause::Other, .. }) => *indent,
            Some(Frame::Query { indent, .. } | Frame::Paren { indent } | Frame::Case { indent, .. }) => indent + 1,
            None => 0,
        }
    }

    fn open(&mut self, at: usize, token: Token) {
        self.put(at, token);
        let next = self.following(at).map(|at| self.upper(at)).unwrap_or_default();
        if next == "SELECT" || next == "WITH" {
            let indent = self.indent + 1;
            self.frames.push(Frame::Query { indent, clause: Clause::Other, is_inline: false, in_between: false });
            self.next = Some(indent);
        } else {
            self.frames.push(Frame::Paren { indent: self.indent });
        }
    }

    fn close(&mut self, at: usize, token: Token) {
        let mut closed = None;
        while self.frames.len() > 1 {
            closed = self.frames.pop();
            if !matches!(closed, Some(Frame::Case { .. })) {
                break;
            }
        }
        if let Some(Frame::Query { indent, .. }) = closed {
            self.next = Some(indent.saturating_sub(1));
        }
        self.put(at, token);
    }

    fn comma(&mut self) {
        let is_wide = self.width() > WIDE;
        match self.frames.last() {
            Some(Frame::Query { indent, clause: Clause::With, .. }) => self.next = Some(*indent),
            Some(
                Frame::Query { indent, clause: Clause::Items, is_inline: false, .. }
                | Frame::Query { indent, clause: Clause::From, .. },
            ) => {
                self.next = Some(indent + 1);
            }
            _ if is_wide => self.next = Some(self.content_indent()),
            _ => {}
        }
    }

    fn word(&mut self, at: usize, token: Token) {
        let upper = self.upper(at);
        match self.frames.last().copied() {
            Some(Frame::Query { .. }) if self.clause_word(at, token, &upper) => return,
            Some(Frame::Case { indent, is_inline: false }) if matches!(upper.as_str(), "WHEN" | "ELSE") => {
                self.next = Some(indent + 1);
            }
            Some(Frame::Case { indent, is_inline }) if upper == "END" => {
                self.frames.pop();
                if !is_inline {
                    self.next = Some(indent);
                }
            }
            Some(Frame::Paren { .. }) if matches!(upper.as_str(), "AND" | "OR") && self.width() > WIDE => {
                self.next = Some(self.content_indent());
            }
            _ => {}
        }
        self.put(at, token);
        if upper == "CASE" {
            let is_inline = self.is_short(at, "END");
            self.frames.push(Frame::Case { indent: self.indent, is_inline });
        }
    }

    /// Writes a word that begins a clause; false for any other word.
    fn clause_word(&mut self, at: usize, token: Token, upper: &str) -> bool {
        let Some(Frame::Query { indent, clause, in_between, .. }) = self.frames.last().copied() else { return false };
        let next = self.following(at).and_then(|at| self.tokens.get(at)).copied();
        let is_call = next.is_some_and(|next| next.is_sign(self.text, "("));
        let is_first_join = || !self.preceding(at).is_some_and(|at| JOINS.contains(&self.upper(at).as_str()));
        let (clause, line) = match upper {
            "WITH" => (Clause::With, true),
            "SELECT" => (Clause::Items, true),
            "FROM" => (Clause::From, true),
            "WHERE" | "HAVING" | "QUALIFY" => (Clause::Condition, true),
            "GROUP" | "ORDER" | "LIMIT" | "WINDOW" => (Clause::Other, true),
            "ON" => (Clause::Condition, false),
            "UNION" | "EXCEPT" | "INTERSECT" | "MINUS" if clause != Clause::Items => (Clause::Other, true),
            word if JOINS.contains(&word) && clause != Clause::Items && !(is_call && word != "JOIN") => {
                (Clause::From, is_first_join())
            }
            "BETWEEN" => {
                self.set(clause, None, true);
                return false;
            }
            "AND" if in_between => {
                self.set(clause, None, false);
                return false;
            }
            "AND" | "OR" if clause == Clause::Condition => {
                self.next = Some(indent + 1);
                return false;
            }
            _ => return false,
        };
        if line {
            self.next = Some(indent);
        }
        let is_inline = upper == "SELECT" && self.is_short(at, "FROM");
        self.set(clause, Some(is_inline), false);
        self.put(at, token);
        let has_more = self.following(at).is_some();
        if upper == "SELECT"
            && !is_inline
            && has_more
            && !matches!(self.following(at).map(|at| self.upper(at)).as_deref(), Some("DISTINCT" | "ALL"))
        {
            self.next = Some(indent + 1);
        }
        true
    }

    fn set(&mut self, new: Clause, inline: Option<bool>, between: bool) {
        if let Some(Frame::Query { clause, is_inline, in_between, .. }) = self.frames.last_mut() {
            (*clause, *is_inline, *in_between) = (new, inline.unwrap_or(*is_inline), between);
        }
    }

    /// Whether what follows, up to a word on the same level or the closing parenthesis, is short and simple.
    fn is_short(&self, at: usize, end: &str) -> bool {
        let (mut depth, mut cases, mut length, mut commas) = (0_usize, 0_usize, 0, 0);
        for at in at + 1..self.tokens.len() {
            let Some(token) = self.tokens.get(at) else { break };
            let upper = self.upper(at);
            if depth == 0 && cases == 0 && (upper == end || (end == "FROM" && SETS.contains(&upper.as_str()))) {
                break;
            }
            if token.is_comment() || (upper == "SELECT" && depth > 0) {
                return false;
            }
            if token.is_sign(self.text, "(") {
                depth += 1;
            } else if token.is_sign(self.text, ")") {
                if depth == 0 {
                    break;
                }
                depth -= 1;
            } else if token.is_sign(self.text, ",") && depth == 0 {
                commas += 1;
            } else if upper == "CASE" {
                cases += 1;
            } else if upper == "END" {
                cases = cases.saturating_sub(1);
            }
            length += token.span.end - token.span.start + 1;
            if length > 2 * WIDE {
                return false;
            }
        }
        length <= SHORT || (end == "FROM" && commas == 0 && length <= WIDE && cases == 0)
    }
}

#[cfg(test)]
mod tests;
