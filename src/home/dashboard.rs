//! The dashboard: what is running, what failed, what is new, and how to begin.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::Home;
use crate::connections::{self, ConnectionStatus};
use crate::db::{PageRange, Result, Stamp, Tx};
use crate::executions::{self, Filter, Line, State as Stage};
use crate::guides::{Guide, Guides};
use crate::ids::PersonId;
use crate::instances::{self, Instance};
use crate::queries::{self, Line as QueryLine};
use crate::web::live::{self, Shown};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Site, Visit};
use crate::workers::Outcome;

/// Executions that ended longer ago are only in the executions list.
const LATELY: TimeDelta = TimeDelta::days(7);
/// Maximum executions in a list; all are one link away.
const RUNS: i64 = 8;
/// Maximum queries of either kind; all are one link away.
const QUERIES: i64 = 5;
/// Maximum instances in the panel; those with executions come first.
const INSTANCES: usize = 8;

#[derive(Template)]
#[template(path = "home/dashboard.html")]
pub(super) struct DashboardPage {
    shell: Shell,
    work: Arc<Work>,
    slots: i64,
    first_guide: Option<Arc<Guide>>,
    /// Whether a connection needs to be reconnected by this person.
    to_reconnect: bool,
    /// Why background work is paused, if it is.
    held: Option<String>,
    now: DateTime<Utc>,
    /// Covers everything that changes here, except running times.
    tag: String,
}

impl DashboardPage {
    /// Whether something shown here changes automatically: an execution, or the first discovery of instances.
    fn moves(&self) -> bool {
        let counts = self.work.counts;
        counts.waiting + counts.running > 0 || (self.is_fresh() && self.work.is_looking)
    }

    fn instance_count(&self) -> i64 {
        i64::try_from(self.work.all_instances).unwrap_or(i64::MAX)
    }

    /// Whether the person hasn't begun to work.
    fn is_fresh(&self) -> bool {
        !self.work.has_queries && self.work.counts == Counts::default()
    }
}

/// The number of executions by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    running: i64,
    waiting: i64,
    failed: i64,
    succeeded: i64,
}

impl Counts {
    fn of(totals: &[(Stage, i64)]) -> Self {
        let mut counts = Self::default();
        for (stage, count) in totals {
            let slot = match stage {
                Stage::Waiting => &mut counts.waiting,
                Stage::Succeeded => &mut counts.succeeded,
                Stage::Failed | Stage::Rejected | Stage::Lost => &mut counts.failed,
                Stage::Cancelled => continue,
                Stage::Sending | Stage::Pending | Stage::Running | Stage::Fetching => &mut counts.running,
            };
            *slot += count;
        }
        counts
    }
}

async fn runs(tx: &mut Tx, person: &PersonId, state: &str) -> Result<Vec<Line>> {
    let filter = Filter { state: state.to_owned(), ..Filter::default() };
    executions::list(tx, person, &filter, PageRange::first(RUNS)).await
}

/// The instances with most executions in progress first, otherwise in the list's order.
fn busiest(mut instances: Vec<Instance>) -> Vec<Instance> {
    instances.sort_by_key(|instance| std::cmp::Reverse(instance.slots_in_use));
    instances.truncate(INSTANCES);
    instances
}

/// Why background work is paused, from the workers' status.
fn held(site: &Site) -> Option<String> {
    site.statuses.all().into_iter().find_map(|status| match status.outcome {
        Outcome::Held(reason) => Some(reason),
        _ => None,
    })
}

/// A person's work, from the database.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Executions in progress, newest first.
    active: Vec<Line>,
    failed: Vec<Line>,
    done: Vec<Line>,
    counts: Counts,
    instances: Vec<Instance>,
    /// Instances to which the person's access is ending.
    ending: Vec<Instance>,
    all_instances: usize,
    /// Whether discovery is still running and there are no instances yet.
    is_looking: bool,
    has_queries: bool,
    /// Starred queries, and those most recently changed or run.
    favourites: Vec<QueryLine>,
    recent: Vec<QueryLine>,
    health: Vec<ConnectionStatus>,
    /// The tag of all of the above.
    tag: String,
}

impl Work {
    async fn read(tx: &mut Tx, person: &PersonId, today: NaiveDate) -> Result<Self> {
        let since = (today - LATELY).and_time(NaiveTime::MIN).and_utc();
        let all = instances::list(tx, person, &instances::Filter::default()).await?;
        let starred = queries::Filter { favourites: true, sort: "-used".to_owned(), ..queries::Filter::default() };
        let favourites = queries::list(tx, person, &starred, PageRange::first(QUERIES)).await?;
        let mut recent = queries::recent(tx, person, 2 * QUERIES).await?;
        let has_queries = !recent.is_empty();
        recent.retain(|line| !favourites.iter().any(|favourite| favourite.id == line.id));
        recent.truncate(QUERIES as usize);
        let work = Self {
            active: runs(tx, person, "active").await?,
            failed: runs(tx, person, "problem").await?,
            done: runs(tx, person, Stage::Succeeded.name()).await?,
            counts: Counts::of(&executions::totals(tx, person, since).await?),
            all_instances: all.len(),
            is_looking: all.is_empty() && instances::is_looking(tx, person).await?,
            ending: all.iter().filter(|instance| instance.ends_at.is_some()).cloned().collect(),
            instances: busiest(all),
            has_queries,
            favourites,
            recent,
            health: connections::statuses(tx, person).await?,
            tag: String::new(),
        };
        Ok(Self { tag: live::tag(&work), ..work })
    }
}

/// The person's work, from the cache if it is current.
async fn work(home: &Home, person: &Person) -> web::Result<Arc<Work>> {
    let today = home.site.clock.now().date_naive();
    let key = (person.id.clone(), today);
    if let Some(known) = home.work.get(&key) {
        return Ok(known);
    }
    let mut tx = home.site.db.read(&person.scope()).await?;
    let work = Arc::new(Work::read(&mut tx, &person.id, today).await?);
    home.work.insert(key, Stamp::of(&tx), Arc::clone(&work));
    Ok(work)
}

pub(super) async fn show(
    State(home): State<Home>,
    Extension(guides): Extension<Guides>,
    person: Person,
    visit: Visit,
    shown: Shown,
) -> web::Result<Response> {
    let site = &home.site;
    let (work, held) = (work(&home, &person).await?, held(site));
    let tag = live::tag(&(&work.tag, &held));
    if let Some(unchanged) = shown.unchanged(&tag) {
        return Ok(unchanged);
    }
    let page = DashboardPage {
        shell: visit.shell("Dashboard", Section::Dashboard).await,
        to_reconnect: work.health.iter().any(|connection| connection.is_lost),
        work,
        slots: site.config.limits.runs_per_instance,
        first_guide: guides.first().await,
        held,
        now: site.clock.now(),
        tag: tag.clone(),
    };
    Ok(live::tagged(&tag, Html(page)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_counted_once_and_the_cancelled_not_at_all() {
        let totals: Vec<_> = Stage::ALL.into_iter().map(|stage| (stage, 1)).collect();
        assert_eq!(Counts::of(&totals), Counts { running: 4, waiting: 1, failed: 3, succeeded: 1 });
        assert_eq!(Counts::of(&[]), Counts::default());
    }

    fn page(active: Vec<Line>, counts: Counts, all_instances: usize) -> String {
        let work = Work { active, counts, all_instances, is_looking: all_instances == 0, ..Work::default() };
        let page = DashboardPage {
            shell: Shell::new("Dashboard"),
            work: Arc::new(work),
            slots: 10,
            first_guide: crate::guides::all().into_iter().next(),
            to_reconnect: false,
            held: None,
            now: DateTime::UNIX_EPOCH,
            tag: "1".to_owned(),
        };
        page.render().unwrap()
    }

    #[test]
    fn a_newcomer_is_led_to_the_first_guide_and_nothing_polls_once_there_are_instances() {
        let html = page(Vec::new(), Counts::default(), 2);
        assert!(html.contains("/guides/first-query"));
        assert!(!html.contains("hx-get") && !html.contains("http-equiv=\"refresh\""));
        let html = page(Vec::new(), Counts::default(), 0);
        assert!(html.contains("hx-get=\"/\""), "it follows the first look for instances");
    }

    #[test]
    fn the_dashboard_follows_what_runs_and_says_why_it_waits() {
        let line = Line {
            id: crate::ids::Random::seeded(1).id(DateTime::UNIX_EPOCH),
            instance: crate::ids::Random::seeded(2).id(DateTime::UNIX_EPOCH),
            query: None,
            query_name: "Reach <b>".into(),
            person_name: "Ada".into(),
            instance_name: "Acme".into(),
            state: Stage::Waiting,
            waiting_for: Some("All slots are in use.".into()),
            problem: None,
            rows: None,
            origin: crate::executions::Origin::Hand,
            window: crate::queries::WindowChoice::default(),
            values: None,
            created_at: DateTime::UNIX_EPOCH,
            finished_at: None,
        };
        let html = page(vec![line], Counts { waiting: 1, ..Counts::default() }, 2);
        assert!(html.contains("All slots are in use.") && html.contains("hx-get=\"/\""));
        assert!(!html.contains("Reach <b>"), "names are escaped");
        assert_eq!(html.matches("<h1>").count(), 1);
    }
}
