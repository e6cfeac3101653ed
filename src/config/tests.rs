//! Every error is reported, and the defaults are safe.

use std::collections::BTreeMap;

use super::*;

fn read(settings: &[(&str, &str)]) -> Result<Config, Faults> {
    let map: BTreeMap<String, String> =
        settings.iter().map(|(name, value)| (format!("RECOMAMP_{name}"), (*value).to_owned())).collect();
    Config::read(&map)
}

#[test]
fn without_settings_it_runs_in_demo_mode_in_one_folder() {
    let config = read(&[]).unwrap();
    assert!(config.is_demo());
    assert_eq!(config.database_url, "sqlite:data/recomamp.sqlite");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.limits.requests_per_minute, 100);
    assert!(read(&[("TOKEN", "x"), ("URL", "https://elsewhere.example")]).is_ok(), "those of programs may be set here");
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
fn a_moved_clock_is_refused_where_amazon_could_be_called() {
    assert!(read(&[("TEST_CLOCK", "offset")]).is_ok_and(|config| config.test_clock.is_some()));
    let amazon = [
        ("TEST_CLOCK", "offset"),
        ("AMAZON_CLIENT_ID", "amzn1.application-oa2-client.1"),
        ("AMAZON_CLIENT_SECRET", "secret"),
    ];
    assert!(read(&amazon).unwrap_err().to_string().contains("RECOMAMP_TEST_CLOCK"));
    let names = ["CONSENT", "TOKEN", "PROFILE", "ADS_API"]
        .iter()
        .flat_map(|host| REGIONS.map(|region| format!("{host}_URL_{region}")))
        .collect::<Vec<_>>();
    let here = names.iter().map(|name| (name.as_str(), "http://127.0.0.1:9/"));
    let all: Vec<_> = amazon.into_iter().chain(here).collect();
    assert!(read(&all).is_ok());
    assert!(read(&all[..all.len() - 1]).is_err(), "one host is Amazon's");
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
    assert!(!config.is_demo());
}

#[test]
fn what_was_copied_along_with_a_secret_is_a_fault_that_does_not_repeat_it() {
    for secret in ["\"hush\"", "'hush'", "\u{201c}hush\u{201d}", "\u{feff}hush", "hush\u{200b}", "hu\u{a0}sh", "hu\nsh"]
    {
        let faults =
            read(&[("AMAZON_CLIENT_ID", "amzn1.x"), ("AMAZON_CLIENT_SECRET", secret)]).unwrap_err().to_string();
        assert!(faults.contains("RECOMAMP_AMAZON_CLIENT_SECRET"), "{secret:?}: {faults}");
        assert!(!faults.contains("hush"), "{faults}");
    }
    assert!(read(&[("AMAZON_CLIENT_ID", "amzn1.x\u{200b}"), ("AMAZON_CLIENT_SECRET", "hush")]).is_err());
}

#[test]
fn a_secret_file_that_is_not_there_is_a_fault() {
    let faults = read(&[("AMAZON_CLIENT_ID", "amzn1.x"), ("AMAZON_CLIENT_SECRET_FILE", "/nowhere/secret")]);
    assert!(faults.unwrap_err().to_string().contains("RECOMAMP_AMAZON_CLIENT_SECRET_FILE"));
}

/// A folder with a file of this content, and a setting that names it.
fn held(name: &str, content: &[u8]) -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    std::fs::write(&path, content).unwrap();
    let path = path.display().to_string();
    (folder, format!("{name}_FILE"), path)
}

#[test]
fn an_empty_secret_file_opens_nothing() {
    for name in ["METRICS_TOKEN", "AMAZON_CLIENT_SECRET", "KEYS_FILE", "DATABASE_URL"] {
        for content in ["", "\n", " \t\r\n"] {
            let (_folder, setting, path) = held(name, content.as_bytes());
            let faults = read(&[(&setting, &path), ("AMAZON_CLIENT_ID", "amzn1.x"), ("POLL_SECONDS", "0")]);
            let text = faults.expect_err(name).to_string();
            assert!(text.contains(&format!("RECOMAMP_{setting} names a file that is empty")), "{text}");
            assert!(text.contains("RECOMAMP_POLL_SECONDS"), "with the others: {text}");
        }
    }
}

#[test]
fn a_secret_that_could_not_be_read_is_not_said_to_be_missing_as_well() {
    let (_folder, setting, path) = held("AMAZON_CLIENT_SECRET", b"");
    let faults = read(&[(&setting, &path), ("AMAZON_CLIENT_ID", "amzn1.x")]).unwrap_err();
    assert_eq!(faults.0.len(), 1, "{faults}");
}

#[test]
fn a_file_without_end_or_text_is_a_fault() {
    let (_folder, setting, path) = held("METRICS_TOKEN", &vec![b'x'; 64 << 10]);
    assert!(read(&[(&setting, &path)]).is_ok(), "as large as it may be");
    let (_folder, setting, path) = held("METRICS_TOKEN", &vec![b'x'; (64 << 10) + 1]);
    let text = read(&[(&setting, &path)]).unwrap_err().to_string();
    assert!(text.contains("more than 64 KiB"), "{text}");
    let (_folder, setting, path) = held("METRICS_TOKEN", &[0xff, 0xfe]);
    assert!(read(&[(&setting, &path)]).unwrap_err().to_string().contains("not text"));
    #[cfg(unix)]
    assert!(read(&[(&setting, "/dev/zero")]).unwrap_err().to_string().contains("more than 64 KiB"));
}

/// An environment with one variable that isn't text.
#[cfg(unix)]
struct Garbled;

#[cfg(unix)]
impl Environment for Garbled {
    fn get(&self, name: &str) -> Option<std::ffi::OsString> {
        use std::os::unix::ffi::OsStringExt as _;
        (name == "RECOMAMP_METRICS_TOKEN").then(|| std::ffi::OsString::from_vec(vec![b'x', 0xff]))
    }

    fn names(&self) -> Vec<String> {
        vec!["RECOMAMP_METRICS_TOKEN".to_owned()]
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_a_fault_and_not_unset() {
    let text = Config::read(&Garbled).unwrap_err().to_string();
    assert!(text.contains("RECOMAMP_METRICS_TOKEN is not text"), "{text}");
}

#[test]
fn a_filter_for_logs_that_cannot_be_read_is_a_fault() {
    let text = read(&[("LOG", "info,sqlx=loud")]).unwrap_err().to_string();
    assert!(text.contains("RECOMAMP_LOG "), "{text}");
    assert_eq!(read(&[("LOG", "debug,sqlx=warn")]).unwrap().log_filter, "debug,sqlx=warn");
}

#[test]
fn addresses_that_hold_a_password_are_faults_that_do_not_repeat_it() {
    for name in ["PUBLIC_URL", "TOKEN_URL_EU", "CONSENT_URL_NA"] {
        let text = read(&[(name, "https://user:hush@recomamp.example.com")]).expect_err(name).to_string();
        assert!(text.contains(&format!("RECOMAMP_{name}")) && !text.contains("hush"), "{text}");
    }
}

#[test]
fn every_fault_of_the_emulator_that_cannot_be_read_is_reported() {
    let faults = read(&[("EMULATOR_FAULTS", "429 sometimes split=9 cut*often")]).unwrap_err();
    let text = faults.to_string();
    assert_eq!(faults.0.len(), 3, "{text}");
    for word in ["`sometimes`", "`split=9`", "`cut*often`"] {
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn a_database_in_memory_is_a_fault() {
    let text = read(&[("DATABASE_URL", "sqlite::memory:")]).unwrap_err().to_string();
    assert!(text.contains("RECOMAMP_DATABASE_URL names no file"), "{text}");
}

#[test]
fn a_port_that_the_system_chose_is_part_of_the_public_address() {
    let chosen: SocketAddr = "127.0.0.1:40123".parse().unwrap();
    let config = read(&[("LISTEN", "127.0.0.1:0")]).unwrap().listening_at(chosen);
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:40123/");
    let config = read(&[("LISTEN", "127.0.0.1:0"), ("PUBLIC_URL", "https://recomamp.example.com")]).unwrap();
    assert_eq!(config.listening_at(chosen).public_url.as_str(), "https://recomamp.example.com/");
}

#[test]
fn the_public_address_is_one_that_a_browser_can_reach() {
    let read = |pairs: &[(&str, &str)]| {
        let named = pairs.iter().map(|(name, value)| (format!("RECOMAMP_{name}"), (*value).to_owned()));
        Config::read(&named.collect::<BTreeMap<_, _>>())
    };
    let config = read(&[("LISTEN", "0.0.0.0:8080")]).unwrap();
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
    assert!(config.is_open_and_local());
    assert!(!read(&[]).unwrap().is_open_and_local());
    let named = read(&[("LISTEN", "0.0.0.0:8080"), ("PUBLIC_URL", "https://recomamp.example.com")]).unwrap();
    assert!(!named.is_open_and_local());
    for unspecified in ["http://0.0.0.0:8080", "http://[::]:8080"] {
        let faults = read(&[("PUBLIC_URL", unspecified)]).unwrap_err();
        assert!(faults.to_string().contains("names no machine"), "{faults}");
    }
}

#[test]
fn a_bucket_for_results_is_named_whole_or_not_at_all() {
    assert_eq!(read(&[]).unwrap().results_bucket, None);
    let bucket = read(&[
        ("RESULTS_BUCKET", "s3://results/recomamp/"),
        ("S3_ENDPOINT", "http://minio:9000"),
        ("S3_ACCESS_KEY_ID", "id"),
        ("S3_SECRET_ACCESS_KEY", "hush"),
    ])
    .unwrap()
    .results_bucket
    .unwrap();
    assert_eq!(
        (bucket.name.as_str(), bucket.prefix.as_str(), bucket.region.as_str()),
        ("results", "recomamp", "us-east-1")
    );
    assert!(bucket.key.is_some());
    let faults = |settings: &[(&str, &str)]| read(settings).unwrap_err().to_string();
    assert!(faults(&[("RESULTS_BUCKET", "results")]).contains("RECOMAMP_RESULTS_BUCKET has to be a bucket"));
    assert!(faults(&[("S3_ENDPOINT", "http://minio:9000")]).contains("RECOMAMP_RESULTS_BUCKET is missing"));
    let half = faults(&[("RESULTS_BUCKET", "s3://results"), ("S3_ACCESS_KEY_ID", "id")]);
    assert!(half.contains("RECOMAMP_S3_SECRET_ACCESS_KEY is missing"), "{half}");
}
