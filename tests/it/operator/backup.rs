//! Backups: made while the program works, verified, and used elsewhere.

use std::path::Path;

use crate::executions::{REACH, run, saved};
use crate::support::{House, Visitor, recomamp, stories};

fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

/// The CSV of an execution's result.
async fn csv(visitor: &Visitor, page: &str) -> String {
    visitor.get(&format!("{page}/result.csv")).await.with(200).body
}

/// A house with a finished execution.
async fn with_a_result(house: &House) -> (Visitor, String, String) {
    let ada = house.signed_in("Ada").await;
    let query = saved(&ada, REACH).await;
    let page = run(&ada, &query).await;
    house.settle().await;
    (ada, query, page)
}

stories! {
    /// The whole process: a backup while the program works, restored elsewhere, and used there.
    async fn a_backup_of_a_running_program_is_used_elsewhere(house: House) {
        let (ada, query, page) = with_a_result(&house).await;
        let result = csv(&ada, &page).await;
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("backup");
        let place = house.settings();
        let arguments = ["backup", text(&backup)];
        let (made, ()) = tokio::join!(recomamp(&place, &arguments), async {
            run(&ada, &query).await;
            house.settle().await;
        });
        let made = made.with(0);
        assert!(made.out.contains("rows in"), "{}", made.out);
        assert!(made.err.contains("The key ring is not in this backup"), "{}", made.err);
        assert!(!backup.join("keys").exists());
        let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(backup.join("manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["tables"].as_array().unwrap().len(), crate::house::tables().len(), "{manifest}");

        let elsewhere = house.elsewhere().await;
        let said = recomamp(&elsewhere.settings(), &["restore", text(&backup)]).await.with(0);
        assert!(said.out.contains("Restored the backup of"), "{}", said.out);
        assert!(said.err.contains("There is no key file at"), "{}", said.err);
        std::fs::copy(house.folder().join("keys"), elsewhere.folder().join("keys")).unwrap();
        let restored = House::at(elsewhere, house.app.site.clock.now()).await;
        assert!(restored.app.held.is_none(), "the keys open what was restored");
        let again = restored.visitor();
        again.take_cookies(ada.cookies());
        assert_eq!(csv(&again, &page).await, result, "signed in as before, with the result of before");
        let fresh = run(&again, &query).await;
        restored.settle().await;
        assert!(again.get(&fresh).await.text("#live [role=status]").contains("Succeeded"), "tokens open");
    }

    /// A target that isn't empty is left unchanged, unless requested otherwise; then nothing is lost.
    async fn a_place_that_holds_something_is_not_written_over(house: House) {
        let (ada, _, page) = with_a_result(&house).await;
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("backup");
        let arguments = ["backup", text(&backup), "--with-keys"];
        let made = recomamp(&house.settings(), &arguments).await.with(0);
        assert!(made.err.contains("whoever has it can use every grant"), "{}", made.err);
        let again = recomamp(&house.settings(), &arguments).await.with(1);
        assert!(again.err.contains("is not empty"), "{}", again.err);

        let elsewhere = house.elsewhere().await;
        let restore = ["restore", text(&backup)];
        let said = recomamp(&elsewhere.settings(), &restore).await.with(0);
        assert!(said.err.contains("opens 1 stored grant."), "{}", said.err);
        let refused = recomamp(&elsewhere.settings(), &restore).await.with(1);
        assert!(refused.err.contains("Nothing was changed") && refused.err.contains("--replace"), "{}", refused.err);
        let marked = elsewhere.folder().join("results/kept/mine.parquet");
        std::fs::write(&marked, "mine").unwrap();
        let replaced = recomamp(&elsewhere.settings(), &["restore", text(&backup), "--replace"]).await.with(0);
        assert!(replaced.err.contains("Put aside as"), "{}", replaced.err);
        assert!(!marked.exists());
        let aside = std::fs::read_dir(elsewhere.folder()).unwrap().map(|entry| entry.unwrap().path());
        let aside = aside.filter(|path| text(path).contains("results.replaced-")).collect::<Vec<_>>();
        assert_eq!(std::fs::read(aside[0].join("kept/mine.parquet")).unwrap(), b"mine");
        let restored = House::at(elsewhere, house.app.site.clock.now()).await;
        let again = restored.visitor();
        again.take_cookies(ada.cookies());
        csv(&again, &page).await;
    }

    /// With one changed byte, nothing is restored.
    async fn a_damaged_backup_is_refused_before_anything_is_touched(house: House) {
        with_a_result(&house).await;
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("backup");
        recomamp(&house.settings(), &["backup", text(&backup)]).await.with(0);
        let kept = std::fs::read_dir(backup.join("results/kept")).unwrap().next().unwrap().unwrap().path();
        let mut bytes = std::fs::read(&kept).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&kept, bytes).unwrap();
        let elsewhere = house.elsewhere().await;
        let refused = recomamp(&elsewhere.settings(), &["restore", text(&backup)]).await.with(1);
        assert!(refused.err.contains("the backup is damaged") && refused.err.contains(".parquet was changed"), "{}", refused.err);
        assert_eq!(std::fs::read_dir(elsewhere.folder()).unwrap().count(), 0, "nothing was touched");
        std::fs::remove_file(backup.join("manifest.json")).unwrap();
        let refused = recomamp(&elsewhere.settings(), &["restore", text(&backup)]).await.with(1);
        assert!(refused.err.contains("one that was not finished"), "{}", refused.err);
    }

    /// A restore is refused while the program is running.
    async fn a_running_program_is_not_restored_over(house: House) {
        with_a_result(&house).await;
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("backup");
        recomamp(&house.settings(), &["backup", text(&backup)]).await.with(0);
        let refused = recomamp(&house.settings(), &["restore", text(&backup), "--replace"]).await.with(1);
        assert!(refused.err.contains("stop it first"), "{}", refused.err);
    }
}

/// A backup of a missing database is an error, and creates none.
#[tokio::test]
async fn where_nothing_ever_ran_nothing_is_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("DATA_DIR".to_owned(), text(folder.path()).to_owned())];
    let backup = folder.path().join("backup");
    let refused = recomamp(&settings, &["backup", text(&backup)]).await.with(1);
    assert!(refused.err.contains("cannot be opened"), "{}", refused.err);
    assert!(!folder.path().join("recomamp.sqlite").exists(), "looking makes no database");
}
