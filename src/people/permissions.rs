//! Who may do what: every page, action and endpoint of the installation, from the table that the router enforces.

use askama::Template;
use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};

use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::room::{PageEntry, Rooms};
use crate::web::routes::{Line, Who};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Site, Visit};

/// Rows per page.
const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "people/permissions.html")]
pub(super) struct PermissionsPage {
    shell: Shell,
    list: List,
    rows: Vec<Row>,
    pager: Pager,
    choices: Vec<Choice>,
    role: &'static str,
    q: String,
    /// Who there is, with what it means.
    all: [Who; 10],
}

/// What can be requested, in words, and who may.
struct Row {
    what: String,
    line: Line,
}

/// What a line does: as it is described, or by the name of its page.
fn described(line: &Line, rooms: &Rooms) -> Option<&'static str> {
    if !line.what.is_empty() {
        return Some(line.what);
    }
    let is_page = |page: &&PageEntry| line.method == Method::GET && page.href == line.path;
    let section = || rooms.menu().iter().find(|section| line.method == Method::GET && section.href == line.path);
    rooms.pages().iter().find(is_page).map(|page| page.name).or_else(|| section().map(|section| section.label))
}

/// The same for each line. An export is described as its list; where nothing is said, the words of the path are shown.
fn what(line: &Line, rooms: &Rooms) -> String {
    if let Some(what) = described(line, rooms) {
        return what.to_owned();
    }
    let list = line.path.rsplit_once('.').and_then(|(path, ending)| {
        let list = rooms.access().lines().iter().find(|list| list.path == path && list.method == Method::GET)?;
        Some(format!("{} as {}", described(list, rooms)?, ending.to_uppercase()))
    });
    list.unwrap_or_else(|| words(line.path))
}

fn words(path: &str) -> String {
    let steps = path.split('/').filter(|step| !step.is_empty()).map(|step| {
        if step.starts_with('{') {
            return "…".to_owned();
        }
        let mut letters = step.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}", letters.as_str().replace('-', " "))
    });
    steps.collect::<Vec<_>>().join(" › ")
}

/// The lines with this role and these letters in their words, method, path or scope.
fn found(rooms: &Rooms, params: &mut ListParams) -> (Vec<Row>, String, Option<Who>) {
    let (q, role) = (params.text("q"), params.value("role", "role", Who::known));
    let wanted = q.to_lowercase();
    let all = rooms.access().lines().iter().map(|line| Row { what: what(line, rooms), line: line.clone() });
    let fits = |row: &Row| {
        let scope = row.line.scope.as_deref().unwrap_or_default();
        let text = format!("{}\n{}\n{scope}", row.what, row.line.request()).to_lowercase();
        text.contains(&wanted) && role.is_none_or(|role| role.name() == row.line.who.name())
    };
    (all.filter(fits).collect(), q, role)
}

pub(super) async fn show(
    rooms: Rooms,
    _: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<PermissionsPage>> {
    let (rows, q, role) = found(&rooms, &mut params);
    let (pager, rows) = params.page(SIZE).cut(rows);
    let choices = Who::ALL.map(|who| Choice::new(who.name(), who.label()));
    Ok(Html(PermissionsPage {
        shell: visit.shell("Who may do what", Section::None).await,
        list: params.list(&[]),
        rows,
        pager,
        choices: Choice::optional("Any role", choices),
        role: role.map(Who::name).unwrap_or_default(),
        q,
        all: Who::ALL,
    }))
}

impl Export for Row {
    const COLUMNS: &'static [&'static str] = &["what", "method", "path", "least_role", "token_scope"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.what),
            json!(self.line.method.as_str()),
            json!(self.line.path),
            json!(self.line.who.name()),
            json!(self.line.scope),
        ]
    }
}

pub(super) async fn export(
    State(site): State<Site>,
    rooms: Rooms,
    _: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let (rows, ..) = found(&rooms, &mut params);
    Ok(list::export_rows(&params, Few(rows)).await?.answer(&["who-may-do-what"], site.clock.now()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::room::Room;
    use crate::web::routes::{Routes, get};

    const PAGES: &[PageEntry] = &[PageEntry::new("/things", "Things", "")];

    #[test]
    fn each_line_is_put_into_words() {
        let line = |path, what| Line { what, ..Line::new(Method::GET, path, Who::SignedIn) };
        let routes = Routes::new()
            .route("/things", get(Who::SignedIn, || async {}).post(Who::Analyst, || async {}).about("Add a thing"))
            .route("/things.csv", get(Who::SignedIn, || async {}));
        let rooms = Rooms::of(&[Room { pages: PAGES, ..Room::new(routes) }], &[]);
        let all: Vec<String> = rooms.access().lines().iter().map(|line| what(line, &rooms)).collect();
        assert_eq!(all, ["Add a thing", "Add a thing", "Add a thing as CSV"]);
        assert_eq!(what(&line("/things", ""), &rooms), "Things");
        assert_eq!(what(&line("/things/{id}/stop-waiting", ""), &rooms), "Things › … › Stop waiting");
    }
}
