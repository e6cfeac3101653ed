//! The parameters of a query: how forms ask for values of `{{name}}` and `CUSTOM_PARAMETER('name')`, and how input
//! becomes a value of the declared type.
//!
//! A value is parsed here and written as a literal by [`crate::amcsql::template`]: typed text is never part of the
//! SQL. An optional parameter that is empty is `NULL`.

use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::input::Given;
use super::lists::PastedList;
use crate::amcsql::template::{MOST_CHARACTERS, MOST_ITEMS, Value};
use crate::web::Fields;
use crate::web::components::{Errors, read_date, read_date_time};

/// Maximum length of one value of a list, in characters.
const ITEM_LENGTH: usize = 1_000;
/// Maximum length of a number without its sign: AMC's decimals have 38 digits.
const NUMBER_LENGTH: usize = 38;
/// Maximum number of choices of a parameter; more are dropped.
pub(in crate::queries) const MOST_CHOICES: usize = 500;
/// Maximum number of parameters of a query: AMC accepts 100.
pub(in crate::queries) const MOST_FIELDS: usize = 100;

/// The type of a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// One line of text.
    #[default]
    Text,
    /// An integer or decimal number.
    Number,
    /// True or false.
    Boolean,
    Date,
    /// A date and a time, in UTC like AMC's timestamps.
    DateTime,
    List,
    /// One of several texts.
    Choice,
    /// A `LIKE` pattern with `%`: a form asks for a text and the kind of match.
    Pattern,
}

impl FieldKind {
    /// All types, in the order of the form.
    pub const ALL: [Self; 8] =
        [Self::Text, Self::Number, Self::Boolean, Self::Date, Self::DateTime, Self::List, Self::Choice, Self::Pattern];

    /// As stored and sent by forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::List => "list",
            Self::Choice => "choice",
            Self::Pattern => "pattern",
        }
    }

    /// The label for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Number => "Number",
            Self::Boolean => "True or false",
            Self::Date => "Date",
            Self::DateTime => "Date and time (UTC)",
            Self::List => "Text list",
            Self::Choice => "Choice",
            Self::Pattern => "Pattern",
        }
    }

    /// The error message for an invalid value.
    const fn takes(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Date => "a date such as 2025-07-15",
            Self::DateTime => "a date and time such as 2025-07-15T06:30",
            Self::List => "a list of text values",
            Self::Choice => "one of its options",
            Self::Pattern => "a pattern such as %summer%",
        }
    }

    /// Parses a form value; anything unknown is text.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == text).unwrap_or_default()
    }
}

/// How a pattern matches its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Match {
    #[default]
    Contains,
    StartsWith,
    Exactly,
}

impl Match {
    /// All kinds of match, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Contains, Self::StartsWith, Self::Exactly];

    /// As sent by forms, in `param.<name>.match`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::StartsWith => "starts",
            Self::Exactly => "exactly",
        }
    }

    /// The label for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Contains => "Contains",
            Self::StartsWith => "Starts with",
            Self::Exactly => "Matches",
        }
    }

    /// Parses a form value.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == text)
    }

    /// The pattern that matches a text in this way; empty for an empty text.
    pub fn pattern(self, text: &str) -> String {
        match self {
            _ if text.trim().is_empty() => String::new(),
            Self::Contains => format!("%{text}%"),
            Self::StartsWith => format!("{text}%"),
            Self::Exactly => text.to_owned(),
        }
    }

    /// The text of a pattern, and the kind of match.
    pub fn of_pattern(pattern: &str) -> (Self, &str) {
        match pattern.strip_suffix('%') {
            None if pattern.is_empty() => (Self::Contains, ""),
            // A pattern for everything has no text to look for, and an empty text would mean that nothing was given.
            Some(_) if pattern.chars().all(|sign| sign == '%') => (Self::Exactly, pattern),
            None => (Self::Exactly, pattern),
            Some(start) => start.strip_prefix('%').map_or((Self::StartsWith, start), |inside| (Self::Contains, inside)),
        }
    }
}

/// The definition of a parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldDef {
    /// The name in `{{name}}`.
    pub name: String,
    pub kind: FieldKind,
    /// The label; empty means the name.
    pub label: String,
    /// A help text.
    pub help: String,
    /// Used if nothing is filled in; in the form's format.
    pub default: String,
    pub required: bool,
    /// The options of a choice.
    pub choices: Vec<String>,
}

impl FieldDef {
    /// A required text field of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), required: true, ..Self::default() }
    }

    pub fn title(&self) -> &str {
        if self.label.is_empty() { &self.name } else { &self.label }
    }

    /// The name of its form input.
    pub fn input(&self) -> String {
        format!("param.{}", self.name)
    }

    /// The text of its form input: the submitted text, or the default if none was submitted.
    pub fn text<'a>(&'a self, fields: &'a Fields) -> &'a str {
        let input = self.input();
        if fields.has(&input) { fields.get(&input) } else { &self.default }
    }

    /// The given value, or the default. Text is parsed like typed input; a typed value must have this type.
    pub fn accept(&self, given: Option<&Given>) -> Result<Value, String> {
        let is = |kinds: &[FieldKind]| kinds.contains(&self.kind);
        match given {
            None => self.value(&self.default),
            Some(Given::Text(text)) => self.value(text),
            Some(Given::Null) => self.value(""),
            Some(Given::Number(number)) if is(&[FieldKind::Number]) => self.value(number),
            Some(Given::Boolean(value)) if is(&[FieldKind::Boolean]) => Ok(Value::Boolean(*value)),
            Some(Given::List(items)) if is(&[FieldKind::List]) => self.list_of(items.clone()),
            Some(other) => Err(format!("{} must be {}, not {}.", self.title(), self.kind.takes(), other.what())),
        }
    }

    /// Parses typed input.
    pub fn value(&self, text: &str) -> Result<Value, String> {
        if text.contains('\0') {
            return Err(format!("{} contains a NUL character, which SQL can't hold. Type it again.", self.title()));
        }
        if text.trim().is_empty() {
            return if self.required { Err(self.missing()) } else { Ok(Value::Null) };
        }
        match self.kind {
            FieldKind::Text | FieldKind::Pattern => self.line(text).map(Value::Text),
            FieldKind::Number => self.number(text.trim()),
            FieldKind::Boolean => self.boolean(text.trim()),
            FieldKind::Date => self.date(text.trim()),
            FieldKind::DateTime => self.date_time(text.trim()),
            FieldKind::List => self.list(text),
            FieldKind::Choice => self.choice(text),
        }
    }

    fn missing(&self) -> String {
        format!("Enter a value for {}.", self.title())
    }

    fn line(&self, text: &str) -> Result<String, String> {
        if text.chars().any(char::is_control) {
            return Err(format!("{} must be a single line without control characters.", self.title()));
        }
        if text.chars().count() > MOST_CHARACTERS {
            let most = crate::web::components::count(MOST_CHARACTERS);
            return Err(format!("{} must be at most {most} characters long.", self.title()));
        }
        Ok(text.to_owned())
    }

    fn number(&self, text: &str) -> Result<Value, String> {
        if is_number(text) {
            return Ok(Value::Number(text.to_owned()));
        }
        Err(format!("{} must be a number, e.g. 1000 or -2.5 (no commas).", self.title()))
    }

    fn boolean(&self, text: &str) -> Result<Value, String> {
        match text.to_lowercase().as_str() {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => Err(format!("{} must be true or false.", self.title())),
        }
    }

    fn date(&self, text: &str) -> Result<Value, String> {
        let day = read_date(text).filter(|day| plausible(*day));
        day.map(Value::Date).ok_or_else(|| format!("{} must be a date, e.g. 2025-07-15.", self.title()))
    }

    fn date_time(&self, text: &str) -> Result<Value, String> {
        read_date_time(text)
            .filter(|time| plausible(time.date()))
            .map(Value::DateTime)
            .ok_or_else(|| format!("{} must be a date and time in UTC, e.g. 2025-07-15T06:30.", self.title()))
    }

    fn list(&self, text: &str) -> Result<Value, String> {
        self.list_of(PastedList::read(text).values)
    }

    fn list_of(&self, items: Vec<String>) -> Result<Value, String> {
        if items.len() > MOST_ITEMS {
            let count = crate::web::components::count(MOST_ITEMS);
            return Err(format!("{} has more than {count} values. Upload them as a table instead.", self.title()));
        }
        for item in &items {
            if item.chars().count() > ITEM_LENGTH || item.chars().any(char::is_control) {
                let shown: String = item.chars().filter(|c| !c.is_control()).take(30).collect();
                let most = crate::web::components::count(ITEM_LENGTH);
                return Err(format!(
                    "Each value of {} must be at most {most} characters without control characters. Check: {shown}…",
                    self.title()
                ));
            }
        }
        match (items.is_empty(), self.required) {
            (false, _) => Ok(Value::List(items.into_iter().map(Value::Text).collect())),
            (true, true) => Err(self.missing()),
            (true, false) => Ok(Value::Null),
        }
    }

    fn choice(&self, text: &str) -> Result<Value, String> {
        if self.choices.iter().any(|choice| choice == text) {
            self.line(text).map(Value::Text)
        } else {
            Err(format!("{} must be one of its options.", self.title()))
        }
    }

    /// Reports errors in the definition, for its inputs in the editor.
    pub(in crate::queries) fn check(&self, errors: &mut Errors) {
        let input = |part: &str| format!("field.{}.{part}", self.name);
        for (part, text, most) in [("label", &self.label, 100), ("help", &self.help, 300)] {
            if text.chars().count() > most || text.chars().any(char::is_control) {
                errors.add(input(part), format!("{}: use at most {most} characters on one line.", self.name));
            }
        }
        if self.kind == FieldKind::Choice && self.choices.is_empty() {
            errors.add(input("choices"), format!("{}: enter the options, one per line.", self.name));
        }
        if !self.default.trim().is_empty()
            && let Err(sentence) = self.value(&self.default)
        {
            errors.add(input("default"), format!("Default for {sentence}"));
        }
    }

    /// A sample value of the type, for checking SQL before anything is filled in.
    pub(in crate::queries) fn sample(&self) -> Value {
        let day = NaiveDate::default();
        match self.kind {
            FieldKind::Text | FieldKind::Pattern => Value::Text("sample".to_owned()),
            FieldKind::Number => Value::Number("1".to_owned()),
            FieldKind::Boolean => Value::Boolean(true),
            FieldKind::Date => Value::Date(day),
            FieldKind::DateTime => Value::DateTime(day.and_time(NaiveTime::MIN)),
            FieldKind::List => Value::List(vec![Value::Text("sample".to_owned())]),
            FieldKind::Choice => Value::Text(self.choices.first().cloned().unwrap_or_default()),
        }
    }
}

/// `-1`, `2.5`: digits with at most one point between them.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    unsigned.len() <= NUMBER_LENGTH && digits(whole) && digits(fraction)
}

fn plausible(day: NaiveDate) -> bool {
    (1..=9999).contains(&day.year())
}

#[cfg(test)]
mod tests;
