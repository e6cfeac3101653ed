//! Binds one `SELECT`: which clause sees what, and in which order relations stack.
//!
//! From the bottom: tables, `WHERE`, grouping, `HAVING`, window functions, exploded arrays, the
//! selected columns, `DISTINCT`, `ORDER BY`. Items are bound first, over the tables; when the
//! `SELECT` groups, what they refer to is then exchanged for keys and aggregates (see
//! [`super::grouping`]). Aliases are seen by `GROUP BY`, `HAVING` and `ORDER BY` only, and win over
//! columns there, as in Calcite.

use std::collections::{HashMap, HashSet};

use super::super::ast::{Expr, ExprKind as Ast, Ident, Item, OrderItem, Select, WindowSpec};
use super::super::bound::{
    Aggregate, AggregateCall, ColumnId, Computed, Expr as Bound, ExprKind, Node, Relation, SortKey, WindowCall,
};
use super::super::catalogue::DataType;
use super::super::text::Span;
use super::binder::{Binder, Value};
use super::grouping::{Grouping, same};
use super::query;
use super::scope::Provider;

/// The clause in hand: decides what may stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    Values,
    Where,
    On,
    Items,
    GroupBy,
    Having,
    OrderBy,
}

impl Clause {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Values => "VALUES",
            Self::Where => "WHERE",
            Self::On => "ON",
            Self::Items => "SELECT",
            Self::GroupBy => "GROUP BY",
            Self::Having => "HAVING",
            Self::OrderBy => "ORDER BY",
        }
    }
}

/// What one `SELECT` has collected so far.
pub(super) struct State {
    pub(super) clause: Clause,
    /// Whether the expression in hand is an argument of an aggregate.
    pub(super) in_aggregate: bool,
    pub(super) aggregates: Vec<AggregateCall>,
    pub(super) windows: Vec<WindowCall>,
    pub(super) explode: Option<(Bound, ColumnId)>,
    /// Window functions and exploded arrays that `GROUP BY` points at: computed before grouping.
    pub(super) early: HashSet<ColumnId>,
    pub(super) items: Vec<Selected>,
    /// Items by name, in lower case; of equal names the first.
    pub(super) aliases: HashMap<String, usize>,
    /// All names that items have, also of those that are still to be bound.
    pub(super) alias_names: HashSet<String>,
    pub(super) named_windows: Vec<(Ident, WindowSpec)>,
}

impl State {
    pub(super) fn new(clause: Clause) -> Self {
        Self {
            clause,
            in_aggregate: false,
            aggregates: Vec::new(),
            windows: Vec::new(),
            explode: None,
            early: HashSet::new(),
            items: Vec::new(),
            aliases: HashMap::new(),
            alias_names: HashSet::new(),
            named_windows: Vec::new(),
        }
    }
}

/// A selected value.
#[derive(Clone)]
pub(super) struct Selected {
    pub(super) name: String,
    pub(super) value: Value,
    /// Whether aggregates are in it.
    pub(super) has_aggregate: bool,
    /// The window functions and exploded arrays in it.
    pub(super) windows: Vec<ColumnId>,
}

/// A key of a grouping.
struct Key {
    value: Value,
    /// The item that it repeats.
    item: Option<usize>,
}

impl Binder<'_> {
    pub(super) fn select(&mut self, select: &Select, order: &[OrderItem]) -> query::Bound {
        self.refuse_clauses(select);
        let (mut relation, scope) = self.from(&select.from, select.span);
        let mut state = State::new(Clause::Where);
        state.named_windows.clone_from(&select.windows);
        state.alias_names = select.items.iter().filter_map(written_name).map(|it| it.to_lowercase()).collect();
        self.scopes.push(scope);
        self.selects.push(state);
        let filter = select.filter.as_ref().map(|it| self.condition(it, Clause::Where));
        if let Some(predicate) = filter {
            let span = relation.span.to(predicate.expr.span);
            relation = Relation { node: Node::Filter { input: Box::new(relation), predicate: predicate.expr }, span };
        }
        self.set_clause(Clause::Items);
        let open = self.items(&select.items);
        self.set_clause(Clause::GroupBy);
        let keys = select.group_by.as_ref().map(|list| self.keys(list));
        let having = select.having.as_ref().map(|it| self.condition(it, Clause::Having));
        self.set_clause(Clause::OrderBy);
        let order: Vec<(usize, &OrderItem)> =
            order.iter().filter_map(|item| Some((self.order_key(item, select.distinct)?, item))).collect();
        let state = self.selects.pop().unwrap_or_else(|| State::new(Clause::Items));
        let visible = self.visible_items(&state, &order);
        let bound = self.stack(relation, state, keys, having, select);
        self.scopes.pop();
        let bound = self.ordered(bound, visible, &order);
        query::Bound { open, ..bound }
    }

    fn refuse_clauses(&mut self, select: &Select) {
        if let Some(span) = select.qualify {
            let message = "AMC has no QUALIFY. Compute the window function in a WITH and filter in the next SELECT.";
            self.error("qualify", span, message, "QUALIFY is not supported");
        }
        if let Some(span) = select.grouping_sets {
            let message = "AMC has no GROUPING SETS, ROLLUP or CUBE. Write one SELECT per grouping and UNION ALL them.";
            self.error("grouping-sets", span, message, "GROUPING SETS, ROLLUP and CUBE are not supported");
        }
    }

    fn set_clause(&mut self, clause: Clause) {
        if let Some(state) = self.selects.last_mut() {
            state.clause = clause;
        }
    }

    /// A boolean over the tables in sight.
    pub(super) fn condition(&mut self, expr: &Expr, clause: Clause) -> Value {
        let own = clause == Clause::On;
        if own {
            self.selects.push(State::new(clause));
        } else {
            self.set_clause(clause);
        }
        let value = self.expr(expr);
        if own {
            self.selects.pop();
        }
        match value.expr.data_type {
            DataType::Boolean => value,
            DataType::Null => self.coerced(value, &DataType::Boolean),
            ref other => {
                let message = format!("{} needs a condition; this is {other}.", clause.name());
                self.error("condition", expr.span, message, &format!("{} clause must be a condition", clause.name()));
                Value::unknown(expr.span)
            }
        }
    }

    /// Binds what is selected; whether some of it could not be resolved.
    fn items(&mut self, items: &[Item]) -> bool {
        let mut open = false;
        for item in items {
            match item {
                Item::Star(span, except) => open |= self.star(*span, *except),
                Item::Qualified(names, span) => open |= self.qualified_star(names, *span),
                Item::Expr(expr, alias) => {
                    let (aggregates, windows) = self.collected();
                    let explodes = self.selects.last().is_some_and(|it| it.explode.is_some());
                    let value = self.expr(expr);
                    let name =
                        alias.as_ref().map(|it| it.name.clone()).or_else(|| written_name(item)).unwrap_or_else(|| {
                            let at = self.selects.last().map_or(0, |it| it.items.len());
                            self.info("unnamed-column", expr.span, "This column has no name. Give it one with AS.");
                            format!("EXPR${at}")
                        });
                    let state = self.selects.last();
                    let has_aggregate = state.is_some_and(|it| it.aggregates.len() > aggregates);
                    let calls = state.map(|it| it.windows.get(windows..).unwrap_or_default()).unwrap_or_default();
                    let exploded = state.and_then(|it| it.explode.as_ref()).filter(|_| !explodes);
                    let windows = calls.iter().map(|it| it.id).chain(exploded.map(|(_, id)| *id)).collect();
                    self.push_item(Selected { name, value, has_aggregate, windows });
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
            self.error("star", span.to(except), message, "SELECT * EXCEPT is not supported");
            return true;
        }
        let scope = self.scopes.last();
        let sources =
            scope.is_some_and(|it| it.tables.iter().any(|table| matches!(table.provider, Provider::Source(_))));
        if sources {
            let message = "AMC does not allow SELECT * on a data source, for privacy. List the columns that you want.";
            self.error("star", span, message, "SELECT * is not supported");
            return true;
        }
        if scope.is_none_or(|it| it.tables.is_empty()) {
            self.error("star", span, "There is no table to take columns from.", "SELECT * requires a FROM clause");
            return true;
        }
        let message = "AMC documents SELECT * as unsupported. List the columns, or write alias.* for a common table.";
        self.warning("star", span, message);
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
                self.error("unknown-table-alias", table.span, message, &format!("Unknown identifier '{}'", table.name));
                true
            }
            Some(true) => {
                let message = "AMC does not allow * on a data source, for privacy. List the columns that you want.";
                self.error("star", span, message, "SELECT * is not supported");
                true
            }
            Some(false) => self.expand(Some(&name), span),
        }
    }

    /// Selects all columns of one table or of all; whether one of them is not known.
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
        for (name, id) in columns {
            let value = self.value_of(id, span);
            self.push_item(Selected { name, value, has_aggregate: false, windows: Vec::new() });
        }
        open
    }

    fn keys(&mut self, list: &[Expr]) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for expr in list {
            let single = std::slice::from_ref(expr);
            let parts = if let Ast::Row(parts) = &expr.kind { parts.as_slice() } else { single };
            for part in parts {
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
            let value = self.expr(expr);
            return Some(Key { value, item: None });
        };
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
                "aggregate-in-group-by",
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

    /// Warns when a name in `GROUP BY` is an alias and a column, and the two differ.
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
            self.warning("group-by-alias", expr.span, message);
        }
    }

    /// The item that a single name means where aliases are seen.
    pub(super) fn alias(&self, names: &[Ident]) -> Option<usize> {
        let [name] = names else { return None };
        self.selects.last()?.aliases.get(&name.name.to_lowercase()).copied()
    }

    fn ordinal(&mut self, text: &str, span: Span, clause: &str) -> Option<usize> {
        let count = self.selects.last().map_or(0, |it| it.items.len());
        let at = text.parse::<usize>().ok().and_then(|it| it.checked_sub(1)).filter(|it| *it < count);
        if at.is_none() {
            let message = format!("{clause} {text} points at no column: the SELECT has {count}.");
            self.error("ordinal", span, message, "Ordinal out of range");
        }
        at
    }

    /// The place of an order key among the items; one that is not selected is added to them.
    fn order_key(&mut self, item: &OrderItem, distinct: bool) -> Option<usize> {
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
            self.error("order-by", item.expr.span, message, "Expression is not in the select clause");
            return None;
        }
        let at = items.len();
        let selected = Selected { name: String::new(), value, has_aggregate: false, windows: Vec::new() };
        self.selects.last_mut()?.items.push(selected);
        Some(at)
    }

    /// How many items are results; the rest only order.
    fn visible_items(&self, state: &State, order: &[(usize, &OrderItem)]) -> usize {
        let hidden = order.iter().filter(|(at, _)| state.items.get(*at).is_some_and(|it| it.name.is_empty())).count();
        state.items.len() - hidden.min(state.items.len())
    }

    /// Stacks the relations of a `SELECT` whose parts are bound.
    fn stack(
        &mut self,
        mut relation: Relation,
        mut state: State,
        keys: Option<Vec<Key>>,
        having: Option<Value>,
        select: &Select,
    ) -> query::Bound {
        let span = select.span;
        let mut having = having.map(|it| it.expr);
        if keys.is_some() || having.is_some() || !state.aggregates.is_empty() {
            let keys = keys.unwrap_or_default();
            relation = early(relation, &mut state, span);
            let (groups, grouping, items) = self.grouping(keys, &state);
            for (at, item) in state.items.iter_mut().enumerate() {
                match items.get(&at) {
                    Some(id) => item.value.expr.kind = ExprKind::Column(*id),
                    None => self.regroup(&mut item.value.expr, &grouping),
                }
            }
            for call in &mut state.windows {
                self.regroup_window(call, &grouping);
            }
            if let Some((array, _)) = &mut state.explode {
                self.regroup(array, &grouping);
            }
            if let Some(predicate) = &mut having {
                self.regroup(predicate, &grouping);
            }
            let calls = std::mem::take(&mut state.aggregates);
            relation = Relation { node: Node::Aggregate(Aggregate { input: Box::new(relation), groups, calls }), span };
        }
        if let Some(predicate) = having {
            relation = Relation { node: Node::Filter { input: Box::new(relation), predicate }, span };
        }
        if !state.windows.is_empty() {
            relation = Relation { node: Node::Window { input: Box::new(relation), calls: state.windows }, span };
        }
        if let Some((array, id)) = state.explode {
            relation = Relation { node: Node::Explode { input: Box::new(relation), array, id }, span };
        }
        let mut names = Vec::with_capacity(state.items.len());
        let mut items = Vec::with_capacity(state.items.len());
        for item in state.items {
            let id = self.column_of(&item.name, &item.value);
            names.push((item.name, id));
            items.push(Computed { id, expr: item.value.expr });
        }
        relation = Relation { node: Node::Project { input: Box::new(relation), items }, span };
        if select.distinct {
            relation = Relation { node: Node::Distinct { input: Box::new(relation) }, span };
        }
        query::Bound { relation, names, open: false }
    }

    /// The keys as columns, what may be referred to above them, and which items are keys.
    fn grouping(&mut self, keys: Vec<Key>, state: &State) -> (Vec<Computed>, Grouping, HashMap<usize, ColumnId>) {
        let mut grouping = Grouping::default();
        let mut groups = Vec::with_capacity(keys.len());
        let mut items = HashMap::new();
        for key in keys {
            let id = self.column_of(self.text_of(key.value.expr.span), &key.value);
            if let Some(at) = key.item {
                items.insert(at, id);
            }
            grouping.keys.push((key.value.expr.clone(), id));
            groups.push(Computed { id, expr: key.value.expr });
        }
        grouping.computed.extend(state.aggregates.iter().map(|it| it.id));
        grouping.computed.extend(state.windows.iter().map(|it| it.id));
        grouping.computed.extend(state.explode.iter().map(|(_, id)| *id));
        (groups, grouping, items)
    }

    /// Orders by items, and drops those that only ordered.
    fn ordered(&mut self, mut bound: query::Bound, visible: usize, order: &[(usize, &OrderItem)]) -> query::Bound {
        if order.is_empty() {
            return bound;
        }
        let span = bound.relation.span;
        let mut keys = Vec::with_capacity(order.len());
        for (at, item) in order {
            let Some((_, id)) = bound.names.get(*at) else { continue };
            let expr = self.value_of(*id, item.expr.span).expr;
            let nulls_first = item.nulls_first.unwrap_or(item.descending);
            keys.push(SortKey { expr, descending: item.descending, nulls_first });
        }
        bound.relation = Relation { node: Node::Sort { input: Box::new(bound.relation), keys }, span };
        if visible < bound.names.len() {
            bound.names.truncate(visible);
            let mut items = Vec::with_capacity(visible);
            for (name, id) in &mut bound.names {
                let place = self.columns.get(id.index()).map_or(span, |it| it.span);
                let expr = self.value_of(*id, place).expr;
                *id = self.renewed(*id, name, place);
                items.push(Computed { id: *id, expr });
            }
            bound.relation = Relation { node: Node::Project { input: Box::new(bound.relation), items }, span };
        }
        bound
    }
}

/// Computes window functions and exploded arrays that are keys of the grouping above.
fn early(mut relation: Relation, state: &mut State, span: Span) -> Relation {
    let (before, after): (Vec<_>, Vec<_>) =
        std::mem::take(&mut state.windows).into_iter().partition(|it| state.early.contains(&it.id));
    state.windows = after;
    if state.explode.as_ref().is_some_and(|(_, id)| state.early.contains(id))
        && let Some((array, id)) = state.explode.take()
    {
        relation = Relation { node: Node::Explode { input: Box::new(relation), array, id }, span };
    }
    if before.is_empty() {
        return relation;
    }
    Relation { node: Node::Window { input: Box::new(relation), calls: before }, span }
}

/// The name that an item has by itself or by its alias.
fn written_name(item: &Item) -> Option<String> {
    match item {
        Item::Expr(_, Some(alias)) => Some(alias.name.clone()),
        Item::Expr(Expr { kind: Ast::Name(names), .. }, None) => names.last().map(|it| it.name.clone()),
        _ => None,
    }
}
