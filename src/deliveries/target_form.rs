//! The form of a rule, and of a delivery by a person: the destination and what a result becomes there.

use super::model::{Format, Mode, Subject, Target};
use super::pattern;
use super::send::needs_window;
use super::store::Usable;
use crate::web::Fields;
use crate::web::components::{Choice, Errors};

/// Longest name of a table or a column that PostgreSQL keeps, in bytes.
const NAME: usize = 63;
/// Key columns of a rule.
const KEYS: usize = 20;

/// What the form contains, as it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct TargetForm {
    pub destination: String,
    pub format: String,
    pub pattern: String,
    pub table: String,
    pub mode: String,
    pub keys: String,
    pub add_columns: bool,
}

/// The destinations to choose from, by what a result becomes there.
pub(super) struct Destinations {
    /// Folders and buckets.
    pub files: Vec<Choice>,
    /// Databases.
    pub tables: Vec<Choice>,
}

impl Destinations {
    pub(super) fn of(usable: &[Usable]) -> Self {
        let choice = |one: &Usable| Choice::new(one.id.as_str(), format!("{} ({})", one.name, one.kind.label()));
        let (tables, files): (Vec<&Usable>, Vec<&Usable>) = usable.iter().partition(|one| one.kind.has_tables());
        Self { files: files.into_iter().map(choice).collect(), tables: tables.into_iter().map(choice).collect() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.files.is_empty() && self.tables.is_empty()
    }
}

pub(super) fn formats() -> Vec<Choice> {
    Format::ALL.map(|format| Choice::new(format.name(), format.label())).to_vec()
}

pub(super) fn modes() -> Vec<Choice> {
    Mode::ALL.map(|mode| Choice::new(mode.name(), mode.label())).to_vec()
}

impl TargetForm {
    /// An empty form with this name pattern and the first destination.
    pub(super) fn new(pattern: &str, usable: &[Usable]) -> Self {
        Self {
            destination: usable.first().map(|one| one.id.to_string()).unwrap_or_default(),
            format: Format::Csv.name().to_owned(),
            pattern: pattern.to_owned(),
            mode: Mode::Replace.name().to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.trimmed(name).to_owned();
        Self {
            destination: text("destination"),
            format: text("format"),
            pattern: text("pattern"),
            table: text("table"),
            mode: text("mode"),
            keys: text("keys"),
            add_columns: fields.get("add_columns") == "true",
        }
    }

    /// The form of a stored rule.
    pub(super) fn stored(destination: &str, target: &Target) -> Self {
        let empty = Self { destination: destination.to_owned(), ..Self::new(pattern::OF_SCHEDULE, &[]) };
        match target {
            Target::File { format, pattern } => {
                Self { format: format.name().to_owned(), pattern: pattern.clone(), ..empty }
            }
            Target::Table { table, mode, keys, add_columns } => Self {
                table: table.clone(),
                mode: mode.name().to_owned(),
                keys: keys.join(", "),
                add_columns: *add_columns,
                ..empty
            },
        }
    }

    /// What it says, or everything that is wrong with it.
    pub(super) fn read<'a>(&self, usable: &'a [Usable]) -> Result<(&'a Usable, Target), Errors> {
        let mut errors = Errors::new();
        let Some(destination) = usable.iter().find(|one| one.id.as_str() == self.destination) else {
            errors.add("destination", "Choose a destination.");
            return Err(errors);
        };
        let target = if destination.kind.has_tables() { self.table(&mut errors) } else { self.file(&mut errors) };
        target.filter(|_| errors.is_empty()).map(|target| (destination, target)).ok_or(errors)
    }

    fn file(&self, errors: &mut Errors) -> Option<Target> {
        let format = Format::parse(&self.format);
        if format.is_none() {
            errors.add("format", "Choose a format.");
        }
        if let Err(why) = pattern::check(&self.pattern) {
            errors.add("pattern", why);
        }
        Some(Target::File { format: format?, pattern: self.pattern.clone() })
    }

    fn table(&self, errors: &mut Errors) -> Option<Target> {
        let is_name = |name: &str| !name.is_empty() && name.len() <= NAME && !name.chars().any(char::is_control);
        if !is_name(&self.table) {
            errors.add("table", format!("Enter the name of a table, up to {NAME} bytes."));
        }
        let mode = Mode::parse(&self.mode);
        if mode.is_none() {
            errors.add("mode", "Choose how rows are written.");
        }
        let mut keys: Vec<String> = Vec::new();
        for key in self.keys.split([',', '\n']).map(str::trim).filter(|key| !key.is_empty()) {
            if !keys.iter().any(|known| known == key) {
                keys.push(key.to_owned());
            }
        }
        if mode == Some(Mode::Upsert) && (keys.is_empty() || keys.len() > KEYS || !keys.iter().all(|key| is_name(key)))
        {
            errors.add("keys", format!("Enter one to {KEYS} key columns of the result, separated by commas."));
        }
        let mode = mode?;
        let keys = if mode == Mode::Upsert { keys } else { Vec::new() };
        Some(Target::Table { table: self.table.clone(), mode, keys, add_columns: self.add_columns })
    }
}

/// What a rule or a delivery will do with this subject, in sentences.
pub(super) fn preview(target: &Target, subject: &Subject) -> Vec<String> {
    let mut lines = Vec::new();
    match target {
        Target::File { format, pattern } => {
            lines.extend(pattern::fill(pattern, subject, *format).ok());
            if !pattern::is_distinct(pattern) {
                lines.push(
                    "Each delivery replaces the file before it: the name doesn't contain the slot or the time window."
                        .to_owned(),
                );
            }
        }
        Target::Table { table, mode, keys, .. } => {
            lines.push(match mode {
                Mode::Append => {
                    format!("Rows are added to {table}. Delivering the same execution again replaces its own rows.")
                }
                Mode::Replace => format!("Rows of the same time window in {table} are replaced."),
                Mode::Upsert => {
                    format!("Rows in {table} with the same {} are replaced, others are added.", keys.join(", "))
                }
            });
        }
    }
    if needs_window(target) && subject.window.instants().is_none() {
        lines.push("The time window isn't known, because AMC chose it. Append instead.".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::deliveries::model::DestinationKind;
    use crate::ids::Random;

    fn usable(kind: DestinationKind) -> Vec<Usable> {
        vec![Usable { id: Random::seeded(1).id(DateTime::UNIX_EPOCH), name: "D".to_owned(), kind }]
    }

    #[test]
    fn the_destination_decides_what_is_read() {
        let files = usable(DestinationKind::Bucket);
        let form = TargetForm::new(pattern::OF_SCHEDULE, &files);
        assert!(matches!(form.read(&files), Ok((_, Target::File { .. }))));
        let tables = usable(DestinationKind::Postgres);
        let form = TargetForm::new(pattern::OF_SCHEDULE, &tables);
        assert!(!form.read(&tables).unwrap_err().of("table").is_empty());
        let form = TargetForm { table: "reach".to_owned(), mode: "upsert".to_owned(), ..form };
        assert!(!form.read(&tables).unwrap_err().of("keys").is_empty());
        let form = TargetForm { keys: "campaign, , campaign\nday".to_owned(), ..form };
        let (_, target) = form.read(&tables).unwrap();
        assert!(matches!(&target, Target::Table { keys, .. } if *keys == ["campaign", "day"]));
        assert_eq!(TargetForm::stored(&form.destination, &target).read(&tables).unwrap().1, target);
    }
}
