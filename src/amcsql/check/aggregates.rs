//! Binds aggregates and window functions.

use super::super::ast::{Call, Expr, OrderItem, Over, WindowSpec};
use super::super::bound::{AggregateCall, ExprKind, Frame, Literal, SortKey, WindowCall};
use super::super::catalogue::{DataType, Threshold};
use super::super::functions::{AggregateFunction, WindowFunction};
use super::super::text::Span;
use super::binder::{Binder, Value};
use super::select::Clause;
use crate::amcsql::codes;

/// Maximum number of keys of one window.
const MOST_WINDOW_KEYS: usize = 64;

impl Binder<'_> {
    pub(super) fn aggregate(&mut self, function: AggregateFunction, call: &Call, span: Span) -> Value {
        if let Some(over) = &call.over {
            return self.windowed(WindowFunction::Aggregate(function), call, over, span);
        }
        if !self.aggregates_allowed(span) {
            return Value::unknown(span);
        }
        if let Some(state) = self.selects.last_mut() {
            state.in_aggregate = true;
        }
        let args = self.aggregate_arguments(function, call, span);
        let filter = call.filter.as_ref().map(|it| self.filter(it));
        if let Some(state) = self.selects.last_mut() {
            state.in_aggregate = false;
        }
        let Some(args) = args else { return Value::unknown(span) };
        let mut result = Self::aggregate_value(function, &args, span);
        if let Some(filter) = &filter {
            result.level = result.level.max(if is_count(function) { Threshold::None } else { filter.level });
        }
        let id = self.column_of(self.text_of(span), &result);
        let args = args.into_iter().map(|it| it.expr).collect();
        let filter = filter.map(|it| it.expr);
        if let Some(state) = self.selects.last_mut() {
            state.aggregates.push(AggregateCall { id, function, args, distinct: call.distinct, filter });
        }
        self.value_of(id, span)
    }

    fn aggregates_allowed(&mut self, span: Span) -> bool {
        let Some((clause, nested)) = self.selects.last().map(|it| (it.clause, it.in_aggregate)) else { return false };
        if nested {
            let message = "An aggregate cannot stand in another. Compute the inner one in a WITH first.";
            self.error(codes::NESTED_AGGREGATE, span, message, "Aggregate expressions cannot be nested");
            return false;
        }
        if matches!(clause, Clause::Items | Clause::Having | Clause::OrderBy) {
            return true;
        }
        let hint = if clause == Clause::Where { " Conditions on aggregates stand in HAVING." } else { "" };
        let message = format!("An aggregate cannot stand in {}.{hint}", clause.name());
        let amc = format!("Aggregate expression is illegal in {} clause", clause.name());
        self.error(codes::MISPLACED_AGGREGATE, span, message, &amc);
        false
    }

    fn filter(&mut self, expr: &Expr) -> Value {
        self.warning(
            codes::FILTER_CLAUSE,
            expr.span,
            "FILTER (WHERE …) is not in AMC's documentation. IF(condition, x, NULL) inside the aggregate is safe.",
        );
        let value = self.expr(expr);
        self.coerced(value, &DataType::Boolean)
    }

    /// The arguments in types that the function accepts; `None` if they don't match.
    fn aggregate_arguments(&mut self, function: AggregateFunction, call: &Call, span: Span) -> Option<Vec<Value>> {
        use AggregateFunction as A;
        let name = call.name.name.to_uppercase();
        if call.star {
            if function == A::Count {
                self.info(codes::COUNT_STAR, span, "Published AMC queries write COUNT(1).");
                return Some(Vec::new());
            }
            let message = format!("{name} needs a column, not *.");
            self.error(codes::ARGUMENTS, span, message, &format!("Unknown identifier '*' in function '{name}'"));
            return None;
        }
        if function == A::ApproxCountDistinct {
            let message = "APPROX_COUNT_DISTINCT is not in AMC's documentation. COUNT(DISTINCT x) is.";
            self.info(codes::UNDOCUMENTED_FUNCTION, call.name.span, message);
        }
        let wanted = if matches!(function, A::Percentile | A::ApproxPercentile) { 2 } else { 1 };
        let values: Vec<Value> = call.args.iter().map(|it| self.expr(it)).collect();
        if values.len() != wanted {
            let message = format!(
                "{name} takes {wanted} argument{}, here are {}.",
                if wanted == 1 { "" } else { "s" },
                values.len()
            );
            let amc = format!("Invalid number of arguments to function '{name}'. Was expecting {wanted} arguments");
            self.error(codes::ARGUMENTS, call.name.span, message, &amc);
            return None;
        }
        if function == A::Collect
            && !matches!(call.args.first(), Some(Expr { kind: super::super::ast::ExprKind::Name(_), .. }))
        {
            self.warning(
                codes::COLLECT_EXPRESSION,
                span,
                "COLLECT was reported to take plain columns only. Compute the value in a WITH first.",
            );
        }
        values.into_iter().enumerate().map(|(at, it)| self.aggregate_argument(function, &name, at, it)).collect()
    }

    fn aggregate_argument(
        &mut self,
        function: AggregateFunction,
        name: &str,
        at: usize,
        value: Value,
    ) -> Option<Value> {
        use AggregateFunction as A;
        let kind = value.expr.data_type.clone();
        let number = kind.is_numeric() || matches!(kind, DataType::String | DataType::Null);
        match function {
            A::Count | A::Collect | A::ApproxCountDistinct | A::Min | A::Max => Some(value),
            A::Sum | A::Avg if kind.is_numeric() => Some(value),
            _ if number => {
                self.text_in_arithmetic(&value, name);
                if at == 1 {
                    self.check_share(name, &value);
                }
                Some(self.coerced(value, &DataType::Double))
            }
            _ => {
                let message = format!("{name} needs a number; this is {kind}.");
                let amc = format!("Cannot apply '{name}' to arguments of type '{name}(<{}>)'", kind.calcite());
                self.error(codes::ARGUMENT_TYPE, value.expr.span, message, &amc);
                None
            }
        }
    }

    /// The second argument of a percentile must be a constant from 0 to 1.
    fn check_share(&mut self, name: &str, value: &Value) {
        let inside = match &value.expr.kind {
            ExprKind::Literal(Literal::Integer(number)) => (0..=1).contains(number),
            ExprKind::Literal(Literal::Double(number)) => (0.0..=1.0).contains(number),
            ExprKind::Literal(Literal::Decimal { unscaled, scale }) => {
                *unscaled >= 0 && *unscaled <= 10_i128.pow(u32::from(*scale))
            }
            ExprKind::Parameter(_) => true,
            _ => false,
        };
        if !inside {
            let message = format!("The second argument of {name} is a constant from 0 to 1, such as 0.5.");
            self.error(
                codes::PERCENTILE,
                value.expr.span,
                message,
                &format!("Illegal percentile passed to function '{name}'"),
            );
        }
    }

    fn aggregate_value(function: AggregateFunction, args: &[Value], span: Span) -> Value {
        use AggregateFunction as A;
        let first = args.first();
        let kind = first.map_or(DataType::Null, |it| it.expr.data_type.clone());
        let data_type = match function {
            A::Count | A::ApproxCountDistinct => DataType::Long,
            A::Min | A::Max => kind.clone(),
            A::Collect => DataType::Array(Box::new(kind.clone())),
            A::Sum => match &kind {
                DataType::Decimal { scale, .. } => DataType::Decimal { precision: 38, scale: *scale },
                it if it.is_integer() => DataType::Long,
                _ => DataType::Double,
            },
            A::Avg => match &kind {
                DataType::Decimal { scale, .. } => {
                    DataType::Decimal { precision: 38, scale: scale.saturating_add(4).min(17).max(*scale) }
                }
                _ => DataType::Double,
            },
            _ => DataType::Double,
        };
        let value = Value::new(ExprKind::Literal(Literal::Null), data_type, span);
        if is_count(function) {
            return value;
        }
        let value = value.fed_by(args.iter().take(1));
        let unit =
            first.filter(|_| matches!(function, A::Sum | A::Avg | A::Min | A::Max | A::Median)).and_then(|it| it.unit);
        let metric = match function {
            A::Min | A::Max => value.metric,
            A::Collect => false,
            _ => true,
        };
        Value { metric, unit, ..value }
    }

    pub(super) fn window_function(&mut self, function: WindowFunction, call: &Call, span: Span) -> Value {
        let name = call.name.name.to_uppercase();
        if let Some(over) = &call.over {
            return self.windowed(function, call, over, span);
        }
        let message = format!("{name} needs a window: {name}() OVER (PARTITION BY … ORDER BY …).");
        self.error(
            codes::MISSING_OVER,
            span,
            message,
            &format!("OVER clause is necessary for window functions: '{name}'"),
        );
        Value::unknown(span)
    }

    fn windowed(&mut self, function: WindowFunction, call: &Call, over: &Over, span: Span) -> Value {
        let Some((clause, nested)) = self.selects.last().map(|it| (it.clause, it.in_aggregate)) else {
            return Value::unknown(span);
        };
        if nested || !matches!(clause, Clause::Items | Clause::OrderBy) {
            let place = if nested { "an aggregate" } else { clause.name() };
            let message = format!("A window function cannot stand in {place}. Compute it in a WITH first.");
            let amc = format!("Windowed aggregate expression is illegal in {} clause", clause.name());
            self.error(codes::MISPLACED_WINDOW, span, message, &amc);
            return Value::unknown(span);
        }
        if call.star && function == WindowFunction::Aggregate(AggregateFunction::Count) {
            let message = "AMC refuses COUNT(*) OVER (…). Write COUNT(column) OVER (…).";
            self.error(codes::COUNT_STAR_OVER, span, message, "COUNT(*) is not supported as a window function");
            return Value::unknown(span);
        }
        let Some(window) = self.window(over) else { return Value::unknown(span) };
        let args = match function {
            WindowFunction::Aggregate(aggregate) => self.aggregate_arguments(aggregate, call, span),
            _ => self.window_arguments(function, call, span),
        };
        let Some(args) = args else { return Value::unknown(span) };
        let ranked = matches!(function, WindowFunction::Rank | WindowFunction::DenseRank | WindowFunction::RowNumber);
        if ranked && window.order.is_empty() {
            let message = "Without ORDER BY in its window this numbers rows in any order.";
            self.warning(codes::UNORDERED_WINDOW, window.span, message);
        }
        let result = match function {
            WindowFunction::Aggregate(aggregate) => Self::aggregate_value(aggregate, &args, span),
            _ if ranked => Value::new(ExprKind::Literal(Literal::Null), DataType::Long, span),
            _ => {
                let kind = args.first().map_or(DataType::Null, |it| it.expr.data_type.clone());
                Value::new(ExprKind::Literal(Literal::Null), kind, span).fed_by(&args)
            }
        };
        let id = self.column_of(self.text_of(span), &result);
        let args = args.into_iter().map(|it| it.expr).collect();
        let Window { partition, order, frame, .. } = window;
        if let Some(state) = self.selects.last_mut() {
            state.windows.push(WindowCall { id, function, args, partition, order, frame });
        }
        self.value_of(id, span)
    }

    fn window_arguments(&mut self, function: WindowFunction, call: &Call, span: Span) -> Option<Vec<Value>> {
        let name = call.name.name.to_uppercase();
        let (least, most) = match function {
            WindowFunction::Lag | WindowFunction::Lead => (1, 3),
            WindowFunction::FirstValue | WindowFunction::LastValue => (1, 1),
            _ => (0, 0),
        };
        let mut values: Vec<Value> = call.args.iter().map(|it| self.expr(it)).collect();
        if !(least..=most).contains(&values.len()) || call.star {
            let message = format!("{name} takes {least} to {most} arguments.");
            let amc = format!("Invalid number of arguments to function '{name}'. Was expecting {least} arguments");
            self.error(codes::ARGUMENTS, span, message, &amc);
            return None;
        }
        if most > 0 {
            self.warning(
                codes::WINDOW_FUNCTION,
                span,
                format!("{name} is not in AMC's documentation and was not seen in published queries."),
            );
        }
        if values.len() == 3
            && let Some(default) = values.pop()
        {
            let kind = values.first().map_or(DataType::Null, |it| it.expr.data_type.clone());
            values.push(self.coerced(default, &kind));
        }
        if let Some(offset) = values.get(1)
            && !matches!(offset.expr.kind, ExprKind::Literal(Literal::Integer(0..)))
        {
            let place = offset.expr.span;
            self.error(
                codes::ARGUMENTS,
                place,
                format!("{name} counts rows with a whole number."),
                "Offset must be a literal",
            );
            return None;
        }
        Some(values)
    }

    /// The parts of a window, including those of a named one.
    fn window(&mut self, over: &Over) -> Option<Window> {
        let (own, base) = match over {
            Over::Named(name) => (None, Some(name)),
            Over::Spec(spec) => (Some(spec), spec.base.as_ref()),
        };
        let mut specs: Vec<WindowSpec> = Vec::new();
        if let Some(name) = base {
            let named = self
                .selects
                .last()
                .and_then(|it| it.named_windows.iter().find(|(known, _)| known.name.eq_ignore_ascii_case(&name.name)));
            let Some((_, spec)) = named else {
                let message = format!("There is no window `{}`. Declare it: WINDOW {0} AS (…).", name.name);
                self.error(codes::UNKNOWN_WINDOW, name.span, message, &format!("Window '{}' not found", name.name));
                return None;
            };
            specs.push(spec.clone());
        }
        specs.extend(own.cloned());
        let span = match over {
            Over::Named(name) => name.span,
            Over::Spec(spec) => spec.span,
        };
        let mut partition = Vec::new();
        let mut order = Vec::new();
        let mut frame = None;
        let keys: usize = specs.iter().map(|spec| spec.partition.len() + spec.order.len()).sum();
        if keys > MOST_WINDOW_KEYS {
            let message = format!("A window takes at most {MOST_WINDOW_KEYS} keys; this one has {keys}.");
            self.error(codes::TOO_MANY_KEYS, span, message, "SQL query was invalid: too many keys in a window");
            return None;
        }
        for spec in &specs {
            partition.extend(spec.partition.iter().map(|it| self.expr(it).expr));
            order.extend(spec.order.iter().map(|it| self.sort_key(it)));
            if let Some((bounds, place)) = &spec.frame {
                self.warning(codes::WINDOW_FRAME, *place, "AMC's grammar shows no window frames; this may be refused.");
                frame = Some(*bounds);
            }
        }
        Some(Window { span, partition, order, frame })
    }

    fn sort_key(&mut self, item: &OrderItem) -> SortKey {
        let expr = self.expr(&item.expr).expr;
        SortKey { expr, descending: item.descending, nulls_first: item.nulls_first.unwrap_or(item.descending) }
    }
}

/// A resolved window.
struct Window {
    span: Span,
    partition: Vec<super::super::bound::Expr>,
    order: Vec<SortKey>,
    frame: Option<Frame>,
}

fn is_count(function: AggregateFunction) -> bool {
    matches!(function, AggregateFunction::Count | AggregateFunction::ApproxCountDistinct)
}
