//! From the resolved query to a plan of DataFusion.
//!
//! The plan is built node by node, never by way of SQL text. A column is named after its [`ColumnId`], so names are unique
//! wherever they meet. Every expression is given exactly the Arrow type that its AMC type maps to, so that what DataFusion
//! would coerce on its own has no say. A common table is put in wherever it is read, unless it would give other rows each time (see [`kept`]).
//!
//! With controls on, hidden columns travel along (see [`super::accounting`]); what they are is kept in a [`Trace`].

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

/// Steps that a plan may have; a larger one is refused with [`RunError::TooComplex`].
const MOST_STEPS: usize = 4_000;

/// Parts of an expression, with what its columns are computed from in their place, up to which the planner may move it.
const LARGEST_MOVED: usize = 300;

/// A plan, and what its columns mean.
#[derive(Clone)]
pub(super) struct Lowered {
    /// Gives one column for each id of the relation, and the hidden columns of `trace`.
    pub(super) plan: LogicalPlan,
    /// The ids, in the relation's order.
    pub(super) ids: Vec<ColumnId>,
    /// The hidden columns.
    pub(super) trace: Trace,
}

impl Lowered {
    fn builder(&self) -> LogicalPlanBuilder {
        LogicalPlanBuilder::new(self.plan.clone())
    }

    /// Another plan that gives the same columns.
    fn with(self, plan: LogicalPlan) -> Self {
        Self { plan, ..self }
    }
}

/// The plan of a whole query: the columns of the result, in order, under the names `o0`, `o1`, …, then the hidden columns.
pub(super) fn lower(query: &Query, run: &Run, tables: &dyn Tables, kept: &KeptTables) -> Result<Lowered, RunError> {
    let mut lowering = Lowering::new(query, run, tables, kept);
    let root = lowering.relation(&query.root, run.controls)?;
    let outputs = query.outputs.iter().enumerate();
    let mut items: Vec<Expr> = outputs.map(|(at, output)| column(output.column).alias(format!("o{at}"))).collect();
    items.extend(root.trace.hidden().map(named));
    let plan = projection(root.plan.clone(), items)?;
    Ok(root.with(plan))
}

/// Columns computed from a plan's. Not by way of the builder: it looks through the whole plan for every column, which is too
/// long for thousands of them, and finds nothing, since names are unique here.
fn projection(plan: LogicalPlan, items: Vec<Expr>) -> Result<LogicalPlan, RunError> {
    Ok(LogicalPlan::Projection(Projection::try_new(items, Arc::new(plan))?))
}

/// The plan of one common table of a query, with its hidden columns.
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

/// What the lowering of one query knows.
struct Lowering<'q> {
    query: &'q Query,
    run: &'q Run,
    tables: &'q dyn Tables,
    /// Common tables that are computed already.
    kept: &'q KeptTables,
    /// Columns that feed a metric of the result.
    wanted: BTreeSet<ColumnId>,
    /// Common tables that were lowered before, with and without accounting.
    commons: HashMap<(CommonId, bool), (Lowered, usize)>,
    names: usize,
    steps: usize,
    /// How large each computed column would be if all that it is computed from stood in its place.
    sizes: HashMap<ColumnId, usize>,
    /// Where `IN (subquery)` stands in a computed column: the joins that answer it. `None` where DataFusion does that itself.
    marks: Option<Vec<Mark>>,
    /// Whether what is lowered is a part of a large expression.
    compiling: bool,
}

/// An `IN (subquery)` in a computed column.
struct Mark {
    /// What is looked for.
    key: Expr,
    /// The candidates, each once.
    candidates: LogicalPlan,
    /// The column of the candidates; NULL where there is no match.
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

    /// A name for a hidden column that no other column of the plan has.
    fn fresh(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("__{kind}{}", self.names)
    }

    fn now(&self) -> i64 {
        self.run.now.timestamp_millis()
    }

    /// A computed column. One that is computed from large ones is fenced: the planner moves conditions towards the tables by
    /// putting what a column is computed from in its place, and columns that double from one common table to the next would
    /// grow beyond all bounds.
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

    /// Notes that a column is another one under a new name.
    fn same_size(&mut self, new: ColumnId, old: ColumnId) {
        let size = self.sizes.get(&old).copied().unwrap_or(1);
        self.sizes.entry(new).and_modify(|own| *own = size.max(*own)).or_insert(size);
    }

    /// Counts steps of the plan, so that common tables that are read many times over cannot grow it without limit.
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

/// A column of the plan, by its name there.
fn named(name: impl Into<String>) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}
