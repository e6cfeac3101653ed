//! Lowers relations: dispatch by kind, and the simple ones.

use std::sync::Arc;

use arrow::datatypes::{DataType as Arrow, Field, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::common::{Column, NullEquality, ScalarValue, UnnestOptions};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder, SortExpr, cast, lit};

use super::super::run::RunError;
use super::expression::columns_in;
use super::large::folded;
use super::trace::{Metric, Trace};
use super::{Lowered, Lowering, column, name, named, projection};
use crate::amcsql::bound::{self, ColumnId, CommonId, Computed, Join, JoinKind, Node, Relation, SortKey};

impl Lowering<'_> {
    /// The plan of a relation. Without `accounting` there are no hidden columns.
    pub(super) fn relation(&mut self, relation: &Relation, accounting: bool) -> Result<Lowered, RunError> {
        self.count(1)?;
        let marks = self.marks.take();
        let lowered = self.node(&relation.node, accounting);
        self.marks = marks;
        lowered
    }

    fn node(&mut self, node: &Node, accounting: bool) -> Result<Lowered, RunError> {
        match node {
            Node::Scan(id) => self.scan(*id, accounting),
            Node::Common { common, columns } => self.common(*common, columns, accounting),
            Node::One => {
                let plan = LogicalPlanBuilder::empty(true).build()?;
                Ok(Lowered { plan, ids: Vec::new(), trace: Trace::default() })
            }
            Node::Values { columns, rows } => self.values(columns, rows),
            Node::Project { input, items } => self.project(input, items, accounting),
            Node::Filter { input, predicate } => {
                let input = self.relation(input, accounting)?;
                let predicate = self.expression(predicate)?;
                let plan = input.builder().filter(predicate)?.build()?;
                Ok(input.with(plan))
            }
            Node::Aggregate(aggregate) => self.aggregate(aggregate, accounting),
            Node::Window { input, calls } => self.windows(input, calls, accounting),
            Node::Join(join) => self.join(join, accounting),
            Node::Set { kind, all, inputs, columns } => self.set(*kind, *all, inputs, columns, accounting),
            Node::Distinct { input } => {
                let input = self.relation(input, accounting)?;
                self.distinct(input)
            }
            Node::Sort { input, keys } => {
                let input = self.relation(input, accounting)?;
                let keys = self.sort_keys(keys)?;
                let plan = input.builder().sort(keys)?.build()?;
                Ok(input.with(plan))
            }
            Node::Limit { input, count } => {
                let input = self.relation(input, accounting)?;
                let plan = input.builder().limit(0, Some(usize::try_from(*count).unwrap_or(usize::MAX)))?.build()?;
                Ok(input.with(plan))
            }
            Node::Explode { input, array, id } => self.explode(input, array, *id, accounting),
        }
    }

    pub(super) fn sort_keys(&mut self, keys: &[SortKey]) -> Result<Vec<SortExpr>, RunError> {
        let key = |key: &SortKey| Ok(self.expression(&key.expr)?.sort(!key.descending, key.nulls_first));
        keys.iter().map(key).collect()
    }

    fn values(&mut self, columns: &[ColumnId], rows: &[Vec<bound::Expr>]) -> Result<Lowered, RunError> {
        let rows = rows.iter().map(|row| row.iter().map(|cell| self.expression(cell)).collect());
        let rows = rows.collect::<Result<Vec<Vec<Expr>>, RunError>>()?;
        if let Some(plan) = self.table(columns, &rows)? {
            return Ok(Lowered { plan, ids: columns.to_vec(), trace: Trace::default() });
        }
        let items = columns.iter().enumerate().map(|(at, id)| {
            let value = named(format!("column{}", at + 1));
            cast(value, self.query.column(*id).data_type.arrow()).alias(name(*id))
        });
        let items: Vec<Expr> = items.collect();
        let plan = projection(LogicalPlanBuilder::values(rows)?.build()?, items)?;
        Ok(Lowered { plan, ids: columns.to_vec(), trace: Trace::default() })
    }

    /// Constant rows as an in-memory table, a single step to the planner; `None` if one isn't constant.
    pub(super) fn table(&mut self, columns: &[ColumnId], rows: &[Vec<Expr>]) -> Result<Option<LogicalPlan>, RunError> {
        let mut cells = vec![Vec::with_capacity(rows.len()); columns.len()];
        for row in rows {
            for ((cell, column), id) in row.iter().zip(&mut cells).zip(columns) {
                let Expr::Literal(value, _) = folded(cell.clone()) else { return Ok(None) };
                column.push(value.cast_to(&self.query.column(*id).data_type.arrow())?);
            }
        }
        let arrays = cells.into_iter().map(ScalarValue::iter_to_array).collect::<Result<Vec<_>, _>>()?;
        // OK because its names differ from those of the plan, with which they would be ambiguous.
        let own = |id: &ColumnId| format!("v{}", id.0);
        let field = |id: &ColumnId| Field::new(own(id), self.query.column(*id).data_type.arrow(), true);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(DataFusionError::from)?;
        let table = provider_as_source(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?));
        let alias = self.fresh("values");
        let of = |id: &ColumnId| Expr::Column(Column::new(Some(alias.as_str()), own(id))).alias(name(*id));
        let items: Vec<Expr> = columns.iter().map(of).collect();
        let plan = LogicalPlanBuilder::scan(alias.as_str(), table, None)?.build()?;
        projection(plan, items).map(Some)
    }

    fn project(&mut self, input: &Relation, items: &[Computed], accounting: bool) -> Result<Lowered, RunError> {
        let input = self.relation(input, accounting)?;
        let mut exprs = Vec::with_capacity(items.len());
        self.marks = Some(Vec::new());
        let mut trace = Trace { users: input.trace.users.clone(), ..Trace::default() };
        for item in items {
            exprs.push(self.computed(item)?);
            if self.wanted.contains(&item.id) {
                trace.metrics.insert(item.id, input.trace.metric_of(columns_in(&item.expr)));
            }
        }
        exprs.extend(trace.hidden().map(named));
        let plan = projection(self.marked(&input)?.build()?, exprs)?;
        Ok(Lowered { plan, ids: items.iter().map(|item| item.id).collect(), trace })
    }

    /// The relation, joined with the candidates of the `IN (subquery)` in its computed columns. Candidates are
    /// distinct, so no row is duplicated.
    pub(super) fn marked(&mut self, input: &Lowered) -> Result<LogicalPlanBuilder, RunError> {
        let mut builder = input.builder();
        for mark in self.marks.take().into_iter().flatten() {
            let on = mark.key.eq(named(mark.name));
            builder = builder.join_on(mark.candidates, JoinType::Left, [on])?;
        }
        Ok(builder)
    }

    /// A use of a common table expression: the same plan with new names.
    fn common(
        &mut self,
        id: CommonId,
        columns: &[(ColumnId, ColumnId)],
        accounting: bool,
    ) -> Result<Lowered, RunError> {
        let lowered = if let Some(kept) = self.kept.get(&id) {
            let trace = if accounting { kept.trace.clone() } else { Trace::default() };
            Lowered { trace, ..kept.clone() }
        } else if let Some((lowered, steps)) = self.commons.get(&(id, accounting)) {
            let (lowered, steps) = (lowered.clone(), *steps);
            self.count(steps)?;
            lowered
        } else {
            let Some(common) = self.query.commons.get(id.index()) else {
                return Err(RunError::Value("a common table is missing".to_owned()));
            };
            let before = self.steps;
            let lowered = self.relation(&common.relation, accounting)?;
            self.commons.insert((id, accounting), (lowered.clone(), self.steps - before));
            lowered
        };
        let mut items: Vec<Expr> = columns.iter().map(|(new, old)| column(*old).alias(name(*new))).collect();
        for (new, old) in columns {
            self.same_size(*new, *old);
        }
        let mut trace = Trace::default();
        for users in &lowered.trace.users {
            let mut users = users.clone();
            let fresh = self.fresh("user");
            items.push(named(std::mem::replace(&mut users.name, fresh.clone())).alias(fresh));
            trace.users.push(users);
        }
        let mut renamed = std::collections::BTreeMap::new();
        for (new, old) in columns {
            let Some(metric) = lowered.trace.metrics.get(old) else { continue };
            let mut shares = std::collections::BTreeSet::new();
            for share in &metric.shares {
                let fresh = renamed.entry(share.clone()).or_insert_with(|| self.fresh("share"));
                shares.insert(fresh.clone());
            }
            trace.metrics.insert(*new, Metric { own: metric.own.clone(), shares });
        }
        items.extend(renamed.iter().map(|(old, new)| named(old.clone()).alias(new.clone())));
        let ids = columns.iter().map(|(new, _)| *new).collect();
        let plan = if items.is_empty() { lowered.plan } else { projection(lowered.plan, items)? };
        Ok(Lowered { plan, ids, trace })
    }

    fn join(&mut self, join: &Join, accounting: bool) -> Result<Lowered, RunError> {
        let left = self.relation(&join.left, accounting)?;
        let right = self.relation(&join.right, accounting)?;
        let on = join.on.as_ref().map(|on| self.expression(on)).transpose()?;
        let kind = match join.kind {
            JoinKind::Left => JoinType::Left,
            JoinKind::Full => JoinType::Full,
            JoinKind::Inner | JoinKind::Cross => JoinType::Inner,
        };
        let builder = match on {
            None if kind == JoinType::Inner => left.builder().cross_join(right.plan)?,
            on => left.builder().join_on(right.plan, kind, [on.unwrap_or_else(|| lit(true))])?,
        };
        let ids = left.ids.iter().chain(&right.ids).copied().collect();
        Ok(Lowered { plan: builder.build()?, ids, trace: left.trace.joined(right.trace) })
    }

    fn explode(
        &mut self,
        input: &Relation,
        array: &bound::Expr,
        id: ColumnId,
        accounting: bool,
    ) -> Result<Lowered, RunError> {
        let input = self.relation(input, accounting)?;
        let mut items: Vec<Expr> = input.ids.iter().map(|id| column(*id)).collect();
        items.extend(input.trace.hidden().map(named));
        items.push(self.expression(array)?.alias(name(id)));
        let options = UnnestOptions::new().with_preserve_nulls(false);
        let plan = projection(input.plan, items)?;
        let builder = LogicalPlanBuilder::new(plan);
        let plan = builder.unnest_column_with_options(Column::new_unqualified(name(id)), options)?.build()?;
        let (mut ids, mut trace) = (input.ids, input.trace);
        ids.push(id);
        if self.wanted.contains(&id) {
            let metric = trace.metric_of(columns_in(array));
            trace.metrics.insert(id, metric);
        }
        Ok(Lowered { plan, ids, trace })
    }
}

/// Keeps left rows that have (or don't have) a match on the right; NULLs are equal.
pub(super) fn matching(left: Lowered, right: &Lowered, kind: JoinType) -> Result<Lowered, RunError> {
    let keys = |lowered: &Lowered| lowered.ids.iter().map(|id| Column::new_unqualified(name(*id))).collect::<Vec<_>>();
    let on = (keys(&left), keys(right));
    let right_only: Vec<Expr> = right.ids.iter().map(|id| column(*id)).collect();
    let right = projection(right.plan.clone(), right_only)?;
    let builder = left.builder().join_detailed(right, kind, on, None, NullEquality::NullEqualsNull)?;
    Ok(left.with(builder.build()?))
}

/// NULL of a type.
pub(super) fn null(kind: &Arrow) -> Result<Expr, RunError> {
    Ok(lit(ScalarValue::try_from(kind)?))
}
