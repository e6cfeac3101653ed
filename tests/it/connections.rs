//! Sign-in, sessions, and grants that are refreshed or revoked.

use chrono::TimeDelta;
use recomamp::ids::Random;
use recomamp::web::session::Sessions;
use tower_sessions::SessionStore as _;
use tower_sessions::session::Id;

use crate::executions::{REACH, run, set};
use crate::support::stories;

stories! {
    /// Sign-in: consent, session, instances.
    async fn a_person_signs_in_and_finds_their_instances(house: House) {
        let visitor = house.visitor();
        let asked = visitor.get("/instances").await.with(303);
        assert_eq!(asked.location, "/sign-in?to=%2Finstances");
        visitor.sign_in("Ada").await;
        house.tick("instance-discovery").await;
        let page = visitor.get("/instances").await.with(200);
        assert_eq!(page.text("h1"), "Instances");
        assert!(page.texts("tbody tr").len() > 1, "{}", page.body);
        let tokens = house.count("select count(*) as value from connections where sealed_access like '%Atza%' or sealed_refresh like '%Atzr%'").await;
        assert_eq!(tokens, 0, "tokens are sealed");
    }

    /// A state that this browser wasn't given is refused.
    async fn a_forged_state_signs_nobody_in(house: House) {
        let visitor = house.visitor();
        let consent = visitor.post("/auth/amazon/start", &[("region", "NA"), ("next", "/")]).await.with(303).location;
        let back = visitor.allow(&consent, "Ada").await;
        let stranger = house.visitor();
        let page = stranger.get(&back).await.with(400);
        assert!(page.body.contains("started in this browser or was already used"), "{}", page.body);
        stranger.get("/instances").await.with(303);
        let mut forged = url::Url::parse(&back).unwrap();
        forged.set_query(Some("code=x&state=forged"));
        visitor.get(forged.as_str()).await.with(400);
    }

    /// A code works once.
    async fn a_replayed_answer_of_amazon_is_refused(house: House) {
        let visitor = house.visitor();
        let consent = visitor.post("/auth/amazon/start", &[("region", "NA"), ("next", "/")]).await.with(303).location;
        let back = visitor.allow(&consent, "Ada").await;
        visitor.get(&back).await.with(303);
        visitor.get(&back).await.with(400);
    }

    /// A sign-in that was left for ten minutes is refused, without claiming that a signed-in person is signed out.
    async fn a_sign_in_that_was_left_for_ten_minutes_has_expired(house: House) {
        let visitor = house.signed_in("Ada").await;
        let consent = visitor.post("/auth/amazon/start", &[("region", "NA"), ("next", "/")]).await.with(303).location;
        house.time.advance(TimeDelta::minutes(10));
        let back = visitor.allow(&consent, "Ada").await;
        let page = visitor.get(&back).await.with(400);
        assert!(page.body.contains("more than ten minutes ago"), "{}", page.body);
        assert!(!page.body.contains("signed in</h2>") && !page.body.contains("You aren"), "{}", page.body);
        visitor.get("/instances").await.with(200);
    }

    /// A session id planted before sign-in is replaced.
    async fn the_session_changes_its_name_at_sign_in(house: House) {
        let visitor = house.visitor();
        visitor.post("/auth/amazon/start", &[("region", "NA")]).await.with(303);
        let before = visitor.cookies();
        visitor.sign_in("Ada").await;
        assert_ne!(visitor.cookies(), before);
        let planted = house.visitor();
        planted.take_cookies(before);
        planted.get("/instances").await.with(303);
    }

    /// Idle time-out and total time-out.
    async fn a_session_ends_when_it_was_idle_too_long(house: House) {
        let visitor = house.signed_in("Ada").await;
        house.time.advance(TimeDelta::hours(71));
        visitor.get("/instances").await.with(200);
        house.time.advance(TimeDelta::hours(71));
        visitor.get("/instances").await.with(200);
        house.time.advance(TimeDelta::hours(73));
        visitor.get("/instances").await.with(303);
    }

    /// Sign-out, and ending sessions of other browsers.
    async fn a_person_ends_their_sessions(house: House) {
        let here = house.signed_in("Ada").await;
        let there = house.signed_in("Ada").await;
        let page = here.get("/settings/sessions").await.with(200);
        assert_eq!(page.texts("tbody tr").len(), 2);
        let ends = page.attributes("main form[action$='/end']", "action");
        let own = page.texts("tbody tr").iter().position(|row| row.contains("this browser")).unwrap();
        here.post(&ends[1 - own], &[]).await.with(303);
        there.get("/instances").await.with(303);
        here.post("/sign-out", &[]).await.with(303);
        here.get("/instances").await.with(303);
    }

    /// One button signs out all browsers but this one; with nothing else signed in there is none.
    async fn a_person_signs_out_all_other_browsers(house: House) {
        let here = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        assert!(here.get("/settings/sessions").await.texts("main .head form").is_empty());
        let others = [house.signed_in("Ada").await, house.signed_in("Ada").await];
        let all = here.get("/settings/sessions").await.attributes("main .head form", "action").remove(0);
        here.post(&all, &[]).await.with(303);
        for gone in others {
            gone.get("/instances").await.with(303);
        }
        chie.get("/instances").await.with(200);
        let page = here.get("/settings/sessions").await.with(200);
        assert!(page.text("body").contains("2 other browsers are signed out"), "{}", page.body);
        assert_eq!(page.texts("tbody tr").len(), 1);
        assert_eq!(house.count("select count(*) as value from audit where action = 'signed-out'").await, 1);
    }

    /// A request in progress when its session ends doesn't restore the session.
    async fn an_ended_session_is_not_brought_back_by_a_request_in_hand(house: House) {
        let visitor = house.signed_in("Ada").await;
        let sessions = Sessions::new(house.db().clone(), house.app.site.clock.clone(), Random::seeded(7), &house.app.site.config.limits);
        let id: Id = visitor.cookies()["recomamp"].parse().unwrap();
        let in_hand = sessions.load(&id).await.unwrap().expect("it is signed in");
        visitor.post("/sign-out", &[]).await.with(303);
        sessions.save(&in_hand).await.unwrap();
        assert!(sessions.load(&id).await.unwrap().is_none());
        assert_eq!(house.count("select count(*) as value from sessions where person_id is not null").await, 0);
    }

    /// Expired sessions are deleted.
    async fn old_sessions_are_swept_away(house: House) {
        let _visitor = house.signed_in("Ada").await;
        assert_eq!(house.tick("session-cleaner").await.changed, 0);
        house.time.advance(TimeDelta::days(31));
        assert_eq!(house.tick("session-cleaner").await.changed, 1);
        assert_eq!(house.count("select count(*) as value from sessions").await, 0);
    }

    /// Fifteen minutes before expiry, and not sooner.
    async fn tokens_are_refreshed_before_they_expire(house: House) {
        let _visitor = house.signed_in("Ada").await;
        assert_eq!(house.tick("refresher").await.looked, 0);
        house.time.advance(TimeDelta::minutes(46));
        let tick = house.tick("refresher").await;
        assert_eq!((tick.looked, tick.changed, tick.failed), (1, 1, 0));
        assert_eq!(house.tick("refresher").await.looked, 0);
    }

    /// Twenty executions find an expired token: one refresh serves them all.
    async fn a_token_that_expires_during_a_poll_is_refreshed_once(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = ada.get("/instances").await.with(200);
        let ids: Vec<String> = page.attributes("tbody th a", "href").iter().map(|link| link.rsplit('/').next().unwrap().to_owned()).collect();
        for at in 0..20 {
            let fields = [("instance", ids[at % ids.len()].as_str()), ("name", "Q"), ("sql", REACH), ("window", "settled")];
            let led = ada.post("/queries/new", &fields).await.with(303).location;
            let query = led.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap().to_owned();
            run(&ada, &query).await;
        }
        house.tick("poller").await;
        house.time.advance(TimeDelta::minutes(61));
        set(&house, "update connections set access_expires_at = '2027-01-01T00:00:00Z' where region = $1", "NA").await;
        let before = house.count("select cast(sum(revision) as bigint) as value from connections").await;
        let tick = house.tick("poller").await;
        assert!(tick.looked > 1 && tick.failed == 0, "{tick:?}");
        assert_eq!(house.count("select cast(sum(revision) as bigint) as value from connections").await, before + 1);
    }

    /// A refresh that fails fails only once, for all who waited for it.
    async fn a_failed_refresh_is_shared_by_all_who_wait_for_it(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = ada.get("/instances").await.with(200);
        for link in page.attributes("tbody th a", "href") {
            let id = link.rsplit('/').next().unwrap();
            let fields = [("instance", id), ("name", "Q"), ("sql", REACH), ("window", "settled")];
            let led = ada.post("/queries/new", &fields).await.with(303).location;
            let query = led.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap().to_owned();
            run(&ada, &query).await;
        }
        house.time.advance(TimeDelta::minutes(61));
        house.fault("5xx", "/auth/o2/token", "1").await;
        house.tick("poller").await;
        assert_eq!(house.count("select failures as value from connections").await, 1);
        assert_eq!(house.count("select count(*) as value from executions where state <> 'waiting'").await, 0);
        house.settle().await;
    }

    /// One state, one audit log entry.
    async fn a_withdrawn_grant_becomes_one_notice(house: House) {
        let visitor = house.signed_in("Ada").await;
        house.fault("revoked", "/auth/o2/token", "1").await;
        house.time.advance(TimeDelta::minutes(50));
        assert_eq!(house.tick("refresher").await.failed, 1);
        house.time.advance(TimeDelta::minutes(50));
        assert_eq!(house.tick("refresher").await.looked, 0);
        let page = visitor.get("/settings/connections").await.with(200);
        assert!(page.text("tbody tr").contains("Reconnect"), "{}", page.body);
        assert!(visitor.get("/").await.with(200).text("main").contains("Reconnect to Amazon"));
        let ben = house.signed_in("Ben").await;
        assert!(!ben.get("/").await.with(200).text("main").contains("Reconnect to Amazon"), "it is nobody else's matter");
        assert_eq!(house.count("select count(*) as value from audit where action = 'revoked'").await, 1);
    }

    /// A refresh that fails transiently is retried with growing intervals.
    async fn a_failed_refresh_is_tried_again(house: House) {
        let _visitor = house.signed_in("Ada").await;
        house.fault("5xx", "/auth/o2/token", "1").await;
        house.time.advance(TimeDelta::minutes(46));
        assert_eq!(house.tick("refresher").await.failed, 1);
        assert_eq!(house.tick("refresher").await.looked, 0);
        house.time.advance(TimeDelta::seconds(31));
        assert_eq!(house.tick("refresher").await.changed, 1);
    }

    /// A wrong key file pauses background work with one message, instead of failing for each token.
    async fn a_wrong_key_file_holds_background_work_back(house: House) {
        let visitor = house.signed_in("Ada").await;
        let keys = house.app.site.config.keys_file.clone();
        let right = std::fs::read_to_string(&keys).unwrap();
        std::fs::write(&keys, format!("{}\n", recomamp::ids::Random::seeded(9).token())).unwrap();
        let house = house.crash_and_start_again().await;
        assert!(house.app.held.as_deref().is_some_and(|reason| reason.contains("RECOMAMP_KEYS_FILE")));
        visitor.get("/instances").await.with(200);
        let ben = house.visitor();
        ben.sign_in("Ben").await;
        assert!(ben.get("/").await.with(200).body.contains("signed in, but your Amazon access"), "they are told that nothing was sealed");
        assert_eq!(house.count("select count(*) as value from connections").await, 1, "with the wrong key nothing is sealed");
        std::fs::write(&keys, right).unwrap();
        let house = house.crash_and_start_again().await;
        assert_eq!(house.app.held, None);
        assert_eq!(house.count("select count(*) as value from connections where state = 'active'").await, 1);
    }

    /// One of two grants was encrypted with another key: its owner is asked to sign in again, work continues for the
    /// other, and restoring the key restores the grant.
    async fn a_grant_that_no_key_opens_is_its_owners_matter_only(house: House) {
        let ada = house.signed_in("Ada").await;
        let keys = house.app.site.config.keys_file.clone();
        let first = std::fs::read_to_string(&keys).unwrap();
        let second = format!("{}\n", recomamp::ids::Random::seeded(9).token());
        std::fs::write(&keys, &second).unwrap();
        let ben = house.visitor();
        ben.sign_in("Ben").await;
        let house = house.crash_and_start_again().await;
        assert_eq!(house.app.held, None, "one key file that opens something is the right one");
        assert!(ada.get("/settings/connections").await.text("tbody tr").contains("Reconnect"));
        assert_eq!(house.count("select count(*) as value from audit where action = 'revoked'").await, 1);
        house.time.advance(TimeDelta::minutes(46));
        assert_eq!(house.tick("refresher").await.changed, 1, "the other grant works");
        std::fs::write(&keys, format!("{second}{first}")).unwrap();
        let house = house.crash_and_start_again().await;
        assert_eq!(house.count("select count(*) as value from connections where state = 'active'").await, 2);
        assert_eq!(house.tick("refresher").await.failed, 0);
    }
}
