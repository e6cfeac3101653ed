//! What an editor edits, from its form, and what was saved meanwhile.

use super::changes::{self, Changes};
use super::placing;
use crate::ids::{PersonId, QueryId};
use crate::queries::model::{Query, QueryInput};
use crate::web::Fields;

/// What the editor edits.
#[derive(Clone, Debug, Default)]
pub(super) struct What {
    /// The saved query; `None` for a new one.
    pub(super) query: Option<QueryId>,
    /// Its revision when editing began.
    pub(super) revision: i64,
    pub(super) draft: String,
    /// The editor's id, so that two editors don't overwrite each other's draft.
    pub(super) tab: String,
    /// The editor that owned the draft before this one resumed it.
    pub(super) was: String,
    /// Where the draft came from.
    pub(super) source: String,
    /// The default instance, as sent by the form.
    pub(super) instance: String,
    /// The home, as sent by the form; empty for the default.
    pub(super) home: String,
}

/// A query saved while it was edited, compared with the editor's content.
pub(super) struct Theirs {
    pub(super) query: Query,
    /// Whether the same person saved it, in another tab.
    pub(super) is_own: bool,
    pub(super) sql: Changes,
    pub(super) settings: Changes,
}

impl Theirs {
    /// The diff from the saved query to the editor's content of this person.
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

    /// Whether the form leaves home and default instance unchanged; missing fields do.
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
