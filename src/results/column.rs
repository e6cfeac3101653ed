//! The columns of a result: how AMC declared them and how they are stored.

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
    /// `DIMENSION` or `METRIC`, if declared.
    pub column_type: Option<String>,
}

/// A stored column. Its serialized form is also part of the stored file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredColumn {
    /// The name; a second column with the same name has a number appended.
    pub name: String,
    /// AMC's type as text, if declared.
    pub declared: Option<String>,
    /// `DIMENSION` or `METRIC`, if declared.
    pub column_type: Option<String>,
    /// The type of its values.
    pub kind: Kind,
    /// The number of NULLs.
    pub nulls: u64,
    /// The sum of a numeric column, as text; exact except for doubles. `None` if it has too many digits. Whether it
    /// is meaningful is up to the caller: AMC calls counts of people a DIMENSION, and ids too.
    pub total: Option<String>,
    /// Why the column isn't stored as declared.
    pub misfit: Option<Misfit>,
}

impl StoredColumn {
    /// Whether the column is a METRIC, whose numbers can be summed and are shown with thousands separators.
    pub fn is_metric(&self) -> bool {
        self.column_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("METRIC"))
    }
}

/// The key in the Parquet file's metadata that contains its columns as JSON.
const ENTRY: &str = "recomamp.columns";

pub(super) fn to_entry(columns: &[StoredColumn]) -> Result<KeyValue, Error> {
    let json = serde_json::to_string(columns).map_err(|error| Error::Damaged(error.into()))?;
    Ok(KeyValue::new(ENTRY.to_owned(), json))
}

pub(super) fn from_entries(entries: Option<&Vec<KeyValue>>) -> Result<Vec<StoredColumn>, Error> {
    let entry = entries.into_iter().flatten().find(|entry| entry.key == ENTRY).and_then(|entry| entry.value.as_deref());
    let json = entry.ok_or_else(|| Error::Damaged("the file does not describe its columns".into()))?;
    serde_json::from_str(json).map_err(|error| Error::Damaged(error.into()))
}

/// Pairs the columns of a header with their declarations: by name, or by position if no name is known and the counts
/// match.
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

/// Unique, nonempty names for the columns of a header.
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

/// A header for error messages: at most 200 characters.
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
