//! Binds `GROUP BY` and `ORDER BY`: ordinals, aliases, expressions.

use super::super::ast::{Expr, ExprKind as Ast, Ident, OrderItem};
use super::super::text::Span;
use super::binder::Binder;
use super::grouping::same;
use super::select::{Key, Selected};
use crate::amcsql::codes;

/// Maximum number of keys of one `GROUP BY`. AMC returns at most a hundred columns.
const MOST_KEYS: usize = 256;

impl Binder<'_> {
    pub(super) fn keys(&mut self, list: &[Expr]) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        let mut written = 0;
        for expr in list {
            let single = std::slice::from_ref(expr);
            let parts = if let Ast::Row(parts) = &expr.kind { parts.as_slice() } else { single };
            for part in parts {
                written += 1;
                if written > MOST_KEYS {
                    let message = format!("GROUP BY takes at most {MOST_KEYS} keys.");
                    self.error(
                        codes::TOO_MANY_KEYS,
                        part.span,
                        message,
                        "SQL query was invalid: too many keys in GROUP BY",
                    );
                    return keys;
                }
                let Some(key) = self.key(part) else { continue };
                if !keys.iter().any(|it| same(&it.value.expr, &key.value.expr)) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    fn key(&mut self, expr: &Expr) -> Option<Key> {
        let item = match &expr.kind {
            Ast::Number(text) => Some(self.ordinal(text, expr.span, "GROUP BY")?),
            Ast::Name(names) => self.alias(names),
            _ => None,
        };
        let Some(at) = item else {
            if self.text_of(expr.span).eq_ignore_ascii_case("ALL") {
                let message = "AMC has no GROUP BY ALL. Write the columns or their numbers, as in GROUP BY 1, 2.";
                self.error(codes::GROUPING_SETS, expr.span, message, "Column 'ALL' not found in any table");
                return None;
            }
            let value = self.expr(expr);
            return Some(Key { value, item: None });
        };
        let parts = self.selects.last().and_then(|it| it.items.get(at)).map_or(0, |it| it.size);
        if !self.may_copy(parts, expr.span) {
            return None;
        }
        let selected = self.selects.last().and_then(|it| it.items.get(at)).cloned()?;
        if selected.has_aggregate {
            let message = if matches!(expr.kind, Ast::Number(_)) {
                format!("Column {} is an aggregate: rows cannot be grouped by it.", at + 1)
            } else {
                format!(
                    "`{0}` is the name of an aggregate here, so rows cannot be grouped by it. Give the aggregate another name.",
                    selected.name
                )
            };
            self.error(
                codes::AGGREGATE_IN_GROUP_BY,
                expr.span,
                message,
                "Aggregate expression is illegal in GROUP BY clause",
            );
            return None;
        }
        if let Some(state) = self.selects.last_mut() {
            state.early.extend(&selected.windows);
        }
        self.remark_on_alias(&selected, expr);
        let mut value = selected.value;
        value.expr.span = expr.span;
        Some(Key { value, item: Some(at) })
    }

    /// Warns if a name in `GROUP BY` is both an alias and a different column.
    fn remark_on_alias(&mut self, item: &Selected, expr: &Expr) {
        let Ast::Name(names) = &expr.kind else { return };
        let [name] = names.as_slice() else { return };
        if !self.has_column(&name.name) {
            return;
        }
        let column = self.column(names, expr.span);
        if !same(&column.expr, &item.value.expr) {
            let message = format!(
                "`{0}` is a column and the name of a computed value; AMC groups by the computed value.",
                name.name
            );
            self.warning(codes::GROUP_BY_ALIAS, expr.span, message);
        }
    }

    /// The item that a name refers to where aliases are visible.
    pub(super) fn alias(&self, names: &[Ident]) -> Option<usize> {
        let [name] = names else { return None };
        self.selects.last()?.aliases.get(&name.name.to_lowercase()).copied()
    }

    fn ordinal(&mut self, text: &str, span: Span, clause: &str) -> Option<usize> {
        let count = self.selects.last().map_or(0, |it| it.items.len());
        let at = text.parse::<usize>().ok().and_then(|it| it.checked_sub(1)).filter(|it| *it < count);
        if at.is_none() {
            let message = format!("{clause} {text} points at no column: the SELECT has {count}.");
            self.error(codes::ORDINAL, span, message, "Ordinal out of range");
        }
        at
    }

    /// The keys of an order, with the same maximum number as for a grouping.
    pub(super) fn bounded_order<'o>(&mut self, order: &'o [OrderItem]) -> &'o [OrderItem] {
        let Some(first_too_many) = order.get(MOST_KEYS) else { return order };
        let message = format!("ORDER BY takes at most {MOST_KEYS} keys.");
        let amc = "SQL query was invalid: too many keys in ORDER BY";
        self.error(codes::TOO_MANY_KEYS, first_too_many.expr.span, message, amc);
        order.get(..MOST_KEYS).unwrap_or(order)
    }

    /// The index of an order key among the items; one that isn't selected is added to them.
    pub(super) fn order_key(&mut self, item: &OrderItem, distinct: bool) -> Option<usize> {
        match &item.expr.kind {
            Ast::Number(text) => return self.ordinal(text, item.expr.span, "ORDER BY"),
            Ast::Name(names) => {
                if let Some(at) = self.alias(names) {
                    return Some(at);
                }
            }
            _ => {}
        }
        let value = self.expr(&item.expr);
        let items = self.selects.last().map(|it| it.items.as_slice()).unwrap_or_default();
        if let Some(at) = items.iter().position(|it| same(&it.value.expr, &value.expr)) {
            return Some(at);
        }
        if distinct {
            let message = "With SELECT DISTINCT, ORDER BY takes selected columns only.";
            self.error(codes::ORDER_BY, item.expr.span, message, "Expression is not in the select clause");
            return None;
        }
        let at = items.len();
        let selected = Selected::plain(String::new(), value);
        self.selects.last_mut()?.items.push(selected);
        Some(at)
    }
}
