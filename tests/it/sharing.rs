//! Sharing an instance: roles until a day, whose connection runs, and everything that must be refused.

use chrono::TimeDelta;

use crate::access::change;
use crate::executions::{REACH, saved};
use crate::invitations::path;
use crate::queries::instance;
use crate::support::{Answer, Gate, House, Visitor, stories};

/// Shares an instance.
async fn share(visitor: &Visitor, instance: &str, fields: &[(&str, &str)]) -> Answer {
    visitor.post(&format!("/instances/{instance}/people"), fields).await
}

const BEN: (&str, &str) = ("email", "ben@example.com");

/// The id of a person in the list of an instance's people.
async fn row_of(visitor: &Visitor, instance: &str, name: &str) -> String {
    let page = visitor.get(&format!("/instances/{instance}/people?q={name}&source=shared")).await.with(200);
    let revoke = page.attributes("tbody a[href*='/revoke?']", "href").remove(0);
    revoke.rsplit('=').next().expect("an id").to_owned()
}

stories! {
    /// A manager shares an instance until a day, changes the role and revokes it; each is recorded.
    async fn a_manager_shares_an_instance(house: House) {
        house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let ben = house.signed_in("Ben").await;
        let own = instance(&chie).await;
        let people = format!("/instances/{own}/people");
        ben.get(&people).await.with(404);
        share(&chie, &own, &[BEN, ("role", "viewer"), ("until", "2026-03-19")]).await.with(303);
        let page = ben.get(&format!("/instances/{own}")).await.with(200);
        assert!(page.text("main .callout").contains("Your access ends on 20 Mar 2026"), "{}", page.body);
        assert!(page.texts("dd").contains(&"Shared by a manager".to_owned()), "{}", page.body);
        ben.get(&people).await.with(403);
        let access = ben.get("/settings/access?role=viewer").await.with(200);
        assert!(access.text("tbody tr").contains("Shared by a manager") && access.text("tbody tr").contains("Chie"), "{}", access.body);
        assert!(access.text("#roles").contains("Run queries"), "{}", access.body);
        let list = chie.get(&people).await.with(200);
        assert!(list.text("tbody").contains("Amazon") && list.text("tbody").contains("ben@example.com"), "{}", list.body);
        assert_eq!(chie.get(&format!("{people}.csv?source=shared")).await.with(200).body.lines().count(), 2);
        let id = row_of(&chie, &own, "ben").await;
        chie.post(&format!("{people}/change"), &[("person", &id), ("role", "manager"), ("until", "")]).await.with(303);
        ben.get(&people).await.with(200);
        house.time.advance(TimeDelta::days(2));
        let chie = house.signed_in("Chie").await;
        ben.get(&people).await.with(200);
        let question = chie.get(&format!("{people}/revoke?person={id}")).await.with(200);
        assert!(question.text("main form").contains("Ben") && question.text("main form").contains("Manager"), "{}", question.body);
        chie.post(&format!("{people}/revoke"), &[("person", &id)]).await.with(303);
        ben.get(&people).await.with(404);
        chie.post(&format!("{people}/revoke"), &[("person", &id)]).await.with(404);
        assert_eq!(house.count("select count(*) as value from audit where action in ('access-granted', 'access-revoked')").await, 3);
    }

    /// A shared role ends with its day.
    async fn a_shared_role_ends(house: House) {
        let ada = house.signed_in("Ada").await;
        let ben = house.signed_in("Ben").await;
        let own = instance(&ada).await;
        share(&ada, &own, &[BEN, ("role", "analyst"), ("until", "2026-03-18")]).await.with(303);
        ben.get(&format!("/instances/{own}")).await.with(200);
        house.time.advance(TimeDelta::hours(16));
        ben.get(&format!("/instances/{own}")).await.with(404);
        assert!(ada.get(&format!("/instances/{own}/people?q=ben")).await.with(200).texts("tbody tr").is_empty());
    }

    /// Somebody with a shared role runs with their own connection, or with that of whoever shares it and says so.
    async fn a_shared_role_runs_with_the_lent_connection_only(house: House) {
        let ada = house.signed_in("Ada").await;
        let ben = house.signed_in("Ben").await;
        let (own, query) = (instance(&ada).await, saved(&ada, REACH).await);
        share(&ada, &own, &[BEN, ("role", "analyst")]).await.with(303);
        let run = [("query", query.as_str()), ("instance", own.as_str())];
        let refused = ben.post("/executions", &run).await.with(409);
        assert!(refused.text("h1").contains("No connection to Amazon"), "{}", refused.body);
        share(&ada, &own, &[BEN, ("role", "analyst"), ("lends", "true")]).await.with(303);
        let started = ben.post("/executions", &run).await.with(303).location;
        house.settle().await;
        assert!(ben.get(&format!("{started}?view=details")).await.with(200).text("#details").contains("Ada"));
        // Lending ends while an execution waits: it isn't sent with that connection.
        ben.post("/executions", &run).await.with(303);
        share(&ada, &own, &[BEN, ("role", "analyst")]).await.with(303);
        house.step().await;
        assert_eq!(house.count("select count(*) as value from executions where finished_at is null and sent_at is null").await, 1);
        assert_eq!(ben.post("/executions", &run).await.status.as_u16(), 409);
    }

    /// An address that nobody here has is invited; accepting gives the shared role.
    async fn an_address_is_invited_to_an_instance(house: House) {
        house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let own = instance(&chie).await;
        let link = path(&share(&chie, &own, &[BEN, ("role", "analyst"), ("until", "2026-04-01")]).await.with(200));
        assert_eq!(chie.get("/settings/invitations").await.with(200).texts("tbody tr").len(), 1);
        let ben = house.signed_in("Ben").await;
        assert!(ben.get("/settings/invitations").await.with(200).texts("tbody tr").is_empty());
        ben.get(&format!("/instances/{own}")).await.with(404);
        ben.post(&link, &[]).await.with(303);
        let page = ben.get(&format!("/instances/{own}")).await.with(200);
        assert!(page.texts("dd").contains(&"Shared by a manager".to_owned()), "{}", page.body);
    }

    /// A manager who is one no longer has invited nobody.
    async fn an_invitation_of_a_former_manager_gives_nothing(house: House) {
        house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let own = instance(&chie).await;
        let link = path(&share(&chie, &own, &[BEN, ("role", "viewer")]).await.with(200));
        change(&house, "update instance_access set role = 'analyst' where person_id in (select id from people where name like $1 || '%')", "Chie").await;
        let ben = house.signed_in("Ben").await;
        ben.post(&link, &[]).await.with(303);
        assert!(ben.get("/").await.body.contains("may no longer share it"));
        ben.get(&format!("/instances/{own}")).await.with(404);
    }

    /// Every invalid share is refused beside its field, and changes nothing.
    async fn shares_that_cannot_be_are_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let ben = house.signed_in("Ben").await;
        let own = instance(&chie).await;
        let people = format!("/instances/{own}/people");
        let grants = house.count("select count(*) as value from access_grants").await;
        for (fields, field) in [
            (vec![BEN, ("role", "owner")], "role"),
            (vec![BEN, ("role", "administrator")], "role"),
            (vec![BEN, ("role", "viewer"), ("until", "2020-01-01")], "until"),
            (vec![BEN, ("role", "viewer"), ("until", "soon")], "until"),
            (vec![("role", "viewer")], "person"),
            (vec![("email", "chie@example.com"), ("role", "viewer")], "email"),
            (vec![("email", "@"), ("role", "viewer")], "email"),
            (vec![("person", "per_01jzzzzzzzzzzzzzzzzzzzzzzz"), ("role", "viewer")], "person"),
        ] {
            let page = share(&chie, &own, &fields).await.with(422);
            assert!(page.attributes("#errors a", "href").contains(&format!("#f-{field}")), "{fields:?}: {}", page.body);
        }
        let person = ada.get("/settings/people?q=ben").await.attributes("tbody th a", "href").remove(0);
        ada.post(&format!("{person}/suspend"), &[]).await.with(303);
        let page = share(&chie, &own, &[BEN, ("role", "viewer")]).await.with(422);
        assert!(page.text("#errors").contains("suspended or removed"), "{}", page.body);
        ada.post(&format!("{person}/resume"), &[]).await.with(303);
        assert_eq!(house.count("select count(*) as value from access_grants").await, grants);
        let ben = { drop(ben); house.signed_in("Ben").await };
        // A role that ends is passed on with the same end at most, and nobody changes their own.
        share(&chie, &own, &[BEN, ("role", "manager"), ("until", "2026-03-25")]).await.with(303);
        let dag = house.signed_in("Dag").await;
        share(&ben, &own, &[("email", "dag@example.com"), ("role", "viewer"), ("until", "2026-03-26")]).await.with(422);
        share(&ben, &own, &[("email", "dag@example.com"), ("role", "viewer"), ("lends", "true"), ("until", "2026-03-20")]).await.with(303);
        share(&ben, &own, &[("email", "dag@example.com"), ("role", "analyst"), ("lends", "true"), ("until", "2026-03-20")]).await.with(422);
        share(&ben, &own, &[("email", "dag@example.com"), ("role", "viewer")]).await.with(303);
        assert!(dag.get(&format!("/instances/{own}")).await.with(200).text("main .callout").contains("26 Mar 2026"));
        let own_row = row_of(&chie, &own, "ben").await;
        let late = [("person", own_row.as_str()), ("role", "viewer"), ("until", "2026-03-01")];
        let page = chie.post(&format!("{people}/change"), &late).await.with(422);
        assert!(page.text("#errors").contains("Choose today or a later day"), "{}", page.body);
        ben.post(&format!("{people}/change"), &[("person", &own_row), ("role", "manager")]).await.with(403);
        ben.post(&format!("{people}/revoke"), &[("person", &own_row)]).await.with(403);
        let chie_id = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
        let chie_id = chie_id.rsplit('/').next().expect("an id").to_owned();
        ben.post(&format!("{people}/revoke"), &[("person", &chie_id)]).await.with(404);
        assert_eq!(dag.get(&people).await.with(403).text("h1"), "Not allowed");
    }
}

mod beside_the_list {
    use super::*;

    stories! {
        /// A manager can't let in an address that isn't on the list; an administrator can.
        async fn a_manager_lets_nobody_in_beside_the_list(database: Database) {
            let gate = Gate::open();
            let house = House::open_before(&gate, database, &[("ALLOWED_EMAILS", "chie@example.com")]).await;
            let ada = house.signed_in("Ada").await;
            let chie = house.signed_in("Chie").await;
            let own = instance(&chie).await;
            let page = share(&chie, &own, &[BEN, ("role", "viewer")]).await.with(422);
            assert!(page.text("#errors").contains("isn't on the list"), "{}", page.body);
            share(&ada, &own, &[BEN, ("role", "viewer")]).await.with(200);
        }
    }
}
