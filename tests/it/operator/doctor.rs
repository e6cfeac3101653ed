//! The doctor's findings, which contain no secrets.

use serde_json::Value;

use crate::support::{House, recomamp, stories};

/// The states of all findings of one check, and the complete output.
async fn findings(settings: &[(String, String)], code: i32) -> (Vec<(String, String)>, String) {
    let told = recomamp(settings, &["doctor", "--format", "json"]).await.with(code);
    let json: Value = serde_json::from_str(&told.out).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let checks = json["checks"].as_array().expect("checks");
    for check in checks.iter().filter(|check| check["state"] != "ok") {
        assert!(!text(&check["to_do"]).is_empty(), "what to do is missing: {check}");
    }
    (checks.iter().map(|check| (text(&check["check"]), text(&check["state"]))).collect(), told.out + &told.err)
}

fn state<'a>(findings: &'a [(String, String)], check: &str) -> Vec<&'a str> {
    findings.iter().filter(|(name, _)| name == check).map(|(_, state)| state.as_str()).collect()
}

stories! {
    /// A healthy, running house.
    async fn a_running_house_is_well(house: House) {
        let _ada = house.signed_in("Ada").await;
        let (found, told) = findings(&house.settings(), 0).await;
        assert!(found.iter().all(|(_, state)| state == "ok"), "{told}");
        for check in ["settings", "disk", "lock", "keys", "database", "grants", "reach", "clock"] {
            assert!(!state(&found, check).is_empty(), "{check} is missing: {told}");
        }
        assert!(told.contains("The AMC emulator is mounted and answers"), "{told}");
        let key = std::fs::read_to_string(house.folder().join("keys")).unwrap();
        assert!(!told.contains(key.lines().last().unwrap()), "no key is told");
        let text = recomamp(&house.settings(), &["doctor"]).await.with(0).out;
        assert!(text.contains("ok       keys"), "{text}");
    }

    /// Key files with open permissions, and wrong keys.
    async fn keys_that_are_open_or_wrong_are_faults(house: House) {
        use std::os::unix::fs::PermissionsExt as _;
        let _ada = house.signed_in("Ada").await;
        let keys = house.folder().join("keys");
        std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).unwrap();
        let (found, told) = findings(&house.settings(), 1).await;
        assert_eq!(state(&found, "keys"), ["fault"], "{told}");
        std::fs::remove_file(&keys).unwrap();
        let (found, told) = findings(&house.settings(), 1).await;
        assert_eq!((state(&found, "keys"), state(&found, "grants")), (vec!["warning"], vec!["fault"]), "{told}");
        assert!(!keys.exists(), "looking makes no keys");
        recomamp::vault::Vault::from_file(&keys, &recomamp::ids::Random::system()).unwrap();
        let (found, told) = findings(&house.settings(), 1).await;
        assert_eq!(state(&found, "grants"), ["fault"], "{told}");
        assert!(told.contains("Ada"), "whose grants do not open is told: {told}");
    }

    /// A missing table, index or (on PostgreSQL) policy.
    async fn what_the_schema_lacks_is_a_fault(house: House) {
        let url = house.settings().iter().find(|(name, _)| name == "DATABASE_URL").unwrap().1.clone();
        let (found, told) = findings(&house.settings(), 0).await;
        assert!(state(&found, "schema").is_empty(), "{told}");
        crate::support::execute(&url, "drop table query_favourites").await;
        let (found, told) = findings(&house.settings(), 1).await;
        assert_eq!(state(&found, "schema"), ["fault"], "{told}");
        assert!(told.contains("the table query_favourites") && !told.contains("query_favourites.person_id"), "{told}");
        if let crate::support::Database::Postgres(url) = house.database() {
            crate::support::execute(url, "drop policy drafts_scope on drafts").await;
            assert!(findings(&house.settings(), 1).await.1.contains("the policy drafts_scope on drafts"));
        }
    }

    /// The emulator's journal was overwritten in the middle.
    async fn a_damaged_journal_is_a_fault(house: House) {
        let _ada = house.signed_in("Ada").await;
        let premises = house.stop().await;
        let journal = premises.folder().join("emulator/journal.jsonl");
        let text = std::fs::read_to_string(&journal).unwrap();
        let (_, rest) = text.split_once('\n').unwrap();
        std::fs::write(&journal, format!("nonsense\n{rest}")).unwrap();
        let (found, told) = findings(&premises.settings(), 1).await;
        assert_eq!(state(&found, "emulator"), ["fault"], "{told}");
    }

    /// A data folder with open permissions.
    async fn an_open_data_folder_is_a_warning(house: House) {
        use std::os::unix::fs::PermissionsExt as _;
        let open = |mode| std::fs::set_permissions(house.folder(), std::fs::Permissions::from_mode(mode)).unwrap();
        open(0o755);
        let (found, told) = findings(&house.settings(), 0).await;
        assert_eq!(state(&found, "disk"), ["warning", "ok"], "{told}");
        assert!(told.contains("chmod 700"), "{told}");
        open(0o700);
        assert_eq!(state(&findings(&house.settings(), 0).await.0, "disk"), ["ok"]);
    }

    /// A newer schema than the program knows.
    async fn a_newer_schema_is_a_fault(house: House) {
        let url = house.settings().iter().find(|(name, _)| name == "DATABASE_URL").unwrap().1.clone();
        crate::support::execute(&url, "update _sqlx_migrations set version = 9999 where version = 3").await;
        let (found, told) = findings(&house.settings(), 1).await;
        assert_eq!(state(&found, "database"), ["fault"], "{told}");
    }
}

/// The file was truncated to zero while its results exist: each command reports it, none writes a header, and the
/// next start doesn't create a new database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_database_is_reported_and_never_made_again() {
    let house = House::open(crate::support::Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    crate::executions::run(&ada, &crate::executions::saved(&ada, crate::executions::REACH).await).await;
    house.settle().await;
    let premises = house.stop().await;
    let file = recomamp::db::file(&premises.database_url()).unwrap();
    std::fs::write(&file, "").unwrap();
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
    let mut settings = premises.settings();
    settings.push(("LISTEN".to_owned(), "127.0.0.1:0".to_owned()));
    let (found, told) = findings(&settings, 1).await;
    assert_eq!(state(&found, "database"), ["fault"], "{told}");
    assert!(told.contains("contains results of its executions"), "{told}");
    let backup = premises.folder().join("backup");
    let backup = ["backup", backup.to_str().unwrap()];
    for arguments in [&backup[..], &["keys", "rotate"], &["keys", "rotate", "--retire"], &["serve"]] {
        let told = recomamp(&settings, arguments).await.with(1).err;
        assert!(told.contains("empty"), "{arguments:?}: {told}");
        assert_eq!(std::fs::metadata(&file).unwrap().len(), 0, "{arguments:?} left the file as it was");
    }
    assert!(!premises.folder().join("backup").exists(), "no folder is left of a backup that could not be made");
    // As an earlier version left it: only a header.
    let url = premises.database_url();
    crate::support::execute(&url, "pragma journal_mode = wal").await;
    assert!(std::fs::metadata(&file).unwrap().len() > 0);
    let (found, told) = findings(&settings, 1).await;
    assert_eq!(state(&found, "database"), ["fault"], "{told}");
    let told = recomamp(&settings, &["serve"]).await.with(1).err;
    assert!(told.contains("has no tables") && told.contains("recomamp restore"), "{told}");
    let told = recomamp(&settings, &["keys", "rotate"]).await.with(1).err;
    assert!(told.contains("has no tables"), "{told}");
}

/// A PostgreSQL role that may only connect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_may_create_nothing_is_a_fault() {
    let database = crate::support::Database::empty_postgres().await;
    let crate::support::Database::Postgres(url) = &database else { unreachable!() };
    let role = format!("guest_{}", std::process::id());
    crate::support::execute(url, &format!("create role {role} login; revoke create on schema public from public"))
        .await;
    let mut guest = url::Url::parse(url).unwrap();
    guest.set_username(&role).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = [("DATA_DIR", folder.path().to_str().unwrap()), ("DATABASE_URL", guest.as_str())];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (found, told) = findings(&settings, 1).await;
    assert_eq!(state(&found, "privileges"), ["fault"], "{told}");
    assert!(told.contains("may not make tables"), "{told}");
}

/// After a failover the server is read-only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_is_a_fault() {
    let house = House::open(crate::support::Database::postgres().await).await;
    let crate::support::Database::Postgres(url) = house.database() else { unreachable!() };
    let name = url.rsplit('/').next().unwrap();
    crate::support::execute(url, &format!("alter database {name} set default_transaction_read_only = on")).await;
    let (found, told) = findings(&house.settings(), 1).await;
    assert!(state(&found, "database").contains(&"fault") && told.contains("read-only"), "{told}");
}

/// Invalid settings are findings, too.
#[tokio::test]
async fn wrong_settings_are_reported_one_by_one() {
    let settings =
        [("LISTEN", "nowhere"), ("POLL_SECONDS", "0")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (found, told) = findings(&settings, 1).await;
    assert_eq!(state(&found, "settings"), ["fault", "fault"], "{told}");
}

/// An unreachable database whose address contains a password; unreachable hosts.
#[tokio::test]
async fn what_cannot_be_reached_is_reported_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings: Vec<(String, String)> = [
        ("DATA_DIR", folder.path().to_str().unwrap()),
        ("DATABASE_URL", "postgres://me:hush-hush@127.0.0.1:1/x"),
        ("AMAZON_CLIENT_ID", "amzn1.application-oa2-client.1"),
        ("AMAZON_CLIENT_SECRET", "hush-hush"),
        ("PUBLIC_URL", "http://recomamp.example.com"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for region in recomamp::config::REGIONS {
        for host in ["CONSENT", "TOKEN", "PROFILE", "ADS_API"] {
            settings.push((format!("{host}_URL_{region}"), "http://127.0.0.1:1/".to_owned()));
        }
    }
    let (found, told) = findings(&settings, 1).await;
    assert_eq!(state(&found, "database"), ["fault"], "{told}");
    assert_eq!(state(&found, "reach"), ["warning", "warning", "warning"], "nobody uses them yet: {told}");
    assert_eq!(state(&found, "settings"), ["ok", "warning", "warning"], "{told}");
    assert!(told.contains("nothing listens at 127.0.0.1:1"), "{told}");
    assert!(!told.contains("hush-hush"), "{told}");
}

/// Without a policy, row-level security is incomplete.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_without_a_policy_is_a_fault() {
    let house = House::open(crate::support::Database::postgres().await).await;
    let crate::support::Database::Postgres(url) = house.database() else { unreachable!() };
    crate::support::execute(url, "alter table queries disable row level security").await;
    let (found, told) = findings(&house.settings(), 1).await;
    assert_eq!(state(&found, "policies"), ["fault"], "{told}");
    assert!(told.contains("queries"), "{told}");
}
