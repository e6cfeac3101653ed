//! The context of a query on its page: what ran it, and what still does.

use crate::queries::store::{PastRun, TypicalDuration};
use crate::web::room::Hit;
use crate::web::words::counted;

/// A query's context.
pub(super) struct Past {
    /// Its last executions, newest first.
    pub(super) runs: Vec<PastRun>,
    pub(super) usual: Option<TypicalDuration>,
    pub(super) is_favourite: bool,
    /// Whether it was made from a template, whose newer versions it can take in.
    pub(super) has_template: bool,
    /// What runs it automatically, as far as the person may see it.
    pub(super) uses: Vec<Hit>,
}

impl Past {
    /// `“Weekly reach” and 2 others stop`: what deleting it means.
    pub(super) fn stopped(&self) -> String {
        match self.uses.as_slice() {
            [] => String::new(),
            [one] => format!("“{}” stops", one.title),
            [one, others @ ..] => {
                let others = i64::try_from(others.len()).unwrap_or(i64::MAX);
                format!("“{}” and {} stop", one.title, counted(others, "other", "others"))
            }
        }
    }
}
