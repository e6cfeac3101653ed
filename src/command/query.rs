//! `recomamp query run`: runs a saved query of a remote installation and fetches its result, for cron jobs and CI.
//!
//! It uses the JSON API with a personal token from `RECOMAMP_TOKEN`, which isn't an argument, since arguments are
//! visible to others on the machine. A request that may have been lost is repeated with the same idempotency key, so
//! that one command starts one execution.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use futures::StreamExt as _;
use reqwest::header::{ACCEPT, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Map, Value, json};
use url::Url;

use super::{Process, USAGE, say};
use crate::config::Environment as _;
use crate::ids::Random;
use crate::tokens::is_token;
use crate::vault::Secret;

/// The variable with the token.
const TOKEN: &str = "RECOMAMP_TOKEN";
/// How long a connection may take, and how long an answer may be silent.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_mins(1);
/// How often a request is repeated that got no answer, or one that asks to come back later.
const TRIES: u32 = 5;
/// The wait before a request is repeated, unless the answer names one; at most [`LONGEST`].
const AGAIN: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(1);
/// How often the state of an execution is read.
const POLL: Duration = Duration::from_secs(2);

#[derive(Debug, Subcommand)]
pub(super) enum Query {
    /// Run a saved query on a remote installation. The API token is read from `RECOMAMP_TOKEN`.
    Run(Box<Run>),
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The query's name or ID.
    query: String,
    /// The address of the installation.
    #[arg(long)]
    url: Url,
    /// The value of a parameter, as name=value; repeat it for several parameters, or for several values of a list.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// The ID of the instance; default: the query's default instance.
    #[arg(long)]
    instance: Option<String>,
    /// The time window, such as settled, last-week, days-7-14 or explicit; default: the query's.
    #[arg(long)]
    window: Option<String>,
    /// The first day of an explicit window.
    #[arg(long)]
    start: Option<String>,
    /// The last day of an explicit window, which is included.
    #[arg(long)]
    end: Option<String>,
    /// The time zone of the window.
    #[arg(long)]
    zone: Option<String>,
    /// Wait until the execution has ended, and write its result.
    #[arg(long)]
    wait: bool,
    /// The format of the result.
    #[arg(long, value_enum, default_value_t = Form::Csv, requires = "wait")]
    format: Form,
    /// Where to write the result; default: standard output.
    #[arg(long, requires = "wait")]
    output: Option<PathBuf>,
    /// An idempotency key: the same command with the same key starts one execution; default: a random one.
    #[arg(long)]
    key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Csv,
    Json,
    Parquet,
}

impl Form {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Json => "application/json",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

pub(super) async fn run(command: Query) -> ExitCode {
    let Query::Run(options) = command;
    let token = Process.get(TOKEN).and_then(|token| token.into_string().ok()).unwrap_or_default();
    let token = token.trim();
    if !is_token(token) {
        say(&format!(
            "{TOKEN} holds no API token of RecomAMP. Create one under API tokens and set the variable to it."
        ));
        return ExitCode::from(USAGE);
    }
    let done = async {
        let remote = Remote::new(&options.url, Secret::new(token))?;
        ran(&remote, &options).await
    };
    match done.await {
        Ok(code) => code,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn ran(remote: &Remote, options: &Run) -> anyhow::Result<ExitCode> {
    let body = body(options)?;
    let id = found(remote, &options.query).await?;
    let key = options.key.clone().unwrap_or_else(|| Random::system().token());
    let path = format!("api/workflows/{id}/execute");
    let started = remote.post(&path, &body, &key).await?;
    let execution = read(started).await?;
    let execution = execution["id"].as_str().context("the answer names no execution")?.to_owned();
    say(&format!("Execution {execution}: {}", remote.page(&format!("executions/{execution}"))));
    if !options.wait {
        super::give(&execution);
        return Ok(ExitCode::SUCCESS);
    }
    if !ended(remote, &execution).await? {
        return Ok(ExitCode::FAILURE);
    }
    let path = format!("api/executions/{execution}/results");
    let result = remote.get(&path, &[(ACCEPT.as_str(), options.format.media_type())]).await?;
    write(result, options.output.as_ref()).await?;
    Ok(ExitCode::SUCCESS)
}

/// The body of the request that starts the query.
fn body(options: &Run) -> anyhow::Result<Value> {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for param in &options.params {
        let (name, value) = param.split_once('=').with_context(|| format!("{param} is not name=value"))?;
        values.entry(name).or_default().push(value);
    }
    let value = |values: Vec<&str>| if let [one] = values[..] { json!(one) } else { json!(values) };
    let mut body = Map::new();
    if !values.is_empty() {
        body.insert(
            "parameters".to_owned(),
            values.into_iter().map(|(name, all)| (name.to_owned(), value(all))).collect(),
        );
    }
    body.extend(options.instance.iter().map(|id| ("instance".to_owned(), json!(id))));
    let parts = [("kind", &options.window), ("start", &options.start), ("end", &options.end), ("zone", &options.zone)];
    let mut window: Map<String, Value> =
        parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), json!(part.as_ref()?)))).collect();
    if options.window.is_none() && (options.start.is_some() || options.end.is_some()) {
        window.insert("kind".to_owned(), json!("explicit"));
    }
    if !window.is_empty() {
        body.insert("window".to_owned(), window.into());
    }
    Ok(body.into())
}

/// The id of the query with this name or id.
async fn found(remote: &Remote, name: &str) -> anyhow::Result<String> {
    if name.parse::<crate::ids::QueryId>().is_ok() {
        return Ok(name.to_owned());
    }
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", name).finish();
    let mut cursor = String::new();
    let mut ids = Vec::new();
    loop {
        let page = read(remote.get(&format!("api/workflows?limit=500&{query}{cursor}"), &[]).await?).await?;
        let items = page["items"].as_array().into_iter().flatten();
        ids.extend(items.filter(|item| item["name"] == name).filter_map(|item| item["id"].as_str().map(str::to_owned)));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    match &ids[..] {
        [one] => Ok(one.clone()),
        [] => bail!("There is no query named “{name}”, or the token doesn't reach it."),
        several => bail!("Several queries are named “{name}”. Name one by its ID: {}.", several.join(", ")),
    }
}

/// Waits until an execution has ended; returns whether it succeeded.
async fn ended(remote: &Remote, id: &str) -> anyhow::Result<bool> {
    let (path, mut tag, mut shown) = (format!("api/executions/{id}/status"), String::new(), String::new());
    loop {
        let answer = remote.get(&path, &[(IF_NONE_MATCH.as_str(), tag.as_str())]).await?;
        if answer.status() != StatusCode::NOT_MODIFIED {
            tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
            let status = read(answer).await?;
            let state = status["state"].as_str().unwrap_or_default().to_owned();
            if state != shown {
                say(&format!(
                    "{state}{}",
                    status["waiting_for"].as_str().map(|why| format!(": {why}")).unwrap_or_default()
                ));
            }
            if status["is_final"] == true {
                if state != "succeeded" {
                    say(&reason(remote, id).await?);
                }
                return Ok(state == "succeeded");
            }
            shown = state;
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Why an execution has no result: what happened, AMC's words, and what to do.
async fn reason(remote: &Remote, id: &str) -> anyhow::Result<String> {
    let execution = read(remote.get(&format!("api/executions/{id}"), &[]).await?).await?;
    let parts = ["what", "amc_message", "fix"].map(|part| execution["failure"][part].as_str().unwrap_or_default());
    let told: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Ok(if told.is_empty() { "The execution ended without a result.".to_owned() } else { told.join("\n  ") })
}

/// Writes the result to standard output, or to a file that takes its place when it is complete: what an earlier run
/// wrote there stays if this one fails.
async fn write(result: Response, output: Option<&PathBuf>) -> anyhow::Result<()> {
    let Some(path) = output else { return copied(result, std::io::stdout()).await };
    let failed = || format!("{} can't be written", path.display());
    if path.metadata().is_ok_and(|known| !known.is_file()) {
        // A device or a pipe is written to, never replaced.
        let file = std::fs::File::create(path).with_context(failed)?;
        return copied(result, file).await;
    }
    let part = path.with_added_extension("part");
    let file = std::fs::File::create(&part).with_context(failed)?;
    let written = copied(result, file).await;
    let moved = written.and_then(|()| std::fs::rename(&part, path).with_context(failed));
    if moved.is_err() {
        // OK because the first error says why.
        let _ = std::fs::remove_file(&part);
    }
    moved
}

async fn copied(result: Response, mut out: impl std::io::Write) -> anyhow::Result<()> {
    let mut chunks = std::pin::pin!(result.bytes_stream());
    while let Some(chunk) = chunks.next().await {
        out.write_all(&chunk.context("the result didn't arrive completely")?)?;
    }
    Ok(out.flush()?)
}

/// An installation, called with a token.
struct Remote {
    client: reqwest::Client,
    base: Url,
    token: Secret,
}

impl Remote {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is a client of another installation, not of Amazon"
    )]
    fn new(url: &Url, token: Secret) -> anyhow::Result<Self> {
        // OK because it fails only if the process already has a provider, which is then used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("RecomAMP/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE);
        // Plain HTTP, as on this machine, must work without root certificates.
        let client = if url.scheme() == "https" { builder } else { builder.tls_certs_only([]) }.build()?;
        let mut base = url.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", url.path()));
        }
        Ok(Self { client, base, token })
    }

    /// The address of a page, for people.
    fn page(&self, path: &str) -> String {
        self.base.join(path).map(String::from).unwrap_or_default()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Response> {
        self.call(Method::GET, path, headers, None).await
    }

    async fn post(&self, path: &str, body: &Value, key: &str) -> anyhow::Result<Response> {
        self.call(Method::POST, path, &[("idempotency-key", key)], Some(body)).await
    }

    /// Sends a request until it is answered. All of them can be repeated.
    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Response> {
        let url = self.base.join(path)?;
        for tried in 1..=TRIES {
            let mut request = self.client.request(method.clone(), url.clone()).bearer_auth(self.token.expose());
            for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
                request = request.header(*name, *value);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let wait = match request.send().await {
                Ok(answer) if !comes_later(&answer) => return checked(answer).await,
                Ok(answer) if tried == TRIES => return checked(answer).await,
                Ok(answer) => named_wait(&answer),
                Err(error) if tried == TRIES => {
                    return Err(error).with_context(|| format!("{} doesn't answer", self.base));
                }
                Err(_) => AGAIN * tried,
            };
            tokio::time::sleep(wait.min(LONGEST)).await;
        }
        bail!("{} doesn't answer", self.base)
    }
}

/// Whether an answer asks to come back later: too many requests, an outage, or the first request in progress.
fn comes_later(answer: &Response) -> bool {
    answer.headers().contains_key(RETRY_AFTER)
}

fn named_wait(answer: &Response) -> Duration {
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
    seconds.map_or(AGAIN, Duration::from_secs)
}

/// The answer, if it isn't a problem; otherwise what the problem says.
async fn checked(answer: Response) -> anyhow::Result<Response> {
    let status = answer.status();
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        return Ok(answer);
    }
    let text = answer.text().await.unwrap_or_default();
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    let mut told = match problem["detail"].as_str() {
        Some(detail) => detail.to_owned(),
        None => format!("The installation answered {status}. Is the address right?"),
    };
    for error in problem["errors"].as_array().into_iter().flatten() {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        told = format!("{told}\n  {}: {}", text("pointer"), text("detail"));
    }
    bail!(told)
}

async fn read(answer: Response) -> anyhow::Result<Value> {
    let text = answer.text().await.context("the answer didn't arrive completely")?;
    serde_json::from_str(&text).context("the answer isn't JSON. Is the address right?")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        run: Run,
    }

    #[test]
    fn the_arguments_become_the_body() {
        let line = ["x", "Reach", "--url", "http://a.test", "--param", "a=1", "--param", "b=x", "--param", "b=y=z"];
        let read = |more: &[&str]| body(&Line::parse_from(line.iter().chain(more)).run).unwrap();
        assert_eq!(read(&[]), json!({ "parameters": { "a": "1", "b": ["x", "y=z"] } }));
        let dated = read(&["--start", "2026-01-01", "--end", "2026-01-31", "--instance", "ins_1"]);
        assert_eq!(dated["window"], json!({ "start": "2026-01-01", "end": "2026-01-31", "kind": "explicit" }));
        assert_eq!(dated["instance"], "ins_1");
        assert!(body(&Line::parse_from(["x", "Reach", "--url", "http://a.test", "--param", "a"]).run).is_err());
        for result in [["--format", "json"], ["--output", "a.json"]] {
            assert!(Line::try_parse_from(line.iter().chain(&result)).is_err(), "no result without --wait");
            assert!(Line::try_parse_from(line.iter().chain(&result).chain(&["--wait"])).is_ok());
        }
    }
}
