//! Errors of results, each with what a person can do about it.

use std::error::Error as StdError;
use std::io;

use parquet::errors::ParquetError;

use crate::web::zip;

/// Why a result couldn't be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No result is stored under this key.
    #[error("No result is stored for this execution. Fetch it again, or run the query again.")]
    Missing,
    /// The disk, or the bucket's quota, is full. Nothing remains under the result's name.
    #[error("The disk that keeps results is full, so this one was not kept. Free some space, then fetch it again.")]
    Full,
    /// The download of a part was interrupted.
    #[error("Part {part} of the result could not be fetched to its end: {cause}. Fetch the result again.")]
    Fetch {
        /// Which part, counted from 1.
        part: usize,
        /// The error of the source.
        cause: Box<dyn StdError + Send + Sync>,
    },
    /// What was downloaded isn't a table.
    #[error("Part {part} of the result is not a CSV file: {what}. Fetch the result again, or run the query again.")]
    NotATable {
        /// Which part, counted from 1.
        part: usize,
        /// What it is instead.
        what: &'static str,
    },
    /// The parts of one result have different columns.
    #[error(
        "Part {part} of the result has other columns than part 1 (`{found}` instead of `{expected}`), so they cannot \
         be joined. \
         Fetch the result again, or run the query again."
    )]
    HeadersDiffer {
        /// Which part, counted from 1.
        part: usize,
        /// The header of the first part.
        expected: String,
        /// The header of this part.
        found: String,
    },
    /// The columns aren't the declared ones.
    #[error(
        "The fetched file has the columns `{found}` where the execution has `{expected}`. Fetch the result again, or \
         run \
         the query again."
    )]
    OtherColumns {
        /// The columns declared by AMC.
        expected: String,
        /// The header of the file.
        found: String,
    },
    /// A row can't be read.
    #[error(
        "Row {row} of part {part} of the result cannot be read: {what}. Fetch the result again, or run the query again."
    )]
    Row {
        /// Which part, counted from 1.
        part: usize,
        /// Which row of that part, counted from 1 without the header; 0 is the header.
        row: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A limit of [`super::Limits`] is exceeded.
    #[error(
        "The result has more than {limit} {of}, which is the most that is kept. Narrow the query and run it again."
    )]
    TooLarge {
        limit: u64,
        /// What is limited.
        of: &'static str,
    },
    /// A sort would exceed its memory limit.
    #[error(
        "The column `{column}` has too many values to be sorted here. Filter the rows instead, or sort them after a \
         download."
    )]
    TooLargeToSort { column: String },
    /// A sort or a filter names a column that the result doesn't have.
    #[error("The result has no column {column}. Choose one of its columns.")]
    NoSuchColumn { column: usize },
    /// A filter's value doesn't match the column's type.
    #[error("`{column}` needs {holds}, e.g. `{example}`, not `{value}`.")]
    FilterValue {
        column: String,
        /// What the column contains, as in “a number”.
        holds: &'static str,
        /// The given value, truncated.
        value: String,
        /// An example of a valid value.
        example: &'static str,
    },
    /// Too many filters, or a filter that is too long.
    #[error("At most {limit} {of} can be used at a time. Use fewer.")]
    TooMuchAsked {
        limit: usize,
        /// What is limited.
        of: &'static str,
    },
    /// A chart would have too many groups to be readable.
    #[error(
        "These columns make more than {limit} different groups, which is more than a chart can show. Choose columns \
         with fewer values, or filter the rows."
    )]
    TooManyGroups { limit: usize },
    /// The result is too large for a workbook.
    #[error(
        "The result has {found} {of}, and a workbook has room for {limit}. Take the CSV or Parquet file, or filter \
         the rows."
    )]
    TooLargeForExcel {
        /// How many there are.
        found: u64,
        of: &'static str,
        /// How many fit.
        limit: u64,
    },
    /// A key contains characters other than letters, digits, `_` and `-`.
    #[error("This is not the name of a result.")]
    BadKey,
    /// The stored file can't be read.
    #[error("The kept result is damaged and cannot be read. Fetch it again, or run the query again.")]
    Damaged(#[source] Box<dyn StdError + Send + Sync>),
    /// The storage of results is unreachable.
    #[error("The place where results are kept does not answer. Try again in a minute.")]
    Store(#[source] Box<dyn StdError + Send + Sync>),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Store(error.into()),
        }
    }
}

impl From<zip::Error> for Error {
    fn from(error: zip::Error) -> Self {
        match error {
            zip::Error::TooLarge { found, limit } => Self::TooLargeForExcel { found, of: "bytes", limit },
            zip::Error::Deflate(error) => error.into(),
        }
    }
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(cause) => from_cause(cause),
            other => Self::Damaged(other.into()),
        }
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) { Self::Missing } else { from_cause(error.into()) }
    }
}

/// Finds a full disk or a missing file among the wrapped causes of other crates' errors.
fn from_cause(error: Box<dyn StdError + Send + Sync>) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error.as_ref());
    while let Some(layer) = cause {
        if let Some(object_store::Error::NotFound { .. }) = layer.downcast_ref() {
            return Error::Missing;
        }
        match layer.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => return Error::Full,
            Some(io::ErrorKind::NotFound) => return Error::Missing,
            _ => cause = layer.source(),
        }
    }
    Error::Store(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_recognized_below_the_errors_of_other_crates() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert!(matches!(Error::from(full()), Error::Full));
        assert!(matches!(Error::from(ParquetError::External(full().into())), Error::Full));
        let store = object_store::Error::Generic { store: "test", source: full().into() };
        assert!(matches!(Error::from(store), Error::Full));
        assert!(matches!(Error::from(io::Error::other("unplugged")), Error::Store(_)));
    }
}
