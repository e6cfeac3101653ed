//! One tag as a ledger, where rows with tags meet rows with ledgers.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray};
use arrow::datatypes::{DataType, UInt64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

/// Turns tags (`UInt64`) into ledgers (`Binary`) of one tag each.
pub(in super::super) fn as_ledger() -> ScalarUDF {
    ScalarUDF::new_from_impl(AsLedger { signature: Signature::any(1, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct AsLedger {
    signature: Signature,
}

impl ScalarUDFImpl for AsLedger {
    fn name(&self) -> &'static str {
        "amc_as_ledger"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&call.args)?;
        let bytes = arrays.first().and_then(|array| array.as_primitive_opt::<UInt64Type>()).into_iter().flatten();
        let bytes: Vec<Option<[u8; 8]>> = bytes.map(|tag| tag.map(u64::to_le_bytes)).collect();
        let result: ArrayRef =
            Arc::new(bytes.iter().map(|it| it.as_ref().map(<[u8; 8]>::as_slice)).collect::<BinaryArray>());
        Ok(ColumnarValue::Array(result))
    }
}
