//! The data sources of one instance, as its catalogue has them: a list that is searched by names, and one source with
//! its columns.

use askama::Template;
use axum::extract::{Path, State};

use super::{Room, own};
use crate::amcsql::catalogue::{Catalogue, ColumnType, DataSource};
use crate::instances::model::Instance;
use crate::instances::store;
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, QueryString, Visit};

/// Longest text that is searched for, in characters; the rest is not looked at.
const LONGEST: usize = 200;
/// Columns that a line names which hold the text.
const NAMED: usize = 3;

#[derive(Template)]
#[template(path = "instances/sources.html")]
pub(super) struct SourcesPage {
    shell: Shell,
    instance: Instance,
    q: String,
    lines: Vec<SourceLine>,
    /// The one source that the address names.
    source: Option<DataSource>,
}

/// A data source in the list.
struct SourceLine {
    id: String,
    description: String,
    category: String,
    columns: usize,
    /// Columns whose name holds the text, the first few.
    found: Vec<String>,
}

impl SourcesPage {
    /// The word for what a column is for.
    const fn role(kind: ColumnType) -> &'static str {
        match kind {
            ColumnType::Dimension => "Dimension",
            ColumnType::Metric => "Metric",
        }
    }
}

/// The sources whose name, description or columns hold `q`; all for an empty text.
fn lines(catalogue: &Catalogue, q: &str) -> Vec<SourceLine> {
    let q = q.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&q);
    let line = |source: &DataSource| {
        let named = source.columns.iter().filter(|column| !q.is_empty() && holds(&column.name));
        let found: Vec<String> = named.take(NAMED).map(|column| column.name.clone()).collect();
        let fits = !found.is_empty() || holds(&source.id) || holds(&source.name) || holds(&source.description);
        fits.then(|| SourceLine {
            id: source.id.clone(),
            description: source.description.clone(),
            category: source.category.clone(),
            columns: source.columns.len(),
            found,
        })
    };
    catalogue.sources().iter().filter_map(line).collect()
}

pub(super) async fn show(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(fields): QueryString,
) -> web::Result<Html<SourcesPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let instance = store::find(&mut tx, &person.id, &own(&id)?).await?;
    let catalogue = store::catalogue(&mut tx, &instance.id).await?;
    drop(tx);
    let q: String = fields.trimmed("q").chars().filter(|letter| *letter != '\0').take(LONGEST).collect();
    let source = match fields.trimmed("source") {
        "" => None,
        name => Some(catalogue.source(name).cloned().ok_or(web::Error::Missing)?),
    };
    let title = source.as_ref().map_or("Data sources", |source| source.id.as_str());
    Ok(Html(SourcesPage {
        shell: visit.shell(title.to_owned(), Section::Instances).await,
        lines: if source.is_none() { lines(&catalogue, &q) } else { Vec::new() },
        source,
        instance,
        q,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_by_their_name_and_by_their_columns() {
        let found = |q: &str| lines(Catalogue::standard(), q);
        assert_eq!(found("").len(), Catalogue::standard().sources().len());
        assert!(found("DSP_Clicks").iter().any(|line| line.id == "dsp_clicks"));
        let by_column = found("user_id");
        assert!(
            by_column.iter().any(|line| line.id == "dsp_impressions" && line.found.contains(&"user_id".to_owned()))
        );
        assert!(found("nothing-like-this").is_empty());
    }
}
