//! Several processes: on one PostgreSQL they share the work; an SQLite file allows only one.

mod postgres {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::time::Duration;

    use chrono::TimeDelta;
    use recomamp::db::{Scope, Single, Tx, sql};

    use crate::executions::{REACH, on_amc, run, saved};
    use crate::support::{Database, House};

    /// One crashes while sending; its leases expire, then the other finishes the execution. Nothing runs twice.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_process_finishes_what_another_left() {
        let first = House::open(Database::postgres().await).await;
        let ada = first.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for _ in 0..3 {
            run(&ada, &query).await;
        }
        let second = first.beside().await;
        first.fault("slow", "/workflowExecutions", "1").await;
        tokio::time::timeout(Duration::from_millis(700), second.tick("poller")).await.expect_err("it dies in mid-send");
        let states = "select count(*) as value from executions where state = 'sending' and lease_until is not null";
        assert_eq!(first.count(states).await, 1);
        let tick = first.tick("poller").await;
        assert_eq!(tick.looked, 0, "its claims hold");
        assert!(tick.next > Some(first.app.site.clock.now() + TimeDelta::seconds(60)), "{:?}", tick.next);
        drop(second);
        first.settle().await;
        assert_eq!(ada.get("/executions?state=succeeded").await.texts("tbody tr").len(), 3);
        assert_eq!(on_amc(&first), 3);
    }

    /// A token that both processes find expired is refreshed by one of them, and the other uses the stored one.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_process_renews_a_token_for_all() {
        let first = House::open(Database::postgres().await).await;
        let ada = first.signed_in("Ada").await;
        let second = first.beside().await;
        first.time.advance(TimeDelta::minutes(61));
        second.time.advance(TimeDelta::minutes(61));
        first.fault("slow=400", "/auth/o2/token", "").await;
        let before = first.count("select cast(sum(revision) as bigint) as value from connections").await;
        let (one, ()) = tokio::join!(first.tick("refresher"), async {
            // The refresher's own lease is bypassed: this process needs the token for a call.
            let page = ada.get("/settings/connections").await;
            let test = page.attributes("main form[action$='/test']", "action")[0].clone();
            let there = second.visitor();
            there.take_cookies(ada.cookies());
            there.post(&test, &[]).await.with(303);
        });
        assert_eq!((one.changed, one.failed), (1, 0));
        let trouble = "select count(*) as value from connections where failures > 0 or last_error is not null";
        assert_eq!(first.count(trouble).await, 0);
        assert_eq!(first.count("select cast(sum(revision) as bigint) as value from connections").await, before + 1);
        assert_eq!(first.count("select count(*) as value from audit where action = 'revoked'").await, 0);
    }

    /// The first to count acts first, regardless of other counts.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_counted_alone_stays_so() {
        let house = House::open(Database::postgres().await).await;
        let (mut first, mut second) = (writing(&house).await, writing(&house).await);
        let mut other = writing(&house).await;
        let order = std::sync::Mutex::new(Vec::new());
        first.alone("a name").await.unwrap();
        other.alone("another name").await.expect("others do not wait");
        let waits = async {
            second.alone("a name").await.unwrap();
            order.lock().unwrap().push("second");
        };
        let acts = async {
            for _ in 0..50 {
                sql("select cast(1 as bigint) as value").one::<Single<i64>>(&mut first).await.unwrap();
            }
            order.lock().unwrap().push("first");
            first.commit().await.unwrap();
        };
        tokio::join!(waits, acts);
        assert_eq!(order.into_inner().unwrap(), ["first", "second"]);
    }

    /// Another process is about to use the last slot: nobody can count until it has, so nobody exceeds the limit.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn slots_are_counted_by_one_process_at_a_time() {
        const ENTITY: &str =
            "select i.entity_id as value from executions e join instances i on i.id = e.instance_id limit 1";
        const RUN: &str = "update executions set state = 'running', next_step_at = null \
            where id in (select id from executions where state = 'waiting' order by id limit $1)";
        const WAITS: &str = "select count(*) as value from pg_locks where locktype = 'advisory' and not granted \
            and database = (select oid from pg_database where datname = current_database())";
        const IN_USE: &str = "select count(*) as value from executions where state <> 'waiting'";
        let house = House::open(Database::postgres().await).await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for _ in 0..11 {
            run(&ada, &query).await;
        }
        let mut other = writing(&house).await;
        let Single(entity) = sql(ENTITY).one::<Single<String>>(&mut other).await.unwrap();
        sql(RUN).bind(9_i64).execute(&mut other).await.unwrap();
        other.commit().await.unwrap();

        let mut other = writing(&house).await;
        other.alone(&format!("slots of {entity}")).await.unwrap();
        sql(RUN).bind(1_i64).execute(&mut other).await.unwrap();
        let is_over = AtomicBool::new(false);
        let takes = async {
            // Until the poller waits for the lock, or didn't have to wait.
            while !is_over.load(Relaxed) && sql(WAITS).one::<Single<i64>>(&mut other).await.unwrap().0 == 0 {
                tokio::task::yield_now().await;
            }
            other.commit().await.unwrap();
        };
        let counts = async {
            let tick = house.tick("poller").await;
            is_over.store(true, Relaxed);
            tick
        };
        let (tick, ()) = tokio::join!(counts, takes);
        assert_eq!(tick.looked, 1, "one is left to be sent");
        assert_eq!(house.count(IN_USE).await, 10);
        assert_eq!(on_amc(&house), 0, "and it waits");
    }

    async fn writing(house: &House) -> Tx {
        house.db().write(&Scope::System).await.expect("a transaction")
    }

    /// Both work on the same executions at the same time.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_processes_share_the_runs() {
        let first = House::open(Database::postgres().await).await;
        let ada = first.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for _ in 0..6 {
            run(&ada, &query).await;
        }
        let second = first.beside().await;
        for _ in 0..20 {
            tokio::join!(first.step(), second.step());
            first.app.emulator.as_ref().expect("a sandbox").settled().await;
            first.time.advance(TimeDelta::seconds(20));
            second.time.advance(TimeDelta::seconds(20));
        }
        assert_eq!(ada.get("/executions?state=succeeded").await.texts("tbody tr").len(), 6);
        assert_eq!(on_amc(&first), 6);
    }
}

mod sqlite {
    use recomamp::app::App;
    use recomamp::ids::Random;

    use crate::support::{Database, House};

    /// The second one says why it can't start, and what to do.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_second_process_on_the_same_file_is_refused() {
        let house = House::open(Database::sqlite()).await;
        let site = &house.app.site;
        let again = App::open((*site.config).clone(), house.address, site.clock.clone(), Random::seeded(3)).await;
        let reason = format!("{:#}", again.err().expect("it is refused"));
        assert!(reason.contains("another RecomAMP (process ") && reason.contains("uses the database"), "{reason}");
        assert!(reason.contains("PostgreSQL"), "{reason}");
    }
}
