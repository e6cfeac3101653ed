//! Maps functions of the dialect to ours.

use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::ScalarUDF;

use super::super::functions::{array, format, number, other, regex, text, time};
use crate::amcsql::functions::Function;

/// Our function, for all that the lowering doesn't handle specially.
pub(super) fn ours(function: Function) -> &'static LazyLock<Arc<ScalarUDF>> {
    match function {
        Function::Length => &text::LENGTH,
        Function::Left => &text::LEFT,
        Function::Right => &text::RIGHT,
        Function::Substring => &text::SUBSTRING,
        Function::Trim => &text::TRIM,
        Function::TrimStart => &text::TRIM_START,
        Function::TrimEnd => &text::TRIM_END,
        Function::Replace => &text::REPLACE,
        Function::Position => &text::POSITION,
        Function::RegexpReplace => &regex::REGEXP_REPLACE,
        Function::RegexpSubstr => &regex::REGEXP_SUBSTR,
        Function::RegexpSplit => &regex::REGEXP_SPLIT,
        Function::StrToMap => &text::STR_TO_MAP,
        Function::Format => &format::FORMAT,
        Function::Ceil => &number::CEIL,
        Function::Floor => &number::FLOOR,
        Function::Round => &number::ROUND,
        Function::Trunc => &number::TRUNC,
        Function::Sqrt => &number::SQRT,
        Function::Power => &number::POWER,
        Function::Exp => &number::EXP,
        Function::Ln => &number::LN,
        Function::Log10 => &number::LOG10,
        Function::Log => &number::LOG,
        Function::SecondsBetween => &time::SECONDS_BETWEEN,
        Function::ConvertTimeZoneFromUtc => &time::CONVERT_TIME_ZONE,
        Function::EpochToUtcTimestamp => &time::EPOCH,
        Function::ArrayContains => &array::CONTAINS,
        Function::ArraySort => &array::SORT,
        Function::ArrayDistinct => &array::DISTINCT,
        Function::ArrayUnion => &array::UNION,
        Function::ArrayIntersect => &array::INTERSECT,
        Function::ArrayComplement => &array::COMPLEMENT,
        Function::ArrayCat => &array::CAT,
        Function::ArrayRemove => &array::REMOVE,
        Function::ArrayToString => &array::TO_STRING,
        Function::Cardinality => &array::CARDINALITY,
        Function::Flatten => &array::FLATTEN,
        Function::Hash64 => &other::HASH64,
        Function::ToVarbinary => &other::TO_VARBINARY,
        Function::FromVarbinary => &other::FROM_VARBINARY,
        Function::JsonExtract => &other::JSON_EXTRACT,
        Function::JsonSerialize => &other::JSON_SERIALIZE,
        // OK because the lowering handles these itself; joining texts is a harmless result.
        _ => &text::CONCAT,
    }
}
