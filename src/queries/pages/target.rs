//! The instance on which a query runs: chosen for each run, among those where the person may run queries.

use super::placing::usable;
use crate::db::{self, Tx};
use crate::ids::{InstanceId, PersonId};
use crate::instances::{self, Action, Instance};
use crate::queries::model::Query;
use crate::queries::store;
use crate::web;
use crate::web::components::Choice;

/// Where a query runs.
pub(super) struct Target {
    /// The available instances.
    pub(super) choices: Vec<Choice>,
    /// The selected one; the check also uses it if the query can't run there.
    pub(super) instance: Option<Instance>,
    /// Why it can't run there, or that none is selected.
    pub(super) problem: Option<String>,
    /// Whether it can run anywhere.
    pub(super) is_possible: bool,
}

impl Target {
    /// The value of the select.
    pub(super) fn chosen(&self) -> &str {
        self.instance.as_ref().map_or("", |instance| instance.id.as_str())
    }
}

/// The instance named in a form (`instance`); otherwise the one on which the person last ran the query, otherwise the
/// query's default, otherwise their only one, otherwise the one on which they last ran any query. Someone with
/// several instances who has run nothing must choose.
pub(super) async fn target(tx: &mut Tx, person: &PersonId, query: &Query, sent: &str) -> web::Result<Target> {
    let usable = usable(tx, person).await?;
    let id = if sent.is_empty() { proposed(tx, person, query, &usable).await? } else { sent.parse().ok() };
    let instance = match &id {
        Some(id) => db::found(instances::find(tx, person, id).await)?,
        None => None,
    };
    let problem = match &instance {
        None if sent.is_empty() => Some("Choose the instance on which the query runs.".to_owned()),
        None => Some("You have no access to this instance. Choose another one.".to_owned()),
        Some(instance) => match instances::refusal(tx, person, instance, Action::Run).await? {
            None if !instance.is_ready() => Some(format!(
                "Amazon is still creating {}, so nothing can run there yet. Choose another instance, or try again later.",
                instance.name()
            )),
            refusal => refusal,
        },
    };
    let mut choices: Vec<Choice> = usable.iter().map(Instance::choice).collect();
    if let Some(instance) = instance.as_ref().filter(|one| !choices.iter().any(|choice| choice.is(one.id.as_str()))) {
        choices.push(instance.choice());
    }
    if instance.is_none() {
        choices.insert(0, Choice::new("", "Choose an instance"));
    }
    let is_possible = problem.is_none() || usable.iter().any(Instance::is_ready);
    Ok(Target { choices, instance, problem, is_possible })
}

/// The instance that a form proposes.
async fn proposed(
    tx: &mut Tx,
    person: &PersonId,
    query: &Query,
    usable: &[Instance],
) -> db::Result<Option<InstanceId>> {
    let is_usable = |id: &InstanceId| usable.iter().any(|instance| instance.id == *id);
    if let Some(last) = store::last_instance(tx, person, &query.id).await?.filter(is_usable) {
        return Ok(Some(last));
    }
    if let Some(default) = &query.placement.default_instance {
        return Ok(Some(default.clone()));
    }
    match usable {
        [only] => Ok(Some(only.id.clone())),
        _ => Ok(store::last_instance_of_all(tx, person).await?.filter(is_usable)),
    }
}

/// The instance on which a person's form runs a query; `None` if [`super::run_page`] must report an error. A form
/// without an instance means the query's default.
pub async fn runs_on(tx: &mut Tx, person: &PersonId, query: &Query, sent: &str) -> web::Result<Option<Instance>> {
    if !sent.is_empty() {
        let target = target(tx, person, query, sent).await?;
        return Ok(target.instance.filter(|_| target.problem.is_none()));
    }
    let Some(id) = &query.placement.default_instance else { return Ok(None) };
    match instances::require(tx, person, id, Action::Run).await {
        Ok(instance) => Ok(Some(instance)),
        Err(instances::Denied::Missing) => Ok(None),
        Err(denied) => Err(denied.into()),
    }
}

/// Which data sources a check uses, for display.
pub(super) fn against(instance: Option<&Instance>) -> String {
    match instance {
        Some(instance) => format!("Checked against the data sources of {}.", instance.name()),
        None => "No instance is chosen, so this is checked against the data sources that AMC documents.".to_owned(),
    }
}
