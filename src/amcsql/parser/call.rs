//! Parses expressions that begin with a word: literals, `CASE`, `CAST`, calls with special syntax.

use super::super::ast::{Call, Expr, ExprKind, Ident, TypeName};
use super::super::catalogue::DataType;
use super::super::lexer::{SlipKind, TokenKind};
use super::super::text::Span;
use super::error::SyntaxError;
use super::{Parser, Result};
use crate::amcsql::codes;

/// Words that can't begin an expression.
const NO_EXPRESSION: [&str; 24] = [
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "ORDER",
    "LIMIT",
    "SELECT",
    "WITH",
    "AS",
    "ON",
    "USING",
    "JOIN",
    "AND",
    "OR",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "IN",
    "IS",
    "BETWEEN",
];

impl Parser<'_> {
    pub(super) fn word(&mut self) -> Result<Expr> {
        let start = self.peek().span;
        let word = self.word_at(0).to_ascii_uppercase();
        let kind = match word.as_str() {
            "TRUE" => self.literal(ExprKind::Boolean(true)),
            "FALSE" => self.literal(ExprKind::Boolean(false)),
            "NULL" => self.literal(ExprKind::Null),
            "CASE" => self.case()?,
            "CAST" if self.is_sign_at(1, "(") => self.cast()?,
            "TRY_CAST" | "SAFE_CAST" if self.is_sign_at(1, "(") => {
                self.slip(SlipKind::Name { written: word.clone(), meant: "CAST" }, start);
                self.cast()?
            }
            "EXTRACT" if self.is_sign_at(1, "(") => self.extract()?,
            "EXISTS" if self.is_sign_at(1, "(") => self.exists()?,
            "ARRAY" if self.is_sign_at(1, "[") => self.array()?,
            "INTERVAL" if !self.is_sign_at(1, ".") && !self.ends_item(1) => self.interval()?,
            "DATE" | "TIMESTAMP" if matches!(self.peek_at(1).kind, TokenKind::String(_)) => self.moment(&word),
            _ if self.is_sign_at(1, "(") => self.call()?,
            "CURRENT_DATE" | "CURRENT_TIMESTAMP" => {
                let name = self.ident()?;
                bare_call(name)
            }
            it if NO_EXPRESSION.contains(&it) => {
                self.expected.push("<EXPRESSION>");
                return Err(self.unexpected());
            }
            _ => return self.name(),
        };
        let span = self.since(start);
        self.node(kind, span)
    }

    fn literal(&mut self, kind: ExprKind) -> ExprKind {
        self.advance();
        kind
    }

    /// Whether the token `ahead` ends an item, so that the word before it is a name.
    fn ends_item(&self, ahead: usize) -> bool {
        !matches!(self.peek_at(ahead).kind, TokenKind::String(_) | TokenKind::Number | TokenKind::Word)
    }

    fn moment(&mut self, word: &str) -> ExprKind {
        self.advance();
        let TokenKind::String(value) = self.peek().kind.clone() else { return ExprKind::Null };
        self.advance();
        if word == "DATE" { ExprKind::Date(value) } else { ExprKind::Timestamp(value) }
    }

    fn interval(&mut self) -> Result<ExprKind> {
        self.advance();
        self.eat("-");
        if matches!(self.peek().kind, TokenKind::String(_) | TokenKind::Number) {
            self.advance();
        }
        self.ident()?;
        if self.is_word("TO") {
            self.advance();
            self.ident()?;
        }
        Ok(ExprKind::Interval)
    }

    fn case(&mut self) -> Result<ExprKind> {
        self.advance();
        let operand = if self.is_word("WHEN") { None } else { Some(Box::new(self.expr()?)) };
        let mut branches = Vec::new();
        while self.eat_word("WHEN").is_some() {
            let when = self.expr()?;
            self.expect_word("THEN")?;
            branches.push((when, self.expr()?));
        }
        if branches.is_empty() {
            return Err(self.unexpected());
        }
        let otherwise = if self.eat_word("ELSE").is_some() { Some(Box::new(self.expr()?)) } else { None };
        self.expect_word("END")?;
        Ok(ExprKind::Case { operand, branches, otherwise })
    }

    fn cast(&mut self) -> Result<ExprKind> {
        self.advance();
        self.advance();
        let expr = Box::new(self.expr()?);
        self.expect_word("AS")?;
        let target = self.type_name()?;
        self.expect(")")?;
        Ok(ExprKind::Cast { expr, target })
    }

    fn type_name(&mut self) -> Result<TypeName> {
        let start = self.peek().span;
        let word = self.ident()?.name.to_ascii_uppercase();
        let data_type = if word == "ARRAY" && self.is_sign("<") {
            self.advance();
            let element = self.nested(Self::type_name)?;
            self.expect(">")?;
            element.data_type.map(|it| DataType::Array(Box::new(it)))
        } else if self.is_sign("(") {
            self.advance();
            let digits = self.list(|parser| {
                let span = parser.peek().span;
                if parser.peek().kind != TokenKind::Number {
                    parser.expected.push("<UNSIGNED INTEGER>");
                    return Err(parser.unexpected());
                }
                parser.advance();
                Ok(span.of(parser.text).parse::<u8>().unwrap_or(u8::MAX))
            })?;
            self.expect(")")?;
            with_digits(&word, &digits)
        } else {
            if word == "DOUBLE" {
                self.eat_word("PRECISION");
            }
            DataType::named(&word)
        };
        // OK because `INTEGER ARRAY` is the array syntax of the SQL standard, and so of Calcite.
        let data_type = match data_type {
            Some(element) if self.eat_word("ARRAY").is_some() => Some(DataType::Array(Box::new(element))),
            other => other,
        };
        Ok(TypeName { data_type, span: self.since(start) })
    }

    fn extract(&mut self) -> Result<ExprKind> {
        self.advance();
        self.advance();
        if matches!(self.peek().kind, TokenKind::String(_)) {
            let message = "EXTRACT takes its unit without quotes: EXTRACT(DAY FROM t).";
            return Err(SyntaxError::refused(self.peek().span, codes::TIME_UNIT, message));
        }
        let unit = self.ident()?;
        self.expect_word("FROM")?;
        let expr = Box::new(self.expr()?);
        self.expect(")")?;
        Ok(ExprKind::Extract { unit, expr })
    }

    fn exists(&mut self) -> Result<ExprKind> {
        self.advance();
        self.advance();
        let query = self.query()?;
        self.expect(")")?;
        Ok(ExprKind::Exists(Box::new(query)))
    }

    fn array(&mut self) -> Result<ExprKind> {
        self.advance();
        self.advance();
        let items = if self.is_sign("]") { Vec::new() } else { self.list(Self::expr)? };
        self.expect("]")?;
        Ok(ExprKind::Array(items))
    }

    fn call(&mut self) -> Result<ExprKind> {
        let word = self.word_at(0).to_ascii_uppercase();
        let name = Ident { name: self.word_at(0).to_owned(), span: self.advance() };
        self.expect("(")?;
        let mut call =
            Call { name, distinct: false, star: false, args: Vec::new(), within_group: None, filter: None, over: None };
        match word.as_str() {
            "TRIM" => self.trim_arguments(&mut call)?,
            "POSITION" => self.position_arguments(&mut call)?,
            "SUBSTRING" => self.substring_arguments(&mut call)?,
            _ => self.plain_arguments(&mut call)?,
        }
        self.expect(")")?;
        self.call_tail(&mut call)?;
        Ok(ExprKind::Call(Box::new(call)))
    }

    fn plain_arguments(&mut self, call: &mut Call) -> Result<()> {
        if self.is_sign(")") {
            return Ok(());
        }
        if self.is_sign("*") && self.is_sign_at(1, ")") {
            self.advance();
            call.star = true;
            return Ok(());
        }
        call.distinct = self.eat_word("DISTINCT").is_some();
        if !call.distinct && self.is_word("ALL") && !self.is_sign_at(1, ",") && !self.is_sign_at(1, ")") {
            self.advance();
        }
        call.args = self.list(Self::expr)?;
        if self.is_word("ORDER") && self.is_word_at(1, "BY") {
            let message = "AMC orders nothing inside a function. Write ARRAY_SORT(COLLECT(x)), with what orders first in a NAMED_ROW.";
            return Err(SyntaxError::refused(self.peek().span, codes::ORDER_IN_FUNCTION, message));
        }
        Ok(())
    }

    /// `TRIM(s)`, `TRIM(BOTH c FROM s)`, `TRIM(c FROM s)`; one-sided forms become `LTRIM` and `RTRIM`.
    fn trim_arguments(&mut self, call: &mut Call) -> Result<()> {
        let sided = ["BOTH", "LEADING", "TRAILING"].iter().any(|word| self.is_word(word))
            && !self.is_sign_at(1, ")")
            && !self.is_sign_at(1, ".");
        if sided {
            let side = self.word_at(0).to_ascii_uppercase();
            self.advance();
            match side.as_str() {
                "LEADING" => "LTRIM".clone_into(&mut call.name.name),
                "TRAILING" => "RTRIM".clone_into(&mut call.name.name),
                _ => {}
            }
            if self.eat_word("FROM").is_some() {
                call.args = vec![self.expr()?];
                return Ok(());
            }
        }
        let first = self.expr()?;
        if self.eat_word("FROM").is_some() {
            call.args = vec![self.expr()?, first];
        } else if sided {
            return Err(self.unexpected());
        } else {
            call.args = vec![first];
            while self.eat(",").is_some() {
                call.args.push(self.expr()?);
            }
        }
        Ok(())
    }

    /// `POSITION(x IN s)`; also with a comma.
    fn position_arguments(&mut self, call: &mut Call) -> Result<()> {
        let needle = self.operand_before_in()?;
        if self.eat_word("IN").is_some() {
            call.args = vec![needle, self.expr()?];
        } else {
            call.args = vec![needle];
            while self.eat(",").is_some() {
                call.args.push(self.expr()?);
            }
        }
        Ok(())
    }

    /// `SUBSTRING(s FROM i [FOR n])`; also with commas.
    fn substring_arguments(&mut self, call: &mut Call) -> Result<()> {
        call.args = vec![self.expr()?];
        if self.eat_word("FROM").is_some() {
            call.args.push(self.expr()?);
            if self.eat_word("FOR").is_some() {
                call.args.push(self.expr()?);
            }
            return Ok(());
        }
        while self.eat(",").is_some() {
            call.args.push(self.expr()?);
        }
        Ok(())
    }

    fn call_tail(&mut self, call: &mut Call) -> Result<()> {
        if self.is_word("WITHIN") && self.is_word_at(1, "GROUP") {
            let start: Span = self.advance();
            self.advance();
            self.balanced()?;
            call.within_group = Some(self.since(start));
        }
        if self.is_word("FILTER") && self.is_sign_at(1, "(") {
            self.advance();
            self.advance();
            self.expect_word("WHERE")?;
            call.filter = Some(self.expr()?);
            self.expect(")")?;
        }
        call.over = self.over()?;
        Ok(())
    }
}

fn bare_call(name: Ident) -> ExprKind {
    let call =
        Call { name, distinct: false, star: false, args: Vec::new(), within_group: None, filter: None, over: None };
    ExprKind::Call(Box::new(call))
}

fn with_digits(word: &str, digits: &[u8]) -> Option<DataType> {
    match (word, digits) {
        ("DECIMAL" | "NUMERIC" | "DEC", [precision]) => DataType::decimal(*precision, 0),
        ("DECIMAL" | "NUMERIC" | "DEC", [precision, scale]) => DataType::decimal(*precision, *scale),
        ("VARCHAR" | "CHAR" | "CHARACTER" | "TIMESTAMP" | "BINARY" | "VARBINARY", [_]) => DataType::named(word),
        _ => None,
    }
}
