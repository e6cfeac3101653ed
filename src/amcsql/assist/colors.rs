//! Syntax highlighting.

use super::super::functions;
use super::super::text::Span;
use super::KEYWORDS;
use super::tokens::{Kind, tokens};

/// The kind of a token, for its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    Keyword,
    Function,
    Text,
    Number,
    Comment,
    /// `{{name}}`.
    Parameter,
}

impl Color {
    /// The CSS class of its element.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Keyword => "sql-keyword",
            Self::Function => "sql-function",
            Self::Text => "sql-text",
            Self::Number => "sql-number",
            Self::Comment => "sql-comment",
            Self::Parameter => "sql-parameter",
        }
    }
}

/// The ranges of a text that have a color, in order.
pub fn colors(text: &str) -> Vec<(Span, Color)> {
    let read = tokens(text);
    let mut colors = Vec::with_capacity(read.len());
    for (at, token) in read.iter().enumerate() {
        let is_called = read.get(at + 1).is_some_and(|next| next.is_sign(text, "("));
        let color = match token.kind {
            Kind::Word if is_keyword(token.text(text)) => Color::Keyword,
            Kind::Word if is_called && functions::signature(token.text(text)).is_some() => Color::Function,
            Kind::Word | Kind::Quoted | Kind::Sign => continue,
            Kind::String => Color::Text,
            Kind::Number => Color::Number,
            Kind::Field => Color::Parameter,
            Kind::Line | Kind::Block => Color::Comment,
        };
        colors.push((token.span, color));
    }
    colors
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().flat_map(|keyword| keyword.split(' ')).any(|keyword| keyword.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_has_the_color_of_what_it_is() {
        let text = "SELECT sum(x), 'a' -- b\nFROM t WHERE y IN ({{z}}) AND n > 1.5 AND sum = 2";
        let shown: Vec<(&str, Color)> = colors(text).into_iter().map(|(span, color)| (span.of(text), color)).collect();
        let expected = [
            ("SELECT", Color::Keyword),
            ("sum", Color::Function),
            ("'a'", Color::Text),
            ("-- b", Color::Comment),
            ("FROM", Color::Keyword),
            ("WHERE", Color::Keyword),
            ("IN", Color::Keyword),
            ("{{z}}", Color::Parameter),
            ("AND", Color::Keyword),
            ("1.5", Color::Number),
            ("AND", Color::Keyword),
            ("2", Color::Number),
        ];
        assert_eq!(shown, expected);
    }
}
