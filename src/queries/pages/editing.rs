//! What an editor edits, as its form says it, and what was saved meanwhile.

use super::changes::{self, Changes};
use super::placing;
use crate::ids::{PersonId, QueryId};
use crate::queries::model::{Query, QueryInput};
use crate::web::Fields;

/// What the editor edits.
#[derive(Clone, Debug, Default)]
pub(super) struct What {
    /// The saved query; none for a new one.
    pub(super) query: Option<QueryId>,
    /// Its revision when editing began.
    pub(super) revision: i64,
    /// The draft in which it is kept while somebody types.
    pub(super) draft: String,
    /// Names this editor, so that two of them do not overwrite each other's draft.
    pub(super) tab: String,
    /// The editor that kept the draft before this one took it up.
    pub(super) was: String,
    /// Where the draft came from.
    pub(super) source: String,
    /// Where it runs by default, as the form sends it.
    pub(super) instance: String,
    /// Who sees it, as the form sends it; empty for what is proposed.
    pub(super) home: String,
}

/// A query as it was saved while it was edited, beside what is in the editor.
pub(super) struct Theirs {
    pub(super) query: Query,
    /// It was the same person, in another tab.
    pub(super) is_own: bool,
    pub(super) sql: Changes,
    pub(super) settings: Changes,
}

impl Theirs {
    /// From what is saved to what is in the editor of this person.
    pub(super) fn new(query: Query, written: &QueryInput, person: &PersonId) -> Self {
        Self {
            is_own: query.updated_by_id == person.as_str(),
            sql: Changes::between(&query.sql, &written.sql),
            settings: Changes::between(
                &changes::settings(&query.clone().into(), &[]),
                &changes::settings(written, &[]),
            ),
            query,
        }
    }
}

impl What {
    /// What the form says it edits.
    pub(super) fn sent(fields: &Fields) -> Self {
        let name = |field: &str| fields.get(field).chars().filter(char::is_ascii_graphic).take(60).collect();
        Self {
            query: fields.get("query").parse().ok(),
            revision: fields.get("revision").parse().unwrap_or(0),
            draft: fields.get("draft").to_owned(),
            tab: name("tab"),
            was: name("was"),
            source: fields.trimmed("source").chars().take(200).collect(),
            instance: fields.get("instance").to_owned(),
            home: fields.get("home").to_owned(),
        }
    }

    /// Whether the form leaves the query where it is; what it does not say stays.
    pub(super) fn is_placed_as(query: &Query, form: &Fields) -> bool {
        let stays = |field: &str, now: String| !form.has(field) || form.get(field) == now;
        stays("home", query.placement.home.value()) && stays("instance", placing::default_value(query))
    }

    pub(super) fn action(&self) -> String {
        self.query.as_ref().map_or_else(|| "/queries/new".to_owned(), |id| format!("/queries/{id}/edit"))
    }

    pub(super) fn heading(&self) -> &'static str {
        if self.query.is_some() { "Edit query" } else { "New query" }
    }

    pub(super) fn back_to(&self) -> &'static str {
        if self.query.is_some() { "Back to the query" } else { "Queries" }
    }

    pub(super) fn back(&self) -> String {
        self.query.as_ref().map_or_else(|| "/queries".to_owned(), |id| format!("/queries/{id}"))
    }
}
