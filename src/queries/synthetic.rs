//! Runs a prepared query with the engine on synthetic data.

use chrono::{DateTime, Utc};

use super::model::PrivacyMode;
use super::prepare::Prepared;
use crate::amcsql::bound::Query as Bound;
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::engine::{Mode, Privacy, Run, Window};
use crate::amcsql::finding::Level;
use crate::amcsql::{Context, check};

/// How much synthetic data: a part of what the AMC emulator has, so that a press is answered within a second or two.
pub const SCALE: f64 = 0.5;

/// The run of a prepared query.
pub fn run_of(prepared: &Prepared, now: DateTime<Utc>) -> Run {
    let (start, end) = prepared.window.instants(now);
    Run {
        window: Window { start, end },
        parameters: prepared.parameters.values.clone().into_iter().collect(),
        controls: prepared.has_controls(),
        privacy: privacy(prepared),
        now,
    }
}

/// What is run: the text as it would be sent, over the sources that there is synthetic data for; or why not.
pub fn bound(prepared: &Prepared) -> Result<Bound, String> {
    let errors = prepared.findings.iter().filter(|finding| finding.level == Level::Error).count();
    if errors > 0 {
        let words = crate::web::words::counted(i64::try_from(errors).unwrap_or(i64::MAX), "error", "errors");
        return Err(format!("Fix the {words} in the SQL first."));
    }
    bound_text(prepared, &prepared.sql_sent)
}

/// Another text with the same parameters and the same sources.
pub(super) fn bound_text(prepared: &Prepared, text: &str) -> Result<Bound, String> {
    let context = Context {
        parameters: Some(&prepared.parameters.declared),
        controls: prepared.has_controls(),
        ..Context::reporting(Catalogue::standard())
    };
    let checked = check(text, &context);
    checked.query.ok_or_else(|| {
        let first = checked.findings.into_iter().find(|finding| finding.level == Level::Error);
        let why = first.map(|finding| finding.message).unwrap_or_default();
        format!("Synthetic data covers only the data sources that AMC documents. {why}")
    })
}

fn privacy(prepared: &Prepared) -> Privacy {
    let is_blanked = prepared.privacy.mode == PrivacyMode::Blank;
    Privacy {
        mode: if is_blanked { Mode::Blank } else { Mode::Drop },
        discriminator: is_blanked.then(|| prepared.privacy.column.clone()),
        distinct_user_count: prepared.options.user_count_column.clone(),
        reason: prepared.options.reason_column.clone(),
    }
}
