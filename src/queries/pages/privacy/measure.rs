//! Measures the effect of leaving out a column, on synthetic data: runs each of the query's variants once.
//!
//! The number of variants and the time are limited. What couldn't be measured in time is reported, not guessed.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::amcsql::engine::{Engine, ResultSet, Run, RunError, Variants};
use crate::queries::pages::trial::{Room, bound, bound_text, run_of};
use crate::queries::prepare::Prepared;
use crate::web::components::count;
use crate::web::{self, Person};

/// Maximum number of columns that are left out, one at a time.
const MOST_VARIANTS: usize = 8;
/// Time limit for all variants together; the remaining ones are named.
const TIME: Duration = Duration::from_secs(15);

/// What leaving each column out brings back, measured by running the variants.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// The summed column; empty if rows were counted.
    pub(super) measure: String,
    /// For the unchanged query: all rows and those that thresholds remove, the measure and how much of it they
    /// remove.
    whole: Amount,
    removed: Amount,
    /// One for each column that was left out, the most effective first.
    pub(super) variants: Vec<Variant>,
    /// Columns that weren't measured, because of the time limit or the maximum number.
    pub(super) left: Vec<String>,
    /// Why nothing was measured.
    pub(super) problem: String,
    took: Duration,
}

/// A number of rows, and an amount of the measure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Amount {
    rows: f64,
    measure: f64,
}

/// The effect of leaving out one column.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) column: String,
    /// Restored rows and restored measure, each as a fraction of what is removed.
    rows: f64,
    measure: f64,
}

impl Variant {
    /// `31%` of the removed rows.
    pub(super) fn rows_text(&self) -> String {
        percent(self.rows)
    }

    /// `31%` of the removed measure.
    pub(super) fn measure_text(&self) -> String {
        percent(self.measure)
    }
}

impl Measured {
    /// No measurements, with the reason.
    pub(super) fn failed(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), ..Self::default() }
    }

    /// Whether thresholds remove anything.
    pub(super) fn has_removed(&self) -> bool {
        self.removed.rows > 0.0
    }

    /// What is removed from the unchanged query, for display.
    pub(super) fn removed_text(&self) -> String {
        let of = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let rows = format!(
            "{} of {} rows ({})",
            count(self.removed.rows as usize),
            count(self.whole.rows as usize),
            percent(of(self.removed.rows, self.whole.rows))
        );
        if self.measure.is_empty() {
            return rows;
        }
        format!("{rows}, with {} of all {}", percent(of(self.removed.measure, self.whole.measure)), self.measure)
    }

    /// The most effective change in a sentence; empty if there is none.
    pub(super) fn best_text(&self) -> String {
        let Some(best) = self.variants.first() else { return String::new() };
        let (share, what) = if self.measure.is_empty() || self.removed.measure <= 0.0 {
            (best.rows, "rows come back")
        } else {
            (best.measure, self.measure.as_str())
        };
        if share < 0.005 {
            return "Leaving out a single column brings back almost nothing. Leave out more than one, or make the time window longer.".to_owned();
        }
        if what == "rows come back" {
            format!("Without `{}`, {} of the removed rows come back.", best.column, percent(share))
        } else {
            format!("Without `{}`, {} of the removed `{what}` comes back.", best.column, percent(share))
        }
    }

    /// How long it took: `0.42s`.
    pub(super) fn took_text(&self) -> String {
        format!("{:.2}s", self.took.as_secs_f64())
    }
}

/// A fraction in whole percent; `<1%` for small nonzero ones.
fn percent(share: f64) -> String {
    let share = share.clamp(0.0, 1.0) * 100.0;
    if share > 0.0 && share < 1.0 { "<1%".to_owned() } else { format!("{}%", share.round() as i64) }
}

/// Runs the variants of a prepared query.
pub(super) async fn measure(
    room: &Room,
    person: &Person,
    prepared: &Prepared,
    now: DateTime<Utc>,
) -> web::Result<Measured> {
    if !prepared.has_controls() {
        return Ok(Measured::failed("This query runs without privacy thresholds, so no rows are removed."));
    }
    let query = match bound(prepared) {
        Ok(query) => query,
        Err(sentence) => return Ok(Measured::failed(sentence)),
    };
    let Some(_turn) = room.trials.turn(&person.id) else {
        return Ok(Measured::failed("Your last Try is still running. Wait for it to end, then try again."));
    };
    let engine = room.trials.engine(room.site.config.emulator.seed, now.date_naive()).map_err(anyhow::Error::from)?;
    let names: Vec<String> = query.outputs.iter().map(|output| output.name.clone()).collect();
    let runs = Runs {
        engine: &engine,
        prepared,
        variants: Variants::new(&prepared.sql_sent, &query),
        // OK because only removed rows are measured, not how the result shows them.
        run: Run { privacy: crate::amcsql::engine::Privacy::default(), ..run_of(prepared, now) },
    };
    // OK to use the system clock: it limits and reports how long the machine worked.
    let began = Instant::now();
    let deadline = tokio::time::Instant::now() + TIME;
    let measured = tokio::time::timeout_at(deadline, runs.all(&names, deadline)).await;
    let measured = match measured {
        Ok(Ok(measured)) => measured,
        Ok(Err(problem)) => Measured::failed(problem),
        Err(_) => {
            Measured::failed("The query takes too long on synthetic data to be measured. Shorten the time window.")
        }
    };
    Ok(Measured { took: began.elapsed(), ..measured })
}

struct Runs<'a> {
    engine: &'a Engine,
    prepared: &'a Prepared,
    variants: Variants<'a>,
    run: Run,
}

impl Runs<'_> {
    async fn all(&self, names: &[String], deadline: tokio::time::Instant) -> Result<Measured, String> {
        let name = |at: usize| names.get(at).cloned().unwrap_or_default();
        let whole = self.amount(None, false).await?;
        let shown = self.amount(None, true).await?;
        let removed = whole.less(shown);
        let mut measured = Measured {
            measure: self.variants.measure().map(name).unwrap_or_default(),
            whole,
            removed,
            ..Measured::default()
        };
        for (number, at) in self.variants.dimensions().iter().enumerate() {
            let is_late = number >= MOST_VARIANTS || tokio::time::Instant::now() + TIME / 5 > deadline;
            if is_late || !measured.has_removed() {
                measured.left.push(name(*at));
                continue;
            }
            let back = self.amount(Some(*at), true).await?.less(shown);
            let share = |part: f64, of: f64| if of > 0.0 { (part / of).clamp(0.0, 1.0) } else { 0.0 };
            let (rows, measure) = (share(back.rows, removed.rows), share(back.measure, removed.measure));
            measured.variants.push(Variant { column: name(*at), rows, measure });
        }
        measured
            .variants
            .sort_by(|a, b| (b.measure, b.rows).partial_cmp(&(a.measure, a.rows)).unwrap_or(std::cmp::Ordering::Equal));
        Ok(measured)
    }

    async fn amount(&self, without: Option<usize>, controls: bool) -> Result<Amount, String> {
        let query = bound_text(self.prepared, &self.variants.text(without))?;
        let run = Run { controls, ..self.run.clone() };
        let result = self.engine.run(&query, &run).await.map_err(|error| match error {
            RunError::NoSuchSource(name) => {
                format!("There is no synthetic data for {name}, so this query can't be measured.")
            }
            error => error.to_string(),
        })?;
        Amount::of(&result).map_err(|error| error.to_string())
    }
}

impl Amount {
    /// The sums of the last two columns.
    fn of(result: &ResultSet) -> std::io::Result<Self> {
        let last = result.columns.len().saturating_sub(1);
        Ok(Self { rows: result.sum(last.saturating_sub(1))?, measure: result.sum(last)? })
    }

    fn less(self, other: Self) -> Self {
        Self { rows: self.rows - other.rows, measure: self.measure - other.measure }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(measure: &str, removed: f64) -> Measured {
        let variant = |column: &str, rows, measure| Variant { column: column.to_owned(), rows, measure };
        Measured {
            measure: measure.to_owned(),
            whole: Amount { rows: 200.0, measure: 1_000.0 },
            removed: Amount { rows: 150.0, measure: removed },
            variants: vec![variant("postal_code", 0.9, 0.312), variant("campaign", 0.1, 0.0)],
            ..Measured::default()
        }
    }

    #[test]
    fn what_helps_most_is_said_in_a_sentence() {
        let spend = measured("spend", 250.0);
        assert_eq!(spend.best_text(), "Without `postal_code`, 31% of the removed `spend` comes back.");
        assert_eq!(spend.removed_text(), "150 of 200 rows (75%), with 25% of all spend");
        assert_eq!(measured("", 0.0).best_text(), "Without `postal_code`, 90% of the removed rows come back.");
        let mut little = measured("spend", 250.0);
        little.variants.iter_mut().for_each(|variant| variant.measure = 0.001);
        assert!(little.best_text().starts_with("Leaving out a single column"));
        assert_eq!(
            (percent(0.004), percent(0.0), percent(1.4)),
            ("<1%".to_owned(), "0%".to_owned(), "100%".to_owned())
        );
    }
}
