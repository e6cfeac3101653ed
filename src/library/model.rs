//! What the library lists: templates of files and templates of people, alike.

use std::sync::Arc;

use super::store::OwnTemplate;
use crate::guides::{self, GuideQuery, Template};
use crate::ids::InstanceId;
use crate::queries::QueryInput;

/// The heading of templates that people made.
pub(super) const OWN: &str = "Your own and shared";
/// Most words that are looked for.
const MOST_WORDS: usize = 12;

/// A template.
#[derive(Clone)]
pub(super) struct Entry {
    /// Its name in addresses: that of its file, or its id.
    pub(super) slug: String,
    pub(super) query: Arc<GuideQuery>,
    pub(super) version: i64,
    /// What somebody made, where it is no file.
    pub(super) own: Option<OwnTemplate>,
    /// Everything by which it is found, in small letters.
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

    /// Whether every word occurs in it.
    pub(super) fn holds(&self, words: &[String]) -> bool {
        words.iter().all(|word| self.plain.contains(word.as_str()))
    }

    /// Under which heading it stands.
    pub(super) fn category(&self) -> &str {
        if self.own.is_some() { OWN } else { &self.query.authored.category }
    }

    /// Who sees it, in words; empty for a template of a file.
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

    /// The instance that a query made of it runs on by default.
    pub(super) fn pinned_to(&self) -> Option<&InstanceId> {
        self.own.as_ref().filter(|own| own.is_pinned)?.home.as_ref()
    }

    /// The query that is made of it at a moment.
    pub(super) fn input(&self, now: chrono::DateTime<chrono::Utc>, synthetic: bool) -> QueryInput {
        self.query.input(now, synthetic)
    }
}

/// The words of a text, in small letters.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).take(MOST_WORDS).collect()
}

/// Everything that a person sees, by category and name: people's own first.
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
