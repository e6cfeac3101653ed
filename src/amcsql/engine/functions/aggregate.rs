//! Aggregates that DataFusion lacks or defines differently: skewness, exact percentiles.

use std::mem::size_of_val;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

use super::array::list_of;

/// `SKEWNESS(x)` of `DOUBLE`: of the population, as in Spark.
pub(in super::super) fn skewness() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(Doubles::new("amc_skewness", Wanted::Skewness)))
}

/// `PERCENTILE(x, p)` of `DOUBLE`, exact, with linear interpolation. Also used for the approximate form: exact is the
/// best approximation, and memory is limited by the pool.
pub(in super::super) fn percentile(p: f64) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(Doubles::new("amc_percentile", Wanted::Percentile(p.to_bits()))))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Wanted {
    Skewness,
    /// The percentile in [0, 1], as the bits of a double.
    Percentile(u64),
}

/// An aggregate over all doubles of a group.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Doubles {
    name: &'static str,
    wanted: Wanted,
    signature: Signature,
}

impl Doubles {
    fn new(name: &'static str, wanted: Wanted) -> Self {
        Self { name, wanted, signature: Signature::exact(vec![DataType::Float64], Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Doubles {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(match self.wanted {
            _ if args.is_distinct => Box::new(All { wanted: self.wanted, distinct: true, values: Vec::new() }),
            Wanted::Skewness => Box::<Moments>::default(),
            Wanted::Percentile(_) => Box::new(All { wanted: self.wanted, distinct: false, values: Vec::new() }),
        })
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        if self.wanted == Wanted::Skewness && !args.is_distinct {
            let names = ["count", "mean", "second", "third"];
            return Ok(names.iter().map(|name| Arc::new(Field::new(*name, DataType::Float64, true))).collect());
        }
        Ok(vec![Arc::new(Field::new("values", list_of(DataType::Float64), true))])
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// Keeps every value of the group.
#[derive(Debug)]
struct All {
    wanted: Wanted,
    distinct: bool,
    values: Vec<f64>,
}

impl Accumulator for All {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values[0].as_primitive::<Float64Type>();
        self.values.extend(values.iter().flatten().filter(|value| !value.is_nan()));
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for list in states[0].as_list::<i32>().iter().flatten() {
            self.values.extend(list.as_primitive::<Float64Type>().values());
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = Float64Array::from(std::mem::take(&mut self.values));
        let offsets = OffsetBuffer::from_lengths([values.len()]);
        let field = Arc::new(Field::new("item", DataType::Float64, true));
        Ok(vec![ScalarValue::List(Arc::new(ListArray::try_new(field, offsets, Arc::new(values), None)?))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.values.sort_unstable_by(f64::total_cmp);
        if self.distinct {
            self.values.dedup();
        }
        Ok(ScalarValue::Float64(match self.wanted {
            Wanted::Percentile(p) => at(&self.values, f64::from_bits(p)),
            Wanted::Skewness => {
                let mut moments = Moments::default();
                self.values.iter().for_each(|value| moments.add(*value));
                moments.skewness()
            }
        }))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.capacity() * size_of::<f64>()
    }
}

/// The percentile of sorted values, interpolated.
fn at(sorted: &[f64], p: f64) -> Option<f64> {
    let place = p.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}

/// Count, mean and the sums of squared and cubed distances from it.
#[derive(Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    second: f64,
    third: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.merge(&Self { count: 1.0, mean: value, second: 0.0, third: 0.0 });
    }

    fn merge(&mut self, other: &Self) {
        let count = self.count + other.count;
        if other.count == 0.0 {
            return;
        }
        let distance = other.mean - self.mean;
        let product = self.count * other.count;
        let third = self.third
            + other.third
            + distance.powi(3) * product * (self.count - other.count) / (count * count)
            + 3.0 * distance * (self.count * other.second - other.count * self.second) / count;
        self.second += other.second + distance * distance * product / count;
        self.third = third;
        self.mean += distance * other.count / count;
        self.count = count;
    }

    fn skewness(&self) -> Option<f64> {
        (self.count > 0.0 && self.second > 0.0).then(|| self.count.sqrt() * self.third / self.second.powf(1.5))
    }
}

impl Accumulator for Moments {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        values[0].as_primitive::<Float64Type>().iter().flatten().for_each(|value| self.add(value));
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let column = |place: usize| states[place].as_primitive::<Float64Type>();
        for row in 0..column(0).len() {
            let value = |place| column(place).value(row);
            self.merge(&Self { count: value(0), mean: value(1), second: value(2), third: value(3) });
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = [self.count, self.mean, self.second, self.third];
        Ok(values.into_iter().map(|value| ScalarValue::Float64(Some(value))).collect())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.skewness()))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_interpolate() {
        let sorted = [10.0, 20.0, 30.0, 40.0];
        assert_eq!(
            (at(&sorted, 0.5), at(&sorted, 1.0), at(&sorted, 0.0), at(&[], 0.5)),
            (Some(25.0), Some(40.0), Some(10.0), None)
        );
    }

    #[test]
    fn skewness_is_the_same_in_one_piece_and_in_two() {
        let values = [2.0, 8.0, 0.0, 4.0, 1.0, 9.0, 9.0, 0.0];
        let mut whole = Moments::default();
        for value in values {
            whole.add(value);
        }
        let (mut left, mut right) = (Moments::default(), Moments::default());
        values[..3].iter().for_each(|value| left.add(*value));
        values[3..].iter().for_each(|value| right.add(*value));
        left.merge(&right);
        let (whole, parts) = (whole.skewness().unwrap(), left.skewness().unwrap());
        assert!((whole - parts).abs() < 1e-12 && (whole - 0.265).abs() < 0.001, "{whole} {parts}");
    }
}
