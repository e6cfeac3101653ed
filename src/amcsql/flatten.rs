//! The single-line form of a query: AMC's documentation requires text without line breaks and tabs.
//!
//! Comments are removed, since a `--` comment would swallow the rest of the line; whitespace outside literals becomes
//! one space. Literals and quoted names are unchanged, so the tokens stay the same. Text that can't be tokenized is
//! returned unchanged: AMC then reports what is wrong with it.

use super::lexer::{self, Token, TokenKind};
use super::text::Span;

/// A text derived from another, with a mapping of its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    /// The new text.
    pub text: String,
    /// (offset in the new text, range in the old one), by offset. A copied part maps byte by byte; an inserted one
    /// maps to the whole range it was created for.
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    at: usize,
    length: usize,
    source: Span,
    copied: bool,
}

impl Mapped {
    /// A text that maps to itself.
    pub fn identity(text: &str) -> Self {
        let mut mapped = Self::default();
        mapped.copy(text, Span::new(0, text.len()));
        mapped
    }

    /// The parts in order: the range in the new text, the range in the old one, and whether it was copied.
    pub fn parts(&self) -> impl Iterator<Item = (Span, Span, bool)> {
        self.parts.iter().map(|part| (Span::new(part.at, part.at + part.length), part.source, part.copied))
    }

    /// Appends the range `source` of the old text.
    pub(super) fn copy(&mut self, old: &str, source: Span) {
        let piece = source.of(old);
        self.parts.push(Part { at: self.text.len(), length: piece.len(), source, copied: true });
        self.text.push_str(piece);
    }

    /// Appends new text that corresponds to `source` of the old text.
    pub(super) fn put(&mut self, new: &str, source: Span) {
        self.parts.push(Part { at: self.text.len(), length: new.len(), source, copied: false });
        self.text.push_str(new);
    }

    /// The range in the old text for a range in the new one.
    pub fn original(&self, span: Span) -> Span {
        let start = self.original_offset(span.start, false);
        if span.end <= span.start {
            return Span::new(start, start);
        }
        Span::new(start, self.original_offset(span.end - 1, true).max(start))
    }

    /// The range in the old text, if every byte of the new range was copied from one place.
    pub fn exact(&self, span: Span) -> Option<Span> {
        let at = self.parts.partition_point(|part| part.at + part.length < span.end.max(span.start));
        let part = self.parts.get(at).filter(|part| part.copied && part.at <= span.start)?;
        let start = part.source.start + (span.start - part.at);
        Some(Span::new(start, start + span.end.saturating_sub(span.start)))
    }

    /// The old offset for a new one; `after`: the end of the character or part that begins there.
    fn original_offset(&self, offset: usize, after: bool) -> usize {
        let found = self.parts.partition_point(|part| part.at <= offset).checked_sub(1);
        let Some(part) = found.and_then(|at| self.parts.get(at)) else { return 0 };
        let inside = offset - part.at;
        if inside >= part.length {
            return part.source.end;
        }
        match (part.copied, after) {
            (true, false) => part.source.start + inside,
            (true, true) => part.source.start + inside + 1,
            (false, false) => part.source.start,
            (false, true) => part.source.end,
        }
    }

    /// Composes this mapping with that of a text derived from this one: positions of `next` in the oldest text.
    #[must_use]
    pub fn then(&self, next: Self) -> Self {
        let parts = next.parts.iter().flat_map(|part| self.traced(part)).collect();
        Self { text: next.text, parts }
    }

    /// A part of a later text in terms of the oldest, split where this text is joined.
    fn traced(&self, part: &Part) -> Vec<Part> {
        if !part.copied {
            return vec![Part { source: self.original(part.source), ..*part }];
        }
        let mut traced = Vec::new();
        let mut from = part.source.start;
        let first = self.parts.partition_point(|it| it.at + it.length <= from);
        for own in self.parts.iter().skip(first) {
            if from >= part.source.end {
                break;
            }
            let end = part.source.end.min(own.at + own.length);
            let source = if own.copied {
                let start = own.source.start + (from - own.at);
                Span::new(start, start + (end - from))
            } else {
                own.source
            };
            let at = part.at + (from - part.source.start);
            traced.push(Part { at, length: end - from, source, copied: own.copied });
            from = end;
        }
        traced
    }
}

/// `text` on one line, without comments.
pub fn flatten(text: &str) -> Mapped {
    let Ok(tokens) = lexer::tokens(text) else { return Mapped::identity(text) };
    joined(text, &tokens)
}

/// `text` as sent: on one line, without comments, and without trailing semicolons, which AMC doesn't need and which
/// can empty a result. Also returns the number of removed semicolons.
pub fn sendable(text: &str) -> (Mapped, usize) {
    let Ok(tokens) = lexer::tokens(text) else { return (Mapped::identity(text), 0) };
    let written = tokens.split_last().map_or(tokens.as_slice(), |(_, rest)| rest);
    let signs = written.iter().rev().take_while(|it| it.kind == TokenKind::Sign(";")).count();
    (joined(text, written.get(..written.len() - signs).unwrap_or_default()), signs)
}

/// The tokens, with one space where anything was between them.
fn joined(text: &str, tokens: &[Token]) -> Mapped {
    let mut flat = Mapped::default();
    let mut end = 0;
    for token in tokens.iter().filter(|it| it.span.end > it.span.start) {
        if !flat.text.is_empty() && token.span.start > end {
            flat.put(" ", Span::new(end, token.span.start));
        }
        flat.copy(text, token.span);
        end = token.span.end;
    }
    flat
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comments_go_and_literals_stay() {
        let text = "SELECT a, -- it's\n\t'x  --\n y' /* b */\n  FROM t -- end";
        assert_eq!(flatten(text).text, "SELECT a, 'x  --\n y' FROM t");
    }

    #[test]
    fn a_place_on_the_line_is_found_in_the_authors_text() {
        let text = "SELECT\n  campaing -- typo\nFROM t";
        let flat = flatten(text);
        let start = flat.text.find("campaing").unwrap();
        assert_eq!(flat.original(Span::new(start, start + 8)).of(text), "campaing");
        let end = flat.text.len();
        assert_eq!(flat.original(Span::new(end, end)), Span::new(text.len(), text.len()));
    }

    #[test]
    fn semicolons_at_the_end_are_not_sent() {
        for text in ["SELECT ';' ;", "SELECT ';';;", "SELECT ';' -- end;\n;\n\n;"] {
            let (sent, signs) = sendable(text);
            assert_eq!(sent.text, "SELECT ';'", "{text}");
            assert!(signs > 0);
        }
        assert_eq!(sendable("SELECT 1; SELECT 2;").0.text, "SELECT 1; SELECT 2");
        assert_eq!(sendable("SELECT 1").1, 0);
    }

    #[test]
    fn text_that_is_no_sql_is_left_alone() {
        assert_eq!(flatten("a 'open\n").text, "a 'open\n");
    }

    proptest! {
        #[test]
        fn flattening_keeps_every_token(text in "(\\PC|\n|--|/\\*|\\*/|'|\"|a| ){0,60}") {
            if let Ok(before) = lexer::tokens(&text) {
                let flat = flatten(&text);
                let after = lexer::tokens(&flat.text).unwrap();
                let kinds = |tokens: &[lexer::Token], text: &str| tokens
                    .iter()
                    .map(|it| (it.kind.clone(), it.span.of(text).to_owned()))
                    .collect::<Vec<_>>();
                prop_assert_eq!(kinds(&before, &text), kinds(&after, &flat.text));
                for token in &after {
                    if token.kind != lexer::TokenKind::End {
                        prop_assert_eq!(flat.original(token.span).of(&text), token.span.of(&flat.text));
                    }
                }
            }
        }
    }
}
