//! Lowers the resolved query to a DataFusion plan.
//!
//! The plan is built node by node, never via SQL text. A column's name is derived from its [`ColumnId`], so names are
//! always unique. Every expression has exactly the Arrow type that its AMC type maps to, so DataFusion's own
//! coercions have no effect. A common table expression is planned for each use, unless it would give different rows
//! each time (see [`kept`]).
//!
//! With controls on, hidden columns are added (see [`super::accounting`]) and described in a [`Trace`].

mod aggregate;
mod expression;
mod kept;
mod large;
mod literal;
mod merging;
mod names;
mod relation;
mod scan;
mod set;
mod trace;
mod wanted;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Projection};

use super::functions::other;
use super::run::{Run, RunError};
use super::tables::Tables;
use crate::amcsql::bound::{self, ColumnId, CommonId, Computed, ExprKind, Query};

pub(super) use kept::{KeptTables, changing};
pub(super) use merging::{Merging, mergings};
pub(super) use trace::Trace;

/// Maximum steps of a plan; a larger one fails with [`RunError::TooComplex`].
const MOST_STEPS: usize = 4_000;

/// The size of an expression, with its columns replaced by what they are computed from, up to which the planner may
/// move it.
const LARGEST_MOVED: usize = 300;

/// A plan with its column ids.
#[derive(Clone)]
pub(super) struct Lowered {
    /// Has one column for each id of the relation, and the hidden columns of `trace`.
    pub(super) plan: LogicalPlan,
    /// In the relation's order.
    pub(super) ids: Vec<ColumnId>,
    /// The hidden columns.
    pub(super) trace: Trace,
}

impl Lowered {
    fn builder(&self) -> LogicalPlanBuilder {
        LogicalPlanBuilder::new(self.plan.clone())
    }

    /// Another plan with the same columns.
    fn with(self, plan: LogicalPlan) -> Self {
        Self { plan, ..self }
    }
}

/// The plan of a whole query: the columns of the result, in order, named `o0`, `o1`, …, then the hidden columns.
pub(super) fn lower(query: &Query, run: &Run, tables: &dyn Tables, kept: &KeptTables) -> Result<Lowered, RunError> {
    let mut lowering = Lowering::new(query, run, tables, kept);
    let root = lowering.relation(&query.root, run.controls)?;
    let outputs = query.outputs.iter().enumerate();
    let mut items: Vec<Expr> = outputs.map(|(at, output)| column(output.column).alias(format!("o{at}"))).collect();
    items.extend(root.trace.hidden().map(named));
    let plan = projection(root.plan.clone(), items)?;
    Ok(root.with(plan))
}

/// Adds computed columns to a plan. Doesn't use the builder, which searches the whole plan for every column: too slow
/// for thousands of them, and unnecessary, since names are unique here.
fn projection(plan: LogicalPlan, items: Vec<Expr>) -> Result<LogicalPlan, RunError> {
    Ok(LogicalPlan::Projection(Projection::try_new(items, Arc::new(plan))?))
}

/// The plan of one common table expression, with its hidden columns.
pub(super) fn lower_common(
    query: &Query,
    run: &Run,
    tables: &dyn Tables,
    kept: &KeptTables,
    id: CommonId,
) -> Result<Lowered, RunError> {
    let Some(common) = query.commons.get(id.index()) else {
        return Err(RunError::Value("a common table is missing".to_owned()));
    };
    Lowering::new(query, run, tables, kept).relation(&common.relation, run.controls)
}

/// The state of lowering one query.
struct Lowering<'q> {
    query: &'q Query,
    run: &'q Run,
    tables: &'q dyn Tables,
    /// Common table expressions that are already computed.
    kept: &'q KeptTables,
    /// Columns that affect a metric of the result.
    wanted: BTreeSet<ColumnId>,
    /// Lowered common table expressions, with and without accounting.
    commons: HashMap<(CommonId, bool), (Lowered, usize)>,
    names: usize,
    steps: usize,
    /// The size of each computed column with everything that it is computed from inlined.
    sizes: HashMap<ColumnId, usize>,
    /// The joins for `IN (subquery)` in a computed column. `None` where DataFusion supports it directly.
    marks: Option<Vec<Mark>>,
    /// Whether a part of a large expression is being lowered.
    compiling: bool,
}

/// An `IN (subquery)` in a computed column.
struct Mark {
    key: Expr,
    /// The distinct candidates.
    candidates: LogicalPlan,
    /// The column of the candidates; NULL if there is no match.
    name: String,
}

impl<'q> Lowering<'q> {
    fn new(query: &'q Query, run: &'q Run, tables: &'q dyn Tables, kept: &'q KeptTables) -> Self {
        let wanted = if run.controls { wanted::metrics(query) } else { BTreeSet::new() };
        Self {
            query,
            run,
            tables,
            kept,
            wanted,
            commons: HashMap::new(),
            names: 0,
            steps: 0,
            sizes: HashMap::new(),
            marks: None,
            compiling: false,
        }
    }

    /// A unique name for a hidden column.
    fn fresh(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("__{kind}{}", self.names)
    }

    fn now(&self) -> i64 {
        self.run.now.timestamp_millis()
    }

    /// A computed column. One that depends on large ones is fenced: the planner pushes conditions down by inlining
    /// what a column is computed from, and columns that double from one common table expression to the next would
    /// grow without limit.
    fn computed(&mut self, computed: &Computed) -> Result<Expr, RunError> {
        let value = self.expression(&computed.expr)?;
        let size = self.size(&computed.expr);
        let fenced = size > LARGEST_MOVED && !matches!(computed.expr.kind, ExprKind::Column(_));
        self.sizes.insert(computed.id, if fenced { 1 } else { size });
        let value = if fenced { other::FENCE.call(vec![value]) } else { value };
        Ok(value.alias(name(computed.id)))
    }

    fn size(&self, expr: &bound::Expr) -> usize {
        match &expr.kind {
            ExprKind::Column(id) => self.sizes.get(id).copied().unwrap_or(1),
            _ => expr.parts().into_iter().map(|part| self.size(part)).fold(1, usize::saturating_add),
        }
    }

    /// Records that a column is another one under a new name.
    fn same_size(&mut self, new: ColumnId, old: ColumnId) {
        let size = self.sizes.get(&old).copied().unwrap_or(1);
        self.sizes.entry(new).and_modify(|own| *own = size.max(*own)).or_insert(size);
    }

    /// Counts steps of the plan, so that common table expressions with many uses can't grow it without limit.
    fn count(&mut self, steps: usize) -> Result<(), RunError> {
        self.steps += steps;
        if self.steps > MOST_STEPS { Err(RunError::TooComplex(self.steps)) } else { Ok(()) }
    }
}

/// The name of a column in the plan.
fn name(id: ColumnId) -> String {
    format!("c{}", id.0)
}

/// A column of the plan.
fn column(id: ColumnId) -> Expr {
    Expr::Column(Column::new_unqualified(name(id)))
}

/// A column of the plan, by name.
fn named(name: impl Into<String>) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}
