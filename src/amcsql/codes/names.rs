//! Names of tables, columns and output columns.

use super::codes;

codes! { Names;
    UNKNOWN_SOURCE = "unknown-source", Error, [
        "Unknown data source",
        "No data source, common table or uploaded table of this instance has this name. It may be mistyped, renamed, or new: lists of data sources are read again after a while.",
        "Take a name from the list of data sources. If the source was added lately, choose Refresh from Amazon on the Instances page, or acknowledge the finding and send the query.",
        "SELECT COUNT(1) AS n FROM dsp_impresions",
        "SELECT COUNT(1) AS n FROM dsp_impressions",
    ], may_be_wrong();
    MISSING_SOURCE = "missing-source", Error, [
        "Data source that this instance does not have",
        "AMC has this data source, but not for this instance. Paid data sources need a subscription; others come with certain accounts, countries or features.",
        "Subscribe to the feature in AMC, use another data source, or acknowledge the finding if the instance got it lately.",
        "SELECT asin, COUNT(1) AS n FROM amazon_retail_purchases GROUP BY asin",
        "SELECT tracked_item, COUNT(1) AS n FROM conversions GROUP BY tracked_item",
    ], on(super::Example::WithoutPaid), may_be_wrong();
    NOT_A_SOURCE = "not-a-source", Error, [
        "EXTEND_TIME_WINDOW on a common table",
        "EXTEND_TIME_WINDOW reads a data source with a wider window. A common table has been read by then.",
        "Widen the data source inside the common table.",
        "WITH c AS (SELECT campaign FROM dsp_clicks) SELECT campaign, COUNT(1) AS n FROM TABLE(EXTEND_TIME_WINDOW('c', 'P7D', 'P0D')) GROUP BY 1",
        "WITH c AS (SELECT campaign FROM TABLE(EXTEND_TIME_WINDOW('dsp_clicks', 'P7D', 'P0D'))) SELECT campaign, COUNT(1) AS n FROM c GROUP BY 1",
    ];
    DEPRECATED_SOURCE = "deprecated-source", Warning, [
        "Data source that is going away",
        "Amazon has announced the end of this data source, or has ended it.",
        "Read the description for what replaces it.",
        "SELECT COUNT(1) AS n FROM adserver_traffic",
        "SELECT COUNT(1) AS n FROM dsp_impressions",
    ];
    OTHER_SCHEMA = "other-schema", Warning, [
        "Another schema than the workflow's",
        "The query names a schema before a data source, and the workflow says that names belong to another.",
        "Leave the schema out, or name the workflow's.",
        "SELECT COUNT(1) AS n FROM other.dsp_clicks",
        "SELECT COUNT(1) AS n FROM dsp_clicks",
    ], on(super::Example::Declared);
    UNKNOWN_COLUMN = "unknown-column", Error, [
        "Unknown column",
        "No table in sight has a column of this name. A name given with AS is not seen by other columns of the same SELECT, nor by WHERE.",
        "Correct the name, or compute the value in a WITH first and use its name in the next SELECT. If Amazon added the column lately, acknowledge the finding and send the query.",
        "SELECT campain, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ], may_be_wrong();
    UNLISTED_COLUMN = "unlisted-column", Warning, [
        "Column that the documentation does not list",
        "Live tables were seen to have this column, but Amazon's documentation does not list it. AMC may accept or refuse it.",
        "Use Check on AMC to see whether your instance has it.",
        "SELECT user_id FROM conversions_all_for_audiences WHERE user_id_type = 'adUserId'",
        "SELECT user_id FROM conversions_all_for_audiences",
    ], on(super::Example::Audience);
    AMBIGUOUS_COLUMN = "ambiguous-column", Error, [
        "Column that several tables have",
        "More than one of the joined tables has a column of this name, and AMC does not choose.",
        "Put the table or its alias before the name: a.campaign.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks a JOIN dsp_views b ON a.request_tag = b.impression_id GROUP BY 1",
        "SELECT a.campaign, COUNT(1) AS n FROM dsp_clicks a JOIN dsp_views b ON a.request_tag = b.impression_id GROUP BY 1",
    ];
    UNKNOWN_TABLE_ALIAS = "unknown-table-alias", Error, [
        "Unknown table before a column",
        "No table of this FROM has the name or alias that stands before the column.",
        "Use the alias that FROM gives. Where a table has an alias, its own name is not seen any more.",
        "SELECT x.campaign, COUNT(1) AS n FROM dsp_clicks c GROUP BY 1",
        "SELECT c.campaign, COUNT(1) AS n FROM dsp_clicks c GROUP BY 1",
    ];
    DUPLICATE_ALIAS = "duplicate-alias", Error, [
        "Two tables with the same name",
        "Within one FROM, every table needs a name of its own.",
        "Give one of them another alias.",
        "SELECT COUNT(1) AS n FROM dsp_clicks a JOIN dsp_views a ON a.request_tag = a.impression_id",
        "SELECT COUNT(1) AS n FROM dsp_clicks a JOIN dsp_views b ON a.request_tag = b.impression_id",
    ];
    REPEATED_COMMON_TABLE = "repeated-common-table", Warning, [
        "Two common tables with the same name",
        "The later one hides the earlier one.",
        "Give each its own name.",
        "WITH a AS (SELECT 1 AS x), a AS (SELECT x + 1 AS x FROM a) SELECT x FROM a",
        "WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT x FROM b",
    ];
    REPEATED_NAME = "repeated-name", Warning, [
        "Two columns with the same name",
        "The result can't have two columns of one name, so AMC renames one.",
        "Name each column with AS.",
        "SELECT campaign, campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1, 2",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    UNNAMED_COLUMN = "unnamed-column", Info, [
        "Unnamed column",
        "AMC makes up a name such as EXPR$1, which says nothing to a reader.",
        "Name it with AS.",
        "SELECT campaign, COUNT(1) FROM dsp_clicks GROUP BY 1",
        "SELECT campaign, COUNT(1) AS clicks FROM dsp_clicks GROUP BY 1",
    ];
    COLUMN_COUNT = "column-count", Error, [
        "Different numbers of columns",
        "The parts of a UNION, the rows of VALUES, and a list of column names each need as many columns as the other side.",
        "Give them the same number of columns.",
        "WITH v (name, factor) AS (VALUES ('a')) SELECT name, factor FROM v",
        "WITH v (name, factor) AS (VALUES ('a', 2)) SELECT name, factor FROM v",
    ];
    TABLE_FUNCTION = "table-function", Error, [
        "EXTEND_TIME_WINDOW outside FROM",
        "It stands for a table, so it can't be a value.",
        "Write FROM TABLE(EXTEND_TIME_WINDOW('source', 'P7D', 'P0D')).",
        "SELECT EXTEND_TIME_WINDOW('dsp_clicks', 'P7D', 'P0D') AS x",
        "SELECT COUNT(1) AS n FROM TABLE(EXTEND_TIME_WINDOW('dsp_clicks', 'P7D', 'P0D'))",
    ];
    DURATION = "duration", Error, [
        "Duration that can't be read",
        "EXTEND_TIME_WINDOW takes durations in the form of ISO 8601.",
        "Write days as 'P7D'; 'P2W' and 'PT12H' work the same way. A {{parameter}} stands for a whole duration.",
        "SELECT COUNT(1) AS n FROM TABLE(EXTEND_TIME_WINDOW('dsp_clicks', '7 days', 'P0D'))",
        "SELECT COUNT(1) AS n FROM TABLE(EXTEND_TIME_WINDOW('dsp_clicks', 'P7D', 'P0D'))",
    ];
    NOTHING_TO_EXTEND = "nothing-to-extend", Info, [
        "Extended window on a table without one",
        "The time window of a run does not cut this table, so there is nothing to extend.",
        "Read the table as it is.",
        "SELECT COUNT(1) AS n FROM TABLE(EXTEND_TIME_WINDOW('audience_segments_amer_inmarket', 'P7D', 'P0D'))",
        "SELECT COUNT(1) AS n FROM audience_segments_amer_inmarket",
    ];
}
