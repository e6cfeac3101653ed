//! The functions of the dialect: their meaning ([`Function`] and similar), and the names and arguments with which
//! they can be called ([`signature`]).

mod table;

pub use table::{Argument, Kind, Outcome, Signature, signature, signatures};

/// A unit of time for extraction or truncation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    Second,
    Minute,
    Hour,
    /// Day; for extraction: of the month.
    Day,
    /// Day of the week, 1 is Sunday; only for extraction.
    DayOfWeek,
    /// ISO week, which begins on Monday.
    Week,
    Month,
    Quarter,
    Year,
}

/// A scalar function of a resolved query. The list after each name is its arguments; text is `STRING`, positions
/// count characters from 1. Unless stated otherwise, a NULL argument gives NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `(text, …)`: all arguments joined; they are already converted to text. A NULL argument gives NULL.
    Concat,
    /// `(text)`.
    Lower,
    /// `(text)`.
    Upper,
    /// `(text)`: characters, `LONG`.
    Length,
    /// `(text, LONG)`.
    Left,
    /// `(text, LONG)`.
    Right,
    /// `(text, LONG start[, LONG length])`.
    Substring,
    /// `(text[, characters])`: both ends; by default spaces.
    Trim,
    /// `(text[, characters])`.
    TrimStart,
    /// `(text[, characters])`.
    TrimEnd,
    /// `(text, find, with)`.
    Replace,
    /// `(find, text[, LONG from])`: first position at or after `from`, 0 if absent; also `INSTR`, `STRPOS`,
    /// `CHARINDEX`, `LOCATE`.
    Position,
    /// `(text, Java regular expression, with)`: replaces every match; `$1` is a group.
    RegexpReplace,
    /// `(text, Java regular expression)`: the first match, or NULL.
    RegexpSubstr,
    /// `(text, Java regular expression)`: the parts between matches, `ARRAY<STRING>`.
    RegexpSplit,
    /// `(text, separator of pairs, separator of key and value)`: `MAP<STRING, STRING>`.
    StrToMap,
    /// `(value, pattern)`: the value formatted with a pattern.
    Format,

    /// `(number)`.
    Abs,
    /// `(number)`.
    Ceil,
    /// `(number)`.
    Floor,
    /// `(number[, INTEGER digits])`: half away from zero.
    Round,
    /// `(number[, INTEGER digits])`: towards zero.
    Trunc,
    /// `(DOUBLE)`: NULL for a negative number.
    Sqrt,
    /// `(DOUBLE, DOUBLE)`.
    Power,
    /// `(DOUBLE)`.
    Exp,
    /// `(DOUBLE)`: NULL unless positive.
    Ln,
    /// `(DOUBLE)`: NULL unless positive.
    Log10,
    /// `(DOUBLE base, DOUBLE x)`: NULL unless both are positive.
    Log,
    /// `()`: Euler's number.
    E,
    /// `()`: in [0, 1), different for each row.
    Random,

    /// `(a, b)`, each `DATE` or `TIMESTAMP`: b minus a in seconds, signed, `LONG`.
    SecondsBetween,
    /// `(TIMESTAMP)`: a part of it, `LONG`. Also `HOUR`, `DAYOFWEEK` and similar.
    Extract(TimeUnit),
    /// `(TIMESTAMP)`: the start of its unit, `TIMESTAMP`.
    DateTrunc(TimeUnit),
    /// `(t, zone name)`, t `DATE` or `TIMESTAMP`: preserves the type.
    ConvertTimeZoneFromUtc,
    /// `(LONG)`: seconds or milliseconds since 1970, distinguished by size, as `TIMESTAMP`.
    EpochToUtcTimestamp,
    /// `()`: the day of the run in UTC. Also `CAST('today' AS DATE)`.
    CurrentDate,
    /// `()`: the time of the run in UTC. Also `CAST('now' AS TIMESTAMP)`.
    CurrentTimestamp,

    /// `(a, …)`: the first that isn't NULL. Also `IFNULL`, `NVL`.
    Coalesce,
    /// `(a, b)`: NULL if equal, otherwise a. The result has the type of a.
    NullIf,
    /// `(number, …)`: NULL if any is NULL.
    Greatest,
    /// `(number, …)`: NULL if any is NULL.
    Least,

    /// `(array, x)`: whether x is an element.
    ArrayContains,
    /// `(array)`: ascending; structs field by field, NULLs first.
    ArraySort,
    /// `(array)`.
    ArrayDistinct,
    /// `(array, array)`: distinct elements of either.
    ArrayUnion,
    /// `(array, array)`: distinct elements of both.
    ArrayIntersect,
    /// `(array, array)`: elements of the first that aren't in the second.
    ArrayComplement,
    /// `(array, array)`: concatenated.
    ArrayCat,
    /// `(array, x)`: without the elements equal to x.
    ArrayRemove,
    /// `(array, separator)`: text; elements aren't converted before.
    ArrayToString,
    /// `(array)` or `(map)`: size, `LONG`.
    Cardinality,
    /// `(array of arrays)`: one level less.
    Flatten,

    /// `()`: a new random identifier for each row, text.
    Uuid,
    /// `(x)`: a 64-bit hash of any value, `LONG`.
    Hash64,
    /// `(text)`: lower-case hexadecimal text.
    Md5,
    /// `(text)`: lower-case hexadecimal text.
    Sha1,
    /// `(text, 'hex' | 'base64' | 'utf-8')`: `BINARY`.
    ToVarbinary,
    /// `(BINARY, 'hex' | 'base64' | 'utf-8')`: text.
    FromVarbinary,
    /// `(json text, path)`: the part as text, NULL when absent.
    JsonExtract,
    /// `(x)`: any value as JSON text.
    JsonSerialize,
}

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    /// `()` or `(x)`: rows, or rows in which x isn't NULL; `LONG`.
    Count,
    /// `(number)`.
    Sum,
    /// `(number)`: `DOUBLE` for integers, otherwise a decimal or `DOUBLE`.
    Avg,
    /// `(x)`.
    Min,
    /// `(x)`.
    Max,
    /// `(x)`: array of the values including NULLs, unordered.
    Collect,
    /// `(DOUBLE)`: of a sample. Also `STDDEV`.
    StddevSamp,
    /// `(DOUBLE)`: of a population.
    StddevPop,
    /// `(DOUBLE)`: of a sample. Also `VARIANCE`.
    VarSamp,
    /// `(DOUBLE)`: of a population.
    VarPop,
    /// `(DOUBLE)`.
    Skewness,
    /// `(DOUBLE, DOUBLE p)`: exact, interpolated; p is constant, in [0, 1].
    Percentile,
    /// `(DOUBLE, DOUBLE p)`: approximate; p is constant, in [0, 1].
    ApproxPercentile,
    /// `(DOUBLE)`.
    Median,
    /// `(x)`: `LONG`.
    ApproxCountDistinct,
}

/// A function over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowFunction {
    /// `()`: from 1; ties in any order.
    RowNumber,
    /// `()`: with gaps.
    Rank,
    /// `()`: without gaps.
    DenseRank,
    /// `(x[, offset literal[, default]])`.
    Lag,
    /// `(x[, offset literal[, default]])`.
    Lead,
    /// `(x)`.
    FirstValue,
    /// `(x)`.
    LastValue,
    /// An aggregate over the frame.
    Aggregate(AggregateFunction),
}
