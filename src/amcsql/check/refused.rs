//! Functions of other dialects that AMC doesn't have, with replacements.

/// The replacement for a function that AMC doesn't have; `None` for an unknown name.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    Some(match name {
        "GETDATE" | "NOW" | "SYSDATE" | "TODAY" | "CURDATE" => "Write CURRENT_DATE or CURRENT_TIMESTAMP.",
        "DATE_ADD" | "DATE_SUB" | "DATEADD" | "DATEDIFF" | "DATE_DIFF" | "TIMESTAMPDIFF" | "TIMESTAMPADD"
        | "DATE_PART" | "MONTHS_BETWEEN" | "ADD_MONTHS" => {
            "AMC has no date arithmetic: compare SECONDS_BETWEEN(a, b) with a number of seconds."
        }
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
        "QUARTER" => "Write DATE_TRUNC('quarter', t).",
        _ => return None,
    })
}
