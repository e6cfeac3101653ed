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
mod literal;
mod merging;
mod names;
mod relation;
mod scan;
mod set;
mod trace;
mod wanted;

use std::collections::{BTreeSet, HashMap};

use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

use super::run::{Run, RunError};
use super::tables::Tables;
use crate::amcsql::bound::{ColumnId, CommonId, Query};

pub(super) use kept::{KeptTables, changing};
pub(super) use merging::{Merging, mergings};
pub(super) use trace::Trace;

/// Steps that a plan may have; a larger one is refused with [`RunError::TooComplex`].
const MOST_STEPS: usize = 4_000;

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
    let plan = root.builder().project(items)?.build()?;
    Ok(root.with(plan))
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
    /// Where `IN (subquery)` stands in a computed column: the joins that answer it. `None` where DataFusion does that itself.
    marks: Option<Vec<Mark>>,
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
        Self { query, run, tables, kept, wanted, commons: HashMap::new(), names: 0, steps: 0, marks: None }
    }

    /// A name for a hidden column that no other column of the plan has.
    fn fresh(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("__{kind}{}", self.names)
    }

    fn now(&self) -> i64 {
        self.run.now.timestamp_millis()
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
