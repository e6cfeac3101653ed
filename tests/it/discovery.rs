//! Instance discovery: combining the lists, failing accounts, and progress messages.

use chrono::TimeDelta;

use crate::support::stories;

/// Names of the instances on a visitor's list.
fn names(page: &crate::support::Answer) -> Vec<String> {
    page.texts("tbody th a")
}

/// Each account's answer, as on the connections page: name and line.
async fn answers(visitor: &crate::support::Visitor) -> Vec<String> {
    visitor.get("/settings/connections").await.with(200).texts("main section table tbody tr")
}

stories! {
    /// The clients' instances are listed under the clients' accounts, which only the lists of advertisers contain.
    async fn a_manager_finds_the_instances_of_clients(house: House) {
        let mia = house.signed_in("Mia").await;
        let page = mia.get("/instances").await.with(200);
        let found = names(&page);
        for name in ["Agency C Sandbox", "Elm Bikes US", "Fern Tea US"] {
            assert_eq!(found.iter().filter(|one| *one == name).count(), 1, "{name}: {found:?}");
        }
        let lines = answers(&mia).await;
        let closed = lines.iter().find(|line| line.contains("former account")).expect("the refusing account is named");
        assert!(closed.contains("Refused") && closed.contains("Unauthorized request."), "{closed}");
        let page = mia.get("/settings/connections").await.with(200);
        assert!(page.text("main").contains("1 account in another region"), "{}", page.text("main"));
        assert!(page.text("tbody tr").contains("Partly connected"), "{}", page.text("tbody tr"));
    }

    /// One instance, listed by two accounts: one row with both, and a call that one refuses is made through the
    /// other.
    async fn an_instance_of_two_accounts_is_called_by_the_one_that_allows_it(house: House) {
        let mia = house.signed_in("Mia").await;
        let pairs = house.count("select count(*) as value from instance_entities e join instances i on i.id = e.instance_id where i.amc_id = 'amcsamplec2'").await;
        assert_eq!(pairs, 2);
        house.fault("refused=403", "/amc/reporting/amcsamplec2#ENTITYSAMPLEC1US", "").await;
        let page = mia.get("/instances?q=amcsamplec2").await.with(200);
        let id = page.attributes("tbody th a", "href")[0].rsplit('/').next().unwrap().to_owned();
        let fields = [("instance", id.as_str()), ("name", "Q"), ("sql", crate::executions::REACH), ("window", "settled")];
        let led = mia.post("/queries/new", &fields).await.with(303).location;
        let query = led.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap().to_owned();
        crate::executions::run(&mia, &query).await;
        house.settle().await;
        assert_eq!(house.count("select count(*) as value from executions where state = 'succeeded'").await, 1);
    }

    /// Whatever the second account answers, the third is requested, and the second's previous data is kept.
    async fn an_account_that_answers_oddly_is_named_and_stops_no_other(house: House) {
        let ada = house.signed_in("Ada").await;
        let before = names(&ada.get("/instances").await.with(200));
        let odd = ["refused=400", "refused=401", "refused=403", "refused=404", "5xx=502", "empty", "null", "empty-object", "one-object", "html", "cut"];
        for kind in odd {
            house.fault(kind, "/amc/instances#ENTITYSAMPLEA1US", "").await;
            ada.post("/instances/refresh", &[]).await.with(303);
            house.tick("instance-discovery").await;
            let lines = answers(&ada).await;
            let line = |name: &str| lines.iter().find(|line| line.contains(name)).cloned().unwrap_or_else(|| panic!("{kind}: {lines:?}"));
            let troubled = line("North America");
            assert!(troubled.contains("Failed") || troubled.contains("Refused"), "{kind}: {troubled}");
            assert!(!troubled.contains("None"), "{kind} has no message: {troubled}");
            assert!(line("Agency A Europe").contains("Answered"), "{kind}: {lines:?}");
            let page = ada.get("/instances").await.with(200);
            assert_eq!(names(&page), before, "{kind}");
            assert!(page.text("main").contains("Some accounts didn't list their instances"), "{kind}");
            assert!(!page.text("main").contains("Loading your"), "{kind}");
            house.heal().await;
            house.time.advance(TimeDelta::minutes(20));
        }
        ada.post("/instances/refresh", &[]).await.with(303);
        house.tick("instance-discovery").await;
        let lines = answers(&ada).await;
        assert!(lines.iter().all(|line| !line.contains("Failed") && !line.contains("Refused")), "{lines:?}");
        assert!(ada.get("/settings/connections").await.text("tbody tr").contains("None"));
    }

    /// An entry without an id is skipped and reported, and the others are used.
    async fn an_entry_without_an_id_is_skipped_and_said(house: House) {
        let ada = house.signed_in("Ada").await;
        let before = names(&ada.get("/instances").await.with(200));
        house.fault("no-id", "/amc/instances#ENTITYSAMPLEA1US", "1").await;
        ada.post("/instances/refresh", &[]).await.with(303);
        house.tick("instance-discovery").await;
        let lines = answers(&ada).await;
        let odd = lines.iter().find(|line| line.contains("North America")).unwrap();
        assert!(odd.contains("Skipped 1 entry without an ID."), "{odd}");
        assert_eq!(names(&ada.get("/instances").await.with(200)), before);
        assert_eq!(house.count("select count(*) as value from instance_entities e join instances i on i.id = e.instance_id where i.amc_id = 'amcsamplea1'").await, 1);
    }

    /// A throttled account is waited for; the survey continues where it stopped.
    async fn a_survey_that_is_throttled_continues_where_it_stands(house: House) {
        let visitor = house.visitor();
        visitor.sign_in("Ada").await;
        house.fault("429=30", "/amc/instances#ENTITYSAMPLEA2UK", "1").await;
        house.tick("instance-discovery").await;
        let page = visitor.get("/instances").await.with(200);
        assert!(page.text("main").contains("1 of 3 accounts checked. Next: Agency A Europe"), "{}", page.text("main"));
        let first = names(&page).len();
        assert!(first > 0, "what is found is shown at once");
        house.tick("instance-discovery").await;
        assert_eq!(names(&visitor.get("/instances").await.with(200)).len(), first, "it waits as long as it was asked to");
        house.time.advance(TimeDelta::seconds(31));
        house.tick("instance-discovery").await;
        let page = visitor.get("/instances").await.with(200);
        assert!(names(&page).len() > first && !page.text("main").contains("Loading your"), "{}", page.text("main"));
    }

    /// A list that can't be read is reported, and previous data is kept.
    async fn a_list_of_accounts_that_fails_forgets_nothing(house: House) {
        let ada = house.signed_in("Ada").await;
        let before = names(&ada.get("/instances").await.with(200));
        house.fault("5xx=500", "/amc/accounts", "").await;
        ada.post("/instances/refresh", &[]).await.with(303);
        house.tick("instance-discovery").await;
        let page = ada.get("/instances").await.with(200);
        assert_eq!(names(&page), before);
        assert!(page.text("main").contains("Couldn't list the AMC accounts."), "{}", page.text("main"));
        house.heal().await;
        house.time.advance(TimeDelta::minutes(6));
        house.tick("instance-discovery").await;
        assert!(!ada.get("/instances").await.text("main").contains("Couldn't list"));
    }
}
