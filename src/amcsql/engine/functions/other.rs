//! Hashes, encodings and JSON.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use arrow::row::{RowConverter, SortField};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ScalarUDF;
use serde_json::Value;

use super::super::written;
use super::native::safe_cast;
use super::text::{functions, gives_long, gives_text, rows};
use super::{Args, Native};

functions! {
    /// `HASH64(x)`: 64-bit FNV-1a of the value's comparable bytes; the same value gives the same number in every run.
    HASH64 = "amc_hash64", gives_long, hash64;
    /// `SHA1(s)`, in lower-case hexadecimal.
    SHA1 = "amc_sha1", gives_text, |args| {
        Ok(Arc::new(args.text(0)?.iter().map(|text| text.map(|text| sha1(text.as_bytes()))).collect::<StringArray>()))
    };
    /// `TO_VARBINARY(s, encoding)`: NULL for a text that isn't valid in that encoding.
    TO_VARBINARY = "amc_to_varbinary", |_| Ok(DataType::Binary), to_varbinary;
    /// `FROM_VARBINARY(b, encoding)`.
    FROM_VARBINARY = "amc_from_varbinary", gives_text, from_varbinary;
    /// `JSON_EXTRACT(json, path)`.
    JSON_EXTRACT = "amc_json_extract", gives_text, json_extract;
    /// `JSON_SERIALIZE(x)`.
    JSON_SERIALIZE = "amc_json_serialize", gives_text, json_serialize;
}

/// Returns its argument. The planner doesn't optimize across it.
pub(in super::super) static FENCE: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    let kind = |types: &[DataType]| Ok(types.first().cloned().unwrap_or(DataType::Null));
    Native::fixed("amc_fence", kind, |args| Ok(Arc::clone(args.array(0)?)))
});

fn hash64(args: &Args<'_>) -> Result<ArrayRef> {
    let array = args.array(0)?;
    let texts = if array.data_type() == &DataType::Utf8 { Some(args.text(0)?) } else { None };
    let bytes = if texts.is_some() {
        None
    } else {
        let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())])?;
        Some(converter.convert_columns(&[Arc::clone(array)])?)
    };
    let result = (0..args.rows).map(|row| {
        let bytes = match (&texts, &bytes) {
            _ if array.is_null(row) => return None,
            (Some(texts), _) => texts.value(row).as_bytes(),
            (_, Some(rows)) => return Some(fnv(rows.row(row).as_ref())),
            _ => return None,
        };
        Some(fnv(bytes))
    });
    Ok(Arc::new(result.collect::<Int64Array>()))
}

/// FNV-1a with a final mix, so that similar values differ widely.
fn fnv(bytes: &[u8]) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash.wrapping_mul(0x9e37_79b9_7f4a_7c15).cast_signed()
}

/// Lower-case hexadecimal text.
fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// SHA-1 (RFC 3174). Implemented here because nothing else in the crate needs a broken hash.
fn sha1(bytes: &[u8]) -> String {
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64) + if padded.len() % 64 > 56 { 64 } else { 0 }, 0);
    let length = padded.len() - 8;
    padded[length..].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.chunks_exact(64) {
        let mut words = [0_u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for at in 16..80 {
            words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
        }
        let mut round = state;
        for (at, word) in words.iter().enumerate() {
            let [first, x, y, z, last] = round;
            let (mixed, constant) = match at / 20 {
                0 => ((x & y) | (!x & z), 0x5a82_7999_u32),
                1 => (x ^ y ^ z, 0x6ed9_eba1),
                2 => ((x & y) | (x & z) | (y & z), 0x8f1b_bcdc),
                _ => (x ^ y ^ z, 0xca62_c1d6),
            };
            let next = first.rotate_left(5).wrapping_add(mixed).wrapping_add(last);
            round = [next.wrapping_add(constant).wrapping_add(*word), first, x.rotate_left(30), y, z];
        }
        for (kept, value) in state.iter_mut().zip(round) {
            *kept = kept.wrapping_add(value);
        }
    }
    hex(&state.map(u32::to_be_bytes).concat())
}

fn to_varbinary(args: &Args<'_>) -> Result<ArrayRef> {
    let result = rows::<2>(args)?.map(|row| {
        let Some([text, encoding]) = row else { return Ok(None) };
        Ok(match encoding.to_ascii_lowercase().as_str() {
            "hex" => unhex(&text),
            "base64" => STANDARD.decode(text).ok(),
            "utf-8" | "utf8" => Some(text.into_bytes()),
            _ => return exec_err!("TO_VARBINARY knows 'hex', 'base64' and 'utf-8', not '{encoding}'"),
        })
    });
    let values = result.collect::<Result<Vec<Option<Vec<u8>>>>>()?;
    Ok(Arc::new(values.iter().map(Option::as_deref).collect::<BinaryArray>()))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<Vec<_>>>()?;
    let pairs = digits.chunks_exact(2);
    let whole = pairs.remainder().is_empty();
    whole.then(|| pairs.map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}

fn from_varbinary(args: &Args<'_>) -> Result<ArrayRef> {
    let binary = safe_cast(args.array(0)?, &DataType::Binary)?;
    let (binary, encodings) = (binary.as_binary::<i32>(), args.text(1)?);
    let result = binary.iter().zip(encodings.iter()).map(|(bytes, encoding)| {
        let (Some(bytes), Some(encoding)) = (bytes, encoding) else { return Ok(None) };
        Ok(Some(match encoding.to_ascii_lowercase().as_str() {
            "hex" => hex(bytes),
            "base64" => STANDARD.encode(bytes),
            "utf-8" | "utf8" => String::from_utf8_lossy(bytes).into_owned(),
            _ => return exec_err!("FROM_VARBINARY knows 'hex', 'base64' and 'utf-8', not '{encoding}'"),
        }))
    });
    Ok(Arc::new(result.collect::<Result<StringArray>>()?))
}

/// Paths are `$.a.b[0]` or `$['a']`; the leading `$` is optional. A text value is returned without quotes.
fn json_extract(args: &Args<'_>) -> Result<ArrayRef> {
    let result = rows::<2>(args)?.map(|row| {
        let [json, path] = row?;
        let value: Value = serde_json::from_str(&json).ok()?;
        match step(&value, path.trim().trim_start_matches('$'))? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    });
    Ok(Arc::new(result.collect::<StringArray>()))
}

fn step<'v>(mut value: &'v Value, mut path: &str) -> Option<&'v Value> {
    while !path.is_empty() {
        let (key, rest) = if let Some(bracket) = path.strip_prefix('[') {
            bracket.split_once(']')?
        } else {
            let name = path.strip_prefix('.').unwrap_or(path);
            name.split_at(name.find(['.', '[']).unwrap_or(name.len()))
        };
        let bare = key.trim_matches(['\'', '"']);
        value = match value {
            Value::Array(items) => items.get(bare.parse::<usize>().ok()?)?,
            Value::Object(fields) => fields.get(bare)?,
            _ => return None,
        };
        path = rest;
    }
    Some(value)
}

fn json_serialize(args: &Args<'_>) -> Result<ArrayRef> {
    let array = args.array(0)?;
    let result =
        (0..args.rows).map(|row| Ok(array.is_valid(row).then_some(json(array, row)?).map(|it| it.to_string())));
    Ok(Arc::new(result.collect::<Result<StringArray>>()?))
}

fn json(array: &ArrayRef, row: usize) -> Result<Value> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    let kind = array.data_type();
    Ok(match kind {
        DataType::Boolean => Value::from(array.as_boolean().value(row)),
        kind if kind.is_integer() => {
            Value::from(safe_cast(&array.slice(row, 1), &DataType::Int64)?.as_primitive::<Int64Type>().value(0))
        }
        DataType::Float32 | DataType::Float64 => {
            Value::from(safe_cast(&array.slice(row, 1), &DataType::Float64)?.as_primitive::<Float64Type>().value(0))
        }
        DataType::Decimal128(_, scale) => {
            let mut text = String::new();
            let scale = usize::try_from(*scale).unwrap_or(0);
            written::write_decimal(array.as_primitive::<Decimal128Type>().value(row), scale, &mut text);
            text.parse::<f64>().map_or(Value::Null, Value::from)
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            Value::Array((0..items.len()).map(|item| json(&items, item)).collect::<Result<_>>()?)
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            let pairs = columns.map(|(column, field)| Ok((field.name().clone(), json(column, row)?)));
            Value::Object(pairs.collect::<Result<_>>()?)
        }
        DataType::Map(..) => {
            let entries: ArrayRef = Arc::new(array.as_map().value(row));
            let (keys, values) = (entries.as_struct().column(0), entries.as_struct().column(1));
            let keys = written::text_of(keys)?;
            let pairs = (0..keys.len()).map(|entry| Ok((keys.value(entry).to_owned(), json(values, entry)?)));
            Value::Object(pairs.collect::<Result<_>>()?)
        }
        _ => Value::from(written::text_of(&array.slice(row, 1))?.value(0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_paths_go_through_objects_and_arrays() {
        let value: Value = serde_json::from_str(r#"{"a": {"b": [1, {"c d": "x"}]}}"#).unwrap();
        assert_eq!(step(&value, ".a.b[0]"), Some(&Value::from(1)));
        assert_eq!(step(&value, ".a.b[1]['c d']"), Some(&Value::from("x")));
        assert_eq!(step(&value, ".a.x"), None);
    }

    #[test]
    fn the_known_hashes_come_out() {
        assert_eq!(sha1(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(sha1(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(sha1(&[b'a'; 60]).len(), 40);
    }

    #[test]
    fn hexadecimal_text_of_odd_length_is_refused() {
        assert_eq!(unhex("00fF"), Some(vec![0, 255]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }
}
