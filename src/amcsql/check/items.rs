//! Binds the items of a `SELECT`: expressions with their names, and stars.

use super::super::ast::{ExprKind as Ast, Ident, Item};
use super::super::bound::ColumnId;
use super::super::text::Span;
use super::binder::{Binder, Value};
use super::scope::Provider;
use super::select::{Selected, written_name};
use crate::amcsql::codes;

impl Binder<'_> {
    /// Binds the items; returns whether some of them couldn't be resolved.
    pub(super) fn items(&mut self, items: &[Item]) -> bool {
        let mut open = false;
        for item in items {
            match item {
                Item::Star(span, except) => open |= self.star(*span, *except),
                Item::Qualified(names, span) => open |= self.qualified_star(names, *span),
                Item::Expr(expr, alias) => {
                    let (aggregates, windows) = self.collected();
                    let explodes = self.selects.last().is_some_and(|it| it.explode.is_some());
                    let value = self.expr(expr);
                    if self.places.is_some() && alias.is_none() && matches!(expr.kind, Ast::Name(_)) {
                        self.bare.insert(expr.span.end);
                    }
                    let name =
                        alias.as_ref().map(|it| it.name.clone()).or_else(|| written_name(item)).unwrap_or_else(|| {
                            let at = self.selects.last().map_or(0, |it| it.items.len());
                            if !self.is_nameless {
                                self.info(
                                    codes::UNNAMED_COLUMN,
                                    expr.span,
                                    "This column has no name. Give it one with AS.",
                                );
                            }
                            format!("EXPR${at}")
                        });
                    let state = self.selects.last();
                    let has_aggregate = state.is_some_and(|it| it.aggregates.len() > aggregates);
                    let calls = state.map(|it| it.windows.get(windows..).unwrap_or_default()).unwrap_or_default();
                    let exploded = state.and_then(|it| it.explode.as_ref()).filter(|_| !explodes);
                    let windows = calls.iter().map(|it| it.id).chain(exploded.map(|(_, id)| *id)).collect();
                    self.push_item(Selected { has_aggregate, windows, ..Selected::plain(name, value) });
                }
            }
            if self.is_full(Span::default()) {
                return true;
            }
        }
        open
    }

    fn collected(&self) -> (usize, usize) {
        self.selects.last().map_or((0, 0), |it| (it.aggregates.len(), it.windows.len()))
    }

    fn push_item(&mut self, item: Selected) {
        if let Some(state) = self.selects.last_mut() {
            let at = state.items.len();
            state.aliases.entry(item.name.to_lowercase()).or_insert(at);
            state.items.push(item);
        }
    }

    fn star(&mut self, span: Span, except: Option<Span>) -> bool {
        if let Some(except) = except {
            let message = "AMC has no * EXCEPT. List the columns that you want.";
            self.error(codes::STAR, span.to(except), message, "SELECT * EXCEPT is not supported");
            return true;
        }
        let scope = self.scopes.last();
        let sources =
            scope.is_some_and(|it| it.tables.iter().any(|table| matches!(table.provider, Provider::Source(_))));
        if sources {
            let message = "AMC does not allow SELECT * on a data source, for privacy. List the columns that you want.";
            self.error(codes::STAR, span, message, "SELECT * is not supported");
            return true;
        }
        if scope.is_none_or(|it| it.tables.is_empty()) {
            self.error(codes::STAR, span, "There is no table to take columns from.", "SELECT * requires a FROM clause");
            return true;
        }
        let message = "AMC documents SELECT * as unsupported. List the columns, or write alias.* for a common table.";
        self.warning(codes::STAR, span, message);
        self.expand(None, span)
    }

    fn qualified_star(&mut self, names: &[Ident], span: Span) -> bool {
        let Some(table) = names.last() else { return true };
        let name = table.name.to_lowercase();
        let found =
            self.scopes.last().and_then(|it| it.tables.iter().find(|it| it.name.as_deref() == Some(name.as_str())));
        match found.map(|it| matches!(it.provider, Provider::Source(_))) {
            None => {
                let message = format!("`{}` is not a table of this query.", table.name);
                self.error(
                    codes::UNKNOWN_TABLE_ALIAS,
                    table.span,
                    message,
                    &format!("Unknown identifier '{}'", table.name),
                );
                true
            }
            Some(true) => {
                let message = "AMC does not allow * on a data source, for privacy. List the columns that you want.";
                self.error(codes::STAR, span, message, "SELECT * is not supported");
                true
            }
            Some(false) => self.expand(Some(&name), span),
        }
    }

    /// Selects all columns of one table or of all; returns whether one of them is unknown.
    fn expand(&mut self, table: Option<&str>, span: Span) -> bool {
        let mut open = false;
        let mut columns = Vec::new();
        for it in self.scopes.last().map(|it| it.tables.as_slice()).unwrap_or_default() {
            if table.is_some() && it.name.as_deref() != table {
                continue;
            }
            match &it.provider {
                Provider::Columns { names, .. } => columns.extend(names.iter().cloned()),
                Provider::Unknown | Provider::Source(_) => open = true,
            }
        }
        let merged = if table.is_none() { self.merged_columns(&columns) } else { Vec::new() };
        let is_merged = |name: &str| merged.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        columns.retain(|(name, _)| !is_merged(name));
        for (name, mut value) in merged {
            value.expr.span = span;
            self.push_item(Selected::plain(name, value));
        }
        for (name, id) in columns {
            let value = self.value_of(id, span);
            self.push_item(Selected::plain(name, value));
        }
        open
    }

    /// The columns merged by `USING` or `NATURAL`, in the order of the first table: `*` lists them once, and first.
    fn merged_columns(&self, columns: &[(String, ColumnId)]) -> Vec<(String, Value)> {
        let Some(scope) = self.scopes.last() else { return Vec::new() };
        let mut found: Vec<(String, Value)> = Vec::new();
        for (name, _) in columns {
            let known = found.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
            if let Some(value) = scope.merged.get(&name.to_lowercase()).filter(|_| !known) {
                found.push((name.clone(), value.clone()));
            }
        }
        found
    }
}
