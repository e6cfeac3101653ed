//! Syntax errors.

use super::super::finding::{Finding, Fix};
use super::super::lexer::{LexError, Token, TokenKind};
use super::super::spelling;
use super::super::text::{LineIndex, Span};
use crate::amcsql::codes::{self, Code};

/// Keywords to suggest for a misspelled word, anywhere.
const KEYWORDS: [&str; 22] = [
    "SELECT",
    "DISTINCT",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "UNION",
    "VALUES",
    "JOIN",
    "INNER",
    "LEFT",
    "OUTER",
    "CROSS",
    "USING",
    "BETWEEN",
    "SIMILAR",
    "WHEN",
    "THEN",
    "ELSE",
    "PARTITION",
    "ORDER",
];

/// Maximum number of expected words in our messages.
const LISTED: usize = 6;

/// A syntax error.
#[derive(Debug)]
pub(super) struct SyntaxError {
    span: Span,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Empty,
    SecondStatement,
    TooDeep,
    Refused { code: Code, message: &'static str },
    Unexpected { token: usize, expected: Vec<&'static str> },
}

impl SyntaxError {
    pub(super) fn empty() -> Self {
        Self { span: Span::default(), kind: Kind::Empty }
    }

    pub(super) fn second_statement(span: Span) -> Self {
        Self { span, kind: Kind::SecondStatement }
    }

    pub(super) fn too_deep(span: Span) -> Self {
        Self { span, kind: Kind::TooDeep }
    }

    /// Syntax of other dialects that AMC's grammar doesn't have.
    pub(super) fn refused(span: Span, code: Code, message: &'static str) -> Self {
        Self { span, kind: Kind::Refused { code, message } }
    }

    pub(super) fn unexpected(token: usize, span: Span, expected: &[&'static str]) -> Self {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        expected.dedup();
        Self { span, kind: Kind::Unexpected { token, expected } }
    }

    pub(super) fn finding(self, text: &str, tokens: &[Token], index: &LineIndex<'_>) -> Finding {
        let encountered = encountered(text, self.span, index);
        match self.kind {
            Kind::Empty => Finding::error(
                codes::EMPTY_QUERY,
                self.span,
                "The query is empty. Start with SELECT or WITH.",
                "A syntax error was found. Are you missing <WITH> or <SELECT>?",
            ),
            Kind::SecondStatement => Finding::error(
                codes::SECOND_STATEMENT,
                self.span,
                "AMC runs one statement per query. Keep one and remove the other.",
                encountered,
            ),
            Kind::TooDeep => Finding::error(
                codes::TOO_DEEP,
                self.span,
                "This is nested too deeply to be read. Split it with common tables (WITH) or shorter expressions.",
                encountered,
            ),
            Kind::Refused { code, message } => {
                let found = Finding::error(code, self.span, message, encountered);
                found.with_fix(in_parentheses(code, self.span, text))
            }
            Kind::Unexpected { token, expected } => unexpected(text, tokens, self.span, token, &expected, encountered),
        }
    }
}

/// Puts a parameter after IN into parentheses.
fn in_parentheses(code: Code, span: Span, text: &str) -> Option<Fix> {
    let parameter = span.of(text);
    let is_meant = code.definition.name == codes::IN_WITHOUT_PARENTHESES.definition.name && parameter.starts_with("{{");
    is_meant.then(|| Fix::sure(span, format!("({parameter})"), "Put it in parentheses"))
}

fn encountered(text: &str, span: Span, index: &LineIndex<'_>) -> String {
    let place = index.place(span.start);
    let found = if span.start >= span.end { "<EOF>" } else { short(span.of(text)) };
    format!("Encountered \"{found}\" at line {}, column {}.", place.line, place.column)
}

/// The first characters of a token, which may be as long as the text.
fn short(text: &str) -> &str {
    text.char_indices().nth(60).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

fn unexpected(
    text: &str,
    tokens: &[Token],
    span: Span,
    token: usize,
    expected: &[&'static str],
    encountered: String,
) -> Finding {
    let slip = [token, token.wrapping_sub(1)].into_iter().find_map(|at| misspelt(text, tokens.get(at)?));
    let mut message = if span.start >= span.end {
        "The query ends too early.".to_owned()
    } else {
        format!("`{}` cannot stand here.", short(span.of(text)))
    };
    let placeholder = [token, token.wrapping_sub(1)].into_iter().find_map(|at| placeholder(text, tokens, at));
    if let Some(example) = placeholder {
        message = format!("`{example}` is a placeholder of an example. Write what it stands for, without brackets.");
    } else if let Some((word, _, keyword)) = &slip {
        message = format!("{message} Did you mean {keyword} instead of `{word}`?");
    } else if tokens.get(token.wrapping_sub(1)).is_some_and(|it| it.kind == TokenKind::Sign(",")) {
        message.push_str(" Is the comma before it one too many?");
    } else if !expected.is_empty() {
        let listed: Vec<String> = expected.iter().take(LISTED).map(|it| in_words(it)).collect();
        let more = if expected.len() > LISTED { ", …" } else { "" };
        message = format!("{message} Possible here: {}{more}.", listed.join(", "));
    }
    let mut amc = encountered;
    if !expected.is_empty() {
        amc.push_str(if expected.len() == 1 { "\nWas expecting:" } else { "\nWas expecting one of:" });
        for it in expected {
            let quote = if it.starts_with('<') { "" } else { "\"" };
            amc.extend(["\n    ", quote, it, quote, " ..."]);
        }
    }
    let fix = slip.map(|(_, span, keyword)| Fix::spelling(span, keyword));
    Finding::error(codes::SYNTAX, span, message, amc).with_fix(fix)
}

/// A word or sign that is expected as code, a kind of token in words.
fn in_words(expected: &str) -> String {
    match expected {
        "<EXPRESSION>" => "an expression".to_owned(),
        "<IDENTIFIER>" => "a name".to_owned(),
        "<TABLE>" => "a data source".to_owned(),
        "<UNSIGNED INTEGER>" => "a whole number".to_owned(),
        written => format!("`{written}`"),
    }
}

/// Maximum number of tokens of a placeholder, including brackets.
const LONGEST_PLACEHOLDER: usize = 12;

/// The words in `<…>` or `[…]` starting at this token, if there are only words.
fn placeholder<'a>(text: &'a str, tokens: &[Token], at: usize) -> Option<&'a str> {
    let close = match tokens.get(at)?.kind {
        TokenKind::Sign("<") => ">",
        TokenKind::Sign("[") => "]",
        _ => return None,
    };
    let end = tokens.iter().skip(at + 1).take(LONGEST_PLACEHOLDER).take_while(|it| it.kind != TokenKind::End);
    let mut words = 0;
    for token in end {
        match token.kind {
            TokenKind::Word => words += 1,
            TokenKind::Number if words > 0 => {}
            TokenKind::Sign(sign) if sign == close && words > 0 => {
                return text.get(tokens.get(at)?.span.start..token.span.end).map(short);
            }
            _ => return None,
        }
    }
    None
}

/// The keyword for which this token is a misspelling.
fn misspelt<'a>(text: &'a str, token: &Token) -> Option<(&'a str, Span, &'static str)> {
    let word = token.span.of(text);
    if token.kind != TokenKind::Word || KEYWORDS.iter().any(|it| it.eq_ignore_ascii_case(word)) {
        return None;
    }
    let keyword = spelling::closest(word, KEYWORDS.into_iter())?;
    KEYWORDS.into_iter().find(|it| *it == keyword).map(|keyword| (word, token.span, keyword))
}

pub(super) fn too_long(length: usize) -> Finding {
    let limit = super::MAX_TEXT;
    Finding::error(
        codes::TOO_LONG,
        Span::default(),
        format!("The query has {length} bytes; {limit} are possible. Keep long lists in an uploaded table."),
        format!("SQL query was invalid: its length must be at most {limit}"),
    )
}

pub(super) fn lexical(error: &LexError, text: &str, index: &LineIndex<'_>) -> Finding {
    let (span, code, message) = match error {
        LexError::Character(found, span) => (*span, codes::STRAY_CHARACTER, character(*found)),
        LexError::OpenString(span) => (
            *span,
            codes::OPEN_STRING,
            "This text has no closing quote. Double a quote that belongs to it: 'men''s'.".into(),
        ),
        LexError::OpenName(span) => {
            (*span, codes::OPEN_STRING, "This name has no closing double quote. Texts stand in single quotes.".into())
        }
        LexError::OpenComment(span) => (*span, codes::OPEN_COMMENT, "This comment has no closing */.".into()),
    };
    let place = index.place(span.start);
    let shown = span.of(text).chars().next().unwrap_or(' ');
    let amc = format!(
        "Lexical error at line {}, column {}.  Encountered: \"{}\" ({}), after : \"\"",
        place.line,
        place.column,
        shown.escape_default(),
        shown as u32
    );
    let straight = match error {
        LexError::Character('\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' | '`', _) => Some("'"),
        LexError::Character('\u{2013}' | '\u{2014}' | '\u{2212}', _) => Some("-"),
        _ => None,
    };
    Finding::error(code, span, message, amc).with_fix(straight.map(|it| Fix::spelling(span, it)))
}

pub(super) fn character(found: char) -> String {
    match found {
        '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2032}' | '\u{2033}' | '\u{ff07}' => {
            "This is a typographic quote. Texts stand in straight single quotes: '…'.".to_owned()
        }
        '`' => "AMC has no backticks. Write names without quotes and texts in single quotes.".to_owned(),
        '{' | '}' => "This isn't a complete parameter. Parameters look like {{name}}.".to_owned(),
        '#' => "AMC has no # comments. Write -- before the comment.".to_owned(),
        '$' | '@' => "AMC has no variables of this form. Write CUSTOM_PARAMETER('name') or {{name}}.".to_owned(),
        '&' => "AMC has no & operator. Conditions are joined with AND.".to_owned(),
        '!' => "AMC has no ! operator. Write NOT, or <> for unequal.".to_owned(),
        other => format!("The character {} means nothing here. Remove it.", other.escape_default()),
    }
}
