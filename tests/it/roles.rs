//! Roles on every route: what the program's table says is what it does.

use std::collections::BTreeSet;

use recomamp::web::routes::{Line, Who};
use reqwest::Method;
use serde_json::Value;

use crate::security::{filled, is_turned_away, others};
use crate::support::stories;

/// Routes whose form names an instance: a role that is too low is said beside that field, with 422.
const BY_FIELD: &[&str] = &["POST /executions", "POST /queries/new", "POST /schedules", "POST /schedules/backfills"];

/// A query that was made from a template is its owner's alone in these stories, so that it doesn't exist for others,
/// whatever their role.
const PRIVATE: &str = "POST /library/updates/{id}";

/// The least role on the instance with which a route isn't refused; `None` for routes that no role opens, which have
/// stories of their own, as the API has.
fn least(line: &Line) -> Option<&'static str> {
    match line.who {
        _ if line.scope.is_some() || line.request() == PRIVATE => None,
        Who::SignedIn | Who::Viewer => Some("viewer"),
        Who::Analyst => Some("analyst"),
        Who::Manager => Some("manager"),
        _ => None,
    }
}

stories! {
    /// Every line of the table as a viewer, an analyst and a manager of somebody else's instance, then everything as a
    /// suspended person.
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
            let own = things.iter().filter(|(_, address)| !address.starts_with("/queries/drafts/") && !address.starts_with("/settings/")).cloned().collect::<Vec<_>>();
            for line in house.app.access() {
                let Some(least) = least(&line) else { continue };
                for address in filled(line.path, &own) {
                    let method = line.method.clone();
                    let sent = (method == Method::POST).then(|| body.clone());
                    let status = chie.send(method.clone(), &address, &[], sent).await.status.as_u16();
                    let rank = |role: &str| ["viewer", "analyst", "manager"].iter().position(|one| *one == role);
                    let is_refused = rank(role) < rank(least);
                    let by_field = BY_FIELD.contains(&line.request().as_str());
                    let refused = status == 403 || (by_field && status == 422);
                    if refused != is_refused || status == 405 {
                        wrong.push(format!("{role}: {method} {address} is answered with {status}"));
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

    /// The table names the routes that the sources register, and nothing else. One thing is never for everyone.
    async fn the_table_names_every_route(house: House) {
        let table = house.app.access();
        let named: BTreeSet<String> = table.iter().map(|line| line.path.to_owned()).collect();
        assert_eq!(named, crate::house::routes().into_iter().collect::<BTreeSet<_>>());
        let one = |line: &&Line| line.path.contains("{id}") && line.scope.is_none();
        let wide: Vec<String> = table.iter().filter(one).filter(|line| matches!(line.who, Who::Anyone | Who::Link | Who::SignedIn)).map(Line::request).collect();
        assert!(wide.is_empty(), "for whom is one of them? {wide:?}");
    }

    /// What is for administrators is refused to others, as the table says: with a reason, or as if it didn't exist.
    async fn what_is_for_administrators_is_refused_to_others(house: House) {
        let things = others(&house).await;
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let mut tried = 0;
        for line in house.app.access() {
            let Who::Administrator(why) = line.who else { continue };
            for address in filled(line.path, &things) {
                let sent = (line.method == Method::POST).then(|| "name=Theirs".to_owned());
                let answer = chie.send(line.method.clone(), &address, &[], sent).await;
                assert_eq!(answer.status.as_u16(), if why.is_some() { 403 } else { 404 }, "{} {address}", line.method);
                assert!(why.is_none_or(|why| answer.text("main").contains(why)), "{address}: {}", answer.body);
                // Nobody suspends or removes themselves, and only Ada is among the things.
                if line.method == Method::GET && !line.path.starts_with("/settings/people/{id}/") {
                    let status = ada.get(&address).await.status.as_u16();
                    assert!(![403, 404].contains(&status), "{address} is answered with {status}");
                }
                tried += 1;
            }
        }
        assert!(tried > 20, "{tried}");
    }

    /// Everyone who is signed in reads the table, by role and words, and takes it out.
    async fn everyone_reads_who_may_do_what(house: House) {
        house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let own = chie.get("/settings/access").await.with(200);
        assert!(own.attributes("#roles a", "href").contains(&"/settings/access/routes".to_owned()), "{}", own.body);
        let page = chie.get("/settings/access/routes?q=rename").await.with(200);
        let row = page.text("tbody tr");
        assert!(row.contains("POST /instances/{id}/rename") && row.contains("Manager"), "{row}");
        let page = chie.get("/settings/access/routes?q=workflows&role=analyst").await.with(200);
        assert!(page.texts("tbody tr").iter().any(|row| row.contains("With an API token for queries:write")), "{}", page.body);
        let file = chie.get("/settings/access/routes.json?role=administrator").await.with(200);
        let lines: Vec<Value> = serde_json::from_str(&file.body).expect("JSON");
        let table = house.app.access();
        assert_eq!(lines.len(), table.iter().filter(|line| line.who.name() == "administrator").count());
        assert!(lines.iter().all(|line| line["least_role"] == "administrator"), "{}", file.body);
    }
}
