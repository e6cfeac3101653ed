//! The tables of causes, specific before general: whole sentences, then combinations of words, then single words.
//!
//! Sources: AMC documentation and published AMC responses for AMC's messages, whose SQL messages are Apache
//! Calcite's; RecomAMP's own sentences for problems in communication with AMC.

use super::Cause;

macro_rules! causes {
    ($($name:literal, $title:literal, $signs:expr, $likely:literal, $fix:literal;)+) => {
        &[$(Cause { name: $name, title: $title, likely: $likely, fix: $fix, signs: $signs }),+]
    };
}

pub(super) const CAUSES: &[Cause] = causes! {
    // Errors in the SQL.
    "unknown-column", "Unknown column",
    &[&["column '", "not found in"]],
    "The query uses a column that its tables don't have. It may be misspelled, renamed, or part of another table.",
    "Correct the marked name. “Check” in the editor suggests columns with a similar name; the search finds every \
     column of your instances.";
    "ambiguous-column", "Ambiguous column",
    &[&["is ambiguous"]],
    "More than one of the joined tables has a column of this name.",
    "Add the table's alias in front of the column.";
    "audience-tables", "Tables for reporting in an audience query",
    &[&["use audience-specific tables"]],
    "An audience query reads reporting tables.",
    "Use the tables whose names end with `_for_audiences`.";
    "unknown-table", "Unknown table",
    &[&["object '", "not found"], &["table '", "not found"], &["the data source '", "is not in this instance"]],
    "The query uses a table that this instance doesn't have. It may be misspelled, renamed, or a data set that wasn't \
     uploaded here.",
    "Correct the name. “Check” in the editor suggests tables with a similar name; the search finds every data source of your instances.";
    "not-grouped", "Column without GROUP BY",
    &[&["is not being grouped"]],
    "A column is selected next to aggregates but isn't in GROUP BY.",
    "Add it to GROUP BY, or aggregate it.";
    "threshold-literal", "Comparison not allowed for privacy",
    &[&["cannot be compared with a literal"]],
    "A column with a high aggregation threshold is compared with a literal, or with a value derived from one. AMC \
     rejects this because it could single out people.",
    "Remove the comparison. Compare with another column, or use a column with a lower threshold.";
    "threshold-output", "Column can't be returned",
    &[&["aggregation threshold"], &["aggregation", "very_high"]],
    "A column that identifies people is in the output or the final GROUP BY. AMC only allows counting it.",
    "Use it inside COUNT(DISTINCT …), or join and group by it in a WITH clause and leave it out of the final SELECT.";
    "no-aggregation", "Query without aggregation",
    &[&["at least one aggregation"], &["must be aggregated"]],
    "The query returns individual events. AMC returns only aggregates.",
    "Group the rows and use SUM, COUNT or another aggregate.";
    "undeclared-parameter", "Custom parameter missing",
    &[&["undeclared parameter"], &["parameter", "was not provided"], &["missing", "parameter"], &["parameter '", "has no value"]],
    "The SQL uses CUSTOM_PARAMETER with a name that wasn't declared or has no value.",
    "Write it as {{name}} so that RecomAMP fills it in, or correct the name.";
    "parameter-value", "Invalid parameter value",
    &[&["the parameter '", "cannot be read as"]],
    "A custom parameter received a value of the wrong type.",
    "Enter a value of the type that AMC names, or change the parameter's type in the editor.";
    "parameter-twice", "Parameter declared twice",
    &[&["workflow parameter", "defined multiple times"]],
    "The same custom parameter is declared more than once.",
    "Declare it once.";
    "column-count", "Different numbers of columns",
    &[&["number of columns must match"]],
    "Rows of VALUES, or a WITH clause, have a different number of values than the column list has names.",
    "Give each row the same number of values.";
    "unknown-function", "Unknown function",
    &[&["no match found for function"]],
    "A function doesn't exist in AMC, or its arguments don't match.",
    "Correct its name or its arguments. “Check” in the editor suggests functions with a similar name.";
    "interval", "INTERVAL arithmetic",
    &[&["interval data types are not enabled"]],
    "AMC doesn't support INTERVAL.",
    "Use functions such as DATE_ADD or SECONDS_BETWEEN.";
    "operator", "Unsupported operator",
    &[&["unsupported scalar operation type"]],
    "AMC's SQL doesn't have this operator (such as `||`).",
    "Use a function instead: CONCAT for `||`.";
    "not-an-array", "Array expected",
    &[&["is not an array"], &["takes an array"]],
    "An array function received a single value.",
    "Pass an array: build one with COLLECT or ARRAY[…].";
    "types", "Type mismatch",
    &[&["cannot apply '", "to arguments of type"], &["must have compatible types"], &["cannot convert value of type"], &["has no text form"]],
    "Values of different types are compared or combined.",
    "Cast one of them: CAST(x AS …).";
    "cast", "Invalid cast",
    &[&["cast cannot read"], &["cannot cast"], &["could not be converted"], &["conversion failed"], &["invalid digit"]],
    "A value can't be read as the type it is cast to. The message names the first one.",
    "Filter such rows out before the cast, or check the value in a CASE first.";
    "number-too-large", "Number too large",
    &[&["gives a number that does not fit"], &["is larger than its type can hold"], &["arithmetic overflow"], &["integer overflow"], &["numeric overflow"]],
    "A sum, product or difference exceeds the range of its type.",
    "Cast to a larger type before computing: CAST(x AS DOUBLE) or CAST(x AS DECIMAL(38, 6)).";
    "value-too-large", "Value too large",
    &[&["values that a function makes or takes are too large"], &["offset overflow"]],
    "A function produces or receives a text or array that is far too long, often from repeated concatenation or \
     replacement.",
    "Shorten the values, or aggregate before calling the function.";
    "regular-expression", "Invalid regular expression",
    &[&["regular expression '", "cannot be read"], &["a regular expression could not be matched"]],
    "A regular expression is invalid, or takes too many steps on a text.",
    "Correct the expression in SIMILAR TO or REGEXP_…; simplify nested repetitions.";
    "argument", "Invalid function argument",
    &[&["_varbinary knows '"], &["is not the name of a time zone"], &["an argument that must be constant"], &["percentile needs a number"]],
    "A function received a value that it doesn't accept.",
    "Use one of the values that the message names.";
    "subquery", "Unsupported subquery",
    &[&["a subquery compares with the query around it"]],
    "A subquery refers to each row of the outer query in a way that AMC doesn't support.",
    "Compute the lookup in a WITH clause and join it.";
    "too-complex", "Query too complex",
    &[&["the query is too complex"]],
    "The query's WITH tables read each other so often that the number of steps multiplies.",
    "Read each WITH table once or twice, or run the first steps as a separate query.";
    "select-star", "SELECT *",
    &[&["select *", "not supported"]],
    "AMC does not allow SELECT * on its data sources, for privacy.",
    "List the columns you need.";
    "too-long", "Query too long",
    &[&["its length must be at most"], &["query", "too long"]],
    "The SQL exceeds AMC's length limit, often because of a long list of values.",
    "Shorten the list. Alternatively, upload the list to AMC as a data set outside RecomAMP and join it.";
    "not-a-query", "Not a query",
    &[&["are you missing <with> or <select>"]],
    "The text doesn't start like a query.",
    "Start with WITH or SELECT, and use a single statement.";
    "syntax", "SQL syntax error",
    &[&["encountered \""], &["parse failed"], &["syntax error"]],
    "The SQL isn't complete or correct at the marked place.",
    "Check the marked place and just before it for a missing comma, bracket or keyword.";
    "not-in-amc", "SQL not supported by AMC",
    &[&["is not supported"], &["are not supported"]],
    "The query uses SQL that AMC doesn't support.",
    "Rewrite it: for example, LEFT JOIN instead of RIGHT JOIN, without a final LIMIT or ORDER BY.";
    "overlap", "Too many executions over the same data",
    &[&["too many workflows have already been run"]],
    "To protect privacy, AMC limits how often the same data sources are queried for the same or overlapping time \
     windows.",
    "Wait a day, or choose another time window with “Edit and rerun”. Rerunning now will be rejected again.";
    // Errors in the instance, the window or the permissions.
    "sandbox", "Sandbox restriction",
    &[&["synthetic"]],
    "The instance is an AMC sandbox, which runs only on synthetic data and needs a setting that says so.",
    "Run the query from its own page, which sends this setting. Some data sources don't exist in a sandbox.";
    "future-window", "Data not available yet",
    &[&["data", "not yet available"], &["data", "is not available"], &["time window", "future"]],
    "The time window includes days for which AMC doesn't have complete data yet. Data takes about two days to arrive.",
    "Use “Edit and rerun” and end the time window at least two days ago; for conversions, 14 days ago.";
    "terms", "Terms not accepted",
    &[&["terms and conditions"], &["terms of amc"], &["amc's terms"]],
    "AMC's terms haven't been accepted for this account.",
    "Ask an administrator of the account to accept them in the AMC console.";
    "country", "Country code missing",
    &[&["country code is required"]],
    "The advertiser buys in several countries, and the request doesn't name one.",
    "RecomAMP can't set a country. Create the audience in the AMC console.";
    "wrong-account", "Another account's instance",
    &[&["entityid provided is null"], &["unauthorized request"], &["doesn't allow this for the connected person"], &["not authorized"]],
    "The connected person can't use this instance, or it belongs to a different account or marketplace.",
    "Ask an administrator of the AMC account for access, or connect as somebody who has it. Then choose “Refresh from \
     Amazon” on the instances page.";
    "revoked", "Amazon access revoked",
    &[&["invalid_grant"], &["invalid grant"], &["amazon access was revoked"], &["needs reconnecting"], &["may have revoked"]],
    "Access to Amazon was revoked or has expired.",
    "The owner of the connection reconnects on the connections page. Executions on hold then continue automatically.";
    "application", "App credentials rejected",
    &[&["invalid_client"], &["application's client id or secret"]],
    "Login with Amazon doesn't accept the client ID or secret of this installation.",
    "Ask your RecomAMP administrator to check both in the settings.";
    "login-trouble", "Amazon's sign-in service is failing",
    &[&["new access token", "service is failing"], &["new access token", "couldn't reach amazon"],
        &["new access token", "didn't respond in time"], &["new access token", "was interrupted"]],
    "Login with Amazon, which issues access tokens, is failing or can't be reached. Your access itself is not \
     affected.",
    "No action needed. RecomAMP retries automatically.";
    "token", "Access token rejected",
    &[&["rejected the access token"], &["new access token"]],
    "Amazon rejected the access token, and renewing it didn't help.",
    "No action needed while it is in progress: RecomAMP retries automatically. If it persists, reconnect on the connections page.";
    // Limits.
    "timeout", "Took too long",
    &[&["timed out"], &["ran longer than"], &["timeout"], &["time limit"], &["took too long"]],
    "The execution took longer than AMC allows.",
    "Shorten the time window with “Edit and rerun”, filter earlier in the query, or split the query.";
    "too-large", "Result too large",
    &[&["which is the most that is kept"], &["result has more than"], &["larger than the limit"], &["result", "too large"]],
    "The result has more rows, columns or bytes than AMC returns or RecomAMP stores.",
    "Narrow the query, or group by fewer columns.";
    "slots", "No free slot",
    &[&["slots of the instance"], &["slots of the account"]],
    "AMC runs up to 10 queries per instance and 200 per account at a time.",
    "No action needed: it runs when a slot is free. To make room, cancel an execution that you don't need.";
    "throttled", "Too many requests (429)",
    &[&["too many requests"], &["status 429"], &["throttl"]],
    "Amazon limits the rate of requests.",
    "No action needed. RecomAMP retries automatically, waiting longer each time.";
    // Communication errors.
    "expired-link", "Link expired",
    &[&["download link has expired"], &["request has expired"], &["accessdenied"]],
    "AMC's download links expire after ten minutes, and this one has expired.",
    "No action needed: RecomAMP asks for a new link automatically. If the execution fails, fetch the result again or run the query again.";
    "redirect", "Unexpected redirect",
    &[&["redirects elsewhere"]],
    "Amazon's API address redirects elsewhere. RecomAMP doesn't follow redirects, to keep tokens safe.",
    "Ask your RecomAMP administrator to check the configured addresses.";
    "broken-answer", "Incomplete response",
    &[&["response was incomplete"], &["was interrupted"], &["could not be fetched to its end"], &["documented format"]],
    "The response didn't arrive completely.",
    "No action needed. RecomAMP retries automatically. If the execution fails, run the query again.";
    "unreachable", "Couldn't reach Amazon",
    &[&["couldn't reach amazon"], &["didn't respond in time"]],
    "Amazon or the network didn't respond.",
    "No action needed. RecomAMP retries automatically. If it persists, ask the person who runs RecomAMP to check the network.";
    "resting", "Calls paused",
    &[&["calls are paused"]],
    "Calls to Amazon failed several times in a row, so RecomAMP pauses before retrying.",
    "No action needed: it continues automatically. The operations page shows when.";
    "server", "Amazon is failing (5xx)",
    &[&["amazon's service is failing"], &["internal error"], &["internal reason"], &["a fault of its own"], &["the engine is stopping"], &["internal server error"], &["internalfailure"], &["serviceunavailable"]],
    "Something failed at Amazon.",
    "No action needed while it is in progress: RecomAMP retries automatically. If the execution fails, run it again later; if it \
     persists, give Amazon support the request ID.";
    // The state of the execution.
    "not-ready", "Result not ready",
    &[&["is unavailable for download"], &["doesn't hand out its result"]],
    "AMC finished the execution but didn't have its result ready for download.",
    "Fetch the result again, or run the query again.";
    "cancelled-outside", "Canceled elsewhere",
    &[&["canceled outside"], &["canceled by"], &["cancelled by"], &["execution was cancelled"]],
    "Someone canceled the execution in the AMC console or with another program.",
    "Run it again if you still need it.";
    "workflow-exists", "Workflow already exists",
    &[&["workflow with id", "already exists"]],
    "A workflow with this ID already exists.",
    "Run it again: each execution gets a new ID.";
    "gone", "Not found at AMC",
    &[&["does not exist"], &["doesn't know this item"], &["no longer knows this execution"]],
    "AMC no longer knows the execution, its workflow or the instance: it was deleted, or belongs to another account.",
    "Run the query again. If the instance was deleted, choose “Refresh from Amazon” on the instances page.";
    // Single words that may also occur in other messages: last.
    "memory", "Out of memory",
    &[&["out of memory"], &["more memory than"], &["two gigabytes"], &["memory"], &["resources exceeded"]],
    "The query ran out of memory, for example from large joins, many distinct values or long lists.",
    "Shorten the time window with “Edit and rerun”, filter before joining, and aggregate in a WITH clause before the \
     join.";
    "emulator-disk", "AMC emulator: disk full",
    &[&["the result was not written"]],
    "The AMC emulator couldn't write the result to its disk.",
    "Ask your RecomAMP administrator to free some disk space, then run the query again.";
    "quota", "Quota used up",
    &[&["quota"], &["limit exceeded"], &["maximum number of"]],
    "An AMC limit on executions, workflows or calls has been reached.",
    "Wait and try again, or ask Amazon support to raise the limit.";
    "scope", "Missing permission",
    &[&["insufficient_scope"], &["scope", "not"]],
    "The access granted to RecomAMP doesn't cover AMC.",
    "Reconnect on the connections page and allow access to campaign management.";
    "window", "Invalid time window",
    &[&["timewindow"], &["time window"], &["time_window"]],
    "AMC doesn't accept this time window: it ends before it starts, goes back further than AMC keeps data, or its \
     times are in the wrong format.",
    "Choose another time window with “Edit and rerun”. AMC keeps about 13 months of data.";
};

/// Causes found only in RecomAMP's own sentences: unexpected responses and problems with result files.
pub(super) const OWN: &[Cause] = causes! {
    "html", "Unexpected response",
    &[&["didn't come from amazon's api"], &["is a web page or an error message"], &["<html"]],
    "A web page arrived instead of Amazon's response, perhaps from a proxy, a network sign-in or a maintenance page.",
    "Ask your RecomAMP administrator to check proxies and the configured addresses. RecomAMP retries automatically.";
    "fetched-in-vain", "Couldn't fetch the result",
    &[&["couldn't be fetched for a long time"]],
    "The result was ready, but fetching it kept failing.",
    "See what failed under “Progress”, fix it, and run the query again.";
    "disk", "Disk full",
    &[&["disk that keeps results is full"]],
    "This installation's disk is full.",
    "Ask your RecomAMP administrator to free some space. The result is fetched automatically while AMC still has it.";
    "bad-row", "A row that can't be read",
    &[&["of the result cannot be read:"]],
    "A row in AMC's result file isn't valid CSV.",
    "Fetch the result again. If it happens again, run the query again and contact Amazon support with its IDs.";
    "not-csv", "A file that isn't CSV",
    &[&["is not a csv file"]],
    "AMC's result file isn't CSV.",
    "Fetch the result again. If it happens again, run the query again and contact Amazon support with its IDs.";
    "parts-differ", "Parts that don't fit together",
    &[&["so they cannot be joined"], &["other columns than part 1"], &["where the run has `"]],
    "AMC's result files have different columns, so they can't be combined.",
    "Fetch the result again. If it happens again, run the query again and contact Amazon support with its IDs.";
};
