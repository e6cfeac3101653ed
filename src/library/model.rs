//! Entries of the library: templates from files and people's own templates.

use std::sync::Arc;

use super::store::OwnTemplate;
use crate::guides::{self, GuideQuery, Template};
use crate::ids::InstanceId;
use crate::queries::QueryInput;

/// The heading for people's own templates.
pub(super) const OWN: &str = "Yours and shared";
/// Maximum number of words in a search.
const MOST_WORDS: usize = 12;

/// A template.
#[derive(Clone)]
pub(super) struct Entry {
    /// Its name in addresses: its file name or id.
    pub(super) slug: String,
    pub(super) query: Arc<GuideQuery>,
    pub(super) version: i64,
    /// The stored template of a person, if it isn't a file.
    pub(super) own: Option<OwnTemplate>,
    /// The searchable text, in lower case.
    plain: String,
}

impl Entry {
    fn new(slug: String, query: Arc<GuideQuery>, version: i64, own: Option<OwnTemplate>) -> Self {
        let authored = &query.authored;
        let mut words = vec![
            query.name(),
            &authored.input.description,
            &authored.category,
            &authored.use_case,
            &authored.input.sql,
        ];
        words.extend(authored.input.tags.iter());
        words.extend(query.sources.iter().map(String::as_str));
        let plain = words.join("\n").to_lowercase();
        Self { slug, query, version, own, plain }
    }

    /// Whether it contains every word.
    pub(super) fn holds(&self, words: &[String]) -> bool {
        words.iter().all(|word| self.plain.contains(word.as_str()))
    }

    /// Its heading in the list.
    pub(super) fn category(&self) -> &str {
        if self.own.is_some() { OWN } else { &self.query.authored.category }
    }

    /// Who can see it, for display; empty for a template from a file.
    pub(super) fn seen_by(&self) -> String {
        match &self.own {
            None => String::new(),
            Some(own) => match (&own.home_name, own.is_pinned) {
                (None, _) => "Only you".to_owned(),
                (Some(name), true) => format!("Pinned to {name}, with its values"),
                (Some(name), false) => format!("People of {name}"),
            },
        }
    }

    /// The default instance for queries created from it.
    pub(super) fn pinned_to(&self) -> Option<&InstanceId> {
        self.own.as_ref().filter(|own| own.is_pinned)?.home.as_ref()
    }

    /// The query created from it at a given time.
    pub(super) fn input(&self, now: chrono::DateTime<chrono::Utc>, synthetic: bool) -> QueryInput {
        self.query.input(now, synthetic)
    }
}

/// The words of a text, in lower case.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).take(MOST_WORDS).collect()
}

/// Everything that a person can see, by category and name, with people's own templates first.
pub(super) fn entries(templates: Vec<Arc<Template>>, own: Vec<OwnTemplate>) -> Vec<Entry> {
    let of_file = |template: Arc<Template>| {
        let (slug, version) = (template.slug.clone(), i64::from(template.query.authored.version));
        Entry::new(slug, Arc::clone(&template.query), version, None)
    };
    let of_person = |own: OwnTemplate| {
        let query = guides::template_of(own.id.as_str(), &own.text);
        Entry::new(own.id.to_string(), Arc::new(query), own.version, Some(own))
    };
    let mut entries: Vec<Entry> = own.into_iter().map(of_person).chain(templates.into_iter().map(of_file)).collect();
    entries.sort_by(|one, other| {
        let key =
            |entry: &Entry| (entry.own.is_none(), entry.category().to_lowercase(), entry.query.name().to_lowercase());
        key(one).cmp(&key(other))
    });
    entries
}
