//! The fields of a guide's query, as its author declares them in a block of TOML named `fields`.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use serde::{Deserialize, Deserializer};

use super::entries::{Block, Entry};
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

/// Reads a block of fields, whose first line is line `first` of the file: a table for each, named as the field is.
pub(super) fn read(text: &str, first: usize, faults: &mut Vec<Fault>) -> Vec<Field> {
    let tables = Block::new(text, first).entries(faults);
    tables.into_iter().map(|table| field(table, faults)).collect()
}

fn field(table: Entry<'_>, faults: &mut Vec<Fault>) -> Field {
    let definition = FieldDef { name: table.key.clone(), required: true, ..FieldDef::default() };
    let mut field = Field { definition, ..Field::default() };
    for entry in table.entries(faults) {
        let definition = &mut field.definition;
        match entry.key.as_str() {
            "type" => {
                let name: String = entry.read(faults);
                if let Some(kind) = FieldKind::ALL.into_iter().find(|kind| kind.name() == name) {
                    definition.kind = kind;
                } else {
                    let known = FieldKind::ALL.map(FieldKind::name).join(", ");
                    faults.push(entry.fault(format!("`{name}` is no type of a field. Write one of {known}.")));
                }
            }
            "label" => definition.label = entry.read(faults),
            "help" => definition.help = entry.read(faults),
            "default" => definition.default = entry.read::<Lines>(faults).0.join("\n"),
            "sandbox-default" => field.sandbox_default = entry.read::<Lines>(faults).0,
            "choices" => definition.choices = entry.read(faults),
            "required" => definition.required = entry.read(faults),
            key => faults.push(entry.fault(format!(
                "`{key}` says nothing about a field. Write type, label, help, default, sandbox-default, choices or \
                 required."
            ))),
        }
    }
    field
}

/// A text, a number or a truth value, or several texts.
#[derive(Default)]
struct Lines(Vec<String>);

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a text, a number, true or false, or a list of texts")]
        enum Written {
            Text(String),
            Whole(i64),
            Real(f64),
            Truth(bool),
            Lines(Vec<String>),
        }
        Ok(Self(match Written::deserialize(deserializer)? {
            Written::Text(text) => vec![text],
            Written::Whole(number) => vec![number.to_string()],
            Written::Real(number) => vec![number.to_string()],
            Written::Truth(truth) => vec![truth.to_string()],
            Written::Lines(lines) => lines,
        }))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    const TEXT: &str = "[campaigns]\ntype = \"list\"\nlabel = \"Campaigns\"\n\
        sandbox-default = [\"A | {half-year}\", \"B\"]\n";

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
        read("[a]\ntype = \"words\"\ndefualt = \"x\"\nrequired = \"yes\"\n", 7, &mut faults);
        let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column)).collect();
        assert_eq!(places, [(8, 1), (9, 1), (10, 12)]);
    }
}
