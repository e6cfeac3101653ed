//! A normal form for texts that only differ in whitespace, comments, line ends and the case of words.

use super::lexer::{self, TokenKind};

/// The tokens of `text` separated by spaces, words in lower case; `None` if it can't be tokenized. Texts with the
/// same form mean the same: names and keywords are case-insensitive; quoted names and literals are unchanged.
pub fn normal_form(text: &str) -> Option<String> {
    let tokens = lexer::tokens(text).ok()?;
    let mut form = String::with_capacity(text.len());
    for token in &tokens {
        let written = token.span.of(text);
        match &token.kind {
            TokenKind::End => break,
            // A trailing semicolon isn't part of the query; elsewhere it starts another one.
            TokenKind::Word => form.push_str(&written.to_lowercase()),
            _ => form.push_str(written),
        }
        form.push(' ');
    }
    let form = form.trim_end_matches([' ', ';']).to_owned();
    Some(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_has_one_form() {
        let form = |text| normal_form(text).unwrap();
        assert_eq!(form("SELECT a,b -- it's\nFROM t;"), form("select  A , b from /* x */ T"));
        assert_ne!(form("SELECT 'A'"), form("SELECT 'a'"));
        assert_ne!(form("SELECT \"A\""), form("SELECT \"a\""));
        assert_ne!(form("SELECT 1 2"), form("SELECT 12"));
        assert_eq!(normal_form("SELECT 'open"), None);
    }
}
