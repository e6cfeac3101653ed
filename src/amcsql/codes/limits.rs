//! Size limits, of AMC and of the checker.

use super::{Example, codes};

codes! { Limits;
    TOO_LONG = "too-long", Error, [
        "Query that is too long",
        "A query has at most 1 MiB, with the values of its parameters.",
        "Keep long lists in an uploaded table, or split the run.",
        "", "",
    ], on(Example::Made);
    TOO_DEEP = "too-deep", Error, [
        "Too many levels",
        "Parentheses, calls, subqueries or conditions are nested more deeply than the check reads. Long sums and long lists don't count as levels.",
        "Split it with common tables.",
        "", "",
    ], on(Example::Made), may_be_wrong();
    TOO_LARGE = "too-large", Error, [
        "Too many columns in all parts",
        "All parts of the query together have more columns than a check reads.",
        "Select fewer columns in common tables.",
        "", "",
    ], on(Example::Made);
    TOO_MANY_COLUMNS = "too-many-columns", Error, [
        "Too many columns in a SELECT",
        "AMC returns at most 100 columns.",
        "Select fewer.",
        "", "",
    ], on(Example::Made);
    TOO_MANY_KEYS = "too-many-keys", Error, [
        "Too many keys",
        "GROUP BY, ORDER BY and windows take a limited number of keys.",
        "Group by fewer columns.",
        "", "",
    ], on(Example::Made);
    TOO_MANY_TABLES = "too-many-tables", Error, [
        "Too many tables in FROM",
        "One FROM joins a limited number of tables.",
        "Join some in a WITH first.",
        "", "",
    ], on(Example::Made);
    TOO_MANY_COMMON_TABLES = "too-many-common-tables", Error, [
        "Too many common tables",
        "A query takes a limited number of common tables.",
        "Put some of them together.",
        "", "",
    ], on(Example::Made);
    TOO_MANY_PARAMETERS = "too-many-parameters", Error, [
        "Too many parameters",
        "A workflow takes at most 100 parameters.",
        "Put values together in a list.",
        "", "",
    ], on(Example::Made);
}
