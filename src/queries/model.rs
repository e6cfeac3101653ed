//! Saved queries.

pub(super) mod authored;
pub(super) mod fields;
pub(super) mod file;
pub(super) mod front_matter;
pub(super) mod home;
pub(super) mod input;
pub(super) mod lists;
pub(super) mod tags;
pub(super) mod window;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use self::fields::FieldDef;
use self::home::{Home, Placement};
use self::input::{Given, RunInput};
use self::tags::Tags;
use self::window::WindowForm;
use crate::ids::{PersonId, QueryId};
use crate::instances::{Action, Role};
use crate::web::Fields;
use crate::web::components::Errors;
use crate::web::naming;

/// Maximum length of a name, in characters.
pub(super) const NAME_LENGTH: usize = 200;
/// Maximum length of a description, in characters.
pub(super) const DESCRIPTION_LENGTH: usize = 2_000;
/// Maximum size of SQL, as written and as sent, in bytes.
pub(super) const SQL_BYTES: usize = 1024 * 1024;
/// Maximum length of an added column's name, in characters.
const COLUMN_LENGTH: usize = 60;

/// A saved query, as one person sees it.
#[derive(Clone, Debug)]
pub struct Query {
    pub id: QueryId,
    pub owner: PersonId,
    /// The owner's name, if this person may see it.
    pub owned_by: String,
    /// Who sees it, and its default instance.
    pub placement: Placement,
    /// The name of its home instance, if this person has access to it.
    pub home_name: Option<String>,
    /// The name of its default instance, if this person has access to it.
    pub default_name: Option<String>,
    /// What this person may do with it.
    pub rights: Rights,
    pub name: String,
    /// May be empty.
    pub description: String,
    pub tags: Tags,
    /// The SQL as written, with `{{name}}`.
    pub sql: String,
    pub fields: Vec<FieldDef>,
    /// The initial window of its form.
    pub window: WindowForm,
    /// The initial privacy options of its form.
    pub privacy: Privacy,
    /// Incremented with each change.
    pub revision: i64,
    /// The name of who created it.
    pub created_by: String,
    /// The name of who last changed it.
    pub updated_by: String,
    /// The id of who last changed it.
    pub updated_by_id: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// When it was deleted, if it was. A deleted query can be viewed and restored, but not run.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Query {
    /// A description of who sees it.
    pub(super) fn seen_by(&self) -> String {
        self.placement.home.seen_by(self.home_name.as_deref())
    }

    /// Its input for [`prepare`](super::prepare).
    pub fn script(&self) -> Script<'_> {
        Script { sql: &self.sql, fields: &self.fields, window: &self.window, privacy: &self.privacy }
    }
}

/// What a person may do with a query, besides reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// It is theirs.
    pub is_owner: bool,
    /// Change, delete and restore it.
    pub change: bool,
    /// Move it to another home.
    pub share: bool,
}

impl Rights {
    /// The rule: a query can be changed by its owner, by those with write access to its home instance, and by
    /// administrators if everyone sees it; its home can be changed by its owner, and by administrators if everyone
    /// sees it.
    pub(super) fn new(home: &Home, is_owner: bool, role: Option<Role>, is_administrator: bool) -> Self {
        let share = is_owner || (*home == Home::Everyone && is_administrator);
        let writes = home.instance().is_some() && role.is_some_and(|role| role.allows(Action::Write));
        Self { is_owner, change: share || writes, share }
    }
}

/// SQL with everything that determines what is sent for it, saved or not.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    pub sql: &'a str,
    /// Its parameters; missing types are inferred.
    pub fields: &'a [FieldDef],
    /// The default window.
    pub window: &'a WindowForm,
    /// The default privacy options.
    pub privacy: &'a Privacy,
}

/// How AMC handles rows below the privacy thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrivacyMode {
    /// They are removed: AMC's default.
    #[default]
    Drop,
    /// Their values become NULL and they are merged; a column flags them.
    Blank,
    /// All rows are returned. Only with synthetic data.
    Off,
}

impl PrivacyMode {
    /// As stored and sent by forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Blank => "blank",
            Self::Off => "off",
        }
    }
}

/// The privacy options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Privacy {
    pub mode: PrivacyMode,
    /// The name of the flag column if values are blanked.
    pub column: String,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { mode: PrivacyMode::Drop, column: "filtered".to_owned() }
    }
}

impl Privacy {
    /// The options in a form (`privacy`, `privacy.column`); missing ones are taken from `self`.
    #[must_use]
    pub fn with(&self, fields: &Fields) -> Self {
        let mode = match fields.get("privacy") {
            "drop" => PrivacyMode::Drop,
            "blank" => PrivacyMode::Blank,
            "off" => PrivacyMode::Off,
            _ => self.mode,
        };
        let sent = fields.trimmed("privacy.column").replace(char::is_control, "");
        let column = if fields.has("privacy.column") { sent } else { self.column.clone() };
        Self { mode, column }
    }

    /// A description of their effect.
    pub fn describe(&self) -> String {
        match self.mode {
            PrivacyMode::Drop => "Rows below threshold removed".to_owned(),
            PrivacyMode::Blank => format!("Values below threshold blanked, flagged in `{}`", self.column),
            PrivacyMode::Off => "Off: all rows returned".to_owned(),
        }
    }

    /// Reports what isn't valid on an instance, which may be a sandbox.
    pub(super) fn check(&self, sandbox: bool, errors: &mut Errors) {
        if self.mode == PrivacyMode::Off && !sandbox {
            errors.add("privacy", "AMC returns all rows on sandbox instances only. Choose one of the others.");
        }
        if self.mode == PrivacyMode::Blank && !is_column_name(&self.column) {
            errors.add(
                "privacy.column",
                "The added column's name must consist of letters, digits and underscores, starting with a letter, \
                 e.g. filtered.",
            );
        }
    }
}

pub(super) fn is_column_name(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= COLUMN_LENGTH && text.chars().all(word) && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The editable part of a query: as in a form, before it is saved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryInput {
    pub name: String,
    pub description: String,
    pub tags: Tags,
    pub sql: String,
    pub fields: Vec<FieldDef>,
    pub window: WindowForm,
    pub privacy: Privacy,
}

impl QueryInput {
    /// Its input for [`prepare`](super::prepare).
    pub fn script(&self) -> Script<'_> {
        Script { sql: &self.sql, fields: &self.fields, window: &self.window, privacy: &self.privacy }
    }

    /// Uses the submitted values as new defaults of the parameters.
    pub fn with_values(&mut self, form: &Fields) {
        let (run, _) = RunInput::of_form(&self.script(), form);
        for field in &mut self.fields {
            let given = run.values.get(&field.name);
            if let Some(Given::Text(text)) = given.filter(|given| field.accept(Some(given)).is_ok()) {
                text.trim().clone_into(&mut field.default);
            }
        }
    }

    /// What keeps the submitted window and values from becoming its defaults. A value may be missing, because each
    /// execution sets it.
    pub fn default_errors(&self, form: &Fields) -> Errors {
        let (run, mut errors) = RunInput::of_form(&self.script(), form);
        for field in &self.fields {
            if let Some(Given::Text(text)) = run.values.get(&field.name)
                && !text.trim().is_empty()
                && let Err(why) = field.value(text)
            {
                errors.add(field.input(), why);
            }
        }
        errors
    }

    /// Says what keeps it from being saved. SQL that AMC would refuse can be saved: work is not lost
    /// because it is not finished.
    pub(super) fn check(&self, errors: &mut Errors) {
        if self.name.is_empty() {
            errors.add("name", "Enter a name for the query.");
        } else if let Some(fault) = naming::fault(&self.name, NAME_LENGTH) {
            errors.add("name", fault);
        }
        if self.description.chars().count() > DESCRIPTION_LENGTH || self.description.contains('\0') {
            errors.add("description", format!("Shorten the description to {DESCRIPTION_LENGTH} characters."));
        }
        self.tags.check(errors);
        check_sql(&self.sql, errors);
        self.window.check(errors);
        if self.privacy.mode == PrivacyMode::Blank {
            self.privacy.check(true, errors);
        }
        for field in &self.fields {
            field.check(errors);
        }
    }
}

impl From<Query> for QueryInput {
    fn from(query: Query) -> Self {
        Self {
            name: query.name,
            description: query.description,
            tags: query.tags,
            sql: query.sql,
            fields: query.fields,
            window: query.window,
            privacy: query.privacy,
        }
    }
}

/// Reports what prevents parsing.
pub(super) fn check_sql(sql: &str, errors: &mut Errors) {
    if sql.trim().is_empty() {
        errors.add("sql", "Enter the SQL of the query.");
    } else if sql.len() > SQL_BYTES {
        let size = crate::web::words::bytes(sql.len() as u64);
        errors.add("sql", format!("The SQL is {size}; the limit is 1 MiB. Move long lists into a parameter."));
    } else if sql.contains('\0') {
        errors.add(
            "sql",
            "The SQL contains a NUL character, which can't be sent. It is often pasted by accident; \
                           remove it.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(written: &QueryInput) -> Errors {
        let mut errors = Errors::new();
        written.check(&mut errors);
        errors
    }

    #[test]
    fn everything_that_keeps_a_query_from_being_saved_is_reported_at_once() {
        let mut written = QueryInput { name: "n".repeat(201), description: "d".repeat(2_001), ..QueryInput::default() };
        let found = errors(&written);
        assert_eq!(found.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["name", "description", "sql"]);
        written = QueryInput { name: "ü".repeat(200), sql: "SELEC nonsense".into(), ..QueryInput::default() };
        assert!(errors(&written).is_empty(), "unfinished work can be saved");
    }

    #[test]
    fn a_query_is_changed_by_its_owner_the_writers_of_its_home_and_administrators_where_everyone_sees_it() {
        let id: crate::ids::InstanceId = "ins_01jzzzzzzzzzzzzzzzzzzzzzzz".parse().unwrap();
        let rights = |home: &Home, owner, role, administrator| {
            let rights = Rights::new(home, owner, role, administrator);
            (rights.change, rights.share)
        };
        for home in [Home::Private, Home::Instance(id.clone()), Home::Everyone] {
            assert_eq!(rights(&home, true, None, false), (true, true), "an owner keeps it whatever access ends");
            assert_eq!(rights(&home, false, Some(Role::Viewer), false), (false, false));
        }
        let home = Home::Instance(id);
        assert_eq!(rights(&home, false, Some(Role::Analyst), false), (true, false));
        assert_eq!(rights(&home, false, None, true), (false, false), "an administrator has roles like others");
        assert_eq!(rights(&Home::Everyone, false, None, true), (true, true));
        assert_eq!(rights(&Home::Private, false, Some(Role::Manager), true), (false, false));
    }

    #[test]
    fn a_window_to_start_with_has_to_be_one() {
        let window = WindowForm { kind: "forever".into(), zone: "Mars/Olympus".into(), ..WindowForm::default() };
        let found = errors(&QueryInput { name: "n".into(), sql: "SELECT 1".into(), window, ..QueryInput::default() });
        assert_eq!(found.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["window", "zone"]);
        let window = WindowForm { kind: "explicit".into(), ..WindowForm::default() };
        assert!(
            errors(&QueryInput { name: "n".into(), sql: "SELECT 1".into(), window, ..QueryInput::default() })
                .is_empty()
        );
    }

    #[test]
    fn sql_over_the_limit_or_with_nul_is_refused_with_the_reason() {
        let sql =
            |sql: String| errors(&QueryInput { name: "n".into(), sql, ..QueryInput::default() }).of("sql").to_owned();
        assert!(sql("x".repeat(SQL_BYTES + 1)).contains("1 MiB"));
        assert_eq!(sql("x".repeat(SQL_BYTES)), "");
        assert!(sql("SELECT \0".into()).contains("NUL"));
    }

    #[test]
    fn all_rows_come_back_from_sandboxes_only() {
        let mut found = Errors::new();
        let off = Privacy::default().with(&Fields::parse(b"privacy=off"));
        off.check(true, &mut found);
        assert!(found.is_empty());
        off.check(false, &mut found);
        assert!(!found.of("privacy").is_empty());
    }

    #[test]
    fn the_added_column_needs_a_plain_name() {
        for (name, fits) in
            [("filtered", true), ("f_1", true), ("", false), ("1f", false), ("a b", false), ("a\"", false)]
        {
            let mut found = Errors::new();
            Privacy { mode: PrivacyMode::Blank, column: name.into() }.check(false, &mut found);
            assert_eq!(found.is_empty(), fits, "{name}");
        }
    }
}
