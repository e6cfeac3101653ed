//! Derives a parameter's name from the surroundings of a literal.

use std::collections::HashSet;

use super::literals::{Group, Shape};
use crate::amcsql::lexer::{Token, TokenKind};
use crate::amcsql::template::{self, LONGEST_NAME, is_name};

/// Minimum length of a common table expression's name to be descriptive by itself.
const TELLING: usize = 5;

/// The names in use.
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The names that the text already has.
    pub(super) fn of(text: &str) -> Self {
        Self(template::fields(text).into_iter().map(|field| field.name).collect())
    }

    /// The wanted name, with a number if it is taken.
    pub(super) fn give(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    }
}

/// A name for the group: from the common table expression, column, alias or argument that it belongs to.
pub(super) fn propose(text: &str, tokens: &[Token], group: &Group) -> String {
    let near = Near { text, tokens, group };
    let found = match group.shape {
        Shape::Rows | Shape::Table => near.common_table(),
        Shape::Items => near.compared(2).map(|name| plural(&name)),
        _ => near.window().or_else(|| near.compared(1)).or_else(|| near.alias()),
    };
    let name = found.map(|name| name.to_ascii_lowercase()).filter(|name| is_name(name));
    name.unwrap_or_else(|| if group.shape == Shape::Number { "number" } else { "value" }.to_owned())
}

fn plural(name: &str) -> String {
    if name.ends_with('s') || name.ends_with('S') || name.len() >= LONGEST_NAME {
        name.to_owned()
    } else {
        format!("{name}s")
    }
}

struct Near<'a> {
    text: &'a str,
    tokens: &'a [Token],
    group: &'a Group,
}

impl Near<'_> {
    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.span.of(self.text))
    }

    fn name(&self, at: usize) -> Option<&str> {
        match &self.tokens.get(at)?.kind {
            TokenKind::Word => Some(self.word(at)),
            TokenKind::Quoted(name) => Some(name),
            _ => None,
        }
    }

    /// `dsp_campaigns (campaign_id) AS (VALUES …`: the table, with its column if the table's name isn't descriptive.
    fn common_table(&self) -> Option<String> {
        let opening = self.group.first.checked_sub(2)?;
        if self.word(opening) != "(" || !self.word(opening.checked_sub(1)?).eq_ignore_ascii_case("AS") {
            return None;
        }
        let before = opening.checked_sub(2)?;
        if self.word(before) != ")" {
            return self.name(before).map(str::to_owned);
        }
        let open = (0..before).rev().find(|at| self.word(*at) == "(")?;
        let table = self.name(open.checked_sub(1)?)?;
        let column = self.name(open + 1)?;
        let tells = table.len() >= TELLING || table.eq_ignore_ascii_case(column);
        Some(if tells { table.to_owned() } else { format!("{table}_{column}") })
    }

    /// `column = 'x'`, `column NOT IN (…`: the column. `back` is the distance of the operator from the group, in
    /// tokens.
    fn compared(&self, back: usize) -> Option<String> {
        let mut operator = self.group.first.checked_sub(back)?;
        let is_list = back == 2;
        let signs = ["=", "<", ">", "<=", ">=", "<>", "!="];
        let words = ["IN", "LIKE", "TO"];
        let is_operator = signs.contains(&self.word(operator))
            || words.iter().any(|word| self.word(operator).eq_ignore_ascii_case(word));
        if !is_operator && !is_list {
            return None;
        }
        while ["NOT", "SIMILAR"].iter().any(|word| self.word(operator.saturating_sub(1)).eq_ignore_ascii_case(word)) {
            operator -= 1;
        }
        let left = operator.checked_sub(1)?;
        if self.word(left) == ")" {
            // `UPPER(column) = 'X'`
            return self.name(left.checked_sub(1)?).map(str::to_owned);
        }
        self.name(left).map(str::to_owned)
    }

    /// `'x' AS alias`.
    fn alias(&self) -> Option<String> {
        let after = self.tokens.iter().position(|token| token.span.start >= self.group.span.end)?;
        if !self.word(after).eq_ignore_ascii_case("AS") {
            return None;
        }
        self.name(after + 1).map(str::to_owned)
    }

    /// An argument of `EXTEND_TIME_WINDOW('table', 'before', 'after')`.
    fn window(&self) -> Option<String> {
        let open = self.group.first.checked_sub(3).filter(|at| self.word(*at) == "(");
        let (open, name) = match open {
            Some(open) => (open, "extend_before"),
            None => (self.group.first.checked_sub(5)?, "extend_after"),
        };
        let is_window =
            self.word(open) == "(" && self.word(open.checked_sub(1)?).eq_ignore_ascii_case("EXTEND_TIME_WINDOW");
        is_window.then(|| name.to_owned())
    }
}
