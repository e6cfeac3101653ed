//! The texts of messages about executions and schedules.

mod backfills;
mod deliveries;

pub(super) use backfills::{BACKFILL_ENDED, WINDOW_FAILED, backfill_ended, window_failed};
pub(super) use deliveries::{
    DELIVERY_FAILING, DELIVERY_GIVEN_UP, delivery_arrived, delivery_failed, delivery_given_up, delivery_recovered,
};

use super::model::{Detail, Draft, Fact, Kind};
use super::usual::{Past, Unusual};
use crate::executions::{Report, ResultReport};
use crate::ids::{InstanceId, ScheduleId};
use crate::web::components::{count, duration};

/// The maximum number of sums in a message; the result's page has the others.
const TOTALS: usize = 5;
/// The maximum length of a name in a title, in characters.
const NAME: usize = 120;

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(NAME).collect();
    short.push_str(if text.chars().nth(NAME).is_some() { "…" } else { "" });
    short
}

/// The schedule that a message is about.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub id: ScheduleId,
    pub name: String,
    pub instance: InstanceId,
    pub instance_name: String,
}

/// The nightly backup failed.
pub(super) fn backup_failed(cause: &str, night: &str, problem: &str) -> Draft {
    Draft {
        kind: Kind::BackupFailed,
        cause: cause.to_owned(),
        title: format!("The backup of {night} failed"),
        detail: Detail {
            lines: vec![short(problem), "Earlier backups are kept.".to_owned()],
            fix: "Correct the cause. The next backup is made at its hour, or make one now with `recomamp backup`."
                .to_owned(),
            ..Detail::default()
        },
        href: "/operations/backups".to_owned(),
        instance: None,
    }
}

/// A nightly backup succeeded after one that failed.
pub(super) fn backup_recovered(cause: &str, night: &str) -> Draft {
    Draft {
        kind: Kind::BackupRecovered,
        cause: format!("{cause}-over"),
        title: "Nightly backups succeed again".to_owned(),
        detail: Detail { lines: vec![format!("The backup of {night} was made and verified.")], ..Detail::default() },
        href: "/operations/backups".to_owned(),
        instance: None,
    }
}

/// The change since the previous slot: `+12% since 8–14 Nov`, `same as before`.
fn change(now: f64, before: f64) -> String {
    if (now - before).abs() < f64::EPSILON {
        return "unchanged since the previous slot".to_owned();
    }
    if before == 0.0 {
        return "previous slot: 0".to_owned();
    }
    format!("{:+.1}% since the previous slot", (now - before) / before.abs() * 100.0)
}

/// The figures of a result, with their change since the previous slot if there is one.
fn result_facts(result: &ResultReport, previous: Option<&Past>) -> Vec<Fact> {
    let mut rows = Fact::new("Rows", count(result.rows));
    if let Some(previous) = previous {
        rows = rows.noted(change(result.rows as f64, previous.rows));
    }
    let mut facts = vec![rows];
    for total in result.totals.iter().take(TOTALS) {
        let before = previous.and_then(|previous| previous.total(&total.name));
        let fact = Fact::new(format!("Total {}", short(&total.name)), total.shown.clone());
        facts.push(match before {
            Some(before) => fact.noted(change(total.value, before)),
            None => fact,
        });
    }
    if let Some(suppressed) = result.suppressed {
        let share = suppressed as f64 / result.rows.max(1) as f64 * 100.0;
        facts.push(Fact::new("Suppressed", format!("{share:.1}% of rows")));
    }
    if let Some(maturity) = &result.maturity {
        facts.push(Fact::new("Maturity", &maturity.label));
    }
    facts
}

fn facts(report: &Report, instance_name: &str, previous: Option<&Past>) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("Query", short(&report.query_name)),
        Fact::new("Instance", short(instance_name)),
        Fact::new("Run by", short(&report.person_name)),
        Fact::new("Time window", &report.window),
    ];
    facts.extend(report.result.iter().flat_map(|result| result_facts(result, previous)));
    facts.push(Fact::new("Duration", duration(report.duration)));
    facts
}

fn about(report: &Report, schedule: Option<&About>) -> Vec<(String, String)> {
    let mut about =
        vec![("execution".to_owned(), report.id.to_string()), ("instance".to_owned(), report.instance.to_string())];
    about.extend(report.query.as_ref().map(|query| ("query".to_owned(), query.to_string())));
    about.extend(schedule.map(|schedule| ("schedule".to_owned(), schedule.id.to_string())));
    about.extend(report.failure.as_ref().map(|failure| ("cause".to_owned(), failure.cause.to_owned())));
    about
}

fn failed_lines(report: &Report) -> (Vec<String>, String) {
    let Some(failure) = &report.failure else { return (vec![report.state.label().to_owned()], String::new()) };
    let mut lines = vec![failure.what.clone()];
    if !failure.title.is_empty() {
        lines.push(format!("Likely cause: {}.", failure.title));
    }
    (lines, failure.fix.to_owned())
}

/// An execution started by a person ended without a result.
pub(super) fn execution_failed(report: &Report, instance_name: &str) -> Draft {
    let (lines, fix) = failed_lines(report);
    let what = report.query.as_ref().map_or_else(|| report.id.to_string(), ToString::to_string);
    let cause = report.failure.as_ref().map_or("", |failure| failure.cause);
    Draft {
        kind: Kind::ExecutionFailed,
        cause: format!("execution-failed:{}:{what}:{cause}", report.person),
        title: format!("{} failed", short(&report.query_name)),
        detail: Detail { lines, facts: facts(report, instance_name, None), fix, about: about(report, None) },
        href: format!("/executions/{}", report.id),
        instance: Some(report.instance.clone()),
    }
}

/// An execution started by a person succeeded.
pub(super) fn execution_succeeded(report: &Report, instance_name: &str) -> Draft {
    let result = report.result.as_ref();
    Draft {
        kind: Kind::ExecutionSucceeded,
        cause: format!("execution:{}", report.id),
        title: format!("{}: {}", short(&report.query_name), rows(result)),
        detail: Detail {
            lines: verdict(result),
            facts: facts(report, instance_name, None),
            fix: result.and_then(|it| it.verdict.as_ref()).map(|it| it.todo.to_owned()).unwrap_or_default(),
            about: about(report, None),
        },
        href: format!("/executions/{}", report.id),
        instance: Some(report.instance.clone()),
    }
}

fn rows(result: Option<&ResultReport>) -> String {
    match result.map_or(0, |result| result.rows) {
        0 => "no rows".to_owned(),
        1 => "1 row".to_owned(),
        rows => format!("{} rows", count(rows)),
    }
}

fn verdict(result: Option<&ResultReport>) -> Vec<String> {
    let verdict = result.and_then(|result| result.verdict.as_ref());
    verdict
        .map(|it| std::iter::once(format!("{}.", it.title)).chain(it.evidence.iter().cloned()).collect())
        .unwrap_or_default()
}

/// A slot of a schedule succeeded. `unusual` describes anomalies; `recovered` says that earlier executions failed.
pub(super) fn schedule_result(
    schedule: &About,
    report: &Report,
    previous: Option<&Past>,
    unusual: &[Unusual],
    recovered: bool,
) -> Draft {
    let result = report.result.as_ref();
    let (kind, title) = match (recovered, unusual.is_empty()) {
        (true, _) => (Kind::ScheduleRecovered, format!("{} works again: {}", short(&schedule.name), rows(result))),
        (false, false) => (Kind::ResultUnusual, format!("{}: unusual result, {}", short(&schedule.name), rows(result))),
        (false, true) => (Kind::ScheduleSucceeded, format!("{}: {}", short(&schedule.name), rows(result))),
    };
    let mut lines: Vec<String> = unusual.iter().map(|it| it.sentence.clone()).collect();
    lines.extend(verdict(result));
    Draft {
        kind,
        cause: format!("execution:{}:{}", report.id, unusual.iter().map(|it| it.name).collect::<Vec<_>>().join("+")),
        title,
        detail: Detail {
            lines,
            facts: facts(report, &schedule.instance_name, previous),
            fix: result.and_then(|it| it.verdict.as_ref()).map(|it| it.todo.to_owned()).unwrap_or_default(),
            about: about(report, Some(schedule)),
        },
        href: format!("/executions/{}", report.id),
        instance: Some(report.instance.clone()),
    }
}

/// A schedule fails: the execution of its latest slot failed, or couldn't be started for this reason.
pub(super) fn schedule_failed(schedule: &About, report: Option<&Report>, reason: &str) -> Draft {
    let (lines, fix) = match report {
        Some(report) => failed_lines(report),
        None => (vec![reason.to_owned()], String::new()),
    };
    let own = || vec![Fact::new("Instance", short(&schedule.instance_name))];
    Draft {
        kind: Kind::ScheduleFailed,
        cause: failing(&schedule.id),
        title: format!("{} failed", short(&schedule.name)),
        detail: Detail {
            lines: lines
                .into_iter()
                .filter(|line| !line.is_empty())
                .chain(["You'll get another message when the schedule works again or is paused.".to_owned()])
                .collect(),
            facts: report.map_or_else(own, |report| facts(report, &schedule.instance_name, None)),
            fix,
            about: report.map_or_else(
                || vec![("schedule".to_owned(), schedule.id.to_string())],
                |report| about(report, Some(schedule)),
            ),
        },
        href: report
            .map_or_else(|| format!("/schedules/{}", schedule.id), |report| format!("/executions/{}", report.id)),
        instance: Some(schedule.instance.clone()),
    }
}

/// The cause of a schedule's failures.
pub(super) fn failing(schedule: &ScheduleId) -> String {
    format!("schedule-failing:{schedule}")
}

/// A schedule was paused automatically.
pub(super) fn schedule_paused(schedule: &About, reason: &str) -> Draft {
    Draft {
        kind: Kind::SchedulePaused,
        cause: format!("schedule-paused:{}", schedule.id),
        title: format!("{} is paused", short(&schedule.name)),
        detail: Detail {
            lines: vec![reason.to_owned()],
            facts: vec![Fact::new("Instance", short(&schedule.instance_name))],
            fix: "Fix the cause, then resume the schedule on its page.".to_owned(),
            about: vec![("schedule".to_owned(), schedule.id.to_string())],
        },
        href: format!("/schedules/{}", schedule.id),
        instance: Some(schedule.instance.clone()),
    }
}

/// A slot has no result by the expected time.
pub(super) fn schedule_late(schedule: &About, slot: &str, expected: &str) -> Draft {
    Draft {
        kind: Kind::ScheduleLate,
        cause: format!("schedule-late:{}:{slot}", schedule.id),
        title: format!("{} is late", short(&schedule.name)),
        detail: Detail {
            lines: vec![format!("The execution that was due on {expected} has no result yet.")],
            facts: vec![Fact::new("Instance", short(&schedule.instance_name))],
            fix: "Open the schedule to see what it is waiting for.".to_owned(),
            about: vec![("schedule".to_owned(), schedule.id.to_string()), ("slot".to_owned(), slot.to_owned())],
        },
        href: format!("/schedules/{}", schedule.id),
        instance: Some(schedule.instance.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_reported_in_percent() {
        assert_eq!(change(112.0, 100.0), "+12.0% since the previous slot");
        assert_eq!(change(75.0, 100.0), "-25.0% since the previous slot");
        assert_eq!(change(3.0, 3.0), "unchanged since the previous slot");
        assert_eq!(change(3.0, 0.0), "previous slot: 0");
    }
}
