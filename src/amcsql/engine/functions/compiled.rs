//! A compiled expression, as one function of the columns it reads.
//!
//! The planner traverses every expression of a plan some sixty times. That doesn't matter for handwritten queries,
//! but takes half a minute for a list of a hundred thousand values. To the planner this function is a single step,
//! regardless of its size.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;

/// The function; equal only to itself.
#[derive(Debug)]
struct Compiled {
    signature: Signature,
    columns: SchemaRef,
    kind: DataType,
    expr: Arc<dyn PhysicalExpr>,
}

/// The call of `expr` with type `kind`, with the columns it reads, in the order of `columns`.
pub(in super::super) fn call(
    expr: Arc<dyn PhysicalExpr>,
    kind: DataType,
    columns: SchemaRef,
    volatility: Volatility,
    args: Vec<Expr>,
) -> Expr {
    let signature = Signature::user_defined(volatility);
    ScalarUDF::new_from_impl(Compiled { signature, columns, kind, expr }).call(args)
}

impl PartialEq for Compiled {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.expr, &other.expr)
    }
}

impl Eq for Compiled {}

impl Hash for Compiled {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.expr).cast::<()>().hash(state);
    }
}

impl ScalarUDFImpl for Compiled {
    fn name(&self) -> &'static str {
        "amc_compiled"
    }

    /// Names its column in the plan, so it must be unique.
    fn schema_name(&self, _: &[Expr]) -> Result<String> {
        Ok(format!("amc_compiled_{:p}", Arc::as_ptr(&self.expr)))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        Ok(given.to_vec())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.kind.clone())
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = call.number_rows;
        let arrays = call.args.iter().map(|argument| argument.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.columns), arrays, &options)?;
        self.expr.evaluate(&batch)
    }
}
