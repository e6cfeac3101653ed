//! Roles on every route of the code.

use reqwest::Method;

use crate::security::{OPEN, filled, is_turned_away, others};
use crate::support::stories;

/// The required role of a route beyond reading, for a person with a role on the thing's instance. Every other route
/// is open to everybody with read access.
const NEEDS: &[(&str, &str)] = &[
    ("POST /instances/{id}/labels", "manager"),
    ("GET /instances/{id}/people", "manager"),
    ("POST /instances/{id}/people", "manager"),
    ("GET /instances/{id}/people.csv", "manager"),
    ("GET /instances/{id}/people.json", "manager"),
    ("POST /instances/{id}/people/change", "manager"),
    ("GET /instances/{id}/people/revoke", "manager"),
    ("POST /instances/{id}/people/revoke", "manager"),
    ("POST /instances/{id}/workflows", "analyst"),
    ("POST /instances/{id}/workflows/import", "analyst"),
    ("POST /queries/{id}/workflow", "analyst"),
    ("POST /instances/{id}/brands", "analyst"),
    ("POST /brands/{id}", "analyst"),
    ("POST /brands/{id}/delete", "analyst"),
    ("POST /brands/{id}/restore", "analyst"),
    ("POST /executions", "analyst"),
    ("POST /executions/{id}/cancel", "analyst"),
    ("POST /executions/{id}/links", "analyst"),
    ("POST /executions/{id}/fetch", "analyst"),
    ("POST /executions/{id}/rerun", "analyst"),
    ("POST /executions/{id}/stop-waiting", "analyst"),
    ("GET /queries/{id}/edit", "analyst"),
    ("POST /queries/{id}/edit", "analyst"),
    ("POST /queries/{id}/delete", "analyst"),
    ("POST /queries/{id}/restore", "analyst"),
    ("POST /queries/{id}/versions/restore", "analyst"),
    ("POST /queries/dry-run", "analyst"),
    ("POST /queries/new", "analyst"),
    ("POST /instances/{id}/rename", "manager"),
    ("POST /schedules", "analyst"),
    ("POST /guides/{slug}/queries/{part}/run", "analyst"),
    ("GET /schedules/{id}/edit", "analyst"),
    ("POST /schedules/{id}/edit", "analyst"),
    ("POST /schedules/{id}/pause", "analyst"),
    ("GET /schedules/{id}/resume", "analyst"),
    ("POST /schedules/{id}/resume", "analyst"),
    ("POST /schedules/{id}/delete", "analyst"),
    ("POST /schedules/{id}/restore", "analyst"),
    ("POST /schedules/{id}/run", "analyst"),
    ("POST /schedules/{id}/deliveries", "analyst"),
    ("GET /schedules/{id}/deliveries/new", "analyst"),
    ("GET /deliveries/rules/{id}", "analyst"),
    ("POST /deliveries/rules/{id}", "analyst"),
    ("POST /deliveries/rules/{id}/delete", "analyst"),
    ("POST /deliveries/rules/{id}/restore", "analyst"),
    ("POST /deliveries/rules/{id}/past", "analyst"),
    ("POST /deliveries/{id}/retry", "analyst"),
    ("GET /executions/{id}/deliver", "analyst"),
    ("POST /executions/{id}/deliver", "analyst"),
    ("POST /schedules/backfills", "analyst"),
    ("POST /schedules/backfills/{id}/pause", "analyst"),
    ("POST /schedules/backfills/{id}/resume", "analyst"),
    ("POST /schedules/backfills/{id}/cancel", "analyst"),
    ("POST /schedules/backfills/{id}/retry", "analyst"),
];

/// Routes whose form names an instance: a role that is too low is said beside that field, with 422.
const BY_FIELD: &[&str] = &["POST /executions", "POST /queries/new", "POST /schedules", "POST /schedules/backfills"];

/// Routes about the visitor alone, which would end the walk, and those of administrators, and the API's.
const APART: [&str; 12] = [
    "/operations/backups",
    "/operations/usage",
    "/settings/links/",
    "/sign-out",
    "/settings/sessions/{id}/end",
    "/settings/connections/",
    "/settings/people",
    "/settings/webhooks/",
    "/settings/invitations",
    "/settings/destinations",
    "/settings/tokens/",
    // The API has its own walk, by tokens: see `api_roles`.
    "/api/",
];

stories! {
    /// Every route of the code as a viewer, an analyst and a manager of somebody else's instance, then as a suspended
    /// person. The expected responses are in one table; new routes are covered automatically.
    async fn every_route_asks_for_the_role_that_it_needs(house: House) {
        let things = others(&house).await;
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let id = |start: &str| things.iter().find_map(|(_, address)| address.strip_prefix(start)?.split(['/', '?']).next().filter(|id| id.contains('_')).map(str::to_owned)).expect("an id");
        let (instance, query) = (id("/instances/"), id("/queries/"));
        let body = format!("instance={instance}&query={query}&name=Theirs&sql=SELECT+campaign+FROM+dsp_impressions+GROUP+BY+campaign&revision=1&window=settled");
        let person = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
        let mut wrong = Vec::new();
        for role in ["viewer", "analyst", "manager"] {
            ada.post(&format!("{person}/access"), &[("instance", instance.as_str()), ("role", role)]).await.with(303);
            for route in crate::house::routes().iter().filter(|route| !OPEN.contains(&route.as_str()) && !APART.iter().any(|apart| route.starts_with(apart))) {
                let own = things.iter().filter(|(_, address)| !address.starts_with("/queries/drafts/") && !address.starts_with("/settings/")).cloned().collect::<Vec<_>>();
                if route.starts_with("/queries/drafts/{id}") {
                    continue;
                }
                for address in filled(route, &own) {
                    for method in [Method::GET, Method::POST] {
                        let least = NEEDS.iter().find(|(needing, _)| *needing == format!("{method} {route}")).map_or("viewer", |(_, least)| least);
                        let sent = (method == Method::POST).then(|| body.clone());
                        let status = chie.send(method.clone(), &address, &[], sent).await.status.as_u16();
                        let rank = |role: &str| ["viewer", "analyst", "manager"].iter().position(|one| *one == role);
                        let is_refused = rank(role) < rank(least);
                        let by_field = BY_FIELD.contains(&format!("{method} {route}").as_str());
                        let refused = status == 403 || (by_field && status == 422);
                        if refused != is_refused {
                            wrong.push(format!("{role}: {method} {address} is answered with {status}"));
                        }
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        ada.post(&format!("{person}/suspend"), &[]).await.with(303);
        for (method, address) in things {
            let sent = (method == Method::POST).then(|| body.clone());
            let answer = chie.send(method.clone(), &address, &[], sent).await;
            assert!(is_turned_away(&address, &answer), "{method} {address}: {} {}", answer.status, answer.location);
        }
    }
}
