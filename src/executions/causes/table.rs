//! The tables of causes, the special before the general: whole sentences, then words that go together, then
//! single words.
//!
//! Sources of the signs: AMC documentation and published AMC answers for AMC's words, whose SQL messages are
//! Apache Calcite's; RecomAMP's own sentences for what happens on the way to AMC.

use super::Cause;

macro_rules! causes {
    ($($name:literal, $title:literal, $signs:expr, $likely:literal, $fix:literal;)+) => {
        &[$(Cause { name: $name, title: $title, likely: $likely, fix: $fix, signs: $signs }),+]
    };
}

pub(super) const CAUSES: &[Cause] = causes! {
    // What is wrong in the text.
    "unknown-column", "Unknown column",
    &[&["column '", "not found in"]],
    "The query names a column that its tables do not have: mistyped, of another table, or renamed.",
    "Correct the name at the marked place. “Check” in the editor suggests columns with a similar name; the search finds every column of your instances.";
    "ambiguous-column", "Ambiguous column",
    &[&["is ambiguous"]],
    "A column of this name is in more than one of the joined tables.",
    "Put the table's alias before it.";
    "audience-tables", "Tables for reporting in an audience query",
    &[&["use audience-specific tables"]],
    "An audience query reads tables for reporting.",
    "Take the tables whose names end with `_for_audiences`.";
    "unknown-table", "Unknown table",
    &[&["object '", "not found"], &["table '", "not found"], &["the data source '", "is not in this instance"]],
    "The query names a table that this instance does not have: mistyped, renamed, or a data set that was not uploaded here.",
    "Correct the name. “Check” in the editor suggests tables with a similar name; the search finds every data source of your instances.";
    "not-grouped", "Column without GROUP BY",
    &[&["is not being grouped"]],
    "A column is selected beside aggregates without being grouped.",
    "Add it to GROUP BY, or aggregate it.";
    "threshold-literal", "Comparison that privacy forbids",
    &[&["cannot be compared with a literal"]],
    "A column with a high aggregation threshold is compared with a literal, or with something that a literal decides. AMC \
     refuses that, since it would single people out.",
    "Remove the comparison. Compare with another column, or use a column with a lower threshold.";
    "threshold-output", "Column that may not be shown",
    &[&["aggregation threshold"], &["aggregation", "very_high"]],
    "A column that identifies people is in the output or in the last GROUP BY. AMC lets it be counted only.",
    "Use it inside COUNT(DISTINCT …), or join and group by it in a WITH and leave it out of the last SELECT.";
    "no-aggregation", "Query without aggregation",
    &[&["at least one aggregation"], &["must be aggregated"]],
    "The query gives single events. AMC gives aggregates only.",
    "Group the rows and use SUM, COUNT or another aggregate.";
    "undeclared-parameter", "Custom parameter missing",
    &[&["undeclared parameter"], &["parameter", "was not provided"], &["missing", "parameter"], &["parameter '", "has no value"]],
    "The text uses CUSTOM_PARAMETER with a name that was not declared, or that was given no value.",
    "Write it as {{name}}, so that it is filled in before the query is sent, or correct the name.";
    "parameter-value", "Value that does not fit its parameter",
    &[&["the parameter '", "cannot be read as"]],
    "A custom parameter was given a value of another type than it has.",
    "Give it a value of the type that is named, or change the parameter's type in the editor.";
    "parameter-twice", "Parameter declared twice",
    &[&["workflow parameter", "defined multiple times"]],
    "The same custom parameter is declared more than once.",
    "Declare it once and use it wherever it is needed.";
    "column-count", "Different numbers of columns",
    &[&["number of columns must match"]],
    "The rows of VALUES, or a WITH, do not have as many values as the list of columns has names.",
    "Make them equally many.";
    "unknown-function", "Unknown function",
    &[&["no match found for function"]],
    "A function does not exist in AMC, or is given other arguments than it takes.",
    "Correct its name or its arguments. “Check” in the editor names the functions that are spelled similarly.";
    "interval", "INTERVAL arithmetic",
    &[&["interval data types are not enabled"]],
    "AMC has no INTERVAL.",
    "Use DATE_ADD or SECONDS_BETWEEN and the like.";
    "operator", "Operator that AMC does not have",
    &[&["unsupported scalar operation type"]],
    "An operator is outside of AMC's SQL, such as `||`.",
    "Use a function instead: CONCAT for `||`.";
    "not-an-array", "Scalar in place of an array",
    &[&["is not an array"], &["takes an array"]],
    "A function over arrays is given a single value.",
    "Give it an array: COLLECT makes one of many values, ARRAY[…] of a few.";
    "types", "Types that do not fit",
    &[&["cannot apply '", "to arguments of type"], &["must have compatible types"], &["cannot convert value of type"], &["has no text form"]],
    "Values of different types are compared or computed with each other.",
    "Cast one of them: CAST(x AS …).";
    "cast", "Value that cannot be cast",
    &[&["cast cannot read"], &["cannot cast"], &["could not be converted"], &["conversion failed"], &["invalid digit"]],
    "A value does not read as the type to which it is cast; the message names the first one.",
    "Leave such rows out before the cast, or cast in a CASE that looks at the value first.";
    "number-too-large", "Number too large",
    &[&["gives a number that does not fit"], &["is larger than its type can hold"], &["arithmetic overflow"], &["integer overflow"], &["numeric overflow"]],
    "A sum, product or difference is larger than its type can hold.",
    "Cast to a larger type before computing: CAST(x AS DOUBLE) or CAST(x AS DECIMAL(38, 6)).";
    "value-too-large", "Value too large",
    &[&["values that a function makes or takes are too large"], &["offset overflow"]],
    "A function makes or takes a text or an array that is far longer than results hold, often by joining or \
     replacing over and over.",
    "Make the values shorter, or aggregate before the function.";
    "regular-expression", "Regular expression that cannot be used",
    &[&["regular expression '", "cannot be read"], &["a regular expression could not be matched"]],
    "A regular expression is not complete or correct, or takes too many steps on a text.",
    "Correct the expression in SIMILAR TO or REGEXP_…; make it simpler where it has a repetition within a repetition.";
    "argument", "Argument that a function does not take",
    &[&["_varbinary knows '"], &["is not the name of a time zone"], &["an argument that must be constant"], &["percentile needs a number"]],
    "A function is given a value that it does not know.",
    "Use one of the values that the message names.";
    "subquery", "Subquery that cannot be run",
    &[&["a subquery compares with the query around it"]],
    "A subquery looks up something for each row of the query around it, in a way that cannot be run.",
    "Compute what it looks up in a WITH, and join that.";
    "too-complex", "Query too complex",
    &[&["the query is too complex"]],
    "The query's WITH tables are read by each other so often that their steps multiply.",
    "Let each WITH be read once or twice, or run the first steps as a query of their own.";
    "select-star", "SELECT *",
    &[&["select *", "not supported"]],
    "AMC does not allow SELECT * on its data sources, for privacy.",
    "List the columns that you want.";
    "too-long", "Query too long",
    &[&["its length must be at most"], &["query", "too long"]],
    "The text is longer than AMC takes, often because of a long list of values.",
    "Shorten the list. A long list can be uploaded to AMC as a dataset outside of RecomAMP, and joined.";
    "not-a-query", "Not a query",
    &[&["are you missing <with> or <select>"]],
    "The text does not begin like a query.",
    "Begin it with WITH or SELECT, and send one statement only.";
    "syntax", "Mistake in the SQL",
    &[&["encountered \""], &["parse failed"], &["syntax error"]],
    "The text is not complete or correct SQL at the marked place.",
    "Look at the marked place and right before it: a missing comma, bracket or word.";
    "not-in-amc", "SQL that AMC does not have",
    &[&["is not supported"], &["are not supported"]],
    "The text uses a part of SQL that AMC does not have.",
    "Write it another way: LEFT JOIN for RIGHT JOIN, no LIMIT and no ORDER BY at the end.";
    "overlap", "Too many runs over the same data",
    &[&["too many workflows have already been run"]],
    "AMC refuses many runs over the same data sources in the same or overlapping windows, to protect privacy.",
    "Wait a day, or choose another time window with “Change and run”. Running it again now would be refused again.";
    // What is wrong with where, when and as whom.
    "sandbox", "Sandbox restriction",
    &[&["synthetic"]],
    "The instance is a sandbox of AMC, which runs on synthetic data only and has to be told so.",
    "Run the query from its own page, which sends the setting that a sandbox needs. Some data sources don't exist in a sandbox.";
    "future-window", "Data not there yet",
    &[&["data", "not yet available"], &["data", "is not available"], &["time window", "future"]],
    "The window reaches into days for which AMC has no complete data yet: data takes about two days to arrive.",
    "Use “Change and run” and end the time window at least two days ago; for conversions, fourteen days ago.";
    "terms", "Terms not accepted",
    &[&["terms and conditions"], &["terms of amc"]],
    "The terms of AMC are not accepted for this account.",
    "An administrator of the account accepts them in AMC's own console.";
    "country", "Country code missing",
    &[&["country code is required"]],
    "The advertiser buys in several countries, and the request does not name one.",
    "RecomAMP can't set a country. Create the audience in AMC's own console.";
    "wrong-account", "Another account's instance",
    &[&["entityid provided is null"], &["unauthorized request"], &["does not allow this for the connected person"], &["not authorized"]],
    "The connected person may not use this instance, or it belongs to another account or marketplace than was named.",
    "Ask an administrator of the AMC account for access, or connect as somebody who has it. Then choose “Ask Amazon again” on the instances page.";
    "revoked", "Permission withdrawn",
    &[&["invalid_grant"], &["invalid grant"], &["has to be renewed"], &["does not honour this permission"], &["may have revoked"]],
    "The permission to call Amazon was withdrawn or has run out.",
    "The connection's owner reconnects on the connections page. Waiting executions then continue automatically.";
    "application", "Application not accepted",
    &[&["invalid_client"], &["application's client id or secret"]],
    "Login with Amazon does not accept the id or the secret of this installation.",
    "Ask the person who runs RecomAMP to check both in its settings.";
    "login-trouble", "Amazon's sign-in service is failing",
    &[&["no fresh token", "in trouble"], &["no fresh token", "could not be reached"],
        &["no fresh token", "did not answer in time"], &["no fresh token", "broke off"]],
    "The service that gives access tokens, Login with Amazon, is failing or can't be reached. The permission itself is not affected.",
    "No action needed. RecomAMP retries automatically.";
    "token", "Token not accepted",
    &[&["did not accept the access token"], &["no fresh token"]],
    "Amazon did not accept the token, and a new one did not help or could not be had.",
    "No action needed while it is in progress: RecomAMP retries automatically. If it persists, reconnect on the connections page.";
    // What has run out.
    "timeout", "Took too long",
    &[&["timed out"], &["ran longer than"], &["timeout"], &["time limit"], &["took too long"]],
    "The run took longer than AMC allows.",
    "Shorten the time window with “Change and run”, filter earlier in the query, or split the query.";
    "too-large", "Result too large",
    &[&["which is the most that is kept"], &["result has more than"], &["larger than the limit"], &["result", "too large"]],
    "The result has more rows, columns or bytes than are given or kept.",
    "Narrow the query, or group by fewer columns.";
    "slots", "No free slot",
    &[&["slots of the instance"], &["slots of the account"]],
    "AMC runs ten queries of an instance, and two hundred of an account, at a time.",
    "No action needed: it is sent when a slot is free. To make room, cancel an execution that you don't need.";
    "throttled", "Too many requests (429)",
    &[&["too many requests"], &["status 429"], &["throttl"]],
    "Amazon takes only so many requests at a time.",
    "No action needed. RecomAMP retries automatically, waiting longer each time.";
    // What happens on the way.
    "expired-link", "Link expired",
    &[&["link is not valid any more"], &["request has expired"], &["accessdenied"]],
    "AMC's download links expire after ten minutes, and this one had.",
    "No action needed: RecomAMP asks for a new link automatically. If the execution fails, fetch the result again or run the query again.";
    "redirect", "The address leads elsewhere",
    &[&["leads elsewhere"]],
    "The address of Amazon's API answers with another one, which is not followed, so that tokens stay where they belong.",
    "Ask the person who runs RecomAMP to check the configured addresses.";
    "broken-answer", "Answer not whole",
    &[&["ended in the middle"], &["broke off"], &["could not be fetched to its end"], &["documented form"]],
    "The answer did not arrive whole.",
    "No action needed. RecomAMP retries automatically. If the execution fails, run the query again.";
    "unreachable", "Amazon not reached",
    &[&["could not be reached"], &["did not answer in time"]],
    "The network, or Amazon, did not answer.",
    "No action needed. RecomAMP retries automatically. If it persists, ask the person who runs RecomAMP to check the network.";
    "resting", "Left alone for a while",
    &[&["left alone for a while"]],
    "Calls to Amazon failed several times in a row, so they rest a little.",
    "No action needed: it continues automatically. The operations page says when.";
    "server", "Amazon in trouble (5xx)",
    &[&["amazon is in trouble"], &["internal error"], &["internal reason"], &["a fault of its own"], &["the engine is stopping"], &["internal server error"], &["internalfailure"], &["serviceunavailable"]],
    "Something failed on Amazon's side.",
    "No action needed while it is in progress: RecomAMP retries automatically. If the execution fails, run it again later; if it \
     persists, give Amazon's support the request id.";
    // What became of the run.
    "not-ready", "Result not ready",
    &[&["is unavailable for download"], &["does not hand out its result"]],
    "AMC finished the run but did not have its result ready for download.",
    "Fetch the result again, or run the query again.";
    "cancelled-outside", "Cancelled elsewhere",
    &[&["cancelled outside"], &["canceled by"], &["cancelled by"], &["execution was cancelled"]],
    "Somebody stopped the run in AMC's console or with another program.",
    "Run it again if it is still needed.";
    "workflow-exists", "Workflow exists already",
    &[&["workflow with id", "already exists"]],
    "A workflow of this id is there already.",
    "Run it again: each run has an id of its own.";
    "gone", "Not known to AMC",
    &[&["does not exist"], &["does not know this"]],
    "AMC does not know the run, its workflow or the instance any more: it was deleted, or it belongs to another account.",
    "Run the query again. If the instance was deleted, choose “Ask Amazon again” on the instances page.";
    // Single words that other causes may have as well: last.
    "memory", "Out of memory",
    &[&["out of memory"], &["more memory than"], &["two gigabytes"], &["memory"], &["resources exceeded"]],
    "The query needed more memory than there is: large joins, many distinct values, long lists.",
    "Shorten the time window with “Change and run”, filter before joining, and aggregate in a WITH before you join.";
    "emulator-disk", "The AMC emulator's disk",
    &[&["the result was not written"]],
    "The AMC emulator could not write the result to the disk of the machine on which it runs.",
    "Ask the person who runs it to look at the reason in its words and free some space, then run the query again.";
    "quota", "Quota used up",
    &[&["quota"], &["limit exceeded"], &["maximum number of"]],
    "A limit of AMC's on the number of runs, workflows or calls is reached.",
    "Wait until it is free again, or ask Amazon's support to raise it.";
    "scope", "Permission missing",
    &[&["insufficient_scope"], &["scope", "not"]],
    "The permission that was given to RecomAMP does not cover AMC.",
    "Reconnect on the connections page and allow access to campaign management.";
    "window", "Window that AMC does not take",
    &[&["timewindow"], &["time window"], &["time_window"]],
    "The window is not one that AMC takes: its end lies before its start, it reaches back further than AMC keeps data, or \
     its times are not written as AMC wants them.",
    "Choose another time window with “Change and run”. AMC keeps about thirteen months of data.";
};

/// What only RecomAMP's own sentences tell of: what came instead of an answer, and what became of the files of a
/// result.
pub(super) const OWN: &[Cause] = causes! {
    "html", "Something else answered",
    &[&["something else than amazon's api"], &["is a web page or an error message"], &["<html"]],
    "A web page came where Amazon's answer was expected: a proxy, a sign-in page of the network, a maintenance page.",
    "Ask the person who runs RecomAMP to check the proxies in between and the configured addresses. RecomAMP retries automatically.";
    "fetched-in-vain", "Fetched in vain",
    &[&["could not be fetched for a long time"]],
    "The result was there, and fetching it failed again and again.",
    "See what failed under “Progress”, fix it, and run the query again.";
    "disk", "Disk full",
    &[&["disk that keeps results is full"]],
    "The disk of this installation is full.",
    "Ask the person who runs RecomAMP to free some space. The result is fetched automatically while AMC still has it.";
    "bad-row", "A row that can't be read",
    &[&["of the result cannot be read:"]],
    "A row of a file that AMC gave isn't CSV as the rows before it are.",
    "Fetch the result again. If it happens again, run the query again, and tell Amazon's support and give the ids below.";
    "not-csv", "A file that isn't CSV",
    &[&["is not a csv file"]],
    "A file that AMC gave for the result isn't CSV.",
    "Fetch the result again. If it happens again, run the query again, and tell Amazon's support and give the ids below.";
    "parts-differ", "Parts that don't fit together",
    &[&["so they cannot be joined"], &["other columns than part 1"], &["where the run has `"]],
    "The files that AMC gave for one result do not make one table.",
    "Fetch the result again. If it happens again, run the query again, and tell Amazon's support and give the ids below.";
};
