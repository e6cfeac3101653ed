//! AMC instances.

use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::Api;
use super::endpoint::{Endpoint, Endpoints};
use super::paging::{Page, Paging};
use super::reply::{Conditions, Result, found};
use super::schema::{answer, names};
use crate::ids::InstanceId;
use crate::instances::{self, Filter};
use crate::tokens::{Area, Level};
use crate::web::list::ListParams;
use crate::web::{Error, Person};

names! {
    /// A role on an instance; each includes the ones before it.
    RoleName: ["viewer", "analyst", "manager"];
    InstanceKind: ["standard", "sandbox"];
}

answer! {
    /// An AMC instance to which the caller has access.
    Instance {
        /// RecomAMP's ID.
        id: InstanceId,
        /// AMC's ID.
        amc_id: String,
        /// The display name.
        name: String,
        /// The name at Amazon.
        amc_name: String,
        /// `NA`, `EU` or `FE`.
        region: String,
        account_name: String,
        /// The advertiser's name, if Amazon has one.
        customer_name: Option<String>,
        entity_id: String,
        marketplace_id: String,
        kind: InstanceKind,
        /// Whether it can run queries.
        is_ready: bool,
        /// The caller's role.
        role: RoleName,
        /// When the caller's access ends, if it does.
        access_ends_at: Option<DateTime<Utc>>,
        labels: Vec<String>,
        is_starred: bool,
        /// Executions that use one of the instance's slots now.
        slots_in_use: i64,
    }
}

impl From<instances::Instance> for Instance {
    fn from(instance: instances::Instance) -> Self {
        Self {
            name: instance.name().to_owned(),
            is_ready: instance.is_ready(),
            amc_id: instance.amc_id.as_str().to_owned(),
            region: instance.region.code().to_owned(),
            entity_id: instance.entity.as_str().to_owned(),
            marketplace_id: instance.marketplace.as_str().to_owned(),
            kind: InstanceKind(if instance.is_sandbox { "sandbox" } else { "standard" }),
            role: RoleName(instance.role.name()),
            access_ends_at: instance.ends_at,
            id: instance.id,
            amc_name: instance.amc_name,
            account_name: instance.account_name,
            customer_name: instance.customer_name,
            labels: instance.labels,
            is_starred: instance.is_starred,
            slots_in_use: instance.slots_in_use,
        }
    }
}

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let list = Endpoint::get("/api/instances", "listInstances", "List instances")
        .scope(Area::Instances, Level::Read)
        .query("q", "Text in the names or IDs.")
        .query("region", "`NA`, `EU` or `FE`.")
        .query("label", "Only those with this label.")
        .pages()
        .returns::<Page<Instance>>(200, "Instances by account and name; starred ones first.");
    let get = Endpoint::get("/api/instances/{id}", "getInstance", "Get an instance")
        .scope(Area::Instances, Level::Read)
        .role(instances::Role::Viewer)
        .returns::<Instance>(200, "The instance.");
    routes.add(list, show_list).add(get, show)
}

async fn show_list(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    mut params: ListParams,
) -> Result<Response> {
    let vault = &api.site.vault;
    let filter = Filter {
        text: params.text("q"),
        region: params.value("region", "region", |region| region.parse().ok()),
        label: params.text("label"),
        ..Filter::default()
    };
    let paging = Paging::read(vault, &person.id, &params)?;
    let mut tx = api.site.db.read(&person.scope()).await?;
    let rows = instances::page(&mut tx, &person.id, &filter, paging.range()).await?;
    drop(tx);
    paging.answer(vault, &conditions, rows.into_iter().map(Instance::from).collect())
}

async fn show(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: InstanceId = id.parse().map_err(|_| Error::Missing)?;
    let mut tx = api.site.db.read(&person.scope()).await?;
    let instance = instances::find(&mut tx, &person.id, &id).await?;
    found(&conditions, &Instance::from(instance))
}
