//! `recomamp sql check` and `recomamp sql run`: the dialect and the engine without a server.

mod check;
mod run;
mod values;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use super::{USAGE, say};
use crate::amcsql::text::LineIndex;

/// Maximum size of a text, in bytes.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Debug, Subcommand)]
pub(super) enum Sql {
    /// Check AMC SQL; exit with 1 if there are errors.
    Check(Check),
    /// Run AMC SQL on synthetic data and print the result.
    Run(Box<RunArgs>),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Files; `-` is the standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The output format of findings.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// Apply sure fixes and write the files; text from the standard input is printed to standard output, and its
    /// findings to standard error.
    #[arg(long)]
    fix: bool,
    /// The value of a `{{name}}` or a custom parameter; may be repeated. `@FILE` takes the value, or the values of a
    /// list, from a file.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Check for a run without aggregation controls, as on a sandbox.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    controls: Switch,
    /// What the query is for; an audience's query reads `…_for_audiences` sources.
    #[arg(long, value_enum, default_value_t = For::Auto)]
    purpose: For,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum For {
    /// Whichever fits the text better.
    Auto,
    /// A report.
    Reporting,
    /// A rule-based audience.
    Audience,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Below {
    /// Rows below the threshold are removed.
    Drop,
    /// Their values are blanked and flagged in a column `filtered`.
    Blank,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Csv,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// A file; `-` is the standard input.
    file: PathBuf,
    /// The start of the window, such as 2026-03-01T00:00:00 or 2026-03-01.
    #[arg(long)]
    start: String,
    /// The end of the window (exclusive).
    #[arg(long)]
    end: String,
    /// The time zone of both.
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// The value of a `{{name}}` or a custom parameter; may be repeated. `@FILE` takes the value, or the values of a
    /// list, from a file. For a custom parameter, JSON if it parses as such, otherwise text.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// The day up to which there is synthetic data, such as 2026-11-21; today by default.
    #[arg(long, value_name = "DAY")]
    date: Option<NaiveDate>,
    /// Whether aggregation thresholds apply.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    controls: Switch,
    /// What to do with rows below them.
    #[arg(long, value_enum, default_value_t = Below::Drop)]
    privacy: Below,
    /// The output format of the result.
    #[arg(long, value_enum, default_value_t = Output::Csv)]
    format: Output,
    /// The amount of synthetic data; 1 is the default amount.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// The seed of the synthetic data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Store data generated above scale 1 in this folder, for reuse by later runs.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) async fn run(sql: Sql) -> ExitCode {
    let outcome = match sql {
        Sql::Check(asked) => check::files(&asked),
        Sql::Run(asked) => run::file(*asked).await,
    };
    outcome.unwrap_or_else(|error| {
        say(&format!("{error:#}"));
        ExitCode::from(USAGE)
    })
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let whose = || format!("{} cannot be read", path.display());
    if path == Path::new("-") {
        std::io::stdin().take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(whose)?;
    } else {
        std::fs::File::open(path)
            .with_context(whose)?
            .take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .with_context(whose)?;
    }
    if bytes.len() as u64 > MOST_BYTES {
        bail!("{} is larger than 1 MiB, which is more than a query can be", path.display());
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default()).into_owned();
        let place = LineIndex::new(&before).place(good);
        let file = path.display();
        anyhow::anyhow!("{file}:{}:{}: not UTF-8 text. Save the file as UTF-8.", place.line, place.column)
    })
}
