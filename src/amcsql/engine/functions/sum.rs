//! `SUM` of integers and decimals, which fails on overflow.
//!
//! DataFusion's own sum wraps around: two large numbers silently add up to a negative one.

use std::collections::HashSet;
use std::mem::size_of;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use super::array::list_of;

/// The sum of `Int64`, as `Int64`, or of decimals, as decimals of 38 digits and the same scale.
pub(in super::super) fn sum() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(Sum { signature: Signature::any(1, Volatility::Immutable) }))
}

/// The maximum digits of a decimal.
const DIGITS: u8 = 38;

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sum {
    signature: Signature,
}

impl AggregateUDFImpl for Sum {
    fn name(&self) -> &'static str {
        "amc_sum"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        match given {
            [DataType::Int64] => Ok(DataType::Int64),
            [DataType::Decimal128(_, scale)] => Ok(DataType::Decimal128(DIGITS, *scale)),
            _ => exec_err!("SUM of whole numbers or decimals was asked for {given:?}"),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let to = args.return_field.data_type().clone();
        if args.is_distinct {
            return Ok(Box::new(Distinct { to, values: HashSet::new() }));
        }
        Ok(Box::new(Total { to, sum: 0, count: 0 }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let sum = DataType::Decimal128(DIGITS, 0);
        let kind = if args.is_distinct { list_of(sum) } else { sum };
        Ok(vec![Arc::new(Field::new("sum", kind, true))])
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Totals { to: args.return_field.data_type().clone(), sums: Vec::new() }))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

fn too_large<T>() -> Result<T> {
    exec_err!("a SUM is larger than its type can hold")
}

fn added(sum: i128, value: i128) -> Result<i128> {
    match sum.checked_add(value) {
        Some(sum) => Ok(sum),
        None => too_large(),
    }
}

/// Calls `enter` with the index and the unscaled value of every row that isn't NULL.
fn each(values: &ArrayRef, mut enter: impl FnMut(usize, i128) -> Result<()>) -> Result<()> {
    if let Some(whole) = values.as_primitive_opt::<Int64Type>() {
        for (row, value) in whole.iter().enumerate() {
            value.map_or(Ok(()), |value| enter(row, i128::from(value)))?;
        }
        return Ok(());
    }
    for (row, value) in values.as_primitive::<Decimal128Type>().iter().enumerate() {
        value.map_or(Ok(()), |value| enter(row, value))?;
    }
    Ok(())
}

/// Sums in their type; fails on overflow.
fn finished(sums: &[Option<i128>], to: &DataType) -> Result<ArrayRef> {
    let DataType::Decimal128(precision, scale) = to else {
        let mut whole = Vec::with_capacity(sums.len());
        for sum in sums {
            match sum.map(i64::try_from) {
                Some(Err(_)) => return too_large(),
                fitting => whole.push(fitting.and_then(std::result::Result::ok)),
            }
        }
        return Ok(Arc::new(Int64Array::from(whole)));
    };
    let limit = 10_u128.pow(u32::from(DIGITS));
    if sums.iter().flatten().any(|sum| sum.unsigned_abs() >= limit) {
        return too_large();
    }
    Ok(Arc::new(Decimal128Array::from(sums.to_vec()).with_precision_and_scale(*precision, *scale)?))
}

fn state_of(sums: Vec<Option<i128>>) -> ArrayRef {
    Arc::new(Decimal128Array::from(sums).with_data_type(DataType::Decimal128(DIGITS, 0)))
}

/// The sum of one group, from which rows can be removed as a window moves on.
#[derive(Debug)]
struct Total {
    to: DataType,
    sum: i128,
    /// The number of values; zero gives NULL.
    count: u64,
}

impl Total {
    fn given(&self) -> Option<i128> {
        (self.count > 0).then_some(self.sum)
    }
}

impl Accumulator for Total {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        each(&values[0], |_, value| {
            self.sum = added(self.sum, value)?;
            self.count += 1;
            Ok(())
        })
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        each(&values[0], |_, value| {
            self.sum = added(self.sum, value.wrapping_neg())?;
            self.count = self.count.saturating_sub(1);
            Ok(())
        })
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Decimal128(self.given(), DIGITS, 0)])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&finished(&[self.given()], &self.to)?, 0)
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }
}

/// The sum of the distinct values of one group.
#[derive(Debug)]
struct Distinct {
    to: DataType,
    values: HashSet<i128>,
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        each(&values[0], |_, value| {
            self.values.insert(value);
            Ok(())
        })
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        states[0].as_list::<i32>().iter().flatten().try_for_each(|values| self.update_batch(&[values]))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = state_of(std::mem::take(&mut self.values).into_iter().map(Some).collect());
        let field = Arc::new(Field::new("item", values.data_type().clone(), true));
        let offsets = OffsetBuffer::from_lengths([values.len()]);
        Ok(vec![ScalarValue::List(Arc::new(ListArray::try_new(field, offsets, values, None)?))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut sum = None;
        for value in &self.values {
            sum = Some(added(sum.unwrap_or(0), *value)?);
        }
        ScalarValue::try_from_array(&finished(&[sum], &self.to)?, 0)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.values.capacity() * (size_of::<i128>() + 1)
    }
}

/// The sums of all groups.
#[derive(Debug)]
struct Totals {
    to: DataType,
    sums: Vec<Option<i128>>,
}

impl Totals {
    fn enter(
        &mut self,
        values: &ArrayRef,
        group_of: &[usize],
        wanted: Option<&BooleanArray>,
        groups: usize,
    ) -> Result<()> {
        self.sums.resize(groups.max(self.sums.len()), None);
        each(values, |row, value| {
            if wanted.is_some_and(|wanted| wanted.is_null(row) || !wanted.value(row)) {
                return Ok(());
            }
            let sum = &mut self.sums[group_of[row]];
            *sum = Some(added(sum.unwrap_or(0), value)?);
            Ok(())
        })
    }
}

impl GroupsAccumulator for Totals {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.enter(&values[0], group_indices, opt_filter, total_num_groups)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.enter(&states[0], group_indices, None, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        finished(&emit_to.take_needed(&mut self.sums), &self.to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![state_of(emit_to.take_needed(&mut self.sums))])
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let mut single = Self { to: self.to.clone(), sums: Vec::new() };
        let rows: Vec<usize> = (0..values[0].len()).collect();
        single.enter(&values[0], &rows, opt_filter, rows.len())?;
        single.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.sums.capacity() * size_of::<Option<i128>>()
    }
}
