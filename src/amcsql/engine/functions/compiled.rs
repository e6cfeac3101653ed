//! An expression that is compiled already, as one function of the columns that it reads.
//!
//! The planner walks every expression of a plan some sixty times. That is nothing for what people write, and half a minute for a
//! list of a hundred thousand. To the planner this function is one step, however much is in it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;

/// The function; only itself is equal to it.
#[derive(Debug)]
struct Compiled {
    signature: Signature,
    columns: SchemaRef,
    kind: DataType,
    expr: Arc<dyn PhysicalExpr>,
}

/// The call of `expr`, which gives `kind`, with the columns that it reads, in the order in which `columns` names them.
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

    /// Names its columns in the plan, so it has to differ from another's.
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
