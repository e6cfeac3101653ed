//! `recomamp sql check` and `recomamp sql run`: the dialect and the engine without a server.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use chrono::{NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{USAGE, give, say};
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::engine::{CsvFormat, Engine, Limits, Mode, Privacy, Run, Window};
use crate::amcsql::finding::{Finding, Level};
use crate::amcsql::text::LineIndex;
use crate::amcsql::{Checked, Context, check};
use crate::clock::Clock;
use crate::emulator::world::World;

/// Largest text that is read, in bytes; a larger file is refused.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Debug, Subcommand)]
pub(super) enum Sql {
    /// Check AMC SQL; exit with 1 when anything is an error.
    Check(Check),
    /// Run AMC SQL on synthetic data and give the result.
    Run(Box<RunArgs>),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Files; `-` is the standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
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
    /// Whichever the text fits better.
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
    /// Rows below threshold removed.
    Drop,
    /// Their values are blanked and a column `filtered` says so.
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
    /// The window's beginning, such as 2026-03-01T00:00:00 or 2026-03-01.
    #[arg(long)]
    start: String,
    /// The window's end, the first instant after it.
    #[arg(long)]
    end: String,
    /// The zone of both.
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// The value of a custom parameter; may be given several times. JSON where it reads as such, else text.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Whether aggregation thresholds apply.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    controls: Switch,
    /// What happens to rows below them.
    #[arg(long, value_enum, default_value_t = Below::Drop)]
    privacy: Below,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Output::Csv)]
    format: Output,
    /// How much synthetic data; 1 is the usual amount.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Which synthetic data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keeps what was made of data above scale 1 in this folder, where the next run finds it.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) async fn run(sql: Sql) -> ExitCode {
    let outcome = match sql {
        Sql::Check(check) => check_files(&check),
        Sql::Run(run) => run_file(*run).await,
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
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{} is not UTF-8 text", path.display()))
}

fn checked(text: &str, controls: Switch, purpose: For) -> Checked {
    let catalogue = Catalogue::standard();
    let controls = controls == Switch::On;
    let reporting = || check(text, &Context { controls, ..Context::reporting(catalogue) });
    let audience = || check(text, &Context { controls, ..Context::audience(catalogue) });
    match purpose {
        For::Reporting => reporting(),
        For::Audience => audience(),
        For::Auto => {
            let first = reporting();
            if !first.has_errors() {
                return first;
            }
            let second = audience();
            if errors(&second) < errors(&first) || is_audience(&first, &second) { second } else { first }
        }
    }
}

/// Whether a text that is wrong as a report and as an audience was meant for an audience: it gives `user_id` only, and reads
/// the tables of reports.
fn is_audience(report: &Checked, audience: &Checked) -> bool {
    let only = |checked: &Checked, code: &str| {
        checked.findings.iter().filter(|it| it.level == Level::Error).all(|it| it.code == code)
    };
    only(report, "hidden-column") && only(audience, "reporting-source")
}

fn errors(checked: &Checked) -> usize {
    checked.findings.iter().filter(|finding| finding.level == Level::Error).count()
}

fn check_files(asked: &Check) -> anyhow::Result<ExitCode> {
    let (mut errors, mut found) = (false, Vec::new());
    for path in &asked.files {
        let text = read(path)?;
        let checked = checked(&text, asked.controls, asked.purpose);
        errors |= checked.has_errors();
        let index = LineIndex::new(&text);
        for finding in &checked.findings {
            match asked.format {
                Form::Text => give(&in_words(path, &index, finding)),
                Form::Json => found.push(in_json(path, &index, finding)),
            }
        }
    }
    if asked.format == Form::Json {
        give(&serde_json::to_string_pretty(&found)?);
    }
    Ok(ExitCode::from(u8::from(errors)))
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "info",
    }
}

fn in_words(path: &Path, index: &LineIndex<'_>, finding: &Finding) -> String {
    let (start, _) = index.range(finding.span);
    let fix = finding.fix.as_ref().map(|fix| format!(" ({})", fix.label)).unwrap_or_default();
    let (file, words) = (path.display(), &finding.message);
    format!("{file}:{}:{}: {}[{}]: {words}{fix}", start.line, start.column, level(finding.level), finding.code)
}

fn in_json(path: &Path, index: &LineIndex<'_>, finding: &Finding) -> Value {
    let (start, end) = index.range(finding.span);
    json!({
        "file": path.display().to_string(), "line": start.line, "column": start.column,
        "endLine": end.line, "endColumn": end.column, "level": level(finding.level), "code": finding.code,
        "message": finding.message, "amc": finding.amc,
        "fix": finding.fix.as_ref().map(|fix| json!({ "label": fix.label, "replacement": fix.replacement })),
    })
}

async fn run_file(asked: RunArgs) -> anyhow::Result<ExitCode> {
    let text = read(&asked.file)?;
    let run = Run {
        window: window(&asked)?,
        parameters: parameters(&asked.parameters)?,
        controls: asked.controls == Switch::On,
        privacy: match asked.privacy {
            Below::Drop => Privacy::default(),
            Below::Blank => {
                Privacy { mode: Mode::Blank, discriminator: Some("filtered".to_owned()), ..Privacy::default() }
            }
        },
        now: Clock::system().now(),
    };
    let checked = checked(&text, asked.controls, For::Auto);
    let index = LineIndex::new(&text);
    for finding in checked.findings.iter().filter(|finding| finding.level != Level::Info) {
        say(&in_words(&asked.file, &index, finding));
    }
    let Some(query) = checked.query.filter(|_| !checked.findings.iter().any(|one| one.level == Level::Error)) else {
        return Ok(ExitCode::FAILURE);
    };
    let world = Arc::new(World::new(asked.seed, asked.scale, run.now.date_naive(), asked.keep.as_deref()));
    let engine = Engine::new(world, Limits::default())?;
    let result = match engine.run(&query, &run).await {
        Ok(result) => result,
        Err(error) => {
            say(&error.to_string());
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut out = Vec::new();
    match asked.format {
        Output::Csv => result.write_csv(&mut out, &CsvFormat::default())?,
        Output::Json => result.write_json(&mut out)?,
    }
    std::io::stdout().write_all(&out)?;
    Ok(ExitCode::SUCCESS)
}

fn window(asked: &RunArgs) -> anyhow::Result<Window> {
    let zone: Tz = asked
        .zone
        .parse()
        .map_err(|_| anyhow::anyhow!("--zone {} is no time zone; for example Europe/Berlin", asked.zone))?;
    let instant = |name: &str, text: &str| {
        let whole = if text.len() == 10 { format!("{text}T00:00:00") } else { text.trim_end_matches('Z').to_owned() };
        let local: NaiveDateTime = whole
            .parse()
            .map_err(|_| anyhow::anyhow!("--{name} {text} is no time; for example 2026-03-01T00:00:00"))?;
        let at = zone.from_local_datetime(&local).earliest();
        at.map(|at| at.to_utc())
            .with_context(|| format!("--{name} {text} does not exist in {}: clocks were put forward", asked.zone))
    };
    let window = Window { start: instant("start", &asked.start)?, end: instant("end", &asked.end)? };
    if window.start >= window.end {
        bail!("--start has to be before --end");
    }
    Ok(window)
}

fn parameters(given: &[String]) -> anyhow::Result<HashMap<String, Value>> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').with_context(|| format!("--param {text} has to read name=value"))?;
        Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| json!(value))))
    };
    given.iter().map(pair).collect()
}
