//! The room's forms: parsing the editor's form, and the content of inputs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::amcsql::assist::parameter_types;
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::template::is_name;
use crate::queries::model::fields::{FieldDef, FieldKind, MOST_CHOICES, MOST_FIELDS, Match};
use crate::queries::model::lists::PastedList;
use crate::queries::model::tags::Tags;
use crate::queries::model::window::{Window, WindowForm, WindowKind};
use crate::queries::model::{Privacy, PrivacyMode, QueryInput};
use crate::queries::prepare::guess;
use crate::web::Fields;
use crate::web::components::{Choice, Errors};

/// Suggested time zones; any of the IANA database is accepted.
pub const ZONES: [&str; 24] = [
    "UTC",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Toronto",
    "America/Mexico_City",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Rome",
    "Europe/Amsterdam",
    "Europe/Stockholm",
    "Europe/Warsaw",
    "Europe/Istanbul",
    "Africa/Cairo",
    "Asia/Riyadh",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
];

/// The kinds of windows, each with its days at `now`.
pub fn windows(form: &WindowForm, now: DateTime<Utc>) -> Vec<Choice> {
    let zone = form.zone.parse().unwrap_or(chrono_tz::UTC);
    let label = |kind: WindowKind| {
        let is_open = matches!(kind, WindowKind::Explicit | WindowKind::Days { .. });
        let days = if is_open { String::new() } else { Window::preset(kind, zone, now).days() };
        if days.is_empty() { kind.title().to_owned() } else { format!("{} ({days})", kind.title()) }
    };
    WindowKind::ALL.into_iter().map(|kind| Choice::new(kind.choice(), label(kind))).collect()
}

/// The privacy modes.
pub(super) fn privacies(sandbox: bool) -> Vec<Choice> {
    let mut choices = vec![
        Choice::new(PrivacyMode::Drop.name(), "Remove (AMC default)"),
        Choice::new(PrivacyMode::Blank.name(), "Keep, with values blanked and a flag column"),
    ];
    if sandbox {
        choices.push(Choice::new(PrivacyMode::Off.name(), "Keep all rows (synthetic data only)"));
    }
    choices
}

/// An input of the run form.
#[derive(Clone, Debug)]
pub struct Input {
    pub name: String,
    pub title: String,
    pub help: String,
    pub text: String,
    pub required: bool,
    pub kind: FieldKind,
    pub choices: Vec<Choice>,
    /// The kind of match of a pattern.
    pub how: Match,
}

impl Input {
    /// The input of a parameter, with the submitted value or its default.
    pub fn new(field: &FieldDef, form: &Fields) -> Self {
        let (how, text) = match Match::parse(form.get(&format!("{}.match", field.input()))) {
            Some(how) => (how, field.text(form)),
            None if field.kind == FieldKind::Pattern => Match::of_pattern(field.text(form)),
            None => (Match::default(), field.text(form)),
        };
        let text = text.to_owned();
        let mut choices = vec![Choice::new("", if field.required { "Choose" } else { "No value" })];
        match field.kind {
            FieldKind::Boolean => choices.extend([Choice::new("true", "True"), Choice::new("false", "False")]),
            FieldKind::Choice => choices.extend(field.choices.iter().map(|choice| Choice::new(choice, choice))),
            _ => {}
        }
        let hint = match field.kind {
            FieldKind::List => "One value per line, or comma-separated on one line.".to_owned(),
            FieldKind::DateTime => "In UTC, like all times in AMC.".to_owned(),
            // OK to say it once: the author's help often explains the wildcards too.
            FieldKind::Pattern if text.contains(['%', '_']) && !field.help.contains('%') => {
                "% stands for any text and _ for any one character: AMC has no way to take them literally.".to_owned()
            }
            _ => String::new(),
        };
        let pasted = if field.kind == FieldKind::List { PastedList::read(&text).describe() } else { String::new() };
        let help = [field.help.as_str(), &hint, &pasted]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        Self {
            name: field.input(),
            title: field.title().to_owned(),
            help,
            text,
            required: field.required,
            kind: field.kind,
            choices,
            how,
        }
    }

    /// The name of the input for a pattern's kind of match.
    pub fn match_name(&self) -> String {
        format!("{}.match", self.name)
    }

    /// The kinds of match of a pattern.
    pub fn ways(&self) -> Vec<Choice> {
        Match::ALL.into_iter().map(|how| Choice::new(how.name(), how.label())).collect()
    }

    /// The type of a single-line input.
    pub fn html_type(&self) -> &'static str {
        match self.kind {
            FieldKind::Date => "date",
            FieldKind::DateTime => "datetime-local",
            _ => "text",
        }
    }
}

/// A parameter in the editor: its value for the next run, and its definition.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) def: FieldDef,
    pub(super) input: Input,
    /// Whether its definition is initially open.
    pub(super) is_open: bool,
    /// Whether its type is the one that its place suggests, and follows it.
    pub(super) is_guessed: bool,
}

impl Parameter {
    pub(super) fn new(field: &FieldDef, guess: Option<&FieldKind>, form: &Fields, errors: &Errors) -> Self {
        let part = |part: &str| errors.of(&format!("field.{}.{part}", field.name)).is_empty();
        let is_open = !["kind", "default", "label", "help", "choices"].into_iter().all(part);
        let is_open = is_open || (field.kind == FieldKind::Choice && field.choices.is_empty());
        Self { def: field.clone(), input: Input::new(field, form), is_open, is_guessed: guess == Some(&field.kind) }
    }

    /// The error of one input of its definition.
    pub(super) fn error<'a>(&self, errors: &'a Errors, part: &str) -> &'a str {
        errors.of(&self.part(part))
    }

    /// The name of one input of its definition.
    pub(super) fn part(&self, part: &str) -> String {
        format!("field.{}.{part}", self.def.name)
    }
}

/// The run options in a form.
#[derive(Clone, Debug, Default)]
pub(super) struct OptionInputs {
    pub(super) user_count: String,
    pub(super) reason: String,
    pub(super) timeout: String,
    pub(super) ignore_gaps: bool,
    /// Whether any is set or invalid, so that they are initially open.
    pub(super) is_open: bool,
}

impl OptionInputs {
    pub(super) fn new(form: &Fields, errors: &Errors) -> Self {
        let text = |name: &str| form.trimmed(name).chars().filter(|c| !c.is_control()).take(60).collect::<String>();
        let (user_count, reason) = (text("options.user_count"), text("options.reason"));
        let (timeout, gaps) = (text("options.timeout"), text("options.ignore_gaps"));
        let wrong = errors.iter().any(|(field, _)| field.starts_with("options."));
        let is_open = wrong || [&user_count, &reason, &timeout, &gaps].iter().any(|text| !text.is_empty());
        Self { user_count, reason, timeout, ignore_gaps: !gaps.is_empty(), is_open }
    }
}

/// The editor's form as input of the next run: without values of parameters that the text no longer has.
pub(super) fn run_form(form: &Fields, sql: &str) -> Fields {
    let is_named = |name: &str| {
        name.strip_prefix("param.").is_none_or(|name| sql.contains(name.strip_suffix(".match").unwrap_or(name)))
    };
    form.iter().filter(|(name, _)| is_named(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The text of a text area, with normalized line ends.
fn area(fields: &Fields, name: &str) -> String {
    fields.get(name).replace("\r\n", "\n").replace('\r', "\n")
}

/// The submitted query. A parameter whose type was only guessed gets the type of its current place.
pub(super) fn written(fields: &Fields) -> QueryInput {
    let mut written = sent(fields);
    guess_again(&mut written, fields);
    written
}

/// Gives parameters whose types were only guessed the types of their places in the text.
pub(super) fn guess_again(written: &mut QueryInput, form: &Fields) {
    let QueryInput { sql, fields, .. } = written;
    let mut guesses = None;
    for field in fields.iter_mut().filter(|field| is_guess(field, form)) {
        let guesses = guesses.get_or_insert_with(|| guessed_kinds(sql));
        if let Some(kind) = guesses.get(&field.name) {
            field.kind = *kind;
        }
    }
}

/// Whether a parameter's type was only guessed, and may change. A list with several values stays one: an input of a
/// single line would join them.
fn is_guess(field: &FieldDef, form: &Fields) -> bool {
    let has_lines = form.get(&field.input()).contains('\n') || field.default.contains('\n');
    form.get(&format!("field.{}.guessed", field.name)) == field.kind.name() && !has_lines
}

/// The types that the places of the parameters in a text suggest.
pub(super) fn guessed_kinds(sql: &str) -> HashMap<String, FieldKind> {
    let types = parameter_types(sql, Catalogue::standard());
    types.into_iter().map(|(name, proposed)| (name, guess(Some(&proposed)))).collect()
}

fn sent(fields: &Fields) -> QueryInput {
    QueryInput {
        name: fields.trimmed("name").to_owned(),
        description: area(fields, "description").trim().to_owned(),
        tags: Tags::read(fields.get("tags")),
        sql: area(fields, "sql"),
        fields: fields
            .all("fields")
            .filter(|name| is_name(name))
            .take(MOST_FIELDS)
            .map(|name| definition(name, fields))
            .collect(),
        window: WindowForm::default().with(fields),
        privacy: Privacy::default().with(fields),
    }
}

/// One row of the editor's table of parameters.
fn definition(name: &str, fields: &Fields) -> FieldDef {
    let get = |part: &str| fields.get(&format!("field.{name}.{part}")).replace('\0', "").replace("\r\n", "\n");
    let choices = get("choices");
    let choices = choices.lines().map(str::trim).filter(|line| !line.is_empty());
    FieldDef {
        name: name.to_owned(),
        kind: FieldKind::parse(&get("kind")),
        label: get("label").trim().to_owned(),
        help: get("help").trim().to_owned(),
        default: get("default"),
        required: fields.has(&format!("field.{name}.required")),
        choices: choices.take(MOST_CHOICES).map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_is_read_whole() {
        let sent = b"name=+Reach+&tags=Weekly,+reach&sql=SELECT%0D%0A1&fields=a&fields=b&field.a.kind=list&field.a.default=x%0D%0Ay&\
                     field.a.required=true&field.b.kind=choice&field.b.choices=one%0D%0A%0D%0Atwo&window=last-day&\
                     privacy=blank&privacy.column=low";
        let written = written(&Fields::parse(sent));
        assert_eq!((written.name.as_str(), written.sql.as_str()), ("Reach", "SELECT\n1"));
        assert_eq!(written.tags, Tags::read("weekly,reach"));
        assert_eq!(written.window.kind, "last-day");
        assert_eq!((written.privacy.mode, written.privacy.column.as_str()), (PrivacyMode::Blank, "low"));
        let [a, b] = &written.fields[..] else { panic!("{:?}", written.fields) };
        assert_eq!((a.kind, a.default.as_str(), a.required), (FieldKind::List, "x\ny", true));
        assert_eq!((b.kind, b.required, b.choices.len()), (FieldKind::Choice, false, 2));
    }

    #[test]
    fn a_guessed_type_follows_the_place_of_its_parameter() {
        let kind = |rest: &str| {
            let form = format!("sql=SELECT+1+FROM+t+WHERE+a+IN+({{{{x}}}})&fields=x&field.x.kind=text{rest}");
            written(&Fields::parse(form.as_bytes())).fields[0].kind
        };
        assert_eq!(kind("&field.x.guessed=text"), FieldKind::List);
        assert_eq!(kind(""), FieldKind::Text, "a chosen type stays");
        assert_eq!(kind("&field.x.guessed=list"), FieldKind::Text, "a type that was changed stays");
        let list = b"sql=SELECT+{{x}}&fields=x&field.x.kind=list&field.x.guessed=list&param.x=";
        let kind = |value: &str| written(&Fields::parse(&[&list[..], value.as_bytes()].concat())).fields[0].kind;
        assert_eq!((kind("a"), kind("a%0Ab")), (FieldKind::Text, FieldKind::List), "several values stay a list");
    }

    #[test]
    fn presets_say_which_days_they_mean() {
        let now = "2026-11-21T10:00:00Z".parse().unwrap();
        let choices = windows(&WindowForm::default(), now);
        assert_eq!(choices.len(), WindowKind::ALL.len());
        assert!(choices[0].label.ends_with("(31 Oct – 6 Nov 2026)"), "{}", choices[0].label);
    }

    #[test]
    fn all_rows_are_offered_on_sandboxes_only() {
        assert_eq!((privacies(false).len(), privacies(true).len()), (2, 3));
    }
}
