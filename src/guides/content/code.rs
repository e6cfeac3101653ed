//! Code blocks in a guide: syntax highlighting, and checks of what a block claims.

use super::address::escaped;
use super::model::{Finding, Level};
use crate::amcsql::assist::colors;
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::codes;
use crate::amcsql::finding;
use crate::amcsql::text::LineIndex;
use crate::amcsql::{Context, Purpose, check};

/// The kind of a code block, from its opening line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fence {
    /// Anything but SQL.
    Plain,
    /// A query of the guide, and its name if the line has it.
    Query { name: String },
    /// SQL that must pass the checker.
    Sql,
    /// SQL for a rule-based audience, which must pass the checker.
    Audience,
    /// A fragment of SQL, which isn't checked.
    Fragment,
    /// SQL that the checker must reject with this code, as a report or as an audience.
    Refused(&'static str, Purpose),
}

impl Fence {
    /// Parses the words after the backticks.
    pub(super) fn read(info: &str) -> Result<Self, String> {
        let (language, rest) = info.trim().split_once(' ').unwrap_or((info.trim(), ""));
        let rest = rest.trim();
        if language != "sql" {
            return Ok(Self::Plain);
        }
        let (purpose, own) = match rest.strip_prefix("audience ") {
            Some(own) => (Purpose::Audience, own.trim_start()),
            None => (Purpose::Reporting, rest),
        };
        if let Some(code) = own.strip_prefix("refused=") {
            return codes::find(code).map(|known| Self::Refused(known.name, purpose)).ok_or_else(|| {
                format!("`{code}` isn't a check. See /help/checks for all checks, such as refused=unknown-column.")
            });
        }
        if let Some(name) = rest.strip_prefix("query") {
            let name = name.trim();
            let inside = name.strip_prefix("name=\"").and_then(|rest| rest.strip_suffix('"')).map(str::trim);
            return match inside {
                Some(name) if !name.is_empty() => Ok(Self::Query { name: name.to_owned() }),
                _ if name.is_empty() => Ok(Self::Query { name: String::new() }),
                _ => Err("Write ```sql query, or ```sql query name=\"Reach by campaign\".".to_owned()),
            };
        }
        match rest {
            "" => Ok(Self::Sql),
            "audience" => Ok(Self::Audience),
            "fragment" => Ok(Self::Fragment),
            _ => Err(format!(
                "`{rest}` isn't valid after ```sql. Write query, audience, fragment, refused=CODE or nothing."
            )),
        }
    }

    pub(super) const fn is_sql(&self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// The block's label for readers.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Refused(code, _) => {
                let is_error = codes::find(code).is_none_or(|known| known.level == finding::Level::Error);
                let how = if is_error { "AMC rejects this" } else { "The checker warns of this" };
                format!("{how}: <a href=\"/help/checks/{code}\">{code}</a>")
            }
            Self::Audience => "Query for an audience".to_owned(),
            _ => String::new(),
        }
    }

    /// Checks the block's claim. `first` is the line in the file at which `text` begins.
    pub(super) fn check(&self, file: &str, first: usize, text: &str, findings: &mut Vec<Finding>) {
        let catalogue = Catalogue::standard();
        let context = match self {
            Self::Sql | Self::Refused(_, Purpose::Reporting) => Context::reporting(catalogue).authored(),
            Self::Audience | Self::Refused(_, Purpose::Audience) => Context::audience(catalogue).authored(),
            Self::Plain | Self::Fragment | Self::Query { .. } => return,
        };
        let found = check(text, &context).findings;
        if let Self::Refused(code, _) = self {
            if !found.iter().any(|finding| finding.code == *code) {
                let instead =
                    found.first().map_or("accepts it".to_owned(), |finding| format!("reports `{}`", finding.code));
                let message = format!("The checker must report `{code}` for this SQL, but {instead}.");
                findings.push(Finding::error(file, (first, 1), "not-refused", message));
            }
            return;
        }
        let index = LineIndex::new(text);
        for finding in found.into_iter().filter(|finding| finding.level != Level::Info) {
            let place = index.place(finding.span.start);
            let place = (first + place.line - 1, place.column);
            let finding = Finding::error(file, place, finding.code, finding.message);
            findings.push(Finding { level: finding.level, ..finding });
        }
    }
}

/// SQL as HTML with syntax highlighting.
pub(super) fn colored(sql: &str) -> String {
    let mut html = String::with_capacity(sql.len() * 2);
    let mut at = 0;
    for (span, color) in colors(sql) {
        html.push_str(&escaped(sql.get(at..span.start).unwrap_or_default()));
        html.push_str("<span class=\"");
        html.push_str(color.class());
        html.push_str("\">");
        html.push_str(&escaped(span.of(sql)));
        html.push_str("</span>");
        at = span.end;
    }
    html.push_str(&escaped(sql.get(at..).unwrap_or_default()));
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_block_is_parsed() {
        assert_eq!(Fence::read("sql query name=\"Q\""), Ok(Fence::Query { name: "Q".to_owned() }));
        assert_eq!(Fence::read("sql query"), Ok(Fence::Query { name: String::new() }));
        assert_eq!(Fence::read("sql refused=unknown-column"), Ok(Fence::Refused("unknown-column", Purpose::Reporting)));
        assert_eq!(
            Fence::read("sql audience refused=audience-output"),
            Ok(Fence::Refused("audience-output", Purpose::Audience))
        );
        assert_eq!((Fence::read("sql"), Fence::read("")), (Ok(Fence::Sql), Ok(Fence::Plain)));
        for wrong in [
            "sql refused=nonsense",
            "sql audience refused=nonsense",
            "sql audience x",
            "sql quary",
            "sql query title=\"x\"",
        ] {
            assert!(Fence::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn highlighting_keeps_the_text_and_its_characters() {
        assert_eq!(
            colored("SELECT 'a<b' < {{x}}"),
            "<span class=\"sql-keyword\">SELECT</span> <span class=\"sql-text\">&#39;a&lt;b&#39;</span> &lt; \
             <span class=\"sql-parameter\">{{x}}</span>"
        );
    }

    #[test]
    fn sql_that_is_not_rejected_as_claimed_is_reported() {
        let mut findings = Vec::new();
        Fence::Refused("unknown-column", Purpose::Reporting).check(
            "f",
            5,
            "SELECT campain, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
            &mut findings,
        );
        assert_eq!(findings, []);
        Fence::Refused("unknown-column", Purpose::Reporting).check(
            "f",
            5,
            "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
            &mut findings,
        );
        let audience = Fence::Refused("audience-output", Purpose::Audience);
        let two = "SELECT user_id, event_subtype FROM conversions_for_audiences GROUP BY 1, 2";
        audience.check("f", 5, two, &mut findings);
        assert_eq!(findings.len(), 1);
        Fence::Sql.check("f", 5, "SELECT campaign,\ncampain FROM dsp_clicks GROUP BY 1, 2", &mut findings);
        assert_eq!(
            findings.iter().map(|it| (it.line, it.code)).collect::<Vec<_>>(),
            [(5, "not-refused"), (6, "unknown-column")]
        );
    }
}
