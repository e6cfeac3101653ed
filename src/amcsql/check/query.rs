//! Binds queries: common table expressions, set operations, `VALUES`, order and limit.

use super::super::ast::{Body, Cte, ExprKind as Ast, OrderItem, Query, Values};
use super::super::bound::{ColumnId, Common, CommonId, Computed, Node, Relation, SetKind, SortKey};
use super::super::catalogue::DataType;
use super::super::text::Span;
use super::binder::{Binder, Owner, Value};
use super::coercion;
use super::select::{Clause, State};
use crate::amcsql::codes;

/// Maximum number of common table expressions of a query, including nested ones. The largest published query has some
/// forty.
const MOST_COMMONS: usize = 1_000;

/// A bound query.
pub(super) struct Bound {
    pub(super) relation: Relation,
    /// The columns in order, with their names.
    pub(super) names: Vec<(String, ColumnId)>,
    /// Whether there may be more columns than could be resolved.
    pub(super) open: bool,
}

impl Binder<'_> {
    pub(super) fn query(&mut self, query: &Query, top: bool) -> Bound {
        let visible = self.visible.len();
        for cte in &query.with {
            if self.owners.len() >= MOST_COMMONS {
                let message = format!("A query takes at most {MOST_COMMONS} common tables.");
                let amc = "SQL query was invalid: too many common tables";
                self.error(codes::TOO_MANY_COMMON_TABLES, cte.name.span, message, amc);
                self.visible.push((cte.name.name.to_lowercase(), None));
                break;
            }
            self.common(cte);
        }
        self.remark_on_order(query, top);
        let mut bound = match &query.body {
            Body::Select(select) => self.select(select, &query.order_by),
            other => {
                let bound = self.body(other);
                self.sorted(bound, &query.order_by)
            }
        };
        if let Some(limit) = &query.limit {
            match &limit.kind {
                Ast::Number(text) if text.parse::<u64>().is_ok() => {
                    let count = text.parse().unwrap_or(u64::MAX);
                    let span = bound.relation.span;
                    bound.relation = Relation { node: Node::Limit { input: Box::new(bound.relation), count }, span };
                }
                Ast::Field(name) => {
                    let value = self.field(name, limit.span);
                    self.coerced(value, &DataType::Long);
                }
                _ => {
                    self.error(
                        codes::LIMIT,
                        limit.span,
                        "LIMIT takes a whole number.",
                        "Illegal LIMIT: a number is needed",
                    );
                }
            }
        }
        self.visible.truncate(visible);
        bound
    }

    fn remark_on_order(&mut self, query: &Query, top: bool) {
        if let (Some(first), Some(last)) = (query.order_by.first(), query.order_by.last()) {
            let span = first.expr.span.to(last.expr.span);
            if top {
                let message =
                    "AMC documents ORDER BY as unsupported outside a window, and result files have no fixed order.";
                self.warning(codes::ORDER_BY, span, message);
            } else if query.limit.is_none() {
                self.warning(codes::ORDER_BY, span, "ORDER BY in a subquery or common table has no effect.");
            }
        }
        if let Some(limit) = &query.limit {
            let message =
                "AMC documents LIMIT as unsupported. To keep the best rows, filter on RANK() OVER (ORDER BY …).";
            self.warning(codes::LIMIT, limit.span, message);
        }
        if let Some(span) = query.paging {
            let message = "AMC has no OFFSET and no FETCH. Number rows with ROW_NUMBER() OVER (…) and filter on that.";
            self.error(codes::OFFSET, span, message, "OFFSET and FETCH are not supported");
        }
    }

    fn common(&mut self, cte: &Cte) {
        let owner = Owner(self.owners.len());
        self.owners.push(None);
        let around = self.owner.replace(owner);
        // OK because a common table expression can't use the enclosing query.
        let scopes = std::mem::take(&mut self.scopes);
        // OK because the columns have names if the common table expression lists them.
        let nameless = std::mem::replace(&mut self.is_nameless, !cte.columns.is_empty());
        let bound = self.query(&cte.query, false);
        self.is_nameless = nameless;
        self.scopes = scopes;
        self.owner = around;
        let mut names = bound.names;
        if let (Some(first), Some(last)) = (cte.columns.first(), cte.columns.last()) {
            if cte.columns.len() == names.len() || bound.open {
                for ((name, _), given) in names.iter_mut().zip(&cte.columns) {
                    name.clone_from(&given.name);
                }
            } else {
                let message = format!(
                    "`{}` names {} columns, but its query gives {}.",
                    cte.name.name,
                    cte.columns.len(),
                    names.len()
                );
                let amc = "Number of columns must match number of query columns";
                self.error(codes::COLUMN_COUNT, first.span.to(last.span), message, amc);
                self.visible.push((cte.name.name.to_lowercase(), None));
                return;
            }
        }
        let key = cte.name.name.to_lowercase();
        if self.visible.iter().any(|(name, _)| *name == key) {
            let message = format!("Another common table is called `{}` too; the later one counts.", cte.name.name);
            self.warning(codes::REPEATED_COMMON_TABLE, cte.name.span, message);
        }
        let id = CommonId(u32::try_from(self.commons.len()).unwrap_or(u32::MAX));
        for (name, column) in &names {
            if let Some(column) = self.columns.get_mut(column.index()) {
                column.name.clone_from(name);
            }
        }
        let columns = names.into_iter().map(|(_, id)| id).collect();
        let mut relation = bound.relation;
        relation.span = cte.name.span;
        self.commons.push(Common { name: cte.name.name.clone(), relation, columns });
        if let Some(slot) = self.owners.get_mut(owner.0) {
            *slot = Some(id);
        }
        self.visible.push((key, (!bound.open).then_some(id)));
    }

    fn body(&mut self, body: &Body) -> Bound {
        match body {
            Body::Select(select) => self.select(select, &[]),
            Body::Values(values) => self.values(values),
            Body::Query(query) => self.query(query, false),
            Body::Set { kind, all, inputs, operator, span } => self.set(*kind, *all, inputs, *operator, *span),
        }
    }

    fn set(&mut self, kind: SetKind, all: bool, inputs: &[Body], operator: Span, span: Span) -> Bound {
        let sign = match (kind, all) {
            (SetKind::Union, true) => "UNION ALL",
            (SetKind::Union, false) => "UNION",
            (SetKind::Intersect, _) => "INTERSECT",
            (SetKind::Except, _) => "EXCEPT",
        };
        if kind != SetKind::Union {
            self.warning(
                codes::SET_OPERATION,
                operator,
                format!("{sign} is not in AMC's documentation; it may be refused."),
            );
        }
        let spans: Vec<Span> = inputs.iter().map(Body::span).collect();
        let nameless = self.is_nameless;
        let mut bound: Vec<Bound> = Vec::with_capacity(inputs.len());
        for input in inputs {
            bound.push(self.body(input));
            // OK because names come from the first part.
            self.is_nameless = true;
        }
        self.is_nameless = nameless;
        let open = bound.iter().any(|it| it.open);
        let width = bound.first().map_or(0, |it| it.names.len());
        let uneven = bound.iter().position(|it| it.names.len() != width);
        if let Some(at) = uneven {
            if !open {
                let found = bound.get(at).map_or(0, |it| it.names.len());
                let place = spans.get(at).copied().unwrap_or(operator);
                let message = format!(
                    "All parts of a {sign} need the same number of columns: the first has {width}, this one {found}."
                );
                self.error(codes::COLUMN_COUNT, place, message, &format!("Column count mismatch in {sign}"));
            }
            let mut first = bound.swap_remove(0);
            first.open = true;
            return first;
        }
        let columns = (0..width).map(|at| self.set_column(&bound, at, operator, sign)).collect::<Vec<_>>();
        let names: Vec<(String, ColumnId)> = bound
            .first()
            .map(|it| it.names.iter().zip(&columns).map(|((name, _), id)| (name.clone(), *id)).collect())
            .unwrap_or_default();
        let inputs = bound.into_iter().map(|it| self.fitted(it, &columns)).collect();
        Bound { relation: Relation { node: Node::Set { kind, all, inputs, columns }, span }, names, open }
    }

    /// The common column of all inputs at a position.
    fn set_column(&mut self, inputs: &[Bound], at: usize, operator: Span, sign: &str) -> ColumnId {
        let values: Vec<Value> = inputs
            .iter()
            .filter_map(|it| it.names.get(at))
            .map(|(_, id)| {
                let span = self.columns.get(id.index()).map_or(operator, |it| it.span);
                self.value_of(*id, span)
            })
            .collect();
        let mut data_type = DataType::Null;
        for value in &values {
            if let Some(wider) = coercion::widest(&data_type, &value.expr.data_type) {
                data_type = wider;
            } else {
                let message = format!(
                    "Column {} of this {sign} is {} in one part and {} in another. Cast one of them.",
                    at + 1,
                    data_type,
                    value.expr.data_type
                );
                let amc = format!("Type mismatch in column {} of {sign}", at + 1);
                self.error(codes::SET_TYPES, value.expr.span, message, &amc);
            }
        }
        let name = inputs.first().and_then(|it| it.names.get(at)).map(|(name, _)| name.clone()).unwrap_or_default();
        let span = values.first().map_or(operator, |it| it.expr.span);
        self.advise_on_units(&values, sign);
        let mut value = Value::unknown(span).fed_by(&values);
        value.expr.data_type = data_type;
        value.unit = super::advice_on_values::common_unit(&values);
        self.column_of(&name, &value)
    }

    /// `input` converted to the types of `columns`, and with exactly its named columns.
    fn fitted(&mut self, input: Bound, columns: &[ColumnId]) -> Relation {
        let span = input.relation.span;
        let items = input
            .names
            .iter()
            .zip(columns)
            .map(|((name, id), column)| {
                let target = self.columns.get(column.index()).map_or(DataType::Null, |it| it.data_type.clone());
                let place = self.columns.get(id.index()).map_or(span, |it| it.span);
                let value = self.value_of(*id, place);
                let value = self.coerced(value, &target);
                Computed { id: self.column_of(name, &value), expr: value.expr }
            })
            .collect();
        Relation { node: Node::Project { input: Box::new(input.relation), items }, span }
    }

    fn values(&mut self, values: &Values) -> Bound {
        self.selects.push(State::new(Clause::Values));
        let scopes = std::mem::take(&mut self.scopes);
        let width = values.rows.first().map_or(0, |(cells, _)| cells.len());
        let mut rows: Vec<Vec<Value>> = Vec::with_capacity(values.rows.len());
        let mut open = false;
        for (cells, span) in &values.rows {
            if cells.len() == width {
                rows.push(cells.iter().map(|cell| self.expr(cell)).collect());
                if let [only] = cells.as_slice()
                    && only.span == *span
                {
                    self.may_be_list(only);
                }
            } else if !open {
                open = true;
                let message = format!("This row has {} values, the first has {width}.", cells.len());
                self.error(
                    codes::COLUMN_COUNT,
                    *span,
                    message,
                    "Values passed to VALUES operator must have compatible types",
                );
            }
        }
        self.scopes = scopes;
        self.selects.pop();
        let mut columns = Vec::with_capacity(width);
        for at in 0..width {
            columns.push(self.values_column(&rows, at, values.span));
        }
        let types: Vec<DataType> = columns
            .iter()
            .map(|id| self.columns.get(id.index()).map_or(DataType::Null, |it| it.data_type.clone()))
            .collect();
        let rows = rows
            .into_iter()
            .map(|row| row.into_iter().zip(&types).map(|(cell, kind)| self.coerced(cell, kind).expr).collect())
            .collect();
        let names = columns.iter().enumerate().map(|(at, id)| (format!("EXPR${at}"), *id)).collect();
        Bound { relation: Relation { node: Node::Values { columns, rows }, span: values.span }, names, open }
    }

    fn values_column(&mut self, rows: &[Vec<Value>], at: usize, span: Span) -> ColumnId {
        let mut data_type = DataType::Null;
        let mut whole = Value::unknown(rows.first().and_then(|row| row.get(at)).map_or(span, |it| it.expr.span));
        for cell in rows.iter().filter_map(|row| row.get(at)) {
            whole.level = whole.level.max(cell.level);
            whole.literal |= cell.literal;
            if let Some(wider) = coercion::widest(&data_type, &cell.expr.data_type) {
                data_type = wider;
            } else {
                let message = format!("Here is a {} where the rows before have {data_type}.", cell.expr.data_type);
                let amc = "Values passed to VALUES operator must have compatible types";
                self.error(codes::VALUES_TYPES, cell.expr.span, message, amc);
            }
        }
        whole.expr.data_type = data_type;
        self.column_of(&format!("EXPR${at}"), &whole)
    }

    /// Sorts a set operation or `VALUES` by its columns.
    fn sorted(&mut self, mut bound: Bound, order: &[OrderItem]) -> Bound {
        let order = self.bounded_order(order);
        let keys: Vec<SortKey> = order.iter().filter_map(|item| self.output_key(&bound, item)).collect();
        if !keys.is_empty() {
            let span = bound.relation.span;
            bound.relation = Relation { node: Node::Sort { input: Box::new(bound.relation), keys }, span };
        }
        bound
    }

    fn output_key(&mut self, bound: &Bound, item: &OrderItem) -> Option<SortKey> {
        let id = match &item.expr.kind {
            Ast::Number(text) => {
                text.parse::<usize>().ok().and_then(|at| at.checked_sub(1)).and_then(|at| bound.names.get(at))
            }
            Ast::Name(names) => {
                let name = names.last().map(|it| it.name.to_lowercase()).unwrap_or_default();
                bound.names.iter().find(|(it, _)| it.to_lowercase() == name)
            }
            _ => None,
        };
        let Some((_, id)) = id else {
            let message = "ORDER BY after a set operation takes the names or numbers of its columns.";
            self.error(codes::ORDER_BY, item.expr.span, message, "ORDER BY expression is not a column of the result");
            return None;
        };
        let expr = self.value_of(*id, item.expr.span).expr;
        Some(SortKey { expr, descending: item.descending, nulls_first: item.nulls_first.unwrap_or(item.descending) })
    }
}
