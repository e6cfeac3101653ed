//! Changes of data sources, and the queries, drafts and guides that use them, found in their parsed text.
//!
//! A text is resolved against the current lists with the old names added, so that it resolves as before. A fix
//! replaces the old name by the new one, keeps the output name with `AS`, and is only offered if the text then reads
//! nothing of the old name and has no more errors than before.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::directory::View;
use crate::amcsql::Use;
use crate::amcsql::catalogue::{Catalogue, ColumnDef, ColumnType, DataSource, DataType, Kind, Threshold};
use crate::amcsql::text::LineIndex;
use crate::db::{PageRange, Result, Tx};
use crate::guides::{Guide, GuideQuery, Guides, Template};
use crate::ids::{InstanceId, PersonId, QueryId};
use crate::instances::{ChangeKind, InstanceChange, SourceChange};
use crate::queries::{self, FieldDef};

/// Maximum number of queries searched for one change, most recently changed first.
const LOOKED_AT: i64 = 500;

/// A change with the affected instances.
#[derive(Clone, Debug)]
pub(super) struct Drift {
    pub(super) change: SourceChange,
    /// Id and name, in the order in which it was seen.
    pub(super) instances: Vec<(InstanceId, String)>,
    /// When it was last seen.
    pub(super) seen_at: DateTime<Utc>,
}

impl User {
    /// Its lines, for display: `lines 1, 4`.
    pub(super) fn places(&self) -> String {
        let numbers: Vec<String> = self.lines.iter().map(ToString::to_string).collect();
        let word = if numbers.len() == 1 { "line" } else { "lines" };
        format!("{word} {}", numbers.join(", "))
    }
}

impl Drift {
    /// Whether it was seen on this instance, or on any if there is none.
    fn is_on(&self, instance: Option<&InstanceId>) -> bool {
        instance.is_none_or(|instance| self.instances.iter().any(|(id, _)| id == instance))
    }

    /// What changed: `source` or `source.column`.
    pub(super) fn name(&self) -> String {
        let SourceChange { source, column, .. } = &self.change;
        if column.is_empty() { source.clone() } else { format!("{source}.{column}") }
    }

    /// The word that texts using it contain.
    fn word(&self) -> &str {
        if self.change.column.is_empty() { &self.change.source } else { &self.change.column }
    }
}

/// Combines equal changes of several instances, in the order of `changes`.
pub(super) fn grouped(changes: Vec<InstanceChange>) -> Vec<Drift> {
    let mut drifts: Vec<Drift> = Vec::new();
    for InstanceChange { instance, instance_name, change, seen_at } in changes {
        let place = (instance, instance_name);
        match drifts.iter_mut().find(|drift| drift.change == change) {
            Some(known) if known.instances.contains(&place) => {}
            Some(known) => known.instances.push(place),
            None => drifts.push(Drift { change, instances: vec![place], seen_at }),
        }
    }
    drifts
}

/// Everything listed now, plus what these changes removed.
pub(super) fn with_old_names(view: &View, drifts: &[Drift]) -> Catalogue {
    let mut sources: Vec<DataSource> = view.directory.sources().cloned().collect();
    for SourceChange { source, column, replacement, .. } in drifts.iter().map(|drift| &drift.change) {
        let known = sources.iter().position(|it| it.id == *source);
        if column.is_empty() {
            if known.is_none() {
                let new = replacement.as_ref().and_then(|new| sources.iter().find(|it| it.id == *new));
                let old = new.map_or_else(|| unknown(source), |new| DataSource { id: source.clone(), ..new.clone() });
                sources.push(old);
            }
            continue;
        }
        let at = known.unwrap_or_else(|| {
            sources.push(unknown(source));
            sources.len() - 1
        });
        if sources[at].column(column).is_none() {
            let new = replacement.as_ref().and_then(|new| sources[at].column(new)).cloned();
            let old = new.map_or_else(|| lost(column), |new| ColumnDef { name: column.clone(), ..new });
            sources[at].columns.push(old);
        }
    }
    Catalogue::from_sources(sources)
}

/// A source of which only the name is known.
fn unknown(id: &str) -> DataSource {
    DataSource {
        seen_columns: Vec::new(),
        dataset_label: None,
        id: id.to_owned(),
        name: id.to_owned(),
        category: String::new(),
        description: String::new(),
        availability: String::new(),
        paid: false,
        data_lag: String::new(),
        history: String::new(),
        kind: Kind::Dimension,
        audience_table: None,
        audience_lacks: Vec::new(),
        time_window_column: None,
        join_keys: Vec::new(),
        notes: Vec::new(),
        legacy_names: Vec::new(),
        deprecated: true,
        tags: Vec::new(),
        columns: Vec::new(),
    }
}

fn lost(name: &str) -> ColumnDef {
    ColumnDef {
        name: name.to_owned(),
        data_type: DataType::String,
        column_type: ColumnType::Dimension,
        threshold: Threshold::Low,
        category: String::new(),
        description: String::new(),
        unit: None,
        values: Vec::new(),
        example: None,
        legacy: true,
    }
}

/// Something that uses a changed column or source.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) href: String,
    pub(super) name: String,
    /// `Query`, `Draft`, `Guide` or `Template`.
    pub(super) what: &'static str,
    /// The lines in its text, from 1.
    pub(super) lines: Vec<usize>,
    /// The query and its revision, if this person can apply the change to it.
    pub(super) fixable: Option<(QueryId, i64)>,
    /// Whether the person may change it.
    pub(super) is_own: bool,
    /// Whether it is a query whose default instance has not changed, so that the new name may not exist there.
    pub(super) is_elsewhere: bool,
}

/// Whether a use refers to what changed, in the source itself or its audience twin.
fn is_of(change: &SourceChange, it: &Use) -> bool {
    let source = it.source.strip_suffix("_for_audiences").unwrap_or(&it.source);
    source == change.source && it.column.as_deref().unwrap_or_default() == change.column
}

fn lines(sql: &str, uses: &[Use]) -> Vec<usize> {
    let index = LineIndex::new(sql);
    let mut lines: Vec<usize> = uses.iter().map(|it| index.place(it.span.start).line).collect();
    lines.dedup();
    lines
}

fn uses(change: &SourceChange, sql: &str, fields: &[FieldDef], catalogue: &Catalogue) -> Vec<Use> {
    queries::reads(sql, fields, catalogue).into_iter().filter(|it| is_of(change, it)).collect()
}

/// Guides and templates, which anybody may read.
pub(super) struct Texts {
    guides: Vec<Arc<Guide>>,
    templates: Vec<Arc<Template>>,
}

impl Texts {
    pub(super) async fn read(guides: &Guides) -> Self {
        Self { guides: guides.all().await, templates: guides.templates().await }
    }

    /// Those that use what changed.
    fn users(&self, drift: &Drift, catalogue: &Catalogue) -> Vec<User> {
        let word = drift.word().to_lowercase();
        let line = |query: &GuideQuery| {
            let input = &query.authored.input;
            // Parsed only if the word occurs, since most texts don't hold it.
            let may_use = input.sql.to_lowercase().contains(&word);
            let is_using = may_use && !uses(&drift.change, &input.sql, &input.fields, catalogue).is_empty();
            is_using.then_some(query.authored.sql_line)
        };
        let user = |href: String, name: &str, what: &'static str, lines: Vec<usize>| {
            let name = name.to_owned();
            let user = User { href, name, what, lines, fixable: None, is_own: false, is_elsewhere: false };
            (!user.lines.is_empty()).then_some(user)
        };
        let guides = self.guides.iter().filter_map(|guide| {
            let lines = guide.queries().filter_map(line).collect();
            user(format!("/guides/{}", guide.slug), &guide.title, "Guide", lines)
        });
        let templates = self.templates.iter().filter_map(|template| {
            let lines = line(&template.query).into_iter().collect();
            user(format!("/library/{}", template.slug), template.query.name(), "Template", lines)
        });
        guides.chain(templates).collect()
    }
}

/// Everything visible to a person that uses what changed: queries, their own drafts, guides and templates.
pub(super) async fn users(
    tx: &mut Tx,
    person: &PersonId,
    drift: &Drift,
    catalogue: &Catalogue,
    texts: &Texts,
) -> Result<Vec<User>> {
    let change = &drift.change;
    let mut users = Vec::new();
    if !change.kind.can_break() {
        return Ok(users);
    }
    for query in queries::mentioning(tx, person, drift.word(), PageRange::first(LOOKED_AT)).await? {
        let uses = uses(change, &query.sql, &query.fields, catalogue);
        if uses.is_empty() {
            continue;
        }
        let can_fix = query.rights.change && fix(change, &query.sql, &query.fields, catalogue).is_some();
        users.push(User {
            href: format!("/queries/{}", query.id),
            lines: lines(&query.sql, &uses),
            fixable: can_fix.then(|| (query.id.clone(), query.revision)),
            is_own: query.rights.change,
            is_elsewhere: !drift.is_on(query.placement.default_instance.as_ref()),
            name: query.name,
            what: "Query",
        });
    }
    for draft in queries::drafts_mentioning(tx, person, drift.word()).await? {
        let uses = uses(change, &draft.sql, &draft.fields, catalogue);
        let href = match &draft.query {
            Some(query) => format!("/queries/{query}/edit"),
            None => format!("/queries/new?draft={}", draft.id),
        };
        if !uses.is_empty() {
            let lines = lines(&draft.sql, &uses);
            let (name, what) = (draft.name, "Draft");
            users.push(User { href, name, what, lines, fixable: None, is_own: true, is_elsewhere: false });
        }
    }
    users.extend(texts.users(drift, catalogue));
    Ok(users)
}

/// The text with the new name in place of the old one; `None` if there is no new name, or if the result would be
/// invalid.
pub(super) fn fix(change: &SourceChange, sql: &str, fields: &[FieldDef], catalogue: &Catalogue) -> Option<String> {
    let new = change.replacement.as_deref().filter(|_| change.kind == ChangeKind::Renamed)?;
    let uses = uses(change, sql, fields, catalogue);
    if uses.is_empty() {
        return None;
    }
    let before = queries::errors(sql, fields, catalogue);
    let holds = |text: &String| {
        self::uses(change, text, fields, catalogue).is_empty() && queries::errors(text, fields, catalogue) <= before
    };
    // A source whose name qualifies its columns needs it as an alias.
    [false, true].into_iter().map(|with_alias| replaced(sql, &uses, new, with_alias)).find(holds)
}

fn replaced(sql: &str, uses: &[Use], new: &str, with_alias: bool) -> String {
    let mut text = sql.to_owned();
    let mut seen = HashSet::new();
    for it in uses.iter().rev().filter(|it| seen.insert(it.span.start)) {
        let old = it.span.of(sql);
        // A schema before the name of a source is kept.
        let start = it.span.start + old.rfind('.').filter(|_| it.column.is_none()).map_or(0, |dot| dot + 1);
        let word = &sql[start..it.span.end];
        let is_quoted = word.starts_with('"');
        let bare = word.trim_matches('"');
        let twin = if it.source.ends_with("_for_audiences") && it.column.is_none() { "_for_audiences" } else { "" };
        let mut name = if is_quoted { format!("\"{new}{twin}\"") } else { format!("{new}{twin}") };
        if it.names_output {
            name = format!("{name} AS {word}");
        } else if with_alias && it.column.is_none() {
            name = format!("{name} {bare}");
        }
        text.replace_range(start..it.span.end, &name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(source: &str, column: &str, new: &str) -> SourceChange {
        SourceChange {
            source: source.to_owned(),
            column: column.to_owned(),
            kind: ChangeKind::Renamed,
            replacement: Some(new.to_owned()),
            is_certain: true,
            note: String::new(),
        }
    }

    /// The documented sources, with a second name for `site` of the impressions.
    fn catalogue() -> Catalogue {
        let mut sources = Catalogue::standard().sources().to_vec();
        let impressions = sources.iter_mut().find(|it| it.id == "dsp_impressions").unwrap();
        let site = impressions.column("site").unwrap().clone();
        impressions.columns.push(ColumnDef { name: "site_domain".to_owned(), ..site });
        let clicks = sources.iter().find(|it| it.id == "dsp_clicks").unwrap().clone();
        sources.push(DataSource {
            id: "display_clicks".to_owned(),
            audience_table: None,
            legacy_names: Vec::new(),
            ..clicks
        });
        Catalogue::from_sources(sources)
    }

    fn site(sql: &str) -> Option<String> {
        fix(&renamed("dsp_impressions", "site", "site_domain"), sql, &[], &catalogue())
    }

    #[test]
    fn only_the_columns_uses_are_renamed_and_the_output_keeps_its_name() {
        assert_eq!(
            site("WITH a AS (SELECT site, user_id FROM dsp_impressions -- site\n WHERE site <> 'site' GROUP BY site, user_id)\nSELECT site, COUNT(DISTINCT user_id) AS n FROM a GROUP BY site").unwrap(),
            "WITH a AS (SELECT site_domain AS site, user_id FROM dsp_impressions -- site\n WHERE site_domain <> 'site' GROUP BY site_domain, user_id)\nSELECT site, COUNT(DISTINCT user_id) AS n FROM a GROUP BY site"
        );
        assert_eq!(
            site("SELECT i.\"site\" AS s, COUNT(DISTINCT user_id) AS n FROM dsp_impressions i WHERE campaign IN ({{campaigns}}) GROUP BY i.\"site\"").unwrap(),
            "SELECT i.\"site_domain\" AS s, COUNT(DISTINCT user_id) AS n FROM dsp_impressions i WHERE campaign IN ({{campaigns}}) GROUP BY i.\"site_domain\""
        );
    }

    #[test]
    fn columns_of_other_sources_with_the_same_name_are_unchanged() {
        assert_eq!(site("SELECT site, SUM(clicks) AS n FROM dsp_clicks GROUP BY site"), None);
    }

    #[test]
    fn a_source_is_renamed_with_the_old_name_as_an_alias_if_needed() {
        let clicks = |sql: &str| fix(&renamed("display_clicks", "", "dsp_clicks"), sql, &[], &catalogue());
        assert_eq!(
            clicks("SELECT campaign, SUM(clicks) AS n FROM sandbox.display_clicks GROUP BY campaign").unwrap(),
            "SELECT campaign, SUM(clicks) AS n FROM sandbox.dsp_clicks GROUP BY campaign"
        );
        assert_eq!(
            clicks("SELECT campaign, SUM(display_clicks.clicks) AS n FROM display_clicks GROUP BY campaign").unwrap(),
            "SELECT campaign, SUM(display_clicks.clicks) AS n FROM dsp_clicks display_clicks GROUP BY campaign"
        );
    }

    #[test]
    fn equal_changes_of_several_instances_are_combined() {
        let change = |id: &str| InstanceChange {
            instance: id.parse().unwrap(),
            instance_name: id.to_owned(),
            change: renamed("t", "a", "b"),
            seen_at: DateTime::UNIX_EPOCH,
        };
        let (one, two) = ("ins_01j00000000000000000000000", "ins_01j00000000000000000000001");
        let drifts = grouped(vec![change(one), change(two), change(one)]);
        assert_eq!((drifts.len(), drifts[0].instances.len(), drifts[0].name().as_str()), (1, 2, "t.a"));
        let [one, other]: [InstanceId; 2] = [one, "ins_01j00000000000000000000002"].map(|id| id.parse().unwrap());
        assert!(drifts[0].is_on(Some(&one)) && drifts[0].is_on(None) && !drifts[0].is_on(Some(&other)));
    }
}
