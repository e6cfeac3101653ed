//! Finds the literals of a text, with lists and rows as one.

use crate::amcsql::moments::{read_date, read_timestamp_literal};

use crate::amcsql::lexer::{Token, TokenKind};
use crate::amcsql::text::Span;

/// A literal, or several that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) span: Span,
    pub(super) shape: Shape,
    /// The values without quotes, in text order.
    pub(super) values: Vec<String>,
    /// Its first token.
    pub(super) first: usize,
}

/// The kind of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Number,
    Date,
    DateTime,
    /// Items between the parentheses of `IN` or the brackets of `ARRAY`.
    Items,
    /// Rows of one column after `VALUES`.
    Rows,
    /// Rows of several columns after `VALUES`.
    Table,
}

/// Functions whose literals aren't values of the query: names of tables and of parameters.
const NAMED: [&str; 3] = ["EXTEND_TIME_WINDOW", "CUSTOM_PARAMETER", "BUILT_IN_PARAMETER"];

/// All groups in text order.
pub(super) fn groups(text: &str, tokens: &[Token]) -> Vec<Group> {
    let reader = Reader { text, tokens };
    let mut groups = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match reader.group(at) {
            Some((group, next)) => {
                groups.push(group);
                at = next;
            }
            None => at += 1,
        }
    }
    groups
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl Reader<'_> {
    /// The group that begins at the token, and the token after it.
    fn group(&self, at: usize) -> Option<(Group, usize)> {
        if self.is_word(at, "VALUES") {
            return self.rows(at + 1);
        }
        if self.is_word(at, "IN") && self.is_sign(at + 1, "(") {
            return self.items(at + 2, ")");
        }
        if self.is_word(at, "ARRAY") && self.is_sign(at + 1, "[") {
            return self.items(at + 2, "]");
        }
        self.cast(at).or_else(|| self.typed(at)).or_else(|| self.single(at))
    }

    fn rows(&self, start: usize) -> Option<(Group, usize)> {
        let mut at = start;
        let (mut values, mut widest) = (Vec::new(), 0);
        loop {
            if !self.is_sign(at, "(") {
                return None;
            }
            let (row, next) = self.list(at + 1, ")")?;
            widest = widest.max(row.len());
            values.extend(row);
            at = next;
            if !self.is_sign(at, ",") {
                break;
            }
            at += 1;
        }
        let shape = if widest == 1 { Shape::Rows } else { Shape::Table };
        Some((self.of(start, at, shape, values)?, at))
    }

    fn items(&self, start: usize, close: &str) -> Option<(Group, usize)> {
        let (values, next) = self.list(start, close)?;
        Some((self.of(start, next - 1, Shape::Items, values)?, next))
    }

    /// Comma-separated literals up to `close`, and the token after that.
    fn list(&self, start: usize, close: &str) -> Option<(Vec<String>, usize)> {
        let mut at = start;
        let mut values = Vec::new();
        loop {
            let (value, next) = self.literal(at)?;
            values.push(value);
            if self.is_sign(next, close) {
                return Some((values, next + 1));
            }
            if !self.is_sign(next, ",") {
                return None;
            }
            at = next + 1;
        }
    }

    /// A text or a number, and the token after it.
    fn literal(&self, at: usize) -> Option<(String, usize)> {
        match &self.tokens.get(at)?.kind {
            TokenKind::String(value) => Some((value.clone(), at + 1)),
            TokenKind::Number => Some((self.word(at).to_owned(), at + 1)),
            TokenKind::Sign("-") if self.tokens.get(at + 1)?.kind == TokenKind::Number => {
                Some((format!("-{}", self.word(at + 1)), at + 2))
            }
            _ => None,
        }
    }

    /// `CAST('2026-01-31' AS DATE)`.
    fn cast(&self, at: usize) -> Option<(Group, usize)> {
        let is_cast = self.is_word(at, "CAST") && self.is_sign(at + 1, "(") && self.is_word(at + 3, "AS");
        if !is_cast || !self.is_sign(at + 5, ")") {
            return None;
        }
        let shape = self.moment(at + 2, at + 4)?;
        let TokenKind::String(value) = &self.tokens.get(at + 2)?.kind else { return None };
        Some((self.of(at, at + 6, shape, vec![value.trim().to_owned()])?, at + 6))
    }

    /// `DATE '2026-01-31'`.
    fn typed(&self, at: usize) -> Option<(Group, usize)> {
        let shape = self.moment(at + 1, at)?;
        let TokenKind::String(value) = &self.tokens.get(at + 1)?.kind else { return None };
        Some((self.of(at, at + 2, shape, vec![value.trim().to_owned()])?, at + 2))
    }

    /// The type that the word at `name` gives the text at `value`, if it is a date or a time.
    fn moment(&self, value: usize, name: usize) -> Option<Shape> {
        let TokenKind::String(value) = &self.tokens.get(value)?.kind else { return None };
        let value = value.trim();
        if self.is_word(name, "DATE") {
            return read_date(value).map(|_| Shape::Date);
        }
        (self.is_word(name, "TIMESTAMP") && read_timestamp_literal(value).is_some()).then_some(Shape::DateTime)
    }

    /// A text or number that isn't in a list.
    fn single(&self, at: usize) -> Option<(Group, usize)> {
        let (value, next) = self.literal(at)?;
        let is_name = at >= 2 && self.is_sign(at - 1, "(") && NAMED.iter().any(|name| self.is_word(at - 2, name));
        let is_text = matches!(self.tokens.get(at)?.kind, TokenKind::String(_));
        if is_name || (!is_text && self.is_ordinal(at)) {
            return None;
        }
        let minus_is_operator = self.is_sign(at, "-") && at > 0 && !self.is_operator(at - 1);
        if minus_is_operator {
            return None;
        }
        let shape = if is_text { Shape::Text } else { Shape::Number };
        Some((self.of(at, next, shape, vec![value])?, next))
    }

    /// Whether a number is one of `GROUP BY 1, 2`.
    fn is_ordinal(&self, at: usize) -> bool {
        let mut before = at;
        while before > 0 && (self.is_sign(before - 1, ",") || self.tokens[before - 1].kind == TokenKind::Number) {
            before -= 1;
        }
        before > 0 && self.is_word(before - 1, "BY")
    }

    /// Whether a minus after this token is a sign of the following number.
    fn is_operator(&self, at: usize) -> bool {
        let signs = ["(", ",", "=", "<", ">", "<=", ">=", "<>", "!=", "["];
        let words = ["THEN", "ELSE", "SELECT", "AND", "OR", "BETWEEN", "WHEN"];
        signs.iter().any(|sign| self.is_sign(at, sign)) || words.iter().any(|word| self.is_word(at, word))
    }

    fn of(&self, first: usize, end: usize, shape: Shape, values: Vec<String>) -> Option<Group> {
        let span = self.tokens.get(first)?.span.to(self.tokens.get(end.checked_sub(1)?)?.span);
        Some(Group { span, shape, values, first })
    }

    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.span.of(self.text))
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word)
            && self.word(at).eq_ignore_ascii_case(word)
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        matches!(self.tokens.get(at).map(|token| &token.kind), Some(TokenKind::Sign(found)) if *found == sign)
    }
}
