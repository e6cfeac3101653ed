//! Nightly backups: made once, verified, a number of them kept, and told when one fails.

use chrono::TimeDelta;

use crate::executions::{REACH, run, saved};
use crate::support::{Database, House, stories};

/// The names in a folder, sorted.
fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

async fn house(database: Database, folder: &std::path::Path) -> House {
    let folder = folder.to_str().expect("a path that is text");
    House::open_with(database, &[("BACKUP_FOLDER", folder), ("BACKUP_HOUR", "5"), ("BACKUP_KEEP", "2")]).await
}

stories! {
    /// One backup a night, opened and checked; the oldest go; the list and the operations page say so.
    async fn a_backup_is_made_every_night(database: Database) {
        let folder = tempfile::tempdir().expect("a folder");
        let house = house(database, folder.path()).await;
        let ada = house.signed_in("Ada").await;
        run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        assert!(ada.get("/operations/backups").await.with(200).text("main").contains("No backups yet"));
        let (one, other) = futures::future::join(house.tick("nightly-backup"), house.tick("nightly-backup")).await;
        assert_eq!(one.changed + other.changed, 1, "{one:?} {other:?}");
        assert_eq!(names(folder.path()), ["2026-03-18"]);
        let manifest = recomamp::backup::check(&folder.path().join("2026-03-18"), |_| {}).await.expect("a whole backup");
        assert!(manifest.rows() > 20 && !manifest.has_keys(), "{} rows", manifest.rows());
        assert_eq!(house.tick("nightly-backup").await.looked, 0);
        // Something else in the folder stays.
        std::fs::create_dir(folder.path().join("2020-01-01")).expect("a folder");
        for _ in 0..3 {
            house.time.advance(TimeDelta::days(1));
            assert_eq!(house.tick("nightly-backup").await.changed, 1);
        }
        assert_eq!(names(folder.path()), ["2020-01-01", "2026-03-20", "2026-03-21"]);
        let ada = house.signed_in("Ada").await;
        let page = ada.get("/operations/backups?state=verified").await.with(200);
        assert_eq!(page.texts("tbody th"), ["2026-03-21", "2026-03-20", "2026-03-19", "2026-03-18"]);
        assert!(page.text("main .lead").contains("05:00 UTC") && page.text("main .lead").contains("2 backups are kept"), "{}", page.body);
        assert_eq!(ada.get("/operations/backups.csv").await.with(200).body.lines().count(), 5);
        assert!(ada.get("/operations").await.with(200).text("dl.stats").contains("2026-03-21"));
        let chie = house.signed_in("Chie").await;
        chie.get("/operations/backups").await.with(403);
        assert!(chie.get("/operations").await.with(200).attributes("main a[href='/operations/backups']", "href").is_empty());
    }

    /// A backup that can't be written is tried three times and then told to administrators, and also when one succeeds again.
    async fn a_failed_backup_is_told(database: Database) {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("backups");
        std::fs::write(&place, "a file where the folder should be").expect("a file");
        let house = house(database, &place).await;
        let ada = house.signed_in("Ada").await;
        for failures in 1..=3 {
            assert_eq!(house.tick("nightly-backup").await.failed, 1, "try {failures}");
            house.tick("notifier").await;
            assert_eq!(house.count("select count(*) as value from messages where kind = 'backup.failed'").await, i64::from(failures == 3));
            house.time.advance(TimeDelta::minutes(15));
        }
        assert_eq!(house.tick("nightly-backup").await.looked, 0, "it waits for the next night");
        let page = ada.get("/operations/backups").await.with(200);
        assert!(page.text("tbody").contains("Failed") && page.text("tbody").contains("can't be created"), "{}", page.body);
        assert!(ada.get("/notices").await.with(200).text("tbody").contains("The backup of 2026-03-18 failed"));
        std::fs::remove_file(&place).expect("the file");
        house.time.advance(TimeDelta::days(1));
        assert_eq!(house.tick("nightly-backup").await.changed, 1);
        house.tick("notifier").await;
        house.tick("notifier").await;
        assert_eq!(house.count("select count(*) as value from messages where kind = 'backup.recovered'").await, 1);
    }

    /// A changed byte, a missing file and a missing row are found.
    async fn a_damaged_backup_is_found(database: Database) {
        let folder = tempfile::tempdir().expect("a folder");
        let house = house(database, folder.path()).await;
        house.signed_in("Ada").await;
        house.tick("nightly-backup").await;
        let night = folder.path().join("2026-03-18");
        let check = async || recomamp::backup::check(&night, |_| {}).await;
        let manifest = check().await.expect("a whole backup");
        let path = manifest.files.iter().find(|file| file.bytes > 100).expect("a file").path.clone();
        let file = night.join(path);
        let whole = std::fs::read(&file).expect("a file");
        let mut changed = whole.clone();
        changed[50] ^= 1;
        std::fs::write(&file, &changed).expect("a file");
        assert!(check().await.expect_err("it was changed").to_string().contains("was changed"));
        std::fs::remove_file(&file).expect("a file");
        assert!(check().await.expect_err("it is missing").to_string().contains("cannot be read"));
        std::fs::write(&file, &whole).expect("a file");
        let list = night.join("manifest.json");
        let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&list).expect("a manifest")).expect("JSON");
        let people = manifest["tables"].as_array_mut().expect("tables").iter_mut().find(|table| table["name"] == "people").expect("people");
        people["rows"] = 2.into();
        std::fs::write(&list, manifest.to_string()).expect("a manifest");
        assert!(check().await.expect_err("a row is missing").to_string().contains("has 1 rows in the backup and 2"));
    }

    /// The name and the color of the installation are on every page, also of errors and for people who aren't signed in.
    async fn an_installation_says_its_name(database: Database) {
        let house = House::open_with(database, &[("INSTALLATION_NAME", "Staging <1>"), ("INSTALLATION_COLOR", "orange")]).await;
        let ada = house.signed_in("Ada").await;
        for page in [ada.get("/").await, ada.get("/nowhere").await, house.visitor().get("/sign-in").await] {
            assert_eq!(page.attributes("header .installation", "data-color"), ["orange"], "{}", page.body);
            assert!(page.text("header .installation").ends_with("Staging <1>"));
        }
    }
}
