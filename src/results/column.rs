//! The columns of a result: what AMC said of them and what they were kept as.

use parquet::file::metadata::KeyValue;
use serde::{Deserialize, Serialize};

use super::accumulator::Misfit;
use super::error::Error;
use super::kind::Kind;

/// A column as AMC declares it in an execution's `outputColumns`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The column's name, as in the file's header.
    pub name: String,
    /// AMC's type as text: `STRING`, `LONG`, `DECIMAL(38,4)`, `ARRAY<STRING>`.
    pub data_type: String,
    /// `DIMENSION` or `METRIC`, where AMC tells it.
    pub column_type: Option<String>,
}

/// A column as it is kept. Serialised, it is also a part of the kept file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptColumn {
    /// The name; a second column of the same name has a number after it.
    pub name: String,
    /// AMC's type as text, where it was told.
    pub declared: Option<String>,
    /// `DIMENSION` or `METRIC`, where it was told.
    pub column_type: Option<String>,
    /// What its values are.
    pub kind: Kind,
    /// How many rows have no value.
    pub nulls: u64,
    /// The sum of a column of numbers, as text: exact, but for doubles. Absent where it has too many digits.
    /// Whether it says anything is for the reader to judge: AMC calls counts of people a DIMENSION, and ids too.
    pub total: Option<String>,
    /// Why the column is not kept as it was declared.
    pub misfit: Option<Misfit>,
}

impl KeptColumn {
    /// Whether the column is a METRIC, whose numbers can be added up and are shown in groups of three.
    pub fn is_metric(&self) -> bool {
        self.column_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("METRIC"))
    }
}

/// The entry in a Parquet file's own metadata under which its columns stand as JSON.
const ENTRY: &str = "recomamp.columns";

pub(super) fn to_entry(columns: &[KeptColumn]) -> Result<KeyValue, Error> {
    let json = serde_json::to_string(columns).map_err(|error| Error::Damaged(error.into()))?;
    Ok(KeyValue::new(ENTRY.to_owned(), json))
}

pub(super) fn from_entries(entries: Option<&Vec<KeyValue>>) -> Result<Vec<KeptColumn>, Error> {
    let entry = entries.into_iter().flatten().find(|entry| entry.key == ENTRY).and_then(|entry| entry.value.as_deref());
    let json = entry.ok_or_else(|| Error::Damaged("the file does not describe its columns".into()))?;
    serde_json::from_str(json).map_err(|error| Error::Damaged(error.into()))
}

/// The columns of a header beside what is declared for them: by name, or by place where no name is
/// known and the numbers agree.
pub(super) fn matched<'a>(header: &[String], declared: &'a [ColumnSpec]) -> Result<Vec<Option<&'a ColumnSpec>>, Error> {
    let named = |name: &String| {
        let exact = declared.iter().find(|spec| spec.name == *name);
        exact.or_else(|| declared.iter().find(|spec| spec.name.eq_ignore_ascii_case(name)))
    };
    let found: Vec<_> = header.iter().map(named).collect();
    if declared.is_empty() || found.iter().any(Option::is_some) {
        return Ok(found);
    }
    if declared.len() == header.len() {
        return Ok(declared.iter().map(Some).collect());
    }
    let names: Vec<_> = declared.iter().map(|spec| spec.name.clone()).collect();
    Err(Error::OtherColumns { expected: shown(&names), found: shown(header) })
}

/// Names for the columns of a header, none empty and none twice.
pub(super) fn distinct_names(header: &[String]) -> Vec<String> {
    let mut taken = std::collections::HashSet::new();
    let name = |(place, name): (usize, &String)| {
        let base = if name.trim().is_empty() { format!("column_{}", place + 1) } else { name.clone() };
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
        free.unwrap_or(base)
    };
    header.iter().enumerate().map(name).collect()
}

/// A header in an error: at most 200 characters.
pub(super) fn shown(header: &[String]) -> String {
    let joined = header.join(", ");
    if joined.chars().count() > 200 { joined.chars().take(199).chain(['…']).collect() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn spec(name: &str) -> ColumnSpec {
        ColumnSpec { name: name.to_owned(), data_type: "LONG".to_owned(), column_type: None }
    }

    #[test]
    fn names_are_made_distinct_without_taking_one_that_comes_later() {
        let distinct = distinct_names(&names(&["a", "a", "", "a_2", "a"]));
        assert_eq!(distinct, ["a", "a_2", "column_3", "a_2_2", "a_3"]);
    }

    #[test]
    fn columns_are_matched_by_name_then_by_place_else_refused() {
        let declared = [spec("campaign"), spec("Cost")];
        let by_name = matched(&names(&["cost", "new", "campaign"]), &declared).unwrap();
        assert_eq!(by_name, [Some(&declared[1]), None, Some(&declared[0])]);
        let by_place = matched(&names(&["x", "y"]), &declared).unwrap();
        assert_eq!(by_place, [Some(&declared[0]), Some(&declared[1])]);
        assert!(matches!(matched(&names(&["x"]), &declared), Err(Error::OtherColumns { .. })));
        assert_eq!(matched(&names(&["x"]), &[]).unwrap(), [None]);
    }
}
