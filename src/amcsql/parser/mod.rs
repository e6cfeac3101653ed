//! Parses a text as one AMC query.
//!
//! Recursive descent with one token of look-ahead (two where Calcite needs two). The words that would have been valid
//! at an error are collected while parsing, so that messages list them as AMC does. Depth and size are limited: no
//! text makes it slow or overflows the stack.

mod call;
mod chain;
mod clauses;
mod error;
mod expr;
mod from;
mod query;
mod slips;

use super::ast::Query;
use super::finding::Finding;
use super::lexer::{self, Slip, SlipKind, Token, TokenKind};
use super::text::{LineIndex, Span};
use error::SyntaxError;

/// Maximum length of a text in bytes. The longest published query has 40 KB.
pub const MAX_TEXT: usize = 1 << 20;

/// Maximum nesting of parentheses, subqueries and calls.
const MAX_DEPTH: usize = 64;

/// Maximum height of an expression tree, in which `a + b + c` counts one per operator.
const MAX_HEIGHT: usize = 160;

/// A parsed text.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub query: Query,
    /// The trailing semicolons, from the first to the last.
    pub semicolon: Option<Span>,
    /// Findings about the syntax.
    pub findings: Vec<Finding>,
}

/// Parses `text` as AMC does; the finding describes the error, in our words and in AMC's. Boxed, since it is large
/// and rare.
pub fn parse(text: &str) -> Result<Parsed, Box<Finding>> {
    if text.len() > MAX_TEXT {
        return Err(Box::new(error::too_long(text.len())));
    }
    let index = LineIndex::new(text);
    let tokens = lexer::tokens(text).map_err(|it| Box::new(error::lexical(&it, text, &index)))?;
    let mut parser = Parser::new(text, tokens);
    let read = parser.statement().map_err(|it| Box::new(it.finding(text, &parser.tokens, &index)))?;
    Ok(Parsed { findings: slips::findings(text, &parser.slips, &index), ..read })
}

/// Parses an author's text, in which `{{name}}` is a value. Typos are all reported, and parsing continues after them.
/// Without a query the findings explain why, the decisive one last.
pub fn parse_authored(text: &str) -> Result<Parsed, Vec<Finding>> {
    if text.len() > MAX_TEXT {
        return Err(vec![error::too_long(text.len())]);
    }
    let index = LineIndex::new(text);
    let read = lexer::authored(text).map_err(|it| vec![error::lexical(&it, text, &index)])?;
    let mut parser = Parser::new(text, read.tokens);
    parser.slips = read.slips;
    let outcome = parser.statement();
    let mut findings = slips::findings(text, &parser.slips, &index);
    match outcome {
        Ok(read) => Ok(Parsed { findings, ..read }),
        Err(error) => {
            findings.push(error.finding(text, &parser.tokens, &index));
            Err(findings)
        }
    }
}

type Result<T, E = SyntaxError> = std::result::Result<T, E>;

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// The current nesting depth.
    depth: usize,
    /// The maximum height of an expression in the current query.
    highest: usize,
    /// The height of the last parsed query.
    query_height: usize,
    /// What was expected at the current token and not found.
    expected: Vec<&'static str>,
    /// Typos from which the parser recovered.
    slips: Vec<Slip>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, tokens: Vec<Token>) -> Self {
        let (expected, slips) = <_>::default();
        Self { text, tokens, at: 0, depth: 0, highest: 0, query_height: 0, expected, slips }
    }

    fn slip(&mut self, kind: SlipKind, span: Span) {
        self.slips.push(Slip { kind, span });
    }

    /// Skips fields where no value is allowed, such as a whole condition after another.
    fn pass_fields(&mut self, place: &'static str) {
        while let TokenKind::Field(name) = &self.peek().kind {
            let name = name.clone();
            let span = self.advance();
            self.slip(SlipKind::FieldAsSql { name, place }, span);
        }
    }

    fn statement(&mut self) -> Result<Parsed> {
        self.pass_fields("a part of the query");
        if self.peek().kind == TokenKind::End {
            return Err(SyntaxError::empty());
        }
        let query = self.query()?;
        let mut semicolon = self.eat(";");
        while let Some(next) = self.eat(";") {
            semicolon = semicolon.map(|first| first.to(next));
        }
        if self.peek().kind != TokenKind::End {
            return Err(match semicolon {
                Some(_) => SyntaxError::second_statement(self.peek().span),
                None => self.unexpected(),
            });
        }
        Ok(Parsed { query, semicolon, findings: Vec::new() })
    }

    /// Runs `read` one nesting level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(SyntaxError::too_deep(self.peek().span));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    /// The token `ahead` of the current one; the last token repeats forever.
    fn peek_at(&self, ahead: usize) -> &Token {
        static END: Token = Token { kind: TokenKind::End, span: Span { start: 0, end: 0 } };
        self.tokens.get(self.at + ahead).or(self.tokens.last()).unwrap_or(&END)
    }

    fn advance(&mut self) -> Span {
        let span = self.peek().span;
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        self.expected.clear();
        span
    }

    /// The end of the previous token.
    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end)
    }

    /// From `start` to the last consumed token.
    fn since(&self, start: Span) -> Span {
        Span::new(start.start, self.end().max(start.start))
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek().kind, TokenKind::Sign(it) if it == sign)
    }

    fn is_sign_at(&self, ahead: usize, sign: &str) -> bool {
        matches!(self.peek_at(ahead).kind, TokenKind::Sign(it) if it == sign)
    }

    fn word_at(&self, ahead: usize) -> &'a str {
        let token = self.peek_at(ahead);
        if token.kind == TokenKind::Word { token.span.of(self.text) } else { "" }
    }

    fn is_word(&self, word: &str) -> bool {
        self.word_at(0).eq_ignore_ascii_case(word)
    }

    fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        self.word_at(ahead).eq_ignore_ascii_case(word)
    }

    /// Consumes `sign` if it is next.
    fn eat(&mut self, sign: &'static str) -> Option<Span> {
        if self.is_sign(sign) {
            return Some(self.advance());
        }
        self.expected.push(sign);
        None
    }

    /// Consumes the keyword `word` if it is next.
    fn eat_word(&mut self, word: &'static str) -> Option<Span> {
        if self.is_word(word) {
            return Some(self.advance());
        }
        self.expected.push(word);
        None
    }

    fn expect(&mut self, sign: &'static str) -> Result<Span> {
        self.eat(sign).ok_or_else(|| self.unexpected())
    }

    fn expect_word(&mut self, word: &'static str) -> Result<Span> {
        self.eat_word(word).ok_or_else(|| self.unexpected())
    }

    /// A nonempty, comma-separated list.
    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![read(self)?];
        while self.eat(",").is_some() {
            items.push(read(self)?);
        }
        Ok(items)
    }

    fn unexpected(&self) -> SyntaxError {
        SyntaxError::unexpected(self.at, self.peek().span, &self.expected)
    }
}

#[cfg(test)]
mod tests;
