//! `recomamp guides check` and `recomamp guides run`: check guides and templates without a server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{USAGE, give, say};
use crate::guides::{self, Finding, Level, Report};

/// The default folder.
const FOLDER: &str = "guides";

#[derive(Debug, Subcommand)]
pub(super) enum Guides {
    /// Check guides and templates, and run every changed query on synthetic data; exit with 1 if there are errors.
    Check(Check),
    /// Run one query on synthetic data, with its defaults, and print the result as CSV.
    Run(Run),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// A folder of guides; default: `guides`, or the built-in guides if there is none.
    dir: Option<PathBuf>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// Run every query, even if it is in the lock file.
    #[arg(long)]
    again: bool,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// GUIDE/QUERY or library/TEMPLATE, such as library/reach-by-campaign.
    name: String,
    /// The folder with guides; see `check`.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// The day of the synthetic data and of relative windows, such as 2026-11-21; by default the day of checks.
    #[arg(long, value_name = "DAY")]
    date: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

pub(super) async fn run(command: Guides) -> ExitCode {
    let outcome = match command {
        Guides::Check(options) => check(options).await,
        Guides::Run(options) => query(options).await,
    };
    outcome.unwrap_or_else(|error| {
        say(&format!("{error:#}"));
        ExitCode::from(USAGE)
    })
}

fn folder(named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| Some(PathBuf::from(FOLDER)).filter(|folder| folder.is_dir()))
}

async fn check(options: Check) -> anyhow::Result<ExitCode> {
    let root = folder(options.dir);
    let report = guides::check(root.as_deref(), options.again).await?;
    match options.format {
        Form::Text => report.findings.iter().for_each(|finding| give(&line(root.as_deref(), finding))),
        Form::Json => {
            let all: Vec<_> = report.findings.iter().map(|finding| object(root.as_deref(), finding)).collect();
            give(&serde_json::to_string_pretty(&all)?);
        }
    }
    say(&summary(&report));
    Ok(ExitCode::from(u8::from(!report.passes())))
}

async fn query(options: Run) -> anyhow::Result<ExitCode> {
    let result = guides::run(folder(options.dir).as_deref(), &options.name, options.date).await?;
    let mut out = Vec::new();
    result.write_csv(&mut out, &crate::amcsql::engine::CsvFormat::default())?;
    give(String::from_utf8_lossy(&out).trim_end());
    if result.below > 0 {
        say(&format!("{} rows were removed by privacy thresholds.", result.below));
    }
    Ok(ExitCode::SUCCESS)
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "info",
    }
}

/// The path of the file, relative to where the program was started.
fn path(root: Option<&Path>, finding: &Finding) -> String {
    root.unwrap_or(Path::new(FOLDER)).join(&finding.file).display().to_string()
}

fn line(root: Option<&Path>, finding: &Finding) -> String {
    let Finding { line, column, code, message, .. } = finding;
    format!("{}:{line}:{column}: {}[{code}]: {message}", path(root, finding), level(finding.level))
}

fn object(root: Option<&Path>, finding: &Finding) -> serde_json::Value {
    let Finding { line, column, code, message, .. } = finding;
    let help = crate::amcsql::codes::find(code).map(|code| format!("/help/checks/{}", code.name));
    json!({
        "file": path(root, finding), "line": line, "column": column, "level": level(finding.level), "code": code,
        "message": message, "help": help,
    })
}

fn summary(report: &Report) -> String {
    let Report { guides, templates, queries, run, numbers, findings } = report;
    let found = match findings.len() {
        0 => "Nothing to fix.".to_owned(),
        1 => "1 finding.".to_owned(),
        count => format!("{count} findings."),
    };
    format!(
        "{guides} guides, {templates} templates, {queries} queries ({run} run, {numbers} numbers in texts computed; the \
         others unchanged). {found}"
    )
}
