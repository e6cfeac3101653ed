//! Functions of numbers, and AMC's division.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Datum, Decimal128Array, Float64Array};
use arrow::compute::kernels::numeric;
use arrow::datatypes::{DataType, Decimal128Type};
use arrow::error::ArrowError;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::native::{invoke, safe_cast};
use super::text::functions;
use super::{Args, Native};
use crate::amcsql::bound::BinaryOp;

functions! {
    /// `CEIL(x)`, with the argument's type.
    CEIL = "amc_ceil", same, |args| rounded(args, 0, f64::ceil, |value, unit| -(-value).div_euclid(unit));
    /// `FLOOR(x)`, with the argument's type.
    FLOOR = "amc_floor", same, |args| rounded(args, 0, f64::floor, i128::div_euclid);
    /// `ROUND(x [, n])`: half away from zero.
    ROUND = "amc_round", same, |args| to_digits(args, f64::round, half_up);
    /// `TRUNC(x [, n])`: towards zero.
    TRUNC = "amc_trunc", same, |args| to_digits(args, f64::trunc, |value, unit| value / unit);
    /// `SQRT(x)`.
    SQRT = "amc_sqrt", double, |args| unary(args, |x| (x >= 0.0).then(|| x.sqrt()));
    /// `POWER(x, y)`.
    POWER = "amc_power", double, |args| binary(args, |x, y| Some(x.powf(y)));
    /// `EXP(x)`.
    EXP = "amc_exp", double, |args| unary(args, |x| Some(x.exp()));
    /// `LN(x)`.
    LN = "amc_ln", double, |args| unary(args, |x| (x > 0.0).then(|| x.ln()));
    /// `LOG10(x)`.
    LOG10 = "amc_log10", double, |args| unary(args, |x| (x > 0.0).then(|| x.log10()));
    /// `LOG(base, x)`.
    LOG = "amc_log", double, |args| binary(args, |base, x| (base > 0.0 && x > 0.0).then(|| x.ln() / base.ln()));
    /// `a + b` of integers with the same type; fails on overflow.
    WHOLE_PLUS = "amc_whole_plus", same, |args| whole_of(args, numeric::add, "+");
    /// `a - b` of integers with the same type; fails on overflow.
    WHOLE_MINUS = "amc_whole_minus", same, |args| whole_of(args, numeric::sub, "-");
    /// `a * b` of integers with the same type; fails on overflow.
    WHOLE_TIMES = "amc_whole_times", same, |args| whole_of(args, numeric::mul, "*");
    /// `a / b` of floating-point numbers; division by zero is NULL.
    DIVIDE = "amc_divide", double, |args| binary(args, |a, b| (b != 0.0).then(|| a / b));
    /// `a / b` of integers or decimals, as `DECIMAL(38,17)`; division by zero is NULL.
    QUOTIENT = "amc_quotient", |_| Ok(DataType::Decimal128(38, QUOTIENT_SCALE)), quotient;
}

/// Decimal places in the quotient of integers, as observed from AMC.
const QUOTIENT_SCALE: i8 = 17;

#[expect(clippy::unnecessary_wraps, reason = "one shape for all functions, and some can fail")]
fn same(types: &[DataType]) -> Result<DataType> {
    Ok(types.first().cloned().unwrap_or(DataType::Float64))
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for all functions, and some can fail")]
fn double(_: &[DataType]) -> Result<DataType> {
    Ok(DataType::Float64)
}

/// The function that adds, subtracts or multiplies integers.
pub(in super::super) fn whole(op: BinaryOp) -> Option<&'static Arc<ScalarUDF>> {
    match op {
        BinaryOp::Plus => Some(&WHOLE_PLUS),
        BinaryOp::Minus => Some(&WHOLE_MINUS),
        BinaryOp::Times => Some(&WHOLE_TIMES),
        _ => None,
    }
}

type Kernel = fn(&dyn Datum, &dyn Datum) -> std::result::Result<ArrayRef, ArrowError>;

fn whole_of(args: &Args<'_>, of: Kernel, sign: &str) -> Result<ArrayRef> {
    match of(args.array(0)?, args.array(1)?) {
        Err(ArrowError::ArithmeticOverflow(_)) => {
            exec_err!("a {sign} of whole numbers gives a number that does not fit {}", args.returns)
        }
        other => Ok(other?),
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn unary(args: &Args<'_>, of: fn(f64) -> Option<f64>) -> Result<ArrayRef> {
    Ok(Arc::new(args.double(0)?.iter().map(|x| finite(of(x?)?)).collect::<Float64Array>()))
}

fn binary(args: &Args<'_>, of: fn(f64, f64) -> Option<f64>) -> Result<ArrayRef> {
    let (left, right) = (args.double(0)?, args.double(1)?);
    Ok(Arc::new(left.iter().zip(right.iter()).map(|(x, y)| finite(of(x?, y?)?)).collect::<Float64Array>()))
}

fn half_up(value: i128, unit: i128) -> i128 {
    let (quotient, rest) = (value / unit, (value % unit).abs());
    if rest >= unit - rest { quotient + value.signum() } else { quotient }
}

fn to_digits(args: &Args<'_>, float: fn(f64) -> f64, exact: fn(i128, i128) -> i128) -> Result<ArrayRef> {
    if args.len() < 2 {
        return rounded(args, 0, float, exact);
    }
    let digits = args.long(1)?;
    match digits.iter().next().flatten() {
        Some(first) if digits.iter().all(|it| it == Some(first)) => rounded(args, first, float, exact),
        _ => by_row(args, &digits, float, exact),
    }
}

fn by_row(
    args: &Args<'_>,
    digits: &arrow::array::Int64Array,
    float: fn(f64) -> f64,
    exact: fn(i128, i128) -> i128,
) -> Result<ArrayRef> {
    let array = args.array(0)?;
    let rows = digits.iter().enumerate().map(|(row, digits)| match digits {
        Some(digits) => at_digits(&array.slice(row, 1), digits, float, exact),
        None => Ok(arrow::array::new_null_array(array.data_type(), 1)),
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    if rows.is_empty() {
        return Ok(array.slice(0, 0));
    }
    Ok(arrow::compute::concat(&rows.iter().map(AsRef::as_ref).collect::<Vec<_>>())?)
}

fn rounded(args: &Args<'_>, digits: i64, float: fn(f64) -> f64, exact: fn(i128, i128) -> i128) -> Result<ArrayRef> {
    at_digits(args.array(0)?, digits, float, exact)
}

/// Rounds to a number of decimal places; negative counts before the point. Floating-point numbers are rounded in
/// their decimal form, so that 1.005 to two places is 1.01.
fn at_digits(array: &ArrayRef, digits: i64, float: fn(f64) -> f64, exact: fn(i128, i128) -> i128) -> Result<ArrayRef> {
    let kind = array.data_type();
    if let DataType::Decimal128(precision, scale) = kind {
        return decimals(array.as_primitive(), (*precision, *scale), digits, exact);
    }
    if kind.is_integer() {
        if digits >= 0 {
            return Ok(Arc::clone(array));
        }
        let wide = safe_cast(array, &DataType::Decimal128(38, 0))?;
        return safe_cast(&decimals(wide.as_primitive(), (38, 0), digits, exact)?, kind);
    }
    let values = safe_cast(array, &DataType::Float64)?;
    let digits = i32::try_from(digits.clamp(-300, 300)).unwrap_or(0);
    let round = |value: f64| {
        if digits == 0 || !value.is_finite() || digits > 15 {
            return if digits == 0 { float(value) } else { value };
        }
        let (whole, power) = (value.abs() * 10_f64.powi(digits), 10_f64.powi(-digits));
        if !whole.is_finite() || whole > 9e15 {
            return value;
        }
        // OK because the adjustment is far below the last digit that a double holds of `whole`.
        let nudged = whole * (1.0 + f64::EPSILON * 2.0);
        let result = float(nudged.copysign(value));
        if digits > 0 { result / 10_f64.powi(digits) } else { result * power }
    };
    let result: Float64Array = values.as_primitive::<arrow::datatypes::Float64Type>().unary(round);
    safe_cast(&(Arc::new(result) as ArrayRef), kind)
}

fn decimals(
    values: &Decimal128Array,
    (precision, scale): (u8, i8),
    digits: i64,
    exact: fn(i128, i128) -> i128,
) -> Result<ArrayRef> {
    let dropped = i64::from(scale) - digits;
    let result = match u32::try_from(dropped) {
        Err(_) | Ok(0) => values.clone(),
        Ok(dropped) => match 10_i128.checked_pow(dropped) {
            Some(unit) => values.unary_opt::<_, Decimal128Type>(|value| exact(value, unit).checked_mul(unit)),
            None => values.unary(|_| 0),
        },
    };
    Ok(Arc::new(result.with_precision_and_scale(precision, scale)?))
}

fn quotient(args: &Args<'_>) -> Result<ArrayRef> {
    let (left, left_scale) = exact_digits(args.array(0)?)?;
    let (right, right_scale) = exact_digits(args.array(1)?)?;
    let values = left.iter().zip(right.iter()).map(|(a, b)| divided(a?, left_scale, b?, right_scale));
    let result = values.collect::<Decimal128Array>();
    Ok(Arc::new(result.with_precision_and_scale(38, QUOTIENT_SCALE)?))
}

fn exact_digits(array: &ArrayRef) -> Result<(Decimal128Array, i32)> {
    let (array, scale) = match array.data_type() {
        DataType::Decimal128(_, scale) => (Arc::clone(array), *scale),
        _ => (safe_cast(array, &DataType::Decimal128(38, 0))?, 0),
    };
    Ok((array.as_primitive::<Decimal128Type>().clone(), i32::from(scale)))
}

/// `(a / 10^sa) / (b / 10^sb)` with 17 decimal places; NULL for division by zero or if 38 digits aren't enough.
fn divided(a: i128, a_scale: i32, b: i128, b_scale: i32) -> Option<i128> {
    const LIMIT: f64 = 1e38;
    if b == 0 {
        return None;
    }
    let shift = i32::from(QUOTIENT_SCALE) + b_scale - a_scale;
    let exactly = 10_i128
        .checked_pow(shift.unsigned_abs())
        .and_then(|power| if shift >= 0 { Some((a.checked_mul(power)?, b)) } else { Some((a, b.checked_mul(power)?)) });
    if let Some((a, b)) = exactly {
        Some(half_up_signed(a, b))
    } else {
        let value = a as f64 / b as f64 * 10_f64.powi(shift);
        (value.abs() < LIMIT).then_some(value as i128)
    }
}

fn half_up_signed(a: i128, b: i128) -> i128 {
    let (quotient, rest) = (a.wrapping_div(b), a.wrapping_rem(b));
    let sign = if (a < 0) == (b < 0) { 1 } else { -1 };
    if rest.unsigned_abs() >= b.unsigned_abs() - rest.unsigned_abs() { quotient + sign } else { quotient }
}

/// `a + b`, `a - b`, `a * b` or `a % b` of integers or decimals, as a decimal of type `to`.
pub(in super::super) fn decimal(op: BinaryOp, to: DataType) -> ScalarUDF {
    ScalarUDF::new_from_impl(DecimalArithmetic { signature: Signature::any(2, Volatility::Immutable), op, to })
}

/// Arithmetic that rounds to the digits of its type, and is NULL on overflow.
#[derive(Debug, PartialEq, Eq, Hash)]
struct DecimalArithmetic {
    signature: Signature,
    op: BinaryOp,
    to: DataType,
}

impl ScalarUDFImpl for DecimalArithmetic {
    fn name(&self) -> &'static str {
        "amc_decimal"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.to.clone())
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        invoke(&call, |args| {
            let DataType::Decimal128(precision, scale) = self.to else {
                return exec_err!("decimal arithmetic gives a decimal");
            };
            let (left, left_scale) = exact_digits(args.array(0)?)?;
            let (right, right_scale) = exact_digits(args.array(1)?)?;
            let limit = 10_i128.pow(u32::from(precision.min(38)));
            let rows = left.iter().zip(right.iter()).map(|(a, b)| {
                let value = computed(self.op, (a?, left_scale), (b?, right_scale), i32::from(scale))?;
                (value.abs() < limit).then_some(value)
            });
            let result = rows.collect::<Decimal128Array>();
            Ok(Arc::new(result.with_precision_and_scale(precision, scale)?))
        })
    }
}

fn computed(op: BinaryOp, (a, a_scale): (i128, i32), (b, b_scale): (i128, i32), scale: i32) -> Option<i128> {
    if op == BinaryOp::Times {
        return if let Some(product) = a.checked_mul(b) {
            rescaled(product, a_scale + b_scale, scale)
        } else {
            let product = a as f64 * b as f64 * 10_f64.powi(scale - a_scale - b_scale);
            (product.abs() < 1e38).then_some(product as i128)
        };
    }
    let common = a_scale.max(b_scale);
    let (a, b) = (rescaled(a, a_scale, common)?, rescaled(b, b_scale, common)?);
    let result = match op {
        BinaryOp::Plus => a.checked_add(b),
        BinaryOp::Minus => a.checked_sub(b),
        _ => a.checked_rem(b),
    };
    rescaled(result?, common, scale)
}

fn rescaled(value: i128, from: i32, to: i32) -> Option<i128> {
    let power = 10_i128.checked_pow(from.abs_diff(to))?;
    if to >= from { value.checked_mul(power) } else { Some(half_up(value, power)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_keeps_seventeen_digits_and_rounds_the_last() {
        assert_eq!(divided(1, 0, 3, 0), Some(33_333_333_333_333_333));
        assert_eq!(divided(2, 0, 3, 0), Some(66_666_666_666_666_667));
        assert_eq!(divided(-2, 0, 3, 0), Some(-66_666_666_666_666_667));
        assert_eq!(divided(125, 2, 5, 1), Some(250_000_000_000_000_000));
        assert_eq!(divided(1, 0, 0, 0), None);
    }

    #[test]
    fn halves_round_away_from_zero() {
        let round = |value: f64, digits| {
            let array: ArrayRef = Arc::new(Float64Array::from(vec![value]));
            let result = at_digits(&array, digits, f64::round, half_up).unwrap();
            result.as_primitive::<arrow::datatypes::Float64Type>().value(0)
        };
        let pairs = [(5.5, 0, 6.0), (-5.5, 0, -6.0), (5.55555, 1, 5.6), (5.55555, 2, 5.56), (1.005, 2, 1.01)];
        for (value, digits, expected) in pairs.into_iter().chain([(1234.0, -2, 1200.0), (2.5, 1, 2.5), (0.1, 3, 0.1)]) {
            assert!((round(value, digits) - expected).abs() < 1e-12, "{value} to {digits}");
        }
    }

    #[test]
    fn decimals_round_exactly() {
        let array: ArrayRef =
            Arc::new(Decimal128Array::from(vec![10_050, -10_050]).with_precision_and_scale(10, 4).unwrap());
        let result = at_digits(&array, 2, f64::round, half_up).unwrap();
        assert_eq!(result.as_primitive::<Decimal128Type>().values(), &[10_100, -10_100]);
    }
}
