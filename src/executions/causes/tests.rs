//! Each cause is recognized by AMC's messages, and by RecomAMP's own about communication with AMC.

use super::*;
use crate::amazon::{self, ErrorKind, Network, Unreadable};
use crate::amcsql::engine::RunError;
use crate::results;

fn name(words: &str) -> &'static str {
    let problem = Problem { what: "AMC rejected this query.".to_owned(), words: words.to_owned(), request_id: None };
    of_problem(&problem).name
}

macro_rules! told {
    ($($test:ident, $words:literal => $cause:literal;)+) => {
        $(#[test]
        fn $test() {
            assert_eq!(name($words), $cause);
        })+
    };
}

told! {
    unknown_column, "From line 1, column 8 to line 1, column 20: Column 'campain' not found in any table" => "unknown-column";
    unknown_column_of_a_table, "From line 1, column 8 to line 1, column 20: Column 'x' not found in table 'd'" => "unknown-column";
    ambiguous_column, "Column 'campaign' is ambiguous" => "ambiguous-column";
    audience_tables, "Invalid tables in the SQL query: Use audience-specific tables in the query." => "audience-tables";
    unknown_table, "From line 2, column 6 to line 2, column 12: Object 'dsp_imp' not found" => "unknown-table";
    paid_table, "Object 'amazon_pvc_streaming_events_feed' not found" => "not-subscribed";
    not_grouped, "Expression 'campaign' is not being grouped" => "not-grouped";
    threshold_literal, "Columns with the aggregation threshold VERY_HIGH cannot be compared with a literal" => "threshold-literal";
    threshold_output, "Columns with the aggregation threshold VERY_HIGH cannot be in the final GROUP BY" => "threshold-output";
    no_aggregation, "SQL query was invalid: the query must contain at least one aggregation" => "no-aggregation";
    undeclared_parameter, "Was unable to compile workflow wf-1 because it was found to be invalid: Filter operation filter_operation referenced an undeclared parameter ad_product_type." => "undeclared-parameter";
    parameter_twice, "The workflow parameter campaign is defined multiple times" => "parameter-twice";
    column_count, "From line 6, column 12 to line 6, column 17: Number of columns must match number of query columns" => "column-count";
    unknown_function, "No match found for function signature GETDATE()" => "unknown-function";
    interval, "interval data types are not enabled" => "interval";
    operator, "Unsupported scalar operation type ||" => "operator";
    not_an_array, "Array expression is not an array data type" => "not-an-array";
    types, "Cannot apply '=' to arguments of type '<VARCHAR> = <INTEGER>'" => "types";
    conversion, "The query failed while running: CAST cannot read 'Display' as BIGINT" => "cast";
    select_star, "SELECT * is not supported" => "select-star";
    too_long, "SQL query was invalid: its length must be at most 65536" => "too-long";
    not_a_query, "A syntax error was found. Are you missing <WITH> or <SELECT>?" => "not-a-query";
    syntax, "Encountered \"FORM\" at line 1, column 10. Was expecting one of: <EOF>" => "syntax";
    not_in_amc, "RIGHT JOIN is not supported" => "not-in-amc";
    overlap, "Execution \"X\" of workflow \"Y\" could not be run because too many workflows have already been run against the same input data sources in the same or overlapping time windows." => "overlap";
    sandbox, "Workflow executions in this instance require synthetic data" => "sandbox";
    data_not_there_yet, "The data for the requested time window is not yet available" => "future-window";
    window, "timeWindowEnd must be after timeWindowStart" => "window";
    terms, "Terms and conditions must be accepted to continue" => "terms";
    country, "Country code is required for Global Buying advertisers" => "country";
    account_not_named, "entityId provided is null" => "wrong-account";
    foreign_account, "Unauthorized request." => "wrong-account";
    scope, "insufficient_scope" => "scope";
    revoked, "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission." => "revoked";
    application, "invalid_client: Client authentication failed" => "application";
    quota, "The quota of concurrent executions is used up" => "quota";
    memory, "Query exceeded the memory limit" => "memory";
    timeout, "Workflow execution timed out after 21600 seconds" => "timeout";
    not_ready, "Execution with ID 123 is unavailable for download." => "not-ready";
    workflow_exists, "Workflow with ID wf-1 already exists." => "workflow-exists";
    gone, "Workflow execution with ID 123 does not exist." => "gone";
    server, "Internal server error" => "server";
    emulator_disk, "The result was not written: No space left on device (os error 28)." => "emulator-disk";
    s3_says_expired, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>" => "expired-link";
}

fn waits(error: impl Into<amazon::Error>) -> &'static str {
    of_wait(&format!("{} Retrying automatically.", error.into().happened())).map_or("none", |cause| cause.name)
}

#[test]
fn what_amazon_answers_on_the_way_is_recognized() {
    assert_eq!(waits(ErrorKind::Throttled { retry_after: None }), "throttled");
    assert_eq!(waits(ErrorKind::Server { status: 503, retry_after: None }), "server");
    assert_eq!(waits(ErrorKind::Unauthorized), "token");
    assert_eq!(name("Couldn't get a new access token. Amazon's service is failing (status 503)."), "login-trouble");
    assert_eq!(waits(ErrorKind::Forbidden), "wrong-account");
    assert_eq!(waits(ErrorKind::TermsNotAccepted), "terms");
    assert_eq!(waits(ErrorKind::Missing { message: None }), "gone");
    assert_eq!(waits(ErrorKind::GrantRevoked), "revoked");
    assert_eq!(waits(ErrorKind::ClientRejected), "application");
    assert_eq!(waits(ErrorKind::LinkExpired), "expired-link");
    assert_eq!(waits(ErrorKind::Resting { retry_after: None }), "resting");
}

#[test]
fn what_the_network_does_is_recognized() {
    assert_eq!(waits(ErrorKind::Network(Network::Connect)), "unreachable");
    assert_eq!(waits(ErrorKind::Network(Network::Timeout)), "unreachable");
    assert_eq!(waits(ErrorKind::Network(Network::Cut)), "broken-answer");
    assert_eq!(waits(Unreadable::NotJson), "html");
    assert_eq!(waits(Unreadable::HalfABody), "broken-answer");
    assert_eq!(waits(Unreadable::Shape), "broken-answer");
    assert_eq!(waits(Unreadable::Redirect), "redirect");
    assert_eq!(waits(Unreadable::TooLarge), "too-large");
}

#[test]
fn what_a_result_does_is_recognized() {
    let known = |error: results::Error| of_wait(&error.to_string()).map_or("none", |cause| cause.name);
    assert_eq!(known(results::Error::Full), "disk");
    assert_eq!(known(results::Error::TooLarge { limit: 10, of: "rows" }), "too-large");
    assert_eq!(
        known(results::Error::NotATable { part: 1, what: "it is a web page or an error message in XML" }),
        "html"
    );
    assert_eq!(known(results::Error::NotATable { part: 1, what: "it is empty" }), "not-csv");
    let (expected, found) = ("a".to_owned(), "b".to_owned());
    assert_eq!(known(results::Error::HeadersDiffer { part: 2, expected, found }), "parts-differ");
    assert_eq!(known(results::Error::Row { part: 2, row: 1, what: "x".to_owned() }), "bad-row");
}

#[test]
fn what_is_said_here_of_a_run_is_recognized() {
    let waits = |reason: &str| of_wait(reason).map_or("none", |cause| cause.name);
    assert_eq!(waits("All 10 slots of the instance are in use. Runs in the next free one."), "slots");
    assert_eq!(waits("Ada's connection to Amazon needs reconnecting."), "revoked");
    assert_eq!(waits("RecomAMP is checking whether the execution started before retrying."), "none");
    let says = |what: &str| of_problem(&Problem::new(what)).name;
    assert_eq!(says("It was canceled outside RecomAMP."), "cancelled-outside");
    assert_eq!(says("AMC no longer knows this execution, so its outcome is unknown. Run the query again."), "gone");
    assert_eq!(says("The result couldn't be fetched for a long time. Run the query again."), "fetched-in-vain");
}

/// Each kind of failure of the engine, as the AMC emulator reports it.
#[test]
fn what_the_engine_says_is_recognized() {
    let of_run = |error: &RunError| match error {
        RunError::NoSuchSource(source) if source.starts_with("amazon_pvc") => "not-subscribed",
        RunError::NoSuchSource(_) => "unknown-table",
        RunError::Parameter(words) if words.contains("no value") => "undeclared-parameter",
        RunError::Parameter(_) => "parameter-value",
        RunError::OutOfMemory => "memory",
        RunError::TimedOut(_) => "timeout",
        RunError::TooManyRows(_) => "too-large",
        RunError::TooComplex(_) => "too-complex",
        RunError::Subquery => "subquery",
        RunError::Value(_) => unreachable!("told by its words"),
    };
    for error in [
        RunError::NoSuchSource("dsp_imp".to_owned()),
        RunError::NoSuchSource("amazon_pvc_streaming_events_feed".to_owned()),
        RunError::Parameter("The parameter 'memory' has no value and no default value.".to_owned()),
        RunError::Parameter("The parameter 'p' cannot be read as a whole number: \"time window\"".to_owned()),
        RunError::OutOfMemory,
        RunError::TimedOut(900),
        RunError::TooManyRows(5_000_000),
        RunError::TooComplex(20_001),
        RunError::Subquery,
    ] {
        assert_eq!(name(&error.to_string()), of_run(&error), "{error}");
    }
}

/// Some errors in values only show during evaluation.
#[test]
fn what_the_engine_says_of_values_is_recognized() {
    for (what, cause) in [
        ("a sum of whole numbers gives a number that does not fit Int64", "number-too-large"),
        ("a product of whole numbers gives a number that does not fit Int32", "number-too-large"),
        ("a SUM is larger than its type can hold", "number-too-large"),
        ("Arrow error: Arithmetic overflow: Overflow happened on: 9223372036854775807 + 1", "number-too-large"),
        (
            "the values that a function makes or takes are too large; make them shorter, or aggregate before",
            "value-too-large",
        ),
        ("Arrow error: Offset overflow error: 2147483648", "value-too-large"),
        ("the users behind the rows need more than two gigabytes in one batch", "memory"),
        ("The regular expression '(' cannot be read: Parsing error at position 1", "regular-expression"),
        ("The regular expression 'is a web page' cannot be read: Parsing error", "regular-expression"),
        ("A regular expression could not be matched: Max limit for backtracking count exceeded", "regular-expression"),
        ("CAST cannot read 'x' as BIGINT", "cast"),
        ("CAST cannot read 'out of memory in the time window, cancelled by' as DATE", "cast"),
        ("TO_VARBINARY knows 'hex', 'base64' and 'utf-8', not 'rot13'", "argument"),
        ("FROM_VARBINARY knows 'hex', 'base64' and 'utf-8', not 'timeout'", "argument"),
        ("'Mars' is not the name of a time zone", "argument"),
        ("an argument that must be constant is not", "argument"),
        ("PERCENTILE needs a number between 0 and 1", "argument"),
        ("argument 2 is not an array", "not-an-array"),
        ("The first argument is not an array", "not-an-array"),
        ("FLATTEN takes an array of arrays", "not-an-array"),
        ("CARDINALITY takes an array or a map", "not-an-array"),
        ("a value of type Map(entries) has no text form", "types"),
        ("the engine met a fault of its own", "server"),
        ("the engine is stopping", "server"),
    ] {
        let error = RunError::Value(what.to_owned());
        assert_eq!(name(&error.to_string()), cause, "{error}");
    }
}

#[test]
fn what_the_emulator_says_of_its_own_is_recognized() {
    assert_eq!(name("The workflow execution timed out after 21600 seconds."), "timeout");
    assert_eq!(name("The workflow execution failed for an internal reason."), "server");
    assert_eq!(name("The workflow execution was cancelled."), "cancelled-outside");
    assert_eq!(name("timeWindowStart must be before timeWindowEnd."), "window");
    assert_eq!(name("timeWindowStart and timeWindowEnd are required for EXPLICIT."), "window");
    assert_eq!(name("The workflow parameter p is defined multiple times."), "parameter-twice");
}

/// AMC quotes people's names and values, which may contain anything.
#[test]
fn what_stands_in_quotes_is_no_sign() {
    assert_eq!(name("Column 'out of memory' not found in table 'time window'"), "unknown-column");
    assert_eq!(name("The flux capacitor \"quota, memory, time window\" is empty."), "unknown");
    assert_eq!(name("Amazon's answer: the instance's quota is used up"), "quota", "an apostrophe is no quote");
    assert_eq!(name("{\"details\": \"The quota is used up\"}"), "quota", "in JSON it is what is told");
}

#[test]
fn amcs_words_tell_nothing_of_files_that_we_keep() {
    let row = results::Error::Row { part: 2, row: 1, what: "x".to_owned() }.to_string();
    assert_eq!(name(&row), "unknown");
    assert_eq!(of_problem(&Problem::new(row)).name, "bad-row");
}

#[test]
fn a_list_names_the_cause_where_it_is_known() {
    let mut problem = Problem::new("AMC rejected this query.");
    assert_eq!(problem.brief(), problem.what);
    problem.words = "Column 'campain' not found in any table".to_owned();
    assert_eq!(problem.brief(), "Unknown column");
    problem.words = "The flux capacitor is empty.".to_owned();
    assert_eq!(problem.brief(), problem.what);
}

#[test]
fn no_advice_to_run_again_what_is_retried_automatically() {
    for error in [
        ErrorKind::Throttled { retry_after: None },
        ErrorKind::Server { status: 503, retry_after: None },
        ErrorKind::Unauthorized,
        ErrorKind::Network(Network::Cut),
        ErrorKind::LinkExpired,
    ] {
        let fix = of_wait(&amazon::Error::from(error).happened()).unwrap().fix;
        assert!(fix.starts_with("No action needed"), "{fix}");
    }
}

/// What the advice refers to exists: pages have links, and buttons have these labels.
#[test]
fn advice_names_only_what_there_is() {
    const BUTTONS: [&str; 4] = ["“Check”", "“Edit and rerun”", "“Refresh from Amazon”", "“Progress”"];
    let templates = [
        include_str!("../../../templates/queries/editor.html"),
        include_str!("../../../templates/executions/detail.html"),
        include_str!("../../../templates/instances/list.html"),
    ];
    let templates = templates.concat();
    for name in BUTTONS {
        assert!(templates.contains(name.trim_matches(['“', '”'])), "{name} is on no page");
    }
    for cause in table::CAUSES.iter().chain(table::OWN).chain([&NOT_SUBSCRIBED, &UNKNOWN]) {
        let rest = BUTTONS.iter().fold(cause.fix.to_owned(), |rest, name| rest.replace(name, ""));
        assert!(!rest.contains('“'), "{}: a button that is not known: {}", cause.name, cause.fix);
        for (page, way) in [
            ("connections page", Way::Connections),
            ("operations page", Way::Operations),
            ("instances page", Way::Instances),
            ("the search", Way::Search),
        ] {
            if cause.fix.contains(page) {
                assert_eq!(cause.way(), Some(way), "{}", cause.name);
            }
        }
    }
}

#[test]
fn every_cause_of_the_text_is_one() {
    for name in OF_THE_TEXT {
        assert!(table::CAUSES.iter().any(|cause| cause.name == name), "{name}");
    }
}

#[test]
fn words_that_nobody_knows_are_not_guessed_at() {
    assert_eq!(name("The flux capacitor is empty."), "unknown");
    assert_eq!(name(""), "unknown");
}

#[test]
fn causes_have_names_of_their_own_and_say_what_to_do() {
    let causes = || table::CAUSES.iter().chain(table::OWN);
    let mut names: Vec<_> = causes().map(|cause| cause.name).collect();
    assert!(names.len() >= 40);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), causes().count());
    for cause in causes() {
        assert!(cause.likely.ends_with('.') && cause.fix.ends_with('.'), "{}", cause.name);
        assert!(
            cause.signs.iter().flat_map(|all| all.iter()).all(|sign| *sign == sign.to_lowercase()),
            "{}",
            cause.name
        );
    }
}
