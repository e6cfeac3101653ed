//! Which sources and columns a text reads, and where it names them.

use std::collections::HashMap;

use super::super::bound::ColumnId;
use super::super::parser;
use super::super::text::Span;
use super::Context;
use super::binder::Binder;

/// A place in a text that names a source or one of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub span: Span,
    /// The source, in lower case.
    pub source: String,
    /// The column, in lower case; `None` for the source itself.
    pub column: Option<String>,
    /// Whether it is alone in a SELECT and so determines the output name: with another column it needs `AS` and this
    /// name.
    pub names_output: bool,
}

/// What `text` reads, in text order; as far as names can be resolved if it has errors, empty if it can't be parsed. A
/// name passed on by a common table expression counts where that reads it, and one merged by `USING` from two columns
/// counts there.
pub fn uses(text: &str, context: &Context<'_>) -> Vec<Use> {
    let Ok(parsed) = parser::parse(text) else { return Vec::new() };
    let mut binder = Binder::new(text, *context);
    binder.places = Some(Vec::new());
    binder.query(&parsed.query, true);
    let places = binder.places.take().unwrap_or_default();
    let mut uses: Vec<Use> = Vec::new();
    let mut columns: HashMap<ColumnId, (&str, &str)> = HashMap::new();
    for reading in &binder.readings {
        let source = reading.source.id.as_str();
        uses.push(Use { span: reading.span, source: source.to_lowercase(), column: None, names_output: false });
        columns.extend(reading.columns.iter().map(|(id, name)| (*id, (source, name.as_str()))));
    }
    uses.extend(places.into_iter().filter_map(|(id, span)| {
        let (source, column) = columns.get(&id)?;
        let names_output = binder.bare.contains(&span.end);
        Some(Use { span, source: source.to_lowercase(), column: Some(column.to_lowercase()), names_output })
    }));
    uses.sort_by(|one, other| {
        (one.span.start, &one.source, &one.column).cmp(&(other.span.start, &other.source, &other.column))
    });
    uses.dedup();
    uses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::catalogue::Catalogue;

    fn read(text: &str) -> Vec<String> {
        let shown = |it: Use| format!("{}@{}", it.column.unwrap_or(it.source), it.span.of(text));
        uses(text, &Context::reporting(Catalogue::standard())).into_iter().map(shown).collect()
    }

    #[test]
    fn columns_are_reported_where_they_are_named_and_not_where_a_common_table_passes_them_on() {
        let text = "WITH a AS (SELECT i.campaign AS c, user_id FROM dsp_impressions i)\n\
            SELECT c, COUNT(DISTINCT user_id) AS campaign FROM a GROUP BY c";
        assert_eq!(read(text), ["campaign@campaign", "user_id@user_id", "dsp_impressions@dsp_impressions"]);
    }

    #[test]
    fn words_in_strings_comments_and_aliases_are_no_uses() {
        let text =
            "SELECT 'site' AS site, /* site */ SUM(impressions) AS n FROM dsp_impressions WHERE campaign = 'site'";
        assert_eq!(read(text), ["impressions@impressions", "dsp_impressions@dsp_impressions", "campaign@campaign"]);
    }

    #[test]
    fn a_text_with_mistakes_tells_what_can_be_resolved() {
        assert_eq!(read("SELECT campain, site FROM dsp_clicks"), ["site@site", "dsp_clicks@dsp_clicks"]);
        assert_eq!(read("SELECT FROM ("), Vec::<String>::new());
    }

    #[test]
    fn a_column_that_stands_alone_names_what_it_gives() {
        let text =
            "SELECT campaign, site AS s, i.device_type, UPPER(app_bundle) AS a FROM dsp_impressions i GROUP BY site";
        let uses = uses(text, &Context::reporting(Catalogue::standard()));
        let naming: Vec<_> = uses.iter().filter(|it| it.names_output).filter_map(|it| it.column.as_deref()).collect();
        assert_eq!(naming, ["campaign", "device_type"]);
    }

    #[test]
    fn a_join_by_using_names_the_column_of_both_sources() {
        let text = "SELECT COUNT(DISTINCT user_id) AS n FROM dsp_clicks INNER JOIN dsp_impressions USING (user_id)";
        assert_eq!(read(text).iter().filter(|it| it.as_str() == "user_id@user_id").count(), 2);
    }
}
