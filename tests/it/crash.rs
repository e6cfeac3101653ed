//! Kills the program at every moment between the request to AMC and storing the result, and at random moments.
//!
//! A round starts some executions, kills the process as often as requested, and then lets the program finish its
//! work, with a manual clock. An execution counts as *lost* if it didn't end with the complete result, and as
//! *duplicated* if AMC ran it more than once.
//!
//! `scripts/crash ROUNDS SEED` plays many rounds of the random form and prints the totals.

mod schedules;

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use recomamp::clock::Clock;

use crate::executions::{REACH, run, saved};
use crate::support::{Call, Database, Gate, House, Moment, Plug, Premises, Program, Trap, Visitor};

/// A process with pending work makes any kind of call within this time.
const PATIENCE: Duration = Duration::from_mins(1);

/// The totals of rounds.
#[derive(Clone, Copy, Debug, Default)]
struct Toll {
    runs: usize,
    kills: usize,
    lost: usize,
    doubled: usize,
}

impl Toll {
    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.kills += other.kills;
        self.lost += other.lost;
        self.doubled += other.doubled;
    }

    fn assert_nothing_lost(&self) {
        assert!(self.lost == 0 && self.doubled == 0, "{self}");
    }
}

impl fmt::Display for Toll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "runs {}, kills {}, lost {}, doubled {}", self.runs, self.kills, self.lost, self.doubled)
    }
}

/// The executions of a round, and their environment.
struct Round {
    gate: Gate,
    premises: Premises,
    visitor: Visitor,
    pages: Vec<String>,
    /// The expected result lines of each execution, sorted.
    whole: Vec<String>,
}

impl Round {
    /// Stores the intents while no worker is running.
    async fn begin(database: Database, runs: usize) -> Self {
        let gate = Gate::open();
        let house = House::open_before(&gate, database, &[]).await;
        let visitor = house.signed_in("Ada").await;
        let query = saved(&visitor, REACH).await;
        let untroubled = run(&visitor, &query).await;
        house.settle().await;
        // The next process uses the system clock.
        house.time.set(Clock::system().now());
        let whole = lines(&visitor, &untroubled).await;
        assert!(whole.len() > 1, "{whole:?}");
        let mut pages = Vec::new();
        for _ in 0..runs {
            pages.push(run(&visitor, &query).await);
        }
        Self { gate, premises: house.stop().await, visitor, pages, whole }
    }

    /// Lets a process work until the trap is triggered, or the time limit is reached.
    async fn kill(&self, trap: Trap, at_last: Duration) -> bool {
        let plug = Plug::default();
        self.gate.arm(trap, plug.clone());
        let mut program = Program::at(&self.premises, plug);
        let trapped = program.ended(at_last).await;
        self.gate.disarm();
        program.kill().await;
        trapped
    }

    /// Lets the program finish its work, and counts.
    async fn end(self, kills: usize) -> Toll {
        let house = House::at(self.premises, Clock::system().now()).await;
        house.settle().await;
        let mut lost = 0;
        for page in &self.pages {
            lost += usize::from(lines(&self.visitor, page).await != self.whole);
        }
        // OK because the undisturbed execution is one of AMC's.
        let on_amc = self.gate.amazon.executions() - 1;
        Toll { runs: self.pages.len(), kills, lost, doubled: on_amc.saturating_sub(self.pages.len()) }
    }
}

/// The lines of an execution's result, sorted; empty without a result.
async fn lines(visitor: &Visitor, page: &str) -> Vec<String> {
    let csv = visitor.get(&format!("{page}/result.csv")).await;
    let mut lines: Vec<String> = csv.body.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    if csv.status.is_success() { lines } else { Vec::new() }
}

/// One execution, and a kill at this moment.
async fn killed_at(database: Database, call: Call, moment: Moment) {
    let round = Round::begin(database, 2).await;
    assert!(round.kill(Trap { call, moment, after: 0 }, PATIENCE).await, "the program never came to {call:?}");
    round.end(1).await.assert_nothing_lost();
}

/// A round in which every choice depends on the seed.
async fn any_moment(database: Database, seed: u64) -> Toll {
    let mut dice = StdRng::seed_from_u64(seed);
    let round = Round::begin(database, dice.random_range(1..=6)).await;
    let kills = dice.random_range(1..=5);
    for _ in 0..kills {
        let call = [Call::Send, Call::Ask, Call::Links, Call::Fetch][dice.random_range(0..4)];
        let since = Duration::from_millis(dice.random_range(0..60));
        let moment = [Moment::Before, Moment::Unanswered, Moment::Halfway, Moment::Answered(since)];
        let trap = Trap { call, moment: moment[dice.random_range(0..4)], after: dice.random_range(0..3) };
        round.kill(trap, Duration::from_millis(dice.random_range(50..4000))).await;
    }
    round.end(kills).await
}

/// The number of rounds, and the first one's seed.
#[expect(clippy::disallowed_methods, reason = "the command for long trials says so by these variables")]
fn asked() -> (u64, u64) {
    let number = |name: &str, usual: u64| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => usual,
    };
    (number("RECOMAMP_TEST_CRASH_ROUNDS", 1), number("RECOMAMP_TEST_CRASH_SEED", 1))
}

macro_rules! moments {
    ($($name:ident: $call:ident, $moment:expr;)+) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            killed_at(database().await, Call::$call, $moment).await;
        })+

        /// Rounds with random moments, printing their totals.
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn at_any_moment() {
            let (rounds, first) = asked();
            let mut toll = Toll::default();
            for seed in first..first + rounds {
                let round = any_moment(database().await, seed).await;
                toll.add(round);
                println!("{}: seed {seed}: {round}; so far {toll}", module_path!());
            }
            toll.assert_nothing_lost();
        }
    };
}

macro_rules! on_each_database {
    ($($moments:tt)+) => {
        mod sqlite {
            use super::*;

            async fn database() -> Database {
                Database::sqlite()
            }

            moments! { $($moments)+ }
        }

        mod postgres {
            use super::*;

            async fn database() -> Database {
                Database::postgres().await
            }

            moments! { $($moments)+ }
        }
    };
}

on_each_database! {
    after_the_intent: Send, Moment::Before;
    after_the_call: Send, Moment::Unanswered;
    in_the_middle_of_the_outcome: Send, Moment::Halfway;
    about_when_the_outcome_is_kept: Send, Moment::Answered(Duration::ZERO);
    before_a_poll: Ask, Moment::Before;
    after_a_poll: Ask, Moment::Answered(Duration::ZERO);
    before_the_links: Links, Moment::Before;
    after_the_links: Links, Moment::Answered(Duration::ZERO);
    in_the_middle_of_the_result: Fetch, Moment::Halfway;
    about_when_the_result_is_kept: Fetch, Moment::Answered(Duration::ZERO);
    after_the_result_was_kept: Fetch, Moment::Answered(Duration::from_millis(40));
}
