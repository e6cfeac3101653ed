//! A word index that finds columns and sources, tolerating typos.
//!
//! Every word of a name, a description, a category or a known value is a term with its places. A search word matches
//! the terms that equal it, begin with it, are synonyms, or contain it; only without any of these, terms with a small
//! edit distance. Results with all words come before those with some, and names before descriptions. A general search
//! engine was rejected: the texts are few, short and change together, and tolerating typos in names matters more than
//! ranking.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::amcsql::catalogue::{ColumnDef, DataSource};
use crate::amcsql::spelling;

/// Maximum number of words in a search.
const MOST_WORDS: usize = 12;

/// Common words, and the corresponding words in AMC's names.
const SYNONYMS: [(&str, &[&str]); 17] = [
    ("spend", &["cost"]),
    ("spending", &["cost"]),
    ("revenue", &["sales"]),
    ("orders", &["purchases"]),
    ("order", &["purchase"]),
    ("imps", &["impressions"]),
    ("person", &["user"]),
    ("people", &["user"]),
    ("customer", &["user"]),
    ("product", &["asin"]),
    ("products", &["asin"]),
    ("country", &["country", "marketplace"]),
    ("zip", &["postal"]),
    ("postcode", &["postal"]),
    ("keyword", &["targeting"]),
    ("price", &["cost"]),
    ("day", &["date"]),
];

/// Abbreviations, and what they stand for.
const SHORT: [(&str, &[&str]); 3] =
    [("ntb", &["new", "to", "brand"]), ("atc", &["add", "to", "cart"]), ("dpv", &["detail", "page", "view"])];

/// A search result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// The index of the source.
    pub(super) source: usize,
    /// The index of the column in the source; `None` for the source itself.
    pub(super) column: Option<usize>,
    pub(super) score: f32,
}

/// The search results of one source.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// The index of the source.
    pub(super) source: usize,
    /// The indexes of its matching columns, best first.
    pub(super) columns: Vec<usize>,
    pub(super) score: f32,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    terms: Vec<Term>,
    by_text: HashMap<Box<str>, u32>,
    documents: Vec<Document>,
    /// The last search and its results: a page that lists columns and sources apart searches once.
    last: Mutex<Option<(String, Arc<[Found]>)>>,
}

#[derive(Debug)]
struct Document {
    source: u32,
    /// `u32::MAX` for the source itself.
    column: u32,
    /// Length of the name: of two equal matches the shorter one is preferred.
    length: u16,
}

#[derive(Debug)]
struct Term {
    text: Box<str>,
    /// A bit set of its letters: words that share few can't have a small edit distance.
    letters: u64,
    /// Its places, with weights.
    places: Vec<(u32, u8)>,
}

const SELF: u32 = u32::MAX;

impl Index {
    /// Indexes all sources, in order.
    pub(super) fn of<'a>(sources: impl Iterator<Item = &'a DataSource>) -> Self {
        let mut index = Self::default();
        for (place, source) in sources.enumerate() {
            index.add_source(u32::try_from(place).unwrap_or(SELF), source);
        }
        index
    }

    fn add_source(&mut self, place: u32, source: &DataSource) {
        let document = self.add(place, SELF, &source.id);
        self.put(document, &source.id, 10);
        self.put(document, &source.name, 8);
        for name in source.audience_table.iter().chain(&source.legacy_names) {
            self.put(document, name, 5);
        }
        self.put(document, &source.category, 3);
        self.put(document, &source.description, 3);
        for (at, column) in source.columns.iter().enumerate() {
            self.add_column(place, u32::try_from(at).unwrap_or(SELF - 1), source, column);
        }
    }

    fn add_column(&mut self, place: u32, at: u32, source: &DataSource, column: &ColumnDef) {
        let document = self.add(place, at, &column.name);
        self.put(document, &column.name, 10);
        self.put(document, &column.description, 4);
        self.put(document, &column.category, 1);
        self.put(document, &source.id, 2);
        self.put(document, column.unit.as_deref().unwrap_or_default(), 1);
        for value in column.values.iter().chain(&column.example).filter_map(serde_json::Value::as_str) {
            self.put(document, value, 2);
        }
    }

    fn add(&mut self, source: u32, column: u32, name: &str) -> u32 {
        self.documents.push(Document { source, column, length: u16::try_from(name.len()).unwrap_or(u16::MAX) });
        u32::try_from(self.documents.len() - 1).unwrap_or(u32::MAX)
    }

    fn put(&mut self, document: u32, text: &str, weight: u8) {
        for word in split_words(text) {
            let number = match self.by_text.get(word.as_str()) {
                Some(number) => *number,
                None => self.new_term(&word),
            };
            let Some(term) = self.terms.get_mut(number as usize) else { continue };
            match term.places.last_mut() {
                Some((last, known)) if *last == document => *known = (*known).max(weight),
                _ => term.places.push((document, weight)),
            }
        }
    }

    fn new_term(&mut self, word: &str) -> u32 {
        let number = u32::try_from(self.terms.len()).unwrap_or(u32::MAX);
        self.terms.push(Term { text: word.into(), letters: letters(word), places: Vec::new() });
        self.by_text.insert(word.into(), number);
        number
    }

    /// The results for `q`, best first; everything with all of its words, or otherwise with the maximum number of
    /// them.
    pub(super) fn search(&self, q: &str) -> Arc<[Found]> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, found)) = &*last
            && of == q
        {
            return Arc::clone(found);
        }
        drop(last);
        let found: Arc<[Found]> = self.look_for(q).into();
        last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((q.to_owned(), Arc::clone(&found)));
        found
    }

    fn look_for(&self, q: &str) -> Vec<Found> {
        let words = self.query_words(q);
        let mut score = vec![0_f32; self.documents.len()];
        let mut matched = vec![0_u8; self.documents.len()];
        let mut best = vec![0_f32; self.documents.len()];
        for word in &words {
            let mut touched = Vec::new();
            for (term, share) in self.terms_of(word) {
                for (document, weight) in &term.places {
                    let value = share * f32::from(*weight);
                    let known = &mut best[*document as usize];
                    if *known == 0.0 {
                        touched.push(*document);
                    }
                    *known = known.max(value);
                }
            }
            for document in touched {
                score[document as usize] += std::mem::take(&mut best[document as usize]);
                matched[document as usize] += 1;
            }
        }
        let most = matched.iter().copied().max().unwrap_or_default();
        if most == 0 {
            return Vec::new();
        }
        let whole = words.concat();
        let fits = matched.iter().enumerate().filter(|(_, count)| **count == most);
        let mut found: Vec<Found> = fits.filter_map(|(at, _)| self.found(at, score[at], &whole)).collect();
        found.sort_by(|one, other| {
            other.score.total_cmp(&one.score).then((one.source, one.column).cmp(&(other.source, other.column)))
        });
        found
    }

    /// The words of a search, with abbreviations expanded.
    fn query_words(&self, q: &str) -> Vec<String> {
        let long = |word: String| match SHORT.iter().find(|(short, _)| *short == word && self.term(short).is_none()) {
            Some((_, long)) => long.iter().map(|word| (*word).to_owned()).collect(),
            None => vec![word],
        };
        split_words(q).flat_map(long).take(MOST_WORDS).collect()
    }

    fn found(&self, at: usize, score: f32, whole: &str) -> Option<Found> {
        let document = self.documents.get(at)?;
        let is_whole = document.length as usize >= whole.len() && score >= 10.0;
        let exactness = if is_whole { 5.0 * whole.len() as f32 / f32::from(document.length.max(1)) } else { 0.0 };
        Some(Found {
            source: document.source as usize,
            column: (document.column != SELF).then_some(document.column as usize),
            score: score + exactness - f32::from(document.length) * 0.01,
        })
    }

    /// The matching terms of a word, each with a score up to 1.
    fn terms_of(&self, word: &str) -> Vec<(&Term, f32)> {
        let mut terms = Vec::new();
        if let Some(term) = self.term(word) {
            terms.push((term, 1.0));
        }
        let length = word.len();
        for term in self.terms.iter().filter(|term| term.text.len() > length) {
            if term.text.starts_with(word) {
                terms.push((term, 0.75 + 0.2 * length as f32 / term.text.len() as f32));
            } else if length >= 4 && term.text.contains(word) {
                terms.push((term, 0.5));
            }
        }
        if let Some((_, others)) = SYNONYMS.iter().find(|(common, _)| *common == word) {
            terms.extend(others.iter().filter_map(|other| self.term(other)).map(|term| (term, 0.8)));
        }
        // A plural matches its singular.
        if let Some(term) = word.strip_suffix('s').and_then(|one| self.term(one)) {
            terms.push((term, 0.9));
        }
        if terms.is_empty() {
            terms = self.slips_of(word);
        }
        terms
    }

    fn term(&self, word: &str) -> Option<&Term> {
        self.terms.get(*self.by_text.get(word)? as usize)
    }

    /// The terms with an edit distance of one or two from a word, also as a prefix.
    fn slips_of(&self, word: &str) -> Vec<(&Term, f32)> {
        let limit: usize = match word.chars().count() {
            0..=3 => return Vec::new(),
            4..=7 => 1,
            _ => 2,
        };
        let mask = letters(word);
        let near = |term: &&Term| {
            term.text.len().abs_diff(word.len()) <= limit && (term.letters ^ mask).count_ones() as usize <= 2 * limit
        };
        let slip = |term: &'_ Term| spelling::distance(word, &term.text, limit);
        let fitting = self.terms.iter().filter(near);
        fitting.filter_map(|term| Some((term, 0.7 - 0.15 * slip(term)? as f32))).collect()
    }

    /// The results for `q` by source: those with the best columns first.
    pub(super) fn groups(&self, q: &str) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<usize, usize> = HashMap::new();
        for Found { source, column, score } in self.search(q).iter() {
            let (source, score) = (*source, *score);
            let at = *places.entry(source).or_insert_with(|| {
                groups.push(Group { source, columns: Vec::new(), score });
                groups.len() - 1
            });
            groups[at].columns.extend(column);
        }
        groups
    }
}

/// The words of a text, in lower case: letters and digits.
fn split_words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// A bit set of a word's letters.
fn letters(word: &str) -> u64 {
    word.bytes().fold(0, |mask, byte| mask | 1 << (byte % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::catalogue::Catalogue;

    /// The names of the results, best first; columns with their source.
    fn found(q: &str) -> Vec<String> {
        let sources = Catalogue::standard().sources();
        let index = Index::of(sources.iter());
        let name = |found: Found| {
            let source = &sources[found.source];
            found.column.map_or(source.id.clone(), |at| format!("{}.{}", source.id, source.columns[at].name))
        };
        index.search(q).iter().cloned().map(name).collect()
    }

    #[test]
    fn columns_are_found_without_knowing_their_names() {
        for q in ["new to brand sales", "ntb sales", "new-to-brand revenue", "new to brnad sales"] {
            let found = found(q);
            let first = found.first().unwrap();
            assert!(first.contains("new_to_brand") && first.contains("sales"), "{q}: {first}");
        }
        assert!(found("postcode")[0].ends_with("postal_code"));
        assert!(
            found("spend").iter().take(5).all(|name| name.contains("cost") || name.contains("spend")),
            "{:?}",
            &found("spend")[..5]
        );
    }

    #[test]
    fn typos_are_tolerated_and_exact_names_come_first() {
        assert_eq!(found("dsp_clicks")[0], "dsp_clicks");
        assert_eq!(found("dsp_clikcs")[0], "dsp_clicks");
        assert!(found("campaing")[0].ends_with(".campaign"), "{:?}", found("campaing")[0]);
        assert!(found("impresions")[0].contains("impressions"));
        assert!(found("user_id")[0].ends_with(".user_id"));
        assert!(found("user_behav")[0].ends_with("user_behavior_segment_ids"));
    }

    #[test]
    fn empty_and_nonsense_searches_find_nothing() {
        for q in ["", " \u{200b}_-", "qqqqzzzzxx", "\u{1F600}"] {
            assert_eq!(found(q), Vec::<String>::new(), "{q}");
        }
        assert!(!found(&"campaign ".repeat(1_000)).is_empty());
    }

    #[test]
    fn results_are_grouped_by_source() {
        let sources = Catalogue::standard().sources();
        let groups = Index::of(sources.iter()).groups("new to brand sales");
        assert!(sources[groups[0].source].id.starts_with("amazon_attributed_events"));
        assert!(groups[0].columns.len() > 3);
        assert!(groups.windows(2).all(|pair| pair[0].score >= pair[1].score));
    }
}
