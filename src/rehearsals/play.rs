//! Plays a rehearsal: moves the clock to whatever comes next, gives every worker its turn, and lets things go wrong.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};

use super::bad_days::{Script, Trouble};
use super::stage::{self, Stage};
use super::{MOST_SLOTS, PATIENCE};
use crate::db::Scope;
use crate::emulator::Fault;
use crate::notices::{self, Message};
use crate::schedules::{Ledger, Staged, Zones};
use crate::web::Site;

/// The first and the longest time between two turns while executions are open and nothing changes.
const WAIT: (TimeDelta, TimeDelta) = (TimeDelta::seconds(2), TimeDelta::hours(1));
/// How long after its end executions may still end.
const AFTER: TimeDelta = TimeDelta::hours(6);
/// Messages that are shown at most.
const MESSAGES: i64 = 400;

/// How far a rehearsal has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    done: AtomicUsize,
    pub(super) all: usize,
}

impl Progress {
    pub(super) fn of(all: usize) -> Self {
        Self { done: AtomicUsize::new(0), all }
    }

    /// Slots that are decided.
    pub(super) fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed).min(self.all)
    }
}

/// The result of a rehearsal.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) script: Script,
    pub(super) ledger: Ledger,
    /// The messages to the owner, newest first.
    pub(super) messages: Vec<Message>,
    /// What went wrong and what was done by hand, in order.
    pub(super) events: Vec<(DateTime<Utc>, String)>,
    /// Where it stopped because of its time limit, if it did.
    pub(super) stopped: Option<DateTime<Utc>>,
    pub(super) took: Duration,
}

/// Opens a stage, plays, and reads what came of it.
pub(super) async fn rehearse(
    real: &Site,
    schedule: &Staged,
    zones: &Zones,
    script: Script,
    progress: &Progress,
) -> anyhow::Result<Played> {
    let began = Instant::now();
    let stage = Stage::open(real, schedule, zones, script.start, stage::last_day(script.until)).await?;
    let mut play = Play { stage: &stage, schedule, script: &script, active: BTreeSet::new(), events: Vec::new() };
    let stopped = play.play(began, progress).await;
    let events = play.events;
    let read = match stopped {
        Ok(stopped) => read(&stage, schedule, &script).await.map(|read| (stopped, read)),
        Err(error) => Err(error),
    };
    stage.close().await;
    let (stopped, (ledger, messages)) = read?;
    Ok(Played { script, ledger, messages, events, stopped, took: began.elapsed() })
}

async fn read(stage: &Stage, schedule: &Staged, script: &Script) -> anyhow::Result<(Ledger, Vec<Message>)> {
    let mut tx = stage.site.db.read(&Scope::System).await?;
    let most = i64::try_from(MOST_SLOTS).unwrap_or(i64::MAX) * 2;
    let ledger = schedule.ledger_in(&mut tx, script.until, most).await?;
    let messages = notices::told(&mut tx, schedule.owner(), MESSAGES).await?;
    Ok((ledger, messages))
}

struct Play<'a> {
    stage: &'a Stage,
    schedule: &'a Staged,
    script: &'a Script,
    /// What is going wrong now, by its place in the script.
    active: BTreeSet<usize>,
    events: Vec<(DateTime<Utc>, String)>,
}

/// The beginning or the end of a trouble, by its place in the script.
type Mark = (DateTime<Utc>, bool, usize);

impl Play<'_> {
    /// Plays until the end, or until the time limit; then returns where it stopped.
    async fn play(&mut self, began: Instant, progress: &Progress) -> anyhow::Result<Option<DateTime<Utc>>> {
        let mut marks = self.marks();
        let (mut now, mut wait) = (self.script.start, WAIT.0);
        let last = self.script.due.last().copied().unwrap_or(self.script.start).max(self.script.until) + AFTER;
        loop {
            while marks.first().is_some_and(|(at, ..)| *at <= now) {
                now = now.max(self.pass(marks.remove(0)).await?);
            }
            self.stage.time.set(now);
            let turn = self.stage.turn().await?;
            self.count(progress).await?;
            if began.elapsed() > PATIENCE {
                return Ok(Some(now));
            }
            wait = if turn.changed > 0 { WAIT.0 } else { (wait * 2).min(WAIT.1) };
            let soon = turn.next.map(|next| next.max(now + wait));
            // What a worker changed may be news for one whose turn was before: the scheduler reads what the poller ended.
            let again = (turn.changed > 0).then(|| now + wait);
            let due = self.script.due.iter().copied().find(|due| *due > now);
            let mark = marks.first().map(|(at, ..)| *at);
            let next = soon.into_iter().chain(again).chain(due).chain(mark).min();
            match next {
                Some(next) if next <= last => now = next,
                _ => return Ok(None),
            }
        }
    }

    fn marks(&self) -> Vec<Mark> {
        let both = |(at, (_, begins, ends)): (usize, &(Trouble, DateTime<Utc>, DateTime<Utc>))| {
            [(*begins, true, at), (*ends, false, at)]
        };
        let mut marks: Vec<Mark> = self.script.troubles.iter().enumerate().flat_map(both).collect();
        marks.sort_unstable();
        marks
    }

    /// Begins or ends a trouble; returns the time at which work continues.
    async fn pass(&mut self, (at, begins, place): Mark) -> anyhow::Result<DateTime<Utc>> {
        let Some((trouble, _, ends)) = self.script.troubles.get(place).copied() else { return Ok(at) };
        if begins {
            self.active.insert(place);
        } else {
            self.active.remove(&place);
        }
        self.events.push((at, if begins { trouble.begins() } else { trouble.ends() }.to_owned()));
        self.set_faults()?;
        if trouble == Trouble::Revoked && !begins {
            self.stage.time.set(at);
            self.reconnect(at).await?;
        }
        Ok(if trouble == Trouble::Down && begins { ends } else { at })
    }

    fn set_faults(&self) -> anyhow::Result<()> {
        self.stage.emulator.remove_faults();
        let active = self.active.iter().filter_map(|place| self.script.troubles.get(*place));
        for (trouble, ..) in active {
            let faults: &[&str] = match trouble {
                Trouble::Throttled => &["429=30@/workflowExecutions"],
                Trouble::Rejected => &["overlap"],
                Trouble::Revoked => &["revoked", "401@/amc/"],
                Trouble::Down => &[],
            };
            for fault in faults {
                let fault: Fault = fault.parse().map_err(anyhow::Error::msg).context("a fault of a rehearsal")?;
                anyhow::ensure!(self.stage.emulator.add_fault(fault), "the AMC emulator takes no more faults");
            }
        }
        Ok(())
    }

    /// What the owner does after a revoked grant: reconnects, and resumes the schedule if it was paused.
    async fn reconnect(&mut self, at: DateTime<Utc>) -> anyhow::Result<()> {
        self.stage.give_grants().await?;
        let mut tx = self.stage.site.db.write(&Scope::System).await?;
        if self.schedule.resume_in(&mut tx, at).await? {
            self.events.push((at, "The owner resumes the schedule.".to_owned()));
        }
        Ok(tx.commit().await?)
    }

    async fn count(&self, progress: &Progress) -> anyhow::Result<()> {
        let mut tx = self.stage.site.db.read(&Scope::System).await?;
        let most = i64::try_from(MOST_SLOTS).unwrap_or(i64::MAX);
        let decided = self.schedule.decided_in(&mut tx, most).await?;
        progress.done.store(usize::try_from(decided).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }
}
