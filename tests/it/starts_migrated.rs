//! Executions from before origins, keys and windows had their own columns are migrated.

use recomamp::db::{Db, Scope, Single, sql};

use crate::support::{Database, execute};

/// An older installation: executions are migrated, and a connection can be removed.
async fn carried_over(database: Database) {
    const PEOPLE: &str = "insert into people (id, amazon_user_id, name, email, role, created_at, signed_in_at) values \
        ('per_1', 'a', 'Ada', 'a@b', 'member', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')";
    const CONNECTION: &str = "insert into connections (id, person_id, region, state, sealed_access, sealed_refresh, \
        access_expires_at, refreshed_at, created_at) values ('con_1', 'per_1', 'NA', 'active', '', '', \
        '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')";
    const INSTANCE: &str = "insert into instances (id, region, amc_id, entity_id, marketplace_id, amc_name, account_name, \
        kind, creation_status, added_by, seen_at, created_at) values ('ins_1', 'NA', 'amc', 'e', 'm', 'n', 'a', \
        'STANDARD', 'COMPLETED', 'hand', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')";
    const EXECUTION: &str = "insert into executions (id, instance_id, connection_id, query_name, person_id, person_name, \
        rerun_of, state, author_sql, sent, source_map, field_values, amc_workflow_id, created_at, updated_at, once) values \
        ('exe_1', 'ins_1', 'con_1', 'q', 'per_1', 'Ada', null, 'succeeded', 'SELECT 1', '{\"body\": {\"workflow\": \
        {\"sqlQuery\": \"SELECT 1\"}, \"timeWindowType\": \"EXPLICIT\", \"timeWindowStart\": \"2026-01-01T00:00:00\", \
        \"timeWindowEnd\": \"2026-01-08T00:00:00\", \"timeWindowTimeZone\": \"Europe/Berlin\"}, \"sql\": \"SELECT 1\", \
        \"window\": \"\", \"privacy\": \"\", \"form\": [[\"window\", \"last-week\"], [\"param.a\", \"x\"]]}', '{}', \
        '{\"a\": \"x\"}', 'w-1', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'word'), \
        ('exe_2', 'ins_1', 'con_1', 'q', 'per_1', 'Ada', 'exe_1', 'succeeded', 'SELECT 1', '{\"body\": {\"timeWindowType\": \
        \"CURRENT_MONTH\"}, \"form\": []}', '{}', '{}', 'w-2', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', null)";
    const EVENT: &str = "insert into execution_events (execution_id, position, at, state, note) values \
        ('exe_1', 1, '2026-01-01T00:00:00Z', 'waiting', '')";
    let folder = tempfile::tempdir().unwrap();
    let url = database.empty_like().await.url(folder.path());
    let db = Db::connect(&url).await.unwrap();
    db.migrate_to(8).await.unwrap();
    for text in [PEOPLE, CONNECTION, INSTANCE, EXECUTION, EVENT] {
        execute(&url, text).await;
    }
    db.migrate().await.unwrap();
    execute(&url, "delete from people where id = 'per_1'").await;
    let mut tx = db.read(&Scope::System).await.unwrap();
    for (what, text) in [
        (
            "the first",
            "select count(*) as value from executions where id = 'exe_1' and origin = 'hand' \
            and origin_key = 'per_1:word' and window_kind = 'last-week' and window_start = '2026-01-01T00:00:00' \
            and window_end = '2026-01-08T00:00:00' and window_zone = 'Europe/Berlin' and connection_id = 'con_1' \
            and sent -> 'workflow' ->> 'sqlQuery' = 'SELECT 1'",
        ),
        (
            "the second",
            "select count(*) as value from executions where id = 'exe_2' and origin = 'rerun' \
            and origin_ref = 'exe_1' and origin_key is null and window_kind = 'CURRENT_MONTH' and window_start is null",
        ),
        ("its event", "select count(*) as value from execution_events where execution_id = 'exe_1'"),
    ] {
        assert_eq!(sql(text).one::<Single<i64>>(&mut tx).await.unwrap().0, 1, "{what}");
    }
}

#[tokio::test]
async fn executions_are_carried_over_on_sqlite() {
    carried_over(Database::sqlite()).await;
}

#[tokio::test]
async fn executions_are_carried_over_on_postgres() {
    carried_over(Database::postgres().await).await;
}
