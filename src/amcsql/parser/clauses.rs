//! Parses clauses: grouping, order, windows, and those that only other dialects have.

use super::super::ast::{Expr, Ident, OrderItem, Over, WindowSpec};
use super::super::bound::{Frame, FrameBound, FrameUnit};
use super::super::lexer::TokenKind;
use super::super::text::Span;
use super::error::SyntaxError;
use super::{Parser, Result};
use crate::amcsql::codes;

impl Parser<'_> {
    /// `GROUP BY`, and the position of grouping sets in it.
    pub(super) fn group_by(&mut self) -> Result<(Option<Vec<Expr>>, Option<Span>)> {
        if self.eat_word("GROUP").is_none() {
            return Ok((None, None));
        }
        self.expect_word("BY")?;
        let mut sets = None;
        let mut keys = Vec::new();
        loop {
            let start = self.peek().span;
            if self.is_sign("(") && self.is_sign_at(1, ")") {
                self.advance();
                self.advance();
            } else if self.is_word("GROUPING") && self.is_word_at(1, "SETS") {
                self.advance();
                self.advance();
                self.balanced()?;
                sets = Some(self.since(start));
            } else if (self.is_word("ROLLUP") || self.is_word("CUBE")) && self.is_sign_at(1, "(") {
                self.advance();
                self.balanced()?;
                sets = Some(self.since(start));
            } else {
                keys.push(self.expr()?);
            }
            if self.eat(",").is_none() {
                return Ok((Some(keys), sets));
            }
        }
    }

    /// Skips a pair of parentheses with its content.
    pub(super) fn balanced(&mut self) -> Result<Span> {
        let start = self.expect("(")?;
        let mut open = 1_usize;
        while open > 0 {
            if self.peek().kind == TokenKind::End {
                return Err(self.unexpected());
            }
            open = if self.is_sign("(") {
                open + 1
            } else if self.is_sign(")") {
                open - 1
            } else {
                open
            };
            self.advance();
        }
        Ok(self.since(start))
    }

    pub(super) fn order_by(&mut self) -> Result<Vec<OrderItem>> {
        if self.eat_word("ORDER").is_none() {
            return Ok(Vec::new());
        }
        self.expect_word("BY")?;
        self.list(Self::order_item)
    }

    fn order_item(&mut self) -> Result<OrderItem> {
        let expr = self.expr()?;
        let descending = self.eat_word("DESC").is_some();
        if !descending {
            self.eat_word("ASC");
        }
        let mut nulls_first = None;
        if self.eat_word("NULLS").is_some() {
            nulls_first = Some(self.eat_word("FIRST").is_some());
            if nulls_first == Some(false) {
                self.expect_word("LAST")?;
            }
        }
        Ok(OrderItem { expr, descending, nulls_first })
    }

    /// `OFFSET n [ROWS]` and `FETCH NEXT n ROWS ONLY`, and a `LIMIT` after an `OFFSET`.
    pub(super) fn paging(&mut self) -> Result<Option<Span>> {
        let start = self.peek().span;
        let mut found = false;
        if self.eat_word("OFFSET").is_some() {
            found = true;
            self.expr()?;
            if self.eat_word("ROWS").is_none() {
                self.eat_word("ROW");
            }
        }
        if self.eat_word("FETCH").is_some() {
            found = true;
            while matches!(self.peek().kind, TokenKind::Word | TokenKind::Number) {
                self.advance();
            }
        }
        Ok(found.then(|| self.since(start)))
    }

    pub(super) fn qualify(&mut self) -> Result<Option<Span>> {
        let Some(start) = self.eat_word("QUALIFY") else { return Ok(None) };
        self.expr()?;
        Ok(Some(self.since(start)))
    }

    pub(super) fn named_window(&mut self) -> Result<(Ident, WindowSpec)> {
        let name = self.ident()?;
        self.expect_word("AS")?;
        Ok((name, self.window_spec()?))
    }

    pub(super) fn over(&mut self) -> Result<Option<Over>> {
        if self.eat_word("OVER").is_none() {
            return Ok(None);
        }
        if self.is_sign("(") { self.window_spec().map(Over::Spec) } else { self.ident().map(Over::Named) }.map(Some)
    }

    fn window_spec(&mut self) -> Result<WindowSpec> {
        let start = self.expect("(")?;
        let named = !["PARTITION", "ORDER", "ROWS", "RANGE"].iter().any(|word| self.is_word(word));
        let base = if named && !self.is_sign(")") {
            self.expected.extend(["PARTITION", "ORDER", ")"]);
            Some(self.ident()?)
        } else {
            None
        };
        let partition = if self.eat_word("PARTITION").is_some() {
            self.expect_word("BY")?;
            self.list(Self::expr)?
        } else {
            Vec::new()
        };
        let order = self.order_by()?;
        let frame = self.frame()?;
        self.expect(")")?;
        Ok(WindowSpec { base, partition, order, frame, span: self.since(start) })
    }

    fn frame(&mut self) -> Result<Option<(Frame, Span)>> {
        let first = self.peek().span;
        let unit = if self.eat_word("ROWS").is_some() {
            FrameUnit::Rows
        } else if self.eat_word("RANGE").is_some() {
            FrameUnit::Range
        } else {
            return Ok(None);
        };
        let (start, end) = if self.eat_word("BETWEEN").is_some() {
            let start = self.bound()?;
            self.expect_word("AND")?;
            (start, self.bound()?)
        } else {
            (self.bound()?, FrameBound::CurrentRow)
        };
        Ok(Some((Frame { unit, start, end }, self.since(first))))
    }

    fn bound(&mut self) -> Result<FrameBound> {
        if self.eat_word("CURRENT").is_some() {
            self.expect_word("ROW")?;
            return Ok(FrameBound::CurrentRow);
        }
        if self.eat_word("UNBOUNDED").is_some() {
            if self.eat_word("PRECEDING").is_some() {
                return Ok(FrameBound::UnboundedPreceding);
            }
            self.expect_word("FOLLOWING")?;
            return Ok(FrameBound::UnboundedFollowing);
        }
        let span = self.peek().span;
        let Ok(rows) = span.of(self.text).parse::<u64>() else {
            if self.peek().kind == TokenKind::Number {
                return Err(SyntaxError::refused(span, codes::WINDOW_FRAME, "A frame counts whole rows."));
            }
            self.expected.extend(["<UNSIGNED INTEGER>"]);
            return Err(self.unexpected());
        };
        self.advance();
        if self.eat_word("PRECEDING").is_some() {
            return Ok(FrameBound::Preceding(rows));
        }
        self.expect_word("FOLLOWING")?;
        Ok(FrameBound::Following(rows))
    }
}
