//! The home and default instance of a query, in the editor and in forms.

use crate::db::{self, Tx};
use crate::ids::{InstanceId, PersonId};
use crate::instances::{self, Action, Denied, Instance};
use crate::queries::model::Query;
use crate::queries::model::home::{Home, Placement};
use crate::web::components::{Choice, Errors};
use crate::web::{self, Fields};

/// The value for a default instance that the person has no access to: it stays unchanged.
const KEEP: &str = "keep";

/// The instances in which a person may write and run queries, without hidden ones.
pub(super) async fn usable(tx: &mut Tx, person: &PersonId) -> db::Result<Vec<Instance>> {
    let mut all = instances::list(tx, person, &instances::Filter::default()).await?;
    all.retain(|instance| instance.role.allows(Action::Write) && instance.role.allows(Action::Run));
    Ok(all)
}

/// The homes that a person may choose for a query, or for a new one.
pub(super) fn homes(query: Option<&Query>, usable: &[Instance]) -> Vec<Choice> {
    let mut choices = Vec::new();
    let current = query.map(|query| Choice::new(query.placement.home.value(), query.seen_by()));
    if query.is_none_or(|query| query.rights.share) {
        if query.is_none_or(|query| query.rights.is_owner) {
            choices.push(Choice::new(Home::Private.value(), "Only me"));
        }
        let people = |instance: &Instance| {
            let label = format!("People of {} · {}", instance.name(), instance.account_name);
            Choice::new(instance.id.as_str(), label)
        };
        choices.extend(usable.iter().map(people));
        choices.push(Choice::new(Home::Everyone.value(), "Everyone"));
    }
    choices.extend(current.filter(|current| !choices.iter().any(|choice| choice.is(&current.value))));
    choices
}

/// The possible default instances of a query.
pub(super) fn defaults(query: Option<&Query>, usable: &[Instance]) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "None (choose when you run it)")];
    choices.extend(usable.iter().map(Instance::choice));
    if let Some(query) = query {
        let value = default_value(query);
        let label = query.default_name.clone().unwrap_or_else(|| "Keep the current one (no access)".to_owned());
        if !choices.iter().any(|choice| choice.is(&value)) {
            choices.push(Choice::new(value, label));
        }
    }
    choices
}

/// The selected default instance of a query.
pub(super) fn default_value(query: &Query) -> String {
    match (&query.placement.default_instance, &query.default_name) {
        (None, _) => String::new(),
        (Some(id), Some(_)) => id.to_string(),
        (Some(_), None) => KEEP.to_owned(),
    }
}

/// The home and instance of a query, as a form or a program sends them; `None` means no change.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlacementInput<'a> {
    /// `private`, `everyone`, or the id of an instance.
    pub home: Option<&'a str>,
    /// The id of the default instance; empty for none.
    pub instance: Option<&'a str>,
}

impl<'a> PlacementInput<'a> {
    /// The fields of a form (`home`, `instance`).
    pub(super) fn of(fields: &'a Fields) -> Self {
        let sent = |name| fields.has(name).then(|| fields.trimmed(name));
        Self { home: sent("home"), instance: sent("instance") }
    }
}

/// The home and instance of a query as requested, or the errors by field. A new query without a home belongs to the
/// people of its default instance.
pub(in crate::queries) async fn placed(
    tx: &mut Tx,
    person: &PersonId,
    input: PlacementInput<'_>,
    query: Option<&Query>,
    errors: &mut Errors,
) -> web::Result<Placement> {
    let default_instance = match (input.instance, query) {
        (None, Some(query)) => query.placement.default_instance.clone(),
        (None | Some(""), _) => None,
        (Some(sent), Some(query)) if sent == default_value(query) => query.placement.default_instance.clone(),
        (Some(sent), _) => reached(tx, person, sent, errors).await?,
    };
    let home = match (input.home, query) {
        (None, Some(query)) => query.placement.home.clone(),
        (None, None) => match &default_instance {
            Some(id) => Home::Instance(instances::require(tx, person, id, Action::Write).await?.id),
            None => Home::Private,
        },
        (Some(sent), Some(query)) if sent == query.placement.home.value() => query.placement.home.clone(),
        (_, Some(query)) if !query.rights.share => {
            errors.add("home", format!("Only {} can change who sees this query.", query.owned_by));
            query.placement.home.clone()
        }
        (Some(sent), query) => moved(tx, person, sent, query, errors).await?,
    };
    Ok(Placement { home, default_instance })
}

/// An instance to which the person has access.
async fn reached(tx: &mut Tx, person: &PersonId, sent: &str, errors: &mut Errors) -> web::Result<Option<InstanceId>> {
    let found = match sent.parse() {
        Ok(id) => instances::find(tx, person, &id).await,
        Err(_) => Err(db::Error::Missing),
    };
    match found {
        Ok(instance) => Ok(Some(instance.id)),
        Err(db::Error::Missing) => {
            errors.add("instance", "You have no access to this instance. Choose another one.");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// A home that the person may choose for the query.
async fn moved(
    tx: &mut Tx,
    person: &PersonId,
    sent: &str,
    query: Option<&Query>,
    errors: &mut Errors,
) -> web::Result<Home> {
    let why = match Home::parse(sent) {
        None => "Choose who sees this query.".to_owned(),
        Some(Home::Private) if query.is_some_and(|query| !query.rights.is_owner) => {
            "Only its owner can make this query private.".to_owned()
        }
        Some(Home::Instance(id)) => match instances::require(tx, person, &id, Action::Write).await {
            Ok(instance) => return Ok(Home::Instance(instance.id)),
            Err(Denied::Missing) => "You have no access to this instance. Choose who else sees this query.".to_owned(),
            Err(Denied::Role(why)) => why,
            Err(denied @ Denied::Db(_)) => return Err(denied.into()),
        },
        Some(home) => return Ok(home),
    };
    errors.add("home", why);
    Ok(Home::Private)
}
