//! All migrations, compiled in: texts for both databases, and a few for one of them.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::Engine;

/// One migration. Both databases share the numbers, so that a number means the same on either.
struct Step {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! both {
    ($number:literal, $name:literal) => {
        Step {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/", $name, ".sql")),
        }
    };
}

macro_rules! own {
    ($number:literal, $name:literal) => {
        Step {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }
    };
}

const STEPS: &[Step] = &[
    both!(1, "0001_start"),
    own!(2, "0002_row_security"),
    both!(3, "0003_result_retention"),
    both!(4, "0004_query_history"),
    own!(5, "0005_query_history_security"),
    both!(6, "0006_long_history"),
    both!(7, "0007_fetched_again"),
    both!(8, "0008_pressed_once"),
    both!(9, "0009_execution_start"),
    own!(10, "0010_execution_start_security"),
    both!(11, "0011_query_homes"),
    own!(12, "0012_query_homes_security"),
    both!(13, "0013_access"),
    own!(14, "0014_access_security"),
    both!(15, "0015_amazon"),
    own!(16, "0016_amazon_security"),
    both!(17, "0017_long_lists"),
    both!(20, "0020_data_sources"),
    own!(21, "0021_data_sources_security"),
    both!(23, "0023_source_digests"),
    both!(26, "0026_brands"),
    own!(27, "0027_brands_security"),
    both!(28, "0028_own_runs"),
    own!(29, "0029_own_runs_security"),
    both!(30, "0030_schedules"),
    own!(31, "0031_schedules_security"),
    both!(32, "0032_backfills"),
    own!(33, "0033_backfills_security"),
    both!(34, "0034_slot_durations"),
    both!(35, "0035_notices"),
    own!(36, "0036_notices_security"),
    both!(37, "0037_notice_indexes"),
    both!(38, "0038_guides"),
    own!(39, "0039_guides_security"),
    both!(40, "0040_deliveries"),
    own!(41, "0041_deliveries_security"),
    both!(42, "0042_tokens"),
    own!(43, "0043_tokens_security"),
    both!(44, "0044_teams"),
    own!(45, "0045_teams_security"),
    both!(47, "0047_webhook_events"),
    both!(48, "0048_datasets"),
    both!(49, "0049_source_list_index"),
    both!(50, "0050_delivery_people"),
    own!(51, "0051_outcome_cursors"),
    own!(53, "0053_source_list_order"),
];

/// The number of the latest migration.
pub(super) fn newest() -> i64 {
    STEPS.iter().map(|step| step.number).max().unwrap_or(0)
}

/// The migrations for one database up to `newest`, in order.
pub(super) fn migrator(engine: Engine, newest: i64) -> Migrator {
    let steps = STEPS.iter().filter(|step| step.number <= newest).map(|step| {
        let text = match engine {
            Engine::Sqlite => step.sqlite,
            Engine::Postgres => step.postgres,
        };
        Migration::new(step.number, Cow::Borrowed(step.name), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(steps.collect())
}

/// The row-level security policies, with their tables, that PostgreSQL has after migration `newest`, from the texts
/// that create and drop them.
pub(super) fn policies(newest: i64) -> Vec<(String, String)> {
    let mut policies: Vec<(String, String)> = Vec::new();
    for step in STEPS.iter().filter(|step| step.number <= newest) {
        let lines = step.postgres.lines().map(|line| line.split("--").next().unwrap_or_default());
        let text = lines.collect::<Vec<_>>().join(" ").to_lowercase().replace([';', '"', '(', ')'], " ");
        let words: Vec<&str> = text.split_whitespace().filter(|word| !matches!(*word, "if" | "exists")).collect();
        for at in 0..words.len() {
            match words[at..] {
                ["create", "policy", name, "on", table, ..] => policies.push((name.to_owned(), table.to_owned())),
                ["drop", "policy", name, "on", table, ..] => {
                    policies.retain(|(known, on)| known != name || on != table);
                }
                ["drop", "table", table, ..] => policies.retain(|(_, on)| on != table),
                ["alter", "table", table, "rename", "to", name, ..] => {
                    policies.iter_mut().filter(|(_, on)| on == table).for_each(|(_, on)| name.clone_into(on));
                }
                _ => {}
            }
        }
    }
    policies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_found_in_the_texts() {
        let policies = policies(newest());
        for (name, on) in [("people_scope", "people"), ("executions_scope", "executions")] {
            assert!(policies.contains(&(name.to_owned(), on.to_owned())), "{policies:?}");
        }
    }
}
