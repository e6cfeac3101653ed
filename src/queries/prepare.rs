//! Builds exactly what is sent to AMC from a query and its input, or reports everything that is wrong.
//!
//! Preview, check and run use this one function, so the preview shows exactly what runs. Missing or invalid values
//! are reported for their fields, and the text is then checked with sample values of their types, so that one wrong
//! date doesn't hide a mistyped column.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};

use super::model::fields::{FieldDef, FieldKind};
use super::model::input::{ParameterValues, RunInput, RunOptions};
use super::model::window::Window;
use super::model::{Privacy, PrivacyMode, SQL_BYTES, Script, check_sql};
use super::source_map::SourceMap;
use crate::amazon::{NewExecution, Workflow};
use crate::amcsql::assist::{ParameterType, parameter_types};
use crate::amcsql::bound::UsedParameter;
use crate::amcsql::catalogue::{Catalogue, DataType};
use crate::amcsql::finding::{Finding, Level};
use crate::amcsql::flatten::{Mapped, sendable};
use crate::amcsql::parameters::ParameterDeclaration;
use crate::amcsql::review::{long_parameter, other_type, review};
use crate::amcsql::template::{self, Field, Value};
use crate::amcsql::{Context, FieldUse, check};
use crate::web::Fields;
use crate::web::components::Errors;

/// Maximum number of unknown parameters that are named.
const MOST_UNKNOWN: usize = 5;

/// What is sent, and all errors and notes about it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The SQL as sent: one line, with values.
    pub sql_sent: String,
    /// Where each part of it came from.
    pub source_map: SourceMap,
    /// How many trailing semicolons of the text are not sent.
    pub semicolons: usize,
    /// The values of the text's parameters.
    pub values: ParameterValues,
    pub window: Window,
    pub privacy: Privacy,
    pub options: RunOptions,
    /// AMC's custom parameters.
    pub parameters: AmcParameters,
    /// The text's parameters in order, each once.
    pub asked: Vec<FieldDef>,
    /// The findings of the check; positions are those of the author's text.
    pub findings: Vec<Finding>,
    /// The errors in the form, by field.
    pub errors: Errors,
    /// Codes of errors that the author accepts if the checker may be wrong.
    pub acknowledged: BTreeSet<String>,
    sandbox: bool,
}

/// AMC's own parameters: their declarations and values.
#[derive(Clone, Debug, Default)]
pub struct AmcParameters {
    /// Declarations, for the check.
    pub declared: Vec<ParameterDeclaration>,
    /// `inputParameters` of the workflow.
    pub declarations: Vec<Json>,
    /// `parameterValues` of the run.
    pub values: Map<String, Json>,
}

impl Prepared {
    /// Whether it can be sent.
    pub fn is_ready(&self) -> bool {
        self.errors.is_empty() && !self.findings.iter().any(|finding| self.holds_up(finding))
    }

    /// Whether a finding is an error that must be fixed or acknowledged first.
    pub fn holds_up(&self, finding: &Finding) -> bool {
        finding.level == Level::Error && !(finding.may_be_wrong && self.acknowledged.contains(finding.code))
    }

    /// Whether aggregation thresholds apply to it.
    pub(super) const fn has_controls(&self) -> bool {
        !(self.sandbox && matches!(self.privacy.mode, PrivacyMode::Off))
    }

    /// The request to AMC; its workflow id is set later.
    pub fn execution(&self) -> NewExecution {
        let mut workflow = Map::new();
        workflow.insert("sqlQuery".to_owned(), json!(self.sql_sent));
        if !self.parameters.declarations.is_empty() {
            workflow.insert("inputParameters".to_owned(), json!(self.parameters.declarations));
        }
        if self.privacy.mode == PrivacyMode::Blank {
            workflow.insert("filteredMetricsDiscriminatorColumn".to_owned(), json!(self.privacy.column));
        }
        let RunOptions { user_count_column, reason_column, .. } = &self.options;
        for (name, column) in [("distinctUserCountColumn", user_count_column), ("filteredReasonColumn", reason_column)]
        {
            if let Some(column) = column {
                workflow.insert(name.to_owned(), json!(column));
            }
        }
        NewExecution {
            workflow: Workflow::AdHoc(workflow),
            window: self.window.sent.clone(),
            parameter_values: self.parameters.values.clone(),
            require_synthetic_data: self.sandbox,
            disable_aggregation_controls: self.sandbox && self.privacy.mode == PrivacyMode::Off,
            timeout_seconds: self.options.timeout_seconds,
            ignore_data_gaps: self.options.ignore_data_gaps,
            ..NewExecution::default()
        }
    }

    /// The body of the request, as shown and sent.
    pub fn body(&self) -> Json {
        // OK because a request consists of texts, numbers and maps with text keys, which can always be serialized.
        serde_json::to_value(self.execution()).unwrap_or_default()
    }
}

/// Prepares `script` with its input, for an instance with these sources.
pub fn prepare(
    script: &Script<'_>,
    input: &RunInput,
    catalogue: &Catalogue,
    now: DateTime<Utc>,
    sandbox: bool,
) -> Prepared {
    prepare_after(Errors::new(), script, input, catalogue, now, sandbox)
}

/// The same with a submitted form, parts of which may be invalid.
pub(super) fn prepare_form(
    script: &Script<'_>,
    form: &Fields,
    catalogue: &Catalogue,
    now: DateTime<Utc>,
    sandbox: bool,
) -> Prepared {
    let (input, errors) = RunInput::of_form(script, form);
    prepare_after(errors, script, &input, catalogue, now, sandbox)
}

/// The same if there are already errors in the input.
fn prepare_after(
    mut errors: Errors,
    script: &Script<'_>,
    input: &RunInput,
    catalogue: &Catalogue,
    now: DateTime<Utc>,
    sandbox: bool,
) -> Prepared {
    let mut text_errors = Errors::new();
    check_sql(script.sql, &mut text_errors);
    let readable = text_errors.is_empty();
    let sql = if readable { script.sql } else { "" };
    let controls = !(sandbox && input.privacy.mode == PrivacyMode::Off);
    let context = Context { controls, ..Context::reporting(catalogue) };
    let mut authored = check(sql, &context.authored());
    let mut asked = Asked::new(script, input);
    let fields = template::fields(sql);
    let is_known = |field: &Field| script.fields.iter().any(|known| known.name == field.name);
    let guesses = if fields.iter().all(is_known) { HashMap::new() } else { parameter_types(sql, catalogue) };
    for field in &fields {
        asked.ask(&field.name, guess(guesses.get(&field.name)), &mut errors);
    }
    authored.findings.extend(mistyped(&authored.fields, &asked.fields));
    let (mapped, semicolons, unfilled) = written(sql, &typed(&asked.values, &authored.fields));
    let (parameters, long) = declare(&mapped, &context, &mut asked, &mut errors);
    let mut findings = Vec::new();
    if readable {
        let declared = Context { parameters: Some(&parameters.declared), ..context };
        findings = unfilled.into_iter().chain(review(&authored, &mapped, &declared)).chain(long).collect();
        asked.refuse_others(&mut errors);
    }
    let window = input.window.resolve(now, &mut errors);
    input.privacy.check(sandbox, &mut errors);
    input.options.check(&input.privacy, &mut errors);
    for (field, sentence) in errors.iter() {
        text_errors.add(field, sentence);
    }
    if mapped.text.len() > SQL_BYTES {
        text_errors.add("", "With its values the SQL is longer than 1 MiB. Shorten the lists.");
    }
    let source_map = SourceMap::from(&mapped);
    Prepared {
        sql_sent: mapped.text,
        source_map,
        semicolons,
        values: ParameterValues(asked.values),
        window,
        privacy: input.privacy.clone(),
        options: input.options.clone(),
        parameters,
        asked: asked.fields,
        findings,
        errors: text_errors,
        acknowledged: input.acknowledge_findings.clone(),
        sandbox,
    }
}

/// The parameters seen so far, with the form's input.
struct Asked<'a> {
    script: &'a Script<'a>,
    input: &'a RunInput,
    fields: Vec<FieldDef>,
    names: HashSet<String>,
    values: BTreeMap<String, Value>,
}

impl<'a> Asked<'a> {
    fn new(script: &'a Script<'a>, input: &'a RunInput) -> Self {
        Self { script, input, fields: Vec::new(), names: HashSet::new(), values: BTreeMap::new() }
    }

    /// Parses a parameter's value on its first use.
    fn ask(&mut self, name: &str, guess: FieldKind, errors: &mut Errors) {
        if !self.names.insert(name.to_owned()) {
            return;
        }
        let known = self.script.fields.iter().find(|field| field.name == name).cloned();
        let field = known.unwrap_or_else(|| FieldDef { kind: guess, ..FieldDef::new(name) });
        let value = field.accept(self.input.values.get(name)).unwrap_or_else(|sentence| {
            errors.add(field.input(), sentence);
            field.sample()
        });
        self.values.insert(name.to_owned(), value);
        self.fields.push(field);
    }

    /// Refuses values for parameters that the text doesn't have: a mistyped name must not silently run with the
    /// default.
    fn refuse_others(&self, errors: &mut Errors) {
        for name in self.input.values.keys().filter(|name| !self.names.contains(*name)).take(MOST_UNKNOWN) {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
            errors.add(format!("param.{shown}"), format!("The query has no parameter “{shown}”. Remove its value."));
        }
    }
}

/// The probable type of a parameter that isn't defined.
pub(super) fn guess(proposed: Option<&ParameterType>) -> FieldKind {
    match proposed {
        None | Some(ParameterType::Text) => FieldKind::Text,
        Some(ParameterType::Number) => FieldKind::Number,
        Some(ParameterType::Boolean) => FieldKind::Boolean,
        Some(ParameterType::Date) => FieldKind::Date,
        Some(ParameterType::DateTime) => FieldKind::DateTime,
        Some(ParameterType::List) => FieldKind::List,
        Some(ParameterType::Pattern) => FieldKind::Pattern,
    }
}

/// The type of input for the place of a `{{name}}`.
pub fn field_kind(used: &FieldUse) -> FieldKind {
    if used.is_list { FieldKind::List } else { kind_of(&used.data_type) }
}

/// Warnings about parameters whose types don't match their places.
fn mistyped(uses: &[FieldUse], asked: &[FieldDef]) -> Vec<Finding> {
    let mut found = Vec::new();
    for used in uses.iter().filter(|used| !used.is_list) {
        let Some(defined) = asked.iter().find(|field| field.name == used.name) else { continue };
        let needed = field_kind(used);
        let fits = match needed {
            FieldKind::Date | FieldKind::DateTime => matches!(defined.kind, FieldKind::Date | FieldKind::DateTime),
            FieldKind::Boolean => defined.kind == FieldKind::Boolean,
            // OK because AMC converts texts and choices to numbers; an invalid value is reported.
            _ => true,
        };
        if !fits {
            found.push(other_type(used, defined.kind.label(), needed.label()));
        }
    }
    found
}

/// The values with lists of the types that they are compared with: ids of a column of numbers are numbers.
fn typed(values: &BTreeMap<String, Value>, uses: &[FieldUse]) -> BTreeMap<String, Value> {
    let used = |name: &str| uses.iter().find(|used| used.is_list && used.name == name);
    let typed = |name: &str, value: Value| match used(name) {
        Some(used) => value.typed(&used.data_type),
        None => value,
    };
    values.iter().map(|(name, value)| (name.clone(), typed(name, value.clone()))).collect()
}

/// The text to send, the number of dropped semicolons, and what couldn't be filled in. If a value can't be written,
/// the text is made with the others.
fn written(sql: &str, values: &BTreeMap<String, Value>) -> (Mapped, usize, Vec<Finding>) {
    let (filled, findings) = match template::fill(sql, values) {
        Ok(filled) => (filled, Vec::new()),
        Err(findings) => (template::sample(sql, values), findings),
    };
    let (flat, semicolons) = sendable(&filled.text);
    (filled.then(flat), semicolons, findings)
}

/// Finds the custom parameters of a text, parses their values and declares them. Their types come from the parameter
/// definitions; without one, the type is inferred from its use. Values that AMC may cut are reported.
fn declare(
    sent: &Mapped,
    context: &Context<'_>,
    asked: &mut Asked<'_>,
    errors: &mut Errors,
) -> (AmcParameters, Vec<Finding>) {
    let (mut parameters, mut long) = (AmcParameters::default(), Vec::new());
    let used = check(&sent.text, context).query.map(|query| query.parameters).unwrap_or_default();
    for UsedParameter { name, data_type, span } in used {
        asked.ask(&name, kind_of(&data_type), errors);
        let defined = asked.script.fields.iter().find(|field| field.name == name);
        let value = asked.values.get(&name).unwrap_or(&Value::Null);
        let data_type = defined.map_or(data_type, |field| type_of(field.kind, value));
        parameters.declarations.push(json!({
            "name": name, "dataType": declared_type(&data_type), "columnType": "DIMENSION",
        }));
        long.extend(long_parameter(&name, value, sent.original(span)));
        parameters.values.insert(name.clone(), sent_value(value));
        parameters.declared.push(ParameterDeclaration::new(name, data_type));
    }
    (parameters, long)
}

fn kind_of(data_type: &DataType) -> FieldKind {
    match data_type {
        DataType::Boolean => FieldKind::Boolean,
        DataType::Date => FieldKind::Date,
        DataType::Timestamp => FieldKind::DateTime,
        DataType::Array(_) => FieldKind::List,
        numeric if numeric.is_numeric() => FieldKind::Number,
        _ => FieldKind::Text,
    }
}

fn type_of(kind: FieldKind, value: &Value) -> DataType {
    match kind {
        FieldKind::Number if matches!(value, Value::Number(text) if !text.contains('.')) => DataType::Long,
        FieldKind::Number => DataType::Double,
        FieldKind::Boolean => DataType::Boolean,
        FieldKind::Date => DataType::Date,
        FieldKind::DateTime => DataType::Timestamp,
        FieldKind::List => DataType::Array(Box::new(DataType::String)),
        FieldKind::Text | FieldKind::Choice | FieldKind::Pattern => DataType::String,
    }
}

/// AMC's format of a type in `inputParameters`.
fn declared_type(data_type: &DataType) -> Json {
    match data_type {
        DataType::Array(element) => json!({ "type": "ARRAY", "elementDataType": element.to_string() }),
        DataType::Decimal { .. } => json!("DECIMAL"),
        DataType::Null => json!("STRING"),
        plain => json!(plain.to_string()),
    }
}

/// AMC's format of a value in `parameterValues`.
fn sent_value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => json!(text),
        // OK because a number that fits neither is sent as text, which AMC's schema accepts for all values.
        Value::Number(text) => text
            .parse::<i64>()
            .map(Json::from)
            .ok()
            .or_else(|| text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Json::Number))
            .unwrap_or_else(|| json!(text)),
        Value::Boolean(value) => json!(value),
        Value::Date(day) => json!(day.format("%Y-%m-%d").to_string()),
        Value::DateTime(time) => json!(time.format("%Y-%m-%dT%H:%M:%S").to_string()),
        Value::List(items) => items.iter().map(sent_value).collect(),
    }
}

#[cfg(test)]
mod bad_texts;
#[cfg(test)]
mod tests;
