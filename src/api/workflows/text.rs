//! A text that isn't saved: checked, and tried on synthetic data.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::run::ExecuteInput;
use super::shape::{PrivacyInput, WindowInput};
use crate::amcsql::bound::Query;
use crate::amcsql::finding::{Finding, Level as FindingLevel};
use crate::amcsql::text::{LineIndex, Span};
use crate::amcsql::{Context, Purpose, check_either};
use crate::api::Api;
use crate::api::endpoint::{Endpoint, Endpoints};
use crate::api::input::{Body, invalid, pointer, with_instance};
use crate::api::reply::{Result, json};
use crate::api::schema::{answer, body, names};
use crate::ids::InstanceId;
use crate::queries::{self, Prepared, QueryInput, Trial};
use crate::tokens::{Area, Level};
use crate::web::components::Errors;
use crate::web::{Person, Problem};

names! {
    /// AMC rejects a query with an `error`; a `warning` is about a result that is probably not what was intended.
    FindingLevelName: ["error", "warning", "info"];
    PurposeName: ["reporting", "audience"];
}

body! {
    /// A text to check.
    CheckInput {
        /// AMC SQL, with `{{name}}` for parameters.
        sql: String,
        /// The instance whose data sources count; by default all that AMC documents.
        instance: Option<InstanceId>,
    }

    /// A text to try.
    TryInput {
        /// AMC SQL, with `{{name}}` for parameters.
        sql: String,
        /// The instance whose data sources count; by default all that AMC documents.
        instance: Option<InstanceId>,
        /// Values of parameters by name: texts, numbers, true or false, or lists of texts.
        parameters: Option<BTreeMap<String, Value>>,
        window: Option<WindowInput>,
        privacy: Option<PrivacyInput>,
    }
}

answer! {
    /// The outcome of a check.
    CheckedText {
        /// Whether AMC would reject it.
        has_errors: bool,
        purpose: PurposeName,
        findings: Vec<TextFinding>,
        /// The names of its parameters, `{{name}}`.
        parameters: Vec<String>,
        /// The data sources that it reads; none while it has errors or parameters.
        data_sources: Vec<TextSource>,
        /// The columns of its result; none while it has errors or parameters.
        columns: Vec<String>,
    }

    /// A data source that a text reads.
    TextSource {
        name: String,
        /// The columns that it uses.
        columns: Vec<String>,
    }

    /// A finding, with its place. Lines and columns are counted from 1; the end is included.
    TextFinding {
        level: FindingLevelName,
        /// The rule, which has a help page.
        code: String,
        /// What is wrong, and what to do.
        message: String,
        /// AMC's own message; null if AMC wouldn't report it.
        amc_message: Option<String>,
        /// Whether the check may be wrong about AMC: such an error can be acknowledged for a run.
        may_be_wrong: bool,
        /// The address of the rule's help page.
        help: String,
        place: TextPlace,
        fix: Option<TextFix>,
    }

    /// A range of a text.
    TextPlace {
        line: usize,
        column: usize,
        end_line: usize,
        end_column: usize,
    }

    /// A change that resolves a finding.
    TextFix {
        /// What it does.
        label: String,
        /// What to replace; nothing is removed if `is_insertion`.
        place: TextPlace,
        is_insertion: bool,
        replacement: String,
        /// Whether it certainly keeps the intent.
        is_sure: bool,
    }

    /// A result on synthetic data.
    TriedText {
        columns: Vec<TriedColumn>,
        /// The first hundred rows, as texts; null where there is no value.
        rows: Vec<Vec<Option<String>>>,
        /// The number of all rows.
        total_rows: usize,
        /// The number of rows below a privacy threshold.
        rows_below_threshold: usize,
        /// The time window, as text.
        window: String,
    }

    /// A column of a result on synthetic data.
    TriedColumn {
        name: String,
        data_type: String,
        /// AMC's aggregation threshold, such as `VERY_HIGH`; empty for a column that was added.
        threshold: String,
    }
}

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let check = Endpoint::post("/api/workflows/check", "checkSql", "Check SQL")
        .about("Finds what AMC would reject, and what is probably not intended, with fixes. Nothing is stored or sent.")
        .scope(Area::Queries, Level::Read)
        .takes::<CheckInput>()
        .returns::<CheckedText>(200, "The findings, in the order of the text.");
    let trial = Endpoint::post("/api/workflows/try", "trySql", "Run SQL on synthetic data")
        .about(
            "Shows the shape of the result at once; the numbers are invented. Nothing is stored or sent to AMC. One run \
             at a time for each person, of at most ten seconds.",
        )
        .scope(Area::Queries, Level::Read)
        .takes::<TryInput>()
        .returns::<TriedText>(200, "The result.");
    routes.add(check, show_findings).add(trial, show_trial)
}

impl TextPlace {
    fn new(index: &LineIndex<'_>, span: Span) -> Self {
        let (start, end) = index.range(span);
        Self { line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    }
}

impl TextFinding {
    fn new(index: &LineIndex<'_>, finding: Finding) -> Self {
        let level = match finding.level {
            FindingLevel::Error => "error",
            FindingLevel::Warning => "warning",
            FindingLevel::Info => "info",
        };
        Self {
            level: FindingLevelName(level),
            code: finding.code.to_owned(),
            message: finding.message,
            amc_message: finding.amc,
            may_be_wrong: finding.may_be_wrong,
            help: format!("/help/checks/{}", finding.code),
            place: TextPlace::new(index, finding.span),
            fix: finding.fix.map(|fix| TextFix {
                label: fix.label,
                place: TextPlace::new(index, fix.span),
                is_insertion: fix.span.start == fix.span.end,
                replacement: fix.replacement,
                is_sure: fix.sure,
            }),
        }
    }
}

/// The findings of a text, as the API shows them.
fn findings(sql: &str, findings: Vec<Finding>) -> Vec<TextFinding> {
    let index = LineIndex::new(sql);
    findings.into_iter().map(|finding| TextFinding::new(&index, finding)).collect()
}

/// The data sources that a query reads, each once.
fn data_sources(query: &Query) -> Vec<TextSource> {
    let mut sources: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for scan in &query.scans {
        sources.entry(&scan.source).or_default().extend(scan.columns.iter().map(|(_, name)| name.as_str()));
    }
    let source = |(name, columns): (&str, BTreeSet<&str>)| TextSource {
        name: name.to_owned(),
        columns: columns.into_iter().map(str::to_owned).collect(),
    };
    sources.into_iter().map(source).collect()
}

async fn show_findings(State(api): State<Api>, person: Person, Body(input): Body<CheckInput>) -> Result<Response> {
    let sql = input.sql.replace("\r\n", "\n");
    let (catalogue, _) = with_instance(queries::sources(&api.site, &person, input.instance.as_ref()).await)?;
    let checked = check_either(&sql, &Context::reporting(&catalogue).authored());
    let purpose = if checked.purpose == Purpose::Audience { "audience" } else { "reporting" };
    let query = checked.query.as_ref();
    let columns = query.into_iter().flat_map(|query| &query.outputs).map(|output| output.name.clone()).collect();
    let checked = CheckedText {
        data_sources: query.map(data_sources).unwrap_or_default(),
        columns,
        has_errors: checked.has_errors(),
        purpose: PurposeName(purpose),
        parameters: checked.fields.into_iter().map(|field| field.name).collect(),
        findings: findings(&sql, checked.findings),
    };
    json(StatusCode::OK, &checked)
}

impl TryInput {
    /// The text with its input for [`queries::prepare`].
    fn prepared(self) -> (QueryInput, ExecuteInput) {
        let Self { sql, instance, parameters, window, privacy } = self;
        let text = QueryInput { sql: sql.replace("\r\n", "\n"), ..QueryInput::default() };
        let input = ExecuteInput {
            instance,
            parameters,
            window,
            privacy,
            options: None,
            acknowledge_findings: None,
            revision: None,
            dry_run: None,
        };
        (text, input)
    }
}

/// The problem of a text that can't be tried.
fn unfit(text: &QueryInput, prepared: Prepared, problems: &Errors) -> Problem {
    let detail = "The SQL or its input doesn't fit, so there is no result.";
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-query", detail);
    let problem = problems.iter().fold(problem, |problem, (field, sentence)| problem.at(pointer(field), sentence));
    let found = serde_json::to_value(findings(&text.sql, prepared.findings)).unwrap_or_default();
    problem.with("findings", found)
}

async fn show_trial(State(api): State<Api>, person: Person, Body(input): Body<TryInput>) -> Result<Response> {
    let (text, input) = input.prepared();
    let (run, errors) = input.run(&text.window, &text.privacy);
    if !errors.is_empty() {
        return Err(invalid(&errors, pointer));
    }
    let (catalogue, is_sandbox) = with_instance(queries::sources(&api.site, &person, input.instance.as_ref()).await)?;
    let prepared = queries::prepare(&text.script(), &run, &catalogue, api.site.clock.now(), is_sandbox);
    let trial = api.trials.run_prepared(&api.site, &person, &prepared).await?;
    if !trial.problems.is_empty() {
        return Err(unfit(&text, prepared, &trial.problems).into());
    }
    let Trial { columns, rows, total, below, window, .. } = trial;
    let columns = columns.into_iter().map(|column| TriedColumn {
        name: column.name,
        data_type: column.data_type,
        threshold: column.threshold.to_owned(),
    });
    let tried = TriedText { columns: columns.collect(), rows, total_rows: total, rows_below_threshold: below, window };
    json(StatusCode::OK, &tried)
}
