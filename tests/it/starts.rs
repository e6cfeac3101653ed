//! The only way to start an execution: once per key, one clear refusal, recorded in the feed.

use std::collections::BTreeMap;

use recomamp::db::{FromRow, Row, Scope, Single, sql};
use recomamp::executions::{Actor, Cursor, Happened, Origin, Refusal, Request, Started, What};
use recomamp::ids::{InstanceId, PersonId, QueryId};
use recomamp::queries::{Given, RunInput};

use crate::access::everybody_is;
use crate::executions::{REACH, on_amc, run, saved};
use crate::queries::instance;
use crate::support::{Database, House, execute, stories};

const EXECUTIONS: &str = "select count(*) as value from executions";
const READER: Cursor = Cursor::new("reader");

/// The id of a sample user.
async fn person(house: &House, name: &str) -> PersonId {
    const FIND: &str = "select id as value from people where name like $1 || '%'";
    let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
    sql(FIND).bind(name).one::<Single<PersonId>>(&mut tx).await.expect("a person").0
}

/// A request for a saved query, with only these values as input.
fn of_query(query: &str, instance: &str, key: Option<&str>, values: &[(&str, Given)]) -> Request {
    let id: QueryId = query.parse().expect("an id");
    let instance: InstanceId = instance.parse().expect("an id");
    let values: BTreeMap<_, _> = values.iter().map(|(name, given)| ((*name).to_owned(), given.clone())).collect();
    let input = RunInput { values, ..RunInput::default() };
    Request { what: What::Query { id, revision: None, instance, input }, key: key.map(str::to_owned) }
}

/// Starts in a separate transaction, and commits it unless refused.
async fn start(house: &House, scope: &Scope, actor: &Actor, request: &Request) -> Result<Started, Refusal> {
    let mut tx = house.db().write(scope).await.expect("a transaction");
    let started = house.app.executions.start(&mut tx, actor, request).await?;
    tx.commit().await.expect("it is kept");
    Ok(started)
}

/// The stored origin of the newest execution.
struct Kept {
    origin: String,
    reference: Option<String>,
    person: PersonId,
}

impl FromRow for Kept {
    fn from_row(row: &Row) -> recomamp::db::Result<Self> {
        Ok(Self { origin: row.get("origin")?, reference: row.get("origin_ref")?, person: row.get("person_id")? })
    }
}

async fn newest(house: &House) -> Kept {
    const NEWEST: &str =
        "select origin, origin_ref, person_id from executions order by created_at desc, id desc limit 1";
    let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
    sql(NEWEST).one(&mut tx).await.expect("an execution")
}

stories! {
    /// The same key and the same request: the same execution, even after it has ended. Another request with the key
    /// is refused, and another person's key is separate.
    async fn a_key_starts_one_execution(house: House) {
        let ada = house.signed_in("Ada").await;
        let (query, instance) = (saved(&ada, REACH).await, instance(&ada).await);
        let id = person(&house, "Ada").await;
        let scope = Scope::Person(id.clone());
        let actor = Actor::token(id, "Ada".into(), "tok_1");
        let request = of_query(&query, &instance, Some("report-7"), &[]);
        let first = start(&house, &scope, &actor, &request).await.expect("it starts");
        assert!(first.is_new);
        house.settle().await;
        let second = start(&house, &scope, &actor, &request).await.expect("it is there");
        assert_eq!((second.id, second.is_new), (first.id, false));

        let mut other = request.clone();
        if let What::Query { input, .. } = &mut other.what {
            input.privacy.mode = recomamp::queries::PrivacyMode::Blank;
        }
        let refused = start(&house, &scope, &actor, &other).await.expect_err("another request");
        assert!(matches!(refused, Refusal::KeyReused) && refused.to_string().contains("new key"), "{refused}");
        for key in ["", "a\nb", &"x".repeat(201)] {
            let request = of_query(&query, &instance, Some(key), &[]);
            assert!(matches!(start(&house, &scope, &actor, &request).await, Err(Refusal::BadKey)), "{key:?}");
        }
        assert_eq!(house.count(EXECUTIONS).await, 1);

        let slot = Actor::schedule(actor.person().clone(), "Ada".into(), "sch_1");
        assert!(start(&house, &Scope::System, &slot, &request).await.expect("a slot").is_new, "another origin");
        let kept = newest(&house).await;
        assert_eq!((kept.origin.as_str(), kept.reference.as_deref()), ("schedule", Some("sch_1")));
        assert_eq!(house.count("select count(*) as value from audit where action = 'execution-started'").await, 2);
        house.settle().await;
        assert_eq!(on_amc(&house), 2);
    }

    /// An error that the checker may be wrong about is sent once its code is acknowledged, and not before.
    async fn an_acknowledged_finding_is_sent(house: House) {
        let ada = house.signed_in("Ada").await;
        let sql = "SELECT a_new_column, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1";
        let query = saved(&ada, sql).await;
        ada.post("/executions", &[("query", query.as_str())]).await.with(422);
        let other = [("query", query.as_str()), ("acknowledge_findings", "hidden-column")];
        ada.post("/executions", &other).await.with(422);
        assert_eq!(house.count(EXECUTIONS).await, 0);
        let accepted = [("query", query.as_str()), ("acknowledge_findings", "unknown-column")];
        ada.post("/executions", &accepted).await.with(303);
        assert_eq!(house.count(EXECUTIONS).await, 1);
    }

    /// A form can't claim who starts.
    async fn a_form_cannot_say_who_starts(house: House) {
        house.signed_in("Chie").await;
        let chie = person(&house, "Chie").await;
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let forged = [
            ("query", query.as_str()), ("person", chie.as_str()), ("person_id", chie.as_str()), ("actor", chie.as_str()),
            ("origin", "schedule"), ("origin_ref", "sch_1"), ("origin_key", "x"), ("key", "x"), ("connection", "con_1"),
        ];
        ada.post("/executions", &forged).await.with(303);
        let kept = newest(&house).await;
        assert_eq!((kept.origin.as_str(), kept.reference), ("hand", None));
        assert_eq!(kept.person, person(&house, "Ada").await);
        assert_eq!(house.count("select count(*) as value from executions where origin_key is not null").await, 0);
    }

    /// A rerun records what it repeats.
    async fn an_execution_says_what_started_it(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        assert!(ada.get(&format!("{page}?view=details")).await.with(200).text("#details").contains("Manually"));
        let again = ada.post(&format!("{page}/rerun"), &[]).await.with(303).location;
        let shown = ada.get(&format!("{again}?view=details")).await.with(200);
        assert!(shown.attributes("#details a", "href").contains(&page), "{}", shown.body);
        assert!(shown.text("#details").contains("Ada (agency A)"), "whose connection it uses: {}", shown.text("#details"));
        let kept = newest(&house).await;
        assert_eq!((kept.origin.as_str(), kept.reference.as_deref()), ("rerun", page.rsplit('/').next()));
    }

    /// Each reason not to start is one clear answer, the same for pages and programs; nothing is started.
    async fn what_may_not_run_is_refused_and_nothing_is_started(house: House) {
        let chie = house.signed_in("Chie").await;
        let ada = house.signed_in("Ada").await;
        let (query, instance) = (saved(&ada, REACH).await, instance(&ada).await);
        let id = person(&house, "Ada").await;
        let (scope, actor) = (Scope::Person(id.clone()), Actor::token(id, "Ada".into(), "tok_1"));
        let refused = async |request: &Request| start(&house, &scope, &actor, request).await.expect_err("it is refused");

        let unknown = refused(&of_query(&query, &instance, None, &[("most", Given::Number("1".into()))])).await;
        assert!(unknown.errors().of("param.most").contains("no parameter"), "{unknown}");
        assert!(ada.post("/executions", &[("query", query.as_str()), ("param.most", "1")]).await.with(422).body.contains("no parameter “most”"));

        let mut old = of_query(&query, &instance, None, &[]);
        if let What::Query { revision, .. } = &mut old.what {
            *revision = Some(7);
        }
        assert_eq!(refused(&old).await.code(), "query-changed");

        execute(&house.database_url(), "update instances set creation_status = 'PENDING'").await;
        assert_eq!(refused(&of_query(&query, &instance, None, &[])).await.code(), "instance-not-ready");
        let shown = ada.post("/executions", &[("query", query.as_str())]).await.with(409);
        assert!(shown.text("main .lead").contains("isn't ready"), "{}", shown.body);
        execute(&house.database_url(), "update instances set creation_status = 'COMPLETED'").await;

        chie.post("/executions", &[("query", query.as_str())]).await.with(404);
        let stranger = person(&house, "Chie").await;
        let (eyes, actor) = (Scope::Person(stranger.clone()), Actor::token(stranger, "Chie".into(), "tok_2"));
        for eyes in [eyes, Scope::System] {
            let answer = start(&house, &eyes, &actor, &of_query(&query, &instance, None, &[])).await;
            assert!(matches!(answer, Err(Refusal::Missing)), "{answer:?}");
        }

        everybody_is(&house, "viewer").await;
        assert_eq!(refused(&of_query(&query, &instance, None, &[])).await.code(), "role");
        ada.post("/executions", &[("query", query.as_str())]).await.with(403);
        assert_eq!(house.count(EXECUTIONS).await, 0);
        assert_eq!(house.count("select count(*) as value from execution_outcomes").await, 0);
    }

    /// If a connection stops working while the execution waits, another one that its person may use replaces it.
    async fn a_waiting_execution_takes_another_connection(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        execute(&house.database_url(), "update connections set state = 'reconnect'").await;
        house.tick("poller").await;
        assert!(ada.get(&page).await.with(200).body.contains("connection"), "it waits for one");
        assert_eq!(house.count("select count(*) as value from executions where state = 'waiting'").await, 1);
        execute(&house.database_url(), "delete from connections").await;
        assert_eq!(house.count(EXECUTIONS).await, 1, "a connection that goes takes no execution along");
        ada.sign_in("Ada").await;
        house.tick("instance-discovery").await;
        house.time.advance(chrono::TimeDelta::minutes(2));
        house.settle().await;
        assert!(ada.get(&page).await.with(200).text("#live [role=status]").contains("Succeeded"));
        let shown = ada.get(&format!("{page}?view=progress")).await.with(200);
        assert!(shown.body.contains("Continuing with Ada"), "{}", shown.body);
    }

    /// Values keep their types, the window its meaning, and each text is stored once.
    async fn window_and_values_are_kept_as_they_are(house: House) {
        const COLUMNS: &str = "select count(*) as value from executions where window_kind = 'settled' \
            and window_start = '2026-02-25T00:00:00' and window_end = '2026-03-04T00:00:00' and window_zone = 'UTC' \
            and replace(cast(field_values as text), ' ', '') = '{\"least\":{\"number\":\"2.50\"}}' \
            and sent ->> 'sql' is null and sent -> 'workflow' ->> 'sqlQuery' is not null";
        let ada = house.signed_in("Ada").await;
        let query = "SELECT campaign, SUM(impressions) AS i FROM dsp_impressions GROUP BY campaign HAVING SUM(impressions) > {{least}}";
        let fields = [("instance", &*instance(&ada).await), ("name", "Least"), ("sql", query), ("fields", "least"), ("field.least.kind", "number"), ("field.least.required", "yes")];
        let led = ada.post("/queries/new", &fields).await.with(303).location;
        let id = led.rsplit('/').next().unwrap();
        let page = ada.post("/executions", &[("query", id), ("param.least", "2.50"), ("window", "settled")]).await.with(303).location;
        assert_eq!(house.count(COLUMNS).await, 1);
        let shown = ada.get(&page).await.with(200);
        let change = shown.attributes("a[href^='/queries/'][href*='param.least']", "href").remove(0);
        assert!(change.contains("param.least=2.50") && change.contains("window=settled") && !change.contains("start="), "{change}");
        let csv = ada.get("/executions.csv").await.with(200).body;
        assert!(csv.contains("hand,settled,2026-02-25T00:00:00,2026-03-04T00:00:00,UTC"), "{csv}");
    }

    /// Every start and every end is in the feed, in order, and each reader handles it once.
    async fn the_feed_tells_starts_and_ends(house: House) {
        assert!(READER.next(house.db(), 100).await.unwrap().is_none(), "it begins at the end");
        let ada = house.signed_in("Ada").await;
        let (query, instance) = (saved(&ada, REACH).await, instance(&ada).await);
        let page = run(&ada, &query).await;
        run(&ada, &query).await;
        ada.post(&format!("{page}/cancel"), &[]).await.with(303);
        house.settle().await;
        let batch = READER.next(house.db(), 100).await.unwrap().expect("outcomes");
        let rows = &batch.rows;
        assert_eq!(rows.iter().map(|row| row.position).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(rows[..2].iter().all(|row| row.happened == Happened::Started && row.origin == Origin::Hand));
        assert!(rows[2..].iter().all(|row| row.happened == Happened::Ended && row.state.is_final()));
        let first = READER.next(house.db(), 3).await.unwrap().expect("outcomes");
        let mut tx = house.db().write(&Scope::System).await.unwrap();
        assert!(first.pass(&mut tx).await.unwrap());
        tx.commit().await.unwrap();
        let mut tx = house.db().write(&Scope::System).await.unwrap();
        assert!(!batch.pass(&mut tx).await.unwrap(), "another process was first");
        drop(tx);
        assert_eq!(READER.next(house.db(), 100).await.unwrap().map(|behind| behind.rows.len()), Some(1));
        house.time.advance(chrono::TimeDelta::days(91));
        house.tick("retention").await;
        assert_eq!(house.count("select count(*) as value from execution_outcomes").await, 0);
        let id = person(&house, "Ada").await;
        let actor = Actor::schedule(id, "Ada".into(), "sch_1");
        start(&house, &Scope::System, &actor, &of_query(&query, &instance, None, &[])).await.expect("it starts");
        assert_eq!(house.count("select max(position) as value from execution_outcomes").await, 5, "numbers go on");
    }
}

mod on_postgres {
    use super::*;

    /// Two processes that get the same request at the same time: the second waits for the first, and finds its
    /// execution.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_processes_start_one_execution() {
        let house = House::open(Database::postgres().await).await;
        let ada = house.signed_in("Ada").await;
        let (query, instance) = (saved(&ada, REACH).await, instance(&ada).await);
        let beside = house.beside().await;
        let id = person(&house, "Ada").await;
        let (scope, actor) = (Scope::Person(id.clone()), Actor::token(id, "Ada".into(), "tok_1"));
        let request = of_query(&query, &instance, Some("k"), &[]);
        let asked = (0..8).map(|at| start(if at % 2 == 0 { &house } else { &beside }, &scope, &actor, &request));
        let started: Vec<Started> =
            futures::future::join_all(asked).await.into_iter().map(|answer| answer.expect("an execution")).collect();
        assert_eq!(started.iter().filter(|one| one.is_new).count(), 1, "{started:?}");
        assert!(started.iter().all(|one| one.id == started[0].id), "{started:?}");
        assert_eq!(house.count(EXECUTIONS).await, 1);
        assert_eq!(house.count("select count(*) as value from execution_outcomes").await, 1);
    }

    /// A writer that has a position and hasn't committed: nobody gets a later one, so no reader skips its row.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_reader_of_the_feed_skips_nothing() {
        let house = House::open(Database::postgres().await).await;
        let ada = house.signed_in("Ada").await;
        let (query, instance) = (saved(&ada, REACH).await, instance(&ada).await);
        let id = person(&house, "Ada").await;
        let (scope, actor) = (Scope::Person(id.clone()), Actor::token(id, "Ada".into(), "tok_1"));
        let request = of_query(&query, &instance, None, &[]);
        assert!(READER.next(house.db(), 10).await.unwrap().is_none());
        let mut slow = house.db().write(&scope).await.unwrap();
        house.app.executions.start(&mut slow, &actor, &request).await.unwrap();
        let fast = start(&house, &scope, &actor, &request);
        let reads = async {
            // Until the second writer waits for its position.
            const WAITS: &str = "select count(*) as value from pg_locks where not granted";
            while house.count(WAITS).await == 0 {
                tokio::task::yield_now().await;
            }
            assert!(READER.next(house.db(), 10).await.unwrap().is_none(), "neither is there yet");
            slow.commit().await.unwrap();
        };
        let (started, ()) = tokio::join!(fast, reads);
        assert!(started.unwrap().is_new);
        let batch = READER.next(house.db(), 10).await.unwrap().expect("outcomes");
        assert_eq!(batch.rows.iter().map(|row| row.position).collect::<Vec<_>>(), [1, 2]);
        let mut tx = house.db().write(&Scope::System).await.unwrap();
        assert!(batch.pass(&mut tx).await.unwrap());
        tx.commit().await.unwrap();
        let mut given_up = house.db().write(&scope).await.unwrap();
        house.app.executions.start(&mut given_up, &actor, &request).await.unwrap();
        drop(given_up);
        start(&house, &scope, &actor, &request).await.unwrap();
        let batch = READER.next(house.db(), 10).await.unwrap().expect("outcomes");
        assert_eq!(batch.rows[0].position, 3, "no gap is left");
    }
}
