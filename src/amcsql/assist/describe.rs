//! Hover and signature help: the meaning of a name, and the arguments of a call.

use super::super::catalogue::{Catalogue, DataSource, Threshold};
use super::super::functions;
use super::super::text::Span;
use super::outline::{Origin, Table};
use super::scope::{Column, Reading};
use super::tokens::{Kind, Token};

/// Maximum number of columns listed for a common table expression.
const MOST_NAMED: usize = 12;

/// The description of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// The position of the name.
    pub span: Span,
    pub title: String,
    pub lines: Vec<String>,
}

/// An unfinished call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallHelp {
    /// The position of the function's name.
    pub span: Span,
    /// The form of the call.
    pub usage: &'static str,
    pub help: &'static str,
    /// The range of the current argument in `usage`.
    pub argument: Option<Span>,
}

/// The description of a privacy level.
struct Level(Threshold);

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0.users(), self.0.amc()) {
            (Some(1), _) => f.write_str("No privacy threshold"),
            (Some(users), amc) => write!(f, "Privacy level {amc}: a row needs at least {users} users"),
            (None, amc) => {
                write!(f, "Privacy level {amc}: never in a result, only inside aggregates such as COUNT(DISTINCT …)")
            }
        }
    }
}

/// The description of the name at the byte `at`; `None` if there is no known name.
pub fn hover(text: &str, at: usize, catalogue: &Catalogue) -> Option<Help> {
    let reading = Reading::new(text, catalogue);
    let index =
        reading.tokens.iter().position(|token| token.span.start <= at && at <= token.span.end && token.is_name())?;
    let token = reading.tokens.get(index).copied()?;
    let (name, span) = (token.name(text), token.span);
    let sign = |at: Option<usize>, sign: &str| {
        at.and_then(|at| reading.tokens.get(at)).is_some_and(|token| token.is_sign(text, sign))
    };
    if token.kind == Kind::Word
        && sign(Some(index + 1), "(")
        && let Some(function) = functions::signature(&name)
    {
        return Some(Help { span, title: function.usage.to_owned(), lines: vec![function.summary.to_owned()] });
    }
    if sign(index.checked_sub(1), ".") {
        let table = index.checked_sub(2).and_then(|at| reading.tokens.get(at))?.name(text);
        let column = columns(&reading, span.start)
            .into_iter()
            .find(|(given, column)| given.eq_ignore_ascii_case(&table) && column.name.eq_ignore_ascii_case(&name));
        return column.map(|(given, column)| of_column(span, &given, &column));
    }
    if let Some(help) = of_table(&reading, &token, &name) {
        return Some(help);
    }
    let column = columns(&reading, span.start).into_iter().find(|(_, column)| column.name.eq_ignore_ascii_case(&name));
    column.map(|(given, column)| of_column(span, &given, &column))
}

/// The columns in scope at a position, each with the name of its table.
fn columns(reading: &Reading<'_>, at: usize) -> Vec<(String, Column)> {
    let tables = reading.in_scope(at).into_iter().flatten();
    tables.flat_map(|table| table.columns.into_iter().map(move |column| (table.called.clone(), column))).collect()
}

fn of_column(span: Span, table: &str, column: &Column) -> Help {
    let kind = column.data_type.as_ref().map(ToString::to_string).unwrap_or_default();
    let title = format!("{}  {kind}", column.name).trim_end().to_owned();
    let mut lines = vec![Level(column.threshold).to_string()];
    if let Some(unit) = &column.unit {
        let divisor = if unit == "microcents" { "100,000,000" } else { "100,000" };
        lines.push(format!("Amount in {unit}: divide by {divisor} for currency units"));
    }
    if !table.is_empty() {
        lines.push(format!("From {table}"));
    }
    lines.extend(Some(column.help.clone()).filter(|help| !help.is_empty()));
    Help { span, title, lines }
}

/// The description of a table or alias.
fn of_table(reading: &Reading<'_>, token: &Token, name: &str) -> Option<Help> {
    let select = reading.outline.select_at(token.span.start).and_then(|index| reading.outline.selects.get(index));
    let definition = reading.outline.commons.iter().find(|common| common.name_span == token.span);
    let is_own = |table: &&Table| {
        table.span == token.span
            || table.alias.as_ref().is_some_and(|(alias, span)| {
                *span == token.span || (alias.eq_ignore_ascii_case(name) && is_qualifier(reading, token))
            })
            || (table.called().is_some_and(|called| called.eq_ignore_ascii_case(name)) && is_qualifier(reading, token))
    };
    let table = select.and_then(|select| select.tables.iter().find(is_own));
    if let Some(definition) = definition {
        return Some(of_common(reading, token.span, &definition.name, definition.visible.start));
    }
    match &table?.origin {
        Origin::Named(named) if reading.outline.common(named, token.span.start).is_some() => {
            Some(of_common(reading, token.span, named, token.span.start))
        }
        Origin::Named(named) => reading.source(named).map(|source| of_source(token.span, source)),
        Origin::Derived(_) => None,
    }
}

fn is_qualifier(reading: &Reading<'_>, token: &Token) -> bool {
    let next = reading.tokens.partition_point(|it| it.span.start <= token.span.start);
    reading.tokens.get(next).is_some_and(|next| next.is_sign(reading.text, "."))
}

fn of_source(span: Span, source: &DataSource) -> Help {
    let about = [
        ("Category", &source.category),
        ("Data lag", &source.data_lag),
        ("History", &source.history),
        ("Availability", &source.availability),
    ];
    let mut lines = vec![source.description.clone()];
    lines.extend(about.into_iter().filter(|(_, text)| !text.is_empty()).map(|(what, text)| format!("{what}: {text}")));
    lines.retain(|line| !line.is_empty());
    Help { span, title: format!("{}  {}", source.id, source.name), lines }
}

fn of_common(reading: &Reading<'_>, span: Span, name: &str, at: usize) -> Help {
    let columns = reading.common_columns(name, at);
    let named = columns
        .iter()
        .take(MOST_NAMED)
        .map(|column| format!("{}  {}", column.name, column.detail()).trim_end().to_owned());
    let mut lines: Vec<String> = named.collect();
    if columns.len() > MOST_NAMED {
        lines.push(format!("and {} more", columns.len() - MOST_NAMED));
    }
    Help { span, title: format!("{name}  common table"), lines }
}

/// The call around the byte `at`, and its current argument.
pub fn signature(text: &str, at: usize) -> Option<CallHelp> {
    let tokens: Vec<Token> =
        super::tokens::tokens(text).into_iter().filter(|token| token.span.end <= at && !token.is_comment()).collect();
    let (mut depth, mut commas) = (0_usize, 0);
    for (index, token) in tokens.iter().enumerate().rev() {
        if token.is_sign(text, ")") {
            depth += 1;
        } else if token.is_sign(text, ",") && depth == 0 {
            commas += 1;
        } else if token.is_sign(text, ";") {
            return None;
        } else if token.is_sign(text, "(") {
            if depth > 0 {
                depth -= 1;
                continue;
            }
            let name = index.checked_sub(1).and_then(|at| tokens.get(at)).filter(|token| token.kind == Kind::Word)?;
            let function = functions::signature(name.text(text))?;
            let argument = argument(function.usage, commas);
            return Some(CallHelp { span: name.span, usage: function.usage, help: function.summary, argument });
        }
    }
    None
}

/// The position of an argument in a usage such as `F(a, b)`; the last one repeats if it ends with `…`.
fn argument(usage: &str, number: usize) -> Option<Span> {
    let (open, close) = (usage.find('(')? + 1, usage.rfind(')')?);
    let mut spans = Vec::new();
    let (mut start, mut depth) = (open, 0_usize);
    for (at, sign) in usage.get(open..close)?.char_indices().map(|(at, sign)| (at + open, sign)) {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                spans.push(Span::new(start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    spans.push(Span::new(start, close));
    let span = spans.get(number).or_else(|| spans.last().filter(|last| last.of(usage).contains('…')))?;
    let blanks = span.of(usage).len() - span.of(usage).trim_start().len();
    Some(Span::new(span.start + blanks, span.end)).filter(|span| span.end > span.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(text: &str) -> Option<Help> {
        let at = text.find('|').unwrap();
        hover(&text.replacen('|', "", 1), at, Catalogue::standard())
    }

    #[test]
    fn columns_sources_common_tables_and_functions_are_reported() {
        let column = help("SELECT i.user|_id FROM dsp_impressions i").unwrap();
        assert!(column.title.starts_with("user_id") && column.lines[0].contains("VERY_HIGH"), "{column:?}");
        let money = help("SELECT total_c|ost FROM dsp_impressions").unwrap();
        assert!(money.lines.iter().any(|line| line.contains("millicents")), "{money:?}");
        assert!(help("SELECT 1 FROM dsp_impr|essions").unwrap().title.starts_with("dsp_impressions"));
        assert!(help("SELECT i|.user_id FROM dsp_impressions i").unwrap().title.starts_with("dsp_impressions"));
        let common = help("WITH a AS (SELECT campaign AS c FROM dsp_clicks) SELECT c FROM |a").unwrap();
        assert_eq!(common.title, "a  common table");
        assert!(common.lines[0].starts_with("c  STRING"), "{common:?}");
        assert!(help("SELECT COUN|T(*) FROM dsp_clicks").unwrap().title.starts_with("COUNT"));
        assert_eq!(help("SELECT nothi|ng FROM dsp_clicks"), None);
        assert_eq!(help("-- camp|aign"), None);
    }

    #[test]
    fn the_argument_in_hand_is_marked() {
        let shown = |text: &str| {
            let found = signature(text, text.len())?;
            Some(found.argument.map_or("", |span| span.of(found.usage)).to_owned())
        };
        assert_eq!(shown("SELECT REPLACE(").as_deref(), Some("text"));
        assert_eq!(shown("SELECT REPLACE(campaign, (1, 2), ").as_deref(), Some("with"));
        assert_eq!(shown("SELECT REPLACE(LOWER(x), 'a'").as_deref(), Some("find"));
        assert_eq!(shown("SELECT (").as_deref(), None);
        assert_eq!(shown("SELECT LOWER(x)").as_deref(), None);
        assert_eq!(shown("SELECT CONCAT(a, b, c, d").as_deref(), Some("…"));
    }
}
