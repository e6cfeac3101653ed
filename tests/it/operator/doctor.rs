//! What the doctor finds, and that it tells no secrets.

use serde_json::Value;

use crate::support::{House, recomamp, stories};

/// The states of all findings of one check, and everything that was said.
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
    /// A healthy house, looked at while it runs.
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

    /// Keys that others can read, and keys that do not open.
    async fn keys_that_are_open_or_wrong_are_faults(house: House) {
        use std::os::unix::fs::PermissionsExt as _;
        let _ada = house.signed_in("Ada").await;
        let keys = house.folder().join("keys");
        std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).unwrap();
        let (found, told) = findings(&house.settings(), 1).await;
        assert_eq!(state(&found, "keys"), ["fault"], "{told}");
        std::fs::remove_file(&keys).unwrap();
        let (found, told) = findings(&house.settings(), 0).await;
        assert_eq!(state(&found, "keys"), ["warning"], "{told}");
        assert!(!keys.exists(), "looking makes no keys");
        recomamp::vault::Vault::from_file(&keys, &recomamp::ids::Random::system()).unwrap();
        let (found, told) = findings(&house.settings(), 1).await;
        assert_eq!(state(&found, "grants"), ["fault"], "{told}");
    }

    /// A data folder that others can enter.
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

/// Settings that cannot be used are findings, too.
#[tokio::test]
async fn wrong_settings_are_told_one_by_one() {
    let settings =
        [("LISTEN", "nowhere"), ("POLL_SECONDS", "0")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (found, told) = findings(&settings, 1).await;
    assert_eq!(state(&found, "settings"), ["fault", "fault"], "{told}");
}

/// A database that does not answer, at an address with a password in it; hosts that do not, either.
#[tokio::test]
async fn what_cannot_be_reached_is_told_without_secrets() {
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

/// Without a policy, the second lock is open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_without_a_policy_is_a_fault() {
    let house = House::open(crate::support::Database::postgres().await).await;
    let crate::support::Database::Postgres(url) = house.database() else { unreachable!() };
    crate::support::execute(url, "alter table queries disable row level security").await;
    let (found, told) = findings(&house.settings(), 1).await;
    assert_eq!(state(&found, "policies"), ["fault"], "{told}");
    assert!(told.contains("queries"), "{told}");
}
