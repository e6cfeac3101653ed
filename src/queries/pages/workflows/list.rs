//! The lists of an instance's workflows and of AMC's schedules for them, as AMC last listed them.
//!
//! AMC's answer is one row in the database, so both lists are filtered, sorted and cut in memory.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{MOST, Room, own};
use crate::amazon::SavedWorkflow;
use crate::ids::InstanceId;
use crate::instances::{self, Action, Instance};
use crate::queries::store::{self, KeptAs};
use crate::queries::workflow;
use crate::web::components::{self, Choice, Pager, SortLink};
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Rows per page: all of them can be imported at once.
const PAGE: u64 = MOST as u64;
/// Displayed characters of a text.
const SHOWN: usize = 160;

/// What both lists show above their rows.
struct Head {
    instance: Instance,
    /// How many workflows and schedules there are, whatever the filter.
    workflows: usize,
    schedules: usize,
    /// When AMC last listed them; `None` if nobody has asked.
    read_at: Option<DateTime<Utc>>,
    can_run: bool,
    /// Whether the page lists the schedules instead of the workflows.
    is_schedules: bool,
}

#[derive(Template)]
#[template(path = "queries/workflows.html")]
pub(super) struct WorkflowsPage {
    shell: Shell,
    head: Head,
    list: List,
    workflows: Vec<WorkflowRow>,
    pager: Pager,
    filter: Filter,
    shows: Vec<Choice>,
    heads: [SortLink; 3],
}

#[derive(Template)]
#[template(path = "queries/workflow_schedules.html")]
pub(super) struct SchedulesPage {
    shell: Shell,
    head: Head,
    list: List,
    schedules: Vec<ScheduleRow>,
    pager: Pager,
    filter: Filter,
    shows: Vec<Choice>,
    heads: [SortLink; 2],
}

struct WorkflowRow {
    id: String,
    /// Empty if AMC stores operations instead, an older form.
    sql: String,
    parameters: usize,
    /// The query that is stored as this workflow.
    query: Option<KeptAs>,
}

impl WorkflowRow {
    fn new(saved: SavedWorkflow, kept: &[KeptAs]) -> Self {
        Self {
            query: kept.iter().find(|one| one.workflow_id == saved.id).cloned(),
            sql: saved.sql_query.unwrap_or_default(),
            parameters: saved.input_parameters.len(),
            id: saved.id,
        }
    }

    /// The beginning of the SQL, in one line.
    fn excerpt(&self) -> String {
        let sql = self.sql.split_whitespace().collect::<Vec<_>>().join(" ");
        if sql.chars().count() > SHOWN { sql.chars().take(SHOWN).chain(['…']).collect() } else { sql }
    }

    fn query_name(&self) -> &str {
        self.query.as_ref().map(|query| query.name.as_str()).unwrap_or_default()
    }
}

struct ScheduleRow {
    id: String,
    workflow: String,
    period: String,
    day: String,
    /// The hour in UTC.
    hour: i64,
    is_enabled: bool,
    /// The form for the same schedule here; empty unless its workflow is kept as a query.
    here: String,
}

impl ScheduleRow {
    fn new(kept: &Value, queries: &[KeptAs], instance: &InstanceId) -> Self {
        let text = |name: &str| kept[name].as_str().unwrap_or_default().to_owned();
        let mut row = Self {
            id: text("id"),
            workflow: text("workflow"),
            period: text("period"),
            day: text("day"),
            hour: kept["hour"].as_i64().unwrap_or(0),
            is_enabled: kept["enabled"].as_bool().unwrap_or(true),
            here: String::new(),
        };
        let query = queries.iter().find(|one| one.workflow_id == row.workflow);
        row.here = query.map_or_else(String::new, |query| row.address(query, instance));
        row
    }

    fn is_weekly(&self) -> bool {
        self.period == "Weekly"
    }

    fn when(&self) -> String {
        let Self { period, day, hour, .. } = self;
        if self.is_weekly() {
            format!("Weekly on {day} at {hour:02}:00 UTC")
        } else {
            format!("{period} at {hour:02}:00 UTC")
        }
    }

    /// The address of the form for a schedule that runs the same query at the same times over the same days.
    fn address(&self, query: &KeptAs, instance: &InstanceId) -> String {
        let at = format!("{:02}:00", self.hour);
        let (repeat, window) = if self.is_weekly() { ("weekly", "last-week") } else { ("daily", "last-day") };
        let form = components::Address::new("/schedules/new", "")
            .and("query", query.query.as_str())
            .and("instance", instance.as_str());
        let form = form.and("repeat", repeat).and("at", &at).and("timing_zone", "UTC").and("window", window);
        let day: String = self.day.to_lowercase().chars().take(3).collect();
        if self.is_weekly() { form.and("weekday", &day).to_string() } else { form.to_string() }
    }
}

/// What AMC listed for an instance.
struct Listing {
    head: Head,
    workflows: Vec<WorkflowRow>,
    schedules: Vec<ScheduleRow>,
}

impl Listing {
    async fn read(room: &Room, person: &Person, id: &str) -> web::Result<Self> {
        let mut tx = room.site.db.read(&person.scope()).await?;
        let instance = instances::find(&mut tx, &person.id, &own(id)?).await?;
        let listed = store::listed_workflows(&mut tx, &instance.id).await?;
        let kept = store::kept_on(&mut tx, &person.id, &instance.id).await?;
        drop(tx);
        let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let (workflows, schedules) =
            listed.as_ref().map(|listed| (items(&listed.workflows), items(&listed.schedules))).unwrap_or_default();
        let workflows: Vec<WorkflowRow> =
            workflows.iter().filter_map(workflow::read).map(|saved| WorkflowRow::new(saved, &kept)).collect();
        let schedules: Vec<ScheduleRow> =
            schedules.iter().map(|one| ScheduleRow::new(one, &kept, &instance.id)).collect();
        let head = Head {
            workflows: workflows.len(),
            schedules: schedules.len(),
            read_at: listed.map(|listed| listed.read_at),
            can_run: instance.role.allows(Action::Run),
            is_schedules: false,
            instance,
        };
        Ok(Self { head, workflows, schedules })
    }
}

/// The filter and order of one of the lists.
struct Filter {
    text: String,
    /// Which rows are shown: one of the list's two values, or empty for all.
    show: &'static str,
    sort: String,
}

/// The sortable columns.
const WORKFLOW_SORTS: [&str; 3] = ["workflow", "query", "parameters"];
const SCHEDULE_SORTS: [&str; 2] = ["schedule", "workflow"];

impl Filter {
    fn read(params: &mut ListParams, shows: [&'static str; 2], sorts: &[&str]) -> Self {
        let known = |text: &str| shows.into_iter().find(|show| *show == text);
        Self {
            text: params.text("q"),
            show: params.value("show", "choice of rows", known).unwrap_or_default(),
            sort: params.sort(sorts, sorts.first().copied().unwrap_or_default()),
        }
    }

    /// The column by which the list is sorted.
    fn column(&self) -> &str {
        self.sort.trim_start_matches('-')
    }

    fn has(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.text.to_lowercase())
    }

    /// Sorts by a key; rows without one are last in either direction.
    fn sort_by<R, K: Ord>(&self, rows: &mut [R], key: impl Fn(&R) -> Option<K>) {
        rows.sort_by_cached_key(&key);
        if self.sort.starts_with('-') {
            rows.reverse();
        }
        rows.sort_by_cached_key(|row| key(row).is_none());
    }

    fn workflows(&self, mut rows: Vec<WorkflowRow>) -> Vec<WorkflowRow> {
        rows.retain(|row| {
            (self.show.is_empty() || row.query.is_some() == (self.show == "saved"))
                && (self.has(&row.id) || self.has(row.query_name()) || self.has(&row.sql))
        });
        match self.column() {
            "query" => self.sort_by(&mut rows, |row| row.query.as_ref().map(|query| query.name.to_lowercase())),
            "parameters" => self.sort_by(&mut rows, |row| Some(row.parameters)),
            _ => self.sort_by(&mut rows, |row| Some(row.id.to_lowercase())),
        }
        rows
    }

    fn schedules(&self, mut rows: Vec<ScheduleRow>) -> Vec<ScheduleRow> {
        rows.retain(|row| {
            (self.show.is_empty() || row.is_enabled == (self.show == "enabled"))
                && (self.has(&row.id) || self.has(&row.workflow))
        });
        match self.column() {
            "workflow" => self.sort_by(&mut rows, |row| Some(row.workflow.to_lowercase())),
            _ => self.sort_by(&mut rows, |row| Some(row.id.to_lowercase())),
        }
        rows
    }
}

fn workflow_filter(params: &mut ListParams) -> Filter {
    Filter::read(params, ["saved", "unsaved"], &WORKFLOW_SORTS)
}

fn schedule_filter(params: &mut ListParams) -> Filter {
    Filter::read(params, ["enabled", "disabled"], &SCHEDULE_SORTS)
}

fn choices(choices: [(&str, &str); 3]) -> Vec<Choice> {
    choices.map(|(value, label)| Choice::new(value, label)).to_vec()
}

/// The workflows of an instance.
pub(super) async fn show(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Html<WorkflowsPage>> {
    let Listing { head, workflows, .. } = Listing::read(&room, &person, &id).await?;
    let filter = workflow_filter(&mut params);
    let (pager, workflows) = params.page(PAGE).cut(filter.workflows(workflows));
    Ok(Html(WorkflowsPage {
        shell: visit.shell(format!("Workflows of {}", head.instance.name()), Section::Instances).await,
        head,
        list: params.list(&["sort"]),
        workflows,
        pager,
        shows: choices([("", "All workflows"), ("saved", "Saved as a query here"), ("unsaved", "Not saved here")]),
        heads: WORKFLOW_SORTS.map(|column| params.head(column, &filter.sort)),
        filter,
    }))
}

/// The schedules by which AMC runs workflows of an instance.
pub(super) async fn schedules(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Html<SchedulesPage>> {
    let Listing { head, schedules, .. } = Listing::read(&room, &person, &id).await?;
    let filter = schedule_filter(&mut params);
    let (pager, schedules) = params.page(PAGE).cut(filter.schedules(schedules));
    Ok(Html(SchedulesPage {
        shell: visit.shell(format!("AMC schedules of {}", head.instance.name()), Section::Instances).await,
        head: Head { is_schedules: true, ..head },
        list: params.list(&["sort"]),
        schedules,
        pager,
        shows: choices([("", "All schedules"), ("enabled", "Enabled"), ("disabled", "Disabled")]),
        heads: SCHEDULE_SORTS.map(|column| params.head(column, &filter.sort)),
        filter,
    }))
}

impl Export for WorkflowRow {
    const COLUMNS: &'static [&'static str] = &["workflow", "query", "query_id", "parameters", "sql"];

    fn cells(&self) -> Vec<Value> {
        let query = self.query.as_ref();
        vec![
            json!(self.id),
            json!(query.map(|query| query.name.as_str())),
            json!(query.map(|query| query.query.as_str())),
            json!(self.parameters),
            json!(self.sql),
        ]
    }
}

impl Export for ScheduleRow {
    const COLUMNS: &'static [&'static str] = &["schedule", "workflow", "period", "day", "hour_utc", "enabled"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.workflow),
            json!(self.period),
            json!(self.day),
            json!(self.hour),
            json!(self.is_enabled),
        ]
    }
}

/// The export of the filtered workflows.
pub(super) async fn export(
    State(room): State<Room>,
    person: Person,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Response> {
    let Listing { head, workflows, .. } = Listing::read(&room, &person, &id).await?;
    let filter = workflow_filter(&mut params);
    let file = list::export_rows(&params, Few(filter.workflows(workflows))).await?;
    Ok(file.answer(&["workflows", head.instance.name()], room.site.clock.now()))
}

/// The export of the filtered schedules.
pub(super) async fn export_schedules(
    State(room): State<Room>,
    person: Person,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Response> {
    let Listing { head, schedules, .. } = Listing::read(&room, &person, &id).await?;
    let filter = schedule_filter(&mut params);
    let file = list::export_rows(&params, Few(filter.schedules(schedules))).await?;
    Ok(file.answer(&["amc-schedules", head.instance.name()], room.site.clock.now()))
}
