//! Who can see and change a query; and where it runs, which is chosen for each run.

use recomamp::db::{Scope, sql};

use crate::executions::REACH;
use crate::queries::id;
use crate::support::{Answer, House, Visitor, stories};

/// A person's instances, the one that isn't a sandbox first.
async fn instances(visitor: &Visitor) -> Vec<String> {
    let page = visitor.get("/instances").await.with(200);
    let standard = crate::queries::instance(visitor).await;
    let links = page.attributes("tbody th a", "href");
    let ids = links.iter().filter_map(|link| link.rsplit('/').next()).map(str::to_owned);
    std::iter::once(standard.clone()).chain(ids.filter(|id| *id != standard)).collect()
}

/// Gives somebody a role on an instance.
async fn let_in(house: &House, name: &str, instance: &str, role: &str) {
    const LET_IN: &str = "insert into instance_access (instance_id, person_id, role, source, created_at) \
        select $1, p.id, $2, 'shared', p.created_at from people p where p.name like $3 || '%' \
        on conflict (instance_id, person_id) do update set role = excluded.role";
    let mut tx = house.db().write(&Scope::System).await.expect("a transaction");
    sql(LET_IN).bind(instance).bind(role).bind(name).execute(&mut tx).await.expect("access is given");
    tx.commit().await.expect("it is kept");
}

async fn save(visitor: &Visitor, home: &str, instance: &str) -> String {
    let fields = [("home", home), ("instance", instance), ("name", "Reach"), ("sql", REACH), ("window", "settled")];
    visitor.post("/queries/new", &fields).await.with(303).location
}

/// Saves the query again with another home.
async fn moved(visitor: &Visitor, query: &str, home: &str) -> Answer {
    let page = visitor.get(&format!("{query}/edit")).await.with(200);
    let revision = page.attributes("input[name=revision]", "value").remove(0);
    let fields = [("home", home), ("name", "Reach"), ("sql", REACH), ("window", "settled"), ("revision", &revision)];
    visitor.post(&format!("{query}/edit"), &fields).await
}

fn chosen(page: &Answer, name: &str) -> String {
    page.attributes(&format!("select[name={name}] option[selected]"), "value").join(" ")
}

/// What every visitor gets for a query: its page, its editor and the list.
async fn met(visitor: &Visitor, query: &str) -> (u16, u16, usize) {
    let (page, editor) = (visitor.get(query).await, visitor.get(&format!("{query}/edit")).await);
    (page.status.as_u16(), editor.status.as_u16(), visitor.get("/queries").await.with(200).texts("tbody tr").len())
}

stories! {
    /// The home decides: only the owner, the people of an instance by their roles, or everyone.
    async fn a_home_decides_who_sees_and_who_changes_a_query(house: House) {
        let ada = house.signed_in("Ada").await;
        let (ben, chie) = (house.signed_in("Ben").await, house.signed_in("Chie").await);
        let instance = instances(&ada).await.remove(0);
        let_in(&house, "Ben", &instance, "viewer").await;
        let query = save(&ada, "private", &instance).await;
        assert_eq!(met(&ada, &query).await, (200, 200, 1));
        assert_eq!((met(&ben, &query).await, met(&chie, &query).await), ((404, 404, 0), (404, 404, 0)));

        moved(&ada, &query, &instance).await.with(303);
        assert_eq!((met(&ben, &query).await, met(&chie, &query).await), ((200, 403, 1), (404, 404, 0)));
        let_in(&house, "Ben", &instance, "analyst").await;
        assert_eq!(met(&ben, &query).await, (200, 200, 1));
        let refused = moved(&ben, &query, "everyone").await.with(422);
        assert!(refused.text("#e-home").contains("can change who sees this query"), "{}", refused.body);
        ben.post(&format!("{query}/edit"), &[("name", "Reach"), ("sql", "SELECT 1"), ("revision", "2")]).await.with(303);

        moved(&ada, &query, "everyone").await.with(303);
        assert_eq!((met(&ben, &query).await, met(&chie, &query).await), ((200, 403, 1), (200, 403, 1)));
        chie.post(&format!("{query}/delete"), &[]).await.with(403);
        chie.post(&format!("{query}/favourite"), &[("on", "true")]).await.with(303);
        assert!(!chie.get(&query).await.body.contains("Default instance:"), "an instance that is not hers is not named");

        moved(&ada, &query, "private").await.with(303);
        for visitor in [&ben, &chie] {
            assert_eq!(met(visitor, &query).await, (404, 404, 0));
            for list in ["/queries.csv", "/queries.json", "/search?q=Reach", "/queries?stars=mine"] {
                assert!(!visitor.get(list).await.with(200).body.contains(id(&query)), "{list}");
            }
            for (address, field) in [("versions", ""), ("versions/compare?from=1", ""), ("preview", ""), ("duplicate", "")] {
                visitor.get(&format!("{query}/{address}{field}")).await.with(404);
            }
            visitor.post("/executions", &[("query", id(&query))]).await.with(404);
        }
        assert_eq!(house.count("select count(*) as value from audit where action = 'query-shared'").await, 3);
    }

    /// The executions of a private query are seen by the people of the instance, without links to the query.
    async fn an_execution_of_a_private_query_leads_only_its_owner_to_it(house: House) {
        let ada = house.signed_in("Ada").await;
        let ben = house.signed_in("Ben").await;
        let instance = instances(&ada).await.remove(0);
        let_in(&house, "Ben", &instance, "viewer").await;
        let query = save(&ada, "private", &instance).await;
        let execution = ada.post("/executions", &[("query", id(&query))]).await.with(303).location;
        house.settle().await;
        for view in ["", "?view=details", "?view=progress"] {
            let links = async |visitor: &Visitor| {
                visitor.get(&format!("{execution}{view}")).await.with(200).attributes("main a[href^='/queries/']", "href")
            };
            assert!(!links(&ada).await.is_empty(), "{view}");
            assert_eq!(links(&ben).await, Vec::<String>::new(), "{view}");
        }
    }

    /// A query shared with everyone can be changed by its owner and by administrators.
    async fn administrators_change_what_everyone_sees(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let query = save(&chie, "everyone", "").await;
        ada.post(&format!("{query}/edit"), &[("name", "Better"), ("sql", "SELECT 1"), ("revision", "1")]).await.with(303);
        assert_eq!(chie.get(&query).await.with(200).text("h1"), "Better");
        let refused = moved(&ada, &query, "private").await.with(422);
        assert!(refused.text("#e-home").contains("Only its owner"), "{}", refused.body);
        let private = save(&chie, "private", "").await;
        ada.get(&private).await.with(404);
    }

    /// A change of home is a version; restoring an earlier text doesn't show it to others again.
    async fn a_version_records_the_home_and_restoring_keeps_the_present_one(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instances(&ada).await.remove(0);
        let query = save(&ada, "everyone", &instance).await;
        moved(&ada, &query, "private").await.with(303);
        let compared = ada.get(&format!("{query}/versions/compare?from=1&to=2")).await.with(200);
        assert!(compared.text("#rest-title").contains("1 line added, 1 line removed"), "{}", compared.body);
        assert!(compared.body.contains("Seen by: Everyone") && compared.body.contains("Seen by: Only the owner"));
        ada.post(&format!("{query}/edit"), &[("name", "Reach"), ("sql", "SELECT 2"), ("revision", "2")]).await.with(303);
        ada.post(&format!("{query}/versions/restore"), &[("revision", "1")]).await.with(303);
        let editor = ada.get(&format!("{query}/edit")).await.with(200);
        assert_eq!((chosen(&editor, "home").as_str(), crate::queries::sql(&editor).as_str()), ("private", REACH));
    }

    /// A home that one may not use, an instance where one may not run: reported beside the field, and nothing is
    /// created.
    async fn a_wrong_home_or_instance_is_reported_by_field(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let (mine, theirs) = (instances(&chie).await.remove(0), instances(&ada).await.remove(0));
        let_in(&house, "Chie", &theirs, "viewer").await;
        for (home, instance, field, told) in [
            (theirs.as_str(), "", "home", "you need to be an analyst"),
            ("ins_01jzzzzzzzzzzzzzzzzzzzzzzz", "", "home", "You have no access"),
            ("public", "", "home", "Choose who sees"),
            ("private", "ins_01jzzzzzzzzzzzzzzzzzzzzzzz", "instance", "You have no access"),
            ("private", "'; --", "instance", "You have no access"),
        ] {
            let fields = [("home", home), ("instance", instance), ("name", "Reach"), ("sql", REACH), ("window", "settled")];
            let page = chie.post("/queries/new", &fields).await.with(422);
            assert!(page.text(&format!("#e-{field}")).contains(told), "{home} {instance}: {}", page.body);
        }
        assert_eq!(house.count("select count(*) as value from queries").await, 0);
        let query = save(&chie, "private", &mine).await;
        for (instance, told) in [(theirs.as_str(), "you need to be an analyst"), ("ins_01jzzzzzzzzzzzzzzzzzzzzzzz", "You have no access"), ("x", "You have no access")] {
            let form = [("query", id(&query)), ("instance", instance)];
            for address in ["/executions".to_owned(), format!("{query}/preview")] {
                let page = chie.post(&address, &form).await.with(422);
                assert!(page.text("#e-instance").contains(told), "{address} {instance}: {}", page.body);
            }
        }
        assert_eq!(house.count("select count(*) as value from executions").await, 0);
    }

    /// The instance is chosen when it runs: first the default, then the last one used, with the values used there.
    async fn a_query_runs_where_one_chooses_and_remembers_it(house: House) {
        let ada = house.signed_in("Ada").await;
        let all = instances(&ada).await;
        let (first, other) = (all[0].as_str(), all[1].as_str());
        let sql = "SELECT campaign, COUNT(*) AS n FROM dsp_impressions WHERE campaign = {{campaign}} GROUP BY campaign";
        let fields = [("home", "private"), ("instance", first), ("name", "Reach"), ("sql", sql), ("window", "settled")];
        let query = ada.post("/queries/new", &fields).await.with(303).location;
        assert_eq!(chosen(&ada.get(&query).await.with(200), "instance"), first);
        let form = [("query", id(&query)), ("instance", other), ("param.campaign", "Spring")];
        let execution = ada.post("/executions", &form).await.with(303).location;
        let at = format!("select count(*) as value from executions where instance_id = '{other}'");
        assert_eq!(house.count(Box::leak(at.into_boxed_str())).await, 1);

        let page = ada.get(&query).await.with(200);
        assert_eq!(chosen(&page, "instance"), other, "the one used last");
        assert!(page.text("#against").starts_with("Checked against the data sources of"));
        assert_eq!(page.attributes("input[name='param.campaign']", "value"), [""]);
        let offer = page.attributes("#last-values a", "href").remove(0);
        let filled = ada.get(&offer).await.with(200);
        assert_eq!(filled.attributes("input[name='param.campaign']", "value"), ["Spring"]);
        assert!(filled.texts("#last-values a").is_empty(), "they are there");
        let there = ada.get(&format!("{query}?instance={first}")).await.with(200);
        assert_eq!((chosen(&there, "instance").as_str(), there.texts("#last-values a").len()), (first, 0));
        let again = ada.get(&execution).await.with(200);
        assert!(again.body.contains(&format!("instance={other}")), "run with changes leads to the same instance");
        let preview = ada.post(&format!("{query}/preview"), &form).await.with(200);
        assert!(preview.attributes("textarea[name=instance]", "name").len() == 2, "{}", preview.body);
    }

    /// Someone who hasn't run anything must choose the instance, by full names; afterwards the last one used is
    /// proposed.
    async fn an_instance_is_asked_for_once_and_remembered(house: House) {
        let ada = house.signed_in("Ada").await;
        let all = instances(&ada).await;
        let (first, second) = (save(&ada, "private", "").await, save(&ada, "private", "").await);
        let page = ada.get(&first).await.with(200);
        assert_eq!(chosen(&page, "instance"), "", "{}", page.body);
        let names = page.texts("select[name=instance] option");
        assert!(names[0].contains("Choose an instance") && names[1..].iter().all(|name| name.contains(" · ")), "{names:?}");
        ada.post("/executions", &[("query", id(&first)), ("instance", &all[1])]).await.with(303);
        assert_eq!(chosen(&ada.get(&second).await.with(200), "instance"), all[1]);
    }

    /// A query without a default instance is checked against the AMC documentation, and requires choosing one.
    async fn a_query_without_a_default_asks_for_an_instance(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = save(&ada, "private", "").await;
        let page = ada.get(&query).await.with(200);
        assert!(page.text("#against").contains("No instance is chosen"), "{}", page.body);
        let told = ada.post("/executions", &[("query", id(&query)), ("window", "last-week")]).await.with(422);
        assert!(told.text("#e-instance").contains("Choose the instance"), "{}", told.body);
        assert_eq!(chosen(&told, "window"), "last-week", "what was filled in stays");
    }

    /// When access ends, or an instance is deleted, the owner keeps the query and can give it another home.
    async fn a_query_outlives_the_access_of_its_owner(house: House) {
        let ada = house.signed_in("Ada").await;
        let ben = house.signed_in("Ben").await;
        let instance = instances(&ada).await.remove(0);
        let_in(&house, "Ben", &instance, "analyst").await;
        let query = save(&ben, &instance, &instance).await;
        let gone: &'static str = Box::leak(format!("delete from instance_access where instance_id = '{instance}' and source = 'shared' and role = $1").into_boxed_str());
        crate::access::change(&house, gone, "analyst").await;
        let page = ben.get(&query).await.with(200);
        assert!(page.body.contains("an instance you have no access to"), "{}", page.body);
        let editor = ben.get(&format!("{query}/edit")).await.with(200);
        assert_eq!((chosen(&editor, "home"), chosen(&editor, "instance")), (instance.clone(), "keep".to_owned()));
        ben.post(&format!("{query}/edit"), &[("home", &instance), ("instance", "keep"), ("name", "Mine"), ("sql", REACH), ("revision", "1")]).await.with(303);
        assert_eq!(ada.get(&query).await.with(200).text("h1"), "Mine");
        moved(&ben, &query, "private").await.with(303);
        ada.get(&query).await.with(404);

        let query = save(&ada, &instance, &instance).await;
        crate::access::change(&house, "delete from instances where id = $1", &instance).await;
        assert!(ada.get(&query).await.with(200).body.contains("only you"));
        assert_eq!(ada.get("/queries").await.texts("tbody tr").len(), 1);
    }

    /// A copy has the chosen home; by default the same one, if permitted.
    async fn a_copy_has_a_home_and_an_instance_of_its_own(house: House) {
        let ada = house.signed_in("Ada").await;
        let ben = house.signed_in("Ben").await;
        let all = instances(&ada).await;
        let_in(&house, "Ben", &all[0], "viewer").await;
        let query = save(&ada, &all[0], &all[0]).await;
        let form = ada.get(&format!("{query}/duplicate")).await.with(200);
        assert_eq!((chosen(&form, "home"), chosen(&form, "instance")), (all[0].clone(), all[0].clone()));
        assert_eq!(form.attributes("input[name=name]", "value"), ["Reach (copy)"]);
        let fields = [("name", "For B"), ("home", "private"), ("instance", all[1].as_str())];
        let copy = ada.post(&format!("{query}/duplicate"), &fields).await.with(303).location;
        assert_eq!(chosen(&ada.get(copy.trim_end_matches("/edit")).await.with(200), "instance"), all[1]);
        let wrong = ada.post(&format!("{query}/duplicate"), &[("name", ""), ("home", "x")]).await.with(422);
        assert_eq!(wrong.texts("#errors li").len(), 2);
        let theirs = ben.post(&format!("{query}/duplicate"), &[]).await.with(303).location;
        assert_eq!(chosen(&ben.get(&theirs).await.with(200), "home"), "private", "a viewer's copy is their own");
    }

    /// The list can be filtered by home and by instance.
    async fn the_list_narrows_to_a_home(house: House) {
        let ada = house.signed_in("Ada").await;
        let all = instances(&ada).await;
        for (home, instance) in [("private", ""), ("everyone", all[1].as_str()), (all[0].as_str(), all[1].as_str())] {
            save(&ada, home, instance).await;
        }
        let count = async |address: &str| ada.get(address).await.with(200).texts("tbody tr").len();
        assert_eq!(count("/queries").await, 3);
        for home in ["private", "instance", "everyone"] {
            assert_eq!(count(&format!("/queries?home={home}")).await, 1, "{home}");
        }
        assert_eq!(count(&format!("/queries?instance={}", all[1])).await, 2);
        assert_eq!(count(&format!("/queries?instance={}", all[0])).await, 1);
        assert!(ada.get("/queries.csv").await.body.contains("name,description,tags,home,"));
    }

    /// Saved in two of one's own tabs: it says that it was oneself, and shows the differences.
    async fn two_own_tabs_are_distinguished_from_two_people(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let query = save(&ada, "everyone", "").await;
        let form = |sql| [("name", "Reach"), ("sql", sql), ("revision", "1")];
        ada.post(&format!("{query}/edit"), &form("SELECT 'first'")).await.with(303);
        let both = ada.post(&format!("{query}/edit"), &form("SELECT 'second'")).await.with(409);
        assert!(both.text(".callout[data-tone=warning]").contains("You saved this query in another tab"), "{}", both.body);
        assert!(both.text("#difference-title").contains("1 line added, 1 line removed"));
        let other = save(&chie, "everyone", "").await;
        chie.post(&format!("{other}/edit"), &form("SELECT 'first'")).await.with(303);
        let both = ada.post(&format!("{other}/edit"), &form("SELECT 'second'")).await.with(409);
        assert!(both.text(".callout[data-tone=warning]").contains("Somebody else changed this query"), "{}", both.body);
    }
}
