//! The sections of an execution's page, each with its own address.
//!
//! Only the requested section is computed and sent: a result's rows, or the SQL, never all of them on one page. The
//! result's parameters in the address (filters, sort, hidden columns) are kept when switching.

use crate::executions::model::{Execution, State as Stage};
use crate::web::components::Address;

/// A section of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    /// The result, in one of its own views.
    Result,
    /// The timeline, and the query's other executions.
    Progress,
    /// The author's SQL, and what was sent.
    Sql,
    /// Instance, window, values and options.
    Details,
    /// The request as sent to AMC.
    Request,
}

const PANES: [(Pane, &str, &str); 4] = [
    (Pane::Sql, "sql", "SQL"),
    (Pane::Progress, "progress", "Progress"),
    (Pane::Details, "details", "Details"),
    (Pane::Request, "request", "API request"),
];

/// The views of a result. The first has the execution's own address.
const VIEWS: [(&str, &str); 3] = [("", "Table"), ("columns", "Summary"), ("chart", "Chart")];

/// A link to a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tab {
    pub(super) label: &'static str,
    pub(super) href: String,
    pub(super) is_current: bool,
}

impl Pane {
    /// The section named by `view`. By default: the result if there is one, the marked SQL of a failed execution,
    /// otherwise the progress.
    pub(super) fn shown(view: &str, execution: &Execution) -> Self {
        let named = PANES.iter().find(|(_, name, _)| *name == view).map(|(pane, ..)| *pane);
        named.unwrap_or_else(|| match &execution.problem {
            _ if has_result(execution) => Self::Result,
            Some(_) => Self::Sql,
            None => Self::Progress,
        })
    }

    /// The links to all sections of this execution; `here` is the full current address.
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

pub(super) fn has_result(execution: &Execution) -> bool {
    execution.state == Stage::Succeeded && execution.result_removed_at.is_none()
}
