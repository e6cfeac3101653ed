//! The fields of a guide's query, as its author declares them in a block named `fields`.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use super::entries;
use super::model::Fault;
use crate::queries::{FieldDef, FieldKind};

/// Stands in a default for the half-year of the default window, as `2026 H2`: the synthetic campaigns
/// are named by it, and a fixed year would be wrong after some months.
const HALF_YEAR: &str = "{half-year}";

/// A field with the default that it has in the sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) definition: FieldDef,
    pub(super) sandbox_default: Vec<String>,
}

impl Field {
    /// The field as the editor takes it.
    pub(super) fn definition(&self, now: DateTime<Utc>, sandbox: bool) -> FieldDef {
        let mut definition = self.definition.clone();
        if sandbox && !self.sandbox_default.is_empty() {
            definition.default = defaults(&self.sandbox_default, now.date_naive()).join("\n");
        }
        definition
    }
}

/// The defaults of a day. A window over two half-years gives such a default twice.
fn defaults(lines: &[String], today: NaiveDate) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for half in half_years(today) {
        for line in lines {
            let line = line.replace(HALF_YEAR, &half);
            if !all.contains(&line) {
                all.push(line);
            }
        }
    }
    all
}

/// The half-years of the default window: seven days that end fourteen days before `today`.
fn half_years(today: NaiveDate) -> Vec<String> {
    let ends = [21, 15].into_iter().filter_map(|days| today.checked_sub_days(Days::new(days)));
    let mut halves: Vec<String> =
        ends.map(|day| format!("{} H{}", day.year(), if day.month() <= 6 { 1 } else { 2 })).collect();
    halves.dedup();
    halves
}

/// Reads a block of fields, whose first line is line `first` of the file.
pub(super) fn read(text: &str, first: usize, faults: &mut Vec<Fault>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for entry in entries::read(text, first, faults) {
        let (name, part) = entry.key.split_once('.').unwrap_or((&entry.key, "kind"));
        if !fields.iter().any(|field| field.definition.name == name) {
            let definition = FieldDef { name: name.to_owned(), required: true, ..FieldDef::default() };
            fields.push(Field { definition, ..Field::default() });
        }
        let Some(field) = fields.iter_mut().find(|field| field.definition.name == name) else { continue };
        let (definition, text) = (&mut field.definition, entry.text());
        match part {
            "kind" => {
                if let Some(kind) = FieldKind::ALL.into_iter().find(|kind| kind.name() == text) {
                    definition.kind = kind;
                } else {
                    let known = FieldKind::ALL.map(FieldKind::name).join(", ");
                    let message = format!("`{text}` is no type of a field. Write one of {known}.");
                    faults.push(Fault::new(entry.line, message));
                }
            }
            "label" => definition.label = text,
            "help" => definition.help = text,
            "default" => definition.default = text,
            "sandbox-default" => field.sandbox_default = entry.values,
            "choices" => definition.choices = entry.values,
            "required" => match text.as_str() {
                "true" => definition.required = true,
                "false" => definition.required = false,
                _ => faults.push(Fault::new(entry.line, "Write `true` or `false` after `required:`.")),
            },
            _ => faults.push(Fault::new(
                entry.line,
                format!("`{part}` says nothing about a field. Write label, help, default, sandbox-default, choices or required."),
            )),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    const TEXT: &str =
        "campaigns: list\ncampaigns.label: Campaigns\ncampaigns.sandbox-default:\n  - A | {half-year}\n  - B";

    #[test]
    fn the_sandboxs_default_is_for_the_sandbox() {
        let mut faults = Vec::new();
        let fields = read(TEXT, 1, &mut faults);
        assert_eq!(faults, []);
        let now = Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).unwrap();
        assert_eq!(fields[0].definition(now, true).default, "A | 2026 H2\nB");
        let real = fields[0].definition(now, false);
        assert_eq!((real.default.as_str(), real.kind, real.required), ("", FieldKind::List, true));
    }

    #[test]
    fn a_window_over_new_year_takes_both_half_years() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        assert_eq!(half_years(day(2027, 1, 18)), ["2026 H2", "2027 H1"]);
        assert_eq!(half_years(day(2027, 1, 15)), ["2026 H2"]);
        assert_eq!(half_years(day(2027, 1, 22)), ["2027 H1"]);
        assert_eq!(half_years(NaiveDate::MIN), Vec::<String>::new());
    }

    #[test]
    fn a_misspelt_part_is_a_fault() {
        let mut faults = Vec::new();
        read("a: words\na.defualt: x\na.required: yes", 7, &mut faults);
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [7, 8, 9]);
    }
}
