//! Common table expressions that are computed once, because computing them again gives different rows.
//!
//! One with `UUID()` or `RANDOM()` that is used twice must show the same rows to both uses: published queries
//! generate row keys this way and join on them. All others are planned again for each use, so that each computes only
//! the columns it needs.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::common::Column;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};

use super::super::run::RunError;
use super::{Lowered, name, projection};
use crate::amcsql::bound::{self, CommonId, ExprKind, Node, Query, Relation};
use crate::amcsql::functions::Function;

/// Computed common table expressions, as plans over their rows.
pub(in super::super) type KeptTables = HashMap<CommonId, Lowered>;

/// The common table expressions that have to be computed once, each after those that it uses.
pub(in super::super) fn changing(query: &Query) -> Vec<CommonId> {
    let mut readings = vec![0_usize; query.commons.len()];
    count(&query.root, &mut readings);
    // OK because they only use earlier ones, so unused ones are known by then.
    for (at, common) in query.commons.iter().enumerate().rev() {
        if readings.get(at).is_some_and(|it| *it > 0) {
            count(&common.relation, &mut readings);
        }
    }
    let mut changes = Vec::with_capacity(query.commons.len());
    let mut kept = Vec::new();
    for (at, common) in query.commons.iter().enumerate() {
        let changing = differs(&common.relation, &changes);
        let several = readings.get(at).is_some_and(|it| *it > 1);
        if changing && several {
            kept.push(CommonId(u32::try_from(at).unwrap_or(u32::MAX)));
        }
        changes.push(changing && !several);
    }
    kept
}

/// Calls `enter` for a relation and all relations and expressions below it.
fn each<'r>(relation: &'r Relation, enter: &mut impl FnMut(Below<'r>)) {
    enter(Below::Relation(relation));
    relation.exprs().into_iter().for_each(|expr| each_in(expr, enter));
    relation.inputs().into_iter().for_each(|input| each(input, enter));
}

fn each_in<'r>(expr: &'r bound::Expr, enter: &mut impl FnMut(Below<'r>)) {
    enter(Below::Expr(expr));
    expr.parts().into_iter().for_each(|part| each_in(part, enter));
    if let Some(query) = expr.query() {
        each(query, enter);
    }
}

enum Below<'r> {
    Relation(&'r Relation),
    Expr(&'r bound::Expr),
}

fn count(relation: &Relation, readings: &mut [usize]) {
    each(relation, &mut |below| {
        if let Below::Relation(Relation { node: Node::Common { common, .. }, .. }) = below
            && let Some(count) = readings.get_mut(common.index())
        {
            *count += 1;
        }
    });
}

/// Whether a relation gives different rows when it is computed again.
fn differs(relation: &Relation, changes: &[bool]) -> bool {
    let mut found = false;
    each(relation, &mut |below| {
        found |= match below {
            Below::Relation(Relation { node: Node::Common { common, .. }, .. }) => {
                changes.get(common.index()).copied().unwrap_or(false)
            }
            Below::Relation(_) => false,
            Below::Expr(expr) => {
                matches!(expr.kind, ExprKind::Call { function: Function::Random | Function::Uuid, .. })
            }
        };
    });
    found
}

impl Lowered {
    /// The same columns, read from computed rows.
    pub(in super::super) fn of_rows(self, id: CommonId, rows: Vec<RecordBatch>) -> Result<Self, RunError> {
        let schema = rows.first().map_or_else(|| Arc::new(self.plan.schema().as_arrow().clone()), RecordBatch::schema);
        let table = MemTable::try_new(schema, vec![rows])?;
        let alias = format!("k{}", id.0);
        let plan = LogicalPlanBuilder::scan(alias.as_str(), provider_as_source(Arc::new(table)), None)?;
        let visible = self.ids.iter().map(|id| name(*id));
        let items = visible
            .chain(self.trace.hidden().map(str::to_owned))
            .map(|column| Expr::Column(Column::new(Some(alias.as_str()), column.as_str())).alias(column));
        let items: Vec<Expr> = items.collect();
        let plan = plan.build()?;
        let plan = if items.is_empty() { plan } else { projection(plan, items)? };
        Ok(self.with(plan))
    }
}
