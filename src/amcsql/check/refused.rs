//! Functions of other dialects that AMC doesn't have, with replacements.

/// The replacement for a function that AMC doesn't have; `None` for an unknown name.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    Some(match name {
        it if shifts_dates(it) => "AMC has no date arithmetic: compare SECONDS_BETWEEN(a, b) with a number of seconds.",
        "DATE_PART" | "DATEPART" => "Write EXTRACT(unit FROM t).",
        "GETDATE" | "NOW" | "SYSDATE" | "TODAY" | "CURDATE" => "Write CURRENT_DATE or CURRENT_TIMESTAMP.",
        "DATE" | "TO_DATE" | "TO_TIMESTAMP" => "Write CAST(x AS DATE) or CAST(x AS TIMESTAMP).",
        "DATE_FORMAT" | "TO_CHAR" | "STRFTIME" => "Build the text with CONCAT and EXTRACT, or keep the date.",
        "NTILE" => "Divide ROW_NUMBER() by the size of a part and round with CEIL.",
        "PERCENT_RANK" | "CUME_DIST" | "NTH_VALUE" => "Divide RANK() or ROW_NUMBER() by COUNT(x) OVER ().",
        "PERCENTILE_CONT" | "PERCENTILE_DISC" => "Write PERCENTILE(x, p) or MEDIAN(x).",
        "STRING_AGG" | "LISTAGG" | "ARRAY_AGG" | "GROUP_CONCAT" | "COLLECT_LIST" | "COLLECT_SET" => {
            "Collect with COLLECT(x), then join with ARRAY_TO_STRING."
        }
        "SAFE_DIVIDE" | "DIV0" => "Write a / NULLIF(b, 0).",
        "ISNULL" | "ZEROIFNULL" => "Write COALESCE(x, 0).",
        "IIF" | "DECODE" => "Write IF(condition, a, b) or CASE.",
        "SUBSTR" | "MID" => "Write SUBSTRING(x FROM start FOR length).",
        "CHAR_LENGTH" | "CHARACTER_LENGTH" | "LEN" => "Write LENGTH(x).",
        "SPLIT" | "SPLIT_PART" | "STRING_SPLIT" => "Write REGEXP_SPLIT(x, pattern).",
        "REGEXP_LIKE" | "REGEXP_CONTAINS" | "RLIKE" | "ILIKE" => "Write x SIMILAR TO pattern; (?i) ignores case.",
        "UNNEST" => "Write EXPLODE(array).",
        "ARRAY_LENGTH" | "ARRAY_SIZE" | "SIZE" => "Write CARDINALITY(array).",
        "CEILING" => "Write CEIL(x).",
        "POW" => "Write POWER(x, y).",
        "RAND" => "Write RANDOM().",
        "TRUNCATE" => "Write TRUNC(x, digits).",
        "MOD" => "Write x - y * FLOOR(x / y).",
        "CONVERT" | "TRY_CAST" | "SAFE_CAST" => "Write CAST(x AS type).",
        "STRUCT" | "ROW" => "Write NAMED_ROW('name', value, …).",
        "COUNT_IF" | "COUNTIF" => "Write SUM(IF(condition, 1, 0)).",
        "DAY" => "Write DAYOFMONTH(t) or EXTRACT(DAY FROM t).",
        "TIMESTAMP_TRUNC" | "DATETIME_TRUNC" => "Write DATE_TRUNC('unit', t).",
        "QUARTER" => "Write DATE_TRUNC('quarter', t).",
        _ => return None,
    })
}

/// Whether a function of other dialects adds to a date, or gives the difference of two.
fn shifts_dates(name: &str) -> bool {
    matches!(
        name,
        "DATE_ADD"
            | "DATE_SUB"
            | "DATEADD"
            | "DATESUB"
            | "DATEDIFF"
            | "DATE_DIFF"
            | "DATETIME_ADD"
            | "DATETIME_SUB"
            | "DATETIME_DIFF"
            | "TIMEDIFF"
            | "TIME_DIFF"
            | "TIMESTAMPADD"
            | "TIMESTAMPDIFF"
            | "TIMESTAMP_ADD"
            | "TIMESTAMP_SUB"
            | "TIMESTAMP_DIFF"
            | "MONTHS_BETWEEN"
            | "ADD_MONTHS"
    )
}

/// Whether a function of other dialects may take a unit without quotes, as in `DATEDIFF(day, a, b)`.
pub(super) fn takes_unit(name: &str) -> bool {
    shifts_dates(name) || matches!(name, "DATE_PART" | "DATEPART" | "LAST_DAY" | "TIMESTAMP_TRUNC" | "DATETIME_TRUNC")
}

/// Whether a word is a unit of time.
pub(super) fn is_unit(word: &str) -> bool {
    const UNITS: [&str; 10] =
        ["microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"];
    UNITS.iter().any(|unit| unit.eq_ignore_ascii_case(word))
}
