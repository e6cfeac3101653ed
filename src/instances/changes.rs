//! Changes in an instance's list of data sources between two reads.
//!
//! AMC announces a change with a tag (`NEW`, `RENAMED`, `DEPRECATED`) whose sentences name what it is about, or
//! doesn't announce it: a column is then gone, and another one may have appeared. A tag that names both is trusted;
//! otherwise one removed and one added column of the same type in the same source count as a rename, marked as a
//! guess.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::amcsql::catalogue::{Catalogue, SourceTag};

/// Maximum number of changes recorded per read.
const MOST: usize = 2_000;

macro_rules! kinds {
    ($($variant:ident = $name:literal, $label:literal;)+) => {
        /// What happened to a source or a column.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ChangeKind {
            $($variant,)+
        }

        impl ChangeKind {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As stored and as used in addresses.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The label for people.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }
    };
}

kinds! {
    Renamed = "renamed", "Renamed";
    Deprecated = "deprecated", "Deprecated";
    Removed = "removed", "Removed";
    Retyped = "retyped", "Type changed";
    Paid = "paid", "Now paid";
    Included = "included", "Now included";
    Added = "added", "New";
}

impl ChangeKind {
    /// Parses [`ChangeKind::name`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == text)
    }

    /// Whether queries that use it may stop working.
    pub const fn can_break(self) -> bool {
        matches!(self, Self::Renamed | Self::Deprecated | Self::Removed | Self::Retyped)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceChange {
    /// The source, in lower case.
    pub source: String,
    /// The column, in lower case; empty where the source itself changed.
    pub column: String,
    pub kind: ChangeKind,
    /// The replacement, if known.
    pub replacement: Option<String>,
    /// Whether AMC announced it; otherwise it is a guess.
    pub is_certain: bool,
    /// AMC's announcement, or the difference; may be empty.
    pub note: String,
}

impl SourceChange {
    fn new(source: &str, column: &str, kind: ChangeKind) -> Self {
        Self {
            source: source.to_owned(),
            column: column.to_owned(),
            kind,
            replacement: None,
            is_certain: true,
            note: String::new(),
        }
    }

    fn replaced(mut self, by: &str, is_certain: bool, note: &str) -> Self {
        self.replacement = Some(by.to_owned());
        self.is_certain = is_certain;
        note.clone_into(&mut self.note);
        self
    }
}

/// A source in one of the lists.
#[derive(Debug, Default)]
struct Seen {
    premium: Option<bool>,
    tags: Vec<SourceTag>,
    /// Type and role of each column, by name.
    columns: BTreeMap<String, (String, String)>,
}

fn seen(kept: &Value) -> BTreeMap<String, Seen> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let column = |column: &Value| {
        Some((column["name"].as_str()?.to_lowercase(), (text(&column["dataType"]), text(&column["columnType"]))))
    };
    let source = |source: &Value| {
        let id = source["id"].as_str()?;
        let columns = source["columns"].as_array().map_or(&[][..], Vec::as_slice);
        let seen = Seen {
            premium: source["premium"].as_bool(),
            tags: serde_json::from_value(source["tags"].clone()).unwrap_or_default(),
            columns: columns.iter().filter_map(column).collect(),
        };
        Some((id.rsplit('.').next().unwrap_or(id).to_lowercase(), seen))
    };
    kept["sources"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(source).collect()
}

/// The changes from one stored list to the next; none if either is empty.
pub(super) fn between(before: &Value, after: &Value) -> Vec<SourceChange> {
    let (before, after) = (seen(before), seen(after));
    if before.is_empty() || after.is_empty() {
        return Vec::new();
    }
    // An audience twin changes with its source, so only the source is reported.
    let is_compared = |id: &&String| !id.ends_with("_for_audiences");
    let mut changes = Vec::new();
    for id in before.keys().filter(is_compared).filter(|id| !after.contains_key(*id)) {
        changes.push(gone(id, &before, &after));
    }
    for (id, now) in after.iter().filter(|(id, _)| is_compared(id)) {
        match before.get(id) {
            None if changes.iter().any(|change| change.replacement.as_ref() == Some(id)) => {}
            None => changes.push(SourceChange::new(id, "", ChangeKind::Added)),
            Some(was) => within(id, was, now, &mut changes),
        }
    }
    changes.truncate(MOST);
    changes
}

/// A source that is no longer listed: renamed or removed.
fn gone(id: &str, before: &BTreeMap<String, Seen>, after: &BTreeMap<String, Seen>) -> SourceChange {
    let tagged = after.iter().find_map(|(new, seen)| {
        let tag = seen.tags.iter().find(|tag| tag.kind == "RENAMED" && tag.names(id))?;
        (!before.contains_key(new)).then_some((new, tag))
    });
    if let Some((new, tag)) = tagged {
        return SourceChange::new(id, "", ChangeKind::Renamed).replaced(new, true, &tag.text);
    }
    match Catalogue::standard().renamed(id).filter(|source| after.contains_key(&source.id)) {
        Some(source) => SourceChange::new(id, "", ChangeKind::Renamed).replaced(&source.id, true, ""),
        None => SourceChange::new(id, "", ChangeKind::Removed),
    }
}

/// The changes in a source that is in both lists.
fn within(id: &str, was: &Seen, now: &Seen, changes: &mut Vec<SourceChange>) {
    match (was.premium, now.premium) {
        (Some(false), Some(true)) => changes.push(SourceChange::new(id, "", ChangeKind::Paid)),
        (Some(true), Some(false)) => changes.push(SourceChange::new(id, "", ChangeKind::Included)),
        _ => {}
    }
    let mut covered: Vec<String> = Vec::new();
    for tag in now.tags.iter().filter(|tag| !was.tags.contains(tag)) {
        tagged(id, tag, (was, now), &mut covered, changes);
    }
    // A list without columns says that the source exists, not that its columns are gone.
    if was.columns.is_empty() || now.columns.is_empty() {
        return;
    }
    let lost: Vec<&String> =
        was.columns.keys().filter(|name| !now.columns.contains_key(*name) && !covered.contains(name)).collect();
    let new: Vec<&String> =
        now.columns.keys().filter(|name| !was.columns.contains_key(*name) && !covered.contains(name)).collect();
    if let ([lost], [new]) = (&lost[..], &new[..])
        && was.columns.get(*lost) == now.columns.get(*new)
    {
        let note = "Guessed: the only column that is gone, and the only new one, of the same type.";
        changes.push(SourceChange::new(id, lost, ChangeKind::Renamed).replaced(new, false, note));
    } else {
        changes.extend(lost.into_iter().map(|name| SourceChange::new(id, name, ChangeKind::Removed)));
        changes.extend(new.into_iter().map(|name| SourceChange::new(id, name, ChangeKind::Added)));
    }
    for (name, (kind, _)) in &now.columns {
        if let Some((old, _)) =
            was.columns.get(name).filter(|(old, _)| old != kind && !old.is_empty() && !kind.is_empty())
        {
            let note = format!("From {old} to {kind}.");
            changes.push(SourceChange { note, ..SourceChange::new(id, name, ChangeKind::Retyped) });
        }
    }
}

/// The changes announced by a new tag; its columns aren't reported again.
fn tagged(
    id: &str,
    tag: &SourceTag,
    (was, now): (&Seen, &Seen),
    covered: &mut Vec<String>,
    changes: &mut Vec<SourceChange>,
) {
    let mut named: Vec<String> = Vec::new();
    for word in tag.words().map(str::to_lowercase) {
        let is_column = was.columns.contains_key(&word) || now.columns.contains_key(&word);
        if is_column && !named.contains(&word) {
            named.push(word);
        }
    }
    match (tag.kind.as_str(), &named[..]) {
        ("RENAMED", [one, other]) => {
            // The old name is the one that is gone, or the one that existed before the other.
            let is_old = |name: &str, other: &str| {
                !now.columns.contains_key(name) || (was.columns.contains_key(name) && !was.columns.contains_key(other))
            };
            let (old, new) = if is_old(other, one) && !is_old(one, other) { (other, one) } else { (one, other) };
            changes.push(SourceChange::new(id, old, ChangeKind::Renamed).replaced(new, true, &tag.text));
            covered.extend([old.clone(), new.clone()]);
        }
        ("DEPRECATED", []) => {
            changes.push(SourceChange { note: tag.text.clone(), ..SourceChange::new(id, "", ChangeKind::Deprecated) });
        }
        ("DEPRECATED", columns) => {
            changes.extend(columns.iter().map(|name| SourceChange {
                note: tag.text.clone(),
                ..SourceChange::new(id, name, ChangeKind::Deprecated)
            }));
            covered.extend_from_slice(columns);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(columns: &[&str], tags: &Value, premium: bool) -> Value {
        let columns: Vec<Value> = columns
            .iter()
            .map(|name| json!({ "name": name, "dataType": "STRING", "columnType": "DIMENSION" }))
            .collect();
        json!({ "sources": [{ "id": "sandbox.t", "columns": columns, "tags": tags, "premium": premium },
            { "id": "t_for_audiences", "columns": [] }] })
    }

    fn changes_between(before: &Value, after: &Value) -> Vec<String> {
        let words = |it: SourceChange| {
            let by = it.replacement.map(|by| format!(" by {by}{}", if it.is_certain { "" } else { "?" }));
            format!("{} {}.{}{}", it.kind.name(), it.source, it.column, by.unwrap_or_default())
        };
        between(before, after).into_iter().map(words).collect()
    }

    #[test]
    fn equal_lists_and_first_looks_change_nothing() {
        let list = list(&["a", "b"], &json!([]), false);
        assert_eq!(changes_between(&list, &list), Vec::<String>::new());
        assert_eq!(changes_between(&json!({}), &list), Vec::<String>::new());
        assert_eq!(changes_between(&list, &json!({ "sources": [] })), Vec::<String>::new());
    }

    #[test]
    fn a_tag_that_names_two_columns_is_a_new_name_even_while_both_are_there() {
        let before = list(&["site", "x"], &json!([]), false);
        let tag = json!([{ "kind": "RENAMED", "text": "Renamed. The column site is now called site_domain." }]);
        assert_eq!(
            changes_between(&before, &list(&["site", "site_domain", "x"], &tag, false)),
            ["renamed t.site by site_domain"]
        );
        assert_eq!(
            changes_between(&before, &list(&["site_domain", "x"], &tag, false)),
            ["renamed t.site by site_domain"]
        );
    }

    #[test]
    fn one_column_gone_and_one_new_of_the_same_type_is_a_guess_and_more_are_none() {
        let before = list(&["a", "b"], &json!([]), false);
        assert_eq!(changes_between(&before, &list(&["a", "c"], &json!([]), false)), ["renamed t.b by c?"]);
        assert_eq!(
            changes_between(&before, &list(&["a", "c", "d"], &json!([]), false)),
            ["removed t.b", "added t.c", "added t.d"]
        );
    }

    #[test]
    fn sources_come_go_cost_and_are_deprecated() {
        let before = list(&["a"], &json!([]), false);
        let tag = json!([{ "kind": "DEPRECATED", "text": "This data source is going away." }]);
        assert_eq!(changes_between(&before, &list(&["a"], &tag, true)), ["paid t.", "deprecated t."]);
        let tag = json!([{ "kind": "DEPRECATED", "text": "Do not use a any more." }]);
        assert_eq!(changes_between(&before, &list(&["a"], &tag, false)), ["deprecated t.a"]);
        let other = json!({ "sources": [{ "id": "dsp_clicks", "columns": [] }] });
        let old = json!({ "sources": [{ "id": "display_clicks", "columns": [] }] });
        assert_eq!(changes_between(&before, &other), ["removed t.", "added dsp_clicks."]);
        assert_eq!(changes_between(&old, &other), ["renamed display_clicks. by dsp_clicks"]);
    }

    #[test]
    fn a_type_that_changes_is_reported() {
        let before = list(&["a"], &json!([]), false);
        let mut after = before.clone();
        after["sources"][0]["columns"][0]["dataType"] = json!("LONG");
        let changes = between(&before, &after);
        assert_eq!((changes[0].kind, changes[0].note.as_str()), (ChangeKind::Retyped, "From STRING to LONG."));
    }
}
