//! Resolves names at a position in the text.

use crate::amcsql::codes;
use std::collections::HashMap;

use super::super::ast::Ident;
use super::super::bound::{ColumnId, Expr, ExprKind, ScanId};
use super::super::finding::{self, Finding, Fix};
use super::super::spelling;
use super::super::text::Span;
use super::binder::{Binder, Value};
use super::literals;

/// The tables of one `SELECT`.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) tables: Vec<TableScope>,
    /// Columns merged by `USING` or `NATURAL`.
    pub(super) merged: HashMap<String, Value>,
}

/// One table of a `SELECT`.
pub(super) struct TableScope {
    /// Its qualifier, in lower case; `None` for a subquery without an alias.
    pub(super) name: Option<String>,
    pub(super) provider: Provider,
}

/// The source of a table's columns.
pub(super) enum Provider {
    /// A data source: columns are created on first use.
    Source(ScanId),
    /// Anything else: names in order, and their columns.
    Columns { names: Vec<(String, ColumnId)>, by_name: HashMap<String, Vec<ColumnId>> },
    /// A table that couldn't be resolved: has every column.
    Unknown,
}

impl Provider {
    pub(super) fn columns(names: Vec<(String, ColumnId)>) -> Self {
        let mut by_name: HashMap<String, Vec<ColumnId>> = HashMap::new();
        for (name, id) in &names {
            by_name.entry(name.to_lowercase()).or_default().push(*id);
        }
        Self::Columns { names, by_name }
    }
}

/// The outcome of looking up a column.
enum Found {
    Column(ColumnId),
    Merged(Box<Value>),
    Ambiguous,
    /// It may be a column of a table that couldn't be resolved.
    Unknown,
    Nothing,
}

/// Converts the columns of an expression to columns of an enclosing query.
fn seen_from_inside(expr: &mut Expr) {
    if let ExprKind::Column(id) = expr.kind {
        expr.kind = ExprKind::Outer(id);
    }
    expr.parts_mut().into_iter().for_each(seen_from_inside);
}

impl Binder<'_> {
    /// The value of an optionally qualified name.
    pub(super) fn column(&mut self, names: &[Ident], span: Span) -> Value {
        let Some(last) = names.last() else { return Value::unknown(span) };
        let table = names.len().checked_sub(2).and_then(|at| names.get(at));
        for depth in (0..self.scopes.len()).rev() {
            match self.look_in(depth, table, &last.name) {
                Found::Column(id) => {
                    if let Some(places) = &mut self.places {
                        places.push((id, last.span));
                    }
                    self.remark_on_seen(id, span);
                    let mut value = self.value_of(id, span);
                    if depth + 1 < self.scopes.len() {
                        value.expr.kind = ExprKind::Outer(id);
                    }
                    return value;
                }
                Found::Merged(mut value) => {
                    value.expr.span = span;
                    if depth + 1 < self.scopes.len() {
                        seen_from_inside(&mut value.expr);
                    }
                    return *value;
                }
                Found::Unknown => return Value::unknown(span),
                Found::Ambiguous => {
                    let message =
                        format!("Several tables have a column `{0}`. Put the table before it: t.{0}.", last.name);
                    self.error(codes::AMBIGUOUS_COLUMN, span, message, &format!("Column '{}' is ambiguous", last.name));
                    return Value::unknown(span);
                }
                Found::Nothing => {}
            }
        }
        self.column_not_found(table, last, span);
        Value::unknown(span)
    }

    /// Looks up a column in one scope without reporting anything.
    pub(super) fn has_column(&mut self, name: &str) -> bool {
        let Some(depth) = self.scopes.len().checked_sub(1) else { return false };
        matches!(self.look_in(depth, None, name), Found::Column(_) | Found::Merged(_) | Found::Ambiguous)
    }

    /// Whether a table of the current `SELECT` has this column.
    pub(super) fn is_in_scope(&self, id: ColumnId) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        scope.tables.iter().any(|table| match &table.provider {
            Provider::Source(scan) => {
                self.readings.get(scan.index()).is_some_and(|it| it.columns.iter().any(|(own, _)| *own == id))
            }
            Provider::Columns { names, .. } => names.iter().any(|(_, own)| *own == id),
            Provider::Unknown => false,
        })
    }

    fn look_in(&mut self, depth: usize, table: Option<&Ident>, name: &str) -> Found {
        let Some(scope) = self.scopes.get(depth) else { return Found::Nothing };
        if table.is_none()
            && let Some(value) = scope.merged.get(&name.to_lowercase())
        {
            return Found::Merged(Box::new(value.clone()));
        }
        let mut found = Found::Nothing;
        for at in 0..scope.tables.len() {
            let here = self.look_in_table(depth, at, table, name);
            found = match (found, here) {
                (found, Found::Nothing) => found,
                (Found::Nothing | Found::Unknown, here) => here,
                (found, Found::Unknown) => found,
                _ => Found::Ambiguous,
            };
        }
        found
    }

    fn look_in_table(&mut self, depth: usize, at: usize, table: Option<&Ident>, name: &str) -> Found {
        let Some(scope) = self.scopes.get(depth).and_then(|it| it.tables.get(at)) else { return Found::Nothing };
        if let Some(table) = table
            && scope.name.as_deref() != Some(table.name.to_lowercase().as_str())
        {
            return Found::Nothing;
        }
        match &scope.provider {
            Provider::Unknown => Found::Unknown,
            Provider::Source(scan) => {
                let scan = *scan;
                self.source_column(scan, name).map_or(Found::Nothing, Found::Column)
            }
            Provider::Columns { by_name, .. } => match by_name.get(&name.to_lowercase()).map(Vec::as_slice) {
                Some([only]) => Found::Column(*only),
                Some(_) => Found::Ambiguous,
                None => Found::Nothing,
            },
        }
    }

    fn column_not_found(&mut self, table: Option<&Ident>, name: &Ident, span: Span) {
        if self.has_said_enough() {
            return;
        }
        if let Some(table) = table
            && !self.knows_table(&table.name)
        {
            return self.table_not_in_scope(table, name);
        }
        if table.is_none() && self.text_of(name.span).starts_with('"') {
            return self.double_quoted(name, span);
        }
        let candidates = self.candidates(table.map(|it| it.name.as_str()));
        let is_alias = self.is_alias(&name.name);
        let meant = spelling::closest(&name.name, candidates.iter().map(String::as_str))
            .or_else(|| spelling::extended(&name.name, candidates.iter().map(String::as_str)).filter(|_| !is_alias))
            .map(ToOwned::to_owned);
        let place = table.map_or_else(|| "any table here".to_owned(), |it| format!("`{}`", it.name));
        let mut message = format!("There is no column `{}` in {place}.", name.name);
        if let Some(meant) = &meant {
            message = format!("{message} Did you mean `{meant}`?");
        } else if is_alias {
            message.push_str(" It is a name given in the same SELECT, which other expressions cannot see: compute it in a WITH first.");
        }
        let amc = match table {
            Some(table) => format!("Column '{}' not found in table '{}'", name.name, table.name),
            None => format!("Column '{}' not found in any table", name.name),
        };
        let amc = finding::located(&self.index, span, &amc);
        let fix = meant.map(|meant| Fix::spelling(name.span, &meant));
        self.report(Finding::error(codes::UNKNOWN_COLUMN, name.span, message, amc).with_fix(fix));
    }

    /// A double-quoted name that isn't a column: most likely a text.
    fn double_quoted(&mut self, name: &Ident, span: Span) {
        let literal = format!("'{}'", name.name.replace('\'', "''"));
        let shown = literals::short(&name.name);
        let message = format!(
            "There is no column \"{shown}\". Texts take single quotes: '{shown}'. Double quotes are for names."
        );
        let amc = finding::located(&self.index, span, &format!("Column '{}' not found in any table", name.name));
        let fix = Fix::sure(name.span, literal, "Change to single quotes");
        self.report(Finding::error(codes::DOUBLE_QUOTED_TEXT, span, message, amc).with_fix(Some(fix)));
    }

    /// Warns about an undocumented column that has been observed in live tables.
    fn remark_on_seen(&mut self, id: ColumnId, span: Span) {
        if self.seen_columns.contains(&id) {
            let name = self.columns.get(id.index()).map(|it| it.name.clone()).unwrap_or_default();
            let message = format!(
                "`{name}` is not among the documented columns of its table. Live tables were seen to have it, so AMC may accept it."
            );
            self.warning(codes::UNLISTED_COLUMN, span, message);
        }
    }

    fn table_not_in_scope(&mut self, table: &Ident, column: &Ident) {
        let names: Vec<String> =
            self.scopes.iter().flat_map(|scope| &scope.tables).filter_map(|it| it.name.clone()).collect();
        let meant = spelling::closest(&table.name, names.iter().map(String::as_str)).map(ToOwned::to_owned);
        let only = if names.len() == 1 { names.first().cloned() } else { None };
        let meant = meant.or(only);
        let hint = meant.as_ref().map_or(String::new(), |it| format!(" Did you mean `{it}.{}`?", column.name));
        let message = format!("`{}` is not a table of this query.{hint}", table.name);
        let amc = finding::located(&self.index, table.span, &format!("Table '{}' not found", table.name));
        let fix = meant.map(|it| Fix::spelling(table.span, &it));
        self.report(Finding::error(codes::UNKNOWN_TABLE_ALIAS, table.span, message, amc).with_fix(fix));
    }

    fn knows_table(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.scopes.iter().flat_map(|scope| &scope.tables).any(|it| it.name.as_deref() == Some(name.as_str()))
    }

    /// Whether the current `SELECT` uses this name as an alias.
    fn is_alias(&self, name: &str) -> bool {
        self.selects.last().is_some_and(|select| select.alias_names.contains(&name.to_lowercase()))
    }

    /// The visible columns, only those of one table if it is named.
    fn candidates(&self, table: Option<&str>) -> Vec<String> {
        let table = table.map(str::to_lowercase);
        let mut names = Vec::new();
        for it in self.scopes.iter().rev().flat_map(|scope| &scope.tables) {
            if table.is_some() && it.name != table {
                continue;
            }
            match &it.provider {
                Provider::Source(scan) => {
                    let Some(reading) = self.readings.get(scan.index()) else { continue };
                    names.extend(reading.source.columns.iter().map(|column| column.name.clone()));
                }
                Provider::Columns { names: own, .. } => names.extend(own.iter().map(|(name, _)| name.clone())),
                Provider::Unknown => {}
            }
        }
        names
    }
}
