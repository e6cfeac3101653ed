//! Tags of single rows: created when a source is scanned, and converted to ledgers when rows with tags meet rows with
//! ledgers.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray, UInt64Array};
use arrow::datatypes::{DataType, UInt32Type, UInt64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::ledger::NOBODY;

/// Creates tags (`UInt64`) from users (`UInt32`) in one scan; NULL is nobody.
pub(in super::super) fn tag(reading: u32) -> ScalarUDF {
    ScalarUDF::new_from_impl(Tag { signature: Signature::any(1, Volatility::Immutable), reading })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Tag {
    signature: Signature,
    reading: u32,
}

impl ScalarUDFImpl for Tag {
    fn name(&self) -> &'static str {
        "amc_tag"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&call.args)?;
        let users = arrays.first().and_then(|array| array.as_primitive_opt::<UInt32Type>()).into_iter().flatten();
        let tags = users.map(|user| u64::from(self.reading) << 32 | u64::from(user.unwrap_or(NOBODY)));
        Ok(ColumnarValue::Array(Arc::new(UInt64Array::from_iter_values(tags))))
    }
}

/// Converts tags (`UInt64`) to ledgers (`Binary`) with one tag each.
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
