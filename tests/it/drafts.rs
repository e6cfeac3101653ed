//! Typed text isn't lost: after a crash, in a second tab, when others save meanwhile, when it is discarded.

use reqwest::Method;

use crate::queries::{REACH, instance, saved, sql, submitted};
use crate::support::{Answer, Visitor, stories};

/// The hidden fields with an editor's id and what it edits.
fn hidden(page: &Answer) -> Vec<(String, String)> {
    let editor = "form[data-guard] > input[type=hidden]";
    page.attributes(editor, "name").into_iter().zip(page.attributes(editor, "value")).collect()
}

/// An editor in a tab.
struct Tab<'a> {
    visitor: &'a Visitor,
    hidden: Vec<(String, String)>,
    page: Answer,
}

impl<'a> Tab<'a> {
    async fn open(visitor: &'a Visitor, address: &str) -> Self {
        let mut page = visitor.get(address).await;
        while page.status.is_redirection() {
            page = visitor.get(&page.location).await;
        }
        Self { visitor, hidden: hidden(&page), page: page.with(200) }
    }

    fn form<'f>(&'f self, name: &'f str, sql: &'f str) -> Vec<(&'f str, &'f str)> {
        let hidden = self.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        hidden.chain([("name", name), ("sql", sql)]).collect()
    }

    /// What the browser sends automatically while somebody types.
    async fn types(&self, name: &str, sql: &str) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.form(name, sql)).finish();
        self.visitor.send(Method::POST, "/queries/drafts", &[("hx-request", "true")], Some(body)).await
    }

    fn value(&self, name: &str) -> &str {
        self.hidden.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
}

stories! {
    /// Typed in a new query, then the browser crashed: the next editor offers it, with its name.
    async fn what_was_typed_in_a_new_query_is_offered_after_a_crash(house: House) {
        let ada = house.signed_in("Ada").await;
        let tab = Tab::open(&ada, "/queries/new").await;
        assert!(tab.types("Reach", "SELECT 1").await.with(200).text("#draft-state").contains("Draft saved"));
        tab.types("Reach", "SELECT 12").await.with(200);
        assert_eq!(house.count("select count(*) as value from drafts").await, 1, "one tab keeps one draft");
        let again = ada.get("/queries/new").await.with(200);
        assert!(again.text("[data-tone=info]").contains("You have unsaved changes from"));
        assert_eq!(sql(&again), "", "what is offered is not forced upon anybody");
        let offer = again.attributes("[data-tone=info] a", "href").remove(0);
        let tab = Tab::open(&ada, &offer).await;
        assert_eq!(sql(&tab.page), "SELECT 12");
        tab.types("Reach", "SELECT 123").await.with(200);
        let instance = instance(&ada).await;
        let mut form = tab.form("Reach", "SELECT 123");
        form.push(("instance", &instance));
        ada.post("/queries/new", &form).await.with(303);
        assert!(ada.get("/queries/new").await.texts("[data-tone=info]").is_empty());
        assert_eq!(house.count("select count(*) as value from drafts").await, 0);
    }

    /// A guide's query opened twice is one draft, and only looking at it adds none to the lists.
    async fn a_guides_query_that_is_only_looked_at_leaves_no_trace(house: House) {
        let ada = house.signed_in("Ada").await;
        let open = async || ada.post("/guides/first-query/queries/reach-and-frequency-by-campaign/open", &[]).await.with(303).location;
        let (first, second) = (open().await, open().await);
        assert_eq!(first, second);
        assert_eq!(house.count("select count(*) as value from drafts").await, 1);
        for list in ["/queries", "/queries/drafts", "/queries/new"] {
            let page = ada.get(list).await.with(200);
            assert!(!page.body.contains(first.rsplit('=').next().expect("an id")), "{list}");
        }
        let tab = Tab::open(&ada, &first).await;
        tab.types("Changed", "SELECT 1").await.with(200);
        assert_eq!(ada.get("/queries").await.texts("#drafts li").len(), 1, "what was changed is listed");
        assert_ne!(open().await, first, "the guide's own text is opened beside it");
    }

    /// Back after Save: the draft's address redirects to the query, and submitting the form again changes it.
    async fn the_address_of_a_saved_draft_leads_to_its_query(house: House) {
        let ada = house.signed_in("Ada").await;
        let tab = Tab::open(&ada, "/queries/new").await;
        let query = ada.post("/queries/new", &tab.form("Reach", "SELECT 1")).await.with(303).location;
        let back = ada.get(&format!("/queries/new?draft={}", tab.value("draft"))).await.with(303);
        assert_eq!(back.location, format!("{query}/edit"));
        let again = ada.post("/queries/new", &tab.form("Reach", "SELECT 2")).await.with(303).location;
        assert_eq!((again, house.count("select count(*) as value from queries").await), (query.clone(), 1));
        assert_eq!(sql(&ada.get(&format!("{query}/edit")).await), "SELECT 2");
        let chie = house.signed_in("Chie").await;
        chie.get(&format!("/queries/new?draft={}", tab.value("draft"))).await.with(404);
    }

    /// A form that couldn't be saved is there after Back, even without waiting for the draft.
    async fn what_could_not_be_saved_is_kept_as_a_draft(house: House) {
        let ada = house.signed_in("Ada").await;
        let tab = Tab::open(&ada, "/queries/new").await;
        ada.post("/queries/new", &tab.form("", "SELECT 1")).await.with(422);
        let back = ada.get(&format!("/queries/new?draft={}", tab.value("draft"))).await.with(200);
        assert_eq!(sql(&back), "SELECT 1");
    }

    /// Several drafts are listed in one line each, and can be discarded one by one.
    async fn queries_that_were_left_are_offered_in_one_place(house: House) {
        let ada = house.signed_in("Ada").await;
        for (name, sql) in [("Reach", "SELECT 1"), ("Frequency", "SELECT 2")] {
            Tab::open(&ada, "/queries/new").await.types(name, sql).await.with(200);
        }
        let both = ada.get("/queries/new").await;
        assert_eq!((both.texts("[data-tone=info]").len(), both.texts("[data-tone=info] li").len()), (1, 2));
        ada.post(&both.attributes("[data-tone=info] form", "action")[0], &[]).await.with(303);
        let one = ada.get("/queries/new").await;
        assert!(one.text("[data-tone=info]").contains("You have unsaved changes from"));
    }

    /// Changes of a saved query: one draft, which is removed when they are saved, even if the program was killed
    /// meanwhile.
    async fn changes_of_a_saved_query_are_offered_after_the_program_was_killed(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let edit = format!("{query}/edit");
        let tab = Tab::open(&ada, &edit).await;
        tab.types("Reach", "SELECT 'changed'").await.with(200);
        let cookies = ada.cookies();
        let house = house.crash_and_start_again().await;
        let ada = house.visitor();
        ada.take_cookies(cookies);
        let page = ada.get(&edit).await.with(200);
        assert_eq!(sql(&page), REACH);
        assert!(page.text("[data-tone=info]").contains("You have unsaved changes from 18 Mar 2026, 09:00"));
        let tab = Tab::open(&ada, &page.attributes("[data-tone=info] a", "href").remove(0)).await;
        assert_eq!(sql(&tab.page), "SELECT 'changed'");
        ada.post(&edit, &tab.form("Reach", "SELECT 'changed'")).await.with(303);
        assert_eq!(house.count("select count(*) as value from drafts").await, 0);
        let tab = Tab::open(&ada, &edit).await;
        tab.types("Reach", "SELECT 'changed'").await.with(200);
        assert_eq!(house.count("select count(*) as value from drafts").await, 0, "the saved text is no draft");
    }

    /// Two tabs with one query: the second is warned, and neither loses anything.
    async fn a_second_tab_does_not_overwrite_the_draft_of_the_first(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let edit = format!("{query}/edit");
        let (first, second) = (Tab::open(&ada, &edit).await, Tab::open(&ada, &edit).await);
        first.types("Reach", "SELECT 'first'").await.with(200);
        let told = second.types("Reach", "SELECT 'second'").await.with(200);
        assert!(told.text("[role=alert]").contains("Another tab or browser has a draft"));
        let other = told.attributes("[role=alert] a", "href").remove(0);
        assert_eq!(sql(&Tab::open(&ada, &other).await.page), "SELECT 'first'");
        // The button without scripts: both texts, then a decision.
        let both = ada.post("/queries/drafts", &second.form("Reach", "SELECT 'second'")).await.with(409);
        assert_eq!((sql(&both), both.text("#other")), ("SELECT 'second'".to_owned(), "SELECT 'first'".to_owned()));
        let over = told.attributes("button[name=over]", "value").remove(0);
        let mut form = second.form("Reach", "SELECT 'second'");
        form.push(("over", &over));
        ada.post("/queries/drafts", &form).await.with(303);
        assert_eq!(ada.get("/queries/bin").await.texts("#drafts li").len(), 1, "the first tab's draft is in the bin");
        // The first tab saves; the second one's draft still exists, and saving it shows both texts.
        ada.post(&edit, &first.form("Reach", "SELECT 'first'")).await.with(303);
        let told = second.types("Reach", "SELECT 'second!'").await.with(200);
        assert!(told.text("[role=status]").contains("after you started editing"));
        let offered = ada.get(&edit).await.with(200).attributes("[data-tone=info] a", "href").remove(0);
        let third = Tab::open(&ada, &offered).await;
        assert_eq!(sql(&third.page), "SELECT 'second!'");
        assert!(third.page.text("#draft-state").contains("after you started editing"));
        let both = ada.post(&edit, &third.form("Reach", "SELECT 'second!'")).await.with(409);
        assert_eq!((sql(&both), both.text("#theirs")), ("SELECT 'second!'".to_owned(), "SELECT 'first'".to_owned()));
    }

    /// Discarding can be undone; what replaced it meanwhile is moved to the bin in turn.
    async fn a_discarded_draft_can_be_restored_and_is_deleted_after_thirty_days(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let edit = format!("{query}/edit");
        let tab = Tab::open(&ada, &edit).await;
        tab.types("Reach", "SELECT 'one'").await.with(200);
        let discard = ada.get(&edit).await.attributes("form[action$='/delete']", "action").remove(0);
        let (_, list) = submitted(&ada, &discard, &[]).await;
        assert!(list.texts("#drafts li").is_empty());
        let undo = list.attributes("form[action^='/queries/drafts'][action$='/restore']", "action").remove(0);
        let other = Tab::open(&ada, &edit).await;
        other.types("Reach", "SELECT 'two'").await.with(200);
        let back = ada.post(&undo, &[]).await.with(303).location;
        assert_eq!(sql(&Tab::open(&ada, &back).await.page), "SELECT 'one'");
        assert_eq!(ada.get("/queries").await.texts("#drafts li").len(), 1, "a query has one draft");
        assert_eq!(ada.get("/queries/bin").await.texts("#drafts li").len(), 1);
        let chie = house.signed_in("Chie").await;
        chie.post(&undo, &[]).await.with(404);
        house.time.advance(chrono::TimeDelta::days(29));
        house.tick("bin-purger").await;
        assert_eq!(house.count("select count(*) as value from drafts").await, 2);
        house.time.advance(chrono::TimeDelta::days(2));
        assert_eq!(house.tick("bin-purger").await.changed, 1);
        assert_eq!(house.count("select count(*) as value from drafts").await, 1, "a draft that is not discarded stays");
    }

    /// Signed out while typing: the page shows it and stays, and the draft is offered later.
    async fn a_session_that_ends_while_typing_takes_nothing_away(house: House) {
        let ada = house.signed_in("Ada").await;
        let tab = Tab::open(&ada, "/queries/new").await;
        tab.types("Reach", "SELECT 1").await.with(200);
        ada.post("/sign-out", &[]).await.with(303);
        let told = tab.types("Reach", "SELECT 12").await.with(401);
        assert!(!told.headers.contains_key("hx-redirect"), "another page would take the text away");
        let referer = [("referer", "http://recomamp.example/queries/new?instance=x")];
        let sent = ada.send(Method::POST, "/queries/new", &referer, Some("name=Reach&sql=SELECT+12".to_owned())).await.with(303);
        assert_eq!(sent.location, "/sign-in?to=%2Fqueries%2Fnew%3Finstance%3Dx&unsaved=yes");
        assert!(ada.get(&sent.location).await.with(200).text("#errors").contains("wasn't saved"));
        ada.sign_in("Ada").await;
        tab.types("Reach", "SELECT 12").await.with(200);
        assert!(ada.get("/queries/new").await.text("[data-tone=info]").contains("Reach"));
    }

    /// Nobody can take over another person's draft, query or tab.
    async fn nobody_writes_into_anothers_draft(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let tab = Tab::open(&ada, &format!("{query}/edit")).await;
        tab.types("Reach", "SELECT 'mine'").await.with(200);
        let chie = house.signed_in("Chie").await;
        let theirs = Tab { visitor: &chie, hidden: tab.hidden.clone(), page: chie.get("/queries/new").await };
        theirs.types("Stolen", "SELECT 'stolen'").await.with(200);
        assert_eq!(house.count("select count(*) as value from drafts where sql = 'SELECT ''mine'''").await, 1);
        let kept = "select count(*) as value from drafts where name = 'Stolen' and query_id is null";
        assert_eq!(house.count(kept).await, 1, "kept as a new query of their own");
        chie.get(&format!("/queries/new?draft={}", tab.value("draft"))).await.with(404);
    }

    /// A text that is too large, and an invalid one: reported, not lost, not stored.
    async fn a_text_that_cannot_be_kept_is_said_to_be_so(house: House) {
        let ada = house.signed_in("Ada").await;
        let tab = Tab::open(&ada, "/queries/new").await;
        let huge = "x".repeat((1 << 20) + 1);
        assert!(tab.types("Huge", &huge).await.with(200).text("[role=alert]").contains("1 MiB"));
        assert!(tab.types("Odd", "SELECT '\0'").await.with(200).text("[role=alert]").contains("NUL"));
        assert_eq!(house.count("select count(*) as value from drafts").await, 0);
    }
}
