//! The parts of an execution's page, each with an address of its own.
//!
//! Only the part that is asked for is made and sent: a result's rows, or the SQL, and never all of them below each
//! other. What the address says of the result (filters, sort, hidden columns) goes along from part to part.

use crate::executions::model::{Execution, State as Stage};
use crate::web::components::Address;

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    /// The result, in one of its own views.
    Result,
    /// What happened so far, and the other executions of the query.
    Progress,
    /// The author's text, and what was sent of it.
    Sql,
    /// Where, for when, with what.
    Details,
    /// The request as AMC got it.
    Request,
}

const PANES: [(Pane, &str, &str); 4] = [
    (Pane::Sql, "sql", "SQL"),
    (Pane::Progress, "progress", "Progress"),
    (Pane::Details, "details", "Details"),
    (Pane::Request, "request", "API request"),
];

/// The views of a result. The first is the execution's own address.
const VIEWS: [(&str, &str); 3] = [("", "Table"), ("columns", "Summary"), ("chart", "Chart")];

/// The way to a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tab {
    pub(super) label: &'static str,
    pub(super) href: String,
    pub(super) is_current: bool,
}

impl Pane {
    /// The part that `view` names. Without a name: the result where there is one, the marked text of what failed,
    /// otherwise the progress.
    pub(super) fn shown(view: &str, execution: &Execution) -> Self {
        let named = PANES.iter().find(|(_, name, _)| *name == view).map(|(pane, ..)| *pane);
        named.unwrap_or_else(|| match &execution.problem {
            _ if has_result(execution) => Self::Result,
            Some(_) => Self::Sql,
            None => Self::Progress,
        })
    }

    /// The ways to all parts of this execution; `here` is the whole address.
    pub(super) fn tabs(self, view: &str, execution: &Execution, here: &Address) -> Vec<Tab> {
        let here = here.with("page", "");
        let mut tabs = Vec::new();
        if has_result(execution) {
            let known = VIEWS.iter().any(|(name, _)| *name == view);
            tabs.extend(VIEWS.iter().map(|(name, label)| Tab {
                label,
                href: here.with("view", name).to_string(),
                is_current: self == Self::Result && (*name == view || (name.is_empty() && !known)),
            }));
        }
        tabs.extend(PANES.iter().map(|(pane, name, label)| Tab {
            label,
            href: here.with("view", name).to_string(),
            is_current: *pane == self,
        }));
        tabs
    }
}

/// Whether a result is stored for this execution.
pub(super) fn has_result(execution: &Execution) -> bool {
    execution.state == Stage::Succeeded && execution.result_removed_at.is_none()
}
