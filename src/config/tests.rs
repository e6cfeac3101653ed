//! Every fault is told, and what is not set is safe.

use std::collections::BTreeMap;

use super::*;

fn read(settings: &[(&str, &str)]) -> Result<Config, Faults> {
    let map: BTreeMap<String, String> =
        settings.iter().map(|(name, value)| (format!("RECOMAMP_{name}"), (*value).to_owned())).collect();
    Config::read(&map)
}

#[test]
fn without_settings_it_is_a_sandbox_in_one_folder() {
    let config = read(&[]).unwrap();
    assert!(config.is_sandbox());
    assert_eq!(config.database_url, "sqlite:data/recomamp.sqlite");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.limits.requests_per_minute, 100);
}

#[test]
fn all_faults_are_reported_together_with_an_example() {
    let faults = read(&[
        ("LISTEN", "nowhere"),
        ("DATABASE_URL", "mysql://x"),
        ("AMAZON_CLIENT_ID", "amzn1.application-oa2-client.1"),
        ("POLL_SECONDS", "0"),
        ("EMULATOR_SCALE", "much"),
        ("EMULATOR_TIME", "noon"),
        ("EMULATOR_FAULTS", "429 sometimes"),
        ("LOG_FORMAT", "xml"),
        ("ALLOWED_EMAILS", "everyone"),
        ("TRUSTED_PROXIES", "10.0.0.1,proxy"),
        ("WORKERS", "maybe"),
        ("TOKEN_URL_EU", "not an address"),
        ("LISTENN", "127.0.0.1:1"),
    ])
    .unwrap_err();
    let text = faults.to_string();
    for name in [
        "RECOMAMP_LISTEN ",
        "RECOMAMP_DATABASE_URL",
        "RECOMAMP_AMAZON_CLIENT_SECRET",
        "RECOMAMP_POLL_SECONDS",
        "RECOMAMP_EMULATOR_SCALE",
        "RECOMAMP_EMULATOR_TIME",
        "RECOMAMP_EMULATOR_FAULTS",
        "RECOMAMP_LOG_FORMAT",
        "RECOMAMP_ALLOWED_EMAILS",
        "RECOMAMP_TRUSTED_PROXIES",
        "RECOMAMP_WORKERS",
        "RECOMAMP_TOKEN_URL_EU",
        "RECOMAMP_LISTENN",
    ] {
        assert!(text.contains(name), "{name} is not in: {text}");
    }
    assert_eq!(faults.0.len(), 13, "{text}");
    assert!(text.contains("for example"), "{text}");
}

#[test]
fn switches_networks_and_days_are_read() {
    let config = read(&[("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"), ("WORKERS", "off"), ("KEEP_RESULTS_DAYS", "30")]);
    let config = config.unwrap();
    let shown: Vec<String> = config.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["127.0.0.1/32", "10.0.0.0/8"]);
    assert!(!config.workers);
    assert_eq!(config.limits.keep_results_days, Some(30));
    assert_eq!(read(&[]).unwrap().limits.keep_results_days, None, "nothing is removed unless somebody says so");
}

#[test]
fn a_secret_is_read_from_a_file_and_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "hush\n").unwrap();
    let config =
        read(&[("AMAZON_CLIENT_ID", "amzn1.x"), ("AMAZON_CLIENT_SECRET_FILE", &path.display().to_string())]).unwrap();
    assert_eq!(config.amazon.as_ref().unwrap().client_secret.expose(), "hush");
    assert!(!format!("{config:?}").contains("hush"));
    assert!(!config.is_sandbox());
}

#[test]
fn a_secret_file_that_is_not_there_is_a_fault() {
    let faults = read(&[("AMAZON_CLIENT_ID", "amzn1.x"), ("AMAZON_CLIENT_SECRET_FILE", "/nowhere/secret")]);
    assert!(faults.unwrap_err().to_string().contains("RECOMAMP_AMAZON_CLIENT_SECRET_FILE"));
}
