//! Completion: columns in scope, common table expressions, aliases, parameters, known values.
//!
//! Data sources, functions and keywords aren't included: they don't depend on the text, so an editor already has
//! them.

use serde::Serialize;

use super::super::catalogue::Catalogue;
use super::super::template;
use super::super::text::Span;
use super::outline::Clause;
use super::scope::{Column, Reading, columns};
use super::tokens::{Kind, Token};

/// Maximum number of completions; columns of the last tables are dropped.
const MOST: usize = 1_500;

/// The completions at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The range that a completion replaces.
    pub span: Span,
    pub options: Vec<Proposal>,
}

/// A completion that the editor offers at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The text to match.
    pub label: String,
    /// The inserted text, if it isn't the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply: Option<String>,
    /// `column`, `cte`, `alias`, `parameter` or `value`.
    pub kind: &'static str,
    /// Its type and privacy level, or its origin.
    pub detail: String,
    /// A description.
    pub info: String,
    /// Higher values come first.
    pub boost: i32,
}

/// The completions at the byte `at` of a possibly broken text.
pub fn complete(text: &str, at: usize, catalogue: &Catalogue) -> Completion {
    let at = text.floor_char_boundary(at.min(text.len()));
    let reading = Reading::new(text, catalogue);
    let index = reading.tokens.partition_point(|token| token.span.end < at);
    let touched = reading.tokens.get(index).filter(|token| token.span.start < at).copied();
    if let Some(token) = touched {
        if token.is_comment() || token.kind == Kind::Number {
            return Completion::default();
        }
        if token.kind == Kind::String && (at < token.span.end || !closes(&token, text)) {
            return values(&reading, index, Span::new(token.span.start + 1, at), true);
        }
    }
    if let Some(field) = touched.filter(|token| token.kind == Kind::Field && at < token.span.end) {
        let span = Span::new((field.span.start + 2).min(at), at);
        return Completion { span, options: parameters(text, true, true) };
    }
    let word = touched.filter(Token::is_name);
    let span = Span::new(word.map_or(at, |token| token.span.start), at);
    let before = before(&reading, span.start);
    let sign = |offset: usize, sign: &str| {
        before.len().checked_sub(offset).and_then(|at| before.get(at)).is_some_and(|token| token.is_sign(text, sign))
    };
    if sign(1, "{") && sign(2, "{") {
        return Completion {
            span,
            options: parameters(text, text.get(at..).is_some_and(|rest| rest.trim_start().starts_with("}}")), true),
        };
    }
    if sign(1, ".") {
        let table = before.len().checked_sub(2).and_then(|at| before.get(at)).filter(|token| token.is_name());
        let options = table.map_or_else(Vec::new, |table| of_table(&reading, span.start, &table.name(text)));
        return Completion { span, options };
    }
    let last = before.last();
    let is_table = last.is_some_and(|token| ["FROM", "JOIN"].iter().any(|word| token.is_word(text, word)))
        || (sign(1, ",") && clause(&reading, span.start) == Clause::From);
    if is_table {
        return Completion { span, options: commons(&reading, span.start) };
    }
    let mut options = if sign(1, "=") || sign(1, "<>") || sign(1, "!=") {
        values(&reading, reading.tokens.partition_point(|token| token.span.start < span.start), span, false).options
    } else {
        Vec::new()
    };
    options.extend(in_expression(&reading, span.start));
    let typed = text.get(span.start..at).unwrap_or_default();
    if options.is_empty() && typed.len() > 1 && reading.outline.select_at(span.start).is_some() {
        options.extend(reading.anywhere(typed).iter().map(|(found, origin)| column(found, origin, false, -16)));
    }
    options.extend(parameters(text, false, false));
    options.truncate(MOST);
    Completion { span, options }
}

/// Whether a quoted text has its closing quote.
fn closes(token: &Token, text: &str) -> bool {
    let written = token.text(text);
    written.len() > 1 && written.ends_with('\'') && written.matches('\'').count().is_multiple_of(2)
}

/// The tokens before a position, without comments.
fn before<'r>(reading: &'r Reading<'_>, at: usize) -> Vec<&'r Token> {
    let end = reading.tokens.partition_point(|token| token.span.end <= at);
    let start = end.saturating_sub(12);
    let near = reading.tokens.get(start..end).unwrap_or_default();
    near.iter().filter(|token| !token.is_comment()).collect()
}

fn clause(reading: &Reading<'_>, at: usize) -> Clause {
    let select = reading.outline.select_at(at).and_then(|index| reading.outline.selects.get(index));
    select.map_or(Clause::Other, |select| select.clause(at))
}

fn commons(reading: &Reading<'_>, at: usize) -> Vec<Proposal> {
    let mut options: Vec<Proposal> = Vec::new();
    for common in reading.outline.visible(at) {
        options.retain(|it| !it.label.eq_ignore_ascii_case(&common.name));
        options.push(Proposal {
            label: common.name.clone(),
            kind: "cte",
            detail: "common table".to_owned(),
            boost: 50,
            ..Proposal::default()
        });
    }
    options
}

fn column(column: &Column, table: &str, is_qualified: bool, boost: i32) -> Proposal {
    let name = written(&column.name);
    let apply = if is_qualified && !table.is_empty() { format!("{}.{name}", written(table)) } else { name };
    let detail = if table.is_empty() { column.detail() } else { format!("{} · {table}", column.detail()) };
    Proposal {
        apply: (apply != column.name).then_some(apply),
        label: column.name.clone(),
        kind: "column",
        detail: detail.trim_start_matches(" · ").to_owned(),
        info: column.help.clone(),
        boost,
    }
}

/// A name as written in SQL: quoted unless it is a plain word.
fn written(name: &str) -> String {
    let is_plain =
        name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if is_plain && !name.is_empty() { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// The columns of the table with that name or alias; if `FROM` isn't written yet, of the common table expression or
/// source with that name.
fn of_table(reading: &Reading<'_>, at: usize, table: &str) -> Vec<Proposal> {
    let levels = reading.in_scope(at);
    let proposals = |columns: &[Column]| columns.iter().map(|it| column(it, "", false, 50)).collect();
    if let Some(given) = levels.iter().flatten().find(|given| given.called.eq_ignore_ascii_case(table)) {
        return proposals(&given.columns);
    }
    if levels.first().is_some_and(|own| !own.is_empty()) {
        return Vec::new();
    }
    if reading.outline.common(table, at).is_some() {
        return proposals(&reading.common_columns(table, at));
    }
    reading.source(table).map(|source| proposals(&columns(source))).unwrap_or_default()
}

/// The completions in an expression.
fn in_expression(reading: &Reading<'_>, at: usize) -> Vec<Proposal> {
    let mut options = Vec::new();
    for (depth, tables) in reading.in_scope(at).iter().enumerate() {
        let boost = 50 - 10 * i32::try_from(depth).unwrap_or(5);
        for given in tables {
            let others = || tables.iter().filter(|other| !std::ptr::eq(*other, given));
            for one in &given.columns {
                let is_shared =
                    others().any(|other| other.columns.iter().any(|it| it.name.eq_ignore_ascii_case(&one.name)));
                options.push(column(one, if tables.len() > 1 { &given.called } else { "" }, is_shared, boost));
            }
            if !given.called.is_empty() && tables.len() > 1 {
                options.push(Proposal {
                    label: given.called.clone(),
                    apply: Some(format!("{}.", written(&given.called))),
                    kind: "alias",
                    detail: "table".to_owned(),
                    boost: boost - 5,
                    ..Proposal::default()
                });
            }
        }
    }
    let select = reading.outline.select_at(at).and_then(|index| reading.outline.selects.get(index));
    if let Some(select) = select.filter(|it| matches!(it.clause(at), Clause::Group | Clause::Having | Clause::Order)) {
        for item in select.items.iter().filter(|item| !item.name.is_empty()) {
            if options.iter().all(|it: &Proposal| it.label != item.name) {
                options.push(Proposal {
                    label: item.name.clone(),
                    kind: "alias",
                    detail: "column of this SELECT".to_owned(),
                    boost: 55,
                    ..Proposal::default()
                });
            }
        }
    }
    options
}

/// The text's parameters; `is_inside` their braces, which may already be closed.
fn parameters(text: &str, is_closed: bool, is_inside: bool) -> Vec<Proposal> {
    let mut names: Vec<String> = template::fields(text).into_iter().map(|field| field.name).collect();
    names.sort();
    names.dedup();
    let apply = |name: &str| match (is_inside, is_closed) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{name}}}}}"),
        (false, _) => format!("{{{{{name}}}}}"),
    };
    let option = |name: String| Proposal {
        apply: Some(apply(&name)),
        label: name,
        kind: "parameter",
        detail: "parameter".to_owned(),
        boost: if is_inside { 50 } else { -5 },
        ..Proposal::default()
    };
    names.into_iter().map(option).collect()
}

/// The known values of the column that the token at `index` is compared with.
fn values(reading: &Reading<'_>, index: usize, span: Span, is_quoted: bool) -> Completion {
    let tokens: Vec<&Token> = reading.tokens.iter().take(index).filter(|token| !token.is_comment()).collect();
    let Some(name) = compared(reading.text, &tokens) else { return Completion { span, options: Vec::new() } };
    let levels = reading.in_scope(span.start);
    let columns = levels.iter().flatten().flat_map(|given| &given.columns);
    let found =
        columns.filter(|column| column.name.eq_ignore_ascii_case(&name)).find(|column| !column.values.is_empty());
    let option = |value: &String| {
        let text = value.replace('\'', "''");
        Proposal {
            label: value.clone(),
            apply: Some(if is_quoted { text } else { format!("'{text}'") }),
            kind: "value",
            detail: name.clone(),
            boost: 60,
            ..Proposal::default()
        }
    };
    Completion { span, options: found.map_or_else(Vec::new, |column| column.values.iter().map(option).collect()) }
}

/// The column before `=`, or before the list of an `IN`, with which a value after `tokens` is compared.
fn compared(text: &str, tokens: &[&Token]) -> Option<String> {
    let mut at = tokens.len();
    // Back over the values of a list.
    while at > 0 && tokens.get(at - 1).is_some_and(|it| it.is_sign(text, ",") || it.kind == Kind::String) {
        at -= 1;
    }
    let sign = tokens.get(at.checked_sub(1)?)?;
    let name = if sign.is_sign(text, "(") && tokens.get(at.checked_sub(2)?)?.is_word(text, "IN") {
        let not = usize::from(at >= 3 && tokens.get(at - 3).is_some_and(|it| it.is_word(text, "NOT")));
        tokens.get(at.checked_sub(3 + not)?)?
    } else if ["=", "<>", "!="].iter().any(|it| sign.is_sign(text, it)) {
        tokens.get(at.checked_sub(2)?)?
    } else {
        return None;
    };
    name.is_name().then(|| name.name(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The completions at the `|` of a text: labels of a kind.
    fn at(text: &str, kind: &str) -> Vec<String> {
        let place = text.find('|').unwrap();
        let text = text.replacen('|', "", 1);
        let found = complete(&text, place, Catalogue::standard());
        found.options.into_iter().filter(|it| it.kind == kind).map(|it| it.label).collect()
    }

    fn has(text: &str, kind: &str, label: &str) -> bool {
        at(text, kind).iter().any(|it| it == label)
    }

    #[test]
    fn columns_of_the_sources_in_scope_are_proposed_wherever_from_stands() {
        assert!(has("SELECT ca| FROM dsp_impressions", "column", "campaign"));
        assert!(has("SELECT campaign FROM dsp_impressions WHERE |", "column", "user_id"));
        assert!(!has("SELECT | FROM dsp_impressions", "column", "conversion_id"));
        assert!(has(
            "SELECT i.| FROM dsp_impressions i JOIN dsp_clicks c ON i.user_id = c.user_id",
            "column",
            "campaign"
        ));
        assert!(at("SELECT x.| FROM dsp_impressions i", "column").is_empty());
    }

    #[test]
    fn common_tables_give_columns_with_their_types_levels_and_units() {
        let text = "WITH spend AS (SELECT campaign, SUM(total_cost) AS cost, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions \
            GROUP BY campaign) SELECT s.| FROM spend s";
        let place = text.find('|').unwrap();
        let found = complete(&text.replacen('|', "", 1), place, Catalogue::standard());
        let of = |label: &str| found.options.iter().find(|it| it.label == label).unwrap().detail.clone();
        assert_eq!(found.options.len(), 3);
        assert!(of("campaign").starts_with("STRING"), "{}", of("campaign"));
        assert!(of("cost").contains("millicents"), "{}", of("cost"));
        assert!(of("reach").starts_with("LONG"), "{}", of("reach"));
    }

    #[test]
    fn a_name_gives_its_columns_before_from_is_written() {
        for (text, label) in [
            ("WITH r AS (SELECT campaign AS camp FROM dsp_impressions GROUP BY 1) SELECT r.c", "camp"),
            ("SELECT dsp_clicks.", "click_cost"),
        ] {
            let found = complete(text, text.len(), Catalogue::standard());
            assert!(found.options.iter().any(|it| it.label == label), "{text}: {:?}", found.options);
        }
    }

    #[test]
    fn columns_of_any_source_are_proposed_while_from_is_not_written() {
        assert!(has("SELECT user_id, camp|", "column", "campaign"));
        assert!(has("WITH a AS (SELECT CAMP|), b AS (SELECT 1 AS x) SELECT x FROM b", "column", "campaign"));
        for text in ["SELECT user_id, c|", "camp|", "SELECT user_id, nothing_like_this|"] {
            assert!(at(text, "column").is_empty(), "{text}");
        }
    }

    #[test]
    fn a_common_table_that_is_being_written_keeps_the_names_that_it_shows() {
        let text =
            "WITH a AS (SELECT campaign AS c, , user_id FROM dsp_clicks), b AS (SELECT c FROM a) SELECT | FROM b";
        assert_eq!(at(text, "column"), ["c"]);
        assert!(has("WITH a AS (SELECT | FROM dsp_clicks", "column", "campaign"));
    }

    #[test]
    fn tables_are_proposed_where_one_stands_and_not_before_they_are_there() {
        assert_eq!(at("WITH a AS (SELECT 1 AS x), b AS (SELECT * FROM |) SELECT 1", "cte"), ["a"]);
        assert_eq!(at("WITH a AS (SELECT 1 AS x), b AS (SELECT 2 AS y) SELECT * FROM a, |", "cte"), ["a", "b"]);
        assert!(at("WITH a AS (SELECT 1 AS x) SELECT * FROM a WHERE |", "cte").is_empty());
    }

    #[test]
    fn a_column_that_two_tables_have_is_written_with_its_table() {
        let text = "SELECT  FROM dsp_impressions i JOIN dsp_clicks c ON i.user_id = c.user_id";
        let found = complete(text, 7, Catalogue::standard());
        let campaign: Vec<_> =
            found.options.iter().filter(|it| it.label == "campaign").filter_map(|it| it.apply.clone()).collect();
        assert_eq!(campaign, ["i.campaign", "c.campaign"]);
    }

    #[test]
    fn parameters_aliases_and_values_are_proposed_in_their_places() {
        assert_eq!(
            at("SELECT 1 FROM dsp_clicks WHERE campaign IN ({{names}}) AND campaign <> {{|", "parameter"),
            ["names"]
        );
        assert!(has("SELECT campaign AS c, 1 AS n FROM dsp_clicks GROUP BY |", "alias", "c"));
        let known = Catalogue::standard().sources().iter().flat_map(|source| {
            source.columns.iter().filter(|column| !column.values.is_empty()).map(move |column| (source, column))
        });
        let (source, column) = known.into_iter().next().expect("a column with known values");
        let text = format!("SELECT 1 FROM {} WHERE {} = '|", source.id, column.name);
        assert_eq!(at(&text, "value").len(), column.values.len());
        let text = format!("SELECT 1 FROM {} WHERE {} NOT IN ('x', '|')", source.id, column.name);
        assert_eq!(at(&text, "value").len(), column.values.len());
    }

    #[test]
    fn comments_numbers_and_odd_places_propose_nothing() {
        for text in ["-- SELECT |", "/* | */ SELECT 1", "SELECT 1|2", "|", "SELECT 'a|"] {
            assert!(at(text, "column").is_empty(), "{text}");
        }
        for at in 0..40 {
            complete("SELECT 'ü€', {{x}} FROM \"ß\" WHERE (((", at, Catalogue::standard());
        }
    }
}
