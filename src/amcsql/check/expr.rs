//! Binds expressions.

use super::super::ast::{Expr, ExprKind as Ast, Query, TypeName};
use super::super::bound::{BinaryOp, ExprKind, Literal, Relation, Truth};
use super::super::catalogue::DataType;
use super::super::functions::Function;
use super::super::text::Span;
use super::binder::{Binder, Value};
use super::coercion;
use super::operators::label_level;
use super::select::Clause;
use crate::amcsql::codes;

impl Binder<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Value {
        let span = expr.span;
        match &expr.kind {
            Ast::Logical { and, operands } => self.logical(*and, operands, span),
            Ast::Not(inner) => {
                let value = self.boolean(inner, "NOT");
                let kind = ExprKind::Not(Box::new(value.expr.clone()));
                Value::new(kind, DataType::Boolean, span).fed_by([&value]).described()
            }
            Ast::Negate(inner) => self.negate(inner, span),
            Ast::Binary { op, left, right } => self.binary(*op, left, right, span),
            Ast::Concat(left, right) => self.concat(left, right, span),
            Ast::Is { expr, truth, negated } => self.is(expr, *truth, *negated, span),
            Ast::Between { expr, low, high, negated } => self.between(expr, low, high, *negated, span),
            Ast::InList { expr, list, negated } => self.in_list(expr, list, *negated, span),
            Ast::InQuery { expr, query, negated } => self.in_query(expr, query, *negated, span),
            Ast::Exists(query) => {
                let (relation, _) = self.subquery(query);
                let kind = ExprKind::Exists { query: Box::new(relation), negated: false };
                Value::new(kind, DataType::Boolean, span)
            }
            Ast::Query(query) => self.scalar(query, span),
            Ast::Like { expr, pattern, escape, negated } => self.like(expr, pattern, escape.as_deref(), *negated, span),
            Ast::SimilarTo { expr, pattern, negated } => self.similar(expr, pattern, *negated, span),
            Ast::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), span)
            }
            Ast::Cast { expr, target } => self.cast(expr, target, span),
            Ast::Extract { unit, expr } => self.extract(unit, expr, span),
            Ast::Call(call) => self.call(call, span),
            Ast::Array(items) => self.array(items, span),
            Ast::Field(name) => self.field(name, span),
            _ => self.leaf(expr),
        }
    }

    /// A simple expression, or one that AMC doesn't have.
    fn leaf(&mut self, expr: &Expr) -> Value {
        let span = expr.span;
        match &expr.kind {
            Ast::Name(names) => self.name(names, span),
            Ast::Number(text) => self.number(text, span),
            Ast::String(text) => Value::literal(Literal::String(text.clone()), DataType::String, span),
            Ast::Boolean(value) => Value::literal(Literal::Boolean(*value), DataType::Boolean, span),
            Ast::Null => Value::literal(Literal::Null, DataType::Null, span),
            Ast::Date(text) => self.moment(text, DataType::Date, span),
            Ast::Timestamp(text) => self.moment(text, DataType::Timestamp, span),
            Ast::Interval => {
                let message = "AMC has no INTERVAL. Compare SECONDS_BETWEEN(a, b) with a number of seconds.";
                self.error(codes::INTERVAL, span, message, "interval data types are not enabled");
                Value::unknown(span)
            }
            Ast::Colon(name) => {
                let message = "This form of a parameter is not in AMC's documentation. Write CUSTOM_PARAMETER('…').";
                self.warning(codes::COLON_PARAMETER, span, message);
                self.parameter(&name.name, span)
            }
            Ast::Row(_) => {
                let message = "AMC has no rows in parentheses. Compare the columns one by one, joined by AND.";
                self.error(codes::ROW, span, message, "ROW expressions are not supported here");
                Value::unknown(span)
            }
            Ast::Index(inner) => {
                self.expr(inner);
                let message = "AMC documents no access to array elements by number. Take rows with EXPLODE(…) instead.";
                self.error(codes::ARRAY_INDEX, span, message, "Unsupported scalar operation type ITEM");
                Value::unknown(span)
            }
            // OK because the caller binds everything else.
            _ => Value::unknown(span),
        }
    }

    /// Reports a whole chain of `||` once.
    fn concat(&mut self, left: &Expr, right: &Expr, span: Span) -> Value {
        self.expr(right);
        let mut first = left;
        while let Ast::Concat(left, right) = &first.kind {
            self.expr(right);
            first = left;
        }
        self.expr(first);
        let message = "AMC has no ||. Write CONCAT(a, b), which takes any number of values.";
        self.error(codes::CONCAT_OPERATOR, span, message, "Unsupported scalar operation type ||");
        Value::unknown(span)
    }

    fn name(&mut self, names: &[super::super::ast::Ident], span: Span) -> Value {
        let state = self.selects.last();
        let aliased = state.is_some_and(|it| matches!(it.clause, Clause::Having | Clause::OrderBy) && !it.in_aggregate);
        let item = if aliased { self.alias(names) } else { None };
        let Some(at) = item else { return self.column(names, span) };
        let parts = state.and_then(|it| it.items.get(at)).map_or(0, |it| it.size);
        if !self.may_copy(parts, span) {
            return Value::unknown(span);
        }
        let item = self.selects.last().and_then(|it| it.items.get(at)).cloned();
        let Some(item) = item else { return Value::unknown(span) };
        if !item.windows.is_empty() && self.selects.last().is_some_and(|it| it.clause == Clause::Having) {
            let message = format!(
                "`{}` is a window function, which HAVING cannot see. Filter on it in a SELECT around this one.",
                item.name
            );
            self.error(
                codes::WINDOW_IN_HAVING,
                span,
                message,
                "Windowed aggregate expression is illegal in HAVING clause",
            );
            return Value::unknown(span);
        }
        let mut value = item.value;
        value.expr.span = span;
        value
    }

    fn logical(&mut self, and: bool, operands: &[Expr], span: Span) -> Value {
        let word = if and { "AND" } else { "OR" };
        let values: Vec<Value> = operands.iter().map(|it| self.boolean(it, word)).collect();
        let whole = Value::unknown(span).fed_by(&values);
        let list = values.into_iter().map(|it| it.expr).collect();
        let kind = if and { ExprKind::And(list) } else { ExprKind::Or(list) };
        Value::new(kind, DataType::Boolean, span).fed_by([&whole]).described()
    }

    /// A boolean operand of `word`.
    fn boolean(&mut self, expr: &Expr, word: &str) -> Value {
        let value = self.expr(expr);
        match &value.expr.data_type {
            DataType::Boolean => value,
            DataType::Null => self.coerced(value, &DataType::Boolean),
            other => {
                let message = format!("{word} joins conditions; this is {other}.");
                let amc = format!("Cannot apply '{word}' to arguments of type '<{}>'", other.calcite());
                self.error(codes::CONDITION, expr.span, message, &amc);
                Value::unknown(expr.span)
            }
        }
    }

    fn is(&mut self, expr: &Expr, truth: Truth, negated: bool, span: Span) -> Value {
        let value = if truth == Truth::Null { self.expr(expr) } else { self.boolean(expr, "IS") };
        let result =
            Value::new(ExprKind::Is { expr: Box::new(value.expr.clone()), truth, negated }, DataType::Boolean, span);
        // OK because whether a value is NULL reveals nothing about it: published queries show `MAX(IF(user_id IS NOT
        // NULL, 1, 0))`.
        if truth == Truth::Null { result } else { result.fed_by([&value]).described() }
    }

    /// A subquery in an expression, and its columns.
    pub(super) fn subquery(&mut self, query: &Query) -> (Relation, Vec<Value>) {
        let nameless = std::mem::replace(&mut self.is_nameless, true);
        let bound = self.query(query, false);
        self.is_nameless = nameless;
        let span = query.span;
        let columns = if bound.open {
            vec![Value::unknown(span)]
        } else {
            bound.names.iter().map(|(_, id)| self.value_of(*id, span)).collect()
        };
        (bound.relation, columns)
    }

    fn scalar(&mut self, query: &Query, span: Span) -> Value {
        let (relation, columns) = self.subquery(query);
        let [column] = columns.as_slice() else {
            let message = format!("A subquery used as a value gives one column; this one gives {}.", columns.len());
            self.error(
                codes::SUBQUERY_COLUMNS,
                span,
                message,
                "Cannot apply '$SCALAR_QUERY' to arguments of several columns",
            );
            return Value::unknown(span);
        };
        self.info(
            codes::SCALAR_SUBQUERY,
            span,
            "A subquery as a value was not seen in published AMC queries. A CROSS JOIN is safer.",
        );
        Value::new(ExprKind::Scalar(Box::new(relation)), column.expr.data_type.clone(), span).fed_by([column])
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        span: Span,
    ) -> Value {
        let operand = operand.map(|it| self.expr(it));
        let mut whens = Vec::with_capacity(branches.len());
        let mut thens = Vec::with_capacity(branches.len() + 1);
        for (when, then) in branches {
            whens.push(match &operand {
                None => self.boolean(when, "WHEN"),
                Some(operand) => {
                    let value = self.expr(when);
                    self.compared(operand, &value, "=", when.span)
                        .map_or(Value::unknown(when.span), |kind| self.coerced(value, &kind))
                }
            });
            thens.push(self.guarded(then));
        }
        let has_else = otherwise.is_some();
        thens.extend(otherwise.map(|it| self.guarded(it)));
        self.choose(operand, whens, thens, has_else, span)
    }

    /// A value that is computed only where a condition says so.
    fn guarded(&mut self, expr: &Expr) -> Value {
        self.guards += 1;
        let value = self.expr(expr);
        self.guards -= 1;
        value
    }

    /// `CASE` of bound parts; if there is an `ELSE`, it is the last of `thens`.
    pub(super) fn choose(
        &mut self,
        operand: Option<Value>,
        whens: Vec<Value>,
        thens: Vec<Value>,
        has_else: bool,
        span: Span,
    ) -> Value {
        let data_type = self.result_type(&thens, "CASE");
        let metric = thens.iter().any(|it| it.metric);
        let unit = thens.iter().find_map(|it| it.unit);
        // OK because a condition only selects a value, and literals in it don't flow into the value.
        let literal = thens.iter().any(|it| it.literal);
        let decides = match &operand {
            None => Value::unknown(span).fed_by(&whens).level,
            Some(operand) => whens.iter().map(|when| label_level([operand, when])).max().unwrap_or_default(),
        };
        let mut whole = Value::unknown(span).fed_by(&thens);
        whole.level = whole.level.max(decides);
        let mut results: Vec<_> = thens.into_iter().map(|it| self.coerced(it, &data_type).expr).collect();
        let otherwise = if has_else { results.pop().map(Box::new) } else { None };
        let branches = whens.into_iter().map(|it| it.expr).zip(results).collect();
        let operand = operand.map(|it| Box::new(it.expr));
        let value = Value::new(ExprKind::Case { operand, branches, otherwise }, data_type, span).fed_by([&whole]);
        Value { literal, metric, unit, ..value }
    }

    /// The common type of `values`.
    pub(super) fn result_type(&mut self, values: &[Value], what: &str) -> DataType {
        let mut data_type = DataType::Null;
        for value in values {
            if let Some(wider) = coercion::widest(&data_type, &value.expr.data_type) {
                data_type = wider;
            } else {
                let message = format!(
                    "The results of {what} must be of one kind; this is {}, others are {data_type}.",
                    value.expr.data_type
                );
                let amc = format!("Illegal mixing of types in {what} or COALESCE statement");
                self.error(codes::MIXED_TYPES, value.expr.span, message, &amc);
            }
        }
        data_type
    }

    fn cast(&mut self, expr: &Expr, target: &TypeName, span: Span) -> Value {
        let value = self.expr(expr);
        let Some(data_type) = &target.data_type else {
            let text = self.text_of(target.span).to_owned();
            let message = format!(
                "`{text}` isn't a type that AMC converts to. Possible: STRING as VARCHAR, INTEGER, BIGINT, DECIMAL(p,s), DOUBLE, BOOLEAN, DATE, TIMESTAMP."
            );
            self.error(codes::UNKNOWN_TYPE, target.span, message, &format!("Unknown datatype name '{text}'"));
            return Value::unknown(span);
        };
        if let ExprKind::Literal(Literal::String(text)) = &value.expr.kind {
            let function = match (text.trim().to_ascii_lowercase().as_str(), data_type) {
                ("today", DataType::Date) => Some(Function::CurrentDate),
                ("now", DataType::Timestamp) => Some(Function::CurrentTimestamp),
                _ => None,
            };
            if let Some(function) = function {
                return Value::new(ExprKind::Call { function, args: Vec::new() }, data_type.clone(), span);
            }
            self.unreadable(text, data_type, value.expr.span);
        }
        if !castable(&value.expr.data_type, data_type) {
            let from = value.expr.data_type.clone();
            let message = format!("{from} cannot be converted to {data_type}.");
            let amc = format!(
                "Cast function cannot convert value of type {} to type {}",
                from.calcite(),
                data_type.calcite()
            );
            self.error(codes::CAST, span, message, &amc);
            return Value::unknown(span);
        }
        let unit = value.unit;
        let facts = Value::unknown(span).fed_by([&value]);
        let mut expr = self.typed_parameter(value, data_type).expr;
        if expr.data_type != *data_type {
            expr = coercion::cast(expr, data_type, true);
        }
        expr.span = span;
        Value { expr, unit, ..facts }
    }

    fn array(&mut self, items: &[Expr], span: Span) -> Value {
        let values: Vec<Value> = items.iter().map(|it| self.expr(it)).collect();
        for item in items {
            self.may_be_list(item);
        }
        let element = self.result_type(&values, "ARRAY");
        let whole = Value::unknown(span).fed_by(&values);
        let list = values.into_iter().map(|it| self.coerced(it, &element).expr).collect();
        Value::new(ExprKind::Array(list), DataType::Array(Box::new(element)), span).fed_by([&whole])
    }

    pub(super) fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Value {
        let (a, b) = (self.expr(left), self.expr(right));
        if op.is_comparison() { self.comparison(op, a, b, span) } else { self.arithmetic(op, a, b, span) }
    }
}

impl Value {
    /// The same value as a dimension.
    pub(super) fn described(self) -> Self {
        Self { metric: false, ..self }
    }
}

/// Whether an explicit cast is allowed; whether it succeeds depends on the value.
fn castable(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    if from == to {
        return true;
    }
    match (from, to) {
        (T::Array(a), T::Array(b)) => castable(a, b),
        (T::String, T::Array(_) | T::Struct(_) | T::Map(..)) => false,
        (T::Null | T::String, _) | (_, T::String) => true,
        (T::Boolean, other) | (other, T::Boolean) => other.is_numeric(),
        _ if from.is_temporal() || to.is_temporal() => from.is_temporal() && to.is_temporal(),
        _ => from.is_numeric() && to.is_numeric(),
    }
}
