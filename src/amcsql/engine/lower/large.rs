//! Lowers large expressions: long lists, thousands of conditions or branches.
//!
//! They are compiled, so that the planner sees a single function (see [`compiled`]). A chain of comparisons of one
//! column with constants becomes a list, and a `CASE` of such comparisons a `CASE` of that column: both are then
//! looked up in a hash table instead of compared one by one. Conditions of a `WHERE` or `ON` that join columns stay
//! visible, since joins are planned with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array as _, RecordBatch};
use arrow::datatypes::{DataType as Arrow, Field, Schema};
use arrow::record_batch::RecordBatchOptions;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{ColumnarValue, Expr, Operator, Volatility, binary_expr, cast, lit};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};

use super::super::functions::compiled;
use super::super::run::RunError;
use super::expression::columns_in;
use super::{Lowering, column, name};
use crate::amcsql::bound::{self, BinaryOp, ColumnId, ExprKind};

/// The size from which an expression is compiled. Handwritten ones are smaller, and benefit from planning.
const LARGE: usize = 400;

/// The number of conditions from which those without joins are compiled together.
const MANY: usize = 64;

/// The number of comparisons of one column with constants from which they become a list.
const A_LIST: usize = 8;

impl Lowering<'_> {
    /// A large expression as one function; `None` if it isn't large, or if a subquery in it prevents this.
    pub(super) fn large(&mut self, expr: &bound::Expr) -> Result<Option<Expr>, RunError> {
        if self.compiling || !is_large(expr) {
            return Ok(None);
        }
        match &expr.kind {
            ExprKind::And(parts) if parts.len() < MANY => Ok(None),
            ExprKind::And(parts) => self.grouped(parts, Operator::And).map(Some),
            ExprKind::Or(parts) if parts.len() >= MANY => self.grouped(parts, Operator::Or).map(Some),
            _ if is_open(expr) => Ok(None),
            _ => self.compiled(&[expr], |lowering| lowering.written(expr)).map(Some),
        }
    }

    /// Splits conditions into those that must stay visible, and all others as one function.
    fn grouped(&mut self, parts: &[bound::Expr], operator: Operator) -> Result<Expr, RunError> {
        let stays = |part: &&bound::Expr| is_open(part) || (operator == Operator::And && joins(part));
        let (open, closed): (Vec<_>, Vec<_>) = parts.iter().partition(stays);
        let open = open.into_iter().map(|part| self.expression(part)).collect::<Result<Vec<_>, _>>()?;
        let together = if closed.is_empty() {
            None
        } else {
            Some(self.compiled(&closed, |lowering| lowering.conditions(&closed, operator))?)
        };
        Ok(balanced(open.into_iter().chain(together).collect(), operator))
    }

    /// Conditions that the planner needn't see.
    pub(super) fn conditions(&mut self, parts: &[&bound::Expr], operator: Operator) -> Result<Expr, RunError> {
        let (compared, negated) =
            if operator == Operator::Or { (BinaryOp::Eq, false) } else { (BinaryOp::NotEq, true) };
        let mut lists: BTreeMap<ColumnId, Vec<&bound::Expr>> = BTreeMap::new();
        for (id, value) in parts.iter().filter_map(|part| with_constant(part, compared)) {
            lists.entry(id).or_default().push(value);
        }
        lists.retain(|_, values| values.len() >= A_LIST);
        let mut conditions = Vec::new();
        for part in parts {
            if with_constant(part, compared).is_none_or(|(id, _)| !lists.contains_key(&id)) {
                conditions.push(self.expression(part)?);
            }
        }
        for (id, values) in lists {
            let list = self.folded_list(values.into_iter())?;
            conditions.push(Expr::InList(InList::new(Box::new(column(id)), list, negated)));
        }
        Ok(balanced(conditions, operator))
    }

    /// Expressions, with constant ones evaluated.
    pub(super) fn folded_list<'e>(
        &mut self,
        list: impl Iterator<Item = &'e bound::Expr>,
    ) -> Result<Vec<Expr>, RunError> {
        list.map(|item| Ok(folded(self.expression(item)?))).collect()
    }

    /// Lowers the columns of `parts` with `lower`, and compiles the result.
    fn compiled(
        &mut self,
        parts: &[&bound::Expr],
        lower: impl FnOnce(&mut Self) -> Result<Expr, RunError>,
    ) -> Result<Expr, RunError> {
        self.compiling = true;
        let lowered = lower(self);
        self.compiling = false;
        let ids: BTreeSet<ColumnId> = parts.iter().flat_map(|part| columns_in(part)).collect();
        let field = |id: &ColumnId| Field::new(name(*id), self.query.column(*id).data_type.arrow(), true);
        let schema = Schema::new(ids.iter().map(field).collect::<Vec<_>>());
        let lowered = lowered?;
        let volatility = if lowered.is_volatile() { Volatility::Volatile } else { Volatility::Immutable };
        let kind = match parts {
            [only] => only.data_type.arrow(),
            _ => Arrow::Boolean,
        };
        let expr = physical(lowered, &kind, &schema)?;
        Ok(compiled::call(expr, kind, Arc::new(schema), volatility, ids.into_iter().map(column).collect()))
    }
}

/// The column that all branches of a `CASE` compare with constants, and each branch's constant and value.
pub(super) fn looked_up(
    branches: &[(bound::Expr, bound::Expr)],
) -> Option<(ColumnId, Vec<(&bound::Expr, &bound::Expr)>)> {
    let mut all = branches.iter().map(|(when, then)| Some((with_constant(when, BinaryOp::Eq)?, then)));
    let ((id, value), then) = all.next()??;
    let mut found = vec![(value, then)];
    for branch in all {
        let ((other, value), then) = branch?;
        if other != id {
            return None;
        }
        found.push((value, then));
    }
    (found.len() >= A_LIST).then_some((id, found))
}

/// The expression, compiled for batches with that schema.
fn physical(expr: Expr, kind: &Arrow, schema: &Schema) -> Result<Arc<dyn PhysicalExpr>, RunError> {
    let columns = DFSchema::try_from(schema.clone())?;
    let expr = ExprSimplifier::new(SimplifyContext::default()).coerce(expr, &columns)?;
    let compile =
        |expr: &Expr| create_physical_expr(expr, &columns, &ExecutionProps::new(), &PhysicalPlanningContext::default());
    let compiled = compile(&expr)?;
    if &compiled.data_type(schema)? == kind { Ok(compiled) } else { Ok(compile(&cast(expr, kind.clone()))?) }
}

/// Evaluates a constant expression; returns any other unchanged, and one whose evaluation fails.
pub(super) fn folded(expr: Expr) -> Expr {
    if matches!(expr, Expr::Literal(..)) || expr.is_volatile() || expr.any_column_refs() {
        return expr;
    }
    computed(&expr).map_or(expr, lit)
}

fn computed(expr: &Expr) -> Option<ScalarValue> {
    let schema = Schema::empty();
    let columns = DFSchema::empty();
    let expr = ExprSimplifier::new(SimplifyContext::default()).coerce(expr.clone(), &columns).ok()?;
    let compiled =
        create_physical_expr(&expr, &columns, &ExecutionProps::new(), &PhysicalPlanningContext::default()).ok()?;
    let row = RecordBatchOptions::new().with_row_count(Some(1));
    let row = RecordBatch::try_new_with_options(Arc::new(schema), Vec::new(), &row).ok()?;
    match compiled.evaluate(&row).ok()? {
        ColumnarValue::Scalar(value) => Some(value),
        ColumnarValue::Array(array) if array.len() == 1 => ScalarValue::try_from_array(&array, 0).ok(),
        ColumnarValue::Array(_) => None,
    }
}

/// A balanced tree, in which a thousand conditions don't make a thousand levels.
pub(super) fn balanced(mut conditions: Vec<Expr>, operator: Operator) -> Expr {
    match conditions.len() {
        0 => lit(operator == Operator::And),
        1 => conditions.remove(0),
        length => {
            let right = conditions.split_off(length / 2);
            binary_expr(balanced(conditions, operator), operator, balanced(right, operator))
        }
    }
}

/// Whether it has more than [`LARGE`] parts; stops counting there.
fn is_large(expr: &bound::Expr) -> bool {
    let mut left = LARGE;
    !fits(expr, &mut left)
}

fn fits(expr: &bound::Expr, left: &mut usize) -> bool {
    let Some(less) = left.checked_sub(1) else { return false };
    *left = less;
    expr.parts().into_iter().all(|part| fits(part, left))
}

/// Whether it contains a subquery, or is inside one.
fn is_open(expr: &bound::Expr) -> bool {
    expr.query().is_some() || matches!(expr.kind, ExprKind::Outer(_)) || expr.parts().into_iter().any(is_open)
}

/// Whether it compares columns with columns.
fn joins(expr: &bound::Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary { left, right, .. } => !columns_in(left).is_empty() && !columns_in(right).is_empty(),
        _ => false,
    }
}

/// The column and the constant of a comparison.
fn with_constant(expr: &bound::Expr, compared: BinaryOp) -> Option<(ColumnId, &bound::Expr)> {
    let ExprKind::Binary { op, left, right } = &expr.kind else { return None };
    let sides = match (&left.kind, &right.kind) {
        (ExprKind::Column(id), _) if is_constant(right) => (*id, &**right),
        (_, ExprKind::Column(id)) if is_constant(left) => (*id, &**left),
        _ => return None,
    };
    (*op == compared).then_some(sides)
}

fn is_constant(expr: &bound::Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(bound::Literal::Null) => false,
        ExprKind::Literal(_) => true,
        ExprKind::Cast { expr, .. } | ExprKind::Negate(expr) => is_constant(expr),
        _ => false,
    }
}
