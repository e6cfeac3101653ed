//! Key rotation while the program runs, however often it is interrupted.

use std::time::Duration;

use chrono::TimeDelta;
use recomamp::db::schema::tables;
use recomamp::db::{Scope, sql};
use recomamp::ids::{ConnectionId, PersonId, Random};
use recomamp::vault::{Secret, Vault};

use crate::executions::{REACH, run, saved};
use crate::support::{House, recomamp, started, stories};

fn ring(house: &House) -> Vault {
    Vault::from_file(&house.folder().join("keys"), &Random::seeded(1)).unwrap()
}

/// How many grants are encrypted with the first key, and how many there are.
async fn sealed(house: &House) -> (usize, usize) {
    let seals = recomamp::connections::seals(house.db(), &ring(house)).await.unwrap();
    (seals.current, seals.current + seals.older + seals.closed)
}

/// Many grants, each encrypted as the program does.
async fn many_grants(house: &House, number: usize) {
    const PERSON: &str = "insert into people (id, amazon_user_id, name, email, role, created_at, signed_in_at) \
        values ($1, $1, 'x', 'x', 'member', $2, $2)";
    const GRANT: &str = "insert into connections (id, person_id, region, state, sealed_access, sealed_refresh, \
        access_expires_at, refreshed_at, created_at) values ($1, $2, 'NA', 'active', $3, $4, $5, $5, $5)";
    let (random, now, vault) = (Random::system(), house.app.site.clock.now(), ring(house));
    let mut tx = house.db().write(&Scope::System).await.unwrap();
    for _ in 0..number {
        let (person, id): (PersonId, ConnectionId) = (random.id(now), random.id(now));
        let seal = |which: &str| vault.seal(&Secret::new("token"), &format!("connections/{id}/{which}"));
        sql(PERSON).bind(&person).bind(now).execute(&mut tx).await.unwrap();
        let grant = sql(GRANT).bind(&id).bind(&person).bind(seal("access")).bind(seal("refresh")).bind(now);
        grant.execute(&mut tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

stories! {
    /// New key, everything re-encrypted, old key removed; the running program continues, and so does the next one.
    async fn keys_are_rotated_while_the_program_runs(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let first = ring(&house).names();
        let said = recomamp(&house.settings(), &["keys", "rotate"]).await.with(0);
        assert!(said.out.contains("1 grant sealed again"), "{}", said.out);
        let both = ring(&house).names();
        assert_eq!(both[1..], first);
        assert_eq!(sealed(&house).await, (1, 1));
        house.time.advance(TimeDelta::minutes(46));
        assert_eq!(house.tick("refresher").await.changed, 1, "the running program opens what was sealed anew");
        assert_eq!(sealed(&house).await, (1, 1), "and seals with the new key");
        let said = recomamp(&house.settings(), &["keys", "rotate", "--retire"]).await.with(0);
        assert!(said.out.contains("1 key left the ring"), "{}", said.out);
        assert_eq!(ring(&house).names(), both[..1]);
        run(&ada, &query).await;
        house.settle().await;
        house.time.advance(TimeDelta::minutes(46));
        assert_eq!(house.tick("refresher").await.changed, 1);
        let house = house.crash_and_start_again().await;
        assert!(house.app.held.is_none());
        assert_eq!(house.count("select count(*) as value from audit where action in ('keys-rotated', 'keys-retired')").await, 2);
    }

    /// With another installation's key file nothing is encrypted, and no key is added to it.
    async fn a_wrong_key_file_is_not_rotated(house: House) {
        let _ada = house.signed_in("Ada").await;
        let keys = house.folder().join("keys");
        let other = format!("{}\n", Random::seeded(9).token());
        std::fs::write(&keys, &other).unwrap();
        for arguments in [&["keys", "rotate"][..], &["keys", "rotate", "--add"], &["keys", "rotate", "--retire"]] {
            let refused = recomamp(&house.settings(), arguments).await.with(1);
            assert!(refused.err.contains("opens none of the stored grants") && refused.err.contains("Ada"), "{}", refused.err);
            assert_eq!(std::fs::read_to_string(&keys).unwrap(), other, "nothing was changed");
        }
        assert_eq!(house.count("select count(*) as value from audit where action = 'keys-rotated'").await, 0);
    }

    /// With another version's schema nothing is encrypted, and both versions are reported.
    async fn keys_are_rotated_by_the_version_that_runs_only(house: House) {
        let _ada = house.signed_in("Ada").await;
        let url = house.settings().iter().find(|(name, _)| name == "DATABASE_URL").unwrap().1.clone();
        let before = ring(&house).names();
        crate::support::execute(&url, "update _sqlx_migrations set version = 9999 where version = 3").await;
        let newest = recomamp::db::schema::newest();
        for arguments in [&["keys", "rotate"][..], &["backup", "/nonexistent/backup"]] {
            let refused = recomamp(&house.settings(), arguments).await.with(1);
            assert!(refused.err.contains("has the schema 9999") && refused.err.contains(&format!("knows {newest}")), "{}", refused.err);
        }
        assert_eq!(ring(&house).names(), before);
        let told = house.visitor().get("/readyz").await.with(503).body;
        assert!(told.contains("newer RecomAMP"), "an older process is no longer ready: {told}");
    }

    /// A key in use stays; an interrupted rotation is completed without another key.
    async fn a_key_that_is_needed_does_not_leave(house: House) {
        let _ada = house.signed_in("Ada").await;
        recomamp(&house.settings(), &["keys", "rotate", "--add"]).await.with(0);
        assert_eq!((sealed(&house).await, ring(&house).names().len()), ((0, 1), 2));
        let refused = recomamp(&house.settings(), &["keys", "rotate", "--retire"]).await.with(1);
        assert!(refused.err.contains("run `recomamp keys rotate` first"), "{}", refused.err);
        assert_eq!(ring(&house).names().len(), 2);
        let said = recomamp(&house.settings(), &["keys", "rotate"]).await.with(0);
        assert!(said.err.contains("finishing that rotation"), "{}", said.err);
        assert_eq!((sealed(&house).await, ring(&house).names().len()), ((1, 1), 2));
    }

    /// Killed at many moments, and run again: every grant can still be decrypted, at the end with the newest key.
    async fn a_rotation_may_be_killed_anywhere(house: House) {
        many_grants(&house, 230).await;
        let settings = house.settings();
        for step in 0..10_u64 {
            let mut child = started(&settings, &["keys", "rotate"]);
            // OK to wait in real time: the moments only have to differ.
            let in_time = tokio::time::timeout(Duration::from_millis(20 + step * 15), child.wait()).await;
            if in_time.is_err() {
                child.kill().await.unwrap();
            }
            let seals = recomamp::connections::seals(house.db(), &ring(&house)).await.unwrap();
            assert_eq!((seals.closed, seals.current + seals.older), (0, 230), "after {step}");
        }
        recomamp(&settings, &["keys", "rotate"]).await.with(0);
        assert_eq!(sealed(&house).await, (230, 230));
        recomamp(&settings, &["keys", "rotate", "--retire"]).await.with(0);
        assert_eq!((sealed(&house).await, ring(&house).names().len()), ((230, 230), 1));
    }

    /// Addresses and signing secrets of webhooks are sealed with the new key, before the old one leaves.
    async fn webhooks_are_sealed_again(house: House) {
        let ada = house.signed_in("Ada").await;
        let fields = [("name", "Mine"), ("kind", "webhook"), ("sends", "all"), ("url", "https://hooks.example.com/")];
        ada.post("/settings/webhooks", &fields).await.with(200);
        let settings = house.settings();
        recomamp(&settings, &["keys", "rotate"]).await.with(0);
        recomamp(&settings, &["keys", "rotate", "--retire"]).await.with(0);
        let seals = recomamp::notices::seals(house.db(), &ring(&house)).await.unwrap();
        assert_eq!((seals.current, seals.older, seals.closed, ring(&house).names().len()), (2, 0, 0, 1));
    }

    /// Every encrypted column must be re-encrypted by the rotation: it knows these.
    async fn no_sealed_column_is_unknown_to_the_rotation(house: House) {
        let mut tx = house.db().read(&Scope::Owner).await.unwrap();
        let mut found = Vec::new();
        for table in tables(&mut tx).await.unwrap() {
            let sealed = table.columns.iter().filter(|column| column.name.contains("sealed"));
            found.extend(sealed.map(|column| format!("{}.{}", table.name, column.name)));
        }
        found.sort();
        let known = [
            "connections.sealed_access",
            "connections.sealed_refresh",
            "destination_settings.sealed",
            "webhook_endpoints.sealed_url",
            "webhook_secrets.sealed",
        ];
        assert_eq!(found, known, "teach the `reseal` of their room the others");
    }
}
