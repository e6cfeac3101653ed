//! Tokenizes an author's text: `{{name}}` is a token, and typos from keyboard and clipboard are read as intended and
//! reported with their position, so that one pass reports all of them.
//!
//! AMC itself reads strictly ([`super::tokens`]): what is reported as an error here is one there.

use super::super::text::Span;
use super::{LexError, Lexer, Token, TokenKind};

/// A place in an author's text that AMC would reject, or read differently than intended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::amcsql) struct Slip {
    pub(in crate::amcsql) kind: SlipKind,
    pub(in crate::amcsql) span: Span,
}

/// The kinds of typos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::amcsql) enum SlipKind {
    /// A special space character.
    Space(char),
    /// A zero-width character. `between_words`: removing it would join two words.
    Invisible { character: char, between_words: bool },
    /// A text in typographic or other wrong quotes; the text.
    Quotes { opening: char, value: String },
    /// A name in backticks.
    Backticks(String),
    /// A dash that looks like a minus.
    Dash(char),
    /// `{{name}}` with an invalid name.
    FieldName(String),
    /// `{{name}}` in a text; `string` is the position of the text.
    FieldInText { name: String, string: Span },
    /// `{{name}}` in a name in double quotes.
    FieldInName(String),
    /// `{{name}}` where no value is allowed; what is expected there.
    FieldAsSql { name: String, place: &'static str },
    /// An operator of other dialects, and AMC's.
    Operator { written: &'static str, meant: &'static str },
    /// A function of other dialects with a similar name as one of AMC's.
    Name { written: String, meant: &'static str },
    /// A keyword of the grammar as the name of a column or table.
    ReservedAlias(String),
    /// An unknown character.
    Character(char),
}

/// A tokenized author's text.
pub(in crate::amcsql) struct Authored {
    /// The tokens, the last being [`TokenKind::End`].
    pub(in crate::amcsql) tokens: Vec<Token>,
    pub(in crate::amcsql) slips: Vec<Slip>,
}

/// Maximum number of reported typos.
const MOST_SLIPS: usize = 200;

/// Maximum length of a name between braces, in bytes.
const LONGEST_FIELD: usize = 200;

/// The tokens of an author's text, and its typos. Fails if a text, a name or a comment isn't closed.
pub(in crate::amcsql) fn authored(text: &str) -> Result<Authored, LexError> {
    let mut reader = Reader {
        lexer: Lexer { text, at: 0 },
        read: Authored { tokens: Vec::with_capacity(text.len() / 5), slips: Vec::new() },
        unpaired: Vec::new(),
    };
    loop {
        let token = reader.next()?;
        let done = token.kind == TokenKind::End;
        reader.read.tokens.push(token);
        if done {
            return Ok(reader.read);
        }
    }
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    read: Authored,
    /// Quotes without a closing quote, and how far was searched.
    unpaired: Vec<(char, usize)>,
}

impl Reader<'_> {
    fn slip(&mut self, kind: SlipKind, span: Span) {
        if self.read.slips.len() < MOST_SLIPS {
            self.read.slips.push(Slip { kind, span });
        }
    }

    fn next(&mut self) -> Result<Token, LexError> {
        loop {
            let from = self.lexer.at;
            self.lexer.skip()?;
            self.odd_blanks(from);
            let start = self.lexer.at;
            let Some(next) = self.lexer.rest().chars().next() else { return self.lexer.next() };
            if let Some(kind) = self.own(next) {
                return Ok(Token { kind, span: Span::new(start, self.lexer.at) });
            }
            if self.lexer.at == start {
                let token = self.lexer.next()?;
                self.fields_in(&token);
                return Ok(token);
            }
        }
    }

    /// No-break spaces and byte order marks, which the lexer skips.
    fn odd_blanks(&mut self, from: usize) {
        let passed = self.lexer.text.get(from..self.lexer.at).unwrap_or_default();
        if passed.is_ascii() {
            return;
        }
        let mut in_comment = super::opaque_ranges(passed).into_iter().peekable();
        for (at, character) in passed.char_indices() {
            while in_comment.peek().is_some_and(|it| it.end <= at) {
                in_comment.next();
            }
            let hidden = in_comment.peek().is_some_and(|it| it.start <= at);
            let span = Span::new(from + at, from + at + character.len_utf8());
            match character {
                '\u{a0}' if !hidden => self.slip(SlipKind::Space(character), span),
                '\u{feff}' if !hidden && span.start > 0 => {
                    let between_words = self.is_between_words(span);
                    self.slip(SlipKind::Invisible { character, between_words }, span);
                }
                _ => {}
            }
        }
    }

    fn is_between_words(&self, span: Span) -> bool {
        let text = self.lexer.text;
        let is_word = |it: char| it.is_alphanumeric() || it == '_';
        text.get(..span.start).and_then(|it| it.chars().next_back()).is_some_and(is_word)
            && text.get(span.end..).and_then(|it| it.chars().next()).is_some_and(is_word)
    }

    /// Reads what AMC would reject: returns a token, or skips unknown characters and returns nothing. If nothing was
    /// skipped, the normal lexer continues.
    fn own(&mut self, next: char) -> Option<TokenKind> {
        let start = self.lexer.at;
        let span = Span::new(start, start + next.len_utf8());
        match next {
            '{' if self.lexer.rest().starts_with("{{") => self.field(),
            '`' => self.backticks(),
            _ if closing(next).is_some() => self.quotes(next),
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => {
                self.lexer.at = span.end;
                self.slip(SlipKind::Dash(next), span);
                Some(TokenKind::Sign("-"))
            }
            _ if is_invisible(next) => {
                self.lexer.at = span.end;
                let between_words = self.is_between_words(span);
                self.slip(SlipKind::Invisible { character: next, between_words }, span);
                None
            }
            _ if next.is_whitespace() => {
                self.lexer.at = span.end;
                self.slip(SlipKind::Space(next), span);
                None
            }
            '=' if self.lexer.rest().starts_with("==") => {
                self.lexer.at += 2;
                let place = Span::new(start, self.lexer.at);
                self.slip(SlipKind::Operator { written: "==", meant: "=" }, place);
                Some(TokenKind::Sign("="))
            }
            _ => self.stray(next, span),
        }
    }

    /// Skips a character that can't begin a token.
    fn stray(&mut self, next: char, span: Span) -> Option<TokenKind> {
        let known = next.is_alphanumeric()
            || matches!(next, '_' | '\'' | '"')
            || super::SIGNS.iter().any(|sign| self.lexer.rest().starts_with(*sign));
        if known {
            return None;
        }
        self.lexer.at = span.end;
        self.slip(SlipKind::Character(next), span);
        None
    }

    /// `{{name}}`, with any name.
    fn field(&mut self) -> Option<TokenKind> {
        let start = self.lexer.at;
        let body = self.lexer.text.get(start + 2..).unwrap_or_default();
        let near = body.as_bytes().get(..LONGEST_FIELD).unwrap_or(body.as_bytes());
        let length = near.windows(2).position(|pair| pair == b"}}");
        let Some(inside) = length.and_then(|length| body.get(..length)).filter(|it| !it.contains(['{', '\n'])) else {
            self.lexer.at += 2;
            self.slip(SlipKind::Character('{'), Span::new(start, self.lexer.at));
            return None;
        };
        self.lexer.at += inside.len() + 4;
        let name = inside.trim().to_owned();
        if !super::super::template::is_name(&name) {
            self.slip(SlipKind::FieldName(name.clone()), Span::new(start, self.lexer.at));
        }
        Some(TokenKind::Field(name))
    }

    fn backticks(&mut self) -> Option<TokenKind> {
        let start = self.lexer.at;
        let Some(value) = self.partner('`', &['`']) else { return self.no_partner('`') };
        self.slip(SlipKind::Backticks(value.clone()), Span::new(start, self.lexer.at));
        Some(TokenKind::Quoted(value))
    }

    fn quotes(&mut self, opening: char) -> Option<TokenKind> {
        let start = self.lexer.at;
        let value = closing(opening).and_then(|closing| self.partner(opening, closing));
        let Some(value) = value else { return self.no_partner(opening) };
        self.slip(SlipKind::Quotes { opening, value: value.clone() }, Span::new(start, self.lexer.at));
        Some(TokenKind::String(value))
    }

    /// The text up to the closing quote on the same line.
    fn partner(&mut self, opening: char, closing: &[char]) -> Option<String> {
        let start = self.lexer.at;
        if self.unpaired.iter().any(|(mark, end)| *mark == opening && start < *end) {
            return None;
        }
        let rest = self.lexer.rest().get(opening.len_utf8()..)?;
        let end = rest.find(|it| it == '\n' || closing.contains(&it)).unwrap_or(rest.len());
        let Some(close) = rest.get(end..)?.chars().next().filter(|it| *it != '\n') else {
            self.unpaired.retain(|(mark, _)| *mark != opening);
            self.unpaired.push((opening, start + opening.len_utf8() + end));
            return None;
        };
        let value = rest.get(..end)?.to_owned();
        self.lexer.at += opening.len_utf8() + end + close.len_utf8();
        Some(value)
    }

    fn no_partner(&mut self, mark: char) -> Option<TokenKind> {
        let start = self.lexer.at;
        self.lexer.at += mark.len_utf8();
        self.slip(SlipKind::Character(mark), Span::new(start, self.lexer.at));
        None
    }

    /// Finds fields inside of texts and names, which aren't filled.
    fn fields_in(&mut self, token: &Token) {
        let (TokenKind::String(value) | TokenKind::Quoted(value)) = &token.kind else { return };
        if !value.contains("{{") {
            return;
        }
        let written = token.span.of(self.lexer.text);
        let mut at = 0;
        while let Some(start) = written.get(at..).and_then(|rest| rest.find("{{")).map(|it| it + at) {
            let body = written.get(start + 2..).unwrap_or_default();
            let Some(length) = body.find("}}") else { return };
            at = start + length + 4;
            let name = body.get(..length).unwrap_or_default().trim();
            if !super::super::template::is_name(name) {
                at = start + 2;
                continue;
            }
            let span = Span::new(token.span.start + start, token.span.start + at);
            let kind = match token.kind {
                TokenKind::String(_) => SlipKind::FieldInText { name: name.to_owned(), string: token.span },
                _ => SlipKind::FieldInName(name.to_owned()),
            };
            self.slip(kind, span);
        }
    }
}

/// The quotes that close a text opened by this one.
fn closing(opening: char) -> Option<&'static [char]> {
    Some(match opening {
        '\u{2018}' | '\u{2019}' | '\u{201b}' => &['\u{2019}', '\u{2018}', '\u{201b}'],
        '\u{201a}' => &['\u{2018}', '\u{2019}', '\u{201a}'],
        '\u{201c}' | '\u{201d}' | '\u{201f}' => &['\u{201d}', '\u{201c}', '\u{201f}'],
        '\u{201e}' => &['\u{201c}', '\u{201d}', '\u{201e}'],
        '\u{2032}' => &['\u{2032}'],
        '\u{2033}' => &['\u{2033}'],
        '\u{ab}' => &['\u{bb}'],
        '\u{bb}' => &['\u{ab}', '\u{bb}'],
        '\u{2039}' => &['\u{203a}'],
        '\u{203a}' => &['\u{2039}', '\u{203a}'],
        '\u{ff07}' => &['\u{ff07}'],
        '\u{ff02}' => &['\u{ff02}'],
        '\u{b4}' => &['\u{b4}'],
        _ => return None,
    })
}

/// Invisible characters: zero-width spaces and joiners, direction marks, soft hyphens, byte order marks.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
    ) || (character.is_control() && !character.is_whitespace())
}
