//! The schema panel: the instance's data sources beside the SQL, their columns, and which ones the query reads.
//!
//! Without scripts its buttons submit the editor's form and return the page with a source expanded, or with a name
//! inserted; with scripts the same list is searched and expanded in place.

use std::collections::HashSet;

use crate::amcsql::assist;
use crate::amcsql::catalogue::{Catalogue, ColumnDef, DataSource};
use crate::instances::Instance;
use crate::web::Fields;

/// Maximum length of an inserted name, in characters.
const LONGEST: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Schema {
    /// The search text.
    pub(super) search: String,
    pub(super) sources: Vec<SchemaSource>,
    /// The address from which scripts load all columns.
    pub(super) address: String,
}

/// A data source in the panel.
#[derive(Debug)]
pub(super) struct SchemaSource {
    pub(super) id: String,
    pub(super) title: String,
    /// Whether the text reads it.
    pub(super) is_read: bool,
    /// Why the instance doesn't have it; empty if it does.
    pub(super) missing: String,
    /// Its columns, if it is expanded.
    pub(super) columns: Vec<SchemaColumn>,
}

/// A column in the panel.
#[derive(Debug)]
pub(super) struct SchemaColumn {
    pub(super) name: String,
    pub(super) data_type: String,
    pub(super) threshold: &'static str,
    pub(super) help: String,
    /// Whether the text uses it.
    pub(super) is_read: bool,
}

impl Schema {
    /// The sources of `catalogue`, and those that AMC documents and `instance` lacks. `form` contains the search
    /// (`schema`) and the expanded source (`unfold`).
    pub(super) fn new(catalogue: &Catalogue, instance: Option<&Instance>, sql: &str, form: &Fields) -> Self {
        let words = assist::words(sql);
        let search: String = form.trimmed("schema").chars().take(LONGEST).collect();
        let wanted = search.to_lowercase();
        let unfolded = form.trimmed("unfold");
        let present = catalogue.sources().iter().map(|source| (source, String::new()));
        let has = |source: &&DataSource| catalogue.source(&source.id).is_none() && !source.deprecated;
        let missing = Catalogue::standard().sources().iter().filter(has).map(|source| (source, why_missing(source)));
        let lacked: Vec<_> = if instance.is_some() { missing.collect() } else { Vec::new() };
        let mut sources: Vec<SchemaSource> = present
            .chain(lacked)
            .filter_map(|(source, missing)| source_row(source, missing, &words, &wanted, unfolded))
            .collect();
        sources.sort_by_key(|source| (!source.is_read, !source.missing.is_empty()));
        Self { search, sources, ..Self::default() }
    }
}

fn source_row(
    source: &DataSource,
    missing: String,
    words: &HashSet<String>,
    wanted: &str,
    unfolded: &str,
) -> Option<SchemaSource> {
    let is_found = |text: &str| text.to_lowercase().contains(wanted);
    let by_name = wanted.is_empty() || is_found(&source.id) || is_found(&source.name);
    let fitting = |column: &&ColumnDef| by_name || is_found(&column.name);
    let is_unfolded = source.id == unfolded || !by_name;
    let columns = source.columns.iter().filter(|_| is_unfolded).filter(fitting);
    let columns: Vec<SchemaColumn> = columns.map(|column| column_row(column, words)).collect();
    (by_name || !columns.is_empty()).then(|| SchemaSource {
        id: source.id.clone(),
        title: source.name.clone(),
        is_read: words.contains(&source.id),
        missing,
        columns,
    })
}

fn column_row(column: &ColumnDef, words: &HashSet<String>) -> SchemaColumn {
    SchemaColumn {
        name: column.name.clone(),
        data_type: column.data_type.to_string(),
        threshold: column.threshold.amc(),
        help: column.description.clone(),
        is_read: words.contains(&column.name),
    }
}

/// Why an instance doesn't have a documented source.
fn why_missing(source: &DataSource) -> String {
    if source.category == "Paid features" {
        "Paid feature, not in this instance".to_owned()
    } else {
        "Not in this instance".to_owned()
    }
}

/// Appends a name that was selected in the panel to the text.
pub(super) fn insert(sql: &mut String, name: &str) {
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'));
    if !is_name || name.chars().count() > LONGEST {
        return;
    }
    if !sql.is_empty() && !sql.ends_with(char::is_whitespace) {
        sql.push(' ');
    }
    sql.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_text_reads_comes_first_and_a_search_unfolds_what_it_finds() {
        let catalogue = Catalogue::standard();
        let schema = |sql: &str, form: &str| Schema::new(catalogue, None, sql, &Fields::parse(form.as_bytes()));
        let all = schema("SELECT campaign FROM Conversions", "");
        assert_eq!(all.sources[0].id, "conversions");
        assert!(all.sources[0].is_read && all.sources[0].columns.is_empty());
        let unfolded = schema("SELECT campaign FROM dsp_clicks", "unfold=dsp_clicks");
        assert!(unfolded.sources[0].columns.iter().any(|column| column.name == "campaign" && column.is_read));
        let found = schema("", "schema=new_to_brand");
        assert!(!found.sources.is_empty());
        assert!(found.sources.iter().all(|source| source.columns.iter().any(|it| it.name.contains("new_to_brand"))));
        assert!(schema("", "schema=no+such+thing").sources.is_empty());
    }

    #[test]
    fn only_names_are_added_to_a_text() {
        let added = |sql: &str, name: &str| {
            let mut sql = sql.to_owned();
            insert(&mut sql, name);
            sql
        };
        assert_eq!(added("SELECT", "campaign"), "SELECT campaign");
        assert_eq!(added("", "dsp_clicks"), "dsp_clicks");
        assert_eq!(added("SELECT ", "x; DROP"), "SELECT ");
    }
}
