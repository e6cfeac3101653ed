//! The typed input of a run. Forms are converted to it at the edge, as is every other way to request an execution.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::fields::Match;
use super::window::{WindowChoice, WindowForm};
use super::{Privacy, PrivacyMode, Script, is_column_name};
use crate::amcsql::template::Value;
use crate::web::Fields;
use crate::web::components::Errors;

/// The valid time-outs in seconds.
const TIMEOUTS: std::ops::RangeInclusive<u32> = 900..=86_400;

/// A given parameter value. Text is parsed by the parameter's type, like typed input; everything else must have that
/// type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    Null,
    /// Text, a date, or any typed input.
    Text(String),
    /// A number in digits.
    Number(String),
    /// True or false.
    Boolean(bool),
    List(Vec<String>),
}

impl Given {
    /// Converts a JSON value; `None` if no parameter can have it: an object, or a list of anything but texts and
    /// numbers.
    pub fn from_json(value: &Json) -> Option<Self> {
        let text = |item: &Json| match item {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Some(match value {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Boolean(*value),
            Json::Number(number) => Self::Number(number.to_string()),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(text).collect::<Option<_>>()?),
            Json::Object(_) => return None,
        })
    }

    /// A description for messages about a wrong type.
    pub(super) const fn what(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Text(text) => json!(text),
            Self::Number(number) => json!({ "number": number }),
            Self::Boolean(value) => json!(value),
            Self::List(items) => json!(items),
        }
    }
}

/// The parameter values of an execution, by name.
///
/// They are stored as a JSON object: texts, true, false, null and lists as they are, and `{"number": "2.50"}`,
/// `{"date": "2026-01-31"}` and `{"datetime": "2026-01-31T06:00:00"}` for types that JSON lacks, or wouldn't preserve
/// exactly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParameterValues(pub BTreeMap<String, Value>);

const DAY: &str = "%Y-%m-%d";
const TIME: &str = "%Y-%m-%dT%H:%M:%S";

impl ParameterValues {
    /// The stored form.
    pub fn json(&self) -> Json {
        Json::Object(self.0.iter().map(|(name, value)| (name.clone(), stored(value))).collect())
    }

    /// Parses the stored form; unknown forms are kept as text, so that they remain visible.
    pub fn read(kept: &Json) -> Self {
        let members = kept.as_object().into_iter().flatten();
        Self(members.map(|(name, value)| (name.clone(), read(value))).collect())
    }

    /// Each as a person would type it.
    pub fn texts(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(name, value)| (name.as_str(), typed(value)))
    }
}

fn stored(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => json!(text),
        Value::Number(number) => json!({ "number": number }),
        Value::Boolean(value) => json!(value),
        Value::Date(day) => json!({ "date": day.format(DAY).to_string() }),
        Value::DateTime(time) => json!({ "datetime": time.format(TIME).to_string() }),
        Value::List(items) => items.iter().map(stored).collect(),
    }
}

fn read(value: &Json) -> Value {
    let tagged = |members: &Map<String, Json>| {
        let (tag, text) = members.iter().next()?;
        let text = text.as_str()?;
        match tag.as_str() {
            "number" => Some(Value::Number(text.to_owned())),
            "date" => chrono::NaiveDate::parse_from_str(text, DAY).ok().map(Value::Date),
            "datetime" => chrono::NaiveDateTime::parse_from_str(text, TIME).ok().map(Value::DateTime),
            _ => None,
        }
    };
    match value {
        Json::Null => Value::Null,
        Json::String(text) => Value::Text(text.clone()),
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::Array(items) => Value::List(items.iter().map(read).collect()),
        Json::Object(members) => tagged(members).unwrap_or_else(|| Value::Text(value.to_string())),
    }
}

fn typed(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) | Value::Number(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Date(day) => day.format(DAY).to_string(),
        Value::DateTime(time) => time.format(TIME).to_string(),
        Value::List(items) => items.iter().map(typed).collect::<Vec<_>>().join("\n"),
    }
}

/// Options that are sent to AMC if set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// The name of an added column with the number of users behind each row (`distinctUserCountColumn`).
    pub user_count_column: Option<String>,
    /// The name of an added column with the reason why a row was filtered (`filteredReasonColumn`).
    pub reason_column: Option<String>,
    /// The time-out in seconds (`workflowExecutionTimeoutSeconds`): 900 to 86,400.
    pub timeout_seconds: Option<u32>,
    /// Whether to run despite gaps in the data (`ignoreDataGaps`).
    pub ignore_data_gaps: bool,
}

impl RunOptions {
    /// The options in a form (`options.user_count`, `options.reason`, `options.timeout` in seconds,
    /// `options.ignore_gaps`).
    fn of_form(fields: &Fields, errors: &mut Errors) -> Self {
        let text = |name: &str| Some(fields.trimmed(name)).filter(|text| !text.is_empty()).map(str::to_owned);
        let timeout = text("options.timeout")
            .and_then(|text| text.parse().map_err(|_| errors.add("options.timeout", TIMEOUT)).ok());
        Self {
            user_count_column: text("options.user_count"),
            reason_column: text("options.reason"),
            timeout_seconds: timeout,
            ignore_data_gaps: matches!(fields.trimmed("options.ignore_gaps"), "yes" | "true" | "on"),
        }
    }

    /// Reports what AMC would reject; `privacy` may add a column too.
    pub(in crate::queries) fn check(&self, privacy: &Privacy, errors: &mut Errors) {
        let blank = Some(privacy.column.as_str()).filter(|_| privacy.mode == PrivacyMode::Blank);
        let mut taken: Vec<&str> = blank.into_iter().collect();
        for (field, name) in [("options.user_count", &self.user_count_column), ("options.reason", &self.reason_column)]
        {
            let Some(name) = name else { continue };
            if !is_column_name(name) {
                errors.add(field, "Column names consist of letters, digits and underscores, starting with a letter.");
            } else if taken.iter().any(|other| other.eq_ignore_ascii_case(name)) {
                errors.add(field, format!("Another added column is already called {name}. Choose another name."));
            }
            taken.push(name);
        }
        if self.timeout_seconds.is_some_and(|seconds| !TIMEOUTS.contains(&seconds)) {
            errors.add("options.timeout", TIMEOUT);
        }
    }

    fn json(&self) -> Json {
        json!({
            "distinctUserCountColumn": self.user_count_column, "filteredReasonColumn": self.reason_column,
            "workflowExecutionTimeoutSeconds": self.timeout_seconds, "ignoreDataGaps": self.ignore_data_gaps,
        })
    }
}

const TIMEOUT: &str = "The timeout must be between 900 and 86400 seconds.";

/// The form field with an acknowledged finding's code.
pub(in crate::queries) const ACKNOWLEDGE: &str = "acknowledge_findings";
/// Maximum length of a code, in bytes; no code is that long.
const LONGEST_CODE: usize = 64;
/// Maximum number of acknowledged codes: more than there are.
const MOST_ACKNOWLEDGED: usize = 200;

/// The input of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunInput {
    /// Parameter values; missing ones use their default.
    pub values: BTreeMap<String, Given>,
    /// The window as requested.
    pub window: WindowChoice,
    pub privacy: Privacy,
    pub options: RunOptions,
    /// Codes of errors that the author has read and accepts: findings with these codes don't block the run if the
    /// checker may be wrong about them ([`Finding::may_be_wrong`](crate::amcsql::finding::Finding::may_be_wrong)).
    /// Other errors remain errors.
    pub acknowledge_findings: BTreeSet<String>,
}

impl RunInput {
    /// The input in a form (`param.<name>`, `window`, `start`, `end`, `zone`, `privacy`, `privacy.column`,
    /// `options.…`, `acknowledge_findings` once for each code), completed from the script. Invalid fields are
    /// reported.
    pub fn of_form(script: &Script<'_>, fields: &Fields) -> (Self, Errors) {
        let mut errors = Errors::new();
        let mut values = BTreeMap::new();
        for (name, text) in fields.iter() {
            if let Some(name) = name.strip_prefix("param.") {
                // A text and its kind of match form one pattern.
                if name.strip_suffix(".match").is_some() {
                    continue;
                }
                let how = Match::parse(fields.get(&format!("param.{name}.match")));
                let text = how.map_or_else(|| text.to_owned(), |how| how.pattern(text));
                values.entry(name.to_owned()).or_insert(Given::Text(text));
            }
        }
        if !matches!(fields.get("privacy"), "" | "drop" | "blank" | "off") {
            errors.add("privacy", "Choose one of the privacy options.");
        }
        let window = script.window.with(fields).choice(&mut errors);
        let options = RunOptions::of_form(fields, &mut errors);
        let accepted = fields.iter().filter(|(name, text)| *name == ACKNOWLEDGE && text.len() <= LONGEST_CODE);
        let acknowledge_findings = accepted.map(|(_, code)| code.to_owned()).take(MOST_ACKNOWLEDGED).collect();
        (Self { values, window, privacy: script.privacy.with(fields), options, acknowledge_findings }, errors)
    }

    /// The same for an editor's form, which may still contain values of parameters that its SQL no longer has.
    pub fn of_editor(script: &Script<'_>, fields: &Fields) -> (Self, Errors) {
        let (mut input, errors) = Self::of_form(script, fields);
        input.values.retain(|name, _| script.sql.contains(name.as_str()));
        (input, errors)
    }

    /// Form fields for the same input, for a link or a form.
    pub fn form(&self) -> Vec<(String, String)> {
        let text = |given: &Given| match given {
            Given::Null => String::new(),
            Given::Text(text) | Given::Number(text) => text.clone(),
            Given::Boolean(value) => value.to_string(),
            Given::List(items) => items.join("\n"),
        };
        let mut form: Vec<(String, String)> =
            self.values.iter().map(|(name, given)| (format!("param.{name}"), text(given))).collect();
        let WindowForm { kind, start, end, zone } = self.window.form();
        let Privacy { mode, column } = &self.privacy;
        let mut put = |name: &str, value: String| {
            if !value.is_empty() {
                form.push((name.to_owned(), value));
            }
        };
        for (name, value) in [("window", kind), ("start", start), ("end", end), ("zone", zone)] {
            put(name, value);
        }
        put("privacy", mode.name().to_owned());
        put("privacy.column", if *mode == PrivacyMode::Blank { column.clone() } else { String::new() });
        let RunOptions { user_count_column, reason_column, timeout_seconds, ignore_data_gaps } = &self.options;
        put("options.user_count", user_count_column.clone().unwrap_or_default());
        put("options.reason", reason_column.clone().unwrap_or_default());
        put("options.timeout", timeout_seconds.map(|seconds| seconds.to_string()).unwrap_or_default());
        put("options.ignore_gaps", if *ignore_data_gaps { "yes".to_owned() } else { String::new() });
        form.extend(self.acknowledge_findings.iter().map(|code| (ACKNOWLEDGE.to_owned(), code.clone())));
        form
    }

    /// As canonical JSON, for comparing requests.
    pub fn json(&self) -> Json {
        let values: Map<String, Json> = self.values.iter().map(|(name, given)| (name.clone(), given.json())).collect();
        let mut input = json!({
            "values": values, "window": self.window.as_meant().json(),
            "privacy": { "mode": self.privacy.mode.name(), "column": self.privacy.column },
            "options": self.options.json(),
        });
        // OK to omit if empty: requests from before this field keep their digest.
        if !self.acknowledge_findings.is_empty() {
            input["acknowledgeFindings"] = json!(self.acknowledge_findings);
        }
        input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_types_and_digits() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        let values = [
            ("a", Value::Text("x".into())),
            ("b", Value::Number("2.50".into())),
            ("c", Value::Date(day)),
            ("d", Value::DateTime(day.and_hms_opt(6, 30, 0).unwrap())),
            ("e", Value::List(vec![Value::Text("x".into()), Value::Text("y".into())])),
            ("f", Value::Boolean(true)),
            ("g", Value::Null),
        ];
        let values = ParameterValues(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        let kept = values.json();
        assert_eq!(
            kept,
            json!({ "a": "x", "b": { "number": "2.50" }, "c": { "date": "2026-01-31" },
                "d": { "datetime": "2026-01-31T06:30:00" }, "e": ["x", "y"], "f": true, "g": null })
        );
        assert_eq!(ParameterValues::read(&kept), values);
    }

    #[test]
    fn a_form_and_back_is_the_same_input() {
        let (window, privacy) = (WindowForm::default(), Privacy::default());
        let script = Script { sql: "", fields: &[], window: &window, privacy: &privacy };
        let form = b"param.a=1%0A2&window=explicit&start=2026-01-01&end=2026-02-01T06:00&zone=Europe/Berlin\
            &privacy=blank&privacy.column=f&options.timeout=900&options.reason=why&person=per_1&origin=schedule\
            &acknowledge_findings=hidden-column&acknowledge_findings=unknown-source";
        let (input, errors) = RunInput::of_form(&script, &Fields::parse(form));
        assert!(errors.is_empty());
        assert_eq!(input.acknowledge_findings.len(), 2);
        let again: Fields = input.form().into_iter().collect();
        assert_eq!(RunInput::of_form(&script, &again).0, input);
        assert!(!input.json().to_string().contains("per_1"), "what a form may not say is not read");
    }

    #[test]
    fn what_cannot_be_read_is_reported_by_field() {
        let (window, privacy) = (WindowForm::default(), Privacy::default());
        let script = Script { sql: "", fields: &[], window: &window, privacy: &privacy };
        let form = b"window=soon&zone=Mars&privacy=none&options.timeout=long";
        let (_, errors) = RunInput::of_form(&script, &Fields::parse(form));
        let fields: Vec<&str> = errors.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["privacy", "zone", "window", "options.timeout"]);
    }

    #[test]
    fn added_columns_have_plain_names_of_their_own() {
        let check = |options: RunOptions| {
            let mut errors = Errors::new();
            options.check(&Privacy { mode: PrivacyMode::Blank, column: "filtered".into() }, &mut errors);
            errors.iter().map(|(field, _)| field.to_owned()).collect::<Vec<_>>()
        };
        let column = |name: &str| Some(name.to_owned());
        assert!(check(RunOptions { user_count_column: column("users"), ..RunOptions::default() }).is_empty());
        let both =
            RunOptions { user_count_column: column("1x"), reason_column: column("Filtered"), ..RunOptions::default() };
        assert_eq!(check(both), ["options.user_count", "options.reason"]);
        assert_eq!(check(RunOptions { timeout_seconds: Some(60), ..RunOptions::default() }), ["options.timeout"]);
    }

    #[test]
    fn json_is_taken_for_what_it_is() {
        assert_eq!(Given::from_json(&json!(["a", 1])), Some(Given::List(vec!["a".into(), "1".into()])));
        assert_eq!(Given::from_json(&json!({ "a": 1 })), None);
        assert_eq!(Given::from_json(&json!([["a"]])), None);
    }
}
