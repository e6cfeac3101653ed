//! Parses `FROM`: tables, joins, subqueries, extended time windows.

use super::super::ast::{Condition, From, Join, Table, TableKind};
use super::super::bound::JoinKind;
use super::super::lexer::TokenKind;
use super::super::text::Span;
use super::error::SyntaxError;
use super::{Parser, Result};
use crate::amcsql::codes;

/// Words that can't be a table name: in its place they mean that the table is missing.
const NO_TABLE: [&str; 12] =
    ["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "JOIN", "INNER", "LEFT", "CROSS", "FULL", "ON"];

impl Parser<'_> {
    pub(super) fn from(&mut self) -> Result<From> {
        let first = self.table()?;
        let mut joins = Vec::new();
        while let Some(join) = self.join()? {
            joins.push(join);
        }
        Ok(From { first, joins })
    }

    fn join(&mut self) -> Result<Option<Join>> {
        let start = self.peek().span;
        let natural = self.eat_word("NATURAL").is_some();
        let kind = if self.eat_word("INNER").is_some() {
            Some(JoinKind::Inner)
        } else if self.eat_word("CROSS").is_some() {
            Some(JoinKind::Cross)
        } else if self.eat_word("LEFT").is_some() {
            self.refuse_half_join()?;
            self.eat_word("OUTER");
            Some(JoinKind::Left)
        } else if self.eat_word("RIGHT").is_some() {
            self.eat_word("OUTER");
            None
        } else if self.eat_word("FULL").is_some() {
            self.eat_word("OUTER");
            Some(JoinKind::Full)
        } else if natural || self.is_word("JOIN") {
            Some(JoinKind::Inner)
        } else {
            self.expected.push("JOIN");
            return Ok(None);
        };
        self.expect_word("JOIN")?;
        let keyword = self.since(start);
        let right = self.table()?;
        let condition = self.condition()?;
        Ok(Some(Join { kind, natural, keyword, right, condition }))
    }

    fn refuse_half_join(&self) -> Result<()> {
        let message = if self.is_word("SEMI") {
            "AMC has no SEMI JOIN. Write WHERE EXISTS (SELECT …), or x IN (SELECT …)."
        } else if self.is_word("ANTI") {
            "AMC has no ANTI JOIN. Write LEFT JOIN … ON … WHERE right_column IS NULL."
        } else {
            return Ok(());
        };
        Err(SyntaxError::refused(self.peek().span, codes::FOREIGN_JOIN, message))
    }

    fn condition(&mut self) -> Result<Condition> {
        if self.eat_word("ON").is_some() {
            return self.expr().map(Condition::On);
        }
        if self.eat_word("USING").is_some() {
            return self.idents().map(Condition::Using);
        }
        Ok(Condition::None)
    }

    fn table(&mut self) -> Result<Table> {
        let start = self.peek().span;
        let kind = self.nested(Self::table_kind)?;
        let span = self.since(start);
        self.pass_fields("a part of FROM");
        self.refuse_pivot()?;
        let alias = self.alias()?;
        self.pass_fields("a part of FROM");
        self.refuse_pivot()?;
        let columns = if alias.is_some() && self.is_sign("(") { self.idents()? } else { Vec::new() };
        Ok(Table { kind, alias, columns, span })
    }

    /// Reports clauses that other dialects allow after a table.
    fn refuse_pivot(&self) -> Result<()> {
        let pivot = ["PIVOT", "UNPIVOT"].iter().any(|word| self.is_word(word)) && self.is_sign_at(1, "(");
        let (code, message) = if pivot {
            (codes::PIVOT, "AMC has no PIVOT. Write one SUM(IF(condition, x, 0)) for each column.")
        } else if self.is_word("TABLESAMPLE") {
            (
                codes::FOREIGN_TABLE,
                "AMC has no TABLESAMPLE. Sample with WHERE RANDOM() <= 0.1, for a look at the shape of the data.",
            )
        } else if self.is_word("LATERAL") && self.is_word_at(1, "VIEW") {
            (codes::FOREIGN_TABLE, "AMC has no LATERAL VIEW. Select EXPLODE(array) in a subquery.")
        } else {
            return Ok(());
        };
        Err(SyntaxError::refused(self.peek().span, code, message))
    }

    fn table_kind(&mut self) -> Result<TableKind> {
        if matches!(self.peek().kind, TokenKind::Field(_)) {
            self.pass_fields("the name of a data source");
            return Ok(TableKind::Unknown);
        }
        if self.is_sign("(") {
            return self.parenthesis();
        }
        if self.is_word("TABLE") && self.is_sign_at(1, "(") {
            self.advance();
            self.advance();
            let name = self.ident()?;
            let args = self.arguments()?;
            self.expect(")")?;
            return Ok(TableKind::Function { name, args });
        }
        if self.is_word("VALUES") && !self.is_sign_at(1, ",") {
            let values = self.values()?;
            return Ok(TableKind::Derived(Box::new(plain(values))));
        }
        if matches!(self.peek().kind, TokenKind::Word) && self.is_sign_at(1, "(") {
            let name = self.ident()?;
            let args = self.arguments()?;
            return Ok(TableKind::Function { name, args });
        }
        if NO_TABLE.iter().any(|word| self.is_word(word)) && !self.is_sign_at(1, ".") {
            self.expected.push("<TABLE>");
            return Err(self.unexpected());
        }
        let mut names = vec![self.ident()?];
        while self.eat(".").is_some() {
            names.push(self.ident()?);
        }
        Ok(TableKind::Named(names))
    }

    /// A subquery, `VALUES` or a join in parentheses. Several opening parentheses may begin either; the first other
    /// word decides.
    fn parenthesis(&mut self) -> Result<TableKind> {
        let mut ahead = 1;
        while self.is_sign_at(ahead, "(") && ahead <= super::MAX_DEPTH {
            ahead += 1;
        }
        let query = ["SELECT", "WITH", "VALUES"].iter().any(|word| self.is_word_at(ahead, word));
        self.advance();
        let kind = if query && !(ahead > 1 && self.joins_behind()) {
            TableKind::Derived(Box::new(self.query()?))
        } else {
            TableKind::Nested(Box::new(self.from()?))
        };
        self.expect(")")?;
        Ok(kind)
    }

    /// Whether the next parenthesis is followed by something that can only follow a table.
    fn joins_behind(&self) -> bool {
        const SET: [&str; 8] = ["UNION", "INTERSECT", "EXCEPT", "MINUS", "ORDER", "LIMIT", "OFFSET", "FETCH"];
        let mut open = 0_usize;
        let mut ahead = 0;
        loop {
            let token = self.peek_at(ahead);
            match token.kind {
                TokenKind::End => return false,
                TokenKind::Sign("(") => open += 1,
                TokenKind::Sign(")") if open <= 1 => break,
                TokenKind::Sign(")") => open -= 1,
                _ => {}
            }
            ahead += 1;
        }
        let next = self.peek_at(ahead + 1);
        match next.kind {
            TokenKind::Word => !SET.iter().any(|word| self.is_word_at(ahead + 1, word)),
            TokenKind::Quoted(_) | TokenKind::Sign(",") => true,
            _ => false,
        }
    }

    fn arguments(&mut self) -> Result<Vec<super::super::ast::Expr>> {
        self.expect("(")?;
        let args = if self.is_sign(")") { Vec::new() } else { self.list(Self::expr)? };
        self.expect(")")?;
        Ok(args)
    }
}

fn plain(values: super::super::ast::Values) -> super::super::ast::Query {
    let span: Span = values.span;
    super::super::ast::Query {
        with: Vec::new(),
        body: super::super::ast::Body::Values(values),
        order_by: Vec::new(),
        limit: None,
        paging: None,
        span,
    }
}
