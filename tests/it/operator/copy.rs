//! From SQLite to PostgreSQL, with everything.

use crate::executions::{REACH, run, saved};
use crate::support::{Database, House, Premises, execute, recomamp};

async fn stopped_with_a_result() -> (Premises, std::collections::BTreeMap<String, String>, String, String) {
    let house = House::open(Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    let query = saved(&ada, REACH).await;
    let page = run(&ada, &query).await;
    house.settle().await;
    (house.stop().await, ada.cookies(), query, page)
}

/// The copy is used: the same sessions, the previous result, and a new execution with the same tokens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_moves_and_is_used_there() {
    let (place, cookies, query, page) = stopped_with_a_result().await;
    let Database::Postgres(url) = Database::empty_postgres().await else { unreachable!() };
    let said = recomamp(&place.settings(), &["copy", "--to", &url]).await.with(0);
    assert!(said.out.contains("Set RECOMAMP_DATABASE_URL"), "{}", said.out);
    assert!(said.err.contains("executions: 1"), "{}", said.err);
    let again = recomamp(&place.settings(), &["copy", "--to", &url]).await.with(1);
    assert!(again.err.contains("has rows already") && again.err.contains("Nothing was changed"), "{}", again.err);

    let house = House::at(place.on(Database::Postgres(url)), crate::support::morning()).await;
    assert!(house.app.held.is_none());
    let ada = house.visitor();
    ada.take_cookies(cookies);
    ada.get(&format!("{page}/result.csv")).await.with(200);
    let fresh = run(&ada, &query).await;
    house.settle().await;
    assert!(ada.get(&fresh).await.text("#live [role=status]").contains("Succeeded"));
}

/// A copy is refused while the program is running, because its writes would be missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_program_is_not_copied_and_not_copied_into() {
    let house = House::open(Database::sqlite()).await;
    let Database::Postgres(url) = Database::empty_postgres().await else { unreachable!() };
    let refused = recomamp(&house.settings(), &["copy", "--to", &url]).await.with(1);
    assert!(refused.err.contains("stop it first"), "{}", refused.err);
    let busy = House::open(Database::postgres().await).await;
    let Database::Postgres(used) = busy.database() else { unreachable!() };
    let (place, ..) = stopped_with_a_result().await;
    let refused_there = recomamp(&place.settings(), &["copy", "--to", used]).await.with(1);
    assert!(refused_there.err.contains("another RecomAMP uses"), "{}", refused_there.err);
    let refused = recomamp(&house.settings(), &["copy", "--to", "sqlite:/nowhere"]).await.with(1);
    assert!(refused.err.contains("postgres://"), "{}", refused.err);
}

/// Tables come from the schema: one unknown to the code is copied as well, or stops the copy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_added_tomorrow_is_not_forgotten() {
    const TABLE: &str = "create table aa_tomorrow (id text primary key, person_id text references people (id), \
        at timestamptz, truth boolean, share double precision, number bigint, doc jsonb)";
    let (place, ..) = stopped_with_a_result().await;
    let source = place.database_url();
    let Database::Postgres(target) = Database::postgres().await else { unreachable!() };
    execute(&source, TABLE).await;
    let fill = "with recursive numbers (value) as (select 1 union all select value + 1 from numbers where value < 701) \
        insert into aa_tomorrow select 'row ' || char(0) || value, (select id from people), \
        '2026-03-18T09:00:00.000001+00:00', value % 2, 0.5, 9007199254740993, '{\"a\":[1,null]}' from numbers";
    execute(&source, fill).await;
    let refused = recomamp(&place.settings(), &["copy", "--to", &target]).await.with(1);
    assert!(refused.err.contains("aa_tomorrow.id"), "{}", refused.err);
    execute(&target, TABLE).await;
    let said = recomamp(&place.settings(), &["copy", "--to", &target]).await.with(0);
    assert!(said.err.contains("aa_tomorrow: 701") && said.err.contains("701 texts held NULs"), "{}", said.err);
    let whole = "do $$ begin if (select count(*) from aa_tomorrow where at = '2026-03-18T09:00:00.000001Z' and share = 0.5 \
        and number = 9007199254740993 and doc = '{\"a\":[1,null]}' and person_id is not null and truth is not null) <> 701 \
        then raise exception 'not whole'; end if; end $$";
    execute(&target, whole).await;
}

/// A backup includes such a table, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_takes_a_table_that_is_added_tomorrow() {
    let house = House::open(Database::postgres().await).await;
    let Database::Postgres(url) = house.database() else { unreachable!() };
    execute(url, "create table aa_tomorrow (id text primary key)").await;
    execute(url, "insert into aa_tomorrow values ('kept')").await;
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    recomamp(&house.settings(), &["backup", backup.to_str().unwrap()]).await.with(0);
    assert_eq!(std::fs::read_to_string(backup.join("database/aa_tomorrow.jsonl")).unwrap(), "[\"kept\"]\n");
}
