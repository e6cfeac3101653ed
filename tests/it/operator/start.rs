//! Messages when the program can't start: why, and what to do, each thing once.

use std::path::Path;

use crate::support::{Database, House, execute, recomamp, stories};

/// A start in this folder with additional settings that must fail; returns the output.
async fn refused(folder: &Path, settings: &[(&str, &str)]) -> String {
    let data = folder.to_str().expect("a path that is text");
    let settings: Vec<(String, String)> = [("DATA_DIR", data), ("LISTEN", "127.0.0.1:0")]
        .iter()
        .chain(settings)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    recomamp(&settings, &["serve"]).await.with(1).err
}

stories! {
    /// A schema of a newer version.
    async fn a_newer_schema_is_said_to_be_one(house: House) {
        let premises = house.stop().await;
        let url = premises.database_url();
        execute(&url, "update _sqlx_migrations set version = 9999 where version = 3").await;
        let told = refused(premises.folder(), &[("DATABASE_URL", &url)]).await;
        assert!(told.contains("written by a newer RecomAMP") && told.contains("restore a backup"), "{told}");
    }
}

/// A file that isn't SQLite's, and one that was overwritten in the middle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_said_to_be_damaged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("recomamp.sqlite"), "not a database ".repeat(1_000)).unwrap();
    let told = refused(folder.path(), &[]).await;
    assert!(told.contains("The database file is damaged") && told.contains("recomamp restore"), "{told}");
    let settings = [("DATA_DIR".to_owned(), folder.path().display().to_string())];
    let told = recomamp(&settings, &["doctor"]).await.with(1).out;
    assert!(told.contains("The database file is damaged"), "{told}");

    let premises = House::open(Database::sqlite()).await.stop().await;
    let url = premises.database_url();
    let file = recomamp::db::file(&url).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4_096..].fill(0x55);
    std::fs::write(&file, bytes).unwrap();
    let told = refused(premises.folder(), &[("DATABASE_URL", &url)]).await;
    assert!(told.contains("The database file is damaged"), "{told}");
}

/// An unreachable server, an unknown host, a missing database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_postgresql_cannot_be_reached_is_reported_without_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let told = refused(folder.path(), &[("DATABASE_URL", "postgres://me:hush-hush@127.0.0.1:1/x")]).await;
    assert!(told.contains("nothing listens at 127.0.0.1:1") && told.contains("start PostgreSQL"), "{told}");
    assert!(!told.contains("hush-hush") && !told.contains("timed out"), "{told}");
    let told = refused(folder.path(), &[("DATABASE_URL", "postgres://me:hush-hush@nowhere.invalid/x")]).await;
    assert!(told.contains("there is no host nowhere.invalid") && !told.contains("hush-hush"), "{told}");
    let Database::Postgres(url) = Database::postgres().await else { unreachable!() };
    let missing = format!("{url}_that_was_never_made");
    let told = refused(folder.path(), &[("DATABASE_URL", &missing)]).await;
    assert!(told.contains("has no database `") && told.contains("create it"), "{told}");
}

/// A folder in place of the key file, and a key file without a key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_file_that_cannot_be_used_is_named_once() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    let told = refused(folder.path(), &[]).await;
    assert!(told.contains(keys.to_str().unwrap()), "{told}");
    assert_eq!(told.matches("Is a directory").count(), 1, "{told}");
    std::fs::remove_dir(&keys).unwrap();
    std::fs::write(&keys, "# nothing\n").unwrap();
    let told = refused(folder.path(), &[]).await;
    assert!(told.contains(keys.to_str().unwrap()) && told.contains("Put the right file back"), "{told}");
}
