//! Parameter values from the command line, and which of them a text uses.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Value as Json, json};

use super::read;
use crate::amcsql::flatten::Mapped;
use crate::amcsql::template::{self, Value};
use crate::amcsql::{Checked, FieldUse};
use crate::queries::{FieldDef, Given, field_kind};

/// The given values, and what was found out about them.
#[derive(Debug, Default)]
pub(super) struct Values {
    given: BTreeMap<String, String>,
    used: HashSet<String>,
    /// Parameter names in the texts, for reporting unknown ones.
    known: Vec<String>,
    faults: Vec<String>,
    /// Whether a `{{name}}` has no value.
    missing: Vec<String>,
}

impl Values {
    /// Parses `name=value` and `name=@file`.
    pub(super) fn read(given: &[String]) -> anyhow::Result<Self> {
        let mut values = BTreeMap::new();
        for text in given {
            let (name, value) =
                text.split_once('=').with_context(|| format!("--param {text} has to read name=value"))?;
            let value = match value.strip_prefix('@') {
                Some(file) => read(Path::new(file))?,
                None => value.to_owned(),
            };
            if values.insert(name.to_owned(), value).is_some() {
                bail!("--param {name} is given twice");
            }
        }
        Ok(Self { given: values, ..Self::default() })
    }

    /// The text with the values of its `{{name}}`; a missing value is replaced by one that is valid in its place.
    pub(super) fn fill(&mut self, text: &str, checked: &Checked) -> Mapped {
        let mut values = BTreeMap::new();
        for used in &checked.fields {
            self.know(&used.name);
            if let Some(value) = self.value(used) {
                values.insert(used.name.clone(), value);
                continue;
            }
            if !self.missing.contains(&used.name) {
                self.missing.push(used.name.clone());
            }
            // OK to ignore other types: NULL is valid everywhere except as a number of rows.
            if used.data_type.is_numeric() {
                values.insert(used.name.clone(), Value::Number("1".to_owned()));
            }
        }
        for parameter in checked.query.iter().flat_map(|query| &query.parameters) {
            self.know(&parameter.name);
            // A name in another case isn't used, although AMC ignores case: what fills a parameter is never a guess.
            let given = self.given.keys().find(|name| **name == parameter.name).cloned();
            self.used.extend(given);
        }
        template::sample(text, &values)
    }

    fn know(&mut self, name: &str) {
        if !self.known.iter().any(|known| known == name) {
            self.known.push(name.to_owned());
        }
    }

    fn value(&mut self, used: &FieldUse) -> Option<Value> {
        let text = self.given.get(&used.name)?.clone();
        self.used.insert(used.name.clone());
        let field = FieldDef { kind: field_kind(used), ..FieldDef::new(&used.name) };
        // OK because a file ends with a line break that isn't part of a value.
        let given = Given::Text(text.trim_end_matches(['\n', '\r']).to_owned());
        match field.accept(Some(&given)) {
            Ok(value) => Some(value.typed(&used.data_type)),
            Err(sentence) => {
                self.fault(format!("--param {}: {sentence}", used.name));
                None
            }
        }
    }

    fn fault(&mut self, sentence: String) {
        if !self.faults.contains(&sentence) {
            self.faults.push(sentence);
        }
    }

    /// The errors in the values: invalid ones, and names that no text uses.
    pub(super) fn faults(&self) -> Vec<String> {
        let unused = self.given.keys().filter(|name| !self.used.contains(*name)).map(|name| {
            let alike = self.known.iter().find(|known| known.eq_ignore_ascii_case(name));
            let hint = match alike {
                Some(known) => format!(" It has {known}, which is spelled in another way."),
                None if self.known.is_empty() => " It has none.".to_owned(),
                None => format!(" It has {}.", self.known.join(", ")),
            };
            format!("--param {name}: the query has no parameter called {name}.{hint}")
        });
        self.faults.iter().cloned().chain(unused).collect()
    }

    /// A sentence for each `{{name}}` without a value.
    pub(super) fn missing(&self) -> Vec<String> {
        let sentence = |name: &String| format!("{name} has no value. Give it with --param {name}=…");
        self.missing.iter().filter(|name| !self.given.contains_key(*name)).map(sentence).collect()
    }

    /// The values of custom parameters, as JSON if they parse as such.
    pub(super) fn custom(&self) -> HashMap<String, Json> {
        let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        self.given.iter().map(|(name, text)| (name.clone(), read(text))).collect()
    }
}
