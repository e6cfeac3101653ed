//! Names of files and objects from a pattern: `{schedule}/{window_start}_{window_end}.{format}`.
//!
//! What replaces a placeholder consists of letters, digits, `-` and `_` alone, so it never adds a folder to the name or
//! leads out of one.

use chrono::{NaiveDateTime, NaiveTime};

use super::model::{Format, Subject};

/// The pattern of a new rule, and of a delivery by a person.
pub(super) const OF_SCHEDULE: &str = "{schedule}/{window_start}_{window_end}.{format}";
pub(super) const OF_QUERY: &str = "{query}/{window_start}_{window_end}.{format}";
/// Longest pattern, in characters.
const LONGEST: usize = 300;
/// Longest text for a placeholder, in characters.
const PART: usize = 80;
/// The placeholders.
const NAMES: [&str; 8] = ["schedule", "query", "instance", "window_start", "window_end", "slot", "execution", "format"];

/// A pattern in parts: literal text, or a placeholder.
enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn parts(pattern: &str) -> Result<Vec<Part<'_>>, String> {
    let (mut parts, mut rest) = (Vec::new(), pattern);
    while let Some(at) = rest.find(['{', '}']) {
        let (text, after) = rest.split_at(at);
        parts.push(Part::Text(text));
        let name = after.strip_prefix('{').and_then(|after| after.split_once('}'));
        let Some((name, after)) = name else { return Err("Close each { with a }.".to_owned()) };
        if !NAMES.contains(&name) {
            let known = NAMES.map(|name| format!("{{{name}}}")).join(", ");
            return Err(format!("{{{name}}} isn't a placeholder. Use {known}."));
        }
        parts.push(Part::Name(name));
        rest = after;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

/// Why a pattern can't be used, as a sentence.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    if pattern.is_empty() || pattern.chars().count() > LONGEST {
        return Err(format!("Enter a name of up to {LONGEST} characters."));
    }
    let fits = |letter: char| letter.is_alphanumeric() || " _-.=+@,()/".contains(letter);
    for part in parts(pattern)? {
        if let Part::Text(text) = part
            && let Some(odd) = text.chars().find(|letter| !fits(*letter))
        {
            return Err(format!(
                "“{odd}” can't be part of the name. Use letters, digits, spaces and _ - . = + @ , ( ) /."
            ));
        }
    }
    let is_folder = |name: &str| !name.trim().is_empty() && !name.starts_with('.') && !name.ends_with([' ', '.']);
    if !pattern.split('/').all(is_folder) {
        return Err("Each part between slashes needs a name, which neither starts nor ends with a dot.".to_owned());
    }
    Ok(())
}

/// Whether each slot gets a name of its own.
pub(super) fn is_distinct(pattern: &str) -> bool {
    ["{slot}", "{window_start}", "{window_end}", "{execution}"].iter().any(|name| pattern.contains(name))
}

/// The name for a result.
pub(super) fn fill(pattern: &str, subject: &Subject, format: Format) -> Result<String, String> {
    let mut name = String::new();
    for part in parts(pattern)? {
        match part {
            Part::Text(text) => name.push_str(text),
            Part::Name(placeholder) => name.push_str(&value(placeholder, subject, format)),
        }
    }
    Ok(name)
}

fn value(placeholder: &str, subject: &Subject, format: Format) -> String {
    let text = |text: &str| plain(text);
    match placeholder {
        "schedule" if subject.schedule_name.is_empty() => "manual".to_owned(),
        "schedule" => text(&subject.schedule_name),
        "query" => text(&subject.query_name),
        "instance" => text(&subject.instance_name),
        "window_start" => subject.window.start.map_or_else(|| "start".to_owned(), |start| moment(start, false)),
        "window_end" => subject.window.end.map_or_else(|| "end".to_owned(), |end| moment(end, true)),
        "slot" => match &subject.slot {
            Some(slot) => text(&slot.replace(':', "")),
            None => subject.created_at.format("%Y-%m-%dT%H%M%SZ").to_string(),
        },
        "execution" => text(subject.execution.as_str()),
        _ => format.name().to_owned(),
    }
}

/// A day if the time is midnight, otherwise a day and a time. An end at midnight is the last day of the window.
fn moment(time: NaiveDateTime, is_end: bool) -> String {
    if time.time() != NaiveTime::MIN {
        return time.format("%Y-%m-%dT%H%M").to_string();
    }
    let day = time.date();
    let day = if is_end { day.pred_opt().unwrap_or(day) } else { day };
    day.format("%Y-%m-%d").to_string()
}

/// Letters, digits, `-` and `_` of a text, with `-` for anything else; never empty.
fn plain(text: &str) -> String {
    let mut name = String::new();
    for letter in text.chars().take(PART) {
        match letter {
            _ if letter.is_alphanumeric() || letter == '_' => name.push(letter),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "untitled".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::ids::Random;
    use crate::queries::WindowChoice;

    fn subject(schedule: &str, start: &str, end: &str) -> Subject {
        Subject {
            execution: Random::seeded(1).id(DateTime::UNIX_EPOCH),
            schedule_name: schedule.to_owned(),
            query_name: "Reach".to_owned(),
            instance_name: "Acme, US".to_owned(),
            slot: Some("2026-03-18T11:00#2".to_owned()),
            created_at: DateTime::UNIX_EPOCH,
            window: WindowChoice { start: start.parse().ok(), end: end.parse().ok(), ..WindowChoice::default() },
            has_result: true,
        }
    }

    #[test]
    fn a_name_is_made_of_what_it_is_about() {
        let subject = subject("Weekly (DE)", "2026-03-01T00:00:00", "2026-03-08T00:00:00");
        let name = |pattern: &str| fill(pattern, &subject, Format::Csv).unwrap();
        assert_eq!(name(OF_SCHEDULE), "Weekly-DE/2026-03-01_2026-03-07.csv");
        assert_eq!(name("a={instance}/{slot}.{format}"), "a=Acme-US/2026-03-18T1100-2.csv");
        assert_eq!(name("latest.csv"), "latest.csv");
        assert!(!is_distinct("latest.csv") && is_distinct(OF_SCHEDULE));
    }

    #[test]
    fn no_name_of_a_thing_leads_elsewhere() {
        for hostile in ["../../etc", "..", "/", "a/../b", "\0", "{slot}", "CON:"] {
            let name = fill("{schedule}.csv", &subject(hostile, "", ""), Format::Csv).unwrap();
            assert!(!name.contains(['/', '\\', ':', '\0']) && !name.starts_with('.'), "{hostile}: {name}");
        }
    }

    #[test]
    fn a_pattern_that_can_not_be_a_name_is_refused() {
        for wrong in ["", "a//b", "/a", "a/", "../a", "a/.b", "{x}.csv", "{slot", "slot}", "a\\b", "a:b", "a\0", "a./b"]
        {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        for right in [OF_SCHEDULE, OF_QUERY, "year=2026/{slot} (x).csv", "latest.csv"] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
        assert!(check(&"a".repeat(301)).is_err());
    }
}
