//! The list of one's own drafts, current or discarded.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::queries::pages::list::PAGE;
use crate::queries::store::{self, Draft};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, Few, List, ListParams, rfc3339};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Site, Visit};

#[derive(Template)]
#[template(path = "queries/drafts.html")]
pub(in crate::queries::pages) struct DraftsPage {
    shell: Shell,
    list: List,
    drafts: Vec<Draft>,
    pager: Pager,
    shows: Vec<Choice>,
    filter: Filter,
}

/// The filter of the list.
struct Filter {
    /// Part of the name or of where it came from.
    text: String,
    /// Discarded drafts instead of current ones.
    discarded: bool,
}

impl Filter {
    fn read(params: &mut ListParams) -> Self {
        Self { text: params.text("q"), discarded: params.is("show", "discarded") }
    }

    /// The parameter's value for this filter.
    fn show(&self) -> &'static str {
        if self.discarded { "discarded" } else { "" }
    }

    /// A person's filtered drafts: at most the hundred that are stored of each kind.
    async fn drafts(&self, site: &Site, person: &Person) -> web::Result<Vec<Draft>> {
        let mut tx = site.db.read(&person.scope()).await?;
        let mut drafts = if self.discarded {
            store::discarded(&mut tx, &person.id).await?
        } else {
            store::drafts(&mut tx, &person.id).await?
        };
        let text = self.text.to_lowercase();
        drafts.retain(|draft| format!("{}\n{}", draft.title(), draft.source).to_lowercase().contains(&text));
        Ok(drafts)
    }
}

pub(in crate::queries::pages) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<DraftsPage>> {
    let filter = Filter::read(&mut params);
    let (pager, drafts) = params.page(PAGE).cut(filter.drafts(&site, &person).await?);
    Ok(Html(DraftsPage {
        shell: visit.shell("Drafts", Section::Queries).await,
        list: params.list(&[]),
        drafts,
        pager,
        shows: vec![Choice::new("", "Drafts"), Choice::new("discarded", "Discarded")],
        filter,
    }))
}

impl Export for Draft {
    const COLUMNS: &'static [&'static str] = &["name", "query_id", "source", "changed_at", "id"];

    fn cells(&self) -> Vec<Value> {
        vec![json!(self.name), json!(self.query), json!(self.source), rfc3339(self.updated_at), json!(self.id)]
    }
}

/// The export of the filtered drafts.
pub(in crate::queries::pages) async fn export(
    State(site): State<Site>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let filter = Filter::read(&mut params);
    let drafts = filter.drafts(&site, &person).await?;
    let file = list::export_rows(&params, Few(drafts)).await?;
    Ok(file.answer(&[if filter.discarded { "discarded-drafts" } else { "drafts" }], site.clock.now()))
}
