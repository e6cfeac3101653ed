//! Schedules over days of moved time, in three processes of the built program that are killed at random.
//!
//! Each process has a clock of its own, which a file moves; they differ by some seconds. One reaches PostgreSQL through
//! a proxy of the test, which is cut for a while. A kill is SIGKILL: connections go, and claims stay until they lapse.
//! Amazon is an address at which nothing listens, so that what is measured is the schedules. What is counted in the
//! end: a slot is *lost* if it has no row in the ledger, *doubled* if two executions were started for it, and
//! *unexplained* if nothing ran and no reason is given.
//!
//! `scripts/crash schedules ROUNDS SEED` plays long rounds with 2,000 schedules and prints their sums.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use recomamp::clock::Clock;
use recomamp::config::REGIONS;
use recomamp::db::{FromRow, Row, Scope, Single, sql};

use super::asked;
use crate::executions::{REACH, saved};
use crate::several::until_within;
use crate::support::{Cable, Database, House, Plug, Premises, Program, Visitor, execute};

/// The totals of all rounds.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    schedules: usize,
    slots: usize,
    kills: usize,
    cuts: usize,
    lost: usize,
    doubled: usize,
    unexplained: usize,
}

impl Totals {
    fn add(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.slots += other.slots;
        self.kills += other.kills;
        self.cuts += other.cuts;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.unexplained += other.unexplained;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schedules, slots, kills, cuts, lost, doubled, unexplained } = self;
        write!(
            f,
            "schedules {schedules}, slots {slots}, kills {kills}, cuts {cuts}, lost {lost}, doubled {doubled}, \
             unexplained {unexplained}"
        )
    }
}

/// Minutes between the slots of the schedules.
const EVERY: [i64; 3] = [10, 15, 30];
/// How long the last process may take to decide what is due.
const PATIENCE: Duration = Duration::from_mins(10);

async fn scheduled(visitor: &Visitor, query: &str, every: i64) {
    let cron = format!("*/{every} * * * *");
    let fields = [
        ("query", query),
        ("repeat", "cron"),
        ("cron", cron.as_str()),
        ("overlap", "allow"),
        ("missed", "all"),
        ("catch_up_hours", "480"),
        ("pause_after", "0"),
    ];
    visitor.post("/schedules", &fields).await.with(303);
}

/// The number of slots after `from` and up to `until`.
fn expected(every: i64, from: DateTime<Utc>, until: DateTime<Utc>) -> usize {
    let slots = |at: DateTime<Utc>| at.timestamp().div_euclid(every * 60);
    usize::try_from(slots(until) - slots(from)).unwrap_or(0)
}

/// The credentials of an Amazon at which nothing listens.
fn no_amazon() -> Vec<(String, String)> {
    let mut settings = vec![
        ("AMAZON_CLIENT_ID".to_owned(), "none".to_owned()),
        ("AMAZON_CLIENT_SECRET".to_owned(), "none".to_owned()),
    ];
    for host in ["CONSENT", "TOKEN", "PROFILE", "ADS_API"] {
        settings.extend(REGIONS.map(|region| (format!("{host}_URL_{region}"), "http://127.0.0.1:9/".to_owned())));
    }
    settings
}

/// One of the processes: its program, its clock, and how long it lives.
struct Process {
    program: Program,
    plug: Plug,
    clock: std::path::PathBuf,
}

impl Process {
    /// Starts one on a database, with a folder of its own and the keys of the house.
    fn start(url: &str, house: &Path, now: DateTime<Utc>) -> (Self, Premises) {
        let premises = Premises::new(Database::Postgres(url.to_owned()), &[], None);
        let clock = premises.folder().join("offset");
        let own = [
            ("TEST_CLOCK".to_owned(), clock.display().to_string()),
            ("KEYS_FILE".to_owned(), house.join("keys").display().to_string()),
        ];
        let premises = premises.with(no_amazon().into_iter().chain(own));
        set(&clock, now);
        let plug = Plug::default();
        (Self { program: Program::at(&premises, plug.clone()), plug, clock }, premises)
    }
}

/// Sets the clock of a process.
fn set(file: &Path, now: DateTime<Utc>) {
    let seconds = (now - Clock::system().now()).num_seconds();
    let new = file.with_extension("new");
    std::fs::write(&new, seconds.to_string()).expect("an offset can be written");
    std::fs::rename(new, file).expect("an offset can be moved");
}

/// Wakes the scheduler of every process, as a page would.
async fn wake(url: &str) {
    execute(url, "select pg_notify('recomamp_wakes', 'a-test scheduler')").await;
}

#[expect(clippy::too_many_lines, reason = "one round, step after step")]
/// A round in which every choice depends on the seed.
async fn days(seed: u64, schedules: usize, steps: usize) -> Totals {
    let mut dice = StdRng::seed_from_u64(seed);
    let house = House::open(Database::postgres().await).await;
    let ada = house.signed_in("Ada").await;
    let query = saved(&ada, REACH).await;
    let began = house.app.site.clock.now();
    let mut all = Vec::new();
    for _ in 0..schedules {
        all.push(EVERY[dice.random_range(0..EVERY.len())]);
        scheduled(&ada, &query, *all.last().expect("one was added")).await;
    }
    let url = house.database_url();
    let cable = Cable::to(&url).await;
    let (mut now, mut kills, mut cuts) = (began, 0, 0);
    let (mut processes, mut folders) = (Vec::new(), Vec::new());
    for place in [url.as_str(), url.as_str(), cable.url()] {
        let (process, premises) = Process::start(place, house.folder(), now);
        process.program.answers().await;
        processes.push(process);
        folders.push(premises);
    }
    for step in 0..steps {
        now += TimeDelta::minutes(dice.random_range(4..40));
        for process in &processes {
            set(&process.clock, now + TimeDelta::seconds(dice.random_range(-3..=3)));
        }
        // Cut for a third of the time.
        match step % 6 {
            2 => {
                cable.cut();
                cuts += 1;
            }
            4 => cable.mend(),
            _ => {}
        }
        wake(&url).await;
        for process in &mut processes {
            if process.program.ended(Duration::ZERO).await {
                // It was started while its database was out of reach.
                process.program.kill_and_start_again_unheard().await;
            }
            let lives = Duration::from_millis(dice.random_range(5..1_500));
            if dice.random_bool(0.6) {
                process.program.ended(lives).await;
                process.plug.pull();
                kills += 1;
                process.program.kill_and_start_again_unheard().await;
            }
        }
    }
    // The claims of the dead lapse, and what is left is decided, two minutes after a slot of all.
    cable.mend();
    now = end_of_round(now);
    for process in &mut processes {
        set(&process.clock, now);
        if process.program.ended(Duration::ZERO).await {
            process.program.kill_and_start_again_unheard().await;
        }
    }
    all_decided(&house, &url, now).await;
    for process in &mut processes {
        process.program.kill().await;
    }
    let mut totals = count(&house, &all, (began, now)).await;
    (totals.kills, totals.cuts) = (kills, cuts);
    totals
}

/// Two minutes after the next half hour, some minutes after all that was played.
fn end_of_round(now: DateTime<Utc>) -> DateTime<Utc> {
    let half = 30 * 60;
    let next = (now.timestamp() + 5 * 60).div_euclid(half) * half + half;
    DateTime::from_timestamp(next + 120, 0).expect("a time")
}

/// Waits until no schedule has a slot that is due.
async fn all_decided(house: &House, url: &str, now: DateTime<Utc>) {
    const DUE: &str = "select count(*) as value from schedules where state = 'active' and due_at <= $1";
    until_within(PATIENCE, "a decision about each slot", async || {
        wake(url).await;
        let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
        let due = sql(DUE).bind(now).one::<Single<i64>>(&mut tx).await.expect("a count").0;
        (due == 0).then_some(())
    })
    .await;
}

struct Decided(String, i64, i64);

impl FromRow for Decided {
    fn from_row(row: &Row) -> recomamp::db::Result<Self> {
        Ok(Self(row.get("cron")?, row.get("slots")?, row.get("silent")?))
    }
}

async fn count(house: &House, all: &[i64], (began, now): (DateTime<Utc>, DateTime<Utc>)) -> Totals {
    const DECIDED: &str = "select s.timing ->> 'cron' as cron, count(l.slot) as slots, \
        sum(case when l.execution_id is null and l.reason = '' then 1 else 0 end) as silent \
        from schedules s left join schedule_slots l on l.schedule_id = s.id group by s.id, s.timing ->> 'cron'";
    const DOUBLED: &str = "select (select count(*) from executions where origin = 'schedule') \
        - (select count(distinct execution_id) from schedule_slots where execution_id is not null) as value";
    let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
    let rows = sql(DECIDED).all::<Decided>(&mut tx).await.expect("the ledger");
    drop(tx);
    let mut totals = Totals { schedules: all.len(), ..Totals::default() };
    assert_eq!(rows.len(), all.len());
    for Decided(cron, slots, silent) in rows {
        let every = EVERY.into_iter().find(|every| cron == format!("*/{every} * * * *")).expect("a rule of the test");
        let due = expected(every, began, now);
        totals.slots += due;
        totals.lost += due.abs_diff(usize::try_from(slots).unwrap_or(0));
        totals.unexplained += usize::try_from(silent).unwrap_or(usize::MAX);
    }
    totals.doubled = usize::try_from(house.count(DOUBLED).await.abs()).unwrap_or(usize::MAX);
    totals
}

/// Rounds of days in three processes, with their sums for those who run many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_slot_is_decided_once_when_processes_are_killed() {
    let (rounds, first) = asked();
    let (schedules, steps) = if rounds > 1 { (2_000, 40) } else { (24, 8) };
    let mut totals = Totals::default();
    for seed in first..first + rounds {
        let round = Box::pin(days(seed, schedules, steps)).await;
        totals.add(round);
        println!("schedules: seed {seed}: {round}; so far {totals}");
    }
    assert!(
        totals.slots > 0 && totals.kills > 0 && totals.lost == 0 && totals.doubled == 0 && totals.unexplained == 0,
        "{totals}"
    );
}
