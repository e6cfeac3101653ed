//! Who may sign in, and who no longer may.

use recomamp::db::{Scope, Single, sql};

use crate::executions::{REACH, run, saved};
use crate::queries::instance;
use crate::support::{Gate, House, Visitor, stories};

/// The id of the person whose name begins like this.
async fn id_of(house: &House, name: &str) -> String {
    let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
    let find = sql("select id as value from people where name like $1 || '%'").bind(name);
    find.one::<Single<String>>(&mut tx).await.expect("a person").0
}

/// Tries to sign in; returns the page that Amazon's answer leads to.
async fn sign_in(visitor: &Visitor, name: &str) -> String {
    let consent = visitor.post("/auth/amazon/start", &[("region", "NA"), ("next", "/")]).await.with(303).location;
    visitor.get(&visitor.allow(&consent, name).await).await.body
}

mod administration {
    use super::*;

    stories! {
        /// Suspending ends sessions and tokens immediately; resuming lets the person sign in and continue.
        async fn a_suspended_person_is_out_at_once(house: House) {
            let ada = house.signed_in("Ada").await;
            let chie = house.signed_in("Chie").await;
            let query = saved(&chie, REACH).await;
            run(&chie, &query).await;
            let address = format!("/settings/people/{}", id_of(&house, "Chie").await);
            let list = ada.get("/settings/people?q=chie&state=active").await.with(200);
            assert_eq!(list.texts("tbody tr").len(), 1, "{}", list.body);
            let page = ada.get(&format!("{address}/suspend")).await.with(200);
            assert!(page.text("main form").contains("1 connection") && page.text("main form").contains("1 unfinished execution"), "{}", page.body);
            ada.post(&format!("{address}/suspend"), &[]).await.with(303);
            assert!(chie.get("/queries").await.with(303).location.starts_with("/sign-in"));
            assert_eq!(house.count("select count(*) as value from connections where disconnected_at is not null and sealed_access = '' and sealed_refresh = ''").await, 1);
            assert_eq!(house.count("select count(*) as value from audit where action in ('suspended', 'disconnected')").await, 2);
            assert!(sign_in(&chie, "Chie").await.contains("suspended your access"));
            ada.post(&format!("{address}/resume"), &[]).await.with(303);
            let chie = house.signed_in("Chie").await;
            chie.get(&format!("/queries/{query}")).await.with(200);
            house.settle().await;
        }

        /// Removing transfers what the person owns; their name stays on what they did.
        async fn what_a_removed_person_owned_is_handed_over(house: House) {
            let ada = house.signed_in("Ada").await;
            let chie = house.signed_in("Chie").await;
            let query = saved(&chie, REACH).await;
            chie.post("/library/own", &[("query", query.as_str())]).await.with(303);
            chie.post("/guides/first-query/queries/reach-and-frequency-by-campaign/open", &[]).await.with(303);
            let address = format!("/settings/people/{}", id_of(&house, "Chie").await);
            let heir = id_of(&house, "Ada").await;
            let form = ada.get(&format!("{address}/remove")).await.with(200).text("main form");
            assert!(form.contains("2 queries and drafts") && form.contains("1 template"), "{form}");
            ada.post(&format!("{address}/remove"), &[("successor", "nobody")]).await.with(422);
            ada.post(&format!("{address}/remove"), &[("successor", heir.as_str())]).await.with(303);
            let told = ada.get("/settings/people").await.text(".flash");
            assert!(told.contains("now owns 2 queries and drafts, 1 template of theirs"), "{told}");
            assert!(chie.get("/").await.with(303).location.starts_with("/sign-in"));
            assert!(sign_in(&chie, "Chie").await.contains("removed you"));
            assert_eq!(house.count("select count(*) as value from drafts d join people p on p.id = d.person_id where p.name like 'Ada%'").await, 1);
            assert_eq!(house.count("select count(*) as value from templates t join people p on p.id = t.owner_id where p.name like 'Ada%'").await, 1);
            assert_eq!(house.count("select count(*) as value from instance_access a join people p on p.id = a.person_id where p.state = 'removed'").await, 0);
            let log = ada.get("/settings/audit?q=chie").await.with(200);
            assert!(!log.texts("tbody tr").is_empty(), "the log keeps the name: {}", log.body);
        }

        /// Two administrators who demote each other at the same time: one remains. Nobody can change themselves.
        async fn one_administrator_is_always_left(house: House) {
            let ada = house.signed_in("Ada").await;
            let chie = house.signed_in("Chie").await;
            let (first, second) = (id_of(&house, "Ada").await, id_of(&house, "Chie").await);
            let (first, second) = (format!("/settings/people/{first}"), format!("/settings/people/{second}"));
            chie.get("/settings/people").await.with(403);
            chie.post(&format!("{first}/role"), &[("role", "member")]).await.with(404);
            for step in ["suspend", "remove", "role"] {
                ada.post(&format!("{first}/{step}"), &[("role", "member"), ("successor", id_of(&house, "Chie").await.as_str())]).await.with(403);
            }
            for round in 0..4 {
                ada.post(&format!("{second}/role"), &[("role", "administrator")]).await.with(303);
                let (one, two) = if round % 2 == 0 { ("role", "role") } else { ("suspend", "role") };
                let (one, two) = (format!("{second}/{one}"), format!("{first}/{two}"));
                let member = [("role", "member")];
                futures::future::join(ada.post(&one, &member), chie.post(&two, &member)).await;
                let left = house.count("select count(*) as value from people where role = 'administrator' and state = 'active'").await;
                assert_eq!(left, 1);
                let repair = "update people set role = 'administrator', state = 'active' where name like $1 || '%'";
                crate::access::change(&house, repair, "Ada").await;
                crate::access::change(&house, "update people set state = 'active' where name like $1 || '%'", "Chie").await;
                if chie.get("/").await.status.as_u16() == 303 {
                    sign_in(&chie, "Chie").await;
                }
            }
        }

        /// A role granted by an administrator until a day: it applies, doesn't weaken another, and ends.
        async fn a_role_is_given_until_a_day(house: House) {
            let ada = house.signed_in("Ada").await;
            let (instance, query) = (instance(&ada).await, saved(&ada, REACH).await);
            let chie = house.signed_in("Chie").await;
            chie.get(&format!("/instances/{instance}")).await.with(404);
            let address = format!("/settings/people/{}", id_of(&house, "Chie").await);
            // The page has two forms with a role, whose fields have different ids.
            assert_eq!(ada.get(&address).await.with(200).attributes("#f-role, #f-site-role", "id"), ["f-role", "f-site-role"]);
            let give = |role: &'static str, until: &'static str| [("instance", instance.clone()), ("role", role.to_owned()), ("until", until.to_owned())];
            for (role, until) in [("owner", ""), ("viewer", "2020-01-01"), ("viewer", "tomorrow")] {
                let fields = give(role, until);
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                ada.post(&format!("{address}/access"), &fields).await.with(422);
            }
            let fields = give("viewer", "2026-03-19");
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            ada.post(&format!("{address}/access"), &fields).await.with(303);
            let page = chie.get(&format!("/instances/{instance}")).await.with(200);
            assert!(page.text("main .callout").contains("Your access ends on 20 Mar 2026"), "{}", page.body);
            chie.get(&format!("/queries/{query}")).await.with(200);
            chie.post("/executions", &[("query", query.as_str())]).await.with(403);
            house.time.advance(chrono::TimeDelta::hours(40));
            chie.get(&format!("/instances/{instance}")).await.with(404);
            chie.get(&format!("/queries/{query}")).await.with(404);
            assert!(chie.get("/executions").await.texts("tbody tr").is_empty());
            assert_eq!(house.count("select count(*) as value from audit where action in ('access-granted', 'access-ended')").await, 2);
        }

        /// Revoking a role asks first, for the source in its row; one that Amazon gives isn't revoked.
        async fn revoking_a_role_asks_first(house: House) {
            let ada = house.signed_in("Ada").await;
            let instance = instance(&ada).await;
            let chie = house.signed_in("Chie").await;
            let address = format!("/settings/people/{}", id_of(&house, "Chie").await);
            ada.post(&format!("{address}/access"), &[("instance", &instance), ("role", "analyst")]).await.with(303);
            let ask = ada.get(&address).await.attributes("tbody a[href*='/access/revoke']", "href").remove(0);
            let question = ada.get(&ask).await.with(200);
            assert!(question.text("main form").contains("loses the role Analyst"), "{}", question.body);
            chie.get(&format!("/instances/{instance}")).await.with(200);
            let action = question.attributes("main form", "action").remove(0);
            let names = question.attributes("main form input", "name");
            let values = question.attributes("main form input", "value");
            let fields: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
            ada.get(&ask.replace("source=administrator", "source=amazon")).await.with(409);
            ada.post(&action, &fields).await.with(303);
            chie.get(&format!("/instances/{instance}")).await.with(404);
            ada.get(&ask).await.with(404);
        }

        /// Disconnecting shows what depends on it, deletes the tokens, and keeps the access for its grace period.
        async fn a_connection_is_disconnected_by_its_owner(house: House) {
            let ada = house.signed_in("Ada").await;
            let instance = instance(&ada).await;
            let list = ada.get("/settings/connections").await.with(200);
            let address = list.attributes("a[href$='/disconnect']", "href").remove(0);
            let page = ada.get(&address).await.with(200);
            assert!(page.text("main form").contains("reached by it") && page.text("main form").contains("25 Mar 2026"), "{}", page.body);
            house.signed_in("Chie").await.post(&address, &[]).await.with(404);
            ada.post(&address, &[]).await.with(303);
            assert_eq!(house.count("select count(*) as value from connections where sealed_refresh = '' and state = 'reconnect'").await, 1);
            let list = ada.get("/settings/connections").await.with(200);
            assert!(list.text("tbody tr").contains("Disconnected"), "{}", list.body);
            assert!(list.attributes("a[href$='/disconnect']", "href").is_empty());
            ada.post(&address, &[]).await.with(404);
            ada.get(&format!("/instances/{instance}")).await.with(200);
            house.tick("instance-discovery").await;
            sign_in(&ada, "Ada").await;
            house.tick("instance-discovery").await;
            let page = ada.get(&format!("/instances/{instance}")).await.with(200);
            assert!(page.texts("main .callout").is_empty(), "{}", page.body);
        }
    }
}

stories! {
    /// Someone removed from the list loses access at the next start: the open session, and signing in again.
    async fn a_person_can_be_put_out(database: Database) {
        let gate = Gate::open();
        let both = [("ALLOWED_EMAILS", "chie@example.com")];
        let house = House::open_before(&gate, database, &both).await;
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        chie.get("/queries").await.with(200);
        let house = house.start_again_with(&[("ALLOWED_EMAILS", "somebody@example.org")]).await;
        assert!(chie.get("/queries").await.with(303).location.starts_with("/sign-in"));
        ada.get("/queries").await.with(200);
        let consent = chie.post("/auth/amazon/start", &[("region", "NA"), ("next", "/")]).await.with(303).location;
        let back = chie.get(&chie.allow(&consent, "Chie").await).await;
        assert!(back.body.contains("on the list of people who can use"), "{}", back.body);
        house.signed_in("Ada").await;
    }
}
