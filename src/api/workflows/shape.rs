//! Queries as JSON.

use chrono::{DateTime, Utc};

use super::default_instance;
use crate::api::schema::{answer, body, names};
use crate::db::Tx;
use crate::ids::{InstanceId, QueryId};
use crate::queries::{
    FieldDef, FieldKind, Line, PlacementInput, Privacy, PrivacyMode, Query, QueryInput, Tags, WindowForm,
};
use crate::web::components::Errors;
use crate::web::naming;

/// Maximum number of parameters, of choices of one, and of tags, before anything is checked.
const MOST_PARAMETERS: usize = 100;
const MOST_CHOICES: usize = 500;

names! {
    /// The type of a parameter.
    ParameterKind: FieldKind::ALL.map(FieldKind::name);
    /// What happens to rows below AMC's privacy thresholds: `drop` removes them, `blank` keeps them without values, `off` returns all (sandboxes only).
    PrivacyName: ["drop", "blank", "off"];
}

answer! {
    /// A saved query.
    Workflow {
        id: QueryId,
        name: String,
        description: String,
        tags: Vec<String>,
        /// The SQL as written, with `{{name}}` for parameters.
        sql: String,
        parameters: Vec<Parameter>,
        window: Window,
        privacy: PrivacyOptions,
        /// Who sees it: `private`, `everyone`, or the ID of the instance whose people do.
        home: String,
        /// Where it runs unless a run says otherwise.
        default_instance: Option<InstanceId>,
        /// The owner's name.
        owner: String,
        /// Whether the caller may change and delete it.
        can_change: bool,
        /// Incremented with each change.
        revision: i64,
        created_at: DateTime<Utc>,
        created_by: String,
        updated_at: DateTime<Utc>,
        updated_by: String,
    }

    /// A parameter of a query.
    Parameter {
        /// The name in `{{name}}`.
        name: String,
        kind: ParameterKind,
        /// Shown instead of the name; may be empty.
        label: String,
        /// A help text; may be empty.
        help: String,
        /// The text used if no value is given; may be empty.
        default: String,
        required: bool,
        /// The options of a choice.
        choices: Vec<String>,
    }

    /// The default time window of a query.
    Window {
        /// How it is chosen: one of the kinds, or `days-COUNT-BEFORE`.
        kind: String,
        /// The first day, or a time; empty unless the kind is `explicit`.
        start: String,
        /// The last day, which is included, or a time, which isn't.
        end: String,
        /// A time zone, such as `Europe/Berlin`.
        zone: String,
    }

    /// The default privacy options of a query.
    PrivacyOptions {
        mode: PrivacyName,
        /// The column that flags blanked rows.
        column: String,
    }

    /// A query in a list.
    WorkflowSummary {
        id: QueryId,
        name: String,
        description: String,
        tags: Vec<String>,
        /// Who sees it: `private`, `everyone`, or the ID of the instance whose people do.
        home: String,
        default_instance: Option<InstanceId>,
        owner: String,
        updated_at: DateTime<Utc>,
        updated_by: String,
        /// When it last ran, if it did.
        last_run_at: Option<DateTime<Utc>>,
        is_starred: bool,
    }

    /// A query stored on AMC.
    WorkflowSync {
        instance: InstanceId,
        /// AMC's ID of the workflow.
        workflow_id: String,
        /// Whether AMC didn't have it before.
        is_new: bool,
    }
}

body! {
    /// A query to be saved.
    WorkflowInput {
        name: String,
        description: Option<String>,
        tags: Option<Vec<String>>,
        /// The SQL, with `{{name}}` for parameters.
        sql: String,
        /// Types of parameters; a missing one is inferred.
        parameters: Option<Vec<ParameterInput>>,
        window: Option<WindowInput>,
        privacy: Option<PrivacyInput>,
        /// Who sees it: `private`, `everyone`, or the ID of an instance. By default the people of the default instance, otherwise only you.
        home: Option<String>,
        /// The ID of the default instance; empty for none.
        default_instance: Option<String>,
    }

    /// A parameter of a query.
    ParameterInput {
        name: String,
        /// `text`, `number`, `boolean`, `date`, `datetime`, `list`, `choice` or `pattern`; `text` by default.
        kind: Option<String>,
        label: Option<String>,
        help: Option<String>,
        default: Option<String>,
        required: Option<bool>,
        choices: Option<Vec<String>>,
    }

    /// A time window.
    WindowInput {
        /// How it is chosen, such as `settled`, `last-week`, `days-7-14` or `explicit`.
        kind: Option<String>,
        /// The first day, `2026-01-31`, or a time, `2026-01-31T06:00`, for `explicit`.
        start: Option<String>,
        /// The last day, which is included, or a time, which isn't.
        end: Option<String>,
        /// A time zone, such as `Europe/Berlin`.
        zone: Option<String>,
    }

    /// What happens to rows below AMC's privacy thresholds.
    PrivacyInput {
        /// `drop` removes them, `blank` keeps them without values, `off` returns all (sandboxes only).
        mode: Option<String>,
        /// The column that flags blanked rows.
        column: Option<String>,
    }

    /// Where to store a query on AMC.
    SyncInput {
        instance: InstanceId,
        /// AMC's ID of the workflow; by default made from the query's name.
        workflow_id: Option<String>,
        /// Replace a workflow with this ID that RecomAMP didn't store.
        replace: Option<bool>,
    }
}

impl Workflow {
    pub(super) fn new(query: Query, tx: &Tx) -> Self {
        Self {
            default_instance: default_instance(&query, tx),
            home: query.placement.home.value(),
            tags: query.tags.iter().map(str::to_owned).collect(),
            parameters: query.fields.into_iter().map(Parameter::from).collect(),
            window: Window::from(query.window),
            privacy: PrivacyOptions { mode: PrivacyName(query.privacy.mode.name()), column: query.privacy.column },
            can_change: query.rights.change,
            id: query.id,
            name: query.name,
            description: query.description,
            sql: query.sql,
            owner: query.owned_by,
            revision: query.revision,
            created_at: query.created_at,
            created_by: query.created_by,
            updated_at: query.updated_at,
            updated_by: query.updated_by,
        }
    }
}

impl From<FieldDef> for Parameter {
    fn from(field: FieldDef) -> Self {
        let FieldDef { name, kind, label, help, default, required, choices } = field;
        Self { name, kind: ParameterKind(kind.name()), label, help, default, required, choices }
    }
}

impl From<WindowForm> for Window {
    fn from(window: WindowForm) -> Self {
        let WindowForm { kind, start, end, zone } = window;
        Self { kind, start, end, zone }
    }
}

impl WorkflowSummary {
    pub(super) fn new(line: Line, tx: &Tx) -> Self {
        Self {
            home: line.home.value(),
            tags: line.tags.iter().map(str::to_owned).collect(),
            default_instance: line.instance.filter(|id| tx.reaches(id)),
            id: line.id,
            name: line.name,
            description: line.description,
            owner: line.owner,
            updated_at: line.updated_at,
            updated_by: line.updated_by,
            last_run_at: line.ran_at,
            is_starred: line.is_favourite,
        }
    }
}

impl WindowInput {
    /// As fields of a form.
    pub(in crate::api) fn form(&self) -> Vec<(String, String)> {
        let parts = [("window", &self.kind), ("start", &self.start), ("end", &self.end), ("zone", &self.zone)];
        parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect()
    }

    /// The window, with missing parts taken from `default`.
    pub(super) fn over(&self, default: &WindowForm) -> WindowForm {
        let part = |sent: &Option<String>, own: &String| sent.clone().unwrap_or_else(|| own.clone());
        WindowForm {
            kind: part(&self.kind, &default.kind),
            start: part(&self.start, &default.start),
            end: part(&self.end, &default.end),
            zone: part(&self.zone, &default.zone),
        }
    }
}

impl PrivacyInput {
    /// The options, with missing ones taken from `default`; an unknown mode is reported.
    pub(super) fn over(&self, default: &Privacy, errors: &mut Errors) -> Privacy {
        let known = [PrivacyMode::Drop, PrivacyMode::Blank, PrivacyMode::Off];
        let mode = match &self.mode {
            None => default.mode,
            Some(name) => known.into_iter().find(|mode| mode.name() == name).unwrap_or_else(|| {
                errors.add("privacy", "The mode must be drop, blank or off.");
                default.mode
            }),
        };
        Privacy { mode, column: self.column.clone().unwrap_or_else(|| default.column.clone()) }
    }
}

impl WorkflowInput {
    /// The query, like the editor's form gives it, with what only JSON can have wrong.
    pub(super) fn written(&self) -> (QueryInput, Errors) {
        let mut errors = Errors::new();
        let plain = |text: &Option<String>| text.as_deref().unwrap_or_default().replace("\r\n", "\n");
        let parameters = self.parameters.as_deref().unwrap_or_default();
        if parameters.len() > MOST_PARAMETERS {
            errors.add("parameters", format!("A query can have at most {MOST_PARAMETERS} parameters."));
        }
        let fields = parameters.iter().enumerate().map(|(at, parameter)| parameter.field(at, &mut errors)).collect();
        let privacy = self.privacy.as_ref().map(|privacy| privacy.over(&Privacy::default(), &mut errors));
        let written = QueryInput {
            name: naming::plain(self.name.trim()),
            description: plain(&self.description).trim().to_owned(),
            tags: Tags::read(&self.tags.as_deref().unwrap_or_default().join(",")),
            sql: self.sql.replace("\r\n", "\n"),
            fields,
            window: self.window.as_ref().map(|window| window.over(&WindowForm::default())).unwrap_or_default(),
            privacy: privacy.unwrap_or_default(),
        };
        (written, errors)
    }

    pub(super) fn place(&self) -> PlacementInput<'_> {
        PlacementInput { home: self.home.as_deref(), instance: self.default_instance.as_deref() }
    }

    /// The JSON pointer for a field of the editor's form.
    pub(super) fn pointer(&self, field: &str) -> String {
        if field == "instance" {
            return "/default_instance".to_owned();
        }
        if field.starts_with("parameters") {
            return format!("/{field}");
        }
        let Some((name, part)) = field.strip_prefix("field.").and_then(|rest| rest.rsplit_once('.')) else {
            return crate::api::input::pointer(field);
        };
        let mut parameters = self.parameters.iter().flatten();
        let at = parameters
            .position(|parameter| parameter.name == name)
            .map_or_else(|| name.to_owned(), |at| at.to_string());
        format!("/parameters/{at}/{part}")
    }
}

impl ParameterInput {
    fn field(&self, at: usize, errors: &mut Errors) -> FieldDef {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().replace("\r\n", "\n");
        if !crate::amcsql::template::is_name(&self.name) {
            let sentence = "A parameter's name has letters, digits and underscores, and begins with a letter.";
            errors.add(format!("parameters/{at}/name"), sentence);
        }
        let kind = self.kind.as_deref().unwrap_or(FieldKind::Text.name());
        let known = FieldKind::ALL.into_iter().find(|known| known.name() == kind);
        if known.is_none() {
            let names = FieldKind::ALL.map(FieldKind::name).join(", ");
            errors.add(format!("parameters/{at}/kind"), format!("The kind must be one of: {names}."));
        }
        let choices = self.choices.as_deref().unwrap_or_default();
        if choices.len() > MOST_CHOICES {
            errors
                .add(format!("parameters/{at}/choices"), format!("A choice can have at most {MOST_CHOICES} options."));
        }
        FieldDef {
            name: self.name.clone(),
            kind: known.unwrap_or_default(),
            label: text(&self.label).trim().to_owned(),
            help: text(&self.help).trim().to_owned(),
            default: text(&self.default),
            required: self.required.unwrap_or_default(),
            choices: choices
                .iter()
                .map(|choice| choice.trim().to_owned())
                .filter(|choice| !choice.is_empty())
                .collect(),
        }
    }
}
