//! Parses queries: `WITH`, set operations, `SELECT`, `VALUES`.

use super::super::ast::{Body, Cte, Ident, Item, Query, Select, Values};
use super::super::bound::SetKind;
use super::super::lexer::{SlipKind, TokenKind};
use super::super::text::Span;
use super::error::SyntaxError;
use super::{Parser, Result};
use crate::amcsql::codes;

/// Unquoted words that end an expression, so they aren't aliases.
const NO_ALIAS: [&str; 41] = [
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

/// Words of the grammar that Calcite doesn't accept as a name without quotes. Words that published queries use as
/// names, such as `date` and `path`, are omitted.
const RESERVED: [&str; 44] = [
    "ALL",
    "AND",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CROSS",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "FALSE",
    "FETCH",
    "FULL",
    "GROUP",
    "HAVING",
    "IN",
    "INNER",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NATURAL",
    "NOT",
    "NULL",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "RIGHT",
    "THEN",
    "TRUE",
    "UNION",
    "USING",
    "VALUES",
    "WHERE",
];

/// Maximum number of columns of one `SELECT`.
const MOST_ITEMS: usize = 2_000;

impl Parser<'_> {
    pub(super) fn query(&mut self) -> Result<Query> {
        let outer = std::mem::take(&mut self.highest);
        let query = self.nested(Self::query_inside)?;
        self.query_height = self.highest + 1;
        self.highest = outer.max(self.query_height);
        Ok(query)
    }

    fn query_inside(&mut self) -> Result<Query> {
        let start = self.peek().span;
        let with = if self.eat_word("WITH").is_some() { self.list(Self::cte)? } else { Vec::new() };
        let body = self.body()?;
        let order_by = self.order_by()?;
        let limit = if self.eat_word("LIMIT").is_some() { Some(self.expr()?) } else { None };
        let paging = self.paging()?;
        Ok(Query { with, body, order_by, limit, paging, span: self.since(start) })
    }

    fn cte(&mut self) -> Result<Cte> {
        let name = self.ident()?;
        let columns = if self.is_sign("(") { self.idents()? } else { Vec::new() };
        self.expect_word("AS")?;
        self.expect("(")?;
        let query = self.query()?;
        self.expect(")")?;
        Ok(Cte { name, columns, query })
    }

    /// Set operations; `INTERSECT` binds tighter than the others.
    fn body(&mut self) -> Result<Body> {
        let mut left = self.intersections()?;
        let mut links = 0;
        loop {
            let operator = self.peek().span;
            let kind = if self.eat_word("UNION").is_some() {
                SetKind::Union
            } else if self.eat_word("EXCEPT").is_some() || self.eat_word("MINUS").is_some() {
                SetKind::Except
            } else {
                return Ok(left);
            };
            let all = self.set_quantifier();
            let right = self.intersections()?;
            left = self.joined(left, right, kind, all, operator, &mut links)?;
        }
    }

    fn intersections(&mut self) -> Result<Body> {
        let mut left = self.operand()?;
        let mut links = 0;
        loop {
            let operator = self.peek().span;
            if self.eat_word("INTERSECT").is_none() {
                return Ok(left);
            }
            let all = self.set_quantifier();
            let right = self.operand()?;
            left = self.joined(left, right, SetKind::Intersect, all, operator, &mut links)?;
        }
    }

    fn set_quantifier(&mut self) -> bool {
        let all = self.eat_word("ALL").is_some();
        if !all {
            self.eat_word("DISTINCT");
        }
        all
    }

    /// Consecutive unions of one kind are one node, however many there are.
    fn joined(
        &self,
        left: Body,
        right: Body,
        kind: SetKind,
        all: bool,
        operator: Span,
        links: &mut usize,
    ) -> Result<Body> {
        let span = left.span().to(self.since(left.span()));
        match left {
            Body::Set { kind: SetKind::Union, all: as_left, mut inputs, operator, .. }
                if kind == SetKind::Union && as_left == all =>
            {
                inputs.push(right);
                Ok(Body::Set { kind, all, inputs, operator, span })
            }
            left => {
                *links += 1;
                if *links > super::MAX_DEPTH {
                    return Err(SyntaxError::too_deep(operator));
                }
                Ok(Body::Set { kind, all, inputs: vec![left, right], operator, span })
            }
        }
    }

    fn operand(&mut self) -> Result<Body> {
        if self.eat("(").is_some() {
            let query = self.query()?;
            self.expect(")")?;
            return Ok(Body::Query(Box::new(query)));
        }
        if self.is_word("VALUES") {
            return Ok(Body::Values(self.values()?));
        }
        if self.is_word("SELECT") {
            return Ok(Body::Select(Box::new(self.select()?)));
        }
        self.expected.extend(["SELECT", "VALUES"]);
        if matches!(self.peek().kind, TokenKind::Field(_)) {
            let message = "A parameter is a value, so it cannot be a query. Write the query here, or make it a common table (WITH).";
            return Err(SyntaxError::refused(self.peek().span, codes::PARAMETER_AS_SQL, message));
        }
        self.refuse_statement()?;
        Err(self.unexpected())
    }

    /// Reports statements that change data with a specific message.
    fn refuse_statement(&self) -> Result<()> {
        const WRITES: [&str; 9] =
            ["INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "MERGE", "TRUNCATE", "GRANT"];
        if WRITES.iter().any(|word| self.is_word(word)) {
            let message = "AMC only reads: a query starts with SELECT or WITH.";
            return Err(SyntaxError::refused(self.peek().span, codes::NOT_A_QUERY, message));
        }
        Ok(())
    }

    pub(super) fn values(&mut self) -> Result<Values> {
        let start = self.expect_word("VALUES")?;
        let rows = self.list(|parser| {
            let start = parser.peek().span;
            let cells = if parser.eat("(").is_some() {
                let cells = parser.list(Self::expr)?;
                parser.expect(")")?;
                cells
            } else {
                vec![parser.expr()?]
            };
            Ok((cells, parser.since(start)))
        })?;
        Ok(Values { rows, span: self.since(start) })
    }

    fn select(&mut self) -> Result<Select> {
        let start = self.expect_word("SELECT")?;
        let distinct = self.eat_word("DISTINCT").is_some();
        if !distinct {
            self.eat_word("ALL");
        }
        if self.is_word("TOP") && matches!(self.peek_at(1).kind, TokenKind::Number) {
            let message = "AMC has no TOP. To keep the best rows, filter on RANK() OVER (ORDER BY …) in a SELECT around this one.";
            return Err(SyntaxError::refused(self.peek().span, codes::TOP, message));
        }
        let items = self.items()?;
        let from = if self.eat_word("FROM").is_some() { self.list(Self::from)? } else { Vec::new() };
        let filter = if self.eat_word("WHERE").is_some() { Some(self.expr()?) } else { None };
        let (group_by, grouping_sets) = self.group_by()?;
        let having = if self.eat_word("HAVING").is_some() { Some(self.expr()?) } else { None };
        let windows = if self.eat_word("WINDOW").is_some() { self.list(Self::named_window)? } else { Vec::new() };
        let qualify = self.qualify()?;
        let span = self.since(start);
        Ok(Select { distinct, items, from, filter, group_by, grouping_sets, having, windows, qualify, span })
    }

    fn items(&mut self) -> Result<Vec<Item>> {
        let mut items = vec![self.item()?];
        while self.eat(",").is_some() {
            if items.len() >= MOST_ITEMS {
                let message = "A SELECT takes at most 2,000 columns. AMC returns a hundred of them.";
                return Err(SyntaxError::refused(self.peek().span, codes::TOO_MANY_COLUMNS, message));
            }
            items.push(self.item()?);
        }
        Ok(items)
    }

    fn item(&mut self) -> Result<Item> {
        let start = self.peek().span;
        if self.eat("*").is_some() {
            let except = self.star_except()?;
            return Ok(Item::Star(self.since(start), except));
        }
        if let Some(names) = self.qualified_star() {
            return Ok(Item::Qualified(names, self.since(start)));
        }
        let expr = self.expr()?;
        let alias = self.alias()?;
        self.pass_fields("a part of SELECT");
        Ok(Item::Expr(expr, alias))
    }

    /// `EXCEPT (…)` after a star; `EXCEPT SELECT` is a set operation.
    fn star_except(&mut self) -> Result<Option<Span>> {
        if !(self.is_word("EXCEPT") && self.is_sign_at(1, "(") && !self.is_word_at(2, "SELECT")) {
            return Ok(None);
        }
        let start = self.advance();
        self.idents()?;
        Ok(Some(self.since(start)))
    }

    /// `a.b.*`, with look-ahead, since `a.b` alone is an expression.
    fn qualified_star(&mut self) -> Option<Vec<Ident>> {
        let mut ahead = 0;
        while matches!(self.peek_at(ahead).kind, TokenKind::Word | TokenKind::Quoted(_))
            && self.is_sign_at(ahead + 1, ".")
        {
            ahead += 2;
        }
        if ahead == 0 || !self.is_sign_at(ahead, "*") {
            return None;
        }
        let mut names = Vec::new();
        while !self.is_sign("*") {
            names.extend(self.ident().ok());
            self.eat(".");
        }
        self.advance();
        Some(names)
    }

    /// `AS name`, or a bare name that can't be anything else.
    pub(super) fn alias(&mut self) -> Result<Option<Ident>> {
        if self.eat_word("AS").is_some() {
            let alias = self.ident_or_text()?;
            if RESERVED.iter().any(|word| alias.span.of(self.text).eq_ignore_ascii_case(word)) {
                self.slip(SlipKind::ReservedAlias(alias.name.clone()), alias.span);
            }
            return Ok(Some(alias));
        }
        let free = match self.peek().kind {
            TokenKind::Word => !NO_ALIAS.iter().any(|word| self.is_word(word)),
            TokenKind::Quoted(_) => true,
            _ => false,
        };
        if free { self.ident().map(Some) } else { Ok(None) }
    }

    /// A name after `AS`; reports a text in its place with a specific message.
    fn ident_or_text(&mut self) -> Result<Ident> {
        if matches!(self.peek().kind, TokenKind::String(_)) {
            let message = "A name stands without quotes: AS total_cost.";
            return Err(SyntaxError::refused(self.peek().span, codes::QUOTED_ALIAS, message));
        }
        self.ident()
    }

    pub(super) fn ident(&mut self) -> Result<Ident> {
        let name = match &self.peek().kind {
            TokenKind::Field(name) => {
                let (name, span) = (name.clone(), self.peek().span);
                self.slip(SlipKind::FieldAsSql { name: name.clone(), place: "a name" }, span);
                name
            }
            TokenKind::Word if !self.is_word("SELECT") && !self.is_word("FROM") => {
                self.peek().span.of(self.text).to_owned()
            }
            TokenKind::Quoted(name) => name.clone(),
            _ => {
                self.expected.push("<IDENTIFIER>");
                return Err(self.unexpected());
            }
        };
        Ok(Ident { name, span: self.advance() })
    }

    /// Names in parentheses.
    pub(super) fn idents(&mut self) -> Result<Vec<Ident>> {
        self.expect("(")?;
        let names = self.list(Self::ident)?;
        self.expect(")")?;
        Ok(names)
    }
}
