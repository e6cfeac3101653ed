//! Schedules over a night of moved time, in three processes that are killed at random and whose clocks differ.
//!
//! A process is killed in the middle of its scheduler's tick, at any point at which it waits for the database: its
//! connection goes, and its claims stay until they lapse, as with `kill -9`. What is counted in the end: a slot is
//! *lost* if it has no row in the ledger, *doubled* if two executions were started for it, and *unexplained* if nothing
//! ran and no reason is given.
//!
//! `scripts/crash schedules ROUNDS SEED` plays many long rounds and prints their sums.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

use super::asked;
use crate::executions::{REACH, saved};
use crate::support::{Database, House, Visitor};

/// What rounds came to.
#[derive(Clone, Copy, Debug, Default)]
struct Toll {
    slots: usize,
    kills: usize,
    lost: usize,
    doubled: usize,
    unexplained: usize,
}

impl Toll {
    fn add(&mut self, other: Self) {
        self.slots += other.slots;
        self.kills += other.kills;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.unexplained += other.unexplained;
    }
}

impl fmt::Display for Toll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slots, kills, lost, doubled, unexplained } = self;
        write!(f, "slots {slots}, kills {kills}, lost {lost}, doubled {doubled}, unexplained {unexplained}")
    }
}

/// Minutes between the slots of the schedules.
const EVERY: [i64; 3] = [10, 15, 30];

async fn scheduled(visitor: &Visitor, query: &str, every: i64) -> String {
    let cron = format!("*/{every} * * * *");
    let fields = [
        ("query", query),
        ("repeat", "cron"),
        ("cron", cron.as_str()),
        ("overlap", "allow"),
        ("missed", "all"),
        ("catch_up_hours", "48"),
        ("pause_after", "0"),
    ];
    visitor.post("/schedules", &fields).await.with(303).location
}

/// One tick of a process's scheduler, which may be killed after so long; says whether it was.
async fn tick(process: &House, killed_after: Option<Duration>) -> bool {
    let Some(time) = killed_after else {
        process.tick("scheduler").await;
        return false;
    };
    tokio::time::timeout(time, process.try_tick("scheduler")).await.is_err()
}

/// So many slots lie between two moments, the second included.
fn expected(every: i64, from: DateTime<Utc>, until: DateTime<Utc>) -> usize {
    let slots = |at: DateTime<Utc>| at.timestamp().div_euclid(every * 60);
    usize::try_from(slots(until) - slots(from)).unwrap_or(0)
}

async fn night(seed: u64, schedules: usize, steps: usize) -> Toll {
    let mut dice = StdRng::seed_from_u64(seed);
    let first = House::open(Database::postgres().await).await;
    let ada = first.signed_in("Ada").await;
    let query = saved(&ada, REACH).await;
    let began = first.app.site.clock.now();
    let mut all = Vec::new();
    for _ in 0..schedules {
        let every = EVERY[dice.random_range(0..EVERY.len())];
        all.push((scheduled(&ada, &query, every).await, every));
    }
    let processes = [first.beside().await, first.beside().await, first];
    let (mut now, mut kills) = (began, 0);
    for _ in 0..steps {
        now += TimeDelta::minutes(dice.random_range(4..40));
        let mut turns = Vec::new();
        for process in &processes {
            process.time.set(now + TimeDelta::milliseconds(dice.random_range(-3_000..3_000)));
            let kill = dice.random_bool(0.6).then(|| Duration::from_millis(dice.random_range(1..400)));
            turns.push(tick(process, kill));
        }
        kills += futures::future::join_all(turns).await.into_iter().filter(|killed| *killed).count();
    }
    // The claims of the dead lapse, and the last process ends the work.
    let [_, _, last] = &processes;
    now += TimeDelta::minutes(3);
    last.time.set(now);
    while last.tick("scheduler").await.changed > 0 {}
    let ada = last.signed_in("Ada").await;
    let mut toll = Toll { kills, ..Toll::default() };
    for (schedule, every) in &all {
        let rows = ada.get(&format!("{schedule}/slots.json")).await.with(200);
        let rows: Vec<Value> = serde_json::from_str(&rows.body).expect("rows");
        let due = expected(*every, began, now);
        toll.slots += due;
        toll.lost += due.abs_diff(rows.len());
        let is_silent = |row: &&Value| row["execution"].is_null() && row["reason"].as_str().unwrap_or("").is_empty();
        toll.unexplained += rows.iter().filter(is_silent).count();
    }
    let doubled = "select (select count(*) from executions where origin = 'schedule') \
        - (select count(*) from schedule_slots where execution_id is not null) as value";
    toll.doubled = usize::try_from(last.count(doubled).await.abs()).unwrap_or(usize::MAX);
    toll
}

/// Rounds of a night in three processes, with their sums for those who run many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_slot_is_decided_once_in_three_processes_that_are_killed() {
    let (rounds, first) = asked();
    let (schedules, steps) = if rounds > 1 { (200, 60) } else { (12, 10) };
    let mut toll = Toll::default();
    for seed in first..first + rounds {
        let round = Box::pin(night(seed, schedules, steps)).await;
        toll.add(round);
        println!("schedules: seed {seed}: {round}; so far {toll}");
    }
    assert!(toll.slots > 0 && toll.lost == 0 && toll.doubled == 0 && toll.unexplained == 0, "{toll}");
}
