//! The lexer: splits a text into tokens, dropping comments and whitespace.
//!
//! Comments are recognized before strings, since comments contain apostrophes. Every byte belongs to at most one
//! token, so lexing is linear in the size of the text.

mod authored;

use super::text::Span;

pub(super) use authored::{Slip, SlipKind, authored};

/// A word, sign or literal of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword or an unquoted name.
    Word,
    /// A double-quoted name, without quotes.
    Quoted(String),
    /// The value of a single-quoted literal.
    String(String),
    /// Digits, at most one point, at most one exponent.
    Number,
    /// A sign such as `<=`; at most two characters.
    Sign(&'static str),
    /// `{{name}}` in an author's text; the name may be invalid.
    Field(String),
    /// The end of the text.
    End,
}

/// An invalid or unclosed token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LexError {
    /// A character that isn't valid in SQL.
    Character(char, Span),
    /// An unclosed `'`.
    OpenString(Span),
    /// An unclosed `"`.
    OpenName(Span),
    /// An unclosed `/*`.
    OpenComment(Span),
}

/// Two-character signs first, so that the longest matches.
const SIGNS: [&str; 24] = [
    "||", "::", "<>", "!=", "<=", ">=", "=>", "(", ")", ",", ".", ";", "+", "-", "*", "/", "%", "=", "<", ">", "[",
    "]", ":", "?",
];

/// The tokens of `text`, the last being [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, LexError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 5);
    loop {
        let token = lexer.next()?;
        let done = token.kind == TokenKind::End;
        tokens.push(token);
        if done {
            return Ok(tokens);
        }
    }
}

/// The ranges of `text` that are in comments, strings or quoted names; never fails: unclosed ones extend to the end.
pub(super) fn opaque_ranges(text: &str) -> Vec<Span> {
    let mut lexer = Lexer { text, at: 0 };
    let mut ranges = Vec::new();
    while let Some(next) = lexer.rest().chars().next() {
        let start = lexer.at;
        let closed = match next {
            '\'' | '"' => lexer.quoted(next).is_some(),
            '-' if lexer.rest().starts_with("--") => {
                lexer.line();
                true
            }
            '/' if lexer.rest().starts_with("/*") => lexer.block(),
            _ => {
                lexer.at += next.len_utf8();
                continue;
            }
        };
        if !closed {
            lexer.at = text.len();
        }
        ranges.push(Span::new(start, lexer.at));
    }
    ranges
}

/// The comments of `text`, in order; an unclosed one extends to the end.
pub(super) fn comments(text: &str) -> Vec<Span> {
    opaque_ranges(text).into_iter().filter(|range| range.of(text).starts_with(['-', '/'])).collect()
}

/// The first token of an author's text with this name: a word, a name, an operator, or a text that is the whole name,
/// as for data sources and parameters in function arguments. Case-insensitive.
pub fn first_mention(text: &str, name: &str) -> Option<Span> {
    let name = name.trim_matches(['\'', '"', '`']);
    let bare = name.rsplit('.').next().unwrap_or(name);
    let read = authored(text).ok()?;
    let names = |token: &&Token| match &token.kind {
        TokenKind::Word | TokenKind::Sign(_) => {
            let written = token.span.of(text);
            written.eq_ignore_ascii_case(name) || written.eq_ignore_ascii_case(bare)
        }
        TokenKind::Quoted(value) | TokenKind::String(value) => value.eq_ignore_ascii_case(name),
        _ => false,
    };
    read.tokens.iter().find(names).map(|token| token.span)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Result<Token, LexError> {
        self.skip()?;
        let start = self.at;
        let Some(next) = self.rest().chars().next() else {
            return Ok(Token { kind: TokenKind::End, span: Span::new(start, start) });
        };
        let kind = match next {
            '\'' => match self.quoted('\'') {
                Some(value) => TokenKind::String(value),
                None => return Err(LexError::OpenString(Span::new(start, self.text.len()))),
            },
            '"' => match self.quoted('"') {
                Some(value) => TokenKind::Quoted(value),
                None => return Err(LexError::OpenName(Span::new(start, self.text.len()))),
            },
            '0'..='9' => self.number(),
            '.' if self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.number(),
            _ if next.is_alphabetic() || next == '_' => self.word(),
            _ => self.sign(next)?,
        };
        Ok(Token { kind, span: Span::new(start, self.at) })
    }

    /// Skips whitespace and comments.
    fn skip(&mut self) -> Result<(), LexError> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{c}', '\u{feff}', '\u{a0}']);
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("--") {
                self.line();
            } else if trimmed.starts_with("/*") {
                let start = self.at;
                if !self.block() {
                    return Err(LexError::OpenComment(Span::new(start, self.text.len())));
                }
            } else {
                return Ok(());
            }
        }
    }

    fn line(&mut self) {
        self.at += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
    }

    fn block(&mut self) -> bool {
        let body = self.rest().get(2..).unwrap_or_default();
        match body.find("*/") {
            Some(end) => self.at += end + 4,
            None => return false,
        }
        true
    }

    /// The value of a quoted text, in which doubled quotes are escaped ones.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let rest = self.rest();
        let mut value = String::new();
        let mut from = 1;
        loop {
            let piece = rest.get(from..)?;
            let end = piece.find(quote)?;
            value.push_str(piece.get(..end)?);
            from += end + 1;
            if !rest.get(from..)?.starts_with(quote) {
                self.at += from;
                return Some(value);
            }
            value.push(quote);
            from += 1;
        }
    }

    fn number(&mut self) -> TokenKind {
        self.digits();
        if self.rest().starts_with('.') {
            self.at += 1;
            self.digits();
        }
        let rest = self.rest().as_bytes();
        if rest.first().is_some_and(|it| it.eq_ignore_ascii_case(&b'e')) {
            let signed = usize::from(matches!(rest.get(1), Some(b'+' | b'-')));
            if rest.get(1 + signed).is_some_and(u8::is_ascii_digit) {
                self.at += 1 + signed;
                self.digits();
            }
        }
        TokenKind::Number
    }

    fn digits(&mut self) {
        self.at += self.rest().bytes().take_while(u8::is_ascii_digit).count();
    }

    fn word(&mut self) -> TokenKind {
        let rest = self.rest();
        self.at += rest.find(|it: char| !(it.is_alphanumeric() || it == '_' || it == '$')).unwrap_or(rest.len());
        TokenKind::Word
    }

    fn sign(&mut self, next: char) -> Result<TokenKind, LexError> {
        let rest = self.rest();
        match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => {
                self.at += sign.len();
                Ok(TokenKind::Sign(sign))
            }
            None => Err(LexError::Character(next, Span::new(self.at, self.at + next.len_utf8()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).unwrap().iter().map(|token| token.span.of(text)).collect()
    }

    #[test]
    fn comments_fall_out_before_strings_are_read() {
        let text = "SELECT 1 -- don't\n, /* it's ( */ 2";
        assert_eq!(texts(text), ["SELECT", "1", ",", "2", ""]);
    }

    #[test]
    fn a_comment_mark_in_a_string_is_text() {
        assert_eq!(tokens("'a -- b''c /*'").unwrap()[0].kind, TokenKind::String("a -- b'c /*".to_owned()));
    }

    #[test]
    fn numbers_take_points_and_exponents() {
        assert_eq!(texts("1e5 1.5 .5 10. 2E-3 7e"), ["1e5", "1.5", ".5", "10.", "2E-3", "7", "e", ""]);
    }

    #[test]
    fn what_is_left_open_is_named() {
        assert_eq!(tokens("a 'b"), Err(LexError::OpenString(Span::new(2, 4))));
        assert_eq!(tokens("/* b"), Err(LexError::OpenComment(Span::new(0, 4))));
        assert_eq!(tokens("a #"), Err(LexError::Character('#', Span::new(2, 3))));
    }

    #[test]
    fn opaque_ranges_are_comments_strings_and_quoted_names() {
        let text = "a 'b' -- c\n\"d\" e /* open";
        let found: Vec<&str> = opaque_ranges(text).into_iter().map(|it| it.of(text)).collect();
        assert_eq!(found, ["'b'", "-- c", "\"d\"", "/* open"]);
    }

    proptest! {
        #[test]
        fn any_text_gives_ordered_tokens_or_an_error(text in "\\PC*") {
            if let Ok(tokens) = tokens(&text) {
                let mut end = 0;
                for token in &tokens {
                    prop_assert!(token.span.start >= end && token.span.end <= text.len());
                    end = token.span.end;
                }
            }
            opaque_ranges(&text);
        }
    }
}
