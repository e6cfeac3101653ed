//! Parses sums and products, which may be long.

use super::super::ast::{Expr, ExprKind};
use super::super::bound::BinaryOp;
use super::super::lexer::TokenKind;
use super::error::SyntaxError;
use super::expr::{Operator, level, sign_operator};
use super::{Parser, Result};

/// Maximum number of terms of a sum or product.
const LONGEST_CHAIN: usize = 20_000;

/// The number of terms up to which a chain stays a left-leaning tree.
const SHORT_CHAIN: usize = 32;

impl Parser<'_> {
    /// Sums and products, which may be long: a chain doesn't count as depth. Short ones are left-associative, as
    /// written.
    pub(super) fn chain(&mut self, first: Expr, op: BinaryOp, level: u8) -> Result<Expr> {
        let mut terms = vec![(op, first)];
        let mut next = Some(op);
        while let Some(op) = next {
            let sign = self.advance();
            if terms.len() >= LONGEST_CHAIN {
                return Err(SyntaxError::too_deep(sign));
            }
            let right = self.nested(|parser| parser.expr_at(level + 1))?;
            terms.push((op, right));
            self.pass_fields("the SQL of a condition or of another part of the query");
            next = match &self.peek().kind {
                TokenKind::Sign(sign) => match sign_operator(sign) {
                    Some((Operator::Binary(op, own), _)) if own == level => Some(op),
                    _ => None,
                },
                _ => None,
            };
        }
        let may_regroup = level == level::SUM || terms.iter().all(|(op, _)| *op == BinaryOp::Times);
        if terms.len() > SHORT_CHAIN && may_regroup {
            return self.regrouped(terms);
        }
        let mut terms = terms.into_iter();
        let Some((_, mut left)) = terms.next() else { return Err(self.unexpected()) };
        for (op, right) in terms {
            left = self.joined_by(op, left, right)?;
        }
        Ok(left)
    }

    /// A long chain as a balanced tree. After a minus the signs of the right half change.
    fn regrouped(&mut self, mut terms: Vec<(BinaryOp, Expr)>) -> Result<Expr> {
        if terms.len() == 1
            && let Some((_, only)) = terms.pop()
        {
            return Ok(only);
        }
        let mut right = terms.split_off(terms.len() / 2);
        let op = right.first().map_or(BinaryOp::Plus, |(op, _)| *op);
        if op == BinaryOp::Minus {
            for (sign, _) in right.iter_mut().skip(1) {
                *sign = if *sign == BinaryOp::Minus { BinaryOp::Plus } else { BinaryOp::Minus };
            }
        }
        let (left, right) = (self.regrouped(terms)?, self.regrouped(right)?);
        self.joined_by(op, left, right)
    }

    pub(super) fn joined_by(&mut self, op: BinaryOp, left: Expr, right: Expr) -> Result<Expr> {
        let span = left.span.to(right.span);
        self.node(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, span)
    }
}
