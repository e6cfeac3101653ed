//! The list of nightly backups, for administrators.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::store::{self, Backup, State as BackupState};
use crate::db::Scope;
use crate::web::components::{Choice, Pager, State as Color};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::routes::Who::Administrator;
use crate::web::routes::{Routes, get};
use crate::web::shell::{Section, Shell};
use crate::web::words::{bytes, counted};
use crate::web::{self, Html, Site, Visit};

/// Rows per page.
const SIZE: u64 = 50;
/// Why others don't see them.
const ONLY: Option<&str> = Some("Only administrators see backups. Ask an administrator of this installation.");

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route("/operations/backups", get(Administrator(ONLY), show))
        .route("/operations/backups.csv", get(Administrator(ONLY), export))
        .route("/operations/backups.json", get(Administrator(ONLY), export))
        .with_state(site)
}

#[derive(Template)]
#[template(path = "backups/list.html")]
struct ListPage {
    shell: Shell,
    list: List,
    backups: Vec<Backup>,
    pager: Pager,
    states: Vec<Choice>,
    state: &'static str,
    /// When and where backups are made; empty without one.
    plan: String,
}

impl Backup {
    fn color(&self) -> Color {
        match self.state {
            BackupState::Waiting => Color::Running,
            BackupState::Verified => Color::Done,
            BackupState::Failed => Color::Failed,
        }
    }

    fn size(&self) -> String {
        if self.bytes > 0 { bytes(self.bytes.unsigned_abs()) } else { "–".to_owned() }
    }
}

fn state(params: &mut ListParams) -> &'static str {
    let known = |name: &str| BackupState::ALL.into_iter().map(BackupState::name).find(|known| *known == name);
    params.value("state", "state", known).unwrap_or_default()
}

async fn show(State(site): State<Site>, visit: Visit, mut params: ListParams) -> web::Result<Html<ListPage>> {
    let state = state(&mut params);
    let wanted = params.page(SIZE);
    let mut tx = site.db.read(&Scope::System).await?;
    let pager = wanted.pager(store::count(&mut tx, state, wanted.most()).await?);
    let backups = store::list(&mut tx, state, pager.range()).await?;
    drop(tx);
    let plan = site.config.backup.as_ref().map(|plan| {
        let kept = counted(i64::try_from(plan.keep).unwrap_or(i64::MAX), "backup is", "backups are");
        format!("Every day at {:02}:00 UTC, in {}. {kept} kept.", plan.hour, plan.folder.display())
    });
    let states = BackupState::ALL.map(|state| Choice::new(state.name(), state.label()));
    Ok(Html(ListPage {
        shell: visit.shell("Backups", Section::None).await,
        list: params.list(&[]),
        backups,
        pager,
        states: Choice::optional("All states", states),
        state,
        plan: plan.unwrap_or_default(),
    }))
}

impl Export for Backup {
    const COLUMNS: &'static [&'static str] =
        &["night", "state", "folder", "bytes", "rows", "attempts", "started_at", "finished_at", "problem"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.night),
            json!(self.state.name()),
            json!(self.folder),
            json!(self.bytes),
            json!(self.rows),
            json!(self.attempts),
            rfc3339(self.started_at),
            rfc3339(self.finished_at),
            json!(self.problem),
        ]
    }
}

async fn export(State(site): State<Site>, mut params: ListParams) -> web::Result<Response> {
    let state = state(&mut params);
    let rows = RowSource::new(&site.db, Scope::System, state.to_owned(), |tx, state, range, _| {
        Box::pin(store::list(tx, state, range))
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["backups"], site.clock.now()))
}
