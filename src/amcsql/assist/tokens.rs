//! A tokenizer that never fails: unclosed tokens extend to the end of the text.

use super::super::template;
use super::super::text::Span;

/// A token or comment; only whitespace is between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or an unquoted name.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A text in single quotes.
    String,
    Number,
    /// One or two characters such as `<=`; also an unknown character.
    Sign,
    /// `{{name}}`.
    Field,
    /// `-- …`, without the line end.
    Line,
    /// `/* … */`.
    Block,
}

/// Operators with two characters.
const PAIRS: [&str; 7] = ["||", "::", "<>", "!=", "<=", ">=", "=>"];

impl Token {
    pub(super) fn text<'a>(&self, text: &'a str) -> &'a str {
        self.span.of(text)
    }

    /// Whether it can be a name.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }

    /// The name without its quotes.
    pub(super) fn name(&self, text: &str) -> String {
        let written = self.text(text);
        match self.kind {
            Kind::Quoted => written.trim_matches('"').replace("\"\"", "\""),
            _ => written.to_owned(),
        }
    }

    pub(super) fn is_comment(&self) -> bool {
        matches!(self.kind, Kind::Line | Kind::Block)
    }

    /// Whether it is an operator between values, such as `<=`.
    pub(super) fn is_operator(&self, text: &str) -> bool {
        const OPERATORS: [&str; 14] = ["=", "<", ">", "<=", ">=", "<>", "!=", "+", "-", "*", "/", "%", "||", "=>"];
        self.kind == Kind::Sign && OPERATORS.contains(&self.text(text))
    }

    pub(super) fn is_sign(&self, text: &str, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text(text) == sign
    }

    pub(super) fn is_word(&self, text: &str, word: &str) -> bool {
        self.kind == Kind::Word && self.text(text).eq_ignore_ascii_case(word)
    }
}

/// The tokens and comments of a text, in order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut fields = template::fields(text).into_iter().map(|field| field.span).peekable();
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        while fields.peek().is_some_and(|field| field.start < at) {
            fields.next();
        }
        let (kind, length) = match fields.peek() {
            Some(field) if field.start == at => (Kind::Field, field.end - field.start),
            _ if is_blank(next) => {
                at += next.len_utf8();
                continue;
            }
            _ => piece(rest, next),
        };
        tokens.push(Token { kind, span: Span::new(at, at + length) });
        at += length;
    }
    tokens
}

pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{feff}' | '\u{200b}')
}

/// The first token of a text that doesn't begin with whitespace, and its length in bytes.
fn piece(rest: &str, first: char) -> (Kind, usize) {
    match first {
        '-' if rest.starts_with("--") => (Kind::Line, rest.find(['\n', '\r']).unwrap_or(rest.len())),
        '/' if rest.starts_with("/*") => {
            (Kind::Block, rest.find("*/").filter(|end| *end >= 2).map_or(rest.len(), |it| it + 2))
        }
        '\'' => (Kind::String, quoted(rest, '\'')),
        '"' => (Kind::Quoted, quoted(rest, '"')),
        '0'..='9' => (Kind::Number, number(rest)),
        '.' if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => (Kind::Number, number(rest)),
        _ if first.is_alphabetic() || first == '_' => {
            (Kind::Word, rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len()))
        }
        _ => {
            let pair = PAIRS.iter().find(|pair| rest.starts_with(**pair));
            (Kind::Sign, pair.map_or(first.len_utf8(), |pair| pair.len()))
        }
    }
}

/// The length of a quoted text, in which doubled quotes are escaped ones.
fn quoted(rest: &str, quote: char) -> usize {
    let mut from = 1;
    while let Some(end) = rest.get(from..).and_then(|rest| rest.find(quote)) {
        from += end + 1;
        if !rest.get(from..).is_some_and(|rest| rest.starts_with(quote)) {
            return from;
        }
        from += 1;
    }
    rest.len()
}

fn number(rest: &str) -> usize {
    let digits = |from: usize| from + rest.bytes().skip(from).take_while(u8::is_ascii_digit).count();
    let byte = |at: usize| rest.as_bytes().get(at).copied().unwrap_or_default();
    let mut at = digits(0);
    if byte(at) == b'.' {
        at = digits(at + 1);
    }
    if byte(at).eq_ignore_ascii_case(&b'e') {
        let sign = usize::from(matches!(byte(at + 1), b'+' | b'-'));
        if byte(at + 1 + sign).is_ascii_digit() {
            at = digits(at + 1 + sign);
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::lexer;
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|token| token.span.of(text)).collect()
    }

    #[test]
    fn comments_parameters_and_open_ends_are_pieces() {
        assert_eq!(
            texts("a -- b\n/* c */ 'it''s' {{x}} <= \"d"),
            ["a", "-- b", "/* c */", "'it''s'", "{{x}}", "<=", "\"d"]
        );
        assert_eq!(texts("1.5e3.x /*/ 'open"), ["1.5e3", ".", "x", "/*/ 'open"]);
    }

    proptest! {
        #[test]
        fn pieces_are_in_order_and_nothing_but_blanks_is_between(text in "(\\PC|\n|'|\"|-|/|\\*|\\{\\{a\\}\\}){0,60}") {
            let mut end = 0;
            for token in tokens(&text) {
                prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                prop_assert!(text[end..token.span.start].chars().all(is_blank));
                end = token.span.end;
            }
            prop_assert!(text[end..].chars().all(is_blank));
        }

        #[test]
        fn pieces_are_the_lexers_tokens(text in "(SELECT|a1| |\n|,|'x'|\"y\"|<=|\\.|2\\.5|--z\n|/\\*c\\*/|\\(){0,30}") {
            if let Ok(expected) = lexer::tokens(&text) {
                let expected: Vec<_> = expected.iter().map(|token| token.span).filter(|span| span.end > span.start).collect();
                let found: Vec<_> = tokens(&text).into_iter().filter(|it| !it.is_comment()).map(|it| it.span).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
