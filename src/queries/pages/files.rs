//! Query files: one as `.sql`, filtered ones as an archive, and imports.

use std::collections::HashSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::{list, own};
use crate::db::{PageRange, Tx};
use crate::ids::{DraftId, QueryId};
use crate::queries::model::file::{self, FileRead};
use crate::queries::model::home::{Home, Placement};
use crate::queries::model::{NAME_LENGTH, QueryInput};
use crate::queries::store::{self, Draft, NewQuery, Rest};
use crate::web::components::Errors;
use crate::web::list::ListParams;
use crate::web::shell::{Section, Shell};
use crate::web::zip::Zip;
use crate::web::{self, FileName, Html, MOST_FILES, Person, Site, UploadedFile, Visit, naming};

/// The source of imported drafts.
const SOURCE: &str = "File";

/// The file name of a query.
fn named(name: &str) -> FileName {
    FileName::new("query", [name], "sql")
}

/// Downloads one query.
pub(super) async fn download(
    State(site): State<Site>,
    person: Person,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let mut tx = site.db.read(&person.scope()).await?;
    let query = store::find(&mut tx, &person.id, &own(&id)?).await?;
    drop(tx);
    let name = named(&query.name).disposition();
    let text = file::write(&query.into());
    Ok(([(CONTENT_TYPE, "application/sql; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], text)
        .into_response())
}

/// Downloads the filtered queries, as files of an archive.
pub(super) async fn archive(State(site): State<Site>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let filter = list::filter(&mut params);
    let most = MOST_FILES as i64;
    let mut tx = site.db.read(&person.scope()).await?;
    let lines = store::list(&mut tx, &person.id, &filter, PageRange::first(most + 1)).await?;
    if lines.len() > MOST_FILES {
        return Err(web::Error::Invalid(format!(
            "An archive holds at most {MOST_FILES} queries. Filter the list, then download it."
        )));
    }
    let mut zip = Zip::new();
    let mut names = HashSet::new();
    for line in lines {
        let query = store::find(&mut tx, &person.id, &line.id).await?;
        let name = unique(&query.name, &mut names);
        let text = file::write(&query.into());
        zip.begin(name).and_then(|()| zip.add(text.as_bytes())).map_err(anyhow::Error::from)?;
    }
    drop(tx);
    zip.finish().map_err(anyhow::Error::from)?;
    let name = FileName::new("queries", ["queries"], "zip").disposition();
    Ok(([(CONTENT_TYPE, "application/zip".to_owned()), (CONTENT_DISPOSITION, name)], zip.take()).into_response())
}

/// A name that is unique in the archive, case-insensitively.
fn unique(name: &str, names: &mut HashSet<String>) -> String {
    let mut file = named(name).as_str().to_owned();
    let mut number = 2;
    while !names.insert(file.to_lowercase()) {
        FileName::new("query", [name, &number.to_string()], "sql").as_str().clone_into(&mut file);
        number += 1;
    }
    file
}

#[derive(Template)]
#[template(path = "queries/imported.html")]
struct ImportedPage {
    shell: Shell,
    files: Vec<Imported>,
}

/// The outcome of importing a file.
struct Imported {
    file: String,
    title: String,
    outcome: Outcome,
    /// Where it is now.
    href: String,
    /// What couldn't be read, and why it couldn't be saved.
    problems: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Saved,
    /// The person already has the same query.
    Same,
    /// It can't be saved as it is.
    Draft,
    Refused,
}

impl Outcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Saved => "Saved",
            Self::Same => "Already there",
            Self::Draft => "Kept as a draft",
            Self::Refused => "Not imported",
        }
    }
}

impl ImportedPage {
    fn counted(&self, outcome: Outcome) -> usize {
        self.files.iter().filter(|file| file.outcome == outcome).count()
    }

    fn summary(&self) -> String {
        let part = |outcome: Outcome| {
            let count = self.counted(outcome);
            (count > 0).then(|| format!("{}: {count}", outcome.label()))
        };
        [Outcome::Saved, Outcome::Same, Outcome::Draft, Outcome::Refused]
            .into_iter()
            .filter_map(part)
            .collect::<Vec<_>>()
            .join(" · ")
    }
}

/// Saves each file as a private query, and reports the outcomes.
pub(super) async fn save_all(
    site: &Site,
    person: &Person,
    visit: &Visit,
    files: &[UploadedFile],
) -> web::Result<Response> {
    let mut tx = site.db.write(&person.scope()).await?;
    let mut imported = Vec::with_capacity(files.len());
    for file in files {
        imported.push(save(site, &mut tx, person, file).await?);
    }
    tx.commit().await?;
    let shell = visit.shell("Imported queries", Section::Queries).await;
    Ok(Html(ImportedPage { shell, files: imported }).into_response())
}

async fn save(site: &Site, tx: &mut Tx, person: &Person, file: &UploadedFile) -> web::Result<Imported> {
    let mut row = Imported {
        file: file.name.clone(),
        title: String::new(),
        outcome: Outcome::Refused,
        href: String::new(),
        problems: Vec::new(),
    };
    let FileRead { mut written, problems, .. } = match file.text() {
        Ok(text) => file::read(&text),
        Err(sentence) => {
            row.problems.push(sentence);
            return Ok(row);
        }
    };
    row.problems = problems;
    if written.name.is_empty() {
        written.name = naming::plain(file.name.trim_end_matches(".sql")).chars().take(NAME_LENGTH).collect();
    }
    row.title.clone_from(&written.name);
    let mut errors = Errors::new();
    written.check(&mut errors);
    row.problems.extend(errors.iter().map(|(_, sentence)| sentence.to_owned()));
    if written.sql.len() > crate::queries::model::SQL_BYTES || written.sql.trim().is_empty() {
        return Ok(row);
    }
    if !errors.is_empty() {
        let id = save_draft(site, tx, person, written).await?;
        (row.outcome, row.href) = (Outcome::Draft, format!("/queries/new?draft={id}"));
        return Ok(row);
    }
    if let Some(id) = store::equal(tx, &person.id, &written).await? {
        (row.outcome, row.href) = (Outcome::Same, format!("/queries/{id}"));
        return Ok(row);
    }
    let now = site.clock.now();
    let id: QueryId = site.random.id(now);
    let placement = Placement { home: Home::Private, default_instance: None };
    let new = NewQuery { id: &id, draft: None, placement: &placement, written: &written };
    store::add(tx, now, &person.id, &new).await?;
    (row.outcome, row.href) = (Outcome::Saved, format!("/queries/{id}"));
    Ok(row)
}

/// Saves what can't be saved as a query as a draft, so that nothing is lost.
async fn save_draft(site: &Site, tx: &mut Tx, person: &Person, written: QueryInput) -> web::Result<DraftId> {
    let now = site.clock.now();
    let QueryInput { name, description, tags, sql, fields, window, privacy } = written;
    let draft = Draft {
        id: site.random.id(now),
        query: None,
        base: 0,
        // As if an editor owned it: provided drafts are omitted from the list of drafts.
        tab: site.random.token(),
        source: SOURCE.to_owned(),
        name,
        sql,
        rest: Rest { fields, description, tags, window, privacy, ..Rest::default() },
        updated_at: now,
    };
    Ok(store::save_draft(tx, &site.random, now, &person.id, &draft).await?)
}
