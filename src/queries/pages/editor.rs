//! The editor: new queries, changes, checks while typing. Its content is saved as a draft.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::assistance::catalogue_address;
use super::dry_run::OnAmc;
use super::editing::{Theirs, What};
use super::forms::{self, OptionInputs, Parameter, run_form, written};
use super::link;
use super::placing;
use super::report::{self, Remark};
use super::run;
use super::schema::{self, Schema};
use super::trial::Trial;
use super::{for_change, own};
use crate::amcsql::instructional::{Found, Instruction, recognize};
use crate::db::{self, Tx};
use crate::ids::{DraftId, InstanceId};
use crate::instances::{self, Instance};
use crate::queries::model::fields::{FieldDef, FieldKind};
use crate::queries::model::home::Home;
use crate::queries::model::window::WINDOW_FIELDS;
use crate::queries::model::{PrivacyMode, Query, QueryInput};
use crate::queries::prepare::{Prepared, prepare_form};
use crate::queries::store::{self, Draft};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, Site, Visit};

/// The panes beside the SQL, as named in the cookie of collapsed ones.
const PANES: [&str; 2] = ["schema", "settings"];

#[derive(Template)]
#[template(path = "queries/editor.html")]
pub(super) struct EditorPage {
    shell: Shell,
    pub(super) what: What,
    written: QueryInput,
    homes: Vec<Choice>,
    instances: Vec<Choice>,
    /// Which data sources the check uses, for display.
    against: String,
    /// The part of the page that the person asked for, which a browser without scripts should show; may be empty.
    pub(super) landing: &'static str,
    rows: Vec<Parameter>,
    kinds: Vec<Choice>,
    options: OptionInputs,
    /// The window's description and notes; `None` while it is incomplete.
    when: Option<(String, Vec<String>)>,
    windows: Vec<Choice>,
    zones: &'static [&'static str],
    privacies: Vec<Choice>,
    pub(super) errors: Errors,
    /// The heading of the error summary.
    pub(super) trouble: &'static str,
    /// The idempotency key of the form.
    once: String,
    schema: Schema,
    /// The outcome of *Try*, if it was pressed.
    pub(super) tried: Option<Trial>,
    /// What AMC's own check came to, where it was asked for.
    pub(super) on_amc: Option<OnAmc>,
    pub(super) remarks: Vec<Remark>,
    pub(super) is_clean: bool,
    /// What somebody else, or another tab, saved meanwhile.
    pub(super) theirs: Option<Theirs>,
    /// Another tab's draft of the same query.
    pub(super) other: Option<Draft>,
    /// Drafts that can be resumed instead of what is shown.
    offered: Vec<Draft>,
    /// The query, if it was saved after the displayed draft was begun.
    moved: Option<Query>,
    /// The panes that the reader collapsed.
    folded: Vec<&'static str>,
}

impl EditorPage {
    fn lands_on(&self, part: &str) -> bool {
        self.landing == part
    }

    /// Whether a pane beside the SQL is open; one with an error always is.
    fn is_open(&self, pane: &str) -> bool {
        let beside =
            ["param.", "field.", "window", "start", "end", "zone", "privacy", "options.", "description", "tags"];
        let is_beside = |field: &str| beside.iter().any(|start| field.starts_with(start));
        let wrong = pane == "settings" && self.errors.iter().any(|(field, _)| is_beside(field));
        wrong || !self.folded.contains(&pane)
    }

    /// The numbers of errors, warnings and notes.
    fn tally(&self) -> String {
        report::tally(&self.remarks)
    }

    /// Whether the text of a new query has comments of an instructional query that mark literals.
    fn is_instructional(&self) -> bool {
        let marks = |one: &Instruction| matches!(one.found, Found::Literal(_));
        let sql = &self.written.sql;
        self.what.query.is_none() && sql.contains("UPDATE") && recognize(sql).iter().any(marks)
    }
}

/// The defaults of a new editor: the only instance, or the one where the person last ran a query, with its people as
/// home.
async fn propose(
    tx: &mut Tx,
    person: &Person,
    what: &mut What,
    query: Option<&Query>,
    usable: &[Instance],
) -> db::Result<()> {
    let is_fresh = what.tab.is_empty() && what.query.is_none();
    if is_fresh && what.instance.is_empty() {
        let last = match usable {
            [only] => Some(only.id.clone()),
            _ => store::last_instance_of_all(tx, &person.id).await?,
        };
        let is_usable = |id: &InstanceId| usable.iter().any(|instance| instance.id == *id);
        what.instance = last.filter(is_usable).map(|id| id.to_string()).unwrap_or_default();
    }
    if what.home.is_empty() {
        what.home = match query {
            Some(query) => query.placement.home.value(),
            None if usable.iter().any(|instance| instance.id.as_str() == what.instance) => what.instance.clone(),
            None => Home::Private.value(),
        };
    }
    Ok(())
}

pub(super) async fn page(
    site: &Site,
    person: &Person,
    visit: &Visit,
    mut what: What,
    written: QueryInput,
    form: &Fields,
    errors: Errors,
) -> web::Result<EditorPage> {
    let now = site.clock.now();
    let mut tx = site.db.read(&person.scope()).await?;
    let usable = placing::usable(&mut tx, &person.id).await?;
    let query = edited(&mut tx, person, &what).await?;
    propose(&mut tx, person, &mut what, query.as_ref(), &usable).await?;
    let chosen = usable.iter().find(|instance| instance.id.as_str() == what.instance);
    let catalogue = match chosen {
        Some(instance) => instances::catalogue(&mut tx, &instance.id).await?,
        None => std::sync::Arc::clone(crate::amcsql::catalogue::Catalogue::standard()),
    };
    drop(tx);
    if what.draft.parse::<DraftId>().is_err() {
        what.draft = site.random.id::<DraftId>(now).to_string();
    }
    if what.tab.is_empty() {
        what.tab = site.random.token();
    }
    let sandbox = chosen.is_some_and(|instance| instance.is_sandbox);
    let is_empty = written.sql.trim().is_empty();
    let run = run_form(form, &written.sql);
    let prepared = prepare_form(&written.script(), &run, &catalogue, now, sandbox);
    let title = if what.query.is_some() { format!("Edit {}", written.name) } else { "New query".to_owned() };
    Ok(EditorPage {
        shell: visit.shell(title, Section::Queries).await,
        homes: placing::homes(query.as_ref(), &usable),
        instances: placing::defaults(query.as_ref(), &usable),
        against: super::target::against(chosen),
        rows: rows(&prepared, &written.sql, &run, &errors),
        options: OptionInputs::new(form, &errors),
        when: when(&prepared),
        once: site.random.token(),
        trouble: "This can't be saved yet",
        schema: Schema {
            address: catalogue_address(&catalogue, chosen.map_or("", |instance| instance.id.as_str())),
            ..Schema::new(&catalogue, chosen, &written.sql, form)
        },
        tried: None,
        landing: "",
        on_amc: None,
        folded: PANES.into_iter().filter(|pane| visit.is_folded(pane)).collect(),
        kinds: FieldKind::ALL.into_iter().map(|kind| Choice::new(kind.name(), kind.label())).collect(),
        windows: forms::windows(&written.window, now),
        zones: &forms::ZONES,
        privacies: forms::privacies(sandbox || written.privacy.mode == PrivacyMode::Off),
        is_clean: !is_empty && prepared.findings.is_empty(),
        remarks: report::of_prepared(&written.sql, &prepared),
        errors,
        theirs: None,
        other: None,
        offered: Vec::new(),
        moved: None,
        what,
        written,
    })
}

/// The parameters, each with whether its type is only a guess.
fn rows(prepared: &Prepared, sql: &str, form: &Fields, errors: &Errors) -> Vec<Parameter> {
    let guesses = if prepared.asked.is_empty() { HashMap::new() } else { forms::guessed_kinds(sql) };
    let row = |field: &FieldDef| Parameter::new(field, guesses.get(&field.name), form, errors);
    prepared.asked.iter().map(row).collect()
}

/// The window's description and notes; `None` while it is incomplete or invalid.
fn when(prepared: &Prepared) -> Option<(String, Vec<String>)> {
    let is_whole = WINDOW_FIELDS.iter().all(|field| prepared.errors.of(field).is_empty());
    is_whole.then(|| (prepared.window.sentence(), prepared.window.notes.clone()))
}

/// The query that is edited, if the person can see it.
async fn edited(tx: &mut Tx, person: &Person, what: &What) -> web::Result<Option<Query>> {
    let Some(id) = &what.query else { return Ok(None) };
    Ok(db::found(store::find(tx, &person.id, id).await)?)
}

/// The editor for a new query, empty or with a draft.
pub(super) async fn new(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    QueryString(fields): QueryString,
) -> web::Result<Response> {
    let mut what = What { instance: fields.get("instance").to_owned(), ..What::default() };
    if !what.instance.is_empty() {
        let id: InstanceId = what.instance.parse().map_err(|_| web::Error::Missing)?;
        let mut tx = site.db.read(&person.scope()).await?;
        instances::require(&mut tx, &person.id, &id, instances::Action::Write).await?;
    }
    if !fields.has("draft") {
        let written = link::begun(&site, QueryInput::default(), &fields);
        let mut page = page(&site, &person, &visit, what, written, &fields, Errors::new()).await?;
        page.offered = offered(&site, &person).await?;
        return Ok(Html(page).into_response());
    }
    let mut tx = site.db.read(&person.scope()).await?;
    let draft = match open_draft(&mut tx, &person, fields.get("draft")).await {
        Ok(draft) => draft,
        Err(web::Error::Missing) => return was_saved(&mut tx, &person, fields.get("draft")).await,
        Err(error) => return Err(error),
    };
    if let Some(query) = &draft.query {
        // A draft of a query that was deleted, or can't be changed any more, can still become a new one.
        if for_change(&mut tx, &person.id, query).await.is_ok() {
            return Ok(Redirect::to(&format!("/queries/{query}/edit?draft={}", draft.id)).into_response());
        }
    }
    drop(tx);
    if what.instance.is_empty() {
        what.instance.clone_from(&draft.rest.instance);
    }
    what.home.clone_from(&draft.rest.home);
    (what.draft, what.was, what.source) = (draft.id.to_string(), draft.tab.clone(), draft.source.clone());
    let form = draft.form();
    let written = link::begun(&site, draft.written(), &fields);
    Ok(Html(page(&site, &person, &visit, what, written, &form, Errors::new()).await?).into_response())
}

/// The last three drafts of new queries.
async fn offered(site: &Site, person: &Person) -> web::Result<Vec<Draft>> {
    let mut tx = site.db.read(&person.scope()).await?;
    let drafts = store::drafts(&mut tx, &person.id).await?;
    let typed = |draft: &Draft| draft.query.is_none() && !draft.tab.is_empty();
    Ok(drafts.into_iter().filter(typed).take(3).collect())
}

/// Redirects from the address of a draft to the query it became, for people who go back.
async fn was_saved(tx: &mut Tx, person: &Person, draft: &str) -> web::Result<Response> {
    let id: DraftId = draft.parse().map_err(|_| web::Error::Missing)?;
    let query = store::saved_from(tx, &person.id, &id).await?.ok_or(web::Error::Missing)?;
    Ok(Redirect::to(&format!("/queries/{}/edit", query.id)).into_response())
}

async fn open_draft(tx: &mut Tx, person: &Person, id: &str) -> web::Result<Draft> {
    let id: DraftId = id.parse().map_err(|_| web::Error::Missing)?;
    Ok(store::draft(tx, &person.id, &id).await?)
}

/// The editor of a saved query, with a draft if the address names one; otherwise an existing draft is offered.
pub(super) async fn edit(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(fields): QueryString,
) -> web::Result<Response> {
    let mut tx = site.db.read(&person.scope()).await?;
    let query = for_change(&mut tx, &person.id, &own(&id)?).await?;
    let asked = if fields.has("draft") { Some(open_draft(&mut tx, &person, fields.get("draft")).await?) } else { None };
    let kept = store::draft_of(&mut tx, &person.id, &query.id).await?;
    drop(tx);
    let mut what = editing(&query);
    let Some(draft) = asked.filter(|draft| draft.query == what.query) else {
        let mut page = page(&site, &person, &visit, what, query.into(), &fields, Errors::new()).await?;
        page.offered = kept.into_iter().collect();
        return Ok(Html(page).into_response());
    };
    (what.draft, what.was) = (draft.id.to_string(), draft.tab.clone());
    (what.home, what.instance) = (draft.rest.home.clone(), draft.rest.instance.clone());
    let begun_before = draft.base > 0 && draft.base < query.revision;
    if begun_before {
        what.revision = draft.base;
    }
    let form = draft.form();
    let mut page = page(&site, &person, &visit, what, draft.written(), &form, Errors::new()).await?;
    page.moved = begun_before.then_some(query);
    Ok(Html(page).into_response())
}

/// The editing state for a query without changes.
pub(super) fn editing(query: &Query) -> What {
    What {
        query: Some(query.id.clone()),
        revision: query.revision,
        instance: placing::default_value(query),
        home: query.placement.home.value(),
        ..What::default()
    }
}

/// Checks the editor's content, or a saved query with its form; with `fix`, after applying it.
pub(super) async fn check(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    if !fields.has("sql") {
        return check_saved(&site, &person, &visit, &fields).await;
    }
    let mut written = written(&fields);
    if let Some(fixed) = report::apply(&written.sql, fields.get("fix")) {
        written.sql = fixed;
    }
    schema::insert(&mut written.sql, fields.get("insert"));
    forms::guess_again(&mut written, &fields);
    let what = What::sent(&fields);
    let mut page = page(&site, &person, &visit, what, written, &fields, Errors::new()).await?;
    let asks_for_schema = fields.has("insert") || fields.has("unfold") || !fields.get("schema").is_empty();
    if !visit.is_part && !asks_for_schema {
        page.landing = "report";
    }
    Ok(Html(page).into_response())
}

async fn check_saved(site: &Site, person: &Person, visit: &Visit, fields: &Fields) -> web::Result<Response> {
    let id = own(fields.trimmed("query"))?;
    if !fields.has("fix") {
        return run::checked(site, person, visit, id.as_str(), fields).await;
    }
    let mut tx = site.db.read(&person.scope()).await?;
    let query = for_change(&mut tx, &person.id, &id).await?;
    drop(tx);
    let what = editing(&query);
    let mut written = QueryInput::from(query);
    if let Some(fixed) = report::apply(&written.sql, fields.get("fix")) {
        written.sql = fixed;
    }
    Ok(Html(page(site, person, visit, what, written, fields, Errors::new()).await?).into_response())
}

/// The editor of a query that can't be run after saving: with the form as submitted and all errors. Status 422.
pub async fn editor_page(
    site: &Site,
    person: &Person,
    visit: &Visit,
    query: &Query,
    form: &Fields,
    errors: Errors,
) -> web::Result<Response> {
    let sent = What::sent(form);
    let what = What { tab: sent.tab, was: sent.was, instance: sent.instance, ..editing(query) };
    let mut page = page(site, person, visit, what, written(form), form, errors).await?;
    page.trouble = "The query is saved, but it can't run yet";
    if page.errors.is_empty() {
        let found = page.tally();
        let why =
            if found.is_empty() { String::new() } else { format!(" The findings below the SQL say why: {found}.") };
        page.errors.add("", format!("Nothing was sent to AMC.{why}"));
    }
    Ok(Html(page).unprocessable())
}
