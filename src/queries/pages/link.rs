//! Links to a form: parameter values, window, instance and options in the address, so that anyone who opens it sees the
//! same form.
//!
//! The link keeps the intent: a preset window stays a preset and means other days tomorrow. What equals the query's
//! defaults isn't in the link, so that later changes of the defaults apply.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use url::Url;

use super::forms::Input;
use super::own;
use crate::amcsql::catalogue::Catalogue;
use crate::queries::model::input::ACKNOWLEDGE;
use crate::queries::model::window::WindowForm;
use crate::queries::model::{Privacy, Query, QueryInput};
use crate::queries::prepare::prepare_form;
use crate::queries::store;
use crate::web::components::Address;
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, Person, QueryString, Site, Visit};

/// Maximum length of a link, in bytes, that browsers, proxies and chat programs accept.
const LONGEST: usize = 6_000;
/// Fields of the run form beside `param.…` and `options.…`.
const OWN: [&str; 10] = [
    "instance",
    "window",
    "window_days",
    "window_before",
    "start",
    "end",
    "zone",
    "privacy",
    "privacy.column",
    ACKNOWLEDGE,
];

#[derive(Template)]
#[template(path = "queries/link.html")]
struct LinkPage {
    shell: Shell,
    query: Query,
    /// The full URL, for other programs; empty if it is too long.
    link: String,
    /// The same as a path on this site.
    here: String,
    /// Its length in bytes.
    length: i64,
    longest: i64,
    /// The submitted form, for continuing with it.
    filled: Vec<(String, String)>,
}

/// The parameters in an address that the query doesn't have, such as ones that were renamed after the link was made.
pub(super) fn unknown(form: &Fields, inputs: &[Input]) -> Vec<String> {
    let is_known =
        |name: &str| inputs.iter().any(|input| input.name == name || name.starts_with(&format!("{}.", input.name)));
    let given = form.iter().filter(|(name, _)| name.starts_with("param.") && !is_known(name));
    given.map(|(name, _)| name.trim_start_matches("param.").to_owned()).collect()
}

/// The submitted fields of the run form, for continuing with it.
pub(super) fn filled(form: &Fields) -> Vec<(String, String)> {
    let is_ours = |name: &str| name.starts_with("param.") || name.starts_with("options.") || OWN.contains(&name);
    form.iter().filter(|(name, _)| is_ours(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The fields that a link needs: those that differ from the query's defaults.
fn needed(query: &Query, form: &Fields) -> Vec<(String, String)> {
    let WindowForm { kind, start, end, zone } = query.window.with(form);
    let is_explicit = kind == "explicit";
    let privacy = query.privacy.with(form);
    let is_same_privacy = privacy == query.privacy;
    let default = |name: &str| {
        let name = name.strip_prefix("param.")?;
        query.fields.iter().find(|field| field.name == name).map(|field| field.default.as_str())
    };
    let needs = |name: &str, value: &str| match name {
        "window" => kind != query.window.kind,
        "window_days" | "window_before" => kind.starts_with("days-") && kind != query.window.kind,
        "start" => is_explicit && start != query.window.start,
        "end" => is_explicit && end != query.window.end,
        "zone" => zone != query.window.zone,
        "privacy" => privacy.mode != query.privacy.mode,
        "privacy.column" => !is_same_privacy && privacy.column != Privacy::default().column,
        "instance" => !value.is_empty(),
        // OK to omit an empty value only if the query has no default: otherwise it means "none".
        _ => default(name).unwrap_or_default() != value,
    };
    let line_ends = |value: String| value.replace("\r\n", "\n");
    let sent = filled(form).into_iter().map(|(name, value)| (name, line_ends(value)));
    sent.filter(|(name, value)| needs(name, value)).collect()
}

fn address(path: String, fields: &[(String, String)]) -> Address {
    fields.iter().fold(Address::new(path, ""), |address, (name, value)| address.and(name, value))
}

/// Redirects from a submitted form to the page with its link, or shows why there is none.
pub(super) async fn create(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    form: Fields,
) -> web::Result<Response> {
    let query = seen(&site, &person, &id).await?;
    let address = address(format!("/queries/{}/link", query.id), &needed(&query, &form));
    if address.to_string().len() <= LONGEST {
        return Ok(Redirect::to(&address.to_string()).into_response());
    }
    let page = page(&site, &visit, query, &form).await;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

/// The link to the form that the address describes.
pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(form): QueryString,
) -> web::Result<Response> {
    let query = seen(&site, &person, &id).await?;
    Ok(Html(page(&site, &visit, query, &form).await).into_response())
}

async fn seen(site: &Site, person: &Person, id: &str) -> web::Result<Query> {
    let mut tx = site.db.read(&person.scope()).await?;
    Ok(store::find(&mut tx, &person.id, &own(id)?).await?)
}

async fn page(site: &Site, visit: &Visit, query: Query, form: &Fields) -> LinkPage {
    let here = address(format!("/queries/{}", query.id), &needed(&query, form)).to_string();
    let link = site.config.public_url.join(&here).as_ref().map_or_else(|_| here.clone(), Url::to_string);
    let fits = link.len() <= LONGEST;
    LinkPage {
        shell: visit.shell(format!("Link to {}", query.name), Section::Queries).await,
        length: link.len() as i64,
        link: if fits { link } else { String::new() },
        here,
        longest: LONGEST as i64,
        filled: filled(form),
        query,
    }
}

/// The initial content of the editor of a new query: from the address (`name`, `sql`, `description`, `tags`, the
/// window, the privacy options), otherwise the defaults; `param.<name>` becomes the default of a parameter.
pub(super) fn begun(site: &Site, written: QueryInput, address: &Fields) -> QueryInput {
    let text = |name: &str, own: String| if address.has(name) { address.get(name).replace("\r\n", "\n") } else { own };
    let mut written = QueryInput {
        name: text("name", written.name).trim().to_owned(),
        description: text("description", written.description),
        tags: if address.has("tags") { super::super::Tags::read(address.get("tags")) } else { written.tags },
        sql: text("sql", written.sql),
        window: written.window.with(address),
        privacy: written.privacy.with(address),
        fields: written.fields,
    };
    if address.iter().any(|(name, _)| name.starts_with("param.")) {
        let none = Fields::default();
        let now = site.clock.now();
        let asked = prepare_form(&written.script(), &none, Catalogue::standard(), now, false).asked;
        for mut field in asked {
            let input = field.input();
            if !address.has(&input) {
                continue;
            }
            address.get(&input).replace("\r\n", "\n").clone_into(&mut field.default);
            match written.fields.iter_mut().find(|known| known.name == field.name) {
                Some(known) => *known = field,
                None => written.fields.push(field),
            }
        }
    }
    written
}
