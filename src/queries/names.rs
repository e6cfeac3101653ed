//! Links names of AMC's sources and columns to the pages that explain them.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::amcsql::catalogue::Catalogue;
use crate::web::words;

/// The documented columns, each with its source if only one source has it.
static COLUMNS: LazyLock<HashMap<&'static str, Option<&'static str>>> = LazyLock::new(|| {
    let mut columns = HashMap::new();
    for source in Catalogue::standard().sources() {
        for column in &source.columns {
            let only = columns.entry(column.name.as_str()).or_insert(Some(source.id.as_str()));
            if *only != Some(source.id.as_str()) {
                *only = None;
            }
        }
    }
    columns
});

/// The page that explains a source or column of that name; `None` for a name that Amazon doesn't document.
pub fn explained_at(name: &str) -> Option<String> {
    if let Some(source) = Catalogue::standard().source(name) {
        return Some(format!("/data-sources/{}", source.id));
    }
    match COLUMNS.get(name)? {
        Some(source) => Some(format!("/data-sources/{source}#{name}")),
        None => Some(format!("/data-sources/fields?f=all&f.1.p=column&f.1.o=is&f.1.v={name}")),
    }
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    pub text: &'a str,
    /// Whether it was between backticks.
    pub is_name: bool,
    /// The page that explains it.
    pub href: Option<String>,
}

/// Splits a sentence with names between backticks into parts; documented names get a link.
pub fn linked(sentence: &str) -> Vec<Part<'_>> {
    let part = |(is_name, text): (bool, _)| {
        let href = if is_name { explained_at(text) } else { None };
        Part { text, is_name, href }
    };
    words::names(sentence).into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_its_source_its_place_there_or_all_that_have_it() {
        assert_eq!(explained_at("dsp_clicks").unwrap(), "/data-sources/dsp_clicks");
        assert_eq!(explained_at("ad_group_end_dt").unwrap(), "/data-sources/sponsored_ads_traffic#ad_group_end_dt");
        assert!(explained_at("user_id").unwrap().ends_with("f.1.v=user_id"));
        for unknown in ["", "campain", "LIMIT", "<b>", "' OR 1=1"] {
            assert_eq!(explained_at(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn only_names_between_backticks_lead_anywhere() {
        let parts = linked("There is no column `campain`. Did you mean `click_cost` and not click_cost?");
        let links: Vec<_> = parts.iter().map(|part| (part.text, part.href.is_some())).collect();
        assert_eq!(links[1], ("campain", false));
        assert_eq!((links[3], links[4].1), (("click_cost", true), false));
    }
}
