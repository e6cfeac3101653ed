//! `recomamp sql run`: runs a query on synthetic data.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use super::check::{in_words, reviewed};
use super::values::Values;
use super::{Below, For, Output, RunArgs, Switch, read};
use crate::amcsql::bound::Query;
use crate::amcsql::engine::{CsvFormat, Engine, Limits, Mode, Privacy, ResultSet, Run, Window};
use crate::amcsql::finding::Level;
use crate::amcsql::review::has_errors;
use crate::amcsql::text::LineIndex;
use crate::amcsql::{AUDIENCE_USERS, Purpose};
use crate::clock::Clock;
use crate::command::{give, say};
use crate::emulator::world::World;

/// The time of day of `--date`, the same as for checks of guides.
const NOON: TimeDelta = TimeDelta::hours(12);

pub(super) async fn file(asked: RunArgs) -> anyhow::Result<ExitCode> {
    let text = read(&asked.file)?;
    let mut values = Values::read(&asked.parameters)?;
    let window = window(&asked)?;
    let (checked, findings) = reviewed(&text, asked.controls, For::Auto, &mut values);
    let index = LineIndex::new(&text);
    for finding in findings.iter().filter(|finding| finding.level != Level::Info) {
        say(&in_words(&asked.file, &index, finding));
    }
    let faults: Vec<String> = values.faults().into_iter().chain(values.missing()).collect();
    for sentence in &faults {
        say(sentence);
    }
    let query = checked.query.filter(|_| faults.is_empty() && !has_errors(&findings));
    let Some(query) = query else { return Ok(ExitCode::FAILURE) };
    let is_audience = checked.purpose == Purpose::Audience;
    let run = Run {
        window,
        parameters: values.custom(),
        // OK without thresholds because nothing of an audience is shown but its size.
        controls: asked.controls == Switch::On && !is_audience,
        privacy: privacy(asked.privacy),
        now: asked.date.map_or_else(|| Clock::system().now(), |day| (day.and_time(NaiveTime::MIN) + NOON).and_utc()),
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
    if is_audience {
        return size(&result, asked.format);
    }
    write(&result, asked.format)?;
    if result.rows() == 0 {
        say(&verdict(&engine, &query, &run).await);
    }
    Ok(ExitCode::SUCCESS)
}

fn write(result: &ResultSet, format: Output) -> anyhow::Result<()> {
    let mut out = Vec::new();
    match format {
        Output::Csv => result.write_csv(&mut out, &CsvFormat::default())?,
        Output::Json => result.write_json(&mut out)?,
    }
    Ok(std::io::stdout().write_all(&out)?)
}

/// The size of an audience, which is all that AMC tells about one.
fn size(result: &ResultSet, format: Output) -> anyhow::Result<ExitCode> {
    let rows = result.texts(result.rows())?;
    let users: BTreeSet<&String> = rows.iter().filter_map(|row| row.first()?.as_ref()).collect();
    let users = users.len();
    match format {
        Output::Csv => give(&format!("users\n{users}")),
        Output::Json => give(&format!("[{{\"users\":{users}}}]")),
    }
    if users < AUDIENCE_USERS {
        say(&format!(
            "AMC creates an audience from {AUDIENCE_USERS} users or more. Real data may have more than this."
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn privacy(below: Below) -> Privacy {
    match below {
        Below::Drop => Privacy::default(),
        Below::Blank => Privacy { mode: Mode::Blank, discriminator: Some("filtered".to_owned()), ..Privacy::default() },
    }
}

/// Why there are no rows.
async fn verdict(engine: &Engine, query: &Query, run: &Run) -> String {
    if run.window.start >= run.now {
        return "No rows: the time window begins in the future, where there is no data yet.".to_owned();
    }
    if run.controls {
        let open = Run { controls: false, ..run.clone() };
        match engine.run(query, &open).await.map(|result| result.rows()) {
            Ok(0) | Err(_) => {}
            Ok(1) => return "No rows: privacy thresholds removed the only row.".to_owned(),
            Ok(rows) => return format!("No rows: privacy thresholds removed all {rows} rows."),
        }
    }
    "No rows: no data fits the query in this time window.".to_owned()
}

fn window(asked: &RunArgs) -> anyhow::Result<Window> {
    let zone: Tz = asked
        .zone
        .parse()
        .map_err(|_| anyhow::anyhow!("--zone {} isn't a time zone; use one like Europe/Berlin", asked.zone))?;
    let window = Window { start: instant("start", &asked.start, zone)?, end: instant("end", &asked.end, zone)? };
    if window.start >= window.end {
        bail!("--start has to be before --end");
    }
    Ok(window)
}

/// A local time in the zone. A time with its own zone would mean another instant, so it is refused for any zone but
/// UTC.
fn instant(name: &str, text: &str, zone: Tz) -> anyhow::Result<DateTime<Utc>> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00") } else { text.to_owned() };
    if let Ok(zoned) = DateTime::parse_from_rfc3339(&whole) {
        if zone != Tz::UTC {
            bail!(
                "--{name} {text} names a time zone of its own. Write local time, such as 2026-03-01T00:00:00, or leave --zone out"
            );
        }
        return Ok(zoned.to_utc());
    }
    let local: NaiveDateTime = whole
        .parse()
        .map_err(|_| anyhow::anyhow!("--{name} {text} isn't a time; write it like 2026-03-01T00:00:00"))?;
    let at = zone.from_local_datetime(&local).earliest();
    at.map(|at| at.to_utc())
        .with_context(|| format!("--{name} {text} does not exist in {zone}: clocks were put forward"))
}
