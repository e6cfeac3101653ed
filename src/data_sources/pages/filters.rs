//! Saved filters, private or shared with everyone.

use axum::extract::{Path, State};
use axum::response::Redirect;

use crate::data_sources::filter::Group;
use crate::data_sources::store::{self, SavedFilter};
use crate::ids::FilterId;
use crate::web::naming;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Person, Site, Visit};

/// Maximum length of a name, in characters.
const NAME_LENGTH: usize = 80;
/// Maximum number of filters per person.
const MOST: i64 = 100;

/// A filter in address form, without a `?`; empty for the empty filter.
pub(super) fn query(filter: &Group) -> String {
    let fields = filter.fields();
    if fields.is_empty() {
        return String::new();
    }
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Saves a filter under a name; overwrites the person's own one with the same name.
pub(super) async fn save(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Redirect> {
    let filter = Group::read(Fields::parse(fields.get("filter").as_bytes()).iter()).map_err(web::Error::Invalid)?;
    let query = query(&filter);
    let name = fields.trimmed("name");
    let problem = match naming::fault(name, NAME_LENGTH) {
        None if name.is_empty() => Some("Enter a name.".to_owned()),
        _ if !filter.narrows() => {
            Some("This filter doesn't exclude anything. Fill in a condition, then save the filter.".to_owned())
        }
        problem => problem,
    };
    let back = || Redirect::to(&format!("/data-sources/fields?{query}"));
    if let Some(problem) = problem {
        visit.flash(Tone::Error, format!("The filter wasn't saved. {problem}")).await;
        return Ok(back());
    }
    let mut tx = site.db.write(&person.scope()).await?;
    let now = site.clock.now();
    let saved = SavedFilter {
        id: site.random.id(now),
        name: name.to_owned(),
        query: query.clone(),
        is_shared: fields.has("everyone"),
        is_own: true,
        owner: String::new(),
    };
    if store::own_filters(&mut tx, &person.id).await? >= MOST {
        let message = format!("The filter wasn't saved: you already have {MOST} filters. Delete one first.");
        visit.flash(Tone::Error, message).await;
        return Ok(back());
    }
    store::save_filter(&mut tx, now, &person.id, &saved).await?;
    tx.commit().await?;
    let whose = if saved.is_shared { "Everyone here can see it." } else { "Only you can see it." };
    visit.flash(Tone::Success, format!("The filter was saved as “{}”. {whose}", saved.name)).await;
    Ok(back())
}

/// Deletes one of the person's own filters.
pub(super) async fn delete(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let id: FilterId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    store::delete_filter(&mut tx, &person.id, &id).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The saved filter was deleted.").await;
    Ok(Redirect::to("/data-sources/fields"))
}
