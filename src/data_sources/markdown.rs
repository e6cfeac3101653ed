//! A source as Markdown, for documents and chats.

use std::fmt::Write as _;

use super::described;
use super::joins::Join;
use super::samples;
use crate::amcsql::catalogue::{ColumnDef, DataSource};

/// A text for a table cell or a line: without characters that would end it.
pub(super) fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace(['\n', '\r'], " ")
}

/// A name between backticks.
fn code(text: &str) -> String {
    format!("`{}`", text.replace(['`', '\n', '\r'], " ").replace('|', "\\|"))
}

/// A table of columns, with their sources if there are several.
pub(super) fn table<'a>(columns: impl Iterator<Item = (Option<&'a str>, &'a ColumnDef)>, with_sources: bool) -> String {
    let (head, line) = if with_sources { ("| Data source ", "| --- ") } else { ("", "") };
    let mut text =
        format!("{head}| Column | Type | Role | Threshold | Description |\n{line}| --- | --- | --- | --- | --- |\n");
    for (source, column) in columns {
        if let Some(source) = source {
            let _ = write!(text, "| {} ", code(source));
        }
        let about = [column.description.as_str(), described::unit(column.unit.as_deref())];
        let about = about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let (name, kind) = (code(&column.name), &column.data_type);
        let (role, level) = (described::role(column.column_type), column.threshold.amc());
        let _ = writeln!(text, "| {name} | {kind} | {role} | {level} | {} |", cell(&about));
    }
    text
}

/// Columns of several sources, one per row: name, comparison, and each source's definition.
pub(super) fn compared<'a>(sources: &[&str], rows: impl Iterator<Item = (String, &'a str, Vec<String>)>) -> String {
    let names: Vec<String> = sources.iter().map(|source| code(source)).collect();
    let mut text = format!(
        "# {}\n\n| Column | | {} |\n| --- | --- |{}\n",
        names.join(" and "),
        names.join(" | "),
        " --- |".repeat(names.len())
    );
    for (name, difference, cells) in rows {
        let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        let _ = writeln!(text, "| {} | {difference} | {} |", code(&name), cells.join(" | "));
    }
    text
}

/// A complete source.
pub(super) fn source(source: &DataSource, joins: &[Join]) -> String {
    let mut text = format!("# {}\n\n{}\n\n", code(&source.id), cell(&source.description));
    let facts = [
        ("Name", &source.name),
        ("Category", &source.category),
        ("Availability", &source.availability),
        ("Data arrives", &source.data_lag),
        ("History", &source.history),
    ];
    for (label, fact) in facts.into_iter().filter(|(_, fact)| !fact.is_empty()) {
        let _ = writeln!(text, "- {label}: {}", cell(fact));
    }
    for (label, name) in
        [("Time window applies to", &source.time_window_column), ("Audience twin", &source.audience_table)]
    {
        if let Some(name) = name {
            let _ = writeln!(text, "- {label}: {}", code(name));
        }
    }
    let _ = write!(text, "\n## Columns\n\n{}", table(source.columns.iter().map(|column| (None, column)), false));
    if !joins.is_empty() {
        text.push_str("\n## Joins\n\n");
        for join in joins {
            let others = join.others.iter().map(|(other, key)| format!("{} on {}", code(other), code(key)));
            let _ = writeln!(text, "- {}: {}", code(&join.key), others.collect::<Vec<_>>().join(", "));
        }
    }
    if !source.notes.is_empty() {
        text.push_str("\n## Notes\n\n");
        for note in &source.notes {
            let _ = writeln!(text, "- {}", cell(note));
        }
    }
    for (at, (_, sample)) in samples::of(&source.id).enumerate() {
        text.push_str(if at == 0 { "\n## Sample queries\n" } else { "" });
        let _ = write!(text, "\n{}\n\n```sql\n{}\n```\n", sample.name, sample.sql);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::catalogue::Catalogue;

    #[test]
    fn a_source_is_rendered_and_markup_in_it_is_escaped() {
        let standard = Catalogue::standard().source("dsp_clicks").unwrap();
        let whole = source(standard, &[]);
        assert!(whole.starts_with("# `dsp_clicks`\n") && whole.contains("| `campaign` | STRING | Dimension | LOW |"));
        assert!(whole.contains("```sql\nSELECT"));
        let hostile = DataSource { id: "a`b\n".into(), description: "<script> | \n# x".into(), ..standard.clone() };
        let whole = source(&hostile, &[]);
        assert!(!whole.contains("<script>") && !whole.contains("\n# x"), "{}", &whole[..80]);
    }
}
