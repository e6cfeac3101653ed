//! A common structure for all scalar functions: a name, a result type, a body over whole arrays.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray, TimestampMillisecondArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMillisecondType};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::super::written;
use super::memory::{Made, Taken};

/// The type of a function's result, from the types of its arguments.
pub(super) type Returns = fn(&[DataType]) -> Result<DataType>;
/// A function's result, one value per row, from its arguments.
pub(super) type Body = fn(&Args<'_>) -> Result<ArrayRef>;

/// A scalar function of AMC; two with the same name are equal.
#[derive(Debug)]
pub(in super::super) struct Native {
    name: &'static str,
    signature: Signature,
    returns: Returns,
    body: Body,
}

impl Native {
    /// A function whose result only depends on its arguments.
    pub(super) fn udf(name: &'static str, returns: Returns, body: Body) -> Arc<ScalarUDF> {
        Self::of(name, Volatility::Immutable, returns, body)
    }

    /// A function that is evaluated in place, and once.
    pub(super) fn fixed(name: &'static str, returns: Returns, body: Body) -> Arc<ScalarUDF> {
        Self::of(name, Volatility::Volatile, returns, body)
    }

    fn of(name: &'static str, volatility: Volatility, returns: Returns, body: Body) -> Arc<ScalarUDF> {
        let signature = Signature::variadic_any(volatility);
        Arc::new(ScalarUDF::new_from_impl(Self { name, signature, returns, body }))
    }
}

impl PartialEq for Native {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Native {}

impl Hash for Native {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Native {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        (self.returns)(arguments)
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        invoke(&call, self.body)
    }
}

/// Evaluates a body over the arguments of a call; only once if all of them are constants.
pub(super) fn invoke(call: &ScalarFunctionArgs, body: impl Fn(&Args<'_>) -> Result<ArrayRef>) -> Result<ColumnarValue> {
    let constant = call.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
    let rows = if constant { 1 } else { call.number_rows };
    let bytes = call.args.iter().fold(0, |sum: usize, argument| sum.saturating_add(bytes(argument, rows)));
    if bytes > MOST_BYTES {
        return too_large();
    }
    let memory = Taken::of(&call.config_options);
    // Covers the arguments, which exist during the call, and a result of the same size; functions with larger results
    // reserve memory with [`Args::making`]. A call above the fixed limit fails because of itself, not because of
    // other rows in the run's memory.
    memory.take(bytes * 2).or_else(|error| if bytes > MOST_MADE { too_large() } else { Err(error) })?;
    let arrays = call.args.iter().map(|argument| argument.to_array(rows)).collect::<Result<Vec<_>>>()?;
    let result = body(&Args { arrays, rows, returns: call.return_field.data_type(), memory: &memory })?;
    if constant && !call.args.is_empty() {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
    }
    Ok(ColumnarValue::Array(result))
}

/// Maximum size of texts produced by replacing and joining for all rows of a batch; more fails the run.
const MOST_MADE: usize = 64 << 20;

/// Maximum size of the arguments of one call for all rows of a batch; more fails the run. A query that repeatedly
/// doubles a text soon reaches it, a legitimate one never does.
const MOST_BYTES: usize = 512 << 20;

/// The error for a call that is too large.
fn too_large<T>() -> Result<T> {
    exec_err!("the values that a function makes or takes are too large; make them shorter, or aggregate before")
}

/// The size of an argument for that many rows.
fn bytes(argument: &ColumnarValue, rows: usize) -> usize {
    match argument {
        ColumnarValue::Scalar(value) => value.size().saturating_mul(rows),
        ColumnarValue::Array(array) => array.to_data().get_slice_memory_size().unwrap_or(usize::MAX),
    }
}

/// Counts the bytes of produced texts, and reserves them in the run's memory.
pub(super) struct Making<'a>(Made<'a>);

impl Making<'_> {
    /// Adds the bytes of one text; fails if all together are too many, or more than the run has left.
    pub(super) fn add(&mut self, bytes: usize) -> Result<()> {
        if self.0.add(bytes)? { Ok(()) } else { too_large() }
    }
}

/// The arguments of one call, as arrays of equal length.
pub(in super::super) struct Args<'a> {
    arrays: Vec<ArrayRef>,
    /// The number of result rows.
    pub(super) rows: usize,
    /// The type of the result.
    pub(super) returns: &'a DataType,
    /// The call's reservation of the run's memory.
    memory: &'a Taken,
}

impl Args<'_> {
    pub(super) fn len(&self) -> usize {
        self.arrays.len()
    }

    /// For texts that can be longer than the arguments.
    pub(super) fn making(&self) -> Making<'_> {
        Making(Made::new(self.memory, MOST_MADE))
    }

    /// The argument without conversion.
    pub(super) fn array(&self, place: usize) -> Result<&ArrayRef> {
        if let Some(array) = self.arrays.get(place) {
            Ok(array)
        } else {
            exec_err!("argument {} is missing", place + 1)
        }
    }

    /// All arguments without conversion.
    pub(super) fn arrays(&self) -> &[ArrayRef] {
        &self.arrays
    }

    /// The argument as text, in AMC's text form.
    pub(super) fn text(&self, place: usize) -> Result<StringArray> {
        written::text_of(self.array(place)?)
    }

    /// The argument as integers; fractions are truncated.
    pub(super) fn long(&self, place: usize) -> Result<Int64Array> {
        Ok(safe_cast(self.array(place)?, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
    }

    /// The argument as floating-point numbers.
    pub(super) fn double(&self, place: usize) -> Result<Float64Array> {
        Ok(safe_cast(self.array(place)?, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
    }

    /// The argument as timestamps, milliseconds since 1970 in UTC; a date is its midnight.
    pub(super) fn timestamp(&self, place: usize) -> Result<TimestampMillisecondArray> {
        let to = DataType::Timestamp(TimeUnit::Millisecond, None);
        Ok(safe_cast(self.array(place)?, &to)?.as_primitive::<TimestampMillisecondType>().clone())
    }
}

/// Arrow's own cast, with NULL for values that don't fit.
pub(super) fn safe_cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    Ok(cast_with_options(array, to, &CastOptions { safe: true, ..CastOptions::default() })?)
}
