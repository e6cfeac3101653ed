//! The table of function names (AMC documentation, functions), with arguments and results.

use super::{AggregateFunction as A, Function as F, TimeUnit, WindowFunction as W};

/// A function that can be called.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Its name, in upper case.
    pub name: &'static str,
    /// The form of a call.
    pub usage: &'static str,
    /// A description of its result.
    pub summary: &'static str,
    pub kind: Kind,
}

/// The kinds of functions.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A function of one row.
    Scalar {
        function: F,
        /// Its arguments. The last one repeats if `most` is greater.
        args: &'static [Argument],
        /// The minimum number of arguments.
        least: usize,
        /// The maximum number of arguments.
        most: usize,
        outcome: Outcome,
    },
    /// A function with special rules.
    Special,
    Aggregate(A),
    /// A function that requires `OVER`.
    Window(W),
}

/// The type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Text; numbers and dates are converted to text.
    Text,
    Whole,
    /// Any number, converted to floating point.
    Real,
    /// Any number, without conversion.
    Number,
    /// A date or a timestamp, without conversion; text is parsed as a timestamp.
    Moment,
    /// A timestamp; dates become midnight.
    Timestamp,
    Array,
    /// An array with the type of the first argument.
    SameArray,
    /// An element of the first argument.
    Element,
    /// An array or a map.
    Collection,
    Bytes,
    Any,
}

/// The type of a function's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Text,
    /// `LONG`.
    Long,
    /// `DOUBLE`.
    Double,
    /// `BOOLEAN`.
    Boolean,
    /// `DATE`.
    Date,
    /// `TIMESTAMP`.
    Timestamp,
    /// `BINARY`.
    Bytes,
    /// `ARRAY<STRING>`.
    Texts,
    /// `MAP<STRING, STRING>`.
    TextMap,
    /// The type of the first argument.
    First,
    /// The element type of the first argument.
    FirstElement,
    /// A number without decimal places, or with as many as the second argument says.
    Rounded,
}

/// Maximum number of arguments of a variadic function.
const ANY: usize = 10_000;

const fn scalar(
    name: &'static str,
    usage: &'static str,
    summary: &'static str,
    function: F,
    args: &'static [Argument],
    least: usize,
    outcome: Outcome,
) -> Signature {
    Signature { name, usage, summary, kind: Kind::Scalar { function, args, least, most: args.len(), outcome } }
}

const fn special(name: &'static str, usage: &'static str, summary: &'static str) -> Signature {
    Signature { name, usage, summary, kind: Kind::Special }
}

const fn aggregate(name: &'static str, usage: &'static str, summary: &'static str, function: A) -> Signature {
    Signature { name, usage, summary, kind: Kind::Aggregate(function) }
}

const fn window(name: &'static str, usage: &'static str, summary: &'static str, function: W) -> Signature {
    Signature { name, usage, summary, kind: Kind::Window(function) }
}

/// The function with that name, case-insensitively.
pub fn signature(name: &str) -> Option<&'static Signature> {
    if name.len() > 40 {
        return None;
    }
    let name = name.to_ascii_uppercase();
    SIGNATURES.binary_search_by(|it| it.name.cmp(name.as_str())).ok().and_then(|at| SIGNATURES.get(at))
}

/// All functions, by name.
pub fn signatures() -> &'static [Signature] {
    &SIGNATURES
}

use Argument::{Any, Array, Bytes, Collection, Element, Moment, Number, Real, SameArray, Text, Timestamp, Whole};
use Outcome as O;

/// Sorted by name, for binary search in [`signature`].
static SIGNATURES: [Signature; TABLE.len()] = sorted(TABLE);

/// Sorts at compile time.
const fn sorted(mut table: [Signature; TABLE.len()]) -> [Signature; TABLE.len()] {
    let mut i = 1;
    while i < table.len() {
        let mut j = i;
        while j > 0 && less(table[j].name, table[j - 1].name) {
            let moved = table[j];
            table[j] = table[j - 1];
            table[j - 1] = moved;
            j -= 1;
        }
        i += 1;
    }
    table
}

const fn less(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return a[i] < b[i];
        }
        i += 1;
    }
    a.len() < b.len()
}

#[rustfmt::skip]
const TABLE: [Signature; 105] = [
    Signature { name: "CONCAT", usage: "CONCAT(a, …)", summary: "Joins values of any type as text.", kind: Kind::Scalar { function: F::Concat, args: &[Text], least: 1, most: ANY, outcome: O::Text } },
    scalar("LOWER", "LOWER(text)", "The text in lower case.", F::Lower, &[Text], 1, O::Text),
    scalar("UPPER", "UPPER(text)", "The text in upper case.", F::Upper, &[Text], 1, O::Text),
    scalar("LENGTH", "LENGTH(text)", "Number of characters.", F::Length, &[Text], 1, O::Long),
    scalar("LEFT", "LEFT(text, n)", "The first n characters.", F::Left, &[Text, Whole], 2, O::Text),
    scalar("RIGHT", "RIGHT(text, n)", "The last n characters.", F::Right, &[Text, Whole], 2, O::Text),
    scalar("SUBSTRING", "SUBSTRING(text FROM start FOR length)", "A part of the text; positions count from 1.", F::Substring, &[Text, Whole, Whole], 2, O::Text),
    scalar("TRIM", "TRIM(BOTH c FROM text)", "The text without spaces or the given characters at both ends.", F::Trim, &[Text, Text], 1, O::Text),
    scalar("LTRIM", "LTRIM(text)", "The text without leading spaces.", F::TrimStart, &[Text, Text], 1, O::Text),
    scalar("RTRIM", "RTRIM(text)", "The text without trailing spaces.", F::TrimEnd, &[Text, Text], 1, O::Text),
    scalar("REPLACE", "REPLACE(text, find, with)", "Every occurrence replaced.", F::Replace, &[Text, Text, Text], 3, O::Text),
    scalar("POSITION", "POSITION(find IN text)", "First position, 0 when absent.", F::Position, &[Text, Text, Whole], 2, O::Long),
    special("INSTR", "INSTR(text, find)", "First position, 0 when absent."),
    special("STRPOS", "STRPOS(text, find)", "First position, 0 when absent."),
    scalar("CHARINDEX", "CHARINDEX(find, text, from)", "First position, 0 when absent.", F::Position, &[Text, Text, Whole], 2, O::Long),
    scalar("LOCATE", "LOCATE(find, text, from)", "First position, 0 when absent.", F::Position, &[Text, Text, Whole], 2, O::Long),
    scalar("REGEXP_REPLACE", "REGEXP_REPLACE(text, pattern, with)", "Every match of a Java regular expression replaced.", F::RegexpReplace, &[Text, Text, Text], 3, O::Text),
    scalar("REGEXP_SUBSTR", "REGEXP_SUBSTR(text, pattern)", "The first match of a Java regular expression.", F::RegexpSubstr, &[Text, Text], 2, O::Text),
    scalar("REGEXP_SPLIT", "REGEXP_SPLIT(text, pattern)", "The parts between matches, as an array.", F::RegexpSplit, &[Text, Text], 2, O::Texts),
    scalar("STR_TO_MAP", "STR_TO_MAP(text, pairs, values)", "A map from text such as a=1&b=2.", F::StrToMap, &[Text, Text, Text], 3, O::TextMap),
    scalar("FORMAT", "FORMAT(value, pattern)", "The value as text after a pattern.", F::Format, &[Any, Text], 2, O::Text),
    scalar("ABS", "ABS(x)", "The number without its sign.", F::Abs, &[Number], 1, O::First),
    scalar("CEIL", "CEIL(x)", "The next whole number up.", F::Ceil, &[Number], 1, O::Rounded),
    scalar("FLOOR", "FLOOR(x)", "The next whole number down.", F::Floor, &[Number], 1, O::Rounded),
    scalar("ROUND", "ROUND(x, digits)", "Rounded half up; without digits to a whole number.", F::Round, &[Number, Whole], 1, O::Rounded),
    scalar("TRUNC", "TRUNC(x, digits)", "Cut off after that many digits.", F::Trunc, &[Number, Whole], 1, O::Rounded),
    scalar("SQRT", "SQRT(x)", "Square root; NULL for a negative number.", F::Sqrt, &[Real], 1, O::Double),
    scalar("POWER", "POWER(x, y)", "x to the power of y.", F::Power, &[Real, Real], 2, O::Double),
    scalar("EXP", "EXP(x)", "e to the power of x.", F::Exp, &[Real], 1, O::Double),
    scalar("LN", "LN(x)", "Natural logarithm.", F::Ln, &[Real], 1, O::Double),
    scalar("LOG10", "LOG10(x)", "Logarithm to base 10.", F::Log10, &[Real], 1, O::Double),
    scalar("LOG", "LOG(base, x)", "Logarithm to any base.", F::Log, &[Real, Real], 2, O::Double),
    scalar("E", "E()", "Euler's number.", F::E, &[], 0, O::Double),
    scalar("RANDOM", "RANDOM()", "A random number from 0 up to 1, another for each row.", F::Random, &[], 0, O::Double),
    scalar("SECONDS_BETWEEN", "SECONDS_BETWEEN(a, b)", "b minus a in seconds.", F::SecondsBetween, &[Moment, Moment], 2, O::Long),
    scalar("HOUR", "HOUR(t)", "The hour of a time.", F::Extract(TimeUnit::Hour), &[Timestamp], 1, O::Long),
    scalar("MINUTE", "MINUTE(t)", "The minute of a time.", F::Extract(TimeUnit::Minute), &[Timestamp], 1, O::Long),
    scalar("SECOND", "SECOND(t)", "The second of a time.", F::Extract(TimeUnit::Second), &[Timestamp], 1, O::Long),
    scalar("MONTH", "MONTH(t)", "The month of a time.", F::Extract(TimeUnit::Month), &[Timestamp], 1, O::Long),
    scalar("YEAR", "YEAR(t)", "The year of a time.", F::Extract(TimeUnit::Year), &[Timestamp], 1, O::Long),
    scalar("WEEK", "WEEK(t)", "The week of a time.", F::Extract(TimeUnit::Week), &[Timestamp], 1, O::Long),
    scalar("DAYOFMONTH", "DAYOFMONTH(t)", "Day of the month.", F::Extract(TimeUnit::Day), &[Timestamp], 1, O::Long),
    scalar("DAYOFWEEK", "DAYOFWEEK(t)", "Day of the week; 1 is Sunday.", F::Extract(TimeUnit::DayOfWeek), &[Timestamp], 1, O::Long),
    special("DATE_TRUNC", "DATE_TRUNC('month', t)", "The start of the unit that holds t, as a timestamp."),
    scalar("CONVERT_TIME_ZONE_FROM_UTC", "CONVERT_TIME_ZONE_FROM_UTC(t, 'America/New_York')", "A UTC time in another zone.", F::ConvertTimeZoneFromUtc, &[Moment, Text], 2, O::First),
    special("EPOCH_TO_UTC_TIMESTAMP", "EPOCH_TO_UTC_TIMESTAMP(x)", "Seconds or milliseconds since 1970 as a timestamp."),
    scalar("CURRENT_DATE", "CURRENT_DATE", "The day of the run, in UTC.", F::CurrentDate, &[], 0, O::Date),
    scalar("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP", "The instant of the run, in UTC.", F::CurrentTimestamp, &[], 0, O::Timestamp),
    special("IF", "IF(condition, a, b)", "a when the condition is true, else b."),
    special("COALESCE", "COALESCE(a, …)", "The first value that is not NULL."),
    special("IFNULL", "IFNULL(a, b)", "a, or b when a is NULL."),
    special("NVL", "NVL(a, b)", "a, or b when a is NULL."),
    special("NVL2", "NVL2(x, a, b)", "a when x is not NULL, else b."),
    special("NULLIF", "NULLIF(a, b)", "NULL when a equals b, else a."),
    special("GREATEST", "GREATEST(a, …)", "The largest number; NULL if one is NULL."),
    special("LEAST", "LEAST(a, …)", "The smallest number; NULL if one is NULL."),
    special("CONTAINED_IN", "CONTAINED_IN(x, a, …)", "Whether x equals one of the others."),
    scalar("ARRAY_CONTAINS", "ARRAY_CONTAINS(array, x)", "Whether x is an element.", F::ArrayContains, &[Array, Element], 2, O::Boolean),
    scalar("ARRAY_SORT", "ARRAY_SORT(array)", "The elements in ascending order.", F::ArraySort, &[Array], 1, O::First),
    scalar("ARRAY_DISTINCT", "ARRAY_DISTINCT(array)", "Each element once.", F::ArrayDistinct, &[Array], 1, O::First),
    scalar("ARRAY_UNION", "ARRAY_UNION(a, b)", "Elements of either, each once.", F::ArrayUnion, &[Array, SameArray], 2, O::First),
    scalar("ARRAY_INTERSECT", "ARRAY_INTERSECT(a, b)", "Elements of both, each once.", F::ArrayIntersect, &[Array, SameArray], 2, O::First),
    scalar("ARRAY_COMPLEMENT", "ARRAY_COMPLEMENT(a, b)", "Elements of a that b does not have.", F::ArrayComplement, &[Array, SameArray], 2, O::First),
    scalar("ARRAY_CAT", "ARRAY_CAT(a, b)", "b after a.", F::ArrayCat, &[Array, SameArray], 2, O::First),
    scalar("ARRAY_REMOVE", "ARRAY_REMOVE(array, x)", "The array without x.", F::ArrayRemove, &[Array, Element], 2, O::First),
    scalar("ARRAY_TO_STRING", "ARRAY_TO_STRING(array, separator)", "The elements joined to text.", F::ArrayToString, &[Array, Text], 2, O::Text),
    scalar("CARDINALITY", "CARDINALITY(array)", "Number of elements.", F::Cardinality, &[Collection], 1, O::Long),
    scalar("FLATTEN", "FLATTEN(array)", "An array of arrays, one level less.", F::Flatten, &[Array], 1, O::FirstElement),
    special("EXPLODE", "EXPLODE(array)", "One row per element."),
    special("NAMED_ROW", "NAMED_ROW('name', value, …)", "A row with named fields."),
    scalar("UUID", "UUID()", "A new random identifier for each row.", F::Uuid, &[], 0, O::Text),
    scalar("HASH64", "HASH64(x)", "A 64-bit hash.", F::Hash64, &[Any], 1, O::Long),
    scalar("MD5", "MD5(text)", "The MD5 sum in hexadecimal.", F::Md5, &[Text], 1, O::Text),
    scalar("SHA1", "SHA1(text)", "The SHA-1 sum in hexadecimal.", F::Sha1, &[Text], 1, O::Text),
    scalar("TO_VARBINARY", "TO_VARBINARY(text, 'hex')", "Bytes from hex, base64 or utf-8 text.", F::ToVarbinary, &[Text, Text], 2, O::Bytes),
    scalar("FROM_VARBINARY", "FROM_VARBINARY(bytes, 'hex')", "Bytes as hex, base64 or utf-8 text.", F::FromVarbinary, &[Bytes, Text], 2, O::Text),
    scalar("JSON_EXTRACT", "JSON_EXTRACT(json, '$.a')", "A part of JSON text.", F::JsonExtract, &[Text, Text], 2, O::Text),
    scalar("JSON_SERIALIZE", "JSON_SERIALIZE(value)", "A value as JSON text.", F::JsonSerialize, &[Any], 1, O::Text),
    special("BUILT_IN_PARAMETER", "BUILT_IN_PARAMETER('TIME_WINDOW_START')", "A bound of the run's time window."),
    special("CUSTOM_PARAMETER", "CUSTOM_PARAMETER('name')", "The value of a parameter of the workflow."),
    special("EXTEND_TIME_WINDOW", "TABLE(EXTEND_TIME_WINDOW('source', 'P7D', 'P0D'))", "A source with a wider time window; in FROM."),
    aggregate("COUNT", "COUNT(DISTINCT x)", "Number of rows or of values.", A::Count),
    aggregate("SUM", "SUM(x)", "Sum.", A::Sum),
    aggregate("AVG", "AVG(x)", "Average.", A::Avg),
    aggregate("MIN", "MIN(x)", "Smallest value.", A::Min),
    aggregate("MAX", "MAX(x)", "Largest value.", A::Max),
    aggregate("COLLECT", "COLLECT(DISTINCT x)", "Array of the values.", A::Collect),
    aggregate("STDDEV", "STDDEV(x)", "Standard deviation of a sample.", A::StddevSamp),
    aggregate("STDDEV_SAMP", "STDDEV_SAMP(x)", "Standard deviation of a sample.", A::StddevSamp),
    aggregate("STDDEV_POP", "STDDEV_POP(x)", "Standard deviation of a population.", A::StddevPop),
    aggregate("VARIANCE", "VARIANCE(x)", "Variance of a sample.", A::VarSamp),
    aggregate("VAR_SAMP", "VAR_SAMP(x)", "Variance of a sample.", A::VarSamp),
    aggregate("VAR_POP", "VAR_POP(x)", "Variance of a population.", A::VarPop),
    aggregate("SKEWNESS", "SKEWNESS(x)", "Skew of the distribution.", A::Skewness),
    aggregate("PERCENTILE", "PERCENTILE(x, p)", "Exact percentile; p from 0 to 1.", A::Percentile),
    aggregate("APPROX_PERCENTILE", "APPROX_PERCENTILE(x, p)", "Approximate percentile; p from 0 to 1.", A::ApproxPercentile),
    aggregate("MEDIAN", "MEDIAN(x)", "Middle value.", A::Median),
    aggregate("APPROX_COUNT_DISTINCT", "APPROX_COUNT_DISTINCT(x)", "Approximate number of values.", A::ApproxCountDistinct),
    window("ROW_NUMBER", "ROW_NUMBER() OVER (…)", "Number of the row in its window.", W::RowNumber),
    window("RANK", "RANK() OVER (…)", "Rank with gaps.", W::Rank),
    window("DENSE_RANK", "DENSE_RANK() OVER (…)", "Rank without gaps.", W::DenseRank),
    window("LAG", "LAG(x, n) OVER (…)", "Value of an earlier row.", W::Lag),
    window("LEAD", "LEAD(x, n) OVER (…)", "Value of a later row.", W::Lead),
    window("FIRST_VALUE", "FIRST_VALUE(x) OVER (…)", "Value of the first row.", W::FirstValue),
    window("LAST_VALUE", "LAST_VALUE(x) OVER (…)", "Value of the last row.", W::LastValue),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_by_its_name_in_any_case() {
        for it in signatures() {
            assert_eq!(signature(&it.name.to_lowercase()).unwrap().name, it.name);
        }
        assert!(signature("HLL_UNION").is_none());
        assert!(signature(&"A".repeat(100_000)).is_none());
    }

    #[test]
    fn names_are_given_once() {
        assert!(signatures().windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
