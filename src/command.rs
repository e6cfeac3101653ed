//! The command line: starts the program, and runs maintenance commands.

mod backup;
mod copy;
mod doctor;
mod emulate;
mod guides;
mod keys;
mod query;
mod restore;
mod schedule;
mod schema;
mod serve;
mod sql;

use std::ffi::OsString;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
use url::Url;

use crate::clock::Clock;
use crate::config::{Config, Environment};
use crate::emulator::Fault;

/// The stack size of a worker thread in bytes. Plans of deeply nested queries recurse; in a development build the
/// default of 2 MiB isn't enough for them.
const STACK: usize = 16 << 20;
/// The exit code for invalid settings or arguments.
pub(crate) const USAGE: u8 = 2;

/// Write, run, follow and store Amazon Marketing Cloud queries.
#[derive(Debug, Parser)]
#[command(name = "recomamp", version, about)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the program (the default).
    Serve,
    /// Start the AMC emulator alone, for testing other clients.
    Emulator(Box<Emulate>),
    /// Check or run AMC SQL without a server.
    #[command(subcommand)]
    Sql(sql::Sql),
    /// Check guides and templates, or run one of their queries.
    #[command(subcommand)]
    Guides(guides::Guides),
    /// Run a saved query of a remote installation, with an API token.
    #[command(subcommand)]
    Query(query::Query),
    /// See when a schedule would run.
    #[command(subcommand)]
    Schedule(schedule::Schedule),
    /// Manage the key ring.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Back up everything into a folder, while the program runs.
    Backup(backup::Options),
    /// Restore a backup into an empty installation.
    Restore(restore::Options),
    /// Move everything from SQLite to PostgreSQL.
    Copy(copy::Options),
    /// Check settings, keys, database, disk, clock and connectivity to Amazon, and suggest fixes.
    Doctor(doctor::Options),
    /// Exit with 0 if the program on this machine responds.
    Health,
}

/// Options of the AMC emulator alone.
#[derive(Debug, clap::Args)]
struct Emulate {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8099")]
    listen: SocketAddr,
    /// The URL at which clients reach it, if that isn't the listening address.
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
    /// Where it stores its state; default: a temporary folder.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// How many times faster than AMC; 0 adds no waiting time.
    #[arg(long, default_value_t = 20.0)]
    speed: f64,
    /// The seed of the synthetic data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The amount of synthetic data; 1 is the default amount.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// The time at which its clock starts, such as 2026-03-01T00:00:00Z.
    #[arg(long)]
    time: Option<DateTime<Utc>>,
    /// Start with a paused clock.
    #[arg(long)]
    paused: bool,
    /// A fault that is active from startup, as KIND[=VALUE][@PATH][*TIMES], such as 429=5@/workflowExecutions*3; may
    /// be repeated.
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,
    /// Answer the consent page at once.
    #[arg(long)]
    auto_consent: bool,
    /// Accept only this client id.
    #[arg(long, requires = "client_secret")]
    client_id: Option<String>,
    /// Accept only this client secret.
    #[arg(long, requires = "client_id")]
    client_secret: Option<String>,
}

/// The process environment.
struct Process;

impl Environment for Process {
    // OK because this is the only place that passes the environment to `config`.
    fn get(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn names(&self) -> Vec<String> {
        // OK because a name that isn't valid text isn't a setting, and is reported as unknown.
        std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
    }
}

/// Parses and runs the command line.
pub fn run() -> ExitCode {
    let line = Line::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let Ok(runtime) = runtime else {
        say("The program cannot start threads. Check the limits of this machine.");
        return ExitCode::FAILURE;
    };
    // OK because a spawned task has the large stack; the main thread's is the system's.
    let work = async { handed_over(line).await };
    let code = runtime.block_on(work);
    // OK not to wait: after a forced shutdown, the next start picks up what was still running.
    runtime.shutdown_background();
    code
}

async fn handed_over(line: Line) -> ExitCode {
    match line.command.unwrap_or(Command::Serve) {
        Command::Serve => Box::pin(with_config(serve::serve)).await,
        Command::Emulator(options) => emulate::run(*options).await,
        Command::Sql(sql) => sql::run(sql).await,
        Command::Guides(guides) => Box::pin(guides::run(guides)).await,
        Command::Query(query) => query::run(query).await,
        Command::Schedule(schedule) => schedule::run(schedule, &Clock::system()),
        Command::Keys(keys) => with_config(|config| keys::run(config, keys)).await,
        Command::Doctor(options) => doctor::run(options).await,
        Command::Backup(options) => with_config(|config| backup::run(config, options)).await,
        Command::Restore(options) => with_config(|config| restore::run(config, options)).await,
        Command::Copy(options) => with_config(|config| copy::run(config, options)).await,
        Command::Health => with_config(serve::health).await,
    }
}

/// Reads the settings first; all their errors are reported together.
async fn with_config<F, R>(work: F) -> ExitCode
where
    F: FnOnce(Config) -> R,
    R: Future<Output = anyhow::Result<ExitCode>>,
{
    let config = match Config::read(&Process) {
        Ok(config) => config,
        Err(faults) => {
            say(&faults.to_string());
            return ExitCode::from(USAGE);
        }
    };
    crate::telemetry::start(config.log_format, &config.log_filter);
    match work(config).await {
        Ok(code) => code,
        Err(error) => {
            say(&format!("RecomAMP stopped: {}", error_chain(&error)));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, without repetitions: many causes repeat the next one's message.
fn error_chain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |joined, cause| match joined.as_str() {
        "" => cause,
        before if before.contains(&cause) => joined,
        _ => format!("{joined}: {cause}"),
    })
}

/// Prints to standard error.
pub(crate) fn say(text: &str) {
    // OK to ignore: the reader may have gone, and the macro of the standard library would panic.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints to standard output.
pub(crate) fn give(text: &str) {
    // OK to ignore: the reader may have gone, as `head` has after its last line.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let root = std::io::Error::other("Is a directory");
        let error = anyhow::Error::new(root).context("the file x cannot be read (Is a directory)").context("no start");
        assert_eq!(error_chain(&error), "no start: the file x cannot be read (Is a directory)");
    }
}
