//! Fills a form from a brand: parameters get the values that match their names.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::{own, run, target};
use crate::db::Tx;
use crate::ids::{BrandId, PersonId};
use crate::instances::{self, Item};
use crate::queries::model::fields::{FieldDef, FieldKind};
use crate::queries::store;
use crate::web::components::Choice;
use crate::web::{self, Fields, Person, Site, Visit};

/// The brands of an instance that can fill a form with these parameters; empty if no parameter's name matches.
pub(super) async fn offered(
    tx: &mut Tx,
    person: &PersonId,
    instance: &crate::ids::InstanceId,
    asked: &[FieldDef],
) -> crate::db::Result<Vec<Choice>> {
    let asks = |field: &FieldDef| {
        let name = field.name.to_lowercase();
        ["asin", "campaign", "brand"].iter().any(|word| name.contains(word))
    };
    if !asked.iter().any(asks) {
        return Ok(Vec::new());
    }
    let brands = instances::brands(tx, person, instance).await?;
    Ok(brands.into_iter().map(|brand| Choice::new(brand.id.as_str(), brand.name)).collect())
}

/// The form filled from its brand (`brand`). Typed values of these parameters are replaced; everything else stays.
pub(super) async fn fill(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    form: Fields,
) -> web::Result<Response> {
    let mut tx = site.db.read(&person.scope()).await?;
    let query = store::find(&mut tx, &person.id, &own(&id)?).await?;
    let target = target::target(&mut tx, &person.id, &query, form.trimmed("instance")).await?;
    let mut said = "Choose a brand to fill in.".to_owned();
    let mut filled = form.clone();
    if let (Ok(brand), Some(instance)) = (form.trimmed("brand").parse::<BrandId>(), &target.instance) {
        let brand = instances::brand(&mut tx, &person.id, &brand).await?;
        if brand.instance != instance.id || brand.deleted_at.is_some() {
            return Err(web::Error::Missing);
        }
        let items = instances::brand_items(&mut tx, &brand.id).await?;
        let asked = run::asked(&site, &mut tx, &query, instance, &form).await?;
        let taken: Vec<(String, String, usize)> =
            asked.iter().filter_map(|field| values(field, &brand.name, &items)).collect();
        said = describe(&brand.name, &taken);
        filled = with(&form, &taken);
    }
    drop(tx);
    let page = run::filled(&site, &person, &visit, &id, &filled, said).await?;
    Ok(page.into_response())
}

/// A parameter's name, its values from a brand, and their number.
fn values(field: &FieldDef, brand: &str, items: &[Item]) -> Option<(String, String, usize)> {
    let values = instances::fitting(&field.name, brand, items)?;
    let is_one = field.kind != FieldKind::List;
    if is_one && values.len() != 1 {
        return None;
    }
    let count = values.len();
    Some((field.name.clone(), values.join("\n"), count))
}

fn with(form: &Fields, taken: &[(String, String, usize)]) -> Fields {
    let is_taken = |name: &str| taken.iter().any(|(field, ..)| name.strip_prefix("param.") == Some(field));
    let kept = form.iter().filter(|(name, _)| !is_taken(name)).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let new = taken.iter().map(|(field, value, _)| (format!("param.{field}"), value.clone()));
    kept.chain(new).collect()
}

fn describe(brand: &str, taken: &[(String, String, usize)]) -> String {
    if taken.is_empty() {
        return format!(
            "Nothing was filled in: no parameter's name asks for what {brand} has, or one value is needed and it has several."
        );
    }
    let parts = taken.iter().map(|(field, _, count)| {
        format!("`{field}` ({})", crate::web::words::counted(*count as i64, "value", "values"))
    });
    format!("Filled in from {brand}: {}.", parts.collect::<Vec<_>>().join(", "))
}
