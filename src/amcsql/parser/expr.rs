//! Parses expressions with operator precedence.

use super::super::ast::{Expr, ExprKind, Ident};
use super::super::bound::{BinaryOp, Truth};
use super::super::lexer::TokenKind;
use super::super::text::Span;
use super::error::SyntaxError;
use super::{MAX_HEIGHT, Parser, Result};
use crate::amcsql::codes;

/// Precedence levels, lowest first.
pub(super) mod level {
    pub(in crate::amcsql::parser) const OR: u8 = 1;
    pub(in crate::amcsql::parser) const AND: u8 = 2;
    pub(in crate::amcsql::parser) const NOT: u8 = 3;
    pub(in crate::amcsql::parser) const COMPARISON: u8 = 4;
    pub(in crate::amcsql::parser) const SUM: u8 = 5;
    pub(in crate::amcsql::parser) const PRODUCT: u8 = 6;
    pub(in crate::amcsql::parser) const SIGN: u8 = 7;
}

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Result<Expr> {
        self.nested(|parser| parser.expr_at(level::OR))
    }

    /// An expression whose operators have at least the precedence `least`.
    pub(super) fn expr_at(&mut self, least: u8) -> Result<Expr> {
        let mut left = self.prefix()?;
        loop {
            self.pass_fields("the SQL of a condition or of another part of the query");
            let Some(next) = self.operator(least)? else { return Ok(left) };
            left = match next {
                Operator::Logical { and } => self.logical(left, and)?,
                Operator::Binary(op, level) if level >= level::SUM => self.chain(left, op, level)?,
                Operator::Binary(op, level) => self.binary(left, op, level)?,
                Operator::Concat => {
                    self.advance();
                    let right = self.nested(|parser| parser.expr_at(level::PRODUCT))?;
                    let span = left.span.to(right.span);
                    self.node(ExprKind::Concat(Box::new(left), Box::new(right)), span)?
                }
                Operator::Predicate => self.predicate(left)?,
                Operator::Cast => {
                    let message = "AMC has no :: conversion. Write CAST(value AS type).";
                    return Err(SyntaxError::refused(self.peek().span, codes::DOUBLE_COLON, message));
                }
                Operator::Index => self.index(left)?,
            };
        }
    }

    /// An operand up to a predicate, such as before `IN`.
    pub(super) fn operand_before_in(&mut self) -> Result<Expr> {
        self.nested(|parser| parser.expr_at(level::SUM))
    }

    fn prefix(&mut self) -> Result<Expr> {
        let start = self.peek().span;
        if self.eat_word("NOT").is_some() {
            let inner = self.nested(|parser| parser.expr_at(level::NOT))?;
            let span = self.since(start);
            return self.node(ExprKind::Not(Box::new(inner)), span);
        }
        if self.eat("-").is_some() {
            let inner = self.nested(|parser| parser.expr_at(level::SIGN))?;
            let span = self.since(start);
            return self.node(ExprKind::Negate(Box::new(inner)), span);
        }
        if self.eat("+").is_some() {
            return self.nested(|parser| parser.expr_at(level::SIGN));
        }
        self.primary()
    }

    fn operator(&mut self, least: u8) -> Result<Option<Operator>> {
        let found = match &self.peek().kind {
            TokenKind::Sign(sign) => sign_operator(sign),
            TokenKind::Word => {
                self.refuse_operator()?;
                self.word_operator()
            }
            _ => None,
        };
        Ok(found.filter(|(_, level)| *level >= least).map(|(operator, _)| operator))
    }

    /// Reports operators of other dialects with a specific message.
    fn refuse_operator(&self) -> Result<()> {
        let after_not = usize::from(self.is_word("NOT"));
        let ahead = |word: &str| self.is_word_at(after_not, word) && !self.is_sign_at(after_not + 1, ".");
        let message = if ahead("ILIKE") {
            "AMC has no ILIKE. Write x SIMILAR TO '(?i)text', which finds the text anywhere and ignores case, or LOWER(x) LIKE 'text%'."
        } else if ["RLIKE", "REGEXP", "GLOB"].into_iter().any(ahead) {
            "AMC has no such operator. Write x SIMILAR TO 'pattern': a Java regular expression that may match anywhere."
        } else if ahead("DIV") || ahead("MOD") {
            "AMC has no such operator. Write FLOOR(a / b), or a - b * FLOOR(a / b) for the remainder."
        } else {
            return Ok(());
        };
        // OK to look after the word: a bare alias with that name is followed by something that can't begin an
        // operand.
        let operand = self.peek_at(after_not + 1);
        let begins = matches!(
            operand.kind,
            TokenKind::String(_) | TokenKind::Number | TokenKind::Field(_) | TokenKind::Quoted(_)
        ) || self.is_sign_at(after_not + 1, "(")
            || (operand.kind == TokenKind::Word && !self.is_word_at(after_not + 1, "FROM"));
        if begins {
            Err(SyntaxError::refused(self.peek_at(after_not).span, codes::FOREIGN_OPERATOR, message))
        } else {
            Ok(())
        }
    }

    fn word_operator(&self) -> Option<(Operator, u8)> {
        if self.is_word("AND") {
            return Some((Operator::Logical { and: true }, level::AND));
        }
        if self.is_word("OR") {
            return Some((Operator::Logical { and: false }, level::OR));
        }
        let after_not = usize::from(self.is_word("NOT"));
        let predicate = ["BETWEEN", "IN", "LIKE", "SIMILAR"].iter().any(|word| self.is_word_at(after_not, word))
            || self.is_word("IS");
        predicate.then_some((Operator::Predicate, level::COMPARISON))
    }

    /// Consecutive operands of one kind are one node, counted once, however many there are.
    fn logical(&mut self, left: Expr, and: bool) -> Result<Expr> {
        let (word, level) = if and { ("AND", level::NOT) } else { ("OR", level::AND) };
        let mut span = left.span;
        let mut operands = match left.kind {
            ExprKind::Logical { and: same, operands } if same == and => operands,
            _ => vec![left],
        };
        while self.is_word(word) {
            self.advance();
            let right = self.nested(|parser| parser.expr_at(level))?;
            span = span.to(right.span);
            operands.push(right);
        }
        self.node(ExprKind::Logical { and, operands }, span)
    }

    fn binary(&mut self, left: Expr, op: BinaryOp, level: u8) -> Result<Expr> {
        self.advance();
        let right = self.nested(|parser| parser.expr_at(level + 1))?;
        self.joined_by(op, left, right)
    }

    fn index(&mut self, left: Expr) -> Result<Expr> {
        let start = left.span;
        self.advance();
        self.expr()?;
        self.expect("]")?;
        let span = self.since(start);
        self.node(ExprKind::Index(Box::new(left)), span)
    }

    fn predicate(&mut self, left: Expr) -> Result<Expr> {
        let start = left.span;
        let left = Box::new(left);
        if self.eat_word("IS").is_some() {
            let negated = self.eat_word("NOT").is_some();
            let truth = self.truth()?;
            let span = self.since(start);
            return self.node(ExprKind::Is { expr: left, truth, negated }, span);
        }
        let negated = self.eat_word("NOT").is_some();
        let kind = if self.eat_word("BETWEEN").is_some() {
            if self.eat_word("SYMMETRIC").is_none() {
                self.eat_word("ASYMMETRIC");
            }
            let low = Box::new(self.nested(|parser| parser.expr_at(level::SUM))?);
            self.expect_word("AND")?;
            let high = Box::new(self.nested(|parser| parser.expr_at(level::SUM))?);
            ExprKind::Between { expr: left, low, high, negated }
        } else if self.eat_word("IN").is_some() {
            self.in_operand(left, negated)?
        } else if self.eat_word("LIKE").is_some() {
            let pattern = Box::new(self.nested(|parser| parser.expr_at(level::SUM))?);
            let escape = if self.eat_word("ESCAPE").is_some() { Some(Box::new(self.primary()?)) } else { None };
            ExprKind::Like { expr: left, pattern, escape, negated }
        } else {
            self.expect_word("SIMILAR")?;
            self.expect_word("TO")?;
            let pattern = Box::new(self.nested(|parser| parser.expr_at(level::SUM))?);
            ExprKind::SimilarTo { expr: left, pattern, negated }
        };
        let span = self.since(start);
        self.node(kind, span)
    }

    fn truth(&mut self) -> Result<Truth> {
        for (word, truth) in
            [("NULL", Truth::Null), ("TRUE", Truth::True), ("FALSE", Truth::False), ("UNKNOWN", Truth::Null)]
        {
            if self.eat_word(word).is_some() {
                return Ok(truth);
            }
        }
        if self.is_word("DISTINCT") && self.is_word_at(1, "FROM") {
            let message = "AMC documents no IS DISTINCT FROM. Write a = b OR (a IS NULL AND b IS NULL) for equality that counts NULL as a value.";
            return Err(SyntaxError::refused(self.peek().span, codes::FOREIGN_OPERATOR, message));
        }
        Err(self.unexpected())
    }

    fn in_operand(&mut self, expr: Box<Expr>, negated: bool) -> Result<ExprKind> {
        if matches!(self.peek().kind, TokenKind::Field(_)) || self.is_word("UNNEST") {
            let message = "IN takes its values in parentheses: IN ({{name}}).";
            return Err(SyntaxError::refused(self.peek().span, codes::IN_WITHOUT_PARENTHESES, message));
        }
        self.expect("(")?;
        let kind = if ["SELECT", "WITH", "VALUES"].iter().any(|word| self.is_word(word)) {
            let query = Box::new(self.query()?);
            ExprKind::InQuery { expr, query, negated }
        } else {
            let list = self.list(Self::expr)?;
            ExprKind::InList { expr, list, negated }
        };
        self.expect(")")?;
        Ok(kind)
    }

    fn primary(&mut self) -> Result<Expr> {
        let span = self.peek().span;
        let kind = match self.peek().kind.clone() {
            TokenKind::Number => ExprKind::Number(span.of(self.text).to_owned()),
            TokenKind::String(value) => ExprKind::String(value),
            TokenKind::Field(name) => ExprKind::Field(name),
            TokenKind::Sign("(") => return self.parenthesised(),
            TokenKind::Sign(":") if self.peek_at(1).kind == TokenKind::Word => {
                self.advance();
                let name = self.ident()?;
                let span = self.since(span);
                return self.node(ExprKind::Colon(name), span);
            }
            TokenKind::Word => return self.word(),
            TokenKind::Quoted(_) => return self.name(),
            _ => {
                self.expected.push("<EXPRESSION>");
                return Err(self.unexpected());
            }
        };
        self.advance();
        self.node(kind, span)
    }

    fn parenthesised(&mut self) -> Result<Expr> {
        let start = self.advance();
        if ["SELECT", "WITH", "VALUES"].iter().any(|word| self.is_word(word)) {
            let query = self.query()?;
            self.expect(")")?;
            let span = self.since(start);
            return self.node(ExprKind::Query(Box::new(query)), span);
        }
        let mut items = self.list(Self::expr)?;
        self.expect(")")?;
        let span = self.since(start);
        if items.len() == 1
            && let Some(only) = items.pop()
        {
            return Ok(Expr { span, ..only });
        }
        self.node(ExprKind::Row(items), span)
    }

    /// `a`, `a.b`, `a.b.c`.
    pub(super) fn name(&mut self) -> Result<Expr> {
        let start = self.peek().span;
        let mut names: Vec<Ident> = vec![self.ident()?];
        while self.is_sign(".") {
            self.advance();
            if let TokenKind::Field(name) = &self.peek().kind {
                let name = name.clone();
                self.pass_fields("the name of a column");
                let span = self.since(start);
                return self.node(ExprKind::Field(name), span);
            }
            names.push(self.ident()?);
        }
        let span = self.since(start);
        self.node(ExprKind::Name(names), span)
    }

    /// Creates a node and computes its height.
    pub(super) fn node(&mut self, kind: ExprKind, span: Span) -> Result<Expr> {
        let height = 1 + below(&kind, self.query_height);
        if height > MAX_HEIGHT {
            return Err(SyntaxError::too_deep(span));
        }
        self.highest = self.highest.max(height);
        Ok(Expr { kind, height, span })
    }
}

pub(super) enum Operator {
    Logical { and: bool },
    Binary(BinaryOp, u8),
    Concat,
    Predicate,
    Cast,
    Index,
}

pub(super) fn sign_operator(sign: &str) -> Option<(Operator, u8)> {
    let (op, level) = match sign {
        "+" => (BinaryOp::Plus, level::SUM),
        "-" => (BinaryOp::Minus, level::SUM),
        "*" => (BinaryOp::Times, level::PRODUCT),
        "/" => (BinaryOp::Divide, level::PRODUCT),
        "%" => (BinaryOp::Modulo, level::PRODUCT),
        "=" => (BinaryOp::Eq, level::COMPARISON),
        "<>" | "!=" => (BinaryOp::NotEq, level::COMPARISON),
        "<" => (BinaryOp::Less, level::COMPARISON),
        "<=" => (BinaryOp::LessEq, level::COMPARISON),
        ">" => (BinaryOp::Greater, level::COMPARISON),
        ">=" => (BinaryOp::GreaterEq, level::COMPARISON),
        "||" => return Some((Operator::Concat, level::SUM)),
        "::" => return Some((Operator::Cast, level::SIGN)),
        "[" => return Some((Operator::Index, level::SIGN)),
        _ => return None,
    };
    Some((Operator::Binary(op, level), level))
}

/// The maximum height of the operands of `kind`; `query` is that of a subquery in it.
fn below(kind: &ExprKind, query: usize) -> usize {
    let most = |list: &[Expr]| list.iter().map(|it| it.height).max().unwrap_or(0);
    match kind {
        ExprKind::Logical { operands: list, .. } | ExprKind::Array(list) | ExprKind::Row(list) => most(list),
        ExprKind::Not(expr)
        | ExprKind::Negate(expr)
        | ExprKind::Is { expr, .. }
        | ExprKind::Cast { expr, .. }
        | ExprKind::Extract { expr, .. }
        | ExprKind::Index(expr) => expr.height,
        ExprKind::Binary { left, right, .. } | ExprKind::Concat(left, right) => left.height.max(right.height),
        ExprKind::Like { expr, pattern, .. } | ExprKind::SimilarTo { expr, pattern, .. } => {
            expr.height.max(pattern.height)
        }
        ExprKind::Between { expr, low, high, .. } => expr.height.max(low.height).max(high.height),
        ExprKind::InList { expr, list, .. } => expr.height.max(most(list)),
        ExprKind::InQuery { expr, .. } => expr.height.max(query),
        ExprKind::Exists(_) | ExprKind::Query(_) => query,
        ExprKind::Case { operand, branches, otherwise } => {
            let ends = operand.iter().chain(otherwise).map(|it| it.height).max().unwrap_or(0);
            branches.iter().map(|(when, then)| when.height.max(then.height)).fold(ends, usize::max)
        }
        ExprKind::Call(call) => {
            let filter = call.filter.as_ref().map_or(0, |it| it.height);
            let over = match &call.over {
                Some(super::super::ast::Over::Spec(spec)) => {
                    most(&spec.partition).max(spec.order.iter().map(|it| it.expr.height).max().unwrap_or(0))
                }
                _ => 0,
            };
            most(&call.args).max(filter).max(over)
        }
        ExprKind::Name(_)
        | ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Boolean(_)
        | ExprKind::Null
        | ExprKind::Date(_)
        | ExprKind::Timestamp(_)
        | ExprKind::Interval
        | ExprKind::Colon(_)
        | ExprKind::Field(_) => 0,
    }
}
