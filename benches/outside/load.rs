//! Shared by the benchmarks that call from outside: a process with its resource usage, and callers that call as fast
//! as they get responses.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// The program to measure.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_recomamp");
/// The number of concurrent connections.
const CONNECTIONS: usize = 8;
/// How long each kind of call is measured.
const MEASURED: Duration = Duration::from_secs(5);

/// A process that ends when the value is dropped.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // OK because a process that has already ended needs no kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Its current memory in megabytes; `None` if the system doesn't report it.
    pub(crate) fn memory(&self) -> Option<f64> {
        self.status("VmRSS")
    }

    /// Its peak memory since its start or since [`Process::forget_peak`], in megabytes.
    pub(crate) fn peak(&self) -> Option<f64> {
        self.status("VmHWM")
    }

    /// Resets the peak memory.
    pub(crate) fn forget_peak(&self) {
        // OK because otherwise the peak covers the whole lifetime, which can only be larger.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.0.id()), "5");
    }

    /// Its CPU time in seconds; `None` if the system doesn't report it.
    pub(crate) fn computed(&self) -> Option<f64> {
        const TICKS: f64 = 100.0;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
        Some((ticks(11)? + ticks(12)?) / TICKS)
    }

    fn status(&self, name: &str) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
    }
}

/// The stand-alone AMC emulator, and what it printed at startup.
pub(crate) struct Emulator {
    pub(crate) process: Process,
    start: Value,
}

impl Emulator {
    /// Starts it on a free port.
    pub(crate) fn start(more: &[&str]) -> anyhow::Result<Self> {
        let mut process = Command::new(PROGRAM)
            .args(["emulator", "--listen", "127.0.0.1:0"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let said = process.stdout.take().context("what it says can be read")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        Ok(Self { process: Process(process), start: serde_json::from_str(&line)? })
    }

    /// A part of what it printed.
    pub(crate) fn text(&self, name: &str) -> String {
        self.start[name].as_str().unwrap_or_default().to_owned()
    }
}

/// The measured responses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Responses per second.
    pub(crate) rate: f64,
    /// Milliseconds.
    pub(crate) median: f64,
    /// Milliseconds.
    pub(crate) p99: f64,
}

/// Prints one line.
pub(crate) fn say(line: &str) {
    // OK because a failure to print can't be printed.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A client that sends these headers with every call and doesn't follow redirects.
#[expect(clippy::disallowed_methods, reason = "the bench is a client of its own")]
pub(crate) fn client(headers: HeaderMap) -> anyhow::Result<reqwest::Client> {
    // OK because it fails only if there already is a provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let none = reqwest::redirect::Policy::none();
    Ok(reqwest::Client::builder().default_headers(headers).no_proxy().tls_certs_only([]).redirect(none).build()?)
}

/// Calls an address over all connections for [`MEASURED`]; every response must have this status.
pub(crate) async fn load(client: &reqwest::Client, address: &str, status: u16) -> anyhow::Result<Load> {
    load_for(client, address, status, CONNECTIONS, MEASURED).await
}

/// Calls an address over this many connections for this time, at least once over each.
pub(crate) async fn load_for(
    client: &reqwest::Client,
    address: &str,
    status: u16,
    connections: usize,
    measured: Duration,
) -> anyhow::Result<Load> {
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..connections)
        .map(|_| {
            let (client, address, stop) = (client.clone(), address.to_owned(), Arc::clone(&stop));
            #[expect(clippy::disallowed_methods, reason = "the bench has no workers to give it to")]
            tokio::spawn(async move {
                let mut times = Vec::new();
                while times.is_empty() || !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let answer = client.get(&address).send().await?;
                    anyhow::ensure!(answer.status().as_u16() == status, "{address} answers {}", answer.status());
                    answer.bytes().await?;
                    times.push(began.elapsed());
                }
                Ok::<_, anyhow::Error>(times)
            })
        })
        .collect();
    let began = Instant::now();
    tokio::time::sleep(measured).await;
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await??);
    }
    let seconds = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    Ok(Load { rate: times.len() as f64 / seconds, median: at(0.5), p99: at(0.99) })
}
