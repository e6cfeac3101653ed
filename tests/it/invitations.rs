//! Invitations: who gets in, once, with which roles, and every link that can't be used.

use chrono::TimeDelta;
use recomamp::db::{Scope, sql};

use crate::access::change;
use crate::mails::MailServer;
use crate::queries::instance;
use crate::support::{Answer, Database, Gate, House, Visitor, stories};

/// Sends an invitation; returns the path of its link.
pub(crate) async fn invite(visitor: &Visitor, fields: &[(&str, &str)]) -> String {
    let defaults = [("site_role", "member"), ("valid", "7"), ("role", "viewer")];
    let defaults = defaults.into_iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    let all: Vec<(&str, &str)> = defaults.chain(fields.iter().copied()).collect();
    path(&visitor.post("/settings/invitations", &all).await.with(200))
}

/// The path of the link that a page shows.
pub(crate) fn path(page: &Answer) -> String {
    let link = page.text("main .copyable code");
    link[link.find("/invitations/").expect("a link to an invitation")..].to_owned()
}

/// Signs in on the way to an address; returns the page or redirect that Amazon's answer leads to.
async fn sign_in_for(visitor: &Visitor, name: &str, next: &str) -> Answer {
    let consent = visitor.post("/auth/amazon/start", &[("region", "NA"), ("next", next)]).await.with(303).location;
    visitor.get(&visitor.allow(&consent, name).await).await
}

/// An installation to which nobody but the first person is admitted by the list.
async fn closed(gate: &Gate, database: Database) -> House {
    House::open_before(gate, database, &[("ALLOWED_EMAILS", "nobody@example.org")]).await
}

/// The text that a state has in the list.
async fn states(visitor: &Visitor) -> Vec<String> {
    visitor.get("/settings/invitations").await.with(200).texts("tbody .badge")
}

const PEOPLE: &str = "select count(*) as value from people";

stories! {
    /// A newcomer who isn't on the list opens the link, signs in, comes back and accepts; the link is then used up.
    async fn an_invitation_lets_somebody_in_who_is_not_on_the_list(database: Database) {
        let gate = Gate::open();
        let house = closed(&gate, database).await;
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let refused = sign_in_for(&house.visitor(), "Chie", "/").await.with(400);
        assert!(refused.body.contains("invite you"), "{}", refused.body);
        let link = invite(&ada, &[("email", "Chie@Example.com"), ("instance", &own), ("role", "analyst")]).await;
        let chie = house.visitor();
        let page = chie.get(&link).await.with(200);
        assert!(page.text("main .lead").contains("Ada") && page.text("main dl").contains("Analyst"), "{}", page.body);
        assert!(page.body.contains("c…@example.com") && !page.body.contains("chie@"), "{}", page.body);
        let to = page.attributes("main a.button", "href").remove(0);
        assert_eq!(to, format!("/sign-in?to={link}"));
        assert_eq!(sign_in_for(&chie, "Chie", &link).await.with(303).location, link);
        assert_eq!(states(&ada).await, ["Signed in, not accepted"]);
        chie.get(&format!("/instances/{own}")).await.with(404);
        let form = chie.get(&link).await.with(200).attributes("main form[method=post]", "action");
        assert_eq!(form, [link.as_str()]);
        chie.post(&link, &[]).await.with(303);
        assert!(chie.get(&format!("/instances/{own}")).await.with(200).body.contains("Analyst"));
        assert_eq!(states(&ada).await, ["Accepted"]);
        assert_eq!(chie.get(&link).await.with(303).location, "/");
        chie.post(&link, &[]).await.with(404);
        let ben = house.visitor();
        ben.get(&link).await.with(404);
        sign_in_for(&ben, "Ben", &link).await.with(400);
        assert_eq!(house.count(PEOPLE).await, 2);
        // She stays, although the list doesn't have her address.
        let house = house.crash_and_start_again().await;
        chie.get("/queries").await.with(200);
        sign_in_for(&chie, "Chie", "/").await.with(303);
        assert_eq!(house.count("select count(*) as value from audit where action in ('invited', 'invitation-accepted')").await, 2);
    }

    /// A wrong address, an expired, a revoked, a renewed and an invented link: nobody gets in, and all look the same.
    async fn a_link_that_cannot_be_used_lets_nobody_in(database: Database) {
        let gate = Gate::open();
        let house = closed(&gate, database).await;
        let ada = house.signed_in("Ada").await;
        let link = invite(&ada, &[("email", "chie@example.com")]).await;
        sign_in_for(&house.visitor(), "Ben", &link).await.with(400);
        let old = link.clone();
        let renew = ada.get("/settings/invitations").await.attributes("form[action$='/renew']", "action").remove(0);
        let link = path(&ada.post(&renew, &[]).await.with(200));
        house.time.advance(TimeDelta::seconds(1));
        let revoked = invite(&ada, &[]).await;
        let revoke = ada.get("/settings/invitations?q=").await.attributes("tbody a[href$='/revoke']", "href").remove(0);
        let question = ada.get(&revoke).await.with(200);
        assert!(question.text("main form").contains("can't be undone"), "{}", question.body);
        house.visitor().get(&revoked).await.with(200);
        ada.post(&revoke, &[]).await.with(303);
        let after = ada.get(&revoke).await.with(200);
        assert!(after.text("main .callout").contains("Nothing to revoke") && after.texts("main form").is_empty(), "{}", after.body);
        ada.post(&revoke, &[]).await.with(409);
        ada.post(&revoke.replace("/revoke", "/renew"), &[]).await.with(409);
        let invented = format!("/invitations/{}", "A".repeat(43));
        let nobody = house.visitor();
        let looks = nobody.get(&invented).await.with(404).texts("main");
        for link in [&old, &revoked, &invented, &format!("{link}x"), &"/invitations/%00".to_owned()] {
            assert_eq!(nobody.get(link).await.with(404).texts("main"), looks, "{link}");
            sign_in_for(&nobody, "Chie", link).await.with(400);
        }
        house.time.advance(TimeDelta::days(7));
        assert_eq!(nobody.get(&link).await.with(404).texts("main"), looks);
        sign_in_for(&nobody, "Chie", &link).await.with(400);
        assert_eq!(house.count(PEOPLE).await, 1);
        let ada = house.signed_in("Ada").await;
        assert_eq!(ada.get("/settings/invitations?state=expired").await.texts("tbody tr").len(), 1);
        assert_eq!(ada.get("/settings/invitations.csv?state=revoked").await.with(200).body.lines().count(), 2);
    }

    /// Two newcomers use a link for anyone at the same time: one of them gets in.
    async fn a_link_for_anyone_works_once(database: Database) {
        let gate = Gate::open();
        let house = closed(&gate, database).await;
        let ada = house.signed_in("Ada").await;
        let link = invite(&ada, &[]).await;
        let (ben, chie) = (house.visitor(), house.visitor());
        futures::future::join(sign_in_for(&ben, "Ben", &link), sign_in_for(&chie, "Chie", &link)).await;
        assert_eq!(house.count(PEOPLE).await, 2);
        let (one, other) = futures::future::join(ben.post(&link, &[]), chie.post(&link, &[])).await;
        let used = [one, other].iter().filter(|answer| answer.location == "/").count();
        assert_eq!(used, 1);
    }

    /// Whoever signed in through an invitation that is then revoked is out.
    async fn revoking_puts_out_who_has_not_accepted(database: Database) {
        let gate = Gate::open();
        let house = closed(&gate, database).await;
        let ada = house.signed_in("Ada").await;
        let link = invite(&ada, &[]).await;
        let chie = house.visitor();
        sign_in_for(&chie, "Chie", &link).await.with(303);
        chie.get("/queries").await.with(200);
        let revoke = ada.get("/settings/invitations").await.attributes("tbody a[href$='/revoke']", "href").remove(0);
        let question = ada.get(&revoke).await.with(200);
        assert!(question.text("main form").contains("signed in through the link"), "{}", question.body);
        ada.post(&revoke, &[]).await.with(303);
        assert!(chie.get("/queries").await.with(303).location.starts_with("/sign-in"));
        chie.get(&link).await.with(404);
    }

    /// An invitation gives no more than its author may give when it is accepted; another address can't accept it.
    async fn an_invitation_is_worth_what_its_author_may_give(database: Database) {
        let house = House::open(database).await;
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        house.signed_in("Ben").await;
        let own = instance(&ada).await;
        chie.post("/settings/invitations", &[("site_role", "member"), ("valid", "7")]).await.with(403);
        chie.get("/settings/invitations/new").await.with(403);
        for (field, value) in [("email", "two@example.com three@example.com"), ("site_role", "owner"), ("valid", "365"), ("instance", "ins_1"), ("until", "2020-01-01")] {
            let right = [("email", "chie@example.com"), ("site_role", "member"), ("valid", "7"), ("role", "viewer")];
            let fields: Vec<_> = right.into_iter().filter(|(name, _)| *name != field).chain([(field, value)]).collect();
            let page = ada.post("/settings/invitations", &fields).await.with(422);
            assert!(page.attributes("#errors a", "href").contains(&format!("#f-{field}")), "{field}: {}", page.body);
        }
        ada.post("/settings/invitations", &[("site_role", "administrator"), ("valid", "7")]).await.with(422);
        let link = invite(&ada, &[("email", "chie@example.com"), ("site_role", "administrator"), ("instance", &own)]).await;
        let ben = house.signed_in("Ben").await;
        assert!(ben.get(&link).await.with(200).attributes("main form[method=post]", "action").is_empty());
        ben.post(&link, &[]).await.with(403);
        change(&house, "update people set role = 'member' where name like $1 || '%'", "Ada").await;
        chie.post(&link, &[]).await.with(403);
        chie.get(&format!("/instances/{own}")).await.with(404);
        change(&house, "update people set role = 'administrator' where name like $1 || '%'", "Ada").await;
        chie.post(&link, &[]).await.with(303);
        chie.get("/settings/people").await.with(200);
        chie.get(&format!("/instances/{own}")).await.with(200);
    }

    /// With a mail server, the link is sent; if that fails, the page says so and shows the link.
    async fn an_invitation_is_mailed(database: Database) {
        let server = MailServer::open().await;
        let url = format!("smtp://127.0.0.1:{}", server.port());
        let house = House::open_with(database, &[("SMTP_URL", &url), ("MAIL_FROM", "recomamp@example.com")]).await;
        let ada = house.signed_in("Ada").await;
        let link = invite(&ada, &[("email", "chie@example.com")]).await;
        let mail = server.mails().remove(0);
        assert!(mail.contains("To: chie@example.com") && mail.contains(&link), "{mail}");
        assert!(mail.contains("Subject: Ada") && mail.contains("works once"), "{mail}");
        invite(&ada, &[]).await;
        assert_eq!(server.mails().len(), 1, "a link for anyone isn't mailed");
        drop(server);
        let right = [("email", "ben@example.com"), ("site_role", "member"), ("valid", "1"), ("role", "viewer")];
        let page = ada.post("/settings/invitations", &right).await.with(200);
        assert!(page.text("main .callout").contains("Couldn't send the link by email"), "{}", page.body);
        assert!(path(&page).len() > 40);
        assert_eq!(house.count("select count(*) as value from invitations where mailed_at is not null").await, 1);
        let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
        let token = link.rsplit('/').next().expect("a token").to_owned();
        let stored = sql("select id as value from invitations where token_hash = $1").bind(token);
        assert!(stored.optional::<recomamp::db::Single<String>>(&mut tx).await.expect("rows").is_none(), "only a hash is stored");
    }
}
