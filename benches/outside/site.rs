//! RecomAMP as a separate process with a separate AMC emulator, and a signed-in client.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use scraper::{Html, Selector};
use tempfile::TempDir;

use super::load::{self, Emulator, PROGRAM, Process};

/// How often a condition is checked.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The time limit after which the benchmark fails.
const PATIENCE: Duration = Duration::from_mins(20);

/// A data folder, an address, and the process that serves them.
pub(crate) struct Site {
    pub(crate) emulator: Emulator,
    pub(crate) folder: TempDir,
    pub(crate) base: String,
    address: String,
    process: Option<Process>,
    cookie: String,
}

impl Site {
    /// A new one, not started yet.
    pub(crate) fn new(emulator: &[&str]) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        Ok(Self {
            emulator: Emulator::start(emulator)?,
            folder: tempfile::tempdir()?,
            base: format!("http://{address}"),
            address,
            process: None,
            cookie: String::new(),
        })
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("recomamp.sqlite")
    }

    pub(crate) fn process(&self) -> &Process {
        // OK because every benchmark starts the site before it sends requests.
        #[expect(clippy::expect_used, reason = "a bench that asks too early is wrong")]
        self.process.as_ref().expect("the site is started")
    }

    /// Starts the process; returns the time until its first page was served.
    pub(crate) async fn start(&mut self, more: &[(&str, &str)]) -> anyhow::Result<Duration> {
        self.stop();
        let client = load::client(HeaderMap::new())?;
        let base = self.emulator.text("base");
        let hosts =
            [("CONSENT", "/ap/oa"), ("TOKEN", "/auth/o2/token"), ("PROFILE", "/user/profile"), ("ADS_API", "/")];
        let hosts = hosts
            .map(|(host, path)| (format!("RECOMAMP_{host}_URL_NA"), format!("{}{path}", base.trim_end_matches('/'))));
        let began = Instant::now();
        let process = Command::new(PROGRAM)
            .env_clear()
            .env("RECOMAMP_LISTEN", &self.address)
            .env("RECOMAMP_DATA_DIR", self.folder.path())
            .env("RECOMAMP_REQUESTS_PER_MINUTE", "1000000")
            .env("RECOMAMP_AMAZON_CLIENT_ID", self.emulator.text("client_id"))
            .env("RECOMAMP_AMAZON_CLIENT_SECRET", self.emulator.text("client_secret"))
            .env("RECOMAMP_LOG", "warn")
            .env("RECOMAMP_POLL_SECONDS", "1")
            .envs(hosts)
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        self.process = Some(Process(process));
        let page = format!("{}/sign-in", self.base);
        until(async || Ok(client.get(&page).send().await.ok().filter(|answer| answer.status() == 200))).await?;
        Ok(began.elapsed())
    }

    /// Kills the program.
    pub(crate) fn stop(&mut self) {
        drop(self.process.take());
    }

    /// Signs in as the AMC emulator's first person, who consents automatically.
    pub(crate) async fn sign_in(&mut self) -> anyhow::Result<()> {
        let client = load::client(same_origin())?;
        let start = client.post(format!("{}/auth/amazon/start", self.base)).form(&[("region", "NA"), ("next", "/")]);
        let started = start.send().await?;
        let cookie = cookie(started.headers())?;
        let consent = location(started.headers())?;
        let consented = client.get(consent).send().await?;
        let callback = client.get(location(consented.headers())?).header(COOKIE, &cookie).send().await?;
        self.cookie = self::cookie(callback.headers())?;
        Ok(())
    }

    /// A client with the session.
    pub(crate) fn client(&self, more: &[(&'static str, &str)]) -> anyhow::Result<reqwest::Client> {
        let mut headers = same_origin();
        headers.insert(COOKIE, HeaderValue::from_str(&self.cookie)?);
        for (name, value) in more {
            headers.insert(*name, HeaderValue::from_str(value)?);
        }
        load::client(headers)
    }

    /// A page as text.
    pub(crate) async fn page(&self, address: &str) -> anyhow::Result<String> {
        let answer = self.client(&[])?.get(format!("{}{address}", self.base)).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// Submits a form; returns where it leads.
    pub(crate) async fn send(&self, address: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        let answer = self.client(&[])?.post(format!("{}{address}", self.base)).form(fields).send().await?;
        let leads = location(answer.headers());
        match leads {
            Ok(leads) => Ok(leads),
            Err(error) => {
                let page = Html::parse_document(&answer.text().await?);
                let told: String = page.select(&selector("main")?).flat_map(|main| main.text()).collect();
                Err(error.context(told.split_whitespace().collect::<Vec<_>>().join(" ")))
            }
        }
    }

    /// The page of the first instance whose row contains this word.
    pub(crate) async fn instance(&self, kind: &str) -> anyhow::Result<String> {
        until(async || {
            let page = Html::parse_document(&self.page("/instances").await?);
            let (line, link) = (selector("tbody tr")?, selector("th a")?);
            let line = page.select(&line).find(|line| line.text().collect::<String>().contains(kind));
            let link = line.and_then(|line| line.select(&link).next()?.value().attr("href").map(str::to_owned));
            Ok(link.and_then(|link| Some(link.rsplit('/').next()?.to_owned())))
        })
        .await
    }

    /// Saves a query and runs it; returns the page of the execution.
    pub(crate) async fn run(&self, instance: &str, sql: &str, form: [&str; 4]) -> anyhow::Result<String> {
        let [window, start, end, privacy] = form;
        let fields = [
            ("instance", instance),
            ("name", "Reach by campaign"),
            ("sql", sql),
            ("window", window),
            ("start", start),
            ("end", end),
            ("zone", "UTC"),
            ("privacy", privacy),
        ];
        let query = self.send("/queries/new", &fields).await?;
        let query = query.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).context("a query's id")?;
        self.send("/executions", &[("query", query)]).await
    }

    /// Waits until an execution's page contains this word.
    pub(crate) async fn until(&self, page: &str, word: &str) -> anyhow::Result<()> {
        until(async || {
            let shown = Html::parse_document(&self.page(page).await?);
            let status = selector("#live [role=status]")?;
            let status: String = shown.select(&status).flat_map(|element| element.text()).collect();
            anyhow::ensure!(word == "Failed" || !status.contains("Failed"), "{page} failed");
            Ok(status.contains(word).then_some(()))
        })
        .await
    }
}

/// A CSS selector.
pub(crate) fn selector(text: &str) -> anyhow::Result<Selector> {
    Selector::parse(text).map_err(|error| anyhow::anyhow!("{error}"))
}

pub(crate) async fn until<T>(look: impl AsyncFn() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    anyhow::bail!("what was waited for does not come")
}

fn same_origin() -> HeaderMap {
    HeaderMap::from_iter([(
        reqwest::header::HeaderName::from_static("sec-fetch-site"),
        HeaderValue::from_static("same-origin"),
    )])
}

fn cookie(headers: &HeaderMap) -> anyhow::Result<String> {
    let cookie = headers.get(SET_COOKIE).context("a cookie")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

fn location(headers: &HeaderMap) -> anyhow::Result<String> {
    Ok(headers.get(LOCATION).context("it leads nowhere")?.to_str()?.to_owned())
}
