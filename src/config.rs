//! All settings, read from the environment and validated once; all errors are reported together.
//!
//! A setting is `RECOMAMP_<NAME>`; each can be given as `RECOMAMP_<NAME>_FILE` instead, a file with the value, which
//! is the way to pass secrets; an empty file is an error. Nothing else in the crate reads the environment. Without
//! any setting the program starts in demo mode: SQLite and files in `./data`, with the AMC emulator.

mod backup;
mod bucket;
mod installation;
mod limits;
mod messages;
mod reader;
mod test_clock;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use url::{Host, Url};

pub use backup::BackupSettings;
pub use installation::{Installation, InstallationColor};
pub use limits::Limits;
pub use messages::MailSettings;
pub use reader::{Environment, Fault, Faults};

use crate::bucket::Bucket;
use crate::emulator::Fault as EmulatorFault;
use crate::vault::Secret;
use reader::{Reader, names_somebody};

/// The regions of Amazon's hosts, as suffixes of settings.
pub const REGIONS: [&str; 3] = ["NA", "EU", "FE"];

/// All settings, validated; see `docs/settings.md`.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The URL at which browsers and Amazon's consent page reach this program; ends without a slash.
    pub public_url: Url,
    /// The folder for the database, the keys, results and the emulator's state.
    pub data_dir: PathBuf,
    /// `sqlite:` or `postgres:`.
    pub database_url: String,
    pub keys_file: PathBuf,
    /// The bucket where results are stored instead of the data folder.
    pub results_bucket: Option<Bucket>,
    /// A folder with guides and templates in addition to the built-in ones.
    pub guides_dir: Option<PathBuf>,
    /// The folder below which results may be delivered as files; without it, they can't be.
    pub deliveries_dir: Option<PathBuf>,
    /// Credentials for Amazon; none means demo mode.
    pub amazon: Option<AmazonApp>,
    /// Hosts that replace Amazon's own, in the order of [`REGIONS`].
    pub hosts: [RegionHosts; 3],
    /// Who may sign in besides the first person: addresses or `@domain`s, in lower case.
    pub allowed_emails: Vec<String>,
    /// What distinguishes this installation, in the header of every page.
    pub installation: Arc<Installation>,
    /// The nightly backup, if there is one.
    pub backup: Option<BackupSettings>,
    /// Whether results and reports can be shown to anyone by a link.
    pub public_links: bool,
    /// Reverse proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether this process does background work.
    pub workers: bool,
    /// The token for `/metrics`; without it only this machine may read them.
    pub metrics_token: Option<Secret>,
    pub log_format: LogFormat,
    /// The log filter (`tracing` syntax).
    pub log_filter: String,
    pub limits: Limits,
    /// The SMTP server; without it, no mail is sent.
    pub mail: Option<MailSettings>,
    /// Private networks that webhooks may reach.
    pub webhook_allow: Vec<IpNet>,
    pub emulator: EmulatorSettings,
    /// A file with the seconds by which this process's clock is moved; only where no call reaches Amazon.
    pub test_clock: Option<PathBuf>,
}

/// This program's security profile at Login with Amazon.
#[derive(Clone, Debug)]
pub struct AmazonApp {
    /// `amzn1.application-oa2-client.…`
    pub client_id: String,
    pub client_secret: Secret,
}

/// Hosts of one region, where they differ from Amazon's.
#[derive(Clone, Debug, Default)]
pub struct RegionHosts {
    /// The consent page.
    pub consent: Option<Url>,
    /// The token endpoint.
    pub token: Option<Url>,
    /// The profile endpoint.
    pub profile: Option<Url>,
    /// The base URL of the Ads API.
    pub api: Option<Url>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    /// One JSON object a line.
    Json,
}

#[derive(Clone, Debug)]
pub struct EmulatorSettings {
    /// How many times faster than AMC an execution runs; 0 adds no waiting time.
    pub speed: f64,
    /// The same seed gives the same synthetic data.
    pub seed: u64,
    /// 1 is the default amount of data.
    pub scale: f64,
    /// The time at which its clock starts; default: where it stopped.
    pub time: Option<DateTime<Utc>>,
    /// Whether its clock is paused at startup.
    pub paused: bool,
    /// Faults that are active from startup.
    pub faults: Vec<EmulatorFault>,
}

impl Config {
    /// Reads all settings; returns all errors, not only the first.
    pub fn read(environment: &dyn Environment) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment);
        let listen = reader.value("LISTEN", "127.0.0.1:8080", "0.0.0.0:8080", "an address and a port");
        let data_dir = PathBuf::from(reader.text("DATA_DIR").unwrap_or_else(|| "data".to_owned()));
        let database_url = database_url(&mut reader, &data_dir);
        let config = Self {
            public_url: public_url(&mut reader, listen),
            listen,
            database_url,
            keys_file: reader.text("KEYS_FILE").map_or_else(|| data_dir.join("keys"), PathBuf::from),
            guides_dir: reader.text("GUIDES_DIR").map(PathBuf::from),
            deliveries_dir: reader.text("DELIVERIES_DIR").map(PathBuf::from),
            data_dir,
            amazon: amazon(&mut reader),
            hosts: REGIONS.map(|region| hosts(&mut reader, region)),
            allowed_emails: allowed_emails(&mut reader),
            trusted_proxies: messages::networks(&mut reader, "TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"),
            installation: Arc::new(installation::settings(&mut reader)),
            backup: backup::settings(&mut reader),
            public_links: reader.switch("PUBLIC_LINKS", true),
            workers: reader.switch("WORKERS", true),
            metrics_token: reader.text("METRICS_TOKEN").map(Secret::new),
            log_format: log_format(&mut reader),
            log_filter: log_filter(&mut reader),
            results_bucket: bucket::results_bucket(&mut reader),
            limits: limits::limits(&mut reader),
            mail: messages::mail(&mut reader),
            webhook_allow: messages::networks(&mut reader, "WEBHOOK_ALLOW", "10.1.2.0/24"),
            emulator: emulator(&mut reader),
            test_clock: reader.text("TEST_CLOCK").map(PathBuf::from),
        };
        test_clock::check(&config, &mut reader);
        reader.finish(config)
    }

    /// The same settings with the actual listening address: with port 0 the system chooses a port, and without a
    /// public URL the program is reached there.
    #[must_use]
    pub fn listening_at(mut self, address: SocketAddr) -> Self {
        if self.listen.port() == 0 && self.public_url.port() == Some(0) {
            // OK because an http URL with a host accepts any port.
            let _ = self.public_url.set_port(Some(address.port()));
        }
        self.listen = address;
        self
    }

    /// Whether other machines can reach the port but can't sign in, since only this machine reaches the public URL.
    pub fn is_open_and_local(&self) -> bool {
        !self.listen.ip().is_loopback() && self.is_public_loopback()
    }

    /// Whether the public URL is local to this machine.
    pub fn is_public_loopback(&self) -> bool {
        match self.public_url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Whether the AMC emulator is built in, because no Amazon credentials are set.
    pub fn is_demo(&self) -> bool {
        self.amazon.is_none()
    }
}

/// An address at which this machine reaches itself if it listens on all addresses.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(IpAddr::from([127, 0, 0, 1]));
    }
    listen
}

fn public_url(reader: &mut Reader<'_>, listen: SocketAddr) -> Url {
    let local = format!("http://{}", reachable(listen));
    let url: Url = reader.value("PUBLIC_URL", &local, "https://recomamp.example.com", "an http or https address");
    let bare = url.query().is_none() && url.fragment().is_none() && url.path() == "/";
    if url.host_str().is_some_and(|host| matches!(host, "0.0.0.0" | "[::]")) {
        reader.fault(
            "PUBLIC_URL",
            "names no machine: every browser would look for RecomAMP on itself",
            "https://recomamp.example.com",
        );
    }
    if !matches!(url.scheme(), "http" | "https") || !bare || names_somebody(&url) {
        reader.fault(
            "PUBLIC_URL",
            "has to be an http or https address without a user, password, path or query",
            "https://recomamp.example.com",
        );
    }
    url
}

fn database_url(reader: &mut Reader<'_>, data_dir: &std::path::Path) -> String {
    let Some(url) = reader.text("DATABASE_URL") else {
        return format!("sqlite:{}", data_dir.join("recomamp.sqlite").display());
    };
    if let Some(what) = crate::db::address::fault(&url) {
        reader.fault("DATABASE_URL", what, "postgres://recomamp@localhost/recomamp");
    }
    url
}

fn amazon(reader: &mut Reader<'_>) -> Option<AmazonApp> {
    const EXAMPLE: &str = "amzn1.application-oa2-client.0123456789abcdef";
    let mut clean = |name: &str| {
        let text = reader.text(name)?;
        if let Some(what) = around(&text) {
            reader.fault(name, what, "the value alone, as the security profile at Amazon shows it");
        }
        Some(text)
    };
    let (id, secret) = (clean("AMAZON_CLIENT_ID"), clean("AMAZON_CLIENT_SECRET"));
    match (id, secret) {
        (Some(client_id), Some(secret)) => Some(AmazonApp { client_id, client_secret: Secret::new(secret) }),
        (None, None) => None,
        // OK because a secret that is given but missing is already reported.
        (None, Some(_)) if reader.is_given("AMAZON_CLIENT_ID") => None,
        (Some(_), None) if reader.is_given("AMAZON_CLIENT_SECRET") => None,
        (None, Some(_)) => {
            reader.fault("AMAZON_CLIENT_ID", "is missing although the secret is set", EXAMPLE);
            None
        }
        (Some(_), None) => {
            reader.fault(
                "AMAZON_CLIENT_SECRET",
                "is missing although the client id is set; it may be given by file",
                "RECOMAMP_AMAZON_CLIENT_SECRET_FILE=/run/secrets/amazon",
            );
            None
        }
    }
}

/// What was accidentally copied along with an Amazon credential: Login with Amazon would reject it without an
/// explanation.
fn around(text: &str) -> Option<&'static str> {
    let quotes = ['"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}'];
    if text.starts_with(quotes) || text.ends_with(quotes) {
        Some("has quotation marks around it")
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("has a character that can't be seen, such as a byte order mark, a zero-width space or a line break")
    } else {
        None
    }
}

fn hosts(reader: &mut Reader<'_>, region: &str) -> RegionHosts {
    let mut host = |name: &str, example: &str| reader.url(&format!("{name}_{region}"), example);
    RegionHosts {
        consent: host("CONSENT_URL", "https://www.amazon.com/ap/oa"),
        token: host("TOKEN_URL", "https://api.amazon.com/auth/o2/token"),
        profile: host("PROFILE_URL", "https://api.amazon.com/user/profile"),
        api: host("ADS_API_URL", "https://advertising-api.amazon.com"),
    }
}

fn allowed_emails(reader: &mut Reader<'_>) -> Vec<String> {
    let text = reader.text("ALLOWED_EMAILS").unwrap_or_default();
    let entries: Vec<String> = text
        .split([',', ' ', '\n'])
        .map(|entry| entry.trim().to_lowercase())
        .filter(|entry| !entry.is_empty())
        .collect();
    if entries.iter().any(|entry| !entry.contains('@')) {
        reader.fault(
            "ALLOWED_EMAILS",
            "has to hold addresses, or domains that begin with `@`, separated by commas",
            "ada@example.com,@example.org",
        );
    }
    entries
}

fn log_format(reader: &mut Reader<'_>) -> LogFormat {
    match reader.text("LOG_FORMAT").as_deref() {
        None | Some("pretty") => LogFormat::Pretty,
        Some("json") => LogFormat::Json,
        Some(_) => {
            reader.fault("LOG_FORMAT", "has to be `pretty` or `json`", "json");
            LogFormat::Pretty
        }
    }
}

fn log_filter(reader: &mut Reader<'_>) -> String {
    let text = reader.text("LOG").unwrap_or_else(|| crate::telemetry::DEFAULT_FILTER.to_owned());
    if let Err(why) = crate::telemetry::filter(&text) {
        reader.fault("LOG", &format!("is no filter for logs ({why})"), crate::telemetry::DEFAULT_FILTER);
    }
    text
}

fn emulator_faults(reader: &mut Reader<'_>) -> Vec<EmulatorFault> {
    const EXAMPLE: &str = "429=30@/workflowExecutions*3 slow=2000";
    let text = reader.text("EMULATOR_FAULTS").unwrap_or_default();
    let mut faults = Vec::new();
    for word in text.split_whitespace() {
        match word.parse() {
            Ok(fault) => faults.push(fault),
            Err(why) => {
                reader.fault("EMULATOR_FAULTS", &format!("holds `{word}`, which cannot be read: {why}"), EXAMPLE);
            }
        }
    }
    faults
}

fn emulator(reader: &mut Reader<'_>) -> EmulatorSettings {
    let time = reader.text("EMULATOR_TIME").and_then(|text| {
        let time = text.parse::<DateTime<Utc>>().ok();
        if time.is_none() {
            reader.fault("EMULATOR_TIME", "has to be a time with its zone", "2026-03-01T09:00:00Z");
        }
        time
    });
    EmulatorSettings {
        speed: reader.number("EMULATOR_SPEED", 20.0, 0.0..=1_000_000.0, "20"),
        seed: reader.number("EMULATOR_SEED", 1, 0..=u64::MAX, "7"),
        scale: reader.number("EMULATOR_SCALE", 1.0, 0.01..=1_000.0, "1"),
        time,
        paused: reader.switch("EMULATOR_PAUSED", false),
        faults: emulator_faults(reader),
    }
}

#[cfg(test)]
mod tests;
