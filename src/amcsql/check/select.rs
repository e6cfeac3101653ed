//! Binds one `SELECT`: which clause sees what, and the order of relations.
//!
//! From the bottom: tables, `WHERE`, grouping, `HAVING`, window functions, exploded arrays, the selected columns,
//! `DISTINCT`, `ORDER BY`. Items are bound first, over the tables; if the `SELECT` groups, their references are then
//! replaced by keys and aggregates (see [`super::grouping`]). Aliases are only visible in `GROUP BY`, `HAVING` and
//! `ORDER BY`, and win over columns there, as in Calcite.

use crate::amcsql::codes;
use std::collections::{HashMap, HashSet};

use super::super::ast::{Expr, ExprKind as Ast, Ident, Item, OrderItem, Select, WindowSpec};
use super::super::bound::{
    Aggregate, AggregateCall, ColumnId, Computed, Expr as Bound, ExprKind, Node, Relation, SortKey, WindowCall,
};
use super::super::catalogue::DataType;
use super::super::finding::{Cause, Level};
use super::super::text::Span;
use super::binder::{Binder, Value, size};
use super::grouping::Grouping;
use super::query;

/// The current clause, which determines what is allowed.
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

/// The state of one `SELECT`.
pub(super) struct State {
    pub(super) clause: Clause,
    /// Whether the current expression is an argument of an aggregate.
    pub(super) in_aggregate: bool,
    pub(super) aggregates: Vec<AggregateCall>,
    pub(super) windows: Vec<WindowCall>,
    pub(super) explode: Option<(Bound, ColumnId)>,
    /// Window functions and exploded arrays that `GROUP BY` refers to: computed before grouping.
    pub(super) early: HashSet<ColumnId>,
    pub(super) items: Vec<Selected>,
    /// Items by name, in lower case; the first for duplicates.
    pub(super) aliases: HashMap<String, usize>,
    /// All aliases in lower case that differ from the column's name, including those of items that aren't bound yet.
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
    /// Whether it contains aggregates.
    pub(super) has_aggregate: bool,
    /// Its window functions and exploded arrays.
    pub(super) windows: Vec<ColumnId>,
    /// The size of its expression.
    pub(super) size: usize,
}

impl Selected {
    /// A value without aggregates and window functions.
    pub(super) fn plain(name: String, value: Value) -> Self {
        let size = size(&value.expr);
        Self { name, value, has_aggregate: false, windows: Vec::new(), size }
    }
}

/// A key of a grouping.
pub(super) struct Key {
    pub(super) value: Value,
    /// The item that it repeats.
    pub(super) item: Option<usize>,
}

impl Binder<'_> {
    pub(super) fn select(&mut self, select: &Select, order: &[OrderItem]) -> query::Bound {
        self.refuse_clauses(select);
        let (mut relation, scope) = self.from(&select.from, select.span);
        let mut state = State::new(Clause::Where);
        state.named_windows.clone_from(&select.windows);
        state.alias_names = select.items.iter().filter_map(given_name).collect();
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
        let said = self.findings.len();
        let keys = select.group_by.as_ref().map(|list| self.keys(list));
        let wrong = self.findings.get(said..).unwrap_or_default().iter().find(|it| it.level == Level::Error);
        let wrong_key = wrong.map(|it| Cause { code: it.code, span: it.span });
        let having = select.having.as_ref().map(|it| self.condition(it, Clause::Having));
        self.set_clause(Clause::OrderBy);
        let order = self.bounded_order(order);
        let order: Vec<(usize, &OrderItem)> =
            order.iter().filter_map(|item| Some((self.order_key(item, select.distinct)?, item))).collect();
        let state = self.selects.pop().unwrap_or_else(|| State::new(Clause::Items));
        let visible = visible_items(&state, &order);
        let around = std::mem::replace(&mut self.wrong_key, wrong_key);
        let bound = self.stack(relation, state, keys, having, select);
        self.wrong_key = around;
        self.scopes.pop();
        let bound = self.ordered(bound, visible, &order);
        query::Bound { open, ..bound }
    }

    fn refuse_clauses(&mut self, select: &Select) {
        if let Some(span) = select.qualify {
            let message = "AMC has no QUALIFY. Compute the window function in a WITH and filter in the next SELECT.";
            self.error(codes::QUALIFY, span, message, "QUALIFY is not supported");
        }
        if let Some(span) = select.grouping_sets {
            let message = "AMC has no GROUPING SETS, ROLLUP or CUBE. Write one SELECT per grouping and UNION ALL them.";
            self.error(codes::GROUPING_SETS, span, message, "GROUPING SETS, ROLLUP and CUBE are not supported");
        }
    }

    fn set_clause(&mut self, clause: Clause) {
        if let Some(state) = self.selects.last_mut() {
            state.clause = clause;
        }
    }

    /// A boolean over the visible tables.
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
                self.error(
                    codes::CONDITION,
                    expr.span,
                    message,
                    &format!("{} clause must be a condition", clause.name()),
                );
                Value::unknown(expr.span)
            }
        }
    }

    /// Builds the relations of a `SELECT` whose parts are bound.
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

    /// The keys as columns, what may be referenced above them, and which items are keys.
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

    /// Sorts by items, and drops those that were only used for sorting.
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

/// How many items are results; the rest are only used for sorting.
fn visible_items(state: &State, order: &[(usize, &OrderItem)]) -> usize {
    let hidden = order.iter().filter(|(at, _)| state.items.get(*at).is_some_and(|it| it.name.is_empty())).count();
    state.items.len() - hidden.min(state.items.len())
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

/// The alias of an item, in lower case, if it differs from the column's name.
fn given_name(item: &Item) -> Option<String> {
    let Item::Expr(expr, Some(alias)) = item else { return None };
    let own = matches!(&expr.kind, Ast::Name(names) if names.last().is_some_and(|it| it.name.eq_ignore_ascii_case(&alias.name)));
    (!own).then(|| alias.name.to_lowercase())
}

/// The name of an item, by itself or by its alias.
pub(super) fn written_name(item: &Item) -> Option<String> {
    match item {
        Item::Expr(_, Some(alias)) => Some(alias.name.clone()),
        Item::Expr(Expr { kind: Ast::Name(names), .. }, None) => names.last().map(|it| it.name.clone()),
        _ => None,
    }
}
