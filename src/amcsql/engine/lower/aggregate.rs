//! Lowers grouping, DISTINCT and window functions, and their effect on the hidden columns.

use std::sync::Arc;

use arrow::datatypes::DataType as Arrow;
use datafusion::common::ScalarValue;
use datafusion::functions_aggregate as standard;
use datafusion::functions_window as windowed;
use datafusion::logical_expr::expr::{AggregateFunction as Call, WindowFunction as WindowExpr};
use datafusion::logical_expr::{
    AggregateUDF, Expr, LogicalPlanBuilder, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
    cast, lit,
};

use super::super::accounting::{contribute, unite};
use super::super::functions::{aggregate as ours, sum as exact};
use super::super::run::RunError;
use super::expression::columns_in;
use super::trace::{Metric, Trace, Users};
use super::{Lowered, Lowering, column, name, named, projection};
use crate::amcsql::bound::{self, Aggregate, AggregateCall, Frame, FrameBound, FrameUnit, Relation, WindowCall};
use crate::amcsql::functions::{AggregateFunction, WindowFunction};

impl Lowering<'_> {
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate, accounting: bool) -> Result<Lowered, RunError> {
        let input = self.relation(&aggregate.input, accounting)?;
        self.marks = Some(Vec::new());
        let mut keys = Vec::new();
        let mut metrics = Vec::new();
        for key in &aggregate.groups {
            keys.push(self.computed(key)?);
            if self.wanted.contains(&key.id) {
                metrics.push((key.id, Metric { own: input.trace.readings(), ..Metric::default() }));
            }
        }
        let mut calls = Vec::new();
        for call in &aggregate.calls {
            let value = self.call(call)?;
            calls.push(value.alias(name(call.id)));
        }
        let mut trace = Trace::default();
        let hidden = self.united(&input.trace, &mut trace);
        calls.extend(hidden);
        for call in aggregate.calls.iter().filter(|call| self.wanted.contains(&call.id)).collect::<Vec<_>>() {
            if let Some((value, share)) = self.contributions(call, &input.trace)? {
                calls.push(value.alias(share.clone()));
                metrics.push((call.id, Metric { shares: [share].into(), ..Metric::default() }));
            }
        }
        trace.metrics.extend(metrics);
        // OK because DISTINCT over no key and no call can't be written: `SELECT` has at least one item.
        let builder = self.marked(&input)?.aggregate(keys, calls)?;
        let ids = aggregate.ids();
        let typed = |id| cast(column(id), self.query.column(id).data_type.arrow()).alias(name(id));
        let mut items: Vec<Expr> = aggregate.groups.iter().map(|key| column(key.id)).collect();
        items.extend(aggregate.calls.iter().map(|call| typed(call.id)));
        items.extend(trace.hidden().map(named));
        Ok(Lowered { plan: projection(builder.build()?, items)?, ids, trace })
    }

    /// DISTINCT over all columns.
    pub(super) fn distinct(&mut self, input: Lowered) -> Result<Lowered, RunError> {
        let keys: Vec<Expr> = input.ids.iter().map(|id| column(*id)).collect();
        let mut trace = Trace::default();
        let mut calls: Vec<Expr> = self.united(&input.trace, &mut trace).into_iter().collect();
        for (id, metric) in &input.trace.metrics {
            let mut merged = Metric { own: metric.own.clone(), ..Metric::default() };
            for share in &metric.shares {
                let fresh = self.fresh("share");
                let args = vec![lit(1.0), named(share.clone())];
                calls.push(aggregated(contribute(Vec::new(), 0), args, false, None).alias(fresh.clone()));
                merged.shares.insert(fresh);
            }
            trace.metrics.insert(*id, merged);
        }
        let plan = input.builder().aggregate(keys, calls)?.build()?;
        Ok(Lowered { plan, ids: input.ids, trace })
    }

    /// The aggregate that unites the users of all rows of a group in one ledger.
    fn united(&mut self, from: &Trace, to: &mut Trace) -> Option<Expr> {
        if from.users.is_empty() {
            return None;
        }
        let users = Users { name: self.fresh("user"), tags: false, readings: from.readings() };
        let args = from.users.iter().map(|users| named(users.name.clone())).collect();
        let value = aggregated(unite(), args, false, None).alias(users.name.clone());
        to.users.push(users);
        Some(value)
    }

    /// The aggregate for who contributed to a call, and its name.
    fn contributions(&mut self, call: &AggregateCall, trace: &Trace) -> Result<Option<(Expr, String)>, RunError> {
        let mut metric = trace.metric_of(call.args.iter().flat_map(columns_in));
        if metric.own.is_empty() && metric.shares.is_empty() {
            metric.own = trace.readings();
        }
        let users = trace.users.iter().filter(|users| !users.readings.is_disjoint(&metric.own));
        let mut columns: Vec<Expr> = users.map(|users| named(users.name.clone())).collect();
        let count = columns.len();
        columns.extend(metric.shares.iter().map(|share| named(share.clone())));
        if columns.is_empty() {
            return Ok(None);
        }
        let weight = match (call.function, call.args.first()) {
            (AggregateFunction::Sum | AggregateFunction::Avg, Some(arg)) => cast(self.expression(arg)?, Arrow::Float64),
            (_, Some(arg)) if arg.data_type.is_numeric() => {
                let value = cast(self.expression(arg)?, Arrow::Float64);
                cast(value.not_eq(lit(0.0)), Arrow::Float64)
            }
            (_, Some(arg)) => cast(self.expression(arg)?.is_not_null(), Arrow::Float64),
            (_, None) => lit(1.0),
        };
        let args = std::iter::once(weight).chain(columns).collect();
        let filter = call.filter.as_ref().map(|filter| self.expression(filter)).transpose()?;
        let readings = metric.own.into_iter().collect();
        Ok(Some((aggregated(contribute(readings, count), args, false, filter), self.fresh("share"))))
    }

    fn call(&mut self, call: &AggregateCall) -> Result<Expr, RunError> {
        let (function, args) = self.function(call.function, &call.args)?;
        let filter = call.filter.as_ref().map(|filter| self.expression(filter)).transpose()?;
        Ok(aggregated(function, args, call.distinct, filter))
    }

    /// The aggregate function and its arguments.
    fn function(
        &mut self,
        function: AggregateFunction,
        args: &[bound::Expr],
    ) -> Result<(Arc<AggregateUDF>, Vec<Expr>), RunError> {
        let mut lowered = args.iter().map(|arg| self.expression(arg)).collect::<Result<Vec<_>, _>>()?;
        let function = match function {
            AggregateFunction::Count => {
                if lowered.is_empty() {
                    lowered.push(lit(1_i64));
                }
                standard::count::count_udaf()
            }
            AggregateFunction::Sum => match args.first().map(|arg| arg.data_type.arrow()) {
                Some(kind) if kind.is_integer() => {
                    lowered = lowered.into_iter().map(|arg| cast(arg, Arrow::Int64)).collect();
                    exact::sum()
                }
                Some(Arrow::Decimal128(..)) => exact::sum(),
                _ => standard::sum::sum_udaf(),
            },
            AggregateFunction::Avg => {
                if args.first().is_some_and(|arg| arg.data_type.arrow().is_integer()) {
                    lowered = lowered.into_iter().map(|arg| cast(arg, Arrow::Float64)).collect();
                }
                standard::average::avg_udaf()
            }
            AggregateFunction::Min => standard::min_max::min_udaf(),
            AggregateFunction::Max => standard::min_max::max_udaf(),
            AggregateFunction::Collect => standard::array_agg::array_agg_udaf(),
            AggregateFunction::StddevSamp => standard::stddev::stddev_udaf(),
            AggregateFunction::StddevPop => standard::stddev::stddev_pop_udaf(),
            AggregateFunction::VarSamp => standard::variance::var_samp_udaf(),
            AggregateFunction::VarPop => standard::variance::var_pop_udaf(),
            AggregateFunction::ApproxCountDistinct => standard::approx_distinct::approx_distinct_udaf(),
            AggregateFunction::Skewness => ours::skewness(),
            AggregateFunction::Median => ours::percentile(0.5),
            AggregateFunction::Percentile | AggregateFunction::ApproxPercentile => {
                let place = args.get(1).map(|arg| self.constant(arg)).transpose()?;
                lowered.truncate(1);
                match place.and_then(|place| place.cast_to(&Arrow::Float64).ok()) {
                    Some(ScalarValue::Float64(Some(place))) => ours::percentile(place),
                    _ => return Err(RunError::Value("PERCENTILE needs a number between 0 and 1".to_owned())),
                }
            }
        };
        Ok((function, lowered))
    }

    pub(super) fn windows(
        &mut self,
        input: &Relation,
        calls: &[WindowCall],
        accounting: bool,
    ) -> Result<Lowered, RunError> {
        let input = self.relation(input, accounting)?;
        // OK because DataFusion identifies a window function by its text: an alias is lost in the physical plan, and
        // equal calls become one.
        let mut functions: Vec<Expr> = Vec::new();
        let mut items: Vec<Expr> = input.ids.iter().map(|id| column(*id)).collect();
        for call in calls {
            let function = self.window_call(call)?;
            let value = named(function.schema_name().to_string());
            items.push(cast(value, self.query.column(call.id).data_type.arrow()).alias(name(call.id)));
            if !functions.contains(&function) {
                functions.push(function);
            }
        }
        items.extend(input.trace.hidden().map(named));
        let builder = LogicalPlanBuilder::new(LogicalPlanBuilder::window_plan(input.plan.clone(), functions)?);
        let plan = projection(builder.build()?, items)?;
        let Lowered { mut ids, mut trace, .. } = input;
        for call in calls {
            ids.push(call.id);
            if self.wanted.contains(&call.id) {
                let metric = trace.metric_of(call.args.iter().flat_map(columns_in));
                trace.metrics.insert(call.id, metric);
            }
        }
        Ok(Lowered { plan, ids, trace })
    }

    fn window_call(&mut self, call: &WindowCall) -> Result<Expr, RunError> {
        let (definition, args): (WindowFunctionDefinition, Vec<Expr>) = match call.function {
            WindowFunction::Aggregate(function) => {
                let (function, args) = self.function(function, &call.args)?;
                (function.into(), args)
            }
            other => {
                let args = call.args.iter().map(|arg| self.expression(arg)).collect::<Result<_, _>>()?;
                let function = match other {
                    WindowFunction::Rank => windowed::rank::rank_udwf(),
                    WindowFunction::DenseRank => windowed::rank::dense_rank_udwf(),
                    WindowFunction::Lag => windowed::lead_lag::lag_udwf(),
                    WindowFunction::Lead => windowed::lead_lag::lead_udwf(),
                    WindowFunction::FirstValue => windowed::nth_value::first_value_udwf(),
                    WindowFunction::LastValue => windowed::nth_value::last_value_udwf(),
                    WindowFunction::RowNumber | WindowFunction::Aggregate(_) => windowed::row_number::row_number_udwf(),
                };
                (function.into(), args)
            }
        };
        let mut expr = WindowExpr::new(definition, args);
        expr.params.partition_by = call.partition.iter().map(|it| self.expression(it)).collect::<Result<_, _>>()?;
        expr.params.order_by = self.sort_keys(&call.order)?;
        expr.params.window_frame = match &call.frame {
            Some(frame) => written_frame(frame),
            None => WindowFrame::new((!call.order.is_empty()).then_some(false)),
        };
        Ok(Expr::WindowFunction(Box::new(expr)))
    }
}

fn aggregated(function: Arc<AggregateUDF>, args: Vec<Expr>, distinct: bool, filter: Option<Expr>) -> Expr {
    Expr::AggregateFunction(Call::new_udf(function, args, distinct, filter.map(Box::new), Vec::new(), None))
}

fn written_frame(frame: &Frame) -> WindowFrame {
    let units = match frame.unit {
        FrameUnit::Rows => WindowFrameUnits::Rows,
        FrameUnit::Range => WindowFrameUnits::Range,
    };
    let distance = |count: u64| ScalarValue::UInt64(Some(count));
    let bound = |bound: FrameBound| match bound {
        FrameBound::UnboundedPreceding => WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
        FrameBound::Preceding(count) => WindowFrameBound::Preceding(distance(count)),
        FrameBound::CurrentRow => WindowFrameBound::CurrentRow,
        FrameBound::Following(count) => WindowFrameBound::Following(distance(count)),
        FrameBound::UnboundedFollowing => WindowFrameBound::Following(ScalarValue::UInt64(None)),
    };
    WindowFrame::new_bounds(units, bound(frame.start), bound(frame.end))
}
