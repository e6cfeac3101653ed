//! Definitions and uses of names: common table expressions and aliases.

use super::super::catalogue::Catalogue;
use super::super::text::Span;
use super::outline::{Origin, Table};
use super::scope::Reading;
use super::tokens::Token;

/// All occurrences of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub name: String,
    /// Its definition and its uses, in text order.
    pub spans: Vec<Span>,
}

/// The definition of the name at the byte `at`: a common table expression, an alias, or a column of a common table
/// expression.
pub fn definition(text: &str, at: usize, catalogue: &Catalogue) -> Option<Span> {
    let reading = Reading::new(text, catalogue);
    let token = name_at(&reading, at)?;
    if let Some(span) = meant(&reading, &token) {
        return Some(span);
    }
    let name = token.name(text);
    let select = reading.outline.select_at(token.span.start).and_then(|index| reading.outline.selects.get(index))?;
    let wanted = qualifier(&reading, &token);
    let fits = |table: &&Table| {
        wanted.as_ref().is_none_or(|wanted| table.called().is_some_and(|it| it.eq_ignore_ascii_case(wanted)))
    };
    select.tables.iter().filter(fits).find_map(|table| {
        let body = match &table.origin {
            Origin::Derived(body) => *body,
            Origin::Named(named) => reading.outline.common(named, table.span.start)?.body,
        };
        let inside =
            reading.outline.selects.iter().find(|it| it.span.start >= body.start && it.span.end <= body.end)?;
        inside.items.iter().find(|item| item.name.eq_ignore_ascii_case(&name)).map(|item| item.name_span)
    })
}

/// All occurrences of the name at the byte `at`; `None` if it can't be renamed, such as a data source.
pub fn places(text: &str, at: usize, catalogue: &Catalogue) -> Option<Places> {
    let reading = Reading::new(text, catalogue);
    let token = name_at(&reading, at)?;
    let target = meant(&reading, &token)?;
    let name = reading.tokens.iter().find(|token| token.span == target)?.name(text);
    let same = reading.tokens.iter().filter(|it| it.is_name() && it.name(text).eq_ignore_ascii_case(&name));
    let spans: Vec<Span> = same.filter(|it| meant(&reading, it) == Some(target)).map(|it| it.span).collect();
    (!spans.is_empty()).then_some(Places { name, spans })
}

fn name_at(reading: &Reading<'_>, at: usize) -> Option<Token> {
    let touches = |token: &&Token| token.is_name() && token.span.start <= at && at <= token.span.end;
    reading.tokens.iter().find(touches).copied()
}

/// The qualifier before a token.
fn qualifier(reading: &Reading<'_>, token: &Token) -> Option<String> {
    let index = reading.tokens.iter().position(|it| it.span == token.span)?;
    let point = reading.tokens.get(index.checked_sub(1)?)?;
    point
        .is_sign(reading.text, ".")
        .then(|| reading.tokens.get(index.checked_sub(2)?).map(|it| it.name(reading.text)))?
}

/// The definition of the table that a token names: at its definition, in `FROM`, or as a qualifier.
fn meant(reading: &Reading<'_>, token: &Token) -> Option<Span> {
    if reading.outline.commons.iter().any(|common| common.name_span == token.span) {
        return Some(token.span);
    }
    let name = token.name(reading.text);
    let own = reading.outline.selects.iter().flat_map(|select| &select.tables);
    for table in own {
        if table.alias.as_ref().is_some_and(|(_, span)| *span == token.span) {
            return Some(token.span);
        }
        if table.span == token.span
            && let Origin::Named(named) = &table.origin
        {
            return reading.outline.common(named, token.span.start).map(|common| common.name_span);
        }
    }
    let next = reading.tokens.iter().find(|it| it.span.start >= token.span.end)?;
    if !next.is_sign(reading.text, ".") || qualifier(reading, token).is_some() {
        return None;
    }
    let mut select = reading.outline.select_at(token.span.start);
    while let Some(here) = select.and_then(|index| reading.outline.selects.get(index)) {
        let called = |table: &&Table| table.called().is_some_and(|it| it.eq_ignore_ascii_case(&name));
        if let Some(table) = here.tables.iter().find(called) {
            return match (&table.alias, &table.origin) {
                (Some((_, span)), _) => Some(*span),
                (None, Origin::Named(named)) => reading.outline.common(named, table.span.start).map(|it| it.name_span),
                (None, Origin::Derived(_)) => None,
            };
        }
        select = here.around;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "WITH reach AS (SELECT campaign AS c, COUNT(*) AS n FROM dsp_clicks d WHERE d.campaign IS NOT NULL GROUP BY 1),\n\
        more AS (SELECT r.c FROM reach r JOIN reach x ON r.c = x.c)\nSELECT reach.n, more.c FROM reach JOIN more ON reach.c = more.c";

    fn at(needle: &str, offset: usize) -> usize {
        TEXT.find(needle).unwrap() + offset
    }

    #[test]
    fn a_name_leads_to_its_definition() {
        let defined = |at: usize| definition(TEXT, at, Catalogue::standard()).map(|span| (span.start, span.of(TEXT)));
        assert_eq!(defined(at("reach r JOIN", 1)), Some((5, "reach")));
        assert_eq!(defined(at("r.c FROM", 0)), Some((at("r JOIN", 0), "r")));
        assert_eq!(defined(at("reach.n", 6)), Some((at("n FROM dsp", 0), "n")));
        assert_eq!(defined(at("d.campaign", 0)), Some((at("d WHERE", 0), "d")));
        assert_eq!(defined(at("dsp_clicks", 0)), None, "a data source is defined by AMC");
        assert_eq!(defined(at("COUNT", 0)), None);
    }

    #[test]
    fn everything_that_means_the_same_is_renamed_together() {
        let renamed = |at: usize, to: &str| {
            let places = places(TEXT, at, Catalogue::standard())?;
            let mut text = TEXT.to_owned();
            for span in places.spans.iter().rev() {
                text.replace_range(span.start..span.end, to);
            }
            Some(text)
        };
        let text = renamed(at("reach AS", 0), "people").unwrap();
        assert_eq!(text.matches("people").count(), 6);
        assert!(!text.contains("reach") && text.contains("people.n, more.c FROM people JOIN more ON people.c"));
        let text = renamed(at("r.c FROM", 0), "left_side").unwrap();
        assert!(text.contains("SELECT left_side.c FROM reach left_side JOIN reach x ON left_side.c = x.c"));
        assert_eq!(renamed(at("dsp_clicks", 2), "x"), None);
        assert_eq!(renamed(at("campaign", 2), "x"), None);
    }
}
