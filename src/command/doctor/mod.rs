//! `recomamp doctor`: checks everything the program depends on, and suggests fixes.
//!
//! It changes nothing, works while the program is running, and shows no secrets. Each line is one check: fine, a
//! warning, or a failure; a failure sets the exit code to 1.

mod bucket;
mod database;
mod files;
mod reach;
mod settings;

use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use super::{Process, give};
use crate::clock::Clock;
use crate::config::Config;

/// The output format.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Fault,
}

/// A check of the doctor, with its outcome and what to do.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    /// What was found, and what it means.
    what: String,
    /// What to do about it; empty if it is fine.
    #[serde(skip_serializing_if = "String::is_empty", rename = "to_do")]
    todo: String,
}

impl Finding {
    fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, state: State::Ok, what: what.into(), todo: String::new() }
    }

    fn warning(check: &'static str, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, state: State::Warning, what: what.into(), todo: todo.into() }
    }

    fn fault(check: &'static str, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, state: State::Fault, what: what.into(), todo: todo.into() }
    }
}

/// Runs all checks and prints the findings.
pub(super) async fn run(options: Options) -> ExitCode {
    let findings = match Config::read(&Process) {
        Err(faults) => settings::faults(&faults),
        Ok(config) => examine(&config).await,
    };
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let (warnings, faults) = (count(State::Warning), count(State::Fault));
    match options.format {
        Format::Json => {
            let report = json!({
                "version": env!("CARGO_PKG_VERSION"), "faults": faults, "warnings": warnings, "checks": findings,
            });
            give(&format!("{report:#}"));
        }
        Format::Text => {
            findings.iter().for_each(print_report);
            give(&format!("{} checks, {warnings} with a warning, {faults} with a fault.", findings.len()));
        }
    }
    if faults > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn print_report(finding: &Finding) {
    let state = match finding.state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Fault => "fault",
    };
    give(&format!("{state:<8} {:<10} {}", finding.check, finding.what));
    if !finding.todo.is_empty() {
        give(&format!("{:20}To do: {}", "", finding.todo));
    }
}

async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = settings::examine(config);
    findings.extend(files::folder(config));
    findings.push(files::lock(config));
    findings.push(files::keys(config));
    findings.extend(files::emulator(config));
    findings.extend(bucket::examine(config).await);
    let (found, regions) = database::examine(config).await;
    findings.extend(found);
    findings.extend(reach::examine(config, &regions, Clock::system().now()).await);
    findings
}
