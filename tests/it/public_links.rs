//! Public links: what they show, for how long, and that nothing else can be reached by them.

use chrono::TimeDelta;
use recomamp::db::{Scope, Single, sql};

use crate::access::{change, everybody_is};
use crate::executions::{REACH, run, saved};
use crate::queries::instance;
use crate::support::{Answer, Database, House, Visitor, stories};

/// Creates a link to an execution or report; returns its path.
async fn link(visitor: &Visitor, thing: &str, fields: &[(&str, &str)]) -> String {
    let defaults = [("title", "Reach in March"), ("valid", "7")];
    let defaults = defaults.into_iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    let all: Vec<(&str, &str)> = defaults.chain(fields.iter().copied()).collect();
    let page = visitor.post(&format!("{thing}/links"), &all).await.with(200);
    let link = page.text("main .copyable code");
    link[link.find("/shared/").expect("a public link")..].to_owned()
}

/// A finished execution with its page.
async fn finished(house: &House, ada: &Visitor) -> String {
    let page = run(ada, &saved(ada, REACH).await).await;
    house.settle().await;
    page
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

stories! {
    /// Anyone with the link sees the result's table, its title and its window, and no way into the program.
    async fn a_public_link_shows_one_result(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada).await;
        assert!(ada.get(&page).await.with(200).attributes("main a", "href").contains(&format!("{page}/links")));
        let shared = link(&ada, &page, &[]).await;
        assert!(ada.get(&page).await.with(200).text("main").contains("Public links (1)"));
        let nobody = house.visitor();
        let shown = nobody.get(&shared).await.with(200);
        assert_eq!(shown.text("h1"), "Reach in March");
        assert!(shown.text("main .lead").contains("2026"), "{}", shown.body);
        assert_eq!(shown.texts("thead th"), ["campaign", "reach", "impressions"]);
        let own = ada.get(&page).await.with(200);
        assert_eq!(shown.texts("tbody tr").len(), own.texts("#result tbody tr").len());
        assert!(header(&shown, "x-robots-tag").contains("noindex") && header(&shown, "referrer-policy") == "no-referrer");
        assert_eq!(shown.attributes("meta[name=robots]", "content"), ["noindex, nofollow"]);
        assert!(header(&shown, "set-cookie").is_empty(), "nobody gets a session");
        for selector in ["a", "form", "script", "nav.side"] {
            let elsewhere = shown.attributes(selector, "href").into_iter().filter(|href| !href.starts_with("/shared/"));
            assert_eq!(elsewhere.count() + if selector == "a" { 0 } else { shown.texts(selector).len() }, 0, "{selector}: {}", shown.body);
        }
        nobody.get(&format!("{shared}/result.csv")).await.with(404);
        nobody.get(&page).await.with(303);
        let list = ada.get("/settings/links").await.with(200);
        // The page, and the refused file.
        assert!(list.text("tbody tr").contains("Reach in March") && list.texts("tbody td.number") == ["2"], "{}", list.body);
        assert_eq!(ada.get("/settings/links.csv?state=open").await.with(200).body.lines().count(), 2);
        assert!(ada.get(&format!("{page}/links")).await.with(200).text("tbody").contains("Reach in March"));
        let with_file = link(&ada, &page, &[("csv", "true"), ("title", "With file")]).await;
        let file = nobody.get(&format!("{with_file}/result.csv")).await.with(200);
        assert!(file.body.contains("campaign") && header(&file, "content-disposition").starts_with("attachment"), "{:?}", file.headers);
        assert!(nobody.get("/robots.txt").await.with(200).body.contains("Disallow: /"));
    }

    /// A guessed, altered, expired or revoked link, one whose execution is deleted or whose author lost access: all look
    /// the same.
    async fn a_link_that_shows_nothing_says_no_more(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada).await;
        let nobody = house.visitor();
        let guessed = nobody.get(&format!("/shared/{}", "A".repeat(43))).await.with(404);
        assert!(guessed.text("main .lead").contains("Ask the person who sent it"), "{}", guessed.body);
        let same = async |address: &str| assert_eq!(nobody.get(address).await.with(404).texts("main"), guessed.texts("main"), "{address}");
        let shared = link(&ada, &page, &[("valid", "1"), ("csv", "true")]).await;
        same(&format!("{shared}x")).await;
        same("/shared/%00").await;
        same(&shared[..shared.len() - 1]).await;
        house.time.advance(TimeDelta::seconds(1));
        let revoked = link(&ada, &page, &[]).await;
        let ask = ada.get("/settings/links").await.attributes("tbody a[href*='/revoke']", "href").remove(0);
        let page_of_it = ada.get(&ask).await.with(200);
        assert!(page_of_it.text("main form").contains("can't be undone"), "{}", page_of_it.body);
        nobody.get(&revoked).await.with(200);
        let revoke = page_of_it.attributes("main form[action$='/revoke']", "action").remove(0);
        assert_eq!(ada.post(&revoke, &[]).await.with(303).location, "/settings/links");
        same(&revoked).await;
        let after = ada.get(&ask).await.with(200);
        assert!(after.text("main .callout").contains("no longer shows anything") && after.texts("main form[action$='/revoke']").is_empty(), "{}", after.body);
        // Access of the author ends, and returns.
        nobody.get(&shared).await.with(200);
        everybody_is(&house, "viewer").await;
        same(&shared).await;
        everybody_is(&house, "manager").await;
        change(&house, "update people set state = 'suspended' where name like $1 || '%'", "Ada").await;
        same(&shared).await;
        change(&house, "update people set state = 'active' where name like $1 || '%'", "Ada").await;
        nobody.get(&shared).await.with(200);
        house.time.advance(TimeDelta::days(1));
        same(&shared).await;
        same(&format!("{shared}/result.csv")).await;
        let ada = house.signed_in("Ada").await;
        let shared = link(&ada, &page, &[("csv", "true")]).await;
        change(&house, "update executions set result_removed_at = finished_at where id = $1", page.rsplit('/').next().expect("an id")).await;
        for address in [shared.clone(), format!("{shared}/result.csv")] {
            let gone = nobody.get(&address).await.with(410);
            assert!(gone.text("main .lead").contains("was removed on"), "{}", gone.body);
        }
        change(&house, "update public_links set execution_id = null where title = $1", "Reach in March").await;
        same(&shared).await;
        assert!(ada.get("/settings/links").await.with(200).text("tbody").contains("was deleted"));
        assert_eq!(house.count("select count(*) as value from audit where action in ('link-created', 'link-revoked')").await, 4);
    }

    /// A saved report of a guide is shown, without links into the program.
    async fn a_public_link_shows_one_report(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let guided = "/guides/first-query/queries/reach-and-frequency-by-campaign/run";
        ada.post(guided, &[("instance", own.as_str()), ("window", "settled")]).await.with(303);
        house.settle().await;
        let report = ada.post("/guides/first-query/reports", &[("instance", own.as_str())]).await.with(303).location;
        let shared = link(&ada, &report, &[("title", "For the client")]).await;
        let shown = house.visitor().get(&shared).await.with(200);
        assert_eq!(shown.text("h1"), "For the client");
        assert!(!shown.texts("article table").is_empty() && shown.attributes("a[href^='/']", "href").is_empty(), "{}", shown.body);
        house.visitor().get(&format!("{shared}/result.csv")).await.with(404);
        ada.post(&format!("{report}/delete"), &[]).await.with(303);
        house.visitor().get(&shared).await.with(404);
    }

    /// Viewers can't create links; a manager revokes a colleague's; strangers find nothing; bad input is refused.
    async fn links_ask_for_the_role_that_they_need(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let page = finished(&house, &ada).await;
        for (field, value) in [("title", ""), ("title", "\u{202E}x"), ("valid", "3650"), ("valid", "")] {
            let fields = [("title", "A"), ("valid", "7")].map(|(name, right)| (name, if name == field { value } else { right }));
            let form = ada.post(&format!("{page}/links"), &fields).await.with(422);
            assert!(form.attributes("#errors a", "href").contains(&format!("#f-{field}")), "{}", form.body);
        }
        link(&ada, &page, &[]).await;
        let ask = ada.get("/settings/links").await.attributes("tbody a[href*='/revoke']", "href").remove(0);
        let revoke = ask.split('?').next().expect("a path").to_owned();
        chie.get(&ask).await.with(404);
        chie.post(&revoke, &[]).await.with(404);
        chie.get(&format!("{page}/links")).await.with(404);
        let person = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
        let own = instance(&ada).await;
        ada.post(&format!("{person}/access"), &[("instance", own.as_str()), ("role", "viewer")]).await.with(303);
        assert!(chie.get(&format!("{page}/links")).await.with(200).text("main .callout").contains("you need to be an analyst"));
        let shown = chie.get(&page).await.with(200).attributes("main a", "href");
        assert!(!shown.contains(&format!("{page}/links")), "a viewer isn't led to what they can't do: {shown:?}");
        chie.post(&format!("{page}/links"), &[("title", "A"), ("valid", "7")]).await.with(403);
        chie.post(&revoke, &[]).await.with(404);
        ada.post(&format!("{person}/access"), &[("instance", own.as_str()), ("role", "manager")]).await.with(303);
        assert!(chie.get(&page).await.with(200).attributes("main a", "href").contains(&format!("{page}/links")));
        let there = chie.get(&format!("{page}/links")).await.with(200);
        assert_eq!(there.attributes("tbody a[href*='/revoke']", "href"), [format!("{revoke}?next={page}/links")]);
        let asked = chie.get(&format!("{revoke}?next={page}/links")).await.with(200);
        assert_eq!(asked.attributes("main form[action$='/revoke'] input[name=next]", "value"), [format!("{page}/links")]);
        let elsewhere = chie.get(&format!("{revoke}?next=//evil.example")).await.with(200);
        assert_eq!(elsewhere.attributes("main form[action$='/revoke'] input[name=next]", "value"), ["/"]);
        assert_eq!(chie.post(&revoke, &[("next", page.as_str())]).await.with(303).location, page);
        assert_eq!(house.count("select count(*) as value from public_links where revoked_at is not null").await, 1);
    }

    /// Switched off, no link shows anything and none can be created.
    async fn public_links_can_be_switched_off(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada).await;
        let shared = link(&ada, &page, &[]).await;
        let house = house.start_again_with(&[("PUBLIC_LINKS", "off")]).await;
        house.visitor().get(&shared).await.with(404);
        ada.post(&format!("{page}/links"), &[("title", "A"), ("valid", "7")]).await.with(403);
        assert!(ada.get("/settings/links").await.with(200).text("main .callout").contains("switched them off"));
    }
}

mod row_security {
    use super::*;

    /// In the scope of a link, statements without conditions see its execution and the link, and nothing else.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_scope_of_a_link_sees_one_thing() {
        let house = House::open(Database::postgres().await).await;
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada).await;
        finished(&house, &ada).await;
        change(&house, "update queries set home = $1", "everyone").await;
        link(&ada, &page, &[]).await;
        link(&ada, &page, &[]).await;
        let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
        let Single(id) =
            sql("select min(id) as value from public_links").one::<Single<String>>(&mut tx).await.expect("a link");
        drop(tx);
        let scope = Scope::Link(id.parse().expect("an id"));
        let mut seen = crate::row_security::seen(&house, &scope).await;
        seen.retain(|table, rows| *rows > 0 && table != "execution_feed");
        let seen: Vec<(&str, i64)> = seen.iter().map(|(table, rows)| (table.as_str(), *rows)).collect();
        assert_eq!(seen, [("executions", 1), ("public_links", 1)]);
        let mut tx = house.db().write(&scope).await.expect("a transaction");
        for statement in
            ["update public_links set views = 0", "delete from executions", "update executions set query_name = ''"]
        {
            assert_eq!(sql(statement).execute(&mut tx).await.unwrap_or_default(), 0, "{statement}");
        }
    }
}
