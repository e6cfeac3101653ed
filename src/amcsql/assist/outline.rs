//! The outline of a possibly broken text: its common table expressions, its `SELECT`s, their sources and columns.
//!
//! The parser stops at the first error, and a text that is being edited is full of errors. So this only looks at
//! words and parentheses, and ignores what it doesn't recognize.

mod reader;

use super::super::text::Span;
use super::tokens::Token;
use reader::Reader;

/// The outline of a text.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) commons: Vec<Common>,
    pub(super) selects: Vec<Select>,
}

/// A common table expression.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) name: String,
    pub(super) name_span: Span,
    /// Its query, without parentheses.
    pub(super) body: Span,
    /// The range in which it can be used.
    pub(super) visible: Span,
}

/// One `SELECT`.
#[derive(Clone, Debug)]
pub(super) struct Select {
    /// From its first word to the end of the enclosing construct.
    pub(super) span: Span,
    pub(super) tables: Vec<Table>,
    pub(super) items: Vec<Item>,
    /// The starts of its clauses, in order.
    pub(super) clauses: Vec<(usize, Clause)>,
    /// The enclosing `SELECT`, whose columns it can use.
    pub(super) around: Option<usize>,
}

/// A clause of a `SELECT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    Items,
    From,
    On,
    Where,
    Group,
    Having,
    Order,
    Other,
}

/// An item of `FROM`.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) origin: Origin,
    /// The position of its name or its query.
    pub(super) span: Span,
    pub(super) alias: Option<(String, Span)>,
}

/// The kind of a table.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A data source or a common table expression, by the last part of its name.
    Named(String),
    /// A query, without parentheses.
    Derived(Span),
}

/// One column of a `SELECT`.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its name; empty if it has none.
    pub(super) name: String,
    pub(super) name_span: Span,
    /// `*` or `a.*`.
    pub(super) is_star: bool,
}

impl Table {
    /// The qualifier for its columns.
    pub(super) fn called(&self) -> Option<&str> {
        match (&self.alias, &self.origin) {
            (Some((alias, _)), _) => Some(alias),
            (None, Origin::Named(name)) => Some(name),
            (None, Origin::Derived(_)) => None,
        }
    }
}

impl Select {
    /// The clause that contains a position.
    pub(super) fn clause(&self, at: usize) -> Clause {
        self.clauses.iter().rev().find(|(start, _)| *start <= at).map_or(Clause::Items, |(_, clause)| *clause)
    }
}

impl Outline {
    /// The outline of a text; `tokens` are all tokens, including comments.
    pub(super) fn new(text: &str, tokens: &[Token]) -> Self {
        let tokens: Vec<Token> = tokens.iter().copied().filter(|token| !token.is_comment()).collect();
        let mut reader = Reader::new(text, &tokens);
        while reader.at < tokens.len() {
            reader.query(text.len(), None, 0);
            // OK to continue after an unmatched parenthesis or a semicolon: what follows may be a query again.
            reader.at += 1;
        }
        reader.outline
    }

    /// The innermost `SELECT` around a position.
    pub(super) fn select_at(&self, at: usize) -> Option<usize> {
        let around = self.selects.iter().enumerate().filter(|(_, it)| it.span.start <= at && at <= it.span.end);
        around.min_by_key(|(_, it)| it.span.end - it.span.start).map(|(index, _)| index)
    }

    /// The common table expressions that can be used at a position, in text order.
    pub(super) fn visible(&self, at: usize) -> impl Iterator<Item = &Common> {
        self.commons.iter().filter(move |common| common.visible.start <= at && at <= common.visible.end)
    }

    /// The common table expression that a name refers to at a position: the latest with that name.
    pub(super) fn common(&self, name: &str, at: usize) -> Option<&Common> {
        self.visible(at).filter(|common| common.name.eq_ignore_ascii_case(name)).last()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn outline(text: &str) -> Outline {
        Outline::new(text, &tokens(text))
    }

    #[test]
    fn common_tables_derived_tables_and_aliases_are_found() {
        let text = "WITH a AS (SELECT campaign AS c, SUM(x) total FROM dsp_clicks), b (k) AS (SELECT * FROM a)\n\
            SELECT b.k, (SELECT MAX(c) FROM a) FROM b LEFT JOIN (SELECT user_id FROM conversions) AS d ON b.k = d.user_id WHERE ";
        let outline = outline(text);
        let names: Vec<_> = outline.commons.iter().map(|it| (it.name.as_str(), it.body.of(text))).collect();
        assert_eq!(names[0], ("a", "SELECT campaign AS c, SUM(x) total FROM dsp_clicks"));
        assert_eq!(names[1].0, "b");
        let items: Vec<_> = outline.selects[0].items.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(items, ["c", "total"]);
        let at = outline.select_at(text.len()).unwrap();
        let called: Vec<_> = outline.selects[at].tables.iter().filter_map(Table::called).collect();
        assert_eq!((called, outline.selects[at].clause(text.len())), (vec!["b", "d"], Clause::Where));
        let inner = outline.select_at(text.find("MAX").unwrap()).unwrap();
        assert_eq!(outline.selects[inner].around, Some(at));
        assert_eq!(outline.visible(text.find("SELECT * FROM a").unwrap()).count(), 1, "only what stands before");
    }

    #[test]
    fn broken_texts_keep_what_can_be_read() {
        let text = "WITH a AS (SELECT campaign FROM dsp_clicks) SELECT , a. FROM a x JOIN WHERE (((";
        let outline = outline(text);
        let at = outline.select_at(text.find(" FROM a x").unwrap()).unwrap();
        assert_eq!(outline.selects[at].tables[0].called(), Some("x"));
        for odd in [
            "",
            "WITH",
            "WITH a AS",
            "WITH a AS (",
            "SELECT",
            ")))",
            "SELECT (SELECT (",
            "FROM a",
            ";;SELECT 1;SELECT 2",
        ] {
            Outline::new(odd, &tokens(odd));
        }
    }

    #[test]
    fn deep_parentheses_are_passed_over() {
        let text = format!("SELECT {}1{} FROM dsp_clicks WHERE ", "(".repeat(20_000), ")".repeat(20_000));
        let outline = outline(&text);
        assert_eq!(outline.selects[outline.select_at(text.len()).unwrap()].tables.len(), 1);
    }
}
