//! Editor assistance as JSON for the editor's script; and *Format*, which is a button without scripts.
//!
//! Positions are UTF-16 units, as in browsers. What doesn't depend on the text (data sources, functions, keywords) is
//! a file whose address contains its hash, which browsers cache; the rest is requested.

use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::editing::What;
use super::editor::page;
use super::forms::written;
use super::trial::sources;
use crate::amcsql::assist;
use crate::amcsql::catalogue::{Catalogue, ColumnDef, DataSource};
use crate::amcsql::functions;
use crate::amcsql::text::Span;
use crate::queries::model::SQL_BYTES;
use crate::web::components::Errors;
use crate::web::routes::Who::SignedIn;
use crate::web::routes::{Routes, get, post};
use crate::web::{self, Fields, Html, Person, QueryString, Site, Visit};

/// Maximum number of catalogs whose files are cached; others are created on request.
const MOST_FILES: usize = 64;
/// Maximum length of a column's description.
const SHORT: usize = 160;

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route("/queries/complete", post(SignedIn, complete).about("Complete what is being typed").while_typing())
        .route("/queries/assist", post(SignedIn, help).about("Explain a name in a query").while_typing())
        .route("/queries/format", post(SignedIn, format).about("Format a query"))
        .route("/queries/catalogue/{file}", get(SignedIn, catalogue).about("Data sources and functions for the editor"))
        .with_state(site)
}

/// The byte offset of a UTF-16 offset.
fn byte(text: &str, units: usize) -> usize {
    let mut passed = 0;
    for (at, letter) in text.char_indices() {
        if passed >= units {
            return at;
        }
        passed += letter.len_utf16();
    }
    text.len()
}

/// The UTF-16 offset of a byte offset.
fn units(text: &str, byte: usize) -> usize {
    text.get(..byte).unwrap_or(text).encode_utf16().count()
}

/// A request: its text, the position in it, the available sources.
struct Asked {
    sql: String,
    at: usize,
    catalogue: Arc<Catalogue>,
}

impl Asked {
    async fn of(site: &Site, person: &Person, fields: &Fields) -> web::Result<Self> {
        let sql = fields.get("sql").to_owned();
        if sql.len() > SQL_BYTES {
            return Err(web::Error::TooLarge);
        }
        let at = byte(&sql, fields.get("at").parse().unwrap_or(0));
        let (catalogue, _) = sources(site, person, fields.get("instance").parse().ok().as_ref()).await?;
        Ok(Self { sql, at, catalogue })
    }

    fn range(&self, span: Span) -> (usize, usize) {
        let from = units(&self.sql, span.start);
        (from, from + span.of(&self.sql).encode_utf16().count())
    }
}

/// The completions at a position: `{"from", "to", "options": [{"label", "apply", "kind", "detail", "info",
/// "boost"}]}`.
async fn complete(State(site): State<Site>, person: Person, fields: Fields) -> web::Result<Json<Value>> {
    let asked = Asked::of(&site, &person, &fields).await?;
    let found = assist::complete(&asked.sql, asked.at, &asked.catalogue);
    let (from, to) = asked.range(found.span);
    Ok(Json(json!({ "from": from, "to": to, "options": found.options })))
}

/// The meaning of a name, the arguments of a call, the definition or uses of a name (`ask`: `hover`, `signature`,
/// `definition`, `rename`); an empty object if unknown.
async fn help(State(site): State<Site>, person: Person, fields: Fields) -> web::Result<Json<Value>> {
    let asked = Asked::of(&site, &person, &fields).await?;
    let (sql, at, known) = (asked.sql.as_str(), asked.at, &asked.catalogue);
    let answer = match fields.get("ask") {
        "hover" => assist::hover(sql, at, known).map(|help| {
            let (from, to) = asked.range(help.span);
            json!({ "from": from, "to": to, "title": help.title, "lines": help.lines })
        }),
        "signature" => assist::signature(sql, at).map(|help| {
            let argument = help.argument.map(|span| (units(help.usage, span.start), units(help.usage, span.end)));
            let (from, _) = asked.range(help.span);
            json!({ "from": from, "usage": help.usage, "help": help.help, "argument": argument })
        }),
        "definition" => assist::definition(sql, at, known).map(|span| {
            let (from, to) = asked.range(span);
            json!({ "from": from, "to": to })
        }),
        "rename" => assist::places(sql, at, known).map(|places| {
            let spans: Vec<_> = places.spans.iter().map(|span| asked.range(*span)).collect();
            json!({ "name": places.name, "places": spans })
        }),
        _ => return Err(web::Error::Invalid("Ask for hover, signature, definition or rename.".to_owned())),
    };
    Ok(Json(answer.unwrap_or_else(|| json!({}))))
}

/// The formatted text: in the editor, or as JSON for clients that prefer that.
async fn format(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    headers: HeaderMap,
    fields: Fields,
) -> web::Result<Response> {
    let mut written = written(&fields);
    if written.sql.len() <= SQL_BYTES {
        written.sql = assist::format(&written.sql);
    }
    if headers.get(ACCEPT).is_some_and(|accept| accept == "application/json") {
        return Ok(Json(json!({ "sql": written.sql })).into_response());
    }
    let what = What::sent(&fields);
    Ok(Html(page(&site, &person, &visit, what, written, &fields, Errors::new()).await?).into_response())
}

/// The static data of an editor, as served.
#[derive(Debug)]
struct File {
    name: String,
    body: Bytes,
}

/// A catalog in use, with its file.
type CachedFile = (Weak<Catalogue>, Arc<File>);

static FILES: LazyLock<Mutex<Vec<CachedFile>>> = LazyLock::new(Mutex::default);

/// The file of a catalog; created once for each, however many pages refer to it.
fn file(catalogue: &Arc<Catalogue>) -> Arc<File> {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.retain(|(of, _)| of.strong_count() > 0);
    if let Some((_, file)) = files.iter().find(|(of, _)| std::ptr::eq(of.as_ptr(), Arc::as_ptr(catalogue))) {
        return Arc::clone(file);
    }
    let body = Bytes::from(contents(catalogue).to_string());
    let hash = Sha256::digest(&body).iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let file = Arc::new(File { name: format!("{hash:016x}.json"), body });
    if files.len() >= MOST_FILES {
        files.remove(0);
    }
    files.push((Arc::downgrade(catalogue), Arc::clone(&file)));
    file
}

fn contents(catalogue: &Catalogue) -> Value {
    let short = |text: &str| -> String {
        let end = text.find(". ").map_or(text.len(), |at| at + 1);
        text.get(..end).unwrap_or(text).chars().take(SHORT).collect()
    };
    let column = |column: &ColumnDef| {
        json!({ "name": column.name, "type": column.data_type.to_string(), "level": column.threshold.amc(),
            "help": short(&column.description) })
    };
    let source = |source: &DataSource| {
        json!({ "name": source.id, "title": source.name, "help": short(&source.description),
            "columns": source.columns.iter().map(column).collect::<Vec<_>>() })
    };
    let function = |it: &functions::Signature| json!({ "name": it.name, "usage": it.usage, "help": it.summary });
    json!({
        "sources": catalogue.sources().iter().map(source).collect::<Vec<_>>(),
        "functions": functions::signatures().iter().map(function).collect::<Vec<_>>(),
        "keywords": &assist::KEYWORDS[..],
    })
}

/// The address of the static data for an editor on this instance.
pub(super) fn catalogue_address(catalogue: &Arc<Catalogue>, instance: &str) -> String {
    let name = &file(catalogue).name;
    if instance.is_empty() {
        format!("/queries/catalogue/{name}")
    } else {
        format!("/queries/catalogue/{name}?instance={instance}")
    }
}

/// The catalog of an instance under its hash, cached by the browser; under another hash the current one, not cached.
async fn catalogue(
    State(site): State<Site>,
    person: Person,
    Path(name): Path<String>,
    QueryString(fields): QueryString,
) -> web::Result<Response> {
    let (catalogue, _) = sources(&site, &person, fields.get("instance").parse().ok().as_ref()).await?;
    let file = file(&catalogue);
    let kept = if file.name == name { "private, max-age=31536000, immutable" } else { "no-store" };
    Ok(([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, kept)], file.body.clone()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_browsers_count() {
        let text = "a€😀b";
        assert_eq!([0, 1, 2, 4, 5, 9].map(|at| byte(text, at)), [0, 1, 4, 8, 9, 9]);
        assert_eq!([0, 1, 4, 8, 9].map(|at| units(text, at)), [0, 1, 2, 4, 5]);
    }

    #[test]
    fn a_catalogue_has_one_file_until_it_changes() {
        let standard = Catalogue::standard();
        assert!(Arc::ptr_eq(&file(standard), &file(standard)));
        let other = Arc::new(Catalogue::from_sources(standard.sources()[..1].to_vec()));
        assert_ne!(catalogue_address(&other, "ins_1"), catalogue_address(standard, "ins_1"));
        let contents: Value = serde_json::from_slice(&file(&other).body).unwrap();
        assert_eq!(contents["sources"].as_array().unwrap().len(), 1);
        assert!(contents["functions"].as_array().unwrap().len() > 90);
    }
}
