//! Reads the outline of a text, word by word.

use super::{Clause, Common, Item, Origin, Outline, Select, Table};
use crate::amcsql::assist::tokens::{Kind, Token};
use crate::amcsql::text::Span;

/// Maximum depth of parentheses; deeper ones are skipped.
const DEEPEST: usize = 200;

/// Words that end an expression or a table, so they aren't aliases.
const NO_ALIAS: [&str; 42] = [
    "AS",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "QUALIFY",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "MINUS",
    "ON",
    "USING",
    "JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "FULL",
    "CROSS",
    "NATURAL",
    "OUTER",
    "AND",
    "OR",
    "NOT",
    "IN",
    "IS",
    "BETWEEN",
    "LIKE",
    "SIMILAR",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "SELECT",
    "WITH",
    "VALUES",
    "SET",
    "CASE",
];

pub(super) struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    pub(super) at: usize,
    pub(super) outline: Outline,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self { text, tokens, at: 0, outline: Outline::default() }
    }

    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is_word(self.text, word))
    }

    fn is_sign(&self, ahead: usize, sign: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is_sign(self.text, sign))
    }

    /// The start of the current token; the end of the text after the last one.
    fn place(&self) -> usize {
        self.peek(0).map_or(self.text.len(), |token| token.span.start)
    }

    /// Reads a query up to its closing parenthesis, which isn't consumed; `end` is the end of the text. Returns the
    /// end of the query.
    pub(super) fn query(&mut self, end: usize, around: Option<usize>, depth: usize) -> usize {
        let mut own_commons = Vec::new();
        if self.is_word(0, "WITH") {
            self.at += 1;
            self.commons(end, depth, &mut own_commons);
        }
        let mut own_selects = Vec::new();
        while let Some(token) = self.peek(0) {
            if token.is_sign(self.text, ")") || token.is_sign(self.text, ";") {
                break;
            }
            if token.is_word(self.text, "SELECT") {
                own_selects.push(self.select(end, around, depth));
            } else if token.is_sign(self.text, "(") {
                self.inside(end, around, depth);
            } else {
                self.at += 1;
            }
        }
        let stop = self.place();
        for index in own_commons {
            if let Some(common) = self.outline.commons.get_mut(index) {
                common.visible.end = stop;
            }
        }
        // The last one extends to the end of the query; the others end at the next operator.
        if let Some(select) = own_selects.last().and_then(|index| self.outline.selects.get_mut(*index)) {
            select.span.end = stop;
        }
        stop
    }

    /// `name [(columns)] AS (query), …`.
    fn commons(&mut self, end: usize, depth: usize, own: &mut Vec<usize>) {
        while let Some(name) = self.peek(0).copied().filter(Token::is_name) {
            if name.is_word(self.text, "SELECT") {
                return;
            }
            self.at += 1;
            if self.is_sign(0, "(") {
                self.skip();
            }
            if self.is_word(0, "AS") {
                self.at += 1;
            }
            let Some(open) = self.peek(0).copied().filter(|token| token.is_sign(self.text, "(")) else { return };
            self.at += 1;
            let stop = if depth < DEEPEST { self.query(end, None, depth + 1) } else { self.pass() };
            let body = Span::new(open.span.end, stop);
            if self.is_sign(0, ")") {
                self.at += 1;
            }
            let visible = Span::new(self.place().min(stop + 1), end);
            own.push(self.outline.commons.len());
            self.outline.commons.push(Common { name: name.name(self.text), name_span: name.span, body, visible });
            if !self.is_sign(0, ",") {
                return;
            }
            self.at += 1;
        }
    }

    /// Skips a pair of parentheses.
    fn skip(&mut self) {
        self.at += 1;
        self.pass();
        self.at += 1;
    }

    /// Moves to the parenthesis that closes the previous one.
    fn pass(&mut self) -> usize {
        let mut depth = 0_usize;
        while let Some(token) = self.peek(0) {
            if token.is_sign(self.text, "(") {
                depth += 1;
            } else if token.is_sign(self.text, ")") {
                if depth == 0 {
                    break;
                }
                depth -= 1;
            }
            self.at += 1;
        }
        self.place()
    }

    /// Parentheses in an expression: maybe a query, maybe containing queries.
    fn inside(&mut self, end: usize, around: Option<usize>, depth: usize) -> Option<Span> {
        self.at += 1;
        let start = self.place();
        let is_query = self.is_word(0, "SELECT") || self.is_word(0, "WITH");
        let stop = if depth >= DEEPEST {
            self.pass()
        } else if is_query {
            self.query(end, around, depth + 1)
        } else {
            while let Some(token) = self.peek(0) {
                if token.is_sign(self.text, ")") {
                    break;
                }
                if token.is_sign(self.text, "(") {
                    self.inside(end, around, depth + 1);
                } else {
                    self.at += 1;
                }
            }
            self.place()
        };
        self.at += 1;
        is_query.then(|| Span::new(start, stop))
    }

    /// One `SELECT`, up to its end. Returns its index.
    fn select(&mut self, end: usize, around: Option<usize>, depth: usize) -> usize {
        let index = self.outline.selects.len();
        let start = self.place();
        self.outline.selects.push(Select {
            span: Span::new(start, end),
            tables: Vec::new(),
            items: Vec::new(),
            clauses: vec![(start, Clause::Items)],
            around,
        });
        self.at += 1;
        let (mut clause, mut tables, mut items) = (Clause::Items, Vec::new(), Vec::new());
        let mut item = Vec::new();
        while let Some(token) = self.peek(0).copied() {
            let ends = ["UNION", "EXCEPT", "INTERSECT", "MINUS"].iter().any(|word| token.is_word(self.text, word));
            let is_except = token.is_word(self.text, "EXCEPT") && clause == Clause::Items;
            if token.is_sign(self.text, ")")
                || token.is_sign(self.text, ";")
                || (ends && !is_except)
                || token.is_word(self.text, "SELECT")
            {
                break;
            }
            if let Some(next) = clause_of(&token, self.text) {
                if clause == Clause::Items {
                    items.extend(self.item(&std::mem::take(&mut item)));
                }
                clause = next;
                self.begin(index, token.span.end, next);
                self.at += 1;
                if next == Clause::From {
                    tables.extend(self.table(end, depth));
                }
                continue;
            }
            if token.is_sign(self.text, "(") {
                self.inside(end, Some(index), depth);
                item.push(token);
                continue;
            }
            self.at += 1;
            match clause {
                Clause::Items if token.is_sign(self.text, ",") => items.extend(self.item(&std::mem::take(&mut item))),
                Clause::From | Clause::On if token.is_word(self.text, "JOIN") => {
                    clause = Clause::From;
                    self.begin(index, token.span.end, Clause::From);
                    tables.extend(self.table(end, depth));
                }
                Clause::From if token.is_sign(self.text, ",") => tables.extend(self.table(end, depth)),
                _ => item.push(token),
            }
        }
        if clause == Clause::Items {
            items.extend(self.item(&item));
        }
        let stop = self.place();
        if let Some(select) = self.outline.selects.get_mut(index) {
            select.span.end = stop;
            (select.tables, select.items) = (tables, items);
        }
        index
    }

    fn begin(&mut self, select: usize, at: usize, clause: Clause) {
        if let Some(select) = self.outline.selects.get_mut(select) {
            select.clauses.push((at, clause));
        }
    }

    /// One column; `tokens` are those outside of parentheses.
    fn item(&self, tokens: &[Token]) -> Option<Item> {
        let last = tokens.last()?;
        if last.is_sign(self.text, "*") && tokens.len() <= 3 {
            return Some(Item { name: String::new(), name_span: last.span, is_star: true });
        }
        let before = tokens.len().checked_sub(2).and_then(|at| tokens.get(at));
        let is_alias = before.is_none_or(|before| {
            before.is_word(self.text, "AS")
                || before.is_sign(self.text, ".")
                || !matches!(before.kind, Kind::Sign)
                || before.is_sign(self.text, "(")
        });
        let is_word = last.is_name() && !is_reserved(last, self.text);
        let name = if is_word && is_alias { last.name(self.text) } else { String::new() };
        Some(Item { name, name_span: last.span, is_star: false })
    }

    /// A table and its alias, if there is one here.
    fn table(&mut self, end: usize, depth: usize) -> Option<Table> {
        let first = *self.peek(0)?;
        let mut table = if first.is_sign(self.text, "(") {
            // OK because a derived table can't use the enclosing query.
            let body = self.inside(end, None, depth)?;
            Table { origin: Origin::Derived(body), span: body, alias: None }
        } else if first.is_word(self.text, "TABLE") && self.is_sign(1, "(") {
            let named =
                (2..8).find_map(|ahead| self.peek(ahead).filter(|token| token.kind == Kind::String)).copied()?;
            self.at += 1;
            self.skip();
            let name = named.text(self.text).trim_matches('\'').to_owned();
            Table { origin: Origin::Named(name), span: named.span, alias: None }
        } else if first.is_name() && !is_reserved(&first, self.text) {
            let mut last = first;
            self.at += 1;
            while self.is_sign(0, ".") && self.peek(1).is_some_and(Token::is_name) {
                last = *self.peek(1)?;
                self.at += 2;
            }
            Table { origin: Origin::Named(last.name(self.text)), span: last.span, alias: None }
        } else {
            return None;
        };
        if self.is_word(0, "AS") {
            self.at += 1;
        }
        if let Some(alias) = self.peek(0).copied().filter(|token| token.is_name() && !is_reserved(token, self.text)) {
            table.alias = Some((alias.name(self.text), alias.span));
            self.at += 1;
        }
        Some(table)
    }
}

fn is_reserved(token: &Token, text: &str) -> bool {
    token.kind == Kind::Word && NO_ALIAS.iter().any(|word| token.text(text).eq_ignore_ascii_case(word))
}

fn clause_of(token: &Token, text: &str) -> Option<Clause> {
    if token.kind != Kind::Word {
        return None;
    }
    Some(match token.text(text).to_ascii_uppercase().as_str() {
        "FROM" => Clause::From,
        "ON" | "USING" => Clause::On,
        "WHERE" => Clause::Where,
        "GROUP" => Clause::Group,
        "HAVING" => Clause::Having,
        "ORDER" => Clause::Order,
        "WINDOW" | "QUALIFY" | "LIMIT" => Clause::Other,
        _ => return None,
    })
}
