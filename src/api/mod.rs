//! The JSON API: everything that pages do, for programs.
//!
//! Handlers call the same functions of the rooms as the pages, so that no rule exists twice; here is only what is
//! specific to programs: the table of endpoints with its document ([`endpoint`]), bodies with JSON pointers to what
//! doesn't fit, cursors, ETags and idempotency keys. What a token allows is checked with the table; what a person's
//! role allows, in the rooms. Assistants come through [`mcp`], whose tools are requests of this API.

mod auth;
mod data_sources;
mod document;
mod endpoint;
mod executions;
mod guides;
mod idempotency;
mod input;
mod instances;
mod mcp;
mod page;
mod paging;
mod reply;
mod schedules;
mod schema;
mod store;
mod templates;
mod workflows;

use std::ops::Deref;
use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use serde_json::Value;

use crate::connections::Grants;
use crate::executions::Executions;
use crate::guides::Guides;
use crate::queries::Trials;

use crate::schedules::Schedules;
use crate::tokens::{self, Bearer};
use crate::web::Site;
use crate::web::room::{PageEntry, Room};
use crate::web::routes::{Routes, Who, get};
use endpoint::{Endpoint, Endpoints};

/// State shared by the handlers: one pointer.
#[derive(Clone)]
struct Api(Arc<Parts>);

impl Deref for Api {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// See [`Api`].
struct Parts {
    site: Site,
    grants: Grants,
    executions: Executions,
    guides: Guides,
    schedules: Schedules,
    trials: Arc<Trials>,
    bearer: Bearer,
}

/// The document of the API, the table behind it, and the tools for assistants.
#[derive(Clone)]
struct Described(Arc<(Value, Vec<Endpoint>, Vec<mcp::ToolRow>)>);

pub fn room(
    site: Site,
    grants: Grants,
    executions: Executions,
    guides: Guides,
    (schedules, trials): (Schedules, Arc<Trials>),
) -> Room {
    let bearer = Bearer::new(site.clone());
    let api = Api(Arc::new(Parts {
        site: site.clone(),
        grants,
        executions,
        guides,
        schedules,
        trials,
        bearer: bearer.clone(),
    }));
    let (router, endpoints) = table(&api).parts();
    let document = document::document(&endpoints, site.config.public_url.as_str());
    let lines = endpoints.iter().map(Endpoint::line).collect();
    let described = Described(Arc::new((document, endpoints, mcp::tool_rows(&site))));
    let router = router.with_state(api);
    let assistants = mcp::routes(&site, router.clone());
    let routes = Routes::of_table(router, lines)
        .merge(assistants)
        .merge(
            Routes::new()
                .route("/api/openapi.json", get(Who::Token, page::document).about("The API's OpenAPI document"))
                .with_state(described.clone()),
        )
        .layered(|router| router.layer(from_fn_with_state(bearer, tokens::authenticate)))
        .merge(Routes::new().route("/api", get(Who::SignedIn, page::show)).with_state(described));
    Room {
        pages: const { &[PageEntry::new("/api", "API", "json rest openapi programs endpoints scopes roles")] },
        ..Room::new(routes)
    }
}

/// All endpoints with their handlers.
fn table(api: &Api) -> Endpoints {
    let routes = Endpoints::new(api);
    let routes = auth::add(routes);
    let routes = instances::add(routes);
    let routes = workflows::add(routes);
    let routes = executions::add(routes);
    let routes = data_sources::add(routes);
    let routes = templates::add(routes);
    let routes = schedules::add(routes);
    guides::add(routes)
}
