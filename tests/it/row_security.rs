//! PostgreSQL only: what row-level security lets a person see with a statement without any condition.

use std::collections::BTreeMap;

use recomamp::db::{Scope, Single, sql};
use recomamp::ids::PersonId;

use crate::access::everybody_is;
use crate::executions::{REACH, run, saved};
use crate::support::{Database, House};

const TABLES: &str = "select table_name::text as value from information_schema.tables \
    where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name not like '\\_%' order by 1";

/// A statement for a table; the names are from the schema.
fn statement(begin: &str, table: &str) -> &'static str {
    Box::leak(format!("{begin} {table}").into_boxed_str())
}

async fn tables(house: &House) -> Vec<String> {
    let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
    let tables = sql(TABLES).all::<Single<String>>(&mut tx).await.expect("names of tables");
    tables.into_iter().map(|table| table.0).collect()
}

/// How many rows of each table a scope sees without conditions.
pub(crate) async fn seen(house: &House, scope: &Scope) -> BTreeMap<String, i64> {
    let mut seen = BTreeMap::new();
    for table in tables(house).await {
        let mut tx = house.db().read(scope).await.expect("a transaction");
        let count = statement("select count(*) as value from", &table);
        let count = sql(count).one::<Single<i64>>(&mut tx).await.expect("a count").0;
        seen.insert(table, count);
    }
    seen
}

async fn person(house: &House, name: &str) -> PersonId {
    const FIND: &str = "select id as value from people where name like $1 || '%'";
    let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
    sql(FIND).bind(name).one::<Single<PersonId>>(&mut tx).await.expect("a person").0
}

/// How many rows a statement would change for a scope; `None` if it is refused. Nothing is committed.
async fn changed(house: &House, scope: &Scope, statement: &'static str) -> u64 {
    let mut tx = house.db().write(scope).await.expect("a transaction");
    sql(statement).execute(&mut tx).await.unwrap_or_default()
}

mod postgres {
    use super::*;

    /// A stranger's statements without conditions reach nothing that another person has made.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_statement_without_a_condition_reaches_nobody_elses_rows() {
        let house = House::open(Database::postgres().await).await;
        house.signed_in("Chie").await;
        let stranger = Scope::Person(person(&house, "Chie").await);
        let (before, all_before) = (seen(&house, &stranger).await, seen(&house, &Scope::System).await);

        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        ada.post("/guides/first-query/queries/reach-and-frequency-by-campaign/open", &[]).await.with(303);
        run(&ada, &query).await;
        house.settle().await;

        let all = seen(&house, &Scope::System).await;
        let grown = all.iter().filter(|(table, rows)| all_before[*table] < **rows).count();
        assert!(grown >= 10, "Ada's work is in {grown} tables of {all:?}");
        let mut after = seen(&house, &stranger).await;
        // OK to be visible: starting an execution increments it. It reveals only the total number.
        after.insert("execution_feed".to_owned(), before["execution_feed"]);
        assert_eq!(after, before);

        for table in before.iter().filter(|(_, rows)| **rows == 0).map(|(table, _)| table) {
            let mut tx = house.db().write(&stranger).await.expect("a transaction");
            // OK to be refused: nobody can delete from some tables.
            let deleted = sql(statement("delete from", table)).execute(&mut tx).await.unwrap_or_default();
            assert_eq!(deleted, 0, "{table}");
        }
    }

    /// Even without the program's own role checks, a viewer can't start, change or rename anything, an analyst can't
    /// rename, and nobody can change their own role.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn roles_hold_without_the_programs_own_condition() {
        const COPY: &str = "insert into executions (id, instance_id, connection_id, query_name, person_id, person_name, \
            state, author_sql, sent, source_map, field_values, amc_workflow_id, created_at, updated_at) \
            select 'copied', instance_id, connection_id, query_name, person_id, person_name, state, author_sql, sent, \
            source_map, field_values, 'copied', created_at, updated_at from executions limit 1";
        const EVENT: &str = "insert into execution_events (execution_id, position, at, state, note) \
            select id, 99, created_at, state, '' from executions limit 1";
        let house = House::open(Database::postgres().await).await;
        let ada = house.signed_in("Ada").await;
        run(&ada, &saved(&ada, REACH).await).await;
        let scope = Scope::Person(person(&house, "Ada").await);
        let never = [
            "update instance_access set role = 'manager'",
            "update instance_access set ends_at = created_at",
            "update instance_access set source = 'administrator'",
            "update access_grants set role = 'manager', ends_at = null",
            "insert into access_grants (instance_id, person_id, source, role, created_at) \
             select instance_id, person_id, 'shared', 'manager', created_at from instance_access",
            "update people set role = 'administrator', state = 'active'",
            "delete from people",
            "delete from instance_access",
            "delete from instances",
            "delete from executions",
        ];
        let runs = [COPY, EVENT, "update executions set cancel_asked_at = created_at"];
        let manages = ["update instances set name = 'Mine'"];
        for (role, refused, allowed) in [
            ("viewer", [&never[..], &runs, &manages].concat(), vec![]),
            ("analyst", [&never[..], &manages].concat(), runs.to_vec()),
            ("manager", never[1..].to_vec(), [&runs[..], &manages].concat()),
        ] {
            everybody_is(&house, role).await;
            for statement in refused {
                assert_eq!(changed(&house, &scope, statement).await, 0, "{role}: {statement}");
            }
            for statement in allowed {
                assert!(changed(&house, &scope, statement).await > 0, "{role}: {statement}");
            }
            let own = "update instance_access set hidden_at = created_at";
            assert!(changed(&house, &scope, own).await > 0, "{role}: one's own list is one's own");
        }
    }

    /// The rule of homes holds without the program's own: a private query is its owner's, one of an instance is read
    /// by its people and written by its analysts, one for everyone is read by all and written by administrators.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn homes_hold_without_the_programs_own_condition() {
        let house = House::open(Database::postgres().await).await;
        let ada = house.signed_in("Ada").await;
        run(&ada, &saved(&ada, REACH).await).await;
        house.signed_in("Chie").await;
        let own = Scope::Person(person(&house, "Ada").await);
        let other = Scope::Person(person(&house, "Chie").await);
        let change = "update queries set name = 'Changed'";
        let see = async |scope: &Scope| seen(&house, scope).await["queries"];
        for (home, read, write) in [("private", 0, 0), ("instance", 0, 0), ("everyone", 1, 0)] {
            crate::access::change(&house, "update queries set home = $1", home).await;
            assert_eq!((see(&other).await, changed(&house, &other, change).await), (read, write), "{home}");
            assert_eq!((see(&own).await, changed(&house, &own, change).await), (1, 1), "{home}: its owner");
        }
        // An administrator who isn't its owner.
        let nobodys = "update queries set owner_id = $1";
        crate::access::change(&house, nobodys, "per_01jzzzzzzzzzzzzzzzzzzzzzzz").await;
        assert_eq!((see(&own).await, changed(&house, &own, change).await), (1, 1));
        assert_eq!(
            changed(&house, &own, "update queries set home = 'private'").await,
            0,
            "it is not taken from others"
        );
        crate::access::change(&house, "update queries set home = $1", "private").await;
        assert_eq!((see(&own).await, changed(&house, &own, change).await), (0, 0));
        crate::access::change(&house, "update queries set home = $1", "instance").await;
        for (role, write) in [("viewer", 0), ("analyst", 1), ("manager", 1)] {
            everybody_is(&house, role).await;
            assert_eq!((see(&own).await, changed(&house, &own, change).await), (1, write), "{role}");
            assert_eq!(changed(&house, &own, "update queries set home = 'private'").await, 0, "{role}");
            assert_eq!(changed(&house, &own, "delete from query_versions").await, 0, "{role}");
        }
        let add = |owner: &str| {
            statement(
                "insert into queries (id, name, description, sql, fields, run_window, privacy, created_by, updated_by, \
                 created_at, updated_at, owner_id) select id, '', '', '', cast('{}' as jsonb), cast('{}' as jsonb), \
                 cast('{}' as jsonb), id, id, created_at, created_at,",
                &format!("{owner} from people"),
            )
        };
        assert_eq!(changed(&house, &other, add("'somebody'")).await, 0, "nobody writes a query in another's name");
        assert_eq!(changed(&house, &other, add("id")).await, 1);
    }

    /// Tables without personal rows, which everybody may read.
    const OPEN: [&str; 0] = [];

    /// A new table must have a policy, or be listed here.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_table_is_behind_a_policy() {
        const BARE: &str = "select relname::text as value from pg_class \
        where relnamespace = current_schema()::regnamespace and relkind = 'r' and not relrowsecurity and relname not like '\\_%'";
        let house = House::open(Database::postgres().await).await;
        let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
        let bare = sql(BARE).all::<Single<String>>(&mut tx).await.expect("names of tables");
        let bare: Vec<&str> = bare.iter().map(|table| table.0.as_str()).filter(|table| !OPEN.contains(table)).collect();
        assert_eq!(bare, Vec::<&str>::new());
    }
}
