//! The texts of messages about backfills.

use super::{execution_failed, short};
use crate::executions::Report;
use crate::notices::model::{Detail, Draft, Fact, Kind};
use crate::notices::store::{EndedBackfill, WindowCount};
use crate::web::components::count;
use crate::web::words::counted;

/// The prefix of causes for failed windows.
pub(in crate::notices) const WINDOW_FAILED: &str = "backfill-failed:";
/// The prefix of causes for backfills that have ended.
pub(in crate::notices) const BACKFILL_ENDED: &str = "backfill-ended:";
/// The maximum number of reasons in a message; the backfill's page has the others.
const REASONS: usize = 5;

/// A window of a backfill failed, for a cause for which no other has failed before.
pub(in crate::notices) fn window_failed(report: &Report, backfill: &str, instance_name: &str) -> Draft {
    let mut draft = execution_failed(report, instance_name);
    let cause = report.failure.as_ref().map_or("", |failure| failure.cause);
    draft.cause = format!("{WINDOW_FAILED}{backfill}:{cause}");
    draft.title = format!("{}: a time window of the backfill failed", short(&report.query_name));
    draft.detail.lines.push(
        "More time windows may fail for this reason. You get the next message when the backfill ends or pauses."
            .to_owned(),
    );
    draft.detail.about.push(("backfill".to_owned(), backfill.to_owned()));
    draft
}

/// How many windows of a backfill are in which state.
struct Windows {
    all: i64,
    /// With a result; `present` of them had it before.
    done: i64,
    present: i64,
    failed: i64,
    running: i64,
    missing: i64,
}

impl Windows {
    fn of(windows: &[WindowCount]) -> Self {
        let of = |states: &[&str]| -> i64 {
            windows.iter().filter(|one| states.contains(&one.state.as_str())).map(|one| one.count).sum()
        };
        Self {
            all: windows.iter().map(|one| one.count).sum(),
            done: of(&["succeeded", "present"]),
            present: of(&["present"]),
            failed: of(&["failed"]),
            running: of(&["started"]),
            missing: of(&["waiting", "cancelled"]),
        }
    }

    /// Those that aren't zero, with how many are done first.
    fn facts(&self) -> Vec<Fact> {
        let done = Fact::new("Done", format!("{} of {}", count(self.done), named(self.all)));
        let done = if self.present > 0 { done.noted(format!("{} already stored", count(self.present))) } else { done };
        let others = [("Failed", self.failed), ("Running", self.running), ("Not run", self.missing)];
        let others = others.into_iter().filter(|(_, number)| *number > 0);
        std::iter::once(done).chain(others.map(|(label, number)| Fact::new(label, count(number)))).collect()
    }
}

fn named(windows: i64) -> String {
    counted(windows, "time window", "time windows")
}

/// A backfill has finished, or was paused automatically.
pub(in crate::notices) fn backfill_ended(backfill: &EndedBackfill, windows: &[WindowCount]) -> Draft {
    let counts = Windows::of(windows);
    let name = short(&backfill.name);
    let (kind, title, fix) = if backfill.is_paused {
        let title = format!("{name}: the backfill is paused");
        (Kind::BackfillPaused, title, "Fix the cause, then resume the backfill on its page.")
    } else if counts.done == counts.all {
        (Kind::BackfillFinished, format!("{name}: the backfill is done, {}", named(counts.all)), "")
    } else {
        let without = counts.all - counts.done;
        let title = format!("{name}: the backfill ended, {} of {} without a result", count(without), named(counts.all));
        (
            Kind::BackfillIncomplete,
            title,
            "Fix the cause, then select Run windows without a result on the backfill's page.",
        )
    };
    let failed = windows.iter().filter(|one| one.state == "failed" && !one.reason.is_empty()).take(REASONS);
    let failed = failed.map(|one| format!("{} failed: {}", named(one.count), one.reason));
    let reason = Some(backfill.reason.clone()).filter(|reason| !reason.is_empty());
    let mut facts = vec![Fact::new("Instance", short(&backfill.instance_name))];
    facts.extend(counts.facts());
    Draft {
        kind,
        cause: backfill.cause.clone(),
        title,
        detail: Detail {
            lines: reason.into_iter().chain(failed).collect(),
            facts,
            fix: fix.to_owned(),
            about: vec![
                ("backfill".to_owned(), backfill.id.clone()),
                ("instance".to_owned(), backfill.instance.to_string()),
            ],
        },
        href: format!("/schedules/backfills/{}", backfill.id),
        instance: Some(backfill.instance.clone()),
    }
}
