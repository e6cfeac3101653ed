//! Syntax: what AMC's grammar rejects, and typos from keyboard and clipboard.

use super::codes;

codes! { Writing;
    SYNTAX = "syntax", Error, [
        "Something that can't stand here",
        "AMC reads a query from left to right, and at this place its grammar allows other words. Often the mistake stands just before: a comma too many, a word that is missing or mistyped.",
        "Read the words before the marked place. If a word looks like a keyword, the message names the keyword.",
        "SELECT campaign, COUNT(1) AS n FORM dsp_impressions GROUP BY campaign",
        "SELECT campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY campaign",
    ];
    EMPTY_QUERY = "empty-query", Error, [
        "Empty query",
        "There is nothing to run: the text has no words, or comments only.",
        "Start with SELECT or WITH.",
        "-- reach by campaign",
        "-- reach by campaign\nSELECT campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY campaign",
    ];
    NOT_A_QUERY = "not-a-query", Error, [
        "Statement that changes data",
        "AMC only reads. There are no tables to create, fill or change.",
        "Write one query that starts with SELECT or WITH. Intermediate tables are common tables: WITH name AS (SELECT …).",
        "DELETE FROM conversions",
        "SELECT COUNT(1) AS n FROM conversions",
    ];
    SECOND_STATEMENT = "second-statement", Error, [
        "Two statements in one query",
        "AMC runs one statement for each workflow. What stands behind a semicolon is refused.",
        "Keep one statement. To run both, save two queries, or join them with UNION ALL.",
        "SELECT COUNT(1) AS n FROM dsp_clicks; SELECT COUNT(1) AS n FROM dsp_views",
        "SELECT 'clicks' AS what, COUNT(1) AS n FROM dsp_clicks\nUNION ALL\nSELECT 'views' AS what, COUNT(1) AS n FROM dsp_views",
    ];
    SEMICOLON = "semicolon", Error, [
        "Semicolon at the end",
        "At AMC a semicolon at the end can turn a good report into an empty file, and it breaks an audience query. RecomAMP takes it off before it sends the query.",
        "Remove it.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign;",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign",
    ];
    OPEN_STRING = "open-string", Error, [
        "Text or name without a closing quote",
        "A quote opens a text or a name that never ends. An apostrophe inside a text is the usual cause.",
        "Close the quote. Double a quote that belongs to the text: 'men''s'.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = 'Launch",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = 'Launch'",
    ];
    OPEN_COMMENT = "open-comment", Error, [
        "Comment without an end",
        "A comment that starts with /* goes on to the next */, and there is none.",
        "Close it with */.",
        "SELECT COUNT(1) AS n FROM dsp_clicks /* all of them",
        "SELECT COUNT(1) AS n FROM dsp_clicks /* all of them */",
    ];
    STRAY_CHARACTER = "stray-character", Error, [
        "Character that means nothing in SQL",
        "AMC's SQL has no such sign. It often comes from another dialect or from copied text.",
        "Remove it, or write what the message suggests.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE # campaign = 'Launch'",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = 'Launch'",
    ];
    TYPOGRAPHIC_QUOTES = "typographic-quotes", Error, [
        "Typographic quotes around a text",
        "Word processors and chat programs change straight quotes to curly ones, which AMC does not read.",
        "Use straight single quotes. The fix changes both quotes of the pair.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = “Launch”",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = 'Launch'",
    ];
    BACKTICKS = "backticks", Error, [
        "Backticks around a name",
        "Other dialects quote names with backticks. AMC does not.",
        "Write the name without quotes, with letters, digits and underscores.",
        "SELECT COUNT(1) AS `clicks_total` FROM dsp_clicks",
        "SELECT COUNT(1) AS clicks_total FROM dsp_clicks",
    ];
    DOUBLE_QUOTED_TEXT = "double-quoted-text", Error, [
        "Text in double quotes",
        "Double quotes are for names, so AMC looks for a column of that name and finds none.",
        "Put texts in single quotes.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = \"Launch\"",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = 'Launch'",
    ];
    QUOTED_ALIAS = "quoted-alias", Error, [
        "Name in single quotes",
        "Single quotes make a text, and a text can't be a name.",
        "Write the name without quotes.",
        "SELECT COUNT(1) AS 'total clicks' FROM dsp_clicks",
        "SELECT COUNT(1) AS total_clicks FROM dsp_clicks",
    ];
    ODD_SPACE = "odd-space", Error, [
        "Space that isn't a plain space",
        "Copied text brings no-break spaces and other wide or narrow spaces, which AMC does not read as spaces.",
        "Replace it with a plain space.",
        "SELECT campaign,\u{2009}COUNT(1) AS n FROM dsp_clicks GROUP BY campaign",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign",
    ];
    INVISIBLE_CHARACTER = "invisible-character", Error, [
        "Invisible character",
        "Zero-width spaces, byte-order marks and the like can't be seen, but AMC reads them and fails.",
        "Remove it. Between two words, decide whether they are one word or two.",
        "SELECT COUNT(1) AS n FROM dsp_clicks \u{200b}WHERE campaign = 'Launch'",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = 'Launch'",
    ];
    DASH = "dash", Error, [
        "Dash in place of a minus",
        "Word processors change a minus to a dash, which AMC does not read.",
        "Type a plain minus.",
        "SELECT SUM(impressions) – 1 AS n FROM dsp_impressions",
        "SELECT SUM(impressions) - 1 AS n FROM dsp_impressions",
    ];
    DOUBLE_COLON = "double-colon", Error, [
        "Conversion with ::",
        "The :: operator belongs to PostgreSQL and its relatives.",
        "Write CAST(value AS type).",
        "SELECT impression_dt::DATE AS day, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
        "SELECT CAST(impression_dt AS DATE) AS day, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
    ];
    CONCAT_OPERATOR = "concat-operator", Error, [
        "Joining texts with ||",
        "AMC refuses the operator ||.",
        "Write CONCAT(a, b), which takes any number of values.",
        "SELECT campaign || ' DSP' AS name, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
        "SELECT CONCAT(campaign, ' DSP') AS name, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    FOREIGN_OPERATOR = "foreign-operator", Error, [
        "Operator of another dialect",
        "AMC has LIKE and SIMILAR TO for patterns and = for equality; ILIKE, RLIKE, REGEXP, == and IS DISTINCT FROM are refused.",
        "Write what the message suggests. SIMILAR TO '(?i)text' finds a text anywhere and ignores case.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign ILIKE '%launch%'",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign SIMILAR TO '(?i)launch'",
    ];
    FOREIGN_JOIN = "foreign-join", Error, [
        "SEMI JOIN or ANTI JOIN",
        "AMC has JOIN, LEFT JOIN, FULL OUTER JOIN and CROSS JOIN.",
        "Write EXISTS or IN (SELECT …) for a semi join, LEFT JOIN … WHERE … IS NULL for an anti join.",
        "SELECT COUNT(DISTINCT a.user_id) AS n FROM dsp_clicks a LEFT ANTI JOIN dsp_views b ON a.user_id = b.user_id",
        "WITH viewers AS (SELECT user_id FROM dsp_views WHERE user_id IS NOT NULL GROUP BY 1),\nclickers AS (SELECT user_id FROM dsp_clicks WHERE user_id IS NOT NULL GROUP BY 1)\nSELECT COUNT(DISTINCT a.user_id) AS n FROM clickers a LEFT JOIN viewers b ON a.user_id = b.user_id WHERE b.user_id IS NULL",
    ];
    FOREIGN_TABLE = "foreign-table", Error, [
        "TABLESAMPLE or LATERAL VIEW",
        "AMC's FROM takes data sources, common tables, subqueries and EXTEND_TIME_WINDOW.",
        "Sample with WHERE RANDOM() <= 0.1; take arrays apart with EXPLODE(…) in a subquery.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks TABLESAMPLE (10) GROUP BY 1",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    PIVOT = "pivot", Error, [
        "PIVOT",
        "AMC has no PIVOT and no UNPIVOT.",
        "Write one SUM(IF(condition, x, 0)) for each column.",
        "SELECT COUNT(1) AS n FROM dsp_clicks PIVOT (SUM(clicks) FOR campaign IN ('a'))",
        "SELECT SUM(IF(campaign = 'a', clicks, 0)) AS clicks_a FROM dsp_clicks",
    ];
    TOP = "top", Error, [
        "TOP",
        "AMC has no TOP, and documents LIMIT as unsupported.",
        "Rank the rows in a common table and filter on the rank.",
        "SELECT TOP 10 campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
        "WITH ranked AS (SELECT campaign, n, RANK() OVER (ORDER BY n DESC) AS place FROM (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1))\nSELECT campaign, n FROM ranked WHERE place <= 10",
    ];
    IN_WITHOUT_PARENTHESES = "in-without-parentheses", Error, [
        "IN without parentheses",
        "IN takes its values, or a subquery, in parentheses.",
        "Put the values in parentheses.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign IN {{campaigns}}",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign IN ({{campaigns}})",
    ];
    STAR = "star", Error, [
        "SELECT * on a data source",
        "AMC refuses * on data sources, since it would return columns that identify people.",
        "List the columns that you want. alias.* works for common tables.",
        "SELECT * FROM dsp_clicks",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign",
    ];
    RIGHT_JOIN = "right-join", Error, [
        "RIGHT JOIN",
        "AMC has no RIGHT JOIN.",
        "Swap the two tables and write LEFT JOIN.",
        "SELECT COUNT(1) AS n FROM dsp_clicks a RIGHT JOIN dsp_views b ON a.request_tag = b.impression_id",
        "SELECT COUNT(1) AS n FROM dsp_views b LEFT JOIN dsp_clicks a ON a.request_tag = b.impression_id",
    ];
    NATURAL_JOIN = "natural-join", Warning, [
        "NATURAL JOIN",
        "It joins on every column that both tables call alike, also on those that you don't think of.",
        "Write ON or USING with the columns that you mean.",
        "WITH a AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1),\nb AS (SELECT campaign, COUNT(1) AS m FROM dsp_views GROUP BY 1)\nSELECT campaign, n, m FROM a NATURAL JOIN b",
        "WITH a AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1),\nb AS (SELECT campaign, COUNT(1) AS m FROM dsp_views GROUP BY 1)\nSELECT campaign, n, m FROM a JOIN b USING (campaign)",
    ];
    JOIN_CONDITION = "join-condition", Error, [
        "Join without a condition, or CROSS JOIN with one",
        "Every join but CROSS JOIN needs ON or USING, and CROSS JOIN takes neither.",
        "Add ON a.x = b.x or USING (x), or write CROSS JOIN.",
        "SELECT COUNT(1) AS n FROM dsp_clicks a JOIN dsp_views b",
        "SELECT COUNT(1) AS n FROM dsp_clicks a JOIN dsp_views b ON a.request_tag = b.impression_id",
    ];
    ORDER_BY = "order-by", Error, [
        "ORDER BY outside a window",
        "AMC documents ORDER BY as unsupported, and result files have no fixed order. In a common table it has no effect.",
        "Remove it; sort the result here or in a spreadsheet. For a rank use RANK() OVER (ORDER BY …).",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1 ORDER BY n",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    LIMIT = "limit", Error, [
        "LIMIT",
        "AMC documents LIMIT as unsupported, though some queries with it were seen to run. Without an order it keeps any rows.",
        "Rank the rows and filter on the rank.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1 LIMIT 10",
        "WITH counted AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1),\nranked AS (SELECT campaign, n, RANK() OVER (ORDER BY n DESC) AS place FROM counted)\nSELECT campaign, n FROM ranked WHERE place <= 10",
    ];
    OFFSET = "offset", Error, [
        "OFFSET or FETCH",
        "AMC has neither.",
        "Number the rows with ROW_NUMBER() OVER (…) and filter on that.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1 OFFSET 5",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    QUALIFY = "qualify", Error, [
        "QUALIFY",
        "AMC has no QUALIFY.",
        "Compute the window function in a WITH and filter in the next SELECT.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1 QUALIFY n > 1",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1 HAVING COUNT(1) > 1",
    ];
    SET_OPERATION = "set-operation", Warning, [
        "INTERSECT or EXCEPT",
        "Neither is in AMC's documentation, so AMC may refuse it.",
        "Write EXISTS for what both have, LEFT JOIN … WHERE … IS NULL for what only the first has.",
        "SELECT campaign FROM dsp_clicks GROUP BY 1 INTERSECT SELECT campaign FROM dsp_views GROUP BY 1",
        "WITH viewed AS (SELECT campaign FROM dsp_views GROUP BY 1)\nSELECT campaign FROM dsp_clicks WHERE campaign IN (SELECT campaign FROM viewed) GROUP BY 1",
    ];
    ROW = "row", Error, [
        "Several values in parentheses",
        "AMC compares single values; (a, b) = (c, d) is refused.",
        "Compare the columns one by one, joined by AND.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE (campaign, advertiser) = ('a', 'b')",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = 'a' AND advertiser = 'b'",
    ];
    ORDER_IN_FUNCTION = "order-in-function", Error, [
        "ORDER BY inside a function",
        "AMC's aggregates take no order.",
        "Write ARRAY_SORT(COLLECT(x)); to sort by something else, put it first in a NAMED_ROW.",
        "SELECT COLLECT(campaign ORDER BY campaign) AS path FROM dsp_clicks",
        "SELECT ARRAY_SORT(COLLECT(campaign)) AS path FROM dsp_clicks",
    ];
    WITHIN_GROUP = "within-group", Error, [
        "WITHIN GROUP",
        "AMC has no PERCENTILE_CONT … WITHIN GROUP.",
        "Write PERCENTILE(x, p) or MEDIAN(x).",
        "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY impressions) AS middle FROM dsp_impressions",
        "SELECT MEDIAN(impressions) AS middle FROM dsp_impressions",
    ];
    ARRAY_INDEX = "array-index", Error, [
        "Element of an array by number",
        "AMC documents no access to elements by number.",
        "Take the array apart with EXPLODE(…), or compare with ARRAY_CONTAINS.",
        "WITH a AS (SELECT COLLECT(campaign) AS path FROM dsp_clicks) SELECT path[1] AS first FROM a",
        "WITH a AS (SELECT COLLECT(campaign) AS path FROM dsp_clicks) SELECT CARDINALITY(path) AS length FROM a",
    ], may_be_wrong();
    RESERVED_ALIAS = "reserved-alias", Warning, [
        "Keyword as a name",
        "AMC's grammar keeps some words for itself, so a column or table can't have them as a name without quotes.",
        "Choose another name.",
        "SELECT campaign, COUNT(1) AS order FROM dsp_clicks GROUP BY 1",
        "SELECT campaign, COUNT(1) AS orders FROM dsp_clicks GROUP BY 1",
    ];
    REFUSED_BY_AMC = "refused-by-amc", Error, [
        "Refused by AMC itself",
        "AMC compiled the query without running it, and refused it. The checker of RecomAMP knows AMC by its documentation and by published queries, so AMC may know better.",
        "Read AMC's message. It names what it refuses, at the marked place.",
        "", "",
    ], on(super::Example::Made);
}
