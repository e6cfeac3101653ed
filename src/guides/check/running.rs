//! Runs queries of guides, and the audiences they measure, on synthetic data.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::amcsql::engine::{Engine, Limits, ResultSet, Run, RunError};
use crate::emulator::world::World;
use crate::guides::content::{self, Finding, GuideQuery};
use crate::queries;

/// The seed of the synthetic data.
const SEED: u64 = 1;
/// Concurrent runs.
pub(super) const PARALLEL: usize = 2;
/// The limits of a run. The time is generous: it ends a query that never would, and a busy machine is no fault of an
/// author.
const LIMITS: Limits = Limits {
    memory_bytes: 1 << 30,
    disk_bytes: 0,
    parallel_runs: PARALLEL,
    threads: 2,
    time: Duration::from_mins(15),
    result_rows: 1_000_000,
};

/// The engine with the data of a day.
pub(super) struct Runner {
    engine: Engine,
    now: DateTime<Utc>,
}

impl Runner {
    pub(super) fn new(now: DateTime<Utc>) -> anyhow::Result<Self> {
        let world = World::new(SEED, queries::SCALE, now.date_naive(), None);
        Ok(Self { engine: Engine::new(Arc::new(world), LIMITS)?, now })
    }

    /// The result of a query with these values in place of its defaults; `None` if it has errors.
    pub(super) async fn query(
        &self,
        query: &GuideQuery,
        values: &[(String, Vec<String>)],
    ) -> Option<Result<ResultSet, RunError>> {
        let prepared = self.prepared(query, values)?;
        let bound = queries::bound(&prepared).ok()?;
        Some(self.engine.run(&bound, &queries::run_of(&prepared, self.now)).await)
    }

    fn prepared(&self, query: &GuideQuery, values: &[(String, Vec<String>)]) -> Option<queries::Prepared> {
        let mut input = query.input(self.now, true);
        for (name, lines) in values {
            if let Some(field) = input.fields.iter_mut().find(|field| field.name == *name) {
                field.default = lines.join("\n");
            }
        }
        let prepared = content::prepared(&input, self.now);
        (query.is_runnable() && prepared.errors.is_empty()).then_some(prepared)
    }

    /// The number of users in the audience that a query measures; `None` if it has none, or errors.
    async fn audience(&self, query: &GuideQuery) -> Option<Result<u64, RunError>> {
        let prepared = self.prepared(query, &[])?;
        let bound = content::audience(&query.authored.audience, &prepared)?;
        // OK without thresholds because nothing of an audience is shown but its size.
        let run = Run { controls: false, ..queries::run_of(&prepared, self.now) };
        let count = |result: ResultSet| -> Result<u64, RunError> {
            let rows = result.texts(LIMITS.result_rows).map_err(|error| RunError::Value(error.to_string()))?;
            let users: BTreeSet<String> = rows.into_iter().filter_map(|row| row.into_iter().next()?).collect();
            Ok(users.len() as u64)
        };
        Some(self.engine.run(&bound, &run).await.and_then(count))
    }
}

/// What is wrong about the audience of a query.
pub(super) async fn audience(runner: &Runner, query: &GuideQuery) -> Option<Finding> {
    let authored = &query.authored;
    let told =
        |key: &str, message: String| Finding::error(&query.file, (authored.line_of(key), 1), "audience", message);
    match runner.audience(query).await? {
        Err(error) => Some(told("audience", error.to_string())),
        Ok(0) => Some(told("audience", "On synthetic data the audience has no users.".to_owned())),
        Ok(users) => {
            let said = authored.audience_users.filter(|said| *said != users)?;
            let message = format!("On synthetic data the audience has {users} users, not {said}.");
            Some(told("audience-users", message))
        }
    }
}
