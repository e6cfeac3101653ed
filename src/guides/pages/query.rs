//! A query of a guide on its page: the form, the sample, what the selected instance lacks, and the reader's own
//! result.

use chrono::{DateTime, Utc};

use crate::amcsql::AUDIENCE_USERS;
use crate::amcsql::catalogue::Catalogue;
use crate::executions::Preview;
use crate::guides::content::{self, GuideQuery};
use crate::instances::Instance;
use crate::queries::{self, FieldDef, Input, QueryInput, Sample, Trial, WindowForm};
use crate::results::grouped;
use crate::web::Fields;
use crate::web::components::{Choice, Errors, count};

/// Maximum number of missing names that are shown.
const MOST_LACKING: usize = 6;

/// A query as its page shows it.
pub struct QueryView {
    pub id: String,
    pub anchor: String,
    pub name: String,
    pub kind: &'static str,
    pub description: String,
    pub sql_html: String,
    pub inputs: Vec<Input>,
    pub window: WindowForm,
    pub windows: Vec<Choice>,
    pub window_advice: String,
    pub prerequisites: Vec<String>,
    pub sample: Option<SampleView>,
    /// A chart of the sample, as SVG; may be empty.
    pub chart: String,
    /// The audience that the query measures.
    pub audience: Option<AudienceView>,
    pub metrics: Vec<(String, String)>,
    pub interpretation_html: String,
    /// Data sources and columns missing on the selected instance.
    pub lacking: Vec<String>,
    pub errors: Errors,
    /// What can't be done because of the errors, in words.
    pub refusal: &'static str,
    /// Errors in the SQL on the selected instance, in sentences.
    pub mistakes: Vec<String>,
    pub tried: Option<Trial>,
    /// The reader's latest execution on the selected instance.
    pub run: Option<Preview>,
    /// Whether the form is initially open.
    pub is_open: bool,
}

/// The SQL of a rule-based audience, and its size on synthetic data.
pub struct AudienceView {
    pub sql_html: String,
    pub users: u64,
}

impl AudienceView {
    fn of(query: &GuideQuery, defaults: &QueryInput, form: &Fields, now: DateTime<Utc>) -> Option<Self> {
        let users = query.authored.audience_users?;
        let sql = &query.authored.audience;
        (!sql.is_empty()).then(|| Self { sql_html: content::audience_html(sql, defaults, form, now), users })
    }

    /// What its size means, in a sentence.
    pub fn size_words(&self) -> String {
        let (users, least) = (count(self.users), count(AUDIENCE_USERS));
        let verdict =
            if self.users < AUDIENCE_USERS as u64 { "too few for an audience" } else { "enough for an audience" };
        format!("On synthetic data it has {users} users, {verdict}: AMC needs {least}. Plan with 2,500 or more.")
    }
}

/// A sample, and which of its columns are numeric.
pub struct SampleView {
    pub columns: Vec<(String, bool)>,
    pub rows: Vec<Vec<String>>,
}

impl SampleView {
    pub fn new(sample: &Sample) -> Self {
        let is_number = |(at, name): (usize, &String)| (name.clone(), sample.is_number(at));
        let columns: Vec<(String, bool)> = sample.columns.iter().enumerate().map(is_number).collect();
        // Numbers of ids and years are names.
        let is_amount = |at: usize| {
            columns
                .get(at)
                .is_some_and(|(name, is_number)| *is_number && !name.ends_with("_id") && !name.contains("year"))
        };
        let shown = |(at, text): (usize, &String)| if is_amount(at) { grouped(text) } else { text.clone() };
        let rows = sample.rows.iter().map(|row| row.iter().enumerate().map(shown).collect()).collect();
        Self { columns, rows }
    }

    /// The cells of a row, each with its column.
    pub fn cells<'a>(&'a self, row: &'a [String]) -> Vec<(&'a (String, bool), &'a String)> {
        self.columns.iter().zip(row).collect()
    }
}

impl QueryView {
    /// The view of a query with the submitted form; `defaults` are those of the selected instance.
    pub fn new(query: &GuideQuery, defaults: &QueryInput, form: &Fields, now: DateTime<Utc>) -> Self {
        let window = defaults.window.with(form);
        let authored = &query.authored;
        Self {
            id: query.id.clone(),
            anchor: query.anchor(),
            name: query.name().to_owned(),
            kind: authored.kind.label(),
            description: authored.input.description.clone(),
            sql_html: query.sql_html.clone(),
            inputs: shown_parameters(query, &defaults.fields).map(|field| Input::new(field, form)).collect(),
            windows: queries::windows(&window, now),
            window,
            window_advice: authored.window_advice.clone(),
            prerequisites: authored.prerequisites.clone(),
            sample: authored.sample.as_ref().map(SampleView::new),
            chart: query.chart.clone(),
            audience: AudienceView::of(query, defaults, form, now),
            metrics: authored.metrics.clone(),
            interpretation_html: query.interpretation_html.clone(),
            lacking: Vec::new(),
            errors: Errors::new(),
            refusal: "",
            mistakes: Vec::new(),
            tried: None,
            run: None,
            is_open: form.iter().next().is_some(),
        }
    }

    /// The id of an input, unique on the page even if another query has an input with the same name.
    pub fn input_id(&self, name: &str) -> String {
        format!("f-{}-{name}", self.id)
    }

    /// What is missing on the instance, as a sentence.
    pub fn lacking_text(&self) -> String {
        let (shown, more) = self.lacking.split_at(self.lacking.len().min(MOST_LACKING));
        let rest = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        format!("{}{rest}", shown.join(", "))
    }
}

/// The parameters in the form.
fn shown_parameters<'a>(query: &'a GuideQuery, fields: &'a [FieldDef]) -> impl Iterator<Item = &'a FieldDef> {
    fields.iter().filter(|field| query.authored.input.sql.contains(field.name.as_str()))
}

/// The data sources and columns of a query that are missing on an instance.
pub fn lacking(query: &GuideQuery, catalogue: &Catalogue) -> Vec<String> {
    let mut lacking = Vec::new();
    for (source, columns) in &query.reads {
        match catalogue.source(source) {
            None => lacking.push(source.clone()),
            Some(known) => {
                let missing = columns.iter().filter(|column| known.column(column).is_none());
                lacking.extend(missing.map(|column| format!("{source}.{column}")));
            }
        }
    }
    lacking
}

/// The instances on which a guide can be run, as choices.
pub(super) fn instance_choices(instances: &[Instance]) -> Vec<Choice> {
    Choice::optional("None (synthetic data only)", instances.iter().map(Instance::choice))
}
