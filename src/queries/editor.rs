//! The editor: new queries, changes, checks while typing, drafts. Nothing that was typed is lost.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::fields::{FieldDef, FieldKind};
use super::forms::{self, written};
use super::model::{PrivacyMode, Query, Written};
use super::pages::{choice, for_change, own};
use super::prepare::prepare;
use super::report::{self, Remark};
use super::run;
use super::store::{self, Draft, Rest};
use crate::db::Tx;
use crate::ids::{DraftId, InstanceId, PersonId, QueryId};
use crate::instances::{self, Role};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Visit};

#[derive(Template)]
#[template(path = "queries/editor.html")]
struct EditorPage {
    shell: Shell,
    what: What,
    written: Written,
    instances: Vec<Choice>,
    rows: Vec<FieldDef>,
    kinds: Vec<Choice>,
    windows: Vec<Choice>,
    zones: &'static [&'static str],
    privacies: Vec<Choice>,
    errors: Errors,
    remarks: Vec<Remark>,
    is_clean: bool,
    /// What somebody else saved meanwhile.
    theirs: Option<Query>,
}

impl EditorPage {
    /// The name of one input of a field's row.
    #[expect(clippy::unused_self, reason = "a template calls it on its page")]
    fn part(&self, row: &FieldDef, part: &str) -> String {
        format!("field.{}.{part}", row.name)
    }

    /// What is wrong with it.
    fn error(&self, row: &FieldDef, part: &str) -> &str {
        self.errors.of(&self.part(row, part))
    }

    /// Whether the rest of a row is shown from the start.
    fn is_open(&self, row: &FieldDef) -> bool {
        let wrong = ["label", "help", "choices"].iter().any(|part| !self.errors.of(&self.part(row, part)).is_empty());
        wrong || row.kind == FieldKind::Choice
    }
}

/// What the editor edits.
#[derive(Clone, Debug, Default)]
struct What {
    /// The saved query; none for a new one.
    query: Option<QueryId>,
    /// Its revision when editing began.
    revision: i64,
    /// The draft that this began with.
    draft: String,
    /// Where the draft came from.
    source: String,
    instance: String,
}

impl What {
    /// What the form says it edits.
    fn sent(fields: &Fields) -> Self {
        Self {
            query: fields.get("query").parse().ok(),
            revision: fields.get("revision").parse().unwrap_or(0),
            draft: fields.get("draft").to_owned(),
            source: fields.trimmed("source").chars().take(200).collect(),
            instance: fields.get("instance").to_owned(),
        }
    }

    fn action(&self) -> String {
        self.query.as_ref().map_or_else(|| "/queries/new".to_owned(), |id| format!("/queries/{id}/edit"))
    }

    fn heading(&self) -> &'static str {
        if self.query.is_some() { "Edit query" } else { "New query" }
    }

    fn back_to(&self) -> &'static str {
        if self.query.is_some() { "Back to the query" } else { "Queries" }
    }

    fn back(&self) -> String {
        self.query.as_ref().map_or_else(|| "/queries".to_owned(), |id| format!("/queries/{id}"))
    }
}

/// The instances in which a person may write, the ones that they took off their list left out.
async fn writable(tx: &mut Tx, person: &PersonId) -> web::Result<Vec<instances::Instance>> {
    let all = instances::list(tx, person, &instances::Filter::default()).await?;
    Ok(all.into_iter().filter(|instance| instance.role >= Role::Analyst).collect())
}

async fn page(
    site: &Site,
    person: &Person,
    visit: &Visit,
    mut what: What,
    written: Written,
    errors: Errors,
) -> web::Result<EditorPage> {
    let now = site.clock.now();
    let mut tx = site.db.read(&person.scope()).await?;
    let instances = writable(&mut tx, &person.id).await?;
    if what.instance.is_empty()
        && let [only] = &instances[..]
    {
        what.instance = only.id.to_string();
    }
    let chosen = instances.iter().find(|instance| instance.id.as_str() == what.instance);
    let catalogue = match chosen {
        Some(instance) => instances::catalogue(&mut tx, &instance.id).await?,
        None => crate::amcsql::catalogue::Catalogue::standard().clone(),
    };
    drop(tx);
    let sandbox = chosen.is_some_and(|instance| instance.is_sandbox);
    let is_empty = written.sql.trim().is_empty();
    let prepared = prepare(&written.script(), &Fields::default(), &catalogue, now, sandbox);
    let title = if what.query.is_some() { format!("Edit {}", written.name) } else { "New query".to_owned() };
    let shown = instances.iter().filter(|it| what.query.is_none() || it.id.as_str() == what.instance);
    Ok(EditorPage {
        shell: visit.shell(title, Section::Queries).await,
        instances: shown.map(choice).collect(),
        rows: prepared.asked,
        kinds: FieldKind::ALL.into_iter().map(|kind| Choice::new(kind.name(), kind.label())).collect(),
        windows: forms::windows(&written.window, now),
        zones: &forms::ZONES,
        privacies: forms::privacies(sandbox || written.privacy.mode == PrivacyMode::Off),
        is_clean: !is_empty && prepared.findings.is_empty(),
        remarks: report::remarks(&written.sql, &prepared.findings),
        errors,
        theirs: None,
        what,
        written,
    })
}

/// The editor for a new query, empty or with a draft.
pub(super) async fn new(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let mut what = What { instance: fields.get("instance").to_owned(), ..What::default() };
    let mut written = Written::default();
    if !what.instance.is_empty() {
        let id: InstanceId = what.instance.parse().map_err(|_| web::Error::Missing)?;
        let mut tx = site.db.read(&person.scope()).await?;
        instances::find_for_run(&mut tx, &person.id, &id).await?;
    }
    if fields.has("draft") {
        let draft = open_draft(&site, &person, fields.get("draft")).await?;
        if let Some(query) = &draft.query {
            return Ok(Redirect::to(&format!("/queries/{query}/edit?draft={}", draft.id)).into_response());
        }
        if what.instance.is_empty() {
            what.instance.clone_from(&draft.rest.instance);
        }
        (what.draft, what.source) = (draft.id.to_string(), draft.source.clone());
        written = draft.written();
    }
    Ok(Html(page(&site, &person, &visit, what, written, Errors::new()).await?).into_response())
}

async fn open_draft(site: &Site, person: &Person, id: &str) -> web::Result<Draft> {
    let id: DraftId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.read(&person.scope()).await?;
    Ok(store::draft(&mut tx, &person.id, &id).await?)
}

/// The editor of a saved query, with a draft of it if the address names one.
pub(super) async fn edit(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let mut tx = site.db.read(&person.scope()).await?;
    let (query, _) = for_change(&mut tx, &person.id, &own(&id)?).await?;
    drop(tx);
    let mut what = editing(&query);
    let mut written = Written::from(query);
    if fields.has("draft") {
        let draft = open_draft(&site, &person, fields.get("draft")).await?;
        if draft.query == what.query {
            what.draft = draft.id.to_string();
            written = draft.written();
        }
    }
    Ok(Html(page(&site, &person, &visit, what, written, Errors::new()).await?).into_response())
}

fn editing(query: &Query) -> What {
    What {
        query: Some(query.id.clone()),
        revision: query.revision,
        instance: query.instance.to_string(),
        ..What::default()
    }
}

/// Keeps a new query and leads to its page.
pub(super) async fn create(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let (what, written) = (What::sent(&fields), written(&fields));
    let mut errors = Errors::new();
    written.check(&mut errors);
    let instance = instance(&site, &person, &what, &mut errors).await?;
    let Some(instance) = instance.filter(|_| errors.is_empty()) else {
        let what = What { query: None, ..what };
        return Ok(Html(page(&site, &person, &visit, what, written, errors).await?).unprocessable());
    };
    let now = site.clock.now();
    let id: QueryId = site.random.id(now);
    let mut tx = site.db.write(&person.scope()).await?;
    store::add(&mut tx, &id, now, &person.id, &instance, &written).await?;
    drop_draft(&mut tx, &person, &what).await?;
    tx.commit().await?;
    saved(&visit, &written).await;
    Ok(Redirect::to(&format!("/queries/{id}")).into_response())
}

/// The instance of a new query, if the person may write there.
async fn instance(site: &Site, person: &Person, what: &What, errors: &mut Errors) -> web::Result<Option<InstanceId>> {
    let mut tx = site.db.read(&person.scope()).await?;
    let instances = writable(&mut tx, &person.id).await?;
    let found = instances.into_iter().find(|instance| instance.id.as_str() == what.instance);
    if found.is_none() {
        errors.add("instance", "Choose the instance in which the query runs.");
    }
    Ok(found.map(|instance| instance.id))
}

async fn drop_draft(tx: &mut Tx, person: &Person, what: &What) -> web::Result<()> {
    if let Ok(draft) = what.draft.parse::<DraftId>() {
        store::drop_draft(tx, &person.id, &draft).await?;
    }
    Ok(())
}

/// Says that it is kept, and which fields nobody has given a type yet.
async fn saved(visit: &Visit, written: &Written) {
    let mut new: Vec<String> =
        crate::amcsql::template::fields(&written.sql).into_iter().map(|field| field.name).collect();
    new.sort();
    new.dedup();
    new.retain(|name| !written.fields.iter().any(|field| field.name == *name));
    let text = match &new[..] {
        [] => "The query is saved.".to_owned(),
        [one] => format!("The query is saved. Its new field {one} has a type that was guessed; Edit sets another."),
        more => format!(
            "The query is saved. Its new fields {} have types that were guessed; Edit sets others.",
            more.join(", ")
        ),
    };
    visit.flash(Tone::Success, text).await;
}

/// Keeps changes, unless somebody else changed the query meanwhile: then both are shown.
pub(super) async fn save(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let written = written(&fields);
    let mut errors = Errors::new();
    written.check(&mut errors);
    let mut tx = site.db.write(&person.scope()).await?;
    let (query, _) = for_change(&mut tx, &person.id, &own(&id)?).await?;
    let sent = What::sent(&fields);
    let what = What { revision: sent.revision, draft: sent.draft, ..editing(&query) };
    if !errors.is_empty() {
        drop(tx);
        return Ok(Html(page(&site, &person, &visit, what, written, errors).await?).unprocessable());
    }
    let now = site.clock.now();
    if !store::change(&mut tx, &query.id, what.revision, now, &person.id, &written).await? {
        drop(tx);
        // OK to take the new revision along: saving again is then a decision over what is shown.
        let what = What { revision: query.revision, ..what };
        let mut page = page(&site, &person, &visit, what, written, errors).await?;
        page.theirs = Some(query);
        return Ok((StatusCode::CONFLICT, Html(page)).into_response());
    }
    drop_draft(&mut tx, &person, &what).await?;
    tx.commit().await?;
    saved(&visit, &written).await;
    Ok(Redirect::to(&format!("/queries/{id}")).into_response())
}

/// Checks what is typed in the editor, or a saved query with its form; with `fix`, after applying it.
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
    let what = What::sent(&fields);
    Ok(Html(page(&site, &person, &visit, what, written, Errors::new()).await?).into_response())
}

async fn check_saved(site: &Site, person: &Person, visit: &Visit, fields: &Fields) -> web::Result<Response> {
    let id = own(fields.trimmed("query"))?;
    if !fields.has("fix") {
        return run::checked(site, person, visit, id.as_str(), fields).await;
    }
    let mut tx = site.db.read(&person.scope()).await?;
    let (query, _) = for_change(&mut tx, &person.id, &id).await?;
    drop(tx);
    let what = editing(&query);
    let mut written = Written::from(query);
    if let Some(fixed) = report::apply(&written.sql, fields.get("fix")) {
        written.sql = fixed;
    }
    Ok(Html(page(site, person, visit, what, written, Errors::new()).await?).into_response())
}

/// Keeps what is in the editor as a draft, and leads back to it.
pub(super) async fn keep_draft(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let (what, written) = (What::sent(&fields), written(&fields));
    let mut errors = Errors::new();
    if written.sql.len() > super::model::SQL_BYTES || written.sql.contains('\0') {
        super::model::check_sql(&written.sql, &mut errors);
        return Ok(Html(page(&site, &person, &visit, what, written, errors).await?).unprocessable());
    }
    let now = site.clock.now();
    let clean = |text: &str, most: usize| text.chars().filter(|c| *c != '\0').take(most).collect::<String>();
    let draft = Draft {
        id: what.draft.parse().unwrap_or_else(|_| site.random.id(now)),
        query: what.query.clone(),
        source: clean(&what.source, 200),
        name: clean(&written.name, super::model::NAME_LENGTH),
        sql: written.sql,
        rest: Rest {
            fields: written.fields,
            instance: clean(&what.instance, 60),
            description: clean(&written.description, super::model::DESCRIPTION_LENGTH),
            window: written.window,
            privacy: written.privacy,
        },
        updated_at: now,
    };
    let mut tx = site.db.write(&person.scope()).await?;
    store::keep_draft(&mut tx, now, &person.id, &draft).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "Kept as a draft, for you alone. It is above the list of queries.").await;
    Ok(Redirect::to(&format!("/queries/new?draft={}", draft.id)).into_response())
}
