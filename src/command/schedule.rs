//! `recomamp schedule preview`: when a cron expression is due, without a server.

use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{give, say};
use crate::clock::Clock;
use crate::schedules::{Cron, Note, Plan, Slot, Zones, cron_plan};

#[derive(Debug, Subcommand)]
pub(super) enum Schedule {
    /// Print the next times of a cron expression; exit with 1 if it is invalid or never due.
    Preview(Preview),
}

#[derive(Debug, Args)]
pub(super) struct Preview {
    /// Five fields as in cron(5): minute, hour, day of month, month, day of week; or @daily and the like.
    expression: String,
    /// A time zone of the IANA database.
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// The time to start from, such as 2027-03-14T00:00:00Z, or a day, which begins in UTC; default: now.
    #[arg(long, value_parser = moment)]
    from: Option<DateTime<Utc>>,
    /// How many times to print.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    count: u16,
    /// The output format; `json` prints an object per line.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

pub(super) fn run(command: Schedule, clock: &Clock) -> ExitCode {
    let Schedule::Preview(options) = command;
    match plan(&options) {
        Ok((plan, zones)) => {
            let from = options.from.unwrap_or_else(|| clock.now()) - chrono::TimeDelta::milliseconds(1);
            for slot in plan.after(from).take(usize::from(options.count)) {
                give(&line(&plan, slot, options.format));
            }
            if options.format == Form::Text {
                if plan.has_both_days() {
                    say("Day of month and day of week are both set: it runs when either matches.");
                }
                say(&format!("Zone rules: {}.", zones.version()));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let moment = text.parse::<DateTime<Utc>>().ok().or_else(day);
    moment.ok_or_else(|| "give a time such as 2027-03-14T00:00:00Z, or a day such as 2027-03-14".to_owned())
}

fn plan(options: &Preview) -> anyhow::Result<(Plan, Zones)> {
    let cron: Cron = options.expression.parse()?;
    let zones = Zones::newest();
    let zone = zones
        .find(&options.zone)
        .with_context(|| format!("Unknown time zone “{}”. Use a name such as UTC or Europe/Berlin.", options.zone))?;
    Ok((cron_plan(cron, zone), zones))
}

fn line(plan: &Plan, slot: Slot, form: Form) -> String {
    let at = slot.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let local = plan.zone.local(slot.at);
    let note = slot.note.map_or("", note);
    match form {
        Form::Json => json!({ "at": at, "local": local, "note": note }).to_string(),
        Form::Text if note.is_empty() => format!("{at}  {local}"),
        Form::Text => format!("{at}  {local}  {note}"),
    }
}

const fn note(note: Note) -> &'static str {
    match note {
        Note::Skipped => "The time doesn't exist on this day: the clocks go forward. It runs when they change.",
        Note::FirstOfTwo => "The time occurs twice on this day: the clocks go back. It runs once, the first time.",
        Note::Repeated => "The time occurs twice on this day: the clocks go back. This is the first.",
        Note::Second => "The time occurs for the second time: the clocks went back.",
        Note::SameInstant => "It coincides with the previous slot, and one execution covers both.",
    }
}
