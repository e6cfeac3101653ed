//! Array functions.
//!
//! Elements of any type, including structs, are compared in Arrow's row format: equal elements have equal bytes, and
//! bytes sort as elements do, field by field, NULLs first. NULL equals NULL here, as in sets.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, StringArray, StructArray, UInt32Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field};
use arrow::row::{Row, RowConverter, Rows, SortField};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::super::written;
use super::native::{invoke, safe_cast};
use super::text::{functions, gives_long, gives_text};
use super::{Args, Native};

functions! {
    /// `ARRAY[…]`: all arguments have the same type.
    ARRAY = "amc_array", |types| Ok(list_of(types.first().cloned().unwrap_or(DataType::Null))), literal;
    /// `ARRAY_CONTAINS(arr, x)`.
    CONTAINS = "amc_array_contains", |_| Ok(DataType::Boolean), contains;
    /// `ARRAY_SORT(arr)`.
    SORT = "amc_array_sort", first, |args| chosen(args, |rows, mut places, _| {
        places.sort_by(|a, b| rows.row(*a).cmp(&rows.row(*b)));
        places
    });
    /// `ARRAY_DISTINCT(arr)`.
    DISTINCT = "amc_array_distinct", first, |args| chosen(args, |rows, places, _| once(rows, places));
    /// `ARRAY_UNION(a, b)`.
    UNION = "amc_array_union", first, |args| chosen(args, |rows, mut places, others| {
        places.extend(others);
        once(rows, places)
    });
    /// `ARRAY_INTERSECT(a, b)`.
    INTERSECT = "amc_array_intersect", first, |args| chosen(args, |rows, places, others| {
        let others: HashSet<Row<'_>> = others.into_iter().map(|place| rows.row(place)).collect();
        once(rows, places.into_iter().filter(|place| others.contains(&rows.row(*place))).collect())
    });
    /// `ARRAY_COMPLEMENT(a, b)`.
    COMPLEMENT = "amc_array_complement", first, |args| chosen(args, |rows, places, others| {
        let others: HashSet<Row<'_>> = others.into_iter().map(|place| rows.row(place)).collect();
        places.into_iter().filter(|place| !others.contains(&rows.row(*place))).collect()
    });
    /// `ARRAY_CAT(a, b)`.
    CAT = "amc_array_cat", first, |args| chosen(args, |_, mut places, others| {
        places.extend(others);
        places
    });
    /// `ARRAY_REMOVE(arr, x)`.
    REMOVE = "amc_array_remove", first, remove;
    /// `ARRAY_TO_STRING(arr, sep)`: NULL elements are omitted.
    TO_STRING = "amc_array_to_string", gives_text, to_string;
    /// `CARDINALITY(arr)`, also for maps.
    CARDINALITY = "amc_cardinality", gives_long, cardinality;
    /// `FLATTEN(arr)`.
    FLATTEN = "amc_flatten", |types| if let Some(DataType::List(inner)) = types.first() { Ok(inner.data_type().clone()) } else { exec_err!("FLATTEN takes an array of arrays") }, flatten;
}

/// `NAMED_ROW('name', value, …)` as `(value, …)`, for that row type.
pub(in super::super) fn named_row(to: DataType) -> ScalarUDF {
    ScalarUDF::new_from_impl(NamedRow { signature: Signature::variadic_any(Volatility::Immutable), to })
}

/// Puts values into a row of named fields.
#[derive(Debug, PartialEq, Eq, Hash)]
struct NamedRow {
    signature: Signature,
    to: DataType,
}

impl ScalarUDFImpl for NamedRow {
    fn name(&self) -> &'static str {
        "amc_named_row"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.to.clone())
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        invoke(&call, |args| {
            let DataType::Struct(fields) = &self.to else { return exec_err!("NAMED_ROW gives a row") };
            let columns = args.arrays().iter().zip(fields).map(|(array, field)| safe_cast(array, field.data_type()));
            let columns = columns.collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StructArray::try_new(fields.clone(), columns, None)?))
        })
    }
}

/// The type of an array with such elements.
pub(in super::super) fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", element, true)))
}

fn first(types: &[DataType]) -> Result<DataType> {
    if let Some(list @ DataType::List(_)) = types.first() {
        Ok(list.clone())
    } else {
        exec_err!("The first argument is not an array")
    }
}

fn list(args: &Args<'_>, place: usize) -> Result<ListArray> {
    let array = args.array(place)?;
    array.as_list_opt::<i32>().cloned().ok_or_else(|| exec_datafusion_err!("argument {} is not an array", place + 1))
}

fn span(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    offsets[row] as usize..offsets[row + 1] as usize
}

fn comparable(values: &ArrayRef) -> Result<Rows> {
    let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())])?;
    Ok(converter.convert_columns(&[Arc::clone(values)])?)
}

fn once(rows: &Rows, places: Vec<usize>) -> Vec<usize> {
    let mut seen = HashSet::new();
    places.into_iter().filter(|place| seen.insert(rows.row(*place))).collect()
}

/// Builds lists from selected elements: `choose` gets the comparable elements and the indexes of the first list's and
/// the second list's elements, and returns indexes in the desired order.
fn chosen(args: &Args<'_>, choose: impl Fn(&Rows, Vec<usize>, Vec<usize>) -> Vec<usize>) -> Result<ArrayRef> {
    let left = list(args, 0)?;
    let right = if args.len() > 1 { Some(list(args, 1)?) } else { None };
    let shift = left.values().len();
    let values = match &right {
        None => Arc::clone(left.values()),
        Some(right) => {
            let same = safe_cast(right.values(), left.values().data_type())?;
            concat(&[left.values().as_ref(), same.as_ref()])?
        }
    };
    let rows = comparable(&values)?;
    let nulls = NullBuffer::union(left.nulls(), right.as_ref().and_then(|right| right.nulls()));
    let (mut picked, mut lengths) = (Vec::new(), Vec::with_capacity(args.rows));
    for row in 0..args.rows {
        let before = picked.len();
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            let others = right.as_ref().map_or(0..0, |right| span(right, row));
            let others = others.map(|place| place + shift).collect();
            let places = choose(&rows, span(&left, row).collect(), others);
            picked.extend(places.into_iter().map(|place| place as u32));
        }
        lengths.push(picked.len() - before);
    }
    let values = take(values.as_ref(), &UInt32Array::from(picked), None)?;
    relisted(args.returns, lengths, values, nulls)
}

fn relisted(kind: &DataType, lengths: Vec<usize>, values: ArrayRef, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    let DataType::List(field) = kind else { return exec_err!("an array function must give an array") };
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, values, nulls)?))
}

fn literal(args: &Args<'_>) -> Result<ArrayRef> {
    let width = args.len();
    if width == 0 {
        let DataType::List(field) = args.returns else { return exec_err!("ARRAY must give an array") };
        let values = arrow::array::new_empty_array(field.data_type());
        return relisted(args.returns, vec![0; args.rows], values, None);
    }
    let columns: Vec<&dyn Array> = args.arrays().iter().map(AsRef::as_ref).collect();
    let order = (0..args.rows).flat_map(|row| (0..width).map(move |column| (column, row))).collect::<Vec<_>>();
    let values = arrow::compute::interleave(&columns, &order)?;
    relisted(args.returns, vec![width; args.rows], values, None)
}

/// The rows of an element argument, comparable with the elements of the list.
fn element(args: &Args<'_>, values: &ArrayRef) -> Result<(Rows, usize)> {
    let wanted = safe_cast(args.array(1)?, values.data_type())?;
    Ok((comparable(&concat(&[values.as_ref(), wanted.as_ref()])?)?, values.len()))
}

fn contains(args: &Args<'_>) -> Result<ArrayRef> {
    let list = list(args, 0)?;
    let (rows, shift) = element(args, list.values())?;
    let wanted = args.array(1)?;
    let result = (0..args.rows).map(|row| {
        let known = list.is_valid(row) && wanted.is_valid(row);
        known.then(|| span(&list, row).any(|place| rows.row(place) == rows.row(shift + row)))
    });
    Ok(Arc::new(result.collect::<BooleanArray>()))
}

fn remove(args: &Args<'_>) -> Result<ArrayRef> {
    let list = list(args, 0)?;
    let (rows, shift) = element(args, list.values())?;
    let (mut picked, mut lengths) = (Vec::new(), Vec::with_capacity(args.rows));
    for row in 0..args.rows {
        let before = picked.len();
        let kept = span(&list, row).filter(|place| rows.row(*place) != rows.row(shift + row));
        picked.extend(kept.map(|place| place as u32));
        lengths.push(picked.len() - before);
    }
    let values = take(list.values().as_ref(), &UInt32Array::from(picked), None)?;
    relisted(args.returns, lengths, values, list.nulls().cloned())
}

fn to_string(args: &Args<'_>) -> Result<ArrayRef> {
    let (list, separators) = (list(args, 0)?, args.text(1)?);
    let items = list.values();
    let write = written::writer(items.as_ref())?;
    let mut made = args.making();
    let result = (0..args.rows).map(|row| {
        if list.is_null(row) || separators.is_null(row) {
            return Ok(None);
        }
        let mut out = String::new();
        for (count, place) in span(&list, row).filter(|place| items.is_valid(*place)).enumerate() {
            let before = out.len();
            out.push_str(if count == 0 { "" } else { separators.value(row) });
            write(place, &mut out);
            made.add(out.len() - before)?;
        }
        Ok(Some(out))
    });
    Ok(Arc::new(result.collect::<Result<StringArray>>()?))
}

fn cardinality(args: &Args<'_>) -> Result<ArrayRef> {
    let array = args.array(0)?;
    let size = |offsets: &[i32], row: usize| i64::from(offsets[row + 1] - offsets[row]);
    let offsets = match (array.as_list_opt::<i32>(), array.as_map_opt()) {
        (Some(list), _) => list.value_offsets(),
        (_, Some(map)) => map.value_offsets(),
        _ if array.data_type() == &DataType::Null => {
            return Ok(arrow::array::new_null_array(&DataType::Int64, args.rows));
        }
        _ => return exec_err!("CARDINALITY takes an array or a map"),
    };
    let result = (0..args.rows).map(|row| array.is_valid(row).then(|| size(offsets, row)));
    Ok(Arc::new(result.collect::<Int64Array>()))
}

fn flatten(args: &Args<'_>) -> Result<ArrayRef> {
    let outer = list(args, 0)?;
    let Some(inner) = outer.values().as_list_opt::<i32>() else { return exec_err!("FLATTEN takes an array of arrays") };
    let (mut picked, mut lengths) = (Vec::new(), Vec::with_capacity(args.rows));
    for row in 0..args.rows {
        let before = picked.len();
        let lists = span(&outer, row).filter(|place| inner.is_valid(*place));
        picked.extend(lists.flat_map(|place| span(inner, place)).map(|place| place as u32));
        lengths.push(picked.len() - before);
    }
    let values = take(inner.values().as_ref(), &UInt32Array::from(picked), None)?;
    relisted(args.returns, lengths, values, outer.nulls().cloned())
}
